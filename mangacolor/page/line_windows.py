"""Where a page is screened with lines, and how many of them there are to a pixel.

Windows are looked at whose gradients all run one way. Lines of a screen are as far apart and as thick as the ones
beside them, and run on as they are, so that such a window looks like itself some lines farther, and farther along its
lines; lines that a hand ruled never do quite (docs/decisions/0050-line-screens.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mangacolor.image import pixels_from_float
from mangacolor.page.areas import groups_of
from mangacolor.page.repeats import likeness_moved

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Pace = NDArray[np.float64]
Places = NDArray[np.int64]

WINDOW_PX, STEP_PX, PADDED_PX = 64, 32, 96
"""Windows that are looked at, the way from one to the next, and what they are padded to."""

AT_A_TIME, BAND_BLOCKS = 32, 16
"""Windows, and rows of steps, that are in work at a time."""

TILE_STEPS, MOST_WINDOWS = 8, 400
"""Of more windows than the second those are looked at that lie in the fullest squares of the first side."""

PERIODS_PX = (2.4, 10.5)
"""Smallest and largest distance from line to line: blinds and boards are farther apart."""

ONE_WAY, LEAST_CONTRAST, MOST_KNOWN = 0.8, 0.1, 0.5
"""How far the gradients of a window run one way (coherence of the structure tensor, Bigün & Granlund 1987), and how
strong they are in the mean square, at least; and which share of it may be a screen that is known."""

AFAR_PX = (18, 28)
LIKE_ITSELF, SURELY = 0.8, 0.92
"""How far a window is moved across its lines and along them, and how much it is like itself there, at least, and where
nothing is drawn over it."""

BLUR_PX = 0.8
SECTOR = np.linspace(-0.14, 0.14, 15)
"""Standard deviation of a blur, without which thin lines are not like those that are parts of a pixel off; and how far
their way, in radians, may be from that of the gradients, which follow the grid of pixels a little."""

RAY_STEP_PX, OFF_PERIOD, OFF_PX = 0.25, 0.2, 0.3
"""How finely likeness is looked at along a ray; and by what share of the period, and how many pixels more, the way from
one of its tops to the next may be off."""

ABOUT_ONE_WAY, SAME_WAY, SAME_PERIOD, SAME_PX = 0.15, 0.04, 0.04, 0.1
FEWEST_SURE = 6
"""Radians by which windows that touch may differ, by their gradients and by their lines; the same of the period, as a
share and in pixels more; and how many windows of one screen are surely like themselves, at least."""

SAME_PACE = 0.02
"""How far apart two paces of one screen may be, as a share."""

PATCH_PX, NEAR_PERIOD = 192, 0.12
"""Side of the square in which the pace of the lines is measured, where the most of them are, and how far, as a share,
it may be from what the windows say."""


class Lines(NamedTuple):
    """The lines of a screen.

    Attributes:
        pace: (2,) how many there are to a pixel, down and across.
        middles: (n, 2) row and column of the middles of windows that show little else.
    """

    pace: Pace
    middles: Places

    @property
    def period_px(self) -> float:
        """Distance from line to line."""
        return 1 / float(np.hypot(*self.pace))

    def is_like(self, other: Lines) -> bool:
        """Whether both are about as far apart, and run about the same way."""
        apart = min(float(np.hypot(*(self.pace - way * other.pace))) for way in (-1, 1))
        return apart * self.period_px < SAME_PACE

    def covered(self, shape: tuple[int, ...]) -> Mask:
        """Return where (H, W) its windows are."""
        where = np.zeros(shape, np.bool_)
        for row, column in self.middles.tolist():
            half = WINDOW_PX // 2
            where[row - half : row + half, column - half : column + half] = True
        return where


def find_lines(gray: FloatArray, known: Mask) -> Iterator[Lines]:
    """Yield the lines of every screen of a page; those of one pace are yielded wherever they do not touch.

    Args:
        gray: (H, W) page in [0, 1], paper white.
        known: (H, W) screens that are known already: nothing is looked for there.
    """
    if min(gray.shape) < 2 * STEP_PX:
        return
    places, ways = _ruled_windows(gray, known)
    is_one = np.zeros(len(places), np.bool_)
    for group in _groups(places, ways, np.zeros(len(places)), ABOUT_ONE_WAY):
        is_one[group] = len(group) >= FEWEST_SURE
    is_one &= _in_fullest_tiles(places, is_one)
    places, ways = places[is_one], ways[is_one]
    if not len(places):
        return
    soft = np.asarray(cv2.GaussianBlur(gray, (0, 0), BLUR_PX), np.float32)
    every = sliding_window_view(soft, (WINDOW_PX, WINDOW_PX))[::STEP_PX, ::STEP_PX]
    periods, alike = np.zeros(len(places)), np.zeros(len(places))
    for first in range(0, len(places), AT_A_TIME):
        some = np.s_[first : first + AT_A_TIME]
        periods[some], alike[some], ways[some] = _periods(every[tuple(places[some].T)], ways[some])
    is_ruled = periods > 0
    places, ways, periods, alike = places[is_ruled], ways[is_ruled], periods[is_ruled], alike[is_ruled]
    for group in _groups(places, ways, periods, SAME_WAY):
        if np.count_nonzero(alike[group] >= SURELY) >= FEWEST_SURE:
            middles = places[group] * STEP_PX + WINDOW_PX // 2
            yield Lines(_pace(gray, middles, float(np.median(periods[group]))), middles)


def _in_fullest_tiles(places: Places, counts: Mask) -> Mask:
    """Say which windows (n, 2) lie in the squares with the most that count, as long as these are `MOST_WINDOWS`."""
    tiles = places // TILE_STEPS
    number = tiles[:, 0] * (tiles[:, 1].max(initial=0) + 1) + tiles[:, 1]
    held = np.bincount(number, counts)
    fullest = np.argsort(-held, kind="stable")
    kept = fullest[: np.searchsorted(held[fullest].cumsum(), MOST_WINDOWS) + 1]
    return np.isin(number, kept)


def _ruled_windows(gray: FloatArray, known: Mask) -> tuple[Places, Pace]:
    """Return the windows (n, 2) whose gradients all run one way, and which, in radians from the x axis."""
    rows, columns = (side // STEP_PX for side in gray.shape)
    blocks = np.empty((4, rows, columns), np.float32)
    for first in range(0, rows, BAND_BLOCKS):  # in bands, for memory
        last = min(rows, first + BAND_BLOCKS)
        cut = np.s_[first * STEP_PX : last * STEP_PX, : columns * STEP_PX]
        shown = pixels_from_float(gray[cut])
        across, down = (
            cv2.Sobel(shown, cv2.CV_32F, *which, scale=1 / (4 * 255), ksize=3) for which in ((1, 0), (0, 1))
        )
        planes = (across * across, down * down, across * down, known[cut].astype(np.float32))
        for block, plane in zip(blocks, planes, strict=True):
            block[first:last] = cv2.resize(plane, (columns, last - first), interpolation=cv2.INTER_AREA)
    level, upright, mixed, screened = (
        blocks[:, :-1, :-1] + blocks[:, 1:, :-1] + blocks[:, :-1, 1:] + blocks[:, 1:, 1:]
    ) / 4
    strength = level + upright
    one_way = np.hypot(level - upright, 2 * mixed) / np.maximum(strength, np.float32(1e-6))
    places = np.argwhere((one_way > ONE_WAY) & (strength > LEAST_CONTRAST) & (screened < MOST_KNOWN))
    ways = 0.5 * np.arctan2(2 * mixed, level - upright)[tuple(places.T)]
    return places, ways.astype(np.float64)


def _periods(windows: FloatArray, ways: Pace) -> tuple[Pace, Pace, Pace]:
    """Return the distance from line to line in windows (n, S, S) whose lines run across `ways`, 0 where there is none.

    Returns:
        (n,) distances, (n,) how much a window is like itself, and (n,) its way, which is finer than that of gradients.
    """
    alike = likeness_moved(windows, np.ones(windows.shape, np.bool_), PADDED_PX)
    radii = np.arange(0, AFAR_PX[1] + RAY_STEP_PX / 2, RAY_STEP_PX)
    periods, likeness, finer = np.zeros(len(windows)), np.zeros(len(windows)), ways.copy()
    for number, (plane, way) in enumerate(zip(alike, ways, strict=True)):
        along = _on_rays(plane, way + np.pi / 2 + SECTOR, radii)[:, radii >= AFAR_PX[0]].min(axis=1)
        if along.max() < LIKE_ITSELF:
            continue
        finer[number] = way = way + SECTOR[along.argmax()]
        (ray,) = _on_rays(plane, way[None], radii)
        tops = np.flatnonzero((ray[1:-1] > ray[:-2]) & (ray[1:-1] >= ray[2:]) & (ray[1:-1] > LIKE_ITSELF)) + 1
        if not len(tops) or radii[tops[-1]] < AFAR_PX[0]:
            continue
        steps = np.diff(np.concatenate([[0], radii[tops]]))
        period = radii[tops[-1]] / len(tops)
        # No top is missing, and none is one too many.
        if PERIODS_PX[0] <= period <= PERIODS_PX[1] and np.abs(steps - period).max() < OFF_PERIOD * period + OFF_PX:
            periods[number], likeness[number] = period, min(along.max(), ray[tops].min())
    return periods, likeness, finer


def _on_rays(plane: FloatArray, ways: Pace, radii: Pace) -> FloatArray:
    """Return values of a plane (S, S) on rays from its middle, (ways, radii)."""
    middle = plane.shape[0] // 2
    x, y = (middle + np.outer(turn(ways), radii).astype(np.float32) for turn in (np.cos, np.sin))
    return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _groups(places: Places, ways: Pace, periods: Pace, same_way: float) -> list[NDArray[np.intp]]:
    """Group windows (n, 2) that touch and have about the same lines."""
    if not len(places):
        return []
    number = np.full(places.max(axis=0) + 3, -1, np.intp)  # of the window at a place, with a margin
    number[tuple((places + 1).T)] = np.arange(len(places))
    one, other = [], []
    for step in ((0, 1), (1, -1), (1, 0), (1, 1)):
        beside = number[tuple((places + 1 + step).T)]
        at = np.flatnonzero(beside >= 0)
        one.append(at)
        other.append(beside[at])
    first, second = np.concatenate(one), np.concatenate(other)
    turned = np.abs((ways[first] - ways[second] + np.pi / 2) % np.pi - np.pi / 2)
    is_same = (turned < same_way) & (np.abs(periods[first] - periods[second]) < SAME_PERIOD * periods[first] + SAME_PX)
    group = groups_of(first[is_same], second[is_same], len(places))
    return [np.flatnonzero(group == which) for which in np.unique(group)]


def _pace(gray: FloatArray, middles: Places, period: float) -> Pace:
    """Measure how many lines there are to a pixel, down and across, where most of the middles (n, 2) of windows lie."""
    counts = np.zeros(middles.max(axis=0) // STEP_PX + 1, np.float32)
    counts[tuple((middles // STEP_PX).T)] = 1
    side = (PATCH_PX - WINDOW_PX) // STEP_PX + 1
    most = np.unravel_index(cv2.blur(counts, (side, side), borderType=cv2.BORDER_CONSTANT).argmax(), counts.shape)
    top, left = (
        int(np.clip(place * STEP_PX - PATCH_PX // 2, 0, max(0, whole - PATCH_PX)))
        for place, whole in zip(most, gray.shape, strict=True)
    )
    patch = gray[top : top + PATCH_PX, left : left + PATCH_PX]
    window = np.outer(*(np.hanning(length) for length in patch.shape))
    wave = (patch - np.average(patch, weights=window)) * window
    power, paces = np.abs(np.fft.fft2(wave, (2 * PATCH_PX,) * 2)), np.fft.fftfreq(2 * PATCH_PX)
    is_near = np.abs(np.hypot(paces[:, None], paces) * period - 1) < NEAR_PERIOD
    place = np.unravel_index((power * is_near).argmax(), power.shape)
    tops = []
    for axis in (0, 1):  # the top of a parabola through three values
        ray = np.take(power, place[1 - axis], 1 - axis)
        low, middle, high = np.take(ray, place[axis] + np.arange(-1, 2), mode="wrap")
        bend = low - 2 * middle + high
        off = 0.5 * (low - high) / bend if bend < 0 else 0.0
        tops.append(paces[place[axis]] + off / (2 * PATCH_PX))
    return np.array(tops)
