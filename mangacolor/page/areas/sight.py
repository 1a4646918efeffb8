"""What is seen of a picture before it is cut: lines, solid blacks, edges of tone."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

LINE_INK = 0.65
"""Ink below this is a line: a line 1 px wide that lies across two rows of pixels still is."""

BLACK = 0.35
BLACK_RADIUS_PX = 4.0
"""Darker than this and wider than twice the radius, a mass of ink is no line but an area: black hair, black cloth."""

TONE_EDGES = (0.06, 0.15)
"""Steps of tone that hold an edge, and that begin one (Canny 1986), when they happen within four pixels of the half
size copy on which tone is looked at. A gradient as steep as that is an edge to the eye as well."""

EDGE_CLEAR_PX = 4.0
"""Edges of tone nearer to a line than this are left out: the line is the border, and tone is blurred across it."""

TONE_STEP = 0.1
"""A border across which tone differs by this is not open."""


class Sight(NamedTuple):
    """What is seen of a picture: lines, depth (distance to them), solid blacks, tone, where a border is open."""

    lines: Mask
    depth: FloatArray
    black: Mask
    black_depth: FloatArray
    line_px: float
    edges: Mask
    is_open: Mask


def look(ink: FloatArray, tone: FloatArray) -> Sight:
    """Find lines, blacks and edges of tone."""
    lines = ink < LINE_INK
    dark = ink * tone < BLACK
    black_depth = depth_of(dark)
    core = (black_depth > BLACK_RADIUS_PX).astype(np.uint8)
    black = np.zeros(ink.shape, np.bool_)
    if core.any():
        # The core grown back: what a ball can reach inside the dark, and not the lines that hang on it.
        black = dark & _near(core, BLACK_RADIUS_PX + 1)
    line_px = line_width(lines & ~black)
    lines |= black
    depth = depth_of(~lines)
    even = _even_tone(ink, tone)
    reach = np.ones((5, 5), np.uint8)
    size = (ink.shape[1], ink.shape[0])
    step = cv2.resize(cv2.dilate(even, reach) - cv2.erode(even, reach), size, interpolation=cv2.INTER_NEAREST)
    edges = cv2.resize(_tone_edges(even), size, interpolation=cv2.INTER_NEAREST) > 0
    is_open = (depth > clear_px(line_px)) & (step < TONE_STEP)
    return Sight(
        lines=lines, depth=depth, black=black, black_depth=black_depth * core, line_px=line_px,
        edges=edges & (depth > EDGE_CLEAR_PX), is_open=np.asarray(is_open),
    )  # fmt: skip


def _near(core: NDArray[np.uint8], reach_px: float) -> Mask:
    """Say which pixels are so near to a core (H, W) of 1, as `cv2.distanceTransform` measures it.

    To dilate by all that is so near to one pixel takes a seventh of the time of measuring everywhere.
    """
    side = 2 * math.ceil(reach_px) + 1
    around = np.ones((side, side), np.uint8)
    around[side // 2, side // 2] = 0
    ball = (cv2.distanceTransform(around, cv2.DIST_L2, 5) <= reach_px).astype(np.uint8)
    return np.asarray(cv2.dilate(core, ball), np.uint8).view(np.bool_)


def line_width(lines: Mask) -> float:
    """Return the usual width of lines in pixels: twice their area over the length of their outline.

    A slanting outline has 4/π as many pixel edges as it is long, on average over its directions.
    """
    edges = np.count_nonzero(lines[1:] != lines[:-1]) + np.count_nonzero(lines[:, 1:] != lines[:, :-1])
    return float(np.clip(2 * 4 / math.pi * np.count_nonzero(lines) / max(edges, 1), 1, 2 * BLACK_RADIUS_PX))


def clear_px(line_px: float) -> float:
    """Return how far from any line a pixel of border must be to be open: half a gap as wide as lines are."""
    return max(1.5, line_px / 2)


def depth_of(free: Mask) -> FloatArray:
    """Return the distance to what is not free; the edge of the picture is not, or balls would roll along it."""
    framed = cv2.copyMakeBorder(free.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1], np.float32)


def _even_tone(ink: FloatArray, tone: FloatArray) -> FloatArray:
    """Return tone at half size without what is under ink, and without dots that the separator left."""
    half = (-(-ink.shape[1] // 2), -(-ink.shape[0] // 2))
    trust = ink * ink + np.float32(1e-3)
    weight, weighted = (
        cv2.blur(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), (3, 3)) for plane in (trust, trust * tone)
    )
    even = cv2.medianBlur(np.rint(255 * (weighted / weight).clip(0, 1)).astype(np.uint8), 7)
    return np.asarray(cv2.GaussianBlur(even.astype(np.float32) / 255, (0, 0), 1), np.float32)


def _tone_edges(even: FloatArray) -> NDArray[np.uint8]:
    scale = 4096 / 8  # Canny takes whole numbers; a Sobel filter counts every difference eight times
    across, down = (np.rint(scale * cv2.Sobel(even, cv2.CV_32F, *order)).astype(np.int16) for order in ((1, 0), (0, 1)))
    low, high = (4096 * step / 4 for step in TONE_EDGES)
    return np.asarray(cv2.Canny(across, down, low, high, L2gradient=True), np.uint8)
