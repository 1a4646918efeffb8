"""The one resizer, and pixels as numbers between 0 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LANES = 4
"""Channels that OpenCV averages at once."""

Pixels = TypeVar("Pixels", "NDArray[np.uint8]", "NDArray[np.float32]")


def resize(array: Pixels, height: int, width: int, *, bounds: tuple[float, float] | None = None) -> Pixels:
    """Scale to `height` × `width`, antialiased where that shrinks and smooth where it enlarges.

    Args:
        array: (H, W) or (H, W, C), uint8 or float32.
        height: Rows of the result, at least 1.
        width: Columns of the result, at least 1.
        bounds: Its smallest and its largest value, where they are known: of a page they take as long as a small copy.

    Returns:
        A fresh contiguous array of the same dtype and number of dimensions, within the range of the input.

    Raises:
        ValueError: Empty array, other dimensions or dtype, or a size below 1.
    """
    if array.ndim not in (2, 3) or array.size == 0 or array.dtype not in (np.uint8, np.float32):
        raise ValueError(f"resize needs uint8 or float32, 2-D or 3-D, not empty; got {array.dtype} {array.shape}")
    if height < 1 or width < 1:
        raise ValueError(f"resize needs a size of at least 1 × 1; got {height} × {width}")
    if array.shape[:2] == (height, width):
        return np.array(array, order="C")
    if array.ndim == 3 and array.shape[2] > 4:  # more than OpenCV scales at once
        parts = (array[..., first : first + 4] for first in range(0, array.shape[2], 4))
        groups = [resize(part, height, width, bounds=bounds) for part in parts]
        return cast("Pixels", np.concatenate(groups, axis=2))
    # One axis may shrink while the other grows, and INTER_AREA antialiases only when both shrink.
    smaller = (min(height, array.shape[0]), min(width, array.shape[1]))
    result: NDArray[Any] = np.ascontiguousarray(array)
    if smaller != array.shape[:2]:
        result = cv2.resize(result, smaller[::-1], interpolation=cv2.INTER_AREA)
    if smaller != (height, width):
        result = cv2.resize(result, (width, height), interpolation=cv2.INTER_CUBIC)
    result = result.reshape(height, width, *array.shape[2:])
    # Cubic overshoots beside edges, which would show as halos.
    least, most = (array.min(), array.max()) if bounds is None else bounds
    return cast("Pixels", np.clip(result, least, most, out=result))


def resize_to_each(plane: NDArray[np.float32], sizes: Sequence[tuple[int, int]]) -> list[NDArray[np.float32]]:
    """Scale a plane to several sizes, as `resize` does to each: smaller copies take three quarters of the time.

    Averages are taken along rows, then along columns, one channel of a row at a time: OpenCV takes four channels of a
    row in little more than the time of one. Here the four are rows that follow each other.

    Args:
        plane: (H, W) float32, not empty.
        sizes: The (h, w) that are wanted, at least 1 × 1.
    """
    bounds = float(plane.min()), float(plane.max())
    height, width = plane.shape
    filled_up = np.pad(plane, ((0, -height % LANES), (0, 0)))
    lanes = cv2.merge([filled_up[lane::LANES] for lane in range(LANES)])
    copies = []
    for h, w in sizes:
        # By whole numbers OpenCV shrinks in other ways, which round otherwise.
        if h >= height or w >= width or height % h == 0 or width % w == 0:
            copies.append(resize(plane, h, w, bounds=bounds))
            continue
        narrow = cv2.resize(lanes, (w, len(lanes)), interpolation=cv2.INTER_AREA)
        rows = np.ascontiguousarray(narrow.transpose(0, 2, 1)).reshape(-1, w)[:height]
        copy = np.asarray(cv2.resize(rows, (w, h), interpolation=cv2.INTER_AREA), np.float32)
        copies.append(np.clip(copy, *bounds, out=copy))
    return copies


def float_from_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Map 0 to 255 onto [0, 1]."""
    return cast("NDArray[np.float32]", pixels.astype(np.float32) / np.float32(255))


def pixels_from_float(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Map [0, 1] onto 0 to 255, rounded; what lies outside is cut off."""
    scaled = values.clip(0, 1)
    scaled *= 255
    return cast("NDArray[np.uint8]", np.rint(scaled, out=scaled).astype(np.uint8))


def to_gray(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the Rec. 601 luma of sRGB-encoded pixels: (0.299 R + 0.587 G + 0.114 B) / 255.

    Args:
        rgb: (H, W, 3) uint8.

    Returns:
        (H, W) float32 in [0, 1]; a neutral pixel of value v gives exactly v / 255.
    """
    # Whole numbers up to 255000 are exact in float32, a sum of rounded products is not.
    weighted = cv2.transform(rgb.astype(np.float32), np.array([[299, 587, 114]], np.float32))
    return cast("NDArray[np.float32]", np.divide(weighted, np.float32(255_000), out=weighted))
