"""Strokes over screens of dots, known by the cells of the screen.

What is darker than the same place of other cells is no dot: it was drawn over the screen, and belongs to the ink,
whatever the separator took it for. Beneath dots nobody sees it, and it is filled in along its way.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.areas import pieces_of, runs_of
from mangacolor.page.beneath_dots import along_strokes
from mangacolor.page.screen_cells import LONGEST_PX, Cell, expected, find_cell, patch, whole_steps

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Box = tuple[slice, slice]

LEAST_SIDE_PX = 48
LEAST_AREA_PX = 2300
"""Smaller sheets show too few cells."""

MOST_SCREENS = 2
LEAST_REST_PX = 8000
"""So many screens are looked for in a sheet, one after the other, where a rest so large is not like those before."""

FREE = 0.6
"""Where the ink is lighter than this, the separator sees no stroke."""

LEAST_ALIKE = 0.7
AROUND_PX = 48
COARSE_PX = 4
"""Correlation of a sheet with what its cells lead to expect, in squares of the second side, a whole number of the
third, which it is measured to; with less it is another screen."""

HIDDEN, SEEN = 0.2, 0.6
DARKEST = 0.1
"""Where cells are darker than the first, what lies over them is not seen, and where they are lighter than the second,
it is; the ink is the page by what is expected of it, and at least by the third."""

LEAST_LIGHT = 0.5
WHITE = 0.75
STROKE = 0.75
LEAST_LENGTH = 3.0
LEAST_GAIN = 0.05
"""On screens lighter than the first a stroke begins where cells are lighter than the second and the ink is darker than
the third, and runs for so many cells, with the ink that it hangs together with: crumbs of a screen do not. Beneath dots
the ink changes if it gets darker by the last."""


def with_strokes(gray: FloatArray, ink: FloatArray, tone: FloatArray, sheets: Mask) -> FloatArray:
    """Give strokes that run over screens back to the ink.

    Args:
        gray: (H, W) page in [0, 1], paper white.
        ink: (H, W) what a separator left in the ink, in [0, 1].
        tone: (H, W) the flat tone of its screens, in [0, 1].
        sheets: (H, W) where the screens are.

    Returns:
        The ink, darker where strokes run, and nowhere lighter; the same array where there is no screen large enough.
    """
    parts = list(_parts(sheets, LEAST_AREA_PX)) if sheets.any() else []
    if not parts:
        return ink
    kept = np.array(ink, np.float32)
    taken = ink * tone - gray
    for _ in range(MOST_SCREENS):
        rests = []
        for cut, sheet in parts:
            cell = find_cell(*patch(taken[cut], sheet))
            if cell is not None:
                darker, rest = _strokes_over(cell, gray[cut], ink[cut], tone[cut], sheet)
                np.minimum(kept[cut], darker, out=kept[cut])
                rests += [(_within(cut, inner), part) for inner, part in _parts(rest, LEAST_REST_PX)]
        parts = rests
    return kept


def _parts(sheets: Mask, least_px: int) -> Iterator[tuple[Box, Mask]]:
    """Yield the boxes of sheets (H, W) that are large enough, and where in them each is."""
    count, found = cv2.connectedComponents(sheets.view(np.uint8), connectivity=8)
    labels = found.astype(np.int32, copy=False)
    # Of the few sheets of a page runs tell all that OpenCV would, in a fifth of the time.
    runs = runs_of(labels)
    areas, boxes = np.bincount(runs.labels, runs.lengths, count), runs.boxes(count)
    sides = boxes[:, 2:] - boxes[:, :2]
    is_large = (sides.min(axis=1) >= LEAST_SIDE_PX) & (sides.max(axis=1) <= LONGEST_PX) & (areas >= least_px)
    for label in np.flatnonzero(is_large[1:]) + 1:
        top, left, bottom, right = boxes[label].tolist()
        cut = (slice(top, bottom), slice(left, right))
        yield cut, labels[cut] == label


def _within(outer: Box, inner: Box) -> Box:
    rows, columns = (slice(out.start + own.start, out.start + own.stop) for out, own in zip(outer, inner, strict=True))
    return rows, columns


def _strokes_over(
    cell: Cell, gray: FloatArray, ink: FloatArray, tone: FloatArray, sheet: Mask
) -> tuple[FloatArray, Mask]:
    """Find the strokes over one screen of a sheet.

    Returns:
        The ink with them, and the rest of the sheet, which is not like that screen; none of it if no stroke is seen.
    """
    free = sheet & (ink > FREE)
    usual, is_known = expected(gray, tone, free, whole_steps(cell))
    is_known &= sheet & (tone >= LEAST_LIGHT)
    seen = np.minimum(gray / np.maximum(usual, np.float32(DARKEST)), np.float32(1))
    begins = is_known & (usual > WHITE) & (seen < STROKE)
    if not (begins & (seen < ink - LEAST_GAIN)).any():
        return ink, np.zeros_like(sheet)
    is_alike = _alike_around(gray, usual, is_known & free)
    is_own = is_known & is_alike
    trust = ((usual - HIDDEN) / (SEEN - HIDDEN)).clip(0, 1)
    is_hidden = trust < 1
    beside = is_own & is_hidden & _grown(begins & is_alike, 1 + int(cell.size / 2))
    filled = np.where(is_hidden, np.float32(1), seen)
    filled[beside] = along_strokes(seen, trust, beside, cell.size)
    filled[beside] += trust[beside] * (seen[beside] - filled[beside])
    stroke = is_own & (filled < STROKE)
    labels, stats = pieces_of(stroke | (sheet & ~free), connectivity=8)
    length = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    stroke &= (length >= LEAST_LENGTH * cell.size)[labels]
    # Strokes have soft edges.
    is_darker = _grown(stroke, 1) & is_own & (filled < ink - np.where(is_hidden, np.float32(LEAST_GAIN), 0))
    return np.where(is_darker, filled, ink), sheet & ~is_alike


def _grown(which: Mask, by_px: int) -> Mask:
    side = 2 * by_px + 1
    return np.asarray(cv2.dilate(which.view(np.uint8), np.ones((side, side), np.uint8)), np.uint8).view(np.bool_)


def _alike_around(one: FloatArray, other: FloatArray, counts: Mask) -> Mask:
    """Say where two planes (H, W) correlate in squares around each place, to `COARSE_PX`."""
    height, width = counts.shape
    small = (-(-width // COARSE_PX), -(-height // COARSE_PX))
    around = (AROUND_PX // COARSE_PX,) * 2

    def mean(plane: FloatArray) -> FloatArray:
        coarse = cv2.resize(plane, small, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.blur(coarse, around, borderType=cv2.BORDER_CONSTANT), np.float32)

    weight = counts.astype(np.float32)
    one, other = one * weight, other * weight
    number = np.maximum(mean(weight), 1e-3)
    first, second = mean(one) / number, mean(other) / number
    shared = mean(one * other) / number - first * second
    spread = (mean(one * one) / number - first * first) * (mean(other * other) / number - second * second)
    is_alike = shared >= LEAST_ALIKE * np.sqrt(np.maximum(spread, 1e-6))
    found = cv2.resize(is_alike.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(found, np.uint8).view(np.bool_)
