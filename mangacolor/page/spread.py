"""Colour carried from the working size to page size without crossing lines, and the page's fine shading on it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.page.edge_filters import averaging_filter, averaging_radius
from mangacolor.page.ink import BLACK_FLOOR, blocks, times, weighted

FloatArray = NDArray[np.float32]
Part = tuple[slice, slice]

SPREAD_CELLS = 1.5
"""Reach of the spread, in cells of the working size."""

SPREAD_CONTRAST = 0.25
"""A line of this depth costs the spread about four reaches."""

MOST_SHADING = 1.5
"""Factor by which shading may brighten or darken the spread colour."""

DISTRUST_POWER = 2
"""How fast a working-size cell loses its say as ink fills it, times the pixels of its side: a line of the same width
fills less of a larger cell, and spoils it as much."""

SPREAD_ROUNDS = 2
"""Of the filter that spreads."""

EVERYTHING: Part = (slice(None), slice(None))
"""The part of a page that is all of it."""


class Spread:
    """Carries colour from the working size to page size without crossing lines, the whole page or parts of it.

    A domain transform filter (Gastal & Oliveira 2011) guided by the ink, normalised by a confidence that distrusts
    working-size cells under ink: their colour mixes both sides of a line.

    Args:
        ink: (H, W) ink of the page in [0, 1].
        size: The working size (h, w); of tiny pages up to twice the page, and otherwise no larger.
        seen: (h, w) ink of the page at that size, where it is known; None has it made.

    Attributes:
        margin: Pixels beyond which nothing has a say about a pixel.
    """

    def __init__(self, ink: FloatArray, size: tuple[int, ...], seen: FloatArray | None = None) -> None:
        height, width = ink.shape
        self._ink, self._cell_px = ink, max(height / size[0], width / size[1])
        self._reach_px = SPREAD_CELLS * self._cell_px
        self.margin = 2 + math.ceil(averaging_radius(self._reach_px, SPREAD_ROUNDS))
        seen = resize(ink, size[0], size[1]) if seen is None else seen
        self._trust = seen ** np.float32(DISTRUST_POWER * self._cell_px) + np.float32(1e-3)
        # The nearest cell of each pixel: between two cells, a linear mixture would cross the line.
        self._rows = np.arange(height) * size[0] // height
        self._columns = np.arange(width) * size[1] // width

    def cells(self, part: Part) -> Part:
        """Return the rows and columns of the working size that have a say about a part of the page."""
        if self._cell_px <= 1:
            return EVERYTHING
        rows, columns = (_wider(one, self.margin, side) for one, side in zip(part, self._ink.shape, strict=True))
        return _range(self._rows[rows]), _range(self._columns[columns])

    def __call__(self, colour: FloatArray, part: Part = EVERYTHING) -> FloatArray:
        """Return a part of the page.

        Args:
            colour: (h, w, 3) colour in [0, 1]: the `cells` of the part.
            part: Rows and columns of the page.

        Returns:
            (rows, columns, 3) colour in [0, 1].
        """
        if self._cell_px <= 1:
            return np.ascontiguousarray(np.clip(resize(colour, *self._ink.shape), 0, 1)[part])
        wider = tuple(_wider(one, self.margin, side) for one, side in zip(part, self._ink.shape, strict=True))
        cells = self.cells(part)
        rows, columns = self._rows[wider[0]] - cells[0].start, self._columns[wider[1]] - cells[1].start
        enlarged = weighted(colour, self._trust[cells]).take(columns, axis=1).take(rows, axis=0)
        ink = np.ascontiguousarray(self._ink[wider[0], wider[1]])
        filtered = averaging_filter(ink, enlarged, self._reach_px, SPREAD_CONTRAST, rounds=SPREAD_ROUNDS)
        inner = tuple(
            slice(one.indices(side)[0] - wide.start, one.indices(side)[1] - wide.start)
            for one, wide, side in zip(part, wider, self._ink.shape, strict=True)
        )
        filtered = filtered[inner[0], inner[1]]
        carried = np.empty((*filtered.shape[:2], 3), np.float32)
        for block in blocks(len(carried)):
            block_of_it = times(filtered[block, :, :3], np.reciprocal(filtered[block, :, 3]))
            np.clip(block_of_it, 0, 1, out=carried[block])
        return carried


def _wider(one: slice, margin: int, side: int) -> slice:
    start, stop, _ = one.indices(side)
    return slice(max(0, start - margin), min(side, stop + margin))


def _range(ascending: NDArray[np.intp]) -> slice:
    return slice(int(ascending[0]), int(ascending[-1]) + 1)


def spread(colour: FloatArray, ink: FloatArray) -> FloatArray:
    """Carry colour (h, w, 3) in [0, 1] to the page of an ink (H, W), (H, W, 3); see `Spread`."""
    carry = Spread(ink, colour.shape[:2])
    return carry(colour[carry.cells(EVERYTHING)])


def shading(seen_tone: FloatArray, tone: FloatArray) -> FloatArray:
    """Return the shading that was too fine for the working size, as a factor on the spread colour.

    It is the page's tone over the same tone as the working size saw it. Where a flat tone ends between two lines, the
    edge comes back as sharp as it is on the page.

    Args:
        seen_tone: (h, w) tone at the working size.
        tone: (H, W) tone of the page.

    Returns:
        (H, W).
    """
    seen = cv2.resize(seen_tone, tone.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(tone / np.maximum(seen, BLACK_FLOOR), 1 / MOST_SHADING, MOST_SHADING), np.float32)


def shade(colour: FloatArray, factor: FloatArray) -> FloatArray:
    """Give spread colour (H, W, 3) in [0, 1] the fine shading that `shading` (H, W) says."""
    shaded = times(colour, factor)
    return np.asarray(np.minimum(shaded, 1.0, out=shaded), np.float32)
