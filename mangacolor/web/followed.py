"""Which series' colours a page gets: that of its request, that of its title, or the one for all.

A series is found by its name among those that lie there; no path is made of what a request says.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mangacolor.errors import BadInputError, MangacolorError
from mangacolor.series import SERIES_NAME
from mangacolor.web.known_series import (
    SUFFIX,
    ChangedError,
    Follow,
    Followed,
    KnownSeries,
    ReadyColorizers,
    series_name,
)
from mangacolor.web.painting import PageOrder, Painted

if TYPE_CHECKING:
    from starlette.requests import Request

    from mangacolor.web.engine import Engine
    from mangacolor.web.painting import PageColorizer

SERIES = "mangacolor.series"
"""Key of a request's scope: the series that its address names (`/as/NAME/…`), or nothing."""

LOOK_SECONDS = 2.0
"""A series that is new or was changed is seen after that at most."""

_VOLUME = re.compile(
    r"[\s._-]+(?:(?:v|vol|volume|c|ch|chap|chapter)\.?\s*|#)?\d+(?:\.\d+)?(?:\s*[(\[].*)?$", re.IGNORECASE
)

logger = logging.getLogger("mangacolor.web")


class SeriesShelf:
    """The series that pages may follow; all methods may be called from any thread.

    Args:
        usual: Series folder for all pages of which nothing else is said; None for none.
        folder: Folder of series folders, `NAME.series` for what is called NAME; None for none.
        follow: Learns one.
    """

    def __init__(self, usual: Path | None = None, folder: Path | None = None, follow: Follow | None = None) -> None:
        self._usual, self._folder = usual, folder
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._paths: dict[str, Path] = {}
        self._known = KnownSeries()
        self._ready = ReadyColorizers(follow) if follow is not None else None

    @property
    def goes_by_title(self) -> bool:
        """Whether the title of what is read makes a difference."""
        return self._folder is not None

    @property
    def is_empty(self) -> bool:
        """Whether no page follows any series."""
        return self._usual is None and self._folder is None

    def choose(self, name: str = "", titles: Iterable[str] = ()) -> Followed | None:
        """Return the series of a name, else that of the first title that has one, else the usual one, if there is one.

        Names and titles are compared by their letters and digits alone.

        Raises:
            BadInputError: There is no series of that name, or the one that was found cannot be read.
        """
        with self._lock:
            paths = self._look()
            if name:
                path = paths.get(spelt(name))
                if path is None:
                    there = ", ".join(sorted(series_name(one) for one in set(paths.values())))
                    raise BadInputError(
                        f"There is no series {name[:80]!r}: there are {there or 'none'}.",
                        advice="Series are found in the folder that the server was started with: --series-dir DIR.",
                    )
                return self._opened(path)
            found = (paths.get(spelt(title)) for title in titles if title)
            path = next((one for one in found if one is not None), self._usual)
            return None if path is None else self._opened(path)

    def colorizer(self, colorizer: PageColorizer, followed: Followed | None) -> PageColorizer:
        """Return the colouriser for pages that follow a series; runs in the thread that owns the networks.

        Raises:
            BadInputError: The series cannot be followed, or has changed since it was chosen.
        """
        if followed is None:
            return colorizer
        assert self._ready is not None, "whoever gives series says how they are followed"
        try:
            return self._ready.of(colorizer, followed)
        except ChangedError:
            raise
        except MangacolorError as error:
            raise _unusable(followed.name, error) from error

    def _look(self) -> dict[str, Path]:
        """Return the series folders there are by how their names are compared."""
        if time.monotonic() > self._looked + LOOK_SECONDS:
            folders = sorted(self._folder.glob(f"*{SUFFIX}")) if self._folder else []
            paths = {spelt(series_name(one)): one for one in folders if (one / SERIES_NAME).is_file()}
            if self._usual is not None:
                paths.setdefault(spelt(series_name(self._usual)), self._usual)
            self._paths, self._looked = paths, time.monotonic()
        return self._paths

    def _opened(self, path: Path) -> Followed:
        try:
            return self._known.read(path, look_seconds=LOOK_SECONDS)
        except MangacolorError as error:
            raise _unusable(series_name(path), error) from error


def spelt(name: str) -> str:
    """Return how names and titles are compared: disks do not take every sign that titles have."""
    name = unicodedata.normalize("NFKC", name).casefold()
    return " ".join("".join(one if one.isalnum() else " " for one in name).split())


def without_volume(title: str) -> str:
    """Return the title of a book without the number at its end, `Rin v02 (2019)` being of `Rin`."""
    return _VOLUME.sub("", title)


async def followed_of(request: Request, engine: Engine, titles: Sequence[str] = (), name: str = "") -> Followed | None:
    """Return the series that the page of a request is to follow.

    Args:
        request: Whose address may name one.
        engine: Has the series.
        titles: Of what is read, what says most first.
        name: The series that the request names elsewhere.

    Raises:
        BadInputError: See `SeriesShelf.choose`.
    """
    name = name or request.scope.get(SERIES, "")
    if engine.series.is_empty and not name:
        return None
    return await asyncio.to_thread(engine.series.choose, name, titles)


async def color_following(
    engine: Engine, request: Request, data: bytes, order: PageOrder, *, titles: Sequence[str] = (), **options: Any
) -> Painted:
    """Colour the page of a request as `Engine.color` does, after the series that is its own."""
    followed = await followed_of(request, engine, titles)
    return await engine.color(data, replace(order, series=followed), **options)


def _unusable(name: str, error: MangacolorError) -> BadInputError:
    """Return what clients are told; where files lie is for the log alone."""
    logger.warning("The series %s cannot be followed: %s", name, str(error).replace("\n", " "))
    return BadInputError(f"The series {name} cannot be followed; the server's log says why.")
