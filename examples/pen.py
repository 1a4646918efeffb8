"""Drawing primitives for manga-like pages: pen strokes, screentone, hatching, balloons and lettering.

Everything is drawn in black and white on a supersampled canvas and reduced by area averaging at the end, so lines and
dots come out antialiased the way a scan of a printed page does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Points: TypeAlias = "Sequence[Sequence[float]] | Array"
Taper: TypeAlias = "str | Sequence[float]"

BLACK, WHITE = 0, 255
SUPERSAMPLING = 3
_SUBPIXEL_BITS = 4

# How the width of a stroke runs along it, as width factors at evenly spaced places.
TAPERS: dict[str, tuple[float, ...]] = {
    "none": (1.0, 1.0),
    "in": (0.1, 0.45, 0.75, 0.92, 1.0),
    "out": (1.0, 0.92, 0.75, 0.45, 0.1),
    "both": (0.1, 0.6, 0.9, 1.0, 0.9, 0.6, 0.1),
    "ends": (0.2, 0.85, 1.0, 0.95, 1.0, 1.05, 0.95, 0.85, 0.2),
}


def spline(points: Points, closed: bool = False, spacing: float = 4.0) -> Array:
    """Sample a centripetal Catmull-Rom curve through the points, about one sample every `spacing` units."""
    p = np.asarray(points, dtype=np.float64)
    if len(p) < 3:
        count = max(2, int(np.hypot(*(p[-1] - p[0])) / spacing))
        return p[0] + np.linspace(0.0, 1.0, count)[:, None] * (p[-1] - p[0])
    p = np.vstack([p[-1], p, p[0], p[1]]) if closed else np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    chords = np.hypot(*np.diff(p, axis=0).T)
    knots = np.concatenate([[0.0], np.cumsum(np.maximum(np.sqrt(chords), 1e-4))])
    counts = np.clip(chords[1:-1] / spacing, 4, 80).astype(int)
    k = np.repeat(np.arange(len(counts)), counts)  # the segment each sample lies in
    share = (np.arange(len(k)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[k]
    t0, t1, t2, t3 = (knots[k + i][:, None] for i in range(4))
    p0, p1, p2, p3 = (p[k + i] for i in range(4))
    t = t1 + (t2 - t1) * share[:, None]
    a1 = ((t1 - t) * p0 + (t - t0) * p1) / (t1 - t0)
    a2 = ((t2 - t) * p1 + (t - t1) * p2) / (t2 - t1)
    a3 = ((t3 - t) * p2 + (t - t2) * p3) / (t3 - t2)
    b1 = ((t2 - t) * a1 + (t - t0) * a2) / (t2 - t0)
    b2 = ((t3 - t) * a2 + (t - t1) * a3) / (t3 - t1)
    curve = ((t2 - t) * b1 + (t - t1) * b2) / (t2 - t1)
    return curve if closed else np.vstack([curve, p[-2:-1]])


def along(points: Array) -> Array:
    """Return how far along the polyline each point lies, from 0 to 1."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    return lengths / max(lengths[-1], 1e-9)


def normals(points: Array) -> Array:
    """Return the unit normal of the polyline at each of its points."""
    tangent = np.empty_like(points)
    tangent[1:-1] = points[2:] - points[:-2]
    tangent[0], tangent[-1] = points[1] - points[0], points[-1] - points[-2]
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    return np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)


def ribbon(points: Points, widths: Sequence[float]) -> tuple[Array, Array]:
    """Return the left and right edge of a curve of changing width: a lock of hair, a limb, a branch."""
    curve = spline(points)
    half = np.interp(along(curve), np.linspace(0.0, 1.0, len(widths)), widths) / 2
    if len(half) > 9:  # soften the kinks of the linear interpolation, but leave the ends alone
        kernel = np.ones(7) / 7
        half[3:-3] = np.convolve(half, kernel, mode="valid")
    offset = normals(curve) * half[:, None]
    return curve - offset, curve + offset


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0.0, end: float = 360.0, count: int = 40) -> Array:
    """Return points on an ellipse from angle `start` to `end`, in degrees, clockwise on the page from the right."""
    angle = np.radians(np.linspace(start, end, count))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def shifted(mask: Mask, dx: float, dy: float) -> Mask:
    """Move a mask by (dx, dy) page pixels, filling with False."""
    matrix = np.array([[1, 0, dx * SUPERSAMPLING], [0, 1, dy * SUPERSAMPLING]], dtype=np.float64)
    moved = cv2.warpAffine(mask.view(np.uint8), matrix, mask.shape[::-1], flags=cv2.INTER_NEAREST)
    return moved.astype(bool)


def bounds(mask: Mask) -> tuple[slice, slice]:
    """Return the slices of the smallest box that holds the mask."""
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    return slice(y, y + h), slice(x, x + w)


class Canvas:
    """A page under the pen.

    Points are given in the units of the current placement (page pixels unless inside `placed`), stroke widths in page
    pixels times `weight`.
    """

    def __init__(self, width: int, height: int, seed: int = 0) -> None:
        self.width, self.height = width, height
        self.pixels = np.full((height * SUPERSAMPLING, width * SUPERSAMPLING), WHITE, dtype=np.uint8)
        self.rng = np.random.default_rng(seed)
        self.matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        self.weight = 1.0

    # ---------------------------------------------------------------- placement

    @contextmanager
    def placed(
        self, x: float, y: float, scale: float = 1.0, angle: float = 0.0, flip: bool = False, weight: float = 1.0
    ) -> Iterator[None]:
        """Draw in a moved, scaled, turned and perhaps mirrored coordinate system."""
        before = self.matrix, self.weight
        c, s = math.cos(math.radians(angle)) * scale, math.sin(math.radians(angle)) * scale
        mirror = -1.0 if flip else 1.0
        self.matrix = self.matrix @ np.array([[c * mirror, -s, x], [s * mirror, c, y], [0.0, 0.0, 1.0]])
        self.weight *= weight
        yield
        self.matrix, self.weight = before

    @contextmanager
    def inside(self, mask: Mask) -> Iterator[None]:
        """Let what is drawn show only inside the mask."""
        before = self.pixels.copy()
        yield
        box = bounds(mask)
        np.copyto(before[box], self.pixels[box], where=mask[box])
        self.pixels = before

    @property
    def unit(self) -> float:
        """Page pixels per unit of the current placement."""
        return float(math.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))

    def page(self, points: Points) -> Array:
        """Turn points of the current placement into page pixels."""
        return np.asarray(points, dtype=np.float64) @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    @staticmethod
    def _fixed(points: Array) -> NDArray[np.int32]:
        scaled = (points * SUPERSAMPLING - 0.5 * (SUPERSAMPLING > 1)) * (1 << _SUBPIXEL_BITS)
        return np.clip(np.round(scaled), -(2**24), 2**24).astype(np.int32)

    # ---------------------------------------------------------------- areas

    def empty(self) -> Mask:
        """Return a mask with nothing in it."""
        return np.zeros(self.pixels.shape, dtype=bool)

    def area(self, points: Points, curve: bool = False, into: Mask | None = None) -> Mask:
        """Return the inside of a closed outline as a mask, added to `into` if that is given."""
        mask = self.empty() if into is None else into
        outline = self.page(points)
        if curve:
            outline = spline(outline, closed=True)
        cv2.fillPoly(mask.view(np.uint8), [self._fixed(outline)], 1, shift=_SUBPIXEL_BITS)
        return mask

    def fill(self, points: Points, ink: int = BLACK, curve: bool = False) -> None:
        """Fill a closed outline with ink, or with white to hide what lies behind."""
        outline = self.page(points)
        if curve:
            outline = spline(outline, closed=True)
        cv2.fillPoly(self.pixels, [self._fixed(outline)], ink, shift=_SUBPIXEL_BITS)

    def paint(self, mask: Mask, ink: int = BLACK) -> None:
        """Fill a mask with ink."""
        box = bounds(mask)
        np.copyto(self.pixels[box], np.uint8(ink), where=mask[box])

    # ---------------------------------------------------------------- lines

    def stroke(
        self, points: Points, width: float = 2.0, taper: Taper = "ends", ink: int = BLACK, curve: bool = True
    ) -> None:
        """Draw one pen stroke whose width changes along it.

        Args:
            points: where the pen goes.
            width: its greatest width, in page pixels (times the weight of the placement).
            taper: a name in `TAPERS`, or width factors at evenly spaced places along the stroke.
            ink: `BLACK`, or `WHITE` for correction fluid.
            curve: draw a smooth curve through the points; otherwise straight lines.
        """
        line = self.page(points)
        if (line.max(axis=0) < -50).any() or (line.min(axis=0) > (self.width + 50, self.height + 50)).any():
            return  # off the page
        if curve:
            line = spline(line)
        factors = TAPERS[taper] if isinstance(taper, str) else taper
        place = along(line)
        half = np.interp(place, np.linspace(0.0, 1.0, len(factors)), factors) * width * self.weight / 2
        half = np.maximum(half, 0.22)
        step = normals(line) * half[:, None]
        left, right, centres = np.split(self._fixed(np.concatenate([line - step, line + step, line])), 3)
        quads = np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)
        radii = np.round(half * SUPERSAMPLING * (1 << _SUBPIXEL_BITS)).astype(int)
        for quad in quads:
            cv2.fillConvexPoly(self.pixels, quad, ink, shift=_SUBPIXEL_BITS)
        for centre, radius in zip(centres, radii, strict=True):
            if radius > 2 << _SUBPIXEL_BITS:  # round joints; thin lines need none
                cv2.circle(self.pixels, centre.tolist(), int(radius), ink, -1, shift=_SUBPIXEL_BITS)

    def loop(self, points: Points, width: float = 2.0, curve: bool = True) -> None:
        """Draw a closed line of nearly even width."""
        p = np.asarray(points, dtype=np.float64)
        if curve:
            outline = spline(self.page(p), closed=True)
            with self._untransformed():
                self.stroke(np.vstack([outline, outline[:1]]), width, (1.0, 0.85, 1.1, 0.9, 1.0), curve=False)
        else:
            for a, b in zip(p, np.roll(p, -1, axis=0), strict=True):
                self.stroke([a, b], width, "none", curve=False)

    @contextmanager
    def _untransformed(self) -> Iterator[None]:
        before, self.matrix = self.matrix, np.eye(3)
        yield
        self.matrix = before

    def shape(self, points: Points, width: float = 2.0, ink: int = WHITE, curve: bool = True) -> None:
        """Fill a closed outline and draw the line around it."""
        self.fill(points, ink, curve)
        self.loop(points, width, curve)

    # ---------------------------------------------------------------- tone and hatching

    def tone(
        self, mask: Mask, period: float, coverage: float | Callable[[Array, Array], Array], angle: float = 45
    ) -> None:
        """Lay a sheet of dot screentone over the mask.

        Args:
            mask: where the tone is laid.
            period: distance between neighbouring dots in page pixels.
            coverage: the share of the paper that is black, or a function of page x and y that returns it.
            angle: the direction of the rows of dots in degrees.
        """
        rows, columns = bounds(mask)
        if rows.stop == rows.start:
            return
        if angle == 45:  # a whole number of pixels along the diagonal: the pattern repeats, and files stay small
            period = round(period * math.sqrt(2)) / math.sqrt(2)
        y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] / SUPERSAMPLING
        x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] / SUPERSAMPLING
        c, s = math.cos(math.radians(angle)) / period, math.sin(math.radians(angle)) / period
        u, v = x * c + y * s, y * c - x * s
        share = np.asarray(coverage(x, y) if callable(coverage) else coverage, dtype=np.float32)
        share = np.clip(share, 0.0, 1.0)
        dots = (u - np.round(u)) ** 2 + (v - np.round(v)) ** 2 < share / np.float32(math.pi)
        if share.max() > 0.5:  # beyond a half, white dots on black
            gaps = (u - np.floor(u) - 0.5) ** 2 + (v - np.floor(v) - 0.5) ** 2 < (1 - share) / np.float32(math.pi)
            dots = np.where(share <= 0.5, dots, ~gaps)
        dots &= mask[rows, columns]
        self.pixels[rows, columns][dots] = BLACK

    def fade(
        self, mask: Mask, period: float, start: float, end: float, direction: float = 90, angle: float = 45
    ) -> None:
        """Lay a gradient tone that runs from coverage `start` to `end` across the mask in the given direction."""
        rows, columns = bounds(mask)
        c, s = math.cos(math.radians(direction)), math.sin(math.radians(direction))
        corners = [
            (x * c + y * s) / SUPERSAMPLING for x in (columns.start, columns.stop) for y in (rows.start, rows.stop)
        ]
        low, high = min(corners), max(corners)
        self.tone(mask, period, lambda x, y: start + (end - start) * (x * c + y * s - low) / (high - low + 1e-6), angle)

    def hatch(self, mask: Mask, spacing: float, angle: float, width: float = 1.2, ink: int = BLACK) -> None:
        """Fill the mask with slightly uneven parallel pen lines."""
        rows, columns = bounds(mask)
        if rows.stop == rows.start:
            return
        x0, x1 = columns.start / SUPERSAMPLING, columns.stop / SUPERSAMPLING
        y0, y1 = rows.start / SUPERSAMPLING, rows.stop / SUPERSAMPLING
        cx, cy, reach = (x0 + x1) / 2, (y0 + y1) / 2, math.hypot(x1 - x0, y1 - y0) / 2
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        with self._untransformed(), self.inside(mask):
            for place in np.arange(-reach, reach, spacing):
                place += self.rng.normal(0, spacing * 0.12)
                tilt = self.rng.normal(0, 0.0035) * reach
                a = (cx - c * reach - s * (place + tilt), cy - s * reach + c * (place + tilt))
                b = (cx + c * reach - s * (place - tilt), cy + s * reach + c * (place - tilt))
                self.stroke([a, b], width * self.rng.uniform(0.7, 1.1), "none", ink, curve=False)

    # ---------------------------------------------------------------- movement

    def focus_lines(self, x: float, y: float, rx: float, ry: float, count: int, width: float = 5.0) -> None:
        """Draw lines that run from beyond the page towards an ellipse left free in the middle."""
        reach = 2.0 * max(self.width, self.height)
        for turn in np.arange(count) / count * math.tau + self.rng.normal(0, 0.5 / count * math.tau, count):
            c, s = math.cos(turn), math.sin(turn)
            gap = self.rng.uniform(1.0, 1.45)
            near = (x + c * rx * gap, y + s * ry * gap)
            thickness = width * self.rng.uniform(0.25, 1.3) * reach / (2.0 * max(rx, ry))
            side = np.array([-s, c]) * thickness
            far = np.array([x + c * reach, y + s * reach])
            self.fill([near, far + side, far - side])

    def speed_lines(self, mask: Mask, angle: float, count: int, width: float = 3.0) -> None:
        """Draw parallel tapered lines of uneven length across the mask."""
        rows, columns = bounds(mask)
        x0, x1 = columns.start / SUPERSAMPLING, columns.stop / SUPERSAMPLING
        y0, y1 = rows.start / SUPERSAMPLING, rows.stop / SUPERSAMPLING
        reach = math.hypot(x1 - x0, y1 - y0)
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        with self._untransformed(), self.inside(mask):
            for _ in range(count):
                x, y = self.rng.uniform(x0, x1), self.rng.uniform(y0, y1)
                length = reach * self.rng.uniform(0.15, 0.6)
                line = [(x - c * length / 2, y - s * length / 2), (x + c * length / 2, y + s * length / 2)]
                self.stroke(line, width * self.rng.uniform(0.3, 1.0), "both", curve=False)

    # ---------------------------------------------------------------- panels, balloons, letters

    @contextmanager
    def panel(self, corners: Points, frame: float = 4.5) -> Iterator[Mask]:
        """Draw inside a panel, then its black frame."""
        mask = self.area(corners)
        with self.inside(mask):
            yield mask
        if frame:
            self.loop(corners, frame, curve=False)

    def letters(
        self, lines: Sequence[str], x: float, y: float, size: float, bold: float = 0.045, lead: float = 1.12
    ) -> None:
        """Write centred lines of text around the page point (x, y)."""
        font = ImageFont.load_default(size=size * SUPERSAMPLING)
        sheet = Image.new("L", (self.pixels.shape[1], self.pixels.shape[0]), 0)
        pen = ImageDraw.Draw(sheet)
        for row, line in enumerate(lines):
            place = (x * SUPERSAMPLING, (y + (row - (len(lines) - 1) / 2) * size * lead) * SUPERSAMPLING)
            pen.text(place, line, 255, font, anchor="mm", stroke_width=round(size * SUPERSAMPLING * bold))
        self.pixels = np.minimum(self.pixels, 255 - np.asarray(sheet))

    def balloon(
        self,
        kind: str,
        x: float,
        y: float,
        rx: float,
        ry: float,
        text: str,
        tail: Sequence[float] | None = None,
        line: float = 2.6,
        size: float = 40.0,
    ) -> None:
        """Draw a speech balloon with its text.

        Args:
            kind: "oval", "soft", "cloud", "spiky" or "box".
            x: centre.
            y: centre.
            rx: half its width.
            ry: half its height.
            text: what is said, lines separated by "/".
            tail: where its tail points, if it has one; the trail of small bubbles of a thought for "cloud".
            line: width of the outline.
            size: the largest size of the letters.
        """
        outline = self._balloon_outline(kind, x, y, rx, ry)
        mask = self.area(outline, curve=kind not in ("spiky", "box", "cloud"))
        if tail is not None and kind == "cloud":
            for share, radius in ((0.35, 9.0), (0.65, 6.0), (0.95, 4.0)):
                dx, dy = tail[0] - x, tail[1] - y
                edge = 1 / math.hypot(dx / rx, dy / ry)
                place = edge * 1.08 + (1 - edge * 1.08) * share
                self.area(ellipse(x + dx * place, y + dy * place, radius * 1.2, radius), into=mask)
        elif tail is not None:
            dx, dy = tail[0] - x, tail[1] - y
            turn = math.atan2(dy / ry, dx / rx)
            spread = 0.16 + 2.5 / max(rx, ry)
            a = (x + rx * 0.93 * math.cos(turn - spread), y + ry * 0.93 * math.sin(turn - spread))
            b = (x + rx * 0.93 * math.cos(turn + spread), y + ry * 0.93 * math.sin(turn + spread))
            bend = np.array([-dy, dx]) * 0.06
            middle = np.array([x + rx * 0.93 * math.cos(turn) + tail[0], y + ry * 0.93 * math.sin(turn) + tail[1]]) / 2
            edge_a = spline([a, (np.array(a) * 0.45 + middle * 0.55 + bend), tail])
            edge_b = spline([tail, (np.array(b) * 0.45 + middle * 0.55 + bend), b])
            self.area(np.vstack([edge_a, edge_b]), into=mask)
        radius = max(1, round(line * SUPERSAMPLING))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        rows, columns = bounds(mask)
        box = (
            slice(max(0, rows.start - radius), rows.stop + radius),
            slice(max(0, columns.start - radius), columns.stop + radius),
        )
        self.pixels[box][cv2.dilate(mask[box].view(np.uint8), kernel) > 0] = BLACK
        self.paint(mask, WHITE)
        lines = text.split("/")
        self.letters(lines, x, y, self._fitting_size(kind, rx, ry, lines, size))

    def _balloon_outline(self, kind: str, x: float, y: float, rx: float, ry: float) -> Array:
        if kind == "box":
            return np.array([(x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry)])
        if kind == "spiky":
            count = 2 * int(9 + (rx + ry) / 24)
            turn = (np.arange(count) + self.rng.uniform(-0.28, 0.28, count)) / count * math.tau
            radius = np.where(np.arange(count) % 2, 1.0, 1.22 + self.rng.uniform(0, 0.2, count))
        elif kind == "cloud":
            turn = np.linspace(0, math.tau, 400, endpoint=False)
            lobes = 2 * int(4 + (rx + ry) / 60)
            radius = 0.94 + 0.12 * np.sqrt(np.abs(np.sin((turn + 0.1 * np.sin(2 * turn)) * lobes / 2)))
        else:
            turn = np.linspace(0, math.tau, 28, endpoint=False)
            radius = np.ones(28)
            if kind == "soft":  # an uneven outline by hand
                radius += 0.05 * np.sin(3 * turn + self.rng.uniform(0, 6)) + 0.02 * np.sin(5 * turn)
        c, s = np.cos(turn), np.sin(turn)
        power = 0.86 if kind in ("oval", "soft") else 1.0  # a little squarer than an ellipse
        return np.stack([
            x + rx * radius * np.sign(c) * np.abs(c) ** power,
            y + ry * radius * np.sign(s) * np.abs(s) ** power,
        ], axis=1)  # fmt: skip

    @staticmethod
    def _fitting_size(kind: str, rx: float, ry: float, lines: Sequence[str], largest: float) -> float:
        """Return the largest letter size at which the lines stay inside the balloon."""
        for size in np.arange(largest, 8, -0.5):
            font = ImageFont.load_default(size=float(size))
            fits = True
            for row, line in enumerate(lines):
                middle = (row - (len(lines) - 1) / 2) * size * 1.12
                height = abs(middle) + size * 0.42
                if kind == "box":
                    room = rx - 0.45 * size if height < ry - 0.15 * size else 0.0
                else:
                    room = rx * 0.88 * math.sqrt(max(0.0, 1 - (height / (ry * 0.93)) ** 2))
                fits &= font.getlength(line) * 1.06 / 2 < room
            if fits:
                return float(size)
        return 8.0

    def sound(self, text: str, x: float, y: float, size: float, angle: float = 0.0, hollow: bool = False) -> None:
        """Write a sound effect: big uneven letters with a white rim, or hollow ones."""
        font = ImageFont.load_default(size=size * SUPERSAMPLING)
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        widths = [font.getlength(letter) / SUPERSAMPLING * 1.12 for letter in text]
        place = -sum(widths) / 2
        heavy, rim = round(size * 0.075 * SUPERSAMPLING), round(size * 0.14 * SUPERSAMPLING)
        for index, (letter, width) in enumerate(zip(text, widths, strict=True)):
            middle = place + width / 2
            place += width
            lift = size * self.rng.uniform(-0.1, 0.1)
            px, py = x + c * middle - s * lift, y + s * middle + c * lift
            turn = -angle + self.rng.uniform(-9, 9)
            grow = 1.0 + 0.16 * (-1) ** index
            box = int(size * SUPERSAMPLING * 2)
            for thickness, ink in ((rim, WHITE), (heavy, BLACK), (round(heavy * 0.25), WHITE))[: 3 if hollow else 2]:
                sheet = Image.new("L", (box, box), 0)
                ImageDraw.Draw(sheet).text((box / 2, box / 2), letter, 255, font, anchor="mm", stroke_width=thickness)
                sheet = sheet.rotate(turn, Image.Resampling.BICUBIC).resize((int(box * grow), int(box * grow)))
                self._press(np.asarray(sheet), px, py, ink)

    def _press(self, stamp: NDArray[np.uint8], x: float, y: float, ink: int) -> None:
        """Print a stamp of ink strength 0-255 around a page point, cut at the edges of the page."""
        top, left = int(y * SUPERSAMPLING) - stamp.shape[0] // 2, int(x * SUPERSAMPLING) - stamp.shape[1] // 2
        rows = slice(max(top, 0), min(top + stamp.shape[0], self.pixels.shape[0]))
        columns = slice(max(left, 0), min(left + stamp.shape[1], self.pixels.shape[1]))
        strength = stamp[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] / 255.0
        under = self.pixels[rows, columns]
        under[:] = np.round(under * (1 - strength) + ink * strength)

    # ---------------------------------------------------------------- output

    def save(self, path: Path) -> None:
        """Reduce the page to its final size and write it as an 8-bit greyscale PNG."""
        small = cv2.resize(self.pixels, (self.width, self.height), interpolation=cv2.INTER_AREA)
        Image.fromarray(small).save(path, optimize=True)
