"""The server's own API under `/api/v1`, described in `openapi.py` and docs/serve.md."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mangacolor.colorize.hints import parse_hints
from mangacolor.image import FileFormat
from mangacolor.image.layered import LayerFormat
from mangacolor.image.photoshop import check_layer_format
from mangacolor.web.answers import (
    NOTES,
    form_picture,
    media_type_sent,
    picture_answer,
    save_body,
    small_number,
    unless_gone,
)
from mangacolor.web.book_job import BookJob
from mangacolor.web.book_jobs import BookJobs
from mangacolor.web.downloads import MEDIA_TYPES
from mangacolor.web.followed import followed_of
from mangacolor.web.openapi import DESCRIPTION
from mangacolor.web.painting import Asked, PageOrder, Painted, as_asked
from mangacolor.web.services import ALIVE_SECONDS, BOOK_SECONDS, MAX_BOOK, Service

if TYPE_CHECKING:
    from starlette.requests import Request

    from mangacolor.web.engine import Engine
    from mangacolor.web.settings import ServeSettings

_OPTIONS = ("hints", "format", "quality", "series", "layers")
_BOOK_OPTIONS = ("format", "series")

_FORMATS = ("keep", *get_args(FileFormat))


def api_services(engine: Engine, settings: ServeSettings) -> list[Service]:
    """Return the routes of the API: pages, and books, which may be larger."""
    pages = [Route("/api/v1/colorize", _Pages(engine, settings).colorize, methods=["POST"])]
    description = [Route("/api/v1/openapi.json", _description)]
    jobs = BookJobs(engine, settings.max_pixels, engine.cache.folder / "sent" if engine.cache is not None else None)
    books = _Books(jobs, engine)
    one = "/api/v1/books/{key}"
    routes = [
        Route("/api/v1/books", books.take, methods=["POST"]),
        Route(one, books.tell, methods=["GET"]),
        Route(one, books.remove, methods=["DELETE"]),
        Route(f"{one}/events", books.events),
        Route(f"{one}/result", books.result),
    ]
    return [
        Service(
            routes,
            paths=("/api/v1/books*",),
            max_body=MAX_BOOK,
            upload_seconds=BOOK_SECONDS,
            open=jobs.resume,
            close=jobs.close,
        ),
        Service([*pages, *description], paths=("/api/*",)),
    ]


async def _description(request: Request) -> Response:
    return JSONResponse(DESCRIPTION)


class _Pages:
    def __init__(self, engine: Engine, settings: ServeSettings) -> None:
        self._engine, self._settings = engine, settings

    async def colorize(self, request: Request) -> Response:
        """Colour one page: a form with a file `page`, or the file itself; options are fields, or in the address."""
        options = _in_address(request)
        if media_type_sent(request).startswith("image/"):
            data = await request.body()
        else:
            data, fields = await form_picture(request, "page")
            options |= fields
        order = order_of(options)
        followed = await followed_of(request, self._engine, name=options.get("series", ""))
        work = self._color(data, replace(order, series=followed))
        painted = await unless_gone(request, work, seconds=self._settings.wait_seconds)
        answer = picture_answer(painted)
        if painted.notes:
            answer.headers[NOTES] = ", ".join(painted.notes)
        return answer

    async def _color(self, data: bytes, order: PageOrder) -> Painted:
        painted = await self._engine.color(data, order)
        return await asyncio.to_thread(as_asked, painted, Asked(data, order), max_pixels=self._engine.max_pixels)


def _in_address(request: Request) -> dict[str, str]:
    """Return the options that an address has, among which the token is none."""
    return {name: value for name, value in request.query_params.items() if name != "token"}


def _check_known(options: Mapping[str, str], known: Sequence[str]) -> None:
    unknown = set(options) - set(known)
    if unknown:
        raise HTTPException(422, f"There is no option {sorted(unknown)[0]!r}: {', '.join(known)}.\n")


def order_of(options: Mapping[str, str]) -> PageOrder:
    """Return what the fields `hints`, `format`, `quality` and `layers` of a request say.

    Raises:
        BadInputError: The hints are none.
        HTTPException: A field has no such value.
        UsageError: The format of layers needs a library that is missing.
    """
    _check_known(options, _OPTIONS)
    quality = small_number(options["quality"], 3) if "quality" in options else None
    if "quality" in options and quality not in range(1, 101):
        raise HTTPException(422, "quality is 1 to 100.\n")
    hints = tuple(parse_hints(options["hints"], "hints")) if options.get("hints") else ()
    layers = options.get("layers") or None
    if layers is not None and layers not in get_args(LayerFormat):
        raise HTTPException(422, f"layers is one of {', '.join(get_args(LayerFormat))}.\n")
    check_layer_format(cast("LayerFormat | None", layers))
    return PageOrder(hints, _format_of(options), quality, layers=cast("LayerFormat | None", layers))


def _format_of(options: Mapping[str, str]) -> FileFormat:
    format = options.get("format", "keep")
    if format not in _FORMATS:
        raise HTTPException(422, f"format is one of {', '.join(_FORMATS)}.\n")
    return cast("FileFormat", format)


class _Books:
    def __init__(self, jobs: BookJobs, engine: Engine) -> None:
        self._jobs, self._engine = jobs, engine

    async def take(self, request: Request) -> Response:
        """Take a book: its bytes are the request."""
        options = _in_address(request)
        _check_known(options, _BOOK_OPTIONS)
        followed = await followed_of(request, self._engine, name=options.get("series", ""))
        job = self._jobs.make(_format_of(options), followed.name if followed else "")
        try:
            await save_body(request, job.input, option="--cache")
        except BaseException:
            self._jobs.remove(job.key)
            raise
        self._jobs.begin(job)
        return JSONResponse(job.told(), 202, headers={"Location": f"/api/v1/books/{job.key}"})

    def _job(self, request: Request) -> BookJob:
        job = self._jobs.get(request.path_params["key"])
        if job is None:
            raise HTTPException(404, "There is no such book.\n")
        return job

    async def tell(self, request: Request) -> Response:
        """Say how far a book is."""
        return JSONResponse(self._job(request).told())

    async def remove(self, request: Request) -> Response:
        """Give a book up."""
        self._jobs.remove(self._job(request).key)
        return Response(status_code=204)

    async def result(self, request: Request) -> Response:
        """Return a coloured book."""
        job = self._job(request)
        if job.output is None or job.state != "done":
            raise HTTPException(409 if job.is_ended else 425, f"The book is {job.state}.\n")
        suffix = job.output.suffix
        # Python knows the type of a picture; of books it knows what the machine does.
        return FileResponse(job.output, filename=f"coloured{suffix}", media_type=MEDIA_TYPES.get(suffix))

    async def events(self, request: Request) -> Response:
        """Stream what happens to a book, from the event after `Last-Event-ID` on."""
        job = self._job(request)
        start = job.after(request.headers.get("last-event-id", ""))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_events(job, start), media_type="text/event-stream", headers=headers)


async def _events(job: BookJob, start: int) -> AsyncIterator[str]:
    events = job.follow(start)
    coming = asyncio.ensure_future(anext(events, None))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=ALIVE_SECONDS)
            if not done:
                yield ": waiting\n\n"  # a comment, by which a client that is gone is noticed, too
                continue
            found = coming.result()
            if found is None:
                return
            name, event = found
            yield f"id: {name}\nevent: {event['state']}\ndata: {json.dumps(event)}\n\n"
            coming = asyncio.ensure_future(anext(events, None))
    finally:
        coming.cancel()
