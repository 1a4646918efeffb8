"""Whose the projects of a folder are: one server's at a time, as each keeps in memory what another would change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mangacolor.books.files import cannot_write
from mangacolor.books.locks import FolderLock
from mangacolor.errors import UsageError


@contextmanager
def studio_held(folder: Path) -> Iterator[FolderLock]:
    """Have the folder of a studio to oneself; one that a killed server has left is taken over.

    Args:
        folder: Made if it is missing.

    Yields:
        The lock, which says to others where the server is to be found, once that is noted.

    Raises:
        UsageError: Another server has it.
        CannotWriteError: No right or no space.
    """
    lock = FolderLock(folder)
    try:
        is_free = lock.take()
    except OSError as error:
        raise cannot_write(folder, error, elsewhere="--studio") from error
    if not is_free:
        raise UsageError(
            f"{folder} is in use by another mangacolor serve: {lock.holder()}.",
            advice="Work there, stop it, or give another --studio DIR.",
        )
    try:
        yield lock
    finally:
        lock.release()
