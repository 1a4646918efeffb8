"""Boxes on a page: what hangs together and has four straight sides outside."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.areas import pieces_of
from mangacolor.page.panels.convex import Points, area

Mask = NDArray[np.bool_]

LEAST_SIDE = 0.09
LEAST_AREA = 0.012
"""Shortest side of an inset over the short side of the page, and least area over the square of that."""

MOST_SHARE = 0.75
"""Largest share of the page that it takes up."""

CORNER_PX = 3.0
ROUGH = 0.02
"""How far an outline may stray from its four straight sides, in pixels and over its length, when they are sought."""

LEAST_FILLED = 0.985
"""Area of an outline over that of the four corners fitted to it, and the other way round."""

LEAST_ANGLE = 0.9
"""Sine of the sharpest corner."""


def framed_boxes(drawn: Mask, short: int) -> list[Points]:
    """Return the outlines with four straight sides, about at right angles, of what hangs together in a drawing.

    Args:
        drawn: (H, W) True off bare paper.
        short: Short side of the page in pixels.

    Returns:
        Four corners x, y each.
    """
    labels, stats = pieces_of(drawn, connectivity=4)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    is_large = (np.minimum(width, height) >= LEAST_SIDE * short) & (width * height <= MOST_SHARE * drawn.size)
    boxes = []
    for label in np.flatnonzero(is_large):
        if label == 0:
            continue
        left, top, right, bottom = stats[label, :4] + (0, 0, *stats[label, :2])
        own = np.pad((labels[top:bottom, left:right] == label).astype(np.uint8), 1)
        outlines, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        corners = _four_corners(max(outlines, key=len)[:, 0].astype(np.float32))
        if corners is not None and area(corners) >= LEAST_AREA * short**2:
            boxes.append(np.asarray(corners + np.array((left - 1, top - 1), np.float32), np.float32))
    return boxes


def _four_corners(outline: Points) -> Points | None:
    """Return the corners of an outline (N, 2) with four straight sides that are about at right angles, or None."""
    hull = cv2.convexHull(outline)
    rough = cv2.approxPolyDP(hull, ROUGH * cv2.arcLength(hull, True), True)[:, 0].astype(np.float32)
    if len(rough) != 4:
        return None
    sides = []
    for here, there in zip(rough, np.roll(rough, -1, axis=0), strict=True):
        length = float(np.hypot(*(there - here)))
        along = (there - here) / length
        place, off = (outline - here) @ along, np.abs((outline - here) @ np.array((-along[1], along[0])))
        near = (off <= max(CORNER_PX, 2 * ROUGH * length)) & (np.abs(place / length - 0.5) < 0.4)
        if near.sum() < 2:
            return None
        sides.append(cv2.fitLine(outline[near], cv2.DIST_HUBER, 0, 0.01, 0.01)[:, 0])
    corners = []
    for (ax, ay, x0, y0), (bx, by, x1, y1) in zip(sides[-1:] + sides[:-1], sides, strict=True):
        cross = ax * by - ay * bx
        if abs(cross) < LEAST_ANGLE:
            return None
        reach = ((x1 - x0) * by - (y1 - y0) * bx) / cross
        corners.append((x0 + reach * ax, y0 + reach * ay))
    fitted = np.array(corners, np.float32)
    filled = cv2.contourArea(outline) / max(area(fitted), 1.0)
    return fitted if LEAST_FILLED <= filled <= 1 / LEAST_FILLED else None
