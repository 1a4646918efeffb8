"""Meshes as arrays: triangles, normals, pieces, turns, and a grid that looks at a mesh from the front."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components

FloatArray = NDArray[np.float64]
Indices = NDArray[np.int64]


def triangles_of(quads: Indices) -> Indices:
    """Cut quads (N, 4) into triangles (M, 3); a quad that repeats a corner gives one."""
    return halves_of(quads)[0]


def halves_of(quads: Indices) -> tuple[Indices, Indices]:
    """Cut quads (N, 4) into triangles (M, 3), and say which quad each comes from (M,)."""
    both = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int64)
    origin = np.tile(np.arange(len(quads)), 2)
    is_whole = (both[:, 0] != both[:, 2]) & (both[:, 1] != both[:, 2]) & (both[:, 0] != both[:, 1])
    return both[is_whole], origin[is_whole]


def normals_of(vertices: FloatArray, triangles: Indices) -> FloatArray:
    """Return the unit normal of every vertex (N, 3), the mean of its triangles' by their size."""
    corner, second, third = (vertices[triangles[:, k]] for k in range(3))
    across = np.cross(second - corner, third - corner)
    total = np.stack(
        [sum(np.bincount(triangles[:, k], across[:, axis], len(vertices)) for k in range(3)) for axis in range(3)],
        axis=1,
    )
    return unit(total)


def unit(vectors: FloatArray) -> FloatArray:
    """Scale vectors (..., 3) to length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def pieces_of(count: int, quads: Indices) -> tuple[int, Indices]:
    """Return how many pieces a mesh of `count` vertices falls into, and which each vertex belongs to."""
    start = np.concatenate([quads[:, k] for k in range(3)])
    end = np.concatenate([quads[:, k] for k in range(1, 4)])
    pieces, which = connected_components(coo_matrix((np.ones(len(start)), (start, end)), (count, count)), False)
    return int(pieces), np.asarray(which, np.int64)


def neighbour_means(count: int, quads: Indices) -> csr_matrix:
    """Return the matrix (count, count) that takes vertices to the means of their neighbours."""
    start = np.concatenate([quads[:, k] for k in range(4)])
    end = np.concatenate([quads[:, (k + 1) % 4] for k in range(4)])
    joined = coo_matrix((np.ones(len(start)), (start, end)), (count, count)).tocsr()
    joined = joined + joined.T
    return (diags(1 / np.maximum(np.asarray(joined.sum(1)).ravel(), 1)) @ joined).tocsr()


def turn(axis: Sequence[float] | FloatArray, degrees: float) -> FloatArray:
    """Return the rotation (3, 3) about an axis by an angle (Rodrigues)."""
    x, y, z = unit(np.asarray(axis, float))
    angle = math.radians(degrees)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross)


def step(start: float, end: float, value: ArrayLike) -> FloatArray:
    """Rise smoothly from 0 at `start` to 1 at `end`; falls where `start` is the larger (smoothstep)."""
    t = np.clip((np.asarray(value, float) - start) / (end - start), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def strip_quads(rows: int, columns: int) -> Indices:
    """Return the quads of a grid of vertices (rows × columns), row by row."""
    grid = np.arange(rows * columns).reshape(rows, columns)
    corners = [grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]]
    return np.stack(corners, axis=-1).reshape(-1, 4).astype(np.int64)
