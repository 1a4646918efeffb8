"""Routes of what leaves the studio: pages and books as files to keep."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from mangacolor.books.temporary import temporary_folder
from mangacolor.colorize.layers import in_layers
from mangacolor.image.formats import media_type_of
from mangacolor.image.layered import Layer, LayeredPicture, LayerFormat
from mangacolor.image.photoshop import layered_file
from mangacolor.web.painting import LAYERED_TYPES
from mangacolor.web.queue import Turn
from mangacolor.web.studio.exports import page_file, write_cbz, write_each, write_pdf, write_same
from mangacolor.web.studio.requests import page_of, project_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from starlette.requests import Request

    from mangacolor.web.studio.project import Project
    from mangacolor.web.studio.studio import Studio

PAGE_FORMATS = ("keep", "png", "jpg", "webp", "ora", "psd")
BOOK_FORMATS = ("same", "cbz", "pdf", "ora")


class ExportRoutes:
    """Routes that give pages and books out.

    Args:
        studio: Has them.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def page(self, request: Request) -> Response:
        """Give out a page."""
        project, number = await page_of(self._studio, request)
        format = _wanted(request, PAGE_FORMATS)
        if format == "ora" or format == "psd":
            data = await self._layers(project, number, "ora" if format == "ora" else "psd")
        else:
            page = await self._studio.pages.load(project, number)
            rgb = await self._rgb(project, number)
            data, format = await asyncio.to_thread(page_file, page, rgb, format)
        name = f"{Path(project.pages[number].name).stem}.{format}"
        return _as_download(data, name, LAYERED_TYPES.get(format) or media_type_of(format))

    async def book(self, request: Request) -> Response:
        """Give out a book; its pages that have no colour yet are coloured first, but those that are skipped."""
        project, format = await project_of(self._studio, request), _wanted(request, BOOK_FORMATS)
        for number, record in enumerate(project.pages):
            if record.width and not self._studio.pages.has(project, number):
                await self._rgb(project, number)
        if len(project.pages) == 1 and format == "same":
            page = await self._studio.pages.load(project, 0)
            data, kept = await asyncio.to_thread(page_file, page, await self._rgb(project, 0))
            return _as_download(data, f"{Path(project.name).stem}.{kept}", media_type_of(kept))
        loop = asyncio.get_running_loop()

        def picture_of(number: int) -> NDArray[np.uint8] | None:
            return asyncio.run_coroutine_threadsafe(self._rgb(project, number), loop).result()

        def layers_of(number: int) -> bytes:
            return asyncio.run_coroutine_threadsafe(self._layers(project, number, "ora"), loop).result()

        scratch = await asyncio.to_thread(temporary_folder)
        try:
            write = {"same": write_same, "cbz": write_cbz, "pdf": write_pdf}.get(format)
            if write is None:
                path = await self._studio.engine.apart(
                    lambda: write_each(project, layers_of, ".ora", Path(scratch.name))
                )
            else:
                path = await self._studio.engine.apart(lambda: write(project, picture_of, Path(scratch.name)))
        except BaseException:
            scratch.cleanup()
            raise
        suffix = ".zip" if format == "ora" else path.suffix
        name = f"{Path(project.name).stem}{suffix}"
        return FileResponse(path, filename=name, background=BackgroundTask(scratch.cleanup))

    async def _rgb(self, project: Project, number: int) -> NDArray[np.uint8] | None:
        """Return a page in colour; None for one that is skipped."""
        if project.pages[number].state == "skipped":
            return None
        async with self._studio.pages.lock(project, number):
            return await self._studio.pages.rgb(project, number, turn=Turn.BOOK, stays=False)

    async def _layers(self, project: Project, number: int, format: LayerFormat) -> bytes:
        """Return a page in layers; one that is skipped has one."""
        image = (await self._studio.pages.load(project, number)).image
        if project.pages[number].state == "skipped":
            alpha = np.full(image.rgb.shape[:2], 255, np.uint8)
            alone = LayeredPicture(image.rgb, [Layer("page", np.dstack([image.rgb, alpha]))], image.dpi)
            return await asyncio.to_thread(lambda: layered_file(alone, format).data)
        async with self._studio.pages.lock(project, number):
            page = (await self._studio.pages.open(project, number)).page
            return await asyncio.to_thread(lambda: layered_file(in_layers(page, image.dpi), format).data)


def _wanted(request: Request, formats: tuple[str, ...]) -> str:
    format = request.query_params.get("format", formats[0])
    if format not in formats:
        raise HTTPException(422, f"format is one of {', '.join(formats)}.\n")
    return format


def _as_download(data: bytes, name: str, kind: str) -> Response:
    made = FileResponse(Path(name), filename=name, media_type=kind)
    disposition = made.headers["content-disposition"]
    return Response(data, media_type=kind, headers={"Content-Disposition": disposition})
