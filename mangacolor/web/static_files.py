"""The pages that browsers show and what they load; written by hand, sent as it lies there."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mangacolor.web.reading import is_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

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


def files_below(folder: Path) -> dict[str, Path]:
    """Return the files that may be asked for, by name; what is asked for is looked up there, never on the disk."""
    found = [path for path in folder.rglob("*") if path.suffix in _KINDS and path.is_file()]
    return {path.relative_to(folder).as_posix(): path for path in found}


def static_answer(request: Request, files: Mapping[str, Path], name: str, *, mark: str = "") -> Response:
    """Answer with a file.

    Args:
        request: The client's.
        files: What may be asked for, from `files_below`.
        name: What is asked for.
        mark: An attribute for the root of a page, by which its code knows what the server has; empty for none.

    Raises:
        HTTPException: There is none of that name.
    """
    path = files.get(name)
    if path is None:
        raise HTTPException(404, "There is no such file.\n")
    data = path.read_bytes()
    if mark:
        data = data.replace(b"<html ", f"<html {mark} ".encode(), 1)
    kind = _KINDS[path.suffix]
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    headers = {**_HEADERS, "ETag": tag}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
