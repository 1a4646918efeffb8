"""Files on disk: which are pictures, and how one is written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mangacolor.books.partials import partial_name
from mangacolor.errors import CannotWriteError, NameRefusedError

_OTHERWISE = "Choose another place{}."
_ADVICE = {
    errno.EACCES: "Change the permissions, or choose another place{}.",
    errno.EPERM: "Change the permissions, or choose another place{}.",
    errno.EROFS: "The disk is read-only: choose another place{}.",
    errno.ENOSPC: "The disk is full: free some space, or choose another place{}.",
    errno.EDQUOT: "Your disk quota is used up: free some space, or choose another place{}.",
    errno.EISDIR: "A folder of that name is in the way: move it, or choose another name{}.",
    errno.ENOTDIR: "A file is in the way of a folder: move it, or choose another place{}.",
    errno.EEXIST: "A file is in the way of a folder: move it, or choose another place{}.",
    errno.ENAMETOOLONG: "The name is too long: choose a shorter one{}.",
    errno.EINVAL: "The disk there may not take this name: rename the input, or choose another place{}.",
    errno.EILSEQ: "The disk there may not take this name: rename the input, or choose another place{}.",
}

_ABOUT_ONE_NAME = (
    *(errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY),
    *(errno.EACCES, errno.EPERM, errno.EBUSY),
)
"""What a rename is refused for that the next one may be granted: the folder took the file, under another name."""

_LOCKED = (5, 32, 33)
"""How Windows says that another program has a file open, such as a scanner for viruses, which has done soon."""
_LOCK_WAITS = (0.1, 0.3, 1.0)
"""Seconds between tries."""
_CLOSE_IT = "Close the program that has it open, or choose another place{}."
_CLOSE_OR_PERMIT = "Close the program that has it open, change the permissions, or choose another place{}."
"""It says the same of a file that is open as of one that may not be written, where it is to be replaced."""

_WINDOWS_LETTERS = 240
"""Length of a path from which Windows wants it in its long form; the system's limit is 260, for folders 248."""

_UNKNOWN_TO_SYSTEM = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EACCES)


def write_atomically(path: Path, data: bytes, *, elsewhere: str = "") -> None:
    """Write a file so that it is there whole or not at all; missing folders are made.

    Args:
        path: The file.
        data: What it holds.
        elsewhere: The option that leads to another place, for the advice; none where there is no such option.

    Raises:
        CannotWriteError: No right, no space, or something in the way. An older file of that name is untouched and no
            partial one remains.
    """
    with file_atomically(path, needed=len(data), elsewhere=elsewhere) as partial, partial.open("xb") as file:
        file.write(data)


@contextmanager
def file_atomically(
    path: Path, *, folder: Path | None = None, needed: int | None = None, elsewhere: str = ""
) -> Iterator[Path]:
    """Give a name to write a new file under, and rename it to `path` once it is whole; missing folders are made.

    Args:
        path: The file.
        folder: Where it grows, on the same disk; None for beside its place.
        needed: About how many bytes it will have, for the message when the disk is full.
        elsewhere: As in `write_atomically`.

    Yields:
        A path where nothing is yet.

    Raises:
        CannotWriteError: As `write_atomically`.
    """
    # Not derived from the name, which may already be as long as the file system allows.
    partial = long_path((folder or path.parent) / partial_name())
    path = long_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            _send_to_disk(partial)
            _take_place(partial, path, elsewhere)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise cannot_write(path, error, needed=needed, elsewhere=elsewhere) from error


def _take_place(partial: Path, path: Path, elsewhere: str) -> None:
    """Rename a file to its name, asking again where another program has the old one open.

    Raises:
        NameRefusedError: It cannot have this name.
        OSError: Something else is wrong.
    """
    for seconds in (*_LOCK_WAITS, None):
        try:
            partial.replace(path)
            return
        except OSError as error:
            if getattr(error, "winerror", None) in _LOCKED and seconds is not None:
                time.sleep(seconds)
                continue
            if error.errno in _ABOUT_ONE_NAME:
                told = cannot_write(path, error, elsewhere=elsewhere)
                raise NameRefusedError(str(told.args[0]), advice=told.advice) from error
            raise


def _send_to_disk(path: Path) -> None:
    """Wait until a file is on the disk: a power cut after a rename could else leave an empty one under its name.

    Network shares and other file systems that know no such thing are done without.
    """
    try:
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno not in _UNKNOWN_TO_SYSTEM:
            raise


def cannot_write(path: Path, error: OSError, *, needed: int | None = None, elsewhere: str = "") -> CannotWriteError:
    """Say what the system's refusal to write a file means and what to do.

    Args:
        path: The file or folder.
        error: The refusal.
        needed: Bytes that it needs, told when the disk is full.
        elsewhere: As in `write_atomically`.
    """
    reason = error.strerror or str(error)
    advice = _ADVICE.get(error.errno or 0, _OTHERWISE)
    if getattr(error, "winerror", None) in _LOCKED:
        advice = _CLOSE_IT if error.winerror != _LOCKED[0] else _CLOSE_OR_PERMIT  # type: ignore[attr-defined, unused-ignore]
    advice = advice.format(f" with {elsewhere}" if elsewhere else "")
    if error.errno in (errno.ENOSPC, errno.EDQUOT) and needed is not None:
        reason += f"; it needs about {_size(needed)}"
        with suppress(OSError):
            reason += f", {_size(shutil.disk_usage(_existing(path)).free)} are free"
    return CannotWriteError(f"{path} cannot be written: {reason}.", advice=advice)


def long_path(path: Path) -> Path:
    """Return a path by which Windows finds a file however long its path is; elsewhere the same."""
    # The long form is taken as it is: nothing resolves the dots in it.
    return Path(extended(os.path.abspath(path))) if os.name == "nt" else path  # noqa: PTH100


def extended(path: str) -> str:
    """Return an absolute path of Windows in its long form, if it is long."""
    if len(path) < _WINDOWS_LETTERS or path.startswith("\\\\?\\"):
        return path
    return f"\\\\?\\UNC\\{path[2:]}" if path.startswith("\\\\") else f"\\\\?\\{path}"


def tells_names_apart(folder: Path) -> bool:
    """Say whether names that differ in case alone are two files below a folder, which need not be there yet.

    Looks at the nearest folder that is there whose name has letters, under its name in the other case.
    """
    for one in (folder, *folder.absolute().parents):
        swapped = one.with_name(one.name.swapcase()) if one.name else one
        if swapped.name != one.name and one.is_dir():
            try:
                return not (swapped.exists() and swapped.samefile(one))
            except OSError:
                return True
    return os.name != "nt" and sys.platform != "darwin"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


def _existing(path: Path) -> Path:
    """Return the nearest folder above that is there."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())
