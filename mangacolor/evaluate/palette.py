"""The palette of a picture: what colours it uses, without where."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.image import float_from_pixels, resize
from mangacolor.image.color import oklab_from_srgb

LIGHTNESS_EDGES = (0.5, 0.75)
CHROMA_CELLS = 8
CHROMA_REACH = 0.2
SIDE_PX = 48

PALETTE_SIZE = (len(LIGHTNESS_EDGES) + 1) * CHROMA_CELLS**2


def palette_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe the colours of a picture, whatever its size and composition.

    Args:
        rgb: (H, W, 3) sRGB picture of any size.

    Returns:
        (PALETTE_SIZE,) square root of an OKLab histogram: the Hellinger map, so that rare colours count.
    """
    small = resize(rgb, min(SIDE_PX, rgb.shape[0]), min(SIDE_PX, rgb.shape[1]))
    lab = oklab_from_srgb(float_from_pixels(small.reshape(-1, 3)))
    level = np.digitize(lab[:, 0], LIGHTNESS_EDGES)
    cells = ((lab[:, 1:] + CHROMA_REACH) * (CHROMA_CELLS / (2 * CHROMA_REACH))).astype(int).clip(0, CHROMA_CELLS - 1)
    index = (level * CHROMA_CELLS + cells[:, 0]) * CHROMA_CELLS + cells[:, 1]
    share = np.bincount(index, minlength=PALETTE_SIZE) / len(index)
    palette: NDArray[np.float32] = np.sqrt(share).astype(np.float32)
    return palette
