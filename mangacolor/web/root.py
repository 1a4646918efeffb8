"""`GET /`: what browsers and clients look at to see whether somebody is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mangacolor import __version__
from mangacolor.web.services import Service

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# The first line is what the server of the extension says, the last one tells ComicReadScript the translators there are.
_TEXT = f"""Manga Colorizer is Up and Running!

mangacolor {__version__} colours pages for
  Suwayomi            POST /suwayomi
  Manga Colorizer     POST /colorize-image-data
  ComicReadScript     POST /translate/with-form/image/stream
  your own programs   POST /api/v1/colorize, described in /api/v1/openapi.json

/health and /metrics tell how it is.

validTranslators: ['mangacolor'],
"""


def root_service() -> Service:
    """Return the route `/`."""

    async def root(request: Request) -> Response:
        return PlainTextResponse(_TEXT)

    return Service([Route("/", root, methods=["GET", "HEAD"])], paths=("/",), for_browsers=True)
