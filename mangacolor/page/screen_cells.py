"""Strokes over screens of dots, known by the cells of the screen.

A screen repeats itself from cell to cell, so what is dark where all cells around are white is no dot: it was drawn over
the screen, and belongs to the ink, whatever the separator took it for.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.areas import runs_of
from mangacolor.page.repeats import distances, likeness_moved

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Vector = NDArray[np.float32]

PATCH_PX = 128
"""A sheet's cells are measured in a square of this side, where most of it is sheet."""

LEAST_SIDE_PX = 48
LEAST_AREA_PX = 2300
LONGEST_PX = 32_000
"""Smaller sheets show too few cells, and longer ones OpenCV does not move."""

CELL_PX = (2.2, 26.0)
"""Smallest and largest distance from one dot to the next."""

LEAST_LIKE = 0.35
NEARLY_BEST = 0.6
"""A sheet moved by a cell is this much like itself, and as much of the most that it is for any way it is moved."""

LEAST_TURN = 0.4
"""Sine of the angle between the two sides of a cell, at least."""

CELLS_AROUND = 2
FEWEST_CELLS = 3
"""A place is compared with those of cells so many steps away, of which more than so many must be free of strokes."""

FREE = 0.6
"""Where the ink is lighter than this, the separator sees no stroke."""

LEAST_ALIKE = 0.7
AROUND_PX = 49
"""Correlation of a sheet with what its cells lead to expect, in squares of this side; with less it is another one."""

WHITE = 0.75
LEAST_LIGHT = 0.55
STROKE = 0.75
LEAST_GAIN = 0.1
LEAST_LENGTH = 1.2
"""Where cells are lighter than the first, of screens lighter than the second, and the page is darker than the third
times that, a stroke runs if it is as many cells long, with the ink that it hangs together with: a dot is not. The ink
changes if it gets darker by the fourth."""


class Cell(NamedTuple):
    """The two sides of a screen's cell, each dy, dx in pixels."""

    first: Vector
    second: Vector


def with_strokes(gray: FloatArray, ink: FloatArray, tone: FloatArray, sheets: Mask) -> FloatArray:
    """Give strokes that run over screens back to the ink.

    Args:
        gray: (H, W) page in [0, 1], paper white.
        ink: (H, W) what a separator left in the ink, in [0, 1].
        tone: (H, W) the flat tone of its screens, in [0, 1].
        sheets: (H, W) where the screens are.

    Returns:
        The ink, darker where strokes run between dots; beneath them, where dots are, it stays as it was.
    """
    kept = np.array(ink, np.float32)
    if not sheets.any():
        return kept
    taken = ink * tone - gray
    count, found = cv2.connectedComponents(sheets.view(np.uint8), connectivity=8)
    labels = found.astype(np.int32, copy=False)
    # Of the few sheets of a page runs tell all that OpenCV would, in a fifth of the time.
    runs = runs_of(labels)
    areas, boxes = np.bincount(runs.labels, runs.lengths, count), runs.boxes(count)
    sides = boxes[:, 2:] - boxes[:, :2]
    is_large = (sides.min(axis=1) >= LEAST_SIDE_PX) & (sides.max(axis=1) <= LONGEST_PX) & (areas >= LEAST_AREA_PX)
    for label in np.flatnonzero(is_large[1:]) + 1:
        top, left, bottom, right = boxes[label]
        cut = np.s_[top:bottom, left:right]
        sheet = labels[cut] == label
        cell = find_cell(*_patch(taken[cut], sheet))
        if cell is not None:
            kept[cut] = np.minimum(
                kept[cut], _with_strokes_over(cell, gray[cut], ink[cut], sheet, tone[cut] >= LEAST_LIGHT)
            )
    return kept


def find_cell(taken: FloatArray, sheet: Mask) -> Cell | None:
    """Measure the cell of a screen.

    Args:
        taken: (S, S) what flattening took away, S even.
        sheet: (S, S) where the screen is.

    Returns:
        Its two shortest sides that are not about parallel, to a fraction of a pixel; None where nothing repeats.
    """
    alike = likeness_moved(taken, sheet)
    middle, far = len(alike) // 2, distances(len(alike))
    is_peak = (alike >= cv2.dilate(alike, np.ones((3, 3), np.uint8))) & (far >= CELL_PX[0]) & (far <= CELL_PX[1])
    is_peak &= alike >= max(LEAST_LIKE, NEARLY_BEST * float(alike[is_peak].max(initial=0)))
    rows, columns = np.nonzero(is_peak)
    if len(rows) == 0:
        return None
    down = rows - middle + _summits(*(alike[rows + step, columns] for step in (-1, 0, 1)))
    across = columns - middle + _summits(*(alike[rows, columns + step] for step in (-1, 0, 1)))
    length = np.hypot(down, across)
    nearest = length.argsort(kind="stable")
    down, across, length = down[nearest], across[nearest], length[nearest]
    turn = np.abs(down[0] * across - across[0] * down) / (length[0] * length)
    if not (is_turned := turn >= LEAST_TURN).any():
        return None
    return Cell(*(np.array((down[one], across[one]), np.float32) for one in (0, is_turned.argmax())))


def expected(gray: FloatArray, known: Mask, cell: Cell) -> tuple[FloatArray, Mask]:
    """Say what a place of a screen looks like by the same place of the cells around.

    Args:
        gray: (H, W) page.
        known: (H, W) where it shows the screen, and no stroke.
        cell: Of the screen.

    Returns:
        Mean of what is known in the cells around, and where that is enough of them.
    """
    counted = known.astype(np.float32)
    shown = gray * counted
    total, number = np.zeros_like(gray), np.zeros_like(gray)
    steps = range(-CELLS_AROUND, CELLS_AROUND + 1)
    around = [(one, other) for one in steps for other in steps if 0 < abs(one) + abs(other) <= CELLS_AROUND]
    for down, across in around:
        dy, dx = (down * cell.first + across * cell.second).tolist()
        moved = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        total += cv2.warpAffine(shown, moved, gray.shape[::-1])
        number += cv2.warpAffine(counted, moved, gray.shape[::-1])
    return np.asarray(total / np.maximum(number, 1e-3), np.float32), number > FEWEST_CELLS


def _with_strokes_over(cell: Cell, gray: FloatArray, ink: FloatArray, sheet: Mask, light: Mask) -> FloatArray:
    free = sheet & (ink > FREE)
    usual, is_known = expected(gray, free, cell)
    is_known &= sheet & light
    darker = gray / np.maximum(usual, np.float32(0.1))
    stroke = is_known & (usual > WHITE) & (darker < STROKE)
    is_gain = darker < ink - LEAST_GAIN
    if not (stroke & is_gain).any():
        return ink
    stroke &= _alike_around(gray, usual, is_known & free) >= LEAST_ALIKE
    drawn = stroke | (sheet & (ink < FREE))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(drawn.view(np.uint8), connectivity=8)
    length = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    stroke &= (length >= LEAST_LENGTH * float(np.hypot(*cell.second)))[labels] & is_gain
    return np.where(stroke, darker, ink)


def _alike_around(one: FloatArray, other: FloatArray, counts: Mask) -> FloatArray:
    """Return the correlation (H, W) of two planes in squares around each place."""

    def mean(plane: FloatArray) -> FloatArray:
        return np.asarray(cv2.blur(plane, (AROUND_PX, AROUND_PX), borderType=cv2.BORDER_CONSTANT), np.float32)

    weight = counts.astype(np.float32)
    one, other = one * weight, other * weight
    number = np.maximum(mean(weight), 1e-3)
    first, second = mean(one) / number, mean(other) / number
    shared = mean(one * other) / number - first * second
    spread = (mean(one * one) / number - first * first) * (mean(other * other) / number - second * second)
    return np.asarray(shared / np.sqrt(np.maximum(spread, 1e-6)), np.float32)


def _patch(taken: FloatArray, sheet: Mask) -> tuple[FloatArray, Mask]:
    """Cut the square out of a sheet where most of it is, filled up where the sheet is smaller."""
    padding = [(0, max(0, PATCH_PX - side)) for side in sheet.shape]
    taken, sheet = np.pad(taken, padding), np.pad(sheet, padding)
    total = cv2.integral(sheet.astype(np.uint8))
    step = PATCH_PX // 4
    held = total[PATCH_PX::step, PATCH_PX::step] - total[:-PATCH_PX:step, PATCH_PX::step]
    held = held - total[PATCH_PX::step, :-PATCH_PX:step] + total[:-PATCH_PX:step, :-PATCH_PX:step]
    top, left = (int(place) * step for place in np.unravel_index(held.argmax(), held.shape))
    cut = np.s_[top : top + PATCH_PX, left : left + PATCH_PX]
    return taken[cut], sheet[cut]


def _summits(before: FloatArray, here: FloatArray, after: FloatArray) -> NDArray[np.float64]:
    """Return how far the tops of parabolas, each through three values, lie from the middle ones."""
    low, middle, high = (values.astype(np.float64) for values in (before, here, after))
    bend = low - 2 * middle + high
    return np.where(bend < 0, 0.5 * (low - high) / np.where(bend < 0, bend, 1), 0)
