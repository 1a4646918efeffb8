"""Cuts along gutters, which part a page into its panels.

The page is cut along gutters, and the parts are cut again (the XY cut of Nagy and Seth 1984, along slanted lines as
well). A gutter is a band of bare paper between straight edges that runs through from one side of a part to the other
and is open at its ends. Where in doubt nothing is cut: two panels seen as one do less harm than one cut in two.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.page.panels.convex import chord, clip, inside, trimmed
from mangacolor.page.panels.edges import Edges, Line, Way, join_pieces

Mask = NDArray[np.bool_]
Points = NDArray[np.float32]

WIDEST_GUTTER = 0.15
"""Widest band between two panels that counts as a gutter, over the short side of the page."""

LEAST_SIDE = 0.06
"""Narrowest side of a panel over the short side of its page."""

STRIP_SHAPE = 2.0
LEAST_BAND = 0.02
"""A page at least so many times as high as wide is a strip. There, any level band of bare paper that is wider than this
share of the page's width parts two panels."""

SLIT_PX = 2.5
SLIT_SLOPE = 10.0
LEAST_SLIT = 0.25
"""A gutter narrower than the first is a slit; on slanted lines this grows with the slope. Hatching and speed lines have
such between them: slits need clearer sides, and a length of this share of the page's short side."""

HATCHING_PX = np.array((-12, -11, -10, -9, -8, -7, -6, -5, -4, 4, 5, 6, 7, 8, 9, 10, 11, 12))
MOST_HATCHING = 0.5
"""Where, beside a slit, another one is looked for, and on what share of it there may be one at the same distance."""

TWIN_OFF_PX = 1.6
"""By how much the distance of a gutter's two sides may be off where they keep it."""

FEWEST_TWINS = 3
"""In each half of a line more pixels than this show how far the other side is, or it is not known."""

UNKNOWN_GUTTER_PX = 3.0
"""Width of a gutter where that is not known: it is no slit."""

CLEAR_TWIN = 0.98
"""Share of a gutter on which its two sides keep their distance that makes it sure, even if something closes an end."""

SLIT_TWIN, SEEN_TWIN = 0.75, 0.5
TWIN_SLOPE = 0.5
"""The same share at least of a slit, and of a wider gutter; of one whose ends are both open by this times its slope
more, of one with a covered end by all of it: slanted lines of a drawing run side by side as well."""

OPEN_PAPER, COVERED_PAPER = 0.6, 0.9
"""Share of a gutter that is bare at least, where both of its ends are open, and where something covers one."""

COVERED_STRETCH = 0.5
"""Share of a line on which a gutter is seen at least in that case."""

BAND_PAPER, BAND_EDGE = 0.97, 0.5
"""Shares of a band, whose other side need not be seen, that are bare and have an edge at least: a margin is one."""

BAND_STRETCH, BAND_SLOPE = 0.6, 2.0
"""Share of a line on which it is seen at least, and by how many times its slope more."""

EDGE_WEIGHT, END_WEIGHT, LEVEL_GAIN = 0.5, 0.25, 0.15
"""Of two cuts that is the better one of whose gutter more is bare and between twins; what its edge counts beside that,
and each open end; and what level ones have ahead, for pages are read in rows."""

LEAST_LENGTH = 0.25
LEAST_STRETCH = 0.35
"""Least share of a line that pieces of edges make up, and on which, all in all, a gutter is seen."""

MOST_LINES = 14
"""Lines that are tried in one part of a page, the best supported first."""

BESIDE_PX = 1.6
CLOSE_PX = 1.0
"""Distance from an edge at which the paper beside it is looked at: clear of its blur or, if there is none, closer."""

DENSE_PX, DENSE = 12, 0.75
"""An edge begins and ends where so many pixels in a row have this share of it."""

LEAST_MARGIN_PX = 3
"""A margin beside clear paper is wider than this, or there is nothing to cut off."""

BEYOND_PX = 1
END_PX = 5
"""A gutter is bare from a little beyond its ends to this far in; the frame of a panel would cross it there."""

FRAMED = 0.7
"""Share of the places looked at that have such an edge where a frame crosses."""

SIDEWAYS_PX = np.array((-18, -15, -12, -9, -6, 6, 9, 12, 15, 18))
FRAME_OFF_PX = 1
"""Where, to both sides of a gutter's end, the edge of a frame that crosses it is looked for, and how far off it may
be."""


class _Cut(NamedTuple):
    score: float
    normal: Points
    offset: float
    is_down: bool
    is_band: bool


def parts(polygon: Points, ways: tuple[Way, Way], short: int) -> list[Points]:
    """Cut a part of the page until there is nothing to cut.

    Args:
        polygon: The part, the whole page for one.
        ways: Edges of the page, of level ones and of those that run downwards.
        short: Short side of the page in pixels.

    Returns:
        Convex polygons in reading order: from right to left, from top to bottom.
    """
    polygon = trimmed(polygon, ways[0].paper)
    if len(polygon) < 3 or np.ptp(polygon, axis=0).min() < 0.5 * LEAST_SIDE * short:
        return []
    cut = _best_cut(polygon, ways, short) or _bare_cut(polygon, ways[0].paper, short)
    if cut is None:
        return [polygon]
    low, high = clip(polygon, -cut.normal, -cut.offset), clip(polygon, cut.normal, cut.offset)
    first, second = (high, low) if cut.is_down else (low, high)  # the right one, the upper one
    return parts(first, ways, short) + parts(second, ways, short)


def _best_cut(polygon: Points, ways: tuple[Way, Way], short: int) -> _Cut | None:
    best: _Cut | None = None
    for way in ways:
        turned = way.turn(polygon)
        for edges, away in ((way.above, -1), (way.below, 1)):
            middle = (edges.pieces[:, :2] + edges.pieces[:, 2:]) / 2
            for line, length in join_pieces(edges.pieces[inside(middle, turned)], MOST_LINES):
                ends = chord(turned, *line)
                if ends is None or length < LEAST_LENGTH * (ends[1] - ends[0]):
                    continue
                cut = _judge(line, ends, way, edges, away, short)
                if (
                    cut is not None
                    and (best is None or cut.score > best.score)
                    and _parts_something(turned, cut, short)
                ):
                    best = cut
    return best._replace(normal=best.normal[::-1]) if best is not None and best.is_down else best


def _bare_cut(polygon: Points, paper: Mask, short: int) -> _Cut | None:
    """Cut a strip along its widest level band of bare paper: there, panels often have no frames."""
    height, width = paper.shape
    if height < STRIP_SHAPE * width:
        return None
    left, top = np.floor(polygon.min(axis=0)).astype(int).clip(0).tolist()
    right, bottom = np.ceil(polygon.max(axis=0)).astype(int).tolist()
    drawn = np.flatnonzero(~paper[top : bottom + 1, left : right + 1].all(axis=1))
    gaps = np.diff(drawn)
    if len(gaps) == 0 or gaps.max() < LEAST_BAND * short:
        return None
    widest = int(gaps.argmax())
    middle = top + (drawn[widest] + drawn[widest + 1]) / 2
    return _Cut(0.0, np.array((0, 1), np.float32), float(middle), False, True)


def _judge(line: Line, ends: tuple[float, float], way: Way, edges: Edges, away: int, short: int) -> _Cut | None:
    """Say how good a gutter lies along an edge, None for none."""
    height, width = way.paper.shape
    x = np.arange(max(0, int(np.ceil(ends[0])) - BEYOND_PX), min(width - 1, int(ends[1]) + BEYOND_PX) + 1)
    if len(x) < 4 * END_PX:
        return None
    y = line.at(x)
    at_edge, beside, close = (_rows(y + px * away, height) for px in (0, BESIDE_PX, CLOSE_PX))
    # Of a gutter as narrow as a line, only the closest row is paper.
    beside = np.where(way.paper[beside, x], beside, close)
    bare = way.paper[beside, x]
    is_edge = bare & (edges.mask[at_edge, x] > 0)
    inner = _stretch(is_edge)
    if inner is None or inner.stop - inner.start < LEAST_STRETCH * len(x):
        return None
    start, stop = inner.start + END_PX, inner.stop - END_PX - 1
    ends_at = (
        _end(x[:start], beside[:start], bare[:start], way),
        _end(x[:stop:-1], beside[:stop:-1], bare[:stop:-1], way),
    )
    is_open = ends_at == ("open", "open")
    if "open" not in ends_at:
        return None
    run = edges.run[beside, x].astype(np.float32)
    widest = WIDEST_GUTTER * short
    half = len(x) // 2
    known = is_edge & (run <= widest)
    gap, twin = UNKNOWN_GUTTER_PX, np.zeros(len(x), np.bool_)
    if known[:half].sum() > FEWEST_TWINS and known[half:].sum() > FEWEST_TWINS:
        gaps = float(np.median(run[:half][known[:half]])), float(np.median(run[half:][known[half:]]))
        # The medians are those of the middles of both halves, a quarter of the line from its ends.
        expected = gaps[0] + (gaps[1] - gaps[0]) * (np.linspace(-0.5, 1.5, len(x)))
        twin = known & (np.abs(run - expected) <= TWIN_OFF_PX)
        gap = (gaps[0] + gaps[1]) / 2
    twins, paper, edge = (float(mask[inner].mean()) for mask in (twin, bare, is_edge))
    if "framed" in ends_at and twins < CLEAR_TWIN:
        return None
    steep, stretch = abs(line.slope), (inner.stop - inner.start) / len(x)
    is_band = is_open and paper >= BAND_PAPER and edge >= BAND_EDGE and stretch >= BAND_STRETCH + BAND_SLOPE * steep
    is_slit = gap < SLIT_PX + SLIT_SLOPE * steep
    if is_open:
        is_gutter = paper >= OPEN_PAPER and twins >= (SLIT_TWIN if is_slit else SEEN_TWIN) + TWIN_SLOPE * steep
    else:
        is_gutter = paper >= COVERED_PAPER and twins >= (CLEAR_TWIN if is_slit else SEEN_TWIN + steep)
        is_gutter &= stretch >= COVERED_STRETCH
    if is_slit and is_gutter:
        is_gutter = len(x) >= LEAST_SLIT * short and not _is_hatching(x[inner], beside[inner], way)
    if not is_band and not is_gutter:
        return None
    shift = away * ((gap + 1) / 2 if twins >= SEEN_TWIN else BESIDE_PX)
    score = twins + EDGE_WEIGHT * edge + paper + END_WEIGHT * (1 + is_open) + (0 if way.is_down else LEVEL_GAIN)
    normal = np.array((-line.slope, 1), np.float32)
    return _Cut(score, normal, line.offset + shift, way.is_down, is_band)


def _rows(y: Points, height: int) -> NDArray[np.int64]:
    """Return the rows nearest to some y, on a page so high; `clip` takes several times as long for so few."""
    return np.minimum(np.maximum(np.rint(y).astype(np.int64), 0), height - 1)


def _is_hatching(x: NDArray[np.int64], y: NDArray[np.int64], way: Way) -> bool:
    """Say whether a slit is one of many side by side."""
    rows = np.clip(y + HATCHING_PX[:, None], 0, way.paper.shape[0] - 1)
    run = way.above.run[rows, x] + way.below.run[rows, x] - 1
    is_narrow = way.paper[rows, x] & (run < SLIT_PX)
    return bool(is_narrow.mean(axis=1).max() > MOST_HATCHING)


def _end(x: NDArray[np.int64], y: NDArray[np.int64], bare: Mask, way: Way) -> str:
    """Say how a gutter ends, from its end inwards: open, covered by a figure or a balloon, or closed by a frame.

    Beyond what it parts a gutter runs on through open paper. White stripes in a picture end at its frame.
    """
    crossed = np.flatnonzero(~bare)
    if len(crossed) == 0:
        return "open"
    first = int(crossed[0])
    rows = np.clip(int(y[first]) + SIDEWAYS_PX, 0, way.paper.shape[0] - 1)
    columns = np.clip(int(x[first]) + np.arange(-FRAME_OFF_PX, FRAME_OFF_PX + 1), 0, way.paper.shape[1] - 1)
    return "framed" if way.across[rows[:, None], columns].any(axis=1).mean() > FRAMED else "covered"


def _stretch(is_edge: Mask) -> slice | None:
    """Return where edges begin and end along a line, stray ones left out."""
    window = min(DENSE_PX, len(is_edge))
    dense = np.flatnonzero(np.convolve(is_edge, np.ones(window), "valid") >= DENSE * window)
    if len(dense) == 0:
        return None
    span = np.flatnonzero(is_edge[dense[0] : dense[-1] + window]) + dense[0]
    return slice(int(span[0]), int(span[-1]) + 1)


def _parts_something(polygon: Points, cut: _Cut, short: int) -> bool:
    """Say whether both parts are large enough for a panel, or one is a margin beside clear paper."""
    depth = (polygon @ cut.normal - cut.offset) / np.hypot(*cut.normal)
    thinner = min(-float(depth.min()), float(depth.max()))
    return thinner >= LEAST_SIDE * short or (cut.is_band and thinner > LEAST_MARGIN_PX)
