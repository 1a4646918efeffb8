"""Routes of the studio under `/api/v1/studio`, described in docs/studio.md: each one small request."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mangacolor.colorize.corrections import check_on_page, read_step
from mangacolor.web.answers import json_object, save_body, unless_gone
from mangacolor.web.services import BOOK_SECONDS, MAX_BOOK, Service
from mangacolor.web.static_files import files_below, static_answer
from mangacolor.web.studio.export_routes import ExportRoutes
from mangacolor.web.studio.palette_routes import palette_routes
from mangacolor.web.studio.pictures import area_picture, jpeg, shown_source, thumb
from mangacolor.web.studio.project import PageRecord, State
from mangacolor.web.studio.requests import PREFIX, page_of, project_of, text_in, with_tag
from mangacolor.web.studio.studio import Steps, Studio, brief

if TYPE_CHECKING:
    from starlette.requests import Request

NAME_LETTERS = 200
"""Of a project; longer names are cut."""


def studio_services(studio: Studio) -> list[Service]:
    """Return the routes of a studio: those of projects, which come as books, and the others, which are small."""
    projects = _ProjectRoutes(studio)
    books = f"{PREFIX}/projects"
    listed = [Route(books, projects.all, methods=["GET"]), Route(books, projects.add, methods=["POST"])]
    routes = [
        Route("/studio/{name:path}", static, methods=["GET"]),
        *_project_routes(projects),
        *_page_routes(_PageRoutes(studio), ExportRoutes(studio)),
        *palette_routes(studio, PREFIX),
    ]
    return [
        Service(listed, paths=(books,), max_body=MAX_BOOK, upload_seconds=BOOK_SECONDS),
        Service(routes, paths=(f"{PREFIX}/*", "/studio/*"), open=studio.open, close=studio.close),
    ]


def studio_index(request: Request, *, has_library: bool = False) -> Response:
    """Answer with the page of the studio, which leads to the library where there is one."""
    return static_answer(request, _files(), "index.html", mark="data-library" if has_library else "")


async def static(request: Request) -> Response:
    """Send a file of the studio's page."""
    return static_answer(request, _files(), request.path_params["name"])


@cache
def _files() -> dict[str, Path]:
    return files_below(Path(__file__).parent / "static")


def _project_routes(do: _ProjectRoutes) -> list[Route]:
    one = f"{PREFIX}/projects/{{key}}"
    return [
        Route(one, do.tell, methods=["GET"]),
        Route(one, do.rename, methods=["PUT"]),
        Route(one, do.remove, methods=["DELETE"]),
        Route(f"{one}/batch", do.begin_batch, methods=["POST"]),
        Route(f"{one}/batch", do.stop_batch, methods=["DELETE"]),
        Route(f"{one}/events", do.events, methods=["GET"]),
    ]


def _page_routes(do: _PageRoutes, exports: ExportRoutes) -> list[Route]:
    one = f"{PREFIX}/projects/{{key}}"
    page = f"{one}/pages/{{number}}"
    return [
        Route(f"{page}/source", do.source, methods=["GET"]),
        Route(f"{page}/colored", do.colored, methods=["GET"]),
        Route(f"{page}/thumb", do.thumb, methods=["GET"]),
        Route(f"{page}/areas", do.areas, methods=["GET"]),
        Route(f"{page}/steps", do.step, methods=["POST"]),
        Route(f"{page}/undo", do.undo, methods=["POST"]),
        Route(f"{page}/redo", do.redo, methods=["POST"]),
        Route(f"{page}/state", do.state, methods=["PUT"]),
        Route(f"{page}/export", exports.page, methods=["GET"]),
        Route(f"{one}/export", exports.book, methods=["GET"]),
    ]


class _ProjectRoutes:
    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def all(self, request: Request) -> Response:
        """List the projects."""
        found = await asyncio.to_thread(self._studio.projects.all)
        return JSONResponse([brief(*one) for one in found])

    async def add(self, request: Request) -> Response:
        """Take a picture or a book: its bytes are the request."""
        projects = self._studio.projects
        name = (
            request.query_params.get("name", "").replace("\\", "/").rpartition("/")[2].strip()[:NAME_LETTERS]
            or "Untitled"
        )
        key, path = await asyncio.to_thread(projects.room)
        try:
            await save_body(request, path, option="--studio")
            project = await asyncio.to_thread(projects.add, key, name)
        except BaseException:
            await asyncio.to_thread(projects.remove, key)
            raise
        return JSONResponse(self._studio.told(project), 201, headers={"Location": f"{PREFIX}/projects/{key}"})

    async def tell(self, request: Request) -> Response:
        """Say all about a project."""
        project = await project_of(self._studio, request)
        return JSONResponse(await asyncio.to_thread(self._studio.told, project))

    async def rename(self, request: Request) -> Response:
        """Call a project otherwise."""
        project, said = await project_of(self._studio, request), await json_object(request)
        name = text_in(said, "name").strip()[:NAME_LETTERS]
        if not name:
            raise HTTPException(422, "name is empty.\n")
        await self._studio.rename(project, name)
        return JSONResponse(self._studio.told(project))

    async def remove(self, request: Request) -> Response:
        """Delete a project."""
        await self._studio.remove(await project_of(self._studio, request))
        return Response(status_code=204)

    async def begin_batch(self, request: Request) -> Response:
        """Colour pages, one after the other."""
        project, said = await project_of(self._studio, request), await json_object(request, empty=True)
        numbers = said.get("pages")
        if numbers is not None:
            known = range(len(project.pages))
            if not isinstance(numbers, list) or not all(type(one) is int and one in known for one in numbers):
                raise HTTPException(422, "pages is a list of numbers of pages, from 0 on.\n")
        waiting = self._studio.begin_batch(project, numbers, again=said.get("again") is True)
        return JSONResponse({"waiting": waiting}, 202)

    async def stop_batch(self, request: Request) -> Response:
        """Colour no further pages."""
        await self._studio.batches.stop((await project_of(self._studio, request)).key)
        return Response(status_code=204)

    async def events(self, request: Request) -> Response:
        """Stream what happens to a project."""
        project = await project_of(self._studio, request)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        stream = self._studio.batches.follow(project)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


class _PageRoutes:
    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def source(self, request: Request) -> Response:
        """Send a page as it came."""
        project, number = await page_of(self._studio, request)

        async def make() -> tuple[bytes, str]:
            page = await self._studio.pages.load(project, number)
            return await asyncio.to_thread(shown_source, page.image, page.data)

        return await with_tag(request, f"{project.key}-{number}", make)

    async def colored(self, request: Request) -> Response:
        """Send a page in colour; one that nobody waits for any more leaves the queue."""
        project, number = await page_of(self._studio, request)
        pages = self._studio.pages

        async def make() -> tuple[bytes, str]:
            return await asyncio.to_thread(jpeg, await pages.rgb(project, number)), "image/jpeg"

        async def answer() -> Response:
            async with pages.lock(project, number):  # so that tag and picture are of one state
                return await with_tag(request, f"c{pages.tag(project, number)}", make)

        return await unless_gone(request, answer())

    async def thumb(self, request: Request) -> Response:
        """Send a small picture of a page, in colour if it has been coloured."""
        project, number = await page_of(self._studio, request)
        pages = self._studio.pages

        async def of_source() -> tuple[bytes, str]:
            return await asyncio.to_thread(thumb, (await pages.load(project, number)).image.rgb), "image/jpeg"

        async def of_colours() -> tuple[bytes, str]:
            return await asyncio.to_thread(thumb, await pages.rgb(project, number)), "image/jpeg"

        if project.pages[number].state == "skipped" or not pages.has(project, number):
            return await with_tag(request, f"t{project.key}-{number}", of_source)
        async with pages.lock(project, number):
            return await with_tag(request, f"t{pages.tag(project, number)}", of_colours)

    async def areas(self, request: Request) -> Response:
        """Send the areas of a page as a picture of their numbers."""
        project, number = await page_of(self._studio, request)

        async def make() -> tuple[bytes, str]:
            async with self._studio.pages.lock(project, number):
                page = (await self._studio.pages.open(project, number)).page
            height, width = page.rgb.shape[:2]
            return await asyncio.to_thread(area_picture, page.labels, height, width), "image/png"

        return await with_tag(request, f"a{self._studio.pages.areas_tag(project, number)}", make)

    async def step(self, request: Request) -> Response:
        """Do one step to a page."""
        project, number = await page_of(self._studio, request)
        said = await json_object(request)
        revision = said.pop("revision", None)
        step, record = read_step(said, "The step"), project.pages[number]
        check_on_page(step, record.width, record.height)
        if step.name is not None and step.name not in {one.name for one in project.references if not one.is_gone}:
            raise HTTPException(422, f"The reference {step.name!r} is not there: add the picture again.\n")

        def change(record: PageRecord) -> tuple[Steps, Steps]:
            return [*record.steps, step], []

        return JSONResponse(await self._studio.change(project, number, change, revision))

    async def undo(self, request: Request) -> Response:
        """Take the last step back."""

        def change(record: PageRecord) -> tuple[Steps, Steps]:
            return record.steps[:-1], [*record.undone, *record.steps[-1:]]

        project, number = await page_of(self._studio, request)
        revision = (await json_object(request, empty=True)).get("revision")
        return JSONResponse(await self._studio.change(project, number, change, revision))

    async def redo(self, request: Request) -> Response:
        """Do again what was taken back last."""

        def change(record: PageRecord) -> tuple[Steps, Steps]:
            return [*record.steps, *record.undone[-1:]], record.undone[:-1]

        project, number = await page_of(self._studio, request)
        revision = (await json_object(request, empty=True)).get("revision")
        return JSONResponse(await self._studio.change(project, number, change, revision))

    async def state(self, request: Request) -> Response:
        """Say of a page that it is right, or to be left alone."""
        project, number = await page_of(self._studio, request)
        said = (await json_object(request)).get("state")
        if said not in get_args(State):
            raise HTTPException(422, f"state is one of {', '.join(get_args(State))}.\n")
        await self._studio.set_state(project, number, said)
        return JSONResponse(self._studio.page_told(project, number))
