"""Strokes of a brush, from point to point in pixels of a page: points along them, and how far from them one is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

Point = tuple[float, float]


def distance(x: float, y: float, points: Sequence[Point]) -> float:
    """Return how far a point lies from a stroke."""
    ends = list(itertools.pairwise(points)) or [(points[0], points[0])]
    return min(_to_segment(x, y, *start, *end) for start, end in ends)


def _to_segment(x: float, y: float, x0: float, y0: float, x1: float, y1: float) -> float:
    along_x, along_y = x1 - x0, y1 - y0
    squared = along_x**2 + along_y**2
    share = min(1.0, max(0.0, ((x - x0) * along_x + (y - y0) * along_y) / squared)) if squared else 0.0
    return math.hypot(x - x0 - share * along_x, y - y0 - share * along_y)


def along(points: Sequence[Point], spacing: float, width: int, height: int) -> list[Point]:
    """Return points along a stroke, its first among them, as far as they lie on a page.

    Args:
        points: Of the stroke.
        spacing: Pixels from one to the next.
        width: Of the page, in pixels.
        height: Of the page, in pixels.
    """
    found, left = [points[0]], spacing
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0)
        enters, leaves = _on_page((x0, y0), (x1, y1), width, height)
        # What lies off the page is not gone through step by step: a stroke may lead far away.
        left += spacing * max(0, math.floor((enters * length - left) / spacing))
        while length > 0 and left <= leaves * length:
            share = left / length
            found.append((x0 + share * (x1 - x0), y0 + share * (y1 - y0)))
            left += spacing
        left += spacing * max(0, math.floor((length - left) / spacing) + 1) if left <= length else 0
        left -= length
    return [(x, y) for x, y in found if 0 <= x < width and 0 <= y < height]


def _on_page(start: Point, end: Point, width: int, height: int) -> tuple[float, float]:
    """Return between which shares of its length a piece of a stroke is on a page; the first is larger if nowhere."""
    enters, leaves = 0.0, 1.0
    for first, last, side in zip(start, end, (width, height), strict=True):
        if first == last:
            leaves = leaves if 0 <= first <= side else -1.0
            continue
        near, far = sorted(((0 - first) / (last - first), (side - first) / (last - first)))
        enters, leaves = max(enters, near), min(leaves, far)
    return min(enters, 1.0), leaves
