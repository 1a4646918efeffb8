"""Walls with an opening to the outside, drawn over a scene: a window, a door, a veranda, an arcade of posts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mangacolor.data.drawing.sheet import Mask, Sheet, box


def look_out(sheet: Sheet) -> None:
    """Lay the wall of a room over a scene, so that the scene is seen through an opening in it."""
    rng = sheet.rng
    _OPENINGS[int(rng.choice(len(_OPENINGS), p=[0.45, 0.2, 0.2, 0.15]))](sheet)


def _frame(sheet: Sheet, opening: tuple[float, float, float, float], kind: str) -> None:
    """Lay a wall around an opening: left, top, right, bottom in pixels."""
    side, (left, top, right, bottom) = sheet.side, opening
    outside = np.ones(sheet.part.shape, np.bool_)
    outside[max(0, round(top)) : max(0, round(bottom)), max(0, round(left)) : max(0, round(right))] = False
    if outside.any():
        sheet.cover(outside, kind)
    thick = sheet.rng.uniform(0.012, 0.035) * side
    for bar in (
        box(left - thick, top - thick, right + thick, top), box(left - thick, bottom, right + thick, bottom + thick),
        box(left - thick, top, left, bottom), box(right, top, right + thick, bottom),
    ):  # fmt: skip
        sheet.lay(bar, str(sheet.rng.choice(["wood", "wall", "metal"], p=[0.4, 0.4, 0.2])))


def _bars(sheet: Sheet, opening: tuple[float, float, float, float], upright: int, level: int) -> None:
    (left, top, right, bottom), thick = opening, sheet.rng.uniform(0.006, 0.022) * sheet.side
    kind = str(sheet.rng.choice(["wood", "metal", "wall"]))
    for x in np.linspace(left, right, upright + 2)[1:-1]:
        sheet.lay(box(x - thick, top, x + thick, bottom), kind)
    for y in np.linspace(top, bottom, level + 2)[1:-1]:
        sheet.lay(box(left, y - thick / 2, right, y + thick / 2), kind)


def _curtain(sheet: Sheet, left: float, right: float, top: float, bottom: float) -> None:
    kind = str(sheet.rng.choice(["thing", "linen"]))
    cloth = sheet.lay(box(left, top, right, bottom), kind, new=kind == "thing")
    folds(sheet, cloth, left, right, top, bottom)


def folds(sheet: Sheet, cloth: Mask, left: float, right: float, top: float, bottom: float) -> None:
    """Draw the folds of cloth that hangs: lines down from the rod, some of them not to the hem, and their shadows."""
    rng = sheet.rng
    many = []
    for x in np.arange(left, right, rng.uniform(8, 30)):
        x += rng.normal(0, 2)
        start, end = sorted(rng.choice([0, 1, rng.uniform(0, 1)], 2, p=[0.35, 0.35, 0.3]))
        if end - start < 0.2:
            start, end = 0.0, rng.uniform(0.3, 1)
        ys = top + (bottom - top) * np.linspace(start, end, 6)
        many.append([(float(x + drift), float(y)) for y, drift in zip(ys, rng.normal(0, 1.5, 6).cumsum(), strict=True)])
        if rng.random() < 0.35:
            wide = max(2, round(rng.uniform(2, 9)))
            shaded = np.zeros_like(cloth)
            shaded[:, max(0, round(x)) : max(0, round(x) + wide)] = True
            sheet.shade(cloth & shaded, rng.uniform(0.75, 0.9))
    sheet.lines(many, 0.6, cloth, wobble_px=0.3)


def _window(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    left, top = rng.uniform(-0.1, 0.35) * side, rng.uniform(-0.1, 0.3) * side
    opening = (left, top, left + rng.uniform(0.5, 1.0) * side, top + rng.uniform(0.5, 0.9) * side)
    _frame(sheet, opening, "wall")
    _bars(sheet, opening, int(rng.integers(0, 4)), int(rng.integers(0, 3)))
    if rng.random() < 0.2:
        sheet.lines([[(opening[0], y), (opening[2], y)] for y in np.arange(top, top + 0.4 * side, 9)], 0.7)
    if rng.random() < 0.5:
        _curtain(sheet, left - 20, left + rng.uniform(0.03, 0.15) * side, top - 20, opening[3] + rng.uniform(-20, 60))
        _curtain(sheet, opening[2] - rng.uniform(0.03, 0.15) * side, opening[2] + 20, top - 20, opening[3] + 30)
    if rng.random() < 0.3:
        sill = opening[3] + rng.uniform(0.02, 0.05) * side
        sheet.lay(box(opening[0] - 15, opening[3], opening[2] + 15, sill), "wood")


def _door(sheet: Sheet) -> None:
    rng, side = sheet.rng, sheet.side
    left, foot = rng.uniform(0, 0.6) * side, rng.uniform(0.75, 1.0) * side
    opening = (left, rng.uniform(-0.1, 0.25) * side, left + rng.uniform(0.25, 0.6) * side, foot)
    _frame(sheet, opening, str(rng.choice(["wall", "wood"], p=[0.8, 0.2])))
    sheet.lay(box(-9, foot, side + 9, side + 9), str(rng.choice(["floor", "wood"])))
    if rng.random() < 0.6:
        lean = rng.uniform(0.03, 0.2) * side
        leaf = [
            (left, opening[1]),
            (left - lean, opening[1] - 0.1 * side),
            (left - lean, foot + 0.1 * side),
            (left, foot),
        ]
        sheet.lay(leaf, str(rng.choice(["wood", "thing"])), new=True)


def _veranda(sheet: Sheet) -> None:
    """Draw an eave above, boards below, and posts or sliding doors between."""
    rng, side = sheet.rng, sheet.side
    top, foot = rng.uniform(-0.05, 0.2) * side, rng.uniform(0.65, 0.92) * side
    eave = sheet.lay(box(-9, -9, side + 9, top), str(rng.choice(["wood", "roof", "ceiling"])))
    sheet.lines([[(x, -9), (x, top)] for x in np.arange(0, side, rng.uniform(15, 60))], 0.6, eave)
    boards = sheet.lay(box(-9, foot, side + 9, side + 9), str(rng.choice(["wood", "floor"], p=[0.7, 0.3])))
    vanishing = rng.uniform(0, side)
    rays = [[(vanishing, foot - 0.3 * side), (float(x), side + 9.0)] for x in np.arange(-2, 3, 0.12) * side]
    sheet.lines(rays if rng.random() < 0.7 else [], 0.5, boards)
    thick = rng.uniform(0.02, 0.06) * side
    for x in np.arange(rng.uniform(0, 0.4) * side, side, rng.uniform(0.25, 0.7) * side):
        sheet.lay(box(x, top, x + thick, foot), "wood")
    if rng.random() < 0.4:
        wide = rng.uniform(0.15, 0.4) * side
        sheet.lay(box(-9, top, wide, foot), "wall")
        for x in np.linspace(0, wide, 4):
            sheet.line([(x, top), (x, foot)], 0.7)


def _arcade(sheet: Sheet) -> None:
    """Draw posts and railings that come nearer at one side, with a roof above and a walk below."""
    rng, side = sheet.rng, sheet.side
    horizon, far = rng.uniform(0.35, 0.6) * side, rng.uniform(0, 0.3)
    nearness = far + (1.3 - far) * np.linspace(0, 1, int(rng.integers(4, 9))) ** 1.6
    above, below = rng.uniform(0.3, 0.6) * side, rng.uniform(0.3, 0.6) * side

    def at(near: float, height: float) -> tuple[float, float]:
        return (side * near, horizon - height * near)

    first, last = nearness[0], 1.4
    roof = [
        at(first, above),
        at(last, above),
        (side * last, -0.5 * side),
        (-9.0, -0.5 * side),
        (-9.0, horizon - above * first),
    ]
    ceiling = sheet.lay(roof, str(rng.choice(["wood", "ceiling", "roof"])))
    sheet.lines([[at(first, above * 0.9), (side * x, -9.0)] for x in np.arange(-1, 2, 0.12)], 0.6, ceiling)
    walk = [
        at(first, -below),
        at(last, -below),
        (side * last, 2.0 * side),
        (-9.0, 2.0 * side),
        (-9.0, horizon + below * first),
    ]
    sheet.lay(walk, str(rng.choice(["floor", "wood", "pavement"])))
    if first > 0.05:
        sheet.lay(box(-9, horizon - above * first, side * first, horizon + below * first), "wall")
    for near in nearness:
        thick = 0.05 * side * near
        (x, top), (_, low) = at(near, above), at(near, -below)
        sheet.lay(box(x, top, x + thick, low), "wood")
    for share in (0.35, 0.6, 0.7):
        sheet.lay(
            [
                at(first, -below * share),
                at(last, -below * share),
                at(last, -below * (share + 0.05)),
                at(first, -below * (share + 0.04)),
            ],
            "metal",
        )


_OPENINGS: tuple[Callable[[Sheet], None], ...] = (_window, _door, _veranda, _arcade)
