"""What Windows refuses, where it is missing: files that are open keep their names, and short paths end at 260 letters.

Oracle: Microsoft's "CreateFileW" (Python opens files without FILE_SHARE_DELETE) and "Maximum Path Length Limitation".
What other processes have open is not seen, and neither is what threads open in between.
"""

# ruff: noqa: PTH100, PTH115, PTH118, PTH119, PTH120, PTH123, PTH208
from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import shutil
from pathlib import Path

import pytest

from mangacolor.books import files, locks, scratch

NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what is open is looked up in /proc")
LONG_FORM = "/proc/self/root"
"""Stands for what Windows begins long paths with."""
_MOST_LETTERS = 259


class Nt:
    """`os` as a module sees it on Windows."""

    name = "nt"

    def __getattr__(self, name):
        return getattr(os, name)


def _in_use():
    held = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            held.add(os.readlink(f"/proc/self/fd/{name}"))
    with open("/proc/self/maps") as maps:  # what is mapped into memory is open, too
        held |= {line.split(None, 5)[5].strip() for line in maps if len(line.split(None, 5)) == 6}
    return held


def _place(path, folder=None):
    path = os.path.join(os.readlink(f"/proc/self/fd/{folder}") if folder is not None else "", os.fspath(path))
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def _refusal(path, code=32):
    error = PermissionError(errno.EACCES, "It is being used by another process", os.fspath(path))
    error.winerror = code
    return error


@pytest.fixture
def open_files_stay(monkeypatch):
    """No file that is open is deleted, renamed or replaced, as on Windows."""

    def deleting(real):
        def delete(path, *, dir_fd=None):
            if _place(path, dir_fd) in _in_use():
                raise _refusal(path)
            return real(path, dir_fd=dir_fd)

        return delete

    def moving(real):
        def move(source, target, **options):
            held, (old, new) = _in_use(), map(_place, (source, target))
            if old in held or any(one.startswith(f"{old}/") for one in held):
                raise _refusal(source)
            if new in held:
                raise _refusal(target, 5)
            return real(source, target, **options)

        return move

    for name in ("unlink", "remove"):
        monkeypatch.setattr(os, name, deleting(getattr(os, name)))
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, moving(getattr(os, name)))
    monkeypatch.setattr(shutil, "_use_fd_functions", False)
    monkeypatch.setattr(files, "_LOCK_WAITS", ())
    for module in (locks, scratch):
        monkeypatch.setattr(module, "os", Nt())


@pytest.fixture
def short_paths(monkeypatch):
    """Paths of 260 letters and more are not there unless they are in the long form, as on Windows."""

    def checked(real):
        def call(path, *others, **options):
            for one in (path, *others):
                is_path = isinstance(one, (str, Path)) and len(os.path.abspath(one)) > _MOST_LETTERS
                if is_path and not os.fspath(one).startswith(LONG_FORM):
                    raise FileNotFoundError(errno.ENOENT, "The system cannot find the path specified", os.fspath(one))
            return real(path, *others, **options)

        return call

    for name in ("stat", "lstat", "open", "unlink", "remove", "mkdir", "rmdir", "scandir", "listdir", "utime"):
        monkeypatch.setattr(os, name, checked(getattr(os, name)))
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, checked(getattr(os, name)))
    for module in (io, builtins):
        monkeypatch.setattr(module, "open", checked(module.open))
    monkeypatch.setattr(files, "os", Nt())
    monkeypatch.setattr(
        files, "extended", lambda path: path if len(path) < 240 or path.startswith(LONG_FORM) else f"{LONG_FORM}{path}"
    )
