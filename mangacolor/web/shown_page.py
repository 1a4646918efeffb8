"""A page of the catalogue as readers get it: a JPEG, no wider than they want it."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

import cv2
import numpy as np

from mangacolor.image import as_decoded, decode, decode_smaller, encode, picture_size, resize
from mangacolor.web.painting import UNKNOWN, media_type

_MIN_WIDTH = 64

_LARGER = 2
"""Pictures of so many times the pixels that a page may have are made smaller; one at a time, as they fill memory."""

_UNREADABLE = "This page cannot be read"
_UNREADABLE_SIZE = (640, 960)

_one_large = threading.Lock()


def shown_page(data: bytes, width: int, max_pixels: int) -> tuple[bytes, bool]:
    """Return a page as JPEG, or what a reader can live with in its place; and whether it is the page.

    A picture that cannot be read here comes as it is, since the reader may know it. What is none becomes a picture
    that says so: many readers stop at an error, also when they fetch a whole chapter.

    Args:
        data: Its file; nothing where there is none.
        width: See `as_jpeg`, as for what follows.
        max_pixels: Of a page.
    """
    try:
        return as_jpeg(data, width, max_pixels), True
    except Exception:  # whatever it is
        return (_unreadable() if media_type(data) == UNKNOWN else data), False


def _unreadable() -> bytes:
    columns, rows = _UNREADABLE_SIZE
    rgb = np.full((rows, columns, 3), 255, np.uint8)
    (across, _), _ = cv2.getTextSize(_UNREADABLE, cv2.FONT_HERSHEY_SIMPLEX, 1, 2)
    place = ((columns - across) // 2, rows // 2)
    cv2.putText(rgb, _UNREADABLE, place, cv2.FONT_HERSHEY_SIMPLEX, 1, (96, 96, 96), 2, cv2.LINE_AA)
    return encode(replace(as_decoded(rgb), format="JPEG"), format="jpg")


def as_jpeg(data: bytes, width: int, max_pixels: int) -> bytes:
    """Return a picture as JPEG, no wider than a number of pixels.

    Args:
        data: Its file.
        width: At most so many columns; 0 for all.
        max_pixels: Larger ones become smaller; what is far larger is refused, unless it is a JPEG.

    Raises:
        BadInputError: It cannot be read, or is too large.
    """
    columns, rows = picture_size(data)
    wanted = min(columns, max(width, _MIN_WIDTH)) if width else columns
    if media_type(data) == "image/jpeg" and wanted == columns:
        return data
    if columns * rows > max_pixels:
        wanted = min(wanted, int(columns * math.sqrt(max_pixels / (columns * rows))))
        with _one_large:
            page = decode_smaller(data, wanted, name="The page", max_pixels=_LARGER * max_pixels)
    else:
        page = decode(data, name="The page", max_pixels=max_pixels, as_page=True)
    height, columns = page.rgb.shape[:2]
    wanted = min(wanted, columns)
    rgb = resize(page.rgb, max(1, round(height * wanted / columns)), wanted)
    return encode(replace(as_decoded(rgb), format="JPEG"), format="jpg")
