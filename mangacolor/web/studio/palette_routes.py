"""Routes of what projects take their colours from: references and series."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mangacolor.colorize.corrections import check_on_page, read_step
from mangacolor.colorize.hints import hex_colour
from mangacolor.image import read_bytes
from mangacolor.web.answers import json_object
from mangacolor.web.painting import media_type
from mangacolor.web.studio.requests import project_of, text_in

if TYPE_CHECKING:
    from starlette.requests import Request

    from mangacolor.web.studio.project import Project
    from mangacolor.web.studio.studio import Studio


def palette_routes(studio: Studio, prefix: str) -> list[Route]:
    """Return the routes of references and series.

    Args:
        studio: Has the projects.
        prefix: Of all routes of the studio.
    """
    do, one = _PaletteRoutes(studio), f"{prefix}/projects/{{key}}"
    return [
        Route(f"{one}/references", do.add_reference, methods=["POST"]),
        Route(f"{one}/references/{{name:path}}", do.reference, methods=["GET"]),
        Route(f"{one}/references/{{name:path}}", do.remove_reference, methods=["DELETE"]),
        Route(f"{prefix}/series", do.all_series, methods=["GET"]),
        Route(f"{one}/series", do.choose_series, methods=["PUT"]),
        Route(f"{one}/series", do.save_colour, methods=["POST"]),
        Route(f"{one}/series", do.forget_colour, methods=["DELETE"]),
    ]


class _PaletteRoutes:
    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def _told(self, project: Project) -> Response:
        return JSONResponse(self._studio.told(project))

    async def add_reference(self, request: Request) -> Response:
        """Take a picture whose colours pages may follow: its bytes are the request."""
        project = await project_of(self._studio, request)
        name = request.query_params.get("name", "").strip()[:200]
        if not name:
            raise HTTPException(422, "A reference needs a ?name=.\n")
        await self._studio.add_reference(project, name, await request.body())
        return self._told(project)

    async def reference(self, request: Request) -> Response:
        """Send a reference."""
        project = await project_of(self._studio, request)
        name = request.path_params["name"]
        found = next((one for one in project.references if one.name == name and not one.is_gone), None)
        if found is None:
            raise HTTPException(404, "There is no such reference.\n")
        data = await asyncio.to_thread(read_bytes, project.folder / found.file)
        headers = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(data, media_type=media_type(data), headers=headers)

    async def remove_reference(self, request: Request) -> Response:
        """Take a reference out of a project."""
        project = await project_of(self._studio, request)
        await self._studio.remove_reference(project, request.path_params["name"])
        return self._told(project)

    async def all_series(self, request: Request) -> Response:
        """List the series of the studio."""
        return JSONResponse([{"name": name} for name in await asyncio.to_thread(self._studio.palettes.names)])

    async def choose_series(self, request: Request) -> Response:
        """Have a project follow a series."""
        project, said = await project_of(self._studio, request), await json_object(request)
        await self._studio.choose_series(project, text_in(said, "name"))
        return self._told(project)

    async def save_colour(self, request: Request) -> Response:
        """Save a colour to the series of a project."""
        project, said = await project_of(self._studio, request), await json_object(request)
        rgb = hex_colour(said.get("color"), "color", 'Colours are written as "#7a3b2e".')
        for name in ("character", "part"):
            text_in(said, name)
        number = said.get("page")
        if number is not None:
            if type(number) is not int or number not in range(len(project.pages)):
                raise HTTPException(422, "page is the number of a page, from 0 on.\n")
            check_on_page(
                read_step({"kind": "lock", "x": said.get("x"), "y": said.get("y"), "locked": True}, "The place"),
                project.pages[number].width, project.pages[number].height,
            )  # fmt: skip
        await self._studio.save_colour(project, said, rgb)
        return self._told(project)

    async def forget_colour(self, request: Request) -> Response:
        """Take a colour out of the series of a project."""
        project = await project_of(self._studio, request)
        if project.series is None:
            raise HTTPException(404, "The project follows no series.\n")
        asked = request.query_params
        await asyncio.to_thread(
            self._studio.palettes.forget, project.series, asked.get("character", ""), asked.get("part", "")
        )
        await self._studio.series_changed(project)
        return self._told(project)
