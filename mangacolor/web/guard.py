"""Who is let in, before any route sees a request.

A server on this machine can be reached by every page that its user's browser shows. A page of another site cannot read
answers, but it can send requests (so `Origin` and `Sec-Fetch-Site` are looked at), and with a name that it points at
127.0.0.1 it is no other site any more (DNS rebinding, so `Host` is looked at: it must be an address or a known name).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ipaddress
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse

from mangacolor.web.followed import SERIES

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mangacolor.web.services import Service
    from mangacolor.web.settings import ServeSettings

PREFIX = "mangacolor.prefix"
"""Key of a request's scope: what links of its answer begin with: `/token/…`, `/as/…`, both, or nothing."""

MAY_ENTER = "mangacolor.may_enter"
"""Key of a request's scope: whether it shows the token, or needs none."""

_TOKEN_PATH = "/token/"
_SERIES_PATH = "/as/"
_API_PATH = "/api/"


class Guard:
    """Lets requests through to the routes of the services, or refuses them.

    The token is taken from `Authorization` (Bearer, or the password of Basic), from `?token=`, or from the start of the
    path (`/token/TEXT/…`): clients that know nothing of tokens are given an address that has it. So is the series by
    those who know nothing of series (`/as/NAME/…`, after the token).

    Args:
        app: The routes.
        settings: Whom to let in.
        services: What is behind the paths.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings, services: Sequence[Service]) -> None:
        self.app, self.settings, self.services = app, settings, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        shown = _take_token(scope, headers, self.settings.token)
        _take_series(scope)
        service = self._service_of(scope)
        may_enter = scope[MAY_ENTER] = _is_same(shown, self.settings.token)
        refusal = None
        if service is None or service.checks_token:
            refusal = None if may_enter else (401, "This server wants its token.\n")
        is_known = bool(self.settings.token) and may_enter
        if refusal is None and not is_known and not self._is_own_name(headers.get("host", "")):
            refusal = (421, "The server is not known by this name; --allow-host adds one.\n")
        is_cross = _is_cross_site(scope, headers) and headers.get("origin", "") not in self.settings.origins
        is_open = service is not None and service.for_browsers and not self.settings.origins
        if refusal is None and is_cross and not is_open:
            refusal = (403, "Pages of other sites may not use this.\n")
        is_preflight = scope["type"] == "http" and scope["method"] == "OPTIONS" and "origin" in headers
        if scope["type"] == "websocket":
            if refusal is not None:
                await send({"type": "websocket.close", "code": 1008, "reason": refusal[1].strip()})
                return
            await self.app(scope, receive, send)
            return
        if service is not None and service.for_browsers:
            send = _with_cors(send, headers)
            # Browsers send a preflight without what they will show, so it says only what may be asked.
            if is_preflight and (refusal is None or refusal[0] == 401):
                await PlainTextResponse("", status_code=204)(scope, receive, send)
                return
        if refusal is not None:
            await _refused(scope["path"], *refusal)(scope, receive, send)
            return
        if service is None or service.limits_body:
            most = (service and service.max_body) or self.settings.max_body
            seconds = (service and service.upload_seconds) or self.settings.upload_seconds
            receive = limited = _Limited(receive, headers, most, seconds)
            send = limited.until_answered(send)
        await self.app(scope, receive, send)

    def _service_of(self, scope: Scope) -> Service | None:
        """Return whose a path is; a slash too many at its end is taken off, unless it may mean something there."""
        for path in dict.fromkeys((scope["path"].rstrip("/") or "/", scope["path"])):
            service = next((one for one in self.services if one.serves(path)), None)
            if service is not None and not service.keeps_slashes:
                if path != scope["path"]:
                    scope["path"], scope["raw_path"] = path, scope["raw_path"].rstrip(b"/")
                return service
        return service

    def _is_own_name(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:  # such as `[`
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name == "localhost" or name.endswith(".localhost") or name in self.settings.hosts
        return True


def _refused(path: str, status: int, text: str) -> Response:
    """Return what is answered to somebody who is not let in: programs read the errors of an API as it has them all."""
    challenge = {"WWW-Authenticate": 'Basic realm="mangacolor"'} if status == 401 else {}
    if path.startswith(_API_PATH):
        return JSONResponse({"error": text.strip()}, status_code=status, headers=challenge)
    return PlainTextResponse(text, status_code=status, headers=challenge)


def _take_token(scope: Scope, headers: Headers, wanted: str) -> str:
    """Return what a request shows as its token; one in the path is taken off it.

    Who follows a link shows neither the query that its page was asked for with nor, most often, anything else. So the
    links of whoever has shown the right one in the query begin with it.
    """
    # Clients put addresses together with one slash too many.
    path = "/" + str(scope["path"]).lstrip("/")
    raw_path = b"/" + bytes(scope.get("raw_path") or path.encode()).lstrip(b"/")
    scope["path"], scope["raw_path"], scope[PREFIX] = path, raw_path, ""
    if path.startswith(_TOKEN_PATH):
        token, _, rest = path.removeprefix(_TOKEN_PATH).partition("/")
        scope[PREFIX] = f"{_TOKEN_PATH}{token}"
        scope["path"] = f"/{rest}"
        scope["raw_path"] = raw_path.removeprefix(scope[PREFIX].encode())
        return token
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    if not value and b"token=" in scope["query_string"]:
        token = parse_qs(str(scope["query_string"], "latin-1")).get("token", [""])[0]
        if wanted and _is_same(token, wanted):
            scope[PREFIX] = f"{_TOKEN_PATH}{token}"
        return token
    return ""


def _take_series(scope: Scope) -> None:
    """Note the series that the start of a path names, and take it off."""
    name, slash, rest = str(scope["path"]).removeprefix(_SERIES_PATH).partition("/")
    if slash and name and str(scope["path"]).startswith(_SERIES_PATH):
        written, _, raw_rest = scope["raw_path"].removeprefix(_SERIES_PATH.encode()).partition(b"/")
        scope[SERIES], scope["path"], scope["raw_path"] = name, f"/{rest}", b"/" + raw_rest
        scope[PREFIX] += _SERIES_PATH + written.decode("latin-1")


def _is_same(shown: str, token: str) -> bool:
    return not token or hmac.compare_digest(shown.encode(), token.encode())


def _is_cross_site(scope: Scope, headers: Headers) -> bool:
    """Say whether a page of another site sends a request; somebody who follows a link is no page."""
    if "origin" in headers:
        try:
            return urlsplit(headers["origin"]).netloc.lower() != headers.get("host", "").lower()
        except ValueError:  # such as `http://[`
            return True
    is_link = scope.get("method") == "GET" and headers.get("sec-fetch-mode") == "navigate"
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_link


def _with_cors(send: Send, asked: Headers) -> Send:
    """Let the browser hand an answer to the page that asked, also where the page is public and the server is not."""

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = "Mangacolor-Outcome, Retry-After"
            if "access-control-request-method" in asked:
                headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
                headers["Access-Control-Allow-Headers"] = asked.get("access-control-request-headers", "*")
                headers["Access-Control-Max-Age"] = "600"
            if asked.get("access-control-request-private-network") == "true":
                headers["Access-Control-Allow-Private-Network"] = "true"
        await send(message)

    return send_on


class _Limited:
    """The body of a request, which ends with an error when it is too large or too slow.

    Time counts while a body is waited for: not what a route does before it reads, nor what comes after the body or
    after the answer has begun, where to receive is to wait for the client to leave.
    """

    def __init__(self, receive: Receive, headers: Headers, most: int, seconds: float) -> None:
        self._receive, self._most, self._seconds = receive, most, seconds
        self._until: float | None = None
        self._left = most
        length = headers.get("content-length", "")
        self._is_over = length in ("", "0") and "transfer-encoding" not in headers
        self._is_too_large = length.isdecimal() and int(length) > most

    async def __call__(self) -> Message:
        if self._is_over:
            return await self._receive()
        if self._is_too_large:
            raise self._too_large()
        self._until = self._until or time.monotonic() + self._seconds
        try:
            message = await asyncio.wait_for(self._receive(), self._until - time.monotonic())
        except (TimeoutError, asyncio.TimeoutError):
            raise HTTPException(408, f"The request took more than {self._seconds:g} s.\n") from None
        self._is_over = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise self._too_large()
        return message

    def until_answered(self, send: Send) -> Send:
        """Return what sends messages on, and ends the limits once the answer has begun: none could be told any more."""

        async def send_on(message: Message) -> None:
            self._is_over = self._is_over or message["type"] == "http.response.start"
            await send(message)

        return send_on

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"A request has at most {self._most >> 20} MiB.\n")
