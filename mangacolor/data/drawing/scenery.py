"""Drawn surroundings: rooms, streets, gardens and shores, of which every pixel is known, as of drawings of people.

They teach what is no garment, and the colours of things that have one: sky, leaves, wood, bricks, water.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.data.drawing.plants import crown, leaves, tree, tuft
from mangacolor.data.drawing.sheet import Sheet, box, courses, grain
from mangacolor.data.drawing.strokes_ruled import Pen
from mangacolor.data.figures.store import Drawing


def draw_scenery(rng: np.random.Generator) -> Drawing:
    """Draw surroundings, `SIZE_PX` square; every pixel belongs to a part, and none to a person.

    Kinds of parts: sky, cloud, foliage, grass, trunk, wood, brick, stone, water, sand, wall, floor, roof, glass, linen,
    and thing, whose colour is free.
    """
    sheet = Sheet(rng)
    name = str(rng.choice(list(SCENES), p=[share for _, share in SCENES.values()]))
    SCENES[name][0](sheet)
    return sheet.drawing()


def _sky(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    sheet.lay(box(0, 0, side, side), "sky", outline=False)
    sheet.light *= np.linspace(0.96, rng.uniform(1.0, 1.12), side, dtype=np.float32)[:, None]
    for _ in range(int(rng.integers(0, 5))):
        x, y, size = rng.uniform(0, side), rng.uniform(0, 0.5 * side), rng.uniform(0.04, 0.12) * side
        sheet.cover(tuft(sheet, x, y, 2 * size, 0.6 * size, size * 0.55), "cloud", outline=bool(rng.random() < 0.7))


def _hill(sheet: Sheet, foot: float, height: float) -> None:
    rng, side = sheet.rng, sheet.side
    xs = np.linspace(-10, side + 10, int(rng.integers(4, 9)))
    ridge = [(float(x), foot - rng.uniform(0, 1) * height) for x in xs]
    hill = sheet.lay([*ridge, (side + 10, side), (-10, side)], "foliage")
    if rng.random() < 0.7:
        leaves(sheet, hill & (sheet.part == sheet.number("foliage")))


def _water(sheet: Sheet, horizon: float) -> None:
    """Draw water down from a horizon: single waves, ruled strokes, or both."""
    rng, side = sheet.rng, sheet.side
    water = sheet.lay(box(-9, horizon, side + 9, side + 9), "water")
    style = rng.random()
    if style < 0.7:
        for _ in range(int(rng.integers(15, 70))):
            x, y = rng.uniform(0, side), horizon + rng.uniform(0, 1) ** 1.5 * (side - horizon)
            size = 8 + 50 * (y - horizon) / side
            sheet.line([(x, y), (x + size / 2, y - size / 8), (x + size, y)], 0.6, water)
    if style > 0.4:
        width = rng.uniform(0.8, 1.8)
        pen = Pen(width, width * rng.uniform(2, 6), rng.uniform(20, 160), gap=0.7, missing=rng.uniform(0, 0.5))
        down = np.arange(side, dtype=np.float32)[:, None]
        nearness = ((down - horizon) / (side - horizon)).clip(0, 1)
        sheet.hatch(water, pen, 0.0, nearness if rng.random() < 0.5 else 1 - nearness, bend_px=rng.uniform(0, 2))


def _town(sheet: Sheet) -> None:
    """Draw a town from afar, on a hill and by the water."""
    rng, side = sheet.rng, sheet.side
    _sky(sheet)
    foot = rng.uniform(0.5, 0.8) * side
    for share in np.sort(rng.uniform(0.2, 0.6, int(rng.integers(1, 4))))[::-1]:
        _hill(sheet, foot, share * side)
    for at in np.sort(rng.uniform(0, 1, int(rng.integers(12, 40)))):
        size = rng.uniform(0.03, 0.08) * side
        _house(sheet, rng.uniform(-0.05, 0.95) * side, foot - 0.2 * side * (1 - at), size, "wall")
    if rng.random() < 0.6:
        _water(sheet, foot)
    else:
        near = sheet.lay(box(-9, foot, side + 9, side + 9), "foliage")
        leaves(sheet, near)


def _garden(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    _sky(sheet)
    horizon = rng.uniform(0.45, 0.85) * side
    for _ in range(int(rng.integers(0, 3))):
        _hill(sheet, horizon, rng.uniform(0.1, 0.3) * side)
    if rng.random() < 0.3:
        _house(sheet, rng.uniform(0.1, 0.7) * side, horizon, rng.uniform(0.2, 0.5) * side)
    for _ in range(int(rng.integers(1, 4))):
        tree(sheet, rng.uniform(0, side), horizon + rng.uniform(-0.02, 0.1) * side, rng.uniform(0.3, 0.9) * side)
    lawn = sheet.lay(box(-9, horizon, side + 9, side + 9), "grass")
    for _ in range(int(rng.integers(10, 90))):
        x, y = rng.uniform(0, side), rng.uniform(horizon, side)
        size = 6 + 20 * (y - horizon) / side
        sheet.line([(x, y), (x + rng.normal(0, 3), y - size)], 0.6, lawn)
    if rng.random() < 0.5:
        a, b = rng.uniform(0.2, 0.8, 2) * side
        sheet.lay([(a - 8, horizon), (a + 8, horizon), (b + 0.2 * side, side + 9), (b - 0.2 * side, side + 9)], "stone")
    for _ in range(int(rng.integers(0, 4))):
        x, y, size = rng.uniform(0, side), rng.uniform(horizon, side), rng.uniform(0.04, 0.12) * side
        crown(sheet, x, y, size, 0.6 * size, 0.5 * size)


def _shore(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    _sky(sheet)
    horizon = rng.uniform(0.3, 0.6) * side
    if rng.random() < 0.3:
        _hill(sheet, horizon, rng.uniform(0.1, 0.3) * side)
    _water(sheet, horizon)
    if rng.random() < 0.6:
        shore = rng.uniform(0.65, 0.9) * side
        xs = np.linspace(-10, side + 10, 7)
        sheet.lay([*((float(x), shore + rng.normal(0, 12)) for x in xs), (side + 9, side + 9), (-9, side + 9)], "sand")


def _house(sheet: Sheet, left: float, foot: float, width: float, kind: str | None = None) -> None:
    """Draw the front of a house: a wall of plaster, brick or wood, a roof or none, windows, a door."""
    rng = sheet.rng
    height = width * rng.uniform(0.6, 2.2)
    kind = kind or str(rng.choice(["wall", "brick", "wood", "stone"]))
    top = foot - height
    front = sheet.lay(box(left, top, left + width, foot), kind, new=kind == "wall")
    courses(sheet, front, kind, (left, top, left + width, foot))
    if rng.random() < 0.5:
        rise = width * rng.uniform(0.1, 0.4)
        ridge = (left + width * rng.uniform(0.2, 0.8), top - rise)
        sheet.lay([(left - 8, top), ridge, (left + width + 8, top)], "roof")
    columns, rows = int(rng.integers(1, 5)), max(1, round(height / width * rng.integers(1, 4)))
    for row in range(rows):
        for column in range(columns):
            x = left + width * (column + 0.25) / columns
            y = top + height * (row + 0.25) / rows
            across, down = 0.5 * width / columns, 0.5 * height / rows
            sheet.lay(box(x, y, x + across, y + down), "glass")
            if rng.random() < 0.6:
                sheet.line([(x + across / 2, y), (x + across / 2, y + down)], 0.6)


def _street(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    _sky(sheet)
    horizon = rng.uniform(0.55, 0.8) * side
    for _ in range(int(rng.integers(2, 7))):
        _house(sheet, rng.uniform(-0.1, 0.9) * side, horizon + rng.uniform(-5, 20), rng.uniform(0.15, 0.45) * side)
    if rng.random() < 0.4:
        tree(sheet, rng.uniform(0, side), horizon + 10, rng.uniform(0.3, 0.6) * side)
    road = sheet.lay(box(-9, horizon, side + 9, side + 9), "stone")
    vanishing = rng.uniform(0.2, 0.8) * side
    for x in np.arange(-side, 2 * side, rng.uniform(0.15, 0.5) * side):
        sheet.line([(vanishing, horizon), (x, side + 9)], 0.6, road)
    for _ in range(int(rng.integers(0, 3))):  # a sign, a box, a car seen from the side
        x, size = rng.uniform(0, side), rng.uniform(0.05, 0.15) * side
        y = rng.uniform(horizon, side)
        sheet.lay(box(x, y - size, x + 2 * size, y), "thing", new=True)
    if rng.random() < 0.4:
        x = rng.uniform(0, side)
        sheet.lay(box(x, 0, x + 10, side), "stone")


def _room(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    sheet.lay(box(0, 0, side, side), "wall", outline=False)
    foot, corner = rng.uniform(0.55, 0.95) * side, rng.choice([-0.1, rng.uniform(0.1, 0.9), 1.1]) * side
    if 0 < corner < side:
        other = sheet.part.copy() > 0
        other[:, : round(corner)] = False
        sheet.shade(other, rng.uniform(0.8, 1.0))
        sheet.line([(corner, 0), (corner, foot)])
    kind = str(rng.choice(["wood", "stone", "floor"]))
    slope = rng.uniform(-0.1, 0.1) * side
    edge = [(-9, foot - slope), (corner, foot), (side + 9, foot + slope)]
    floor = sheet.lay([*edge, (side + 9, side + 9), (-9, side + 9)], kind)
    vanishing = rng.uniform(0, 1) * side
    for x in np.arange(-2 * side, 3 * side, rng.uniform(0.1, 0.4) * side):
        sheet.line([(vanishing, foot - 0.2 * side), (x, side + 9)], 0.5, floor)
    if kind == "wood" and rng.random() < 0.4:
        grain(sheet, floor, float(rng.choice([0.0, 90.0])))
    for _ in range(int(rng.integers(0, 3))):
        _window(sheet, rng.uniform(0, 0.8) * side, rng.uniform(0.05, 0.3) * side, rng.uniform(0.15, 0.35) * side)
    for _ in range(int(rng.integers(0, 3))):  # doors, shelves, tables
        x, width, height = rng.uniform(-0.1, 0.9) * side, rng.uniform(0.15, 0.4) * side, rng.uniform(0.1, 0.6) * side
        bottom = foot + rng.uniform(0, 0.2) * side
        place = (x, bottom - height, x + width, bottom)
        piece = sheet.lay(box(*place), str(rng.choice(["wood", "thing"])), new=True)
        for y in np.arange(place[1], bottom, height / int(rng.integers(1, 6))):
            sheet.line([(x, y), (place[2], y)], 0.8, piece)
            for at in np.arange(x, place[2], rng.uniform(8, 40)):
                if rng.random() < 0.4:
                    tall = rng.uniform(0.3, 0.9) * height / 4
                    sheet.lay(box(at, y - tall, at + 9, y), "thing", new=bool(rng.random() < 0.1))
    if rng.random() < 0.35:
        _bed(sheet, foot)
    for _ in range(int(rng.integers(0, 3))):  # pictures, clocks, posters
        x, y, size = rng.uniform(0, side), rng.uniform(0, 0.5) * side, rng.uniform(0.04, 0.14) * side
        sheet.lay(box(x, y, x + size, y + size), "thing", new=True)


def _bed(sheet: Sheet, foot: float) -> None:
    """Draw white sheets with folds, and a pillow: cloth that nobody wears."""
    rng, side = sheet.rng, sheet.side
    left, wide, high = rng.uniform(-0.2, 0.6) * side, rng.uniform(0.3, 0.8) * side, rng.uniform(0.1, 0.3) * side
    bottom = foot + rng.uniform(0, 0.25) * side
    slant = rng.uniform(-0.15, 0.15) * side
    sheet.lay(box(left, bottom - 0.2 * high, left + wide, bottom + 0.3 * high), str(rng.choice(["wood", "thing"])))
    top = [(left + slant, bottom - high), (left + wide + slant, bottom - high)]
    sheets = sheet.lay([*top, (left + wide, bottom), (left, bottom)], "linen")
    for _ in range(int(rng.integers(2, 12))):
        x, y = left + rng.uniform(0, 1) * wide, bottom - rng.uniform(0, 1) * high
        bend = rng.normal(0, 0.04, 4) * side
        sheet.line([(x, y), (x + bend[0], y + bend[1]), (x + bend[0] + bend[2], y + abs(bend[3]))], 0.6, sheets)
    x, y, size = left + slant + rng.uniform(0, 0.7) * wide, bottom - high, rng.uniform(0.08, 0.16) * side
    pillow = np.zeros(sheet.part.shape, np.uint8)
    cv2.ellipse(pillow, (round(x + size), round(y)), (round(size), round(0.5 * size)), 0, 0, 360, 1, -1)
    sheet.cover(pillow > 0, "linen", outline=True)


def _window(sheet: Sheet, x: float, y: float, size: float) -> None:
    rng = sheet.rng
    wide, high = size * rng.uniform(0.7, 1.6), size * rng.uniform(0.8, 1.6)
    frame = 8
    casing = box(x - frame, y - frame, x + wide + frame, y + high + frame)
    sheet.lay(casing, str(rng.choice(["wood", "wall"])))
    pane = sheet.lay(box(x, y, x + wide, y + high), str(rng.choice(["sky", "glass"])))
    if rng.random() < 0.3:
        crown(sheet, x + wide / 2, y + high, wide / 2, high / 3, size / 6, pane)
    sheet.line([(x + wide / 2, y), (x + wide / 2, y + high)])
    if rng.random() < 0.4:  # a curtain is cloth, but nobody wears it
        across = wide * rng.uniform(0.2, 0.5)
        cloth = sheet.lay(box(x - frame, y - 2 * frame, x + across, y + high), "thing", new=True)
        for at in np.arange(x, x + across, 12):
            sheet.line([(at, y - 2 * frame), (at + rng.normal(0, 4), y + high)], 0.5, cloth)


def _wall(sheet: Sheet) -> None:
    """Fill all with bricks, planks, stones or leaves, seen from near."""
    rng, side = sheet.rng, sheet.side
    kind = str(rng.choice(["brick", "wood", "stone", "foliage", "wall"]))
    everything = sheet.lay(box(0, 0, side, side), kind, outline=False)
    if kind == "foliage":
        leaves(sheet, everything)
    else:
        courses(sheet, everything, kind, (0, 0, side, side), rng.uniform(16, 90))
        if rng.random() < 0.5:
            _window(sheet, rng.uniform(0, 0.7) * side, rng.uniform(0.1, 0.4) * side, rng.uniform(0.2, 0.4) * side)


SCENES = {
    "garden": (_garden, 0.24), "shore": (_shore, 0.13), "town": (_town, 0.1), "street": (_street, 0.2),
    "room": (_room, 0.25), "wall": (_wall, 0.08),
}  # fmt: skip
"""What may be drawn, and how often each."""
