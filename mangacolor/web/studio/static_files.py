"""The page of the studio and what it loads; written by hand, sent as it lies there."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mangacolor.web.reading import is_known

if TYPE_CHECKING:
    from starlette.requests import Request

FOLDER = Path(__file__).parent / "static"

_KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""MIME types, whatever the system holds them for."""

_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


@cache
def _names() -> dict[str, Path]:
    """Return the files that may be asked for, by name; what is asked for is looked up here, never on the disk."""
    found = [path for path in FOLDER.rglob("*") if path.suffix in _KINDS and path.is_file()]
    return {path.relative_to(FOLDER).as_posix(): path for path in found}


def static_answer(request: Request, name: str) -> Response:
    """Answer with a file.

    Raises:
        HTTPException: There is none of that name.
    """
    path = _names().get(name)
    if path is None:
        raise HTTPException(404, "There is no such file.\n")
    data = path.read_bytes()
    kind = _KINDS[path.suffix]
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    headers = {**_HEADERS, "ETag": tag}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
