"""The library's server behind the proxy: how it is asked, and how long it may take."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpcore
from starlette.exceptions import HTTPException

from mangacolor.errors import BadInputError
from mangacolor.web.passing import RawHeaders, asked_headers, replaced

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 120.0
"""How long the library may take to take a connection, and to answer for a page or when this server itself asks it.
Whatever else a client asks for takes as long as the client waits: some of it is answered when something happens."""

CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since", b"if-range", b"range")
"""A client's copy is compared with the coloured page, not with the library's."""

_MAX_JSON = 4 << 20


class LibraryServer:
    """Asks a library's server.

    Args:
        url: Its address, as `ServeSettings` has it.

    Attributes:
        origin: Its scheme, name and port, as addresses begin with.
        netloc: Its name and port.
        pool: The connections to it.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._scheme, self._host, self._port = parts.scheme.encode(), (parts.hostname or "").encode("idna"), parts.port
        self.netloc = parts.netloc.encode()
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.pool = httpcore.AsyncConnectionPool(max_connections=None, max_keepalive_connections=20, retries=1)

    async def close(self) -> None:
        """Close all connections."""
        await self.pool.aclose()

    async def ask(
        self,
        method: bytes,
        target: str,
        headers: RawHeaders,
        *,
        content: AsyncIterator[bytes] | bytes | None = None,
        is_patient: bool = False,
    ) -> httpcore.Response:
        """Ask for something; the answer's body is still to be read, and the answer to be closed.

        Args:
            method: The method.
            target: Path and query.
            headers: All of the request.
            content: Its body, None for none.
            is_patient: Wait as long as the client does, not `ANSWER_SECONDS`.

        Raises:
            HTTPException: It cannot be reached, or does not answer in time.
        """
        url = httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target.encode("latin-1"))
        if content is not None and not any(name.lower() == b"content-length" for name, _ in headers):
            headers = [*headers, (b"Transfer-Encoding", b"chunked")]
        seconds = None if is_patient else ANSWER_SECONDS
        limits = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
        request = httpcore.Request(method, url, headers=headers, content=content, extensions={"timeout": limits})
        try:
            try:
                return await self.pool.handle_async_request(request)
            except (httpcore.RemoteProtocolError, httpcore.ReadError):
                # It may close a connection that nobody used for a while just when it is used again.
                if content is not None or method not in (b"GET", b"HEAD"):
                    raise
                return await self.pool.handle_async_request(request)
        except httpcore.TimeoutException as error:
            raise HTTPException(504, f"{self.origin} does not answer.\n") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise HTTPException(502, f"{self.origin} cannot be reached: {type(error).__name__}.\n") from error

    async def ask_json(
        self,
        connection: HTTPConnection,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        post: bytes | None = None,
    ) -> Any:
        """Ask as a client does, and return what the JSON of the answer says; see `library_labels.Ask`.

        Raises:
            BadInputError: The status is not 200.
            HTTPException: As for `ask`, or the answer broke off.
            ValueError: The answer is no JSON, or too large.
        """
        own = {"Accept": "application/json", "Accept-Encoding": "identity", "Content-Length": str(len(post or b""))}
        if post:
            own["Content-Type"] = "application/json"
        asked = asked_headers(connection, self.netloc, without=(*CONDITIONS, b"content-type"))
        asked = replaced(asked, {**own, **(headers or {})})
        answer = await self.ask(b"GET" if post is None else b"POST", target, asked, content=post or None)
        try:
            if answer.status != 200:
                raise BadInputError(f"status {answer.status} of {target.partition('?')[0]}.")
            data, _ = await self.read(answer, _MAX_JSON)
            return json.loads(data)
        finally:
            await answer.aclose()

    async def read(self, answer: httpcore.Response, most: int) -> tuple[bytes, bool]:
        """Read an answer, or its beginning if it is larger; say whether that is all.

        Raises:
            HTTPException: It broke off.
        """
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
