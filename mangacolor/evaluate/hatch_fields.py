"""Drawn fields that tell whether a separator knows strokes from screens.

Some fields are drawn by hand, as far as a program can: strokes of uneven spacing, bent by the form, thick in the middle
and thin at their ends. They are drawing and belong to the ink. Others are printed: dots, lines and sand that stand for
one flat grey, which is known. Greys painted without any screen are neither, and must come back as they were.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import float_from_pixels, resize

FloatArray = NDArray[np.float32]
Sort = Literal["strokes", "painted", "screen"]

FIELD_PX = 384
"""Side of a field with its frame and the paper around it: a panel."""

MARGIN_PX = 24
INSIDE = np.s_[MARGIN_PX + 12 : -MARGIN_PX - 12, MARGIN_PX + 12 : -MARGIN_PX - 12]
"""What is measured: the field without its frame and without what a blur brings in from there."""

FINENESS = 4
"""Fields are drawn this much larger and then reduced, hence antialiased."""

SPACING_PX = (3.0, 14.0)
WIDTH_PX = (1.0, 4.0)
STEPS = 14
"""Straight pieces that a bent stroke is drawn of."""

SCAN_BLUR_PX = (0.0, 0.7)
SCAN_NOISE = (0.0, 0.012)
"""Standard deviations of the blur and noise of a scan."""


@dataclass(frozen=True)
class Field:
    """A field inside a frame.

    Attributes:
        kind: What it is called in tables.
        sort: Strokes have to stay in the ink, screens to become flat tone, and what is painted to stay as it is.
        page: (H, W) grey in [0, 1], as scanned.
        strokes: (H, W) what the ink should be; None but for strokes. Over white paper it is the page.
        tone: (H, W) true tone in [0, 1]; None where it is painted.
    """

    kind: str
    sort: Sort
    page: FloatArray
    strokes: FloatArray | None
    tone: FloatArray | None


class _Sheet:
    """White paper to draw black strokes on, in pixels of the field."""

    def __init__(self) -> None:
        self._fine = np.full((FIELD_PX * FINENESS,) * 2, 255, np.uint8)

    def stroke(self, path: FloatArray, widths: FloatArray) -> None:
        """Draw a stroke along (N, 2) points x, y with N widths."""
        points = np.rint(path * FINENESS).astype(int).clip(-9999, 9999)
        for start, end, width in zip(points[:-1], points[1:], widths[:-1], strict=True):
            cv2.line(self._fine, tuple(start.tolist()), tuple(end.tolist()), 0, max(1, round(width * FINENESS)))

    def drawn(self) -> FloatArray:
        return resize(float_from_pixels(self._fine), FIELD_PX, FIELD_PX)


def _taper(rng: np.random.Generator, width: float, *, both: bool = True) -> FloatArray:
    """Return the widths along a stroke: thick where the pen is pressed, thin at its end, or at both."""
    along = np.linspace(0, 1, STEPS, dtype=np.float32)
    press = rng.uniform(0.3, 0.7) if both else rng.uniform(0, 0.15)
    rising, falling = along / max(press, 1e-3), (1 - along) / (1 - press)
    return np.asarray(width * (0.25 + 0.75 * np.minimum(np.minimum(rising, falling), 1) ** 0.7), np.float32)


def _bent(start: FloatArray, angle: float, length: float, bend: float) -> FloatArray:
    """Return (N, 2) points of an arc that turns by `bend` radians in all."""
    turns = angle + bend * np.linspace(-0.5, 0.5, STEPS)
    steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * (length / STEPS)
    return np.asarray(start + np.cumsum(steps, axis=0), np.float32)


def _hatch(sheet: _Sheet, rng: np.random.Generator, angle: float, spacing: float, width: float) -> None:
    """Draw rows of strokes beside each other, each a little off where it should be."""
    bend, length = rng.uniform(-0.6, 0.6), rng.uniform(60, 170)
    along, across = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    reach = 0.75 * FIELD_PX
    for row in np.arange(-reach, reach, length * 1.08):
        place = -reach
        while place < reach:
            place += spacing * rng.uniform(0.65, 1.35)
            own = length * rng.uniform(0.75, 1.15)
            start = FIELD_PX / 2 + along * (row + rng.normal(0, 0.06 * length)) + across * place
            path = _bent(start.astype(np.float32), angle + rng.normal(0, 0.03), own, bend + rng.normal(0, 0.05))
            sheet.stroke(path, _taper(rng, width * rng.uniform(0.75, 1.25), both=rng.random() < 0.3))


def _spacing_and_width(rng: np.random.Generator) -> tuple[float, float]:
    spacing = math.exp(rng.uniform(*np.log(SPACING_PX)))
    return spacing, float(np.clip(spacing * rng.uniform(0.22, 0.5), *WIDTH_PX))


def _hatching(sheet: _Sheet, rng: np.random.Generator) -> None:
    _hatch(sheet, rng, rng.uniform(0, math.pi), *_spacing_and_width(rng))


def _cross_hatching(sheet: _Sheet, rng: np.random.Generator) -> None:
    angle, (spacing, width) = rng.uniform(0, math.pi), _spacing_and_width(rng)
    for layer in range(rng.integers(2, 4)):
        _hatch(sheet, rng, angle + layer * rng.uniform(0.7, 1.5), 1.3 * spacing, width)


def _ruled_hatching(sheet: _Sheet, rng: np.random.Generator) -> None:
    """Draw parallel lines with a ruler, moved on by eye: what is likest a line screen."""
    spacing, angle = rng.uniform(4, 11), rng.uniform(0, math.pi)
    width, reach = spacing * rng.uniform(0.25, 0.45), 0.75 * FIELD_PX
    along, across = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    place = -reach
    while place < reach:
        place += spacing * rng.uniform(0.8, 1.2)
        tilt = reach * rng.normal(0, 0.003)
        ends = [FIELD_PX / 2 + across * (place + way * tilt) + along * way * reach for way in (-1, 1)]
        sheet.stroke(np.stack(ends).astype(np.float32), np.full(2, width * rng.uniform(0.8, 1.2), np.float32))


def _flow(rng: np.random.Generator, strength: float) -> FloatArray:
    """Return (H, W) angles that change slowly, as hair and fur lie."""
    coarse = rng.uniform(-strength, strength, (5, 5)).astype(np.float32)
    fine = cv2.resize(coarse, (FIELD_PX, FIELD_PX), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine + rng.uniform(0, 2 * math.pi), np.float32)


def _followed(flow: FloatArray, start: FloatArray, length: float) -> FloatArray:
    """Return (N, 2) points along a flow."""
    points = np.empty((STEPS, 2), np.float32)
    points[0] = start
    for step in range(1, STEPS):
        x, y = points[step - 1].clip(0, FIELD_PX - 1).astype(int)
        points[step] = points[step - 1] + np.array([np.cos(flow[y, x]), np.sin(flow[y, x])]) * length / STEPS
    return points


def _strewn(rng: np.random.Generator, spacing: float) -> Iterator[FloatArray]:
    """Yield points of a loose lattice in random order, each moved by up to half its spacing."""
    along = np.arange(0, FIELD_PX, spacing)
    places = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    places = places + rng.uniform(-0.5, 0.5, places.shape) * spacing
    yield from rng.permutation(places).astype(np.float32)


def _fur(sheet: _Sheet, rng: np.random.Generator) -> None:
    flow, spacing = _flow(rng, 1.0), rng.uniform(7, 14)
    width = rng.uniform(1, 2.2)
    for start in _strewn(rng, spacing):
        path = _bent(start, float(flow[tuple(start.astype(int).clip(0, FIELD_PX - 1)[::-1])]), rng.uniform(14, 34), 0.5)
        sheet.stroke(path + rng.normal(0, 0.3, 2).astype(np.float32), _taper(rng, width, both=False))


def _hair(sheet: _Sheet, rng: np.random.Generator) -> None:
    flow, width = _flow(rng, 0.5), rng.uniform(1, 3)
    for start in _strewn(rng, rng.uniform(14, 26)):
        for _ in range(rng.integers(1, 5)):  # strands come in locks
            beside = start + rng.normal(0, 5, 2).astype(np.float32)
            sheet.stroke(_followed(flow, beside, rng.uniform(60, 160)), _taper(rng, width * rng.uniform(0.5, 1.2)))


def _wood(sheet: _Sheet, rng: np.random.Generator) -> None:
    """Grain: long lines that waver together and part around knots."""
    spacing, width = rng.uniform(4, 12), rng.uniform(1, 2.2)
    knots = rng.uniform(0, FIELD_PX, (3, 2))
    x = np.linspace(0, FIELD_PX, 6 * STEPS)
    waver = 9 * np.sin(x / rng.uniform(50, 90) + rng.uniform(0, 6.3))
    upright = rng.random() < 0.5
    level = -30.0
    while level < FIELD_PX + 30:
        level += spacing * rng.uniform(0.5, 1.6)
        y = level + waver + rng.normal(0, 0.5)
        for knot_x, knot_y in knots:
            side = 1 if level > knot_y else -1
            y = y + side * 16 * np.exp(-(((x - knot_x) / 34) ** 2) - abs(level - knot_y) / 26)
        path = np.stack([y, x] if upright else [x, y], axis=1).astype(np.float32)
        pressed = width * (0.7 + 0.5 * np.sin(x / rng.uniform(20, 50) + rng.uniform(0, 6.3)))
        gaps = np.flatnonzero(rng.random(len(x)) < 0.05)
        for piece in np.split(np.arange(len(x)), gaps):
            sheet.stroke(path[piece], pressed[piece].astype(np.float32))


def _folds(sheet: _Sheet, rng: np.random.Generator) -> None:
    """Cloth: fans of bent strokes that hang on long folds and shrink towards their ends."""
    for _ in range(rng.integers(5, 8)):
        angle, bend = rng.uniform(0, 6.3), rng.uniform(-1.2, 1.2)
        fold = _bent(rng.uniform(40, FIELD_PX - 40, 2).astype(np.float32), angle, rng.uniform(180, 320), bend)
        sheet.stroke(fold, _taper(rng, rng.uniform(2, 4)))
        spacing, width = rng.uniform(3, 7), rng.uniform(1, 2)
        count = int(np.linalg.norm(fold[-1] - fold[0]) / spacing)
        for place in np.sort(rng.uniform(0, 1, count)):
            at = fold[int(place * (STEPS - 1))] + (fold[-1] - fold[0]) * (place * (STEPS - 1) % 1) / STEPS
            length = 60 * (0.25 + math.sin(math.pi * place)) * rng.uniform(0.7, 1.2)
            sheet.stroke(_bent(at, angle + 1.2 + bend * (place - 0.5), length, 0.5), _taper(rng, width, both=False))


def _stippling(sheet: _Sheet, rng: np.random.Generator) -> None:
    """Dots set by hand: of uneven size, thinning out to one side, in no lattice."""
    angle, size = rng.uniform(0, 6.3), rng.uniform(1.2, 3.2)
    for at in _strewn(rng, rng.uniform(4, 8)):
        place = (at[0] * math.cos(angle) + at[1] * math.sin(angle)) / FIELD_PX
        if rng.random() < 0.5 + 0.45 * math.sin(3 * place):
            dot = np.stack([at, at + rng.uniform(0.2, 0.8, 2).astype(np.float32)])
            sheet.stroke(dot, np.full(2, size * rng.uniform(0.6, 1.3), np.float32))


def _even_stippling(sheet: _Sheet, rng: np.random.Generator) -> None:
    """Dots set with care: none close to another, which is blue noise, the closer and larger the darker it gets."""
    angle, least, size = rng.uniform(0, 6.3), rng.uniform(3.5, 6), rng.uniform(1.2, 2.6)
    set_down = np.zeros((FIELD_PX, FIELD_PX), np.uint8)
    for at in rng.uniform(0, FIELD_PX, (14_000, 2)).astype(np.float32):
        light = 0.5 + 0.5 * math.sin(5 * (at[0] * math.cos(angle) + at[1] * math.sin(angle)) / FIELD_PX)
        x, y = at.astype(int).tolist()
        if not set_down[y, x]:
            cv2.circle(set_down, (x, y), round(least * (1 + 1.6 * light**2)), 1, -1)
            dot = np.stack([at, at + rng.uniform(0.1, 0.6, 2).astype(np.float32)])
            sheet.stroke(dot, np.full(2, size * rng.uniform(0.7, 1.2) * (1.1 - 0.3 * light), np.float32))


def _speed_lines(sheet: _Sheet, rng: np.random.Generator) -> None:
    """Wedges that run towards one point and end before it."""
    centre, angle = rng.uniform(0.3, 0.7, 2) * FIELD_PX, 0.0
    step, width = rng.uniform(0.02, 0.05), rng.uniform(1.5, 4)
    while angle < 2 * math.pi:
        angle += step * rng.uniform(0.3, 1.7)
        way = np.array([math.cos(angle), math.sin(angle)])
        reach = np.linspace(1.1 * FIELD_PX, rng.uniform(50, 120), STEPS)[:, None]
        along = np.linspace(1, 0.1, STEPS, dtype=np.float32)
        sheet.stroke((centre + way * reach).astype(np.float32), width * rng.uniform(0.4, 1.4) * along)


def _dry_brush(sheet: _Sheet, rng: np.random.Generator) -> None:
    """Blacks laid with a brush that runs out of ink: bristles part towards the end of a sweep."""
    angle = rng.uniform(-0.5, 0.5)
    for sweep in np.arange(30, FIELD_PX, rng.uniform(50, 70)):
        ends = rng.uniform(0.35, 1, 48)
        for bristle, end in zip(np.linspace(-22, 22, 48), ends, strict=True):
            start = np.array([10, sweep + bristle + rng.normal(0, 0.5)], np.float32)
            path = _bent(start, angle, FIELD_PX * end, rng.uniform(-0.02, 0.02))
            sheet.stroke(path, _taper(rng, rng.uniform(1, 2.2), both=False))


STROKES: dict[str, Callable[[_Sheet, np.random.Generator], None]] = {
    "hatching": _hatching,
    "ruled hatching": _ruled_hatching,
    "cross-hatching": _cross_hatching,
    "fur": _fur,
    "hair": _hair,
    "wood grain": _wood,
    "cloth folds": _folds,
    "stippling by hand": _stippling,
    "even stippling": _even_stippling,
    "speed lines": _speed_lines,
    "dry brush": _dry_brush,
}


def draw_strokes(kind: str, rng: np.random.Generator) -> FloatArray:
    """Draw strokes of one of the kinds `STROKES` as a plane (H, W) in [0, 1], 1 where there are none."""
    sheet = _Sheet()
    STROKES[kind](sheet, rng)
    return sheet.drawn()


def framed(field: FloatArray) -> FloatArray:
    """Put a field (H, W) into a panel: a line around it, white paper outside."""
    page = np.ones_like(field)
    inner = np.s_[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    page[MARGIN_PX - 3 : 3 - MARGIN_PX, MARGIN_PX - 3 : 3 - MARGIN_PX] = 0
    page[inner] = field[inner]
    return page


def scanned(page: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Blur a page (H, W) a little and add noise, as scanners do."""
    blur, noise = rng.uniform(*SCAN_BLUR_PX), rng.uniform(*SCAN_NOISE)
    if blur > 0.2:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), blur), np.float32)
    return np.asarray((page + rng.normal(0, noise, page.shape)).clip(0, 1), np.float32)
