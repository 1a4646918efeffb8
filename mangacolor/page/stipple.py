"""Dots that were set by hand, told from printed ones: a screen repeats itself, and stippling does not.

Where the separator has flattened dots, what it took away is looked at in windows. Of a screen it is like itself when it
is moved by a cell; of dots that a hand set it is not, wherever it is moved. Strokes over a screen do not matter much:
they were left in the ink, and so are not in what was taken away. Printed sand does not repeat itself either, but it is
fine, and runs together into grains of any shape.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.repeats import distances, likeness_moved

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

WINDOW_PX = 64
STEP_PX = 32
"""Windows and the way from one to the next: a dozen cells of a coarse screen fit into one."""

FARTHEST_PX = 26
"""A screen's cells are no larger than this."""

UNLIKE = 0.33
"""Correlation with itself, moved by a cell, below which something is no screen. Of drawn screens all windows have 0.92
or more, under dense hatching 0.39; of stippling nearly all have less."""

ONE_DOT = 0.1
"""Moved so far that the mean correlation falls below this, dots have left their own places."""

LEAST_SEEN = 0.5
"""A window shows enough of what was flattened if this share of it was."""

DARK, WHITE = 0.6, 0.85
LEAST_DARK, LEAST_WHITE = 0.012, 0.4
"""Stippling is dark dots on bare paper: least shares that are darker and lighter than the first two. What is worn, grey
or more black than white is left to the separator."""

LARGEST_DOT_PX = 9
LONGEST_DOT = 2.0
LEAST_FILLED = 0.45
"""A dot that was set is no wider, no longer for its width, and fills this share of its box."""

LEAST_DOTTED = 0.5
LEAST_APART_PX = 4.5
FEWEST_DOTS = 20
"""Share of what is dark in a sheet that such dots make up, how far apart they are, and how many. In printed sand of
scanned pages the first was 0.1 to 0.7 and the second 3 to 6 pixels, in stippling 0.5 to 0.9 and 6 to 10."""

VOTE_SPREAD = 1.0
"""Spread of what a window says, in steps: places at the edge of a sheet, too small for a window, go with the rest."""


def find_stipple(gray: FloatArray, flattened: FloatArray, sheets: Mask) -> Mask:
    """Find what was flattened although it is stippling and no screen.

    Args:
        gray: (H, W) page in [0, 1], paper white.
        flattened: (H, W) the page as it was taken apart, ink × tone.
        sheets: (H, W) where dots were flattened.

    Returns:
        (H, W) mask, part of the sheets; none where they are smaller than a window.
    """
    none = np.zeros(gray.shape, np.bool_)
    rows, columns = ((side - WINDOW_PX) // STEP_PX + 1 for side in gray.shape)
    if rows < 1 or columns < 1 or not sheets.any():
        return none
    seen, against = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    for row, column in zip(*np.nonzero(_shares(sheets, rows, columns) >= LEAST_SEEN), strict=True):
        top, left = row * STEP_PX, column * STEP_PX
        cut = np.s_[top : top + WINDOW_PX, left : left + WINDOW_PX]
        shown = gray[cut][sheets[cut]]
        seen[row, column] = 1
        if (shown < DARK).mean() >= LEAST_DARK and (shown > WHITE).mean() >= LEAST_WHITE:
            against[row, column] = likeness(flattened[cut] - gray[cut], sheets[cut]) < UNLIKE
    if not against.any():
        return none
    votes = [cv2.GaussianBlur(np.pad(plane, 1), (0, 0), VOTE_SPREAD) for plane in (seen, against)]
    is_against = votes[1] > 0.5 * votes[0]
    # The first window has its middle half a window in; one row and column were padded.
    nearest = (
        np.rint((np.arange(side) - 0.5 * WINDOW_PX) / STEP_PX + 1).astype(int).clip(0, count + 1)
        for side, count in zip(gray.shape, (rows, columns), strict=True)
    )
    return _dotted(gray, is_against[np.ix_(*nearest)] & sheets)


def _dotted(gray: FloatArray, sheets: Mask) -> Mask:
    """Keep those of some sheets (H, W) whose black is in single round dots."""
    count, labels = cv2.connectedComponents(sheets.astype(np.uint8), connectivity=8)
    dots, places, stats, _ = cv2.connectedComponentsWithStats(((gray < DARK) & sheets).astype(np.uint8), connectivity=8)
    sheet_of = np.zeros(dots, np.int64)
    sheet_of[places[sheets]] = labels[sheets]
    sheet_of[0] = 0
    black = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    sides = np.sort(stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]], axis=1)
    is_round = (
        (sides[:, 1] <= LARGEST_DOT_PX)
        & (sides[:, 1] <= LONGEST_DOT * sides[:, 0])
        & (black >= LEAST_FILLED * sides[:, 0] * sides[:, 1])
    )
    all_black, in_dots, number = (
        np.bincount(sheet_of, weights, count) for weights in (black, black * is_round, is_round.astype(float))
    )
    area = np.bincount(labels.ravel(), minlength=count)
    kept = (in_dots >= LEAST_DOTTED * all_black) & (area >= LEAST_APART_PX**2 * number) & (number >= FEWEST_DOTS)
    kept[0] = False
    return np.asarray(kept[labels], np.bool_)


def likeness(taken: FloatArray, sheets: Mask) -> float:
    """Return how much a window is like itself, moved by what may be a cell of a screen.

    Args:
        taken: (S, S) what was taken away by flattening, S being `WINDOW_PX`.
        sheets: (S, S) where that counts.

    Returns:
        The largest correlation, 1 or a little more at most, at any distance from a dot's own size to `FARTHEST_PX`; 1
        where nothing ever leaves its own place.
    """
    alike = likeness_moved(taken, sheets)
    mean = np.bincount(_RING.ravel(), alike.ravel()) / np.bincount(_RING.ravel())
    off = np.flatnonzero(mean <= ONE_DOT)
    if len(off) == 0 or off[0] > FARTHEST_PX:
        return 1.0
    return float(alike[(off[0] <= _RING) & (_RING <= FARTHEST_PX)].max())


def _shares(sheets: Mask, rows: int, columns: int) -> FloatArray:
    """Return the share of each window that sheets cover."""
    total = cv2.integral(sheets.astype(np.uint8))
    top, left = np.arange(rows)[:, None] * STEP_PX, np.arange(columns) * STEP_PX
    bottom, right = top + WINDOW_PX, left + WINDOW_PX
    covered = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return np.asarray(covered / WINDOW_PX**2, np.float32)


_RING = np.rint(distances(WINDOW_PX)).astype(np.int64)
