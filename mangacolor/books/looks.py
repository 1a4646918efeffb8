"""What looks like a page: by its name, and where that says nothing, by how it begins."""

from __future__ import annotations

import re
import struct
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mangacolor.books.files import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from mangacolor.image import FileFormat

JUNK_FOLDERS = ("__macosx", "@eadir", "#recycle", "$recycle.bin", "lost+found", "system volume information")
"""Folders that systems make, whose pictures are thumbnails and refuse: macOS, Synology, Windows, Linux; lower case."""

# Signatures, from the formats' own descriptions. What no place needs to be looked at for is found by suffix alone.
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
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


def is_junk(name: str) -> bool:
    """Say whether a name, with forward slashes, lies where no reader looks: hidden, or in a folder of the system."""
    return any(part.startswith(".") or part.lower() in JUNK_FOLDERS for part in name.split("/"))


def wants_a_look(name: str) -> bool:
    """Say whether the beginning of a file decides if it is a page, since its name does not say so."""
    return PurePosixPath(name).suffix.lower() not in IMAGE_SUFFIXES and not is_junk(name)


def is_page(name: str, start: bytes = b"") -> bool:
    """Say whether something is a page, or would be one if it were not broken.

    Args:
        name: With forward slashes.
        start: Its first bytes, if `wants_a_look`.
    """
    return not is_junk(name) and (
        PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES or picture_kind(start) is not None
    )


def picture_kind(start: bytes) -> str | None:
    """Say by its first 64 bytes what kind of picture a file is, as the suffix of that kind; None for none."""
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


def written_format(start: bytes) -> FileFormat | None:
    """Say by its first bytes in which format a picture can be written as it came; None if in none."""
    known: dict[str, FileFormat] = {
        "png": "png", "jpg": "jpg", "webp": "webp", "tif": "tif", "bmp": "bmp", "avif": "avif", "jxl": "jxl",
    }  # fmt: skip
    return known.get(picture_kind(start) or "")
