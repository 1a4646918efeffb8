"""What strokes look like beneath the dots that they run over: what they look like on both sides, along their way."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

EDGE_BLUR_PX = 0.7
"""Standard deviation of the blur before gradients are taken: less than a thin stroke's width."""

WAY_BLUR = 0.4
"""How far neighbours agree about the way of a stroke: standard deviation, in cells."""

REACH = 1.2
FADE_PX = 1.5
"""How far a place looks along that way, in cells: past a dot. What is as far again as the second counts a third."""

CRISP = 2.0
"""Contrast that is given back: a mean along a stroke whose way is not quite right is paler than the stroke."""

UNSEEN = 1e-4
"""Weight of white paper, which is all that there is where nothing is seen."""

MOST_AT_A_TIME = 32_000
"""OpenCV looks at no more than 32,767 places in a row."""


def along_strokes(seen: FloatArray, trust: FloatArray, where: Mask, cell_px: float) -> FloatArray:
    """Fill places in by what is seen beside them, along the strokes around.

    Strokes run across the way that squared gradients are largest in (the structure tensor, Bigün & Granlund 1987), of
    what is seen for sure.

    Args:
        seen: (H, W) ink in [0, 1], as far as it is seen.
        trust: (H, W) how much it is, in [0, 1].
        where: (H, W) places to fill in.
        cell_px: From one dot to the next, in pixels.

    Returns:
        (N,) ink in [0, 1] of the places, in the order of `np.nonzero`.
    """
    rows, columns = np.nonzero(where)
    filled = np.empty(len(rows), np.float32)
    if len(rows) == 0:
        return filled
    ways = _ways(seen, trust, WAY_BLUR * cell_px, where)
    both = cv2.merge([seen * trust, trust])
    farthest = float(np.ceil(REACH * cell_px))
    for first in range(0, len(rows), MOST_AT_A_TIME):
        part = np.s_[first : first + MOST_AT_A_TIME]
        down, across = np.sin(ways[part]), np.cos(ways[part])
        y, x = rows[part].astype(np.float32), columns[part].astype(np.float32)
        total = np.full((len(y), 2), UNSEEN, np.float32)
        for step in np.arange(-farthest, farthest + 1, dtype=np.float32):
            at = (x + step * across)[None], (y + step * down)[None]
            shown = cv2.remap(both, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
            total += np.exp(-abs(step) / np.float32(FADE_PX)) * shown
        filled[part] = total[:, 0] / total[:, 1]
    return np.asarray((0.5 + CRISP * (filled - 0.5)).clip(0, 1), np.float32)


def _ways(seen: FloatArray, trust: FloatArray, spread_px: float, where: Mask) -> FloatArray:
    """Return the ways (N,) of strokes at places of a mask (H, W), in radians from the x axis."""
    smooth = cv2.GaussianBlur(seen, (0, 0), EDGE_BLUR_PX)
    sure = cv2.erode(trust, np.ones((3, 3), np.uint8))
    across, down = (cv2.Scharr(smooth, cv2.CV_32F, *which) * sure for which in ((1, 0), (0, 1)))
    moments = cv2.merge([across * across - down * down, 2 * across * down])
    difference, product = (plane[where] for plane in cv2.split(cv2.GaussianBlur(moments, (0, 0), spread_px)))
    return np.asarray(0.5 * np.arctan2(product, difference) + np.pi / 2, np.float32)
