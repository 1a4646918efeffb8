"""From decided colour at the working size to the page at its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.image.color import srgb_from_oklab
from mangacolor.models.cores import at_once
from mangacolor.page.black_ink import faded
from mangacolor.page.ink import Separation, blocks, compose, compose_enlarged
from mangacolor.page.lightness import keep_lightness, shows_lightness
from mangacolor.page.spread import EVERYTHING, Part, Spread, shade, shading

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

SPREAD_PIXELS = 6_000_000
"""Pages above this spread their colour at a smaller size; their lines are wide enough to hide the difference."""


SCREEN_STEP, SCREEN_STEP_PX = 0.05, 3
TONES = (0.15, 0.93)
"""Difference of grey and tone from which on a pixel is a dot of a screen, or the paper between dots; one pixel in so
many each way is asked, where the tone is between the last two and there is no ink."""


class Layers(NamedTuple):
    """A page taken apart.

    Attributes:
        gray: (H, W) the page in [0, 1] as it was taken apart: evenly lit, on white paper, its lines sharp and black.
        level: Grey from which on the page had paper, 1 where that was white.
        fading: Grey of the page's ink where nothing on it is dark, else 0.
        page: Deepened ink and tone (H, W), on white paper, by which colours are decided.
        laid: Gives (H, W) deepened ink that is laid over them; see `TakenApart`. Black is black, or as it faded.
        around: (H, W) what lies beside the page, see `beside_the_page`; None for nothing.
    """

    gray: FloatArray
    level: float
    fading: float
    page: Separation
    laid: Callable[[], FloatArray]
    around: Mask | None = None

    @property
    def ink(self) -> FloatArray:
        """The ink that is laid over colours, (H, W), as soon as it is found."""
        return self.laid()

    @property
    def screened(self) -> float:
        """Share of the grey of the page that is printed in screens, and not in grey."""
        some = np.s_[::SCREEN_STEP_PX, ::SCREEN_STEP_PX]
        gray, tone = self.gray[some], self.page.tone[some]
        is_toned = (self.page.ink[some] > 1 - SCREEN_STEP) & (tone > TONES[0]) & (tone < TONES[1])
        return float((np.abs(gray - tone) > SCREEN_STEP)[is_toned].mean()) if is_toned.any() else 0.0


class Canvas:
    """A page whose colour is brought to its own size, again and again while it is corrected, whole or in parts.

    Args:
        layers: The page.
        seen: Ink and tone (h, w) that its colours are decided from.
    """

    def __init__(self, layers: Layers, seen: Separation) -> None:
        self._layers, self._seen = layers, seen
        height, width = layers.gray.shape
        reduction = math.sqrt(max(1.0, height * width / SPREAD_PIXELS))
        self.size = max(1, round(height / reduction)), max(1, round(width / reduction))
        self.is_reduced = reduction > 1
        page = layers.page
        self._page = Separation(*(resize(plane, *self.size) for plane in page)) if self.is_reduced else page
        self._spread = Spread(self._page.ink, seen.ink.shape, None if self.is_reduced else seen.ink)

    @property
    def margin(self) -> int:
        """Pixels beyond which a cell of the working size has no say about the page, counted from its bounds."""
        return self._spread.margin

    @cached_property
    def _shading(self) -> FloatArray:
        return shading(self._seen.tone, self._page.tone)

    def keeps_lightness(self, lab: FloatArray) -> bool:
        """Say whether the page is a painting, whose lightness must stay, by decided colours (h, w, 3)."""
        return shows_lightness(self._layers.gray, self._layers.page, lab, self._seen)

    def under_ink(self, lab: FloatArray, paper: Mask, *, keeps: bool, part: Part = EVERYTHING) -> FloatArray:
        """Bring decided colour to the canvas, under the ink of the page.

        Args:
            lab: (h, w, 3) OKLab of the colour at the working size.
            paper: (H, W) what stays white: gutters, and balloons with lettering.
            keeps: From `keeps_lightness`.
            part: Rows and columns of the canvas that are wanted; of a page that is not reduced.

        Returns:
            The part, (rows, columns, 3) sRGB in [0, 1].
        """
        colour = self._spread(srgb_from_oklab(lab[self._spread.cells(part)], at_once), part)
        inside = (resize(paper.astype(np.float32), *self.size) > 0.5)[part] if self.is_reduced else paper[part]
        factor, tones = self._shading[part], self._page.tone[part]
        for rows in blocks(len(colour)):
            shaded, tone = shade(colour[rows], factor[rows]), faded(tones[rows], self._layers.fading)
            if keeps:
                tone = tone * np.float32(self._layers.level)
                shaded = keep_lightness(shaded, tone)
            # Ink × tone is the page itself.
            cv2.copyTo(cv2.merge([tone, tone, tone]), inside[rows].view(np.uint8), shaded)
            colour[rows] = shaded
        return colour

    def whole(self, lab: FloatArray, paper: Mask, *, keeps: bool | None = None) -> NDArray[np.uint8]:
        """Return the page in colour, (H, W, 3) sRGB; see `under_ink`."""
        keeps = self.keeps_lightness(lab) if keeps is None else keeps
        return compose_enlarged(self.under_ink(lab, paper, keeps=keeps), self._layers.ink)

    def without_ink(self, lab: FloatArray, paper: Mask, *, keeps: bool) -> NDArray[np.uint8]:
        """Return the colours of `whole` as they lie under the ink, (H, W, 3) sRGB."""
        no_ink = np.ones_like(self._layers.ink)
        return compose_enlarged(self.under_ink(lab, paper, keeps=keeps), no_ink)

    def both(self, lab: FloatArray, paper: Mask, *, keeps: bool) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return what `whole` and `without_ink` would return, in little more than the time of one."""
        under, ink = self.under_ink(lab, paper, keeps=keeps), self._layers.ink
        return compose_enlarged(under, ink), compose_enlarged(under, np.ones_like(ink))

    def part(self, lab: FloatArray, paper: Mask, part: Part, *, keeps: bool) -> NDArray[np.uint8]:
        """Return rows and columns of what `whole` would return, of a page that is not reduced."""
        return compose(self.under_ink(lab, paper, keeps=keeps, part=part), self._layers.ink[part])


def finish(layers: Layers, lab: FloatArray, seen: Separation, paper: Mask) -> NDArray[np.uint8]:
    """Bring decided colour to page size, under the ink of the page.

    Args:
        layers: The page.
        lab: (h, w, 3) OKLab of its colour at the working size.
        seen: Ink and tone (h, w) that it was predicted from.
        paper: (H, W) what stays white: gutters, and balloons with lettering.

    Returns:
        (H, W, 3) sRGB.
    """
    return Canvas(layers, seen).whole(lab, paper)
