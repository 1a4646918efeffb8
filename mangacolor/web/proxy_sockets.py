"""Websockets on their way through."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

if TYPE_CHECKING:
    from starlette.websockets import WebSocket
    from websockets.typing import Subprotocol

    from mangacolor.web.passing import RawHeaders

OPEN_SECONDS = 20.0
MAX_MESSAGE = 16 << 20
"""How long the other side may take to open, and its largest message in bytes."""

_SENT_ANYWAY = (b"host", b"user-agent")
_HANDSHAKE = b"sec-websocket-"

_NEVER_SENT = (1005, 1006, 1015)
"""Codes that say only that none came (RFC 6455, 7.4.1)."""


async def pass_socket(socket: WebSocket, origin: str, headers: RawHeaders) -> None:
    """Connect a client's websocket with the same address of another server, until one of them closes it.

    Args:
        socket: Not accepted yet.
        origin: Scheme, name and port of the other server, as http or https.
        headers: What is told to it.
    """
    scope = socket.scope
    path = "/" + (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").lstrip("/")
    query = scope["query_string"].decode("latin-1")
    url = f"ws{origin.removeprefix('http')}{path}{'?' * bool(query)}{query}"
    told = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers
        if name.lower() not in _SENT_ANYWAY and not name.lower().startswith(_HANDSHAKE)
    ]
    try:
        other = await connect(
            url, additional_headers=told, subprotocols=cast("list[Subprotocol]", scope["subprotocols"]) or None,
            user_agent_header=socket.headers.get("user-agent"), open_timeout=OPEN_SECONDS, ping_interval=None,
            max_size=MAX_MESSAGE, proxy=None,
        )  # fmt: skip
    except InvalidStatus as error:
        body = bytes(error.response.body or b"")
        kind = error.response.headers.get("Content-Type", "text/plain")
        await socket.send_denial_response(Response(body, status_code=error.response.status_code, media_type=kind))
        return
    except (WebSocketException, OSError, TimeoutError, asyncio.TimeoutError):
        await socket.send_denial_response(Response("The library cannot be reached.\n", status_code=502))
        return
    async with other:
        await socket.accept(subprotocol=other.subprotocol)
        ways = [asyncio.create_task(_to_other(socket, other)), asyncio.create_task(_to_client(socket, other))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _to_other(socket: WebSocket, other: ClientConnection) -> None:
    with suppress(ConnectionClosed, WebSocketDisconnect):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code", 1000)
                await other.close(1000 if code in _NEVER_SENT else code)
                return
            text = message.get("text")
            await other.send(message["bytes"] if text is None else text)


async def _to_client(socket: WebSocket, other: ClientConnection) -> None:
    try:
        async for message in other:
            await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))
    except (ConnectionClosed, WebSocketDisconnect, RuntimeError):
        pass
    code = other.close_code or 1005
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(1000 if code in _NEVER_SENT else code, other.close_reason or "")
