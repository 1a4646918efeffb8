"""The colours of a page on their way from what was decided to what is laid on it, and what changes them in place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.page.areas import Runs, runs_of

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Paint:
    """Colours of a page, decided on.

    Attributes:
        lightness: (h, w) OKLab.
        chroma: (h, w, 2) OKLab a and b.
        tone: (h, w) of the page, in [0, 1].
        labels: (h, w) number of the area of each pixel.
    """

    lightness: FloatArray
    chroma: FloatArray
    tone: FloatArray
    labels: NDArray[np.int32]

    @cached_property
    def runs(self) -> Runs:
        """The labels in runs."""
        return runs_of(self.labels)

    @property
    def flat(self) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int32]]:
        """All four, row after row: (h * w,), and chroma (h * w, 2); planes are contiguous, and change with them."""
        return self.lightness.reshape(-1), self.chroma.reshape(-1, 2), self.tone.reshape(-1), self.labels.reshape(-1)

    def sizes(self, count: int) -> NDArray[np.float64]:
        """Return the pixels of each area; there are `count`."""
        return np.asarray(np.bincount(self.runs.labels, self.runs.lengths, count), np.float64)

    def places(self, which: Mask) -> NDArray[np.intp]:
        """Return where some areas (n,) are in flattened planes."""
        return self.runs.places(which)


class Means(NamedTuple):
    """Of each area (n,): OKLab lightness, hue in degrees, from -180 to 180, and chroma."""

    lightness: NDArray[np.float64]
    hue: NDArray[np.float64]
    chroma: NDArray[np.float64]

    def is_between(self, hues: tuple[float, float]) -> Mask:
        """Say which areas have a hue between two, in degrees."""
        return np.asarray((self.hue - hues[0]) % 360 < hues[1] - hues[0], np.bool_)


def means_of(paint: Paint, count: int) -> Means:
    """Return what the areas of a page, which are so many, look like."""
    sizes = np.maximum(paint.sizes(count), 1)
    planes = (paint.lightness, paint.chroma[..., 0], paint.chroma[..., 1])
    lightness, a, b = (paint.runs.sums(plane, count) / sizes for plane in planes)
    return Means(lightness, np.degrees(np.arctan2(b, a)), np.hypot(a, b))


def is_something(kinds: AreaKinds) -> Mask:
    """Say which areas (n,) are part of somebody, or must stay white."""
    somebody = kinds.is_skin | kinds.is_hair | kinds.is_dressed | kinds.is_fur | kinds.is_bare_cloth | kinds.is_eye
    return np.asarray(somebody | kinds.is_paper, np.bool_)


def polar(degrees: NDArray[np.floating] | float, length: NDArray[np.floating]) -> FloatArray:
    """Return OKLab a and b (k, 2) of hues and chroma."""
    hue = np.radians(degrees)
    return np.stack([length * np.cos(hue), length * np.sin(hue)], axis=1).astype(np.float32)


def bring_to(chroma: FloatArray, wanted: FloatArray, share: FloatArray) -> None:
    """Bring chroma (..., 2) to another a and b (2,) by a share (...), in place.

    Plane by plane: NumPy goes through both at once pair by pair, and takes several times as long.
    """
    for plane, value in zip(planes_of(chroma), wanted, strict=True):
        plane += share * (value - plane)


def fade(chroma: FloatArray, factor: FloatArray) -> None:
    """Multiply chroma (..., 2) by a factor (...), in place and plane by plane."""
    for plane in planes_of(chroma):
        plane *= factor


def planes_of(chroma: FloatArray) -> FloatArray:
    """Return a and b (2, ...) of chroma (..., 2), which change with it."""
    return np.moveaxis(chroma, -1, 0)
