"""Pixels and cells: averages over cells, cells enlarged to pixels, and parts of a page brought to another grid."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float32]

BAND = 16
"""Rows that are made at a time when planes are fitted: only those near them matter, and small products are cheap."""


def cell_averages(plane: FloatArray, cell_px: int) -> FloatArray:
    """Average (h, w, C) over cells, those at the border over what there is of them: (⌈h / cell⌉, ⌈w / cell⌉, C)."""
    height, width = plane.shape[:2]
    rows, columns = np.arange(0, height, cell_px), np.arange(0, width, cell_px)
    sums = np.add.reduceat(np.add.reduceat(plane, rows, axis=0), columns, axis=1)
    counts = np.minimum(cell_px, height - rows)[:, None] * np.minimum(cell_px, width - columns)
    return np.asarray(sums / counts[..., None], np.float32)


def enlarge_cells(cells: FloatArray, cell_px: int, size: tuple[int, ...]) -> FloatArray:
    """Enlarge (r, c, C) cells to pixels, bilinearly, and cut them to `size` (h, w)."""
    rows, columns = cells.shape[:2]
    wide = cv2.resize(cells, (columns * cell_px, rows * cell_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide.reshape(*wide.shape[:2], -1)[: size[0], : size[1]], np.float32)


def fit_boxes(boxes: ArrayLike, before: tuple[int, ...], after: tuple[int, ...]) -> NDArray[np.int64]:
    """Bring boxes (..., 4), the last two sides exclusive, from a page of (H, W) to one of (h, w), rounded outwards."""
    corners = np.asarray(boxes, np.int64).reshape(-1, 2, 2) * np.array(after[:2], np.int64)
    whole = np.array(before[:2], np.int64)
    return np.stack([corners[:, 0] // whole, -(-corners[:, 1] // whole)], axis=1).reshape(np.shape(boxes))


def fit_linearly(plane: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Bring (h, w, C) to another size, bilinearly where that enlarges and antialiased by a triangle where it shrinks.

    Other than `image.resize` it never mixes more than it must, as suits chances of many classes.
    """
    (height, width, channels), (rows, columns) = plane.shape, size
    tall, wide = np.empty((rows, width, channels), np.float32), np.empty((rows, columns, channels), np.float32)
    lines, tall_lines = np.ascontiguousarray(plane).reshape(height, -1), tall.reshape(rows, -1)
    for after, before, weights in _bands(height, rows):
        np.matmul(weights, lines[before], out=tall_lines[after])
    for after, before, weights in _bands(width, columns):
        np.matmul(weights, tall[:, before], out=wide[:, after])
    return wide


@lru_cache(maxsize=64)
def _bands(before: int, after: int) -> list[tuple[slice, slice, FloatArray]]:
    """Cut `_triangles` into bands: which rows each makes, of which, and with which weights; all others are 0."""
    weights = _triangles(before, after)
    bands = []
    for first in range(0, after, BAND):
        band = weights[first : first + BAND]
        used = np.flatnonzero(band.any(axis=0))
        taken = slice(int(used[0]), int(used[-1]) + 1)
        bands.append((slice(first, first + BAND), taken, np.ascontiguousarray(band[:, taken])))
    return bands


def _triangles(before: int, after: int) -> FloatArray:
    """Return the (after, before) weights of a triangle filter as wide as it takes, about the middles of pixels."""
    scale = before / after
    middles = (np.arange(after) + 0.5) * scale
    reach = max(scale, 1.0)
    weights = 1 - np.abs(np.arange(before) + 0.5 - middles[:, None]) / reach
    weights = weights.clip(0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def average_over(plane: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Bring (h, w, C) to another grid, each new cell the average of the old ones that it touches."""
    tall = np.tensordot(_boxes(plane.shape[0], size[0]), plane, axes=(1, 0))
    wide = np.tensordot(_boxes(plane.shape[1], size[1]), tall, axes=(1, 1))
    return np.ascontiguousarray(wide.transpose(1, 0, 2), np.float32)


def _boxes(before: int, after: int) -> FloatArray:
    first = np.arange(after) * before // after
    last = -(-(np.arange(after) + 1) * before // after)
    places = np.arange(before)
    touched = (places >= first[:, None]) & (places < last[:, None])
    return np.asarray(touched / touched.sum(axis=1, keepdims=True), np.float32)
