"""Straight edges of bare paper on a page: the sides that panels turn to their gutters.

Everything here is said of lines that run more or less from left to right; for those that run downwards, hand in the
page with x and y exchanged.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Points = NDArray[np.float32]

PAPER = 0.88
"""Paper is lighter than this, where the paper of the page is 1."""

SLIT = 0.5
SLIT_SIDE = 0.45
"""What is lighter than the first between two strokes darker than the second, one or two pixels away, is paper as well:
a gutter as narrow as a line is grey in the copy."""

PIECE_PX = 64
"""Edges are looked at in pieces up to this long, so that a figure that crosses an edge spoils only a part of it."""

SHORTEST_PX = 9
STEEPEST = 0.45
"""Shortest piece of an edge that says where it leads, and the steepest: what is steeper runs downwards."""

ROUGHEST_PX = 0.8
"""Largest mean distance of an edge's pixels from a straight line."""

OFF_PX = 1.5
"""Pieces within this distance of a line belong to it."""

MOST_STARTS = 40
AMONG_STARTS = 160
"""Lines are sought from this many pieces, taken evenly from this many of the longest: long lines have a dozen each, of
one length, and the uppermost lines would have all starts."""


class Edges(NamedTuple):
    """Edges between paper and drawing whose drawing lies on one side, below or above.

    Attributes:
        mask: (H, W) uint8, 1 on the edges and one pixel above and below.
        run: (H, W) int16, number of pixels of paper from here away from the drawing, this one included; 0 off paper.
        pieces: (K, 4) float32 x0, y0, x1, y1: straight pieces.
    """

    mask: NDArray[np.uint8]
    run: NDArray[np.int16]
    pieces: Points


class Way(NamedTuple):
    """A page as it is seen along lines of one direction; for those that run downwards, x and y are exchanged.

    Attributes:
        paper: (H, W) True on bare paper.
        above: Edges that have paper above them.
        below: Edges that have paper below them.
        across: (H, W) True on edges of the other direction.
        is_down: Whether x and y are exchanged.
    """

    paper: Mask
    above: Edges
    below: Edges
    across: Mask
    is_down: bool

    def turn(self, polygon: Points) -> Points:
        """Exchange x and y of corners where those of the page are."""
        return polygon[:, ::-1] if self.is_down else polygon


class Line(NamedTuple):
    """The line y = slope * x + offset."""

    slope: float
    offset: float

    def at(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return y at x."""
        return np.asarray(self.slope * x + self.offset, np.float32)


def both_ways(light: FloatArray, narrowest_px: int = 1) -> tuple[Way, Way]:
    """Find the straight edges of a page, the level ones and those that run downwards.

    Args:
        light: (H, W) grey of the page, its paper 1.
        narrowest_px: Narrowest band of paper whose sides are edges. If it is 1, so are the sides of slits.
    """
    planes = light, np.ascontiguousarray(light.T)
    paper, turned = (_with_slits(plane) if narrowest_px == 1 else plane >= PAPER for plane in planes)
    level, upright = [(edges_above(plane, narrowest_px), edges_below(plane, narrowest_px)) for plane in (paper, turned)]
    masks = [(above.mask | below.mask).astype(np.bool_) for above, below in (level, upright)]
    return Way(paper, *level, masks[1].T, False), Way(turned, *upright, masks[0].T, True)


def _with_slits(light: FloatArray) -> Mask:
    """Say where there is paper, level slits between two strokes included."""
    dark = np.pad(light <= SLIT_SIDE, ((2, 2), (0, 0)))
    is_slit = (dark[:-4] | dark[1:-3]) & (dark[3:-1] | dark[4:]) & (light >= SLIT)
    return np.asarray((light >= PAPER) | is_slit)


def edges_above(paper: Mask, clear_px: int) -> Edges:
    """Find the edges that have paper above them and drawing below.

    Args:
        paper: (H, W) True on bare paper.
        clear_px: Height of the paper, at least.
    """
    edge = (~paper).astype(np.uint8)
    edge[:clear_px] = 0
    for step in range(1, min(clear_px, len(paper) - 1) + 1):
        edge[step:] &= paper[:-step]
    rows = np.arange(len(paper), dtype=np.int16)[:, None]
    last = (rows + np.int16(1)) * ~paper - np.int16(1)  # a product takes a tenth of the time of `where`
    # NumPy's `accumulate` goes down column by column, and takes several times as long.
    for before, row in pairwise(last):
        np.maximum(row, before, out=row)
    near = cv2.dilate(edge, np.ones((3, 1), np.uint8))
    return Edges(near.astype(np.uint8), np.asarray(rows - last, np.int16), _pieces(edge))


def edges_below(paper: Mask, clear_px: int) -> Edges:
    """Find the edges that have paper below them and drawing above."""
    flipped = edges_above(np.ascontiguousarray(paper[::-1]), clear_px)
    pieces = flipped.pieces * np.array((1, -1, 1, -1), np.float32)
    pieces[:, [1, 3]] += len(paper) - 1
    return Edges(flipped.mask[::-1], flipped.run[::-1], pieces)


def _pieces(edge: NDArray[np.uint8]) -> Points:
    """Fit straight pieces to what hangs together."""
    parted = edge.copy()
    parted[:, ::PIECE_PX] = 0
    count, labels = cv2.connectedComponents(parted, connectivity=8)
    places = np.flatnonzero(parted.view(np.bool_))  # of Booleans, and flat: several times as fast
    y, x = np.divmod(places, edge.shape[1])
    label = labels.ravel()[places]

    def total(values: NDArray[np.floating | np.integer] | None = None) -> NDArray[np.float64]:
        return np.bincount(label, values, count).astype(np.float64)

    n = np.maximum(total(), 1)
    mean_x, mean_y = total(x) / n, total(y) / n
    dx, dy = x - mean_x[label], y - mean_y[label]
    xx, xy, yy = total(dx * dx) / n, total(dx * dy) / n, total(dy * dy) / n
    slope = xy / np.maximum(xx, 1e-6)
    rough = np.sqrt(np.maximum(0, yy - slope * xy))
    half = np.sqrt(3 * xx)  # of evenly spread points
    good = (2 * half + 1 >= SHORTEST_PX) & (np.abs(slope) <= STEEPEST) & (rough <= ROUGHEST_PX)
    good[0] = False
    mean_x, mean_y, half, slope = mean_x[good], mean_y[good], half[good], slope[good]
    return np.stack([mean_x - half, mean_y - slope * half, mean_x + half, mean_y + slope * half], axis=1).astype(
        np.float32
    )


def join_pieces(pieces: Points, most: int) -> list[tuple[Line, float]]:
    """Join pieces that lie on one line.

    Args:
        pieces: (K, 4) as in `Edges`.
        most: How many lines are wanted.

    Returns:
        Lines with the sum of the lengths of their pieces, the longest first.
    """
    if len(pieces) == 0:
        return []
    pieces = pieces.astype(np.float64)
    origin = pieces[:, :2].mean(axis=0)
    x0, y0, x1, y1 = (pieces - np.tile(origin, 2)).T
    x, y, width = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0
    slopes = (y1 - y0) / width
    # Sums for a weighted fit to both ends of every piece.
    moments = np.stack([2 + 0 * x, x0 + x1, y0 + y1, x0 * x0 + x1 * x1, x0 * y0 + x1 * y1], axis=1) * width[:, None]
    longest = np.argsort(-width, kind="stable")[:AMONG_STARTS]
    first = longest[:: -(-len(longest) // MOST_STARTS)]
    slope, offset = slopes[first], (y - slopes * x)[first]
    apart, reach = np.abs(x - x[first, None]), 3 * width[first, None]
    most_turned = OFF_PX / width + 0.02
    for _ in range(4):
        off = np.abs(y - slope[:, None] * x - offset[:, None])
        member = (apart <= reach) & (off <= OFF_PX) & (np.abs(slopes - slope[:, None]) <= most_turned)
        member[np.arange(len(first)), first] = True
        n, sx, sy, sxx, sxy = (member @ moments).T
        slope = (n * sxy - sx * sy) / np.maximum(1e-6, n * sxx - sx * sx)
        offset = (sy - slope * sx) / n
        reach = 4 * reach
    length = member @ width
    found: list[tuple[Line, float]] = []
    span = np.array((x0.min(), x1.max()))
    seen = np.zeros((0, 2))
    for index in np.argsort(-length, kind="stable"):
        ends = slope[index] * span + offset[index]
        if len(seen) and np.abs(seen - ends).max(axis=1).min() < 2 * OFF_PX:
            continue
        seen = np.concatenate([seen, ends[None]])
        line = Line(float(slope[index]), float(offset[index] + origin[1] - slope[index] * origin[0]))
        found.append((line, float(length[index])))
        if len(found) == most:
            break
    return found
