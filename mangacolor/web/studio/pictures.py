"""Pictures as the browser gets them."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mangacolor.colorize.corrected import Box
from mangacolor.image import DecodedImage, encode

Pixels = NDArray[np.uint8]

QUALITY = 92
THUMB_SIDE = 240
"""Longer side of the small pictures of the page rail, in pixels."""

SHOWN = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif"}
"""File formats by Pillow's names that browsers show, with their MIME types."""


def jpeg(rgb: Pixels) -> bytes:
    """Write a picture (H, W, 3) as JPEG with full colour resolution."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()


def thumb(rgb: Pixels) -> bytes:
    """Write a small picture of a page (H, W, 3) as JPEG."""
    picture = Image.fromarray(rgb)
    picture.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def shown_source(image: DecodedImage, data: bytes) -> tuple[bytes, str]:
    """Return a page as it came, in a format that browsers show, and its MIME type.

    Of a damaged file, browsers show nothing, or less than could be read.
    """
    is_damaged = any(note.kind == "damaged" for note in image.notes)
    if image.format in SHOWN and data and not is_damaged:
        return data, SHOWN[image.format]
    return encode(image, format="png"), SHOWN["PNG"]


def patch(rgb: Pixels, box: Box | None) -> dict[str, object] | None:
    """Return a part of a picture (H, W, 3) for a JSON answer; None where there is none."""
    if box is None:
        return None
    part = np.ascontiguousarray(rgb[box.y : box.y + box.height, box.x : box.x + box.width])
    image = f"data:image/jpeg;base64,{base64.b64encode(jpeg(part)).decode()}"
    return {**box._asdict(), "image": image}


def area_picture(labels: NDArray[np.int32] | None, height: int, width: int) -> bytes:
    """Write the areas of a page as PNG: the number of each as 24 bits of RGB, from 1 on; 0 is none.

    Args:
        labels: (h, w) from 0 on, below 0 none; None where no areas are found.
        height: Of the page.
        width: Of the page.
    """
    if labels is None:
        labels = np.full((1, 1), -1, np.int32)
    rows = (np.arange(height) * labels.shape[0]) // height
    columns = (np.arange(width) * labels.shape[1]) // width
    numbers = labels[rows[:, None], columns] + 1
    rgb = np.stack([numbers >> 16, numbers >> 8, numbers], axis=2).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
