"""RAR and 7-Zip archives: CBR and CB7."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
import weakref
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mangacolor.errors import BadInputError, UsageError, reason_of
from mangacolor.pages.containers import (
    COPY_BYTES,
    Entry,
    Limits,
    Replacement,
    check_limits,
    safe_name,
)
from mangacolor.pages.files import cannot_write
from mangacolor.pages.zipped import EARLIEST_DATE, LATEST_DATE, ZIP64_FROM

_ADVICE = (
    "Copy or download the file again; if it has a password, unpack it with the program that made it and colour the "
    "folder."
)


class UnpackedContainer:
    """RAR and 7-Zip, read by libarchive, which goes through them from front to back only: they are unpacked first.

    What is written is a ZIP.
    """

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        self.path = path
        self._limits = limits or Limits()
        self._folder: Path | None = None
        self._lock = threading.Lock()
        entries: list[Entry] = []
        self._times: list[float] = []
        with self._opened() as archive:
            for index, item in enumerate(archive):
                if index > self._limits.entries:
                    break
                entries.append(Entry(index, safe_name(item.pathname or ""), item.size or 0, bool(item.isfile)))
                self._times.append(float(item.mtime or 0))
        self.entries = tuple(entries)
        check_limits(path, self.entries, self._limits)

    def read(self, index: int) -> bytes:
        """Unpack everything into a temporary folder the first time, and return an entry; see `Container`."""
        return self._file(index).read_bytes()

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> None:
        """Write the entries as a ZIP; see `Container`."""
        with zipfile.ZipFile(target, "x", allowZip64=True) as result:
            for entry, modified in zip(self.entries, self._times, strict=True):
                if not entry.is_file:
                    continue
                replacement = replacements.get(entry.index)
                source = replacement.path if replacement else self._file(entry.index)
                info = zipfile.ZipInfo(replacement.name if replacement else entry.name, _zip_date(modified))
                info.external_attr = 0o644 << 16
                with source.open("rb") as data, result.open(info, "w", force_zip64=entry.size > ZIP64_FROM) as sink:
                    shutil.copyfileobj(data, sink, COPY_BYTES)

    def _file(self, index: int) -> Path:
        with self._lock:
            if self._folder is None:
                folder = Path(tempfile.mkdtemp(prefix="mangacolor-"))
                try:
                    self._unpack(folder)
                except BaseException as error:
                    shutil.rmtree(folder, ignore_errors=True)
                    if isinstance(error, OSError):
                        needed = sum(entry.size for entry in self.entries)
                        raise cannot_write(folder, error, needed=needed, elsewhere="$TMPDIR") from error
                    raise
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                self._folder = folder
        return self._folder / str(index)

    def _unpack(self, folder: Path) -> None:
        with self._opened() as archive:
            for entry, item in zip(self.entries, archive, strict=False):
                if not entry.is_file:
                    continue  # folders of RAR archives cannot even be asked for their data
                written = 0
                with (folder / str(entry.index)).open("wb") as sink:
                    for block in item.get_blocks():
                        written += len(block)
                        if written > self._limits.entry_bytes:
                            raise BadInputError(
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
                advice="pip install 'mangacolor[archives]', and the system's libarchive (Debian: libarchive13).",
            ) from error
        try:
            with libarchive.file_reader(str(self.path)) as archive:
                yield iter(archive)
        except libarchive.ArchiveError as error:
            # libarchive decrypts neither, and calls some of what is encrypted damaged.
            raise BadInputError(f"{self.path} cannot be unpacked: {reason_of(error)}.", advice=_ADVICE) from error


def _zip_date(seconds: float) -> tuple[int, int, int, int, int, int]:
    """Return a moment as ZIP writes it, the nearest one that it can write."""
    try:
        moment = time.localtime(seconds)
    except (OverflowError, ValueError, OSError):
        return EARLIEST_DATE
    date = (moment.tm_year, moment.tm_mon, moment.tm_mday, moment.tm_hour, moment.tm_min, moment.tm_sec)
    return min(max(EARLIEST_DATE, date), LATEST_DATE)
