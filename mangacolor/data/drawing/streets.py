"""Streets that a camera stands in or looks down on: a road that is no water, fronts that are no sky, wires, cars."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from mangacolor.data.drawing.perspective import Face, Place, View, face
from mangacolor.data.drawing.plants import crown, tree
from mangacolor.data.drawing.sheet import Sheet
from mangacolor.data.drawing.skies import sky
from mangacolor.data.drawing.street_things import car, machine_for_drinks, manhole, pole, railing, sign

Item = tuple[float, Callable[[], None]]
"""What is drawn far from the camera first: its distance, and what draws it."""

FAR_M = 120.0
"""How far streets reach."""

HIGH = 0.3
"""How often the camera hangs high above the street and looks down."""


def draw_street(sheet: Sheet) -> None:
    """Draw a street in perspective: sky, ground, a road, fronts at both sides, and what stands there."""
    rng = sheet.rng
    half = rng.uniform(1.8, 5.5)
    is_high = rng.random() < HIGH
    if is_high:
        height, pitch = rng.uniform(3, 12), -rng.uniform(12, 50)
    else:
        height, pitch = rng.uniform(0.4, 2.2), float(rng.choice([0, rng.uniform(4, 30), -rng.uniform(5, 30)]))
    yaw = rng.normal(0, 14)
    lean = float(rng.choice([0.0, rng.normal(0, 8)], p=[0.75, 0.25]))
    eye = (rng.uniform(-1.1, 1.1) * half, height, 0.0)
    view = View(sheet, eye, (yaw, pitch, lean), math.exp(rng.uniform(math.log(38), math.log(80))))
    sky(sheet, 2)
    kerb = rng.uniform(1.0, 3.5)
    _ground(view, half, kerb)
    items = [*_fronts(view, half, kerb), *_things(view, half, kerb)]
    for _, draw in sorted(items, key=lambda item: -item[0]):
        draw()
    if rng.random() < 0.5:
        _wires(view, half)


def _flat(left: float, right: float, near: float = -6.0, far: float = FAR_M) -> Face:
    return face((left, 0, near), (right - left, 0, 0), (0, 0, far - near))


def _ground(view: View, half: float, kerb: float) -> None:
    """Lay the ground, pavements with their slabs, the road with its lines."""
    rng = view.sheet.rng
    view.lay(_flat(-200, 200), "pavement")
    road = view.lay(_flat(-half, half), "road")
    if rng.random() < 0.75:
        for left, right in ((-half - kerb, -half), (half, half + kerb)):
            walk = _flat(left, right, -6, 30)
            mask = view.lay(_flat(left, right), "pavement")
            step = rng.uniform(0.4, 1.2)
            if rng.random() < 0.6:
                view.rules(walk, np.arange(0, 1, step / kerb), np.arange(0, 1, step / 36), 0.4, mask)
            stone = _flat(right - 0.15, right) if right < 0 else _flat(left, left + 0.15)
            view.rules(stone, [0, 1], np.arange(0, 1, 1 / 126)[: 60 * int(rng.random() < 0.5)], 0.5)
    line = rng.uniform(0.06, 0.12)
    style = rng.choice(["none", "dashes", "line", "sides"], p=[0.35, 0.3, 0.15, 0.2])
    if style == "dashes":
        for z in np.arange(40, -5, -rng.uniform(4, 7)):
            view.lay(_flat(-line, line, z, z + 2.2), "marking")
    elif style == "line":
        view.lay(_flat(-line, line), "marking")
    elif style == "sides":
        for x in (-half + 0.4, half - 0.4):
            view.lay(_flat(x - line, x + line), "marking")
    if rng.random() < 0.3:
        start, long = rng.uniform(1.5, 9), rng.uniform(2, 4)
        for x in np.arange(-half + 0.3, half - 0.4, 0.9):
            view.lay(_flat(x, x + 0.45, start, start + long), "marking")
    if rng.random() < 0.35:
        manhole(view, rng.uniform(-half, half) * 0.8, rng.uniform(1.5, 8))
    if rng.random() < 0.5:
        _grit(view, road)


def _grit(view: View, road: np.ndarray) -> None:
    """Draw what roughens a road: short strokes and specks, denser near the camera."""
    rng, sheet = view.sheet.rng, view.sheet
    rows, columns = np.nonzero(road)
    if not len(rows):
        return
    many = rng.integers(len(rows), size=int(rng.integers(20, 250)))
    specks = []
    for place in many:
        x, y, size = float(columns[place]), float(rows[place]), rng.uniform(1, 9) * rows[place] / sheet.side
        specks.append([(x, y), (x + size, y + rng.normal(0, 0.2) * size)])
    sheet.lines(specks, 0.5, road, wobble_px=0.2)


def _fronts(view: View, half: float, kerb: float) -> list[Item]:
    """Return houses, walls and hedges along both sides, each with its distance."""
    rng = view.sheet.rng
    items: list[Item] = []
    for side in (-1, 1):
        if rng.random() < 0.12:
            continue
        z = rng.uniform(-5, 3)
        while z < 70:
            long, deep = rng.uniform(3, 12), rng.uniform(4, 10)
            tall = rng.choice([rng.uniform(2.5, 7), rng.uniform(6, 25)], p=[0.7, 0.3])
            edge = half + kerb + rng.uniform(0, 0.5)
            sort = rng.choice(["house", "wall", "hedge", "gap"], p=[0.68, 0.15, 0.07, 0.1])
            if sort == "wall":
                tall, deep = rng.uniform(0.8, 2.2), 0.25
            low = (edge if side > 0 else -edge - deep, 0.0, z)
            high = (low[0] + deep, float(tall), z + long)
            near = math.hypot(edge, z + long / 2)
            if sort == "hedge":
                items.append((near, partial(_hedge, view, low, high)))
            elif sort != "gap":
                items.append((near, partial(_front, view, low, high, is_wall=sort == "wall")))
            z += long + rng.choice([0, rng.uniform(0.3, 3)])
    if rng.random() < 0.5:  # the street ends, or bends
        z, wide = rng.uniform(15, 70), rng.uniform(5, 40)
        items.append((z, partial(_front, view, (-wide / 2, 0, z), (wide / 2, rng.uniform(4, 15), z + 6))))
    return items


def _hedge(view: View, low: Place, high: Place) -> None:
    for name, side in view.block(low, (high[0], min(high[1], 1.6), high[2]), "foliage").items():
        points = view.seen([side.at(0.5, 0.5)])
        if name != "top" and points and view.sheet.rng.random() < 0.6:
            size = min(80.0, 0.5 * view.size_px(tuple(side.at(0.5, 0.5))))
            crown(view.sheet, *points[0], size, 0.6 * size, 0.4 * size)


def _front(view: View, low: Place, high: Place, *, is_wall: bool = False) -> None:
    """Draw a house or a garden wall as a block with joints, windows, a door, a roof."""
    rng = view.sheet.rng
    shares = [0.15, 0.35, 0.1, 0.4] if is_wall else [0.68, 0.12, 0.1, 0.1]
    kind = str(rng.choice(["wall", "brick", "wood", "stone"], p=shares))
    shown = view.block(low, high, kind, new=kind == "wall")
    tall = high[1]
    step = rng.uniform(0.15, 0.5)
    for name, side in shown.items():
        if name == "top":
            continue
        long = float(np.linalg.norm(side.across))
        if kind != "wall" and high[2] < 40:
            ups = np.arange(0, 1, step / tall)[: 40 if kind != "wood" or step < 0.25 else 0]
            view.rules(side, np.arange(0, 1, 2.5 * step / long)[:30] if kind != "brick" else [], ups, 0.4)
        if not is_wall and high[2] < 60:
            _windows(view, side, long, tall)
    if not is_wall and tall < 9 and rng.random() < 0.6:
        _roof(view, low, high)


def _windows(view: View, side: Face, long: float, tall: float) -> None:
    rng = view.sheet.rng
    spacing, floor = rng.uniform(1.4, 3), rng.uniform(2.4, 3.2)
    columns, rows = max(1, int(long / spacing)), max(1, int(tall / floor))
    if columns * rows > 40:
        view.rules(side, np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1), 0.6)
        return
    is_shop = rng.random() < 0.3
    for row in range(rows):
        for column in range(columns):
            left, low = (column + 0.2) / columns, (row + 0.3) / rows
            pane = side.part(left, low, left + 0.6 / columns, low + 0.5 / rows)
            if row == 0 and (is_shop or rng.random() < 0.3):
                pane = side.part(left, 0, left + 0.5 / columns, 0.75 / rows)
                view.lay(pane, str(rng.choice(["glass", "wood", "thing"])))
            else:
                view.lay(pane, "glass")
            view.rules(pane, [0.5], [], 0.6)
    if is_shop:
        view.lay(side.part(0.02, 0.82 / rows, 0.98, 0.98 / rows), "thing", new=True)


def _roof(view: View, low: Place, high: Place) -> None:
    """Draw a gable roof whose ridge runs along the street."""
    rng = view.sheet.rng
    rise, middle, over = rng.uniform(0.8, 2.5), (low[0] + high[0]) / 2, 0.4
    long = high[2] - low[2] + 2 * over
    slopes = [
        face((edge, high[1] - 0.1, low[2] - over), (0, 0, long), (middle - edge, rise, 0))
        for edge in (low[0] - over, high[0] + over)
    ]
    slopes.sort(key=lambda slope: -abs(slope.corner[0] - view.eye[0]))
    view.sheet.number("roof", new=bool(rng.random() < 0.4))
    gable = view.seen(
        [(low[0], high[1], low[2]), (high[0], high[1], low[2]), (middle, high[1] + rise, low[2])], closed=True
    )
    view.lay(slopes[0], "roof")
    if len(gable) > 2:
        view.sheet.lay(gable, "wall")
    mask = view.lay(slopes[1], "roof")
    if rng.random() < 0.6:
        view.rules(slopes[1], np.arange(0, 1, rng.uniform(0.25, 0.8) / long), [0.33, 0.66], 0.4, mask)


def _things(view: View, half: float, kerb: float) -> list[Item]:
    """Return what stands on road and pavement, each with its distance."""
    rng = view.sheet.rng
    items: list[Item] = []
    side = float(rng.choice([-1.0, 1.0]))
    for z in np.arange(rng.uniform(2, 8), 45, rng.uniform(8, 16))[: 4 * int(rng.random() < 0.65)]:
        items.append((z, partial(pole, view, side * (half + 0.3), z)))
    for _ in range(int(rng.choice([0, 1, 2, 4], p=[0.45, 0.3, 0.15, 0.1]))):
        lane, z = float(rng.choice([-1.0, 1.0])), rng.uniform(3, 25)
        items.append((z + 1, partial(car, view, lane * (half - 1.1) - 0.85, z)))
    if rng.random() < 0.3:
        start = rng.uniform(0, 5)
        items.append((start + 3, partial(railing, view, -side * (half + 0.1), start, start + rng.uniform(4, 15))))
    if rng.random() < 0.3:
        z = rng.uniform(3, 12)
        items.append((z, partial(machine_for_drinks, view, side * (half + kerb) - 0.5 * (1 + side), z)))
    for _ in range(int(rng.choice([0, 1, 2], p=[0.5, 0.35, 0.15]))):
        z = rng.uniform(2, 15)
        items.append((z, partial(sign, view, float(rng.choice([-1, 1])) * (half + 0.5), z)))
    for _ in range(int(rng.choice([0, 1, 3], p=[0.65, 0.25, 0.1]))):
        z = rng.uniform(4, 30)
        items.append((z, partial(_tree, view, float(rng.choice([-1, 1])) * (half + 0.8), z)))
    return items


def _tree(view: View, x: float, z: float) -> None:
    foot = view.seen([(x, 0, z)])
    size = view.size_px((x, 0, z)) * view.sheet.rng.uniform(3, 6)
    if foot and 15 < size < 2 * view.sheet.side:
        tree(view.sheet, *foot[0], size)


def _wires(view: View, half: float) -> None:
    """Draw wires along the street and across it."""
    rng = view.sheet.rng
    wires = []
    for _ in range(int(rng.integers(2, 8))):
        x, y = float(rng.choice([-1, 1])) * half + rng.uniform(-0.8, 0.8), rng.uniform(5, 8)
        ends = np.arange(-6, 50, 14)
        points = [
            (x, y - sag * 4 * at * (1 - at), z + 14 * at)
            for z, sag in zip(ends, rng.uniform(0.1, 0.5, len(ends)), strict=True) for at in np.linspace(0, 1, 8)
        ]  # fmt: skip
        wires.append(view.seen(points))
    view.sheet.lines([wire for wire in wires if len(wire) > 1], 0.6, wobble_px=0.1)
