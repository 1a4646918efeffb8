"""The smallest RAR 5 archives: nothing compressed, written from the published description of the format.

The program that makes RAR is not free, so tests that must run everywhere make their own. Where `rar` is installed,
the tests of books use it as well.
"""

from __future__ import annotations

import zlib

SIGNATURE = b"Rar!\x1a\x07\x01\x00"
MAIN, FILE, END = 1, 2, 5
HAS_DATA = 2
IS_FOLDER, HAS_TIME, HAS_CRC = 1, 2, 4
UNIX = 1


def number(value):
    """Return a whole number in sevens of bits, lowest first, the last without the high bit."""
    digits = []
    while True:
        value, digit = value >> 7, value & 0x7F
        digits.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(digits)


def block(kind, flags, fields, data=b""):
    body = number(kind) + number(flags) + (number(len(data)) if flags & HAS_DATA else b"") + fields
    header = number(len(body)) + body
    return zlib.crc32(header).to_bytes(4, "little") + header + data


def stored_rar(files, *, seconds=981_173_106):
    """Return an archive of these files, a mapping of names to data, changed at this moment of Unix time.

    What ends in a slash is a folder.
    """
    parts = [SIGNATURE, block(MAIN, 0, number(0))]
    for name, data in files.items():
        encoded = name.rstrip("/").encode()
        kind, mode = (IS_FOLDER, 0o40755) if name.endswith("/") else (0, 0o100644)
        fields = number(kind | HAS_TIME | HAS_CRC) + number(len(data)) + number(mode)
        fields += seconds.to_bytes(4, "little") + zlib.crc32(data).to_bytes(4, "little")
        fields += number(0) + number(UNIX) + number(len(encoded)) + encoded
        parts.append(block(FILE, HAS_DATA, fields, data))
    return b"".join([*parts, block(END, 0, number(0))])
