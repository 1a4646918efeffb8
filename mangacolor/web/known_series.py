"""Series as they lie on the disk now, and colourisers that follow them: neither is made anew unless a file changed."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.errors import BadInputError
from mangacolor.series import ADAPTED_NAME, SERIES_NAME, Series, digest_of, open_series

if TYPE_CHECKING:
    from mangacolor.web.painting import PageColorizer

Follow = Callable[["PageColorizer", Series], "PageColorizer"]
"""Returns a colouriser that follows a series."""

SUFFIX = ".series"

KEPT = 16
"""So many series are ready at a time; each takes little, but learning it anew takes seconds."""

_State = tuple[int, int]


@dataclass(frozen=True)
class Followed:
    """A series in the state in which a page is to follow it.

    Attributes:
        name: What requests call it.
        digest: Everything that decides what it does to pages; see `digest_of`.
        series: What its file says.
    """

    name: str
    digest: str
    series: Series = field(compare=False, repr=False)


class ChangedError(BadInputError):
    """A series is another than it was when somebody chose it."""


class KnownSeries:
    """Series that were read; read again where one of their files has changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[float, list[_State], Followed]] = {}

    def read(self, folder: Path, *, look_seconds: float = 0.0) -> Followed:
        """Return the series of a folder.

        Args:
            folder: Where it lies.
            look_seconds: So long it is taken for what it was, without a look at its files.

        Raises:
            BadInputError: It is missing or damaged.
        """
        now, known = time.monotonic(), self._known.get(folder)
        if known is not None and now < known[0]:
            return known[2]
        if known is not None and _states(known[2].series) == known[1]:
            states, followed = known[1:]
        else:
            before = _state(folder / SERIES_NAME)  # whoever writes meanwhile is seen at the next look
            series = open_series(folder)
            states = [before, *_states(series)[1:]]
            followed = Followed(series_name(folder), digest_of(series), series)
        self._known[folder] = (now + look_seconds, states, followed)
        return followed


class ReadyColorizers:
    """Colourisers that follow series, those used last; for the thread that owns the networks.

    Args:
        follow: Learns a series.
    """

    def __init__(self, follow: Follow) -> None:
        self._follow = follow
        self._ready: OrderedDict[str, PageColorizer] = OrderedDict()

    def of(self, colorizer: PageColorizer, followed: Followed) -> PageColorizer:
        """Return the colouriser that follows a series.

        Raises:
            ChangedError: The series has changed since it was chosen.
            MangacolorError: It cannot be followed.
        """
        ready = self._ready.pop(followed.digest, None)
        if ready is None:
            ready = self._follow(colorizer, followed.series)
            if digest_of(followed.series) != followed.digest:
                raise ChangedError(f"The series {followed.name} was changed just now.", advice="Ask again.")
        self._ready[followed.digest] = ready
        while len(self._ready) > KEPT:
            self._ready.popitem(last=False)
        return ready


def series_name(folder: Path) -> str:
    """Return what requests call the series of a folder."""
    return folder.resolve().name.removesuffix(SUFFIX)


def _states(series: Series) -> list[_State]:
    """Return what tells that the files of a series have not been changed, the one that names it first."""
    files = (series.folder / SERIES_NAME, series.folder / ADAPTED_NAME)
    return [_state(path) for path in (*files, *(example.picture for example in series.examples))]


def _state(path: Path) -> _State:
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size
