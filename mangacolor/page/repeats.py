"""How much a part of a page is like itself when it is moved: what repeats itself was printed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_OVERLAP = 0.2
"""Of places that are moved off those that count, at least this share is divided by: few of them say little."""


def likeness_moved(plane: FloatArray, counts: Mask) -> FloatArray:
    """Return the correlation of a square with itself, moved by up to half its side each way (Wiener and Khinchin).

    Args:
        plane: (S, S), S even.
        counts: (S, S) which places count; some must.

    Returns:
        (S, S) about 1 at most; at (S / 2 + dy, S / 2 + dx) it is moved by dy, dx. 0 everywhere if the plane is flat.
    """
    mask = counts.astype(np.float32)
    count = float(mask.sum())
    wave = (plane - float((plane * mask).sum()) / count) * mask
    energy = float((wave * wave).sum()) / count
    overlap = _overlap(len(mask)) if counts.all() else _with_itself(mask)
    return np.asarray(_with_itself(wave) / np.maximum(overlap, LEAST_OVERLAP * count) / max(energy, 1e-9), np.float32)


def distances(side: int) -> FloatArray:
    """Return how far each place of `likeness_moved` is moved, (S, S)."""
    from_middle = np.abs(np.arange(side) - side // 2).astype(np.float32)
    return np.hypot(from_middle[:, None], from_middle)


def _with_itself(plane: FloatArray) -> FloatArray:
    side = len(plane)
    spectrum = np.fft.rfft2(plane, (2 * side, 2 * side))
    moved = np.fft.fftshift(np.fft.irfft2(np.abs(spectrum) ** 2))
    middle = slice(side // 2, side // 2 + side)
    return np.asarray(moved[middle, middle], np.float32)


def _overlap(side: int) -> FloatArray:
    left = (side - np.abs(np.arange(side) - side // 2)).astype(np.float32)
    return left[:, None] * left
