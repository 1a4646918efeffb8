"""A page of the catalogue as readers get it: a JPEG, no wider than they want it."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

from mangacolor.image import as_decoded, decode, decode_smaller, encode, picture_size, resize
from mangacolor.web.painting import media_type

_MIN_WIDTH = 64

_LARGER = 2
"""Pictures of so many times the pixels that a page may have are made smaller; one at a time, as they fill memory."""

_one_large = threading.Lock()


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
