"""What is left of damaged pictures, as viewers show it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PIL import Image as PillowImage

from mangacolor.image.formats import TIFF_ITEM_BYTES
from mangacolor.image.png import PNG_START, png_chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

_MOST_MISSING_BYTES = 32 << 20
"""Of a WebP that is cut: a damaged length may say four gigabytes."""

_TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
# What it takes to read the pixels; whatever else a TIFF says may be wrong.
_PIXEL_TAGS = frozenset(
    (254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 292, 296, 317, 320, 322, 323, 324, 325,
     338, 339, 347)
)  # fmt: skip
_ROWS_PER_STRIP = 278
_JPEG_SCAN = 0xDA
_JPEG_MIDDLE = 128
_JPEG_BLOCKS = (16, 8)


def mended(data: bytes) -> bytes:
    """Return a damaged file with as much of its framework put right as can be; the pixels stay as they are.

    A JPEG gets an end, a PNG the right checksums, a WebP its full length, and a TIFF only those of its tags that say
    something usable about its pixels.
    """
    if data.startswith(b"\xff\xd8"):
        return _mended_jpeg(data)
    if data.startswith(PNG_START):
        return PNG_START + b"".join(_png_chunks(data))
    if data[:4] == b"RIFF" and data[8:16] in (b"WEBPVP8 ", b"WEBPVP8L"):
        # Zeros stand for "nothing more to draw" in the arithmetic coding of lossy files.
        length = 8 + int(struct.unpack("<I", data[4:8])[0])
        return data + bytes(min(max(0, length - len(data)), len(data) * 100, _MOST_MISSING_BYTES))
    if data[:4] in _TIFF_ORDERS:
        try:
            return _mended_tiff(data, _TIFF_ORDERS[data[:4]])
        except struct.error:  # its list of tags is not in the file
            return data
    return data


def is_sound(data: bytes) -> bool:
    """Say whether all checksums of a PNG are right; true for other formats.

    Pillow does not look at those of the pixels.
    """
    if not data.startswith(PNG_START):
        return True
    place = len(PNG_START)
    while place + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        end = place + 8 + length
        if kind == b"IEND":
            return True
        if data[end : end + 4] != struct.pack(">I", zlib.crc32(data[place + 4 : end])):
            return False
        place = end + 4
    return False


def load_what_is_there(image: Image.Image) -> None:
    """Read the pixels of an open Pillow image as far as they go; those that are missing are white.

    Raises:
        ValueError: None are there.
    """
    file = cast("Any", image)
    is_interlaced = image.format == "GIF" and bool(file.tile and file.tile[0][3][1])
    has_levels = not image.mode.startswith(("I", "F"))
    if has_levels and image.format != "GIF":
        file.load_prepare()
        file.im.paste(_white(image), (0, 0, *image.size))
    try:
        image.load()
    except Exception:  # Pillow's plugins raise nearly every kind of exception on damaged files.
        file.tile = []  # what is still to be read; else each use would try again
        image.load()
    extremes = cast("Any", image.getextrema())
    if all(low == high for low, high in (extremes if len(image.getbands()) > 1 else (extremes,))):
        raise ValueError("nothing of it is there")
    if image.format in ("JPEG", "MPO"):
        # libjpeg calls what is missing the middle of its scale.
        _fill(image, _JPEG_MIDDLE - (image.mode == "CMYK"), np.arange(image.height))
    elif image.format == "GIF" and image.mode in ("L", "P"):
        order = np.arange(image.height)
        if is_interlaced:
            order = np.concatenate([order[0::8], order[4::8], order[2::4], order[1::2]])
        _fill(image, int(cast("Any", image.info.get("transparency", 0))), order)


def _white(image: Image.Image) -> int | tuple[int, ...]:
    """Return white as the image writes it."""
    if image.mode == "P":
        # Not `getpalette`, which would load the image.
        order, levels = image.palette.getdata() if image.palette is not None else ("RGB", bytes(3))
        channels = len(order.partition(";")[0])
        colours = np.frombuffer(levels[: len(levels) // channels * channels], np.uint8).reshape(-1, channels)
        return int(colours[:, :3].sum(axis=1).argmax())
    white = (0 if image.mode == "CMYK" else 255,) * len(image.getbands())
    return white if len(white) > 1 else white[0]


def _fill(image: Image.Image, missing: int, order: NDArray[np.int64]) -> None:
    """Fill the rows that hold nothing but one level: with the row above, as far as there are any below, else white.

    Args:
        image: Loaded, changed in place.
        missing: The level.
        order: (H,) rows in the order in which the file holds them; only those after the last that is there are filled.
    """
    rows = np.asarray(image)
    is_there = (rows.reshape(len(order), -1) != missing).any(axis=1)
    last = int(np.flatnonzero(is_there[order])[-1])
    is_there[order[: last + 1]] = True
    lowest = int(np.flatnonzero(is_there)[-1])
    nearest = np.maximum.accumulate(np.where(is_there, np.arange(len(order)), 0))
    image.paste(PillowImage.fromarray(rows[nearest], image.mode), (0, 0))
    if lowest + 1 < image.height:
        image.paste(_white(image), (0, lowest + 1, *image.size))
    if image.format in ("JPEG", "MPO"):
        # The blocks to the right of the last one that is there, of the larger kind and then of the smaller.
        for block in _JPEG_BLOCKS:
            top = lowest // block * block
            columns = (rows[top : lowest + 1] != missing).reshape(lowest + 1 - top, image.width, -1).any(axis=(0, 2))
            right = int(np.flatnonzero(columns)[-1]) + 1
            image.paste(_white(image), (right, top, image.width, lowest + 1))


def _mended_jpeg(data: bytes) -> bytes:
    """Leave out what lies between the segments of the head, and add an end."""
    parts, place = [data[:2]], 2
    while (start := data.find(b"\xff", place)) >= 0 and start + 4 <= len(data):
        kind = data[start + 1]
        if kind in (0x00, 0x01, 0xFF) or 0xD0 <= kind <= 0xD9:
            place = start + 1
            continue
        if kind == _JPEG_SCAN:
            return b"".join((*parts, data[start:], b"\xff\xd9"))
        place = start + 2 + int(struct.unpack(">H", data[start + 2 : start + 4])[0])
        parts.append(data[start:place])
    return data


def _png_chunks(data: bytes) -> Iterator[bytes]:
    """Yield the chunks of a PNG with right checksums, without what is wrong and not needed; the last may be cut."""
    place = len(PNG_START)
    while place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body, checksum = data[place + 8 : place + 8 + length], data[place + 8 + length : place + 12 + length]
        right = png_chunk(kind, body)[-4:]
        is_needed = kind[:1].isupper() or kind in (b"tRNS", b"fdAT", b"fcTL", b"acTL")
        if checksum == right or is_needed:
            yield data[place : place + 8] + body + (right if len(body) == length else b"")
        place += 12 + length


def _mended_tiff(data: bytes, order: str) -> bytes:
    """Append a list of tags with the usable ones among the first picture's, and point to it."""
    (start,) = struct.unpack(f"{order}I", data[4:8])
    (count,) = struct.unpack(f"{order}H", data[start : start + 2])
    tags = []
    for place in range(start + 2, min(start + 2 + 12 * count, len(data) - 11), 12):
        tag, kind, number = struct.unpack(f"{order}HHI", data[place : place + 8])
        bytes_long = TIFF_ITEM_BYTES.get(kind, 0) * number
        (value,) = struct.unpack(f"{order}I", data[place + 8 : place + 12])
        is_usable = bytes_long > 0 and (bytes_long <= 4 or value + bytes_long <= len(data))
        if tag in _PIXEL_TAGS and is_usable and not (tag == _ROWS_PER_STRIP and value == 0):
            tags.append(data[place : place + 12])
    padded = data + bytes(len(data) % 2)
    listed = struct.pack(f"{order}H", len(tags)) + b"".join(tags) + bytes(4)
    return padded[:4] + struct.pack(f"{order}I", len(padded)) + padded[8:] + listed
