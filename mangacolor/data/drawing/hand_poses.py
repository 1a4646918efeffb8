"""Bones of hands in many poses, from which `hands` draws outlines: where each link lies and how thick it is.

Lengths are in palms: from the wrist to the knuckles is 1. In the hand's own frame fingers point up (y), the palm looks
at the onlooker (z), and the thumb is to the right (x). Proportions are those of manga: slender, with long fingers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

KNUCKLES = ((0.34, 0.98), (0.12, 1.04), (-0.11, 1.0), (-0.32, 0.88))
"""Where the index, middle, ring and little finger begin."""

LINKS = ((0.5, 0.3, 0.26), (0.55, 0.34, 0.27), (0.51, 0.32, 0.26), (0.39, 0.24, 0.23))
THUMB = (0.42, 0.36, 0.3)
RADII = (
    (0.125, 0.11, 0.1, 0.075),
    (0.125, 0.112, 0.1, 0.075),
    (0.12, 0.105, 0.095, 0.07),
    (0.105, 0.092, 0.085, 0.062),
)
THUMB_RADII = (0.23, 0.15, 0.125, 0.085)

CURLED = 1.15
"""How much thicker fingers of a fist are: flesh is pressed together."""

MOST_RISE = 0.35
"""How steeply an arm leads towards the onlooker or away at most: it has to run out of the picture."""


class Pose(NamedTuple):
    """How a hand is held.

    Attributes:
        flex: Bend of the three joints of each finger, in degrees; positive towards the palm.
        splay: Angle between neighbouring fingers, in degrees.
        thumb: For each of its links how far it points away from the fingers, and how far out of the palm, in degrees.
        yaws: Ranges of the turn about the fingers: 0 shows the palm, 180 the back, 90 a side.
        pitch: Range of the tilt towards the onlooker, in degrees.
        near: Distance of the onlooker, in palms; small for hands that reach out.
    """

    flex: tuple[tuple[float, float, float], ...]
    splay: float
    thumb: tuple[tuple[float, float], ...]
    yaws: tuple[tuple[float, float], ...]
    pitch: tuple[float, float] = (-25, 25)
    near: float = 7.0


_STRAIGHT, _SOFT, _CURLED, _FIST = (4, 8, 5), (18, 28, 18), (45, 55, 35), (86, 110, 52)
_OPEN_THUMB = ((48, 15), (38, 12), (26, 8))
_FLAT_THUMB = ((34, 15), (14, 12), (6, 6))
_ACROSS = ((30, 42), (-12, 42), (-58, 12))
_OPPOSED = ((32, 52), (10, 62), (-12, 50))
_PALM, _BACK, _SIDES = (-38, 38), (142, 218), ((68, 112), (-112, -68))
POSES = {
    "open": (Pose((_STRAIGHT,) * 4, 7, _OPEN_THUMB, (_PALM,)), 0.1),
    "relaxed": (Pose((_SOFT, (24, 34, 20), (30, 38, 22), (34, 40, 24)), 3, _FLAT_THUMB, (_PALM, _BACK, *_SIDES)), 0.16),
    "flat": (Pose((_STRAIGHT,) * 4, 1, _FLAT_THUMB, (_PALM, _BACK, *_SIDES)), 0.1),
    "back": (Pose((_SOFT,) * 4, 5, _OPEN_THUMB, (_BACK,)), 0.12),
    "fist": (Pose((_FIST,) * 4, 1, _ACROSS, (_PALM, _BACK, *_SIDES)), 0.13),
    "point": (Pose((_STRAIGHT, _FIST, _FIST, _FIST), 2, _ACROSS, (_PALM, _BACK, *_SIDES)), 0.1),
    "two": (Pose((_STRAIGHT, _STRAIGHT, _FIST, _FIST), 10, _ACROSS, (_PALM, _BACK)), 0.05),
    "grip": (Pose((_CURLED, (55, 60, 38), (58, 62, 40), (58, 60, 38)), 2, _OPPOSED, (_PALM, _BACK, *_SIDES)), 0.12),
    "pinch": (Pose(((48, 46, 20), (62, 62, 30), (70, 72, 40), (72, 76, 40)), 2, _OPPOSED, (_PALM, *_SIDES)), 0.06),
    "reach": (Pose((_SOFT, _SOFT, (22, 30, 18), (26, 30, 20)), 12, _OPEN_THUMB, (_PALM, _BACK), (35, 70), 3.2), 0.06),
}  # fmt: skip
"""The poses, and how often each."""


class Link(NamedTuple):
    """One link of a hand or an arm, seen by the onlooker: x to the right, y up, z towards the onlooker, in palms.

    Attributes:
        ends: Its first and last joint.
        radii: How thick it is there.
        joins: Number of the link that it grows from; -1 for the palm itself.
        place: "hand" or "arm".
        dorsal: Where its nail looks; zeros where it has none.
        palmar: Where its inner side looks.
        corners: Further balls (x, y, z, radius) that it spans: the palm is no tube.
    """

    ends: tuple[Vector, Vector]
    radii: tuple[float, float]
    joins: int
    place: str
    dorsal: Vector
    palmar: Vector
    corners: tuple[tuple[Vector, float], ...] = ()


class Bones(NamedTuple):
    """A posed hand: its links, palm first; the turn from its own frame to the onlooker's; the onlooker's distance."""

    links: list[Link]
    turn: Vector
    near: float


def _rotation(axis: int, degrees: float) -> Vector:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    first, second = ((1, 2), (2, 0), (0, 1))[axis]
    turn = np.eye(3)
    turn[first, first] = turn[second, second] = cos
    turn[first, second], turn[second, first] = -sin, sin
    return turn


def pose_hand(name: str, roll_deg: float, rng: np.random.Generator) -> Bones:
    """Pose a hand.

    Args:
        name: One of `POSES`.
        roll_deg: Where fingers point on the page: 0 is up, 90 to the left.
        rng: Chooses proportions, the view, and how far the hand strays from the pose.

    Returns:
        Its links as the onlooker sees them, with the wrist at the origin: palm, four fingers of three, thumb of three.
    """
    pose, _ = POSES[name]
    yaw = rng.uniform(*pose.yaws[int(rng.integers(len(pose.yaws)))])
    turn = _rotation(2, roll_deg) @ _rotation(0, rng.uniform(*pose.pitch)) @ _rotation(1, yaw)
    long, thick, wide = rng.uniform(0.85, 1.12), rng.uniform(0.95, 1.32), rng.uniform(0.95, 1.15)
    bend = rng.normal(0, 7, 4) + rng.normal(0, 6)
    links = [_palm(turn, thick, wide)]
    for finger, (x, y) in enumerate(KNUCKLES):
        splay = math.radians((1.5 - finger) * (pose.splay + rng.normal(0, 1.5)))
        forward = np.array([math.sin(splay), math.cos(splay), 0.0])
        at, angle = np.array([x * wide, y, 0.02]), 0.0
        for step in range(3):
            angle += math.radians(pose.flex[finger][step] + (bend[finger] if step < 2 else 0.4 * bend[finger]))
            along = math.cos(angle) * forward + math.sin(angle) * np.array([0, 0, 1.0])
            palmar = math.cos(angle) * np.array([0, 0, 1.0]) - math.sin(angle) * forward
            end = at + along * LINKS[finger][step] * long
            full = thick * (CURLED if sum(pose.flex[finger]) > 200 else 1.0)
            radii = (RADII[finger][step] * full, RADII[finger][step + 1] * full)
            dorsal = -palmar if step == 2 else np.zeros(3)
            joins = 0 if step == 0 else len(links) - 1
            links.append(Link((turn @ at, turn @ end), radii, joins, "hand", turn @ dorsal, turn @ palmar))
            at = end
    links += _thumb(pose, turn, (long, thick, wide), rng)
    return Bones(links, turn, pose.near)


def _palm(turn: Vector, thick: float, wide: float) -> Link:
    balls = [((x * wide, y - 0.06, 0.0), 0.115 * thick) for x, y in KNUCKLES]
    balls += [((0.17 * wide, 0.1, 0.0), 0.15), ((-0.2 * wide, 0.08, 0.0), 0.14), ((-0.33 * wide, 0.45, 0.03), 0.12)]
    corners = tuple((turn @ np.array(at), radius) for at, radius in balls)
    ends = (turn @ np.array([0, 0.1, 0.0]), turn @ np.array([0, 0.9, 0.0]))
    return Link(ends, (0.16, 0.12), -1, "hand", np.zeros(3), turn @ np.array([0, 0, 1.0]), corners)


def _thumb(pose: Pose, turn: Vector, build: tuple[float, float, float], rng: np.random.Generator) -> list[Link]:
    long, thick, wide = build
    at, links = np.array([0.2 * wide, 0.2, 0.04]), []
    stray = rng.normal(0, 6, 2)
    for step, (out, up) in enumerate(pose.thumb):
        azimuth, rise = math.radians(out + stray[0]), math.radians(up + stray[1])
        along = np.array([math.sin(azimuth) * math.cos(rise), math.cos(azimuth) * math.cos(rise), math.sin(rise)])
        end = at + along * THUMB[step] * long
        side = np.array([0.75, 0.1, -0.5])
        side -= along * float(side @ along)
        side /= np.linalg.norm(side)
        radii = (THUMB_RADII[step] * (1 if step == 0 else thick), THUMB_RADII[step + 1] * thick)
        dorsal = side if step == 2 else np.zeros(3)
        joins = 0 if step == 0 else 12 + step
        links.append(Link((turn @ at, turn @ end), radii, joins, "hand", turn @ dorsal, turn @ -side))
        at = end
    return links


def add_arm(bones: Bones, elbow_deg: float | None, rng: np.random.Generator) -> list[Link]:
    """Return the forearm of a posed hand and, where the elbow is bent by an angle on the page, the upper arm.

    Each begins at the joint nearer the hand; the last goes on far beyond any sheet.
    """
    away = bones.turn @ _rotation(0, rng.normal(0, 16)) @ _rotation(2, rng.normal(0, 9)) @ np.array([0, -1.0, 0])
    rise = float(away[2].clip(-MOST_RISE, MOST_RISE))
    away[:2] *= math.sqrt(1 - rise**2) / max(float(np.hypot(*away[:2])), 1e-6)
    away[2] = rise
    thick = rng.uniform(0.95, 1.4)
    none = np.zeros(3)
    long = 9.0 if elbow_deg is None else rng.uniform(2.0, 2.6)
    grown = 0.2 * thick + 0.075 * long * thick if elbow_deg is not None else 0.85 * thick
    wrist = bones.turn @ np.array([0, 0.08, 0.0])
    elbow = wrist + away * long
    arm = [Link((wrist, elbow), (0.19 * thick, grown), 0, "arm", none, none)]
    if elbow_deg is not None:
        on = _rotation(2, elbow_deg) @ away
        arm.append(Link((elbow, elbow + on * 9), (grown, grown * 2.2), len(bones.links), "arm", none, none))
    return arm
