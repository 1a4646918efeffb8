"""Skies, and what cuts into them: clouds, wisps, roofs, eaves, towers, crowns of trees, wires.

A sky may be as dark as a wall and have no cloud; what tells is that roofs and leaves stand before it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mangacolor.data.drawing.perspective import View
from mangacolor.data.drawing.plants import tuft
from mangacolor.data.drawing.sheet import Sheet, box, courses
from mangacolor.data.drawing.skylines import skyline, thicket, windows
from mangacolor.data.drawing.strokes_ruled import Pen, smooth_noise

WISPY, HATCHED = 0.2, 0.07
"""How often a sky has torn wisps instead of heaped clouds, and how often it is hatched."""


def sky(sheet: Sheet, most_clouds: int = 4) -> None:
    """Lay a sky over all: bare of clouds, with heaped ones, with wisps, or hatched."""
    rng, side = sheet.rng, sheet.side
    whole = sheet.lay(box(0, 0, side, side), "sky", outline=False)
    sheet.light *= np.linspace(0.96, rng.uniform(1.0, 1.12), side, dtype=np.float32)[:, None]
    if rng.random() < HATCHED:
        width = rng.uniform(0.7, 1.4)
        pen = Pen(width, width * rng.uniform(3, 7), rng.uniform(60, 400), gap=0.3, missing=rng.uniform(0, 0.4))
        fade = np.linspace(1, rng.uniform(0, 1), side, dtype=np.float32)[:, None]
        sheet.hatch(whole, pen, float(rng.choice([0.0, rng.uniform(-40, 40)])), fade, bend_px=rng.uniform(0, 3))
    if rng.random() < WISPY:
        reach = rng.uniform(0.02, 0.06) * side
        noise = smooth_noise((side, side), (reach, reach * rng.uniform(3, 8)), rng, rng.uniform(-25, 25))
        noise += rng.uniform(0.2, 0.6) * smooth_noise((side, side), (reach / 2.5, reach), rng)
        sheet.cover(noise > rng.uniform(0.9, 2.0), "cloud", outline=bool(rng.random() < 0.15))
        return
    for _ in range(int(rng.integers(0, most_clouds + 1))):
        x, y, size = rng.uniform(0, side), rng.uniform(0, 0.5 * side), rng.uniform(0.04, 0.12) * side
        sheet.cover(tuft(sheet, x, y, 2 * size, 0.6 * size, size * 0.55), "cloud", outline=bool(rng.random() < 0.7))


def draw_roofs(sheet: Sheet) -> None:
    """Draw a sky that roofs, towers, trees and wires cut into, as somebody sees it who looks up in a town."""
    rng, side = sheet.rng, sheet.side
    sky(sheet, 2)
    foot = rng.uniform(0.55, 1.0) * side
    behind = rng.choice(["houses", "trees", "nothing"], p=[0.45, 0.3, 0.25])
    if behind == "houses":
        skyline(sheet, foot, rng.uniform(0, 0.09) * side, int(rng.integers(6, 26)))
    elif behind == "trees":
        thicket(sheet, [(-9, foot), (side + 9, foot)], rng.uniform(0.06, 0.2) * side)
    sheet.lay(box(-9, foot, side + 9, side + 9), str(rng.choice(["pavement", "road", "wall", "foliage", "grass"])))
    names = rng.choice(len(_NEAR), size=int(rng.integers(1, 4)), replace=False)
    for number in names:
        _NEAR[number](sheet)
    if rng.random() < 0.4:
        _wires(sheet)


def _block(sheet: Sheet) -> None:
    """Draw one to three large buildings that rise before the camera."""
    rng = sheet.rng
    view = View(sheet, (0, 1.6, 0), (rng.normal(0, 25), rng.uniform(5, 35), rng.normal(0, 4)), rng.uniform(45, 80))
    for z in np.sort(rng.uniform(8, 45, int(rng.integers(1, 4))))[::-1]:
        x, wide, deep, tall = rng.uniform(-1, 0.5) * z, *rng.uniform(6, 25, 2), rng.uniform(6, 30)
        shown = view.block(
            (x, -5, z), (x + wide, tall, z + deep), str(rng.choice(["wall", "brick", "stone"])), new=True
        )
        for name, face in shown.items():
            if name in ("top", "foot"):
                continue
            long = float(np.linalg.norm(face.across))
            columns, rows = (max(1, int(length / rng.uniform(1.5, 3.5))) for length in (long, tall + 5))
            ups, across = np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1)
            is_banded = rng.random() < 0.4
            for low in ups[:-1] if rng.random() < 0.6 else ():
                pane = face.part(0.02, low + 0.3 / rows, 0.98, low + 0.75 / rows)
                mask = view.lay(pane, "glass")
                view.rules(pane, across, [], 0.5, mask)
            view.rules(face, [] if is_banded else across, ups, 0.5)


def _gable(sheet: Sheet) -> None:
    """Draw the gable or the front of a house that comes up from below, with its roof."""
    rng, side = sheet.rng, sheet.side
    left, wide, top = rng.uniform(-0.3, 0.6) * side, rng.uniform(0.35, 0.9) * side, rng.uniform(0.35, 0.75) * side
    kind = str(rng.choice(["wall", "wood", "brick"], p=[0.65, 0.2, 0.15]))
    front = sheet.lay(box(left, top, left + wide, side + 9), kind, new=True)
    courses(sheet, front, kind, (left, top, left + wide, side), rng.uniform(9, 26))
    over, rise = rng.uniform(0.03, 0.1) * side, rng.uniform(0.1, 0.35) * wide
    if rng.random() < 0.5:
        ridge = (left + wide / 2, top - rise)
        sheet.lay([(left, top), ridge, (left + wide, top)], kind)
        for end in (left - over, left + wide + over):
            down = top + 0.3 * over
            sheet.lay([ridge, (end, down), (end, down + 0.07 * wide), (ridge[0], ridge[1] + 0.08 * wide)], "roof")
    else:
        slope = [(left + 0.15 * wide, top - rise), (left + 0.85 * wide, top - rise)]
        roof = sheet.lay([*slope, (left + wide + over, top + 4), (left - over, top + 4)], "roof")
        sheet.lines([[(x, top - rise), (x + (x - left - wide / 2) * 0.4, top + 4)] for x in
                     np.arange(left + 0.1 * wide, left + 0.9 * wide, rng.uniform(7, 20))], 0.5, roof)  # fmt: skip
    for x in np.arange(left + 0.12 * wide, left + 0.8 * wide, rng.uniform(0.25, 0.5) * wide):
        y, size = top + 0.12 * wide, rng.uniform(0.12, 0.2) * wide
        sheet.lay(box(x, y, x + size, y + size), "glass")
        sheet.line([(x + size / 2, y), (x + size / 2, y + size)], 0.6)


def _eave(sheet: Sheet) -> None:
    """Draw the edge of a roof that hangs into the picture from above, with its rafters and at times a post."""
    rng, side = sheet.rng, sheet.side
    start, end = rng.uniform(-0.1, 0.45, 2) * side
    thick = rng.uniform(0.02, 0.08) * side
    is_left = rng.random() < 0.5
    tip = rng.uniform(0.3, 1.2) * side

    def at(x: float, y: float) -> tuple[float, float]:
        return (x if is_left else side - x, y)

    if rng.random() < 0.5:
        post = rng.uniform(0.05, 0.8) * tip
        corners = box(post, -9, post + rng.uniform(0.03, 0.08) * side, side + 9)
        sheet.lay([at(*point) for point in corners], str(rng.choice(["metal", "wood"])))
    under = sheet.lay(
        [at(-9, -9), at(tip, -9), at(tip, end), at(-9, start)], str(rng.choice(["roof", "wood", "metal"]))
    )
    rays = [[at(-9, -0.2 * side), at(float(x), side)] for x in np.arange(0, 3 * side, rng.uniform(12, 50))]
    sheet.lines(rays, 0.6, under)
    if rng.random() < 0.4:
        sheet.ink[under] = np.minimum(sheet.ink[under], 60)
    sheet.lay([at(-9, start), at(tip, end), at(tip, end + thick), at(-9, start + thick)], "roof", new=True)


def _tower(sheet: Sheet) -> None:
    """Draw a tower: a block with a pointed roof, one of lattice, a chimney, or a tank on legs."""
    rng, side = sheet.rng, sheet.side
    x, top, wide = rng.uniform(0.1, 0.9) * side, rng.uniform(0.02, 0.5) * side, rng.uniform(0.05, 0.25) * side
    style = rng.choice(["spire", "lattice", "chimney", "slab"], p=[0.3, 0.25, 0.15, 0.3])
    if style == "lattice":
        ends = ((x - wide / 2, side + 9.0), (x + wide / 2, side + 9.0))
        steps = np.linspace(0, 1, int(rng.integers(5, 14)))
        rails = [
            [(float(end + (x - end) * (1 - at)), float(top + (side - top) * at)) for at in steps] for end, _ in ends
        ]
        zigzag = [rails[number % 2][number] for number in range(len(steps))]
        across = [[one, other] for one, other in zip(*rails, strict=True)]
        sheet.lines([*rails, zigzag, [rails[1 - number % 2][number] for number in range(len(steps))], *across], 0.8)
        return
    narrow = wide * (0.3 if style == "chimney" else rng.uniform(0.7, 1))
    kind = str(rng.choice(["wall", "brick", "stone"]))
    corners = [(x - narrow / 2, top), (x + narrow / 2, top), (x + wide / 2, side + 9), (x - wide / 2, side + 9)]
    tower = sheet.lay(corners, kind, new=kind == "wall")
    courses(sheet, tower, kind, (x - wide / 2, top, x + wide / 2, side), rng.uniform(8, 20))
    if style == "spire":
        tip = (x, top - rng.uniform(0.8, 2.2) * wide)
        sheet.lay([(x - 0.6 * wide, top), tip, (x + 0.6 * wide, top)], "roof")
    elif style == "slab":
        windows(sheet, x - 0.4 * narrow, top + 8, x + 0.4 * narrow, side)


def _trees(sheet: Sheet) -> None:
    """Draw crowns that come in from a side, from below, or from above."""
    rng, side = sheet.rng, sheet.side
    a, b = rng.uniform(0.1, 0.6, 2) * side
    lines = [
        [(-0.05 * side, a), (0.1 * side, side)], [(1.05 * side, b), (0.9 * side, side)],
        [(-9.0, side - 0.3 * a), (side + 9.0, side - 0.3 * b)], [(-9.0, 0.2 * a), (rng.uniform(0.3, 0.8) * side, -9.0)],
    ]  # fmt: skip
    thicket(sheet, lines[int(rng.integers(4))], rng.uniform(0.08, 0.25) * side)


def _wires(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    if rng.random() < 0.6:
        x, wide, top = rng.uniform(0.05, 0.95) * side, rng.uniform(0.015, 0.05) * side, rng.uniform(-0.1, 0.3) * side
        sheet.lay(box(x - wide / 2, top, x + wide / 2, side + 9), "metal")
        for y in rng.uniform(top, top + 0.25 * side, int(rng.integers(1, 4))):
            sheet.lay(box(x - 3 * wide, y, x + 3 * wide, y + wide / 2), "metal")
    ends = rng.uniform(-0.1, 0.6, (int(rng.integers(2, 8)), 2)) * side
    sag, along = rng.uniform(0, 0.15) * side, np.linspace(0, 1, 12)
    curves = [[(float(at * side), float(a + (b - a) * at + sag * 4 * at * (1 - at))) for at in along] for a, b in ends]
    sheet.lines(curves, 0.6, wobble_px=0.1)


_NEAR: tuple[Callable[[Sheet], None], ...] = (_block, _gable, _eave, _tower, _trees)
