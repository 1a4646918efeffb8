"""What the routes of the studio take from a request, and answers that browsers need not fetch twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mangacolor.web.answers import page_number
from mangacolor.web.reading import is_known

if TYPE_CHECKING:
    from starlette.requests import Request

    from mangacolor.web.studio.project import Project
    from mangacolor.web.studio.studio import Studio


PREFIX = "/api/v1/studio"
"""Of the addresses of all routes but those of the page itself."""


async def project_of(studio: Studio, request: Request) -> Project:
    """Return the project that a request names.

    Raises:
        HTTPException: There is none.
        BadInputError: It is damaged.
    """
    project = await asyncio.to_thread(studio.projects.get, request.path_params["key"])
    if project is None:
        raise HTTPException(404, "There is no such project.\n")
    return project


async def page_of(studio: Studio, request: Request) -> tuple[Project, int]:
    """Return the project and the number of the page that a request names; see `project_of`."""
    project, number = await project_of(studio, request), page_number(request)
    if number >= len(project.pages):
        raise HTTPException(404, "There is no such page.\n")
    return project, number


def text_in(said: dict[str, Any], name: str) -> str:
    """Return a text of a JSON object.

    Raises:
        HTTPException: It is none, or has half a character in it, which no file can hold.
    """
    value = said.get(name)
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise HTTPException(422, f"{name} is a text.\n")
    return value


async def with_tag(request: Request, tag: str, make: Callable[[], Awaitable[tuple[bytes, str]]]) -> Response:
    """Answer with a picture that a browser keeps until it is another.

    Args:
        request: The request.
        tag: What stands for the picture.
        make: Returns its bytes and its MIME type.
    """
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    data, kind = await make()
    return Response(data, media_type=kind, headers=headers)
