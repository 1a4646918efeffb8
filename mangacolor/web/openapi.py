"""The description of the API that programs read (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any, get_args

from mangacolor import __version__
from mangacolor.colorize.page_work import Status
from mangacolor.image import FileFormat, NoteKind
from mangacolor.image.layered import LayerFormat
from mangacolor.web.book_job import State
from mangacolor.web.downloads import MEDIA_TYPES
from mangacolor.web.openapi_parts import BYTES, TEXT, WITH_BODY, Json, error_responses, errors, query, said, stream
from mangacolor.web.painting import LAYERED_TYPES
from mangacolor.web.services import ALIVE_SECONDS
from mangacolor.web.studio.openapi import STUDIO_SCHEMAS, studio_paths

_FORMAT = {"type": "string", "enum": ["keep", *get_args(FileFormat)], "default": "keep"}
_PAGE_FORMAT = {
    **_FORMAT,
    "description": "Of the answer. `keep` is the page's own. A page that is not coloured is written in another, too; "
    "animations come as they are.",
}
_QUALITY = {"type": "integer", "minimum": 1, "maximum": 100, "description": "Of formats that lose something."}
_HINTS = {
    "type": "string",
    "description": 'JSON: `[{"x": 120, "y": 80, "color": "#d03030"}, ...]`, in pixels of the page.',
}
_LAYERS = {
    "type": "string",
    "enum": [*get_args(LayerFormat)],
    "description": "The answer is the page in layers, OpenRaster or Photoshop's format: paper, flats, shadows, ink. "
    "A page that is not coloured has none, and comes itself: `Mangacolor-Outcome` is another than `colored` then.",
}
_SERIES = {"type": "string", "description": "Name of a series that the server knows, whose colours are followed."}
_PAGE_OPTIONS: Json = {
    "hints": _HINTS, "format": _PAGE_FORMAT, "quality": _QUALITY, "series": _SERIES, "layers": _LAYERS,
}  # fmt: skip
_KEY = {"name": "id", "in": "path", "required": True, "schema": TEXT}

_NOTES: dict[NoteKind, str] = {
    "damaged": "a part of the picture is missing in the file; what is there was coloured",
    "frames": "further pictures of the file were not coloured",
    "format": "it is in another format than was asked for, as that cannot hold it",
    "profile": "colours were converted, or a profile was left out",
    "depth": "it has 8 bits a channel now",
    "metadata": "some of its metadata is gone",
    "redrawn": "of a PDF: text and shapes are a part of the picture now",
    "transparent": "lines on transparent paper were laid on white",
    "misnamed": "of a book: it is in the format of its name, which it came in another than",
    "paper": "a hint lies where nothing is drawn, and colours the paper",
    "stale": "it has changed since it was coloured",
}
"""Kinds of notes, and what they say of a page."""

_KINDS = "; ".join(f"`{kind}`: {text}" for kind, text in _NOTES.items())

_PICTURE: Json = {
    "description": "The page.",
    "headers": {
        "Mangacolor-Outcome": {
            "schema": TEXT,
            "description": "`colored`; `already_colored`, `blank`, `text_only` or `copied` (an animation) for the page "
            "itself, without colours and layers; `unchanged` for such a one that was asked for before. ` cached` "
            "stands behind it where the page was there already.",
        },
        "Mangacolor-Notes": {
            "schema": TEXT,
            "description": f"What the answer does not keep exactly, where there is such: kinds with `, ` between. "
            f"{_KINDS}.",
        },
    },
    "content": {kind: {"schema": BYTES} for kind in ("image/*", *LAYERED_TYPES.values())},
}

_BOOK: Json = {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}
_RESULT: Json = {
    "description": "The book, of the kind that it came as where that is written, else a CBZ; or the one picture that "
    "was sent as a book.",
    "headers": {"Content-Disposition": {"schema": TEXT, "description": "A name for it."}},
    "content": {kind: {"schema": BYTES} for kind in sorted({*MEDIA_TYPES.values(), "image/*"})},
}
_COUNTS: Json = {
    "state": {"enum": [*get_args(State)]},
    "pages": {"type": "integer", "description": "How many it has; 0 until that is known."},
    "done": {"type": "integer", "description": "How many of them are done, those that failed among them."},
    "failed": {"type": "integer", "description": "How many stay as they were, since they could not be coloured."},
}
_SCHEMAS: Json = {
    "Error": said(("error",), error={**TEXT, "description": "What is wrong, and what to do about it."}),
    "Book": {
        **said(
            ("id", "state", "pages", "done", "failed", "notes", "error"),
            id=TEXT,
            **_COUNTS,
            notes={
                "type": "object",
                "propertyNames": {"enum": [*get_args(NoteKind)]},
                "additionalProperties": {"type": "integer"},
                "description": f"How many pages have a note of a kind. {_KINDS}.",
            },
            error={**TEXT, "description": "What is wrong with the book, or else with the first page that failed."},
        ),
        "description": "A book that is `done` may have an `error`, `failed` pages and `notes` as well: what could be "
        "coloured is, and the rest is as it was.",
    },
    "BookEvent": {
        **said(
            ("state", "pages", "done", "failed"),
            **_COUNTS,
            page={**TEXT, "description": "Name of a page that is done; only in events of pages, as what follows."},
            status={"enum": [*get_args(Status)], "description": "`colored`; `failed`; others stay as they were, "
                    "`skipped` ones because they were done before the server was started again."},
            seconds={"type": "number", "description": "Time spent on the page."},
            notes={"type": "array", "items": {"enum": [*get_args(NoteKind)]}, "description": "What it does not keep."},
            error={**TEXT, "description": "Why the page failed; in the last event, that of the book; or empty."},
        ),
        "description": "One when the book has come, one when it is begun, one a page, and one when it has ended. The "
        "name of the event is `state`.",
    },
    **STUDIO_SCHEMAS,
}  # fmt: skip

_PATHS: Json = {
    "/api/v1/colorize": {
        "post": {
            "operationId": "colorizePage",
            "summary": "Colour a page",
            "description": "Options stand in the address, or are fields of the form; where both say one, the field "
            "counts.",
            "parameters": [query(name, schema) for name, schema in _PAGE_OPTIONS.items()],
            "requestBody": {
                "required": True,
                "content": {
                    "multipart/form-data": {"schema": said(("page",), page=BYTES, **_PAGE_OPTIONS)},
                    "image/*": {"schema": BYTES},
                },
            },
            "responses": {"200": _PICTURE, **errors(400, *WITH_BODY, 415, 422, 503, 504)},
        }
    },
    "/api/v1/books": {
        "post": {
            "operationId": "sendBook",
            "summary": "Send a book to be coloured",
            "parameters": [query("format", _FORMAT), query("series", _SERIES)],
            "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": BYTES}}},
            "responses": {
                "202": {
                    "description": "Taken.",
                    "headers": {"Location": {"schema": TEXT, "description": "Its address, `/api/v1/books/ID`."}},
                    "content": _BOOK,
                },
                **errors(*WITH_BODY, 422, 503, s415="It is a form; the bytes of the file are the body."),
            },
        }
    },
    "/api/v1/books/{id}": {
        "parameters": [_KEY],
        "get": {
            "operationId": "getBook",
            "summary": "How far a book is",
            "responses": {"200": {"description": "That.", "content": _BOOK}, **errors(404)},
        },
        "delete": {
            "operationId": "deleteBook",
            "summary": "Give a book up, and delete it",
            "responses": {"204": {"description": "Gone."}, **errors(404)},
        },
    },
    "/api/v1/books/{id}/events": {
        "parameters": [_KEY],
        "get": {
            "operationId": "followBook",
            "summary": "What happens to a book, as server-sent events",
            "description": "The last says `done`, `failed`, `cancelled` or, where the server stops, `interrupted`: it "
            f"goes on with the book when it runs again. Every {ALIVE_SECONDS:g} s in silence a comment comes.",
            "parameters": [
                {
                    "name": "Last-Event-ID", "in": "header", "schema": TEXT,
                    "description": "`id` of the last event that was heard: what came after it is told. Without one, or "
                    "with one of an earlier run of the server, everything is told.",
                }
            ],
            "responses": {
                "200": stream(
                    "BookEvent",
                    "Events with `id`, `event` and `data`.",
                    'id: 1f2e3d4c-2\nevent: working\ndata: {"page": "1.png", "status": "colored", "seconds": 1.5, '
                    '"notes": ["damaged"], "error": "", "state": "working", "pages": 3, "done": 1, "failed": 0}\n\n',
                ),
                **errors(404),
            },
        },
    },
    "/api/v1/books/{id}/result": {
        "parameters": [_KEY],
        "get": {
            "operationId": "getBookResult",
            "summary": "The coloured book",
            "responses": {"200": _RESULT, **errors(404, 425, s409="The book ended without one.")},
        },
    },
}  # fmt: skip

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "mangacolor",
        "version": __version__,
        "description": "Colours manga under its own ink. Errors are JSON, an `Error`, but for what is answered before "
        "a request is understood: what is no HTTP (400) and too many connections at once (503).",
    },
    "security": [{}, {"token": []}, {"password": []}, {"address": []}],
    "paths": {**_PATHS, **studio_paths()},
    "components": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "password": {"type": "http", "scheme": "basic", "description": "The token as the password of any user."},
            "address": {"type": "apiKey", "in": "query", "name": "token"},
        },
        "responses": error_responses(),
        "schemas": _SCHEMAS,
    },
}
