"""The reference code: what colours a picture uses, without where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mangacolor.color import oklab_from_srgb
from mangacolor.image import float_from_pixels, resize

LIGHTNESS_EDGES = (0.5, 0.75)
CHROMA_CELLS = 8
CHROMA_REACH = 0.2
SIDE_PX = 48

PALETTE_SIZE = (len(LIGHTNESS_EDGES) + 1) * CHROMA_CELLS**2
REFERENCE_SIZE = PALETTE_SIZE + 1
"""Length of a reference code: the palette, and a last element that says whether there is a reference."""


def reference_code(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe the colours of a picture as the generator's reference.

    The code is the square root of an OKLab histogram (Hellinger map, so that rare colours
    count), followed by a 1 that says "a reference is given". It does not depend on the
    picture's size or composition.

    Args:
        rgb: (H, W, 3) sRGB picture of any size.

    Returns:
        (REFERENCE_SIZE,) code with elements in [0, 1].
    """
    small = resize(rgb, min(SIDE_PX, rgb.shape[0]), min(SIDE_PX, rgb.shape[1]))
    lab = oklab_from_srgb(float_from_pixels(small.reshape(-1, 3)))
    level = np.digitize(lab[:, 0], LIGHTNESS_EDGES)
    cells = ((lab[:, 1:] + CHROMA_REACH) * (CHROMA_CELLS / (2 * CHROMA_REACH))).astype(int).clip(0, CHROMA_CELLS - 1)
    index = (level * CHROMA_CELLS + cells[:, 0]) * CHROMA_CELLS + cells[:, 1]
    share = np.bincount(index, minlength=PALETTE_SIZE) / len(index)
    return np.append(np.sqrt(share), 1.0).astype(np.float32)


def mean_reference(codes: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the code of several pictures together: that of their mean histogram.

    Args:
        codes: (REFERENCE_SIZE,) each; none gives `no_reference`.
    """
    if not codes:
        return no_reference()
    code: NDArray[np.float32] = np.sqrt(np.mean(np.square(codes), axis=0, dtype=np.float64)).astype(np.float32)
    return code


def no_reference() -> NDArray[np.float32]:
    """Return the (REFERENCE_SIZE,) code that says that no reference is given."""
    return np.zeros(REFERENCE_SIZE, dtype=np.float32)
