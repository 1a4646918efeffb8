"""Horses, cows, deer and goats, seen from the side."""

from __future__ import annotations

from mangacolor.data.drawing.animal_coats import Pelt
from mangacolor.data.drawing.animal_shapes import curve, limb, oval
from mangacolor.data.drawing.sheet import Sheet

MANES = 0.45
"""How often it is a horse."""


def hoofed(sheet: Sheet, middle: tuple[float, float], unit_px: float, turn_deg: float) -> None:
    """Draw an animal with hooves: a horse with a mane, or another with horns and ears."""
    pelt = Pelt(sheet, middle, 0.9 * unit_px, turn_deg)
    rng = sheet.rng
    is_horse = rng.random() < MANES
    fat, foot = rng.uniform(0.24, 0.32), rng.uniform(0.75, 0.95)
    steps = rng.normal(0, 0.13, 4)
    pelt.lay(
        [limb([(0.6, -0.15, 0.05), (0.75, 0.05, 0.07 if is_horse else 0.03), (0.72, 0.45, 0.09)])],
        "tail",
        number=pelt.patches[0],
        ragged=2,
    )
    for x, step in ((-0.35, steps[0]), (0.45, steps[1])):
        _leg(pelt, x, step, foot - 0.04)
    rise = rng.uniform(0.45, 0.75) if is_horse else rng.uniform(0.15, 0.5)
    poll = (-0.78, -0.25 - rise)
    pelt.lay([
        limb([(0.5, 0, fat), (0.45, -0.02, fat), (0, 0.03, 0.95 * fat), (-0.4, 0.0, fat)]), oval(0.48, 0, fat, fat),
        limb([(-0.38, 0, 0.8 * fat), (-0.6, -0.2, 0.6 * fat), (poll[0] + 0.05, poll[1] + 0.08, 0.13)]),
    ], "body")  # fmt: skip
    for x, step in ((-0.45, steps[2]), (0.5, steps[3])):
        _leg(pelt, x, step, foot)
    _head(pelt, poll, is_horse=is_horse)


def _leg(pelt: Pelt, x: float, step: float, foot: float) -> None:
    bend = 0.05 if x > 0 else -0.03
    pelt.lay(
        [
            limb(
                [
                    (x, 0.05, 0.14),
                    (x + bend + 0.3 * step, 0.45 * foot, 0.07),
                    (x + step, 0.75 * foot, 0.045),
                    (x + step - 0.02, foot - 0.08, 0.05),
                ]
            )
        ],
        "leg",
        [(x, 0.03, 0.19)],
    )
    hoof = curve(
        [
            (x + step - 0.07, foot - 0.08),
            (x + step + 0.04, foot - 0.08),
            (x + step + 0.06, foot),
            (x + step - 0.11, foot),
        ],
        steps=3,
    )
    pelt.patch(hoof, pelt.sheet.number("hide"), share=1.0)


def _head(pelt: Pelt, poll: tuple[float, float], *, is_horse: bool) -> None:
    (x, y), rng = poll, pelt.rng
    long, drop = rng.uniform(0.34, 0.46), rng.uniform(0.2, 0.36)
    nose = (x - long, y + drop)
    if not is_horse:
        horn = rng.uniform(0.15, 0.35)
        for lean in (0.0, 0.12):
            pelt.patch(
                limb(
                    [
                        (x + lean, y - 0.05, 0.035),
                        (x + lean + 0.1, y - 0.1 - 0.6 * horn, 0.025),
                        (x + lean, y - 0.1 - horn, 0.005),
                    ]
                ),
                pelt.sheet.number("hide"),
                share=0.9,
            )
    else:
        mane = [
            (x, y - 0.2),
            (x + 0.2, y - 0.1),
            (x + 0.4, y + 0.35),
            (x + 0.42, y + 0.6),
            (x + 0.25, y + 0.4),
            (x + 0.12, y + 0.15),
        ]
        pelt.lay([curve(mane)], "mane", number=pelt.patches[0], ragged=2)
    pelt.lay(
        [
            limb(
                [
                    (x + 0.06, y + 0.02, 0.14),
                    (x, y + 0.04, 0.15),
                    (0.5 * (x + nose[0]), y + 0.5 * drop, 0.11),
                    (*nose, 0.095),
                ]
            ),
            oval(x + 0.02, y + 0.03, 0.14, 0.14),
        ],
        "head",
        [(x + 0.12, y + 0.12, 0.15)],
    )
    ear = curve(
        [(x + 0.02, y - 0.1), (x + 0.03, y - 0.28), (x + 0.12, y - 0.08)]
        if is_horse
        else [(x + 0.08, y - 0.06), (x + 0.3, y - 0.12), (x + 0.2, y + 0.03)]
    )
    pelt.lay([ear], "ear", ragged=0)
    if rng.random() < 0.5:
        pelt.patch(oval(*nose, 0.1, 0.095), pelt.sheet.number("hide"), share=0.8)
    pelt.blot(oval(nose[0] - 0.03, nose[1] - 0.02, 0.018, 0.028))
    pelt.stroke([(nose[0] - 0.07, nose[1] + 0.05), (nose[0] + 0.06, nose[1] + 0.04)], 0.8)
    eye = oval(x - 0.06, y, 0.04, 0.045)
    white = pelt.patch(eye, pelt.sheet.number("eye_white"), share=1.2)
    pelt.blot(oval(x - 0.065, y, 0.03, 0.04), 0, white)
