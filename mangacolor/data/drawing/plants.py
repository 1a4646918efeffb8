"""Trees, bushes, hills and their leaves, drawn as manga draws them: arcs, blots of black, strokes, or an outline."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mangacolor.data.drawing.sheet import Mask, Sheet
from mangacolor.data.drawing.strokes_ruled import Pen, smooth_noise

MOST_LEAVES = 3000
"""Leaves drawn in one crown at most: more of them are seen as grey."""

LEAVES = {"arcs": 0.4, "blots": 0.25, "strokes": 0.2, "none": 0.15}
"""How leaves are drawn, and how often: sometimes an outline says enough."""

OUTLINED, RAGGED = 0.9, 0.5
"""How often a crown has an outline, and how often one of leaves rather than of arcs."""


def tree(sheet: Sheet, x: float, foot: float, size: float) -> None:
    """Draw a tree that stands at (x, foot): a trunk and a crown."""
    rng = sheet.rng
    half = size * rng.uniform(0.04, 0.09)
    top = foot - size * rng.uniform(0.5, 0.8)
    trunk = sheet.lay([(x - half, foot), (x - 0.6 * half, top), (x + 0.6 * half, top), (x + half, foot)], "trunk")
    for _ in range(int(rng.integers(1, 6))):
        at = x + rng.uniform(-half, half)
        sheet.line([(at, foot), (at + rng.normal(0, half / 4), top)], 0.5, trunk)
    crown(sheet, x, top, size * rng.uniform(0.2, 0.4), size * rng.uniform(0.2, 0.35), size * 0.14)


def crown(sheet: Sheet, x: float, y: float, wide: float, high: float, size: float, within: Mask | None = None) -> None:
    """Draw a heap of leaves around (x, y), of discs of a size in pixels."""
    rng = sheet.rng
    mask = tuft(sheet, x, y, wide, high, size)
    if rng.random() < RAGGED:
        mask = _ragged(sheet, mask, size * rng.uniform(0.1, 0.4))
    if within is not None:
        mask &= within
    sheet.cover(mask, "foliage", outline=bool(rng.random() < OUTLINED))
    leaves(sheet, mask)


def tuft(sheet: Sheet, x: float, y: float, wide: float, high: float, size: float) -> Mask:
    """Return a heap of discs: a cloud, or the crown of a tree."""
    mask, rng = np.zeros(sheet.part.shape, np.uint8), sheet.rng
    for _ in range(int(rng.integers(8, 22))):
        angle, reach = rng.uniform(0, 2 * math.pi), math.sqrt(rng.uniform(0, 1))
        middle = (round(x + reach * wide * math.cos(angle)), round(y + reach * high * math.sin(angle)))
        cv2.circle(mask, middle, max(2, round(size * rng.uniform(0.5, 1.1))), 1, -1)
    return mask > 0


def _ragged(sheet: Sheet, mask: Mask, size: float) -> Mask:
    """Give a heap an edge of leaves of a size in pixels."""
    inside = mask.astype(np.uint8)
    beyond = cv2.distanceTransform(inside, cv2.DIST_L2, 3) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    reach = max(2.0, size)
    return np.asarray(beyond + smooth_noise(mask.shape, (reach, reach), sheet.rng) * size > 0)


def leaves(sheet: Sheet, mask: Mask) -> None:
    """Draw leaves, dense where there is shadow, and the shadow below a crown."""
    rng = sheet.rng
    rows, _ = np.nonzero(mask)
    if not len(rows):
        return
    size = rng.uniform(2.5, 8)
    lower = np.zeros_like(mask)
    lower[round(float(np.quantile(rows, rng.uniform(0.4, 0.8)))) :] = True
    noise = smooth_noise(mask.shape, (size * 4, size * 4), rng)
    is_shaded = mask & (lower | (noise > rng.uniform(-0.3, 0.8)))
    draw = _LEAVES[str(rng.choice(list(LEAVES), p=list(LEAVES.values())))]
    if draw is not None:
        draw(sheet, mask, is_shaded, size)
    sheet.shade(is_shaded, rng.uniform(0.65, 0.9))


def _arcs(sheet: Sheet, mask: Mask, _: Mask, size: float) -> None:
    rng = sheet.rng
    rows, columns = np.nonzero(mask)
    drawn = np.full_like(sheet.ink, 255)
    count = min(MOST_LEAVES, int(len(rows) / (size * size) * rng.uniform(0.1, 0.5)) + 1)
    for place in rng.integers(len(rows), size=count):
        y, x = int(rows[place]), int(columns[place])
        start = int(rng.integers(360))
        axes = (max(1, round(size * rng.uniform(0.4, 1))), max(1, round(size * rng.uniform(0.2, 0.6))))
        cv2.ellipse(drawn, (x, y), axes, float(rng.uniform(0, 360)), start, start + 200, 0, 1, cv2.LINE_AA)
    sheet.ink = np.where(mask, np.minimum(sheet.ink, drawn), sheet.ink)


def _blots(sheet: Sheet, mask: Mask, is_shaded: Mask, size: float) -> None:
    """Fill what leaves hide with black, most of it in the shadow."""
    rng = sheet.rng
    noise = smooth_noise(mask.shape, (size, size), rng) + 0.5 * smooth_noise(mask.shape, (size / 2, size / 2), rng)
    limit = rng.uniform(0.6, 1.6) - np.float32(rng.uniform(0.5, 1.5)) * is_shaded
    black = 255 * (0.5 - 4 * (noise - limit)).clip(0, 1)
    sheet.ink = np.where(mask, np.minimum(sheet.ink, black), sheet.ink).astype(np.uint8)


def _strokes(sheet: Sheet, mask: Mask, is_shaded: Mask, size: float) -> None:
    rng = sheet.rng
    width = rng.uniform(0.9, 1.6)
    pen = Pen(width, width * rng.uniform(2.2, 5), size * rng.uniform(2, 6), uneven=0.4, gap=0.5, missing=0.2)
    sheet.hatch(mask, pen, rng.uniform(0, 180), np.where(is_shaded, 1.0, rng.uniform(0, 0.8)), bend_px=size)


_LEAVES = {"arcs": _arcs, "blots": _blots, "strokes": _strokes, "none": None}
