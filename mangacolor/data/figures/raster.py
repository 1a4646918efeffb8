"""Which triangle is seen at each pixel, and where in it; loops that numba compiles."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.geometry import FloatArray, Indices
from mangacolor.errors import UsageError

try:
    from numba import njit
except ImportError as error:
    raise UsageError(
        "Drawing figures needs numba, which is not installed.", advice='pip install "mangacolor[figures]"'
    ) from error


def _compiled(loop: Any) -> Any:
    """Compile a loop, and keep it for the next process where there is a place for that."""
    try:
        return njit(cache=True)(loop)
    except RuntimeError:  # neither beside this file nor in the user's home
        return njit(loop)


class Seen(NamedTuple):
    """What a camera sees, all (H, W).

    Attributes:
        nearness: Interpolated as given, 0 where nothing is; the largest wins.
        triangle: Index of the triangle, -1 where nothing is.
        second: Weight of its second corner, corrected for perspective.
        third: Weight of its third corner.
    """

    nearness: FloatArray
    triangle: NDArray[np.int32]
    second: NDArray[np.float32]
    third: NDArray[np.float32]

    def cropped(self, box: tuple[slice, slice]) -> Seen:
        """Return some rows and columns of it."""
        nearness, triangle = np.ascontiguousarray(self.nearness[box]), np.ascontiguousarray(self.triangle[box])
        return Seen(nearness, triangle, np.ascontiguousarray(self.second[box]), np.ascontiguousarray(self.third[box]))


def see(
    x: FloatArray, y: FloatArray, nearness: FloatArray, kept: FloatArray, triangles: Indices, height: int, width: int
) -> Seen:
    """Find the nearest triangle at each pixel (z-buffer).

    Args:
        x: (N,) column of every vertex, in pixels; pixel centres are whole numbers.
        y: (N,) row of every vertex.
        nearness: (N,) one over the distance, or any positive number that grows towards an orthographic camera.
            Triangles with a corner at 0 or below are not drawn.
        kept: (N,) pixels where the interpolated value is negative are not drawn.
        triangles: (M, 3).
        height: Rows.
        width: Columns.
    """
    seen = Seen(
        np.zeros((height, width)),
        np.full((height, width), -1, np.int32),
        np.zeros((height, width), np.float32),
        np.zeros((height, width), np.float32),
    )
    columns, rows, near, whole = (np.ascontiguousarray(values, np.float64) for values in (x, y, nearness, kept))
    triangles = np.ascontiguousarray(triangles)
    _see(columns, rows, near, whole, triangles, seen.nearness, seen.triangle, seen.second, seen.third)
    return seen


def interpolate(seen: Seen, triangles: Indices, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values of vertices (N, K) at every pixel (H, W, K); 0 where nothing is seen."""
    planes = np.zeros((*seen.triangle.shape, values.shape[1]), np.float32)
    _interpolate(seen.triangle, seen.second, seen.third, np.ascontiguousarray(triangles), values, planes)
    return planes


@_compiled
def _see(x, y, nearness, kept, triangles, depth, index, second, third):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    height, width = index.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if kept[a] < 0 and kept[b] < 0 and kept[c] < 0:
            continue
        if nearness[a] <= 0 or nearness[b] <= 0 or nearness[c] <= 0:
            continue
        x0, y0, x1, y1, x2, y2 = x[a], y[a], x[b], y[b], x[c], y[c]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9:
            continue
        left, right = max(0, math.ceil(min(x0, x1, x2))), min(width - 1, math.floor(max(x0, x1, x2)))
        top, bottom = max(0, math.ceil(min(y0, y1, y2))), min(height - 1, math.floor(max(y0, y1, y2)))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                w1 = ((column - x0) * (y2 - y0) - (x2 - x0) * (row - y0)) / area
                w2 = ((x1 - x0) * (row - y0) - (column - x0) * (y1 - y0)) / area
                w0 = 1 - w1 - w2
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                near = w0 * nearness[a] + w1 * nearness[b] + w2 * nearness[c]
                if near <= depth[row, column]:
                    continue
                p1, p2 = w1 * nearness[b] / near, w2 * nearness[c] / near
                if kept[a] * (1 - p1 - p2) + kept[b] * p1 + kept[c] * p2 < 0:
                    continue
                depth[row, column] = near
                index[row, column] = t
                second[row, column] = p1
                third[row, column] = p2


@_compiled
def _interpolate(index, second, third, triangles, values, planes):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    height, width = index.shape
    for row in range(height):
        for column in range(width):
            t = index[row, column]
            if t < 0:
                continue
            p1, p2 = second[row, column], third[row, column]
            p0 = 1 - p1 - p2
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            for k in range(values.shape[1]):
                planes[row, column, k] = p0 * values[a, k] + p1 * values[b, k] + p2 * values[c, k]
