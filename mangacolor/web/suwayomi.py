"""Suwayomi: the target of `serveConversions` and `downloadConversions`.

It sends a form with the file `image` and takes whatever comes back for the page, whatever the status; so every failure
is answered with the page that came. It gives up when no byte arrives for 30 s, which takes `keepalive` to outlast.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from mangacolor.web.answers import OUTCOME, ClientGoneError, form_picture, picture_answer, told, unless_gone
from mangacolor.web.painting import media_type
from mangacolor.web.services import Service

if TYPE_CHECKING:
    from starlette.requests import Request

    from mangacolor.web.engine import Engine
    from mangacolor.web.settings import ServeSettings

logger = logging.getLogger("mangacolor.web")


def suwayomi_service(engine: Engine, settings: ServeSettings) -> Service:
    """Return the route `POST /suwayomi`."""

    async def convert(request: Request) -> Response:
        data, _ = await form_picture(request, "image")
        try:
            painted = await unless_gone(request, engine.color(data), seconds=settings.wait_seconds)
        except ClientGoneError:
            raise
        except Exception as error:  # the client would keep an error's text as the page
            logger.warning("A page went back as it came: %s", told(error).replace("\n", " "))
            return Response(data, media_type=media_type(data), headers={OUTCOME: "failed"})
        return picture_answer(painted)

    return Service([Route("/suwayomi", convert, methods=["POST"])], paths=("/suwayomi",))
