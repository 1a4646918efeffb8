"""Ink: lines of varying width along the edges that were found, and folds of cloth."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.camera import View
from mangacolor.data.figures.edges import Kinds, find_edges
from mangacolor.data.figures.scene import Scene
from mangacolor.data.figures.sheet import curve
from mangacolor.data.figures.surface import Plane, Surface, noise

FINE_HAIR_PX = 120
"""Height of a face below which lines in hair are thinned out."""

LEAST = 0.06
SPECK_PX = 9

WIDTHS_PX = (1.25, 2.3)
WIDTHS_AT_PX = 768
"""Widths of a line in a picture of this side; others by the root of theirs."""


def choose_width(side_px: int, shot: str, rng: np.random.Generator) -> float:
    """Choose the width of outlines, in pixels of the finished picture."""
    return float(rng.uniform(*WIDTHS_PX) * (side_px / WIDTHS_AT_PX) ** 0.5 * (0.8 if shot == "full" else 1))


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
    strength = find_edges(surface, kinds, unit, rng)
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
