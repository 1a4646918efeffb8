"""Where a page speaks: lettering, and the balloons and captions that hold it.

A balloon is bare paper shut in by ink, with islands of ink in it that stand in rows or columns like letters. The whole
of its content has to look set: one island that does not fit, an eye or a mouth, and the area is taken for a drawing,
because a face painted white is worse than a balloon with a tint.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Boxes = NDArray[np.int64]

WORKING_SHORT_PX = 800
"""Short side of the copy that is looked at, the same for every scan of a page."""

LONGEST_RATIO = 4
"""Of strips longer than this many short sides, the copy is made as if they were as wide as that ratio allows."""

PAPER_INK = 0.6
PAPER_TONE = 0.9
"""Above both, a pixel is bare paper."""

REGION_SHARES = (0.0008, 0.2)
"""Smallest and largest area of a balloon, as shares of the page (of a square page for strips)."""

FEWEST_LETTERS = 4
SMALLEST_LETTER_PX = 4
LARGEST_LETTER = 0.09
"""Letters are at least this many pixels of the copy and at most this share of its short side."""

BLOCK_SHARES = (0.1, 0.9)
"""Share of a balloon that the boxes around its text cover."""

LEAST_SOLIDITY = 0.6
"""Area of a balloon over that of its convex hull; tails and spikes take some away."""

MOST_BORDER = 0.1
"""Share of a balloon's outline that may lie on the edge of the page."""

LEAST_SET = 0.85
"""Share of the ink in a balloon that must stand in rows or columns."""

LINE_SPREAD = 1.6
"""Lines of one text are as high as each other within this factor."""

LEAST_FILLED = 0.5
"""Mean height of letters over that of their line."""

WIDEST_GAP = 1.1
"""Largest usual gap between neighbours in a line, in line heights."""

MOST_LINES = 0.91
"""Share of a block's height that its lines take: between lines of text there is room, between strokes hardly any."""

LEAST_INK = 0.06
"""Share of a block that is ink."""

LEAST_TALL = 0.35
"""Share of the ink that must be in pieces nearly as high as their line, however letters fall to pieces."""

LEAST_VARIETY = 0.1
"""Letters differ: the middle half of them spreads over this share of the middle one's ink, at least.

Dots, windows and bricks are all alike."""


TEXT_INK = 0.6
TEXT_PAPER = 0.85
"""Of text pages, from black at 0 to paper at 1: ink lies below the first, paper above the second."""

MOST_GREY = 0.002
MOST_LETTERS = 8000
RULE_PX = 4
LARGEST_TITLE = 0.16
LEAST_TEXT = 0.95
"""Share of the ink of a text page that must stand in rows or columns."""

SEAL = np.ones((3, 3), np.uint8)


class Lettering(NamedTuple):
    """Lettering in balloons and captions.

    Attributes:
        boxes: Text blocks as (top, left, bottom, right) in page pixels, bottom and right exclusive.
        paper: (H, W) bool, the insides of the balloons and captions that hold them, letters included.
    """

    boxes: tuple[tuple[int, int, int, int], ...]
    paper: Mask


class _Islands(NamedTuple):
    """Pieces of ink: boxes (K, 4) as left, top, right, bottom, and their areas in pixels."""

    boxes: Boxes
    areas: Boxes

    @classmethod
    def from_stats(cls, stats: NDArray[np.int32]) -> _Islands:
        """Take over what OpenCV says of connected components."""
        left, top, width, height, areas = stats.T.astype(np.int64)
        return cls(np.stack([left, top, left + width, top + height], axis=1), areas)


def find_lettering(ink: FloatArray, tone: FloatArray) -> Lettering:
    """Find text in balloons and captions of a page taken apart, and the paper around it.

    Works for Latin rows and for Japanese columns and rows. Text that stands free in a drawing, sound effects and
    exclamations of fewer than four letters are not found.

    Args:
        ink: (H, W) in [0, 1], lines, blacks and letters; 1 is none.
        tone: (H, W) in [0, 1], flat grey; 1 is paper.

    Returns:
        Boxes of text, and the mask of the paper that can be kept white whatever is painted there.

    Raises:
        ValueError: The planes differ in size.
    """
    if ink.shape != tone.shape or ink.ndim != 2:
        raise ValueError(f"ink and tone must be (H, W) of one size; got {ink.shape} and {tone.shape}")
    height, width = ink.shape
    h, w = _size_of_copy(ink.shape)
    small_ink, small_tone = (resize(plane, h, w) for plane in (ink, tone))
    boxes, filled = _balloons((small_ink > PAPER_INK) & (small_tone > PAPER_TONE))
    paper = cv2.resize(filled, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.bool_)
    limits = np.array([height, width, height, width])
    grown = np.rint(np.array(boxes, float).reshape(-1, 4) * limits / (h, w, h, w)).astype(int).clip(0, limits)
    return Lettering(tuple((top, left, bottom, right) for top, left, bottom, right in grown.tolist()), paper)


def _size_of_copy(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the (h, w) of the copy that is looked at."""
    short = max(min(shape), max(shape) / LONGEST_RATIO)
    height, width = (max(1, round(side * WORKING_SHORT_PX / short)) for side in shape)
    return height, width


def is_text_only(gray: FloatArray) -> bool:
    """Say whether a page holds nothing but text: a table of contents, an afterword, a licence, a plain title.

    Black on paper or white on black, with ruled lines or without. One drawing, frame or field of tone on the page and
    it is not text only; when in doubt it is not.

    Args:
        gray: (H, W) page as scanned, in [0, 1].

    Raises:
        ValueError: The page is empty or not two-dimensional.
    """
    if gray.ndim != 2 or gray.size == 0:
        raise ValueError(f"gray must be (H, W), not empty; got {gray.shape}")
    page = resize(gray, *_size_of_copy(gray.shape))
    step = max(1, min(page.shape) // 256)
    dark, light = (float(level) for level in np.percentile(page[::step, ::step], (2, 95)))
    if float(np.median(page)) < (dark + light) / 2:
        page, dark, light = 1 - page, 1 - light, 1 - dark
    if light - dark < 0.3:
        dark = 0.0  # too little ink to show in the percentile
    contrast = (page - dark) / max(light - dark, 1e-3)
    inked = (contrast < TEXT_INK).astype(np.uint8)
    if _has_greys(contrast, inked):
        return False
    count, _, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    if not FEWEST_LETTERS < count <= MOST_LETTERS:
        return False
    sides = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    is_rule = (sides.min(axis=1) <= RULE_PX) & (sides.max(axis=1) > LARGEST_LETTER * min(page.shape))
    is_speck = sides.max(axis=1) < SMALLEST_LETTER_PX
    letters = _Islands.from_stats(stats[1:][~(is_rule | is_speck)])
    return len(letters.areas) >= FEWEST_LETTERS and _is_all_text(letters, LARGEST_TITLE * min(page.shape))


def _has_greys(contrast: FloatArray, inked: NDArray[np.uint8]) -> bool:
    """Say whether a page has tone: grey that is more than the soft rim of letters."""
    grey = ((contrast < TEXT_PAPER) & (cv2.dilate(inked, np.ones((5, 5), np.uint8)) == 0)).astype(np.uint8)
    return bool(cv2.morphologyEx(grey, cv2.MORPH_OPEN, SEAL).mean() > MOST_GREY)


def _is_all_text(islands: _Islands, largest_px: float) -> bool:
    sizes = (islands.boxes[:, 2:] - islands.boxes[:, :2]).max(axis=1)
    typical = float(np.median(sizes))
    left = np.ones(len(sizes), bool)
    # Titles are larger, and further apart, than the text below them.
    for letter_px in (typical, 2 * typical, 4 * typical):
        rest = np.flatnonzero(left)
        if not len(rest):
            break
        for members in _neighbours(islands.boxes[rest], 0.7 * letter_px):
            chosen = rest[members]
            if _is_text(_Islands(islands.boxes[chosen], islands.areas[chosen]), largest_px):
                left[chosen] = False
    if islands.areas[left].sum() > (1 - LEAST_TEXT) * islands.areas.sum():
        return False
    return bool((sizes[left] <= 2 * typical).all())


def _balloons(paper: Mask) -> tuple[list[tuple[int, int, int, int]], NDArray[np.uint8]]:
    """Return the text boxes (top, left, bottom, right) on the copy, and its balloons (h, w) as 0 and 1."""
    filled = np.zeros(paper.shape, np.uint8)
    found: list[tuple[int, int, int, int]] = []
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~paper).astype(np.uint8), connectivity=8)
    islands, measures = labels.astype(np.int32, copy=False), stats.astype(np.int32, copy=False)
    # Narrowed, paper does not leak through the gaps of an outline; letters are measured as they are.
    narrowed = cv2.erode(paper.astype(np.uint8), SEAL, borderValue=0)
    outlines, _ = cv2.findContours(narrowed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    area = min(paper.shape) * min(max(paper.shape), round(1.5 * min(paper.shape)))
    for points in outlines:
        # Negative around holes, which are left out with what is too small.
        region_area = -cv2.contourArea(points, oriented=True)
        if not REGION_SHARES[0] * area <= region_area <= REGION_SHARES[1] * area:
            continue
        outline = points.astype(np.int32, copy=False)
        if not _is_compact(outline, region_area, paper.shape):
            continue
        left, top, width, height = cv2.boundingRect(outline)
        inside = np.zeros((height, width), np.uint8)
        cv2.drawContours(inside, [outline], 0, 1, cv2.FILLED, offset=(-left, -top))
        window = np.s_[top : top + height, left : left + width]
        shut_in = _shut_in(islands[window], inside, measures)
        if len(shut_in.areas) < FEWEST_LETTERS:
            continue
        blocks = _text_blocks(shut_in, LARGEST_LETTER * min(paper.shape))
        covered = sum((right - left) * (bottom - top) for left, top, right, bottom in blocks)
        if not BLOCK_SHARES[0] * region_area <= covered <= BLOCK_SHARES[1] * region_area:
            continue
        found += [(top, left, bottom, right) for left, top, right, bottom in blocks]
        filled[window] |= inside
    return found, np.asarray(cv2.dilate(filled, SEAL), np.uint8)


def _is_compact(outline: NDArray[np.int32], area: float, shape: tuple[int, ...]) -> bool:
    """Say whether a region is of one piece, and not the edge of the page."""
    points = outline[:, 0]
    at_edge = (points <= 1) | (points >= np.array([shape[1] - 2, shape[0] - 2]))
    if at_edge.any(axis=1).mean() > MOST_BORDER:
        return False
    return bool(area >= LEAST_SOLIDITY * cv2.contourArea(cv2.convexHull(outline)))


def _shut_in(islands: NDArray[np.int32], inside: NDArray[np.uint8], stats: NDArray[np.int32]) -> _Islands:
    """Return the islands of ink that lie wholly inside a region of a window of the page."""
    within = np.bincount(islands[inside > 0], minlength=1)
    labels = np.flatnonzero(within)
    labels = labels[(labels > 0) & (within[labels] == stats[labels, cv2.CC_STAT_AREA])]
    return _Islands.from_stats(stats[labels])


def _text_blocks(islands: _Islands, largest_px: float) -> list[tuple[int, int, int, int]]:
    """Return boxes (left, top, right, bottom) around the texts that islands form; none if they are not all text."""
    sizes = (islands.boxes[:, 2:] - islands.boxes[:, :2]).max(axis=1)
    if sizes.max() > 3 * largest_px:
        return []
    legible = sizes >= SMALLEST_LETTER_PX
    if legible.sum() < FEWEST_LETTERS:
        return []
    blocks, explained = [], 0
    typical = float(np.median(sizes[legible]))
    for members in _neighbours(islands.boxes, 0.7 * typical):
        group = _Islands(islands.boxes[members], islands.areas[members])
        if _is_text(group, largest_px):
            left, top = group.boxes[:, :2].min(axis=0)
            right, bottom = group.boxes[:, 2:].max(axis=0)
            blocks.append((int(left), int(top), int(right), int(bottom)))
            explained += int(group.areas.sum())
    return blocks if explained >= LEAST_SET * islands.areas.sum() else []


def _neighbours(boxes: Boxes, distance_px: float) -> list[NDArray[np.int64]]:
    """Group boxes that are no further from each other than twice this distance."""
    reach = max(1, round(distance_px))
    origin = boxes[:, :2].min(axis=0) - reach
    size = boxes[:, 2:].max(axis=0) + reach - origin
    sheet = np.zeros((int(size[1]), int(size[0])), np.uint8)
    for left, top, right, bottom in boxes - np.tile(origin, 2):
        sheet[top - reach : bottom + reach, left - reach : right + reach] = 1
    _, labels = cv2.connectedComponents(sheet, connectivity=4)
    middle = (boxes[:, :2] + boxes[:, 2:]) // 2 - origin
    of_box = labels[middle[:, 1], middle[:, 0]]
    return [np.flatnonzero(of_box == label) for label in np.unique(of_box)]


def _is_text(islands: _Islands, largest_px: float) -> bool:
    return any(_is_set(islands.boxes[:, order], islands.areas, largest_px) for order in ([0, 1, 2, 3], [1, 0, 3, 2]))


def _is_set(boxes: Boxes, areas: Boxes, largest_px: float) -> bool:
    """Say whether pieces stand in rows; with x and y exchanged, in columns.

    Rows are where the pieces' shadows on the y axis lie; letters are where, within a row, those on the x axis lie.
    """
    row_of, rows = _shadows(boxes[:, 1], boxes[:, 3])
    heights = rows[:, 1] - rows[:, 0]
    ink = np.bincount(row_of, areas, len(rows))
    # Weighed by ink, so that furigana and accents do not count as lines of their own.
    order = np.argsort(heights)
    typical = float(heights[order][np.searchsorted(np.cumsum(ink[order]), ink.sum() / 2)])
    if not SMALLEST_LETTER_PX <= typical <= largest_px:
        return False
    regular = (heights <= LINE_SPREAD * typical) & (heights >= typical / LINE_SPREAD)
    if ink[regular].sum() < LEAST_SET * ink.sum():
        return False
    extent = int(rows[-1, 1] - rows[0, 0])
    if len(rows) > 1 and heights.sum() > MOST_LINES * extent:
        return False
    if areas.sum() < LEAST_INK * extent * (boxes[:, 2].max() - boxes[:, 0].min()):
        return False
    letters, gaps = [], []
    for row in np.flatnonzero(regular):
        inside = boxes[row_of == row]
        letter_of, spans = _shadows(inside[:, 0], inside[:, 2])
        tops, bottoms = np.full(len(spans), 1 << 30), np.zeros(len(spans), np.int64)
        np.minimum.at(tops, letter_of, inside[:, 1])
        np.maximum.at(bottoms, letter_of, inside[:, 3])
        letters.append(np.stack([spans[:, 1] - spans[:, 0], bottoms - tops], axis=1) / heights[row])
        gaps.append((spans[1:, 0] - spans[:-1, 1]) / heights[row])
    size, gap = np.concatenate(letters), np.concatenate(gaps)
    size = size[size.max(axis=1) > 0.4]  # points and commas
    if len(size) < FEWEST_LETTERS or len(gap) == 0:
        return False
    is_filled = size[:, 1].mean() >= LEAST_FILLED
    is_dense = np.quantile(gap, 0.9) <= WIDEST_GAP
    tall = areas[(boxes[:, 3] - boxes[:, 1]) > 0.4 * heights[row_of]]
    if tall.sum() < LEAST_TALL * areas.sum():
        return False
    least, middle, most = np.quantile(tall, (0.25, 0.5, 0.75))
    return bool(is_filled and is_dense and most - least >= LEAST_VARIETY * middle)


def _shadows(starts: Boxes, ends: Boxes) -> tuple[Boxes, Boxes]:
    """Join intervals that overlap; return which union each belongs to, and the unions (U, 2) in order."""
    order = np.argsort(starts, kind="stable")
    reach = np.maximum.accumulate(ends[order])
    is_first = np.r_[True, starts[order][1:] >= reach[:-1]]
    union = np.cumsum(is_first) - 1
    of_interval = np.empty(len(starts), np.int64)
    of_interval[order] = union
    lasts = np.r_[np.flatnonzero(is_first)[1:] - 1, len(order) - 1]
    return of_interval, np.stack([starts[order][is_first], reach[lasts]], axis=1)
