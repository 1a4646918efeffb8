"""Folders that one holder at a time has; the system keeps the locks, so that whoever dies lets go of them.

Processes on other machines count, too, where the disk they share knows locks; where it knows none, nobody is kept out.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mangacolor.books.files import cannot_write, long_path
from mangacolor.errors import CannotWriteError

LOCK_NAME = ".lock"
"""File in a folder that is held; gone with the lock, unless its holder was killed."""

PATIENCE_SECONDS = 30.0
"""A change of a small file takes milliseconds: whoever has the folder for so long does not change it, but hangs."""

_ASK_AGAIN_SECONDS = 0.02
_MOST_TRIES = 100
"""More than holders can let go of a lock while another asks for it once."""
_NOTE_BYTES = 1000
_LOCKED_BYTE = 1 << 30
"""Windows locks bytes, and lets nobody read them; this one is behind the note."""

if sys.platform == "win32":
    import msvcrt

    def lock_file(file: int) -> None:
        """Lock an open file, as long as it stays open.

        Raises:
            BlockingIOError: Somebody else has it.
            OSError: The disk knows no locks.
        """
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
else:
    import fcntl

    def lock_file(file: int) -> None:
        """Lock an open file, as long as it stays open.

        Raises:
            BlockingIOError: Somebody else has it.
            OSError: The disk knows no locks.
        """
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """The right to change what lies in a folder.

    Args:
        folder: Which; made when the lock is taken, and gone with it if nothing has come into it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = long_path(folder)
        self._path = self._folder / LOCK_NAME
        self._file: int | None = None
        self._has_made = False

    def take(self) -> bool:
        """Take it, from any thread; says no where somebody else has it, in this process or another.

        Raises:
            OSError: The folder cannot be made or written to.
        """
        for tries in range(1, _MOST_TRIES + 1):
            if not self._folder.is_dir():
                self._folder.mkdir(parents=True, exist_ok=True)
                self._has_made = True
            try:
                file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except FileNotFoundError:
                if tries == _MOST_TRIES:
                    raise
                continue  # its last holder has deleted the folder, as nothing was in it
            try:
                lock_file(file)
            except BlockingIOError:
                os.close(file)
                return False
            except OSError:  # some network shares know no locks
                pass
            # Some shares give a file another number each time it is asked for.
            if _is_at(file, self._path) or (tries == _MOST_TRIES and self._path.exists()):
                self._file = file
                self.note("")
                return True
            os.close(file)  # its last holder has deleted it: whoever comes now makes another
        return False

    def note(self, text: str) -> None:
        """Say for whoever else asks for the lock who has it: this process, and `text` behind it."""
        if self._file is not None:
            data = f"process {os.getpid()} on {platform.node()}{text}".encode()[:_NOTE_BYTES]
            with suppress(OSError):  # a full disk
                os.ftruncate(self._file, 0)
                os.lseek(self._file, 0, os.SEEK_SET)
                os.write(self._file, data)

    def holder(self) -> str:
        """Return what the holder has noted of itself."""
        try:
            with self._path.open("rb") as file:
                return file.read(_NOTE_BYTES).decode(errors="replace") or "another process"
        except OSError:
            return "another process"

    def release(self) -> None:
        """Let go of it."""
        if self._file is None:
            return
        with suppress(OSError):  # Windows deletes no file that somebody has open
            self._path.unlink()
        os.close(self._file)
        if os.name == "nt":
            with suppress(OSError):  # somebody else has it by now
                self._path.unlink()
        self._file = None
        if self._has_made:
            with suppress(OSError):  # it holds something
                self._folder.rmdir()


@contextmanager
def folder_alone(folder: Path, *, elsewhere: str = "") -> Iterator[None]:
    """Be alone with a folder while it is read, changed and written; waits for whoever has it.

    Args:
        folder: The folder.
        elsewhere: As in `write_atomically`.

    Raises:
        CannotWriteError: No right or no space, or somebody has it for longer than any change takes.
    """
    lock, ends = FolderLock(folder), time.monotonic() + PATIENCE_SECONDS
    try:
        while not lock.take():
            if time.monotonic() > ends:
                raise CannotWriteError(
                    f"{folder} is being changed by {lock.holder()}.", advice="Wait until it has done, or stop it."
                )
            time.sleep(_ASK_AGAIN_SECONDS)
    except OSError as error:
        raise cannot_write(folder, error, elsewhere=elsewhere) from error
    try:
        yield
    finally:
        lock.release()


def _is_at(file: int, path: Path) -> bool:
    """Say whether an open file is the one that lies at a path."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False
