"""Cores of areas: where balls of falling radius find room, as long as the necks between them are narrow."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
Indices = NDArray[np.int64]

LARGEST_BALL_PX = 64.0
SMALLEST_BALL_PX = 0.9
BALL_STEP = 1.3
"""Radii of the balls: each is the one before over this step. What holds none of them is between two strokes."""

OPEN_NECK = 0.55
"""Two cores are one if a ball of this share of the smaller one's largest passes between them."""

THINNEST_PX = 2.0
"""Cores of a smaller radius merge through any neck: strokes fray, and leave such crumbs."""

STRIDES = ((20.0, 4), (9.0, 2), (0.0, 1))
"""Radius above which a ball is sought on a coarser grid, and the step of that grid in pixels."""

BLOCK_ROWS = 32
"""Rows that are written at a time."""


class _Roots:
    """Cores so far: where each was found, the radius of its largest ball, and what became of it."""

    def __init__(self) -> None:
        self.rows: Indices = np.zeros(0, np.int64)
        self.columns: Indices = np.zeros(0, np.int64)
        self.radii: NDArray[np.float64] = np.zeros(0)
        self.is_alive: Mask = np.zeros(0, np.bool_)
        self.is_written: Mask = np.zeros(0, np.bool_)

    def add(self, rows: Indices, columns: Indices, radius: float) -> None:
        self.rows = np.r_[self.rows, rows]
        self.columns = np.r_[self.columns, columns]
        self.radii = np.r_[self.radii, np.full(len(rows), radius)]
        self.is_alive = np.r_[self.is_alive, np.ones(len(rows), np.bool_)]
        self.is_written = np.r_[self.is_written, np.zeros(len(rows), np.bool_)]

    def parts_at(self, parts: Labels, stride: int) -> Labels:
        """Return the number of the part in which each root lies; parts are those of every `stride`th pixel."""
        return parts[self.rows // stride, self.columns // stride]


def find_cores(depth: FloatArray, line_px: float) -> Labels:
    """Find the core of every area, without crossing narrow necks.

    Level by level from the deepest, as in a watershed with markers: a part of the picture deeper than the level that
    holds no root yet gets one. Where roots meet, the shallow ones, which the neck hardly parts, give way to the
    deepest; the others keep the ground they held one level higher, and no more.

    Args:
        depth: (H, W) distance in pixels to the lines; 0 on them.
        line_px: How wide lines are. Gaps that are narrower stay closed.

    Returns:
        (H, W) int32, cores numbered from 1 with gaps in the numbers, 0 between them.
    """
    cores: Labels = np.zeros(depth.shape, np.int32)
    roots = _Roots()
    parts, stride, above = np.zeros((1, 1), np.int32), max(depth.shape), np.inf
    is_deep: Mask = np.zeros((1, 1), np.bool_)
    for radius in _radii(float(depth.max())):
        higher, higher_stride, was_deep = parts, stride, is_deep
        stride = next((step for least, step in STRIDES if radius > least), 1)
        sampled = depth[::stride, ::stride]
        is_deep = sampled > radius
        count, found = cv2.connectedComponents(is_deep.view(np.uint8), connectivity=4)
        parts = found.astype(np.int32, copy=False)
        at = roots.parts_at(parts, stride)
        is_shallow = radius > OPEN_NECK * roots.radii
        is_passable = (radius > line_px / 2 + 0.5) | (roots.radii < THINNEST_PX)
        roots.is_alive &= _is_deepest(at, roots) | roots.is_written | ~(is_shallow & is_passable)
        crowd = np.bincount(at[roots.is_alive], minlength=count)
        parted = roots.is_alive & ~roots.is_written & (crowd[at] > 1)
        if parted.any():
            _write(cores, roots, parted, higher, higher_stride)
            roots.is_written |= parted
        crowd[0] = 1
        if not crowd.all():
            # Deeper pixels belong to parts that have had a root since the level above.
            was_deep = was_deep if stride == higher_stride else sampled > above
            spots = np.flatnonzero(_corners(is_deep & ~was_deep))
            parts_there = parts.ravel()[spots]
            is_new = crowd[parts_there] == 0
            spots, parts_there = spots[is_new], parts_there[is_new]
            _, first = np.unique(parts_there, return_index=True)
            rows, columns = np.divmod(spots[first], sampled.shape[1])
            roots.add(rows * stride, columns * stride, radius)
        above = radius
    _write(cores, roots, roots.is_alive & ~roots.is_written, parts, stride)
    return cores


def _radii(deepest: float) -> list[float]:
    """Return the radii of the balls, falling."""
    radii = [min(LARGEST_BALL_PX, deepest / BALL_STEP)]
    while radii[-1] > SMALLEST_BALL_PX * BALL_STEP:
        radii.append(radii[-1] / BALL_STEP)
    return [*radii, SMALLEST_BALL_PX]


def _corners(which: Mask) -> Mask:
    """Return which pixels have none of the others above or left of them: the first of what hangs together is one."""
    corners: Mask = which.copy()
    corners[1:] &= ~which[:-1]
    corners[:, 1:] &= ~which[:, :-1]
    return corners


def _is_deepest(at: Labels, roots: _Roots) -> Mask:
    """Say of each root whether it is the first of the deepest in its part."""
    first: Mask = np.zeros(len(at), np.bool_)
    order = np.lexsort((-roots.radii, ~roots.is_alive, at))
    first[order[np.diff(at[order], prepend=-1) > 0]] = True
    return first


def _write(cores: Labels, roots: _Roots, chosen: Mask, parts: Labels, stride: int) -> None:
    """Write the chosen roots over the parts in which they lie."""
    number = np.zeros(int(parts.max()) + 1, np.int32)
    number[roots.parts_at(parts, stride)[chosen]] = np.flatnonzero(chosen) + 1
    number[0] = 0
    sampled = cores[::stride, ::stride]
    for top in range(0, len(parts), BLOCK_ROWS):  # what fits into the cache is copied several times as fast
        rows = sampled[top : top + BLOCK_ROWS]
        np.maximum(rows, number.take(parts[top : top + BLOCK_ROWS], mode="clip"), out=rows)
