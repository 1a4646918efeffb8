"""How large the panels of a page are: the scale of its drawing, whatever the resolution of the scan."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize

FloatArray = NDArray[np.float32]

SHORT_SIDE_PX = 384
"""Short side of the copy on which panels are looked for: the same for every scan of a page."""

PAPER = 0.9
NARROWEST_GUTTER_PX = 3
"""Gutters narrower than this on the copy do not part panels; gaps in frames up to it do not join them."""

SMALLEST_PANEL = 0.01
"""Share of a page below which a part of it is no panel."""

LARGEST_PANEL = 1.0


def panel_share(gray: FloatArray) -> float:
    """Return the side of a typical panel over the short side of the page, 0.1 to 1.

    Panels are what lies between gutters: bare paper (or, on night pages, solid black) connected to the page's edge. The
    side is the square root of the area; panels count by their area, so that it is that of the middle one by area. A
    page without gutters is one panel.

    Args:
        gray: (H, W) page in [0, 1], paper white.
    """
    scale = SHORT_SIDE_PX / min(gray.shape)
    height, width = (max(1, round(side * scale)) for side in gray.shape)
    small = resize(gray, height, width) if scale < 1 else gray
    areas = max((_panel_areas(plane) for plane in (small >= PAPER, small <= 1 - PAPER)), key=len)
    if len(areas) == 0:
        return LARGEST_PANEL
    order = np.sort(areas)
    middle = order[np.searchsorted(np.cumsum(order), order.sum() / 2)]
    return float(np.clip(np.sqrt(middle) / min(small.shape), 0.1, LARGEST_PANEL))


def _panel_areas(gutter_like: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the areas, in pixels of the copy, of what the gutters part."""
    kernel = np.ones((NARROWEST_GUTTER_PX, NARROWEST_GUTTER_PX), np.uint8)
    # Opened first, so that paper inside a panel does not join the gutter through a gap in the frame.
    wide = cv2.morphologyEx(gutter_like.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    framed = cv2.copyMakeBorder(wide, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels = cv2.connectedComponents(framed, connectivity=4)
    inside = (labels != labels[0, 0])[1:-1, 1:-1].astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.int64)
    return np.asarray(areas[areas >= SMALLEST_PANEL * min(gutter_like.shape) ** 2], np.int64)
