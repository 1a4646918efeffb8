"""A sheet that a drawing of surroundings grows on, and the joints of what is built."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.strokes_ruled import Pen, bent_grid, rule
from mangacolor.data.figures.store import Drawing, Part
from mangacolor.image import float_from_pixels

Points = Sequence[tuple[float, float]]
Mask = NDArray[np.bool_]
Shares = NDArray[np.floating] | float

SIZE_PX = 448
"""Side of a drawing."""

WOBBLE_PX = 0.7
"""How far a hand misses a ruler."""


MOST_PX = 1e6
"""Coordinates beyond this are moved to it: the library that draws them counts in whole numbers."""

GRAINED = 0.5
"""How often wood shows its grain."""


def box(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    """Return the corners of a rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


class Sheet:
    """A drawing that grows from back to front; what is laid over something hides its lines."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.side = SIZE_PX
        self.part = np.zeros((self.side, self.side), np.uint8)
        self.ink = np.full((self.side, self.side), 255, np.uint8)
        self.light = np.ones((self.side, self.side), np.float32)
        self.parts = [Part("ground")]
        self.line_px = rng.uniform(0.6, 2.4)
        self._numbers: dict[str, int] = {}

    def number(self, kind: str, *, new: bool = False) -> int:
        """Return the number of the part of a kind; a new one where each has a colour of its own."""
        if new or kind not in self._numbers:
            self.parts.append(Part(kind))
            self._numbers[kind] = len(self.parts) - 1
        return self._numbers[kind]

    def lay(self, points: Points, kind: str, *, new: bool = False, outline: bool = True) -> Mask:
        """Lay a polygon of a kind over what is there, and return where it lies."""
        mask = np.zeros(self.part.shape, np.uint8)
        corners = np.round(np.array(points, np.float32)).astype(np.int32)
        (left, top), (right, bottom) = corners.min(axis=0).clip(0), corners.max(axis=0).clip(0) + 1
        place = np.s_[top:bottom, left:right]
        cv2.fillPoly(mask, [corners], 1)
        laid = mask[place] > 0
        self.part[place][laid] = self.number(kind, new=new)
        self.ink[place][laid] = 255
        self.light[place][laid] = 1
        if outline:
            self.line([*points, points[0]])
        return mask > 0

    def cover(self, mask: Mask, kind: str, *, new: bool = False, outline: bool = False) -> None:
        """Lay a mask of a kind over what is there."""
        self.part[mask] = self.number(kind, new=new)
        self.ink[mask] = 255
        self.light[mask] = 1
        if outline:
            contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(self.ink, contours, -1, 0, max(1, round(self.line_px)), cv2.LINE_AA)

    def line(self, points: Points, share: float = 1.0, within: Mask | None = None) -> None:
        """Draw a line of ink by hand, `share` times as thick as outlines."""
        self.lines([points], share, within)

    def lines(
        self, many: Sequence[Points], share: float = 1.0, within: Mask | None = None, *, wobble_px: float = WOBBLE_PX
    ) -> None:
        """Draw lines of ink by hand, `share` times as thick as outlines; curves of many points need less wobble."""
        drawn = self.ink if within is None else np.full_like(self.ink, 255)
        width = max(1, round(self.line_px * share))
        if not many:
            return
        corners = np.concatenate([np.array(points, np.float32) for points in many])
        corners += self.rng.normal(0, wobble_px, corners.shape)
        wires = np.round(corners.clip(-MOST_PX, MOST_PX) * 8).astype(np.int32)
        ends = np.cumsum([len(points) for points in many])
        cv2.polylines(drawn, np.split(wires, ends[:-1]), False, 0, width, cv2.LINE_AA, 3)
        if within is not None:
            self.ink = np.where(within, np.minimum(self.ink, drawn), self.ink)

    def hatch(self, mask: Mask, pen: Pen, angle_deg: float, pressure: Shares, *, bend_px: float = 0.0) -> None:
        """Draw a field of strokes on a mask, with a pressure (H, W) in [0, 1], bent by so many pixels."""
        rows, columns = np.nonzero(mask)
        if not len(rows) or min(np.ptp(rows), np.ptp(columns)) < 1:  # no field of strokes is one pixel wide
            return
        place = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        reach = (40.0 + 4 * bend_px, 40.0 + 4 * bend_px)
        grid = bent_grid(mask[place].shape, pen.spacing_px, angle_deg, bend_px, reach, self.rng)
        cover = rule(grid, pen, np.asarray(np.broadcast_to(pressure, mask.shape)[place], np.float32), self.rng)
        drawn = np.minimum(self.ink[place], 255 * (1 - cover))
        self.ink[place] = np.where(mask[place], drawn, self.ink[place]).astype(np.uint8)

    def shade(self, mask: Mask, factor: float) -> None:
        """Lay a shadow over a mask."""
        self.light[mask] *= np.float32(factor)

    def drawing(self) -> Drawing:
        """Return what was drawn."""
        return Drawing(float_from_pixels(self.ink), self.part, self.light, tuple(self.parts))


def courses(
    sheet: Sheet, mask: Mask, kind: str, box: tuple[float, float, float, float], step: float | None = None
) -> None:
    """Draw the joints of bricks, stones and planks."""
    rng = sheet.rng
    left, top, right, bottom = box
    step = step or rng.uniform(10, 34)
    if kind == "wood":
        is_upright = rng.random() < 0.5
        start, end = (left, right) if is_upright else (top, bottom)
        for at in np.arange(start, end, step):
            line = [(at, top), (at, bottom)] if is_upright else [(left, at), (right, at)]
            sheet.line(line, 0.6, mask)
        if rng.random() < GRAINED:
            grain(sheet, mask, 90.0 if is_upright else 0.0)
    elif kind in ("brick", "stone"):
        share = rng.uniform(0.3, 1.0)
        for row, y in enumerate(np.arange(top, bottom, step)):
            sheet.line([(left, y), (right, y)], 0.5, mask)
            if kind == "brick":
                for x in np.arange(left + (row % 2) * step, right, 2 * step):
                    if rng.random() < share:
                        sheet.line([(x, y), (x, y + step)], 0.5, mask)


def grain(sheet: Sheet, mask: Mask, angle_deg: float) -> None:
    """Draw the grain of wood, along an angle."""
    rng = sheet.rng
    pen = Pen(1.0, rng.uniform(2.5, 7), rng.uniform(30, 160), uneven=0.4, gap=0.6, missing=rng.uniform(0, 0.5))
    sheet.hatch(mask, pen, angle_deg, rng.uniform(0.6, 1.0), bend_px=rng.uniform(0, 4))
