"""What the services share: what is taken out of a request, the wait for a page, errors as answers."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from mangacolor.errors import BadInputError, CannotWriteError, MangacolorError, UsageError
from mangacolor.web.queue import BusyError, closing

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from mangacolor.web.painting import Painted

T = TypeVar("T")

OUTCOME = "Mangacolor-Outcome"
"""Header that says what was done with a page."""

NOTES = "Mangacolor-Notes"
"""Header that says what a page does not keep exactly: kinds of notes with commas between, where there are any."""

GONE = 499
"""Status in the log for a client that did not wait; nobody receives it."""

_FIELDS = 32
"""A form has at most so many fields, files among them one."""

logger = logging.getLogger("mangacolor.web")


class ClientGoneError(Exception):
    """The client went away while its page waited."""


_LEFT = (ClientGoneError, ClientDisconnect)
"""What is raised for clients that did not wait, or did not send all; no fault of anybody's."""


def media_type_sent(request: Request) -> str:
    """Return what a request calls its body, in lower case: types and subtypes have none (RFC 9110, 8.3.1)."""
    return request.headers.get("content-type", "").lower()


async def form_picture(request: Request, part: str) -> tuple[bytes, dict[str, str]]:
    """Read the file of a form, and its other fields.

    Raises:
        HTTPException: It is no form, or the file is not in it.
    """
    if not media_type_sent(request).startswith("multipart/form-data"):
        raise HTTPException(415, f"Send multipart/form-data with a file `{part}`.\n")
    async with request.form(max_files=1, max_fields=_FIELDS, max_part_size=1 << 20) as form:
        file = form.get(part)
        if not isinstance(file, UploadFile):
            raise HTTPException(422, f"The form has no file `{part}`.\n")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return await file.read(), fields


async def json_object(request: Request, *, empty: bool = False) -> dict[str, Any]:
    """Return the JSON object that a request says.

    Args:
        request: The request.
        empty: Take one without a body for an empty object.

    Raises:
        HTTPException: It says none.
    """
    if empty and not await request.body():
        return {}
    try:
        said = await request.json()
    except (ValueError, RecursionError):
        raise HTTPException(400, "The request is no JSON.\n") from None
    if not isinstance(said, dict):
        raise HTTPException(400, "The request is no JSON object.\n")
    return said


async def save_body(request: Request, path: Path, *, option: str) -> None:
    """Write the body of a request to a new file, and see that the disk has it.

    Args:
        request: The request.
        path: The file.
        option: That of `mangacolor serve` which says where such files lie.

    Raises:
        CannotWriteError: No right or no space.
        HTTPException: The body is empty, or a form.
    """
    if media_type_sent(request).startswith("multipart/"):
        raise HTTPException(415, "Send the file itself as the body, without a form: curl --data-binary @FILE.\n")
    try:
        with path.open("xb") as file:
            async for piece in request.stream():
                await asyncio.to_thread(file.write, piece)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
            size = file.tell()
    except OSError as error:
        raise no_room(error, option) from error
    if not size:
        raise HTTPException(422, "The request is empty: the bytes of a picture or a book are its body.\n")


def page_number(request: Request) -> int:
    """Return the number of the page that an address names as `{number}`.

    Starlette's own `{number:int}` takes numbers that are too long for Python to read, too.

    Raises:
        HTTPException: It names none.
    """
    number = small_number(str(request.path_params["number"]), 9)
    if number is None:
        raise HTTPException(404, "There is no such page.\n")
    return number


def small_number(text: str, digits: int) -> int | None:
    """Return the number that a client has written; None for what is none, or has more digits than are of use.

    `int` alone takes the digits of every script, signs and spaces, and refuses what is very long.

    Args:
        text: What it wrote.
        digits: So many at most, leading zeros among them.
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def no_room(error: OSError, option: str) -> CannotWriteError:
    """Return what is told where something that was sent cannot be kept; `option` as for `save_body`."""
    reason = error.strerror or str(error)
    return CannotWriteError(
        f"The server cannot keep this: {reason}.", advice=f"Free some space, or start it with another {option} DIR."
    )


async def unless_gone(
    request: Request, work: Coroutine[Any, Any, T], *, seconds: float | None = None,
    is_read: asyncio.Event | None = None, end: asyncio.Event | None = None,
) -> T:  # fmt: skip
    """Wait for something as long as the client does.

    Args:
        request: The client's; read to its end.
        work: Cancelled when the client goes away.
        seconds: And no longer than that.
        is_read: Set when `work` has read the request to its end, and needs it no more, where it does so itself.
        end: Set when nothing that has been read is waited for any longer, since the server is about to stop.

    Raises:
        ClientGoneError: The client went away.
        HTTPException: It took too long.
        BusyError: The server is about to stop.
    """
    task = asyncio.ensure_future(work)
    before = () if is_read is None else (is_read,)
    gone = asyncio.ensure_future(_wait_until_gone(request, *before))
    ended = asyncio.ensure_future(_wait_for_all(*before, end or asyncio.Event()))
    try:
        await asyncio.wait({task, gone, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        if gone.done():
            raise ClientGoneError
        if ended.done():
            raise closing()
        raise HTTPException(504, f"The page was not ready within {seconds:g} s.\n", headers={"Retry-After": "60"})
    finally:
        for one in (task, gone, ended):
            one.cancel()
        await asyncio.gather(task, gone, ended, return_exceptions=True)


async def _wait_until_gone(request: Request, *before: asyncio.Event) -> None:
    await _wait_for_all(*before)
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _wait_for_all(*events: asyncio.Event) -> None:
    for event in events:
        await event.wait()


def picture_answer(painted: Painted) -> Response:
    """Return a page as an answer."""
    headers = {OUTCOME: painted.told, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(painted.data, media_type=painted.media_type, headers=headers)


def status_of(error: Exception) -> int:
    """Return the status that tells a client of an error."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, BusyError):
        return 503
    if isinstance(error, (BadInputError, UsageError)):
        return 422
    return GONE if isinstance(error, _LEFT) else 500


def told(error: Exception) -> str:
    """Return what a client is told of an error: what it can act on, and no inside of the server."""
    if isinstance(error, HTTPException):
        return str(error.detail).strip()
    if isinstance(error, MangacolorError):
        return str(error)
    if isinstance(error, MemoryError):
        return "The page needs more memory than there is."
    if isinstance(error, _LEFT):
        return "The client went away."
    logger.error("This is a bug in mangacolor; please report it.", exc_info=error)
    return "The page could not be coloured; the server's log says why."


async def error_answer(request: Request, error: Exception) -> Response:
    """Answer with an error: its sentence as JSON, and when to try again."""
    headers = dict(getattr(error, "headers", None) or {})
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(error.retry_seconds)
    with suppress(AttributeError):
        request.state.error = type(error).__name__
    return JSONResponse({"error": told(error)}, status_code=status_of(error), headers=headers)
