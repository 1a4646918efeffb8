"""What a library says of a book: the names of its series and its library, its tags and its genres.

Asked for with the credentials of whoever reads it, and remembered for all: whoever may not see the book does not get
its pages either.

Komga: `/api/v1/books/{id}` has `libraryId`, `seriesId` and `metadata.tags`; `/api/v1/series/{id}` has `name`, the
title that its readers see, tags and genres; `/api/v1/libraries/{id}` has the name. Kavita: `/api/reader/chapter-info`
has `libraryId`, `seriesId` and `seriesName`; `/api/series/metadata` has tags and genres with titles;
`/api/library/libraries` has the names. LANraragi: `/api/archives/{id}/metadata` has `title` and `tags`, with commas
between them; `/api/archives/{id}/categories` has the names of those that the archive was put into. Stump:
`/api/graphql`, or `/api/v1/media/{id}` in earlier versions, has the series, its library, and tags.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from mangacolor.web.followed import without_volume
from mangacolor.web.remembered import Remembered

if TYPE_CHECKING:
    from mangacolor.web.library_pages import LibraryPage

_BOOKS = 2048

_STUMP = """query ($id: ID!) { mediaById(id: $id) {
  tags { name } series { name metadata { title } tags { name } library { name } }
} }"""
"""Asks for what `/api/v1/media/{id}` says, in the same shape."""


class Ask(Protocol):
    """Asks the library as the reader does."""

    def __call__(
        self, target: str, *, headers: Mapping[str, str] | None = None, post: bytes | None = None
    ) -> Awaitable[Any]:
        """Return what its JSON says, or raise.

        Args:
            target: Path and query.
            headers: Further ones, or others.
            post: JSON to be sent, or nothing to be sent, by POST.
        """


@dataclass(frozen=True)
class BookLabels:
    """What a library says of a book.

    Attributes:
        titles: Names of its series and of its library, what says most first.
        labels: Everything that it may be chosen by: the name of its library, its tags, genres and categories.
    """

    titles: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def all(self) -> frozenset[str]:
        """Everything that a book may be chosen by, in lower case."""
        return frozenset(label.strip().lower() for label in self.labels)


class Labels:
    """Labels of books, remembered."""

    def __init__(self) -> None:
        self._known = Remembered("what book %s is", BookLabels(), _BOOKS)

    async def of(self, page: LibraryPage, ask: Ask) -> BookLabels:
        """Return the labels of a page's book; where the library does not say, the last that it said, or none.

        Args:
            page: One of the book.
            ask: Asks the library as the reader does.
        """
        asked = {"komga": _komga, "kavita": _kavita, "lanraragi": _lanraragi, "stump": _stump}[page.server]
        return await self._known.of((page.server, page.base, page.book), partial(asked, page, ask))


async def _komga(page: LibraryPage, ask: Ask) -> BookLabels:
    book = await ask(f"{page.base}/api/v1/books/{page.book}")
    series = await ask(f"{page.base}/api/v1/series/{book['seriesId']}")
    library = str((await ask(f"{page.base}/api/v1/libraries/{book['libraryId']}"))["name"])
    shown = (series.get("metadata") or {}).get("title") or ""
    labels = (library, *_all(book, "tags"), *_all(series, "tags"), *_all(series, "genres"))
    return BookLabels((shown, str(series.get("name") or ""), library), labels)


def _all(thing: dict[str, Any], name: str) -> Iterable[str]:
    return map(str, (thing.get("metadata") or {}).get(name) or ())


async def _kavita(page: LibraryPage, ask: Ask) -> BookLabels:
    key = {"apiKey": page.key} if page.key else {}
    headers: dict[str, str] = {}
    if page.key:  # the key of older versions opens pages alone, and is changed for a token that opens the rest
        named = urlencode({**key, "pluginName": "mangacolor"})
        with suppress(Exception):
            user = await ask(f"{page.base}/api/plugin/authenticate?{named}", post=b"")
            headers["Authorization"] = f"Bearer {user['token']}"

    async def asked(path: str, **query: object) -> Any:
        return await ask(f"{page.base}/api/{path}?{urlencode({**query, **key})}", headers=headers)

    chapter = await asked("reader/chapter-info", chapterId=page.book)
    libraries = [str(one["name"]) for one in await asked("library/libraries") if one["id"] == chapter["libraryId"]]
    metadata = await asked("series/metadata", seriesId=chapter["seriesId"])
    tags = [str(one["title"]) for one in (*(metadata.get("tags") or ()), *(metadata.get("genres") or ()))]
    return BookLabels((str(chapter.get("seriesName") or ""), *libraries), (*libraries, *tags))


async def _lanraragi(page: LibraryPage, ask: Ask) -> BookLabels:
    archive = f"{page.base}/api/archives/{page.book}"
    query = f"?{urlencode({'key': page.key})}" if page.key else ""
    metadata = await ask(f"{archive}/metadata{query}")
    categories = (await ask(f"{archive}/categories{query}")).get("categories") or ()
    title = str(metadata["title"])
    tags = [tag.strip() for tag in str(metadata.get("tags") or "").split(",") if tag.strip()]
    series = [tag.partition(":")[2].strip() for tag in tags if tag.lower().startswith("series:")]
    names = [str(one["name"]) for one in categories]
    return BookLabels((*series, title, without_volume(title)), (*tags, *names))


async def _stump(page: LibraryPage, ask: Ask) -> BookLabels:
    try:
        said = json.dumps({"query": _STUMP, "variables": {"id": page.book}}).encode()
        book = (await ask(f"{page.base}/api/graphql", headers=page.headers, post=said))["data"]["mediaById"]
        series = book["series"]
    except Exception:  # an earlier version; what it says then is told
        query = "load_series=true&load_library=true"
        book = await ask(f"{page.base}/api/v1/media/{page.book}?{query}", headers=page.headers)
        series = book["series"]
    shown = (series.get("metadata") or {}).get("title") or ""
    libraries = [str(one["name"]) for one in (series.get("library"),) if one]
    tags = [str(one["name"]) for one in (*(book.get("tags") or ()), *(series.get("tags") or ()))]
    return BookLabels((shown, str(series.get("name") or ""), *libraries), (*libraries, *tags))
