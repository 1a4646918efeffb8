"""RAR and 7-Zip archives, CBR and CB7, and whatever else libarchive reads."""

from __future__ import annotations

import io
import logging
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from mangacolor.books.containers import (
    COPY_BYTES,
    Entry,
    Limits,
    Replacement,
    check_limits,
    most_unpacked,
    safe_name,
    telling,
)
from mangacolor.books.files import cannot_write
from mangacolor.books.looks import wants_a_look
from mangacolor.books.rar_volumes import archive_start, refuse_volumes
from mangacolor.books.scratch import scratch_folder, sweep_scratch
from mangacolor.books.zip_names import encoding_of
from mangacolor.books.zip_writer import write_zip
from mangacolor.errors import BadInputError, UsageError, reason_of
from mangacolor.image.formats import START_BYTES

logger = logging.getLogger("mangacolor")

_ADVICE = (
    "Copy or download the file again; if it has a password, unpack it with the program that made it and colour the "
    "folder."
)
_INSTALL = (
    'pip install "mangacolor[archives]", and libarchive: apt install libarchive13, or brew install libarchive; '
    "elsewhere $LIBARCHIVE says where its library lies (Windows: archive.dll)."
)
_MOST_STARTS = 50
"""How often an archive is gone through again to get past a damaged entry."""


class UnpackedContainer:
    """RAR and 7-Zip, read by libarchive, which goes through them from front to back only: they are unpacked first.

    What is written is a ZIP.
    """

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        sweep_scratch()
        sweep_scratch(path.parent)
        self.path = path
        self._limits = limits or Limits()
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._damaged: dict[int, str] = {}
        self._written = 0
        refuse_volumes(path)
        entries: list[Entry] = []
        self._times: list[float] = []
        try:
            with self._opened() as archive:
                for index, item in enumerate(archive):
                    if index > self._limits.entries:
                        break
                    name = safe_name(_pathname(item))
                    # What was packed from a pipe calls itself one, and has data nevertheless.
                    is_file = bool(item.isfile or (item.isfifo and item.size))
                    start = _start(item) if is_file and wants_a_look(name) else b""
                    entries.append(Entry(index, name, item.size or 0, is_file, start))
                    self._times.append(float(item.mtime or 0))
        except BadInputError as error:
            if not entries:
                raise
            logger.warning("%s What follows is lost.", error.args[0])
        self.entries = tuple(entries)
        self._said = sum(entry.size for entry in entries)
        check_limits(path, self.entries, self._limits)

    def read(self, index: int) -> bytes:
        """Unpack everything into a temporary folder the first time, and return an entry; see `Container`."""
        file = self._file(index)
        if index in self._damaged:
            raise BadInputError(self._damaged[index], advice=_ADVICE)
        with telling(self.path, self.entries[index].name):
            return file.read_bytes()

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> dict[int, str]:
        """Write the entries as a ZIP; see `Container`."""
        entries = zip(self.entries, self._times, strict=True)
        write_zip(target, entries, self._file, replacements, self.path.stat().st_mtime)
        return dict(self._damaged)

    def _file(self, index: int) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = self._unpacked()
        return self._folder / str(index)

    def _unpacked(self) -> Path:
        """Unpack among the system's temporary files, or where they have no room, beside the archive."""
        refusal: OSError | None = None
        for place in (None, self.path.parent):
            try:
                folder, drop = scratch_folder(self, place)
            except OSError as error:
                refusal = refusal or error
                continue
            try:
                self._unpack(folder)
                if self._limits.room is not None:  # what it says was counted when it was opened
                    self._limits.room.take(max(0, self._written - self._said))
            except BaseException as error:
                drop()
                if not isinstance(error, OSError):
                    raise
                refusal = refusal or error
            else:
                return folder
        needed = sum(entry.size for entry in self.entries)
        temporary = Path(os.environ.get("TMPDIR") or os.curdir)
        with suppress(OSError):
            temporary = Path(tempfile.gettempdir())
        raise cannot_write(temporary, cast("OSError", refusal), needed=needed, elsewhere="$TMPDIR") from refusal

    def _unpack(self, folder: Path) -> None:
        """Unpack everything, once more from the start behind each entry that is damaged."""
        first, self._damaged, self._written = 0, {}, 0  # a disk that was full has left nothing
        for _ in range(_MOST_STARTS):
            try:
                with self._opened() as archive:
                    for entry, item in zip(self.entries, archive, strict=False):
                        # Folders of RAR archives cannot even be asked for their data.
                        if entry.index < first or not entry.is_file:
                            continue
                        first = entry.index + 1
                        self._unpack_one(item, entry, folder / str(entry.index))
                break
            except _LargerThanSaid:
                raise
            except BadInputError as error:
                reason = str(error.args[0])
                if not first:
                    raise
                failed = self.entries[first - 1]
                if failed.index in self._damaged:
                    break  # it got no further
                self._damaged[failed.index] = reason.replace(str(self.path), f"{self.path}: {failed.name}", 1)
        for entry in self.entries:
            path = folder / str(entry.index)
            if entry.is_file and not path.exists():
                path.touch()
                self._damaged.setdefault(entry.index, f"{self.path}: {entry.name} cannot be reached past the damage.")

    def _unpack_one(self, item: Any, entry: Entry, path: Path) -> None:
        room = self._limits.room
        written, most = 0, self._said + room.left if room else most_unpacked(self.path, self._limits)
        with path.open("wb") as sink:
            for block in item.get_blocks():
                written += len(block)
                self._written += len(block)
                if written > self._limits.entry_bytes or self._written > most:
                    raise _LargerThanSaid(
                        f"{self.path}: {entry.name} is larger than it says.",
                        advice="This may be a bomb: do not unpack it.",
                    )
                sink.write(block)

    @contextmanager
    def _opened(self) -> Iterator[Iterator[Any]]:
        try:
            import libarchive
        except (ImportError, OSError, AttributeError, TypeError) as error:
            raise UsageError(
                f"{self.path}: reading RAR and 7-Zip needs libarchive.",
                advice=_INSTALL,
            ) from error
        start, format = archive_start(self.path)
        try:
            # By its name it would not find all files: it takes those that the locale can say.
            with (
                _Tail(self.path, start) as file,
                libarchive.stream_reader(file, format_name=format, block_size=COPY_BYTES) as archive,
            ):
                yield iter(archive)
        except libarchive.ArchiveError as error:
            # libarchive decrypts neither, and calls some of what is encrypted damaged.
            raise BadInputError(f"{self.path} cannot be unpacked: {reason_of(error)}.", advice=_ADVICE) from error


class _LargerThanSaid(BadInputError):
    """What may be a bomb is not gone on with."""


class _Tail(io.FileIO):
    """A file from some place on, as if it began there."""

    def __init__(self, path: Path, start: int) -> None:
        super().__init__(path)
        self._start = start
        super().seek(start)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return super().seek(offset + self._start if whence == io.SEEK_SET else offset, whence) - self._start

    def tell(self) -> int:
        return super().tell() - self._start


def _pathname(item: Any) -> str:
    """Return the name of an entry, also one in the bytes of an old computer."""
    try:
        name = item.pathname
    except UnicodeDecodeError as error:
        raw = bytes(error.object)
        return raw.decode(encoding_of([raw]), "replace")
    return name.decode(encoding_of([name]), "replace") if isinstance(name, bytes) else name or ""


def _start(item: Any) -> bytes:
    return next(iter(item.get_blocks(START_BYTES)), b"")[:START_BYTES]
