"""Arrays enlarged to the sides that a network needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def padded(planes: FloatArray, multiple: int, axes: tuple[int, int]) -> FloatArray:
    """Enlarge planes at the bottom and the right until both sides divide by `multiple`.

    The border is mirrored; where a plane is smaller than what is missing, its edge is repeated instead.
    `tensors.pad_to_multiple` does the same to tensors.

    Args:
        planes: Of any number of axes.
        multiple: What the sides are to divide by.
        axes: Those of the rows and of the columns.
    """
    missing = {axis: -planes.shape[axis] % multiple for axis in axes}
    mirrors = all(missing[axis] < planes.shape[axis] for axis in axes)
    sides = [(0, missing.get(axis, 0)) for axis in range(planes.ndim)]
    return np.pad(planes, sides, mode="reflect" if mirrors else "edge")
