"""The sides of panels, moved to their frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.page.panels.convex import chord, clip, half_planes, inside
from mangacolor.page.panels.edges import Way, join_pieces

Points = NDArray[np.float32]

SIDE_DEPTH = 0.06
SIDE_DEPTH_PX = 10.0
"""How far inside what sticks out of a panel its side may lie: share of the panel's extent, and pixels at least."""

ON_SIDE_PX = 1.0
"""Corners so near to a side are its ends."""

SHORTEST_PX = 8
"""Sides and edges shorter than this say nothing."""

OFF_PAGE_PX = 3
"""A side so near to the edge of the page runs off it."""

OUTSIDE_PX = 3
"""Edges so far outside of a part may still be those of its side."""

LINES_TRIED = 4
"""Lines that are tried for one side, the best supported first."""

LEAST_COVERED = 0.35
"""A side is moved to a line more of which than this share is edge."""

HALF_PX = 0.5
"""An edge is the middle of the pixels on it, and a panel has them whole."""


def fit_sides(polygon: Points, ways: tuple[Way, Way]) -> tuple[Points, float]:
    """Move the sides of a part to the straight edges near them.

    Args:
        polygon: The part, convex.
        ways: Edges of the page, of level ones and of those that run downwards.

    Returns:
        The part, and the share of its way round, off the edge of the page, that has such edges.
    """
    total, framed = 0.0, 0.0
    for normal, offset in half_planes(polygon):
        is_down = abs(normal[0]) > abs(normal[1])
        way = ways[1] if is_down else ways[0]
        turned, inward = way.turn(polygon), normal[::-1] if is_down else normal
        edges = way.above if inward[1] > 0 else way.below
        on_side = np.abs(polygon @ normal - offset) < ON_SIDE_PX
        length = float(np.ptp(turned[on_side, 0])) if on_side.sum() > 1 else 0.0
        if length < SHORTEST_PX:
            continue
        limit = way.paper.shape[0] - 1
        outer = turned[on_side, 1].mean()
        if min(outer, limit - outer) < OFF_PAGE_PX:
            continue
        total += length
        middle = (edges.pieces[:, :2] + edges.pieces[:, 2:]) / 2
        depth = middle @ inward - offset
        extent = float(np.ptp(polygon @ normal))
        near = inside(middle, turned, OUTSIDE_PX) & (depth < max(SIDE_DEPTH_PX, SIDE_DEPTH * extent))
        best, share = None, LEAST_COVERED
        for line, _ in join_pieces(edges.pieces[near], LINES_TRIED):
            ends = chord(turned, *line) or (float(turned[:, 0].min()), float(turned[:, 0].max()))
            x = np.arange(max(0, int(ends[0]) + 1), min(way.paper.shape[1] - 1, int(ends[1])) + 1)
            if len(x) < SHORTEST_PX:
                continue
            y = np.clip(np.rint(line.at(x)).astype(int), 0, limit)
            covered = float(edges.mask[y, x].mean())
            if covered > share:
                best, share = line, covered
        if best is None:
            continue
        framed += share * length
        sign = 1.0 if inward[1] > 0 else -1.0
        across = sign * np.array((-best.slope, 1), np.float32)
        polygon = clip(polygon, across[::-1] if is_down else across, sign * best.offset - HALF_PX)
    return polygon, framed / total if total else 0.0
