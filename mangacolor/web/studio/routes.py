"""Routes of the studio under `/api/v1/studio`, described in docs/studio.md: each one small request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mangacolor.books import Limits
from mangacolor.colorize.corrections import check_on_page, read_step
from mangacolor.series import hex_of
from mangacolor.web.services import Service
from mangacolor.web.studio.pages import OpenPages
from mangacolor.web.studio.pictures import area_picture, jpeg, patch, shown_source, thumb
from mangacolor.web.studio.projects import PageRecord, Project, Projects, State
from mangacolor.web.studio.static_files import static_answer

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from mangacolor.colorize.corrections import Step
    from mangacolor.web.engine import Engine
    from mangacolor.web.settings import ServeSettings

PREFIX = "/api/v1/studio"

MAX_BOOK = 2 << 30
BOOK_SECONDS = 3600.0
"""Largest book, and how long it may take to arrive."""


def studio_service(engine: Engine, settings: ServeSettings, folder: Path) -> Service:
    """Return the routes of the studio.

    Args:
        engine: Colours pages.
        settings: How large pages may be.
        folder: Where projects lie.
    """
    studio = _Studio(engine, settings, folder)
    one, page = f"{PREFIX}/projects/{{key}}", f"{PREFIX}/projects/{{key}}/pages/{{number:int}}"
    routes = [
        Route("/studio/{name:path}", studio.static, methods=["GET"]),
        Route(f"{PREFIX}/projects", studio.all, methods=["GET"]),
        Route(f"{PREFIX}/projects", studio.add, methods=["POST"]),
        Route(one, studio.tell, methods=["GET"]),
        Route(one, studio.rename, methods=["PUT"]),
        Route(one, studio.remove, methods=["DELETE"]),
        Route(f"{page}/source", studio.source, methods=["GET"]),
        Route(f"{page}/colored", studio.colored, methods=["GET"]),
        Route(f"{page}/thumb", studio.thumb, methods=["GET"]),
        Route(f"{page}/areas", studio.areas, methods=["GET"]),
        Route(f"{page}/steps", studio.step, methods=["POST"]),
        Route(f"{page}/undo", studio.undo, methods=["POST"]),
        Route(f"{page}/redo", studio.redo, methods=["POST"]),
        Route(f"{page}/state", studio.state, methods=["PUT"]),
    ]
    return Service(routes, paths=(f"{PREFIX}*", "/studio/*"), max_body=MAX_BOOK, upload_seconds=BOOK_SECONDS)


def studio_index(request: Request) -> Response:
    """Answer with the page of the studio."""
    return static_answer(request, "index.html")


class _Studio:
    def __init__(self, engine: Engine, settings: ServeSettings, folder: Path) -> None:
        self._projects = Projects(folder, Limits(page_pixels=settings.max_pixels))
        self._pages = OpenPages(engine, settings.max_pixels)

    async def static(self, request: Request) -> Response:
        """Send a file of the studio's page."""
        return static_answer(request, request.path_params["name"])

    # Projects

    async def all(self, request: Request) -> Response:
        """List the projects."""
        found = await asyncio.to_thread(self._projects.all)
        return JSONResponse([_brief(project) for project in found])

    async def add(self, request: Request) -> Response:
        """Take a picture or a book: its bytes are the request."""
        name = request.query_params.get("name", "").replace("\\", "/").rpartition("/")[2].strip()[:200] or "Untitled"
        key, path = await asyncio.to_thread(self._projects.room)
        try:
            with path.open("xb") as file:
                async for piece in request.stream():
                    await asyncio.to_thread(file.write, piece)
            if not path.stat().st_size:
                raise HTTPException(422, "The request is empty: the bytes of a picture or a book are its body.\n")
            project = await asyncio.to_thread(self._projects.add, key, name)
        except BaseException:
            await asyncio.to_thread(self._projects.remove, key)
            raise
        return JSONResponse(self._told(project), 201, headers={"Location": f"{PREFIX}/projects/{key}"})

    async def tell(self, request: Request) -> Response:
        """Say all about a project."""
        return JSONResponse(self._told(await self._project(request)))

    async def rename(self, request: Request) -> Response:
        """Call a project otherwise."""
        project, said = await self._project(request), await _object(request)
        name = said.get("name")
        if not isinstance(name, str) or not name.strip():
            raise HTTPException(422, "name is a text.\n")
        project.name = name.strip()[:200]
        await asyncio.to_thread(project.save)
        return JSONResponse(self._told(project))

    async def remove(self, request: Request) -> Response:
        """Delete a project."""
        project = await self._project(request)
        self._pages.close(project)
        await asyncio.to_thread(self._projects.remove, project.key)
        return Response(status_code=204)

    # Pages

    async def source(self, request: Request) -> Response:
        """Send a page as it came."""
        project, number = await self._page(request)

        def read() -> tuple[bytes, str]:
            page = project.entries[number].load()
            return shown_source(page.image, page.data)

        data, kind = await asyncio.to_thread(read)
        return Response(data, media_type=kind, headers={"Cache-Control": "private, max-age=86400"})

    async def colored(self, request: Request) -> Response:
        """Send a page in colour."""
        return await self._picture(request, jpeg, "colored")

    async def thumb(self, request: Request) -> Response:
        """Send a small picture of a page, in colour if it has been coloured."""
        project, number = await self._page(request)
        image = await self._pages.load(project, number)
        return Response(await asyncio.to_thread(thumb, image.rgb), media_type="image/jpeg")

    async def areas(self, request: Request) -> Response:
        """Send the areas of a page as a picture of their numbers."""
        project, number = await self._page(request)
        async with self._pages.lock(project, number):
            page = await self._pages.open(project, number)
        height, width = page.rgb.shape[:2]
        data = await asyncio.to_thread(area_picture, page.labels, height, width)
        return Response(data, media_type="image/png", headers={"Cache-Control": "no-cache"})

    async def _picture(self, request: Request, write: Callable[[Any], bytes], kind: str) -> Response:
        project, number = await self._page(request)
        async with self._pages.lock(project, number):
            page, revision = await self._pages.open(project, number), project.pages[number].revision
            rgb = page.rgb
        tag = f'"{kind}-{revision}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(await asyncio.to_thread(write, rgb), media_type="image/jpeg", headers=headers)

    # Steps

    async def step(self, request: Request) -> Response:
        """Do one step to a page."""
        project, number = await self._page(request)
        said = await _object(request)
        revision = said.pop("revision", None)
        step, record = read_step(said, "The step"), project.pages[number]
        check_on_page(step, record.width, record.height)

        def change() -> tuple[list[Step], list[Step]]:
            return [*record.steps, step], []

        return await self._change(project, number, change, revision)

    async def undo(self, request: Request) -> Response:
        """Take the last step back."""
        project, number = await self._page(request)
        record = project.pages[number]

        def change() -> tuple[list[Step], list[Step]]:
            return (record.steps[:-1], [*record.undone, *record.steps[-1:]])

        return await self._change(project, number, change)

    async def redo(self, request: Request) -> Response:
        """Do again what was taken back last."""
        project, number = await self._page(request)
        record = project.pages[number]

        def change() -> tuple[list[Step], list[Step]]:
            return ([*record.steps, *record.undone[-1:]], record.undone[:-1])

        return await self._change(project, number, change)

    async def _change(
        self,
        project: Project,
        number: int,
        change: Callable[[], tuple[list[Step], list[Step]]],
        revision: object = None,
    ) -> Response:
        """Give a page other steps, show them, and write them down before anybody hears of them."""
        record, started = project.pages[number], time.monotonic()
        async with self._pages.lock(project, number):
            if revision is not None and revision != record.revision:
                raise HTTPException(409, "The page has changed since: load it again.\n")
            page = await self._pages.open(project, number)
            steps, undone = change()
            if steps == record.steps:
                raise HTTPException(409, "There is nothing to take back, or to do again.\n")
            box = await asyncio.to_thread(page.correct, steps)
            record.steps, record.undone = steps, undone
            record.hints = [{"x": one.x, "y": one.y, "color": hex_of(one.rgb)} for one in page.corrections.hints]
            record.locks = [{"x": x, "y": y} for x, y in page.lock_points]
            record.state = "corrected" if steps else "new"
            record.revision += 1
            await asyncio.to_thread(project.save)
            shown = await asyncio.to_thread(patch, page.rgb, box)
        answer = {
            "revision": record.revision,
            "page": self._page_told(project, number),
            "patch": shown,
            "seconds": round(time.monotonic() - started, 3),
        }
        return JSONResponse(answer)

    async def state(self, request: Request) -> Response:
        """Say of a page that it is right, or to be left alone."""
        project, number = await self._page(request)
        said = (await _object(request)).get("state")
        if said not in get_args(State):
            raise HTTPException(422, f"state is one of {', '.join(get_args(State))}.\n")
        project.pages[number].state = cast("State", said)
        await asyncio.to_thread(project.save)
        return JSONResponse(self._page_told(project, number))

    # What is told

    def _told(self, project: Project) -> dict[str, Any]:
        return {
            "id": project.key,
            "name": project.name,
            "series": None,
            "references": [{"name": one.name, "width": one.width, "height": one.height} for one in project.references],
            "pages": [self._page_told(project, number) for number in range(len(project.pages))],
        }

    def _page_told(self, project: Project, number: int) -> dict[str, Any]:
        record = project.pages[number]
        page = self._pages.known(project, number)
        return {
            "number": number, "name": record.name, "width": record.width, "height": record.height,
            "state": record.state, "steps": len(record.steps), "undone": len(record.undone),
            "revision": record.revision, "colored": page is not None,
            "reference": _reference(record),
            "locks": record.locks, "hints": record.hints,
        }  # fmt: skip

    async def _project(self, request: Request) -> Project:
        project = await asyncio.to_thread(self._projects.get, request.path_params["key"])
        if project is None:
            raise HTTPException(404, "There is no such project.\n")
        return project

    async def _page(self, request: Request) -> tuple[Project, int]:
        project, number = await self._project(request), int(request.path_params["number"])
        if number >= len(project.pages):
            raise HTTPException(404, "There is no such page.\n")
        return project, number


def _brief(project: Project) -> dict[str, Any]:
    done = sum(page.state in ("approved", "skipped") for page in project.pages)
    return {
        "id": project.key, "name": project.name, "pages": len(project.pages), "done": done,
        "changed": (project.folder / "project.json").stat().st_mtime,
    }  # fmt: skip


def _reference(record: PageRecord) -> str | None:
    return next((step.name for step in reversed(record.steps) if step.kind == "reference"), None)


async def _object(request: Request) -> dict[str, Any]:
    try:
        said = await request.json()
    except (ValueError, RecursionError):
        raise HTTPException(400, "The request is no JSON.\n") from None
    if not isinstance(said, dict):
        raise HTTPException(400, "The request is no JSON object.\n")
    return said
