"""What makes a hand of bare shapes: creases, knuckles, nails, lines of the palm, and what it holds."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.hand_clothes import bow
from mangacolor.data.drawing.hand_poses import KNUCKLES, Bones
from mangacolor.data.drawing.hand_shapes import Camera, HandSheet, Manner, Shape, tube
from mangacolor.data.figures.store import Part

Points = NDArray[np.float64]


class Placed(NamedTuple):
    """A hand to be drawn: bones, where the onlooker is, how the arm is dressed, part of the sleeve, thing held."""

    bones: Bones
    camera: Camera
    elbow_deg: float | None
    dress: str
    cloth: int
    held: str = "none"


def draw_joint(sheet: HandSheet, shape: Shape, manner: Manner) -> None:
    """Draw the crease inside a joint of a finger, or the strokes on its knuckle."""
    rng = sheet.rng
    palmar = shape.link.palmar[2]
    chance = manner.creases * 0.6 if palmar > 0.3 else manner.knuckles if palmar < -0.3 else 0.0
    if rng.random() >= chance or shape.radii[0] < 4:
        return
    along = shape.joints[1] - shape.joints[0]
    along = along / (np.hypot(*along) + 1e-6)
    across = np.array([-along[1], along[0]])
    for _ in range(1 if palmar > 0 else int(rng.integers(1, 3))):
        at = shape.joints[0] + along * shape.radii[0] * rng.uniform(-0.3, 0.3)
        first, last = np.sort(rng.uniform(-0.85, 0.85, 2)) * shape.radii[0]
        middle = at + across * (first + last) / 2 + along * rng.uniform(-0.25, 0.25) * shape.radii[0]
        sheet.curve(bow(at + across * first, middle, at + across * last), 0.6)


def draw_nail(sheet: HandSheet, shape: Shape, camera: Camera) -> None:
    """Draw the nail of a finger."""
    link = shape.link
    along = link.ends[1] - link.ends[0]
    length = float(np.linalg.norm(along))
    along = along / length
    across = np.cross(along, link.dorsal)
    radius = link.radii[1]
    heart = link.ends[1] + 0.6 * radius * link.dorsal + along * 0.1 * radius
    turns = np.linspace(0, 2 * math.pi, 15)[:-1]
    rim = [
        camera.see(
            heart
            + along * 0.85 * radius * np.sign(math.cos(turn)) * abs(math.cos(turn)) ** 0.6
            + across * 0.62 * radius * np.sign(math.sin(turn)) * abs(math.sin(turn)) ** 0.8
        )[0]
        for turn in turns
    ]
    sheet.put(np.array(rim), sheet.person_part(Part("nail", "", 0)), None, 0.6)


_PALM_LINES = (
    ((0.36, 0.7), (0.0, 0.62), (0.03, 0.12)), ((-0.4, 0.72), (0.0, 0.66), (0.22, 0.92)),
    ((0.34, 0.72), (0.05, 0.58), (-0.28, 0.42)), ((-0.22, 0.06), (0.0, 0.03), (0.2, 0.07)),
)  # fmt: skip
"""Lines of a palm, each by its start, what it bends towards, and its end."""


def draw_palm_lines(sheet: HandSheet, hand: Placed, facing: float, manner: Manner) -> None:
    """Draw the lines of a palm that is seen, or tendons and knuckles on its back."""
    rng = sheet.rng
    back = facing < 0

    def on_page(x: float, y: float) -> Points:
        return hand.camera.see(hand.bones.turn @ np.array([x, y, -0.1 if back else 0.1]))[0]

    if abs(facing) < 0.4:
        return
    if not back:
        for line in _PALM_LINES:
            if rng.random() < manner.creases:
                cut = rng.uniform(0, 0.4)
                curve = bow(*(on_page(x, y) for x, y in line))
                sheet.curve(curve[round(cut * 3) :], 0.7)
        return
    for x, y in KNUCKLES:
        if rng.random() < manner.knuckles * 0.6:
            low = rng.uniform(0.1, 0.4)
            sheet.curve(bow(on_page(x, y - 0.1), on_page(x * 0.9, y - low / 2), on_page(x * 0.8, y - 0.1 - low)), 0.6)
        if rng.random() < manner.knuckles * 0.7:
            sheet.curve(bow(on_page(x - 0.07, y - 0.04), on_page(x, y + 0.05), on_page(x + 0.07, y - 0.04)), 0.6)


def draw_held(sheet: HandSheet, hand: Placed) -> None:
    """Draw what lies in a hand: a pen, a board or a leaflet, a cup, or the sleeve of another."""
    rng = sheet.rng
    middle, unit = hand.camera.see(hand.bones.turn @ np.array([0.0, 0.78, 0.26]))
    across = hand.camera.see(hand.bones.turn @ np.array([1.0, 0.78, 0.26]))[0] - middle
    across = across / (np.hypot(*across) + 1e-6)
    up = np.array([-across[1], across[0]]) * rng.choice([-1, 1])
    turn = rng.normal(0, 0.35)
    across, up = math.cos(turn) * across + math.sin(turn) * up, math.cos(turn) * up - math.sin(turn) * across
    if hand.held == "pen":
        ends = (middle - across * unit * rng.uniform(0.6, 1.2), middle + across * unit * rng.uniform(0.6, 1.3))
        sheet.put(tube(ends, (0.05 * unit, 0.07 * unit), 0.0, (2.0, 0.3)), sheet.number("thing", new=True))
    elif hand.held == "board":
        wide, high = rng.uniform(0.4, 2.5) * unit, rng.uniform(0.8, 2.5) * unit
        corner = middle - up * 0.25 * unit - across * wide * rng.uniform(0.2, 0.8)
        rim = np.array([corner, corner + across * wide, corner + across * wide + up * high, corner + up * high])
        sheet.put(rim, sheet.number(str(rng.choice(["thing", "leaflet"])), new=True))
    elif hand.held == "cup":
        radius = rng.uniform(0.25, 0.45) * unit
        ends = (middle - across * unit * rng.uniform(0.4, 0.6), middle + across * unit * rng.uniform(0.5, 0.9))
        kind = str(rng.choice(["thing", "glass", "linen"]))
        number = sheet.number(kind, new=True)
        sheet.put(tube(ends, (radius * 0.85, radius), 0.0, (0.25, 0.25)), number)
        sheet.put(tube((ends[1], ends[1] + across), (radius, radius), 0.0, (0.25, 0.25)), number)
    else:
        ends = (middle - across * 9 * unit, middle + across * 9 * unit)
        radius = rng.uniform(0.3, 0.5) * unit
        sheet.put(tube(ends, (radius, radius), 0.0, (0.0, 0.0)), sheet.person_part(Part("garment", "", 1, "sleeve")))
        for _ in range(int(rng.integers(2, 7))):
            start = middle + across * rng.normal(0, 0.7) * unit + up * radius * rng.choice([-1, 1])
            tip = start + (middle - start) * rng.uniform(0.3, 0.9) + across * rng.normal(0, 0.2) * unit
            sheet.curve(bow(start, (start + tip) / 2 + rng.normal(0, 0.05, 2) * unit, tip), 0.7)
