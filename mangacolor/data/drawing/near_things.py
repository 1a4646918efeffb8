"""What fills a panel in a room and is mostly white: beds, curtains, desks with papers and screens, boards, posters."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from mangacolor.data.drawing.boards import draw_board
from mangacolor.data.drawing.furniture import screen
from mangacolor.data.drawing.outlooks import folds
from mangacolor.data.drawing.perspective import Face, View, face
from mangacolor.data.drawing.sheet import Mask, Points, Sheet, box


def draw_near_things(sheet: Sheet) -> None:
    """Draw a bed, a curtain, a desk, a board or a poster that fills most of the sheet."""
    _NEAR[int(sheet.rng.choice(len(_NEAR), p=[0.3, 0.15, 0.27, 0.28]))](sheet)


def _wall(sheet: Sheet) -> None:
    sheet.lay(box(0, 0, sheet.side, sheet.side), "wall", outline=False)


def _bent(sheet: Sheet, start: tuple[float, float], end: tuple[float, float], bend: float) -> list[tuple[float, float]]:
    """Return a curve between two points that strays from the straight line by up to `bend` pixels."""
    at = np.linspace(0, 1, 9)
    stray = sheet.rng.normal(0, bend, 2) * np.sin(math.pi * at)[:, None] + sheet.rng.normal(0, bend / 20, (9, 2))
    points = np.array(start) + (np.array(end) - np.array(start)) * at[:, None] + stray
    return [(float(x), float(y)) for x, y in points]


def _bed(sheet: Sheet) -> None:
    """Draw a bed before the onlooker: sheets with folds, a blanket turned back, pillows, rails."""
    rng, side = sheet.rng, sheet.side
    _wall(sheet)
    head, left, right = rng.uniform(0.1, 0.5) * side, rng.uniform(-0.3, 0.2) * side, rng.uniform(0.75, 1.4) * side
    narrow = rng.uniform(0.0, 0.25) * side
    if rng.random() < 0.7:
        high = rng.uniform(0.1, 0.3) * side
        board = box(left + narrow - 9, head - high, right - narrow + 9, head + 20)
        if rng.random() < 0.5:
            sheet.lay(board, str(rng.choice(["wood", "thing"])), new=True)
        else:
            rails = [[(float(x), head - high), (float(x), head)] for x in np.linspace(board[0][0], board[1][0], 9)]
            sheet.lines([*rails, board[:2]], 1.6)
    foot = side * rng.uniform(0.85, 1.2)
    corners = [(left + narrow, head), (right - narrow, head), (right, foot), (left, foot)]
    sheet.lay(box(-9, head + 0.3 * side, side + 9, side + 9), str(rng.choice(["floor", "wood"])))
    sheets = sheet.lay(corners, "linen")
    _creases(sheet, sheets, int(rng.integers(6, 22)))
    for x in np.linspace(left + narrow, right - narrow, 4)[1 : 1 + int(rng.integers(1, 3))]:
        _pillow(sheet, x, head + rng.uniform(0, 0.06) * side, rng.uniform(0.1, 0.2) * side)
    if rng.random() < 0.8:
        _blanket(sheet, corners, head + rng.uniform(0.1, 0.3) * side)


def _blanket(sheet: Sheet, bed: Points, edge: float) -> None:
    """Lay a blanket over a bed from an edge down, its upper hem turned back, at times with a body under it."""
    rng, side = sheet.rng, sheet.side
    (left, head), (right, _), (end, foot), (start, _) = bed
    share = (edge - head) / (foot - head)
    upper = _bent(sheet, (left + (start - left) * share - 8, edge), (right + (end - right) * share + 8, edge), 12)
    kind = str(rng.choice(["linen", "thing"], p=[0.55, 0.45]))
    hang = rng.uniform(5, 40)
    cover = sheet.lay([*upper, (end + hang, foot + 30), (start - hang, foot + 30)], kind, new=kind == "thing")
    _creases(sheet, cover, int(rng.integers(8, 40)))
    if rng.random() < 0.25:
        rows, columns = (np.arange(edge - 40, side + 40, step := rng.uniform(20, 50)), np.arange(-side, 2 * side, step))
        sheet.lines([[(0.0, float(y)), (float(side), float(y + 9))] for y in rows], 0.5, cover)
        sheet.lines([[(side / 2, head - side), (float(x), float(side))] for x in columns], 0.5, cover)
    hem = rng.uniform(0.04, 0.14) * side
    lower = [(x, y + hem) for x, y in _bent(sheet, upper[-1], upper[0], 8)]
    turned = sheet.lay([*upper, *lower], "linen")
    _creases(sheet, turned, int(rng.integers(0, 5)))


def _creases(sheet: Sheet, mask: Mask, count: int) -> None:
    """Draw creases on cloth that lies: long bent lines that start together, and soft shadows along some."""
    rng, side = sheet.rng, sheet.side
    rows, columns = np.nonzero(mask[::8, ::8])
    if not len(rows):
        return
    many = []
    heart = rng.integers(len(rows))
    for _ in range(count):
        heart = rng.integers(len(rows)) if rng.random() < 0.5 else heart
        x, y = 8.0 * columns[heart] + rng.normal(0, 6), 8.0 * rows[heart] + rng.normal(0, 6)
        turn, long = rng.uniform(0, 2 * math.pi), rng.uniform(0.05, 0.4) * side
        many.append(_bent(sheet, (x, y), (x + long * math.cos(turn), y + 0.7 * long * math.sin(turn)), 0.12 * long))
    sheet.lines(many, 0.6, mask, wobble_px=0.2)
    shadows = np.zeros(mask.shape, np.uint8)
    for crease in many[: int(rng.integers(0, 5))]:
        fold = np.array(crease)
        slip = np.linspace(0, rng.uniform(3, 16), 9)[::-1, None] * [0.6, 1]
        cv2.fillPoly(shadows, [np.round(np.concatenate([fold, (fold + slip)[::-1]])).astype(np.int32)], 1)
    sheet.shade(mask & (shadows > 0), rng.uniform(0.75, 0.9))


def _pillow(sheet: Sheet, x: float, y: float, size: float) -> None:
    rng = sheet.rng
    turns = np.linspace(0, 2 * math.pi, 33)[:-1]
    squareness = rng.uniform(0.4, 0.8)
    across = np.sign(np.cos(turns)) * np.abs(np.cos(turns)) ** squareness
    down = np.sign(np.sin(turns)) * np.abs(np.sin(turns)) ** squareness
    rim = np.stack([x + 1.4 * size * across, y + rng.uniform(0.5, 0.9) * size * down], axis=1)
    pillow = sheet.lay([(float(a), float(b)) for a, b in rim], "linen")
    _creases(sheet, pillow, int(rng.integers(2, 7)))


def _curtains(sheet: Sheet) -> None:
    """Draw curtains that fill the sheet, closed or with a gap to a pane; around a bed in a ward, or of a shower."""
    rng, side = sheet.rng, sheet.side
    _wall(sheet)
    top, foot = rng.uniform(-0.1, 0.15) * side, rng.uniform(0.75, 1.1) * side
    if foot < side:
        sheet.lay(box(-9, foot + rng.uniform(0, 0.1) * side, side + 9, side + 9), str(rng.choice(["floor", "wood"])))
    middle, gap = rng.uniform(0.1, 0.9) * side, rng.choice([0.0, rng.uniform(0.05, 0.4)]) * side
    pane = box(middle - gap / 2 - 9, top + 12, middle + gap / 2 + 9, foot - rng.uniform(0, 0.3) * side)
    sheet.lay(pane, str(rng.choice(["sky", "glass", "wall"])))
    kind = str(rng.choice(["linen", "thing"]))
    for number, (left, right) in enumerate(((-9.0, middle - gap / 2), (middle + gap / 2, side + 9.0))):
        hem = [(float(x), foot + rng.normal(0, 3)) for x in np.arange(right, left, -rng.uniform(9, 25))]
        cloth = sheet.lay([(left, top), (right, top), *hem, (left, foot)], kind, new=kind == "thing" and number == 0)
        folds(sheet, cloth, left, right, top, foot)
    if top > 0:
        sheet.lay(box(-9, top - 5, side + 9, top + 3), "metal")


def _desk(sheet: Sheet) -> None:
    """Draw the top of a desk from where somebody sits: papers, a keyboard, screens, cups, pens."""
    rng = sheet.rng
    _wall(sheet)
    eye = (rng.uniform(-0.3, 0.3), rng.uniform(0.3, 0.9), 0.0)
    turn = (rng.normal(0, 18), -rng.uniform(15, 60), float(rng.choice([0.0, rng.normal(0, 8)])))
    view = View(sheet, eye, turn, rng.uniform(45, 75))
    view.lay(face((-9, -0.75, -3), (18, 0, 0), (0, 0, 9)), str(rng.choice(["floor", "wood"])))
    if rng.random() < 0.7:
        view.lay(face((-9, -0.75, 1.6), (18, 0, 0), (0, 4, 0)), "wall")
    kind, wide = str(rng.choice(["wood", "linen", "thing", "metal"], p=[0.5, 0.2, 0.15, 0.15])), rng.uniform(1.2, 3)
    view.block((-wide / 2, -0.05, -1.0), (wide / 2, 0.0, rng.uniform(0.8, 1.4)), kind, new=True)
    for _ in range(int(rng.choice([0, 1, 2, 3]))):
        _monitor(view, rng.uniform(-0.9, 0.5), rng.uniform(0.6, 0.95))
    if rng.random() < 0.5:
        _keyboard(view, rng.uniform(-0.4, 0.1), rng.uniform(0.3, 0.5))
    for _ in range(int(rng.integers(1, 8))):
        _page(view, rng.uniform(-0.8, 0.6), rng.uniform(0.15, 0.8))
    for _ in range(int(rng.integers(0, 4))):
        x, z, size = rng.uniform(-0.8, 0.7), rng.uniform(0.3, 0.8), rng.uniform(0.05, 0.2)
        view.block(
            (x, 0, z), (x + size, size * rng.uniform(0.2, 1.2), z + size * rng.uniform(0.6, 1.4)), "thing", new=True
        )


def _monitor(view: View, x: float, z: float) -> None:
    rng = view.sheet.rng
    view.block((x + 0.2, 0, z + 0.05), (x + 0.3, 0.1, z + 0.1), "metal")
    if rng.random() < 0.5:
        screen(view, x, 0.1, z)
        return
    wide, tall = rng.uniform(0.35, 0.6), rng.uniform(0.25, 0.4)
    shown = view.block((x, 0.1, z), (x + wide, 0.1 + tall, z + 0.05), str(rng.choice(["metal", "thing"])))
    if "front" in shown:
        pane = shown["front"].part(0.05, 0.07, 0.95, 0.95)
        mask = view.lay(pane, "linen")
        _rows(view, pane.part(0.05, 0.05, 0.95, 0.8), mask)
        view.rules(pane, [], [0.88], 0.7, mask)


def _keyboard(view: View, x: float, z: float) -> None:
    rng = view.sheet.rng
    shown = view.block((x, 0, z), (x + 0.42, 0.02, z + 0.15), str(rng.choice(["metal", "linen", "thing"])))
    if "top" in shown:
        keys = shown["top"].part(0.03, 0.08, 0.97, 0.92)
        view.rules(keys, np.linspace(0, 1, int(rng.integers(10, 16))), np.linspace(0, 1, 6), 0.6)


def _page(view: View, x: float, z: float) -> None:
    """Lay a written page, or a bare one, at any angle on the desk."""
    rng = view.sheet.rng
    turn, wide, tall = rng.normal(0, 0.5), 0.21, 0.3
    cos, sin = math.cos(turn), math.sin(turn)
    page = face((x, 0.004, z), (wide * cos, 0, wide * sin), (-tall * sin, 0, tall * cos))
    mask = view.lay(page, "leaflet")
    if rng.random() < 0.75:
        _rows(view, page.part(0.1, 0.08, 0.9, 0.92), mask)


def _rows(view: View, on: Face, mask: Mask) -> None:
    """Write rows of something like text."""
    rng = view.sheet.rng
    many = []
    for up in np.linspace(1, 0, int(rng.integers(4, 16))):
        cuts = np.sort(rng.uniform(0, rng.uniform(0.5, 1), 2 * int(rng.integers(1, 5))))
        many += [view.seen([on.at(a, up), on.at(b, up)]) for a, b in cuts.reshape(-1, 2)]
    view.sheet.lines([line for line in many if len(line) > 1], 0.6, mask, wobble_px=0.3)


_NEAR: tuple[Callable[[Sheet], None], ...] = (_bed, _curtains, _desk, draw_board)
