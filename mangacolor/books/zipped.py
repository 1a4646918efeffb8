"""ZIP archives: CBZ and EPUB."""

from __future__ import annotations

import io
import logging
import os
import stat
import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from mangacolor.books.containers import (
    Entry,
    Limits,
    Replacement,
    check_limits,
    is_harmless,
    safe_name,
    telling,
)
from mangacolor.books.looks import wants_a_look
from mangacolor.books.zip_directory import read_directory
from mangacolor.books.zip_layout import ENCRYPTED, LOCAL_HEAD, UTF8_NAME, Record
from mangacolor.books.zip_names import (
    UNICODE_PATH,
    encoding_of,
    extra_fields,
    joined_fields,
    renamed,
    unicode_path,
)
from mangacolor.books.zip_unpack import AES, Damaged, first_bytes, unpack
from mangacolor.books.zip_writer import ZipWriter, without_fields
from mangacolor.errors import BadInputError, MangacolorError, UsageError
from mangacolor.image.formats import START_BYTES

logger = logging.getLogger("mangacolor")

_UNIX_SYSTEMS = (3, 19)
_PACKED_START = 512


class ZipContainer:
    """ZIP, CBZ and EPUB.

    The central directory decides what there is; where it is missing, the headers before the data do. An entry that
    cannot be read goes over as it is packed.

    Attributes:
        path: The archive.
        entries: See `Container`.
        is_salvaged: Whether the directory is missing or damaged.
    """

    def __init__(self, path: Path, *, password: str | None = None, limits: Limits | None = None) -> None:
        self.path = path
        self._password = password.encode() if password is not None else None
        self._limits = limits or Limits()
        with telling(path):
            directory = read_directory(path)
        self._records, self._comment = directory.records, directory.comment
        self.is_salvaged = directory.is_salvaged
        if directory.is_salvaged:
            logger.warning("%s has lost its directory: pages are taken as they are found.", path)
        encoding = encoding_of([one.name for one in self._records if not one.flags & UTF8_NAME])
        self._names = tuple(_text(one, encoding) for one in self._records)
        self.entries = tuple(self._entry(index) for index in range(len(self._records)))
        check_limits(path, self.entries, self._limits, packed=sum(one.packed_size for one in self._records))
        files = [one for one, entry in zip(self._records, self.entries, strict=True) if entry.is_file]
        if files and all(one.method == AES for one in files):
            _need_pyzipper(path)

    def read(self, index: int) -> bytes:
        """Unpack an entry; see `Container`."""
        record, name = self._records[index], self.entries[index].name
        with telling(self.path, name):
            with self.path.open("rb") as file:
                there, _ = self._found(file, record)
                packed = file.read(there)
            try:
                return unpack(record, packed, self._password, limit=self._limits.entry_bytes)
            except BadInputError as error:
                raise type(error)(f"{self.path}: {name}: {error.args[0]}", advice=error.advice) from error

    def start(self, index: int) -> bytes:
        """Return the first bytes of an entry, none where they are encrypted or packed in a rare way."""
        record = self._records[index]
        try:
            with self.path.open("rb") as file:
                self._go_to(file, record)
                return first_bytes(record, file.read(min(_PACKED_START, record.packed_size)), START_BYTES)
        except (OSError, Damaged):
            return b""

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> dict[int, str]:
        """Write the archive anew; see `Container`.

        Entries keep the bytes of their names, order, times, permissions, extra fields, comments and whether they are
        compressed. What a password opens is not encrypted any more.
        """
        damaged = {}
        with self.path.open("rb") as file, target.open("xb") as sink:
            writer = ZipWriter(sink)
            for entry, record in zip(self.entries, self._records, strict=True):
                replacement = replacements.get(entry.index)
                size, extra = self._found(file, record)
                written = self._renamed(record, entry, replacement.name if replacement else entry.name)
                if replacement is not None:
                    if written.name != record.name:
                        extra = without_fields(extra, UNICODE_PATH)  # the directory has the new one
                    with replacement.path.open("rb") as data:
                        writer.add(written, extra, data, replacement.path.stat().st_size)
                    continue
                reason, opened = self._checked(entry, record)
                if reason:
                    damaged[entry.index] = reason
                if opened is not None:
                    writer.add(written, extra, io.BytesIO(opened), len(opened))
                    continue
                writer.copy(written, extra, file, size)
            writer.add_new(replacements, len(self.entries), self.path.stat().st_mtime)
            writer.finish(self._comment)
        return damaged

    def _entry(self, index: int) -> Entry:
        record, name = self._records[index], safe_name(self._names[index])
        is_file = _is_file(record, self._names[index])
        start = self.start(index) if is_file and wants_a_look(name) else b""
        is_locked = bool(record.flags & ENCRYPTED) and self._password is None
        return Entry(index, name, record.size, is_file, start, is_locked=is_locked)

    def _checked(self, entry: Entry, record: Record) -> tuple[str, bytes | None]:
        """Say what is wrong with an entry, if anything is; and return its data if a password was needed for it."""
        if not entry.is_file:
            return "", None
        try:
            data = self.read(entry.index)
        except MangacolorError as error:
            return str(error), None
        return "", data if record.flags & ENCRYPTED else None

    def _found(self, file: IO[bytes], record: Record) -> tuple[int, bytes]:
        """Go to where the data of an entry begin; say how many of them are there, and what extra fields before them."""
        try:
            extra = self._go_to(file, record)
        except Damaged:
            return 0, b""
        left = os.fstat(file.fileno()).st_size - file.tell()
        return max(0, min(record.packed_size, left)), extra

    def _go_to(self, file: IO[bytes], record: Record) -> bytes:
        """Go to where the data of an entry begin, and return the extra fields before them.

        Names, sizes and checksum before the data are not looked at: the directory says them.
        """
        if record.offset > os.fstat(file.fileno()).st_size:
            raise Damaged("its data are missing")
        file.seek(record.offset)
        head = file.read(LOCAL_HEAD.size)
        if len(head) < LOCAL_HEAD.size:
            raise Damaged("its data are missing")
        *_, names, extras = LOCAL_HEAD.unpack(head)
        file.seek(names, io.SEEK_CUR)
        return file.read(extras)

    def _renamed(self, record: Record, entry: Entry, name: str) -> Record:
        """Name an entry to be written; bytes of names stay wherever that harms nobody."""
        old, old_safe = self._names[entry.index], entry.name
        may_stay = is_harmless(old) and b"\0" not in record.name
        if may_stay and name == old_safe:
            return record
        raw = renamed(record.name, old, name) if may_stay and old_safe == old else None
        written = replace(record, name=name.encode("utf-8", "replace"), flags=record.flags | UTF8_NAME)
        if raw is not None:
            written = replace(record, name=raw)
        elif name.isascii():
            written = replace(written, flags=record.flags & ~UTF8_NAME)
        if unicode_path(record.name, record.extra) is None:
            return replace(written, extra=without_fields(record.extra, UNICODE_PATH))
        field = b"\x01" + struct.pack("<I", zlib.crc32(written.name)) + name.encode("utf-8", "replace")
        return replace(
            written,
            extra=joined_fields(
                (kind, field if kind == UNICODE_PATH else data) for kind, data in extra_fields(record.extra)
            ),
        )


def _text(record: Record, encoding: str) -> str:
    """Read a name as its writer meant it."""
    name = unicode_path(record.name, record.extra)
    if name is None:
        name = record.name.decode("utf-8" if record.flags & UTF8_NAME else encoding, "replace")
    return name.split("\0")[0]


def _is_file(record: Record, name: str) -> bool:
    if name.endswith("/") or (name.endswith("\\") and not record.size):
        return False
    # Only Unix says in the upper half what an entry is. What was packed from a pipe calls itself one, and has data
    # nevertheless.
    kind = stat.S_IFMT(record.external >> 16) if record.made_by >> 8 in _UNIX_SYSTEMS else 0
    return kind in (0, stat.S_IFREG) or (kind == stat.S_IFIFO and record.size > 0)


def _need_pyzipper(path: Path) -> None:
    try:
        import pyzipper  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"{path} is encrypted with AES, which needs one more library.", advice='pip install "mangacolor[archives]"'
        ) from error
