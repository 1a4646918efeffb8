"""Poses: turns of bones, mixed from those of the pack and changed by chance, and the skin that follows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from mangacolor.data.figures.geometry import FloatArray, turn, unit
from mangacolor.data.figures.pack import Pack

ARM_BONES = ("clavicle", "shoulder", "upperarm", "lowerarm", "wrist", "metacarpal")
CALM = ("standing01", "standing02", "standing04", "tpose")
"""Poses that a skirt bears: it is moved with the legs, not draped."""

STANDING, ACTING, ODD = ("standing", "tpose"), ("run", "fight", "sit"), ("fly", "gym")
HANDS = ("relaxed", "open", "fist", "point", "peace", "grip")
HAND_CHANCES = (0.36, 0.24, 0.14, 0.1, 0.06, 0.1)
CURL_DEG = {"relaxed": 18, "open": -2, "fist": 78, "point": 70, "peace": 70, "grip": 42}
STRAIGHT = {"point": (2,), "peace": (2, 3)}
"""Fingers that such a hand keeps straight, counted from the thumb."""


class Posed(NamedTuple):
    """Where the bones of a body have gone: turns (B, 3, 3) and heads (B, 3), with the heads at rest (B, 3)."""

    turns: FloatArray
    heads: FloatArray
    rest: FloatArray

    def apply(self, vertices: FloatArray, weights: csr_matrix) -> FloatArray:
        """Move vertices (N, 3) at rest by their weights (N, B) (linear blend skinning)."""
        shift = self.heads - np.einsum("nij,nj->ni", self.turns, self.rest)
        blended = weights @ np.concatenate([self.turns.reshape(-1, 9), shift], axis=1)
        moved = np.einsum("nij,nj->ni", blended[:, :9].reshape(-1, 3, 3), vertices) + blended[:, 9:]
        return np.asarray(moved)

    def follow(self, bone: int, points: FloatArray) -> FloatArray:
        """Move points (N, 3) at rest as one bone moves."""
        return np.asarray((points - self.rest[bone]) @ self.turns[bone].T + self.heads[bone])

    def moved(self, placement: FloatArray, shift: FloatArray) -> Posed:
        """Turn and shift the whole body."""
        return Posed(placement @ self.turns, self.heads @ placement.T + shift, self.rest)


def chain(pack: Pack, turns: FloatArray, rest: FloatArray) -> Posed:
    """Let every bone follow its parent: turns (B, 3, 3) seen from the parent, heads at rest (B, 3)."""
    total, heads = np.zeros_like(turns), np.zeros_like(rest)
    for bone, parent in enumerate(pack.parents):
        if parent < 0:
            total[bone], heads[bone] = turns[bone], rest[bone]
        else:
            total[bone] = total[parent] @ turns[bone]
            heads[bone] = heads[parent] + total[parent] @ (rest[bone] - rest[parent])
    return Posed(total, heads, rest)


def choose_pose(pack: Pack, vertices: FloatArray, rng: np.random.Generator, *, calm: bool = False) -> Posed:
    """Pose a body (N, 3) by chance.

    Args:
        pack: The pack.
        vertices: The body at rest.
        rng: Source of everything random.
        calm: Keep the legs together, for skirts.
    """
    turns = _mixed(pack, rng, calm)
    rest, tails = pack.joints(vertices)
    for name in ("spine01", "spine02", "spine03"):
        _sway(pack, turns, name, rng, (3, 4, 3))
    for name in ("neck01", "head"):
        _sway(pack, turns, name, rng, (6, 9, 5))
    for name in ("neck01", "neck02", "neck03", "head"):
        # Half of the turn: captured heads bend further than drawn necks bear.
        left, _, right = np.linalg.svd(0.5 * turns[pack.bone[name]] + 0.5 * np.eye(3))
        turns[pack.bone[name]] = left @ right
    for side in "LR":
        _move_arm(pack, turns, rest, side, rng)
        _sway(pack, turns, f"upperleg01.{side}", rng, (5, 0, 3), limit=4 if calm else 12)
        _close_hand(pack, turns, rest, tails, side, rng)
    return chain(pack, turns, rest)


def _mixed(pack: Pack, rng: np.random.Generator, calm: bool) -> FloatArray:
    """Take the legs of one pose, often the arms of others and the back of a third."""
    standing, acting, odd = (_starting(pack, names) for names in (STANDING, ACTING, ODD))
    chance = rng.random()
    if calm:
        legs = str(rng.choice([name for name in CALM if name in pack.poses] or standing))
    else:
        kinds = standing if chance < 0.5 else acting if chance < 0.965 else odd
        legs = str(rng.choice(kinds or standing))
    turns: FloatArray = pack.poses[legs].copy()
    for side in ("L", "R"):
        if rng.random() < 0.7:
            other = pack.poses[str(rng.choice(standing + acting))]
            for index, name in enumerate(pack.bones):
                if name.endswith(f".{side}") and name.startswith(ARM_BONES):
                    turns[index] = other[index]
    if rng.random() < 0.5 and legs not in odd:
        other = pack.poses[str(rng.choice(standing + acting))]
        for name in ("spine01", "spine02", "spine03", "neck01", "neck02", "neck03", "head"):
            turns[pack.bone[name]] = other[pack.bone[name]]
    return turns


def _starting(pack: Pack, beginnings: Sequence[str]) -> list[str]:
    return [name for name in pack.poses if name.startswith(tuple(beginnings))]


def _sway(
    pack: Pack,
    turns: FloatArray,
    name: str,
    rng: np.random.Generator,
    spread_deg: tuple[float, float, float],
    limit: float = 90,
) -> None:
    """Turn a bone by chance about x, y and z."""
    for axis, spread in zip(np.eye(3), spread_deg, strict=True):
        angle = float(np.clip(rng.normal(0, spread), -limit, limit))
        turns[pack.bone[name]] = turns[pack.bone[name]] @ turn(axis, angle)


def _move_arm(pack: Pack, turns: FloatArray, rest: FloatArray, side: str, rng: np.random.Generator) -> None:
    _sway(pack, turns, f"upperarm01.{side}", rng, (11, 11, 11))
    shoulder, elbow, wrist = (rest[pack.bone[f"{name}.{side}"]] for name in ("upperarm01", "lowerarm01", "wrist"))
    hinge = unit(np.cross(elbow - shoulder, wrist - elbow))
    bend, twist = pack.bone[f"lowerarm01.{side}"], pack.bone[f"lowerarm02.{side}"]
    turns[bend] = turns[bend] @ turn(hinge, abs(rng.normal(0, 14)))
    if rng.random() < 0.2:  # strongly bent, the hand up
        turns[bend] = turn(hinge, rng.uniform(50, 110))
        turns[twist] = turn(wrist - elbow, rng.uniform(-50, 50))
    turns[twist] = turns[twist] @ turn(wrist - elbow, rng.normal(0, 18))
    _sway(pack, turns, f"wrist.{side}", rng, (10, 8, 10))


def _close_hand(
    pack: Pack, turns: FloatArray, rest: FloatArray, tails: FloatArray, side: str, rng: np.random.Generator
) -> None:
    """Bend the fingers into one of `HANDS`."""
    kind = str(rng.choice(HANDS, p=HAND_CHANCES))
    palm = out_of_palm(pack, rest, tails, side)
    for finger in range(1, 6):
        curl = CURL_DEG[kind] + rng.normal(0, 5) + (3 * (finger - 2) if kind == "relaxed" else 0)
        if finger in STRAIGHT.get(kind, ()):
            curl = rng.uniform(-4, 8)
        for k in range(1, 4):
            bone = pack.bone[f"finger{finger}-{k}.{side}"]
            along = unit(tails[bone] - rest[bone])
            axis = np.cross(along, palm)
            if finger == 1:
                turns[bone] = turn(axis, np.clip(curl, 0, 30) * 0.9 if k > 1 else np.clip(curl, -5, 18))
            else:
                turns[bone] = turn(axis, curl * (0.9, 1.1, 0.7)[k - 1])
        if finger > 1:
            bone = pack.bone[f"finger{finger}-1.{side}"]
            spread = (finger - 3.3) * rng.uniform(-1, 4) * (1 if kind == "open" else 0.3) * (1 if side == "L" else -1)
            turns[bone] = turn(palm, spread) @ turns[bone]


def out_of_palm(pack: Pack, rest: FloatArray, tails: FloatArray, side: str) -> FloatArray:
    """Return the direction that the palm looks to at rest: the one that fingers bend towards."""
    wrist = rest[pack.bone[f"wrist.{side}"]]
    normal = unit(np.cross(*(rest[pack.bone[f"finger{finger}-1.{side}"]] - wrist for finger in (2, 5))))
    bent: float = 0.0
    for finger in range(2, 6):
        first, second, last = (pack.bone[f"finger{finger}-{k}.{side}"] for k in (1, 2, 3))
        bent += float((unit(tails[last] - rest[last]) - unit(rest[second] - rest[first])) @ normal)
    return np.asarray(normal * np.sign(bent or 1))
