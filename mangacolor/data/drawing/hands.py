"""Hands as manga draws them: few bold lines, bare paper, out of cuffs, sleeves and from panel borders."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.hand_clothes import SLEEVES, bow, draw_sleeve, draw_torso
from mangacolor.data.drawing.hand_poses import POSES, Bones, add_arm, pose_hand
from mangacolor.data.drawing.hand_shapes import Camera, HandSheet, Manner, Shape, melted, shapes_of, tube
from mangacolor.data.figures.store import Drawing, Part

Points = NDArray[np.float64]

SIZES = {"fills": ((115, 225), 0.46), "third": ((65, 115), 0.4), "small": ((40, 65), 0.14)}
"""Length of a palm in pixels of a sheet, and how often."""

SCENES = {"one": 0.7, "pair": 0.16, "crossed": 0.14}
"""What is shown, and how often: one hand, two that meet, or crossed arms."""

TORSO, TABLE = 0.35, 0.1
"""How often a shirt is behind one hand, and how often a table under it."""

MELT = 1.6
"""How far from a joint two links melt into one, in its radii."""

NAILS, SHADED = 0.6, 0.45
"""How often nails are drawn, and how often hands have a shadow."""

HELD = {"none": 0.3, "pen": 0.15, "board": 0.2, "cup": 0.15, "sleeve": 0.2}
"""What a hand that grips holds, and how often."""

GRIPS = ("grip", "pinch")


class Placed(NamedTuple):
    """A hand to be drawn: bones, where the onlooker is, how the arm is dressed, part of the sleeve, thing held."""

    bones: Bones
    camera: Camera
    elbow_deg: float | None
    dress: str
    cloth: int
    held: str = "none"


def draw_hand(rng: np.random.Generator) -> Drawing:
    """Draw one or two hands, their arms, what they come out of and what they hold, on a sheet of `SIZE_PX`.

    Returns:
        A drawing whose parts are skin of a hand and an arm, nails, garments, and scenery for what is held.
    """
    sheet = HandSheet(rng)
    sheet.line_px = rng.uniform(1.0, 3.0)
    manner = Manner(
        float(rng.choice([rng.uniform(-0.08, 0.02), rng.uniform(0.04, 0.14)])), rng.uniform(0.75, 1.5),
        bool(rng.random() < NAILS), float(rng.choice([0.0, rng.uniform(0.3, 1)])), rng.uniform(0.2, 1.0),
        rng.uniform(0.7, 0.9) if rng.random() < SHADED else 1.0, (rng.uniform(0.2, 0.7), rng.uniform(-0.5, 0.2)),
    )  # fmt: skip
    scene = str(rng.choice(list(SCENES), p=list(SCENES.values())))
    {"one": _one, "pair": _pair, "crossed": _crossed}[scene](sheet, manner)
    return sheet.drawing()


def _size(rng: np.random.Generator) -> float:
    name = str(rng.choice(list(SIZES), p=[share for _, share in SIZES.values()]))
    return float(math.exp(rng.uniform(*np.log(SIZES[name][0]))))


def _posed(rng: np.random.Generator, roll_deg: float, names: tuple[str, ...] | None = None) -> tuple[str, Bones]:
    shares = np.array([share for name, (_, share) in POSES.items() if names is None or name in names])
    name = str(rng.choice([name for name in POSES if names is None or name in names], p=shares / shares.sum()))
    return name, pose_hand(name, roll_deg, rng)


def _at(bones: Bones, middle: tuple[float, float], unit_px: float, *, mirrored: bool) -> Camera:
    """Return a camera that sees the middle of a hand at a place of the page."""
    camera = Camera((0.0, 0.0), unit_px, bones.near, mirrored)
    seen = np.array([camera.see(link.ends[1])[0] for link in bones.links] + [[0.0, 0.0]])
    heart = (seen.min(axis=0) + seen.max(axis=0)) / 2
    return camera._replace(at=(middle[0] - float(heart[0]), middle[1] - float(heart[1])))


def _dress(rng: np.random.Generator) -> str:
    return str(rng.choice(list(SLEEVES), p=list(SLEEVES.values())))


def _one(sheet: HandSheet, manner: Manner) -> None:
    rng, side = sheet.rng, sheet.side
    cloth = sheet.person_part(Part("garment", "", 0, "sleeve"))
    dress = _dress(rng)
    name, bones = _posed(rng, rng.uniform(-180, 180) if rng.random() < 0.35 else rng.normal(0, 55))
    if rng.random() < TORSO:
        shirt = cloth if rng.random() < 0.6 else sheet.person_part(Part("garment", "", 0, "shirt"))
        draw_torso(sheet, shirt)
    elif rng.random() < TABLE:
        y = rng.uniform(0.3, 0.7) * side
        rim = np.array([(-9, y), (side + 9, y + rng.normal(0, 30)), (side + 9, side + 9), (-9, side + 9)])
        sheet.put(rim, sheet.number(str(rng.choice(["wood", "linen", "thing"]))))
    unit = _size(rng)
    middle = (rng.uniform(0.32, 0.68) * side, rng.uniform(0.32, 0.68) * side)
    held = str(rng.choice(list(HELD), p=list(HELD.values()))) if name in GRIPS else "none"
    elbow = None if unit > 80 or rng.random() < 0.3 else float(rng.choice([-1, 1]) * rng.uniform(25, 130))
    camera = _at(bones, middle, unit, mirrored=rng.random() < 0.5)
    _draw(sheet, Placed(bones, camera, elbow, dress, cloth, held), manner)


def _pair(sheet: HandSheet, manner: Manner) -> None:
    """Draw two hands that meet: clasped, laid on one another, or side by side."""
    rng, side = sheet.rng, sheet.side
    cloth, dress, unit = sheet.person_part(Part("garment", "", 0, "sleeve")), _dress(rng), min(_size(rng), 120.0)
    if rng.random() < 0.5:
        draw_torso(sheet, cloth)
    roll, gap = rng.uniform(20, 100), rng.uniform(0.15, 1.3) * unit
    names = ("relaxed", "flat", "fist", "grip", "back")
    middle = (rng.uniform(0.4, 0.6) * side, rng.uniform(0.4, 0.65) * side)
    for sign in rng.permutation([-1.0, 1.0]):
        _, bones = _posed(rng, roll + rng.normal(0, 8), names)
        at = (middle[0] + float(sign) * gap / 2, middle[1] + rng.normal(0, 0.12) * unit)
        elbow = None if rng.random() < 0.6 else -rng.uniform(20, 80)
        _draw(sheet, Placed(bones, _at(bones, at, unit, mirrored=bool(sign < 0)), elbow, dress, cloth), manner)


def _crossed(sheet: HandSheet, manner: Manner) -> None:
    """Draw arms crossed before a chest, one hand on the other arm."""
    rng, side = sheet.rng, sheet.side
    cloth, dress = sheet.person_part(Part("garment", "", 0, "sleeve")), _dress(rng)
    draw_torso(sheet, cloth if rng.random() < 0.7 else sheet.person_part(Part("garment", "", 0, "shirt")))
    unit, y = rng.uniform(45, 85), rng.uniform(0.4, 0.7) * side
    for turn, sign in enumerate(rng.permutation([-1.0, 1.0])):
        _, bones = _posed(rng, rng.normal(78, 10), ("relaxed", "back", "flat", "fist"))
        at = (0.5 * side - float(sign) * rng.uniform(0.7, 1.3) * unit, y + (turn - 0.5) * rng.uniform(0.2, 0.9) * unit)
        _draw(
            sheet,
            Placed(bones, _at(bones, at, unit, mirrored=bool(sign < 0)), -rng.uniform(75, 130), dress, cloth),
            manner,
        )


def _draw(sheet: HandSheet, hand: Placed, manner: Manner) -> None:
    """Paint a hand, its arm, its sleeve and what it holds, from back to front."""
    sheet.line_px = min(sheet.line_px, 0.7 + hand.camera.unit_px / 55)
    links = [*hand.bones.links, *add_arm(hand.bones, hand.elbow_deg, sheet.rng)]
    shapes = shapes_of(links, hand.camera, manner)
    jobs: list[tuple[float, Callable[[], None]]] = []
    for shape in shapes:
        jobs.append((shape.depth, lambda shape=shape: _paint(sheet, shape, shapes, hand, manner)))  # type: ignore[misc]
    arm = shapes[len(hand.bones.links) :]
    if hand.dress != "bare":
        depth = max(shape.depth for shape in arm) + 0.01
        jobs.append((depth, lambda: draw_sleeve(sheet, arm, hand.dress, hand.cloth)))
    if hand.held != "none":
        depth = float((hand.bones.turn @ np.array([0.0, 0.7, 0.26]))[2])
        jobs.append((depth, lambda: _hold(sheet, hand)))
    for _, job in sorted(jobs, key=lambda entry: entry[0]):
        job()


def _paint(sheet: HandSheet, shape: Shape, shapes: list[Shape], hand: Placed, manner: Manner) -> None:
    sheet.put(shape.rim, sheet.person_part(Part("skin", shape.link.place, 0)), melted(shape, shapes, MELT))
    if manner.shadow < 1:
        shift = np.array(manner.shift) * shape.radii[1]
        shadow = np.zeros(sheet.part.shape, np.uint8)
        cv2.fillPoly(shadow, [np.round(shape.rim).astype(np.int32)], 1)
        cv2.fillPoly(shadow, [np.round(shape.rim - shift).astype(np.int32)], 0)
        sheet.light[shadow > 0] = manner.shadow
    link = shape.link
    if link.corners:
        _palm_lines(sheet, hand, link.palmar[2], manner)
    elif link.place == "hand" and link.joins > 0:
        _joint(sheet, shape, manner)
    if manner.nails and link.dorsal[2] > 0.2:
        _nail(sheet, shape, hand.camera)


def _joint(sheet: HandSheet, shape: Shape, manner: Manner) -> None:
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


def _nail(sheet: HandSheet, shape: Shape, camera: Camera) -> None:
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


def _palm_lines(sheet: HandSheet, hand: Placed, facing: float, manner: Manner) -> None:
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
    for x, y in ((0.34, 0.98), (0.12, 1.04), (-0.11, 1.0), (-0.32, 0.88)):
        if rng.random() < manner.knuckles * 0.6:
            low = rng.uniform(0.1, 0.4)
            sheet.curve(bow(on_page(x, y - 0.1), on_page(x * 0.9, y - low / 2), on_page(x * 0.8, y - 0.1 - low)), 0.6)
        if rng.random() < manner.knuckles * 0.7:
            sheet.curve(bow(on_page(x - 0.07, y - 0.04), on_page(x, y + 0.05), on_page(x + 0.07, y - 0.04)), 0.6)


def _hold(sheet: HandSheet, hand: Placed) -> None:
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
