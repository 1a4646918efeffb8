"""Rooms and streets as a camera sees them: flat faces in space, laid on a sheet from far to near.

Lengths are metres; x runs right, y up, z forward.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.sheet import Mask, Sheet

Vector = NDArray[np.float64]
Place = tuple[float, float, float]
Shares = Sequence[float] | Vector

NEAR_M = 0.12
"""What is nearer to the camera than this is cut off."""

BLACK_SHADOW = 0.3
"""How often a shadow is filled with ink."""

FULL_M = 14.0
"""Faces that reach farther than this have thinner lines."""

_CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)


class Face(NamedTuple):
    """A parallelogram in space: its corner, and its two sides."""

    corner: Vector
    across: Vector
    up: Vector

    def at(self, across: float, up: float) -> Vector:
        """Return the point at these shares of the sides."""
        return self.corner + across * self.across + up * self.up

    def part(self, left: float, low: float, right: float, high: float) -> Face:
        """Return the piece between these shares of the sides."""
        return Face(self.at(left, low), (right - left) * self.across, (high - low) * self.up)

    def points(self) -> Vector:
        """Return the corners (4, 3)."""
        return np.asarray(self.corner + _CORNERS @ np.array([self.across, self.up]))


def face(corner: Place, across: Place, up: Place) -> Face:
    """Return a face from a corner and two sides."""
    return Face(*(np.array(vector, float) for vector in (corner, across, up)))


def sides_of(low: Place, high: Place) -> dict[str, Face]:
    """Return the faces of a block: "front" towards smaller z, "back", "left", "right", "top" and "foot"."""
    (x, y, z), (wide, tall, deep) = low, tuple(b - a for a, b in zip(low, high, strict=True))
    return {
        "foot": face((x, y, z), (wide, 0, 0), (0, 0, deep)),
        "back": face((x, y, z + deep), (wide, 0, 0), (0, tall, 0)),
        "left": face((x, y, z), (0, 0, deep), (0, tall, 0)),
        "right": face((x + wide, y, z), (0, 0, deep), (0, tall, 0)),
        "front": face((x, y, z), (wide, 0, 0), (0, tall, 0)),
        "top": face((x, y + tall, z), (wide, 0, 0), (0, 0, deep)),
    }


_OUTWARD = {
    "foot": (0, -1, 0), "back": (0, 0, 1), "left": (-1, 0, 0), "right": (1, 0, 0),
    "front": (0, 0, -1), "top": (0, 1, 0),
}  # fmt: skip


class View:
    """A camera before a sheet."""

    def __init__(self, sheet: Sheet, eye: Place, turn_deg: Place, field_deg: float) -> None:
        """Set up the camera.

        Args:
            sheet: What is drawn on.
            eye: Where the camera is.
            turn_deg: How far it is turned right, looks up, and leans.
            field_deg: Angle that the sheet's side spans.
        """
        self.sheet = sheet
        self.eye = np.array(eye, float)
        yaw, pitch, roll = (math.radians(angle) for angle in turn_deg)
        lean = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
        nod = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
        aside = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
        self._turn = lean @ nod @ aside
        self._focal = sheet.side / 2 / math.tan(math.radians(field_deg) / 2)
        self.shades = {"left": sheet.rng.uniform(0.75, 1.0), "right": sheet.rng.uniform(0.75, 1.0)}

    def seen(self, points: Iterable[Vector | Place], *, closed: bool = False) -> list[tuple[float, float]]:
        """Return where points lie on the sheet; what is behind the camera is cut off a line or a polygon."""
        before = (np.array(list(points), float) - self.eye) @ self._turn.T
        if (before[:, 2] >= NEAR_M).all():
            return self._flat(before)
        kept: list[Vector] = []
        for number, (here, after) in enumerate(zip(before, np.roll(before, -1, axis=0), strict=True)):
            if here[2] >= NEAR_M:
                kept.append(here)
            crosses = (here[2] >= NEAR_M) != (after[2] >= NEAR_M)
            if crosses and (closed or number < len(before) - 1):
                kept.append(here + (after - here) * ((NEAR_M - here[2]) / (after[2] - here[2])))
        return self._flat(np.array(kept).reshape(-1, 3))

    def _flat(self, before: Vector) -> list[tuple[float, float]]:
        """Return where points in the camera's own space, all in front of it, lie on the sheet."""
        half, scale = self.sheet.side / 2, self._focal / before[:, 2]
        flat = np.stack([half + scale * before[:, 0], half - scale * before[:, 1]], axis=1)
        return [(x, y) for x, y in flat.tolist()]

    def lay(self, what: Face, kind: str, *, new: bool = False, outline: bool = True) -> Mask:
        """Lay a face over what is there, and return where it lies."""
        points = self.seen(what.points(), closed=True)
        if len(points) < 3:
            return self.nowhere()
        mask = self.sheet.lay(points, kind, new=new, outline=False)
        if outline:
            self.sheet.lines([[*points, points[0]]], self._thinner(what))
        return mask

    def _thinner(self, what: Face) -> float:
        """Return the share of their thickness that lines have on a face: less, far away."""
        depth = ((what.points() - self.eye) @ self._turn[2]).max()
        return float(np.clip(FULL_M / max(depth, NEAR_M), 0.3, 1))

    def shadow(self, on: Face) -> None:
        """Lay a shadow on a face, as a shade or in ink."""
        points, sheet = self.seen(on.points(), closed=True), self.sheet
        if len(points) < 3:
            return
        drawn = np.zeros(sheet.part.shape, np.uint8)
        cv2.fillPoly(drawn, [np.round(np.array(points)).astype(np.int32)], 1)
        if sheet.rng.random() < BLACK_SHADOW:
            sheet.ink[drawn > 0] = 0
        else:
            sheet.shade(drawn > 0, sheet.rng.uniform(0.6, 0.85))

    def nowhere(self) -> Mask:
        """Return a mask of nothing."""
        return np.zeros(self.sheet.part.shape, np.bool_)

    def block(self, low: Place, high: Place, kind: str, *, new: bool = False) -> dict[str, Face]:
        """Draw a block with flat sides, and return the faces that can be seen, by name."""
        shown: dict[str, Face] = {}
        for name, side in sides_of(low, high).items():
            if (self.eye - side.corner) @ np.array(_OUTWARD[name]) <= 0:
                continue
            mask = self.lay(side, kind, new=new and not shown)
            shown[name] = side
            if name in self.shades:
                self.sheet.shade(mask, self.shades[name])
        return shown

    def rules(
        self, on: Face, across: Shares, up: Shares, share: float = 0.5, within: Mask | None = None,
    ) -> None:  # fmt: skip
        """Rule lines on a face at shares of its sides: upright ones at `across`, level ones at `up`."""
        ends = [*((at, 0, at, 1) for at in across), *((0, at, 1, at) for at in up)]
        if not ends:
            return
        points = on.corner + np.array(ends, float).reshape(-1, 2) @ np.array([on.across, on.up])
        lines = [self.seen(pair) for pair in points.reshape(-1, 2, 3)]
        self.sheet.lines([line for line in lines if len(line) > 1], share * self._thinner(on), within)

    def ring(self, on: Face, kind: str | None = None, *, new: bool = False) -> Mask:
        """Lay the ellipse that fills a face: a wheel, a dial, a lamp; without a kind only its outline."""
        angles = np.linspace(0, 2 * math.pi, 25)[:-1]
        points = [on.at(0.5 + 0.5 * math.cos(angle), 0.5 + 0.5 * math.sin(angle)) for angle in angles]
        flat = self.seen(points, closed=True)
        if len(flat) < 3:
            return self.nowhere()
        mask = self.nowhere() if kind is None else self.sheet.lay(flat, kind, new=new, outline=False)
        self.sheet.lines([[*flat, flat[0]]], 0.8 * self._thinner(on), wobble_px=0.1)
        return mask

    def size_px(self, at: Place) -> float:
        """Return how many pixels a metre measures at a place; 0 behind the camera."""
        depth = float(((np.array(at, float) - self.eye) @ self._turn.T)[2])
        return self._focal / depth if depth > NEAR_M else 0.0
