"""Suwayomi: the target of `serveConversions` and `downloadConversions`.

It sends a form with the file `image` and takes whatever comes back for the page, whatever the status: so every failure
is answered with the page that came. It gives up when no byte arrives for 30 s, as does what stands between the two: so
a page that takes long is begun as a PNG, and comments are sent in its head until its colours are there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mangacolor.errors import MangacolorError
from mangacolor.image import decode, encode
from mangacolor.image.png import PNG_HEAD_BYTES, png_chunk
from mangacolor.web.answers import OUTCOME, ClientGoneError, form_picture, picture_answer, told, unless_gone
from mangacolor.web.followed import color_following
from mangacolor.web.guard import MAY_ENTER
from mangacolor.web.painting import PageOrder, media_type
from mangacolor.web.services import Service

if TYPE_CHECKING:
    from starlette.requests import Request

    from mangacolor.web.engine import Engine
    from mangacolor.web.painting import Painted
    from mangacolor.web.settings import ServeSettings

SILENT_SECONDS = 20.0
"""A page that takes longer is begun as a PNG."""

COMMENT_SECONDS = 10.0

logger = logging.getLogger("mangacolor.web")


def suwayomi_service(engine: Engine, settings: ServeSettings) -> Service:
    """Return the route `POST /suwayomi`."""

    async def convert(request: Request) -> Response:
        data, _ = await form_picture(request, "image")
        if not request.scope[MAY_ENTER]:
            return _as_it_came(data, "the token is missing")
        coloring = color_following(engine, request, data, PageOrder())
        work = asyncio.ensure_future(unless_gone(request, coloring, seconds=settings.wait_seconds))
        try:
            await asyncio.wait({work}, timeout=SILENT_SECONDS)
            begun = b"" if work.done() else await asyncio.to_thread(_begun, data, settings.max_pixels)
            if begun:
                headers = {OUTCOME: "streamed", "Cache-Control": "no-store"}
                return StreamingResponse(_slowly(work, begun), media_type="image/png", headers=headers)
            return picture_answer(await work)
        except ClientGoneError:
            raise
        except Exception as error:
            work.cancel()
            return _as_it_came(data, told(error))
        except BaseException:
            work.cancel()
            raise

    # Somebody without the token gets back what was sent, like everybody whose page cannot be coloured.
    return Service([Route("/suwayomi", convert, methods=["POST"])], paths=("/suwayomi",), checks_token=False)


def _as_it_came(data: bytes, why: str) -> Response:
    logger.warning("A page went back as it came: %s", why.replace("\n", " "))
    return Response(data, media_type=media_type(data), headers={OUTCOME: "failed", "Cache-Control": "no-store"})


def _begun(data: bytes, max_pixels: int) -> bytes:
    """Return the page that came as a PNG; nothing for what cannot be one."""
    try:
        page = decode(data, max_pixels=max_pixels, as_page=True)
        return b"" if page.animation is not None or page.is_fixed else encode(page, format="png")
    except MangacolorError:
        return b""


async def _slowly(work: asyncio.Future[Painted], begun: bytes) -> AsyncIterator[bytes]:
    """Yield the head of a PNG, comments, and the rest when the colours are there; that of the page if they fail."""
    try:
        yield begun[:PNG_HEAD_BYTES]
        while not work.done():
            yield _comment(b"mangacolor is at work")
            await asyncio.wait({work}, timeout=COMMENT_SECONDS)
        try:
            colored = await asyncio.to_thread(_begun, work.result().data, 1 << 40)
        except ClientGoneError:
            raise
        except Exception as error:
            logger.warning("A page went back as it came: %s", told(error).replace("\n", " "))
            colored = begun
        yield (colored if colored[:PNG_HEAD_BYTES] == begun[:PNG_HEAD_BYTES] else begun)[PNG_HEAD_BYTES:]
    finally:
        work.cancel()


def _comment(text: bytes) -> bytes:
    """Return a chunk of a PNG that shows nothing."""
    return png_chunk(b"tEXt", b"Comment\0" + text)
