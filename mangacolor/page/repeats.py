"""How much parts of a page are like themselves when they are moved: what repeats itself was printed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_OVERLAP = 0.2
"""Of places that are moved off those that count, at least this share is divided by: few of them say little."""


def likeness_moved(planes: FloatArray, counts: Mask, padded_px: int | None = None) -> FloatArray:
    """Return the correlation of squares with themselves, moved by up to half their side each way (Wiener and Khinchin).

    Args:
        planes: (…, S, S), S even.
        counts: (…, S, S) which places count.
        padded_px: Side to which they are padded, 3/2 S or more; twice S by itself, which takes longer.

    Returns:
        (…, S, S) about 1 at most; at (S / 2 + dy, S / 2 + dx) it is moved by dy, dx. 0 everywhere if a plane is
        flat, or none of its places counts.
    """
    side = planes.shape[-1]
    padded_px = padded_px or 2 * side
    mask = counts.astype(np.float32)
    number = np.maximum(mask.sum(axis=(-2, -1), dtype=np.float64, keepdims=True), 1)
    mean = (planes * mask).sum(axis=(-2, -1), keepdims=True) / number
    wave = (planes - mean.astype(np.float32)) * mask
    energy = np.square(wave).sum(axis=(-2, -1), keepdims=True) / number
    overlap = np.broadcast_to(_overlap(side), mask.shape)
    if (is_part := ~counts.all(axis=(-2, -1))).any():
        overlap = overlap.copy()
        overlap[is_part] = _with_itself(mask[is_part], padded_px)
    alike = _with_itself(wave, padded_px)
    alike /= np.maximum(overlap, (LEAST_OVERLAP * number).astype(np.float32))
    alike /= np.maximum(energy, 1e-9).astype(np.float32)
    return alike


def distances(side: int) -> FloatArray:
    """Return how far each place of `likeness_moved` is moved, (S, S)."""
    from_middle = np.abs(np.arange(side) - side // 2).astype(np.float32)
    return np.hypot(from_middle[:, None], from_middle)


def _with_itself(planes: FloatArray, padded_px: int) -> FloatArray:
    spectrum = np.fft.rfft2(planes, (padded_px, padded_px))
    moved = np.fft.irfft2(np.abs(spectrum) ** 2, (padded_px, padded_px))
    alike = np.empty(planes.shape, np.float32)
    half = planes.shape[-1] // 2
    ahead, back = (slice(half, None), slice(None, half)), (slice(None, half), slice(-half, None))
    for row, from_row in (ahead, back):
        for column, from_column in (ahead, back):
            alike[..., row, column] = moved[..., from_row, from_column]
    return alike


def _overlap(side: int) -> FloatArray:
    left = (side - np.abs(np.arange(side) - side // 2)).astype(np.float32)
    return left[:, None] * left
