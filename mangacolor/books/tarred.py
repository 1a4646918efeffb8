"""TAR archives: CBT."""

from __future__ import annotations

import bz2
import copy
import gzip
import io
import logging
import lzma
import struct
import tarfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from mangacolor.books.containers import (
    COPY_BYTES,
    Entry,
    Limits,
    Replacement,
    check_limits,
    is_harmless,
    most_unpacked,
    safe_name,
    telling,
)
from mangacolor.books.looks import wants_a_look
from mangacolor.books.tar_headers import MOST_FACTS, MeasuredInfo, facts_of, pieces_of, see_sizes
from mangacolor.books.zip_names import encoding_of, renamed
from mangacolor.image.formats import START_BYTES

logger = logging.getLogger("mangacolor")

_BLOCK = 512
_OF_THE_OLD = ("path", "size", "linkpath", "hdrcharset")
"""What a PAX header says of an entry that is not true of another with the same header."""


class TarContainer:
    """TAR and CBT, compressed or not. What is not replaced is copied with its own headers, block by block."""

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        limits = limits or Limits()
        self._infos: list[tarfile.TarInfo] = []
        self._ends: list[int] = []
        starts: list[bytes] = []
        most = most_unpacked(path, limits)
        self._facts = unpacked = total = 0
        with telling(path):
            self._archive = tarfile.open(path, tarinfo=MeasuredInfo)  # noqa: SIM115
            weakref.finalize(self, self._archive.close)
            # To list a packed archive is to unpack it: a bomb is left at the first entry that gives it away.
            while len(starts) <= limits.entries and total <= most and (info := self._next(bool(starts))):
                is_asked = info.isreg() and wants_a_look(safe_name(_said(info, encoding_of([_raw(info)]))))
                starts.append(self._start(info) if is_asked else b"")
                self._infos.append(info)
                self._ends.append(self._archive.offset)
                unpacked += info.size
                total = max(unpacked, self._ends[-1])
        encoding = encoding_of([raw for raw in map(_raw, self._infos) if not _is_utf8(raw)])
        self._names = [_said(info, encoding) for info in self._infos]
        self.entries = tuple(
            Entry(index, safe_name(name + "/" * info.isdir()), info.size, info.isreg(), start)
            for index, (info, name, start) in enumerate(zip(self._infos, self._names, starts, strict=True))
        )
        check_limits(path, self.entries, limits, packed=max(self._ends, default=0))

    def read(self, index: int) -> bytes:
        """Unpack an entry; see `Container`."""
        with self._lock, telling(self.path, self.entries[index].name):
            return b"".join(self._pieces(self._infos[index]))

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> dict[int, str]:
        """Write the archive anew with the same compression; see `Container`."""
        damaged: dict[int, str] = {}
        place = 0
        with self._lock, _opened(target, self.path) as result:
            for entry, info, end in zip(self.entries, self._infos, self._ends, strict=True):
                replacement = replacements.get(entry.index)
                with telling(self.path, entry.name, reading_only=True):
                    # Headers that hold for all that follows stand between the entries.
                    result.write(self._blocks(place, info.offset))
                    place = end
                    if replacement is not None:
                        size = replacement.path.stat().st_size
                        with replacement.path.open("rb") as data:
                            _add(result, info, self._renamed(entry, replacement.name), data, size)
                    elif not self._copied(result, entry, info, end):
                        damaged[entry.index] = f"{self.path}: {entry.name} is damaged: its end is missing."
            for index in sorted(index for index in replacements if index >= len(self.entries)):
                added = tarfile.TarInfo(replacements[index].name)
                added.mtime, size = int(self.path.stat().st_mtime), replacements[index].path.stat().st_size
                with replacements[index].path.open("rb") as data:
                    _add(result, added, added.name, data, size)
            result.write(bytes(2 * _BLOCK))
            result.write(bytes(-result.tell() % tarfile.RECORDSIZE))
        return damaged

    def _next(self, some: bool) -> tarfile.TarInfo | None:
        """Return the next entry; where the archive is cut or damaged after some, that is its end."""
        try:
            info = self._archive.next()
            # An archive ends in zeros; for `tarfile` it also ends, without a word, at a header that is none.
            if info is None and self._blocks(self._archive.offset, self._archive.offset + _BLOCK).strip(b"\0"):
                raise tarfile.ReadError("a header is no header")
            if info is not None:
                see_sizes(info, self._archive.offset)
                self._facts += facts_of(info)
                if self._facts > MOST_FACTS:
                    raise tarfile.ReadError("its headers say more than headers of books do")
        except MemoryError:
            raise
        except Exception as error:  # as in `telling`
            if not some:
                raise
            logger.warning("%s is damaged: %s. What follows is lost.", self.path, error)
            return None
        return info

    def _start(self, info: tarfile.TarInfo) -> bytes:
        with suppress(tarfile.TarError, EOFError, ValueError):
            source = self._archive.extractfile(info)
            return source.read(START_BYTES) if source else b""
        return b""

    def _pieces(self, info: tarfile.TarInfo) -> Iterator[bytes]:
        """Yield what a file unpacks to, zeros for its holes; what is no file has no data."""
        if not info.isreg():
            return
        file, place = cast("IO[bytes]", self._archive.fileobj), 0
        file.seek(info.offset_data)
        for start, count in (*pieces_of(info), (info.size, 0)):
            for missing in _steps(start - place):
                yield bytes(missing)
            for wanted in _steps(count):
                if len(data := file.read(wanted)) < wanted:
                    raise tarfile.ReadError("unexpected end of data")
                yield data
            place = start + count

    def _copied(self, result: IO[bytes], entry: Entry, info: tarfile.TarInfo, end: int) -> bool:
        """Copy an entry as it is, under a name that does no harm; say whether all of it is there."""
        whole = self._blocks(info.offset, end)
        if len(whole) == end - info.offset and is_harmless(self._names[entry.index]):
            result.write(whole)
            return True
        data, is_whole = b"", True
        if info.isreg():
            try:
                data = b"".join(self._pieces(info))
            except (tarfile.TarError, EOFError):
                data, is_whole = whole[info.offset_data - info.offset :][: info.size], False
        _add(result, info, entry.name, io.BytesIO(data), len(data))
        return is_whole

    def _renamed(self, entry: Entry, name: str) -> str:
        """Return a name as it is written; its bytes stay wherever that harms nobody."""
        info, said = self._infos[entry.index], self._names[entry.index]
        raw = renamed(_raw(info), said, name) if is_harmless(said) and entry.name == said else None
        return name if raw is None else raw.decode("utf-8", "surrogateescape")

    def _blocks(self, start: int, end: int) -> bytes:
        """Return a part of the archive, unpacked, as far as it is there."""
        file = cast("IO[bytes]", self._archive.fileobj)
        file.seek(start)
        parts = []
        # In small steps: what comes before a damaged place is worth having.
        with suppress(EOFError, lzma.LZMAError, gzip.BadGzipFile, struct.error):
            while start < end and (part := file.read(min(end - start, COPY_BYTES))):
                parts.append(part)
                start += len(part)
        return b"".join(parts)


def _steps(count: int) -> Iterator[int]:
    """Yield how many bytes to take at a time of so many."""
    return (min(COPY_BYTES, count - done) for done in range(0, count, COPY_BYTES))


def _raw(info: tarfile.TarInfo) -> bytes:
    return info.name.encode("utf-8", "surrogateescape")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _said(info: tarfile.TarInfo, encoding: str) -> str:
    """Read a name as its writer meant it: TAR does not say in which encoding that was."""
    raw = _raw(info)
    return info.name if _is_utf8(raw) else raw.decode(encoding, "replace")


def is_tar_head(head: bytes) -> bool:
    """Say by the checksum of its first header whether a file is a TAR archive; the oldest have no signature."""
    if len(head) < _BLOCK or not head[0]:
        return False
    try:
        told = int(head[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return told == sum(head[:148]) + 8 * 0x20 + sum(head[156:_BLOCK])


def _add(result: IO[bytes], info: tarfile.TarInfo, name: str, data: IO[bytes], size: int) -> None:
    """Write an entry like another one."""
    written = copy.copy(info)
    written.name, written.size = name.removesuffix("/"), size
    written.pax_headers = {
        key: value for key, value in info.pax_headers.items()
        if key not in _OF_THE_OLD and not key.startswith("GNU.sparse.")
    }  # fmt: skip
    if written.isreg():
        written.type = tarfile.REGTYPE  # a file with holes is written without them
    result.write(
        written.tobuf(tarfile.PAX_FORMAT if info.pax_headers else tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    )
    while block := data.read(COPY_BYTES):
        result.write(block)
    result.write(bytes(-size % _BLOCK))


@contextmanager
def _opened(target: Path, like: Path) -> Iterator[IO[bytes]]:
    """Open a new file that packs as another one is packed."""
    with like.open("rb") as file:
        start = file.read(6)
    with target.open("xb") as made:
        if start.startswith(b"\x1f\x8b"):
            # The book has a name of its own only once it is whole, so none goes into the header.
            with gzip.GzipFile("", "wb", fileobj=made) as packed:
                yield cast("IO[bytes]", packed)
        elif start.startswith(b"BZh"):
            with bz2.open(made, "wb") as packed:
                yield cast("IO[bytes]", packed)
        elif start.startswith(b"\xfd7zXZ\x00"):
            with lzma.open(made, "wb") as packed:
                yield cast("IO[bytes]", packed)
        else:
            yield made
