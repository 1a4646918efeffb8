"""One entry of a ZIP archive becomes its data, by whichever library knows how it was compressed and encrypted."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import replace
from typing import cast

from mangacolor.books.zip_layout import (
    CENTRAL,
    CENTRAL_HEAD,
    DESCRIBED,
    DESCRIPTOR,
    ENCRYPTED,
    END,
    END_HEAD,
    FULL,
    LOCAL,
    LOCAL_HEAD,
    Record,
)
from mangacolor.books.zip_names import extra_fields, joined_fields
from mangacolor.errors import BadInputError, LockedError

STORED, DEFLATED, DEFLATE64, BZIP2, LZMA, XZ, AES = 0, 8, 9, 12, 14, 95, 99
"""Numbers of methods."""

AES_FIELD = 0x9901
HARMLESS_BYTES = 64 << 20
"""To how much an entry may unpack that says a smaller size: readers go by the data."""

_STRONG_ENCRYPTION = 0x40
_METHODS = {
    1: "Shrink", 2: "Reduce", 3: "Reduce", 4: "Reduce", 5: "Reduce", 6: "Implode", 9: "Deflate64", 10: "Implode",
    18: "TERSE", 19: "LZ77", 20: "Zstandard", 93: "Zstandard", 94: "MP3", 95: "XZ", 96: "JPEG", 97: "WavPack",
    98: "PPMd",
}  # fmt: skip
_INSTALL = 'pip install "mangacolor[archives]", or unpack it with the program that made it and colour the folder.'
_ADVICE_METHOD = "Unpack it with the program that made it and colour the folder."


class Damaged(Exception):
    """The data is not what its checksum was made of."""


def unpack(record: Record, packed: bytes, password: bytes | None, *, limit: int) -> bytes:
    """Unpack an entry and see that its checksum fits.

    Args:
        record: What the archive says of it.
        packed: Its data in the archive.
        password: Of what is encrypted.
        limit: Most bytes that it may unpack to.

    Raises:
        Damaged: It ends early, its checksum fails, or it is larger than the limit.
        BadInputError: It is encrypted and there is no password, or no library here can unpack it.
        Exception: What decompressors raise on damage.
    """
    if record.flags & ENCRYPTED:
        return _decrypt(record, packed, password)
    data = _decompress(record, packed, limit)
    if zlib.crc32(data) != record.crc:
        raise Damaged("its checksum fails" if len(data) == record.size else "its end is missing")
    return data


def first_bytes(record: Record, packed: bytes, count: int) -> bytes:
    """Return the first bytes of an entry, given the first ones of its packed data; none where that takes more work."""
    if record.flags & ENCRYPTED:
        return b""
    if record.method == STORED:
        return packed[:count]
    if record.method != DEFLATED:
        return b""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, count)
    except zlib.error:
        return b""


def _decompress(record: Record, packed: bytes, limit: int) -> bytes:
    if record.method == STORED:
        return packed
    limit = min(limit, max(record.size, HARMLESS_BYTES))
    most = limit + 1
    if record.method == DEFLATED:
        return _limited(zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most), limit)
    if record.method == BZIP2:
        return _limited(bz2.BZ2Decompressor().decompress(packed, most), limit)
    if record.method == XZ:
        return _limited(lzma.LZMADecompressor().decompress(packed, most), limit)
    if record.method == LZMA:
        return _limited(_unlzma(packed, most), limit)
    if record.method == DEFLATE64:
        return _inflate64(packed, limit)
    return _with_libarchive(record, packed, None, limit)


def _limited(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise Damaged("it is larger than it says, which may be a zip bomb")
    return data


def _unlzma(packed: bytes, most: int) -> bytes:
    """Unpack LZMA, before which a ZIP says version and options (APPNOTE 5.8.8)."""
    _, _, size = struct.unpack_from("<BBH", packed)
    options = packed[4 : 4 + size]
    whole, dictionary = options[0], struct.unpack_from("<I", options, 1)[0]
    filters = [{"id": lzma.FILTER_LZMA1, "lc": whole % 9, "lp": whole // 9 % 5, "pb": whole // 45,
                "dict_size": max(dictionary, 4096)}]  # fmt: skip
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters).decompress(packed[4 + size :], most)


def _inflate64(packed: bytes, limit: int) -> bytes:
    try:
        from stream_inflate import stream_inflate64
    except ImportError as error:
        raise BadInputError("it is compressed by Deflate64, which needs one more library.", advice=_INSTALL) from error
    parts, total = [], 0
    inflated, *_ = stream_inflate64()
    for part in inflated([packed]):
        parts.append(part)
        total += len(part)
        if total > limit:
            raise Damaged("it is larger than it says, which may be a zip bomb")
    return b"".join(parts)


def _with_libarchive(record: Record, packed: bytes, password: bytes | None, limit: int) -> bytes:
    """Unpack what the standard library cannot by libarchive, whose newer versions know more methods."""
    name = _METHODS.get(record.method, f"method {record.method}")
    try:
        import libarchive
    except (ImportError, OSError, AttributeError, TypeError) as error:
        raise BadInputError(f"it is compressed by {name}, which needs libarchive.", advice=_INSTALL) from error
    parts, total = [], 0
    try:
        with libarchive.memory_reader(alone(record, packed), format_name="zip", passphrase=password) as archive:
            for entry in archive:
                for block in entry.get_blocks():
                    parts.append(block)
                    total += len(block)
                    if total > limit:
                        raise Damaged("it is larger than it says, which may be a zip bomb")
    except libarchive.ArchiveError as error:
        if "nsupported" in str(error):
            raise BadInputError(
                f"it is compressed by {name}, which cannot be unpacked here.", advice=_ADVICE_METHOD
            ) from error
        raise
    return b"".join(parts)


def _decrypt(record: Record, packed: bytes, password: bytes | None) -> bytes:
    """Unpack an encrypted entry by the library that can decrypt it."""
    if record.flags & _STRONG_ENCRYPTION:
        raise BadInputError("it is encrypted in a way that only PKZIP can read.", advice=_ADVICE_METHOD)
    if password is None:
        raise LockedError("it is encrypted.", advice="Give its password with --password.")
    method = real_method(record)
    if method not in (STORED, DEFLATED, BZIP2, LZMA):
        return _with_libarchive(record, packed, password, max(record.size, 1))
    file = io.BytesIO(alone(record, packed))
    if record.method == AES:
        try:
            import pyzipper
        except ImportError as error:
            raise BadInputError("it is encrypted with AES, which needs one more library.", advice=_INSTALL) from error
        opened = cast("zipfile.ZipFile", pyzipper.AESZipFile(file))
    else:
        opened = zipfile.ZipFile(file)
    with opened as archive:
        return archive.read(archive.infolist()[0], password)


def real_method(record: Record) -> int:
    """Return how an entry is compressed, which one encrypted with AES says elsewhere."""
    if record.method != AES:
        return record.method
    field = next((data for kind, data in extra_fields(record.extra) if kind == AES_FIELD), b"")
    return int(struct.unpack_from("<H", field, 5)[0]) if len(field) >= 7 else AES


def alone(record: Record, packed: bytes) -> bytes:
    """Return an archive that holds one entry and nothing else, for libraries that open only whole ones."""
    one = replace(record, name=b"page", offset=0, packed_size=len(packed), size=min(record.size, FULL - 1))
    # The bit for sizes behind the data stays, since it has a part in how passwords are checked.
    extra = joined_fields((kind, data) for kind, data in extra_fields(record.extra) if kind == AES_FIELD)
    common = (one.flags, one.method, one.time, one.date, one.crc, len(packed), one.size, len(one.name), len(extra))
    head = LOCAL_HEAD.pack(LOCAL, one.needed, *common) + one.name + extra
    if one.flags & DESCRIBED:
        packed += struct.pack("<4sIII", DESCRIPTOR, one.crc, len(packed), one.size)
    central = CENTRAL_HEAD.pack(CENTRAL, one.made_by, one.needed, *common, 0, 0, 0, 0, 0) + one.name + extra
    place = len(head) + len(packed)
    return head + packed + central + END_HEAD.pack(END, 0, 0, 1, 1, len(central), place, 0)
