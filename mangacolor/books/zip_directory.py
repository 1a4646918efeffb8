"""What is in a ZIP archive, told as leniently as readers of comics tell it.

The central directory decides. Where it is missing or cut, entries are found by the headers before their data.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mangacolor.books.zip_layout import (
    CENTRAL,
    CENTRAL_HEAD,
    END,
    END64,
    END_HEAD,
    LOCAL,
    LOCATOR64,
    Record,
    long_values,
)
from mangacolor.books.zip_salvage import local_records
from mangacolor.errors import BadInputError

_LARGEST_DISK = 0xFFFF

_MOST_ENDS = 50
"""So many places that look like the end of an archive are followed, from the back; each may lead to a long list."""

_FARTHEST_END64 = 0xFFFF
"""How far before its locator the long form of the end is looked for."""


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
        archive = _Archive(data)
        return any(archive.central(end) for end in archive.ends(max(0, len(data) - END_HEAD.size - 0xFFFF)))


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
        archive = _Archive(data)
        found = next((one for end in archive.ends() if (one := archive.read_at(end))), None) or _without_end(data)
        if found is None:
            raise BadInputError(f"{path} is damaged: it holds no entry.", advice="Copy or download the file again.")
        directory, disk = found
        if disk and any(data[one.offset : one.offset + 4] != LOCAL for one in directory.records):
            raise BadInputError(
                f"{path} is the last of {disk + 1} parts of a split archive.",
                advice="Join them first: `zip -s 0 parts.zip --out whole.cbz`, or unpack them and colour the folder.",
            )
        return directory


class _Archive:
    """A file that is looked through for directories; what takes a look at all of it is done once."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data

    def ends(self, first: int = 0) -> Iterator[int]:
        """Yield where the record that ends an archive may stand, from the back."""
        data = self._data
        place = data.rfind(END, first)
        for _ in range(_MOST_ENDS):
            if place < 0:
                return
            if place + END_HEAD.size <= len(data):
                yield place
            place = data.rfind(END, first, place)

    def read_at(self, end: int) -> tuple[Directory, int] | None:
        """Read the directory that an end record leads to, and the number of this disk; None where it leads to none."""
        data, place = self._data, self.central(end)
        if place is None:
            return None
        start, shift, disk = place
        records, stop = _chain(data, start, shift)
        if shift > 0 and data[:4] == LOCAL and all(one.offset for one in records):
            return None  # the end of an archive inside this one, whose own end is missing
        *_, comment_size = END_HEAD.unpack_from(data, end)
        comment = data[end + END_HEAD.size : end + END_HEAD.size + comment_size]
        is_whole = stop >= end or data[stop : stop + 4] in (END64, END, b"PK\x05\x05")
        if is_whole:
            return Directory(tuple(records), comment), disk
        known = {one.offset for one in records}
        more = (one for one in local_records(data) if one.offset not in known)
        return Directory(tuple(sorted([*records, *more], key=lambda one: one.offset)), comment, is_salvaged=True), disk

    def central(self, end: int) -> tuple[int, int, int] | None:
        """Return where the directory begins, how far all places are off, and the number of this disk."""
        data = self._data
        _, disk, _, _, count, size, offset, comment_size = END_HEAD.unpack_from(data, end)
        if end + END_HEAD.size + comment_size > len(data) and comment_size > 0xFF:
            return None  # chance bytes; a comment that is cut is short
        before = end
        locator = end - 20
        if locator >= 0 and data[locator : locator + 4] == LOCATOR64:
            (place,) = struct.unpack_from("<Q", data, locator + 8)
            # Bytes before the archive move it as they move everything.
            near = data.rfind(END64, max(0, locator - _FARTHEST_END64), locator)
            long = next((one for one in (place, locator - 56, near)
                         if 0 <= one <= locator - 56 and data[one : one + 4] == END64), None)  # fmt: skip
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
        known = self._chains.get(before)
        return (known, 0, disk) if known is not None else None

    @cached_property
    def _chains(self) -> dict[int, int]:
        """Where directories begin, by where they end."""
        chains: dict[int, int] = {}
        place = self._data.find(CENTRAL)
        while place >= 0:
            records, stop = _chain(self._data, place, 0)
            if records:
                chains.setdefault(stop, place)
            place = self._data.find(CENTRAL, max(stop, place + 4))
        return chains


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
        size, packed, offset = long_values(extra, size, packed, offset)
        # Some writers count places from the start of the archive, some from that of the file.
        moved = offset + shift
        if data[moved : moved + 4] != LOCAL and data[offset : offset + 4] == LOCAL:
            moved = offset
        record = Record(name, max(moved, 0), made_by, needed, flags, method, time, date, crc, packed, size)
        records.append(replace(record, internal=internal, external=external, extra=extra, comment=comment))
        start = stop
    return records, start


def _without_end(data: mmap.mmap) -> tuple[Directory, int] | None:
    """Find the entries of an archive whose end is missing: by its directory if that is there, else one by one."""
    local = list(local_records(data))
    if not local:
        return None
    last = max(local, key=lambda one: one.offset)
    start = data.find(CENTRAL, min(last.offset + last.packed_size, len(data)))
    central, _ = _chain(data, start, 0) if start >= 0 else ([], 0)
    known = {one.offset: one for one in central}
    return Directory(tuple(known.get(one.offset, one) for one in local), is_salvaged=True), 0
