"""Where the panels of a page are, so that each can be coloured as a picture of its own.

The page is cut along gutters, and the parts are cut again (the XY cut of Nagy and Seth 1984, along slanted lines as
well). A gutter is a band of bare paper between straight edges that runs through from one side of a part to the other
and is open at its ends. Where in doubt nothing is cut: two panels seen as one do less harm than one cut in two.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.convex import area, chord, clip, grown, half_planes, inside
from mangacolor.image import resize
from mangacolor.panel_edges import Edges, Line, edges_above, edges_below, join_pieces

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Points = NDArray[np.float32]

COPY_SHORT_PX = 640
COPY_MOST_PX = 1_600_000
"""Short side of the copy that is looked at, and its largest number of pixels, for strips."""

PAPER = 0.88
"""Paper is lighter than this, where the paper of the page is 1."""

LEAST_PAPER = 0.02
"""Share of the page that is of the grey of its paper, at least."""

WIDEST_GUTTER = 0.15
"""Widest band between two panels that counts as a gutter, over the short side of the page."""

LEAST_AREA = 0.008
LEAST_SIDE = 0.06
"""Smallest panel: area over the page's short side squared, and narrowest side over its short side."""

MOST_LINES = 14
"""Lines that are tried in one part of a page, the best supported first."""

BESIDE_PX = 1.6
"""Distance from an edge at which the paper beside it is looked at: clear of its blur."""

BEYOND_PX = 1
END_PX = 5
"""A gutter is bare from a little beyond its ends to this far in; the frame of a panel would cross it there."""

SIDEWAYS_PX = np.array((-18, -15, -12, -9, -6, 6, 9, 12, 15, 18))
"""Where, to both sides of a gutter's end, the edge of a frame that crosses it is looked for."""

SIDE_DEPTH = 0.06
SIDE_DEPTH_PX = 10.0
"""How far inside what sticks out of a panel its side may lie: share of the panel's extent, and pixels at least."""


class Panel(NamedTuple):
    """A panel of a page.

    Attributes:
        box: Top, left, bottom, right in pixels of the page; bottom and right are the first beyond it.
        polygon: (K, 2) float32 corners x, y, convex, frame included; pixel (row, column) has its centre at
            (column + 0.5, row + 0.5).
        is_framed: Whether straight edges bound it on most of its way round, off the edge of the page.
    """

    box: tuple[int, int, int, int]
    polygon: Points
    is_framed: bool


class _Way(NamedTuple):
    """What is needed to cut in one direction; for cuts downwards, x and y are exchanged."""

    paper: Mask
    above: Edges
    below: Edges
    across: Mask
    is_down: bool

    def turn(self, polygon: Points) -> Points:
        return polygon[:, ::-1] if self.is_down else polygon


class _Cut(NamedTuple):
    score: float
    normal: Points
    offset: float
    is_down: bool
    is_band: bool


def find_panels(gray: FloatArray) -> list[Panel]:
    """Find the panels of a page, in the order in which they are read: from right to left, from top to bottom.

    Args:
        gray: (H, W) float32 page in [0, 1], paper white, or black on night pages.

    Returns:
        The panels; none where the page is one picture, or blank. What lies between them, margins and lettering in
        them included, belongs to no panel.
    """
    height, width = gray.shape
    small = _copy(gray)
    scale = np.array((width / small.shape[1], height / small.shape[0]), np.float32)
    found = _panels_of_copy(small / _paper_level(small))
    if len(found) < 2 or _edge(small).mean() < 0.5:
        night = _panels_of_copy(1 - small)
        found = night if len(night) > len(found) else found
    panels = []
    for polygon, is_framed in found:
        corners = np.clip((polygon + 0.5) * scale, 0, (width, height)).astype(np.float32)
        left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
        right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
        panels.append(Panel((top, left, bottom, right), corners, is_framed))
    return panels


def panel_map(panels: list[Panel], height: int, width: int) -> NDArray[np.int16]:
    """Number the pixels of a page by the panel that they belong to.

    Args:
        panels: As `find_panels` returns them.
        height: Height of the page.
        width: Width of the page.

    Returns:
        (H, W) int16: 0 between panels, k + 1 on `panels[k]`; where panels overlap, the later one.
    """
    labels = np.zeros((height, width), np.int16)
    for number, panel in enumerate(panels, 1):
        fixed = np.rint((panel.polygon - 0.5) * 16).astype(np.int32)
        cv2.fillConvexPoly(labels, fixed, number, lineType=cv2.LINE_8, shift=4)
    return labels


def _copy(gray: FloatArray) -> FloatArray:
    height, width = gray.shape
    scale = min(1.0, COPY_SHORT_PX / min(gray.shape), float(np.sqrt(COPY_MOST_PX / gray.size)))
    return resize(gray, max(1, round(height * scale)), max(1, round(width * scale)))


def _edge(small: FloatArray) -> FloatArray:
    return np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])


def _paper_level(small: FloatArray) -> float:
    """Return the grey of the paper: the lightest of which there is more than a little."""
    counts, borders = np.histogram(small, 25, (0.5, 1.0))
    many = np.flatnonzero(counts >= LEAST_PAPER * small.size)
    return float(borders[many[-1] + 1]) if len(many) else 1.0


def _panels_of_copy(small: FloatArray) -> list[tuple[Points, bool]]:
    height, width = small.shape
    paper = small >= PAPER
    turned = np.ascontiguousarray(paper.T)
    level, upright = [(edges_above(plane), edges_below(plane)) for plane in (paper, turned)]
    masks = [(above.mask | below.mask).astype(np.bool_) for above, below in (level, upright)]
    ways = _Way(paper, *level, masks[1].T, False), _Way(turned, *upright, masks[0].T, True)
    whole = np.array([(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)], np.float32)
    short = min(small.shape)
    found = []
    for part in _parts(whole, ways, short):
        fitted, framed = _fit_sides(part, ways)
        sides = np.ptp(fitted, axis=0)
        if sides.min() < LEAST_SIDE * short or area(fitted) < LEAST_AREA * short**2:
            continue
        found.append((grown(fitted, 1.0), framed >= 0.6))
    if len(found) == 1 and not found[0][1]:
        return []
    return found


def _parts(polygon: Points, ways: tuple[_Way, _Way], short: int) -> list[Points]:
    """Cut a part of the page until there is nothing to cut."""
    polygon = _trimmed(polygon, ways[0].paper)
    if len(polygon) < 3 or np.ptp(polygon, axis=0).min() < 0.5 * LEAST_SIDE * short:
        return []
    cut = _best_cut(polygon, ways, short)
    if cut is None:
        return [polygon]
    low, high = clip(polygon, -cut.normal, -cut.offset), clip(polygon, cut.normal, cut.offset)
    first, second = (high, low) if cut.is_down else (low, high)  # the right one, the upper one
    return _parts(first, ways, short) + _parts(second, ways, short)


def _best_cut(polygon: Points, ways: tuple[_Way, _Way], short: int) -> _Cut | None:
    best: _Cut | None = None
    for way in ways:
        turned = way.turn(polygon)
        for edges, away in ((way.above, -1), (way.below, 1)):
            middle = (edges.pieces[:, :2] + edges.pieces[:, 2:]) / 2
            for line, length in join_pieces(edges.pieces[inside(middle, turned)], MOST_LINES):
                ends = chord(turned, *line)
                if ends is None or length < 0.3 * (ends[1] - ends[0]):
                    continue
                cut = _judge(line, ends, way, edges, away, short)
                if (
                    cut is not None
                    and (best is None or cut.score > best.score)
                    and _parts_something(turned, cut, short)
                ):
                    best = cut
    return best._replace(normal=best.normal[::-1]) if best is not None and best.is_down else best


def _judge(line: Line, ends: tuple[float, float], way: _Way, edges: Edges, away: int, short: int) -> _Cut | None:
    """Say how good a gutter lies along an edge, None for none."""
    height, width = way.paper.shape
    x = np.arange(max(0, int(np.ceil(ends[0])) - BEYOND_PX), min(width - 1, int(ends[1]) + BEYOND_PX) + 1)
    if len(x) < 4 * END_PX:
        return None
    y = line.at(x)
    at_edge = np.clip(np.rint(y).astype(int), 0, height - 1)
    beside = np.clip(np.rint(y + BESIDE_PX * away).astype(int), 0, height - 1)
    bare = way.paper[beside, x]
    is_edge = bare & (edges.mask[at_edge, x] > 0)
    run = edges.run[beside, x].astype(np.float32)
    widest = WIDEST_GUTTER * short
    half = len(x) // 2
    known = is_edge & (run <= widest)
    gap, twin = 3.0, np.zeros(len(x), np.bool_)
    if known[:half].sum() > 3 and known[half:].sum() > 3:
        gaps = float(np.median(run[:half][known[:half]])), float(np.median(run[half:][known[half:]]))
        expected = gaps[0] + (gaps[1] - gaps[0]) * (np.linspace(-0.5, 1.5, len(x)))
        twin = known & (np.abs(run - expected) <= 1.6)
        gap = (gaps[0] + gaps[1]) / 2
    inner = _stretch(is_edge)
    if inner is None or inner.stop - inner.start < 0.4 * len(x):
        return None
    c_opp, c_paper, c_edge = (float(mask[inner].mean()) for mask in (twin, bare, is_edge))
    start, stop = inner.start + END_PX, inner.stop - END_PX - 1
    ends_at = (
        _end(x[:start], beside[:start], bare[:start], way),
        _end(x[:stop:-1], beside[:stop:-1], bare[:stop:-1], way),
    )
    if "framed" in ends_at or ends_at == ("covered", "covered"):
        return None
    is_open = "covered" not in ends_at
    is_band = c_paper >= 0.97 and c_edge >= 0.5 and is_open
    is_gutter = c_paper >= 0.6 and c_opp >= (0.5 if is_open else 0.6) + 0.5 * abs(line.slope)
    open_ends = 1 + is_open
    if not is_band and not is_gutter:
        return None
    shift = away * ((gap + 1) / 2 if c_opp >= 0.5 else 1.6)
    score = c_opp + 0.5 * c_edge + c_paper + 0.25 * open_ends + (0 if way.is_down else 0.15)
    normal = np.array((-line.slope, 1), np.float32)
    return _Cut(score, normal, line.offset + shift, way.is_down, is_band)


def _end(x: NDArray[np.int64], y: NDArray[np.int64], bare: Mask, way: _Way) -> str:
    """Say how a gutter ends, from its end inwards: open, covered by a figure or a balloon, or closed by a frame.

    Beyond what it parts a gutter runs on through open paper. White stripes in a picture end at its frame.
    """
    crossed = np.flatnonzero(~bare)
    if len(crossed) == 0:
        return "open"
    first = int(crossed[0])
    rows = np.clip(int(y[first]) + SIDEWAYS_PX, 0, way.paper.shape[0] - 1)
    columns = np.clip(int(x[first]) + np.arange(-2, 3), 0, way.paper.shape[1] - 1)
    return "framed" if way.across[np.ix_(rows, columns)].any(axis=1).mean() > 0.7 else "covered"


def _stretch(is_edge: Mask) -> slice | None:
    """Return where edges begin and end along a line, stray ones left out."""
    window = min(12, len(is_edge))
    dense = np.flatnonzero(np.convolve(is_edge, np.ones(window), "valid") >= 0.75 * window)
    if len(dense) == 0:
        return None
    span = np.flatnonzero(is_edge[dense[0] : dense[-1] + window]) + dense[0]
    return slice(int(span[0]), int(span[-1]) + 1)


def _parts_something(polygon: Points, cut: _Cut, short: int) -> bool:
    """Say whether both parts are large enough for a panel, or one is a margin beside clear paper."""
    depth = (polygon @ cut.normal - cut.offset) / np.hypot(*cut.normal)
    thinner = min(-float(depth.min()), float(depth.max()))
    return thinner >= LEAST_SIDE * short or (cut.is_band and thinner > 3)


def _trimmed(polygon: Points, paper: Mask) -> Points:
    """Move the sides of a polygon inwards to where its drawing begins."""
    if len(polygon) < 3:
        return polygon
    left, top = np.maximum(0, np.floor(polygon.min(axis=0))).astype(int).tolist()
    right, bottom = np.minimum(paper.shape[::-1], np.ceil(polygon.max(axis=0)) + 1).astype(int).tolist()
    within = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillConvexPoly(within, np.rint((polygon - (left, top)) * 16).astype(np.int32), 1, shift=4)
    drawn = within.astype(np.bool_) & ~paper[top:bottom, left:right]
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    if len(rows) == 0:
        return polygon[:0]
    sides = drawn.argmax(axis=1)[rows], drawn.shape[1] - 1 - drawn[:, ::-1].argmax(axis=1)[rows]
    ends = drawn.argmax(axis=0)[columns], drawn.shape[0] - 1 - drawn[::-1].argmax(axis=0)[columns]
    points = np.concatenate(
        [np.stack([side, rows], axis=1) for side in sides] + [np.stack([columns, end], axis=1) for end in ends]
    ) + np.array((left, top))
    for normal, offset in half_planes(polygon):
        # Half a pixel beyond the centres of the outermost pixels.
        polygon = clip(polygon, normal, max(offset, float((points @ normal).min()) - 0.5 * float(np.abs(normal).sum())))
    return polygon


def _fit_sides(polygon: Points, ways: tuple[_Way, _Way]) -> tuple[Points, float]:
    """Move the sides of a part to the straight edges near them; return the share of its way round that has some."""
    total, framed = 0.0, 0.0
    for normal, offset in half_planes(polygon):
        is_down = abs(normal[0]) > abs(normal[1])
        way = ways[1] if is_down else ways[0]
        turned, inward = way.turn(polygon), normal[::-1] if is_down else normal
        edges = way.above if inward[1] > 0 else way.below
        on_side = np.abs(polygon @ normal - offset) < 1
        length = float(np.ptp(turned[on_side, 0])) if on_side.sum() > 1 else 0.0
        if length < 8:
            continue
        limit = way.paper.shape[0] - 1
        outer = turned[on_side, 1].mean()
        if min(outer, limit - outer) < 3:  # it runs off the page
            continue
        total += length
        middle = (edges.pieces[:, :2] + edges.pieces[:, 2:]) / 2
        depth = middle @ inward - offset
        extent = float(np.ptp(polygon @ normal))
        near = inside(middle, turned, 3) & (depth < max(SIDE_DEPTH_PX, SIDE_DEPTH * extent))
        best, share = None, 0.35
        for line, _ in join_pieces(edges.pieces[near], 4):
            ends = chord(turned, *line) or (float(turned[:, 0].min()), float(turned[:, 0].max()))
            x = np.arange(max(0, int(ends[0]) + 1), min(way.paper.shape[1] - 1, int(ends[1])) + 1)
            if len(x) < 8:
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
        polygon = clip(polygon, across[::-1] if is_down else across, sign * best.offset - 0.5)
    return polygon, framed / total if total else 0.0
