"""Backgrounds of mood, which show no place: speed lines, flashes, hatched gloom, patterns, bubbles and blots.

They look like sky, leaves or water to whoever has seen only those, and have no colour of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.ornaments import floating, pattern
from mangacolor.data.drawing.sheet import Mask, Sheet, box
from mangacolor.data.drawing.strokes_ruled import Grid, Pen, rule, smooth_noise

FloatArray = NDArray[np.float32]

BLACK = 0.3
"""How often the ground of a mood is black, and its lines are white."""

WOVEN = 0.25
"""How often gloom is woven of patches."""

OVER_BLACK = 0.12
"""How often speed lines, waves and blots are drawn a second time, over each other."""


def draw_mood(sheet: Sheet) -> None:
    """Fill a sheet with a mood: one that covers all, and at times something that floats on it."""
    rng = sheet.rng
    whole = sheet.lay(box(0, 0, sheet.side, sheet.side), "effect", outline=False)
    name = str(rng.choice(list(MOODS), p=list(MOODS.values())))
    _DRAW[name](sheet, whole)
    if name in ("cloud", "waves", "blots", "speed") and rng.random() < OVER_BLACK:
        _speed(sheet, whole)
    if name != "floating" and rng.random() < 0.15:
        floating(sheet, int(rng.integers(2, 12)))


def overcast(sheet: Sheet) -> None:
    """Lay a mood over a whole scene: hatching, soft darkness, or lines towards a point, through which it shows."""
    rng = sheet.rng
    whole = sheet.part > 0
    style = rng.choice(["hatched", "soft", "focus"], p=[0.5, 0.2, 0.3])
    if style == "hatched":
        gloom(sheet, whole)
    elif style == "soft":
        darken(sheet, whole)
    else:
        _focus(sheet, None)


def darken(sheet: Sheet, mask: Mask) -> None:
    """Lay soft darkness over a place, which grows towards one side, as an airbrush does."""
    darkness = _slope(sheet) * np.float32(sheet.rng.uniform(0.3, 0.95))
    sheet.ink = np.where(mask, sheet.ink * (1 - darkness), sheet.ink).astype(np.uint8)


def gloom(sheet: Sheet, mask: Mask) -> None:
    """Hatch a place, denser towards one side, or even: woven patches, or one to four fields of strokes."""
    rng = sheet.rng
    if rng.random() < WOVEN:
        _weave(sheet, mask)
        return
    angle, width = rng.uniform(0, 180), rng.uniform(0.8, 2.2)
    spacing = width * math.exp(rng.uniform(math.log(2.0), math.log(7)))
    pressure = _slope(sheet) if rng.random() < 0.7 else np.full(mask.shape, rng.uniform(0.5, 1), np.float32)
    steps = rng.choice([90.0, rng.uniform(15, 40)])
    is_long = rng.random() < 0.7
    for number in range(int(rng.choice([1, 2, 3, 4], p=[0.35, 0.35, 0.2, 0.1]))):
        run = rng.uniform(150, 700) if is_long else rng.uniform(25, 110)
        pen = Pen(
            width, spacing * rng.uniform(0.85, 1.2), run, uneven=rng.uniform(0.05, 0.4), gap=rng.uniform(0, 0.3),
            missing=rng.uniform(0, 0.15), taper=(rng.uniform(0.02, 0.3), rng.uniform(0.05, 0.5)),
            aligned=float(rng.choice([0.0, 0.9])) if is_long else 0.0,
        )  # fmt: skip
        where = pressure if number == 0 else (pressure * 1.4 - 0.25 * number).clip(0, 1)
        sheet.hatch(mask, pen, angle + number * steps, where, bend_px=rng.choice([0.0, rng.uniform(0, 4)]))


def _weave(sheet: Sheet, mask: Mask) -> None:
    """Hatch in patches, each crossed at an angle of its own ("kakeami")."""
    rng, side = sheet.rng, sheet.side
    reach = rng.uniform(14, 45)
    seeds = np.ones((side, side), np.uint8)
    count = int((side / reach) ** 2) + 2
    seeds[rng.integers(side, size=count), rng.integers(side, size=count)] = 0
    _, patch = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 3)
    turn = rng.uniform(0, math.pi, int(patch.max()) + 1).astype(np.float32)[patch]
    down, right = np.mgrid[0:side, 0:side].astype(np.float32)
    width = rng.uniform(0.7, 1.4)
    spacing = width * rng.uniform(2.2, 5)
    pen = Pen(width, spacing, 4 * reach, uneven=0.2, gap=0.05, missing=0.03)
    pressure = _slope(sheet) if rng.random() < 0.6 else np.ones((side, side), np.float32)
    for step in (0.0, math.pi / 2, math.pi / 4)[: int(rng.integers(1, 4))]:
        sine, cosine = np.sin(turn + np.float32(step)), np.cos(turn + np.float32(step))
        grid = Grid(
            (down * cosine - right * sine) / spacing, right * cosine + down * sine + 2000, np.full_like(turn, spacing)
        )
        drawn = np.minimum(sheet.ink, 255 * (1 - rule(grid, pen, pressure, rng)))
        sheet.ink = np.where(mask, drawn, sheet.ink).astype(np.uint8)


def _slope(sheet: Sheet) -> FloatArray:
    """Return shares (H, W) that grow towards one side, towards the rim, or towards a point, unevenly."""
    rng, side = sheet.rng, sheet.side
    down, right = np.mgrid[0:side, 0:side].astype(np.float32) / side - np.float32(0.5)
    turn = rng.uniform(0, 2 * math.pi)
    if rng.random() < 0.6:
        shares = np.float32(0.5) + down * np.float32(math.sin(turn)) + right * np.float32(math.cos(turn))
    else:
        shares = np.float32(1.5) * np.hypot(down - rng.uniform(-0.3, 0.3), right - rng.uniform(-0.3, 0.3))
        shares = 1 - shares if rng.random() < 0.3 else shares
    reach = rng.uniform(0.1, 0.4) * side
    noise = smooth_noise((side, side), (reach, reach), rng) * np.float32(rng.uniform(0, 0.2))
    return np.asarray((shares * rng.uniform(0.9, 1.8) - rng.uniform(0, 0.4) + noise).clip(0, 1), np.float32)


def _wedges(sheet: Sheet, wedges: NDArray[np.float64], ink: int) -> None:
    corners = np.round(wedges.clip(-9_999, 9_999) * 16).astype(np.int32)
    for wedge in corners:
        cv2.fillConvexPoly(sheet.ink, wedge, ink, cv2.LINE_AA, 4)


def _focus(sheet: Sheet, whole: Mask | None) -> None:
    """Draw lines towards a point, in bundles, black on paper or paper on black; over what is there where it is None."""
    rng, side = sheet.rng, sheet.side
    is_black = rng.random() < BLACK
    if is_black and whole is not None:
        sheet.ink[whole] = 0
    centre = rng.uniform(0.15, 0.85, 2) * side
    count = int(rng.integers(60, 420))
    turns = rng.uniform(0, 2 * math.pi, count)
    turns += rng.uniform(0, 0.3) * np.sin(turns * int(rng.integers(5, 23)))
    near = rng.uniform(0.02, 0.6) * side * rng.uniform(0.75, 1.5, count)
    half = rng.uniform(0.002, 0.02) * rng.uniform(0.2, 2.0, count) ** 1.5
    far = 1.6 * side
    stretch = np.array([rng.uniform(0.8, 1.6), rng.uniform(0.6, 1.0)])
    ways = [np.stack([np.cos(turns + step), np.sin(turns + step)], axis=1) for step in (0, -half, half)]
    reach = [near[:, None], far, far]
    wedges = np.stack([centre + way * length * stretch for way, length in zip(ways, reach, strict=True)], axis=1)
    _wedges(sheet, wedges, 255 if is_black else 0)


def _speed(sheet: Sheet, whole: Mask) -> None:
    """Draw parallel lines, thin at one end, dense at places; or a field of ruled strokes."""
    rng, side = sheet.rng, sheet.side
    angle = math.radians(rng.choice([0.0, 90.0, rng.uniform(0, 180)]) + rng.normal(0, 5))
    if rng.random() < 0.4:
        width = rng.uniform(0.7, 2.0)
        pen = Pen(width, width * rng.uniform(2, 6), rng.uniform(200, 900), gap=0.5, missing=rng.uniform(0, 0.6))
        sheet.hatch(whole, pen, math.degrees(angle), _slope(sheet) if rng.random() < 0.6 else 1.0)
        return
    is_black = rng.random() < BLACK
    if is_black:
        sheet.ink[whole] = 0
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-along[1], along[0]])
    count = int(rng.integers(40, 300))
    offset = (rng.beta(rng.uniform(0.5, 1.5), rng.uniform(0.5, 1.5), count) - 0.5) * 1.5 * side
    start = -rng.uniform(0.2, 0.9, count) * side
    length = rng.uniform(0.4, 1.8, count) * side
    half = rng.uniform(0.3, 3.0) * rng.uniform(0.2, 1.8, count)
    roots = side / 2 + offset[:, None] * across + start[:, None] * along
    tips = roots + length[:, None] * along
    wedges = np.stack([tips, roots - half[:, None] * across, roots + half[:, None] * across], axis=1)
    _wedges(sheet, wedges if rng.random() < 0.5 else side - wedges, 255 if is_black else 0)


def _flash(sheet: Sheet, whole: Mask) -> None:
    """Draw a jagged star of paper within black, strokes or another colour; or the other way round."""
    rng, side = sheet.rng, sheet.side
    centre = rng.uniform(0.25, 0.75, 2) * side
    points = int(rng.integers(8, 90))
    turns = np.sort(rng.uniform(0, 2 * math.pi, 2 * points))
    base = rng.uniform(0.15, 0.5) * side
    spike = 1 + rng.uniform(0.1, 1.2) * rng.uniform(0.2, 1, 2 * points) * (np.arange(2 * points) % 2)
    rim = centre + base * spike[:, None] * np.stack([1.3 * np.cos(turns), np.sin(turns)], axis=1)
    style = rng.choice(["black", "strokes", "colour"], p=[0.45, 0.35, 0.2])
    if style == "black":
        sheet.ink[whole] = 0
    elif style == "strokes":
        gloom(sheet, whole)
    corners = [(float(x), float(y)) for x, y in rim]
    star = sheet.lay(corners, "effect", new=bool(rng.random() < 0.5), outline=True)
    if rng.random() < 0.3:
        inner = centre + (rim - centre) * rng.uniform(0.5, 0.85)
        sheet.lay([(float(x), float(y)) for x, y in inner], "effect", new=True)
    if style != "black" and rng.random() < 0.2:
        sheet.ink[star] = 0


def _cloud(sheet: Sheet, whole: Mask) -> None:
    """Lay soft dark shapes: gloom from an airbrush, a graded screen, smoke."""
    rng, side = sheet.rng, sheet.side
    reach = rng.uniform(0.08, 0.5) * side
    noise = smooth_noise((side, side), (reach, reach * rng.uniform(0.6, 3)), rng)
    noise += rng.uniform(0, 0.6) * smooth_noise((side, side), (reach / 3, reach / 2), rng)
    if rng.random() < 0.5:
        noise = noise * np.float32(0.3) + 2 * _slope(sheet) - 1
    steep, shift = rng.uniform(0.4, 2.0), rng.uniform(-1, 1)
    darkness = (0.5 + 0.5 * np.tanh(steep * (noise + shift))) * rng.uniform(0.4, 1)
    sheet.ink[whole] = (255 * (1 - darkness))[whole].astype(np.uint8)


def _blots(sheet: Sheet, whole: Mask) -> None:
    """Draw blots and spatters of ink, or dry strokes of a brush."""
    rng, side = sheet.rng, sheet.side
    long, short = np.exp(rng.uniform(math.log(6), math.log(120), 2))
    noise = smooth_noise((side, side), (short, long), rng, rng.uniform(0, 180))
    noise += rng.uniform(0.1, 0.8) * smooth_noise((side, side), (short / 4, long / 4), rng)
    sharp = np.exp(rng.uniform(math.log(1), math.log(12)))
    limit = rng.uniform(-0.8, 1.5) + rng.uniform(0, 2) * (0.5 - _slope(sheet))
    darkness = (0.5 + sharp * (noise - limit)).clip(0, 1)
    sheet.ink[whole] = (255 * (1 - darkness))[whole].astype(np.uint8)


def _waves(sheet: Sheet, whole: Mask) -> None:
    """Draw wavy lines around a point, or a whirl: dizziness, pain, a sound that spreads."""
    rng, side = sheet.rng, sheet.side
    down, right = np.mgrid[0:side, 0:side].astype(np.float32)
    y, x = down - rng.uniform(-0.2, 1.2) * side, right - rng.uniform(-0.2, 1.2) * side
    width = rng.uniform(0.8, 3)
    spacing = width * rng.uniform(2.5, 9)
    distance = np.hypot(x, y * np.float32(rng.uniform(0.7, 1.4)))
    turn = np.arctan2(y, x)
    bend = smooth_noise((side, side), (60.0, 60.0), rng) * np.float32(rng.uniform(0, 8))
    bend += np.float32(rng.uniform(0, 8)) * np.sin(turn * int(rng.integers(3, 14)))
    whirl = turn * np.float32(rng.choice([0, 0, 1, 2, 3]) / (2 * math.pi))
    pen = Pen(width, spacing, rng.uniform(80, 600), uneven=rng.uniform(0, 0.3), gap=rng.uniform(0, 0.4))
    grid = Grid((distance + bend) / np.float32(spacing) + whirl, turn * distance + 4000, np.full_like(turn, spacing))
    pressure = _slope(sheet) if rng.random() < 0.4 else np.ones((side, side), np.float32)
    drawn = 255 * (1 - rule(grid, pen, pressure, rng))
    sheet.ink[whole] = (255 - drawn if rng.random() < 0.2 else drawn)[whole].astype(np.uint8)


def _scribble(sheet: Sheet, whole: Mask) -> None:
    """Scrawl: long loose strokes in all directions."""
    rng, side = sheet.rng, sheet.side
    for _ in range(int(rng.integers(1, 5))):
        x, y = rng.uniform(-0.1, 1.1, 2) * side
        count = int(rng.integers(20, 160))
        steps = rng.normal(0, rng.uniform(0.1, 0.5) * side, (count, 2)) * [1, rng.uniform(0.3, 1)]
        points = np.array([x, y]) + steps * np.linspace(0.6, 1, count)[:, None]
        smooth = cv2.resize(points.astype(np.float32), (2, 6 * count), interpolation=cv2.INTER_CUBIC)
        sheet.line([(float(a), float(b)) for a, b in smooth], rng.uniform(0.4, 1.0), whole)


def _happy(sheet: Sheet, _: Mask) -> None:
    floating(sheet, int(sheet.rng.integers(6, 40)))


MOODS = {
    "gloom": 0.25, "focus": 0.14, "speed": 0.11, "flash": 0.1, "cloud": 0.13, "blots": 0.08, "waves": 0.05,
    "scribble": 0.03, "pattern": 0.05, "floating": 0.06,
}  # fmt: skip
"""Moods, and how often each."""

_DRAW: dict[str, Callable[[Sheet, Mask], None]] = {
    "gloom": gloom, "focus": _focus, "speed": _speed, "flash": _flash, "cloud": _cloud, "blots": _blots,
    "waves": _waves, "scribble": _scribble, "pattern": pattern,
    "floating": _happy,
}  # fmt: skip
