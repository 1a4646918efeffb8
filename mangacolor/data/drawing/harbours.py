"""Water with something around it: harbours before a town, rivers with bridges, lakes before hills, the open sea."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from mangacolor.data.drawing.perspective import Face, View, face, sides_of
from mangacolor.data.drawing.sheet import Mask, Sheet, box
from mangacolor.data.drawing.skies import sky
from mangacolor.data.drawing.skylines import quay, skyline, thicket
from mangacolor.data.drawing.strokes_ruled import Pen
from mangacolor.data.drawing.waters import boats, glitter, hairlines, reflections, surface, water

FAR_M = 3000.0
"""How far rivers reach."""

WIDE_M = 3000.0
"""How far the ground reaches to both sides."""


def draw_harbour(sheet: Sheet) -> None:
    """Draw a dense town seen over water: hills, blocks, quays, ships, and a flat sheet of water before them."""
    rng, side = sheet.rng, sheet.side
    sky(sheet, 2)
    shore = rng.uniform(0.2, 0.8) * side
    is_hill = rng.random() < 0.5
    rise = shore * rng.uniform(0.4, 1.2) if is_hill else rng.uniform(0, 0.2) * shore
    if is_hill or rng.random() < 0.3:
        _ridge(sheet, shore, max(1.3 * rise, rng.uniform(0.2, 0.8) * shore))
    skyline(sheet, shore, rise, int(rng.integers(35, 90) if is_hill else rng.integers(12, 50)))
    if rng.random() < 0.5:
        thicket(sheet, [(-9, shore), (side + 9, shore)], rng.uniform(0.02, 0.05) * side)
    edge = _shore_line(sheet, shore)
    high = rng.uniform(0.01, 0.07) * side
    mask = water(sheet, edge)
    quay(sheet, edge, high)
    if rng.random() < 0.6:
        reflections(sheet, mask, shore)
    if rng.random() < 0.15:
        glitter(sheet, mask, shore)
    boats(sheet, mask, shore, int(rng.choice([0, 1, 3, 6], p=[0.2, 0.3, 0.3, 0.2])))
    _foreground(sheet, shore)


def _shore_line(sheet: Sheet, shore: float) -> list[tuple[float, float]]:
    """Return a line of shore: level, slanted, or with piers and bights."""
    rng, side = sheet.rng, sheet.side
    slope = rng.normal(0, 0.04) if rng.random() < 0.5 else 0.0
    xs = [-9.0, *np.sort(rng.uniform(0, side, int(rng.integers(0, 5)))).tolist(), side + 9.0]
    step, edge = 0.0, []
    for x in xs:
        y = shore + slope * (x - side / 2)
        edge.append((x, y + step))
        step = float(rng.choice([0.0, rng.uniform(0, 0.04) * side]))
        edge.append((x + 1, y + step))
    return edge


def _ridge(sheet: Sheet, foot: float, height: float) -> None:
    """Draw a hill of trees, of bare strokes, or as an outline."""
    rng, side = sheet.rng, sheet.side
    along = np.linspace(-20, side + 20, 60)
    phases = rng.uniform(0, 2 * math.pi, 4)
    heights = sum(
        np.sin(along / side * rng.uniform(2, 5) * (number + 1) + phase) / (number + 1)
        for number, phase in enumerate(phases)
    )
    tops = foot - height * (0.65 + 0.22 * heights)
    hill = sheet.lay(
        [*zip(along.tolist(), tops.tolist(), strict=True), (side + 20, foot + 9), (-20, foot + 9)], "foliage"
    )
    style = rng.random()
    if style < 0.55:
        width = rng.uniform(0.8, 1.4)
        pen = Pen(width, width * rng.uniform(2.5, 7), rng.uniform(12, 70), gap=0.4, missing=rng.uniform(0.1, 0.6))
        sheet.hatch(hill, pen, rng.uniform(20, 160), rng.uniform(0.5, 1.0), bend_px=rng.uniform(0, 4))
    elif style < 0.75:
        for low in (0.75, 0.4):
            thicket(sheet, [(-9, foot - low * height), (side + 9, foot - low * height)], 0.25 * height)


def _foreground(sheet: Sheet, shore: float) -> None:
    """Set what the onlooker stands behind before the water: leaves at a corner, a railing, a bank, or nothing."""
    rng, side = sheet.rng, sheet.side
    style = rng.choice(["nothing", "leaves", "railing", "bank"], p=[0.5, 0.25, 0.13, 0.12])
    low = shore + rng.uniform(0.55, 0.95) * (side - shore)
    if style == "leaves":
        x, end = (-9.0, rng.uniform(0.2, 0.6) * side)
        ends = [(x, low), (end, side + 20.0)] if rng.random() < 0.5 else [(side - end, side + 20.0), (side + 9.0, low)]
        thicket(sheet, ends, rng.uniform(0.08, 0.2) * side)
    elif style == "bank":
        kind = str(rng.choice(["grass", "sand", "pavement", "stone"]))
        xs = np.linspace(-10, side + 10, 6)
        sheet.lay([*((float(x), low + rng.normal(0, 5)) for x in xs), (side + 9, side + 9), (-9, side + 9)], kind)
    elif style == "railing":
        thick = rng.uniform(2, 8)
        for x in np.arange(rng.uniform(0, 60), side, rng.uniform(30, 110)):
            sheet.lay(box(x, low, x + thick, side + 9), "metal")
        for y in np.arange(low, side, rng.uniform(20, 60)):
            sheet.lay(box(-9, y, side + 9, y + thick), "metal")


def draw_lake(sheet: Sheet) -> None:
    """Draw still water before hills, which it mirrors, with reeds or trees near the onlooker."""
    rng, side = sheet.rng, sheet.side
    sky(sheet)
    shore = rng.uniform(0.2, 0.75) * side
    for share in np.sort(rng.uniform(0.1, 0.9, int(rng.integers(1, 4))))[::-1]:
        _ridge(sheet, shore, share * shore)
    if rng.random() < 0.6:
        thicket(sheet, [(-9, shore - 4), (side + 9, shore - 4)], rng.uniform(0.02, 0.06) * side)
    if rng.random() < 0.25:
        skyline(sheet, shore, 0.02 * side, int(rng.integers(2, 12)))
    far = sheet.part.copy()
    mask = water(sheet, shore)
    if rng.random() < 0.6:
        _mirrored(sheet, mask, far == far[max(0, round(shore) - 3)][side // 2], shore)
    if rng.random() < 0.2:
        glitter(sheet, mask, shore)
    boats(sheet, mask, shore, int(rng.choice([0, 1, 2], p=[0.55, 0.3, 0.15])))
    _foreground(sheet, shore)


def _mirrored(sheet: Sheet, mask: Mask, what: Mask, shore: float) -> None:
    """Lay what stands on a shore into the water below it, upside down and squeezed, as a shade or as level strokes."""
    rng, side = sheet.rng, sheet.side
    squeeze = rng.uniform(0.4, 1.0)
    rows = np.round(shore - (np.arange(side) - shore) / squeeze).astype(int)
    turned = mask & what[rows.clip(0, side - 1)] & (rows >= 0)[:, None]
    sheet.shade(turned, rng.uniform(0.6, 0.85))
    if rng.random() < 0.5:
        width = rng.uniform(0.8, 1.4)
        pen = Pen(width, width * rng.uniform(2.5, 6), rng.uniform(20, 120), gap=0.5, missing=rng.uniform(0, 0.4))
        sheet.hatch(turned, pen, 0.0, rng.uniform(0.6, 1), bend_px=1.0)


def draw_sea(sheet: Sheet) -> None:
    """Draw the open sea with a ship or nothing on it, at times from so high that no sky shows."""
    rng, side = sheet.rng, sheet.side
    sky(sheet, 5)
    horizon = -9.0 if rng.random() < 0.15 else rng.uniform(0.08, 0.85) * side
    if rng.random() < 0.25:
        _ridge(sheet, horizon, rng.uniform(0.02, 0.12) * side)
    mask = water(sheet, horizon)
    if rng.random() < 0.3:
        glitter(sheet, mask, horizon)
    boats(sheet, mask, max(horizon, 0.0), int(rng.choice([0, 1, 1, 2, 4])))
    if rng.random() < 0.3:
        gulls = [
            (rng.uniform(0, side), rng.uniform(0, side), rng.uniform(4, 22)) for _ in range(int(rng.integers(1, 8)))
        ]
        sheet.lines([[(x - a, y - a / 3), (x - a / 2, y - a / 2), (x, y), (x + a / 2, y - a / 2), (x + a, y - a / 3)]
                     for x, y, a in gulls], 0.8)  # fmt: skip
    _foreground(sheet, max(horizon, 0.0))


def draw_river(sheet: Sheet) -> None:
    """Draw a river between banks with blocks and trees, from a bank or from above, with bridges over it."""
    rng = sheet.rng
    height = math.exp(rng.uniform(math.log(3), math.log(45)))
    half = rng.uniform(5, 12) + 0.25 * height
    bank = rng.uniform(1.0, 3.0)
    pitch = -rng.uniform(0, 14) - 0.25 * height * rng.uniform(0.3, 1)
    turn = (rng.normal(0, 22), pitch, float(rng.choice([0.0, rng.normal(0, 7)], p=[0.8, 0.2])))
    view = View(sheet, (rng.uniform(-1.3, 1.3) * half, bank + height, 0.0), turn, rng.uniform(45, 80))
    sky(sheet)
    horizon = view.seen([(0.0, bank, FAR_M / 2)])
    if horizon and turn[2] == 0:
        skyline(sheet, horizon[0][1], 0.0, int(rng.integers(0, 30)))
    mask = view.lay(_flat(-WIDE_M, WIDE_M), "water")
    _banks(view, half, bank)
    mask &= sheet.part == sheet.number("water")
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows):
        (hairlines if rng.random() < 0.5 else _surface)(sheet, mask, float(rows[0]), int(rng.integers(0, 25)))
    items: list[tuple[float, Callable[[], None]]] = []
    for _ in range(int(rng.integers(12, 36))):
        away = rng.choice([-1, 1]) * (half + 6 + rng.exponential(20))
        z = math.exp(rng.uniform(math.log(8), math.log(250)))
        items.append((math.hypot(away, z), partial(_building, view, away, bank, z)))
    for z in rng.uniform(12, 150, int(rng.choice([0, 1, 2, 3], p=[0.3, 0.4, 0.2, 0.1]))):
        items.append((float(z), partial(_bridge, view, half, bank, float(z))))
    for _ in range(int(rng.integers(0, 4))):
        items.append((float(z := rng.uniform(6, 80)), partial(_barge, view, rng.uniform(-0.7, 0.6) * half, z)))
    for _, draw in sorted(items, key=lambda item: -item[0]):
        draw()


def _surface(sheet: Sheet, mask: Mask, horizon: float, _: int) -> None:
    surface(sheet, mask, horizon)


def _flat(left: float, right: float, high: float = 0.0) -> Face:
    return face((left, high, -20), (right - left, 0, 0), (0, 0, FAR_M))


def _banks(view: View, half: float, bank: float) -> None:
    """Lay both banks: a wall or a slope of grass down to the water, a path, and the ground behind."""
    rng = view.sheet.rng
    ground = str(rng.choice(["pavement", "grass", "foliage", "road"], p=[0.5, 0.25, 0.1, 0.15]))
    side = str(rng.choice(["stone", "grass", "pavement"], p=[0.5, 0.3, 0.2]))
    slope = rng.uniform(0, 4)
    for turn in (-1, 1):
        view.lay(_flat(turn * (half + slope), turn * WIDE_M, bank), ground)
        path = rng.uniform(1.5, 5)
        view.lay(
            _flat(turn * (half + slope), turn * (half + slope + path), bank), str(rng.choice(["pavement", "road"]))
        )
        wall = face((turn * half, 0, -20), (0, 0, FAR_M), (turn * slope, bank, 0))
        if turn * (view.eye[0] - turn * half) < slope or slope > 1:
            mask = view.lay(wall, side)
            view.rules(
                wall, np.arange(0, 0.06, rng.uniform(0.0008, 0.004)), [0.3, 0.6] if side == "stone" else [], 0.4, mask
            )


def _building(view: View, x: float, bank: float, z: float) -> None:
    rng = view.sheet.rng
    wide, deep = rng.uniform(5, 18, 2)
    if x < 0:
        x -= wide
    if rng.random() < 0.3:
        places = view.seen([(x, bank + 2, z), (x + wide, bank + 2, z)])
        size = 4 * view.size_px((x, bank, z))
        if len(places) > 1 and 4 < size < 150:
            thicket(view.sheet, places, size)
        return
    tall = rng.choice([rng.uniform(4, 9), rng.uniform(8, 40)])
    kind = str(rng.choice(["wall", "brick", "stone"], p=[0.8, 0.08, 0.12]))
    for name, front in view.block(
        (x, bank, z), (x + wide, bank + tall, z + deep), kind, new=rng.random() < 0.3
    ).items():
        if name == "top":
            continue
        rows, columns = max(2, round(tall / 3)), max(2, round(float(np.linalg.norm(front.across)) / 2.5))
        ups = np.linspace(0, 1, rows + 1)
        view.rules(front, np.linspace(0, 1, columns + 1)[: 99 * int(rng.random() < 0.6)], ups, 0.5)
        if rng.random() < 0.6:
            view.rules(front.part(0.05, 0.4 / rows, 0.95, 1), [], ups[:-1], rng.uniform(0.8, 2.5))


def _bridge(view: View, half: float, bank: float, z: float) -> None:
    """Draw a bridge across the river: piers or an arch, a deck, a railing."""
    rng = view.sheet.rng
    kind = str(rng.choice(["stone", "metal", "wood"], p=[0.5, 0.35, 0.15]))
    left, right, wide, thick = -half - 5, half + 5, rng.uniform(3, 9), rng.uniform(0.5, 1.5)
    deck = bank + rng.uniform(0.2, 3)
    for x in np.linspace(-half, half, int(rng.integers(2, 6)))[1:-1]:
        view.block((x - 0.6, -0.1, z + 0.3), (x + 0.6, deck, z + wide - 0.3), kind)
    view.block((left, deck, z), (right, deck + thick, z + wide), kind)
    top = sides_of((left, deck, z), (right, deck + thick, z + wide))["top"]
    if view.eye[1] > deck + thick:
        view.lay(top.part(0, 0.08, 1, 0.92), str(rng.choice(["road", "pavement", "wood"])))
    for near in (z + wide, z):
        rail = face((left, deck + thick, near), (right - left, 0, 0), (0, 1.1, 0))
        view.rules(rail, np.linspace(0, 1, int(rng.integers(8, 30))), [0.5, 1.0], 0.7)
    if rng.random() < 0.3:
        points = [(x, deck + thick + 0.5 * half * (1 - (x / half) ** 2), z) for x in np.linspace(-half, half, 15)]
        arch = view.seen(points)
        hangers = [view.seen([point, (point[0], deck, z)]) for point in points]
        view.sheet.lines([line for line in (arch, *hangers) if len(line) > 1], 1.2, wobble_px=0.2)


def _barge(view: View, x: float, z: float) -> None:
    """Draw a flat boat with a cabin."""
    rng = view.sheet.rng
    long, wide = rng.uniform(4, 14), rng.uniform(1.5, 3)
    view.block((x, 0, z), (x + wide, rng.uniform(0.4, 1), z + long), str(rng.choice(["wood", "thing"])), new=True)
    if rng.random() < 0.6:
        view.block((x + 0.3, 0.7, z + 0.3 * long), (x + wide - 0.3, 2.2, z + 0.7 * long), "linen")
