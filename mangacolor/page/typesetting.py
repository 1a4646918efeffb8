"""What is set in type: pieces of ink that stand in rows or in columns, as letters do, and drawings do not."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.int64]

WORKING_SHORT_PX = 800
"""Short side of the copy that is looked at, the same for every scan of a page."""

LONGEST_RATIO = 4
"""Of strips longer than this many short sides, the copy is made as if they were as wide as that ratio allows."""

FEWEST_LETTERS = 4
SMALLEST_LETTER_PX = 4
LARGEST_LETTER = 0.09
"""Letters are at least this many pixels of the copy and at most this share of its short side."""

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


class Islands(NamedTuple):
    """Pieces of ink: boxes (K, 4) as left, top, right, bottom, and their areas in pixels."""

    boxes: Boxes
    areas: Boxes

    @classmethod
    def from_stats(cls, stats: NDArray[np.int32]) -> Islands:
        """Take over what OpenCV says of connected components."""
        left, top, width, height, areas = stats.T.astype(np.int64)
        return cls(np.stack([left, top, left + width, top + height], axis=1), areas)


def size_of_copy(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the (h, w) of the copy that is looked at."""
    short = max(min(shape), max(shape) / LONGEST_RATIO)
    height, width = (max(1, round(side * WORKING_SHORT_PX / short)) for side in shape)
    return height, width


def neighbours(boxes: Boxes, distance_px: float) -> list[NDArray[np.int64]]:
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


def is_text(islands: Islands, largest_px: float) -> bool:
    """Say whether pieces stand in rows or columns of letters no larger than this."""
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
