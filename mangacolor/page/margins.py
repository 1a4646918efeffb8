"""Dark margins around a page: what a scanner saw beside it, or black that a reader put around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

DARK = 0.4
"""Margins are darker, grain averaged out."""

GRAIN_PX = 3
"""Side of the window, in pixels, over which grain is averaged."""

LEAST_DARK = 0.9
"""Share of a side of the page that is dark where there is a margin. Pages whose paper is black, or whose pictures are
up to the edge, have such sides as well."""

SOFT_PX = 3
"""Pixels beyond a margin that are white with it, for its edge is soft."""

WIDEST = 0.15
"""Of a page's height or width: margins are no wider."""


def without_dark_margins(gray: FloatArray) -> FloatArray:
    """Return a page whose dark margins are white, as finders of panels know pages; the same array where it has none.

    A page that lies askew has margins of wedges: they go as far as it is dark, row by row.

    Args:
        gray: (H, W) page in [0, 1].
    """
    is_margin = np.zeros(gray.shape, np.uint8)
    for turns in range(4):
        # The margin on top, whichever side that is.
        turned = np.rot90(gray, turns)
        if (turned[:GRAIN_PX].mean(axis=0) < DARK).mean() < LEAST_DARK:
            continue
        strip = np.ascontiguousarray(turned[: max(1, int(WIDEST * len(turned)))])
        is_dark = np.asarray(cv2.blur(strip, (GRAIN_PX, GRAIN_PX)) < DARK)
        np.rot90(is_margin, turns)[: len(strip)] |= np.logical_and.accumulate(is_dark, axis=0)
    if not is_margin.any():
        return gray
    around = np.ones((2 * SOFT_PX + 1, 2 * SOFT_PX + 1), np.uint8)
    return np.where(cv2.dilate(is_margin, around) > 0, np.float32(1), gray)
