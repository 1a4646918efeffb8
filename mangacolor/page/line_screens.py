"""Line screens: parallel lines that were printed for a grey, taken apart into that grey and what is drawn over them.

A place of a screen looks like other places along its lines, and a whole number of lines away; what is darker than these
was drawn over it (docs/decisions/0050-line-screens.md).
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.areas import pieces_of
from mangacolor.page.beneath_dots import along_strokes
from mangacolor.page.line_windows import Lines, Pace, find_lines
from mangacolor.page.screen_cells import LONGEST_PX, OFF_BY_LENGTH, Places, expected

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

MOST_FOUND = 0.5
"""Share of the windows of a screen up to which it was not found with another of the same pace."""

MOST_SCREENS = 6
"""Screens that are taken apart, the largest first."""

SHIFT_PX = (9.0, 44.0)
SHIFTS = 8
"""A place is compared with places so near and so far, so many of them along its lines and as many across; those first
that are nearest to a whole number of lines away, each pixel of the way counting as `OFF_BY_LENGTH` of one."""

EVEN, EVEN_PX = 0.6, 0.5
AROUND, AROUND_PX = 0.75, 1.5
"""Standard deviation of the blur in which lines become one grey, and half the side of the square in which a place is
told, in periods and pixels more."""

DARKER, LEAST_SAID = 0.2, 0.4
MOST_OFF, LEAST_SPREAD = 0.3, 0.05
SOFT_PX, SMALLEST_PX = 0.8, 1500
"""From what difference on a place is darker than expected, and says nothing; which share of those around say something,
at least; the most that the squares of their differences are of the variance of what is expected, and the least standard
deviation of that. All of this after a blur, since edges may be jagged. And pixels of the smallest part of a screen."""

LIGHTER, FEWEST_WHITE = 0.12, 3
"""How much lighter than expected dark lines are, after the same blur, where something white was drawn over them, and of
how many pixels at least."""

MOST_GRAIN = 0.09
"""Mean difference up to which a screen is taken apart: where edges of lines are ragged, crumbs of them look like
strokes. Clean sheets have 0.01 to 0.04, printed and scanned ones up to 0.06, ragged ones in black and white 0.13."""

HIDDEN, SEEN = 0.25, 0.6
STROKE, BARE, DARKEST, FADES_PX = 0.7, 0.8, 0.1, 1
FEWEST_BEGUN = 2
"""Lines of a screen that are darker than the first hide what is drawn over them, and where they are lighter than the
second it is seen. A stroke is darker than the third share of what is expected, which counts as the fifth at least, with
what is so near, and so many of its pixels lie where a screen is lighter than the fourth: of letters little is seen."""


class LineScreens(NamedTuple):
    """What was found of line screens on a page.

    Attributes:
        where: (H, W) places that they cover.
        ink: (H, W) what is drawn over them, in [0, 1]; 1 elsewhere.
        tone: (H, W) the grey that they stand for, in [0, 1]; 1 elsewhere.
    """

    where: Mask
    ink: FloatArray
    tone: FloatArray


def find_line_screens(gray: FloatArray, known: Mask) -> LineScreens | None:
    """Find line screens, and take them apart.

    Args:
        gray: (H, W) page in [0, 1], paper white.
        known: (H, W) screens that are known already: nothing is looked for there.

    Returns:
        What was found; None where there is nothing.
    """
    if max(gray.shape) > LONGEST_PX:
        return None
    screens = sorted(find_lines(gray, known), key=lambda lines: -len(lines.middles))[:MOST_SCREENS]
    found: LineScreens | None = None
    for lines in screens:
        if found is not None and found.where[tuple(lines.middles.T)].mean() > MOST_FOUND:
            continue
        may_be = ~known
        for other in screens:
            if not lines.is_like(other):
                may_be &= ~other.covered(gray.shape)
        part = _taken_apart(gray, may_be, lines)
        if found is None or part is None:
            found = part or found
            continue
        is_new = part.where & ~found.where
        ink, tone = (np.where(is_new, *both) for both in zip(part[1:], found[1:], strict=True))
        found = LineScreens(found.where | is_new, ink, tone)
    return found


def _shifts(pace: Pace) -> Places:
    """Return shifts (n, 2) of whole pixels by which a screen comes to lie on itself, both ways each."""
    reach = int(SHIFT_PX[1])
    down, across = (axis.ravel() for axis in np.mgrid[0 : reach + 1, -reach : reach + 1])
    length = np.hypot(down, across)
    is_near = (length >= SHIFT_PX[0]) & (length <= SHIFT_PX[1]) & ((down > 0) | (across > 0))
    down, across, length = down[is_near], across[is_near], length[is_near]
    lines = pace[0] * down + pace[1] * across
    off = np.abs(lines - np.rint(lines)) / np.hypot(*pace) + OFF_BY_LENGTH * length
    is_along = np.rint(lines) == 0
    half = np.concatenate(
        [np.flatnonzero(which)[off[which].argsort(kind="stable")[: SHIFTS // 2]] for which in (is_along, ~is_along)]
    )
    steps = np.stack([down[half], across[half]], axis=1).astype(np.int64)
    return np.concatenate([steps, -steps])


def _taken_apart(gray: FloatArray, may_be: Mask, lines: Lines) -> LineScreens | None:
    """Take apart all of a page (H, W) that is screened with lines of one pace."""
    period, shifts = lines.period_px, _shifts(lines.pace)
    where, usual = may_be, gray
    for _ in range(2):  # once more without what is beside the screen, and drawn over it
        tone = _mean_around(np.where(gray < STROKE * usual, usual, gray), where, period)
        usual, is_known = expected(gray, tone, where & (gray >= STROKE * usual), shifts)
        usual = np.where(is_known, usual, gray)
        where = _is_screen(gray, usual, may_be & is_known, period)
        if not where.any():
            return None
    if np.abs(gray - usual)[where].mean() > MOST_GRAIN:
        return None
    # Places that too few others are like are single pixels.
    where = may_be & (cv2.morphologyEx(where.view(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0)
    where &= ~_drawn_in_white(gray, usual, where, period)
    ink = _strokes(gray, usual, where, period)
    tone = _mean_around(np.where(ink < 1, usual, gray), where, period)
    return LineScreens(where, ink, np.where(where, tone, np.float32(1)))


def _mean_around(plane: FloatArray, where: Mask, period: float) -> FloatArray:
    """Return the mean of a plane (H, W) over some lines, as far as places count."""
    weight = where.astype(np.float32)
    spread = EVEN * period + EVEN_PX
    total, number = (cv2.GaussianBlur(part, (0, 0), spread) for part in (plane * weight, weight))
    return np.asarray(total / np.maximum(number, 1e-4), np.float32).clip(0, 1)


def _is_screen(gray: FloatArray, usual: FloatArray, may_be: Mask, period: float) -> Mask:
    """Say where a page (H, W) has lines, and looks as expected but for what is drawn over them."""
    side = 2 * round(AROUND * period + AROUND_PX) + 1
    shown, wanted = (cv2.GaussianBlur(plane, (0, 0), SOFT_PX) for plane in (gray, np.where(may_be, usual, gray)))
    off = shown - wanted
    says = (may_be & (off > -DARKER)).astype(np.float32)
    number, squares, mean, spread = (
        cv2.blur(plane, (side, side)) for plane in (says, off * off * says, wanted, wanted * wanted)
    )
    spread = spread - mean * mean
    is_screen = may_be & (spread > LEAST_SPREAD**2) & (squares <= MOST_OFF * spread * number) & (number > LEAST_SAID)
    labels, stats = pieces_of(is_screen, connectivity=8)
    return np.asarray(is_screen & (stats[:, cv2.CC_STAT_AREA] >= SMALLEST_PX)[labels], np.bool_)


def _drawn_in_white(gray: FloatArray, usual: FloatArray, where: Mask, period: float) -> Mask:
    """Say where (H, W) white was drawn over a screen: where dark lines are light, and the gaps beside them."""
    shown, wanted = (cv2.GaussianBlur(plane, (0, 0), SOFT_PX) for plane in (gray, usual))
    labels, stats = pieces_of(where & (shown - wanted > LIGHTER), connectivity=8)
    is_white = (stats[:, cv2.CC_STAT_AREA] >= FEWEST_WHITE)[labels] & (labels > 0)
    side = 2 * round(period / 2 + 2 * FADES_PX) + 1
    return np.asarray(cv2.dilate(is_white.view(np.uint8), np.ones((side, side), np.uint8)) > 0)


def _strokes(gray: FloatArray, usual: FloatArray, where: Mask, period: float) -> FloatArray:
    """Return the ink (H, W) of what is drawn over a screen."""
    seen = np.minimum(gray / np.maximum(usual, np.float32(DARKEST)), np.float32(1))
    trust = ((usual - HIDDEN) / (SEEN - HIDDEN)).clip(0, 1)
    begins = where & (usual > BARE) & (seen < STROKE)
    ink = np.ones(gray.shape, np.float32)
    if not begins.any():
        return ink
    near = np.ones((2 * round(period / 2 + FADES_PX) + 1,) * 2, np.uint8)
    beside = where & (trust < 1) & (cv2.dilate(begins.view(np.uint8), near) > 0)
    filled = np.where(trust >= 1, seen, np.float32(1))
    filled[beside] = along_strokes(seen, trust, beside, period)
    filled[beside] += trust[beside] * (seen[beside] - filled[beside])
    stroke = where & (filled < STROKE)
    labels, stats = pieces_of(stroke | ~where, connectivity=8)
    stroke &= (np.bincount(labels[begins], minlength=len(stats)) >= FEWEST_BEGUN)[labels]
    grown = cv2.dilate(stroke.view(np.uint8), np.ones((2 * FADES_PX + 1,) * 2, np.uint8)) > 0
    return np.where(grown & where, filled, ink)
