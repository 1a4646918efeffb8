"""Animals as manga draws them: cats above all, in whatever way they sit, walk, lie or leap, or their face alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mangacolor.data.drawing.animal_coats import Pelt
from mangacolor.data.drawing.animal_heads import Breed, Look, head
from mangacolor.data.drawing.animal_shapes import Curve, curve, limb, oval
from mangacolor.data.drawing.animals_without_fur import bird, lizard
from mangacolor.data.drawing.hoofed_animals import hoofed
from mangacolor.data.drawing.sheet import Sheet
from mangacolor.data.figures.store import Drawing

ANIMALS = {
    "cat": 0.52,
    "dog": 0.12,
    "rabbit": 0.06,
    "bear": 0.05,
    "mouse": 0.05,
    "hoofed": 0.08,
    "bird": 0.07,
    "lizard": 0.05,
}
"""What is drawn, and how often."""

BREEDS = {
    "cat": Breed("pointed", 0.62, 1.14, 0.08, 0.75, "long", 0.24),
    "dog": Breed("floppy", 0.75, 1.0, 0.6, 0.9, "bushy", 0.17),
    "rabbit": Breed("long", 1.3, 0.95, 0.15, 0.5, "stub", 0.2),
    "bear": Breed("round", 0.34, 1.12, 0.5, 0.6, "stub", 0.11),
    "mouse": Breed("round", 0.55, 0.95, 0.55, 0.35, "long", 0.16),
}
POINTED_DOGS = 0.45
"""How often a dog has the ears of a fox."""

ALONE = 0.75
"""How often there is one animal."""

NEAR = 0.3
"""How often an animal with fur shows its head alone, which fills the sheet."""


def draw_animal(rng: np.random.Generator) -> Drawing:
    """Draw an animal or a few on an empty ground, `SIZE_PX` square; no part of it is a person's.

    Kinds of parts: fur and fur_patch, feather and scale, hide (noses, inner ears, pads, horns), beak, and those of eyes
    and mouths. Each animal has one part of its ground colour and one or two of its patches.
    """
    sheet = Sheet(rng)
    count = 1 if rng.random() < ALONE else int(rng.integers(2, 4))
    name = str(rng.choice(list(ANIMALS), p=list(ANIMALS.values())))
    if count == 1:
        _animal(sheet, name, (0.5, 0.5), rng.uniform(0.32, 0.47))
        return sheet.drawing()
    for number in range(count):
        place = ((number + 0.5) / count + rng.normal(0, 0.04), rng.uniform(0.4, 0.6) + 0.08 * number)
        _animal(sheet, name, place, rng.uniform(0.16, 0.3), may_be_near=False)
    return sheet.drawing()


def _animal(sheet: Sheet, name: str, place: tuple[float, float], size: float, *, may_be_near: bool = True) -> None:
    """Draw an animal around a place, its unit a share of the sheet's side."""
    rng, side = sheet.rng, sheet.side
    middle, turn = (place[0] * side, place[1] * side), float(rng.normal(0, 5))
    if name in _OTHERS:
        _OTHERS[name](sheet, middle, size * side, turn)
        return
    breed = _varied(BREEDS[name], name, rng)
    if may_be_near and rng.random() < NEAR:
        pelt = Pelt(sheet, (middle[0], 0.55 * side), rng.uniform(0.4, 0.62) * side, turn * 2)
        _near(pelt, breed)
        return
    poses = list(_POSES)
    pose = poses[int(rng.integers(len(poses)))]
    pose(Pelt(sheet, middle, size * side, turn), breed)


def _varied(breed: Breed, name: str, rng: np.random.Generator) -> Breed:
    if name == "dog" and rng.random() < POINTED_DOGS:
        breed = breed._replace(ears="pointed", ear=0.5)
    near = rng.uniform(0.7, 1.3, 4)
    return breed._replace(
        ear=breed.ear * near[0], wide=breed.wide * (0.65 + 0.35 * near[1]), legs=breed.legs * near[2],
        eye=breed.eye * near[3], tail=str(rng.choice(["bushy", breed.tail], p=[0.2, 0.8])),
    )  # fmt: skip


def _look(pelt: Pelt, turn: float, *, is_behind: bool = False) -> Look:
    rng = pelt.rng
    return Look(float(np.clip(turn + rng.normal(0, 0.35), -1, 1)), float(rng.uniform(0.3, 0.5)), is_behind)


def _tail(pelt: Pelt, breed: Breed, points: list[tuple[float, float]]) -> None:
    rng = pelt.rng
    if breed.tail == "stub":
        pelt.lay([oval(*points[0], 0.13, 0.12)], "tail")
        return
    root, *rest = points
    moved = [root, *((x + rng.normal(0, 0.05), y + rng.normal(0, 0.07)) for x, y in rest)]
    wide = rng.uniform(0.06, 0.1)
    widths = (
        np.linspace(wide, 0.8 * wide, len(moved))
        if breed.tail == "long"
        else wide * (1 + 1.2 * np.sin(np.linspace(0, 2.9, len(moved))))
    )
    pelt.lay([limb([(x, y, float(half)) for (x, y), half in zip(moved, widths, strict=True)])], "tail", ragged=1.5)


def _leg(pelt: Pelt, points: list[tuple[float, float, float]], *, foot: float = -1.0) -> None:
    """Draw a leg from where it joins the body to its foot, which points left (-1), right (1) or ahead (0)."""
    (x, y, wide), (end_x, end_y, half) = points[0], points[-1]
    paw = oval(end_x + 0.6 * foot * half, end_y, half * 1.35, half * 0.85)
    pelt.lay([limb(points), paw], "leg", [(x, y, 1.25 * wide)])
    for toe in (-0.35, 0.35):
        at = end_x + (0.9 * foot + toe) * half
        pelt.stroke([(at, end_y + 0.8 * half), (at - 0.1 * foot * half, end_y + 0.15 * half)], 0.7)


def _sit_before(pelt: Pelt, breed: Breed) -> None:
    rng, wide = pelt.rng, pelt.rng.uniform(0.85, 1.2)
    _tail(pelt, breed, [(0.35, 0.8), (0.72, 0.82), (0.9, 0.55), (0.85, 0.2)])
    body = [
        (-0.2, -0.25),
        (0.2, -0.25),
        (0.4, 0.25),
        (0.52, 0.72),
        (0.36, 0.92),
        (-0.36, 0.92),
        (-0.52, 0.72),
        (-0.4, 0.25),
    ]
    pelt.lay([curve([(x * wide, y) for x, y in body])], "body")
    for side in (-1, 1):
        pelt.lay([oval(side * 0.4 * wide, 0.87, 0.17, 0.09)], "leg")
    thick = rng.uniform(0.08, 0.12)
    for side in (-1, 1):
        _leg(pelt, [(side * 0.16, 0.1, 1.3 * thick), (side * 0.15, 0.5, thick), (side * 0.14, 0.88, thick)], foot=0)
    head(pelt, breed, 0, -0.45, _look(pelt, 0))


def _sit_aside(pelt: Pelt, breed: Breed) -> None:
    rng = pelt.rng
    _tail(pelt, breed, [(0.55, 0.82), (0.9, 0.82), (1.05, 0.5), (0.95, 0.25), (1.05, 0.1)])
    thick = rng.uniform(0.08, 0.11)
    _leg(pelt, [(0, 0.2, 1.4 * thick), (-0.05, 0.55, thick), (-0.06, 0.84, thick)])
    fat = rng.uniform(0, 0.15)
    pelt.lay([curve([
        (-0.3, -0.25), (-0.34, 0.1), (-0.22, 0.5), (0.05, 0.8), (0.5 + fat, 0.88), (0.68 + fat, 0.62),
        (0.52 + fat, 0.15), (0.25, -0.2), (0.0, -0.4),
    ])], "body")  # fmt: skip
    _leg(pelt, [(-0.17, 0.15, 1.5 * thick), (-0.2, 0.5, thick), (-0.23, 0.88, thick)])
    pelt.lay([oval(0.42, 0.62, 0.27, 0.29, 15)], "leg", [(0.62, 0.55, 0.3)], ragged=0.5)
    pelt.lay([limb([(0.5, 0.86, 0.09), (0.2, 0.87, 0.085), (0.08, 0.88, 0.08)])], "leg", [(0.5, 0.8, 0.15)])
    head(pelt, breed, -0.2, -0.55, _look(pelt, rng.choice([-0.55, -0.2, 0.5])), ((-0.1, -0.2, 0.15),))


def _stand(pelt: Pelt, breed: Breed) -> None:
    rng, long, thick = pelt.rng, 0.75 * breed.legs, pelt.rng.uniform(0.07, 0.1)
    foot = 0.15 + long
    fat = rng.uniform(0.21, 0.3)
    _tail(pelt, breed, [(0.6, -0.08), (0.9, -0.15), (1.05, -0.45), (0.98, -0.75)])
    steps = rng.normal(0, 0.14, 4)
    for x, step in ((-0.34, steps[0]), (0.52, steps[1])):
        _leg(pelt, [(x, 0.1, 1.5 * thick), (x + 0.6 * step, 0.5 * foot, thick), (x + step, foot - 0.04, thick)])
    trunk = limb([(0.55, 0.0, fat), (0.5, 0.0, fat), (0.0, 0.04, 0.95 * fat), (-0.45, 0.0, fat)])
    neck = limb([(-0.4, 0.0, 0.8 * fat), (-0.62, -0.25, 0.7 * fat)])
    pelt.lay([trunk, oval(0.52, 0, fat, fat), neck], "body")
    for x, step in ((-0.47, steps[2]), (0.5, steps[3])):
        bend = 0.08 if x > 0 else 0.0
        _leg(pelt, [(x, 0.05, 1.7 * thick), (x + bend + 0.4 * step, 0.5 * foot, thick), (x + step, foot, thick)])
    head(pelt, breed, -0.68, -0.4, _look(pelt, rng.choice([-0.8, -0.3, 0.3])), ((-0.5, -0.2, 0.2),))


def _lie(pelt: Pelt, breed: Breed) -> None:
    rng = pelt.rng
    high = rng.uniform(0.75, 1.1)
    body = [
        (-0.62, 0.2),
        (-0.45, -0.15),
        (-0.1, -0.3),
        (0.35, -0.38),
        (0.8, -0.2),
        (1.0, 0.2),
        (0.92, 0.48),
        (0.2, 0.53),
        (-0.5, 0.52),
    ]
    pelt.lay([curve([(x, 0.52 + (y - 0.52) * high) for x, y in body])], "body")
    if rng.random() < 0.7:
        pelt.stroke(curve([(0.38, 0.5), (0.42, 0.2), (0.65, 0.05), (0.85, 0.15)], closed=False), 0.8)
    _tail(pelt, breed, [(0.92, 0.42), (0.6, 0.6), (0.2, 0.58), (-0.05, 0.5)])
    for x in (-0.25, -0.68):
        pelt.lay(
            [limb([(x + 0.25, 0.4, 0.1), (x + 0.05, 0.47, 0.1), (x - 0.12, 0.48, 0.09)])],
            "leg",
            [(x + 0.25, 0.38, 0.14)],
        )
    head(pelt, breed, -0.5, -0.12, _look(pelt, -0.1))


def _curl(pelt: Pelt, breed: Breed) -> None:
    pelt.lay([oval(0.1, 0.15, 0.82, 0.52, pelt.rng.normal(0, 5))], "body")
    pelt.stroke(curve([(0.25, 0.6), (0.2, 0.2), (0.5, -0.05), (0.75, 0.1)], closed=False), 0.8)
    _tail(pelt, breed, [(0.82, 0.35), (0.6, 0.62), (0.1, 0.7), (-0.3, 0.62)])
    head(pelt, breed, -0.45, 0.25, _look(pelt, 0.2))


def _leap(pelt: Pelt, breed: Breed) -> None:
    rng, thick = pelt.rng, pelt.rng.uniform(0.07, 0.1)
    _tail(pelt, breed, [(0.55, 0.05), (0.85, -0.05), (1.0, -0.35), (1.1, -0.45)])
    reach = rng.uniform(0.8, 1.1)
    _leg(pelt, [(-0.4, -0.1, 1.5 * thick), (-0.75, 0.05, thick), (-0.95 * reach, 0.1, thick)])
    _leg(pelt, [(0.45, 0.2, 1.8 * thick), (0.75, 0.42, thick), (0.95 * reach, 0.75, thick)], foot=1)
    fat = rng.uniform(0.2, 0.27)
    pelt.lay(
        [
            limb([(0.5, 0.15, fat), (0.45, 0.12, fat), (0.0, -0.08, 0.9 * fat), (-0.5, -0.22, fat)]),
            oval(0.48, 0.14, fat, fat),
        ],
        "body",
    )
    _leg(pelt, [(-0.48, -0.12, 1.6 * thick), (-0.8, -0.1, thick), (-1.05 * reach, -0.12, thick)])
    _leg(pelt, [(0.5, 0.2, 2.2 * thick), (0.62, 0.55, 1.2 * thick), (0.8 * reach, 0.85, thick)], foot=1)
    head(pelt, breed, -0.7, -0.45, _look(pelt, -0.5), ((-0.5, -0.25, 0.2),))


def _sit_behind(pelt: Pelt, breed: Breed) -> None:
    body = [
        (-0.22, -0.3),
        (0.22, -0.3),
        (0.42, 0.2),
        (0.56, 0.65),
        (0.42, 0.92),
        (-0.42, 0.92),
        (-0.56, 0.65),
        (-0.42, 0.2),
    ]
    pelt.lay([curve(body)], "body")
    _tail(pelt, breed, [(0.1, 0.8), (0.5, 0.95), (0.9, 0.85), (1.0, 0.5)])
    pelt.stroke([(0, 0.1), (0.02, 0.6)], 0.6)
    head(pelt, breed, 0, -0.5, _look(pelt, 0, is_behind=True), ((0, -0.2, 0.2),))


def _near(pelt: Pelt, breed: Breed) -> None:
    """Draw a head that fills the sheet, with a chest below, at times with a paw that is held up."""
    rng = pelt.rng
    look = Look(float(np.clip(rng.normal(0, 0.5), -0.9, 0.9)), float(rng.uniform(0.55, 0.75)))
    wide = rng.uniform(0.5, 0.8)
    if rng.random() < 0.75:
        pelt.lay(
            [curve([(-0.4, 0.2), (0.4, 0.2), (wide, 0.7), (wide + 0.15, 1.6), (-wide - 0.15, 1.6), (-wide, 0.7)])],
            "body",
        )
    head(pelt, breed, 0, rng.uniform(-0.1, 0.1), look, ((0, 0.6, 0.25),) if rng.random() < 0.5 else ())
    if rng.random() < 0.3:
        _paw(pelt, float(rng.choice([-1, 1])) * rng.uniform(0.5, 0.75), rng.uniform(-0.1, 0.5))


def _paw(pelt: Pelt, x: float, y: float) -> None:
    toes: list[Curve] = [
        oval(x + 0.11 * toe, y - 0.13 + 0.03 * abs(toe), 0.075, 0.1) for toe in (-1.3, -0.45, 0.45, 1.3)
    ]
    pelt.lay([limb([(1.1 * x, y + 0.9, 0.2), (1.05 * x, y + 0.4, 0.17), (x, y, 0.19)]), *toes], "leg")
    hide = pelt.sheet.number("hide")
    for toe in (-1.2, -0.4, 0.4, 1.2):
        pelt.patch(oval(x + 0.11 * toe, y - 0.13 + 0.03 * abs(toe), 0.04, 0.055), hide, share=0.7)
    pelt.patch(curve([(x - 0.09, y + 0.07), (x, y - 0.03), (x + 0.09, y + 0.07), (x, y + 0.1)]), hide, share=0.7)


_POSES: tuple[Callable[[Pelt, Breed], None], ...] = (
    _sit_before, _sit_aside, _sit_aside, _stand, _stand, _lie, _leap, _curl, _sit_behind,
)  # fmt: skip
_OTHERS: dict[str, Callable[[Sheet, tuple[float, float], float, float], None]] = {
    "hoofed": hoofed, "bird": bird, "lizard": lizard,
}  # fmt: skip
