"""What stands in rooms, drawn as blocks before a camera: shelves, desks, beds, machines; and what hangs on walls."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from mangacolor.data.drawing.perspective import Face, Place, View
from mangacolor.data.drawing.plants import crown

SOLID = ("wood", "thing", "thing", "metal")
"""What furniture is made of."""

"""Where something stands: x and z of its nearest left corner, and how far the eye is from it."""


def shelf(view: View, x: float, z: float) -> None:
    """Draw shelves: books of many widths, boxes, folders, some of them in a colour of their own."""
    rng = view.sheet.rng
    wide, tall, deep = rng.uniform(0.6, 2.5), rng.uniform(0.9, 2.4), 0.4
    shown = view.block((x, 0, z), (x + wide, tall, z + deep), str(rng.choice(SOLID)), new=True)
    levels = int(rng.integers(2, 7))
    for name in ("front", "left", "right"):
        if name not in shown or (name != "front" and rng.random() < 0.6):
            continue
        front = shown[name].part(0.03, 0.02, 0.97, 0.98)
        mask = view.lay(front, "thing", new=rng.random() < 0.5)
        ups = np.linspace(0, 1, levels + 1)
        view.rules(front, [], ups[1:-1], 1.0, mask)
        for low, high in pairwise(ups):
            if rng.random() < 0.85:
                _books(view, front.part(0, low, 1, low + 0.9 * (high - low)), wide)


def _books(view: View, row: Face, wide: float) -> None:
    rng = view.sheet.rng
    at, upright, tops = 0.0, [], []
    thick = rng.uniform(0.02, 0.08) / wide
    while at < 0.97:
        width, tall = thick * rng.uniform(0.6, 1.8), rng.uniform(0.6, 1.0)
        if rng.random() < 0.12:
            at += rng.uniform(0.05, 0.3)
            continue
        end = min(at + width, 1.0)
        if rng.random() < 0.08:
            view.lay(row.part(at, 0, end, tall), "thing", new=rng.random() < 0.3)
        upright += [view.seen([row.at(at, 0), row.at(at, tall)]), view.seen([row.at(end, 0), row.at(end, tall)])]
        tops.append(view.seen([row.at(at, tall), row.at(end, tall)]))
        at = end
    view.sheet.lines([line for line in (*upright, *tops) if len(line) > 1], 0.5, wobble_px=0.3)


def cupboard(view: View, x: float, z: float) -> None:
    """Draw a cupboard, lockers or drawers: doors with handles or slits."""
    rng = view.sheet.rng
    wide, tall, deep = rng.uniform(0.5, 2.4), rng.uniform(0.6, 2.1), rng.uniform(0.35, 0.7)
    shown = view.block((x, 0, z), (x + wide, tall, z + deep), str(rng.choice(SOLID)), new=True)
    if "front" in shown:
        columns, rows = max(1, round(wide / rng.uniform(0.3, 0.7))), int(rng.integers(1, 5))
        front = shown["front"]
        view.rules(front, np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1), 0.7)
        for column in range(columns):
            for row in range(rows):
                door = front.part(column / columns, row / rows, (column + 1) / columns, (row + 1) / rows)
                view.rules(door.part(0.75, 0.4, 0.85, 0.6), [0.0, 1.0], [], 0.6)
    _on_top(view, (x, tall, z), wide)


def _on_top(view: View, corner: Place, wide: float) -> None:
    """Put boxes, books and screens on something."""
    rng = view.sheet.rng
    x, y, z = corner
    for _ in range(int(rng.integers(0, 3))):
        left, size = x + rng.uniform(0, 0.8) * wide, rng.uniform(0.08, 0.3)
        view.block((left, y, z + 0.05), (left + size, y + size * rng.uniform(0.2, 1.2), z + 0.3), "thing", new=True)


def table(view: View, x: float, z: float) -> None:
    """Draw a table or a desk, at times with a screen on it, a chair before it."""
    rng = view.sheet.rng
    wide, tall, deep = rng.uniform(0.6, 2.0), rng.uniform(0.4, 0.8), rng.uniform(0.4, 0.9)
    top, leg = str(rng.choice(SOLID)), 0.05
    if rng.random() < 0.3:
        view.block((x, 0, z + 0.1), (x + wide, tall, z + deep), top)
    else:
        for left in (x, x + wide - leg):
            for near in (z + deep - leg, z):
                view.block((left, 0, near), (left + leg, tall, near + leg), "metal")
    view.block((x, tall, z), (x + wide, tall + 0.05, z + deep), top, new=True)
    if rng.random() < 0.35:
        screen(view, x + rng.uniform(0.1, 0.5) * wide, tall + 0.08, z + 0.5 * deep)
    _on_top(view, (x, tall + 0.05, z), wide)
    if rng.random() < 0.5:
        chair(view, x + rng.uniform(0, 0.5) * wide, z - 0.5)


def chair(view: View, x: float, z: float) -> None:
    """Draw a chair that stands with its back to the camera."""
    kind = str(view.sheet.rng.choice(SOLID))
    for left in (x, x + 0.36):
        for near in (z + 0.36, z):
            view.block((left, 0, near), (left + 0.04, 0.42, near + 0.04), "metal")
    view.block((x, 0.42, z), (x + 0.4, 0.46, z + 0.4), kind, new=True)
    view.block((x, 0.6, z), (x + 0.4, 0.85, z + 0.03), kind)


def screen(view: View, x: float, y: float, z: float) -> None:
    """Draw a monitor: a frame, a pane, and curves or text on it."""
    rng = view.sheet.rng
    wide, tall = rng.uniform(0.3, 0.7), rng.uniform(0.25, 0.45)
    shown = view.block((x, y, z), (x + wide, y + tall, z + 0.06), "metal")
    if "front" not in shown:
        return
    pane = shown["front"].part(0.06, 0.08, 0.94, 0.92)
    mask = view.lay(pane, "glass")
    if rng.random() < 0.3:
        view.sheet.ink[mask] = 0
    elif rng.random() < 0.5:
        view.rules(pane.part(0.1, 0.1, rng.uniform(0.4, 0.9), 0.9), [], np.linspace(0, 1, int(rng.integers(3, 9))))
    else:
        heights = 0.5 + 0.35 * rng.uniform(-1, 1, 14)
        curve = view.seen([pane.at(at, high) for at, high in zip(np.linspace(0.05, 0.95, 14), heights, strict=True)])
        view.sheet.lines([curve] if len(curve) > 1 else [], 0.6, mask)


def machine(view: View, x: float, z: float) -> None:
    """Draw a machine: dials, buttons, slits, a screen, cables."""
    rng = view.sheet.rng
    wide, tall, deep = rng.uniform(0.5, 1.6), rng.uniform(0.8, 2.2), rng.uniform(0.4, 0.9)
    shown = view.block((x, 0, z), (x + wide, tall, z + deep), str(rng.choice(["metal", "thing"])), new=True)
    for name in ("front", "left", "right"):
        if name not in shown:
            continue
        columns, rows = max(1, round(wide / 0.3)), max(2, round(tall / 0.3))
        for column in range(columns):
            for row in range(rows):
                field = shown[name].part(column / columns, row / rows, (column + 1) / columns, (row + 1) / rows)
                _device(view, field.part(0.12, 0.12, 0.88, 0.88))
    if rng.random() < 0.4:
        _cable(view, (x + 0.5 * wide, rng.uniform(0.1, tall), z), (x + rng.uniform(-2, 2), 0.02, z - 0.5))


def _device(view: View, field: Face) -> None:
    rng = view.sheet.rng
    sort = rng.choice(["dial", "slits", "buttons", "pane", "nothing"], p=[0.2, 0.2, 0.15, 0.1, 0.35])
    if sort == "dial":
        view.ring(field)
        turn = rng.uniform(0, 2 * math.pi)
        hand = view.seen([field.at(0.5, 0.5), field.at(0.5 + 0.4 * math.cos(turn), 0.5 + 0.4 * math.sin(turn))])
        view.sheet.lines([hand] if len(hand) > 1 else [], 0.6)
    elif sort == "slits":
        view.rules(field, [], np.linspace(0, 1, int(rng.integers(3, 9))), 0.6)
    elif sort == "buttons":
        for at in (0.1, 0.4, 0.7):
            view.ring(field.part(at, 0.4, at + 0.2, 0.6), "thing", new=rng.random() < 0.15)
    elif sort == "pane":
        view.lay(field, "glass")


def _cable(view: View, start: Place, end: Place) -> None:
    first, last = np.array(start, float), np.array(end, float)
    sag = np.array([0, view.sheet.rng.uniform(0.1, 0.6), 0])
    shares = np.linspace(0, 1, 14)
    points = view.seen([first + (last - first) * at - sag * 4 * at * (1 - at) for at in shares])
    view.sheet.lines([points] if len(points) > 1 else [], 1.6, wobble_px=0.2)


def bed(view: View, x: float, z: float) -> None:
    """Draw a bed: white sheets, a pillow, rails."""
    rng = view.sheet.rng
    wide, deep = rng.uniform(0.9, 1.6), 2.0
    view.block((x, 0.2, z), (x + wide, 0.35, z + deep), str(rng.choice(["wood", "metal"])))
    shown = view.block((x, 0.35, z), (x + wide, 0.6, z + deep), "linen")
    view.block((x + 0.15, 0.6, z + 1.5), (x + wide - 0.15, 0.72, z + 1.9), "linen")
    if "top" in shown:
        top = shown["top"]
        folds = [[top.at(*rng.uniform(0.05, 0.95, 2)), top.at(*rng.uniform(0.05, 0.95, 2))] for _ in range(3)]
        view.sheet.lines([line for line in map(view.seen, folds) if len(line) > 1], 0.5)
    for near in (z, z + deep):
        if rng.random() < 0.6:
            view.rules(face_of_rail(x, wide, near), np.linspace(0, 1, 6), [0.0, 1.0], 1.2)


def face_of_rail(x: float, wide: float, z: float) -> Face:
    """Return the face that a rail at the end of a bed fills."""
    return Face(np.array([x, 0.0, z]), np.array([wide, 0.0, 0.0]), np.array([0.0, 0.95, 0.0]))


def stairs(view: View, x: float, z: float) -> None:
    """Draw steps that lead up and away."""
    rng = view.sheet.rng
    wide, count, rise, tread = rng.uniform(1.0, 2.5), int(rng.integers(4, 13)), 0.18, 0.28
    kind = str(rng.choice(["floor", "wood", "pavement"]))
    for step in reversed(range(count)):
        view.block((x, 0, z + step * tread), (x + wide, rise * (step + 1), z + (step + 1) * tread), kind)
    if rng.random() < 0.6:
        rail = Face(np.array([x, 0.9, z]), np.array([0, rise * count, tread * count]), np.array([0, -0.9, 0]))
        view.rules(rail, np.linspace(0, 1, count), [0.0, 0.1], 0.8)


def plant(view: View, x: float, z: float) -> None:
    """Draw a plant in a pot."""
    rng = view.sheet.rng
    view.block((x, 0, z), (x + 0.3, 0.35, z + 0.3), "thing", new=True)
    middle = (x + 0.15, rng.uniform(0.6, 1.0), z + 0.15)
    size, seen = view.size_px(middle), view.seen([middle])
    if seen and 20 < size < 600:
        (left, top), reach = seen[0], size * rng.uniform(0.2, 0.45)
        crown(view.sheet, left, top, reach, reach, 0.4 * reach)


FURNITURE = {
    shelf: 0.2, cupboard: 0.2, table: 0.24, machine: 0.11, bed: 0.06, chair: 0.1, plant: 0.06, stairs: 0.03,
}  # fmt: skip
"""What stands in rooms, and how often each."""
