"""A book of the catalogue: its pages, coloured while they are read or as they came, its cover, its coloured twin."""

from __future__ import annotations

import asyncio
import logging
import re
from functools import partial
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, Response

from mangacolor.errors import BadInputError
from mangacolor.web.answers import page_number, small_number
from mangacolor.web.covers import Covers
from mangacolor.web.downloads import Downloads, download_type, note_use, suffix_of
from mangacolor.web.feeds import shown_text
from mangacolor.web.followed import followed_of, without_volume
from mangacolor.web.painting import PageOrder, media_type
from mangacolor.web.reading import color_if_possible, is_known, order_if_possible, shown_answer
from mangacolor.web.shown_page import shown_page

if TYPE_CHECKING:
    from starlette.requests import Request

    from mangacolor.web.engine import Engine
    from mangacolor.web.known_series import Followed
    from mangacolor.web.settings import ServeSettings
    from mangacolor.web.shelf import Shelf, ShelfBook

HOLD_SECONDS = 10.0
"""How long a client waits for a book to become whole before it is told to come again."""

JPEG = PageOrder(format="jpg")
"""Pages are streamed as the feed says that they are."""

ORIGINAL = "original"
"""What a page's query has that wants it as it came."""

_NO_WAIT = re.compile(r"(?:^|[,;\s])respond-async(?:$|[,;\s])", re.IGNORECASE)

logger = logging.getLogger("mangacolor.web")


class CatalogBooks:
    """Answers requests for one book.

    Args:
        engine: Colours its pages.
        settings: Of the server.
        shelf: Has it.
        downloads: Makes its coloured twin; None for none.
    """

    def __init__(self, engine: Engine, settings: ServeSettings, shelf: Shelf, downloads: Downloads | None) -> None:
        self._engine, self._settings, self._shelf, self._downloads = engine, settings, shelf, downloads
        self._covers = Covers(engine, shelf, (JPEG, PageOrder()), settings.max_pixels)

    async def find(self, request: Request) -> ShelfBook:
        """Return the book that an address names.

        Raises:
            HTTPException: There is none that a feed shows.
        """
        book = await asyncio.to_thread(self._shelf.find, request.path_params["key"])
        if book is None or not await asyncio.to_thread(self._shelf.count, book):
            raise HTTPException(404, "There is no such book.\n")
        return book

    async def page(self, request: Request) -> Response:
        """Show a page in colour, or as it came, no wider than the client wants it."""
        book, number = await self.find(request), page_number(request)
        count = await asyncio.to_thread(self._shelf.count, book)
        if number >= count:
            raise HTTPException(404, f"The book has {count} pages, from 0 on.\n")
        data = await self._data(book, number)
        if request.query_params.get(ORIGINAL, "") not in ("", "0"):
            shown, is_page = await self._shown(request, data)
            return shown_answer(request, shown, media_type(shown), ORIGINAL if is_page else "failed")
        if number == 0 and data:
            await asyncio.to_thread(self._covers.note, book, data)
        order = await order_if_possible(self._engine, request, titles_of(book), JPEG)
        wanted = order if data else None
        painted = await color_if_possible(self._engine, request, data, wanted, seconds=self._settings.wait_seconds)
        start = number + (painted is not None)
        following = range(start, min(count, number + 1 + self._settings.ahead))
        client = request.client.host if request.client else ""
        loaders = [partial(asyncio.to_thread, self._shelf.page, book, one) for one in following]
        if order is not None:
            self._engine.foresee(f"{client} {book.key}", loaders, order)
        shown, is_page = await self._shown(request, painted.data if painted else data)
        outcome = painted.told if painted and is_page else "failed"
        return shown_answer(request, shown, media_type(shown), outcome)

    async def _shown(self, request: Request, data: bytes) -> tuple[bytes, bool]:
        width = small_number(request.query_params.get("width", ""), 5) or 0
        return await asyncio.to_thread(shown_page, data, width, self._settings.max_pixels)

    async def _data(self, book: ShelfBook, number: int) -> bytes:
        """Return the file of a page; nothing where it cannot be read."""
        try:
            return await asyncio.to_thread(self._shelf.page, book, number)
        except BadInputError as error:
            if await asyncio.to_thread(self._shelf.find, book.key) is None:
                raise HTTPException(404, "There is no such book any more.\n") from error
            logger.warning("A page cannot be shown: %s", error)
            return b""

    async def cover(self, request: Request) -> Response:
        """Show the first page, small; in colour if it was coloured already."""
        book, may_be_coloured, followed = await self.find(request), self._engine.cache is not None, None
        if may_be_coloured:
            try:
                followed = await followed_of(request, self._engine, titles_of(book))
            except BadInputError:  # whoever opens the book hears of it
                may_be_coloured = False
        make = partial(self._covers.cover, book, may_be_coloured=may_be_coloured, series=followed)
        try:
            cover, is_coloured = await asyncio.to_thread(make)
        except BadInputError as error:  # readers draw their own
            raise HTTPException(404, "The first page cannot be read.\n") from error
        return shown_answer(request, cover, "image/jpeg", "cover colored" if is_coloured else "cover")

    async def download(self, request: Request) -> Response:
        """Give the coloured book away; where it is not made yet, begin it and say when to come again.

        Clients that prefer not to wait (RFC 7240, 4.1: `Prefer: respond-async`) are told at once how far it is.
        """
        book, downloads, followed = await self._taken(request)
        output = downloads.made(book, followed)
        if output is None:
            making = downloads.make(book, followed)
            if _NO_WAIT.search(request.headers.get("prefer", "")):
                headers = {"Preference-Applied": "respond-async", "Cache-Control": "no-store"}
                return JSONResponse(downloads.state(book, followed), status_code=202, headers=headers)
            assert making.task is not None
            await asyncio.wait({making.task}, timeout=HOLD_SECONDS)
            output = making.output
            if output is None and making.task.done():
                raise HTTPException(409, f"{making.error}\n")
            if output is None:
                told = f"{making.done} of {making.pages or 'its'} pages are coloured; come again.\n"
                raise HTTPException(503, told, headers={"Retry-After": "30"})
        suffix = suffix_of(output)
        note_use(output)
        name, state = shown_text(f"{book.title}{suffix}"), await asyncio.to_thread(output.stat)
        answer = FileResponse(output, media_type=download_type(suffix), filename=name, stat_result=state)
        if is_known(request, answer.headers["etag"]):  # which Starlette sends, but does not compare
            kept = {one: answer.headers[one] for one in ("etag", "last-modified")}
            return Response(status_code=304, headers=kept)
        return answer

    async def progress(self, request: Request) -> Response:
        """Say how far the coloured book is; that begins nothing."""
        book, downloads, followed = await self._taken(request)
        return JSONResponse(downloads.state(book, followed), headers={"Cache-Control": "no-store"})

    async def _taken(self, request: Request) -> tuple[ShelfBook, Downloads, Followed | None]:
        """Return a book that may be taken away, what makes it, and whose colours it has."""
        book = await self.find(request)
        if self._downloads is None or book.pictures:
            raise HTTPException(404, "This cannot be taken away: it is no book, or nothing is kept (--cache-mb 0).\n")
        return book, self._downloads, await followed_of(request, self._engine, titles_of(book))


def titles_of(book: ShelfBook) -> list[str]:
    """Return what a book is called, itself and the folders that it lies in, from the inside out."""
    return [book.title, without_volume(book.title), *reversed(book.folder.split("/"))]
