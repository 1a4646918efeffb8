"""Where the camera stands: what a shot is of, from which side, and how near."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mangacolor.data.figures.geometry import FloatArray, turn
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.people import Person
from mangacolor.data.figures.raster import see
from mangacolor.data.figures.scene import Meshes

SHOTS = ("upper", "bust", "hands", "face", "legs", "full")
SHOT_CHANCES = (0.25, 0.2, 0.15, 0.15, 0.13, 0.12)

LEAST_SKIN = {"hands": 0.07, "face": 0.12, "bust": 0.03, "upper": 0.03, "legs": 0.02}
"""Share of a picture that skin has, or the camera looks from elsewhere: cloth or hair hid what the shot is of."""

LOOKS = 6
"""Tries to find such a view."""

PROFILES = {"face": 0.3, "bust": 0.25, "upper": 0.15}
"""How often such a shot is taken from the side: in a talk, people of manga look at each other and not at the reader."""

PROFILE_DEG = (72, 104)
"""How far the camera stands off the front then."""

GLANCE_PX = 96
NEAREST = 0.5


class View(NamedTuple):
    """A perspective view.

    Attributes:
        turn: (3, 3) from the scene to the camera, which looks along -z.
        centre: (3,) what it looks at, turned.
        distance: From the camera to it.
        extent: Width of what is seen there.
    """

    turn: FloatArray
    centre: FloatArray
    distance: float
    extent: float

    def seen_from(self, points: FloatArray) -> FloatArray:
        """Return points (N, 3) as the camera has them, around what it looks at."""
        return np.asarray(points @ self.turn.T - self.centre)

    def project(self, points: FloatArray, side_px: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return columns, rows and nearness (one over the distance, -1 if too near) of points that it has (N, 3)."""
        away = self.distance - points[:, 2]
        focal = side_px / self.extent * self.distance
        safe = np.maximum(away, 0.1)
        nearness = np.where(away > NEAREST, 1 / np.maximum(away, NEAREST), -1.0)
        return side_px / 2 + focal * points[:, 0] / safe, side_px / 2 - focal * points[:, 1] / safe, nearness


def find_view(
    pack: Pack, people: list[Person], meshes: Meshes, shot: str, is_skin: FloatArray, rng: np.random.Generator
) -> View:
    """Look for a view of a shot in which what it is of can be seen.

    Args:
        pack: The pack.
        people: Who is there; the shot is of all of them, but hands and legs are of one.
        meshes: The scene.
        shot: One of `SHOTS`.
        is_skin: (M,) 1 for triangles of skin.
        rng: Source of everything random.
    """
    points = _points(pack, people, meshes, shot, rng)
    leader = people[int(rng.integers(len(people)))]
    front = leader.posed.turns[pack.bone["head" if shot in ("face", "bust") else "spine03"]][:, 2]
    straight = math.degrees(math.atan2(front[0], front[2]))
    view = None
    for attempt in range(LOOKS):
        view = _a_view(points, straight, shot, rng)
        x, y, nearness = view.project(view.seen_from(meshes.vertices), GLANCE_PX)
        glance = see(x, y, nearness, meshes.kept, meshes.triangles, GLANCE_PX, GLANCE_PX).triangle
        share = float(np.mean((glance >= 0) & (is_skin[glance] > 0)))
        is_from_behind = attempt == 0 and shot in ("face", "bust") and rng.random() < 0.3
        if share > LEAST_SKIN.get(shot, 0.002) or is_from_behind:
            break
    assert view is not None
    return view


def _points(pack: Pack, people: list[Person], meshes: Meshes, shot: str, rng: np.random.Generator) -> FloatArray:
    """Return the points (N, 3) that a shot is of."""
    if shot == "full":
        is_drawn = np.all(meshes.kept[meshes.triangles] > 0, axis=1)
        return meshes.vertices[np.unique(meshes.triangles[is_drawn])]
    chosen = []
    chest = rng.uniform(1.2, 3.0)
    for person in people if shot in ("face", "bust", "upper") else [people[int(rng.integers(len(people)))]]:
        vertices, rest = pack.body_vertices, person.body.vertices
        is_shown = pack.head_share[vertices] > 0.5
        if shot == "bust":
            chin = person.body.eye[1] - person.body.unit
            is_shown |= (rest[vertices, 1] > chin - chest) & (pack.arm_share[vertices] < 0.2)
        elif shot == "upper":
            is_shown |= pack.arm_share[vertices] > 0.5
        elif shot == "hands":
            is_side = rest[vertices, 0] * (1 if rng.random() < 0.5 else -1) > 0
            share = pack.arm_share if rng.random() < 0.4 else pack.hand_share
            is_shown = (share[vertices] > 0.5) & is_side
        elif shot == "legs":
            bones = [name.startswith(("upperleg", "lowerleg", "foot", "toe")) for name in pack.bones]
            is_shown = np.array(bones)[pack.strongest[vertices]]
        chosen.append(person.vertices[vertices[is_shown]])
    return np.concatenate(chosen)


def _a_view(points: FloatArray, straight: float, shot: str, rng: np.random.Generator) -> View:
    is_frontal = rng.random() < (0.9 if shot in ("face", "bust") else 0.78)
    yaw = straight + (rng.uniform(-75, 75) if is_frontal else rng.uniform(-180, 180))
    if rng.random() < PROFILES.get(shot, 0.0):
        yaw = straight + rng.uniform(*PROFILE_DEG) * rng.choice([-1, 1])
    total = turn([0, 0, 1], rng.normal(0, 4)) @ turn([1, 0, 0], rng.normal(3, 10)) @ turn([0, 1, 0], -yaw)
    turned = points @ total.T
    ends = (0, 100) if shot == "full" else (0.5, 99.5)
    low, high = np.percentile(turned, ends, axis=0)
    centre, extent = 0.5 * (low + high), float((high - low)[:2].max())
    if shot == "legs":
        extent = max(extent, 6.5)
    if shot in ("face", "bust"):
        extent *= 1.25 if shot == "face" else 1.1
        centre[1] += 0.04 * extent
    extent *= rng.uniform(1.04, 1.35) if shot == "full" else rng.uniform(0.95, 1.3)
    off = np.clip(rng.normal(0, 0.04, 2), -0.06, 0.06) * extent * (0.3 if shot == "full" else 1)
    centre[:2] += off
    return View(total, centre, max(extent * rng.uniform(2.5, 6), 9.0), extent)
