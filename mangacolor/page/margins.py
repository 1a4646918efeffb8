"""Dark margins around a page: what a scanner saw beside it, or black that a reader put around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

DARK = 0.4
"""Margins are darker, grain averaged out over `GRAIN_PX`."""

GRAIN_PX = 3

LEAST_DARK = 0.9
"""Share of a side of the page that is dark where there is a margin. On a page whose pictures are black up to the edge,
what is taken for one is black all the same."""

SOFT_PX = 3
"""Where a margin ends it is soft: so many pixels more are white."""

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
        strip = np.ascontiguousarray(turned[: max(1, int(WIDEST * len(turned)))])
        if (strip[:GRAIN_PX].mean(axis=0) < DARK).mean() < LEAST_DARK:
            continue
        is_dark = np.asarray(cv2.blur(strip, (GRAIN_PX, GRAIN_PX)) < DARK)
        np.rot90(is_margin, turns)[: len(strip)] |= np.logical_and.accumulate(is_dark, axis=0)
    if not is_margin.any():
        return gray
    around = np.ones((2 * SOFT_PX + 1, 2 * SOFT_PX + 1), np.uint8)
    return np.where(cv2.dilate(is_margin, around) > 0, np.float32(1), gray)
