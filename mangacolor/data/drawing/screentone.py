"""Screentone laid over flat greys as artists do, with the grey it stands for known exactly.

Antialiased periodic tone shows in each pixel the mean of the dots over its square (`spots`). Tone without antialiasing
is that mean against a threshold. With a period of exactly 3 at 0 degrees there are only nine distinct pixels, which a
threshold of one half would turn wholly black or white; therefore it is jittered from pixel to pixel (the grain of a
scan in black and white), and then shifted until as many pixels are white as the means ask for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal, NamedTuple, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.spots import CELL, COVERAGES, spot_cells

FloatArray = NDArray[np.float32]

Kind = Literal["round", "square", "line", "cross", "check", "stripe", "dot_on_black", "noise", "blue_noise"]
KINDS: tuple[Kind, ...] = get_args(Kind)

PAPER_TONE, BLACK_TONE = 0.97, 0.03
"""Lighter tone is left bare and darker tone is filled solid: no screentone is sold beyond."""

_TONE_BINS = 16
_SHARES = {"round": 0.6, "line": 0.12, "noise": 0.06, "blue_noise": 0.04, "dot_on_black": 0.06}
_USUAL_ANGLES_DEG = (45, 45, 45, 45, 0, 90, 30, 60, 15, 75)


@dataclass(frozen=True)
class Screentone:
    """One sheet of screentone.

    Attributes:
        kind: Shape of its spots: black dots, squares, lines, crossed lines, chequers, bands of two widths; white dots
            on black; sand; evenly scattered grains.
        period_px: Distance of neighbouring spots or lines, 2 to 64; for sand and grains the typical distance.
        angle_deg: Turn of the lattice; unused by sand and grains.
        phase: Where the lattice starts, in periods along its two axes, each in [0, 1).
        antialiased: Whether edges of spots are grey; otherwise all pixels are 0 or 1.
        grain: Without antialiasing, how ragged the edges are: 0 hardly, 1 by a whole pixel. A sheet that would beat
            with the pixel grid gets more than asked for, so that its mean is right everywhere.
    """

    kind: Kind = "round"
    period_px: float = 5.0
    angle_deg: float = 45.0
    phase: tuple[float, float] = (0.0, 0.0)
    antialiased: bool = True
    grain: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {self.kind!r}")
        if not 2 <= self.period_px <= 64:
            raise ValueError(f"period_px must lie between 2 and 64; got {self.period_px}")
        if not 0 <= self.grain <= 1:
            raise ValueError(f"grain must lie between 0 and 1; got {self.grain}")


class Screened(NamedTuple):
    """A tone and what it looks like in screentone.

    Attributes:
        drawn: (H, W) float32 in [0, 1], the dots.
        tone: (H, W) float32 in [0, 1], the grey they stand for: the local mean of `drawn`.
        mask: (H, W) bool, where screentone lies; elsewhere both are 1 (bare paper) or one black.
    """

    drawn: FloatArray
    tone: FloatArray
    mask: NDArray[np.bool_]


def random_screentone(rng: np.random.Generator, period_px: tuple[float, float] = (2.5, 12.0)) -> Screentone:
    """Draw a sheet as they occur in manga: mostly round dots at 45 degrees.

    Args:
        rng: Source of everything random.
        period_px: Range of the period, in pixels.
    """
    rest = [kind for kind in KINDS if kind not in _SHARES]
    shares = [_SHARES.get(kind, (1 - sum(_SHARES.values())) / len(rest)) for kind in KINDS]
    kind = KINDS[rng.choice(len(KINDS), p=shares)]
    low, high = period_px
    period = math.exp(rng.uniform(math.log(low), math.log(high)))
    if rng.random() < 0.1:  # drawn on the pixel grid by a program, not scanned
        period = min(max(float(round(period)), low), high)
    angle = float(rng.choice(_USUAL_ANGLES_DEG)) if rng.random() < 0.7 else rng.uniform(0, 180)
    if rng.random() < 0.5:  # laid by hand or scanned askew
        angle += rng.normal(0, 1)
    phase = (rng.random(), rng.random())
    return Screentone(kind, period, angle, phase, antialiased=rng.random() < 0.6, grain=rng.uniform(0.45, 1))


def lay_screentone(tone: FloatArray, screentone: Screentone, rng: np.random.Generator) -> FloatArray:
    """Draw grey as screentone whose local mean is that grey.

    Args:
        tone: (H, W) in [0, 1], 1 is paper. It may vary from pixel to pixel, as on a sheet with a gradient.
        screentone: The sheet.
        rng: Source of the grain and of sand; smooth periodic tone does not use it.

    Returns:
        (H, W) float32 in [0, 1]; only 0 and 1 where the sheet is not antialiased.
    """
    if tone.size == 0:
        return np.zeros_like(tone)
    lightest, darkest = float(tone.max()), float(tone.min())
    if screentone.kind in ("noise", "blue_noise"):
        return _lay_aperiodic(tone, screentone, rng)
    u, v = _lattice(tone.shape, screentone)
    if lightest == darkest:
        tile = _cells(screentone, np.array([1 - lightest], np.float32))[0]
        paper = _look_up(tile, u, v)
    else:
        paper = _look_up_varying(1 - tone, screentone, u, v)
    return paper if screentone.antialiased else _in_black_and_white(paper, tone, _grain(screentone), rng)


def screen(tone: FloatArray, rng: np.random.Generator, period_px: tuple[float, float] = (2.5, 12.0)) -> Screened:
    """Lay screentone over a picture's greys as an artist does.

    Mostly the greys are reduced to two to five, their areas cut out cleanly, and each gets its own sheet, of about one
    period on a page; sometimes a single sheet follows the greys continuously. Paper (lighter than 0.97) stays bare and
    black (darker than 0.03) solid. Sometimes all is printed lighter.

    Args:
        tone: (H, W) in [0, 1], 1 is paper.
        rng: Source of everything random.
        period_px: Range of the period, in pixels.
    """
    tone = np.asarray(tone, np.float32)
    screened = _screen_gradient(tone, rng, period_px) if rng.random() < 0.25 else _screen_levels(tone, rng, period_px)
    if rng.random() < 0.15:
        strength = np.float32(rng.uniform(0.4, 0.95))
        drawn, flat = (1 - (1 - array) * strength for array in screened[:2])
        return Screened(drawn, flat, screened.mask)
    return screened


def _screen_gradient(tone: FloatArray, rng: np.random.Generator, period_px: tuple[float, float]) -> Screened:
    flat = np.where(tone > PAPER_TONE, np.float32(1), np.where(tone < BLACK_TONE, np.float32(0), tone))
    drawn = lay_screentone(flat, random_screentone(rng, period_px), rng)
    mask = (flat > 0) & (flat < 1)
    return Screened(np.where(mask, drawn, flat), flat, mask)


def _screen_levels(tone: FloatArray, rng: np.random.Generator, period_px: tuple[float, float]) -> Screened:
    count = int(rng.integers(2, 6))
    steps = rng.uniform(0.5, 1.5, count).cumsum()
    edges = BLACK_TONE + (PAPER_TONE - BLACK_TONE) * np.concatenate([[0], steps / steps[-1]]).astype(np.float32)
    # Level 0 is black and the last one paper. The median removes specks and smooths outlines, as a knife would.
    level = np.zeros(tone.shape, np.uint8)
    for edge in edges:
        level += tone >= edge
    level = np.asarray(cv2.medianBlur(level, 7), np.uint8)
    flat = np.where(level > count, np.float32(1), np.float32(0))
    drawn = flat.copy()
    low, high = period_px
    base_px = math.exp(rng.uniform(math.log(low), math.log(high)))
    for number in range(1, count + 1):
        spread = (max(low, base_px * 0.93), min(high, base_px * 1.07)) if rng.random() < 0.8 else period_px
        sheet = random_screentone(rng, spread)
        grey = np.float32(rng.uniform(edges[number - 1] + 0.02, edges[number] - 0.02))
        area = level == number
        box = _bounding_box(area)
        if box is None:
            continue
        inside = area[box]
        flat[box][inside] = grey
        drawn[box][inside] = lay_screentone(np.full(inside.shape, grey, np.float32), sheet, rng)[inside]
    return Screened(drawn, flat, (level > 0) & (level <= count))


def _bounding_box(area: NDArray[np.bool_]) -> tuple[slice, slice] | None:
    rows, columns = np.flatnonzero(area.any(axis=1)), np.flatnonzero(area.any(axis=0))
    if not rows.size:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _cells(screentone: Screentone, coverages: FloatArray) -> FloatArray:
    return spot_cells(screentone.kind, coverages, screentone.period_px, screentone.angle_deg)


def _lattice(shape: tuple[int, ...], screentone: Screentone) -> tuple[FloatArray, FloatArray]:
    """Place of every pixel in its cell, in samples of the cell; two of (H, W)."""
    turn = math.radians(screentone.angle_deg)
    step_x, step_y = math.cos(turn) / screentone.period_px, math.sin(turn) / screentone.period_px
    x, y = np.arange(shape[1]), np.arange(shape[0])[:, None]
    places = []
    for across, down, phase in ((step_x, step_y, screentone.phase[0]), (-step_y, step_x, screentone.phase[1])):
        # Whole periods go before the sum, so that float32 suffices far down a page.
        place = ((x * across + phase) % 1).astype(np.float32) + ((y * down) % 1).astype(np.float32)
        place -= place >= 1
        place *= CELL
        places.append(place)
    return places[0], places[1]


def _look_up(tile: FloatArray, u: FloatArray, v: FloatArray) -> FloatArray:
    return np.asarray(cv2.remap(tile, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _look_up_varying(coverage: FloatArray, screentone: Screentone, u: FloatArray, v: FloatArray) -> FloatArray:
    """Interpolate between cells of neighbouring coverages, which lie one below the other in one tall image."""
    position = coverage.clip(0, 1) * np.float32(COVERAGES)
    first, last = int(position.min()), min(int(position.max()) + 1, COVERAGES)
    first = min(first, last - 1)
    coverages = (np.arange(first, last + 1) / COVERAGES).astype(np.float32)
    tall = _cells(screentone, coverages).reshape(-1, CELL + 1)
    lower = np.minimum(np.floor(position), last - 1)
    rows = (lower - first) * (CELL + 1) + v
    paper = _look_up(tall, u, rows)
    lighter_by = paper - _look_up(tall, u, rows + np.float32(CELL + 1))
    return np.asarray(paper - (position - lower) * lighter_by, np.float32)


def _in_black_and_white(paper: FloatArray, tone: FloatArray, grain: float, rng: np.random.Generator) -> FloatArray:
    """Threshold (H, W) means so that in every range of tone as many pixels are white as the means ask for."""
    margin = paper - np.float32(0.5) - np.float32(grain) * (rng.random(paper.shape, dtype=np.float32) - np.float32(0.5))
    return _whiten(margin, paper, tone)


def _grain(screentone: Screentone) -> float:
    """Grain that keeps the mean right within some ten periods.

    Straight edges along rows, columns or diagonals cross pixels together, and with a period that is nearly a whole
    number of pixels they do so for a long stretch. Never none at all: on a lattice that fits the pixel grid only grain
    tells equal pixels apart.
    """
    off_grid_deg = abs((screentone.angle_deg + 22.5) % 45 - 22.5)
    has_straight_edges = screentone.kind not in ("round", "dot_on_black")
    if off_grid_deg < 4:
        return max(screentone.grain, 0.85 if has_straight_edges else 0.7)
    return max(screentone.grain, 0.45)


def _whiten(margin: FloatArray, paper: FloatArray, tone: FloatArray) -> FloatArray:
    """Paint the largest margins white, per range of tone as many as the sum of `paper` says."""
    if float(tone.max()) == float(tone.min()):
        return _whiten_alike(margin, paper)
    bins = (tone * np.float32(_TONE_BINS - 1e-3)).astype(np.uint8)
    white = np.zeros(paper.shape, np.float32)
    for number in np.flatnonzero(np.bincount(bins.ravel(), minlength=_TONE_BINS)):
        inside = bins == number
        white[inside] = _whiten_alike(margin[inside], paper[inside])
    return white


def _whiten_alike(margin: FloatArray, paper: FloatArray) -> FloatArray:
    black_count = margin.size - round(float(paper.sum(dtype=np.float64)))
    if black_count <= 0 or black_count >= margin.size:
        return np.full(margin.shape, black_count <= 0, np.float32)
    return np.asarray(margin >= np.partition(margin.ravel(), black_count)[black_count], np.float32)


def _lay_aperiodic(tone: FloatArray, screentone: Screentone, rng: np.random.Generator) -> FloatArray:
    """Threshold band-passed noise; antialiased: at twice the size."""
    is_even = screentone.kind == "blue_noise"
    sigma_px = (0.18 if is_even else 0.12) * screentone.period_px
    noise = rng.standard_normal(tone.shape, dtype=np.float32)
    wide = cv2.GaussianBlur(noise, (0, 0), sigma_px * (1.6 if is_even else 4))
    band = cv2.GaussianBlur(noise, (0, 0), sigma_px) - wide
    band *= np.float32(1 / max(float(band.std()), 1e-6))
    if float(tone.max()) == float(tone.min()):
        margin = -band
    else:
        margin = np.interp(tone, *_normal_quantiles()).astype(np.float32) - band
    if not screentone.antialiased:
        return _whiten(margin, tone, tone)
    finer = (2 * tone.shape[1], 2 * tone.shape[0])
    fine_tone = np.asarray(cv2.resize(tone, finer, interpolation=cv2.INTER_NEAREST), np.float32)
    white = _whiten(np.asarray(cv2.resize(margin, finer, interpolation=cv2.INTER_CUBIC)), fine_tone, fine_tone)
    return np.asarray(cv2.resize(white, tone.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)


@lru_cache(maxsize=1)
def _normal_quantiles() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shares = np.linspace(0, 1, 513)
    shares[[0, -1]] = 1e-6, 1 - 1e-6
    return shares, np.array([NormalDist().inv_cdf(share) for share in shares])
