"""Marks of lettering whose dots look like those of a screen: ellipses, reference marks, the toes of a paw."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

LARGEST_MARK_PX = 6000
"""Marks are no larger, in pixels."""

DARK = 0.5
"""Dots of marks are darker."""

FEWEST_DOTS, MOST_LIGHT_PARTS = 6, 4
"""Fewer dots than the first make no screen. Where what is light falls into more parts than the second, it is the paper
of a dark screen."""

BARE, LEAST_BARE = 0.9, 0.95
"""So much of what lies between the dots of a mark is at least so light. Small light screens on resized pages have grey
dots, few of which are dark."""

LEAST_LONG, MOST_WIDE = 2.5, 4.2
"""An ellipsis is at least so many times as long as wide, and no wider than so many dots."""

SQUARE, SPECK_PX = (0.5, 2.0), 4
"""Dots are about as wide as high, and more than a speck."""

IN_A_ROW_PX, LEAST_IN_A_ROW = 1.5, 0.7
"""Dots of an ellipsis stand one below or beside the other, give or take the first; hair or frames that cross it break
into pieces that do not, and are less than the rest."""


def is_mark(gray: FloatArray, where: Mask) -> bool:
    """Say whether a part of a page that looks screened has a few dots on bare paper, or a single row of them.

    Args:
        gray: (h, w) in [0, 1], the page in the box of the part.
        where: (h, w) which of its pixels belong to it.
    """
    is_dark = ((gray < DARK) & where).view(np.uint8)
    count, _, boxes, middles = cv2.connectedComponentsWithStats(is_dark)
    between = gray[where & (cv2.dilate(is_dark, np.ones((3, 3), np.uint8)) == 0)]
    if count == 1 or not len(between) or (between > BARE).mean() < LEAST_BARE:
        return False
    light_parts = cv2.connectedComponents((where & (is_dark == 0)).view(np.uint8))[0] - 1
    if light_parts > MOST_LIGHT_PARTS:
        return False
    return count - 1 < FEWEST_DOTS or _in_a_row(
        gray.shape, np.asarray(boxes[1:], np.int32), np.asarray(middles[1:], np.float64)
    )


def _in_a_row(shape: tuple[int, ...], boxes: NDArray[np.int32], middles: NDArray[np.float64]) -> bool:
    """Say whether what is dark in a part of a page is one row of dots, by its boxes (n, 5) and middles (n, 2)."""
    widths, heights, areas = boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT], boxes[:, cv2.CC_STAT_AREA]
    is_dot = (widths >= SQUARE[0] * heights) & (widths <= SQUARE[1] * heights) & (areas > SPECK_PX)
    narrow, long = sorted(shape)
    if not is_dot.any() or long < LEAST_LONG * narrow or narrow > MOST_WIDE * np.median(widths[is_dot]):
        return False
    in_row = np.abs(middles[is_dot] - np.median(middles[is_dot], axis=0)) <= IN_A_ROW_PX
    return bool(in_row.mean(axis=0).max() >= LEAST_IN_A_ROW)
