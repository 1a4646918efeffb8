"""Panels that lie on top of others, and framed things that are drawn in panels and are none.

Both are planned as panels are, and drawn by `compose`: what is added last lies on top.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.balloon_shapes import box_of
from mangacolor.data.drawing.balloons import Box, touch
from mangacolor.data.drawing.page_layout import PagePlan, Panel

Points = NDArray[np.float32]
Place = Literal["inside", "corner", "side"]

PLACES: tuple[Place, ...] = ("inside", "corner", "side")

LEAST_HOST = 15.0
LEAST_SIDE = 7.0
"""Least short side of a panel that has others on it, and of those, in letters."""

SHARES = (0.28, 0.5)
"""Sides of an inset over those of the panel that it lies on."""

OUT = (0.12, 0.3)
"""How much of an inset that lies over a corner or a side is beyond it."""

WITH_RIM = 0.7
TILTED = 0.2
STEEPEST = 0.08
"""Shares of insets that have a white border and are tilted, and the largest tilt, in radians."""


def with_insets(plan: PagePlan, rng: np.random.Generator) -> PagePlan:
    """Lay one or two small panels on the large ones of a page.

    Args:
        plan: A page; where none of its panels is large enough it comes back as it is.
        rng: Source of where they lie and what they show.

    Returns:
        The page with the insets as its last panels, without the lettering that they would touch.
    """
    insets: list[Panel] = []
    for host in _hosts(plan, rng)[: int(rng.integers(1, 3))]:
        place = PLACES[int(rng.integers(len(PLACES)))]
        box = _placed(host, place, plan, rng)
        rim = plan.unit_px * rng.uniform(0.25, 0.8) if rng.random() < WITH_RIM else 0.0
        frame = host.frame_px or 0.12 * plan.unit_px
        tilt = rng.uniform(-STEEPEST, STEEPEST) if rng.random() < TILTED else 0.0
        insets.append(_framed(_corners(box, tilt), frame, rim, rng))
    return _covered(plan, insets)


def with_framed_things(plan: PagePlan, rng: np.random.Generator) -> PagePlan:
    """Draw windows, pictures on walls and sheets of paper in the large panels of a page; none of them is a panel.

    Args:
        plan: A page.
        rng: Source of where and what they are.

    Returns:
        The page with their parts as its last panels, without the lettering that they would touch.
    """
    parts: list[Panel] = []
    for host in _hosts(plan, rng)[:2]:
        box = _placed(host, "inside", plan, rng)
        kind = rng.integers(3)
        line = max(0.05 * plan.unit_px, (host.frame_px or 0.12 * plan.unit_px) * rng.uniform(0.4, 1.0))
        if kind == 0:
            parts += _window(box, line, plan.unit_px, rng)
        elif kind == 1:
            parts += _picture(box, line, plan.unit_px, rng)
        else:
            parts.append(_framed(_corners(box, rng.uniform(-0.2, 0.2)), line, 0.0, rng, is_blank=True))
    return _covered(plan, parts)


def _hosts(plan: PagePlan, rng: np.random.Generator) -> list[Panel]:
    """Return the panels that are large enough, in random order."""
    large = [panel for panel in plan.panels if np.ptp(panel.polygon, axis=0).min() >= LEAST_HOST * plan.unit_px]
    return [large[index] for index in rng.permutation(len(large))]


def _placed(host: Panel, place: Place, plan: PagePlan, rng: np.random.Generator) -> Box:
    """Return a box on a panel, within the page."""
    unit = plan.unit_px
    limits = np.array((plan.height_px, plan.width_px), float)
    low, high = (np.array(side) for side in (box_of(host.polygon)[:2], box_of(host.polygon)[2:]))
    low, high = low.clip(0, limits), high.clip(0, limits)
    sides = np.maximum((high - low) * rng.uniform(*SHARES, 2), LEAST_SIDE * unit)
    # Slanted sides take up to an eighth off the box of a panel.
    room = np.maximum(0, high - low - sides - 3 * unit)
    start = low + 1.5 * unit + room * rng.uniform(0.1, 0.9, 2)
    out = rng.random(2) < 0.5 if place == "corner" else np.array((False, False))
    axes = (0, 1) if place == "corner" else (int(rng.integers(2)),) if place == "side" else ()
    for axis in axes:
        beyond = sides[axis] * rng.uniform(*OUT)
        is_low = bool(out[axis]) if place == "corner" else bool(rng.random() < 0.5)
        start[axis] = low[axis] - beyond if is_low else high[axis] - sides[axis] + beyond
    start = np.minimum(np.maximum(start, 0.5 * unit), limits - sides - 0.5 * unit)
    top, left = start.tolist()
    bottom, right = (start + sides).tolist()
    return top, left, bottom, right


def _corners(box: Box, tilt: float) -> Points:
    top, left, bottom, right = box
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    turn = np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]], np.float32)
    return np.asarray((corners - corners.mean(axis=0)) @ turn + corners.mean(axis=0), np.float32)


def _framed(corners: Points, frame: float, rim: float, rng: np.random.Generator, *, is_blank: bool = False) -> Panel:
    return Panel(corners, frame, rim, None, "none", is_blank, int(rng.integers(2**62)))


def _window(box: Box, line: float, unit: float, rng: np.random.Generator) -> list[Panel]:
    """Panes in two columns, what is behind them the same or nothing, in a frame of two lines."""
    top, left, bottom, right = box
    bar = unit * rng.uniform(0.4, 0.9)
    is_blank = bool(rng.random() < 0.5)
    middle = (left + right) / 2
    panes = [(top + bar, left + bar, bottom - bar, middle - bar / 2)]
    panes.append((top + bar, middle + bar / 2, bottom - bar, right - bar))
    inner = [_framed(_corners(pane, 0.0), line, 0.0, rng, is_blank=is_blank) for pane in panes]
    return [_framed(_corners(box, 0.0), line, 0.0, rng, is_blank=True), *inner]


def _picture(box: Box, line: float, unit: float, rng: np.random.Generator) -> list[Panel]:
    """A picture, or a screen, in a broad frame between two lines."""
    top, left, bottom, right = box
    bar = unit * rng.uniform(0.4, 1.2)
    inner = _framed(_corners((top + bar, left + bar, bottom - bar, right - bar), 0.0), line, 0.0, rng)
    return [_framed(_corners(box, 0.0), line, 0.0, rng, is_blank=True), inner]


def _covered(plan: PagePlan, over: list[Panel]) -> PagePlan:
    lettering = tuple(
        one
        for one in plan.lettering
        if not any(touch(one.box(), box_of(panel.polygon), panel.rim_px + panel.frame_px + 2) for panel in over)
    )
    return replace(plan, panels=(*plan.panels, *over), lettering=lettering)
