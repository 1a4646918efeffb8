"""Black that was printed or scanned as dark grey is black again, as paper that is darker than white is white.

Pencil, and ink that faded altogether, are black only for what decides about colours; the page keeps its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.page.ink import Separation, blocks

FloatArray = NDArray[np.float32]

KEPT_FROM = 0.5
"""Grey from which on all stays as it is."""


def blackened(page: Separation, level: float) -> FloatArray:
    """Return the ink of a page that makes black of its grey of `level`, and leaves what is light as it is.

    Between them darkness grows evenly, so that the soft edges of lines stay soft.

    Args:
        page: Deepened ink and tone (H, W), whose product is about the page.
        level: From `levels.black_level`.

    Returns:
        (H, W) ink in [0, 1], nowhere lighter.
    """
    if level == 0:
        return page.ink
    ink, steepness = np.empty_like(page.ink), np.float32(KEPT_FROM / (KEPT_FROM - level))
    for rows in blocks(len(ink)):
        gray = page.ink[rows] * page.tone[rows]
        wanted = (gray - np.float32(level)).clip(0) * steepness
        share = np.where(gray < KEPT_FROM, wanted / np.maximum(gray, np.float32(1e-3)), np.float32(1))
        ink[rows] = page.ink[rows] * share
    return ink


def unfaded(gray: FloatArray, fading: float) -> FloatArray:
    """Return a page (H, W) in [0, 1] whose ink of the grey `fading`, from `levels.fading_of`, is black."""
    if fading == 0:
        return gray
    return np.asarray(((gray - fading) / (1 - fading)).clip(0), np.float32)


def faded(plane: FloatArray, fading: float) -> FloatArray:
    """Return ink or tone (H, W) in [0, 1] as it was before `unfaded`: black has the grey `fading`."""
    return plane if fading == 0 else np.asarray(fading + (1 - fading) * plane, np.float32)
