"""Diffusion over a page that lines and tones stop, as that of scribbles in Levin, Lischinski & Weiss (2004)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg as sparse_linalg

FloatArray = NDArray[np.float32]

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
    across, down = _conductance(ink, tone, 1), _conductance(ink, tone, 0)
    height, width, channels = asked.shape
    cells = np.arange(height * width).reshape(height, width)
    first = np.concatenate([cells[:, :-1].ravel(), cells[:-1].ravel()])
    second = np.concatenate([cells[:, 1:].ravel(), cells[1:].ravel()])
    flow = np.concatenate([across.ravel(), down.ravel()]).astype(np.float64)
    reach = REACH_SHARE * min(height, width)
    pinned = asked[..., 0].ravel() * PIN
    count = height * width
    own = np.bincount(first, flow, count) + np.bincount(second, flow, count) + pinned + 1 / reach**2
    matrix = sparse.coo_matrix(
        (np.concatenate([own, -flow, -flow]), (np.concatenate([cells.ravel(), first, second]),
         np.concatenate([cells.ravel(), second, first]))), shape=(count, count),
    ).tocsc()  # fmt: skip
    solved = sparse_linalg.splu(matrix, permc_spec="MMD_AT_PLUS_A").solve(
        (asked.reshape(count, channels) * pinned[:, None]).astype(np.float64)
    )
    return np.asarray(solved.reshape(height, width, channels), np.float32)


def _conductance(ink: FloatArray, tone: FloatArray, axis: int) -> FloatArray:
    """Return how well colour flows from each cell to the next along an axis: badly through ink and to other tones."""
    cover = 1 - ink
    lines = np.take(cover, range(1, cover.shape[axis]), axis) + np.take(cover, range(cover.shape[axis] - 1), axis)
    steps = np.square(np.diff(tone, axis=axis) / TONE_STEP)
    return np.asarray(np.exp(-LINE_RESISTANCE * lines - steps), np.float32)
