"""`GET /read`: the page that shows a library in a browser. It asks the catalogue for all it shows, as readers do."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.routing import Route

from mangacolor.web.guard import PREFIX
from mangacolor.web.services import Service
from mangacolor.web.static_files import files_below, static_answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_HERE = Path(__file__).parent / "static"
_STUDIO = _HERE.parent.parent / "studio" / "static"

_SHARED = ("theme.css", "base.css", "icon.svg", "icons.js", "dom.js")
"""Files of the studio that this page loads, too; a server without a studio sends them here."""


def reader_service() -> Service:
    """Return the routes `/read` and below."""
    routes = [Route("/read", _page), Route("/read/{name:path}", _file)]
    return Service(routes, paths=("/read", "/read/*"), keeps_slashes=True)  # files lie below `/read`, not `/read/`


async def _page(request: Request) -> Response:
    # All that the page asks for lies below its own address, the token with it.
    token, prefix = request.query_params.get("token", ""), request.scope[PREFIX]
    if token:
        return RedirectResponse(f"{prefix or f'/token/{quote(token)}'}/read", 303)
    return static_answer(request, _files(), "index.html")


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    return static_answer(request, _files(), name) if name else RedirectResponse("../read", 303)


@cache
def _files() -> dict[str, Path]:
    shared = files_below(_STUDIO)
    return {**{name: shared[name] for name in _SHARED}, **files_below(_HERE)}
