"""At what size a page is coloured."""

from __future__ import annotations

import math

from mangacolor.page.ink import Separation
from mangacolor.page.panels.scale import panel_share

WORKING_SHORT_SIDES = (0.8, 2.0)
"""Smallest and largest short side that is chosen, in sides of the generator's panel; `size` overrides it."""

WORKING_PIXELS = 3_000_000
"""Largest working size, which only very long strips reach."""


def chosen_short_side(page: Separation, panel_px: int) -> int:
    """Return the short side of the working size for a page where the user gives none.

    It follows the panels: those of one page look alike to the generator at any resolution of the scan.

    Args:
        page: The page taken apart.
        panel_px: Side of a typical panel at the working size.
    """
    smallest, largest = (round(sides * panel_px) for sides in WORKING_SHORT_SIDES)
    return min(largest, max(smallest, round(panel_px / panel_share(page.ink * page.tone))))


def working_size(page: tuple[int, ...], short_side_px: int) -> tuple[int, int]:
    """Return the (h, w) at which a page of (H, W) is coloured: never above its own size.

    Long strips keep the short side as far as `WORKING_PIXELS` reach.
    """
    height, width = page
    scale = min(1.0, short_side_px / min(height, width), math.sqrt(WORKING_PIXELS / (height * width)))
    return max(1, round(height * scale)), max(1, round(width * scale))
