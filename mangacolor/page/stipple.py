"""Dots that were set by hand, told from printed ones: a screen repeats itself, and stippling does not.

Where the separator has flattened dots, what it took away is looked at in windows. Of a screen it is like itself when it
is moved by a cell; of dots that a hand set it is not, wherever it is moved. Strokes over a screen do not matter much:
they were left in the ink, and so are not in what was taken away. Printed sand does not repeat itself either, but it is
fine, and runs together into grains of any shape.
"""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mangacolor.page.repeats import LEAST_OVERLAP, distances, likeness_moved

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
Value = TypeVar("Value", bound=np.generic)

WINDOW_PX = 64
STEP_PX = 32
"""Windows and the way from one to the next: a dozen cells of a coarse screen fit into one."""

PADDED_PX = 96
"""Windows are padded to this."""

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
VOTE_REACH = 4
"""Spread of what a window says, and how far it is heard, in steps: places at the edge of a sheet, too small for a
window, go with the rest."""

ROUNDING = 1e-3
"""Votes that miss half of all by no larger a share than this are not settled."""

AT_A_TIME = 32
"""Windows that are looked at together: they fit into the cache."""

TURNS = np.array([[0, 2, 0, 3], [2, 1, 3, 1], [0, 3, 0, 2], [3, 1, 2, 1]])
"""Turns in which windows are asked, evenly over the page: most votes are settled before the last."""

LIKE_ENOUGH = 0.5
SURELY = 0.01
"""Correlation from which on a window may be moved the way others are rather than its own best one; and how much more
than `UNLIKE` is enough if it is moved one way only, which rounds otherwise."""


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
    covered, dark, white = (_pixels(which) for which in (sheets, sheets & (gray < DARK), sheets & (gray > WHITE)))
    is_seen = covered >= LEAST_SEEN * WINDOW_PX**2
    asked = is_seen & (dark >= LEAST_DARK * covered) & (white >= LEAST_WHITE * covered)
    is_against = _outvoted(flattened - gray, sheets, is_seen, asked)
    if not is_against.any():
        return none
    # The first window has its middle half a window in; one row and column were padded.
    nearest = (
        np.rint((np.arange(side) - 0.5 * WINDOW_PX) / STEP_PX + 1).astype(int).clip(0, count + 1)
        for side, count in zip(gray.shape, (rows, columns), strict=True)
    )
    unlike = is_against[np.ix_(*nearest)] & sheets
    return _dotted(gray, unlike) if unlike.any() else none


def _dotted(gray: FloatArray, sheets: Mask) -> Mask:
    """Keep those of some sheets (H, W) whose black is in single round dots."""
    dotted = np.zeros(sheets.shape, np.bool_)
    left, top, width, height = cv2.boundingRect(sheets.view(np.uint8))
    box = np.s_[top : top + height, left : left + width]
    gray, sheets = gray[box], sheets[box]
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
    area = np.bincount(labels[sheets], minlength=count)
    kept = (in_dots >= LEAST_DOTTED * all_black) & (area >= LEAST_APART_PX**2 * number) & (number >= FEWEST_DOTS)
    kept[0] = False
    dotted[box] = kept[labels]
    return dotted


def likeness(taken: FloatArray, sheets: Mask) -> FloatArray:
    """Return how much windows are like themselves, moved by what may be a cell of a screen.

    Args:
        taken: (…, S, S) what was taken away by flattening, S being `WINDOW_PX`.
        sheets: (…, S, S) where that counts.

    Returns:
        (…) the largest correlation, 1 or a little more at most, at any distance from a dot's own size to `FARTHEST_PX`;
        1 where nothing ever leaves its own place.
    """
    return _largest_afar(likeness_moved(taken, sheets, PADDED_PX))


def _largest_afar(moved: FloatArray) -> FloatArray:
    """Return what `likeness` does, of `likeness_moved` (…, S, S)."""
    by_distance = moved.reshape(*moved.shape[:-2], -1)[..., _NEAREST_FIRST]
    means = np.add.reduceat(by_distance, _FIRST, axis=-1) / _NUMBER
    most = np.maximum.reduceat(by_distance, _FIRST, axis=-1)
    most_from_here = np.maximum.accumulate(most[..., ::-1], axis=-1)[..., ::-1]
    is_off = means <= ONE_DOT
    nearest = np.take_along_axis(most_from_here, is_off.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    return np.where(is_off.any(axis=-1), nearest, np.float32(1))


def _outvoted(taken: FloatArray, sheets: Mask, is_seen: Mask, asked: Mask) -> Mask:
    """Say where most of the windows that are seen are not like themselves.

    Args:
        taken: (H, W) what was taken away by flattening.
        sheets: (H, W) where that counts.
        is_seen: (rows, columns) windows that vote.
        asked: (rows, columns) those of them that may not be like themselves.

    Returns:
        (rows + 2, columns + 2) for the places of windows, and one place more on each side.
    """
    half = 0.5 * _votes(is_seen)
    is_against, is_open = np.zeros_like(asked), asked.copy()
    row, column = np.ogrid[: asked.shape[0], : asked.shape[1]]
    turns = TURNS[row % len(TURNS), column % len(TURNS)]
    moves = np.zeros((*(side // 2 + 1 for side in asked.shape), 2), np.int64)
    for turn in range(int(TURNS.max()) + 1):
        # Where those that are open cannot turn the vote, they need not be asked, nor those too far from elsewhere.
        is_undecided = (_votes(is_against | is_open) > (1 - ROUNDING) * half).astype(np.uint8)
        is_open &= cv2.dilate(is_undecided, np.ones((2 * VOTE_REACH + 1,) * 2, np.uint8))[1:-1, 1:-1] > 0
        places = np.argwhere(is_open & (turns == turn))
        for some in (places[first : first + AT_A_TIME] for first in range(0, len(places), AT_A_TIME)):
            windows, counts = _windows(taken, some), _windows(sheets, some)
            if turn:
                rest = ~_is_like(windows, counts, moves[tuple(some.T // 2)])
                some, windows, counts = some[rest], windows[rest], counts[rest]
            if len(some):
                moved = likeness_moved(windows, counts, PADDED_PX)
                is_against[tuple(some.T)] = _largest_afar(moved) < UNLIKE
                moves[tuple(some.T // 2)] = _telling_moves(moved)
        is_open &= turns != turn
    return np.asarray(_votes(is_against) > half, np.bool_)


def _telling_moves(moved: FloatArray) -> Places:
    """Return dy, dx (n, 2), `FARTHEST_PX` long, by which windows are most like themselves, of `likeness_moved`.

    Those for which the same one does as well get that: they are tried together.
    """
    far = moved[:, _FAR_ROWS, _FAR_COLUMNS]
    common = far.mean(axis=0).argmax()
    best = np.where(far[:, common] >= LIKE_ENOUGH, common, far.argmax(axis=1))
    return np.stack([_FAR_ROWS[best], _FAR_COLUMNS[best]], axis=1) - WINDOW_PX // 2


def _is_like(taken: FloatArray, sheets: Mask, moves: Places) -> Mask:
    """Say of windows (n, S, S) whether one move of each, dy, dx of (n, 2), is enough to know that it is like itself.

    Moves are `FARTHEST_PX` long: dots have left their own places there, or never do. Where none is known, it is 0, 0.
    """
    mask = sheets.astype(np.float32)
    number = mask.sum(axis=(1, 2))
    wave = (taken - ((taken * mask).sum(axis=(1, 2)) / number)[:, None, None]) * mask
    energy = np.maximum(np.square(wave).sum(axis=(1, 2)) / number, np.float32(1e-9))
    is_like = np.zeros(len(taken), np.bool_)
    for move in np.unique(moves[moves.any(axis=1)], axis=0):
        which = np.flatnonzero((moves == move).all(axis=1))
        down, across = move.tolist()
        upper, lower = np.s_[: WINDOW_PX - down], np.s_[down:]
        left, right = np.s_[: WINDOW_PX - abs(across)], np.s_[abs(across) :]
        here, there = (
            (np.s_[:, upper, left], np.s_[:, lower, right])
            if across >= 0
            else (np.s_[:, upper, right], np.s_[:, lower, left])
        )
        shared, overlap = (np.einsum("nij,nij->n", plane[which][here], plane[which][there]) for plane in (wave, mask))
        alike = shared / np.maximum(overlap, LEAST_OVERLAP * number[which]) / energy[which]
        is_like[which] = alike >= UNLIKE + SURELY
    return is_like


def _votes(which: Mask) -> FloatArray:
    """Add up what windows (rows, columns) say, each spread over its neighbours, one place more on each side."""
    sides = (2 * VOTE_REACH + 1,) * 2
    return np.asarray(cv2.GaussianBlur(np.pad(which.astype(np.float32), 1), sides, VOTE_SPREAD), np.float32)


def _windows(plane: NDArray[Value], places: Places) -> NDArray[Value]:
    """Cut out windows (n, S, S) by their rows and columns (n, 2)."""
    every = sliding_window_view(plane, (WINDOW_PX, WINDOW_PX))[::STEP_PX, ::STEP_PX]
    return np.asarray(every[tuple(places.T)])


def _pixels(which: Mask) -> NDArray[np.int32]:
    """Count the pixels in each window."""
    total = cv2.integral(which.view(np.uint8))[::STEP_PX, ::STEP_PX]
    wide = WINDOW_PX // STEP_PX
    counts = total[wide:, wide:] - total[:-wide, wide:] - total[wide:, :-wide] + total[:-wide, :-wide]
    return np.asarray(counts, np.int32)


_RING = np.rint(distances(WINDOW_PX)).astype(np.int64)
_NEAREST_FIRST = np.argsort(_RING, axis=None, kind="stable")[: np.count_nonzero(_RING <= FARTHEST_PX)]
_NUMBER = np.bincount(_RING.ravel())[: FARTHEST_PX + 1]
_FIRST = np.cumsum(_NUMBER) - _NUMBER
_FAR_ROWS, _FAR_COLUMNS = np.nonzero((_RING == FARTHEST_PX) & (np.arange(WINDOW_PX)[:, None] >= WINDOW_PX // 2))
"""How far each way to move a window is, in whole pixels; the ways up to the farthest in the order of that, how many of
each length, and where these begin; and half of the farthest ones, the others being the same backwards."""
