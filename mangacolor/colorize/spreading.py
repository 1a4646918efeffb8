"""Diffusion over a page that lines and tones stop, as that of scribbles in Levin, Lischinski & Weiss (2004)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Sums = NDArray[np.float64]

REACH_SHARE = 0.8
"""How far colour reaches where nothing is in its way, as a share of the page's short side."""

LINE_RESISTANCE = 14.0
"""Colour flows through a cell of ink e to this times worse than over paper."""

TONE_STEP = 0.1
"""Difference of two tones that colour hardly crosses."""

PIN = 100.0
"""How firmly a cell holds the colour asked for, against its neighbours."""


def diffuse(asked: FloatArray, ink: FloatArray, tone: FloatArray) -> FloatArray:
    """Solve for the fields (h, w, C) that equal `asked` where its first channel is set, and flow from there.

    Args:
        asked: (h, w, C), the first channel 1 where something is asked for.
        ink: (h, w) in [0, 1], which colour hardly flows through.
        tone: (h, w) in [0, 1], whose steps it hardly crosses.
    """
    height, width = ink.shape
    if width > height:  # rows are worked through one by one, and short ones are sooner done
        return np.asarray(diffuse(asked.swapaxes(0, 1), ink.T, tone.T).swapaxes(0, 1))
    across, down = _conductance(ink, tone, 1), _conductance(ink, tone, 0)
    pinned = asked[..., 0].astype(np.float64) * PIN
    own = pinned + 1 / (REACH_SHARE * width) ** 2
    own[:, :-1] += across
    own[:, 1:] += across
    own[:-1] += down
    own[1:] += down
    return np.asarray(_solved(own, across, down, asked * pinned[..., None]), np.float32)


def _solved(own: Sums, across: Sums, down: Sums, known: Sums) -> Sums:
    """Solve for the fields of all cells by block elimination (Golub & Van Loan, Matrix Computations, 4.5.1).

    Each row is written in terms of the one below it, from the top; the last is then known, and the others from it.

    Args:
        own: (h, w) what each cell's own value counts.
        across: (h, w - 1) how well colour flows to the next cell of a row.
        down: (h - 1, w) and to the next row.
        known: (h, w, C) what each cell is given.
    """
    fields = known.copy()
    inverses: list[Sums] = []
    beside = np.arange(own.shape[1] - 1)
    for row in range(len(own)):
        block = np.diag(own[row])
        block[beside, beside + 1] = block[beside + 1, beside] = -across[row]
        if row:
            block -= down[row - 1][:, None] * inverses[-1] * down[row - 1]
            fields[row] += down[row - 1][:, None] * fields[row - 1]
        inverses.append(np.linalg.inv(block))
        fields[row] = inverses[-1] @ fields[row]
    for row in reversed(range(len(own) - 1)):
        fields[row] += inverses[row] @ (down[row][:, None] * fields[row + 1])
    return np.asarray(fields, np.float64)


def _conductance(ink: FloatArray, tone: FloatArray, axis: int) -> Sums:
    """Return how well colour flows from each cell to the next along an axis: badly through ink and to other tones."""
    cover = 1 - ink
    lines = np.take(cover, range(1, cover.shape[axis]), axis) + np.take(cover, range(cover.shape[axis] - 1), axis)
    steps = np.square(np.diff(tone, axis=axis) / TONE_STEP)
    return np.asarray(np.exp(-LINE_RESISTANCE * lines - steps), np.float64)
