"""Folders for what is unpacked: gone with the process that made them, however it ends."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from mangacolor.books.locks import lock_file

_PREFIX = ".mangacolor-unpacked-"
_LOCK = "lock"


def scratch_folder(owner: object, place: Path | None = None) -> tuple[Path, Callable[[], object]]:
    """Make a folder that is deleted with its owner.

    Args:
        owner: An object.
        place: Where; None is the system's folder for temporary files.

    Returns:
        The folder, and what deletes it before.

    Raises:
        OSError: It cannot be made.
    """
    where = place or Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where))
    # It is locked before it has the name that others look for; Windows renames no open file, and deletes none either.
    making = folder / (_LOCK if os.name == "nt" else f"{_LOCK}.new")
    lock = os.open(making, os.O_RDWR | os.O_CREAT)
    with suppress(OSError):  # some network shares know no locks
        lock_file(lock)
    if making.name != _LOCK:
        making.rename(folder / _LOCK)
    return folder, weakref.finalize(owner, _drop, folder, lock)


def _drop(folder: Path, lock: int) -> None:
    with suppress(OSError):
        os.close(lock)
    shutil.rmtree(folder, ignore_errors=True)


@cache
def sweep_scratch(place: Path | None = None) -> None:
    """Delete the folders of processes that were killed: nobody holds their locks. Once a process is often enough.

    Args:
        place: As in `scratch_folder`.
    """
    try:
        where = place or Path(tempfile.gettempdir())
    except OSError:
        return
    for path in where.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            lock = os.open(path, os.O_RDWR)
        except OSError:
            continue
        try:
            lock_file(lock)
        except OSError:  # at work
            os.close(lock)
            continue
        os.close(lock)
        with suppress(OSError):
            path.unlink()
            shutil.rmtree(path.parent, ignore_errors=True)
