"""Spot functions: the shapes of a screentone's spots, and what a pixel sees of them.

A periodic tone is a spot function on a rotated lattice, replaced by its rank so that "below c" covers exactly the share
c of a cell (PostScript Language Reference, section 7.4, calls this a spot function and does the same). What a pixel
sees of it is the mean over its square. That mean is taken in the Fourier domain of the cell, where the square is the
product of two sincs: it vanishes at every whole frequency, so that no harmonic of the dots, however their period and
angle agree with the pixel grid, is ever folded onto frequency 0. Hence the mean is right for a period of exactly 3 at
0 degrees, too, which has only nine distinct pixels.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

CELL = 64
"""Samples of a cell along each axis."""

COVERAGES = 32
"""Steps of coverage that are kept; between them is interpolated."""


def spot_cells(kind: str, coverages: FloatArray, period_px: float, angle_deg: float) -> FloatArray:
    """Return what pixels of a periodic screentone look like, for each place of the cell they may fall on.

    Args:
        kind: "round", "dot_on_black", "square", "line", "cross", "check" or "stripe".
        coverages: (n,) black shares in [0, 1].
        period_px: Side of the cell in pixels.
        angle_deg: Turn of the lattice against the pixel grid.

    Returns:
        (n, CELL + 1, CELL + 1) in [0, 1], 1 is paper; the last row and column repeat the first, for interpolation.
    """
    spectra = _spectra(kind)
    position = coverages.clip(0, 1) * COVERAGES
    lower = np.minimum(position.astype(np.int64), COVERAGES - 1)
    weight = (position - lower).astype(np.float32)[:, None, None]
    spectrum = spectra[lower] * (1 - weight) + spectra[lower + 1] * weight
    k, n = np.arange(CELL // 2 + 1), np.fft.fftfreq(CELL, 1 / CELL)[:, None]
    turn = math.radians(angle_deg)
    along_x = (k * math.cos(turn) - n * math.sin(turn)) / period_px
    along_y = (k * math.sin(turn) + n * math.cos(turn)) / period_px
    square = (np.sinc(along_x) * np.sinc(along_y)).astype(np.float32)
    cells = np.fft.irfft2(spectrum * square, s=(CELL, CELL)).clip(0, 1)
    return np.asarray(np.pad(cells, ((0, 0), (0, 1), (0, 1)), mode="wrap"), np.float32)


@lru_cache(maxsize=16)
def _spectra(kind: str) -> NDArray[np.complex64]:
    """Spectra of one cell's paper at coverages 0 to 1; (COVERAGES + 1, CELL, CELL / 2 + 1)."""
    side: FloatArray = ((np.arange(CELL) + 0.5) / CELL - 0.5).astype(np.float32)
    values = np.broadcast_to(_spot(kind, side[None, :], side[:, None]), (CELL, CELL)).ravel()
    # Lines have whole columns of one value; to fill those in order would give them notches.
    order = np.lexsort((np.random.default_rng(0).permutation(values.size), values))
    rank = np.empty(values.size, np.int64)
    rank[order] = np.arange(values.size)
    covered = np.arange(COVERAGES + 1) * (values.size // COVERAGES)
    paper = rank.reshape(1, CELL, CELL) >= covered[:, None, None]
    return np.asarray(np.fft.rfft2(paper.astype(np.float32)), np.complex64)


def _spot(kind: str, u: FloatArray, v: FloatArray) -> FloatArray:
    """Evaluate a spot function on the cell (-0.5, 0.5)²: low values blacken first."""
    a, b = np.abs(u), np.abs(v)
    if kind == "round":
        return np.hypot(a, b)
    if kind == "dot_on_black":
        return -np.hypot(a, b)
    if kind == "square":
        return np.maximum(a, b)
    if kind == "line":
        return a
    if kind == "cross":
        return np.minimum(a, b)
    if kind == "check":
        return np.minimum(np.maximum(a, b), np.maximum(0.5 - a, 0.5 - b))
    if kind == "stripe":  # a band, and between every two of them another half as wide
        return np.minimum(a, 2 * (0.5 - a))
    raise ValueError(f"no periodic screentone is called {kind!r}")
