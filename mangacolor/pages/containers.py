"""Archives as lists of entries that can be read one by one and written anew with some of them replaced."""

from __future__ import annotations

import copy
import shutil
import stat
import tarfile
import tempfile
import threading
import time
import weakref
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from mangacolor.errors import BadInputError, UsageError

_ADVICE_DAMAGED = "Copy or download the file again."
_ADVICE_PASSWORD = "Give the right one with --password."
_COPY_BYTES = 1 << 20
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_AES = 99
_ZIP64_FROM = 1 << 31
_EARLIEST_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Limits:
    """What a book may ask of the machine before it is refused.

    Attributes:
        entries: Most entries of an archive.
        entry_bytes: Largest entry once unpacked.
        expansion: Unpacked size over the archive's own; asked only of books above `harmless_bytes`.
        harmless_bytes: Unpacked size that every machine can take.
    """

    entries: int = 100_000
    entry_bytes: int = 1 << 30
    expansion: int = 100
    harmless_bytes: int = 256 << 20


@dataclass(frozen=True)
class Entry:
    """One entry of an archive.

    Attributes:
        index: Place in the archive.
        name: Its name with forward slashes, safe to write: relative, without `..`.
        size: Bytes once unpacked.
        is_file: Whether it holds data of its own (no folder, link or device).
    """

    index: int
    name: str
    size: int
    is_file: bool


@dataclass(frozen=True)
class Replacement:
    """New content for an entry: its name, and the file that holds it."""

    name: str
    path: Path


class Container(Protocol):
    """An archive of a kind that can be read."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries in the order of the archive."""

    def read(self, index: int) -> bytes:
        """Unpack an entry.

        Raises:
            BadInputError: It is damaged or encrypted with another password.
        """

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> None:
        """Write the archive to a file that does not exist, all else byte for byte.

        Raises:
            BadInputError: An entry cannot be copied.
            OSError: The file cannot be written.
        """


def safe_name(name: str) -> str:
    """Return an archive's name as a relative path with forward slashes and no `..`.

    Where nothing is left, it is "_" for a file and "./" for a folder, whose name ends in a slash.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if parts and len(parts[0]) == 2 and parts[0][1] == ":":
        parts = parts[1:]
    is_folder = name.endswith("/")
    return "/".join(parts) + "/" * is_folder if parts else "./" if is_folder else "_"


def check_limits(path: Path, entries: tuple[Entry, ...], limits: Limits) -> None:
    """Refuse archives that would fill memory or disk.

    Raises:
        BadInputError: Too many entries, one too large, or all together far larger than the archive.
    """
    if len(entries) > limits.entries:
        raise BadInputError(
            f"{path} holds {len(entries)} entries, the limit is {limits.entries}.",
            advice="Split it into several books, or raise --max-entries.",
        )
    largest = max(entries, key=lambda entry: entry.size, default=None)
    if largest is not None and largest.size > limits.entry_bytes:
        raise BadInputError(
            f"{path}: {largest.name} unpacks to {largest.size >> 20} MB, the limit is {limits.entry_bytes >> 20} MB.",
            advice="This may be a zip bomb. If it is not, unpack it and colour the folder.",
        )
    total, packed = sum(entry.size for entry in entries), max(1, path.stat().st_size)
    if total > max(limits.harmless_bytes, limits.expansion * packed):
        raise BadInputError(
            f"{path} unpacks to {total >> 20} MB, {total // packed} times its own size; "
            f"the limit is {limits.expansion} times.",
            advice="This may be a zip bomb. If it is not, raise --max-expansion.",
        )


class ZipContainer:
    """ZIP, CBZ and EPUB."""

    def __init__(self, path: Path, *, password: str | None = None, limits: Limits | None = None) -> None:
        self.path = path
        self._password = password.encode() if password is not None else None
        with _telling(path):
            self._archive = zipfile.ZipFile(path)
        self._infos = self._archive.infolist()
        self.entries = tuple(
            Entry(index, safe_name(_zip_name(info)), info.file_size, _is_zip_file(info))
            for index, info in enumerate(self._infos)
        )
        check_limits(path, self.entries, limits or Limits())

    def read(self, index: int) -> bytes:
        """Unpack an entry; see `Container`."""
        with _telling(self.path, self.entries[index].name), self._entry(index) as source:
            return source.read()

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> None:
        """Write the archive anew; see `Container`.

        Entries keep order, times, permissions, comments and whether they are compressed. Nothing is encrypted.
        """
        with zipfile.ZipFile(target, "x", allowZip64=True) as result:
            result.comment = self._archive.comment
            for entry, info in zip(self.entries, self._infos, strict=True):
                replacement = replacements.get(entry.index)
                written = _copied_info(info, replacement.name if replacement else entry.name)
                if info.is_dir():
                    result.writestr(written, b"")
                    continue
                size = replacement.path.stat().st_size if replacement else info.file_size
                with _telling(self.path, entry.name, reading_only=True):
                    source = replacement.path.open("rb") if replacement else self._entry(entry.index)
                    with source as data, result.open(written, "w", force_zip64=size > _ZIP64_FROM) as sink:
                        shutil.copyfileobj(data, sink, _COPY_BYTES)

    def _entry(self, index: int) -> IO[bytes]:
        info = self._infos[index]
        if info.compress_type == _AES:
            raise BadInputError(f"{self.path} is encrypted with AES.", advice="Unpack it and colour the folder.")
        if info.flag_bits & _ENCRYPTED and self._password is None:
            raise BadInputError(f"{self.path} is encrypted.", advice="Give its password with --password.")
        return self._archive.open(info, pwd=self._password)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Read a name as its writer meant it: without the flag for UTF-8 it may be UTF-8 all the same, or Shift-JIS."""
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _is_zip_file(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return not info.is_dir() and kind in (0, stat.S_IFREG)


def _copied_info(info: zipfile.ZipInfo, name: str) -> zipfile.ZipInfo:
    """Describe an entry to be written like another one."""
    written = zipfile.ZipInfo(name, max(_EARLIEST_DATE, info.date_time))
    known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    written.compress_type = info.compress_type if info.compress_type in known else zipfile.ZIP_DEFLATED
    written.comment, written.create_system = info.comment, info.create_system
    written.external_attr, written.internal_attr = info.external_attr, info.internal_attr
    return written


class TarContainer:
    """TAR and CBT, compressed or not."""

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        with _telling(path):
            self._archive = tarfile.open(path)  # noqa: SIM115
            weakref.finalize(self, self._archive.close)
            self._infos = self._archive.getmembers()
        self.entries = tuple(
            Entry(index, safe_name(info.name + "/" * info.isdir()), info.size, info.isreg())
            for index, info in enumerate(self._infos)
        )
        check_limits(path, self.entries, limits or Limits())

    def read(self, index: int) -> bytes:
        """Unpack an entry; see `Container`."""
        with self._lock, _telling(self.path, self.entries[index].name):
            source = self._archive.extractfile(self._infos[index])
            return source.read() if source else b""

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> None:
        """Write the archive anew with the same compression; see `Container`."""
        mode: Any = f"x:{_tar_compression(self.path)}"
        with self._lock, tarfile.open(target, mode, format=tarfile.PAX_FORMAT) as result:
            for entry, info in zip(self.entries, self._infos, strict=True):
                written = copy.copy(info)
                written.name = entry.name
                replacement = replacements.get(entry.index)
                with _telling(self.path, entry.name, reading_only=True):
                    if replacement is not None:
                        written.name, written.size = replacement.name, replacement.path.stat().st_size
                        with replacement.path.open("rb") as data:
                            result.addfile(written, data)
                    else:
                        result.addfile(written, self._archive.extractfile(info) if info.isreg() else None)


def _tar_compression(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(6)
    signatures = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz"}
    return next((name for signature, name in signatures.items() if start.startswith(signature)), "")


class UnpackedContainer:
    """RAR and 7-Zip, read by libarchive, which goes through them from front to back only: they are unpacked first.

    What is written is a ZIP.
    """

    def __init__(self, path: Path, *, password: str | None = None, limits: Limits | None = None) -> None:
        self.path = path
        self._password = password
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
                moment = time.localtime(modified)
                date = (moment.tm_year, moment.tm_mon, moment.tm_mday, moment.tm_hour, moment.tm_min, moment.tm_sec)
                info = zipfile.ZipInfo(replacement.name if replacement else entry.name, max(_EARLIEST_DATE, date))
                info.external_attr = 0o644 << 16
                with source.open("rb") as data, result.open(info, "w", force_zip64=entry.size > _ZIP64_FROM) as sink:
                    shutil.copyfileobj(data, sink, _COPY_BYTES)

    def _file(self, index: int) -> Path:
        with self._lock:
            if self._folder is None:
                folder = Path(tempfile.mkdtemp(prefix="mangacolor-"))
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                self._unpack(folder)
                self._folder = folder
        return self._folder / str(index)

    def _unpack(self, folder: Path) -> None:
        with self._opened() as archive:
            for entry, item in zip(self.entries, archive, strict=False):
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
            with libarchive.file_reader(str(self.path), passphrase=self._password) as archive:
                yield iter(archive)
        except libarchive.ArchiveError as error:
            is_locked = any(word in str(error).lower() for word in ("passphrase", "encrypt"))
            advice = "Give its password with --password." if is_locked else _ADVICE_DAMAGED
            raise BadInputError(f"{self.path} cannot be unpacked: {error}.", advice=advice) from error


@contextmanager
def _telling(path: Path, entry: str = "", *, reading_only: bool = False) -> Iterator[None]:
    """Tell what is wrong with an archive in the terms of this package.

    Args:
        path: The archive.
        entry: Its entry at hand.
        reading_only: Leave errors of the operating system alone: they may be about what is written.
    """
    what = f"{path}: {entry}" if entry else str(path)
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError) as error:
        raise BadInputError(f"{what} is damaged: {error}.", advice=_ADVICE_DAMAGED) from error
    except RuntimeError as error:
        if "password" not in str(error):
            raise
        raise BadInputError(f"{path} is encrypted with another password.", advice=_ADVICE_PASSWORD) from error
    except OSError as error:
        if reading_only:
            raise
        reason = error.strerror or str(error)
        raise BadInputError(f"{what} cannot be read: {reason}.", advice="Check its permissions.") from error
