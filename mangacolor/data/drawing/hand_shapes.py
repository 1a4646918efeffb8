"""Links of hands and arms as shapes on the page, and a sheet on which persons are laid.

Shapes are painted from back to front; where two grow out of one another no line parts them, so a finger melts into the
palm and a fist still shows its folds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.hand_poses import Link
from mangacolor.data.drawing.sheet import Sheet
from mangacolor.data.figures.store import Part

Points = NDArray[np.float64]

TOUCH_PX = 1.6
"""Rims that come so near to one another touch."""


class Manner(NamedTuple):
    """How one artist draws hands.

    Attributes:
        waist: How much thinner a link is between its joints: bony hands have more.
        tip: How far the tips of fingers bulge, in radii: square ones less, pointed ones more.
        nails: Whether nails are drawn.
        knuckles: How often each stroke at a knuckle is drawn.
        creases: How often each line of the palm and of the inside of fingers is drawn.
        shadow: Factor of the light in shadows; 1 for none.
        shift: Where shadows lie, in radii.
        merged: How often two neighbouring fingers are not parted by a line.
    """

    waist: float
    tip: float
    nails: bool
    knuckles: float
    creases: float
    shadow: float
    shift: tuple[float, float]
    merged: float = 0.0


class Shape(NamedTuple):
    """A link on the page: its rim (N, 2) in pixels, its depth, the link, and the pixels of its joints and radii."""

    rim: Points
    depth: float
    link: Link
    joints: tuple[Points, Points]
    radii: tuple[float, float]


class Camera(NamedTuple):
    """Where the wrist is on the page, pixels of a palm, the onlooker's distance in palms, and whether mirrored."""

    at: tuple[float, float]
    unit_px: float
    near: float
    mirrored: bool

    def see(self, point: Points) -> tuple[Points, float]:
        """Return where a point is on the page, and the pixels of a palm there."""
        scale = self.unit_px / max(0.35, 1 - float(point[2]) / self.near)
        x = -point[0] if self.mirrored else point[0]
        return np.array([self.at[0] + x * scale, self.at[1] - point[1] * scale]), scale


def tube(ends: tuple[Points, Points], radii: tuple[float, float], waist: float, caps: tuple[float, float]) -> Points:
    """Return the rim (N, 2) of a tube between two balls on the page.

    Args:
        ends: Middles of the balls.
        radii: Their radii.
        waist: How much thinner it is between them, as a share.
        caps: How far each end bulges, in radii: 0 is cut off straight, 1 is round.
    """
    along = ends[1] - ends[0]
    length = float(np.hypot(*along))
    if length < 1e-6:
        along, length = np.array([1.0, 0.0]), 1.0
    along = along / length
    across = np.array([-along[1], along[0]])
    at = np.linspace(0.0, 1.0, 7)[:, None]
    thick = (radii[0] + (radii[1] - radii[0]) * at) * (1 - waist * np.sin(math.pi * at) ** 2)
    middle = ends[0] + (ends[1] - ends[0]) * at
    turns = np.linspace(-math.pi / 2, math.pi / 2, 13)[1:-1, None]
    first = ends[0] - radii[0] * (caps[0] * np.cos(turns) * along + np.sin(turns) * across)
    last = ends[1] + radii[1] * (caps[1] * np.cos(turns) * along + np.sin(turns) * across)
    return np.concatenate([(middle - across * thick), last, (middle + across * thick)[::-1], first])


def inside(points: Points, rim: Points) -> NDArray[np.bool_]:
    """Say of points (N, 2) whether they are within a rim (M, 2)."""
    x, y = points[:, :1], points[:, 1:]
    first, second = rim, np.roll(rim, -1, axis=0)
    crosses = (first[:, 1] > y) != (second[:, 1] > y)
    rise = np.where(second[:, 1] == first[:, 1], 1e-9, second[:, 1] - first[:, 1])
    is_right = x < first[:, 0] + (y - first[:, 1]) / rise * (second[:, 0] - first[:, 0])
    return np.asarray((crosses & is_right).sum(axis=1) % 2 == 1)


class HandSheet(Sheet):
    """A sheet on which limbs and clothes of persons are laid."""

    def person_part(self, part: Part, *, new: bool = False) -> int:
        """Return the number of a part; a new one where each has a colour of its own."""
        if not new and part in self.parts:
            return self.parts.index(part)
        self.parts.append(part)
        return len(self.parts) - 1

    def put(self, rim: Points, number: int, drawn: NDArray[np.bool_] | None = None, share: float = 1.0) -> None:
        """Lay a shape of a part over what is there, and draw its rim where `drawn` says so; all of it by default."""
        corners = [np.round(rim * 8).clip(-1e6, 1e6).astype(np.int32)]
        for plane, value in ((self.part, number), (self.ink, 255), (self.light, 1.0)):
            cv2.fillPoly(plane, corners, value, cv2.LINE_8, 3)
        self.stroke_rim(rim, np.ones(len(rim), bool) if drawn is None else drawn, share)

    def stroke_rim(self, rim: Points, drawn: NDArray[np.bool_], share: float = 1.0) -> None:
        """Draw those pieces of a rim whose both ends are to be drawn."""
        if drawn.all():
            self.curve(np.concatenate([rim, rim[:1]]), share)
            return
        start = int(np.argmin(drawn))
        rim = np.roll(rim, -start, axis=0)
        rim, drawn = np.concatenate([rim, rim[:1]]), np.append(np.roll(drawn, -start), False)
        edges = np.flatnonzero(np.diff(drawn.astype(np.int8)))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            self.curve(rim[first : last + 2], share)

    def curve(self, points: Points, share: float = 1.0) -> None:
        """Draw a curve with a pen that presses harder in the middle."""
        wire = np.round(points * 8).clip(-1e6, 1e6).astype(np.int32)
        width = max(1, round(self.line_px * share))
        cv2.polylines(self.ink, [wire], False, 0, width, cv2.LINE_AA, 3)
        if len(points) > 5 and self.line_px * share > 1.3:
            cut = len(points) // 4
            cv2.polylines(self.ink, [wire[cut:-cut]], False, 0, width + 1, cv2.LINE_AA, 3)


def shapes_of(links: Sequence[Link], camera: Camera, manner: Manner) -> list[Shape]:
    """Return the shapes of links on the page."""
    shapes = []
    for number, link in enumerate(links):
        seen = [camera.see(end) for end in link.ends]
        joints, radii = (seen[0][0], seen[1][0]), (link.radii[0] * seen[0][1], link.radii[1] * seen[1][1])
        if link.corners:
            balls = [(*camera.see(at), radius) for at, radius in link.corners]
            turns = np.linspace(0, 2 * math.pi, 21)[:-1, None]
            rims = [at + scale * radius * np.hstack([np.cos(turns), np.sin(turns)]) for at, scale, radius in balls]
            hull = cv2.convexHull(np.concatenate(rims).astype(np.float32))[:, 0].astype(np.float64)
            rim = _refined(hull)
        else:
            is_tip = bool(link.dorsal.any())
            waist = manner.waist * (0.4 if number > 12 else 1.0) if link.place == "hand" else 0.04
            rim = tube(joints, radii, waist, (1.0, manner.tip if is_tip else 1.0))
        depth = float(link.ends[0][2] + link.ends[1][2]) / 2
        shapes.append(Shape(rim, depth, link, joints, radii))
    return shapes


def _refined(rim: Points) -> Points:
    """Return a rim with points at even distances."""
    closed = np.concatenate([rim, rim[:1]])
    lengths = np.hypot(*np.diff(closed, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    even = np.linspace(0, at[-1], 73)[:-1]
    return np.stack([np.interp(even, at, closed[:, axis]) for axis in (0, 1)], axis=1)


def melted(shape: Shape, others: Sequence[Shape], reach: float, between: float | None = None) -> NDArray[np.bool_]:
    """Say of the rim of a shape where it is drawn: not where it lies in a neighbour, near the joint that they share.

    Args:
        shape: One of the shapes.
        others: All shapes of a hand and its arm.
        reach: How far from a joint they melt into one, in its radii.
        between: Depth of a thing that hides the joints of links on either side of it.
    """
    drawn = np.ones(len(shape.rim), bool)
    outer = swollen(shape.rim)
    for other, joint, radius in _neighbours(shape, others):
        if between is not None and (shape.depth - between) * (other.depth - between) < 0:
            continue
        near = np.hypot(*(shape.rim - joint).T) < reach * radius
        drawn &= ~(near & inside(outer, other.rim))
    return drawn


def apart(shape: Shape, shapes: Sequence[Shape], merged: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say of the rim of a shape where it is drawn: not within the finger beside it, where the two are merged.

    Args:
        shape: One of the shapes.
        shapes: Of a hand: the palm, and four fingers of three links each first.
        merged: (3,) which gaps between fingers are not drawn.
    """
    drawn = np.ones(len(shape.rim), bool)
    number = next(place for place, other in enumerate(shapes) if other is shape)
    if not 1 <= number <= 12:
        return drawn
    finger = (number - 1) // 3
    for gap in (finger - 1, finger):
        if 0 <= gap < 3 and merged[gap]:
            beside = finger - 1 if gap < finger else finger + 1
            for other in shapes[1 + 3 * beside : 4 + 3 * beside]:
                drawn &= ~inside(shape.rim, other.rim)
    return drawn


def swollen(rim: Points) -> Points:
    """Return a rim moved outwards a little: where two rims touch, one must be drawn."""
    along = np.roll(rim, -1, axis=0) - np.roll(rim, 1, axis=0)
    along /= np.hypot(*along.T)[:, None] + 1e-9
    outwards = np.stack([along[:, 1], -along[:, 0]], axis=1)
    is_turned = float(np.sum(rim[:, 0] * np.roll(rim[:, 1], -1) - rim[:, 1] * np.roll(rim[:, 0], -1))) < 0
    return np.asarray(rim + TOUCH_PX * (-outwards if is_turned else outwards))


def _neighbours(shape: Shape, others: Sequence[Shape]) -> list[tuple[Shape, Points, float]]:
    found = []
    for number, other in enumerate(others):
        if other is shape:
            continue
        if shape.link.joins == number:
            found.append((other, shape.joints[0], shape.radii[0]))
        elif other.link.joins >= 0 and others[other.link.joins] is shape:
            found.append((other, other.joints[0], other.radii[0]))
    return found
