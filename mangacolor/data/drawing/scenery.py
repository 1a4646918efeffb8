"""Drawn surroundings: rooms, streets, gardens, water, skies, moods; every pixel is known, as of drawings of people.

They teach what is no garment, and the colours of things that have one: sky, leaves, wood, bricks, water.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.harbours import draw_harbour, draw_lake, draw_river, draw_sea
from mangacolor.data.drawing.interiors import draw_interior
from mangacolor.data.drawing.moods import draw_mood, overcast
from mangacolor.data.drawing.near_things import draw_near_things
from mangacolor.data.drawing.outlooks import look_out
from mangacolor.data.drawing.plants import crown, leaves, tree, tuft
from mangacolor.data.drawing.rooms import draw_front_room, window
from mangacolor.data.drawing.sheet import Sheet, box, courses
from mangacolor.data.drawing.skies import draw_roofs, sky
from mangacolor.data.drawing.streets import draw_street
from mangacolor.data.drawing.waters import water
from mangacolor.data.figures.store import Drawing

FROM_THE_FRONT = 0.25
"""How often a room is seen from the front, where no ceiling shows."""

GLOOMY = {"room": 0.16, "street": 0.1, "wall": 0.1, "garden": 0.04, "town": 0.04}
"""How often a mood lies over a scene."""

LEANS = 0.12
"""How often the horizon of a scene leans."""

MOST_LEAN_DEG = 15.0
"""How far it leans at most."""


def draw_scenery(rng: np.random.Generator) -> Drawing:
    """Draw surroundings, `SIZE_PX` square; every pixel belongs to a part, and none to a person.

    Kinds of parts are those of `SCENERY` in `part_colours`: fronts, walls, bricks, stone and ceilings; floors, roads,
    pavements, markings on them, and sand; sky, cloud, water, foam, foliage, grass, trunk, wood, roof, glass, metal,
    linen and leaflets; and thing and effect, whose colours are free: an effect stands for a mood rather than a place.
    """
    sheet = Sheet(rng)
    name = str(rng.choice(list(SCENES), p=[share for _, share in SCENES.values()]))
    SCENES[name][0](sheet)
    if rng.random() < GLOOMY.get(name, 0.0):
        overcast(sheet)
    return leaning(sheet.drawing(), rng) if rng.random() < LEANS else sheet.drawing()


def leaning(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """Turn a square drawing by up to `MOST_LEAN_DEG`, and enlarge it so that no border shows."""
    side = len(drawing.part)
    angle = math.radians(rng.uniform(-MOST_LEAN_DEG, MOST_LEAN_DEG))
    reach = math.cos(angle) + abs(math.sin(angle))
    middle = (side - 1) / 2
    turn = np.asarray(cv2.getRotationMatrix2D((middle, middle), math.degrees(angle), reach), np.float64)

    def turned(plane: NDArray[Any], way: int) -> NDArray[Any]:
        return np.asarray(cv2.warpAffine(plane, turn, (side, side), flags=way, borderMode=cv2.BORDER_REPLICATE))

    return Drawing(
        turned(drawing.ink, cv2.INTER_LINEAR), turned(drawing.part, cv2.INTER_NEAREST),
        turned(drawing.light, cv2.INTER_LINEAR), drawing.parts,
    )  # fmt: skip


def _hill(sheet: Sheet, foot: float, height: float) -> None:
    rng, side = sheet.rng, sheet.side
    xs = np.linspace(-10, side + 10, int(rng.integers(4, 9)))
    ridge = [(float(x), foot - rng.uniform(0, 1) * height) for x in xs]
    hill = sheet.lay([*ridge, (side + 10, side), (-10, side)], "foliage")
    if rng.random() < 0.7:
        leaves(sheet, hill & (sheet.part == sheet.number("foliage")))


def _open_sky(sheet: Sheet) -> None:
    """Draw nothing but a sky with clouds, or one above an outline of roofs, with wires."""
    rng, side = sheet.rng, sheet.side
    sky(sheet)
    for _ in range(int(rng.integers(0, 7))):
        x, y, size = *(rng.uniform(0, side, 2)), rng.uniform(0.03, 0.2) * side
        sheet.cover(tuft(sheet, x, y, 2.5 * size, 0.6 * size, size * 0.5), "cloud", outline=bool(rng.random() < 0.8))
    if rng.random() < 0.6:
        foot, at, roofs = rng.uniform(0.6, 0.95) * side, -20.0, [(-20.0, side + 9.0)]
        while at < side:
            wide, top = rng.uniform(0.05, 0.3) * side, foot - rng.uniform(0, 0.15) * side
            ridge = [(at + wide / 2, top - 0.3 * wide)] if rng.random() < 0.4 else []
            roofs += [(at, top), *ridge, (at + wide, top)]
            at += wide
        sheet.lay([*roofs, (at, side + 9.0)], str(rng.choice(["wall", "roof", "foliage"])))
        if rng.random() < 0.3:
            ends = rng.uniform(-0.1, 0.9, 4) * side
            sheet.lines([[(-9.0, float(end)), (side + 9.0, float(end + rng.normal(0, 60)))] for end in ends], 0.6)


def _town(sheet: Sheet) -> None:
    """Draw a town from afar, on a hill and by the water."""
    rng, side = sheet.rng, sheet.side
    sky(sheet)
    foot = rng.uniform(0.5, 0.8) * side
    for share in np.sort(rng.uniform(0.2, 0.6, int(rng.integers(1, 4))))[::-1]:
        _hill(sheet, foot, share * side)
    for at in np.sort(rng.uniform(0, 1, int(rng.integers(12, 40)))):
        size = rng.uniform(0.03, 0.08) * side
        _house(sheet, rng.uniform(-0.05, 0.95) * side, foot - 0.2 * side * (1 - at), size, "wall")
    if rng.random() < 0.6:
        water(sheet, foot)
    else:
        near = sheet.lay(box(-9, foot, side + 9, side + 9), "foliage")
        leaves(sheet, near)


def _garden(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    sky(sheet)
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
        kind = str(rng.choice(["pavement", "road", "sand"]))
        sheet.lay([(a - 8, horizon), (a + 8, horizon), (b + 0.2 * side, side + 9), (b - 0.2 * side, side + 9)], kind)
    for _ in range(int(rng.integers(0, 4))):
        x, y, size = rng.uniform(0, side), rng.uniform(horizon, side), rng.uniform(0.04, 0.12) * side
        crown(sheet, x, y, size, 0.6 * size, 0.5 * size)


def _shore(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    sky(sheet)
    horizon = rng.uniform(0.3, 0.6) * side
    if rng.random() < 0.3:
        _hill(sheet, horizon, rng.uniform(0.1, 0.3) * side)
    water(sheet, horizon)
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


def _wall(sheet: Sheet) -> None:
    """Fill all with bricks, planks, stones or leaves, seen from near."""
    rng, side = sheet.rng, sheet.side
    kind = str(
        rng.choice(["brick", "wood", "stone", "foliage", "wall", "ceiling"], p=[0.15, 0.15, 0.12, 0.15, 0.3, 0.13])
    )
    everything = sheet.lay(box(0, 0, side, side), kind, outline=False)
    if kind == "foliage":
        leaves(sheet, everything)
    elif kind in ("wall", "ceiling"):
        for _ in range(int(rng.integers(0, 3))):
            ends = rng.uniform(-0.2, 1.2, 2) * side
            far = side + 9.0
            line = [(-9.0, float(ends[0])), (far, float(ends[1]))]
            sheet.line(line if rng.random() < 0.5 else [(y, x) for x, y in line])
    else:
        courses(sheet, everything, kind, (0, 0, side, side), rng.uniform(16, 90))
        if rng.random() < 0.5:
            window(sheet, rng.uniform(0, 0.7) * side, rng.uniform(0.1, 0.4) * side, rng.uniform(0.2, 0.4) * side)


def _room(sheet: Sheet) -> None:
    draw_front_room(sheet) if sheet.rng.random() < FROM_THE_FRONT else draw_interior(sheet)


def _outlook(sheet: Sheet) -> None:
    """Draw what is outside as somebody sees it from within, through a window or a door."""
    OUTSIDE[int(sheet.rng.integers(len(OUTSIDE)))](sheet)
    look_out(sheet)


OUTSIDE = (_garden, _open_sky, draw_roofs, draw_harbour, draw_lake)
"""What is seen from within."""

SCENES = {
    "garden": (_garden, 0.125), "shore": (_shore, 0.075), "town": (_town, 0.06), "wall": (_wall, 0.04),
    "open sky": (_open_sky, 0.02), "street": (draw_street, 0.125), "room": (_room, 0.195), "mood": (draw_mood, 0.105),
    "harbour": (draw_harbour, 0.04), "river": (draw_river, 0.02), "lake": (draw_lake, 0.03), "sea": (draw_sea, 0.03),
    "roofs": (draw_roofs, 0.045), "outlook": (_outlook, 0.035), "near things": (draw_near_things, 0.055),
}  # fmt: skip
"""What may be drawn, and how often each."""
