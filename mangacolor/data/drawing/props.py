"""Things that people hold, sit at and stand behind: what is before a body is not always worn."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mangacolor.data.drawing.plants import crown
from mangacolor.data.drawing.sheet import Mask, Sheet, box
from mangacolor.data.figures.store import Drawing

MOST_PROPS = 3


def draw_props(rng: np.random.Generator) -> Drawing:
    """Draw up to three things on an empty ground, `SIZE_PX` square; no part of it is a person's.

    Kinds of parts: leaflet, thing, glass, wood, linen, foliage.
    """
    sheet = Sheet(rng)
    for _ in range(int(rng.integers(1, MOST_PROPS + 1))):
        name = str(rng.choice(list(PROPS), p=[share for _, share in PROPS.values()]))
        PROPS[name][0](sheet)
    return sheet.drawing()


def _quad(sheet: Sheet, wide: float, high: float, tilt_deg: float) -> tuple[list[tuple[float, float]], np.ndarray]:
    """Return the corners of a sheet of some size somewhere, seen askew, and the map of [0, 1]² onto it."""
    rng, side = sheet.rng, sheet.side
    middle = rng.uniform(0.15, 0.85, 2) * side
    turn = math.radians(rng.normal(0, tilt_deg))
    cos, sin = math.cos(turn), math.sin(turn)
    across, down = np.array([cos, sin]) * wide, np.array([-sin, cos]) * high
    slant = rng.normal(0, 0.12) * wide
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    points = middle + corners[:, :1] * across + corners[:, 1:] * (down + np.array([slant, 0.0]))
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    return [(float(x), float(y)) for x, y in points], cv2.getPerspectiveTransform(unit, points.astype(np.float32))


def _on(onto: np.ndarray, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    placed = cv2.perspectiveTransform(np.array([points], np.float32), onto)[0]
    return [(float(x), float(y)) for x, y in placed]


def _written(sheet: Sheet, onto: np.ndarray, within: Mask) -> None:
    """Write lines of something like text: short strokes in rows."""
    rng = sheet.rng
    rows = int(rng.integers(3, 14))
    for row in range(rows):
        y = 0.12 + 0.78 * row / rows
        x = 0.1
        while x < 0.85 * rng.uniform(0.6, 1):
            long = rng.uniform(0.02, 0.14)
            sheet.line(_on(onto, [(x, y), (min(x + long, 0.92), y)]), 0.6, within)
            x += long + rng.uniform(0.01, 0.05)


def _leaflet(sheet: Sheet) -> None:
    """Draw sheets of paper: written, with a picture, or bare."""
    rng = sheet.rng
    size = rng.uniform(0.15, 0.5) * sheet.side
    for _ in range(int(rng.choice([1, 1, 1, 2, 4]))):
        corners, onto = _quad(sheet, size, size * rng.uniform(0.6, 1.5), 15)
        page = sheet.lay(corners, "leaflet")
        if rng.random() < 0.6:
            _written(sheet, onto, page)
        if rng.random() < 0.3:
            left, top = rng.uniform(0.1, 0.5, 2)
            sheet.lay(_on(onto, box(left, top, left + 0.35, top + 0.35)), "thing", new=True)


def _machine(sheet: Sheet) -> None:
    """Draw a thing with a screen, a window or keys: a telephone, a computer, a board, a case."""
    rng = sheet.rng
    wide = rng.uniform(0.12, 0.5) * sheet.side
    corners, onto = _quad(sheet, wide, wide * rng.uniform(0.4, 1.8), 12)
    body = sheet.lay(corners, "thing", new=True)
    if rng.random() < 0.5:
        sheet.lay(
            _on(onto, box(0.12, 0.1, 0.88, rng.uniform(0.4, 0.9))), str(rng.choice(["glass", "thing", "leaflet"]))
        )
    if rng.random() < 0.5:
        columns, rows = (int(count) for count in rng.integers(2, 7, 2))
        first = rng.uniform(0.1, 0.6)
        for row in range(rows):
            for column in range(columns):
                x, y = 0.1 + 0.8 * column / columns, first + (0.92 - first) * row / rows
                key = box(x, y, x + 0.5 / columns, y + 0.5 * (0.92 - first) / rows)
                sheet.line([*_on(onto, key), _on(onto, key)[0]], 0.6, body)
    if rng.random() < 0.3:
        sheet.line(_on(onto, [(0.02, 0.5), (0.98, 0.5)]), 0.8, body)


def _vessel(sheet: Sheet) -> None:
    """Draw a cup, a bowl, a bottle or a ball."""
    rng = sheet.rng
    wide = rng.uniform(0.05, 0.25) * sheet.side
    high, foot = wide * rng.uniform(0.5, 2.6), rng.uniform(0.5, 1.0)
    x, y = rng.uniform(0.1, 0.9, 2) * sheet.side
    if rng.random() < 0.25:
        ball = np.zeros(sheet.part.shape, np.uint8)
        cv2.circle(ball, (round(x), round(y)), round(wide / 2), 1, -1)
        sheet.cover(ball > 0, "thing", new=True, outline=True)
        return
    body = [(x - wide / 2, y), (x + wide / 2, y), (x + wide / 2 * foot, y + high), (x - wide / 2 * foot, y + high)]
    kind = str(rng.choice(["thing", "glass", "linen"]))
    sheet.lay(body, kind, new=True)
    rim = np.zeros(sheet.part.shape, np.uint8)
    cv2.ellipse(rim, (round(x), round(y)), (round(wide / 2), max(1, round(wide / 9))), 0, 0, 360, 1, -1)
    sheet.cover(rim > 0, kind, outline=True)


def _table(sheet: Sheet) -> None:
    """Draw the edge of a table, a counter or a bed, behind which people are."""
    rng, side = sheet.rng, sheet.side
    y, slope = rng.uniform(0.6, 0.92) * side, rng.normal(0, 0.06) * side
    kind = str(rng.choice(["wood", "thing", "linen"]))
    top = sheet.lay([(-9, y - slope), (side + 9, y + slope), (side + 9, side + 9), (-9, side + 9)], kind, new=True)
    if rng.random() < 0.6:
        thick = rng.uniform(0.02, 0.08) * side
        sheet.line([(-9, y - slope + thick), (side + 9, y + slope + thick)], 0.8, top)


def _rails(sheet: Sheet) -> None:
    """Draw rails and posts, as of a bed or a fence."""
    rng, side = sheet.rng, sheet.side
    y, high, thick = rng.uniform(0.3, 0.8) * side, rng.uniform(0.1, 0.4) * side, rng.uniform(0.01, 0.035) * side
    slope = rng.normal(0, 0.1) * side
    kind = str(rng.choice(["thing", "wood"]))
    number = True
    for x in np.arange(-0.1 * side, 1.1 * side, rng.uniform(0.06, 0.25) * side):
        at = y + slope * (x / side - 0.5)
        sheet.lay(box(x, at, x + thick, at + high), kind, new=number)
        number = False
    for down in (0.0, high):
        first, last = y + down - slope / 2, y + down + slope / 2
        sheet.lay([(-9, first), (side + 9, last), (side + 9, last + thick), (-9, first + thick)], kind)


def _plant(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    x, y = rng.uniform(0, side), rng.uniform(0.5, 1.0) * side
    size = rng.uniform(0.1, 0.25) * side
    crown(sheet, x, y, size, size * rng.uniform(0.5, 1), size * 0.4)


PROPS = {
    "leaflet": (_leaflet, 0.3), "machine": (_machine, 0.26), "vessel": (_vessel, 0.14), "table": (_table, 0.14),
    "rails": (_rails, 0.1), "plant": (_plant, 0.06),
}  # fmt: skip
"""What may be drawn, and how often each."""
