"""The one place where files become pixels."""

from __future__ import annotations

import dataclasses
import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mangacolor.errors import BadInputError
from mangacolor.image.decoded import DecodedImage, Frame, Note
from mangacolor.image.formats import READABLE
from mangacolor.image.frames import Further, read_animation
from mangacolor.image.metadata import TURNS, orientation_of, page_frames
from mangacolor.image.pillow import (
    DamagedError,
    fresh,
    from_pillow,
    pillow_at_work,
    refuse_large,
    separate_alpha,
    turn_of,
)
from mangacolor.image.plugins import is_jxl, register_jxl
from mangacolor.image.profile import to_srgb
from mangacolor.image.salvage import is_sound, load_what_is_there, mended
from mangacolor.image.transparency import on_paper

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_PIXELS = 120_000_000
"""Pictures with more are refused unless the caller asks for them."""


def decode(data: bytes, *, name: str = "image", max_pixels: int = MAX_PIXELS, as_page: bool = False) -> DecodedImage:
    """Turn the bytes of any common picture file into upright sRGB pixels.

    EXIF orientation is applied, an embedded ICC profile is converted to sRGB (a broken one is ignored), and of an
    animation the first frame is taken unless it is a page.

    Args:
        data: The whole file.
        name: What error messages call the picture.
        as_page: Do for a page what viewers do: take what is there of a damaged picture, and every frame of an
            animation. The notes of the result say what is not as it was.
        max_pixels: Refuse pictures with more pixels, before they are unpacked. Pillow's own bound of
            2 × `Image.MAX_IMAGE_PIXELS` (179 million unless changed) stays in force.

    Raises:
        BadInputError: The data is empty, not a picture, damaged, too large, a TIFF of several pages, or JPEG XL while
            the library for it is missing.
    """
    if not data:
        raise BadInputError(f"{name} is empty.", advice="Copy or download the file again.")
    if is_jxl(data):
        register_jxl(name)
    try:
        found = _decoded(data, name, max_pixels, as_page=as_page)
        if not as_page or is_sound(data):
            return found
    except DamagedError as error:
        if not as_page:
            raise
        try:
            found = _decoded(mended(data), name, max_pixels, as_page=True, is_damaged=True)
        except BadInputError:
            raise error from None
    damage = Note("damaged", "is damaged; what is there of it was coloured")
    return dataclasses.replace(found, notes=(damage, *found.notes))


def _decoded(data: bytes, name: str, max_pixels: int, *, as_page: bool, is_damaged: bool = False) -> DecodedImage:
    # Up to twice MAX_IMAGE_PIXELS Pillow only warns, which is silenced here; our limit lies below and is checked
    # before any pixel is unpacked. Patching the global limit instead would race between threads and lift a guard
    # that other code in the process may rely on.
    with pillow_at_work(name, max_pixels), _opened(data) as image:
        refuse_large(name, image.width, image.height, max_pixels)
        # The frames of other formats are an animation; these are pages, and all but the first would be lost.
        if image.format == "TIFF" and len(page_frames(image)) > 1:
            advice = "Colour it by itself, or split it into files of one page."
            raise BadInputError(f"{name} is a TIFF of several pages.", advice=advice)
        if is_damaged:
            load_what_is_there(image)
        first = from_pillow(image, name, data)
        return _with_further(first, image, name, max_pixels) if as_page else first


def _opened(data: bytes) -> Image.Image:
    """Open a picture, if it is of a format that starts no other program; see `READABLE`."""
    Image.init()
    return Image.open(io.BytesIO(data), formats=[kind for kind in READABLE if kind in Image.OPEN])


def _with_further(first: DecodedImage, image: Image.Image, name: str, max_pixels: int) -> DecodedImage:
    """Add the other frames of a file, and a note of what does not come along."""
    turn = TURNS.get(turn_of(image), lambda pixels: pixels)

    def pixels(frame: Image.Image) -> Frame:
        colours, alpha = separate_alpha(frame, name)
        srgb, _ = to_srgb(colours, image.info.get("icc_profile"))
        rgb, alpha, _ = on_paper(np.asarray(srgb), alpha)
        return Frame(fresh(turn(rgb)), None if alpha is None else fresh(turn(alpha)))

    found = read_animation(image, pixels, first.rgb.shape[:2], max_pixels)
    if found == Further():
        return first
    notes = [*first.notes, *found.notes]
    return dataclasses.replace(first, animation=found.animation, is_fixed=found.is_fixed, notes=tuple(notes))


def picture_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a picture file from its head alone.

    Raises:
        BadInputError: It is no picture.
    """
    if is_jxl(data):
        register_jxl("The picture")
    with pillow_at_work("The picture"), _opened(data) as image:
        return image.width, image.height


def decode_smaller(data: bytes, width: int, *, name: str = "image", max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """Turn a picture file that is too large to be worked on into one that is not much wider than is wanted.

    Upright sRGB as `decode` gives it. A JPEG is unpacked at a half to an eighth of its size.

    Args:
        data: The whole file.
        width: The result has at least so many columns, if the picture has.
        name: What error messages call the picture.
        max_pixels: Refuse what is unpacked to more pixels than this.

    Raises:
        BadInputError: It is no picture, damaged, or too large.
    """
    if is_jxl(data):
        register_jxl(name)
    with pillow_at_work(name, max_pixels), _opened(data) as image:
        is_turned = orientation_of(image) >= 5
        image.draft(None, (1, width) if is_turned else (width, 1))
        refuse_large(name, image.width, image.height, max_pixels)
        image.load()
        factor = max(1, (image.height if is_turned else image.width) // (2 * width))
        # Other modes cannot be averaged as they are, and whether JPEG XL was turned only the picture itself tells.
        is_plain = image.mode in ("L", "RGB", "RGBA", "CMYK") and image.format != "JXL"
        return from_pillow(image.reduce(factor) if is_plain else image, name)


def thumbnail(data: bytes, side: int) -> NDArray[np.uint8]:
    """Return a picture file as a square of few pixels, whatever its shape; much quicker than to decode it whole.

    Args:
        data: The file.
        side: Of the square.

    Returns:
        (side, side, 3) uint8.

    Raises:
        BadInputError: It is no picture, or damaged.
    """
    with pillow_at_work("The picture"), _opened(data) as image:
        image.draft("RGB", (4 * side, 4 * side))
        return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BOX))


def read_bytes(path: Path) -> bytes:
    """Read a whole file.

    Raises:
        BadInputError: The file is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        advice = "Check the path and its permissions."
        raise BadInputError(f"{path} cannot be read: {reason}.", advice=advice) from error


def read_image(path: Path) -> DecodedImage:
    """Read a picture file; see `decode`.

    Raises:
        BadInputError: The file is missing, cannot be read, or is not a usable picture.
    """
    return decode(read_bytes(path), name=str(path))
