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


LEAST_SIDES = 2
"""What lies beside a page is seen on so many sides of it, at least; see `beside_the_page`."""

BEYOND_PX, PAPER, LEAST_BARE = 6, 0.85, 0.5
"""So many pixels beyond what lies beside a page there is paper, as light as the second, on such a share of the way."""

GUTTER_SHARE, GUTTER_ACROSS = 0.006, 0.97
"""Width over the side of a page, and share of the way across it, of black that parts panels: such black pages have no
margins but their own."""


def without_dark_margins(gray: FloatArray) -> FloatArray:
    """Return a page whose dark margins are white, as finders of panels know pages; the same array where it has none.

    A page that lies askew has margins of wedges: they go as far as it is dark, row by row.

    Args:
        gray: (H, W) page in [0, 1].
    """
    is_margin, sides = _margins_of(gray)
    return np.where(_grown(is_margin, SOFT_PX), np.float32(1), gray) if sides else gray


def beside_the_page(gray: FloatArray, lit: FloatArray, level: float = 1.0) -> NDArray[np.bool_] | None:
    """Return (H, W) what a camera or a scanner saw beside a page: dark margins around bare paper; None without.

    Args:
        gray: (H, W) page in [0, 1], as it came.
        lit: The same evenly lit, so that all paper is white, and margins in shadow may be no longer dark.
        level: Grey of its lightest paper, as it came.
    """
    dark = DARK * level
    is_margin, sides = _margins_of(gray, dark)
    if sides < LEAST_SIDES:
        return None
    around = _grown(is_margin, SOFT_PX)
    beyond = _grown(around, BEYOND_PX) & ~around
    is_paper = beyond.any() and (lit[beyond] >= PAPER).mean() >= LEAST_BARE
    return around if is_paper and not _is_night(gray < dark, around) else None


def _is_night(is_dark: NDArray[np.bool_], around: NDArray[np.bool_]) -> bool:
    """Say whether the black around a page goes on between its panels, across the page or down it."""
    for axis in (0, 1):
        inside = around.mean(axis=axis) < 0.5
        is_across = ((is_dark | around).mean(axis=axis) >= GUTTER_ACROSS) & inside
        widest = max(2, round(GUTTER_SHARE * len(is_across)))
        if (np.convolve(is_across, np.ones(widest), "valid") >= widest).any():
            return True
    return False


def _margins_of(gray: FloatArray, dark: float = DARK) -> tuple[NDArray[np.uint8], int]:
    """Return where a page (H, W) has dark margins, and on how many sides."""
    is_margin, sides = np.zeros(gray.shape, np.uint8), 0
    for turns in range(4):
        # The margin on top, whichever side that is.
        turned = np.rot90(gray, turns)
        if (turned[:GRAIN_PX].mean(axis=0) < dark).mean() < LEAST_DARK:
            continue
        sides += 1
        strip = np.ascontiguousarray(turned[: max(1, int(WIDEST * len(turned)))])
        is_dark = np.asarray(cv2.blur(strip, (GRAIN_PX, GRAIN_PX)) < dark)
        np.rot90(is_margin, turns)[: len(strip)] |= np.logical_and.accumulate(is_dark, axis=0)
    return is_margin, sides


def _grown(mask: NDArray[np.bool_] | NDArray[np.uint8], reach_px: int) -> NDArray[np.bool_]:
    around = np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), around) > 0)
