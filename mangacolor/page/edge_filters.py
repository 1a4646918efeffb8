"""Filters that stop at edges: OpenCV's where its contrib modules are there, else the same ones in NumPy.

Many machines have OpenCV without contrib and no network to fetch it, and it takes less room. All the filters run along
rows, then along columns; each step goes from one column of a picture to the next for all rows at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]
    Guide = NDArray[Any]

SMOOTHER_ROUNDS = 3
SMOOTHER_ATTENUATION = 0.25
"""OpenCV's own rounds of the fast global smoother, and how much weaker each is than the one before."""


def has_contrib() -> bool:
    """Say whether OpenCV has the filters itself."""
    return hasattr(cv2, "ximgproc")


def recursive_filter(guide: FloatArray, plane: FloatArray, reach_px: float, contrast: float, rounds: int) -> FloatArray:
    """Smooth within edges by the recursive domain transform filter (Gastal & Oliveira 2011, section 4.2).

    Args:
        guide: (H, W) or (H, W, G) whose edges count, float32.
        plane: (H, W) or (H, W, C) to smooth, float32.
        reach_px: Reach in flat areas (sigma).
        contrast: Steps of the guide that count as an edge (sigma), summed over its channels.
        rounds: Iterations.

    Returns:
        The smoothed plane, of its shape.
    """
    if has_contrib():
        return _by_contrib("DTF_RF", guide, plane, reach_px, contrast, rounds)
    steps = [_lengths(turned, reach_px, contrast) for turned in _both_ways(guide)]
    filtered = _channels(plane)
    for sigma_px in _sigmas(reach_px, rounds):
        for length in steps:
            keep = np.exp(-math.sqrt(2) / sigma_px * length)
            filtered = _recursed(filtered, keep)
    return filtered.reshape(plane.shape)


def averaging_filter(guide: FloatArray, plane: FloatArray, reach_px: float, contrast: float, rounds: int) -> FloatArray:
    """Smooth within edges by the domain transform's normalised convolution (same paper, section 4.1).

    Args and result are those of `recursive_filter`.
    """
    if has_contrib():
        return _by_contrib("DTF_NC", guide, plane, reach_px, contrast, rounds)
    steps = [_lengths(turned, reach_px, contrast) for turned in _both_ways(guide)]
    filtered = _channels(plane)
    for sigma_px in _sigmas(reach_px, rounds):
        for length in steps:
            filtered = _turned(_averaged(filtered, length, math.sqrt(3) * sigma_px))
    return filtered.reshape(plane.shape)


def _by_contrib(
    mode: str, guide: FloatArray, plane: FloatArray, reach_px: float, contrast: float, rounds: int
) -> FloatArray:
    filters: Any = cv2.ximgproc
    return np.asarray(filters.dtFilter(guide, plane, reach_px, contrast, mode=getattr(filters, mode), numIters=rounds))


def averaging_radius(reach_px: float, rounds: int) -> float:
    """Return how far from a pixel `averaging_filter` looks, in pixels of a row or column without edges."""
    return math.sqrt(3) * sum(_sigmas(reach_px, rounds))


def smooth_globally(guide: NDArray[np.uint8], plane: FloatArray, strength: float, contrast: float) -> FloatArray:
    """Smooth within edges by the fast global smoother (Min et al. 2014).

    Args:
        guide: (H, W) or (H, W, G) whose edges count.
        plane: (H, W) or (H, W, C) to smooth, float32.
        strength: How much likeness of neighbours counts against nearness to the plane (lambda).
        contrast: Steps of the guide that count as an edge (sigma).

    Returns:
        The smoothed plane, of its shape.
    """
    if has_contrib():
        return np.asarray(cv2.ximgproc.fastGlobalSmootherFilter(guide, plane, strength, contrast))
    likeness = []
    for turned in _both_ways(guide):
        step = np.sqrt((np.diff(_channels(turned).astype(np.float32), axis=1) ** 2).sum(axis=2))
        likeness.append(np.pad(np.exp(-step / np.float32(contrast)), ((0, 0), (1, 0))))
    smooth = _channels(plane)
    for round_number in range(SMOOTHER_ROUNDS):
        for alike in likeness:
            pull = np.float32(strength * SMOOTHER_ATTENUATION**round_number) * alike
            smooth = _smoothed(smooth, pull)
    return smooth.reshape(plane.shape)


def _channels(plane: Guide) -> Guide:
    return plane[..., None] if plane.ndim == 2 else plane


def _turned(plane: Guide) -> Guide:
    return np.ascontiguousarray(plane.swapaxes(0, 1))


def _both_ways(guide: Guide) -> Iterator[Guide]:
    """Yield the guide for the pass along rows, and turned for that along columns."""
    yield guide
    yield _turned(guide)


def _sigmas(reach_px: float, rounds: int) -> list[float]:
    """Return the reach of each round; together they reach as far as asked (same paper, equation 14)."""
    return [
        reach_px * math.sqrt(3) * 2.0 ** (rounds - 1 - index) / math.sqrt(4.0**rounds - 1) for index in range(rounds)
    ]


def _lengths(guide: Guide, reach_px: float, contrast: float) -> FloatArray:
    """Return how far each pixel lies from the one before it in its row, (H, W), edges being long; infinite at first."""
    step = np.abs(np.diff(_channels(guide).astype(np.float32), axis=1)).sum(axis=2)
    lengths = 1 + np.float32(reach_px / contrast) * step
    return np.pad(lengths, ((0, 0), (1, 0)), constant_values=np.inf)


def _recursed(plane: FloatArray, keep: FloatArray) -> FloatArray:
    """Carry values along rows, to the right and back; `keep` (H, W) is the share that comes over from the left.

    Returns:
        The values turned, (W, H, C).
    """
    values, shares = _turned(plane), _turned(keep)[..., None]
    for column in range(1, len(values)):
        values[column] += shares[column] * (values[column - 1] - values[column])
    for column in reversed(range(len(values) - 1)):
        values[column] += shares[column + 1] * (values[column + 1] - values[column])
    return values


def _averaged(plane: FloatArray, length: FloatArray, radius: float) -> FloatArray:
    """Average along rows over all that lies no farther than `radius`."""
    rows, columns = length.shape
    inner = np.where(np.isinf(length), 0, length).astype(np.float64)
    place = np.cumsum(inner, axis=1)
    place += np.arange(rows)[:, None] * (place[:, -1].max() + 2 * radius + 1)  # no row reaches into the next
    flat = place.ravel()
    first = np.searchsorted(flat, flat - radius, side="left")
    last = np.searchsorted(flat, flat + radius, side="right")
    values = plane.reshape(rows * columns, -1)
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    mean = (total[last] - total[first]) / (last - first)[:, None]
    return np.asarray(mean, np.float32).reshape(plane.shape)


def _smoothed(plane: FloatArray, pull: FloatArray) -> FloatArray:
    """Solve for values near to the plane and near to their neighbours; `pull` (H, W) is that of the left one.

    The systems of three diagonals are solved by elimination, all rows at once.

    Returns:
        The values turned, (W, H, C).
    """
    values, left = _turned(plane), _turned(pull)[..., None]
    right = np.concatenate([left[1:], np.zeros_like(left[:1])])
    carried = np.zeros_like(left)
    for column in range(len(values)):
        own = 1 + left[column] + right[column]
        if column:
            own -= left[column] * carried[column - 1]
            values[column] += left[column] * values[column - 1]
        values[column] /= own
        carried[column] = right[column] / own
    for column in reversed(range(len(values) - 1)):
        values[column] += carried[column] * values[column + 1]
    return values
