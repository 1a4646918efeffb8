"""Rooms seen from the front: a wall, a floor, windows, beds and what stands or hangs there."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.data.drawing.plants import crown
from mangacolor.data.drawing.sheet import Sheet, box, grain


def draw_front_room(sheet: Sheet) -> None:
    """Draw a room that is seen from the front, without a ceiling."""
    rng, side = sheet.rng, sheet.side
    sheet.lay(box(0, 0, side, side), "wall", outline=False)
    foot, corner = rng.uniform(0.55, 0.95) * side, rng.choice([-0.1, rng.uniform(0.1, 0.9), 1.1]) * side
    if 0 < corner < side:
        other = sheet.part.copy() > 0
        other[:, : round(corner)] = False
        sheet.shade(other, rng.uniform(0.8, 1.0))
        sheet.line([(corner, 0), (corner, foot)])
    kind = str(rng.choice(["wood", "floor", "floor", "pavement"]))
    slope = rng.uniform(-0.1, 0.1) * side
    edge = [(-9, foot - slope), (corner, foot), (side + 9, foot + slope)]
    floor = sheet.lay([*edge, (side + 9, side + 9), (-9, side + 9)], kind)
    vanishing = rng.uniform(0, 1) * side
    for x in np.arange(-2 * side, 3 * side, rng.uniform(0.1, 0.4) * side):
        sheet.line([(vanishing, foot - 0.2 * side), (x, side + 9)], 0.5, floor)
    if kind == "wood" and rng.random() < 0.4:
        grain(sheet, floor, float(rng.choice([0.0, 90.0])))
    for _ in range(int(rng.integers(0, 3))):
        window(sheet, rng.uniform(0, 0.8) * side, rng.uniform(0.05, 0.3) * side, rng.uniform(0.15, 0.35) * side)
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


def window(sheet: Sheet, x: float, y: float, size: float) -> None:
    """Draw a window seen from the front, with sky, leaves or nothing in it, and at times a curtain."""
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
