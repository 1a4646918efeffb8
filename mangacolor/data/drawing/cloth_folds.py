"""Folds in cloth: lines that start at an outline or at a bend, run in, thin out, and come in bundles.

They are what tells a white sleeve from a bare arm.
"""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.strokes_ruled import window_of

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

FINER = 2
"""Folds are drawn at so many times the size and made smaller, for lines thinner than a pixel."""

BUNDLES = 17.0
"""Bundles of folds on cloth that fills a picture; a sleeve has some of them."""

MOST_BUNDLES = 10

IN_BUNDLE = (1, 5)
"""Fewest folds in a bundle, and one more than most."""

AT_BENDS = 6.0
"""How much more often folds start at hollows of an outline, at elbows, armpits and knees, than at its bulges."""

LENGTHS = (0.2, 0.75)
"""Length of a fold, in widths of the cloth where it starts."""

SLANT_DEG = 65.0
"""How far a fold leans at most from the way straight in."""

BOW_DEG = 50.0
"""How far a fold turns at most on its way."""

WIDTHS = (0.002, 0.0065)
"""Width of a fold where it starts, in sides of the picture."""

LOOSE = 0.25
"""How often a bundle starts within the cloth rather than at its outline."""

SHADED = 0.15
"""How often cloth has short strokes along its folds."""

STEPS = 8
"""Pieces that a fold is drawn with."""

SMALLEST = 0.004
"""Share of a picture from which on cloth has folds."""


def fold_lines(cloth: Mask, rng: np.random.Generator) -> FloatArray:
    """Draw folds in one piece of cloth.

    Args:
        cloth: (H, W) where it is.
        rng: Chooses where they start, how they run, and with which pen.

    Returns:
        How much of each pixel is covered, (H, W) in [0, 1]; 0 outside the cloth, and everywhere on small pieces.
    """
    whole = np.zeros(cloth.shape, np.float32)
    share = float(cloth.mean())
    if share < SMALLEST:
        return whole
    side = max(cloth.shape)
    box = window_of(cloth)
    whole[box] = _folds(cloth[box], side, share, rng)
    return whole


def _folds(cloth: Mask, side: int, share: float, rng: np.random.Generator) -> FloatArray:
    """Draw folds in cloth (h, w) that is a share of a picture of that side."""
    height, width = cloth.shape
    filled = np.asarray(
        cv2.blur(cloth.astype(np.float32), (2 * (side // 24) + 1,) * 2, borderType=cv2.BORDER_CONSTANT), np.float32
    )
    inward = [np.asarray(cv2.Sobel(filled, cv2.CV_32F, *way, ksize=5), np.float32) for way in ((1, 0), (0, 1))]
    rows, columns = np.nonzero(cloth & (cv2.erode(cloth.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0))
    if not len(rows):  # it fills the picture
        rows, columns = np.nonzero(cloth)
    weights = np.exp(AT_BENDS * filled[rows, columns].astype(np.float64))
    canvas = np.zeros((FINER * height, FINER * width), np.uint8)
    nib = side * math.exp(rng.uniform(*np.log(WIDTHS)))
    is_shaded = rng.random() < SHADED
    for _ in range(min(MOST_BUNDLES, int(rng.poisson(BUNDLES * math.sqrt(share)) + 1))):
        at = int(rng.choice(len(rows), p=weights / weights.sum()))
        start = float(columns[at]), float(rows[at])
        way = math.atan2(*(float(plane[rows[at], columns[at]]) for plane in inward[::-1]))
        if rng.random() < LOOSE:
            room = _room(cloth, start, way, side) * rng.uniform(0.2, 0.8)
            start = start[0] + room * math.cos(way), start[1] + room * math.sin(way)
            way = rng.uniform(-math.pi, math.pi)
        _bundle(canvas, cloth, start, way, nib, side, rng, is_shaded=is_shaded)
    cover = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(cover * cloth, np.float32)


def _bundle(
    canvas: NDArray[np.uint8],
    cloth: Mask,
    start: tuple[float, float],
    way: float,
    nib: float,
    side: int,
    rng: np.random.Generator,
    *,
    is_shaded: bool,
) -> None:
    """Draw folds that start beside each other and run about the same way."""
    slant = way + math.radians(rng.uniform(-SLANT_DEG, SLANT_DEG))
    bow = math.radians(rng.uniform(-BOW_DEG, BOW_DEG))
    room = _room(cloth, start, slant, side)
    for _ in range(int(rng.integers(*IN_BUNDLE))):
        off = rng.normal(0, 0.12) * room
        first = (start[0] - off * math.sin(way), start[1] + off * math.cos(way))
        length = room * rng.uniform(*LENGTHS)
        angles = slant + rng.normal(0, 0.25) + np.linspace(0, bow * rng.uniform(0.5, 1.5), STEPS)
        pieces = np.cumsum(np.stack([np.cos(angles), np.sin(angles)], 1) * length / STEPS, axis=0)
        points = np.vstack([[first], np.asarray(first) + pieces])
        _tapered(canvas, points, nib * rng.uniform(0.6, 1.2))
        if is_shaded:
            _strokes_along(canvas, points, nib, rng)


def _room(cloth: Mask, start: tuple[float, float], way: float, side: int) -> float:
    """Return how far cloth goes on from a place, in pixels, up to half a picture's side."""
    far = np.linspace(0.01, 0.5, 25) * side
    x = (start[0] + far * math.cos(way)).round().astype(int)
    y = (start[1] + far * math.sin(way)).round().astype(int)
    is_there = (x >= 0) & (y >= 0) & (x < cloth.shape[1]) & (y < cloth.shape[0])
    is_there[is_there] = cloth[y[is_there], x[is_there]]
    left = np.flatnonzero(~is_there)
    return float(far[left[0]] if len(left) else far[-1])


def _tapered(canvas: NDArray[np.uint8], points: NDArray[np.float64], nib: float) -> None:
    """Draw a line that is broadest at its start."""
    for number, (a, b) in enumerate(pairwise(points)):
        width = FINER * nib * (1 - number / len(points))
        ends = [tuple((FINER * end * 16).round().astype(int).tolist()) for end in (a, b)]
        cv2.line(canvas, ends[0], ends[1], 255, max(1, round(width)), cv2.LINE_AA, 4)


def _strokes_along(
    canvas: NDArray[np.uint8], points: NDArray[np.float64], nib: float, rng: np.random.Generator
) -> None:
    """Draw short strokes beside a fold, all leaning one way."""
    lean, length = rng.uniform(0.4, 1.0) * rng.choice([-1, 1]), nib * rng.uniform(3, 9)
    for share in np.arange(0, rng.uniform(0.4, 1), rng.uniform(0.06, 0.14)):
        at = share * (len(points) - 1)
        a, b = points[int(at)], points[int(at) + 1]
        first = a + (b - a) * (at - int(at))
        way = math.atan2(*(b - a)[::-1]) + lean
        last = first + length * (1 - 0.6 * share) * np.array([math.cos(way), math.sin(way)])
        _tapered(canvas, np.linspace(first, last, 4), 0.6 * nib)
