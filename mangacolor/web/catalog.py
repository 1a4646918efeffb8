"""A folder of books as an OPDS catalogue: pages coloured while they are read, books to take away coloured."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from mangacolor.books import Limits
from mangacolor.web.answers import small_number
from mangacolor.web.catalog_books import CatalogBooks
from mangacolor.web.downloads import Downloads, download_type
from mangacolor.web.feeds import ACQUISITION, NAVIGATION, SEARCH, STREAM, Entry, feed, search_description
from mangacolor.web.guard import PREFIX
from mangacolor.web.services import Service
from mangacolor.web.shelf import Shelf, ShelfBook, key_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from mangacolor.web.engine import Engine
    from mangacolor.web.settings import ServeSettings

PER_FEED = 50
ROOT_SECONDS = 2.0
"""So long the root opens books before it says how many there are; a large library is known after a few visits."""


def catalog_service(engine: Engine, settings: ServeSettings, folder: Path) -> Service:
    """Return the routes below `/catalog`."""
    catalog = _Catalog(engine, settings, folder)
    book = "/catalog/books/{key}"
    routes = [
        Route("/catalog", catalog.root),
        Route("/catalog/search.xml", catalog.search_form),
        Route("/catalog/folders/{key}", catalog.list),
        Route("/catalog/{key:str}", catalog.list),
        Route(book, catalog.one),
        Route(f"{book}/cover", catalog.of_book.cover),
        Route(f"{book}/pages/{{number}}", catalog.of_book.page),
        Route(f"{book}/coloured", catalog.of_book.download),
        Route(f"{book}/coloured/progress", catalog.of_book.progress),
    ]
    return Service(routes, paths=("/catalog", "/catalog/*"))


class _Catalog:
    def __init__(self, engine: Engine, settings: ServeSettings, folder: Path) -> None:
        limits = Limits(page_pixels=settings.max_pixels)
        self._shelf = Shelf(folder, limits)
        cache = engine.cache
        self._downloads: Downloads | None = None
        if cache is not None:
            self._downloads = Downloads(engine, cache.folder / "books", cache.limit_bytes, limits)
        self.of_book = CatalogBooks(engine, settings, self._shelf, self._downloads)

    # Feeds

    async def root(self, request: Request) -> Response:
        """Show what there is: all books, the newest, and folders."""
        books, all_opened = await asyncio.to_thread(self._shelf.shown, ROOT_SECONDS)
        at = request.scope[PREFIX]
        newest = max((book.changed for book in books), default=0.0)
        folders: dict[str, list[ShelfBook]] = {}
        for book in books:
            folders.setdefault(book.folder, []).append(book)
        shown = [("all", "All books", newest, len(books)), ("new", "Newest books", newest, len(books))]
        for name, inside in folders.items():
            if name:
                place = f"folders/{key_of(f'folder {name}')}"
                shown.append((place, name.replace("/", " / "), max(book.changed for book in inside), len(inside)))
        most = "" if all_opened else "up to "
        entries = [
            Entry(
                key_of(place), title, changed, most + ("1 book" if count == 1 else f"{count} books"),
                ({"rel": "subsection", "type": ACQUISITION, "href": f"{at}/catalog/{place}"},),
            )
            for place, title, changed, count in shown
        ]  # fmt: skip
        return _xml(self._feed(request, "root", "Coloured books", newest, NAVIGATION, entries), NAVIGATION)

    async def search_form(self, request: Request) -> Response:
        """Say how the catalogue is searched."""
        return _xml(search_description(f"{request.scope[PREFIX]}/catalog/search?q={{searchTerms}}"), SEARCH)

    async def list(self, request: Request) -> Response:
        """Show books: of a folder, all, the newest, or those that are searched for."""
        books = list((await asyncio.to_thread(self._shelf.books)).values())
        key, title = request.path_params["key"], "All books"
        wanted = request.query_params.get("q", "").casefold().split()
        if "/folders/" in request.scope["path"]:
            books = [book for book in books if book.folder and key_of(f"folder {book.folder}") == key]
            title = books[0].folder.replace("/", " / ") if books else ""
        elif key == "new":
            books, title = sorted(books, key=lambda book: -book.changed), "Newest books"
        elif key == "search":
            named = [(book, f"{book.folder} {book.title}".casefold()) for book in books]
            books = [book for book, name in named if all(word in name for word in wanted)]
            title = "Found"
        elif key != "all":
            books = []
        if not books and key != "search" and key != "all":
            raise HTTPException(404, "There is no such shelf.\n")
        return _xml(await self._books_feed(request, key, title, books), ACQUISITION)

    async def _books_feed(self, request: Request, key: str, title: str, books: Sequence[ShelfBook]) -> str:
        last = max(0, math.ceil(len(books) / PER_FEED) - 1)
        number = min(small_number(request.query_params.get("page", ""), 5) or 0, last)
        further = {name: page for name, page in (("previous", number - 1), ("next", number + 1)) if 0 <= page <= last}
        query = {name: value for name, value in request.query_params.items() if name == "q"}
        here = request.scope[PREFIX] + quote(request.scope["path"])
        links = [
            {"rel": name, "type": ACQUISITION, "href": f"{here}?{urlencode({**query, 'page': page})}"}
            for name, page in further.items()
        ]
        entries = []
        for book in books[number * PER_FEED : (number + 1) * PER_FEED]:
            count = await asyncio.to_thread(self._shelf.count, book)
            if count:
                entries.append(self._entry(request.scope[PREFIX], book, count))
        newest = max((book.changed for book in books), default=0.0)
        return self._feed(request, key, title, newest, ACQUISITION, entries, links)

    def _entry(self, at: str, book: ShelfBook, count: int) -> Entry:
        place = f"{at}/catalog/books/{book.key}"
        image = {"type": "image/jpeg", "href": f"{place}/cover"}
        links = [
            {"rel": "http://opds-spec.org/image", **image},
            {"rel": "http://opds-spec.org/image/thumbnail", **image},
        ]
        text = [book.folder.replace("/", " / "), "1 page" if count == 1 else f"{count} pages"]
        if self._downloads is not None and not book.pictures:
            making = self._downloads.progress(book)
            if making is not None:
                text.append(f"{making.done} of {making.pages or count} pages coloured to take away")
            kind = download_type(self._shelf.coloured_suffix(book))
            links.append({"rel": "http://opds-spec.org/acquisition", "type": kind, "href": f"{place}/coloured"})
        stream = f"{place}/pages/{{pageNumber}}?width={{maxWidth}}"
        links.append({"rel": STREAM, "type": "image/jpeg", "href": stream, "pse:count": str(count)})
        return Entry(book.key, book.title, book.changed, " · ".join(filter(None, text)), tuple(links))

    def _feed(
        self, request: Request, key: str, title: str, updated: float, kind: str, entries: Sequence[Entry],
        further: Sequence[dict[str, str]] = (),
    ) -> str:  # fmt: skip
        at = request.scope[PREFIX]
        query = {name: value for name, value in request.query_params.items() if name in ("q", "page")}
        here = at + quote(request.scope["path"]) + f"?{urlencode(query)}" * bool(query)
        links = [
            {"rel": "self", "type": kind, "href": here},
            {"rel": "start", "type": NAVIGATION, "href": f"{at}/catalog"},
            {"rel": "search", "type": SEARCH, "href": f"{at}/catalog/search.xml"},
            *further,
        ]
        return feed(key, title, updated, links, entries)

    async def one(self, request: Request) -> Response:
        """Show a feed of one book, for whoever knows its key alone."""
        book = await self.of_book.find(request)
        count = await asyncio.to_thread(self._shelf.count, book)
        entries = [self._entry(request.scope[PREFIX], book, count)] if count else []
        return _xml(self._feed(request, book.key, book.title, book.changed, ACQUISITION, entries), ACQUISITION)


def _xml(text: str, kind: str) -> Response:
    return Response(text, media_type=f"{kind};charset=utf-8", headers={"Cache-Control": "no-cache"})
