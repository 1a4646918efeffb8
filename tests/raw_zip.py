"""ZIP archives byte by byte, to say in them what no program would: written from APPNOTE.TXT, for the tests."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field


@dataclass
class RawEntry:
    """One entry; whatever is not given is what a good writer would write."""

    name: bytes
    data: bytes
    local_name: bytes | None = None
    method: int = 0
    packed: bytes | None = None
    crc: int | None = None
    flags: int = 0
    extra: bytes = b""
    local_extra: bytes = b""
    size: int | None = None
    is_described: bool = False
    is_zip64: bool = False
    disk: int = 0
    external: int = 0
    comment: bytes = b""
    time: tuple[int, int] = field(default=(0x6000, 0x5A21))


def deflated(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def raw_zip(
    entries,
    *,
    comment=b"",
    count=None,
    size_off=0,
    offset_off=0,
    disk=0,
    with_end=True,
    with_directory=True,
    before=b"",
):
    """Return an archive; `before` stands in front and is not counted in any offset."""
    body, directory = b"", b""
    for one in entries:
        packed = one.packed if one.packed is not None else deflated(one.data) if one.method == 8 else one.data
        crc = zlib.crc32(one.data) if one.crc is None else one.crc
        size = len(one.data) if one.size is None else one.size
        flags = one.flags | 8 * one.is_described
        local = one.name if one.local_name is None else one.local_name
        told = (0, 0, 0) if one.is_described else (crc, len(packed), size)
        extra, central_extra, local_extra = one.extra, one.extra, one.local_extra
        if one.is_zip64:
            told = (told[0], 0xFFFFFFFF, 0xFFFFFFFF)
            local_extra = struct.pack("<HHQQ", 1, 16, size, len(packed)) + local_extra
            central_extra = struct.pack("<HHQQQ", 1, 24, size, len(packed), len(body)) + extra
        where = len(body)
        body += struct.pack(
            "<4s5H3I2H", b"PK\3\4", 20, flags, one.method, *one.time, *told, len(local), len(local_extra)
        )
        body += local + local_extra + packed
        if one.is_described:
            body += struct.pack("<4sIII", b"PK\7\x08", crc, len(packed), size)
        sizes = (0xFFFFFFFF,) * 2 if one.is_zip64 else (len(packed), size)
        lengths = (len(one.name), len(central_extra), len(one.comment))
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 3 << 8 | 20, 20, flags, one.method, *one.time, crc, *sizes, *lengths, one.disk, 0,
            one.external, 0xFFFFFFFF if one.is_zip64 else where,
        )  # fmt: skip
        directory += one.name + central_extra + one.comment
    start, count = len(body), len(entries) if count is None else count
    if not with_directory:
        directory = b""
    end = b""
    if any(one.is_zip64 for one in entries):
        end += struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), start)
        end += struct.pack("<4sIQI", b"PK\6\7", 0, start + len(directory), 1)
        start = 0xFFFFFFFF
    size = len(directory) + size_off
    end += struct.pack(
        "<4s4H2IH", b"PK\5\6", disk, disk, count, count, size, min(start + offset_off, 2**32 - 1), len(comment)
    )
    return before + body + directory + (end + comment if with_end else b"")
