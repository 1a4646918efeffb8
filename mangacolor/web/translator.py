"""The API of manga-image-translator as readers use it that show its pages, ComicReadScript among them.

`POST /translate/with-form/image` answers with the page; with `/stream` at its end, with frames: a status byte, the
length of what follows in four bytes, big end first, and that. Status 0 is the page, 1 what is being done, 2 an error,
3 the place in the queue, 4 that it waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse
from starlette.routing import Route

from mangacolor.web.answers import OUTCOME, form_picture, picture_answer, told, unless_gone
from mangacolor.web.followed import color_following
from mangacolor.web.painting import PageOrder
from mangacolor.web.services import Service

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from mangacolor.web.engine import Engine
    from mangacolor.web.settings import ServeSettings

RESULT, PROGRESS, ERROR, PLACE, WAITING = range(5)

_ORDER = PageOrder(format="png")
"""The script calls every result a PNG."""


def translator_service(engine: Engine, settings: ServeSettings) -> Service:
    """Return the routes of the translator that have to do with pictures."""

    async def image(request: Request) -> Response:
        data, _ = await form_picture(request, "image")
        work = color_following(engine, request, data, _ORDER)
        return picture_answer(await unless_gone(request, work, seconds=settings.wait_seconds))

    async def stream(request: Request) -> Response:
        data, _ = await form_picture(request, "image")
        headers = {OUTCOME: "streamed", "Cache-Control": "no-store"}
        return StreamingResponse(frames(request, data), media_type="application/octet-stream", headers=headers)

    async def frames(request: Request, data: bytes) -> AsyncIterator[bytes]:
        places: asyncio.Queue[int | None] = asyncio.Queue()
        coloring = color_following(engine, request, data, _ORDER, on_place=places.put_nowait)
        work = asyncio.ensure_future(unless_gone(request, coloring, seconds=settings.wait_seconds))
        work.add_done_callback(lambda _: places.put_nowait(None))
        try:
            yield frame(WAITING, b"")
            while (place := await places.get()) is not None:
                yield frame(PLACE, str(place).encode()) if place else frame(PROGRESS, b"colorizing")
            try:
                yield frame(RESULT, work.result().data)
            except Exception as error:
                yield frame(ERROR, told(error).encode())
        finally:
            work.cancel()

    path = "/translate/with-form/image"
    routes = [Route(path, image, methods=["POST"]), Route(f"{path}/stream", stream, methods=["POST"])]
    return Service(routes, paths=("/translate/*",), for_browsers=True)


def frame(status: int, data: bytes) -> bytes:
    """Return one frame of a stream."""
    return bytes([status]) + len(data).to_bytes(4, "big") + data
