"""Coloured pages as what is learnt from: their panels, at the size at which the generator sees them."""

from __future__ import annotations

from collections.abc import Sequence

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
Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]
"""Top, left, bottom, right."""

SMALLEST_PX = 64
"""Short side below which a panel shows too little."""


def panel_boxes(rgb: Pixels, gray: Pixels | None) -> list[Box]:
    """Find the panels of a coloured page that show enough; the whole page where it has no panels.

    Args:
        rgb: (H, W, 3) the page in colour.
        gray: (H, W) the same page as it was drawn, if that is known.
    """
    shown = _shown(rgb, gray)
    boxes = [panel.box for panel in find_panels(shown)] or [(0, 0, *shown.shape)]
    return [box for box in boxes if min(box[2] - box[0], box[3] - box[1]) >= SMALLEST_PX]


def panel_pictures(
    rgb: Pixels,
    gray: Pixels | None,
    separate: Separate,
    panel_px: int,
    boxes: Sequence[Box],
    blank: Mask | None = None,
) -> list[Picture]:
    """Cut panels out of a coloured page, small ones with what lies around them.

    A crop of a picture may then be as small as a panel looks at the smallest scale at which it is coloured.

    Args:
        rgb: (H, W, 3) the page in colour.
        gray: (H, W) the same page as it was drawn; None where its grey side is to be drawn.
        separate: Takes a grey page apart.
        panel_px: Short side of a panel that suits the generator.
        boxes: Of `panel_boxes`.
        blank: (H, W) what is white paper in all pictures.

    Returns:
        A picture for each box, no larger than the generator sees it.
    """
    planes = None if gray is None else [np.array(plane) for plane in separate(_shown(rgb, gray))]
    if blank is not None:
        rgb = np.where(blank[..., None], np.uint8(255), rgb)
        for plane in planes or ():
            plane[blank] = 1
    pictures = []
    for top, left, bottom, right in boxes:
        height, width = bottom - top, right - left
        scale = min(1.0, panel_px / min(height, width), LONGEST_SIDES * panel_px / max(height, width))
        rows, columns = (
            _widened(first, last, round(panel_px / scale), side)
            for first, last, side in zip((top, left), (bottom, right), rgb.shape[:2], strict=True)
        )
        window = (rows, columns)
        size = (round((rows.stop - rows.start) * scale), round((columns.stop - columns.start) * scale))
        kept = None
        if planes is not None:
            ink, tone = (pixels_from_float(resize(plane[window], *size).clip(0, 1)) for plane in planes)
            kept = (ink, tone)
        pictures.append(Picture(np.ascontiguousarray(resize(rgb[window], *size)), kept))
    return pictures


def apart(boxes: Sequence[Box], is_held: Sequence[bool], shape: tuple[int, int]) -> tuple[Mask, Mask]:
    """Return what (H, W) of a page is blank where others are learnt from, and where those held out are looked at.

    Pictures of small panels show what lies around them, and insets lie in other panels: whatever is seen of a panel
    that is held out is seen nowhere else.
    """
    learnt, held = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for (top, left, bottom, right), is_out in zip(boxes, is_held, strict=True):
        (held if is_out else learnt)[top:bottom, left:right] = True
    return held & ~learnt, learnt


def _shown(rgb: Pixels, gray: Pixels | None) -> NDArray[np.float32]:
    return on_white_paper(to_gray(rgb) if gray is None else float_from_pixels(gray))


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
