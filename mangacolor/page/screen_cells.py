"""The cells of screens, and what a screen looks like at a place by the same place of its other cells.

A screen repeats itself from cell to cell. Cells that are about a whole number of pixels away can be laid over each
other as they were scanned: what they show stays as sharp as it is on the page.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import pixels_from_float
from mangacolor.page.repeats import distances, likeness_moved

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Vector = NDArray[np.float32]
Places = NDArray[np.int64]

PATCH_PX = 128
"""A sheet's cells are measured in a square of this side, where most of it is sheet."""

CELL_PX = (2.2, 26.0)
"""Smallest and largest distance from one dot to the next."""

LEAST_LIKE = 0.35
NEARLY_BEST = 0.6
"""A sheet moved by a cell is this much like itself, and as much of the most that it is for any way it is moved."""

LEAST_TURN = 0.4
"""Sine of the angle between the two sides of a cell, at least."""

MEASURED = (2, 4, 8)
FARTHEST_OFF_PX = 1.0
"""Cells so many steps away measure its sides, one after the other: the farther, the finer; a summit that is farther
from where it should be is another one's. On drawn screens sides are off by 0.003 pixels, and by 0.1 without this."""

LONGEST_PX = 32_000
"""Longest side of a picture that OpenCV moves."""

STEPS = 16
MOST_CELLS = 16
FARTHEST_PX = 48.0
FARTHEST_CELLS = 3
OFF_BY_LENGTH = 0.008
"""A place is compared with so many of those that are at most so many cells either way, and not farther in pixels or in
cells, whichever is more; those first that are nearest to a whole number of pixels away. Each pixel of the way counts as
so much of one, for paper is seldom scanned quite flat."""

FEWEST_CELLS = 3
"""It is known what a place looks like if so many of these cells are free of strokes."""

SAME_TONE = 0.08
"""Cells are compared where the tone differs by no more: beside a light screen a dark one is no stroke."""

OVER = 0.7
OVER_LIGHT = 0.45
"""What is darker than the first share of what is expected is left out when the cells are asked once more, where that is
lighter than the second."""


class Cell(NamedTuple):
    """The two sides of a screen's cell, each dy, dx in pixels."""

    first: Vector
    second: Vector

    @property
    def size(self) -> float:
        """Length of the longer side, in pixels."""
        return max(float(np.hypot(*side)) for side in self)


def find_cell(taken: FloatArray, sheet: Mask) -> Cell | None:
    """Measure the cell of a screen.

    Args:
        taken: (S, S) what flattening took away, S even.
        sheet: (S, S) where the screen is.

    Returns:
        Its two shortest sides that are not about parallel, to a few hundredths of a pixel; None where nothing repeats.
    """
    alike = likeness_moved(taken, sheet)
    middle, far = len(alike) // 2, distances(len(alike))
    is_peak = (alike >= cv2.dilate(alike, np.ones((3, 3), np.uint8))) & (far >= CELL_PX[0]) & (far <= CELL_PX[1])
    is_peak &= alike >= max(LEAST_LIKE, NEARLY_BEST * float(alike[is_peak].max(initial=0)))
    places = np.argwhere(is_peak)
    if len(places) == 0:
        return None
    down, across = (_summits(alike, places) - middle).T
    length = np.hypot(down, across)
    nearest = length.argsort(kind="stable")
    down, across, length = down[nearest], across[nearest], length[nearest]
    turn = np.abs(down[0] * across - across[0] * down) / (length[0] * length)
    if not (is_turned := turn >= LEAST_TURN).any():
        return None
    sides = np.array([(down[one], across[one]) for one in (0, is_turned.argmax())])
    return Cell(*_measured(alike, sides).astype(np.float32))


def patch(taken: FloatArray, sheet: Mask) -> tuple[FloatArray, Mask]:
    """Cut the square of `PATCH_PX` out of a sheet (H, W) where most of it is, filled up where the sheet is smaller."""
    padding = [(0, max(0, PATCH_PX - side)) for side in sheet.shape]
    taken, sheet = np.pad(taken, padding), np.pad(sheet, padding)
    total = cv2.integral(sheet.astype(np.uint8))
    step = PATCH_PX // 4
    held = total[PATCH_PX::step, PATCH_PX::step] - total[:-PATCH_PX:step, PATCH_PX::step]
    held = held - total[PATCH_PX::step, :-PATCH_PX:step] + total[:-PATCH_PX:step, :-PATCH_PX:step]
    top, left = (int(place) * step for place in np.unravel_index(held.argmax(), held.shape))
    cut = np.s_[top : top + PATCH_PX, left : left + PATCH_PX]
    return taken[cut], sheet[cut]


def whole_steps(cell: Cell) -> Places:
    """Return steps (n, 2), dy and dx, from cell to cell that are about whole numbers of pixels, both ways each."""
    number = _ways(MOST_CELLS)
    exact = number @ np.stack(list(cell)).astype(np.float64)
    length, whole = np.hypot(*exact.T), np.rint(exact)
    off = np.hypot(*(exact - whole).T) + OFF_BY_LENGTH * length
    is_near = length <= max(FARTHEST_PX, FARTHEST_CELLS * cell.size)
    half = whole[is_near][off[is_near].argsort(kind="stable")[: STEPS // 2]].astype(np.int64)
    return np.concatenate([half, -half])


def expected(gray: FloatArray, tone: FloatArray, known: Mask, steps: Places) -> tuple[FloatArray, Mask]:
    """Say what a place of a screen looks like by the same place of other cells.

    Strokes only darken: what is much darker than the cells are together is left out, and they are asked once more.

    Args:
        gray: (H, W) page in [0, 1].
        tone: (H, W) flat tone of the screen, in [0, 1].
        known: (H, W) where the page shows the screen and, as far as is known, no stroke.
        steps: (n, 2) dy and dx in whole pixels to other cells, see `whole_steps`.

    Returns:
        (H, W) mean of what those cells show, and where that is enough of them.
    """
    shown, tones = pixels_from_float(gray), pixels_from_float(tone)
    # Every other of them, the nearest among them, is enough to tell what is much darker.
    usual, _ = _mean_moved(shown, tones, known, steps[::2])
    is_over = (gray < OVER * usual) & (usual > OVER_LIGHT)
    usual, number = _mean_moved(shown, tones, known & ~is_over, steps)
    return usual, number >= FEWEST_CELLS


def _mean_moved(
    shown: NDArray[np.uint8], tones: NDArray[np.uint8], known: Mask, steps: Places
) -> tuple[FloatArray, NDArray[np.uint8]]:
    """Return the mean, in [0, 1], of what is known of a page at places so many steps away, and of how many it is."""
    total, number = np.zeros(shown.shape, np.uint16), np.zeros(shown.shape, np.uint8)
    for step in steps.tolist():
        here, there = (
            tuple(
                slice(max(0, by), max(0, side + min(0, by)))
                for by, side in zip((sign * part for part in step), shown.shape, strict=True)
            )
            for sign in (1, -1)
        )
        if not shown[here].size:
            continue
        same = np.asarray(cv2.absdiff(tones[here], tones[there]), np.uint8) <= round(255 * SAME_TONE)
        same &= known[there]
        total[here] += shown[there] * same
        number[here] += same
    return np.asarray(total / np.maximum(255 * number.astype(np.float32), 1), np.float32), number


def _ways(most: int) -> Places:
    """Return numbers (n, 2) of steps along either side of a cell, at most so many, one of each two opposite ways."""
    reach = range(-most, most + 1)
    return np.array([(one, other) for one in reach for other in reach if (one, other) > (0, 0)], np.int64)


def _measured(alike: FloatArray, sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure sides of a cell (2, 2) once more by the summits of `likeness_moved` many cells away (least squares)."""
    middle = len(alike) // 2
    around = np.array([(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)])
    for most in MEASURED:
        number = _ways(most)
        guess = np.rint(number @ sides).astype(np.int64)
        inside = (np.abs(guess) < middle - 2).all(axis=1)
        number, places = number[inside], guess[inside] + middle
        near = places[:, None] + around
        places = places + around[alike[near[..., 0], near[..., 1]].argmax(axis=1)]
        summits, height = _summits(alike, places) - middle, alike[tuple(places.T)].astype(np.float64)
        is_own = (height >= LEAST_LIKE) & (np.abs(summits - number @ sides).max(axis=1) <= FARTHEST_OFF_PX)
        if np.linalg.matrix_rank(number[is_own]) < 2:
            break
        weight = height[is_own, None]
        sides = np.linalg.lstsq(number[is_own] * weight, summits[is_own] * weight, rcond=None)[0]
    return sides


def _summits(plane: FloatArray, places: Places) -> NDArray[np.float64]:
    """Return where the tops of parabolas lie, each through three values, across and down places (n, 2) of a plane."""
    rows, columns = places.T
    steps = (-1, 0, 1)
    tops = []
    for values in ([plane[rows + by, columns] for by in steps], [plane[rows, columns + by] for by in steps]):
        low, middle, high = (some.astype(np.float64) for some in values)
        bend = low - 2 * middle + high
        tops.append(np.where(bend < 0, 0.5 * (low - high) / np.where(bend < 0, bend, 1), 0))
    return np.asarray(places + np.stack(tops, axis=1), np.float64)
