"""Pages whose panels show drawn people, with balloons, lettering and frames over them, and what every pixel is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mangacolor.config import LABELS
from mangacolor.data.drawing.canvas import Canvas, Drawn, Region
from mangacolor.data.drawing.compose import draw_panels, letter
from mangacolor.data.drawing.page_layout import PagePlan, Panel
from mangacolor.data.drawing.scan import PageLayers
from mangacolor.data.figures_painted import Painted
from mangacolor.data.labels import NO, UNKNOWN, YES

Pixels = NDArray[np.uint8]
Paint = Callable[[int, np.random.Generator], Painted]
"""Paints people, square, of a side in pixels."""

_MIXED = 0.5
"""Coverage from which on a pixel belongs to what covers it."""

TOUCHED = 0.02
"""Change of ink or colour from which on lettering lies on a pixel: nobody asks what is under it."""


def compose_figures(plan: PagePlan, window: tuple[int, int, int, int], paint: Paint) -> tuple[PageLayers, Pixels]:
    """Draw a window of a page of people: bare paper, balloons and gutters are what no drawing alone would teach.

    Args:
        plan: The page.
        window: Top, left, height and width of what is drawn.
        paint: Paints what a panel shows.

    Returns:
        Layers without any dots, and labels (H, W, L) as `paint_figures` gives them.
    """
    canvas = Canvas(window, is_black=plan.has_black_gutters)
    shown: list[tuple[Panel, Region, Pixels]] = []

    def show(panel: Panel, region: Region) -> Drawn:
        drawn, labels = _show(panel, region, canvas, paint)
        shown.append((panel, region, labels))
        return drawn

    draw_panels(plan, canvas, show)
    ink, colour = canvas.ink.copy(), canvas.colour.copy()
    page = letter(plan, canvas, None)
    is_lettered = (abs(canvas.ink - ink) > TOUCHED) | (abs(canvas.colour - colour).max(axis=2) > TOUCHED)
    bare = _told("ground", "paper")
    labels = np.broadcast_to(bare, (*page.paper.shape, len(LABELS))).copy()
    covers = [(panel.polygon, region, inside) for panel, region, inside in shown]
    covers += [(panel.figure, region, inside) for panel, region, inside in shown if panel.figure is not None]
    for curve, region, inside in covers:
        covered = canvas.fill([curve], region) > _MIXED
        labels[region.cut][covered] = inside[covered]
    labels[is_lettered] = UNKNOWN
    labels[page.paper] = bare
    return page.layers, labels


def _told(*names: str) -> Pixels:
    """Return labels (L,) that say these and nothing else."""
    return np.array([YES if name in names else NO for name in LABELS], np.uint8)


def _show(panel: Panel, region: Region, canvas: Canvas, paint: Paint) -> tuple[Drawn, Pixels]:
    """Paint the part of a panel that a region of the window shows."""
    rng = np.random.default_rng((panel.seed, 1))
    blank = np.ones(region.shape, np.float32)
    no_dots = np.zeros(region.shape, bool)
    if panel.is_blank:
        labels = np.broadcast_to(_told("ground"), (*region.shape, len(LABELS)))
        return Drawn(blank, blank, blank, no_dots, np.ones((*region.shape, 3), np.float32)), labels
    top, left, bottom, right = panel.box()
    y, x = canvas.to_page(region)
    row, column = y - int(np.floor(top)), x - int(np.floor(left))
    side_px = max(
        int(np.ceil(bottom - top)), int(np.ceil(right - left)), row + region.shape[0], column + region.shape[1]
    )
    layers, labels = paint(side_px + 2, rng)
    cut = np.s_[row : row + region.shape[0], column : column + region.shape[1]]
    ink, tone, colour = (plane[cut] for plane in layers[:3])
    return Drawn(ink, tone, tone, no_dots, colour), labels[cut]
