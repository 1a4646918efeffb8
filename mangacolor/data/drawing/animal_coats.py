"""Bodies with fur: round shapes joined to a group, a smooth or a ragged outline, and what grows on it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from mangacolor.data.drawing.animal_shapes import Curve, fixed, turns_right
from mangacolor.data.drawing.sheet import Mask, Sheet
from mangacolor.data.drawing.strokes_ruled import Pen, smooth_noise, window_of

COATS = {"plain": 0.34, "patches": 0.24, "stripes": 0.22, "points": 0.09, "socks": 0.11}
"""What is on fur and how often: nothing, patches, stripes, dark ears, legs and tail, or feet and a chest of another
colour."""

BANDED = 0.35
"""How often patches have stripes in turn."""

RAGGED = 0.5
"""How often an outline is one of tufts."""

SHADED = 0.4
HATCHED = 0.15
"""How often an animal has a shadow on one side, and how often its far side is hatched along the form."""

FULL_LINE_PX = 110.0
"""Unit from which on outlines are as thick as the sheet's pen; smaller animals have finer ones."""

INK_STRIPES = 0.3
"""How often stripes are strokes of the pen alone."""


class Pelt:
    """One animal on a sheet: its place, its coat, and the parts that have a colour each.

    Args:
        sheet: What it is drawn on.
        middle: Where its origin lies, in pixels.
        unit_px: Pixels of one of its units.
        turn_deg: How far it is turned.
        kinds: Kinds of parts of its ground colour and of its patches.
    """

    def __init__(
        self, sheet: Sheet, middle: tuple[float, float], unit_px: float, turn_deg: float = 0.0,
        kinds: tuple[str, str] = ("fur", "fur_patch"),
    ) -> None:  # fmt: skip
        rng = sheet.rng
        self.sheet, self.rng, self.unit_px = sheet, rng, unit_px
        self._middle = np.array(middle)
        turn = math.radians(turn_deg)
        self._axes = unit_px * np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        self.ground = sheet.number(kinds[0], new=True)
        self.patches = [sheet.number(kinds[1], new=True) for _ in range(int(rng.choice([1, 1, 2])))]
        self.coat = str(rng.choice(list(COATS), p=list(COATS.values())))
        self.tuft = float(rng.uniform(0.015, 0.06) if rng.random() < RAGGED else 0)
        self.reach = float(rng.uniform(0.15, 0.4))
        self.patchiness = float(rng.normal(0.45, 0.4))
        self.is_banded = bool(rng.random() < BANDED)
        self.is_inked = bool(rng.random() < INK_STRIPES)
        self.stripe = float(rng.uniform(0.03, 0.07))
        self._strokes = float(rng.choice([0, 0.4, 1.2]))
        self._shadow = float(rng.uniform(0.72, 0.9)) if rng.random() < SHADED else 1.0
        self._side = float(rng.choice([-1, 1]))
        self._pen = Pen(1.1, rng.uniform(2.5, 5), rng.uniform(8, 22), 0.5, 0.5, 0.5) if rng.random() < HATCHED else None

    def at(self, points: Curve | Sequence[tuple[float, float]]) -> Curve:
        """Return where points of the animal lie on the sheet."""
        return np.asarray(np.asarray(points, np.float64) @ self._axes + self._middle, np.float64)

    def lay(
        self, shapes: Sequence[Curve], name: str, joints: Sequence[tuple[float, float, float]] = (), *,
        number: int | None = None, ragged: float = 1.0, share: float = 1.0,
    ) -> Mask:  # fmt: skip
        """Lay shapes as one, with an outline around them all, and what its coat has there.

        Args:
            shapes: In the animal's units.
            name: body, head, leg or tail, which have different coats; anything else has none.
            joints: Circles (x, y, radius) without an outline where it would lie on the animal itself.
            number: Of the part; that of the ground colour if None.
            ragged: How long tufts are, as a share of the animal's.
            share: How thick the outline is, as a share of the sheet's.
        """
        own = np.isin(self.sheet.part, [self.ground, *self.patches]) if joints else None
        drawn = np.zeros(self.sheet.part.shape, np.uint8)
        for shape in shapes:
            cv2.fillPoly(drawn, [fixed(self.at(shape))], 1, cv2.LINE_8, 4)
        contours, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        rims = [self._rim(np.asarray(found[:, 0], np.float64), ragged) for found in contours if len(found) > 12]
        mask = np.zeros(drawn.shape, np.uint8)
        cv2.fillPoly(mask, [fixed(rim) for rim in rims], 1, cv2.LINE_8, 4)
        laid = mask > 0
        self.sheet.part[laid] = self.ground if number is None else number
        self.sheet.ink[laid] = 255
        self.sheet.light[laid] = 1
        if number is None and laid.any():
            self._grow(laid, rims, name)
        for rim in rims:
            self._outline(rim, own, joints, share)
        return laid

    def patch(self, shape: Curve, number: int, within: Mask | None = None, *, share: float = 0.0) -> Mask:
        """Lay a shape of another part, within a mask, with an outline `share` as thick as others, or none."""
        mask = np.zeros(self.sheet.part.shape, np.uint8)
        cv2.fillPoly(mask, [fixed(self.at(shape))], 1, cv2.LINE_8, 4)
        laid = mask > 0 if within is None else (mask > 0) & within
        self.sheet.part[laid] = number
        if share:
            self.sheet.ink[laid] = 255
            self.stroke([*shape, shape[0]], share, within)
        return laid

    def stroke(self, points: Curve | Sequence[tuple[float, float]], share: float, within: Mask | None = None) -> None:
        """Draw a line of ink, `share` as thick as outlines."""
        self.sheet.lines([[(float(x), float(y)) for x, y in self.at(points)]], share, within, wobble_px=0.15)

    def blot(self, shape: Curve, value: int = 0, within: Mask | None = None) -> None:
        """Fill a shape with ink, or with none (255)."""
        drawn = self.sheet.ink if within is None else self.sheet.ink.copy()
        cv2.fillPoly(drawn, [fixed(self.at(shape))], value, cv2.LINE_AA, 4)
        if within is not None:
            self.sheet.ink[within] = drawn[within]

    def wedges(self, many: Sequence[tuple[Curve, Curve, float]], number: int | None, within: Mask) -> None:
        """Lay wedges (root, tip, half width; in pixels) of a part, or of ink if None, within a mask."""
        drawn = np.zeros(within.shape, np.uint8)
        for root, tip, half in many:
            way = tip - root
            out = np.array([-way[1], way[0]]) / max(math.hypot(*way), 1e-9) * half
            belly = root + 0.45 * way
            cv2.fillPoly(
                drawn, [fixed(np.array([root - out, belly - 0.9 * out, tip, belly + 0.9 * out, root + out]))], 255,
                cv2.LINE_AA, 4,
            )  # fmt: skip
        if number is None:
            self.sheet.ink[within] = np.minimum(self.sheet.ink, 255 - drawn)[within]
        else:
            self.sheet.part[within & (drawn > 127)] = number

    def _rim(self, chain: Curve, ragged: float) -> Curve:
        """Smooth a chain of pixels, and give it tufts."""
        reach = 9
        padded = np.concatenate([chain[-reach:], chain, chain[:reach]])
        smoothed = cv2.GaussianBlur(padded, (1, 2 * reach + 1), 0, sigmaY=2.0)
        rim: Curve = np.asarray(smoothed[reach:-reach:2], np.float64)
        size = self.tuft * self.unit_px * ragged
        if size < 1.5:
            return rim
        along = np.roll(rim, -1, axis=0) - np.roll(rim, 1, axis=0)
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        out = np.stack([along[:, 1], -along[:, 0]], axis=1)
        if not turns_right(rim):
            out = -out
        steps = self.rng.uniform(0.5, 1.5, len(rim)) * 2 / (2.2 * size)
        phase = np.cumsum(steps)
        rises = np.where(along[:, 1] > 0, phase % 1, 1 - phase % 1)  # tufts hang down
        where = np.interp(phase / 5, np.arange(999), self.rng.uniform(-0.6, 1.1, 999)).clip(0, 1)
        hang = np.array([0.0, 0.6])
        return np.asarray(rim + (size * where * rises**1.5)[:, None] * (out + hang), np.float64)

    def _outline(
        self, rim: Curve, own: Mask | None, joints: Sequence[tuple[float, float, float]], share: float
    ) -> None:
        """Draw an outline with a pen that swells, but not at joints."""
        closed = np.concatenate([rim, rim[:1]])
        is_drawn: Mask = np.all((closed > 3) & (closed < self.sheet.side - 4), axis=1)  # what the sheet cuts goes on
        if own is not None:
            x, y = np.round(closed).astype(int).clip(0, self.sheet.side - 1).T
            for middle_x, middle_y, radius in joints:
                reach = closed - self.at([(middle_x, middle_y)])
                is_drawn &= ~((np.hypot(*reach.T) < radius * self.unit_px) & own[y, x])
        swell = np.interp(np.arange(len(closed)) / 25, np.arange(999), self.rng.uniform(0.7, 1.4, 999))
        widths = swell * self.sheet.line_px * share * min(1.0, self.unit_px / FULL_LINE_PX)
        along = np.roll(closed, -1, axis=0) - np.roll(closed, 1, axis=0)
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        half = np.stack([-along[:, 1], along[:, 0]], axis=1) * np.maximum(widths, 1.2)[:, None] / 2
        for start in range(0, len(closed) - 1, 4):
            piece = slice(start, start + 5)
            if is_drawn[piece].all():
                band = np.concatenate([(closed + half)[piece], (closed - half)[piece][::-1]])
                cv2.fillPoly(self.sheet.ink, [fixed(band)], 0, cv2.LINE_AA, 4)

    def _grow(self, laid: Mask, rims: Sequence[Curve], name: str) -> None:
        """Give a group its patches or stripes, strokes and shadow."""
        rng, (top, side) = self.rng, window_of(laid)
        number = self.patches[int(rng.integers(len(self.patches)))]
        if name not in ("body", "head", "leg", "tail"):
            return
        window = laid[top, side]
        part, reach = self.sheet.part[top, side], max(6.0, self.reach * self.unit_px)
        if self.coat == "patches":
            blobs = smooth_noise(window.shape, (reach, reach), rng) + 0.12 * smooth_noise(window.shape, (6, 3), rng)
            spots = window & (blobs > self.patchiness)
            part[spots] = number
            if self.is_banded:
                self._stripes(laid & (self.sheet.part == number), rims, name)
        elif self.coat == "points" and name in ("leg", "tail"):
            down = np.linspace(0, 1, len(window))[:, None] + 0.05 * smooth_noise(window.shape, (12, 4), rng)
            part[window & ((down > 0.3) | (name == "tail"))] = self.patches[0]
        elif self.coat == "socks" and name in ("leg", "body"):
            down = np.linspace(0, 1, len(window))[:, None] + 0.035 * smooth_noise(window.shape, (12, 4), rng)
            part[window & (down > (0.7 if name == "leg" else 0.8))] = self.patches[0]
        elif self.coat == "stripes":
            self._stripes(laid, rims, name)
        if self._strokes and name != "tail":
            self._tufts(laid, rims)
        if self._shadow < 1:
            shift = max(2, round(rng.uniform(0.1, 0.3) * min(window.shape)))
            moved = np.roll(laid, (-shift, round(self._side * shift)), (0, 1))
            self.sheet.shade(laid & ~moved, self._shadow)
        if self._pen is not None:
            ways = np.linspace(1, 0, window.shape[1])[:: int(self._side)]
            pressure = np.zeros(laid.shape)
            pressure[top, side] = (1.6 * ways - 0.8).clip(0, 1)
            self.sheet.hatch(laid, self._pen, float(rng.uniform(50, 110)), pressure, bend_px=6)

    def _stripes(self, laid: Mask, rims: Sequence[Curve], name: str) -> None:
        """Lay stripes across a group, from its rim inwards; a body has them on its back."""
        rim = max(rims, key=len)
        gap = max(4, round(self.stripe * self.unit_px * (1.4 if name == "body" else 1.1)))
        many, way = [], 1 if turns_right(rim) else -1
        for start in np.arange(self.rng.integers(gap), len(rim), gap):
            root, along = rim[start], rim[(start + 3) % len(rim)] - rim[start - 3]
            inward = way * np.array([-along[1], along[0]]) / max(math.hypot(*along), 1e-9)
            if name in ("body", "head") and inward[1] < (-0.3 if name == "body" else 0.25):
                continue
            long = self.unit_px * {"body": 0.34, "tail": 0.16, "leg": 0.14, "head": 0.17}[name]
            tip = root + inward * long * self.rng.uniform(0.6, 1.2)
            many.append((root, tip + self.rng.normal(0, 0.1 * long, 2), self.stripe * self.unit_px * 0.42))
        self.wedges(many, None if self.is_inked else self.patches[-1], laid)

    def _tufts(self, laid: Mask, rims: Sequence[Curve]) -> None:
        """Draw short strokes of fur along the form, near its rim."""
        rng, many = self.rng, []
        rim = max(rims, key=len)
        for start in rng.integers(0, len(rim), int(self._strokes * len(rim) / 12)):
            along = rim[(start + 3) % len(rim)] - rim[start - 3]
            along = along / max(math.hypot(*along), 1e-9) * (1 if along[1] > 0 else -1)
            inward = np.array([-along[1], along[0]]) * (1 if along[1] < 0 else -1)
            root = rim[start] + inward * rng.choice([-1, 1]) * rng.uniform(0.03, 0.16) * self.unit_px
            tip = root + (along + rng.normal(0, 0.3, 2)) * rng.uniform(0.03, 0.1) * self.unit_px
            many.append([(float(x), float(y)) for x, y in (root, (root + tip) / 2 + rng.normal(0, 0.6, 2), tip)])
        self.sheet.lines(many, 0.6, laid, wobble_px=0.1)
