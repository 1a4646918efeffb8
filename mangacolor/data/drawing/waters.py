"""Water, and what swims on it: flat sheets with a few hairlines, waves, reflections, glitter, boats and ships."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.data.drawing.sheet import Mask, Sheet
from mangacolor.data.drawing.strokes_ruled import Pen

SURFACES = {"calm": 0.5, "waves": 0.25, "ruled": 0.15, "both": 0.1}
"""How water is drawn, and how often: most often as a flat tone with hardly a line on it."""

WHITE_LINES = 0.5
"""How often a line on calm water is scratched out of the tone rather than inked."""


def water(sheet: Sheet, edge: float | list[tuple[float, float]]) -> Mask:
    """Lay water down from a horizon or a line of shore to the lower edge, and return where it lies."""
    side = sheet.side
    shore = edge if isinstance(edge, list) else [(-9.0, edge), (side + 9.0, edge)]
    mask = sheet.lay([*shore, (side + 9, side + 9), (-9, side + 9)], "water")
    surface(sheet, mask, min(y for _, y in shore))
    return mask


def surface(sheet: Sheet, mask: Mask, horizon: float) -> None:
    """Draw the surface of water that lies on a mask: hairlines, single waves, ruled strokes."""
    rng, side = sheet.rng, sheet.side
    style = str(rng.choice(list(SURFACES), p=list(SURFACES.values())))
    down = max(side - horizon, 1.0)
    if style == "calm":
        hairlines(sheet, mask, horizon, int(rng.choice([0, 4, 12, 35], p=[0.2, 0.35, 0.3, 0.15])))
    if style in ("waves", "both"):
        many = []
        for _ in range(int(rng.integers(15, 70))):
            x, y = rng.uniform(0, side), horizon + rng.uniform(0, 1) ** 1.5 * down
            size = 8 + 50 * (y - horizon) / side
            many.append([(x, y), (x + size / 2, y - size / 8), (x + size, y)])
        sheet.lines(many, 0.6, mask)
    if style in ("ruled", "both"):
        width = rng.uniform(0.8, 1.8)
        pen = Pen(width, width * rng.uniform(2, 6), rng.uniform(20, 160), gap=0.7, missing=rng.uniform(0, 0.5))
        nearness = ((np.arange(side, dtype=np.float32)[:, None] - horizon) / down).clip(0, 1)
        sheet.hatch(mask, pen, 0.0, nearness if rng.random() < 0.5 else 1 - nearness, bend_px=rng.uniform(0, 2))


def hairlines(sheet: Sheet, mask: Mask, horizon: float, count: int) -> None:
    """Draw level lines on calm water, denser far away: some inked, some scratched out of the tone."""
    rng, side = sheet.rng, sheet.side
    white, ink = np.zeros(sheet.part.shape, np.uint8), np.full_like(sheet.ink, 255)
    is_mixed = rng.random() < 0.3
    is_white = rng.random() < WHITE_LINES
    for _ in range(count):
        y = horizon + rng.uniform(0.01, 1) ** 1.6 * (side - horizon)
        x, long = rng.uniform(-0.3, 1) * side, rng.uniform(0.03, 0.7) * side
        ends = ((round(x), round(y)), (round(x + long), round(y + rng.normal(0, 0.6))))
        width = 1 if rng.random() < 0.7 else 2
        if is_white != (is_mixed and rng.random() < 0.5):
            cv2.line(white, *ends, 1, width)
        else:
            cv2.line(ink, *ends, 0, 1, cv2.LINE_AA)
    sheet.cover(mask & (white > 0), "foam")
    sheet.ink = np.where(mask, np.minimum(sheet.ink, ink), sheet.ink)


def glitter(sheet: Sheet, mask: Mask, horizon: float) -> None:
    """Scratch the path of the sun or of a lamp into water: short level dashes around an upright line."""
    rng, side = sheet.rng, sheet.side
    white = np.zeros(sheet.part.shape, np.uint8)
    middle, spread = rng.uniform(0, 1) * side, rng.uniform(0.02, 0.25) * side
    for _ in range(int(rng.integers(20, 120))):
        y = horizon + rng.uniform(0, 1) ** 1.3 * (side - horizon)
        near = (y - horizon) / side
        x, long = middle + rng.normal(0, 1) * spread * (0.4 + near), rng.uniform(3, 10) + 30 * near
        cv2.line(white, (round(x), round(y)), (round(x + long), round(y)), 1, 1 + int(3 * near))
    sheet.cover(mask & (white > 0), "foam", outline=bool(rng.random() < 0.2))


def reflections(sheet: Sheet, mask: Mask, shore: float) -> None:
    """Draw what is reflected near a shore: upright streaks, darker or lighter, and dashes that thin out below."""
    rng, side = sheet.rng, sheet.side
    style = rng.choice(["shade", "dashes", "white"], p=[0.4, 0.4, 0.2])
    drawn = np.zeros(sheet.part.shape, np.uint8)
    for _ in range(int(rng.integers(4, 30))):
        x, wide = rng.uniform(0, side), rng.uniform(2, 0.08 * side)
        low = shore + rng.uniform(0.03, 0.7) * (side - shore)
        if style == "shade":
            cv2.rectangle(drawn, (round(x), round(shore)), (round(x + wide), round(low)), 1, -1)
            continue
        for y in np.arange(shore + 2, low, rng.uniform(3, 9)):
            half = wide / 2 * (1 - 0.6 * (y - shore) / (low - shore)) * rng.uniform(0.4, 1.1)
            cv2.line(drawn, (round(x - half), round(y)), (round(x + half), round(y)), 1, 1)
    where = mask & (drawn > 0)
    if style == "shade":
        sheet.shade(where, rng.uniform(0.6, 0.85))
    elif style == "white":
        sheet.cover(where, "foam")
    else:
        sheet.ink[where] = 0


def boats(sheet: Sheet, mask: Mask, horizon: float, count: int) -> None:
    """Set boats and ships on water, far ones first, each with its wake or its reflection."""
    rng, side = sheet.rng, sheet.side
    for near in np.sort(rng.uniform(0, 1, count) ** 1.8):
        y = horizon + 2 + near * 0.7 * (side - horizon)
        _boat(sheet, rng.uniform(0, 1) * side, y, (0.05 + 0.35 * near) * side * rng.uniform(0.6, 1.5), mask)


def _boat(sheet: Sheet, x: float, y: float, long: float, mask: Mask) -> None:
    """Draw a boat whose middle of the water line is at (x, y)."""
    rng = sheet.rng
    turn = rng.choice([-1, 1])

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + turn * a * long, y - b * long) for a, b in points]

    style = rng.choice(["sail", "ferry", "cargo", "motor", "rowing"], p=[0.2, 0.2, 0.25, 0.2, 0.15])
    tall = {"cargo": 0.12, "ferry": 0.12, "rowing": 0.1}.get(str(style), 0.14)
    white = "linen" if rng.random() < 0.7 else "thing"
    _reflected(sheet, x, y, long, mask)
    if style in ("ferry", "cargo", "motor"):
        start, end = (-0.36, 0.3) if style == "ferry" else (-0.42, -0.2) if style == "cargo" else (-0.2, 0.15)
        for level in range(int(rng.integers(1, 4))):
            low, inset = tall + 0.07 * level, 0.04 * level
            room = at((start + inset, low), (start + inset, low + 0.07), (end - inset, low + 0.07), (end - inset, low))
            sheet.lay(room, white, outline=False)
            sheet.line([*room, room[0]], 0.5)
            holes = [at((a, low + 0.03), (a + 0.03, low + 0.03)) for a in np.arange(start + 0.06, end - 0.08, 0.06)]
            sheet.lines(holes, 1.0, wobble_px=0.2)
        chimney = at(
            (start + 0.06, low + 0.07), (start + 0.06, low + 0.16), (start + 0.12, low + 0.16), (start + 0.12, low)
        )
        sheet.lay(chimney, "thing", new=True)
    if style == "cargo":
        for a in np.arange(-0.15, 0.3, 0.11):
            sheet.lay(
                at((a, tall), (a, tall + 0.07), (a + 0.1, tall + 0.07), (a + 0.1, tall)),
                "thing",
                new=rng.random() < 0.3,
            )
    hull = at((-0.5, tall * 0.9), (0.3, tall * 0.85), (0.55, tall * 1.3), (0.42, -0.01), (-0.44, -0.01))
    body = sheet.lay(hull, str(rng.choice(["thing", "wood", "metal", "linen"], p=[0.5, 0.2, 0.1, 0.2])), new=True)
    sheet.lines([at((-0.5, tall * 0.55), (0.5, tall * 0.7))] if rng.random() < 0.6 else [], 0.5, body)
    if style == "sail":
        sheet.lay(at((-0.02, tall * 1.1), (0.0, 1.1), (-0.45, tall * 1.4)), "linen")
        sheet.lay(at((0.05, tall * 1.1), (0.02, 1.0), (0.45, tall * 1.4)), "linen")
    masts = [at((a, tall), (a, rng.uniform(0.3, 0.6))) for a in rng.uniform(-0.3, 0.3, int(rng.integers(0, 3)))]
    sheet.lines(masts, 0.6)


def _reflected(sheet: Sheet, x: float, y: float, long: float, mask: Mask) -> None:
    rng = sheet.rng
    drawn = np.zeros(sheet.part.shape, np.uint8)
    cv2.rectangle(drawn, (round(x - 0.45 * long), round(y)), (round(x + 0.45 * long), round(y + 0.08 * long)), 1, -1)
    sheet.shade(mask & (drawn > 0), rng.uniform(0.6, 0.9))
    drawn[:] = 0
    for _ in range(int(rng.integers(1, 6))):
        start, low = x + rng.uniform(-0.7, 0.3) * long, y + rng.uniform(0, 0.15) * long
        cv2.line(drawn, (round(start), round(low)), (round(start + rng.uniform(0.1, 0.8) * long), round(low)), 1, 1)
    if rng.random() < 0.6:
        sheet.cover(mask & (drawn > 0), "foam")
    else:
        sheet.ink[mask & (drawn > 0)] = 0
