"""What the proxy passes on: bodies of requests on their way to the library, and its answers on their way back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from mangacolor.image.formats import WRITTEN, media_type_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpcore
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from mangacolor.web.passing import RawHeaders


class PassedAnswer(StreamingResponse):
    """An answer as it came.

    Args:
        answer: The library's.
        headers: What of its headers goes on.
        before: Its beginning, if that has been read.
        farewell: Set when the server is told to stop. Events end then, since they have no end of their own and whoever
            follows them connects again; all else gets the time that every answer gets.
    """

    def __init__(
        self, answer: httpcore.Response, headers: RawHeaders, before: bytes = b"", *, farewell: asyncio.Event
    ) -> None:
        pieces = _pieces(answer, before)
        if is_of_kind(answer, b"text/event-stream"):
            pieces = _until(farewell, pieces)
        super().__init__(pieces, status_code=answer.status)
        self._answer, self.raw_headers = answer, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:  # also where the client went away before a byte was asked for
            await self._answer.aclose()


def body_of(request: Request, is_sent: asyncio.Event) -> AsyncIterator[bytes] | None:
    """Return the body of a request as it comes; None for one that has none.

    Args:
        request: The client's.
        is_sent: Set when all of it has been taken.
    """
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        return _sent(request, is_sent)
    is_sent.set()
    return None


def is_picture(answer: httpcore.Response) -> bool:
    """Say whether an answer is a picture that can be coloured."""
    is_packed = _told(answer, b"content-encoding") not in (b"", b"identity")
    is_drawing = is_of_kind(answer, b"image/svg+xml")
    return answer.status == 200 and is_of_kind(answer, b"image/") and not is_drawing and not is_packed


def is_of_kind(answer: httpcore.Response, kind: bytes) -> bool:
    """Say whether the MIME type of an answer begins so."""
    return _told(answer, b"content-type").partition(b";")[0].strip().startswith(kind)


def stays_of_its_kind(answer: httpcore.Response) -> bool:
    """Say whether a page has the same MIME type in colour: one of a format that is written."""
    return any(is_of_kind(answer, media_type_of(format).encode()) for format in WRITTEN)


def _told(answer: httpcore.Response, header: bytes) -> bytes:
    return next((value.lower() for name, value in reversed(answer.headers) if name.lower() == header), b"")


async def _pieces(answer: httpcore.Response, before: bytes) -> AsyncIterator[bytes]:
    if before:
        yield before
    async for piece in answer.stream:  # type: ignore[union-attr]
        yield piece


async def _sent(request: Request, is_sent: asyncio.Event) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        yield piece
    is_sent.set()


async def _until(end: asyncio.Event, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give pieces on as they come, until something happens."""
    ended = asyncio.ensure_future(end.wait())
    try:
        while not end.is_set():
            piece = asyncio.ensure_future(_next(pieces))
            try:
                await asyncio.wait({piece, ended}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                piece.cancel()  # one that has come stays
            if not piece.done() or (came := piece.result()) is None:
                return
            yield came
    finally:
        ended.cancel()


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)
