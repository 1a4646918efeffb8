"""What picture formats there are: their suffixes, how their files begin, and a row for each that is written."""

from __future__ import annotations

import re
import struct
from typing import Literal, NamedTuple

from mangacolor.image.png import PNG_START

FileFormat = Literal["png", "jpg", "webp", "tif", "bmp", "avif", "jxl"]

_UNLIMITED_PX = 2**31 - 1


class Written(NamedTuple):
    """A format that pages are written in.

    Attributes:
        pillow: What Pillow calls it.
        suffixes: Which suffixes stand for it, lower case.
        most_side_px: Longest side that it holds.
        quality: What is used where neither the caller nor the file that a picture came from says one, 1 to 100, on a
            scale of its own; None for a format without loss.
        moves: Whether it holds animations.
        is_opaque: Whether it has no transparency.
    """

    pillow: str
    suffixes: tuple[str, ...]
    most_side_px: int = _UNLIMITED_PX
    quality: int | None = None
    moves: bool = False
    is_opaque: bool = False


WRITTEN: dict[FileFormat, Written] = {
    "png": Written("PNG", (".png", ".apng"), moves=True),
    # libjpeg refuses more than this although the format's fields reach 65535.
    "jpg": Written(
        "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp"),
        most_side_px=65_500, quality=92, is_opaque=True,
    ),
    "webp": Written("WEBP", (".webp",), most_side_px=16_383, quality=92, moves=True),
    "tif": Written("TIFF", (".tif", ".tiff")),
    "bmp": Written("BMP", (".bmp", ".dib"), is_opaque=True),
    "avif": Written("AVIF", (".avif",), most_side_px=65_536, quality=85, moves=True),
    "jxl": Written("JXL", (".jxl",), most_side_px=2**30 - 1, quality=92),
}  # fmt: skip

WRITTEN_SUFFIXES: dict[str, FileFormat] = {suffix: name for name, row in WRITTEN.items() for suffix in row.suffixes}
"""Format that a lower-case suffix stands for when writing."""

FORMAT_OF_PILLOW: dict[str, FileFormat] = {row.pillow: name for name, row in WRITTEN.items()} | {"MPO": "jpg"}
"""In which format a picture that Pillow has read can be written again, by Pillow's name for what it was."""

IMAGE_SUFFIXES = (
    *WRITTEN_SUFFIXES,
    *(".gif", ".heic", ".heif", ".hif"),
    *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".jpm", ".jxr", ".wdp", ".hdp"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".psd", ".pcx", ".tga", ".qoi", ".bpg"),
)
"""What counts as a page inside a folder or a book. All are listed whatever this Pillow can read: a page that fails is
heard of, a page that is passed over is lost. What has another suffix or none is looked into, see `picture_kind`."""

READABLE = (
    *("PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF", "GIF", "AVIF"),
    *("JPEG2000", "JXL", "PPM", "PSD", "PCX", "ICO"),
)
"""What is decoded, by Pillow's names: raster formats that it decodes by itself and that begin with a signature. EPS and
WMF are left out because they start other programs, TGA because without a signature any rubbish may pass for one."""

# Signatures, from the formats' own descriptions. What no place needs to be looked at for is found by suffix alone.
_STARTS: tuple[tuple[bytes, str], ...] = (
    (PNG_START, "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tif"),
    (b"MM\0*", "tif"),
    (b"II+\0", "tif"),
    (b"MM\0+", "tif"),
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"8BPS\0\x01", "psd"),
)
_BRANDS = {
    b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"hevc": "heic", b"mif1": "heic",
    b"msf1": "heic",
}  # fmt: skip
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_PNM = re.compile(rb"P[1-6]\s+(?:#[^\n]*\n\s*)*\d+\s")

TIFF_ITEM_BYTES = {
    **{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4},
    **{16: 8, 17: 8, 18: 8},
}
"""Size of one item of each type that a tag of TIFF and BigTIFF may have."""

START_BYTES = 64
"""How much of a file `picture_kind` wants to see."""

_MEDIA_TYPES = {"jpg": "jpeg", "tif": "tiff"}
"""Kinds of pictures whose MIME type is not their suffix."""


def picture_kind(start: bytes) -> str | None:
    """Say by its first `START_BYTES` what kind of picture a file is, as the suffix of that kind; None for none."""
    for signature, kind in _STARTS:
        if start.startswith(signature):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    if start[4:8] == b"ftyp":
        brands = [start[8:12], *(start[place : place + 4] for place in range(16, len(start), 4))]
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), None)
    # Two letters prove nothing: the size of the header after them has seven values.
    if start[:2] == b"BM" and len(start) >= 18 and struct.unpack_from("<I", start, 14)[0] in _BITMAP_HEADERS:
        return "bmp"
    return "ppm" if _PNM.match(start) else None


def media_type_of(kind: str) -> str:
    """Return the MIME type of a kind of picture."""
    return f"image/{_MEDIA_TYPES.get(kind, kind)}"
