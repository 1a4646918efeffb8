"""Convex polygons, (K, 2) float32 corners x, y."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]


def half_planes(polygon: Points) -> list[tuple[Points, float]]:
    """Return the unit normals inwards and the offsets of the sides of a convex polygon."""
    centre, planes = polygon.mean(axis=0), []
    for here, there in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        along = there - here
        length = float(np.hypot(*along))
        if length < 0.5:
            continue
        normal = np.array((-along[1], along[0]), np.float32) / length
        if normal @ (centre - here) < 0:
            normal = -normal
        planes.append((normal, float(normal @ here)))
    return planes


def inside(points: NDArray[np.floating], polygon: Points, slack: float = 0.0) -> NDArray[np.bool_]:
    """Say which points lie in a convex polygon, or no further from it than `slack`."""
    within = np.ones(len(points), np.bool_)
    for normal, offset in half_planes(polygon):
        within &= points @ normal >= offset - slack
    return within


def chord(polygon: Points, slope: float, offset: float) -> tuple[float, float] | None:
    """Return the x at which the line y = slope * x + offset enters and leaves a convex polygon, or None."""
    depth = polygon[:, 1] - (slope * polygon[:, 0] + offset)
    is_above = (depth < 0).tolist()  # of which one asks much faster than of an array
    crossings = []
    for index in range(len(polygon)):
        if is_above[index - 1] != is_above[index]:
            a, b = depth[index - 1], depth[index]
            crossings.append(float(polygon[index - 1, 0] + (polygon[index, 0] - polygon[index - 1, 0]) * a / (a - b)))
    return (min(crossings), max(crossings)) if len(crossings) > 1 else None


def clip(polygon: Points, normal: Points, offset: float) -> Points:
    """Keep the part of a convex polygon where normal . point >= offset (Sutherland and Hodgman 1974)."""
    depth = polygon @ normal - offset
    is_off = (depth < 0).tolist()
    kept = []
    for index in range(len(polygon)):
        if is_off[index - 1] != is_off[index]:
            a, b = depth[index - 1], depth[index]
            kept.append(polygon[index - 1] + (polygon[index] - polygon[index - 1]) * (a / (a - b)))
        if not is_off[index]:
            kept.append(polygon[index])
    return np.array(kept, np.float32).reshape(-1, 2)


def area(polygon: Points) -> float:
    """Return the area of a polygon."""
    return float(cv2.contourArea(polygon.astype(np.float32))) if len(polygon) >= 3 else 0.0


def grown(polygon: Points, by: float) -> Points:
    """Push all sides of a convex polygon outwards."""
    low, high = polygon.min(axis=0) - by, polygon.max(axis=0) + by
    grown = np.array([low, (high[0], low[1]), high, (low[0], high[1])], np.float32)
    for normal, offset in half_planes(polygon):
        grown = clip(grown, normal, offset - by)
    return grown


def trimmed(polygon: Points, paper: NDArray[np.bool_]) -> Points:
    """Move the sides of a convex polygon inwards to where its drawing begins, which is what is no paper, (H, W)."""
    if len(polygon) < 3:
        return polygon
    left, top = np.maximum(0, np.floor(polygon.min(axis=0))).astype(int).tolist()
    right, bottom = np.minimum(paper.shape[::-1], np.ceil(polygon.max(axis=0)) + 1).astype(int).tolist()
    within = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillConvexPoly(within, np.rint((polygon - (left, top)) * 16).astype(np.int32), 1, shift=4)
    drawn = within.astype(np.bool_) & ~paper[top:bottom, left:right]
    turned = np.ascontiguousarray(drawn.T)  # the first place of a row is found several times as fast as of a column
    rows, columns = (np.flatnonzero(plane.any(axis=1)) for plane in (drawn, turned))
    if len(rows) == 0:
        return polygon[:0]
    sides, ends = (
        (plane.argmax(axis=1)[lines], plane.shape[1] - 1 - plane[:, ::-1].argmax(axis=1)[lines])
        for plane, lines in ((drawn, rows), (turned, columns))
    )
    points = np.concatenate(
        [np.stack([side, rows], axis=1) for side in sides] + [np.stack([columns, end], axis=1) for end in ends]
    ) + np.array((left, top))
    for normal, offset in half_planes(polygon):
        # Half a pixel beyond the centres of the outermost pixels.
        polygon = clip(polygon, normal, max(offset, float((points @ normal).min()) - 0.5 * float(np.abs(normal).sum())))
    return polygon
