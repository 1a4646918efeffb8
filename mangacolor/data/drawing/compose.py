"""Pages composed from colour art, with the truth of what they are made of: whole, or only a window of one.

Page and window agree where they show the same: everything hangs on the seeds in the plan, and what a window shows is
computed on its own few pixels. Exceptions: screentone is laid anew in each window, and an artist who sees more of a
panel may judge its greys a little differently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.balloon_shapes import box_of
from mangacolor.data.drawing.canvas import Canvas, Drawn, Region
from mangacolor.data.drawing.effect_lines import effect_lines
from mangacolor.data.drawing.fonts import Fonts
from mangacolor.data.drawing.letterer import TextBox, draw_lettering
from mangacolor.data.drawing.page_layout import PageKind, PagePlan, Panel, plan_page
from mangacolor.data.drawing.scan import PageLayers
from mangacolor.data.drawing.screentone import BLACK_TONE, screen
from mangacolor.data.synthesis import draw_layers, graded, saturate
from mangacolor.image import float_from_pixels

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
__all__ = ["Art", "ComposedPage", "TextBox", "compose_page", "draw_window", "plan_page"]

Art = Callable[[np.random.Generator], Pixels]

LARGEST_SCALE = 3.0
"""Panels show more of a picture rather than enlarge it further than this."""

WASHES = 0.12
"""Share of panels left in smooth greys although the page has screentone."""

SCALE_STEPS = 16
"""Scales of panels are multiples of 1 / 16, so that every 16th pixel of the art falls on a pixel of the page."""

REACH_PX = 12
"""Pixels of art that lines around a window may depend on."""


class ComposedPage(NamedTuple):
    """A composed page or window.

    Attributes:
        layers: Page and what it is made of.
        paper: (H, W) True where bare paper shows: gutters, margins, insides of balloons and white captions. There
            the colour is white, and ink is lettering or a drawn outline.
        text_boxes: Where lettering is.
    """

    layers: PageLayers
    paper: NDArray[np.bool_]
    text_boxes: list[TextBox]


def compose_page(
    height_px: int,
    width_px: int,
    art: Art,
    config: SynthesisConfig,
    rng: np.random.Generator,
    *,
    kind: PageKind | None = None,
    screentone: bool = True,
    fonts: Fonts | None = None,
) -> ComposedPage:
    """Plan a page and draw all of it; see `plan_page` and `draw_window`."""
    plan = plan_page(height_px, width_px, rng, kind, fonts)
    return draw_window(plan, (0, 0, height_px, width_px), art, config, rng, screentone=screentone)


def draw_window(
    plan: PagePlan,
    window: tuple[int, int, int, int],
    art: Art,
    config: SynthesisConfig,
    rng: np.random.Generator,
    *,
    screentone: bool = True,
) -> ComposedPage:
    """Draw a window of a page; the work grows with the window, not with the page.

    Args:
        plan: The page.
        window: Top, left, height and width of the window; what lies off the page is gutter.
        art: Returns a whole colour picture (H, W, 3) uint8 for a generator; the same one for the same generator.
        config: How art becomes ink and tone.
        rng: Source of the screentone; the rest depends on the plan.
        screentone: Draw tones as screentone, except washes; otherwise the page shows its flat tone.

    Returns:
        Layers of the window's size, page = ink × tone wherever nothing is screened.
    """
    canvas = Canvas(window, is_black=plan.has_black_gutters)
    config = _of_page(plan, config)
    sheets = rng if screentone else None

    def show(panel: Panel, region: Region) -> Drawn:
        return _draw_art(panel, region, canvas, art, config, sheets, plan.period_px)

    return draw_plan(plan, canvas, show, sheets)


def draw_plan(
    plan: PagePlan, canvas: Canvas, show: Callable[[Panel, Region], Drawn], sheets: np.random.Generator | None
) -> ComposedPage:
    """Draw a page, or the window of it that a canvas shows, with panels that show what is said.

    Args:
        plan: The page.
        canvas: Drawn on.
        show: Draws what a panel shows in a region of the canvas.
        sheets: Source of the screentone of captions; None leaves them flat.
    """
    draw_panels(plan, canvas, show)
    return letter(plan, canvas, sheets)


def draw_panels(plan: PagePlan, canvas: Canvas, show: Callable[[Panel, Region], Drawn]) -> None:
    """Draw what `draw_plan` does, but for balloons, captions and lettering."""
    figures: list[tuple[Panel, Region, Drawn]] = []
    for panel in plan.panels:
        _draw_frame(panel, canvas)
        region = canvas.region(panel.box())
        if region is None:
            continue
        drawn = show(panel, region)
        inside = canvas.fill([panel.polygon], region)
        wedges = effect_lines(panel, plan.unit_px)
        if wedges:
            drawn = drawn._replace(ink=drawn.ink * (1 - canvas.fill(wedges, region)))
        canvas.lay(region, inside, drawn)
        if panel.figure is not None:
            figures.append((panel, region, drawn))
    for panel, region, drawn in figures:
        _break_frame(panel, region, drawn, canvas, plan.unit_px)


def letter(plan: PagePlan, canvas: Canvas, sheets: np.random.Generator | None) -> ComposedPage:
    """Draw balloons, captions and lettering over the panels of a page; see `draw_plan`."""
    boxes = [draw_lettering(canvas, one, sheets) for one in plan.lettering]
    return ComposedPage(canvas.layers(), canvas.paper, [box for box in boxes if box is not None])


def _of_page(plan: PagePlan, config: SynthesisConfig) -> SynthesisConfig:
    """Turn the share of plain greys among panels into one among pages: an artist keeps to one manner on a page."""
    if plan.grey_draw < config.plain_gray:
        return replace(config, plain_gray=1.0)
    return replace(config, plain_gray=0.0, line_art=config.line_art / (1 - config.plain_gray))


def _draw_frame(panel: Panel, canvas: Canvas) -> None:
    """Draw what runs around a panel: its frame, and the white border of one that lies over others."""
    around = canvas.region(box_of(panel.polygon), panel.frame_px + panel.rim_px + 2)
    if around is None:
        return
    if panel.rim_px:
        canvas.lay_flat(around, canvas.rim([panel.polygon], around, panel.rim_px + panel.frame_px))
    if panel.frame_px:
        canvas.draw(around, canvas.rim([panel.polygon], around, panel.frame_px))


def _break_frame(panel: Panel, region: Region, drawn: Drawn, canvas: Canvas, unit_px: float) -> None:
    """Lay a part of a panel's art over its frame, with a contour where it leaves the panel."""
    if panel.figure is None:
        return
    canvas.lay(region, canvas.fill([panel.figure], region), drawn)
    outside = 1 - canvas.fill([panel.polygon], region)
    canvas.draw(region, canvas.rim([panel.figure], region, 0.07 * unit_px) * outside)


def _draw_art(
    panel: Panel, region: Region, canvas: Canvas, art: Art, config: SynthesisConfig,
    sheets: np.random.Generator | None, period_px: tuple[float, float],
) -> Drawn:  # fmt: skip
    """Draw the part of a panel's art that a region of the window shows."""
    blank = np.ones(region.shape, np.float32)
    bare = np.zeros(region.shape, bool)
    if panel.is_blank:
        return Drawn(blank, blank, blank, bare, np.ones((*region.shape, 3), np.float32))
    rng = np.random.default_rng((panel.seed, 1))
    is_wash = rng.random() < WASHES
    saturation = rng.uniform(*config.saturation)
    part, scale, inset = _crop(art(rng), panel, region, canvas, config, rng)
    paint = graded(saturate(float_from_pixels(part), saturation), config, rng)
    ink, tone, colour, smooth = draw_layers(paint, scale, config, rng)
    ink, tone, colour = (_cut(plane, inset, region.shape) for plane in (ink, tone, colour))
    ink = np.where(tone < BLACK_TONE, np.float32(0), ink)
    if sheets is None or smooth or is_wash:
        return Drawn(ink, tone, tone, bare, colour)
    screened = screen(tone, sheets, period_px)
    return Drawn(ink, screened.tone, screened.drawn, screened.mask, colour)


def _crop(
    picture: Pixels, panel: Panel, region: Region, canvas: Canvas, config: SynthesisConfig, rng: np.random.Generator
) -> tuple[Pixels, float, tuple[int, int]]:
    """Choose what of a picture the panel shows, and cut out what of that the region needs.

    Returns:
        The part of the picture, how much larger it is to be drawn, and the row and column of the drawing at which the
        region begins (negative where it begins outside).
    """
    top, left, bottom, right = panel.box()
    height, width = bottom - top + 1, right - left + 1
    fit = max(height / picture.shape[0], width / picture.shape[1])
    wanted = min(fit / rng.uniform(*config.crop_share), max(fit, LARGEST_SCALE))
    steps = max(1, int(np.ceil(wanted * SCALE_STEPS)))
    scale = steps / SCALE_STEPS
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    shown = [
        min(int(np.ceil(side / scale)), whole) for side, whole in zip((height, width), picture.shape, strict=False)
    ]
    offset = [int(rng.random() * (whole - side + 1)) for side, whole in zip(shown, picture.shape, strict=False)]
    y, x = canvas.to_page(region)
    starts, cuts = [], []
    for place, length, side, first in zip(
        (y - int(np.floor(top)), x - int(np.floor(left))), region.shape, shown, offset, strict=True
    ):
        low = int(np.clip((place / scale - REACH_PX) // SCALE_STEPS * SCALE_STEPS, 0, max(0, side - 1)))
        low -= low % SCALE_STEPS
        high = int(np.clip(np.ceil((place + length) / scale) + REACH_PX, low + 1, side))
        starts.append(place - low * steps // SCALE_STEPS)
        cuts.append(slice(first + low, first + high))
    return np.ascontiguousarray(picture[cuts[0], cuts[1]]), scale, (starts[0], starts[1])


def _cut(plane: FloatArray, start: tuple[int, int], shape: tuple[int, int]) -> FloatArray:
    """Cut a region out of a drawing; what lies beyond it, by a pixel, repeats its border."""
    before = [max(0, -first) for first in start]
    after = [max(0, first + length - limit) for first, length, limit in zip(start, shape, plane.shape, strict=False)]
    if any(before) or any(after):
        plane = np.asarray(cv2.copyMakeBorder(plane, before[0], after[0], before[1], after[1], cv2.BORDER_REPLICATE))
    top, left = (first + extra for first, extra in zip(start, before, strict=True))
    return plane[top : top + shape[0], left : left + shape[1]]
