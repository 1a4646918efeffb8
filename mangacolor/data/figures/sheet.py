"""A flat sheet to draw on: parts, ink and light, with y up and a unit of its own; it becomes a decal."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mangacolor.data.figures.geometry import FloatArray
from mangacolor.data.figures.scene import Decal

_BITS = 4
"""Binary places of coordinates that OpenCV draws with."""


class Sheet:
    """A sheet of `width` × `height` units whose origin lies `left` units from its left edge, `below` its top by `top`.

    Attributes:
        part: (h, w) uint8, 0 where nothing is.
        ink: (h, w) uint8, 255 where it is black.
        light: (h, w) float32.
        scale: Pixels of one unit.
    """

    def __init__(self, left: float, right: float, bottom: float, top: float, scale: float) -> None:
        shape = (round((top - bottom) * scale), round((right - left) * scale))
        self.left, self.top, self.scale = left, top, scale
        self.part: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        self.ink: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        self.light: NDArray[np.float32] = np.ones(shape, np.float32)

    def empty(self) -> Sheet:
        """Return a sheet of the same size with nothing on it."""
        height, width = self.part.shape
        return Sheet(self.left, self.left + width / self.scale, self.top - height / self.scale, self.top, self.scale)

    def rows(self) -> FloatArray:
        """Return the height of every row, in units."""
        return np.asarray(self.top - (np.arange(len(self.part)) + 0.5) / self.scale)

    def mask(self, outline: ArrayLike, *, smooth: bool = False) -> NDArray[np.uint8]:
        """Return 255 inside an outline (N, 2), with soft edges if asked."""
        mask = np.zeros_like(self.part)
        self._fill(mask, self._pixels(outline), smooth)
        return mask

    def fill(self, outline: ArrayLike, part: int, light: float = 1.0) -> None:
        """Make the inside of an outline one part."""
        inside = self.mask(outline) > 0
        self.part[inside] = part
        self.light[inside] = light

    def stroke(self, path: ArrayLike, start: float, middle: float, end: float) -> None:
        """Ink a line that swells; widths in pixels of the sheet."""
        self._fill(self.ink, swelling(self._pixels(path), start, middle, end), True)

    def blacken(self, outline: ArrayLike) -> None:
        """Ink the inside of an outline."""
        self._fill(self.ink, self._pixels(outline), True)

    def decal(self, parts: tuple[int, ...], numbers: Mapping[int, int], least: float) -> Decal:
        """Return the sheet as a drawing on parts of a scene."""
        return Decal(parts, self.left, self.top, self.scale, self.part, numbers, self.ink, self.light, least)

    def _pixels(self, points: ArrayLike) -> FloatArray:
        points = np.asarray(points, float).reshape(-1, 2)
        return np.stack([(points[:, 0] - self.left) * self.scale, (self.top - points[:, 1]) * self.scale], axis=1)

    def _fill(self, plane: NDArray[np.uint8], outline: FloatArray, smooth: bool) -> None:
        corners = np.round(outline * 2**_BITS).astype(np.int32)
        cv2.fillPoly(plane, [corners], 255, cv2.LINE_AA if smooth else cv2.LINE_8, _BITS)


def swelling(path: FloatArray, start: float, middle: float, end: float) -> FloatArray:
    """Return the outline of a line along a path (N, 2) whose width swells towards its middle."""
    t = np.linspace(0, 1, len(path))
    bulge = np.sin(t * np.pi)
    width = np.where(t < 0.5, start + (middle - start) * bulge, end + (middle - end) * bulge)
    along = np.gradient(path, axis=0)
    along = along / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-9)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1) * (width / 2)[:, None]
    return np.concatenate([path + aside, (path - aside)[::-1]])


def curve(points: ArrayLike, count: int = 40) -> FloatArray:
    """Return points (count, 2) of a Bézier curve with three or four control points."""
    control = np.asarray(points, float)
    t = np.linspace(0, 1, count)[:, None]
    while len(control) > 1 and control.ndim == 2:
        control = control[:, None]
    while len(control) > 1:  # de Casteljau's halving, for all t at once
        control = (1 - t) * control[:-1] + t * control[1:]
    return np.asarray(control[0])


def ellipse(x: float, y: float, across: float, up: float, count: int = 60) -> FloatArray:
    """Return points (count, 2) of an ellipse."""
    angle = np.linspace(0, 2 * np.pi, count)
    return np.stack([x + across * np.cos(angle), y + up * np.sin(angle)], axis=1)
