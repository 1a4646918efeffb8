"""The browser extension Manga Colorizer: `POST /colorize-image-data`, JSON both ways.

It runs in the pages of any site, which its requests name as their origin, so the route is open to them. A picture that
the browser does not let it read comes as an address, which is fetched only by `serve --fetch`.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from mangacolor.errors import BadInputError
from mangacolor.web.answers import OUTCOME, json_object, unless_gone
from mangacolor.web.fetching import Fetcher
from mangacolor.web.followed import color_following
from mangacolor.web.painting import PageOrder
from mangacolor.web.services import Service

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from mangacolor.web.engine import Engine
    from mangacolor.web.painting import Painted
    from mangacolor.web.settings import ServeSettings

_ORDER = PageOrder(format="webp")
_PASSED_ON = ("user-agent", "referer", "origin")
"""Servers of pictures may want to know which page shows one; the browser's own answers are given."""


def extension_service(engine: Engine, settings: ServeSettings, *, fetcher: Fetcher | None = None) -> Service:
    """Return the route of the extension.

    Args:
        engine: Colours pages.
        settings: Whether pictures are fetched, and how long a page may take.
        fetcher: Fetches them; None makes one.
    """
    fetcher = fetcher or Fetcher(settings.max_body)

    async def colorize(request: Request) -> Response:
        asked = await json_object(request)
        name = str(asked.get("imgName") or "The picture")[:80]
        if asked.get("colorize") is False:
            return _message(name, "Colours were not asked for")
        try:
            painted = await unless_gone(request, _paint(asked, request, name), seconds=settings.wait_seconds)
        except BadInputError as error:
            return _message(name, f"Error: {error}")
        if painted.outcome != "colored":
            return _message(name, "Comes back as it is: it is in colour, blank, or text alone", painted.outcome)
        data = base64.b64encode(painted.data).decode()
        shown = f"data:{painted.media_type};base64,{data}"
        return JSONResponse({"colorImgData": shown}, headers={OUTCOME: painted.told})

    async def _paint(asked: dict[str, Any], request: Request, name: str) -> Painted:
        title = asked.get("mangaTitle")
        titles = [title] if isinstance(title, str) else []
        data = await _bytes_of(asked, request, name)
        return await color_following(engine, request, data, _ORDER, titles=titles, name=name)

    async def _bytes_of(asked: dict[str, Any], request: Request, name: str) -> bytes:
        if data := asked.get("imgData"):
            return _decoded(data, name)
        url = asked.get("imgURL")
        if not isinstance(url, str) or not url:
            raise BadInputError("Neither imgData nor imgURL found in the request")
        if url.startswith("data:"):
            return _decoded(url, name)
        if not settings.fetch:
            raise BadInputError(
                "The browser does not let the extension read this picture, and the server fetches none.",
                advice="Start it as mangacolor serve --fetch.",
            )
        headers = {key: request.headers[key] for key in _PASSED_ON if key in request.headers}
        return await fetcher.fetch(url, {"accept": "image/*", **headers})

    route = Route("/colorize-image-data", colorize, methods=["POST"])
    return Service([route], paths=("/colorize-image-data",), for_browsers=True)


def _decoded(data: Any, name: str) -> bytes:
    """Return the bytes of a data URL."""
    head, comma, text = data.partition(",") if isinstance(data, str) else ("", "", "")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise BadInputError(f"imgData of {name} is no data URL of a picture.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadInputError(f"imgData of {name} is no base64.") from None


def _message(name: str, text: str, outcome: str = "failed") -> Response:
    return JSONResponse({"msg": f"Image: {name}, {text}"}, headers={OUTCOME: outcome})
