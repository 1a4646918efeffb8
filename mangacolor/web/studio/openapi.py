"""The studio's part of the description that programs read (OpenAPI 3.1)."""

from __future__ import annotations

from typing import get_args

from mangacolor.colorize.corrections import Kind
from mangacolor.web.openapi_parts import BYTES, TEXT, WITH_BODY, Json, errors, query, said, stream
from mangacolor.web.painting import LAYERED_TYPES
from mangacolor.web.studio.export_routes import BOOK_FORMATS, PAGE_FORMATS
from mangacolor.web.studio.project import State
from mangacolor.web.studio.requests import PREFIX

_INTEGER: Json = {"type": "integer"}
_NUMBER: Json = {"type": "number"}

_STEP = said(
    ("kind",),
    kind={"enum": [*get_args(Kind)]}, x=_NUMBER, y=_NUMBER,
    points={"type": "array", "items": {"type": "array", "items": _NUMBER}}, radius=_NUMBER,
    color={"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}, alone={"type": "boolean"}, locked={"type": "boolean"},
    name={"type": ["string", "null"]}, revision=_INTEGER,
)  # fmt: skip
_REVISION = said(revision=_INTEGER)

STUDIO_SCHEMAS: Json = {
    "StudioPage": said(
        ("number", "name", "width", "height", "state", "steps", "undone", "revision", "colored", "problem"),
        number={**_INTEGER, "description": "From 0 on."}, name=TEXT, width=_INTEGER, height=_INTEGER,
        state={"enum": [*get_args(State)]}, steps=_INTEGER, undone=_INTEGER, revision=_INTEGER,
        colored={"type": "boolean"}, reference={"type": ["string", "null"]},
        locks={"type": "array", "items": {"type": "object"}}, hints={"type": "array", "items": {"type": "object"}},
        problem={"type": ["string", "null"], "description": "Why it cannot be read."},
    ),
    "StudioEvent": {
        **said(
            ("type",),
            type={"enum": ["page", "progress", "error", "end"]},
            page={"oneOf": [{"$ref": "#/components/schemas/StudioPage"}, _INTEGER],
                  "description": "`page`: how it is now; `progress` and `error`: its number."},
            message={**TEXT, "description": "`error`: why it could not be coloured."},
            done={**_INTEGER, "description": "`progress`, `end`: pages that are coloured."},
            total={**_INTEGER, "description": "`progress`: pages of the batch."},
            failed={**_INTEGER, "description": "`end`: pages that could not be coloured."},
        ),
        "description": "`page` comes after each step and each page coloured, the others from a batch.",
    },
}  # fmt: skip

_PROJECT = f"{PREFIX}/projects/{{key}}"
_PAGE = f"{_PROJECT}/pages/{{number}}"
_UPLOAD = (*WITH_BODY, 415, 422)
_SAID = (400, *WITH_BODY, 422)
_NAME = query("name", {**TEXT, "description": "What it is called."})

Operation = tuple[str, Json]


def _operation(
    name: str,
    summary: str,
    *statuses: int,
    body: Json | None = None,
    parameters: tuple[Json, ...] = (),
    kinds: tuple[str, ...] = ("application/json",),
    good: int = 200,
    good_answer: Json | None = None,
) -> Json:
    """Describe a route.

    Args:
        name: What programs that are made from the description call it; never changed.
        summary: What it does.
        statuses: Its errors, but those that all routes have.
        body: Schema of what is sent, as JSON unless it is bytes; None for nothing.
        parameters: What may stand behind the question mark.
        kinds: MIME types of its answer.
        good: The status where all is well.
        good_answer: The answer then, where it is not merely of these kinds.
    """
    schema = {} if kinds == ("application/json",) else BYTES
    content = {"content": {kind: {"schema": schema} for kind in kinds}} if good != 204 else {}
    answers = {str(good): good_answer or {"description": "Done.", **content}}
    operation: Json = {"operationId": name, "summary": summary, "tags": ["studio"]}
    if parameters:
        operation["parameters"] = [*parameters]
    if body is not None:
        kind = "application/octet-stream" if body is BYTES else "application/json"
        operation["requestBody"] = {"content": {kind: {"schema": body}}}
    return operation | {"responses": {**answers, **errors(*statuses)}}


def _shown(name: str, summary: str, *statuses: int, kind: str) -> Json:
    """Describe a route of a picture that a client keeps until it is another."""
    operation = _operation(name, summary, 404, 422, *statuses, kinds=(kind,))
    operation["responses"]["304"] = {"description": "The client has it, as `If-None-Match` says."}
    return operation


def _created() -> Json:
    location = {"Location": {"schema": TEXT, "description": "Address of the project."}}
    return {"description": "Taken.", "headers": location, "content": {"application/json": {"schema": {}}}}


def _projects() -> dict[str, Json]:
    """Return the routes of projects, by path and method."""
    pages = said(pages={"type": "array", "items": _INTEGER}, again={"type": "boolean"})
    events = stream("StudioEvent", "Events with `data` alone.", 'data: {"type": "end", "done": 3, "failed": 0}\n\n')
    formats = query("format", {"enum": [*BOOK_FORMATS], "default": BOOK_FORMATS[0]})
    return {
        f"{PREFIX}/projects": {
            "get": _operation("listProjects", "The projects"),
            "post": _operation(
                "addProject", "Begin one with a picture or a book", *_UPLOAD, body=BYTES, parameters=(_NAME,), good=201,
                good_answer=_created(),
            ),
        },
        _PROJECT: {
            "get": _operation("getProject", "All about a project", 404, 422),
            "put": _operation("renameProject", "Call it otherwise", 404, *_SAID, body=said(("name",), name=TEXT)),
            "delete": _operation("deleteProject", "Delete it", 404, 422, good=204),
        },
        f"{_PROJECT}/batch": {
            "post": _operation(
                "beginBatch", "Colour pages, by themselves those without colour", 404, 409, *_SAID, body=pages, good=202
            ),
            "delete": _operation("stopBatch", "Stop that", 404, 422, good=204),
        },
        f"{_PROJECT}/events": {
            "get": _operation(
                "followProject", "What happens to it, as server-sent events", 404, 422, good_answer=events
            ),
        },
        f"{_PROJECT}/export": {
            "get": _operation(
                "exportProject", "The book", 404, 422, 503, parameters=(formats,),
                kinds=("application/*", "image/*"),
            )
        },
    }  # fmt: skip


def _palettes() -> dict[str, Json]:
    """Return the routes of references and series."""
    colour = said(
        ("character", "part", "color"), character=TEXT, part=TEXT, color=TEXT, page=_INTEGER, x=_NUMBER, y=_NUMBER
    )
    which = (query("character", TEXT, required=True), query("part", TEXT, required=True))
    needed = ({**_NAME, "required": True},)
    return {
        f"{_PROJECT}/references": {
            "post": _operation(
                "addReference", "Add a picture to follow", 404, *WITH_BODY, 422, body=BYTES, parameters=needed
            )
        },
        f"{_PROJECT}/references/{{name}}": {
            "get": _operation("getReference", "The picture", 404, 422, kinds=("image/*",)),
            "delete": _operation("removeReference", "Take it away", 404, 422),
        },
        f"{_PROJECT}/series": {
            "put": _operation(
                "followSeries", "Follow a series, which is made if it is not there", 404, *_SAID,
                body=said(("name",), name=TEXT),
            ),
            "post": _operation(
                "saveColour", "Save the colour of a part, and where it is shown", 404, *_SAID, body=colour
            ),
            "delete": _operation("removeColour", "Take a colour out", 404, 422, parameters=which),
        },
        f"{PREFIX}/series": {"get": _operation("listSeries", "The series of the studio")},
    }  # fmt: skip


def _pages() -> dict[str, Json]:
    """Return the routes of pages."""
    formats = query("format", {"enum": [*PAGE_FORMATS], "default": PAGE_FORMATS[0]})
    state = said(("state",), state={"enum": [*get_args(State)]})
    done = (404, 409, *_SAID, 503)
    return {
        f"{_PAGE}/source": {"get": _shown("getPageSource", "The page as it came", kind="image/*")},
        f"{_PAGE}/colored": {"get": _shown("getPageColored", "The page in colour", 503, kind="image/jpeg")},
        f"{_PAGE}/thumb": {"get": _shown("getPageThumb", "The page, small", 503, kind="image/jpeg")},
        f"{_PAGE}/areas": {
            "get": _shown("getPageAreas", "Numbers of its areas, 24 bits of RGB each, from 1 on", 503, kind="image/png")
        },
        f"{_PAGE}/steps": {"post": _operation("doStep", "Do a step", *done, body=_STEP)},
        f"{_PAGE}/undo": {"post": _operation("undoStep", "Take the last one back", *done, body=_REVISION)},
        f"{_PAGE}/redo": {"post": _operation("redoStep", "Do it again", *done, body=_REVISION)},
        f"{_PAGE}/state": {"put": _operation("setPageState", "Say what it is", 404, *_SAID, 503, body=state)},
        f"{_PAGE}/export": {
            "get": _operation(
                "exportPage", "The page", 404, 422, 503, parameters=(formats,),
                kinds=("image/*", *LAYERED_TYPES.values()),
            )
        },
    }  # fmt: skip


def studio_paths() -> Json:
    """Return the paths of the studio's routes as OpenAPI describes them."""
    paths: Json = {}
    for path, methods in {**_projects(), **_palettes(), **_pages()}.items():
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        parameters = [{"name": name, "in": "path", "required": True, "schema": _kind_of(name)} for name in names]
        paths[path] = {**({"parameters": parameters} if parameters else {}), **methods}
    return paths


def _kind_of(name: str) -> Json:
    return _INTEGER if name == "number" else TEXT
