"""stdout and stderr as they come: closed, of an encoding that lacks letters, or gone in the midst of a run.

What a run tells is a nicety beside what it writes, so that nothing here may end one.
"""

from __future__ import annotations

import atexit
import codecs
import json
import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TextIO

_ERRORS = "mangacolor.told"
_NAMES = ("stdout", "stderr")
_STANDARD_FILES = 3


def prepare_streams() -> None:
    """Make sure that stdout and stderr exist and take every text.

    Letters that an encoding lacks are escaped, and bytes of file names that are no text come out as they are.
    """
    _keep_places()
    codecs.register_error(_ERRORS, _escape)
    for name in _NAMES:
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _nowhere())
            continue
        with suppress(AttributeError, OSError, ValueError, LookupError):
            stream.reconfigure(errors=_ERRORS)  # type: ignore[attr-defined]


def tell(text: str, *, err: bool = False) -> None:
    """Write a line to stdout or stderr; where nobody listens any more, nothing more is told there."""
    name = _NAMES[err]
    try:
        stream: TextIO = getattr(sys, name)
        try:
            stream.write(f"{text}\n")
        except UnicodeEncodeError:  # a stream that `prepare_streams` did not see
            stream.write(f"{text}\n".encode("ascii", "backslashreplace").decode("ascii"))
        stream.flush()
    except (OSError, ValueError, AttributeError):
        mute(name)


def as_json_line(value: dict[str, Any]) -> str:
    """Write JSON with the letters as they are if stdout takes them, and none of them is a byte that is no text."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError, AttributeError):
        return json.dumps(value)
    return text


def mute(name: str) -> None:
    """Send what goes to a stream nowhere; also what waits in it, which would be tried again at the end.

    Args:
        name: `stdout` or `stderr`.
    """
    with suppress(OSError, ValueError, AttributeError):
        place = getattr(sys, name).fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, place)
        os.close(nowhere)
        return
    setattr(sys, name, _nowhere())


@cache
def _nowhere() -> TextIO:
    stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    atexit.register(stream.close)
    return stream


def _keep_places() -> None:
    """Open what is closed of the first three files, or the next file that is opened would take what is printed."""
    with suppress(OSError):
        while (place := os.open(os.devnull, os.O_RDWR)) < _STANDARD_FILES:
            pass
        os.close(place)


def _escape(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    # Bytes of a name that are no text are such letters in Python.
    told = [
        bytes([ord(letter) - 0xDC00]) if 0xDC80 <= ord(letter) <= 0xDCFF else letter.encode("ascii", "backslashreplace")
        for letter in letters
    ]
    return b"".join(told), error.end
