"""What a library says of a book: the names of its series and its library, its tags and its genres.

Asked for with the credentials of whoever reads it, and remembered for all: whoever may not see the book does not get
its pages either.

Komga: `/api/v1/books/{id}` has `libraryId`, `seriesId` and `metadata.tags`; `/api/v1/series/{id}` has `name`, the
title that its readers see, tags and genres; `/api/v1/libraries/{id}` has the name. Kavita: `/api/reader/chapter-info`
has `libraryId`, `seriesId` and `seriesName`; `/api/series/metadata` has tags and genres with titles;
`/api/library/libraries` has the names.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

if TYPE_CHECKING:
    from mangacolor.web.library_pages import LibraryPage

Ask = Callable[[str, Literal["GET", "POST"], "dict[str, str]"], Awaitable[Any]]
"""Asks the library: path and query, method, further headers; returns what its JSON says, or raises."""

KNOWN_SECONDS = 600.0
"""How long is believed what a library said; a new tag works after that."""

UNKNOWN_SECONDS = 15.0
"""How long it is not asked again after it did not say."""

_BOOKS = 2048

logger = logging.getLogger("mangacolor.web")


@dataclass(frozen=True)
class BookLabels:
    """What a library says of a book.

    Attributes:
        titles: Names of its series, then of its library.
        tags: Its tags and genres.
    """

    titles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def all(self) -> frozenset[str]:
        """Everything that a book may be chosen by, in lower case."""
        return frozenset(label.strip().lower() for label in (*self.titles[-1:], *self.tags))


class Labels:
    """Labels of books, remembered."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], tuple[float, BookLabels]] = OrderedDict()

    async def of(self, page: LibraryPage, ask: Ask) -> BookLabels:
        """Return the labels of a page's book; where the library does not say, the last that it said, or none.

        Args:
            page: One of the book.
            ask: Asks the library as the reader does.
        """
        key = (page.server, page.base, page.book)
        until, labels = self._known.get(key, (0.0, BookLabels()))
        if time.monotonic() < until:
            return labels
        seconds = KNOWN_SECONDS
        try:
            labels = await (_komga(page, ask) if page.server == "komga" else _kavita(page, ask))
        except Exception as error:  # whoever asked may not see the book; for others it is what it was
            logger.warning("The library does not say what book %s is: %s", page.book, error)
            seconds = UNKNOWN_SECONDS
        self._known.pop(key, None)
        self._known[key] = (time.monotonic() + seconds, labels)
        while len(self._known) > _BOOKS:
            self._known.popitem(last=False)
        return labels


async def _komga(page: LibraryPage, ask: Ask) -> BookLabels:
    book = await ask(f"{page.base}/api/v1/books/{page.book}", "GET", {})
    series = await ask(f"{page.base}/api/v1/series/{book['seriesId']}", "GET", {})
    library = await ask(f"{page.base}/api/v1/libraries/{book['libraryId']}", "GET", {})
    shown = (series.get("metadata") or {}).get("title") or ""
    titles = (shown, str(series.get("name") or ""), str(library["name"]))
    return BookLabels(titles, (*_all(book, "tags"), *_all(series, "tags"), *_all(series, "genres")))


def _all(thing: dict[str, Any], name: str) -> Iterable[str]:
    return map(str, (thing.get("metadata") or {}).get(name) or ())


async def _kavita(page: LibraryPage, ask: Ask) -> BookLabels:
    key = {"apiKey": page.key} if page.key else {}
    headers: dict[str, str] = {}
    if page.key:  # the key of older versions opens pages alone, and is changed for a token that opens the rest
        named = urlencode({**key, "pluginName": "mangacolor"})
        with suppress(Exception):
            user = await ask(f"{page.base}/api/plugin/authenticate?{named}", "POST", {})
            headers["Authorization"] = f"Bearer {user['token']}"

    async def asked(path: str, **query: object) -> Any:
        return await ask(f"{page.base}/api/{path}?{urlencode({**query, **key})}", "GET", headers)

    chapter = await asked("reader/chapter-info", chapterId=page.book)
    libraries = [str(one["name"]) for one in await asked("library/libraries") if one["id"] == chapter["libraryId"]]
    metadata = await asked("series/metadata", seriesId=chapter["seriesId"])
    tags = [str(one["title"]) for one in (*(metadata.get("tags") or ()), *(metadata.get("genres") or ()))]
    return BookLabels((str(chapter.get("seriesName") or ""), *(libraries or [""])), tuple(tags))
