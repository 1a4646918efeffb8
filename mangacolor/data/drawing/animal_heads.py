"""Heads of animals with fur: ears, eyes, nose, mouth and whiskers, seen from before, aside or behind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mangacolor.data.drawing.animal_coats import Pelt
from mangacolor.data.drawing.animal_shapes import Curve, curve, oval

EYES = {"wide": 0.4, "iris": 0.2, "dots": 0.14, "angry": 0.1, "sleepy": 0.08, "shut": 0.08}
"""How eyes look, and how often."""


class Breed(NamedTuple):
    """What tells one kind of animal from another; lengths are in radii of the head.

    Attributes:
        ears: pointed, floppy, long or round.
        ear: Length of an ear.
        wide: Half the width of the head.
        snout: How far the snout stands out.
        legs: Length of a leg, in lengths of the body.
        tail: long, bushy or stub.
        eye: Half the height of an eye.
    """

    ears: str
    ear: float
    wide: float
    snout: float
    legs: float
    tail: str
    eye: float


class Look(NamedTuple):
    """How a head is held: turned from -1 to 1, its half axis, and whether it is seen from behind."""

    turn: float
    radius: float
    is_behind: bool = False


def head(
    pelt: Pelt, breed: Breed, x: float, y: float, look: Look, joints: tuple[tuple[float, float, float], ...] = ()
) -> None:
    """Draw a head around (x, y) of the animal."""
    rng, r, t = pelt.rng, look.radius, look.turn
    wide, jaw = breed.wide * (1 - 0.12 * abs(t)), rng.uniform(0.75, 1.0)
    skull = curve([
        (x - 0.5 * wide * r, y - 0.78 * r), (x, y - 0.86 * r), (x + 0.5 * wide * r, y - 0.78 * r),
        (x + wide * r, y - 0.1 * r), (x + 0.93 * wide * r, y + 0.38 * r), (x + 0.5 * wide * r * jaw, y + 0.8 * r),
        (x, y + 0.88 * r), (x - 0.5 * wide * r * jaw, y + 0.8 * r), (x - 0.93 * wide * r, y + 0.38 * r),
        (x - wide * r, y - 0.1 * r),
    ])  # fmt: skip
    ears = [_ear(breed, x, y, r, side, t, rng.normal(0, 0.06)) for side in (-1, 1)]
    shapes = [skull] if breed.ears == "floppy" else [skull, *(outer for outer, _ in ears)]
    snout = oval(x + t * (0.62 + 0.5 * breed.snout) * r, y + 0.42 * r, (0.36 + 0.15 * breed.snout) * r, 0.34 * r)
    if abs(t) > 0.5 and not look.is_behind:
        shapes.append(snout)
    laid = pelt.lay(shapes, "head", joints)
    if pelt.coat == "points":
        for outer, _ in ears:
            pelt.patch(outer, pelt.patches[0], laid)
    if not look.is_behind:
        _face(pelt, breed, x, y, look, laid, snout)
    for outer, inner in ears:
        if breed.ears == "floppy":
            pelt.lay([outer], "ear", number=pelt.patches[0] if pelt.coat != "plain" else None)
        elif not look.is_behind:
            pelt.patch(inner, pelt.sheet.number("hide"), laid, share=0.7)


def _ear(breed: Breed, x: float, y: float, r: float, side: int, turn: float, bend: float) -> tuple[Curve, Curve]:
    """Return an ear and its inside."""
    near = 1 - 0.25 * max(0.0, side * turn)
    long, out = breed.ear, breed.wide * near

    def placed(points: list[tuple[float, float]], steps: int = 5) -> Curve:
        return curve(
            [(x + (side * across + 0.1 * turn + bend) * r, y + down * r) for across, down in points], steps=steps
        )

    if breed.ears == "pointed":
        tip = (0.82 * out, -0.72 - long)
        outer = [
            (0.18 * out, -0.7),
            (0.5 * out, -0.8 - 0.6 * long),
            tip,
            (0.94 * out, -0.6 - 0.4 * long),
            (0.94 * out, -0.2),
        ]
        inner = [
            (0.42 * out, -0.78),
            (0.62 * out, -0.74 - 0.5 * long),
            (0.78 * out, -0.72 - 0.84 * long),
            (0.82 * out, -0.58),
        ]
    elif breed.ears == "long":
        outer = [(0.12, -0.6), (0.12, -0.8 - 0.6 * long), (0.4, -0.8 - long), (0.66, -0.8 - 0.6 * long), (0.6, -0.55)]
        inner = [
            (0.27, -0.8),
            (0.26, -0.8 - 0.6 * long),
            (0.4, -0.75 - 0.85 * long),
            (0.53, -0.8 - 0.5 * long),
            (0.47, -0.75),
        ]
    elif breed.ears == "floppy":
        outer = [
            (0.5 * out, -0.75),
            (0.9 * out, -0.8),
            (1.22 * out, -0.2),
            (1.2 * out, -0.3 + long),
            (0.85 * out, -0.35 + long),
            (0.78 * out, -0.2),
        ]
        inner = outer
    else:
        middle = (x + (side * 0.72 * out + 0.1 * turn) * r, y - 0.68 * r)
        return oval(*middle, long * r * near, long * r), oval(
            middle[0], middle[1], 0.6 * long * r * near, 0.6 * long * r
        )
    return placed(outer, 7), placed(inner)


def _face(pelt: Pelt, breed: Breed, x: float, y: float, look: Look, laid: np.ndarray, snout: Curve) -> None:
    rng, r, t = pelt.rng, look.radius, look.turn
    fx = x + 0.36 * t * r * (1 + breed.snout)
    nose_y, spread = y + (0.22 + 0.12 * breed.snout) * r, rng.uniform(0.38, 0.52) * breed.wide
    light = pelt.sheet.number("fur_patch") if pelt.coat in ("patches", "socks") and rng.random() < 0.5 else None
    if light is not None:
        pelt.patch(snout if breed.snout > 0.3 else oval(fx, y + 0.5 * r, 0.5 * r, 0.34 * r), light, laid)
    if breed.snout > 0.3:
        pelt.stroke(snout[18:] if rng.random() < 0.5 else snout[15:27], 0.8, laid)
    if pelt.coat == "points" and rng.random() < 0.6:
        pelt.patch(oval(fx, y + 0.3 * r, rng.uniform(0.25, 0.5) * r, rng.uniform(0.3, 0.5) * r), pelt.patches[0], laid)
    style = str(rng.choice(list(EYES), p=list(EYES.values())))
    lift, size, slant = rng.uniform(-0.2, 0.05), breed.eye * rng.uniform(0.7, 1.2), rng.uniform(0, 18)
    seed = int(rng.integers(2**31))
    for side in (-1, 1):
        if abs(t) > 0.85 and side * t > 0:
            continue
        squeeze = 1 - 0.45 * max(0.0, side * t)
        at = (x + (0.26 * t + side * spread * squeeze) * r, y + lift * r)
        _eye(
            pelt, at, (size * r * squeeze * 0.9, size * r), side, style, slant if breed.ears == "pointed" else 0.0, seed
        )
    if breed.snout > 0.3:
        fx = x + t * (0.62 + 0.75 * breed.snout) * r
    _nose(pelt, fx, nose_y, r, breed)
    _mouth(pelt, fx, nose_y, r, laid)
    if rng.random() < {"floppy": 0.0, "round": 0.5}.get(breed.ears, 0.85):
        _whiskers(pelt, fx, nose_y + 0.14 * r, r, breed.wide)


def _eye(
    pelt: Pelt, at: tuple[float, float], size: tuple[float, float], side: int, style: str, slant: float, seed: int
) -> None:
    (x, y), (wide, high) = at, size
    rng = np.random.default_rng(seed)  # both eyes of a face are alike
    if style == "dots":
        pelt.blot(oval(x, y, 0.5 * wide, 0.6 * high))
        pelt.blot(oval(x - 0.12 * wide, y - 0.2 * high, 0.14 * wide, 0.16 * high), 255)
        return
    if style == "shut":
        pelt.stroke(curve([(x - wide, y), (x, y - 0.5 * high * rng.choice([-1, 1])), (x + wide, y)], closed=False), 1.3)
        return
    ball = oval(x, y, wide, high, side * slant)
    lid = {"angry": -0.15, "sleepy": 0.2}.get(style)
    if lid is not None:
        lower = side * (ball[:, 0] - x) * (-0.35 if style == "angry" else 0.1)
        ball = np.stack([ball[:, 0], np.maximum(ball[:, 1], y + lid * high + lower)], axis=1)
    white = pelt.patch(ball, pelt.sheet.number("animal_eye" if style == "iris" else "eye_white"), share=1.0)
    look = 0.15 * wide * float(rng.choice([-1, 0, 1]))
    if style != "iris" and rng.random() < 0.4:
        pelt.patch(oval(x + look, y, 0.72 * wide, 0.8 * high), pelt.sheet.number("animal_eye"), white, share=0.6)
    pupil = rng.choice([0.16, 0.4, 0.6]) if slant else 0.55
    pelt.blot(oval(x + look, y, pupil * wide, 0.66 * high), 0, white)
    if rng.random() < 0.6:
        pelt.blot(oval(x + look - 0.2 * wide, y - 0.35 * high, 0.17 * wide, 0.18 * high), 255, white)
    upper = ball[ball[:, 1] <= y + 0.05 * high]
    pelt.stroke(upper[np.argsort(upper[:, 0])], 1.8)


def _nose(pelt: Pelt, x: float, y: float, r: float, breed: Breed) -> None:
    size = (0.1 + 0.07 * breed.snout) * r
    nose = curve(
        [(x - size, y - 0.5 * size), (x, y - 0.7 * size), (x + size, y - 0.5 * size), (x, y + 0.6 * size)], steps=4
    )
    if pelt.rng.random() < 0.3 + 0.4 * (breed.snout > 0.3):
        pelt.blot(nose)
        pelt.blot(oval(x - 0.2 * size, y - 0.35 * size, 0.25 * size, 0.14 * size), 255)
    else:
        pelt.patch(nose, pelt.sheet.number("hide"), share=0.8)


def _mouth(pelt: Pelt, x: float, y: float, r: float, laid: np.ndarray) -> None:
    rng = pelt.rng
    low, wide = y + 0.2 * r, rng.uniform(0.18, 0.34) * r
    chance = rng.random()
    if chance < 0.3:
        deep = rng.uniform(0.15, 0.5) * r
        lower = [(x + across * wide, low + down * deep) for across, down in ((0.6, 0.8), (0, 1), (-0.6, 0.8))]
        jaws = curve([(x - wide, low), (x, low - 0.06 * r), (x + wide, low), *lower])
        inside = pelt.patch(jaws, pelt.sheet.number("mouth"), laid, share=1.0)
        if rng.random() < 0.6:
            pelt.patch(oval(x, low + deep, 0.6 * wide, 0.5 * deep), pelt.sheet.number("tongue"), inside, share=0.5)
        if rng.random() < 0.4:
            for side in (-0.6, 0.6):
                fang = np.array(
                    [
                        (x + side * wide - 0.05 * r, low - 0.01 * r),
                        (x + side * wide + 0.05 * r, low),
                        (x + side * wide, low + 0.14 * r),
                    ]
                )
                pelt.patch(fang, pelt.sheet.number("teeth"), inside, share=0.5)
    elif chance < 0.85:
        pelt.stroke([(x, y + 0.05 * r), (x, low - 0.04 * r)], 0.8, laid)
        for side in (-1, 1):
            pelt.stroke(
                curve(
                    [(x, low - 0.04 * r), (x + 0.5 * side * wide, low + 0.07 * r), (x + side * wide, low)], closed=False
                ),
                1.0,
                laid,
            )
    else:
        bend = rng.choice([-0.1, 0.1]) * r
        pelt.stroke(curve([(x - wide, low + bend), (x, low), (x + wide, low + bend)], closed=False), 1.0, laid)


def _whiskers(pelt: Pelt, x: float, y: float, r: float, wide: float) -> None:
    rng = pelt.rng
    count, long = int(rng.integers(2, 4)), rng.uniform(0.5, 1.0) * r
    for side in (-1, 1):
        for number in range(count):
            rise = (number - (count - 1) / 2) * 0.14
            root = (x + side * rng.uniform(0.38, 0.5) * wide * r, y + rise * r)
            tip = (root[0] + side * long, root[1] + (2 * rise + rng.normal(0, 0.08)) * r)
            pelt.stroke(
                curve([root, (0.5 * (root[0] + tip[0]), 0.5 * (root[1] + tip[1]) - 0.04 * r), tip], closed=False), 0.6
            )
