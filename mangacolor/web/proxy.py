"""A library's server, passed through: everything as it is, and its pages in colour.

Who may read what is the library's own business: requests go on with whatever their client showed, and only what the
library gives out is coloured.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import Route, WebSocketRoute

from mangacolor.errors import BadInputError
from mangacolor.web.answers import unless_gone
from mangacolor.web.library_labels import BookLabels, Labels
from mangacolor.web.library_pages import LibraryPage, files_of, page_of
from mangacolor.web.library_server import CONDITIONS, LibraryServer
from mangacolor.web.passing import RawHeaders, answered_headers, asked_headers, replaced, without
from mangacolor.web.proxy_answers import PassedAnswer, body_of, is_of_kind, is_picture, stays_of_its_kind
from mangacolor.web.proxy_sockets import pass_socket
from mangacolor.web.reading import color_if_possible, order_if_possible, shown_answer
from mangacolor.web.remembered import Remembered
from mangacolor.web.services import Service

if TYPE_CHECKING:
    import httpcore
    from starlette.requests import HTTPConnection
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket

    from mangacolor.web.engine import Engine
    from mangacolor.web.painting import PageOrder
    from mangacolor.web.settings import ServeSettings

PATIENCE_SECONDS = 5.0
"""How long the library may take to answer after this server was told to stop."""

BROUGHT_SECONDS = 600.0
"""A page that was brought ahead is not brought again for so long; it lies in the cache."""

_BROUGHT = 4096
_LISTS = 64

_ABOUT_BYTES = (
    b"content-length", b"content-type", b"etag", b"last-modified", b"cache-control", b"expires", b"pragma", b"age",
    b"accept-ranges", b"content-md5", b"digest", b"repr-digest", b"content-digest",
)  # fmt: skip
_CREDENTIALS = (b"authorization", b"cookie", b"x-api-key", b"x-auth-token", b"user-agent")


def proxy_service(engine: Engine, settings: ServeSettings) -> Service:
    """Return the routes of a library: all that no other service has."""
    proxy = Proxy(engine, settings)
    routes = [WebSocketRoute("/{path:path}", proxy.pass_socket), Route("/{path:path}", _Everything(proxy))]
    return Service(
        routes, paths=("/*",), checks_token=False, keeps_slashes=True, limits_body=False,
        farewell=proxy.say_farewell, close=proxy.close,
    )  # fmt: skip


class _Everything:
    """An endpoint for all methods."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._proxy.pass_on(request)
        await response(scope, receive, send)


class Proxy:
    """Passes requests on to a library and its answers back, pages coloured.

    Args:
        engine: Colours them.
        settings: Which library, and what of it.
    """

    def __init__(self, engine: Engine, settings: ServeSettings) -> None:
        self._engine, self._settings = engine, settings
        self._library = LibraryServer(settings.proxy)
        self._wanted = frozenset(label.strip().lower() for label in settings.only)
        self._labels = Labels()
        self._files: Remembered[tuple[str, ...]] = Remembered("which pages book %s has", (), _LISTS)
        self._brought: OrderedDict[str, float] = OrderedDict()
        self._farewell, self._impatience = asyncio.Event(), asyncio.Event()

    def say_farewell(self) -> None:
        """End streams of events, and in a moment all waiting for the library: there is more of both than time."""
        self._farewell.set()
        asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._impatience.set)

    async def close(self) -> None:
        """Close all connections."""
        await self._library.close()

    async def pass_socket(self, socket: WebSocket) -> None:
        """Pass a websocket through."""
        await pass_socket(socket, self._library.origin, asked_headers(socket, self._library.netloc))

    async def pass_on(self, request: Request) -> Response:
        """Answer a request as the library does, a page in colour."""
        is_sent = asyncio.Event()
        asked = self._asked(request, body_of(request, is_sent))
        page, labels, answer, data = await unless_gone(request, asked, is_read=is_sent, end=self._impatience)
        headers = answered_headers(answer.headers, self._library.origin, is_plain=request.url.scheme == "http")
        if page is None:
            return PassedAnswer(answer, headers, data, farewell=self._farewell)
        if request.method == "HEAD":
            return PassedAnswer(answer, without(headers, _untold(answer)), farewell=self._farewell)
        order = await order_if_possible(self._engine, request, labels.titles)
        return await self._colored(request, page, data, headers, order)

    async def _asked(
        self, request: Request, content: AsyncIterator[bytes] | None
    ) -> tuple[LibraryPage | None, BookLabels, httpcore.Response, bytes]:
        """Ask for what a client wants; return the page if it is one to be coloured, and what of the body was read."""
        path, query = _target_of(request)
        page = page_of(path, query) if request.method in ("GET", "HEAD") else None
        labels = await self._labels_of(request, page) if page is not None else BookLabels()
        if self._wanted and not self._wanted & labels.all:
            page = None
        answer = await self._library.ask(
            request.method.encode(), f"{path}?{query}" if query else path, self._headers(request, page),
            content=content, is_patient=page is None,
        )  # fmt: skip
        if page is None or not is_picture(answer):
            return None, labels, answer, b""
        if request.method == "HEAD":
            return page, labels, answer, b""
        data, is_whole = await self._library.read(answer, self._settings.max_body)
        return page if is_whole else None, labels, answer, data

    # Pages

    async def _colored(
        self, request: Request, page: LibraryPage, data: bytes, headers: RawHeaders, order: PageOrder | None
    ) -> Response:
        seconds = self._settings.wait_seconds
        painted = await color_if_possible(self._engine, request, data, order, seconds=seconds)
        # Not before, lest one of the next pages is at work when this one is about to be. One that took too long is
        # coloured for the next time.
        if order is not None:
            self._look_ahead(request, page, page.number + (painted is not None), order)
        given = next((value for name, value in headers if name.lower() == b"content-type"), b"").decode("latin-1")
        kind = painted.media_type if painted and painted.outcome == "colored" else given
        left_out: tuple[bytes, ...] = _ABOUT_BYTES
        if kind != given:  # the name that a file would be saved under has an ending
            left_out = (*left_out, b"content-disposition")
        response = shown_answer(request, painted.data if painted else data, kind, painted.told if painted else "failed")
        response.raw_headers += without(headers, left_out)
        return response

    async def _labels_of(self, request: Request, page: LibraryPage) -> BookLabels:
        if not self._wanted and not self._engine.series.goes_by_title:
            return BookLabels()
        return await self._labels.of(page, partial(self._library.ask_json, request))

    def _look_ahead(self, request: Request, page: LibraryPage, start: int, order: PageOrder) -> None:
        """Let the pages from one on be brought with the credentials that another was asked for with."""
        headers = replaced(self._headers(request, page), page.headers)
        shown = [value for name, value in headers if name.lower() in _CREDENTIALS]
        client = request.client.host.encode() if request.client else b""
        reader = hashlib.sha256(b"\0".join([client, *shown])).hexdigest()[:16]
        numbers = range(start, page.number + 1 + self._settings.ahead)
        loaders = [partial(self._bring, request, page, number, reader, headers) for number in numbers]
        self._engine.foresee(reader, loaders, order)

    async def _bring(
        self, request: Request, page: LibraryPage, number: int, reader: str, headers: RawHeaders
    ) -> bytes | None:
        """Return one of the next pages; None where the book is over, or the page was brought before."""
        files: tuple[str, ...] = ()
        if page.listed:
            files = await self._files.of((page.base, page.book), lambda: self._listed(request, page))
        target = page.target(number, files)
        name = f"{reader} {target}"
        if target is None or self._brought.get(name, 0.0) > time.monotonic():
            return None
        answer = await self._library.ask(b"GET", target, headers)
        try:
            if not is_picture(answer):  # most often the book is over
                raise BadInputError(f"There is no picture: status {answer.status}.")
            if not any(is_of_kind(answer, kind) for kind in page.kinds):
                return None
            data, is_whole = await self._library.read(answer, self._settings.max_body)
        finally:
            await answer.aclose()
        if not is_whole:
            raise BadInputError("The page is too large.")
        self._brought[name] = time.monotonic() + BROUGHT_SECONDS
        while len(self._brought) > _BROUGHT:
            self._brought.popitem(last=False)
        return data

    async def _listed(self, request: Request, page: LibraryPage) -> tuple[str, ...]:
        return files_of(await self._library.ask_json(request, page.listed, headers=page.headers))

    def _headers(self, connection: HTTPConnection, page: LibraryPage | None) -> RawHeaders:
        if page is None:
            return asked_headers(connection, self._library.netloc)
        headers = asked_headers(connection, self._library.netloc, without=(*CONDITIONS, b"accept-encoding"))
        return [*headers, (b"Accept-Encoding", b"identity")]


def _target_of(request: Request) -> tuple[str, str]:
    """Return path and query as they were sent."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    path = "/" + raw.decode("latin-1").partition("?")[0].lstrip("/")
    return path, request.scope["query_string"].decode("latin-1")


def _untold(answer: httpcore.Response) -> tuple[bytes, ...]:
    """Return which headers of a page are not told where nobody has coloured it: what they will say is not known."""
    if stays_of_its_kind(answer):
        return tuple(name for name in _ABOUT_BYTES if name != b"content-type")
    return (*_ABOUT_BYTES, b"content-disposition")
