"""The studio's part of the description that programs read (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any, get_args

from mangacolor.colorize.corrections import Kind
from mangacolor.web.studio.project import State
from mangacolor.web.studio.requests import PREFIX

Table = dict[str, dict[str, tuple[str, dict[str, Any], str]]]

_STEP = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"enum": [*get_args(Kind)]},
        "x": {"type": "number"}, "y": {"type": "number"},
        "points": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
        "radius": {"type": "number"}, "color": {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
        "alone": {"type": "boolean"}, "locked": {"type": "boolean"}, "name": {"type": ["string", "null"]},
        "revision": {"type": "integer"},
    },
}  # fmt: skip
_BYTES = {"type": "string", "format": "binary"}
_NO_BODY: dict[str, Any] = {}

_PROJECT = f"{PREFIX}/projects/{{key}}"
_PAGE = f"{_PROJECT}/pages/{{number}}"


def _said(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_REVISION = _said(revision={"type": "integer"})
_TEXT = {"type": "string"}

_TABLE: Table = {
    f"{PREFIX}/projects": {
        "get": ("The projects", _NO_BODY, "json"),
        "post": ("Begin one with a picture or a book; `?name=` is its name", _BYTES, "json"),
    },
    _PROJECT: {
        "get": ("All about a project", _NO_BODY, "json"),
        "put": ("Call it otherwise", _said(name=_TEXT), "json"),
        "delete": ("Delete it", _NO_BODY, ""),
    },
    f"{_PROJECT}/batch": {
        "post": (
            "Colour pages, by themselves those without colour",
            _said(pages={"type": "array", "items": {"type": "integer"}}, again={"type": "boolean"}),
            "json",
        ),
        "delete": ("Stop that", _NO_BODY, ""),
    },
    f"{_PROJECT}/events": {"get": ("What happens to it, as server-sent events", _NO_BODY, "text/event-stream")},
    f"{_PROJECT}/export": {"get": ("The book; `?format=` same, cbz, pdf, ora", _NO_BODY, "application/octet-stream")},
    f"{_PROJECT}/references": {"post": ("Add a picture to follow; `?name=` is its name", _BYTES, "json")},
    f"{_PROJECT}/references/{{name}}": {
        "get": ("The picture", _NO_BODY, "image/*"),
        "delete": ("Take it away", _NO_BODY, "json"),
    },
    f"{_PROJECT}/series": {
        "put": ("Follow a series, which is made if it is not there", _said(name=_TEXT), "json"),
        "post": (
            "Save the colour of a part, and where it is shown",
            _said(character=_TEXT, part=_TEXT, color=_TEXT, page={"type": "integer"}, x={"type": "number"},
                  y={"type": "number"}),
            "json",
        ),
        "delete": ("Take a colour out; `?character=` and `?part=` say which", _NO_BODY, "json"),
    },
    f"{PREFIX}/series": {"get": ("The series of the studio", _NO_BODY, "json")},
    f"{_PAGE}/source": {"get": ("The page as it came", _NO_BODY, "image/*")},
    f"{_PAGE}/colored": {"get": ("The page in colour", _NO_BODY, "image/jpeg")},
    f"{_PAGE}/thumb": {"get": ("The page, small", _NO_BODY, "image/jpeg")},
    f"{_PAGE}/areas": {"get": ("Numbers of its areas, 24 bits of RGB each, from 1 on", _NO_BODY, "image/png")},
    f"{_PAGE}/steps": {"post": ("Do a step", _STEP, "json")},
    f"{_PAGE}/undo": {"post": ("Take the last one back", _REVISION, "json")},
    f"{_PAGE}/redo": {"post": ("Do it again", _REVISION, "json")},
    f"{_PAGE}/state": {
        "put": ("Say what it is", _said(state={"enum": [*get_args(State)]}), "json")
    },
    f"{_PAGE}/export": {"get": ("The page; `?format=` keep, png, jpg, webp, ora, psd", _NO_BODY, "image/*")},
}  # fmt: skip


def studio_paths() -> dict[str, Any]:
    """Return the paths of the studio's routes as OpenAPI describes them."""
    paths: dict[str, Any] = {}
    for path, methods in _TABLE.items():
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        parameters = [{"name": name, "in": "path", "required": True, "schema": _kind_of(name)} for name in names]
        paths[path] = {"parameters": parameters} if parameters else {}
        for method, described in methods.items():
            paths[path][method] = _operation(*described)
    return paths


def _kind_of(name: str) -> dict[str, str]:
    return {"type": "integer" if name == "number" else "string"}


def _operation(summary: str, body: dict[str, Any], answer: str) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    kind = "application/json" if answer == "json" else answer
    schema = {"type": "object"} if answer == "json" else {"type": "string"}
    good = {"description": "Done.", **({"content": {kind: {"schema": schema}}} if kind else {})}
    operation: dict[str, Any] = {"summary": summary, "tags": ["studio"]}
    operation["responses"] = {"2XX": good, "4XX": {"description": "What is wrong.", "content": error}}
    if body:
        carried = "application/octet-stream" if body is _BYTES else "application/json"
        operation["requestBody"] = {"content": {carried: {"schema": body}}}
    return operation
