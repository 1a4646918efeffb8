"""Label maps as runs of pixels, of which there are far fewer: what is measured of areas is measured of runs first."""

from __future__ import annotations

from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Indices = NDArray[np.int64]
Sums = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Runs(NamedTuple):
    """Runs of one label along the rows of a picture; k of them, in reading order.

    Attributes:
        starts: (k,) index of the first pixel in the flattened picture.
        lengths: (k,) pixels.
        labels: (k,) label.
        width: Width of the picture.
    """

    starts: Indices
    lengths: Indices
    labels: NDArray[np.int32]
    width: int

    def sums(self, values: NDArray[np.generic], count: int) -> Sums:
        """Return the (count,) sums of values (H, W) over the pixels of each label."""
        by_run = np.add.reduceat(values.ravel(), self.starts, dtype=np.float64)
        return cast("Sums", np.bincount(self.labels, by_run, count))

    def maxima(self, values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        """Return the (count,) largest of values (H, W), not negative, over the pixels of each label."""
        largest = np.zeros(count, np.float32)
        np.maximum.at(largest, self.labels, np.maximum.reduceat(values.ravel(), self.starts))
        return largest

    def mask(self, which: Mask) -> Mask:
        """Return where (H, W) some labels (count,) are."""
        return np.repeat(which[self.labels], self.lengths).reshape(-1, self.width)

    def places(self, which: Mask) -> NDArray[np.intp]:
        """Return where some labels (count,) are in the flattened picture, in reading order."""
        chosen = np.flatnonzero(which[self.labels])
        lengths = self.lengths[chosen]
        before = np.cumsum(lengths) - lengths
        return np.repeat(self.starts[chosen] - before, lengths) + np.arange(lengths.sum())

    def boxes(self, count: int) -> Indices:
        """Return the (count, 4) top, left, bottom, right of each label, bottom and right exclusive."""
        rows, lefts = np.divmod(self.starts, self.width)
        boxes = np.zeros((count, 4), np.int64)
        boxes[:, :2] = np.iinfo(np.int64).max
        for side, (extreme, values) in enumerate(
            ((np.minimum, rows), (np.minimum, lefts), (np.maximum, rows + 1), (np.maximum, lefts + self.lengths))
        ):
            extreme.at(boxes[:, side], self.labels, values)
        return boxes


def runs_of(labels: Labels) -> Runs:
    """Find the runs of a label map (H, W)."""
    height, width = labels.shape
    flat = labels.ravel()
    begins = np.empty(flat.size, np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[::width] = True
    starts = np.flatnonzero(begins)
    return Runs(starts, np.diff(starts, append=height * width), flat[starts], width)


def pieces_of(which: Mask, connectivity: int) -> tuple[Labels, NDArray[np.int32]]:
    """Find what hangs together, as `cv2.connectedComponentsWithStats` does: measured in runs it takes half the time.

    Args:
        which: (H, W), True on the pieces.
        connectivity: 4, or 8 if corners join pixels.

    Returns:
        Labels (H, W), 0 where there is no piece, and (n, 5) left, top, width, height and area of each label.
    """
    count, found = cv2.connectedComponents(which.view(np.uint8), connectivity=connectivity)
    labels = found.astype(np.int32, copy=False)
    runs = runs_of(labels)
    top, left, bottom, right = runs.boxes(count).T
    stats = np.stack([left, top, right - left, bottom - top, np.bincount(runs.labels, runs.lengths, count)], axis=1)
    stats[stats[:, cv2.CC_STAT_AREA] == 0] = 0  # no pixel without a piece
    return labels, stats.astype(np.int32)
