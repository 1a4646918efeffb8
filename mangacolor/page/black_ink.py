"""Black that was printed or scanned as dark grey is black again, as paper that is darker than white is white."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import pixels_from_float
from mangacolor.page.ink import Separation, blocks

FloatArray = NDArray[np.float32]

DARK = 0.4
"""Grey up to which a pixel is dark."""

LARGEST_SIDE_PX = 1200
"""Pages with a longer short side are looked at in whole parts of their size: solid black is solid there too."""

WINDOW_PX, MOST_UNEVEN = 3, 10
"""Grey that differs by so many steps of 255 at most within a window of this size is solid. It is averaged over such a
window first: grain and the traces of JPEG are no unevenness. Soft edges, and the rings that resizing leaves along
lines, are."""

LEAST_SOLID = 0.0005
"""Share of a page that is solid and dark, at least, for its black to be known."""

SOLID_PERCENTILES, MOST_SPREAD = (2, 60), 0.03
"""Between these percentiles of what is solid and dark black varies by this much at most; pencil and paint differ by
more, and where some is blacker, the rest is meant to be grey."""

FAINTEST, PALEST = 0.06, 0.3
"""Darker black is black enough; lighter black is meant to be grey."""

KEPT_FROM = 0.5
"""Grey from which on all stays as it is."""


def black_level(gray: FloatArray) -> float:
    """Return the grey of a page's black, 0 where it is black or is not known.

    Args:
        gray: (H, W) page in [0, 1], its paper white.
    """
    parts = max(1, min(gray.shape) // LARGEST_SIDE_PX)
    small = cv2.resize(gray, (gray.shape[1] // parts, gray.shape[0] // parts), interpolation=cv2.INTER_AREA)
    even = cv2.blur(pixels_from_float(small), (WINDOW_PX, WINDOW_PX))
    window = np.ones((WINDOW_PX, WINDOW_PX), np.uint8)
    lightest = cv2.dilate(even, window)
    is_solid = (lightest - cv2.erode(even, window) <= MOST_UNEVEN) & (lightest < DARK * 255)
    solid = even[is_solid]
    if len(solid) < LEAST_SOLID * even.size:
        return 0.0
    blackest, level = np.percentile(solid, SOLID_PERCENTILES) / 255
    return float(level) if FAINTEST <= level <= PALEST and level - blackest <= MOST_SPREAD else 0.0


def blackened(page: Separation, level: float) -> FloatArray:
    """Return the ink of a page that makes black of its grey of `level`, and leaves what is light as it is.

    Between them darkness grows evenly, so that the soft edges of lines stay soft.

    Args:
        page: Deepened ink and tone (H, W), whose product is about the page.
        level: From `black_level`.

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
