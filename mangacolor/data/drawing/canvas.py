"""A window of a page under the brush: its layers, and the few ways in which things are laid over them."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.scan import PageLayers
from mangacolor.image import float_from_pixels

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Points = NDArray[np.float32]
Box = tuple[float, float, float, float]

_SUBPIXEL_BITS = 4
# Coordinates further out would overflow OpenCV's fixed point.
_FARTHEST_PX = 30_000.0


class Region(NamedTuple):
    """A rectangle of the window; `bottom` and `right` are outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def cut(self) -> tuple[slice, slice]:
        """Index of the rectangle in the window's arrays."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left


class Drawn(NamedTuple):
    """Layers of a region: `drawn` is its tone as it is printed, with the dots where it is screened."""

    ink: FloatArray
    tone: FloatArray
    drawn: FloatArray
    screened: Mask
    colour: FloatArray


class Canvas:
    """Layers of a window of a page, bare paper or, with black gutters, solid ink at first.

    Attributes:
        ink: (H, W) in [0, 1].
        tone: (H, W) in [0, 1].
        drawn: (H, W) tone as printed.
        screened: (H, W) where dots are.
        colour: (H, W, 3) in [0, 1].
        paper: (H, W) where nothing but lines and letters lies on the paper.
    """

    def __init__(self, window: tuple[int, int, int, int], *, is_black: bool = False) -> None:
        self._top, self._left, height, width = window
        self.ink = np.full((height, width), 0 if is_black else 1, np.float32)
        self.tone = np.ones((height, width), np.float32)
        self.drawn = np.ones((height, width), np.float32)
        self.screened = np.zeros((height, width), bool)
        self.colour = np.ones((height, width, 3), np.float32)
        self.paper = np.full((height, width), not is_black)

    def layers(self) -> PageLayers:
        """Return what has been painted so far."""
        return PageLayers(self.ink * self.drawn, self.ink, self.tone, self.screened, self.colour)

    def region(self, box: Box, margin_px: float = 0.0) -> Region | None:
        """Return the part of the window that a box of the page covers, None where they do not meet."""
        top, left, bottom, right = box
        height, width = self.ink.shape
        region = Region(
            max(0, int(np.floor(top - margin_px)) - self._top),
            max(0, int(np.floor(left - margin_px)) - self._left),
            min(height, int(np.ceil(bottom + margin_px)) - self._top),
            min(width, int(np.ceil(right + margin_px)) - self._left),
        )
        return region if region.top < region.bottom and region.left < region.right else None

    def to_page(self, region: Region) -> tuple[int, int]:
        """Return the page coordinates y, x of a region's corner."""
        return region.top + self._top, region.left + self._left

    def fill(self, curves: list[Points], region: Region) -> FloatArray:
        """Return how far the union of closed curves covers each pixel of a region, in [0, 1].

        Args:
            curves: (N, 2) points x, y of the page.
            region: Where.
        """
        cover = np.zeros(region.shape, np.uint8)
        for curve in curves:
            cv2.fillPoly(cover, [self._fixed(curve, region)], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return float_from_pixels(cover)

    def rim(self, curves: list[Points], region: Region, width_px: float) -> FloatArray:
        """Return the coverage of a line of this width around the union of closed curves, outside of it."""
        cover = np.zeros(region.shape, np.uint8)
        if width_px <= 0:
            return float_from_pixels(cover)
        thickness = max(1, round(2 * width_px))
        for curve in curves:
            cv2.polylines(cover, [self._fixed(curve, region)], True, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
        for curve in curves:
            cv2.fillPoly(cover, [self._fixed(curve, region)], 0, cv2.LINE_AA, _SUBPIXEL_BITS)
        # A line of half a pixel is one of a pixel, half as strong.
        return float_from_pixels(cover) * np.float32(min(1.0, max(0.35, 2 * width_px)))

    def _fixed(self, curve: Points, region: Region) -> NDArray[np.int32]:
        top, left = self.to_page(region)
        local = (curve - np.array((left, top), np.float32)).clip(-_FARTHEST_PX, _FARTHEST_PX)
        return np.asarray(np.rint(local * (1 << _SUBPIXEL_BITS)), np.int32)

    def lay(self, region: Region, cover: FloatArray, drawn: Drawn) -> None:
        """Lay layers over the canvas, as opaque as `cover` says."""
        cut = region.cut
        for below, above in ((self.ink, drawn.ink), (self.tone, drawn.tone), (self.drawn, drawn.drawn)):
            below[cut] += (above - below[cut]) * cover
        self.colour[cut] += (drawn.colour - self.colour[cut]) * cover[..., None]
        self.screened[cut] = (self.screened[cut] & (cover < 1)) | (drawn.screened & (cover > 0))
        self.paper[cut] &= cover <= 0

    def lay_flat(self, region: Region, cover: FloatArray, *, ink: float = 1.0) -> None:
        """Lay white with one ink on it over the canvas; without ink it is fresh paper."""
        cut = region.cut
        self.ink[cut] += (np.float32(ink) - self.ink[cut]) * cover
        for plane in (self.tone, self.drawn, self.colour):
            plane[cut] += (1 - plane[cut]) * (cover[..., None] if plane.ndim == 3 else cover)
        self.screened[cut] &= cover < 1
        if ink == 1:
            self.paper[cut] |= cover >= 1
        else:
            self.paper[cut] &= cover <= 0

    def draw(self, region: Region, cover: FloatArray) -> None:
        """Draw in black ink over what is there."""
        self.ink[region.cut] *= 1 - cover

    def scratch(self, region: Region, cover: FloatArray) -> None:
        """Take ink away, as white lettering on black does."""
        self.ink[region.cut] += (1 - self.ink[region.cut]) * cover
