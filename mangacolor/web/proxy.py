"""A library's server, passed through: everything as it is, and its pages in colour.

Who may read what is the library's own business: requests go on with whatever their client showed, and only what the
library gives out is coloured.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import httpcore
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route, WebSocketRoute

from mangacolor.errors import BadInputError
from mangacolor.web.answers import unless_gone
from mangacolor.web.library_labels import BookLabels, Labels
from mangacolor.web.library_pages import LibraryPage, page_of
from mangacolor.web.passing import RawHeaders, answered_headers, asked_headers, without
from mangacolor.web.proxy_answers import PassedAnswer, body_of, is_picture, stays_of_its_kind
from mangacolor.web.proxy_sockets import pass_socket
from mangacolor.web.reading import color_if_possible, order_if_possible, shown_answer
from mangacolor.web.services import Service

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket

    from mangacolor.web.engine import Engine
    from mangacolor.web.painting import PageOrder
    from mangacolor.web.settings import ServeSettings

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 120.0
"""How long the library may take to take a connection, and to answer for a page or when this server itself asks it.
Whatever else a client asks for takes as long as the client waits: some of it is answered when something happens."""

PATIENCE_SECONDS = 5.0
"""How long the library may take to answer after this server was told to stop."""

BROUGHT_SECONDS = 600.0
"""A page that was brought ahead is not brought again for so long; it lies in the cache."""

_MAX_JSON = 4 << 20
_BROUGHT = 4096

_CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since", b"if-range", b"range")
"""A client's copy is compared with the coloured page, not with the library's."""

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
        url = urlsplit(settings.proxy)
        self._scheme, self._host, self._port = url.scheme.encode(), (url.hostname or "").encode("idna"), url.port
        self._netloc = url.netloc.encode()
        self.origin = f"{url.scheme}://{url.netloc}"
        self._pool = httpcore.AsyncConnectionPool(max_connections=None, max_keepalive_connections=20, retries=1)
        self._wanted = frozenset(label.strip().lower() for label in settings.only)
        self._labels = Labels()
        self._brought: OrderedDict[str, float] = OrderedDict()
        self._farewell, self._impatience = asyncio.Event(), asyncio.Event()

    def say_farewell(self) -> None:
        """End streams of events, and in a moment all waiting for the library: there is more of both than time."""
        self._farewell.set()
        asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._impatience.set)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def pass_socket(self, socket: WebSocket) -> None:
        """Pass a websocket through."""
        await pass_socket(socket, self.origin, asked_headers(socket, self._netloc))

    async def pass_on(self, request: Request) -> Response:
        """Answer a request as the library does, a page in colour."""
        is_sent = asyncio.Event()
        asked = self._asked(request, body_of(request, is_sent))
        page, labels, answer, data = await unless_gone(request, asked, is_read=is_sent, end=self._impatience)
        headers = answered_headers(answer.headers, self.origin, is_plain=request.url.scheme == "http")
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
        answer = await self._ask(
            request.method.encode(), f"{path}?{query}" if query else path, self._headers(request, page),
            content=content, seconds=None if page is None else ANSWER_SECONDS,
        )  # fmt: skip
        if page is None or not is_picture(answer):
            return None, labels, answer, b""
        if request.method == "HEAD":
            return page, labels, answer, b""
        data, is_whole = await self._read(answer, self._settings.max_body)
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
        return await self._labels.of(page, partial(self._ask_json, request))

    def _look_ahead(self, request: Request, page: LibraryPage, start: int, order: PageOrder) -> None:
        """Let the pages from one on be brought with the credentials that another was asked for with."""
        headers = self._headers(request, page)
        shown = [value for name, value in headers if name.lower() in _CREDENTIALS]
        client = request.client.host.encode() if request.client else b""
        reader = hashlib.sha256(b"\0".join([client, *shown])).hexdigest()[:16]
        now, loaders = time.monotonic(), []
        for number in range(start, page.number + 1 + self._settings.ahead):
            target = page.target(number)
            if self._brought.get(f"{reader} {target}", 0.0) < now:
                loaders.append(partial(self._bring, f"{reader} {target}", target, headers))
        self._engine.foresee(reader, loaders, order)

    async def _bring(self, name: str, target: str, headers: RawHeaders) -> bytes:
        answer = await self._ask(b"GET", target, headers, seconds=ANSWER_SECONDS)
        try:
            if not is_picture(answer):  # most often the book is over
                raise BadInputError(f"There is no picture: status {answer.status}.")
            data, is_whole = await self._read(answer, self._settings.max_body)
        finally:
            await answer.aclose()
        if not is_whole:
            raise BadInputError("The page is too large.")
        self._brought[name] = time.monotonic() + BROUGHT_SECONDS
        while len(self._brought) > _BROUGHT:
            self._brought.popitem(last=False)
        return data

    # The server behind

    def _headers(self, connection: HTTPConnection, page: LibraryPage | None) -> RawHeaders:
        if page is None:
            return asked_headers(connection, self._netloc)
        headers = asked_headers(connection, self._netloc, without=(*_CONDITIONS, b"accept-encoding"))
        return [*headers, (b"Accept-Encoding", b"identity")]

    async def _ask(
        self,
        method: bytes,
        target: str,
        headers: RawHeaders,
        *,
        content: AsyncIterator[bytes] | None = None,
        seconds: float | None = None,
    ) -> httpcore.Response:
        url = httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target.encode("latin-1"))
        if content is not None and not any(name.lower() == b"content-length" for name, _ in headers):
            headers = [*headers, (b"Transfer-Encoding", b"chunked")]
        limits = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
        request = httpcore.Request(method, url, headers=headers, content=content, extensions={"timeout": limits})
        try:
            try:
                return await self._pool.handle_async_request(request)
            except (httpcore.RemoteProtocolError, httpcore.ReadError):
                # It may close a connection that nobody used for a while just when it is used again.
                if content is not None or method not in (b"GET", b"HEAD"):
                    raise
                return await self._pool.handle_async_request(request)
        except httpcore.TimeoutException as error:
            raise HTTPException(504, f"{self.origin} does not answer.\n") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise HTTPException(502, f"{self.origin} cannot be reached: {type(error).__name__}.\n") from error

    async def _ask_json(
        self, request: Request, target: str, method: Literal["GET", "POST"], further: dict[str, str]
    ) -> Any:
        names = {name.lower().encode() for name in further}
        not_asked = (*_CONDITIONS, *names, b"accept", b"accept-encoding", b"content-length", b"content-type")
        headers = asked_headers(request, self._netloc, without=not_asked)
        headers += [(name.encode(), value.encode("latin-1")) for name, value in further.items()]
        headers += [(b"Accept", b"application/json"), (b"Accept-Encoding", b"identity"), (b"Content-Length", b"0")]
        answer = await self._ask(method.encode(), target, headers, seconds=ANSWER_SECONDS)
        try:
            if answer.status != 200:
                raise BadInputError(f"status {answer.status} of {target.partition('?')[0]}.")
            data, _ = await self._read(answer, _MAX_JSON)
            return json.loads(data)
        finally:
            await answer.aclose()

    async def _read(self, answer: httpcore.Response, most: int) -> tuple[bytes, bool]:
        """Read an answer, or its beginning if it is larger; say whether that is all."""
        data = bytearray()
        try:
            async for piece in answer.stream:  # type: ignore[union-attr]
                data += piece
                if len(data) > most:
                    return bytes(data), False
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            await answer.aclose()
            raise HTTPException(502, f"{self.origin} broke off: {type(error).__name__}.\n") from error
        await answer.aclose()
        return bytes(data), True


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
