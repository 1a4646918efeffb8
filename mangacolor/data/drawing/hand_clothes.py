"""What hands come out of and lie on: sleeves, cuffs, shirts and coats, told from bare arms by their lines alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.hand_shapes import HandSheet, Shape, inside, swollen, tube
from mangacolor.data.figures.store import Part

Points = NDArray[np.float64]

SLEEVES = {"bare": 0.22, "shirt": 0.3, "plain": 0.2, "wide": 0.08, "rolled": 0.08, "short": 0.12}
"""How an arm is dressed, and how often."""

SLEEVE_ENDS = {
    "shirt": (0.12, 0.3),
    "plain": (0.08, 0.4),
    "wide": (0.1, 0.6),
    "rolled": (0.55, 0.95),
    "short": (0.85, 1.0),
}
"""Where a sleeve begins, in widths of the wrist times three, from the wrist up."""


def draw_sleeve(sheet: HandSheet, arm: list[Shape], dress: str, number: int) -> None:
    """Draw a sleeve over an arm.

    Args:
        sheet: Where the arm lies already.
        arm: Forearm, and the upper arm where there is one.
        dress: One of `SLEEVES`, not "bare".
        number: Part of the cloth.
    """
    rng = sheet.rng
    forearm = arm[0]
    if dress == "short" and len(arm) == 1:
        dress = "rolled"
    loose = rng.uniform(1.25, 1.9) if dress != "shirt" else rng.uniform(1.2, 1.6)
    loose *= 1.6 if dress == "wide" else 1.0
    length = float(np.hypot(*(forearm.joints[1] - forearm.joints[0]))) + 1e-6
    wide = 2 * forearm.radii[0]
    start = rng.uniform(*SLEEVE_ENDS[dress]) * (3 * wide / length if dress != "short" else 1.0)
    pieces = []
    if dress == "short":
        ends, (first, last) = arm[1].joints, arm[1].radii
        share = rng.uniform(0.03, 0.12)
        opening = ends[0] + share * (ends[1] - ends[0])
        radius = first + share * (last - first)
        pieces.append((opening, ends[1], loose * radius, loose * last))
    else:
        start = min(start, 0.6)
        opening = forearm.joints[0] + start * (forearm.joints[1] - forearm.joints[0])
        radius = forearm.radii[0] + start * (forearm.radii[1] - forearm.radii[0])
        wider = loose * (forearm.radii[1] if len(arm) > 1 else max(radius, forearm.radii[1]))
        pieces.append((opening, forearm.joints[1], loose * radius, wider))
        if len(arm) > 1:
            pieces.append((arm[1].joints[0], arm[1].joints[1], wider, loose * arm[1].radii[1]))
    bulge = rng.uniform(0.1, 0.35)
    rims = [
        tube((one, two), (first, last), rng.uniform(-0.04, 0.06), (bulge if not turn else 1.0, 1.0))
        for turn, (one, two, first, last) in enumerate(pieces)
    ]
    order = [0, 1][: len(rims)]
    if len(arm) > 1 and dress != "short" and arm[1].depth < arm[0].depth:
        order = [1, 0]
    for place in order:
        drawn = np.ones(len(rims[place]), bool)
        for other in order:
            if other != place:
                near = np.hypot(*(rims[place] - pieces[0][1]).T) < 1.25 * pieces[0][3]
                drawn &= ~(near & inside(swollen(rims[place]), rims[other]))
        sheet.put(rims[place], number, drawn, 1.1)
    _fold(sheet, pieces, rims)
    along = pieces[0][1] - pieces[0][0]
    along = along / (np.hypot(*along) + 1e-6)
    _hem(sheet, (opening, along), (loose * radius, bulge), dress, number)


def _hem(sheet: HandSheet, place: tuple[Points, Points], size: tuple[float, float], dress: str, number: int) -> None:
    """Draw the end of a sleeve: a cuff with a button, a rolled edge, or a line along the hem."""
    rng = sheet.rng
    (opening, along), (radius, bulge) = place, size
    if dress in ("shirt", "rolled"):
        long = radius * rng.uniform(0.6, 1.1)
        cuff_radius = radius * (rng.uniform(0.8, 0.95) if dress == "shirt" else rng.uniform(1.03, 1.15))
        start = opening - along * radius * (0.1 + bulge)
        rim = tube((start, start + along * long), (cuff_radius, cuff_radius), 0.0, (bulge, -bulge))
        own = dress == "shirt" and rng.random() < 0.12
        sheet.put(rim, sheet.person_part(Part("garment", "", 0, "cuff"), new=True) if own else number, None, 1.1)
        if rng.random() < 0.6:
            across = np.array([-along[1], along[0]])
            button = start + along * long * 0.4 + across * cuff_radius * rng.uniform(-0.7, 0.7)
            dot(sheet, button, max(1.5, 0.11 * radius))
        return
    across = np.array([-along[1], along[0]])
    for _ in range(int(rng.choice([0, 1, 2], p=[0.35, 0.45, 0.2]))):
        start = opening + along * radius * rng.uniform(0.05, 0.5)
        turns = np.linspace(-math.pi / 2, math.pi / 2, 9)[:, None]
        sheet.curve(start - radius * (bulge * np.cos(turns) * along + 0.98 * np.sin(turns) * across), 0.6)


def dot(sheet: HandSheet, at: Points, radius: float) -> None:
    """Draw a button."""
    turns = np.linspace(0, 2 * math.pi, 10)[:, None]
    sheet.curve(at + radius * np.hstack([np.cos(turns), np.sin(turns)]), 0.7)


def _fold(sheet: HandSheet, pieces: list[tuple[Points, Points, float, float]], rims: list[Points]) -> None:
    """Draw the folds of a sleeve: strokes from its sides inwards, more of them at the cuff and the elbow."""
    rng, bend = sheet.rng, len(rims) > 1
    for start, end, first, last in pieces:
        along = end - start
        length = float(np.hypot(*along)) + 1e-6
        along = along / length
        across = np.array([-along[1], along[0]])
        reach = min(length, 3.5 * sheet.side / 4)
        for _ in range(int(rng.integers(2, 8 if bend else 6))):
            at = float(rng.choice([rng.uniform(0.05, 0.25), rng.uniform(0.6, 1.0) if bend else rng.uniform(0.1, 0.9)]))
            at *= reach / length
            side = float(rng.choice([-1, 1]))
            radius = first + (last - first) * at
            rim = start + along * length * at + across * side * radius * 0.97
            lean = rng.normal(0, 0.7)
            tip = rim - across * side * radius * rng.uniform(0.35, 1.3) + along * lean * radius
            middle = (rim + tip) / 2 + along * radius * rng.normal(0, 0.12)
            _curve_on(sheet, bow(rim, middle, tip), rims, rng.uniform(0.5, 0.9))


def _curve_on(sheet: HandSheet, curve: Points, cloths: list[Points], share: float) -> None:
    """Draw as much of a curve as lies on cloth."""
    on = np.any([inside(curve, cloth) for cloth in cloths], axis=0)
    if on.sum() > 2:
        sheet.curve(curve[on], share)


def bow(start: Points, middle: Points, end: Points) -> Points:
    """Return a curve (7, 2) that begins at a point, is drawn towards another, and ends at a third."""
    at = np.linspace(0, 1, 7)[:, None]
    return np.asarray((1 - at) ** 2 * start + 2 * at * (1 - at) * middle + at**2 * end)


def draw_torso(sheet: HandSheet, number: int) -> None:
    """Draw the front of a shirt or a coat behind the hands: placket, buttons, collar, lapels, folds."""
    rng, side = sheet.rng, float(sheet.side)
    middle, top = rng.uniform(0.25, 0.75) * side, rng.choice([-0.3, rng.uniform(0.0, 0.3)]) * side
    wide = rng.uniform(0.4, 0.9) * side
    lean = rng.normal(0, 0.1) * side
    left, right, foot = middle - wide, middle + wide, 1.1 * side
    slope = rng.uniform(0.1, 0.3) * side
    neck = 0.28 * wide
    rim = np.array([
        (middle - neck, top), (middle - 0.8 * wide, top + 0.6 * slope), (left, top + 1.3 * slope), (left + 8, foot),
        (right - 8, foot), (right, top + 1.3 * slope), (middle + 0.8 * wide, top + 0.6 * slope), (middle + neck, top),
    ])  # fmt: skip
    sheet.put(rim, number)
    axis = np.array([(middle, top + neck), (middle + lean, foot)])
    if rng.random() < 0.4:
        _open_coat(sheet, axis, neck, number)
    front = rng.random()
    if front < 0.75:
        _buttons(sheet, axis, neck)
    if front > 0.6 and rng.random() < 0.5:
        _tie(sheet, axis, neck)
    if top > -0.1 * side:
        for sign in (-1.0, 1.0):
            flap = [(0, 1), (sign * 0.45, 1.5), (sign * 1.15, 0.35), (sign * 0.95, -0.25)]
            sheet.put(np.array([(middle, top)]) + neck * np.array(flap), number)
    at, turn = np.zeros(2), 0.0
    for number_of_fold in range(int(rng.integers(2, 12))):
        if number_of_fold % 3 == 0:
            at = np.array([rng.uniform(left, right), rng.uniform(max(top + slope, 0), side)])
            turn = rng.normal(math.pi / 2, 0.7)
        at = at + rng.normal(0, 0.025, 2) * side
        reach = rng.uniform(0.05, 0.3) * side
        turn += rng.normal(0, 0.2)
        tip = at + reach * np.array([math.cos(turn), math.sin(turn)])
        _curve_on(sheet, bow(at, (at + tip) / 2 + rng.normal(0, 0.1 * reach, 2), tip), [rim], rng.uniform(0.35, 0.7))


def _buttons(sheet: HandSheet, axis: Points, neck: float) -> None:
    """Draw the placket of a shirt, one line or two, and its buttons."""
    rng, side = sheet.rng, float(sheet.side)
    gap = rng.choice([0.0, rng.uniform(0.02, 0.05)]) * side
    sheet.curve(axis, 0.9)
    if gap:
        sheet.curve(axis + np.array([gap, 0.0]), 0.7)
    step = rng.uniform(0.1, 0.22) * side
    first, last = axis
    for y in np.arange(first[1] + rng.uniform(0, 1) * step, last[1], step):
        x = first[0] + (last[0] - first[0]) * (y - first[1]) / (last[1] - first[1])
        dot(sheet, np.array([x + (gap / 2 if gap else 0.3 * neck / 4), y]), max(2.0, 0.012 * side))


def _tie(sheet: HandSheet, axis: Points, neck: float) -> None:
    """Draw a necktie."""
    long, wide = sheet.rng.uniform(3, 6) * neck, sheet.rng.uniform(0.3, 0.5) * neck
    knot = axis[0] - [0, 0.3 * neck]
    down = (axis[1] - axis[0]) / np.hypot(*(axis[1] - axis[0]))
    number = sheet.person_part(Part("garment", "", 0, "tie"), new=True)
    cloth = [[-0.4 * wide, 0.0], [0.4 * wide, 0.0], [wide, 0.85 * long], [0.0, long], [-wide, 0.85 * long]]
    sheet.put(knot + np.array([[x + down[0] * y, y] for x, y in cloth]), number)
    sheet.put(knot + 0.5 * wide * np.array([[-1.3, -1.4], [1.3, -1.4], [0.8, 0.7], [-0.8, 0.7]]), number)


def _open_coat(sheet: HandSheet, axis: Points, neck: float, number: int) -> None:
    """Draw an open coat over a shirt of another part: what lies between its edges is the shirt."""
    rng = sheet.rng
    shirt = sheet.person_part(Part("garment", "", 0, "shirt"), new=True)
    spread = rng.uniform(0.6, 1.6) * neck
    rim = np.array([
        axis[0] - [neck, neck], axis[1] - [spread, 0.0], axis[1] + [spread, 0.0], axis[0] + [neck, -neck],
    ])  # fmt: skip
    sheet.put(rim, shirt)
    if rng.random() < 0.6:
        for sign in (-1.0, 1.0):
            edge = axis[0] + [sign * neck, -neck]
            far = axis[0] + [sign * (neck + spread), 2.2 * neck]
            sheet.put(
                np.array(
                    [edge, far, far - [sign * 0.4 * spread, -0.6 * neck], axis[0] + [sign * 0.9 * neck, 4 * neck]]
                ),
                number,
            )
