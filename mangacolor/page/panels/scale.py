"""How large the panels of a page are, the scale of its drawing whatever the resolution, and what lies between them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.page.typesetting import size_of_copy

FloatArray = NDArray[np.float32]

SHORT_SIDE_PX = 384
"""Short side of the copy on which panels are looked for: the same for every scan of a page."""

PAPER = 0.9
NARROWEST_GUTTER_PX = 3
"""Gutters narrower than this on the copy do not part panels; gaps in frames up to it do not join them."""

SMALLEST_PANEL = 0.01
"""Share of a page below which a part of it is no panel."""

LARGEST_PANEL = 1.0

EDGE_SHARE = 0.006
BARE_EDGE = 0.95
"""Width of the edge of a page over its short side, and the share of it that is bare where panels lie in gutters."""

GREY_REACH, LEAST_GREY = 0.06, 0.85
"""Gutters differ from their grey by this much at most, and such a share of what lies between panels is as grey, at
least: else there is a picture behind them."""

LARGEST_GUTTERS = 0.3
"""Largest share of the page that gutters and margins take up: what lies open around a figure is more."""


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
    inside = (~_open_to_the_edge(gutter_like)).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.int64)
    return np.asarray(areas[areas >= SMALLEST_PANEL * min(gutter_like.shape) ** 2], np.int64)


def find_gutters(gray: FloatArray) -> NDArray[np.bool_]:
    """Find the bare paper around and between the panels of a page.

    It hangs together with the edge of the page, which must be bare all around, and is the smaller part of the page. A
    figure on open ground has no gutters: what is around it may be a sky.

    Args:
        gray: (H, W) page in [0, 1], paper white.

    Returns:
        (H, W) mask of the paper that can be kept white whatever is painted there; empty where there are no gutters.
    """
    none = np.zeros(gray.shape, np.bool_)
    h, w = size_of_copy(gray.shape)
    paper = resize(gray, h, w) >= PAPER
    border = max(1, round(EDGE_SHARE * min(h, w)))
    edge = np.ones((h, w), np.bool_)
    edge[border:-border, border:-border] = False
    if paper[edge].mean() < BARE_EDGE:
        return none
    gutters = _open_to_the_edge(paper)
    if gutters.mean() > LARGEST_GUTTERS:
        return none
    return _at_page_size(gutters, gray)


def _at_page_size(gutters: NDArray[np.bool_], gray: FloatArray, level: float = 1.0) -> NDArray[np.bool_]:
    """Bring gutters of a copy (h, w), of one grey, to the page (H, W)."""
    wide = cv2.resize(gutters.astype(np.uint8), gray.shape[::-1], interpolation=cv2.INTER_NEAREST)
    # The copy is blurred beside frames; the page itself says where they begin.
    reach = 2 * math.ceil(gray.shape[0] / len(gutters)) + 1
    is_alike = gray >= PAPER if level == 1 else np.abs(gray - level) <= GREY_REACH
    return cv2.dilate(wide, np.ones((reach, reach), np.uint8)).astype(np.bool_) & is_alike


def find_between(gray: FloatArray, panels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Find the bare paper between panels that are known, as far as it hangs together with the edge of the page.

    `find_gutters` needs none, and finds nothing where a panel has no frame, or runs to the edge of the page. Gutters
    may be of one grey as well, as on pages that tell what is past.

    Args:
        gray: (H, W) page in [0, 1], paper white.
        panels: (h, w) number of the panel of each pixel, at any size; 0 is none.

    Returns:
        (H, W) mask of paper.
    """
    h, w = size_of_copy(gray.shape)
    outside = cv2.resize((panels == 0).astype(np.uint8), (w, h), interpolation=cv2.INTER_NEAREST_EXACT) > 0
    small = resize(gray, h, w)
    between = small[outside]
    if not len(between) or np.median(between) >= PAPER:
        return _at_page_size(_open_to_the_edge((small >= PAPER) & outside), gray)
    level = grey_of(between)
    if level is None:
        return np.zeros(gray.shape, np.bool_)
    return _at_page_size(_open_to_the_edge((np.abs(small - level) <= GREY_REACH) & outside), gray, level)


def grey_of(between: FloatArray) -> float | None:
    """Return the one grey, white and black among them, of what lies between panels (N,); None where it has several."""
    if not len(between):
        return None
    level = float(np.median(between))
    return level if (np.abs(between - level) <= GREY_REACH).mean() >= LEAST_GREY else None


def _open_to_the_edge(paper: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the part of a copy's paper that hangs together with its edge."""
    kernel = np.ones((NARROWEST_GUTTER_PX, NARROWEST_GUTTER_PX), np.uint8)
    # Opened first, so that paper inside a panel does not join the gutter through a gap in the frame.
    wide = cv2.morphologyEx(paper.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    framed = cv2.copyMakeBorder(wide, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels = cv2.connectedComponents(framed, connectivity=4)
    return np.asarray(labels == labels[0, 0])[1:-1, 1:-1]
