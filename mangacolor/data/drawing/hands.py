"""Hands as manga draws them: few bold lines, bare paper, out of cuffs, sleeves and from panel borders."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.hand_clothes import SLEEVES, draw_sleeve, draw_torso
from mangacolor.data.drawing.hand_details import Placed, draw_held, draw_joint, draw_nail, draw_palm_lines
from mangacolor.data.drawing.hand_poses import POSES, Bones, add_arm, pose_hand
from mangacolor.data.drawing.hand_shapes import Camera, HandSheet, Manner, Shape, apart, melted, shapes_of
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

MERGED = 0.25
"""How often some fingers are not parted, as hands in a hurry are drawn."""

GRIPS = ("grip", "pinch")


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
        rng.uniform(0.2, 0.7) if rng.random() < MERGED else 0.0,
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
    merged = sheet.rng.random(3) < manner.merged
    held_depth = float((hand.bones.turn @ np.array([0.0, 0.7, 0.26]))[2])
    between = None if hand.held == "none" else held_depth
    jobs: list[tuple[float, Callable[[], None]]] = []
    for shape in shapes:
        drawn = melted(shape, shapes, MELT, between) & apart(shape, shapes, merged)
        jobs.append((shape.depth, partial(_paint, sheet, shape, drawn, hand, manner)))
    arm = shapes[len(hand.bones.links) :]
    if hand.dress != "bare":
        depth = max(shape.depth for shape in arm) + 0.01
        jobs.append((depth, partial(draw_sleeve, sheet, arm, hand.dress, hand.cloth)))
    if hand.held != "none":
        jobs.append((held_depth, partial(draw_held, sheet, hand)))
    for _, job in sorted(jobs, key=lambda entry: entry[0]):
        job()


def _paint(sheet: HandSheet, shape: Shape, drawn: NDArray[np.bool_], hand: Placed, manner: Manner) -> None:
    """Paint one link: its skin, its rim where that is drawn, its shadow and its small lines."""
    sheet.put(shape.rim, sheet.person_part(Part("skin", shape.link.place, 0)), drawn)
    if manner.shadow < 1:
        shift = np.array(manner.shift) * shape.radii[1]
        along = shape.joints[1] - shape.joints[0]
        if not shape.link.corners:  # along its side: rings at every joint are a puppet's
            along /= np.hypot(*along) + 1e-6
            shift = shift - along * float(shift @ along)
        shadow = np.zeros(sheet.part.shape, np.uint8)
        cv2.fillPoly(shadow, [np.round(shape.rim).astype(np.int32)], 1)
        cv2.fillPoly(shadow, [np.round(shape.rim - shift).astype(np.int32)], 0)
        sheet.light[shadow > 0] = manner.shadow
    link = shape.link
    if link.corners:
        draw_palm_lines(sheet, hand, link.palmar[2], manner)
    elif link.place == "hand" and link.joins > 0:
        draw_joint(sheet, shape, manner)
    if manner.nails and link.dorsal[2] > 0.2:
        draw_nail(sheet, shape, hand.camera)
