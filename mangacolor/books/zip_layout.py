"""The records of a ZIP archive: their marks and layouts, and what they say of an entry.

Layout and names are those of PKWARE's APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from mangacolor.books.zip_names import extra_fields

LOCAL = b"PK\x03\x04"
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"
DESCRIPTOR = b"PK\x07\x08"
END64, LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"

LOCAL_HEAD = struct.Struct("<4s5H3I2H")
CENTRAL_HEAD = struct.Struct("<4s6H3I5H2I")
END_HEAD = struct.Struct("<4s4H2IH")

ENCRYPTED, DESCRIBED, UTF8_NAME = 0x1, 0x8, 0x800
"""Bits of an entry's flags."""

ZIP64_FIELD = 0x0001
FULL = 0xFFFFFFFF


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


def long_values(extra: bytes, *values: int) -> Any:
    """Take from the ZIP64 field what does not fit into 32 bits.

    Args:
        extra: The extra fields of the record.
        values: Its sizes and places, in the order of the field.
    """
    field = next((data for kind, data in extra_fields(extra) if kind == ZIP64_FIELD), b"")
    result = []
    for value in values:
        if value == FULL and len(field) >= 8:
            value, field = struct.unpack_from("<Q", field)[0], field[8:]
        result.append(value)
    return result
