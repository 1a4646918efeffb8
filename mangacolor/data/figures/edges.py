"""Where lines are wanted: between parts, where one thing stands before itself, between fingers, locks and strands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.geometry import step
from mangacolor.data.figures.patterns import FIRST_PLEAT
from mangacolor.data.figures.scene import Scene
from mangacolor.data.figures.skin_details import SMALLEST_PX
from mangacolor.data.figures.surface import Plane, Surface, noise

JUMP_PX, LEAST_JUMP = 4.5, 0.035
"""A step in depth that gets a line within one part: so many pixels' length, at least so many decimetres."""

INNER, FINGER, STRAND, PLEAT = 0.55, 0.55, 0.5, 0.45
"""Strength of lines at borders within a garment, between fingers, of strands of hair, and of pleats."""

NAIL, CREASE, CREASES = 0.3, 0.15, 0.4
"""Strength of lines around nails and across joints of fingers, and the share of joints that have one."""


class Kinds(NamedTuple):
    """What each part of the scene is, as arrays over the numbers of parts."""

    outline: NDArray[np.int64]
    is_skin: NDArray[np.bool_]
    is_face: NDArray[np.bool_]
    is_hand: NDArray[np.bool_]
    is_hair: NDArray[np.bool_]
    is_garment: NDArray[np.bool_]


def kinds_of(scene: Scene) -> Kinds:
    """Return the kinds of a scene's parts."""
    kind = np.array([part.kind for part in scene.parts])
    place = np.array([part.place for part in scene.parts])
    return Kinds(
        np.array(scene.outline), kind == "skin", place == "face", place == "hand", kind == "hair", kind == "garment"
    )


class _Side(NamedTuple):
    """What is at one of two neighbours, for all pairs: (K,), or (K, 3)."""

    part: NDArray[np.int64]
    solid: NDArray[np.int64]
    thread: NDArray[np.int64]
    strand: NDArray[np.int64]
    at: Plane
    normal: Plane


class _Pairs(NamedTuple):
    """Pairs of neighbours between which there may be a line.

    Attributes:
        first: The left or upper one.
        second: The other.
        same: Both are of one outline.
        depth: How much further one of them is, in decimetres.
        fold: The same by how nearness bends there, which is none on a slope.
        jump: From which depth on there is a line.
        chance: (4096,) numbers in [0, 1] for what is drawn only sometimes.
    """

    first: _Side
    second: _Side
    same: NDArray[np.bool_]
    depth: Plane
    fold: Plane
    jump: float
    chance: Plane


def find_edges(surface: Surface, kinds: Kinds, unit: float, rng: np.random.Generator) -> Plane:
    """Return how strong a line is wanted at each pixel (h, w), 0 to 1; of two neighbours the nearer one gets it.

    Args:
        surface: Before decals are laid on it.
        kinds: Of the parts.
        unit: Height from chin to eyes.
        rng: Source of everything random.
    """
    strands = _strands(surface, kinds.is_hair[surface.part], rng)
    chance = rng.random(4096).astype(np.float32)
    away = 1 / np.maximum(surface.nearness, 1e-6)
    outline = kinds.outline[surface.solid]
    jump = max(JUMP_PX * surface.pixel, LEAST_JUMP)
    strength = np.zeros(surface.nearness.shape, np.float32)
    width = surface.part.shape[1]
    for axis in (0, 1):
        first, second = _pair(axis, slice(None, -1)), _pair(axis, slice(1, None))
        bend = np.zeros_like(strength)
        middle = _pair(axis, slice(1, -1))
        before, after = surface.nearness[_pair(axis, slice(None, -2))], surface.nearness[_pair(axis, slice(2, None))]
        bend[middle] = np.abs(after + before - 2 * surface.nearness[middle])
        depth = np.abs(away[first] - away[second])
        fold = np.maximum(bend[first], bend[second]) * np.minimum(away[first], away[second]) ** 2
        along = np.floor(surface.coordinates[..., 0])
        # Few neighbours may have a line between them; the rest is left out at once.
        may = (fold > jump) & (depth > jump)
        for plane in (outline, surface.part, surface.thread, strands, along):
            may |= plane[first] != plane[second]
        rows, columns = np.nonzero(may)
        one = rows * width + columns
        other = one + (width if axis == 0 else 1)
        sides = [_side(surface, strands, chosen) for chosen in (one, other)]
        same = (outline[first] == outline[second])[may] & surface.is_seen.ravel()[one]
        pairs = _Pairs(sides[0], sides[1], same, depth[may], fold[may], jump, chance)
        found = _wanted(pairs, kinds, unit, surface.pixel)
        nearness, flat = surface.nearness.ravel(), strength.reshape(-1)
        is_first_nearer = nearness[one] >= nearness[other]
        flat[one] = np.maximum(flat[one], np.where(is_first_nearer, found, 0))
        flat[other] = np.maximum(flat[other], np.where(is_first_nearer, 0, found))
    return strength


def _side(surface: Surface, strands: NDArray[np.int64], chosen: NDArray[np.int64]) -> _Side:
    numbers = (surface.part, surface.solid, surface.thread, strands)
    part, solid, thread, strand = (plane.ravel()[chosen] for plane in numbers)
    at, normal = (plane.reshape(-1, 3)[chosen] for plane in (surface.coordinates, surface.normal))
    return _Side(part, solid, thread, strand, at, normal)


def _wanted(pairs: _Pairs, kinds: Kinds, unit: float, pixel: float) -> Plane:
    """Return how strong a line is wanted between the neighbours of each pair."""
    first, second, same, jump = pairs.first, pairs.second, pairs.same, pairs.jump
    lower = np.minimum(pairs.fold, pairs.depth)
    wanted = np.where(same & (lower > jump), 0.85 * step(jump, jump * 3.2, lower) + 0.1, 0)
    on_face = kinds.is_face[first.solid] & kinds.is_face[second.solid]
    on_face &= (first.at[:, 2] > 0.35) & (second.at[:, 2] > 0.35)
    x, y, _ = first.at.T
    on_nose = (np.abs(x) < 0.22) & (y > -0.56) & (y < -0.1)
    wanted[on_face & (pairs.depth < np.where(on_nose, 0.04, 0.6) * unit)] = 0
    both_hair = same & kinds.is_hair[first.part] & kinds.is_hair[second.part]
    wanted = np.where(both_hair, np.minimum(wanted, 0.8), wanted)
    wanted[kinds.outline[first.solid] != kinds.outline[second.solid]] = 1
    on_cloth = same & kinds.is_garment[first.solid]
    other_thread = first.thread != second.thread
    is_pleat = on_cloth & (first.thread >= FIRST_PLEAT)
    fingers = same & ~kinds.is_hair[first.solid] & ~is_pleat & other_thread & (first.thread > 0) & (second.thread > 0)
    turned = np.sum(first.normal * second.normal, axis=-1) < 0.88
    for chosen, strength in (
        (on_cloth & (first.part != second.part), INNER),
        (is_pleat & other_thread, PLEAT),
        (fingers & (turned | (pairs.fold > 0.4 * jump)), FINGER),
    ):
        wanted[chosen] = np.maximum(wanted[chosen], strength)
    if pixel * SMALLEST_PX < 1:
        wanted = np.maximum(wanted, _on_fingers(pairs, kinds))
    return np.asarray(np.where(both_hair, np.maximum(wanted, _hair(pairs)), wanted), np.float32)


def _on_fingers(pairs: _Pairs, kinds: Kinds) -> Plane:
    """Return lines around nails and across joints of fingers."""
    first, second = pairs.first, pairs.second
    is_finger = pairs.same & kinds.is_hand[first.solid] & (first.thread > 0) & (first.thread == second.thread)
    along, across, palm = first.at.T
    joint = np.round(along).astype(np.int64)
    crosses = np.floor(along) != np.floor(second.at[:, 0])
    is_drawn = pairs.chance[(first.thread * 29 + joint * 7) % len(pairs.chance)] < CREASES
    crease = crosses & (joint > 0) & (joint < 3) & (np.abs(across) < 0.55) & (np.abs(palm) > 0.5) & is_drawn
    lines = np.where(first.part != second.part, NAIL, np.where(crease, CREASE, 0))
    return np.asarray(np.where(is_finger, lines, 0), np.float32)


def _hair(pairs: _Pairs) -> Plane:
    """Return lines between locks, which swell towards their tips, and strands within, from root or tip."""
    first, second, chance, jump = pairs.first, pairs.second, pairs.chance, pairs.jump
    t, is_plain = first.at[:, 0], first.at[:, 2] < -0.5
    low, high = np.minimum(first.thread, second.thread), np.maximum(first.thread, second.thread)
    kept = chance[(low * 131 + high * 17) % len(chance)]
    swelling = step(0.25, 0.75, t) * (0.25 + 0.5 * kept) * (kept > 0.25)
    between = np.maximum(swelling, 0.6 * step(jump, jump * 4, pairs.depth))
    between = np.where((low != high) & ~is_plain, between, 0)
    strand = np.minimum(first.strand, second.strand)
    where = chance[(strand * 37 + first.thread * 101) % len(chance)]
    kind = chance[(strand * 53 + first.thread * 7 + 11) % len(chance)]
    from_tip, from_root = step(0.25, 1.0, t - 0.5 * (where - 0.5)), step(0.35, 0.0, t - 0.55 * where)
    within = np.where(kind < 0.5, from_tip, from_root) * (where > 0.35)
    within = np.where(is_plain, step(0.5, 0.0, np.abs(t - kind) * 2) * (where > 0.45), within)
    within = np.where((first.strand != second.strand) & (low == high), STRAND * within, 0)
    return np.asarray(np.maximum(between, within), np.float32)


def _strands(surface: Surface, is_hair: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a number for the strand of hair at each pixel: a few on each lock, many around a head without locks."""
    around, layer = surface.coordinates[..., 1], surface.coordinates[..., 2]
    wobble = noise(around.shape, 12, 0.02, rng)
    on_lock = np.floor((around + 1) * 1.5 + wobble * 6 + 50)
    on_head = np.floor((around + wobble * 0.5) * rng.integers(14, 30) + 500)
    return np.where(is_hair, np.where(layer < -0.5, on_head, on_lock), 0).astype(np.int64)


def _pair(axis: int, chosen: slice) -> tuple[slice, slice]:
    return (chosen, slice(None)) if axis == 0 else (slice(None), chosen)
