"""Small composed pages: panels with gutters, frames, balloons and lettering over colour art.

They teach that paper, balloons and text stay white and black, whatever is drawn beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!?."


class Composed(NamedTuple):
    """A composed page before it is inked.

    Attributes:
        rgb: (S, S, 3) colour page; gutters and balloons are white.
        ink: (S, S) frames, balloon outlines and lettering, 0 where black.
        paper: (S, S) True where bare paper shows: gutters and balloons.
    """

    rgb: Pixels
    ink: Pixels
    paper: NDArray[np.bool_]


def compose_panels(side_px: int, panel_art: Callable[[int], Pixels], rng: np.random.Generator) -> Composed:
    """Lay out panels on a square of paper and letter them.

    Args:
        side_px: Side S of the page.
        panel_art: Returns square colour art of at least the side asked for.
        rng: Source of everything random.
    """
    rgb = np.full((side_px, side_px, 3), 255, np.uint8)
    ink = np.full((side_px, side_px), 255, np.uint8)
    paper = np.ones((side_px, side_px), bool)
    gutter = max(2, round(side_px * rng.uniform(0.02, 0.06)))
    margin = int(rng.integers(0, 2 * gutter + 1))
    frame_px = 1 if side_px < 160 else int(rng.integers(1, 3))
    for top, left, bottom, right in _cut((margin, margin, side_px - margin, side_px - margin), gutter, 2, rng):
        height, width = bottom - top, right - left
        art = panel_art(max(height, width))
        rgb[top:bottom, left:right] = art[:height, :width]
        paper[top:bottom, left:right] = False
        cv2.rectangle(ink, (left, top), (right - 1, bottom - 1), 0, frame_px)
    for _ in range(int(rng.integers(0, 4))):
        _add_balloon(rgb, ink, paper, rng)
    return Composed(rgb, ink, paper)


def _cut(box: Box, gutter: int, depth: int, rng: np.random.Generator) -> list[Box]:
    """Split a box into panels by at most `depth` cuts one inside the other."""
    top, left, bottom, right = box
    height, width = bottom - top, right - left
    if depth == 0 or min(height, width) < 12 * gutter or (depth == 1 and rng.random() < 0.4):
        return [box]
    share = rng.uniform(0.35, 0.65)
    if rng.random() < height / (height + width):
        middle = top + round(height * share)
        parts = ((top, left, middle, right), (middle + gutter, left, bottom, right))
    else:
        middle = left + round(width * share)
        parts = ((top, left, bottom, middle), (top, middle + gutter, bottom, right))
    return [panel for part in parts for panel in _cut(part, gutter, depth - 1, rng)]


def _add_balloon(rgb: Pixels, ink: Pixels, paper: NDArray[np.bool_], rng: np.random.Generator) -> None:
    """Draw a balloon or caption with lettering somewhere on the page."""
    side = len(ink)
    half_width = round(side * rng.uniform(0.08, 0.2))
    half_height = round(side * rng.uniform(0.06, 0.16))
    x, y = (int(rng.integers(0, side)) for _ in range(2))
    shape = np.zeros((side, side), np.uint8)
    if rng.random() < 0.75:
        cv2.ellipse(shape, (x, y), (half_width, half_height), 0, 0, 360, 255, -1, cv2.LINE_AA)
    else:
        cv2.rectangle(shape, (x - half_width, y - half_height), (x + half_width, y + half_height), 255, -1)
    inside = shape > 127
    rgb[inside] = 255
    paper |= inside
    np.maximum(ink, shape, out=ink)
    outline = cv2.morphologyEx(shape, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    np.minimum(ink, 255 - outline, out=ink)
    line_px = max(3, round(side * rng.uniform(0.02, 0.05)))
    for baseline in range(y - round(0.5 * half_height), y + round(0.7 * half_height), round(line_px * 1.4)):
        text = "".join(rng.choice(list(LETTERS), size=max(1, round(1.3 * half_width / line_px))))
        origin = (x - round(0.6 * half_width), baseline)
        cv2.putText(ink, text, origin, cv2.FONT_HERSHEY_SIMPLEX, line_px / 22, 0, 1, cv2.LINE_AA)
