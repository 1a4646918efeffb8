"""How the outlines of balloons run: wobbly ellipses, clouds, bursts, boxes, and their tails."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.balloons import Box, Lettering

Points = NDArray[np.float32]


def box_of(points: Points) -> Box:
    """Return top, left, bottom, right of some points."""
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return float(top), float(left), float(bottom), float(right)


def blob(x: float, y: float, half_width: float, half_height: float, rough: float, rng: np.random.Generator) -> Points:
    """Return an ellipse drawn by an unsteady hand, (48, 2) points x, y.

    Args:
        x: Centre.
        y: Centre.
        half_width: Reach to the sides.
        half_height: Reach up and down.
        rough: How far it strays, as a share of its reach.
        rng: Source of the unsteadiness.
    """
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return _polar(x, y, half_width, half_height, turn, 1 + rough * _stray(turn, rng))


def _stray(turn: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    waves = np.array([2.0, 3.0, 5.0])
    phases = rng.uniform(0, 2 * np.pi, 3)
    strays: NDArray[np.float64] = (np.sin(waves * turn[:, None] + phases) / waves).sum(axis=1)
    return strays


def _polar(
    x: float, y: float, half_width: float, half_height: float, turn: NDArray[np.float64], reach: NDArray[np.float64]
) -> Points:
    return np.stack([x + half_width * reach * np.cos(turn), y + half_height * reach * np.sin(turn)], axis=1).astype(
        np.float32
    )


def outlines(lettering: Lettering, rng: np.random.Generator) -> list[Points]:
    """Return the closed curves, (N, 2) points x, y, whose union is the container, tail included."""
    if lettering.shape == "none":
        return []
    x, y, half_width, half_height = lettering.x, lettering.y, lettering.half_width, lettering.half_height
    if lettering.shape == "box":
        top, left, bottom, right = lettering.box()
        return [np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)]
    if lettering.shape == "burst":
        count = int(rng.integers(12, 22))
        turn = np.linspace(0, 2 * np.pi, 2 * count, endpoint=False) + rng.uniform(-0.25, 0.25, 2 * count) / count
        reach = np.where(np.arange(2 * count) % 2, rng.uniform(0.72, 0.8), 1.0) * rng.uniform(0.92, 1.06, 2 * count)
        return [_polar(x, y, half_width, half_height, turn, reach)]
    turn = np.linspace(0, 2 * np.pi, 144, endpoint=False)
    reach = 1 + 0.02 * _stray(turn, rng)
    if lettering.shape in ("cloud", "thought"):
        bumps = int(rng.integers(7, 12))
        reach = 0.9 + 0.1 * np.abs(np.sin(bumps * turn / 2 + rng.uniform(0, 3))) + 0.02 * _stray(turn, rng)
    elif lettering.shape == "rounded":
        power = rng.uniform(2.6, 5)
        corner = (np.abs(np.cos(turn)) ** power + np.abs(np.sin(turn)) ** power) ** (-1 / power)
        reach = reach * corner
    body = _polar(x, y, half_width, half_height, turn, reach)
    return [body, *_tail(lettering, rng)]


def _tail(lettering: Lettering, rng: np.random.Generator) -> list[Points]:
    """Return the pointed tail of a balloon, or the bubbles that trail from a thought."""
    if lettering.tail is None:
        return []
    way = np.array(lettering.tail) - (lettering.x, lettering.y)
    distance = float(np.hypot(*way)) + 1e-6
    way = way / distance
    edge = 1 / np.hypot(way[0] / lettering.half_width, way[1] / lettering.half_height)
    length = float(np.clip(distance - edge, 0, rng.uniform(1.2, 3.5) * lettering.letter_px))
    if length < 0.6 * lettering.letter_px:
        return []
    centre = np.array((lettering.x, lettering.y))
    if lettering.shape == "thought":
        sizes = lettering.letter_px * np.array([0.42, 0.28, 0.18])
        steps = edge + lettering.letter_px * np.array([0.35, 1.15, 1.75])
        middles = centre + way * steps[:, None]
        return [
            blob(float(x), float(y), float(size), float(size), 0.05, rng)
            for (x, y), size in zip(middles, sizes, strict=True)
        ]
    side = np.array((-way[1], way[0])) * lettering.letter_px * rng.uniform(0.35, 0.7)
    root, tip = centre + way * 0.85 * edge, centre + way * (edge + length) + side * rng.uniform(-1, 1)
    bend = (root + tip) / 2 + side * rng.uniform(-0.4, 0.4)
    return [np.array([root - side, bend - 0.5 * side, tip, bend + 0.5 * side, root + side], np.float32)]
