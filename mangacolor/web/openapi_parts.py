"""What the descriptions of all routes share (OpenAPI 3.1): parameters, and the errors that routes answer with."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_MEANT = {
    400: "The form, or the JSON, cannot be read.",
    401: "The token is missing or wrong.",
    403: "A page of another site asks.",
    404: "There is nothing of that name or number.",
    408: "The request did not arrive in time.",
    409: "Things are not, or no longer, as that needs them.",
    413: "The request is too large.",
    415: "The body is of another kind than the route takes.",
    421: "`Host` names a server that this one is not known as.",
    422: "An option, the picture or the book is not what it should be.",
    425: "It is not ready yet.",
    500: "Memory or room on the disk did not suffice, or it is a bug; the server's log says more.",
    503: "Too many wait, or the server is about to stop.",
    504: "It took too long.",
}
_HEADERS = {
    401: {"WWW-Authenticate": "A challenge for the token, as the password of any user."},
    503: {"Retry-After": "When to come again, in seconds."},
    504: {"Retry-After": "When to come again, in seconds."},
}
_EVERYWHERE = (401, 403, 421, 500)
"""Whoever is let in is asked before any route, and every route may fail."""

WITH_BODY = (408, 413)
"""What every route may answer that reads a body."""

BYTES: Json = {"type": "string", "format": "binary"}


def errors(*statuses: int, **meant: str) -> Json:
    """Return the errors of a route, besides those that all have.

    Args:
        statuses: Which.
        meant: What one means here, as `s409="..."`, where that is more than it means in general.
    """
    described: Json = {
        str(status): {"$ref": f"#/components/responses/Error{status}"} for status in sorted({*_EVERYWHERE, *statuses})
    }
    special = {int(name[1:]): text for name, text in meant.items()}
    return described | {str(status): _error(status, text) for status, text in special.items()}


def error_responses() -> Json:
    """Return the errors that `errors` refers to."""
    return {f"Error{status}": _error(status, text) for status, text in _MEANT.items()}


def _error(status: int, text: str) -> Json:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    headers = {name: {"description": said, "schema": TEXT} for name, said in _HEADERS.get(status, {}).items()}
    return {"description": text, **({"headers": headers} if headers else {}), "content": content}


TEXT: Json = {"type": "string"}


def query(name: str, schema: Json, *, required: bool = False) -> Json:
    """Return a parameter in the address, behind its question mark."""
    return {"name": name, "in": "query", **({"required": True} if required else {}), "schema": schema}


def said(required: tuple[str, ...] = (), **properties: Json) -> Json:
    """Return a JSON object.

    Args:
        required: Which of its properties are always there.
        properties: Their schemas.
    """
    return {"type": "object", **({"required": [*required]} if required else {}), "properties": properties}


def stream(of: str, description: str, example: str) -> Json:
    """Return an answer that is a stream of server-sent events.

    Args:
        of: Name of the schema of what stands in `data`, as JSON.
        description: What is streamed.
        example: One event.
    """
    kind = {"schema": TEXT, "example": example, "x-event-data": {"$ref": f"#/components/schemas/{of}"}}
    return {"description": f"{description} `data` is JSON, a {of}.", "content": {"text/event-stream": kind}}
