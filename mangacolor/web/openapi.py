"""The description of the API that programs read (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any, get_args

from mangacolor import __version__
from mangacolor.image import FileFormat
from mangacolor.image.layered import LayerFormat
from mangacolor.web.book_job import State
from mangacolor.web.studio.openapi import studio_paths


def _errors(*statuses: int) -> dict[str, Any]:
    meant = {
        401: "The token is missing.", 404: "There is no such book.", 409: "It could not be coloured.",
        413: "It is too large.", 415: "It is a form; the bytes of the file are the body.",
        422: "A field or the picture is not what it should be.", 425: "It is not ready.",
        503: "The queue is full; Retry-After says when to come again.", 504: "It took too long.",
    }  # fmt: skip
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {str(status): {"description": meant[status], "content": error} for status in statuses}


_FORMAT = {"type": "string", "enum": ["keep", *get_args(FileFormat)], "default": "keep"}
_QUALITY = {"type": "integer", "minimum": 1, "maximum": 100}
_HINTS = {
    "type": "string",
    "description": 'JSON: `[{"x": 120, "y": 80, "color": "#d03030"}, ...]`, in pixels of the page.',
}
_BOOK = {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}
_LAYERS = {
    "type": "string",
    "enum": [*get_args(LayerFormat)],
    "description": "The answer is the page in layers, OpenRaster or Photoshop's format: paper, a layer a colour, ink.",
}
_SERIES = {"type": "string", "description": "Name of a series that the server knows, whose colours are followed."}
_KEY = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_PICTURE = {
    "description": "The page.",
    "headers": {
        "Mangacolor-Outcome": {
            "schema": {"type": "string"},
            "description": "colored, already_colored, blank, text_only, copied or unchanged, and ` cached`.",
        }
    },
    "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "mangacolor", "version": __version__, "description": "Colours manga under its own ink."},
    "security": [{}, {"token": []}],
    "paths": {
        "/api/v1/colorize": {
            "post": {
                "summary": "Colour a page",
                "parameters": [
                    _query("hints", _HINTS), _query("format", _FORMAT), _query("quality", _QUALITY),
                    _query("series", _SERIES), _query("layers", _LAYERS),
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "type": "object",
                                "required": ["page"],
                                "properties": {
                                    "page": {"type": "string", "format": "binary"},
                                    "hints": _HINTS, "format": _FORMAT, "quality": _QUALITY, "series": _SERIES,
                                    "layers": _LAYERS,
                                },
                            }
                        },
                        "image/*": {"schema": {"type": "string", "format": "binary"}},
                    },
                },
                "responses": {"200": _PICTURE, **_errors(401, 413, 422, 503, 504)},
            }
        },
        "/api/v1/books": {
            "post": {
                "summary": "Send a book to be coloured",
                "parameters": [_query("format", _FORMAT), _query("series", _SERIES)],
                "requestBody": {
                    "required": True,
                    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                },
                "responses": {"202": {"description": "Taken.", "content": _BOOK}, **_errors(401, 413, 415, 422, 503)},
            }
        },
        "/api/v1/books/{id}": {
            "parameters": [_KEY],
            "get": {
                "summary": "How far a book is",
                "responses": {"200": {"description": "That.", "content": _BOOK}, **_errors(401, 404)},
            },
            "delete": {
                "summary": "Give a book up, and delete it",
                "responses": {"204": {"description": "Gone."}, **_errors(401, 404)},
            },
        },
        "/api/v1/books/{id}/events": {
            "parameters": [_KEY],
            "get": {
                "summary": "What happens to a book, as server-sent events",
                "description": "One a page; the last says `done`, `failed`, `cancelled` or, where the server stops, "
                "`interrupted`: it goes on with the book when it runs again.",
                "responses": {
                    "200": {"description": "Events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
                    **_errors(401, 404),
                },
            },
        },
        **studio_paths(),
        "/api/v1/books/{id}/result": {
            "parameters": [_KEY],
            "get": {
                "summary": "The coloured book",
                "responses": {
                    "200": {
                        "description": "The book.",
                        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                    },
                    **_errors(401, 404, 409, 425),
                },
            },
        },
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Error": {"type": "object", "properties": {"error": {"type": "string"}}},
            "Book": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "state": {"enum": [*get_args(State)]},
                    "pages": {"type": "integer"},
                    "done": {"type": "integer"},
                    "error": {"type": "string"},
                },
            },
        },
    },
}  # fmt: skip
