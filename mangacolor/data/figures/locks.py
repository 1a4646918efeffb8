"""Locks of hair: paths over the head that fall freely below it, drawn out into curved ribbons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mangacolor.data.figures.geometry import FloatArray, Indices, step, strip_quads, triangles_of, unit

POINTS, ACROSS = 22, 7
"""Points along and across a lock."""

STEP_RAD = 0.06
LONGEST = 150
"""Angle that a path goes on over the head in one step, and the most steps it takes."""


class Lock(NamedTuple):
    """A ribbon at rest: vertices, triangles, and coordinates as hair has them (see `Meshes`)."""

    vertices: FloatArray
    triangles: Indices
    coordinates: FloatArray


@dataclass(frozen=True)
class Skull:
    """An ellipsoid for the head that hair lies on.

    Attributes:
        centre: (3,)
        radii: (3,)
        eye: (3,) the point between the eyes.
        unit: Height from chin to eyes.
        down: (3,) where hair falls, as the head sees it.
    """

    centre: FloatArray
    radii: FloatArray
    eye: FloatArray
    unit: float
    down: FloatArray

    def __post_init__(self) -> None:
        pole = unit(np.array([0.0, 0.9, -0.42]))
        front = unit(np.array([0, 0, 1.0]) - pole * pole[2])
        object.__setattr__(self, "frame", (pole, front, np.cross(front, pole)))

    frame: tuple[FloatArray, FloatArray, FloatArray] = ()  # type: ignore[assignment]

    def above_eyes(self, y: float) -> float:
        """Return the height of a point above the eyes, in units of the head."""
        return float((y - self.eye[1]) / self.unit)

    def on_scalp(self, angle: float, way: float, lift: float) -> tuple[FloatArray, FloatArray]:
        """Return a point on the way from the crown down, and the direction out of the head there.

        Args:
            angle: Where it goes down, 0 to the front.
            way: Angle from the crown.
            lift: How far it stands off, as a share of the radii.
        """
        pole, front, side = self.frame
        outward = math.cos(way) * pole + math.sin(way) * (math.cos(angle) * front + math.sin(angle) * side)
        point = self.centre + outward * self.radii * (1 + lift * float(step(0, 0.6, way)))
        return point, unit(outward / self.radii)

    def kept_off(self, point: FloatArray) -> FloatArray:
        """Push a point out of the head, the face, the neck and the trunk."""
        height = self.above_eyes(point[1])
        x, z = point[0] / self.radii[0], (point[2] - self.centre[2]) / self.radii[2]
        if height > -1.1:
            front, middle = step(-0.2, 0.5, z), step(0.3, 0, abs(x) - 0.45)
            least = 1.08 + 0.12 * front * middle - 0.1 * step(-0.5, -1.0, height)
            point = self._pushed(point, math.hypot(x, z), float(least))
        if height < -1.0:
            least = 0.75 * self.radii[0] + 0.35 * step(-1.0, -2.2, height)
            point = self._pushed(point, math.hypot(point[0], point[2] - self.centre[2]), float(least))
        return point

    def _pushed(self, point: FloatArray, distance: float, least: float) -> FloatArray:
        if distance >= least:
            return point
        factor = least / max(distance, 1e-6)
        return np.array([point[0] * factor, point[1], self.centre[2] + (point[2] - self.centre[2]) * factor])


class LockShape(NamedTuple):
    """How one lock goes.

    Attributes:
        angle: Where it goes down from the crown, 0 to the front.
        end: Height of its tip.
        width: Half of its width.
        lift: How far it stands off the head.
        flare: How much it goes outward where it falls.
        curl: How much it waves.
        tip: How far its tip bends to the side, over its width.
        spiky: 0 for broad tips, 1 for fine ones.
        layer: 0 inner, 1 outer.
    """

    angle: float
    end: float
    width: float
    lift: float
    flare: float
    curl: float
    tip: float
    spiky: float
    layer: int


def grow_lock(skull: Skull, shape: LockShape) -> Lock | None:
    """Let a lock grow over the head and fall; None if it is too short to see."""
    points, normals = _path(skull, shape)
    if len(points) < 5:
        return None
    points, normals = _even(points, normals)
    t = np.linspace(0, 1, POINTS)
    across = unit(np.cross(unit(np.gradient(points, axis=0)), normals))
    taper = np.minimum(step(-0.25, 0.35, t), (1 - t ** (2.0 + 2 * (1 - shape.spiky))) ** 0.8)
    width = np.maximum(shape.width * taper, 0.003)
    points = points + across * (shape.tip * shape.width * t[:, None] ** 2)
    return _ribbon(points, across, normals, width, t, shape.layer, 1.2, 0.55, 0.75)


def _path(skull: Skull, shape: LockShape) -> tuple[FloatArray, FloatArray]:
    points: list[FloatArray] = []
    normals: list[FloatArray] = []
    way, is_on_head, pace = 0.02, True, np.zeros(3)
    for k in range(LONGEST):
        if is_on_head:
            point, normal = skull.on_scalp(shape.angle, way, shape.lift)
            if points:
                pace = point - points[-1]
            way += STEP_RAD
            is_on_head = point[1] >= skull.centre[1] - 0.1 * skull.radii[1] and way <= 2.6
        else:
            speed = float(np.linalg.norm(pace))
            out = unit(normals[-1] * [1, 0, 1])
            sideways = np.array([out[2], 0, -out[0]]) * math.sin(0.35 * k)
            direction = unit(pace / speed + 0.22 * skull.down + 0.08 * shape.flare * out + 0.06 * shape.curl * sideways)
            pace = direction * speed
            point = skull.kept_off(points[-1] + pace)
            normal = unit(normals[-1] - direction * (normals[-1] @ direction))
        points.append(point)
        normals.append(normal)
        if point[1] < shape.end and way > 0.5:
            break
    return np.array(points), np.array(normals)


def _even(points: FloatArray, normals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Resample a path at even steps and smooth it."""
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.linspace(0, length[-1], POINTS)
    points, normals = (
        np.stack([np.interp(at, length, values[:, axis]) for axis in range(3)], axis=1) for values in (points, normals)
    )
    for _ in range(3):
        points[1:-1] = 0.25 * points[:-2] + 0.5 * points[1:-1] + 0.25 * points[2:]
    return points, unit(normals)


def grow_tail(
    base: FloatArray,
    start: FloatArray,
    down: FloatArray,
    length: float,
    width: float,
    curl: float,
    rng: np.random.Generator,
) -> list[Lock]:
    """Grow a tail or a bun of nine locks.

    Args:
        base: (3,) where it is tied.
        start: (3,) the direction it leaves in.
        down: (3,) where it bends to, the stronger the longer.
        length: From base to tip.
        width: Half of a lock's width.
        curl: How much it waves.
        rng: Source of everything random.
    """
    locks, count = [], 9
    for k in range(count):
        point, direction = base + rng.normal(0, 0.05, 3), unit(start + rng.normal(0, 0.16, 3))
        pace, phase = length * rng.uniform(0.75, 1.05) / POINTS, rng.uniform(0, 2 * math.pi)
        path = []
        for j in range(POINTS):
            path.append(point)
            wave = curl * 0.1 * np.array([math.sin(phase + 0.4 * j), 0, math.cos(phase + 0.4 * j)])
            direction = unit(direction + 0.16 * down + wave)
            point = point + direction * pace
        points, t = np.array(path), np.linspace(0, 1, POINTS)
        along = unit(np.gradient(points, axis=0))
        first = unit(np.cross(along, [0.3, 0.1, 1.0]))
        angle = 2 * math.pi * k / count
        normals = math.cos(angle) * first + math.sin(angle) * np.cross(along, first)
        widths = width * (0.35 + 0.65 * step(0, 0.3, t)) * (1 - t**2.5) ** 0.8 + 0.003
        points = points + normals * (0.55 * widths)[:, None]
        locks.append(_ribbon(points, np.cross(along, normals), normals, widths, 0.3 + 0.7 * t, 2, 1.3, 0.7, 0.5))
    return locks


def _ribbon(
    points: FloatArray, across: FloatArray, normals: FloatArray, width: FloatArray, t: FloatArray, layer: int,
    bend: float, depth: float, sunk: float,
) -> Lock:  # fmt: skip
    """Draw a path out into a ribbon whose cross-section is a flat arc."""
    a = np.linspace(-1, 1, ACROSS)
    sideways = width[:, None] * np.sin(a * bend) / math.sin(bend)
    outward = depth * width[:, None] * (np.cos(a * bend) - sunk)
    vertices = points[:, None] + across[:, None] * sideways[..., None] + normals[:, None] * outward[..., None]
    coordinates = np.stack(np.broadcast_arrays(t[:, None], a[None], np.float64(layer)), axis=-1)
    return Lock(vertices.reshape(-1, 3), triangles_of(strip_quads(POINTS, ACROSS)), coordinates.reshape(-1, 3))
