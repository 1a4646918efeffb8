"""Which areas touch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
Sums = NDArray[np.float64]


class Contacts(NamedTuple):
    """Which areas touch: (m, 2) pairs, lower number first, and (m,) pixels of border, open and in all."""

    pairs: NDArray[np.int64]
    open_px: NDArray[np.int64]
    total_px: NDArray[np.int64]


def contacts_of(labels: Labels, is_open: Mask) -> Contacts:
    """Say which areas touch, and how much of the border between them is open.

    Args:
        labels: (H, W), areas numbered from 0.
        is_open: (H, W) pixels where a border would be open: no line is near.
    """
    count = int(labels.max()) + 1
    keys, opens = [], []
    width = labels.shape[1]
    flat, flat_open = labels.ravel(), is_open.ravel()
    for step in (1, width):
        differ = flat[:-step] != flat[step:]
        if step == 1:
            differ[width - 1 :: width] = False  # the end of a row and the beginning of the next
        here = np.flatnonzero(differ)
        one, other = flat[here].astype(np.int64), flat[here + step]
        keys.append(np.minimum(one, other) * count + np.maximum(one, other))
        opens.append(flat_open[here] & flat_open[here + step])
    return gathered(np.concatenate(keys), np.concatenate(opens), None, count)


def gathered(keys: NDArray[np.int64], opens: NDArray[np.generic], totals: Sums | None, count: int) -> Contacts:
    """Add up contacts by pair.

    Args:
        keys: (k,) of each piece of border, lower number × `count` + higher number.
        opens: (k,) pixels of it that are open.
        totals: (k,) pixels of it; 1 each if None.
        count: Number of areas.
    """
    unique, inverse = np.unique(keys, return_inverse=True)
    pairs = np.stack(np.divmod(unique, max(count, 1)), axis=1)
    open_px, total_px = (np.rint(np.bincount(inverse, px, len(unique))).astype(np.int64) for px in (opens, totals))
    return Contacts(pairs, open_px, total_px)
