"""`GET /`: the studio or the library for people, and for clients what they look at to see whether somebody is there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

from mangacolor import __version__
from mangacolor.web.guard import PREFIX
from mangacolor.web.services import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

# The first line is what the server of the extension says, the last one tells ComicReadScript the translators there are.
_TEXT = f"""Manga Colorizer is Up and Running!

mangacolor {__version__} colours pages for
  Suwayomi            POST /suwayomi
  Manga Colorizer     POST /colorize-image-data
  ComicReadScript     POST /translate/with-form/image/stream
  your own programs   POST /api/v1/colorize, described in /api/v1/openapi.json
{{library}}
/health and /metrics tell how it is.

validTranslators: ['mangacolor'],
"""


_LIBRARY = """
The library is read in a browser at /read, and by OPDS readers at /catalog.
"""


def root_service(index: Callable[[Request], Response] | None = None, *, has_library: bool = False) -> Service:
    """Return the route `/`.

    Args:
        index: Answers with the page of the studio where a browser shows the answer to somebody; None has none.
        has_library: Whether there is a library, which such a browser is shown where there is no studio.
    """
    text = _TEXT.replace("{library}", _LIBRARY if has_library else "")

    async def root(request: Request) -> Response:
        if "text/html" not in request.headers.get("accept", "") or (index is None and not has_library):
            return PlainTextResponse(text, headers={"Vary": "Accept"})
        # All that the page asks for lies below its own address, the token with it.
        prefix, token = request.scope[PREFIX], request.query_params.get("token", "")
        if token:
            return RedirectResponse(f"{prefix or f'/token/{quote(token)}'}/", 303)
        if prefix and not request.scope["raw_path"]:
            return RedirectResponse(f"{prefix}/", 303)
        return RedirectResponse("read", 303) if index is None else index(request)

    return Service([Route("/", root, methods=["GET", "HEAD"])], paths=("/",), for_browsers=True)
