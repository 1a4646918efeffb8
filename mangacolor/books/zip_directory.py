"""What is in a ZIP archive, told as leniently as readers of comics tell it.

The central directory decides. Where it is missing or cut, entries are found by the headers before their data. Layout
and names of the records are those of PKWARE's APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mangacolor.books.zip_names import extra_fields
from mangacolor.errors import BadInputError

LOCAL = b"PK\x03\x04"
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"
DESCRIPTOR = b"PK\x07\x08"
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"

LOCAL_HEAD = struct.Struct("<4s5H3I2H")
CENTRAL_HEAD = struct.Struct("<4s6H3I5H2I")
END_HEAD = struct.Struct("<4s4H2IH")

ENCRYPTED, DESCRIBED, UTF8_NAME = 0x1, 0x8, 0x800
"""Bits of an entry's flags."""

ZIP64_FIELD = 0x0001
FULL = 0xFFFFFFFF
_LARGEST_DISK = 0xFFFF


@dataclass(frozen=True)
class Record:
    """What an archive says of one entry.

    Attributes:
        name: Its bytes as they are.
        offset: Where its own header begins in the file.
        made_by: Version and system of the writer.
        needed: Version that a reader needs.
        flags: See APPNOTE 4.4.4.
        method: Of compression.
        time: MS-DOS time of the last change.
        date: MS-DOS date of the last change.
        crc: CRC-32 of the data.
        packed_size: Bytes in the archive.
        size: Bytes once unpacked.
        internal: Attributes of its content.
        external: Attributes in its file system.
        extra: Extra fields of the directory.
        comment: Of the entry.
    """

    name: bytes
    offset: int
    made_by: int
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed_size: int
    size: int
    internal: int = 0
    external: int = 0
    extra: bytes = b""
    comment: bytes = b""


@dataclass(frozen=True)
class Directory:
    """Everything that an archive says of itself.

    Attributes:
        records: Its entries in order.
        comment: Of the archive.
        is_salvaged: Whether entries had to be found by their own headers.
    """

    records: tuple[Record, ...]
    comment: bytes = b""
    is_salvaged: bool = False


def has_directory(path: Path) -> bool:
    """Say whether a file ends as ZIP archives do, whatever it begins with."""
    if path.stat().st_size < END_HEAD.size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(_central(data, end) for end in _ends(data, max(0, len(data) - END_HEAD.size - 0xFFFF)))


def read_directory(path: Path) -> Directory:
    """List the entries of an archive.

    Bytes before and after the archive, a wrong count, size or place of the directory, and disk numbers are no matter.

    Raises:
        BadInputError: There is no entry to be found, or the file is one part of several.
        OSError: It cannot be read.
    """
    if path.stat().st_size < END_HEAD.size:
        raise BadInputError(f"{path} is damaged: it ends too early.", advice="Copy or download the file again.")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = next((one for end in _ends(data) if (one := _read_at(data, end))), None) or _without_end(data)
        if found is None:
            raise BadInputError(f"{path} is damaged: it holds no entry.", advice="Copy or download the file again.")
        directory, disk = found
        if disk and any(data[one.offset : one.offset + 4] != LOCAL for one in directory.records):
            raise BadInputError(
                f"{path} is the last of {disk + 1} parts of a split archive.",
                advice="Join them first: `zip -s 0 parts.zip --out whole.cbz`, or unpack them and colour the folder.",
            )
        return directory


def _ends(data: mmap.mmap, first: int = 0) -> Iterator[int]:
    """Yield where the record that ends an archive may stand, from the back."""
    place = data.rfind(END, first)
    while place >= 0:
        if place + END_HEAD.size <= len(data):
            yield place
        place = data.rfind(END, first, place)


def _read_at(data: mmap.mmap, end: int) -> tuple[Directory, int] | None:
    """Read the directory that an end record leads to, and the number of this disk; None where it leads to none."""
    place = _central(data, end)
    if place is None:
        return None
    start, shift, disk = place
    records, stop = _chain(data, start, shift)
    if shift > 0 and data[:4] == LOCAL and all(one.offset for one in records):
        return None  # the end of an archive inside this one, whose own end is missing
    *_, comment_size = END_HEAD.unpack_from(data, end)
    comment = data[end + END_HEAD.size : end + END_HEAD.size + comment_size]
    is_whole = stop >= end or data[stop : stop + 4] in (_END64, END, b"PK\x05\x05")
    if is_whole:
        return Directory(tuple(records), comment), disk
    known = {one.offset for one in records}
    more = (one for one in _local_records(data) if one.offset not in known)
    return Directory(tuple(sorted([*records, *more], key=lambda one: one.offset)), comment, is_salvaged=True), disk


def _central(data: mmap.mmap, end: int) -> tuple[int, int, int] | None:
    """Return where the directory begins, how far all places are off, and the number of this disk."""
    _, disk, _, _, count, size, offset, comment_size = END_HEAD.unpack_from(data, end)
    if end + END_HEAD.size + comment_size > len(data) and comment_size > 0xFF:
        return None  # chance bytes; a comment that is cut is short
    before = end
    locator = end - 20
    if locator >= 0 and data[locator : locator + 4] == _LOCATOR64:
        (place,) = struct.unpack_from("<Q", data, locator + 8)
        # Bytes before the archive move it as they move everything.
        long = next((one for one in (place, locator - 56, data.rfind(_END64, 0, locator))
                     if 0 <= one <= locator - 56 and data[one : one + 4] == _END64), None)  # fmt: skip
        if long is not None:
            disk, _, _, count, size, offset = struct.unpack_from("<IIQQQQ", data, long + 16)
            before = long
    disk = 0 if disk == _LARGEST_DISK else disk
    for start in (before - size, offset):
        if 0 <= start < before and data[start : start + 4] == CENTRAL:
            return start, start - offset, disk
    if count == 0 and size == 0 and offset in (0, end):
        return (before, 0, 0) if end == 0 or data[:4] != LOCAL else None
    # Neither size nor place is right: the records that end where this one begins.
    start = _chain_to(data, before)
    return (start, 0, disk) if start is not None else None


def _chain_to(data: mmap.mmap, end: int) -> int | None:
    """Return the first record of the directory that ends at a place."""
    place = data.find(CENTRAL)
    while 0 <= place < end:
        records, stop = _chain(data, place, 0)
        if records and stop == end:
            return place
        place = data.find(CENTRAL, max(stop, place + 4))
    return None


def _chain(data: mmap.mmap, start: int, shift: int) -> tuple[list[Record], int]:
    """Read records of the directory as long as one follows the other."""
    records = []
    while data[start : start + 4] == CENTRAL and start + CENTRAL_HEAD.size <= len(data):
        (_, made_by, needed, flags, method, time, date, crc, packed, size, *lengths, _, internal, external, offset) = (
            CENTRAL_HEAD.unpack_from(data, start)
        )
        names, extras, comments = lengths
        place = start + CENTRAL_HEAD.size
        name, extra = data[place : place + names], data[place + names : place + names + extras]
        stop = place + names + extras + comments
        comment = data[place + names + extras : stop]
        size, packed, offset = _long(extra, size, packed, offset)
        # Some writers count places from the start of the archive, some from that of the file.
        moved = offset + shift
        if data[moved : moved + 4] != LOCAL and data[offset : offset + 4] == LOCAL:
            moved = offset
        record = Record(name, max(moved, 0), made_by, needed, flags, method, time, date, crc, packed, size)
        records.append(replace(record, internal=internal, external=external, extra=extra, comment=comment))
        start = stop
    return records, start


def _long(extra: bytes, *values: int) -> Any:
    """Take from the ZIP64 field what does not fit into 32 bits."""
    field = next((data for kind, data in extra_fields(extra) if kind == ZIP64_FIELD), b"")
    result = []
    for value in values:
        if value == FULL and len(field) >= 8:
            value, field = struct.unpack_from("<Q", field)[0], field[8:]
        result.append(value)
    return result


def _without_end(data: mmap.mmap) -> tuple[Directory, int] | None:
    """Find the entries of an archive whose end is missing: by its directory if that is there, else one by one."""
    local = list(_local_records(data))
    if not local:
        return None
    last = max(local, key=lambda one: one.offset)
    start = data.find(CENTRAL, min(last.offset + last.packed_size, len(data)))
    central, _ = _chain(data, start, 0) if start >= 0 else ([], 0)
    known = {one.offset: one for one in central}
    return Directory(tuple(known.get(one.offset, one) for one in local), is_salvaged=True), 0


def _local_records(data: mmap.mmap) -> Iterator[Record]:
    """Find entries by the headers before their data, jumping over the data."""
    place = data.find(LOCAL)
    while 0 <= place <= len(data) - LOCAL_HEAD.size:
        record, body = _local_record(data, place)
        if record is None:
            place = data.find(LOCAL, place + 4)
            continue
        if record.flags & DESCRIBED and not record.packed_size:
            record = _described(data, record, body)
        yield replace(record, packed_size=min(record.packed_size, len(data) - body))
        stop = body + record.packed_size
        place = data.find(LOCAL, stop if stop <= len(data) else body)


def _local_record(data: mmap.mmap, place: int) -> tuple[Record | None, int]:
    _, needed, flags, method, time, date, crc, packed, size, names, extras = LOCAL_HEAD.unpack_from(data, place)
    body = place + LOCAL_HEAD.size + names + extras
    if body > len(data) or not names:
        return None, place
    name, extra = data[place + LOCAL_HEAD.size : body - extras], data[body - extras : body]
    size, packed = _long(extra, size, packed)
    made_by = 3 << 8 | needed & 0xFF
    return Record(name, place, made_by, needed, flags, method, time, date, crc, packed, size), body


def _described(data: mmap.mmap, record: Record, body: int) -> Record:
    """Find the size of an entry that says it only after its data."""
    place = data.find(DESCRIPTOR, body)
    while place >= 0:
        for layout in ("<4xIII", "<4xIQQ"):
            if place + struct.calcsize(layout) <= len(data):
                crc, packed, size = struct.unpack_from(layout, data, place)
                if packed == place - body:
                    return replace(record, crc=crc, packed_size=packed, size=size)
        place = data.find(DESCRIPTOR, place + 4)
    following = [place for mark in (LOCAL, CENTRAL) if (place := data.find(mark, body)) >= 0]
    stop = min(following, default=len(data))
    packed = stop - body
    for layout in ("<III", "<IQQ"):  # the mark before a descriptor may be left out
        start = stop - struct.calcsize(layout)
        if start >= body and struct.unpack_from(layout, data, start)[1] == start - body:
            crc, packed, size = struct.unpack_from(layout, data, start)
            return replace(record, crc=crc, packed_size=packed, size=size)
    if record.method == 8:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = unpacker.decompress(data[body:stop])
        except zlib.error:
            content = b""
        if unpacker.eof:
            packed -= len(unpacker.unused_data)
            return replace(record, crc=zlib.crc32(content), packed_size=packed, size=len(content))
    return replace(record, packed_size=packed, size=packed)
