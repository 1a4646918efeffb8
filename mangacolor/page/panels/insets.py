"""Panels that lie on others: framed boxes that bare paper parts from all that is drawn around them.

Windows, pictures on walls, screens, sheets of paper and captions are framed boxes, too, and many more of them are
drawn. So a box counts as a panel only if all speaks for it: its frame is as strong as those of the page's panels; bare
paper runs around it, and ends at the drawing of the panel below, always as far from the frame, or in a gutter; it does
not end at a second line on all sides, as around windows and pictures; and what the box holds is drawn, not set.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.panels.boxes import framed_boxes
from mangacolor.page.panels.convex import Points, area
from mangacolor.page.panels.edges import PAPER

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

FRAME = 0.55
"""A frame is darker than this, where paper is 1."""

LEAST_FRAMED = 0.93
"""Share of each side that is framed; a figure that breaks the frame joins the box to what is around it anyway."""

DEPTH_PX = 16
"""The frame's strength is the darkness within this many pixels from the outside in."""

CLEAR_PX = 9
"""Beyond it from the outside in, and from the corners along the sides, frames have ended."""

FRAME_RANGE = (0.6, 1.7)
"""Strength of its frame over that of the page's panels."""

ISLAND = (0.15, 0.35)
"""What a box holds is drawn, not set, if a part of it that touches the frame has at least these sides, over the short
side of the box."""

LEAST_STRENGTH = 0.8
"""Weakest usual frame, in pixels of black, with which others are compared."""

MOST_SHARED = 0.6
"""Largest share of a known panel that may lie in a box: more, and it is that panel, or several that something joins."""

LEAST_LEFT = 0.01
"""What is drawn of a panel beside the insets on it, over its area, at least; less is what lies between panels."""

OFF_GROUND = 0.2
"""What differs this much from the middle grey of a box is on its ground."""

RIM_PX = 2
WIDEST_RIM = 0.03
"""Narrowest and, over the short side of the page, widest white border of a panel that lies on others."""

EVEN_PX = 1.5
LEAST_RIM = 0.12
LEAST_ON_SIDE = 0.06
"""How evenly a border runs, and on what share of the way round, and of each of two sides at least, it ends at a drawing
or lies beyond the panels."""

MOST_LINED = 0.7
LINE_PX = 4
SOLID = 0.95
LINED_SIDES = 3
"""A side is lined if, on more than the first share of it, the border is even and ends at what is dark nearly everywhere
within so many pixels. A box with so many lined sides is a picture in its frame, or a pane of a window."""


class _Side(NamedTuple):
    """What is seen across one side of a box, at N places along it.

    Attributes:
        framed: Share of them that are framed.
        strength: Darkness of the frame, in pixels of black.
        outside: (N, M) greys outwards from the frame.
        ends: (N,) how many pixels of paper there are outside of the frame, `reach` at most.
        reach: Width of the widest border.
        beyond: (N,) whether there is no panel.
    """

    framed: float
    strength: float
    outside: FloatArray
    ends: NDArray[np.int64]
    reach: int
    beyond: Mask

    def bordered(self, border_px: float) -> Mask:
        """Say at which places (N,) a border of this width ends."""
        return np.asarray(np.abs(self.ends - border_px) <= EVEN_PX)

    def is_lined(self, border_px: float) -> bool:
        """Say whether such a border ends at a line: what is dark all along."""
        even = self.bordered(border_px)
        if even.mean() <= MOST_LINED:
            return False
        steps = self.ends[even][:, None] + np.arange(LINE_PX)
        behind = np.take_along_axis(self.outside[even], steps, axis=1)
        return bool((behind.min(axis=1) < FRAME).mean() >= SOLID)


def with_insets(light: FloatArray, panels: list[tuple[Points, bool]]) -> list[Points]:
    """Add the panels that lie on others to those that cuts have parted.

    Args:
        light: (H, W) grey of the page, its paper 1.
        panels: Convex polygons in reading order, and whether they are framed.

    Returns:
        The polygons, each inset after the last of the panels that it touches, so that it lies on top. A panel of which
        insets leave nothing but gutters is left out.
    """
    found = [polygon for polygon, _ in panels]
    insets = find_insets(light, found, _usual_strength(light, panels))
    for inset in insets:
        under = [k for k, polygon in enumerate(found) if _shared(inset, polygon) > 0]
        found.insert(max(under, default=-1) + 1, inset)
    if not insets:
        return found
    bare = _off(light.shape, insets) & (light < PAPER)
    return [
        polygon
        for polygon in found
        if any(polygon is inset for inset in insets)
        or bare[~_off(light.shape, [polygon])].sum() >= LEAST_LEFT * area(polygon)
    ]


def find_insets(light: FloatArray, panels: list[Points], usual: float) -> list[Points]:
    """Find the panels that lie on others.

    Args:
        light: (H, W) grey of the page, its paper 1.
        panels: What cuts along gutters have parted.
        usual: How strong the frames of panels are, in pixels of black.

    Returns:
        Four corners x, y each, frame included, the largest panel first.
    """
    if usual < LEAST_STRENGTH:
        return []
    short = min(light.shape)
    off = _off(light.shape, panels)
    found = []
    for box in framed_boxes(light < PAPER, short):
        if any(_shared(box, polygon) > MOST_SHARED * area(polygon) for polygon in panels):
            continue
        sides = [_side(light, off, *way, short) for way in _ways(box)]
        if _is_panel(sides, usual) and _is_drawn(light, box):
            found.append(box)
    return sorted(found, key=area, reverse=True)


def _is_panel(sides: list[_Side], usual: float) -> bool:
    """Say whether a box with these sides is a panel, where the frames of panels have the usual strength."""
    if min(side.framed for side in sides) < LEAST_FRAMED:
        return False
    strength = min(side.strength for side in sides)  # where the drawing behind it is dark, a frame seems stronger
    if not FRAME_RANGE[0] * usual <= strength <= FRAME_RANGE[1] * usual:
        return False
    border_px = _border(sides)
    parted = [float((side.bordered(border_px) | side.beyond).mean()) for side in sides]
    if sum(share >= LEAST_ON_SIDE for share in parted) < 2 or float(np.mean(parted)) < LEAST_RIM:
        return False
    return sum(side.is_lined(border_px) for side in sides) < LINED_SIDES


def _border(sides: list[_Side]) -> float:
    """Return the width in pixels at which the paper around a box ends most often."""
    reach = sides[0].reach
    counts = np.sum([np.bincount(side.ends, minlength=reach + 1) for side in sides], axis=0)[:reach].astype(float)
    counts[: RIM_PX - 1] = 0
    return float(np.convolve(counts, np.ones(3), "same").argmax())


def _shared(one: Points, other: Points) -> float:
    """Return the area that two convex polygons have in common."""
    return float(cv2.intersectConvexConvex(one, other)[0])


def _off(shape: tuple[int, ...], polygons: list[Points]) -> Mask:
    """Return (H, W) where none of some polygons is."""
    mask = np.ones(shape, np.uint8)
    for polygon in polygons:
        cv2.fillConvexPoly(mask, np.rint(polygon).astype(np.int32), 0)
    return mask.astype(np.bool_)


def _ways(box: Points) -> list[tuple[Points, Points, Points]]:
    """Return both ends of the longer sides of a convex polygon, and the way inwards across them."""
    ways = []
    for here, there in zip(box, np.roll(box, -1, axis=0), strict=True):
        along = there - here
        length = float(np.hypot(*along))
        if length >= 4 * CLEAR_PX:
            inward = np.array((-along[1], along[0]), np.float32) / length
            ways.append((here, there, inward if inward @ (box.mean(axis=0) - here) > 0 else -inward))
    return ways


def _across(
    plane: NDArray[np.generic], here: Points, there: Points, inward: Points, steps: NDArray[np.int64], margin: float
) -> NDArray[np.float32]:
    """Sample a plane at (places along a side, steps inwards); beyond the page its edge is repeated."""
    length = float(np.hypot(*(there - here)))
    along = np.arange(margin, max(margin + 1, length - margin))[:, None, None] / length
    points = here + along * (there - here) + steps[:, None] * inward
    x, y = (np.rint(points[..., axis]).astype(int).clip(0, plane.shape[1 - axis] - 1) for axis in (0, 1))
    return np.asarray(plane[y, x], np.float32)


def _side(light: FloatArray, off: Mask, here: Points, there: Points, inward: Points, short: int) -> _Side:
    within = _across(light, here, there, inward, np.arange(-1, DEPTH_PX), CLEAR_PX)
    reach = round(WIDEST_RIM * short)
    outside = _across(light, here, there, inward, -np.arange(2, reach + 3 + LINE_PX), CLEAR_PX)
    dark = outside[:, :reach] < PAPER
    ends = np.where(dark.any(axis=1), dark.argmax(axis=1), reach)
    beyond = _across(off, here, there, inward, -np.arange(2, reach), CLEAR_PX).mean(axis=1) > 0.5
    return _Side(float((within[:, :4].min(axis=1) < FRAME).mean()), _darkness(within), outside, ends, reach, beyond)


def _darkness(within: FloatArray) -> float:
    """Return the darkness of a frame, seen across at places (N, M), in pixels: a quarter of them is less dark."""
    dark = (1 - within).clip(0, 1)
    is_behind = np.cumsum(within < FRAME, axis=1) > 0
    is_behind = np.cumsum(is_behind & (within >= FRAME), axis=1) > 0
    return float(np.quantile((dark * ~is_behind).sum(axis=1), 0.25))


def _usual_strength(light: FloatArray, panels: list[tuple[Points, bool]]) -> float:
    """Return how strong the frames of panels are, in pixels of black; 0 where none is framed."""
    strengths = []
    for polygon, is_framed in panels:
        across = (
            [_across(light, *way, np.arange(-1, DEPTH_PX), CLEAR_PX) for way in _ways(polygon)] if is_framed else []
        )
        strengths += [float(np.median([_darkness(side) for side in across]))] if across else []
    return float(np.median(strengths)) if strengths else 0.0


def _is_drawn(light: FloatArray, box: Points) -> bool:
    """Say whether a box holds a drawing: something that is large both ways, and that its frame cuts off.

    Lettering keeps clear of the frame, and is in lines.
    """
    left, top = np.floor(box.min(axis=0)).astype(int).clip(0).tolist()
    right, bottom = np.ceil(box.max(axis=0)).astype(int).tolist()
    shown = light[top : bottom + 1, left : right + 1]
    inside = np.zeros(shown.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.rint(box - (left, top)).astype(np.int32), 1)
    inside = np.asarray(cv2.erode(inside, np.ones((2 * CLEAR_PX + 1,) * 2, np.uint8), borderValue=0), np.uint8)
    if not inside.any():
        return False
    ground = float(np.median(shown[inside > 0]))
    things = ((np.abs(shown - ground) > OFF_GROUND) & (inside > 0)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(things, connectivity=8)
    sides = np.sort(stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]], axis=1) / float(np.ptp(box, axis=0).min())
    is_large = (sides[:, 0] >= ISLAND[0]) & (sides[:, 1] >= ISLAND[1])
    at_frame = inside - cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=0)
    touching = np.unique(labels[(at_frame > 0) & (things > 0)])
    return bool(is_large[touching].any())
