"""Towns from afar: rows of blocks with many windows, groves between them, quays at the water."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.data.drawing.sheet import Points, Sheet
from mangacolor.data.drawing.strokes_ruled import smooth_noise

FRONTS = {"wall": 0.8, "brick": 0.08, "stone": 0.12}
"""What blocks are made of, and how often."""

OWN_COLOUR = 0.15
"""How often a block's wall has a colour of its own."""

HILLY = 0.1
"""Rise, in sides of the sheet, from which on blocks stand on a hill instead of behind each other on level ground."""

MOST_GROVES = 5
"""Groves among the blocks of a hill at most."""

RAGGED = 0.6
"""How often crowns have an edge of leaves rather than of arcs."""


def skyline(sheet: Sheet, foot: float, rise: float, count: int) -> None:
    """Draw a town that stands on ground which rises from a foot line, far blocks first.

    Args:
        sheet: What is drawn on.
        foot: Where the nearest blocks stand, in pixels from above.
        rise: How far above that the ground reaches, in pixels; where it is little, far blocks are as much taller.
        count: How many blocks; where there are none, nothing is drawn.
    """
    if count == 0:
        return
    rng, side = sheet.rng, sheet.side
    scale = rng.uniform(0.6, 1.5) * side
    slender = rng.uniform(0.5, 2.0)
    nearness = np.sort(rng.uniform(0, 1, count))
    is_hill = rise > HILLY * side
    groves = set(rng.integers(count, size=int(rng.integers(0, MOST_GROVES + 1)) if is_hill else 1).tolist())
    for number, near in enumerate(nearness):
        back = (1 - near) * rise
        base = foot - back if is_hill else foot
        if number in groves:
            ends = np.sort(rng.uniform(-0.3, 1.3, 2)) * side
            thicket(sheet, [(ends[0], base), (ends[1], base)], rng.uniform(0.03, 0.07) * side)
        size = (0.05 + 0.05 * near) * scale
        wide, tall = size * rng.uniform(0.5, 1.7), size * slender * rng.uniform(0.4, 1.8)
        _block(sheet, rng.uniform(-0.05, 1.0) * side, base, wide, tall + (0 if is_hill else back))


def _block(sheet: Sheet, left: float, foot: float, wide: float, tall: float) -> None:
    """Draw a block: a front with windows, a darker side, at times something on its roof."""
    rng = sheet.rng
    kind = str(rng.choice(list(FRONTS), p=list(FRONTS.values())))
    sheet.number(kind, new=kind == "wall" and bool(rng.random() < OWN_COLOUR))
    top, right = foot - tall, left + wide
    depth = wide * rng.uniform(0, 0.6)
    turn = rng.choice([-1, 1])
    if rng.random() < 0.4:
        width, high = wide * rng.uniform(0.15, 0.5), rng.uniform(0.05, 0.2) * wide
        at = left + rng.uniform(0, 0.5) * wide
        slab(sheet, at, top - high, at + width, top, kind)
    elif rng.random() < 0.12:
        sheet.lay([(left - 2, top), (left + wide / 2, top - 0.3 * wide), (right + 2, top)], "roof")
    flank = (left - depth, left) if turn < 0 else (right, right + depth)
    slab(sheet, flank[0], top, flank[1], foot, kind, rng.uniform(0.65, 0.9))
    slab(sheet, left, top, right, foot, kind)
    windows(sheet, left, top, right, foot)
    if rng.random() < 0.5:
        windows(sheet, *flank[:1], top, flank[1], foot)


def slab(sheet: Sheet, left: float, top: float, right: float, bottom: float, kind: str, light: float = 1.0) -> None:
    """Lay an upright rectangle with a thin outline: what `Sheet.lay` does, many times faster."""
    corners = np.round(np.array([left, top, right, bottom]).clip(-9, sheet.side + 9)).astype(int)
    place = np.s_[max(corners[1], 0) : max(corners[3], 0), max(corners[0], 0) : max(corners[2], 0)]
    sheet.part[place] = sheet.number(kind)
    sheet.ink[place] = 255
    sheet.light[place] = light
    cv2.rectangle(sheet.ink, corners[:2].tolist(), corners[2:].tolist(), 0, 1)


def windows(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    """Draw rows of windows on a front: bands, dots, panes or strips, some of them missing."""
    rng = sheet.rng
    x, y, end, low = (int(at) for at in np.array([left + 2, top + 3, right - 1, bottom - 2]).clip(0, sheet.side))
    style = str(rng.choice(["bands", "dots", "panes", "strips", "none"], p=[0.33, 0.25, 0.2, 0.12, 0.1]))
    across, down = int(rng.integers(3, 9)), int(rng.integers(4, 11))
    if style == "none" or end - x < across or low - y < down:
        return
    cell = np.zeros((down, across), np.bool_)
    cell[: max(1, round(down * rng.uniform(0.3, 0.6))), : {"bands": across, "strips": 2}.get(style, across - 2)] = True
    if style == "strips":
        cell[:] = cell[:1]
    grid = rng.random(((low - y) // down + 1, (end - x) // across + 1)) > rng.uniform(0, 0.3)
    pattern = np.kron(grid, cell)[: low - y, : end - x]
    place = np.s_[y : y + pattern.shape[0], x : x + pattern.shape[1]]
    if style == "panes" and down > 5:
        sheet.part[place][pattern] = sheet.number("glass")
        rim = pattern & ~cv2.erode(pattern.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)
        sheet.ink[place][rim] = 0
    else:
        sheet.ink[place][pattern] = int(rng.choice([0, 0, 70]))


def thicket(sheet: Sheet, along: Points, size: float) -> None:
    """Draw crowns of trees in a row along a line, of about a size in pixels, dark in their depth."""
    rng = sheet.rng
    mask = np.zeros(sheet.part.shape, np.uint8)
    (x, y), (end, low) = along
    count = int(np.hypot(end - x, low - y) / (0.45 * size)) + 2
    for at in rng.uniform(0, 1, count):
        for _ in range(4):
            middle = np.array([x + (end - x) * at, y + (low - y) * at]) + rng.normal(0, 0.4 * size, 2) * [1.2, 0.7]
            cv2.circle(mask, np.round(middle).astype(int).tolist(), max(2, round(size * rng.uniform(0.2, 0.6))), 1, -1)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return
    place = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    near = mask[place]
    reach = max(2.5, size * rng.uniform(0.05, 0.12))
    noise = smooth_noise(near.shape, (reach, reach), rng)
    if rng.random() < RAGGED:
        soft = cv2.GaussianBlur(near.astype(np.float32), (0, 0), reach)
        mask[place] = (soft + np.float32(0.2) * noise > 0.5) & (soft > 0.2)
    crowns = mask > 0
    sheet.cover(crowns, "foliage", outline=True)
    depth = np.linspace(-0.6, 0.9, len(near), dtype=np.float32)[:, None] * np.float32(rng.uniform(0, 1.2))
    black = crowns[place] & (noise + depth > rng.uniform(0.4, 1.6))
    sheet.ink[place][black] = 0
    sheet.light[place][crowns[place] & (noise > 0)] *= np.float32(rng.uniform(0.7, 0.9))


def quay(sheet: Sheet, edge: Points, high: float) -> None:
    """Draw a wall along the water's edge: stones, posts, a dark foot."""
    rng = sheet.rng
    kind = str(rng.choice(["stone", "pavement", "wood", "brick"], p=[0.5, 0.3, 0.1, 0.1]))
    upper = [(x, y - high) for x, y in edge]
    wall = sheet.lay([*upper, *edge[::-1]], kind, outline=False)
    sheet.lines([upper], 0.6)
    step = rng.uniform(4, 30)
    stakes = [[(float(x), 0.0), (float(x), float(sheet.side))] for x in np.arange(0, sheet.side, step)]
    sheet.lines(stakes if rng.random() < 0.7 else [], 0.5, wall, wobble_px=0.3)
    if rng.random() < 0.6:
        sheet.lines([[(x, y - 0.2 * high) for x, y in edge]], rng.uniform(0.8, 2))
