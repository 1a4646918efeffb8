"""Coloured pages on disk: found again by what was asked, the least used deleted when they take too much room.

A page is a file whose name is a digest of everything that decides what it holds, so that nothing is ever out of date,
and several servers and runs may share a folder. Files are whole or absent; a kill leaves at most a partial one, which
is swept.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.books.files import write_atomically
from mangacolor.books.partials import sweep_partials
from mangacolor.colorize.hints import Hint
from mangacolor.errors import CannotWriteError
from mangacolor.image.formats import START_BYTES

if TYPE_CHECKING:
    from hashlib import _Hash

USUAL_BYTES = 2 << 30
"""What a folder of pages may take where nobody said: some thousand pages."""

_LOOKS = 16
"""Each time that one process has written this part of the limit, it looks what others have written: with N of them
the folder is larger than the limit by N / 16 at most. A look at ten thousand pages takes less than half a second."""

_NAME = re.compile(r"[0-9a-f]{64}")
_LIMIT_NAME = ".limit"


@dataclass(frozen=True)
class PageContent:
    """What tells a page's file from others, in a few hundred bytes: enough to find what it was coloured to.

    Attributes:
        digest: Of its bytes.
        head: Its first bytes, by which its format is known.
    """

    digest: _Hash
    head: bytes

    @classmethod
    def of(cls, data: bytes) -> PageContent:
        """Return what tells a page's file from others."""
        return cls(hashlib.sha256(data), data[:START_BYTES])

    def key(self, *, settings: str, format: str, quality: int | None = None, hints: Sequence[Hint] = ()) -> str:
        """Return the name of the coloured page; see `page_key`."""
        digest = self.digest.copy()
        digest.update(f"\0{settings}\0{format} {quality} {list(hints)}".encode())
        return digest.hexdigest()


def page_key(data: bytes, *, settings: str, format: str, quality: int | None = None, hints: Sequence[Hint] = ()) -> str:
    """Return the name of a coloured page: the same wherever the same bytes are coloured in the same way.

    Args:
        data: The page's file.
        settings: Everything that decides its colours but the hints; see `Colorizer.settings` and `with_series`.
        format: What it is written as, where that format can hold it.
        quality: Of that format; None for the page's own.
        hints: Colours of some of its spots.
    """
    return PageContent.of(data).key(settings=settings, format=format, quality=quality, hints=hints)


def with_series(settings: str, digest: str) -> str:
    """Return everything that decides the colours of pages that follow the series of a digest; see `SeriesColours`."""
    return f"{settings} series {digest}" if digest else settings


class PageCache:
    """Files by digest, at most so many bytes of them.

    Args:
        folder: Where they lie; made if missing. Pages of earlier runs are found again.
        limit_bytes: What all of them may take together; None for what was said last, so that a run that only comes
            by deletes nothing of a server with a large cache.

    Raises:
        CannotWriteError: The folder cannot be made or read.
    """

    def __init__(self, folder: Path, limit_bytes: int | None = None) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self.bytes = self._unlooked = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._look()
            self.limit_bytes = self._limit(limit_bytes)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotWriteError(
                f"{folder} cannot hold pages: {reason}.", advice="Choose another --cache."
            ) from error
        sweep_partials(folder)
        self._shrink()

    def _limit(self, said: int | None) -> int:
        note = self.folder / _LIMIT_NAME
        if said is None:
            try:
                return int(note.read_text())
            except (OSError, ValueError):
                return USUAL_BYTES
        with suppress(CannotWriteError):
            write_atomically(note, str(said).encode())
        return said

    def __len__(self) -> int:
        return len(self._sizes)

    def has(self, key: str) -> bool:
        """Say whether something is kept under a key; that counts as no use of it."""
        return (self.folder / key).is_file()

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or None."""
        path = self.folder / key
        try:
            data = path.read_bytes()
        except OSError:
            with self._lock:
                self.bytes -= self._sizes.pop(key, 0)
            return None
        with suppress(OSError):  # the next start of a server knows by it what was used last
            os.utime(path)
        self._note(key, len(data))
        return data

    def put(self, key: str, data: bytes) -> bool:
        """Keep a file; say whether there was room for it: a full disk costs time later and no page now."""
        if len(data) > self.limit_bytes:
            return False
        try:
            write_atomically(self.folder / key, data)
        except CannotWriteError:
            return False
        self._note(key, len(data))
        self._unlooked += len(data)
        if self._unlooked > self.limit_bytes // _LOOKS:
            with suppress(OSError):  # what is known from the last look will do
                self._look()
        self._shrink()
        return True

    def _look(self) -> None:
        """See what is in the folder, the least used first; others write there and make room, too."""
        with self._lock:
            self._unlooked = 0
            with os.scandir(self.folder) as entries:
                states = [state for entry in entries if (state := _state(entry)) is not None]
            # Disks have coarse times: of pages of one time, those last used here are the youngest.
            uses = {name: number for number, name in enumerate(self._sizes)}
            states.sort(key=lambda state: (state[0], uses.get(state[1], -1)))
            self._sizes = OrderedDict((name, size) for _, name, size in states)
            self.bytes = sum(self._sizes.values())

    def _note(self, key: str, size: int) -> None:
        with self._lock:
            self.bytes += size - self._sizes.pop(key, 0)
            self._sizes[key] = size

    def _shrink(self) -> None:
        while True:
            with self._lock:
                if self.bytes <= self.limit_bytes or not self._sizes:
                    return
                key, size = self._sizes.popitem(last=False)
                self.bytes -= size
            with suppress(OSError):
                (self.folder / key).unlink()


def _state(entry: os.DirEntry[str]) -> tuple[int, str, int] | None:
    """Return when a page was used last, its name and its size; None for another file, or one that is gone by now."""
    if not _NAME.fullmatch(entry.name):
        return None
    try:
        status = entry.stat()
    except FileNotFoundError:  # another process made room
        return None
    return status.st_mtime_ns, entry.name, status.st_size
