"""Patterns behind people, and what floats there in happy moments: bubbles, stars, petals, flowers, hearts."""

from __future__ import annotations

import math

import numpy as np

from mangacolor.data.drawing.sheet import Mask, Sheet

OWN_COLOUR = 0.4
"""How often what floats has a colour of its own rather than that of what is behind."""


def pattern(sheet: Sheet, whole: Mask) -> None:
    """Fill a place with checks, stripes, dots or a lattice, in ink or in a second colour."""
    rng, side = sheet.rng, sheet.side
    down, right = np.mgrid[0:side, 0:side].astype(np.float32)
    turn, step = math.radians(rng.choice([0, 45, 90, rng.uniform(0, 180)])), rng.uniform(8, 70)
    u = (right * math.cos(turn) + down * math.sin(turn)) / step
    v = (down * math.cos(turn) - right * math.sin(turn)) / step
    share = rng.uniform(0.2, 0.6)
    style = rng.choice(["checks", "stripes", "dots", "lattice"])
    if style == "checks":
        second = (np.floor(u) + np.floor(v)) % 2 == 0
    elif style == "stripes":
        second = u % 1 < share
    elif style == "dots":
        second = np.hypot(u % 1 - 0.5, (v + 0.5 * (np.floor(u) % 2)) % 1 - 0.5) < 0.6 * share
    else:
        second = (u % 1 < 0.2) | (v % 1 < 0.2)
    if rng.random() < 0.4:
        sheet.ink[second & whole] = 0
    else:
        sheet.cover(second & whole, "effect", new=True, outline=bool(rng.random() < 0.7))


def floating(sheet: Sheet, count: int) -> None:
    """Scatter shapes of one sort, large and small."""
    rng, side = sheet.rng, sheet.side
    name = str(rng.choice(list(_SHAPES)))
    largest = rng.uniform(0.03, 0.14) * side
    if rng.random() < OWN_COLOUR:
        sheet.number("effect", new=True)
    for _ in range(count):
        centre = rng.uniform(-0.05, 1.05, 2) * side
        size = largest * rng.uniform(0.15, 1.0)
        turn = rng.uniform(0, 2 * math.pi)
        reach, angles = _SHAPES[name](sheet, turn)
        rim = centre + size * reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        points = [(float(x), float(y)) for x, y in rim]
        mask = sheet.lay(points, "effect", outline=False)
        sheet.lines([[*points, points[0]]], wobble_px=0.15)
        if name == "flower":
            ring = centre + 0.25 * (rim - centre)
            sheet.lines([[(float(x), float(y)) for x, y in ring]], 0.8, wobble_px=0.1)
        elif name == "bubble" and rng.random() < 0.7:
            arc = centre + 0.75 * (rim[14:20] - centre)
            sheet.lines([[(float(x), float(y)) for x, y in arc]], 0.7, mask, wobble_px=0.1)
        elif name == "star" and rng.random() < 0.3:
            sheet.ink[mask] = 0


def _bubble(sheet: Sheet, _: float) -> tuple[np.ndarray, np.ndarray]:
    return np.ones(24), np.linspace(0, 2 * math.pi, 25)[:-1]


def _star(sheet: Sheet, turn: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a sparkle of four points, or a star of five."""
    points = 4 if sheet.rng.random() < 0.6 else 5
    angles = np.linspace(0, 2 * math.pi, 2 * points + 1)[:-1] + (0 if points == 4 else turn)
    return np.where(np.arange(2 * points) % 2, 0.2 if points == 4 else 0.42, 1.0), angles


def _flower(sheet: Sheet, turn: float) -> tuple[np.ndarray, np.ndarray]:
    angles = np.linspace(0, 2 * math.pi, 61)[:-1]
    return 0.55 + 0.45 * np.abs(np.sin(angles * sheet.rng.integers(5, 8) / 2)), angles + turn


def _petal(sheet: Sheet, turn: float) -> tuple[np.ndarray, np.ndarray]:
    t = np.linspace(-math.pi, math.pi, 25)[:-1]
    x, y = np.where(np.abs(t) < 0.1, 0.8, np.cos(t)), 0.45 * np.sin(t) * (1 + 0.4 * np.cos(t))
    return np.hypot(x, y), np.arctan2(y, x) + turn


def _heart(sheet: Sheet, turn: float) -> tuple[np.ndarray, np.ndarray]:
    t = np.linspace(0, 2 * math.pi, 33)[:-1]
    x = 16 * np.sin(t) ** 3 / 17
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 17
    return np.hypot(x, y), np.arctan2(y, x) + 0.3 * math.sin(turn)


_SHAPES = {"bubble": _bubble, "star": _star, "flower": _flower, "petal": _petal, "heart": _heart}
