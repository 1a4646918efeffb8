"""Smooth closed shapes that bodies are put together from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]
"""Points (N, 2) in an animal's own units, or in pixels of the sheet: x to the right, y down."""


def curve(points: Sequence[tuple[float, float]], *, closed: bool = True, steps: int = 7) -> Curve:
    """Return a smooth curve through points (Catmull and Rom 1974)."""
    knots = np.asarray(points, np.float64)
    knots = np.concatenate([knots[-1:], knots, knots[:2]] if closed else [knots[:1], knots, knots[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    a, b, c, d = (knots[start : len(knots) - 3 + start, None] for start in range(4))
    spans = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    found = spans.reshape(-1, 2)
    return found if closed else np.concatenate([found, knots[-1:]])


def oval(x: float, y: float, wide: float, high: float, turn_deg: float = 0.0) -> Curve:
    """Return an ellipse of half axes `wide` and `high`, turned."""
    angles = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    turn = math.radians(turn_deg)
    across, down = wide * np.cos(angles), high * np.sin(angles)
    return np.stack(
        [x + across * math.cos(turn) - down * math.sin(turn), y + across * math.sin(turn) + down * math.cos(turn)],
        axis=1,
    )


def limb(points: Sequence[tuple[float, float, float]]) -> Curve:
    """Return the outline of a limb along points (x, y, half its width), with a round end."""
    knots = np.asarray(points, np.float64)
    middle, wide = curve(knots[:, :2].tolist(), closed=False), np.interp(
        np.linspace(0, len(knots) - 1, 7 * (len(knots) - 1) + 1), np.arange(len(knots)), knots[:, 2]
    )  # fmt: skip
    along = np.gradient(middle, axis=0)
    along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    out = np.stack([-along[:, 1], along[:, 0]], axis=1) * wide[:, None]
    ends = np.linspace(0, math.pi, 7)[1:-1, None]
    cap = middle[-1] + wide[-1] * (np.cos(ends) * out[-1] / max(wide[-1], 1e-9) + np.sin(ends) * along[-1])
    return np.concatenate([middle + out, cap, (middle - out)[::-1]])


def turns_right(rim: Curve) -> bool:
    """Say whether a closed curve runs clockwise on the page, so that its inside lies to the right."""
    following = np.roll(rim, -1, axis=0)
    return bool(np.sum(rim[:, 0] * following[:, 1] - rim[:, 1] * following[:, 0]) > 0)


def fixed(points: Curve) -> NDArray[np.int32]:
    """Return points in sixteenths of a pixel, as the library that draws them counts."""
    return np.round(np.asarray(points).clip(-4000, 4000) * 16).astype(np.int32)
