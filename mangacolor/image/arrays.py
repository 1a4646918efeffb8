"""What Python callers have at hand as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mangacolor.errors import BadInputError
from mangacolor.image.decoded import DecodedImage
from mangacolor.image.pillow import LAID, from_pillow, pillow_at_work, to_uint8
from mangacolor.image.transparency import on_paper

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_decoded(image: Image.Image | NDArray[Any]) -> DecodedImage:
    """Accept what Python callers have at hand as a picture.

    Args:
        image: A Pillow image of any mode, or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8, uint16
            (0 to 65535), floating point (0 to 1) or bool; three channels are RGB, the fourth is alpha.

    Raises:
        BadInputError: Another type, shape, dtype or range; empty; or not finite.
    """
    if isinstance(image, Image.Image):
        with pillow_at_work("image"):
            return from_pillow(image, "image")
    if not isinstance(image, np.ndarray):
        raise BadInputError(
            f"A {type(image).__name__} is not an image.", advice="Pass a Pillow image or a numpy array."
        )
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 3, 4) or image.size == 0:
        raise BadInputError(
            f"An array of shape {image.shape} is not an image.",
            advice="Pass (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), with H and W at least 1.",
        )
    values = _array_to_uint8(image.reshape(*image.shape[:2], channels))
    rgb = np.repeat(values, 3, axis=2) if channels == 1 else np.ascontiguousarray(values[..., :3])
    alpha = np.ascontiguousarray(values[..., 3]) if channels == 4 else None
    rgb, alpha, is_laid = on_paper(rgb, alpha)
    return DecodedImage(rgb, alpha, notes=(LAID,) * is_laid, mode={1: "L", 3: "RGB", 4: "RGBA"}[channels])


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
