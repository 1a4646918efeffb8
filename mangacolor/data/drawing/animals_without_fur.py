"""Birds and lizards, from the side and from above."""

from __future__ import annotations

import math

import numpy as np

from mangacolor.data.drawing.animal_coats import Pelt
from mangacolor.data.drawing.animal_shapes import curve, limb, oval
from mangacolor.data.drawing.sheet import Sheet


def bird(sheet: Sheet, middle: tuple[float, float], unit_px: float, turn_deg: float) -> None:
    """Draw a bird that sits or flies."""
    pelt = Pelt(sheet, middle, 0.9 * unit_px, turn_deg, ("feather", "feather"))
    rng = sheet.rng
    flies = rng.random() < 0.4
    slim, beak = rng.uniform(0.28, 0.42), rng.uniform(0.12, 0.3)
    if not flies:
        for x in (0.0, 0.16):
            pelt.stroke([(x, 0.4), (x - 0.02, 0.8)], 1.5)
            for toe in (-0.14, -0.05, 0.1):
                pelt.stroke([(x - 0.02, 0.8), (x + toe, 0.86)], 1.2)
    tail = rng.uniform(0.3, 0.7)
    pelt.lay(
        [curve([(0.4, 0.05), (0.6 + tail, 0.25), (0.5 + tail, 0.42), (0.35, 0.35)])],
        "tail",
        number=pelt.patches[0],
        ragged=0,
    )
    for quill in (0.1, 0.2):
        pelt.stroke([(0.5, 0.1 + quill), (0.5 + tail, 0.2 + quill)], 0.6)
    if flies:
        _wing(pelt, -0.9, 0.5)
    pelt.patch(
        curve([(-0.62, -0.42), (-0.75 - beak, -0.3), (-0.62, -0.24)], steps=3), pelt.sheet.number("beak"), share=1.0
    )
    pelt.lay([
        curve([(-0.5, -0.2), (-0.5, 0.15), (-0.15, 0.2 + 0.7 * slim), (0.3, 0.3), (0.5, 0.2), (0.3, -0.05),
               (-0.1, -0.25)]),
        oval(-0.48, -0.35, rng.uniform(0.2, 0.27), 0.23),
    ], "body")  # fmt: skip
    if flies:
        _wing(pelt, -1.0, 0.0)
    else:
        wing = pelt.lay(
            [curve([(-0.2, -0.1), (0.15, -0.02), (0.75, 0.3), (0.2, 0.28), (-0.15, 0.15)])],
            "wing",
            number=pelt.patches[0],
            ragged=0,
        )
        for quill in (0.1, 0.17, 0.23):
            pelt.stroke(curve([(0.0, quill - 0.02), (0.3, quill + 0.06), (0.65, 0.28)], closed=False), 0.6, wing)
    pelt.blot(oval(-0.54, -0.4, 0.04, 0.045))
    pelt.blot(oval(-0.55, -0.42, 0.014, 0.014), 255)
    pelt.stroke([(-0.72 - 0.7 * beak, -0.31), (-0.6, -0.32)], 0.6)


def _wing(pelt: Pelt, up: float, lean: float) -> None:
    """Draw a spread wing: an arm, and a fringe of quills."""
    count = int(pelt.rng.integers(5, 9))
    fringe = []
    for quill in np.linspace(0, 1, count):
        x, y = -0.1 + lean + 0.9 * quill, up * (1 - quill) * 1.1 - 0.05
        fringe += [(x + 0.12, y), (x + 0.02, y + 0.22)]
    shape = np.array([(-0.2, 0.0), (-0.3 + 0.5 * lean, 0.6 * up), *fringe, (0.3, 0.1)])
    wing = pelt.lay([shape], "wing", number=pelt.patches[-1], ragged=0)
    for x, y in fringe[::2]:
        pelt.stroke([(x - 0.02, y + 0.06), (0.45 * x, 0.3 * y)], 0.6, wing)


def lizard(sheet: Sheet, middle: tuple[float, float], unit_px: float, turn_deg: float) -> None:
    """Draw a lizard from above."""
    rng = sheet.rng
    pelt = Pelt(sheet, middle, unit_px, turn_deg + rng.uniform(-180, 180), ("scale", "scale"))
    pelt.tuft = 0.0
    bend = rng.uniform(0.1, 0.3) * rng.choice([-1, 1])
    fat = rng.uniform(0.1, 0.16)
    hide = [limb([(0.3, 0, 0.9 * fat), (0.65, -bend, 0.5 * fat), (0.9, -0.3 * bend, 0.3 * fat), (1.05, bend, 0.03)])]
    for x, side in ((-0.35, -1), (-0.3, 1), (0.25, -1), (0.32, 1)):
        reach = rng.uniform(-0.15, 0.15)
        knee, hand = (x - reach, side * 0.24), (x + reach - 0.08, side * rng.uniform(0.33, 0.42))
        hide.append(limb([(x, 0, 0.07), (*knee, 0.05), (*hand, 0.035)]))
        for toe in np.radians(np.linspace(-70, 70, 4)):
            tip = (hand[0] - 0.11 * math.sin(toe), hand[1] + side * 0.11 * math.cos(toe))
            hide += [limb([(*hand, 0.022), (*tip, 0.018)]), oval(*tip, 0.03, 0.03)]
    pelt.lay(hide, "tail")
    body = [(0.4, 0, 0.8 * fat), (0.1, 0.3 * bend, fat), (-0.2, 0.3 * bend, fat), (-0.48, 0, 0.6 * fat)]
    skull = curve(
        [
            (-0.45, -0.55 * fat),
            (-0.62, -0.95 * fat),
            (-0.82, -0.4 * fat),
            (-0.88, 0),
            (-0.82, 0.4 * fat),
            (-0.62, 0.95 * fat),
            (-0.45, 0.55 * fat),
        ]
    )
    pelt.lay([limb(body), skull], "body", [(0.45, 0, 1.3 * fat)])
    for side in (-1, 1):
        white = pelt.patch(oval(-0.66, side * 0.75 * fat, 0.045, 0.04), pelt.sheet.number("eye_white"), share=0.9)
        pelt.blot(oval(-0.66, side * 0.75 * fat, 0.018, 0.03), 0, white)
