"""Temporary files: what has no room among them is told as what it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mangacolor.books.files import cannot_write

PLACE = "$TMPDIR"
"""What says where they lie, for the advice."""


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that is gone after use.

    Raises:
        CannotWriteError: No right or no space.
    """
    with told_if_full(Path("A temporary folder")):
        return tempfile.TemporaryDirectory(prefix="mangacolor-", ignore_cleanup_errors=True)


@contextmanager
def told_if_full(path: Path) -> Iterator[None]:
    """Write a temporary file.

    Raises:
        CannotWriteError: No right or no space.
    """
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error, elsewhere=PLACE) from error


def has_temporary_folder() -> bool:
    """Say whether there is a place for temporary files at all."""
    try:
        tempfile.gettempdir()
    except OSError:
        return False
    return True
