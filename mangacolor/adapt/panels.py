"""Coloured pages as what is learnt from: their panels, at the size at which the generator sees them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.panelwise import LONGEST_SIDES
from mangacolor.data.drawing.scenery import draw_scenery
from mangacolor.data.figures_framed import frame
from mangacolor.data.figures_painted import paint_figures
from mangacolor.data.pictures import Picture, Separate
from mangacolor.image import float_from_pixels, pixels_from_float, resize, to_gray
from mangacolor.page.lighting import on_white_paper
from mangacolor.page.panels.finder import find_panels

Pixels = NDArray[np.uint8]

SMALLEST_PX = 64
"""Short side below which a panel shows too little."""


def panel_pictures(rgb: Pixels, gray: Pixels | None, separate: Separate, panel_px: int) -> list[Picture]:
    """Cut a coloured page into its panels, small ones with what lies around them.

    A crop of a picture may then be as small as a panel looks at the smallest scale at which it is coloured.

    Args:
        rgb: (H, W, 3) the page in colour.
        gray: (H, W) the same page as it was drawn; None where its grey side is to be drawn.
        separate: Takes a grey page apart.
        panel_px: Short side of a panel that suits the generator.

    Returns:
        Pictures no larger than the generator sees them; the whole page where it has no panels.
    """
    shown = on_white_paper(to_gray(rgb) if gray is None else float_from_pixels(gray))
    planes = None if gray is None else separate(shown)
    boxes = [panel.box for panel in find_panels(shown)] or [(0, 0, *shown.shape)]
    pictures = []
    for top, left, bottom, right in boxes:
        height, width = bottom - top, right - left
        if min(height, width) < SMALLEST_PX:
            continue
        scale = min(1.0, panel_px / min(height, width), LONGEST_SIDES * panel_px / max(height, width))
        rows, columns = (
            _widened(first, last, round(panel_px / scale), side)
            for first, last, side in zip((top, left), (bottom, right), shown.shape, strict=True)
        )
        window = (rows, columns)
        size = (round((rows.stop - rows.start) * scale), round((columns.stop - columns.start) * scale))
        kept = None
        if planes is not None:
            ink, tone = (pixels_from_float(resize(plane[window], *size).clip(0, 1)) for plane in planes)
            kept = (ink, tone)
        pictures.append(Picture(np.ascontiguousarray(resize(rgb[window], *size)), kept))
    return pictures


def _widened(first: int, last: int, least: int, most: int) -> slice:
    """Widen a range to both sides, within (0, most), until it has a length."""
    length = max(last - first, min(least, most))
    start = min(max(0, (first + last - length) // 2), most - length)
    return slice(start, start + length)


def other_pictures(count: int, side_px: int) -> list[Picture]:
    """Draw scenery, always the same, for what is not to be forgotten."""
    pictures = []
    for number in range(count):
        rng = np.random.default_rng((number, 20261128))
        layers = paint_figures(frame(draw_scenery(rng), side_px, rng), None, rng).layers
        ink, tone, colour = (pixels_from_float(plane) for plane in (layers.ink, layers.tone, layers.colour))
        pictures.append(Picture(colour, (ink, tone)))
    return pictures
