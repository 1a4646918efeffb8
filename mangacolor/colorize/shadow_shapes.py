"""Shapes of shadows: what casts them, how far they fall, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.areas import Runs, pieces_of

Mask = NDArray[np.bool_]


class Body(NamedTuple):
    """What hangs together: its number, among those (h, w) of all pixels, its box and how many pixels it has."""

    number: int
    numbers: NDArray[np.int32]
    left: int
    top: int
    width: int
    height: int
    size: int

    def reach(self, share: float, limits: tuple[int, int]) -> int:
        """Return a share of the square root of its pixels, within limits, in whole pixels."""
        return round(float(np.clip(share * np.sqrt(self.size), *limits)))

    def window(self, margin: int) -> tuple[slice, slice]:
        """Return its box with a margin."""
        rows = slice(max(0, self.top - margin), self.top + self.height + margin)
        return rows, slice(max(0, self.left - margin), self.left + self.width + margin)


def bodies(runs: Runs, is_part: Mask, strokes_px: int, smallest_px: int) -> Iterator[Body]:
    """Find what hangs together of some areas (n,), over strokes so broad, and is not smaller than that."""
    parts = runs.mask(is_part).view(np.uint8)
    whole = cv2.morphologyEx(parts, cv2.MORPH_CLOSE, np.ones((strokes_px, strokes_px), np.uint8))
    numbers, facts = pieces_of(np.asarray(whole, np.uint8).view(np.bool_), connectivity=4)
    for number in 1 + np.flatnonzero(facts[1:, cv2.CC_STAT_AREA] >= smallest_px):
        yield Body(int(number), numbers, *facts[number].tolist())


def fallen(caster: Mask, reach: int, sideways: float, smooth: float) -> Mask:
    """Return what casts a shadow (h, w), and that: so many pixels down, that share of them to the right, and smooth."""
    half = round(abs(reach) * max(1, sideways))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.uint8)
    steps = np.linspace(0, reach, 2 * half + 1)
    kernel[np.rint(half - steps).astype(int), np.rint(half - sideways * steps).astype(int)] = 1
    hard = cv2.dilate(caster.view(np.uint8), kernel).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(hard, (0, 0), smooth * abs(reach)) > 0.5, np.bool_)


def without_parts(shadow: Mask, smallest: float) -> Mask:
    """Return a shadow (h, w) without parts of fewer pixels."""
    parts, facts = pieces_of(shadow, connectivity=8)
    is_large = facts[:, cv2.CC_STAT_AREA] >= smallest
    is_large[0] = False
    return np.asarray(is_large[parts], np.bool_)


def without_holes(mask: Mask) -> Mask:
    """Return a mask (h, w) with all that it encloses."""
    outlines, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros(mask.shape, np.uint8), outlines, -1, 1, cv2.FILLED), np.bool_)
