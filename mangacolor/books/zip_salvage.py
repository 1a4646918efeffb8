"""Entries of a ZIP archive that has lost its directory, found by the headers before their data."""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from mangacolor.books.zip_layout import CENTRAL, DESCRIBED, DESCRIPTOR, LOCAL, LOCAL_HEAD, Record, long_values

_UNPACKED_AT_ONCE = 1 << 20
"""Bytes that are held of data whose size is looked for."""

_MOST_DESCRIPTORS = 400_000
"""More than any archive has that is read; a file of nothing but such would fill the memory."""


def local_records(data: mmap.mmap) -> Iterator[Record]:
    """Find entries by the headers before their data, jumping over the data.

    Args:
        data: The archive.

    Yields:
        What the headers say; where they do not say the sizes, those that are found.
    """
    described = _Described(data)
    place = data.find(LOCAL)
    while 0 <= place <= len(data) - LOCAL_HEAD.size:
        record, body = _local_record(data, place)
        if record is None:
            place = data.find(LOCAL, place + 4)
            continue
        if record.flags & DESCRIBED and not record.packed_size:
            record = described.sized(record, body)
        yield replace(record, packed_size=min(record.packed_size, len(data) - body))
        stop = body + record.packed_size
        place = data.find(LOCAL, stop if stop <= len(data) else body)


def _local_record(data: mmap.mmap, place: int) -> tuple[Record | None, int]:
    _, needed, flags, method, time, date, crc, packed, size, names, extras = LOCAL_HEAD.unpack_from(data, place)
    body = place + LOCAL_HEAD.size + names + extras
    if body > len(data) or not names:
        return None, place
    name, extra = data[place + LOCAL_HEAD.size : body - extras], data[body - extras : body]
    size, packed = long_values(extra, size, packed)
    made_by = 3 << 8 | needed & 0xFF
    return Record(name, place, made_by, needed, flags, method, time, date, crc, packed, size), body


class _Described:
    """Finds the sizes of entries that say them only after their data."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data

    def sized(self, record: Record, body: int) -> Record:
        """Return a record, whose data begin at a place, with its sizes and checksum."""
        data = self._data
        if body in self._descriptors:
            crc, packed, size = self._descriptors[body]
            return replace(record, crc=crc, packed_size=packed, size=size)
        stop = data.find(LOCAL, body)
        stop = len(data) if stop < 0 else stop
        central = data.find(CENTRAL, body, stop)
        stop = stop if central < 0 else central
        for layout in ("<III", "<IQQ"):  # the mark before a descriptor may be left out
            start = stop - struct.calcsize(layout)
            if start >= body and struct.unpack_from(layout, data, start)[1] == start - body:
                crc, packed, size = struct.unpack_from(layout, data, start)
                return replace(record, crc=crc, packed_size=packed, size=size)
        measured = _measured(data, body, stop) if record.method == 8 else None
        if measured is not None:
            crc, packed, size = measured
            return replace(record, crc=crc, packed_size=packed, size=size)
        return replace(record, packed_size=stop - body, size=stop - body)

    @cached_property
    def _descriptors(self) -> dict[int, tuple[int, int, int]]:
        """Checksum, packed size and size that descriptors say, by where the data before them begin."""
        found: dict[int, tuple[int, int, int]] = {}
        place = self._data.find(DESCRIPTOR)
        while place >= 0:
            for layout in ("<4xIII", "<4xIQQ"):
                if place + struct.calcsize(layout) <= len(self._data):
                    crc, packed, size = struct.unpack_from(layout, self._data, place)
                    if packed <= place and len(found) < _MOST_DESCRIPTORS:
                        found.setdefault(place - packed, (crc, packed, size))
            place = self._data.find(DESCRIPTOR, place + 4)
        return found


def _measured(data: mmap.mmap, body: int, stop: int) -> tuple[int, int, int] | None:
    """Unpack deflated data, keeping none of it: checksum, packed size and size; None where they have no end."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    crc = size = 0
    place, packed = body, b""
    try:
        while not unpacker.eof:
            if not packed:
                packed = data[place : min(stop, place + _UNPACKED_AT_ONCE)]
                place += len(packed)
            content = unpacker.decompress(packed, _UNPACKED_AT_ONCE)
            if not packed and not content:
                return None
            crc, size, packed = zlib.crc32(content, crc), size + len(content), unpacker.unconsumed_tail
    except zlib.error:
        return None
    return crc, place - len(unpacker.unused_data) - body, size
