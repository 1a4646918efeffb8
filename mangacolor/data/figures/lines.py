"""Ink: outlines where parts meet or one stands before itself, strands of hair, fingers, borders and folds of cloth."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.camera import View
from mangacolor.data.figures.geometry import step
from mangacolor.data.figures.scene import Scene
from mangacolor.data.figures.sheet import curve
from mangacolor.data.figures.skin_details import SMALLEST_PX
from mangacolor.data.figures.surface import Plane, Surface

JUMP_PX, LEAST_JUMP = 4.5, 0.035
"""A step in depth that gets a line within one part: so many pixels' length, at least so many decimetres."""

INNER, FINGER, STRAND, PLEAT = 0.55, 0.55, 0.5, 0.45
"""Strength of lines at borders within a garment, between fingers, of strands of hair, and of pleats."""

NAIL, CREASE, CREASES = 0.3, 0.15, 0.4
"""Strength of lines around nails and across joints of fingers, and the share of joints that have one."""

FINE_HAIR_PX = 120
"""Height of a face below which lines in hair are thinned out."""

LEAST = 0.06
SPECK_PX = 9

WIDTHS_PX = (1.25, 2.3)
WIDTHS_AT_PX = 768
"""Widths of a line in a picture of this side; others by the root of theirs."""


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


def choose_width(side_px: int, shot: str, rng: np.random.Generator) -> float:
    """Choose the width of outlines, in pixels of the finished picture."""
    return float(rng.uniform(*WIDTHS_PX) * (side_px / WIDTHS_AT_PX) ** 0.5 * (0.8 if shot == "full" else 1))


def noise(shape: tuple[int, int], cells: int, spread: float, rng: np.random.Generator) -> Plane:
    """Return smooth noise (H, W) with about `cells` bumps along the longer side."""
    unit = max(shape) / cells
    size = tuple(max(4, round(length / unit) + 3) for length in shape)
    coarse = rng.normal(0, spread, size).astype(np.float32)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def draw_lines(
    surface: Surface, kinds: Kinds, unit: float, face_px: float, width_px: float, scale: int, rng: np.random.Generator
) -> Plane:
    """Ink the lines that follow from what is seen.

    Args:
        surface: Before decals are laid on it.
        kinds: Of the parts.
        unit: Height from chin to eyes.
        face_px: The same in pixels of the finished picture.
        width_px: Width of outlines, in its pixels.
        scale: Pixels of the surface for one of it, each way.
        rng: Source of everything random.

    Returns:
        (h, w) in [0, 1], 1 is black.
    """
    is_hair = kinds.is_hair[surface.part]
    strength = _edges(surface, kinds, is_hair, unit, rng)
    share = np.clip(face_px / FINE_HAIR_PX, 0.12, 1)
    fine = is_hair & (strength < 0.9)
    strength[fine] = np.where(strength[fine] > 0.6 * (1 - share), strength[fine] * (0.35 + 0.65 * share), 0)
    strength[strength < LEAST] = 0
    _, labels, facts, _ = cv2.connectedComponentsWithStats((strength > 0).astype(np.uint8), connectivity=8)
    is_speck = facts[:, cv2.CC_STAT_AREA] < SPECK_PX * scale
    is_speck[0] = False
    strength[is_speck[labels]] = 0
    if not strength.any():
        return strength
    distance, nearest = cv2.distanceTransformWithLabels(
        (strength <= 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(nearest.max() + 1, np.float32)
    of_label[nearest[strength > 0]] = strength[strength > 0]
    smooth = cv2.blur(of_label[nearest], (2 * scale + 1, 2 * scale + 1))
    width = width_px * scale * (0.25 + 1.15 * smooth) * (1 + noise(strength.shape, 24, 0.22, rng))
    return np.asarray(np.clip(width / 2 + 0.5 - distance, 0, 1) * np.clip(smooth * 6, 0, 1), np.float32)


def _edges(surface: Surface, kinds: Kinds, is_hair: NDArray[np.bool_], unit: float, rng: np.random.Generator) -> Plane:
    """Return how strong a line is wanted at each pixel; of two neighbours the nearer one gets it."""
    strands = _strands(surface, is_hair, rng)
    chance = rng.random(4096).astype(np.float32)
    away = 1 / np.maximum(surface.nearness, 1e-6)
    strength = np.zeros(surface.nearness.shape, np.float32)
    for axis in (0, 1):
        first, second = _pair(axis, slice(None, -1)), _pair(axis, slice(1, None))
        bend = np.zeros_like(strength)
        middle = _pair(axis, slice(1, -1))
        before, after = surface.nearness[_pair(axis, slice(None, -2))], surface.nearness[_pair(axis, slice(2, None))]
        bend[middle] = np.abs(after + before - 2 * surface.nearness[middle])
        depth = np.abs(away[first] - away[second])
        fold = np.maximum(bend[first], bend[second]) * np.minimum(away[first], away[second]) ** 2
        found = _wanted(surface, kinds, is_hair, strands, chance, unit, first, second, depth, fold)
        is_first_nearer = surface.nearness[first] >= surface.nearness[second]
        strength[first] = np.maximum(strength[first], np.where(is_first_nearer, found, 0))
        strength[second] = np.maximum(strength[second], np.where(is_first_nearer, 0, found))
    return strength


def _wanted(
    surface: Surface, kinds: Kinds, is_hair: NDArray[np.bool_], strands: NDArray[np.int64], chance: Plane, unit: float,
    first: tuple[slice, slice], second: tuple[slice, slice], depth: Plane, fold: Plane,
) -> Plane:  # fmt: skip
    """Return how strong a line is wanted between neighbours."""
    part, solid, thread, at = surface.part, surface.solid, surface.thread, surface.coordinates
    jump = max(JUMP_PX * surface.pixel, LEAST_JUMP)
    meets = kinds.outline[solid[first]] != kinds.outline[solid[second]]
    same = ~meets & surface.is_seen[first]
    wanted = np.where(
        same & (fold > jump) & (depth > jump), 0.85 * step(jump, jump * 3.2, np.minimum(fold, depth)) + 0.1, 0
    )
    on_face = (
        kinds.is_face[solid[first]]
        & kinds.is_face[solid[second]]
        & (at[first][..., 2] > 0.35)
        & (at[second][..., 2] > 0.35)
    )
    x, y = at[first][..., 0], at[first][..., 1]
    on_nose = (np.abs(x) < 0.22) & (y > -0.56) & (y < -0.1)
    wanted = np.where(on_face & (depth < np.where(on_nose, 0.04, 0.6) * unit), 0, wanted)
    both_hair = same & is_hair[first] & is_hair[second]
    wanted = np.where(both_hair, np.minimum(wanted, 0.8), wanted)
    wanted = np.where(meets, 1.0, wanted)
    wanted = np.where(
        same & (part[first] != part[second]) & kinds.is_garment[solid[first]], np.maximum(wanted, INNER), wanted
    )
    pleats = same & kinds.is_garment[solid[first]] & (thread[first] != thread[second])
    wanted = np.where(pleats, np.maximum(wanted, PLEAT), wanted)
    turned = np.sum(surface.normal[first] * surface.normal[second], axis=-1) < 0.88
    parts_fingers = same & kinds.is_skin[solid[first]] & (thread[first] != thread[second])
    parts_fingers &= (thread[first] > 0) & (thread[second] > 0) & (turned | (fold > 0.4 * jump))
    wanted = np.where(parts_fingers, np.maximum(wanted, FINGER), wanted)
    if surface.pixel * SMALLEST_PX < 1:
        wanted = np.maximum(wanted, _on_fingers(surface, kinds, same, chance, first, second))
    hair = _hair(thread, strands, chance, at[..., 0][first], at[..., 2][first] < -0.5, first, second, depth, jump)
    return np.asarray(np.where(both_hair, np.maximum(wanted, hair), wanted), np.float32)


def _on_fingers(
    surface: Surface, kinds: Kinds, same: NDArray[np.bool_], chance: Plane, first: tuple[slice, slice],
    second: tuple[slice, slice],
) -> Plane:  # fmt: skip
    """Return lines around nails and across joints of fingers."""
    thread = surface.thread[first]
    is_finger = same & kinds.is_hand[surface.solid[first]] & (thread > 0) & (thread == surface.thread[second])
    along, across, palm = np.moveaxis(surface.coordinates[first], -1, 0)
    joint = np.round(along).astype(np.int64)
    crosses = np.floor(along) != np.floor(surface.coordinates[second][..., 0])
    is_drawn = chance[(thread * 29 + joint * 7) % len(chance)] < CREASES
    crease = crosses & (joint > 0) & (joint < 3) & (np.abs(across) < 0.55) & (np.abs(palm) > 0.5) & is_drawn
    nail = surface.part[first] != surface.part[second]
    return np.where(is_finger, np.where(nail, NAIL, np.where(crease, CREASE, 0)), 0).astype(np.float32)


def _hair(
    thread: NDArray[np.int64], strands: NDArray[np.int64], chance: Plane, t: Plane, is_plain: NDArray[np.bool_],
    first: tuple[slice, slice], second: tuple[slice, slice], depth: Plane, jump: float,
) -> Plane:  # fmt: skip
    """Return lines between locks, which swell towards their tips, and strands within, from root or tip."""
    low, high = np.minimum(thread[first], thread[second]), np.maximum(thread[first], thread[second])
    kept = chance[(low * 131 + high * 17) % len(chance)]
    between = np.maximum(step(0.25, 0.75, t) * (0.25 + 0.5 * kept) * (kept > 0.25), 0.6 * step(jump, jump * 4, depth))
    between = np.where((low != high) & ~is_plain, between, 0)
    strand = np.minimum(strands[first], strands[second])
    where = chance[(strand * 37 + thread[first] * 101) % len(chance)]
    kind = chance[(strand * 53 + thread[first] * 7 + 11) % len(chance)]
    from_tip, from_root = step(0.25, 1.0, t - 0.5 * (where - 0.5)), step(0.35, 0.0, t - 0.55 * where)
    within = np.where(kind < 0.5, from_tip, from_root) * (where > 0.35)
    within = np.where(is_plain, step(0.5, 0.0, np.abs(t - kind) * 2) * (where > 0.45), within)
    within = np.where((strands[first] != strands[second]) & (low == high), STRAND * within, 0)
    return np.asarray(np.maximum(between, within), np.float32)


def _strands(surface: Surface, is_hair: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a number for the strand of hair at each pixel: a few on each lock, many around a head without locks."""
    around, layer = surface.coordinates[..., 1], surface.coordinates[..., 2]
    wobble = noise(around.shape, 12, 0.02, rng)
    on_lock = np.floor((around + 1) * 1.5 + wobble * 6 + 50)
    on_head = np.floor((around + wobble * 0.5) * rng.integers(14, 30) + 500)
    return np.where(is_hair, np.where(layer < -0.5, on_head, on_lock), 0).astype(np.int64)


def draw_folds(
    surface: Surface, scene: Scene, kinds: Kinds, view: View, side_px: int, width_px: float, rng: np.random.Generator
) -> None:
    """Ink a few tapered strokes on cloth near joints; widths in pixels of the surface."""
    away = view.seen_from(np.array(scene.joints))
    columns, rows, _ = view.project(away, side_px)
    top, left = surface.box[0].start, surface.box[1].start
    height, width = surface.part.shape
    for column, row, depth in zip(columns - left, rows - top, away[:, 2], strict=True):
        heading, gap = rng.uniform(0, 2 * math.pi), rng.uniform(0.12, 0.3) / surface.pixel
        x, y = np.array([column, row]) + rng.normal(0, 0.3 / surface.pixel, 2)
        for k in range(int(rng.integers(0, 4))):
            aside = gap * (k - 1) * np.array([-math.sin(heading), math.cos(heading)])
            start = np.array([x, y]) + aside + rng.normal(0, 0.05 / surface.pixel, 2)
            angle, length = heading + rng.normal(0, 0.15), rng.uniform(0.25, 0.9) / surface.pixel
            at = (int(start[1]), int(start[0]))
            thick = width_px * rng.uniform(0.5, 1.0)
            if not (0 <= at[0] < height and 0 <= at[1] < width) or not kinds.is_garment[surface.part[at]]:
                continue
            if abs(surface.position[at][2] - depth) < 1.6:
                _stroke(surface, at, start, angle, length, thick)


def _stroke(
    surface: Surface, at: tuple[int, int], start: NDArray[np.float64], angle: float, length: float, thick: float
) -> None:
    """Ink a stroke that tapers from `start` on, as far as the part there goes."""
    middle = start + 0.5 * length * np.array([math.cos(angle + 0.3), math.sin(angle + 0.3)])
    path = curve([start, middle, start + length * np.array([math.cos(angle), math.sin(angle)])], 24)
    along = np.gradient(path, axis=0)
    along = along / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-9)
    half = 0.5 * (thick * (1 - np.linspace(0, 1, 24)) ** 0.6 + 0.3)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1) * half[:, None]
    outline = np.concatenate([path + aside, (path - aside)[::-1]])
    drawn = np.zeros(surface.ink.shape, np.uint8)
    cv2.fillPoly(drawn, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    rows, columns = (slice(max(0, int(low)), int(high) + 2) for low, high in zip(
        outline.min(axis=0)[::-1] - 1, outline.max(axis=0)[::-1] + 1, strict=True
    ))  # fmt: skip
    window = (rows, columns)
    laid = np.where(surface.part[window] == surface.part[at], drawn[window] / np.float32(255), 0)
    surface.ink[window] = np.maximum(surface.ink[window], laid)


def _pair(axis: int, chosen: slice) -> tuple[slice, slice]:
    return (chosen, slice(None)) if axis == 0 else (slice(None), chosen)
