"""Screentone on a page: found, and turned into the flat grey it stands for."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

SCREENTONE_BLUR = 1.5
"""Blur that flattens screentone, in pixels of the working size."""

SCREENTONE_ROUGHNESS = 0.1
"""Standard deviation above which a flat place is screentone; scan noise stays below."""

SCREENTONE_DIRECTION = 0.5
"""Coherence of slopes (0 for dots, 1 for parallel lines) above which roughness is hatching."""

LINE_DEPTH = 0.12
"""Darkness of a line, after the blur, from which it is certainly drawn."""

SCREENTONE_PERIOD = 4.0
"""Largest dot of a screentone, in pixels of the working size; letters are larger."""

BAND_ROWS = 2048


def flatten_screentone(gray: FloatArray, pixels_per_cell: float) -> FloatArray:
    """Turn dot screentone into the flat grey it stands for; everything else stays as it is.

    A place is screentone when the page there is rough, its blurred copy is flat (no line, no
    edge, no letter), the roughness has no direction (so that hatching, which is drawn, stays),
    and all of this holds over an area wider than lettering. What is in doubt is left alone.

    Args:
        gray: (H, W) page in [0, 1].
        pixels_per_cell: Page pixels per pixel of the working size; the blur follows it.

    Returns:
        (H, W) page in [0, 1].
    """
    margin = math.ceil(12 * pixels_per_cell)
    flat = np.empty_like(gray)
    for top in range(0, len(gray), BAND_ROWS):
        above = max(0, top - margin)
        rows = slice(top - above, top - above + BAND_ROWS)
        flat[top : top + BAND_ROWS] = _flatten_band(gray[above : top + BAND_ROWS + margin], pixels_per_cell)[rows]
    return flat


def _flatten_band(gray: FloatArray, pixels_per_cell: float) -> FloatArray:
    sigma = SCREENTONE_BLUR * pixels_per_cell

    def blur(plane: FloatArray, factor: float = 1.0) -> FloatArray:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), factor * sigma, borderType=cv2.BORDER_REFLECT), np.float32)

    def disk(radius: float) -> NDArray[np.uint8]:
        side = 2 * max(1, round(radius)) + 1
        return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)

    mean = blur(gray)
    roughness = np.sqrt(np.maximum(blur(gray * gray, 2) - blur(gray, 2) ** 2, 0))
    x_slope = cv2.Sobel(gray, cv2.CV_32F, 1, 0)
    y_slope = cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    xx, yy, xy = blur(x_slope * x_slope, 2), blur(y_slope * y_slope, 2), blur(x_slope * y_slope, 2)
    direction = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (xx + yy + 1e-6)
    edge = cv2.magnitude(cv2.Sobel(mean, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(mean, cv2.CV_32F, 0, 1, scale=0.125))
    line = cv2.morphologyEx(mean, cv2.MORPH_CLOSE, disk(2.5 * sigma)) - mean
    drawn = np.maximum(line, 2 * sigma * edge) > LINE_DEPTH
    drawn = cv2.dilate(drawn.astype(np.uint8), disk(sigma)).astype(bool)
    toned = (roughness > SCREENTONE_ROUGHNESS) & (direction < SCREENTONE_DIRECTION) & ~drawn
    core = cv2.morphologyEx(toned.astype(np.uint8), cv2.MORPH_OPEN, disk(2 * sigma)).astype(bool)
    if not core.any():
        return gray
    dots, solid = _dots(gray, SCREENTONE_PERIOD * pixels_per_cell)
    joined = cv2.morphologyEx(dots.astype(np.uint8), cv2.MORPH_CLOSE, disk(0.6 * SCREENTONE_PERIOD * pixels_per_cell))
    _, labels = cv2.connectedComponents(joined)
    reached = np.bincount(labels[core], minlength=labels.max() + 1) > 0
    reached[0] = False  # the background is no screentone
    near = cv2.dilate(core.astype(np.uint8), disk(4 * sigma)).astype(bool)
    area = core | (reached[labels] & near & ~solid)
    trust = core.astype(np.float32) + 1e-6
    tone = blur(mean * trust, 2) / blur(trust, 2)
    share = cv2.GaussianBlur(area.astype(np.float32), (0, 0), 0.5)
    return np.asarray(gray + (np.where(core, mean, tone) - gray) * share * ~(solid & ~core), np.float32)


def _dots(gray: FloatArray, largest_px: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the small spots of a page, dark on light or light on dark, and the dark that is no spot."""
    dark = (gray < 0.5).astype(np.uint8)
    spots = []
    for plane in (dark, 1 - dark):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(plane, connectivity=4)
        small = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) <= largest_px
        spots.append(small[labels] & plane.astype(bool))
    return spots[0] | spots[1], dark.astype(bool) & ~spots[0]
