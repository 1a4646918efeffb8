"""What Python callers have at hand as a picture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mangacolor.errors import BadInputError
from mangacolor.image.decoded import DecodedImage
from mangacolor.image.pillow import LAID, from_pillow, pillow_at_work, refuse_large, to_uint8
from mangacolor.image.profile import srgb_profile
from mangacolor.image.transparency import on_paper

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_decoded(image: Image.Image | NDArray[Any], *, max_pixels: int = sys.maxsize) -> DecodedImage:
    """Accept what Python callers have at hand as a picture.

    Args:
        image: A Pillow image of any mode, or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8, uint16
            (0 to 65535), floating point (0 to 1) or bool; three channels are RGB, the fourth is alpha.
        max_pixels: Refuse pictures with more pixels, before they are unpacked.

    Raises:
        BadInputError: Another type, shape, dtype or range; empty; not finite; too large; closed; or with a mask.
    """
    if isinstance(image, Image.Image):
        refuse_large("image", image.width, image.height, max_pixels)
        with pillow_at_work("image"):
            _load(image)
            return from_pillow(image, "image")
    if not isinstance(image, np.ndarray):
        raise BadInputError(
            f"A {type(image).__name__} is not an image.", advice="Pass a Pillow image or a numpy array."
        )
    if np.ma.is_masked(image):
        raise BadInputError("An array with a mask is not an image.", advice="Fill what is masked: array.filled(255).")
    image = np.asarray(image)  # a matrix keeps two axes whatever is done to it
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 3, 4) or image.size == 0:
        raise BadInputError(
            f"An array of shape {image.shape} is not an image.",
            advice="Pass (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), with H and W at least 1.",
        )
    refuse_large("image", image.shape[1], image.shape[0], max_pixels)
    values = _array_to_uint8(image.reshape(*image.shape[:2], channels))
    rgb = np.repeat(values, 3, axis=2) if channels == 1 else np.ascontiguousarray(values[..., :3])
    alpha = np.ascontiguousarray(values[..., 3]) if channels == 4 else None
    rgb, alpha, is_laid = on_paper(rgb, alpha)
    return DecodedImage(rgb, alpha, notes=(LAID,) * is_laid, mode={1: "L", 3: "RGB", 4: "RGBA"}[channels])


def as_given(page: DecodedImage, image: Image.Image | NDArray[Any]) -> Image.Image | NDArray[np.uint8]:
    """Return a page as the kind of picture that it was given as.

    Args:
        page: What became of it.
        image: As `as_decoded` took it.

    Returns:
        An array (H, W, 3), or (H, W, 4) where the page has alpha; or such a Pillow image, whose `info` tells what
        `encode` would write: resolution, EXIF, and an sRGB profile where the picture had one.
    """
    pixels = page.rgb if page.alpha is None else np.dstack([page.rgb, page.alpha])
    if not isinstance(image, Image.Image):
        return pixels
    picture = Image.fromarray(pixels)
    if page.dpi is not None:
        picture.info["dpi"] = page.dpi
    if page.exif:
        picture.info["exif"] = page.exif
    if page.icc_tagged:
        picture.info["icc_profile"] = srgb_profile()
    return picture


def _load(image: Image.Image) -> None:
    """Read the pixels of an image whose file is still open.

    Raises:
        BadInputError: The image or its file was closed before.
    """
    try:
        image.load()
    except (AssertionError, AttributeError, ValueError) as error:
        if "closed" not in str(error) and getattr(image, "fp", error) is not None:
            raise
        raise BadInputError(
            "The image is closed.", advice="Open it again, and colour it before it is closed."
        ) from error


def _array_to_uint8(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a fresh uint8 array whose 0 and 255 are black and white."""
    if values.dtype == np.uint8:
        return values.astype(np.uint8)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype == np.uint16:
        return to_uint8(values, 65535)
    if np.issubdtype(values.dtype, np.floating):
        # Resampling and float32 arithmetic overshoot by a hair; anything beyond that is another scale.
        if not (np.isfinite(values).all() and values.min() >= -1e-3 and values.max() <= 1 + 1e-3):
            raise BadInputError(
                "Floating point images must be finite and lie between 0 and 1.", advice="Divide 0 to 255 by 255."
            )
        return to_uint8(values, 1)
    raise BadInputError(
        f"An array of {values.dtype} is not an image.", advice="Convert it to uint8, uint16, bool or float (0 to 1)."
    )
