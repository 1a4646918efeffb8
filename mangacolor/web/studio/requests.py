"""What the routes of the studio take from a request, and answers that browsers need not fetch twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from mangacolor.web.studio.projects import Project
    from mangacolor.web.studio.studio import Studio


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
    project, number = await project_of(studio, request), int(request.path_params["number"])
    if number >= len(project.pages):
        raise HTTPException(404, "There is no such page.\n")
    return project, number


async def json_object(request: Request, *, empty: bool = False) -> dict[str, Any]:
    """Return the JSON object that a request says.

    Args:
        request: The request.
        empty: Take one without a body for an empty object.

    Raises:
        HTTPException: It says none.
    """
    if empty and not await request.body():
        return {}
    try:
        said = await request.json()
    except (ValueError, RecursionError):
        raise HTTPException(400, "The request is no JSON.\n") from None
    if not isinstance(said, dict):
        raise HTTPException(400, "The request is no JSON object.\n")
    return said


async def with_tag(request: Request, tag: str, make: Callable[[], Awaitable[tuple[bytes, str]]]) -> Response:
    """Answer with a picture that a browser keeps until it is another.

    Args:
        request: The request.
        tag: What stands for the picture.
        make: Returns its bytes and its MIME type.
    """
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    data, kind = await make()
    return Response(data, media_type=kind, headers=headers)
