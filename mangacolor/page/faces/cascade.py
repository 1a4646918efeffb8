"""A second opinion on faces: the cascade of local binary patterns that nagadomi trained on drawn faces in 2011.

Windows at all scales pass stage after stage; each stage adds up what a few patterns say. A pattern compares eight
blocks with the one in their midst (Zhang et al. 2007, "Face detection based on multi-block LBP representation").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize_to_each
from mangacolor.page.faces.features import FloatArray

WINDOW = 24
STRIDE = 2
SCALE_STEP = 1.12
"""Side of a window, distance of neighbours in pixels of the copy that is searched, and ratio of successive sizes."""

DENSE_STAGES = 1
"""So many stages look at all windows; the others look at those that are left, of ten one or two."""

BLOCK = 4096
"""Windows that go through a stage at a time: what is gathered of them fits into the cache."""

MANY = 512
"""Windows of which values are gathered pattern by pattern."""

NEAR_IOU = 0.5
"""Windows that have this share of their union in common speak of the same face."""

MOST_WINDOWS = 4000
"""Windows that are compared two by two; of more, as on a sheet of faces, some are taken, evenly."""

AROUND = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
"""Row and column of the blocks around the one in their midst, that of the highest bit first."""

Indices = NDArray[np.int64]


class Votes(NamedTuple):
    """Places that windows agree on, the most windows first.

    Attributes:
        boxes: (N, 4) float32 top, left, bottom, right in page pixels: a head rather than a face, larger than a `Face`.
        counts: (N,) windows that agree.
    """

    boxes: FloatArray
    counts: NDArray[np.int64]


class FaceCascade:
    """Finds drawn faces, upright, also some that are turned to the side."""

    def __init__(self, tensors: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a cascade out of tensors.

        Args:
            tensors: `cascade.squares` (M, 4): x, y, width, height of the first block of each pattern,
                `cascade.subsets` (M, 32): the patterns that speak for a face, as bits, `cascade.leaves` (M, 2): what is
                added if so and if not, `cascade.stage_ends` (S,) and `cascade.thresholds` (S,).

        Raises:
            KeyError: One is missing.
            ValueError: Their shapes do not fit each other.
        """
        squares, subsets, leaves, ends, thresholds = (
            np.asarray(tensors[f"cascade.{name}"])
            for name in ("squares", "subsets", "leaves", "stage_ends", "thresholds")
        )
        count = len(squares)
        if (subsets.shape, leaves.shape, len(ends)) != ((count, 32), (count, 2), len(thresholds)):
            raise ValueError(
                f"cascade: shapes {[subsets.shape, leaves.shape, ends.shape, thresholds.shape]} do not fit"
            )
        self._squares = squares.astype(np.int64)
        speaks_for = np.unpackbits(subsets.astype(np.uint8), axis=1).astype(np.bool_)
        self._votes = np.where(speaks_for, leaves[:, :1], leaves[:, 1:]).astype(np.float32)
        self._stages = list(zip([0, *ends.tolist()], ends.tolist(), thresholds.tolist(), strict=False))

    def __call__(self, gray: FloatArray, smallest_px: float) -> Votes:
        """Find the places of a page that look like a face.

        Args:
            gray: (H, W) float32 in [0, 1].
            smallest_px: Side of the smallest box.
        """
        sizes = []
        side = float(smallest_px)
        while side <= min(gray.shape):
            h, w = (max(WINDOW, round(length * WINDOW / side)) for length in gray.shape)
            sizes.append((h, w))
            side *= SCALE_STEP
        if not sizes:
            return agreed(np.empty((0, 4), np.float32))
        shrunk = resize_to_each(gray, sizes)
        copies = [np.asarray(cv2.convertScaleAbs(copy, alpha=255), np.uint8) for copy in shrunk]
        scales = np.array(gray.shape) / sizes
        which, rows, columns = self.windows(copies)
        corners = np.stack([rows, columns], axis=1)
        boxes = np.concatenate([corners, corners + WINDOW], axis=1) * np.tile(scales, 2)[which]
        return agreed(boxes.astype(np.float32))

    def windows(self, copies: Sequence[NDArray[np.uint8]]) -> tuple[Indices, Indices, Indices]:
        """Return the windows that pass, on every second pixel of copies (h, w): their copies, first rows and columns.

        After the dense stages the windows of all copies go on together: of most copies, few are left.
        """
        width = max(copy.shape[1] for copy in copies) + 1
        tops = np.cumsum([0, *(len(copy) + 1 for copy in copies)])
        sheet = np.zeros((tops[-1], width), np.int32)
        left = []
        for copy, top in zip(copies, tops, strict=False):
            integral = np.asarray(cv2.integral(copy), np.int32)
            sheet[top : top + len(integral), : integral.shape[1]] = integral
            y, x = self._first_stages(integral)
            left.append((top + y) * width + x)
        flat, base = sheet.ravel(), np.concatenate(left)
        for stage in self._stages[DENSE_STAGES:]:
            blocks = (base[first : first + BLOCK] for first in range(0, max(1, len(base)), BLOCK))
            base = np.concatenate([block[self._passed(flat, width, stage, block)] for block in blocks])
        rows, columns = np.divmod(base, width)
        which = np.searchsorted(tops, rows, side="right") - 1
        return which, rows - tops[which], columns

    def _first_stages(self, integral: NDArray[np.int32]) -> tuple[Indices, Indices]:
        """Return the first rows and columns of the windows of a copy that pass the dense stages."""
        rows, columns = (np.arange(0, length - WINDOW, STRIDE) for length in integral.shape)
        passed = np.ones((len(rows), len(columns)), np.bool_)
        for start, end, threshold in self._stages[:DENSE_STAGES]:
            total = sum(
                cv2.LUT(self._dense(integral, index, passed.shape), self._votes[index]) for index in range(start, end)
            )
            passed &= total >= threshold
        y, x = (places * STRIDE for places in np.nonzero(passed))
        return y, x

    def _passed(
        self, flat: NDArray[np.int32], width: int, stage: tuple[int, int, float], base: Indices
    ) -> NDArray[np.bool_]:
        """Say which of N windows, given by the index of their first pixel, pass a stage."""
        start, end, threshold = stage
        patterns = self._sparse(flat, width, slice(start, end), base)
        votes = self._votes.ravel().take(patterns + 256 * np.arange(start, end)[:, None])
        return np.asarray(votes.sum(axis=0) >= threshold)

    def _dense(self, integral: NDArray[np.int32], index: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Return the pattern of all windows."""
        left, top, width, height = self._squares[index]
        blocks = integral[height:, width:] - integral[:-height, width:]
        blocks -= integral[height:, :-width] - integral[:-height, :-width]

        def block(row: int, column: int) -> NDArray[np.int32]:
            first, second = top + row * height, left + column * width
            return blocks[first::STRIDE, second::STRIDE][: shape[0], : shape[1]]

        return _pattern([[block(row, column) for column in range(3)] for row in range(3)])

    def _sparse(self, flat: NDArray[np.int32], width: int, which: slice, base: Indices) -> NDArray[np.uint8]:
        """Return (M, N) patterns of N windows, given by the index of their first pixel."""
        x, y, across, down = self._squares[which].T[..., None]
        first = y * width + x
        at = _at_once if len(base) < MANY else _one_by_one
        corners = [[at(flat, base, first + i * down * width + j * across) for j in range(4)] for i in range(4)]
        strips = [[row[j + 1] - row[j] for j in range(3)] for row in corners]
        return _pattern([[strips[i + 1][j] - strips[i][j] for j in range(3)] for i in range(3)])


def _at_once(flat: NDArray[np.int32], base: Indices, steps: Indices) -> NDArray[np.int32]:
    """Return (M, N) values so many steps (M, 1) after some places (N,)."""
    return flat.take(base + steps)


def _one_by_one(flat: NDArray[np.int32], base: Indices, steps: Indices) -> NDArray[np.int32]:
    """Return the same, step by step: of many places no sums are to be made, of few it takes longer."""
    values = np.empty((len(steps), len(base)), np.int32)
    for step, row in zip(steps.ravel().tolist(), values, strict=True):
        flat[step:].take(base, out=row, mode="wrap")  # no place is outside, and this mode needs no copy
    return values


def _pattern(blocks: list[list[NDArray[np.int32]]]) -> NDArray[np.uint8]:
    midst = np.ascontiguousarray(blocks[1][1])
    pattern = np.zeros(midst.shape, np.uint8)
    says = np.empty(midst.shape, np.bool_)
    for row, column in AROUND:
        np.greater_equal(blocks[row][column], midst, out=says)
        pattern <<= 1
        pattern |= says.view(np.uint8)
    return pattern


def agreed(boxes: FloatArray) -> Votes:
    """Join windows that speak of the same face, beginning with the one that most agree with."""
    boxes = boxes[:: max(1, -(-len(boxes) // MOST_WINDOWS))]
    top, left, bottom, right = boxes.T
    shared = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    shared = np.maximum(shared, 0) * np.maximum(np.minimum(right[:, None], right) - np.maximum(left[:, None], left), 0)
    sizes = (bottom - top) * (right - left)
    is_near = shared >= NEAR_IOU * (sizes[:, None] + sizes - shared)
    found, counts = [], []
    left_over = np.ones(len(boxes), np.bool_)
    votes = is_near.sum(axis=1)
    while left_over.any():
        members = is_near[(votes * left_over).argmax()] & left_over
        found.append(boxes[members].mean(axis=0))
        counts.append(int(members.sum()))
        left_over &= ~members
        votes -= is_near[:, members].sum(axis=1)
    return Votes(np.array(found, np.float32).reshape(-1, 4), np.array(counts, np.int64))
