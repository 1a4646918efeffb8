"""Writes ZIP archives entry by entry; data that is compressed already goes in as it is, which `zipfile` cannot do."""

from __future__ import annotations

import shutil
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from mangacolor.books.containers import COPY_BYTES, Entry, Replacement
from mangacolor.books.zip_layout import (
    CENTRAL,
    CENTRAL_HEAD,
    DESCRIBED,
    DESCRIPTOR,
    ENCRYPTED,
    END,
    END64,
    END_HEAD,
    FULL,
    LOCAL,
    LOCAL_HEAD,
    LOCATOR64,
    UTF8_NAME,
    ZIP64_FIELD,
    Record,
)
from mangacolor.books.zip_names import extra_fields, joined_fields
from mangacolor.books.zip_unpack import AES_FIELD, DEFLATED, STORED

ZIP64_FROM = 1 << 31
"""Sizes from which an entry is written in the long form."""

EARLIEST_DATE = (1980, 1, 1, 0, 0, 0)
LATEST_DATE = (2107, 12, 31, 23, 59, 58)
"""What the format can hold."""

_TIMES_FIELD = 0x5455
_VERSION_64 = 45
_MOST_ENTRIES = 0xFFFF


class ZipWriter:
    """An archive that grows.

    Args:
        file: Where to; seekable.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._central = bytearray()
        self._count = 0

    def copy(self, record: Record, local_extra: bytes, packed: IO[bytes], size: int) -> None:
        """Add an entry of another archive without unpacking it.

        Args:
            record: What that archive says of it.
            local_extra: Extra fields before its data, which may be others than in the directory.
            packed: Its data, at the place where they begin.
            size: How many of them there are.

        Raises:
            OSError: They cannot be written.
        """
        # The bit says that the sizes follow the data. Readers that go through a file want to know them before; but it
        # has a part in how passwords are checked.
        if not record.flags & ENCRYPTED:
            record = replace(record, flags=record.flags & ~DESCRIBED)
        record = replace(record, packed_size=size, offset=self._file.tell())
        self._file.write(_local(record, local_extra))
        left = size
        while left and (block := packed.read(min(left, COPY_BYTES))):
            self._file.write(block)
            left -= len(block)
        if record.flags & DESCRIBED:
            layout = "<4sIQQ" if _is_long(record) else "<4sIII"
            self._file.write(struct.pack(layout, DESCRIPTOR, record.crc, size, record.size))
        self._note(record)

    def add(self, record: Record, local_extra: bytes, data: IO[bytes], size: int) -> None:
        """Add an entry with new data, stored or deflated as its record says; any other method becomes deflated.

        Args:
            record: Its name, times and attributes.
            local_extra: Extra fields before its data.
            data: At the place where they begin.
            size: About how many there are.

        Raises:
            OSError: They cannot be written.
        """
        extra, local_extra = (without_fields(one, AES_FIELD) for one in (record.extra, local_extra))
        method = STORED if record.method == STORED else DEFLATED
        record = replace(
            record, flags=record.flags & ~(DESCRIBED | ENCRYPTED), method=method, extra=extra, offset=self._file.tell(),
            crc=0, packed_size=size, size=size,
        )  # fmt: skip
        self._file.write(_local(record, local_extra))
        sink = _Packing(self._file, method)
        shutil.copyfileobj(data, sink, COPY_BYTES)
        sink.finish()
        is_long = _is_long(record)
        record = replace(record, crc=sink.crc, packed_size=sink.packed_size, size=sink.size)
        end = self._file.tell()
        self._file.seek(record.offset)
        self._file.write(_local(record, local_extra, is_long=is_long))
        self._file.seek(end)
        self._note(record)

    def add_new(self, replacements: Mapping[int, Replacement], first: int, modified: float) -> None:
        """Add the files that an archive had not: those whose place is behind its last.

        Args:
            replacements: As `Container.rewrite` takes them.
            first: The first place behind the last.
            modified: What they tell as the moment of their last change, in seconds of Unix time.

        Raises:
            OSError: They cannot be written.
        """
        for index in sorted(index for index in replacements if index >= first):
            one, record = replacements[index], new_record(replacements[index].name, modified)
            with one.path.open("rb") as data:
                self.add(record, record.extra, data, one.path.stat().st_size)

    def finish(self, comment: bytes = b"") -> None:
        """Write the directory."""
        start, size = self._file.tell(), len(self._central)
        self._file.write(self._central)
        if self._count >= _MOST_ENTRIES or start + size >= FULL:
            end = start + size
            versions, counts = (_VERSION_64, _VERSION_64), (self._count, self._count)
            self._file.write(struct.pack("<4sQ2H2I4Q", END64, 44, *versions, 0, 0, *counts, size, start))
            self._file.write(struct.pack("<4sIQI", LOCATOR64, 0, end, 1))
        count = min(self._count, _MOST_ENTRIES)
        self._file.write(END_HEAD.pack(END, 0, 0, count, count, size, min(start, FULL), len(comment)) + comment)

    def _note(self, record: Record) -> None:
        long = [value for value in (record.size, record.packed_size, record.offset) if value >= FULL]
        extra = without_fields(record.extra, ZIP64_FIELD)
        if long:
            extra = struct.pack(f"<HH{len(long)}Q", ZIP64_FIELD, 8 * len(long), *long) + extra
        needed = max(record.needed, _VERSION_64) if long else record.needed
        self._central += CENTRAL_HEAD.pack(
            CENTRAL, record.made_by, needed, record.flags, record.method, record.time, record.date, record.crc,
            min(record.packed_size, FULL), min(record.size, FULL), len(record.name), len(extra), len(record.comment), 0,
            record.internal, record.external, min(record.offset, FULL),
        )  # fmt: skip
        self._central += record.name + extra + record.comment
        self._count += 1


def write_zip(
    target: Path,
    entries: Iterable[tuple[Entry, float]],
    file_of: Callable[[int], Path],
    replacements: Mapping[int, Replacement],
    modified: float,
) -> None:
    """Write a ZIP of files that lie on the disk.

    Args:
        target: The archive, which does not exist.
        entries: What goes in, each with the moment of its last change; what is no file is left out.
        file_of: Returns the file of the entry at a place; not asked for what is replaced.
        replacements: As `Container.rewrite` takes them.
        modified: The moment that added files tell, in seconds of Unix time.

    Raises:
        OSError: A file cannot be read, or the archive not written.
    """
    count = 0
    with target.open("xb") as made:
        result = ZipWriter(made)
        for entry, changed in entries:
            count += 1
            if entry.is_file:
                replacement = replacements.get(entry.index)
                file = replacement.path if replacement else file_of(entry.index)
                record = new_record(replacement.name if replacement else entry.name, changed)
                with file.open("rb") as data:
                    result.add(record, record.extra, data, file.stat().st_size)
        result.add_new(replacements, count, modified)
        result.finish()


class _Packing:
    """Packs what is written to it, counting on the way."""

    def __init__(self, file: IO[bytes], method: int) -> None:
        self._file = file
        self._packer = zlib.compressobj(wbits=-zlib.MAX_WBITS) if method == DEFLATED else None
        self.crc = self.size = self.packed_size = 0

    def write(self, data: bytes) -> int:
        self.crc, self.size = zlib.crc32(data, self.crc), self.size + len(data)
        self._put(self._packer.compress(data) if self._packer else data)
        return len(data)

    def finish(self) -> None:
        if self._packer:
            self._put(self._packer.flush())

    def _put(self, packed: bytes) -> None:
        self._file.write(packed)
        self.packed_size += len(packed)


def without_fields(extra: bytes, *kinds: int) -> bytes:
    """Return extra fields without some; what is no field is dropped, too."""
    return joined_fields((kind, data) for kind, data in extra_fields(extra) if kind not in kinds)


def _is_long(record: Record) -> bool:
    return max(record.size, record.packed_size) >= ZIP64_FROM


def _local(record: Record, extra: bytes, *, is_long: bool | None = None) -> bytes:
    """Return the header before an entry's data, as long for the sizes that are known later as for those told now."""
    extra = without_fields(extra, ZIP64_FIELD)
    packed_size, size, needed = record.packed_size, record.size, record.needed
    if _is_long(record) if is_long is None else is_long:
        extra = struct.pack("<HHQQ", ZIP64_FIELD, 16, size, packed_size) + extra
        packed_size = size = FULL
        needed = max(needed, _VERSION_64)
    facts = (record.flags, record.method, record.time, record.date, record.crc, packed_size, size)
    return LOCAL_HEAD.pack(LOCAL, needed, *facts, len(record.name), len(extra)) + record.name + extra


def new_record(name: str, modified: float) -> Record:
    """Describe an entry by its name and the moment of its last change, the nearest one that ZIP can tell."""
    try:
        moment = time.localtime(modified)
        date = (moment.tm_year, moment.tm_mon, moment.tm_mday, moment.tm_hour, moment.tm_min, moment.tm_sec)
    except (OverflowError, ValueError, OSError):
        date = EARLIEST_DATE
    year, month, day, hour, minute, second = min(max(EARLIEST_DATE, date), LATEST_DATE)
    return Record(
        name.encode("utf-8", "replace"), 0, made_by=3 << 8 | 20, needed=20, flags=0 if name.isascii() else UTF8_NAME,
        method=STORED, time=hour << 11 | minute << 5 | second // 2, date=year - 1980 << 9 | month << 5 | day, crc=0,
        packed_size=0, size=0, external=0o100644 << 16, extra=_times_field(modified),
    )  # fmt: skip


def _times_field(modified: float) -> bytes:
    """Return the moment of the last change in Unix time, as an extra field."""
    if not 0 < modified < 1 << 31:
        return b""
    return struct.pack("<HHBi", _TIMES_FIELD, 5, 1, int(modified))
