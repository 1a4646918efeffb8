"""Draw four greyscale manga-like pages of our own, the same ones for the same seed.

    python examples/draw_pages.py --out examples/pages --seed 0

The pages show what a colouriser meets in print: ink lines of changing weight, solid blacks, dot screentone, hatching,
speech balloons with lettering, faces, clothes, sky, sea, trees, houses, a wooden room and a cat.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from pen import BLACK, WHITE, Array, Canvas, Mask, Points, ellipse, ribbon, shifted, spline

# ------------------------------------------------------------------------------------------------------------- people
# A head is drawn in units of its own: the eyes lie on y = 0, the chin at y = 100, the crown at about y = -120.


@dataclass(frozen=True)
class Person:
    """What makes a figure somebody: hair ("black", "white" or "tone"), its cut, and clothes."""

    hair: str
    cut: str
    clothes: str
    boy: bool = False
    tone_period: float = 5.0
    tone_share: float = 0.3


@dataclass(frozen=True)
class Pose:
    """How a head is held and what it feels. `turn` runs from 0 (towards us) to 1 (three quarters to the right)."""

    turn: float = 0.0
    mood: str = "calm"
    gaze: tuple[float, float] = (0.0, 0.0)
    wind: float = 0.0


def mix(front: Points, turned: Points, turn: float) -> Array:
    """Interpolate between the points of a front view and of a three-quarter view."""
    return np.asarray(front, dtype=float) * (1 - turn) + np.asarray(turned, dtype=float) * turn


def around_head(points: Points, turn: float, radius: float = 90.0) -> Array:
    """Place points given as (degrees around the head, y) on the skull as it is seen after turning."""
    out = []
    for degrees, y in points:
        reach = radius * math.sqrt(max(0.05, 1 - ((y + 28) / (radius + 3)) ** 2)) if y < -28 else radius
        out.append((-12 * turn + reach * math.sin(math.radians(degrees + 32 * turn)), y))
    return np.array(out)


def draw_eye(c: Canvas, x: float, y: float, w: float, h: float, side: int, boy: bool, pose: Pose) -> None:
    """Draw one eye; `side` is -1 for the one on the left of the page, +1 for the one on the right."""

    def at(points: Points) -> Array:
        p = np.asarray(points, dtype=float)
        return np.stack([x + side * p[:, 0] * w / 2, y + p[:, 1] * h / 2], axis=1)

    if pose.mood == "smile":  # closed, an arch
        c.stroke(at([(-1, 0.45), (-0.6, -0.15), (0, -0.4), (0.6, -0.15), (1.05, 0.5)]), 6.5, (0.4, 0.9, 1, 0.9, 0.4))
        for u in (0.75, 0.98):
            c.stroke(at([(u, 0.1 + u * 0.2), (u + 0.26, 0.2 + u * 0.2)]), 3, "out")
        c.stroke(at([(-0.6, -0.75), (0, -0.95), (0.7, -0.65)]), 1.5, "both")
        return
    lift = 1.12 if pose.mood in ("shout", "surprise") else 1.0
    upper = [(-1, 0.3), (-0.72, -0.45 * lift), (-0.1, -0.92 * lift), (0.55, -0.8 * lift), (1.0, -0.1)]
    lower = [(0.9, 0.42), (0.45, 0.92), (-0.2, 0.97), (-0.7, 0.78), (-0.93, 0.45)]
    if boy:
        upper = [(-1, 0.25), (-0.6, -0.5 * lift), (0.1, -0.78 * lift), (0.7, -0.55 * lift), (1.05, 0.0)]
        lower = [(0.85, 0.5), (0.4, 0.85), (-0.2, 0.88), (-0.7, 0.6), (-0.95, 0.4)]
    opening = c.area(np.vstack([spline(at(upper), spacing=1), spline(at(lower), spacing=1)]))
    c.paint(opening, WHITE)
    gx, gy = x + pose.gaze[0] * w * 0.16 + side * 0.02 * w, y + pose.gaze[1] * h * 0.12 + 0.02 * h
    rx, ry = (0.29 * w, 0.5 * h) if not boy else (0.25 * w, 0.46 * h)
    if pose.mood in ("shout", "surprise"):
        rx, ry = rx * 0.86, ry * 0.86
    with c.inside(opening):
        iris = ellipse(gx, gy, rx, ry)
        c.fill(iris, WHITE)
        mask = c.area(iris)
        top = c.page([(gx, gy - ry)])[0]
        bottom = c.page([(gx, gy + ry)])[0]
        if c.unit > 0.6:
            c.tone(mask, 3.6, lambda px, py: 0.95 - 0.85 * (py - top[1]) / (bottom[1] - top[1]), 45)
            for turn in np.radians(np.linspace(15, 165, 13)):
                start = (gx + rx * 0.93 * math.cos(turn), gy + ry * 0.93 * math.sin(turn))
                end = (gx + rx * 0.55 * math.cos(turn), gy + ry * 0.5 * math.sin(turn))
                c.stroke([start, end], 1.4, "out")
        c.fill(ellipse(gx, gy - 0.62 * ry, rx * 0.98, ry * 0.55))  # the shadow of the lid
        c.fill(ellipse(gx, gy - 0.05 * ry, rx * 0.5, ry * 0.48))  # pupil
        c.loop(iris, 2.6)
        c.tone(opening & shifted(~opening, 0, 0.16 * h * c.unit) & ~mask, 3.6, 0.35)  # shadow on the white
        c.fill(ellipse(gx - 0.36 * rx, gy - 0.42 * ry, rx * 0.36, ry * 0.27), WHITE)
        c.fill(ellipse(gx + 0.42 * rx, gy + 0.42 * ry, rx * 0.2, ry * 0.15), WHITE)
    if boy:
        c.stroke(at(upper), 4.6, (0.35, 0.8, 1.0, 1.0, 0.5))
        c.stroke(at([(1.0, -0.05), (1.2, 0.1)]), 2.6, "out")
        c.stroke(at([(0.8, 0.55), (0.4, 0.85), (-0.15, 0.9)]), 1.8, (0.4, 1.0, 0.2))
        c.stroke(at([(-0.6, -0.85), (0.1, -1.15 * lift), (0.85, -0.85)]), 1.3, "both")
    else:
        c.stroke(at(upper), 7.5, (0.3, 0.75, 0.95, 1.0, 0.7))
        for u, v, du, dv in ((1.0, -0.12, 0.3, -0.12), (0.9, -0.35, 0.32, -0.28), (0.72, -0.62, 0.26, -0.34)):
            c.stroke(at([(u - 0.1, v + 0.05), (u + du * 0.6, v + dv * 0.35), (u + du, v + dv)]), 3.6, "out")
        c.stroke(at([(0.92, 0.4), (0.5, 0.9), (0.0, 0.98)]), 2.2, (0.5, 1.0, 0.1))
        c.stroke(at([(0.82, 0.58), (1.0, 0.72)]), 1.6, "out")
        c.stroke(at([(-0.8, -0.78), (-0.1, -1.27 * lift), (0.6, -1.15 * lift), (0.95, -0.85)]), 1.5, "both")


def draw_brow(c: Canvas, x: float, y: float, w: float, side: int, boy: bool, mood: str) -> None:
    """Draw an eyebrow over the eye at (x, y)."""
    slope = {"shout": 0.30, "sad": -0.3, "surprise": -0.12, "firm": 0.24}.get(mood, 0.0)
    points = [(-0.55, 6 + slope * 22), (-0.1, -1), (0.35, -3 - slope * 6), (0.68, 3 - slope * 18)]
    line = [(x + side * u * w, y + v) for u, v in points]
    c.stroke(line, 5.0 if boy else 3.0, (0.7, 1.0, 0.8, 0.15))


def draw_mouth(c: Canvas, x: float, y: float, mood: str, turn: float) -> None:
    """Draw the mouth for a mood."""
    w = 1 - 0.25 * turn
    if mood in ("shout", "smile", "glad", "surprise"):
        if mood == "shout":
            outline = [(-23, -8), (-8, -15), (10, -14), (25, -9), (21, 10), (8, 22), (-7, 22), (-19, 10)]
        elif mood in ("smile", "glad"):
            outline = [(-21, -7), (-8, -4), (8, -4), (21, -7), (14, 8), (0, 15), (-14, 8)]
        else:
            outline = [(-8, -4), (0, -8), (8, -4), (9, 5), (0, 11), (-9, 5)]
        p = [(x + u * w, y + v) for u, v in outline]
        inner = c.area(p, curve=True)
        c.paint(inner, BLACK)
        with c.inside(inner):
            if mood != "surprise":
                c.fill(ellipse(x, y + (22 if mood == "shout" else 14), 14 * w, 11), WHITE)  # tongue
                tongue = c.area(ellipse(x, y + (22 if mood == "shout" else 14), 14 * w, 11))
                c.tone(inner & tongue, 4, 0.25)
                top = -15 if mood == "shout" else -6
                c.fill(
                    [(x - 24, y + top - 4), (x + 26, y + top - 4), (x + 20, y + top + 6), (x - 18, y + top + 6)], WHITE
                )
        c.loop(p, 2.2)
        return
    bend = {"sad": -3.0, "firm": -1.0}.get(mood, 3.0)
    c.stroke(
        [
            (x - 15 * w, y - bend * 0.5),
            (x - 4 * w, y + bend * 0.5),
            (x + 5 * w, y + bend * 0.4),
            (x + 15 * w, y - bend * 0.6),
        ],
        2.6,
        (0.6, 0.9, 0.5, 0.9, 0.5),
    )
    c.stroke([(x - 6 * w, y + 11), (x + 6 * w, y + 11)], 1.3, "both")


FACE_FRONT = [
    (-71, -50),
    (-72, -25),
    (-71, 0),
    (-67, 32),
    (-55, 62),
    (-31, 88),
    (-9, 100),
    (9, 100),
    (31, 88),
    (55, 62),
    (67, 32),
    (71, 0),
    (72, -25),
    (71, -50),
]
FACE_TURNED = [
    (-60, -50),
    (-62, -25),
    (-62, 0),
    (-59, 34),
    (-46, 64),
    (-16, 90),
    (12, 102),
    (26, 101),
    (41, 88),
    (53, 66),
    (63, 36),
    (60, 8),
    (66, -20),
    (66, -50),
]


def draw_face(c: Canvas, person: Person, pose: Pose) -> Mask:
    """Draw ears, the contour of the face and its features; return the area of the face."""
    turn = pose.turn
    for side in (-1, 1):
        if side == 1 and turn > 0.4:
            continue
        ex = side * 72 + (16 * turn if side == -1 else 0)
        ear = [
            (ex - side * 6, -16),
            (ex + side * 9, -20),
            (ex + side * 15, -4),
            (ex + side * 10, 20),
            (ex + side * 2, 34),
            (ex - side * 6, 30),
        ]
        c.shape(ear, 2.4)
        c.stroke([(ex + side * 2, -10), (ex + side * 9, -8), (ex + side * 5, 8), (ex + side * 1, 16)], 1.6, "out")
    outline = mix(FACE_FRONT, FACE_TURNED, turn)
    short = 1.0 if person.boy else 0.92  # girls have the rounder face
    outline[:, 1] = np.where(outline[:, 1] > 0, outline[:, 1] * short, outline[:, 1])
    if person.boy:
        outline[4:10, 1] += 6
        outline[6:8, 0] += (-4, 4)
    contour = spline(outline, spacing=2)
    c.fill(contour, WHITE)
    face = c.area(contour)
    c.stroke(contour[12:-12], 3.4, (0.4, 0.7, 0.9, 1.15, 0.9, 1.1, 0.9, 1.15, 0.9, 0.7, 0.4), curve=False)
    eyes = mix([(-35, 4, 51, 53), (35, 4, 51, 53)], [(-17, 4, 50, 53), (43, 4, 34, 52)], turn)
    if person.boy:
        eyes[:, 2:] *= (0.92, 0.66)
    for side, (x, y, w, h) in zip((-1, 1), eyes, strict=True):
        draw_eye(c, x, y, w, h, side, person.boy, pose)
        draw_brow(c, x, y - h * 0.5 - (15 if not person.boy else 12), w, side, person.boy, pose.mood)
    nx, ny = mix([(1, 48)], [(36, 46)], turn)[0] * (1, short)
    if turn > 0.4:
        c.stroke([(nx - 4, ny - 20), (nx + 4, ny - 4), (nx + 6, ny), (nx - 1, ny + 5)], 2.0, (0.1, 0.5, 1.0, 0.5))
    else:
        c.stroke([(nx + 1, ny - 9), (nx + 5, ny), (nx - 1, ny + 4)], 2.2, (0.2, 1.0, 0.6))
    mx, my = mix([(0, 72)], [(27, 72)], turn)[0] * (1, short)
    draw_mouth(c, mx, my, pose.mood, turn)
    if not person.boy and pose.mood in ("smile", "glad", "calm", "surprise"):  # a blush in pen
        for side, (x, y, w, _) in zip((-1, 1), eyes, strict=True):
            for k in range(4):
                px = x + side * w * 0.18 + (k - 1.5) * 5.5
                c.stroke([(px + 2.5, y + 29), (px - 2.5, y + 39)], 1.1, "both")
    return face


# Locks of the fringe and the sides: (degrees around the head, y) from root to tip, and the greatest width.
Lock = tuple[list[tuple[float, float]], float]
CUTS: dict[str, list[Lock]] = {
    "bob": [
        ([(-50, -100), (-64, -60), (-75, 0), (-73, 60), (-62, 92)], 36),
        ([(50, -100), (64, -60), (75, 0), (73, 60), (62, 92)], 36),
        ([(-42, -105), (-64, -70), (-66, -10), (-58, 52)], 30),
        ([(42, -105), (64, -70), (66, -10), (58, 52)], 30),
        ([(-30, -107), (-52, -80), (-54, -40), (-44, -6)], 36),
        ([(34, -107), (52, -80), (54, -40), (47, -4)], 36),
        ([(-22, -108), (-36, -85), (-36, -48), (-27, -17)], 36),
        ([(22, -108), (36, -85), (37, -48), (30, -19)], 36),
        ([(-8, -109), (-18, -85), (-18, -50), (-10, -14)], 36),
        ([(10, -109), (18, -85), (19, -50), (14, -20)], 34),
        ([(0, -109), (0, -85), (2, -50), (3, -4)], 26),
    ],
    "long": [
        ([(-52, -100), (-64, -60), (-76, 20), (-80, 110), (-84, 200), (-72, 262)], 40),
        ([(52, -100), (64, -60), (76, 20), (80, 110), (84, 200), (74, 250)], 40),
        ([(-45, -105), (-68, -70), (-70, 0), (-62, 80), (-66, 140)], 28),
        ([(45, -105), (68, -70), (70, 0), (62, 80), (66, 130)], 28),
        ([(8, -109), (40, -88), (56, -50), (60, -2)], 36),
        ([(4, -109), (26, -92), (42, -55), (44, -10)], 36),
        ([(0, -109), (12, -92), (24, -58), (27, -22)], 34),
        ([(-12, -109), (-44, -88), (-58, -50), (-62, 4)], 38),
        ([(-8, -109), (-30, -92), (-46, -55), (-44, -8)], 38),
        ([(-4, -109), (-14, -92), (-26, -58), (-22, -20)], 36),
        ([(-2, -109), (0, -92), (-8, -60), (-4, -14)], 30),
    ],
    "short": [
        ([(-50, -101), (-82, -60), (-84, -20), (-76, 22)], 34),
        ([(50, -101), (82, -60), (84, -20), (76, 20)], 34),
        ([(-30, -107), (-58, -80), (-68, -40), (-58, 0)], 38),
        ([(30, -107), (58, -80), (68, -40), (60, -4)], 38),
        ([(10, -111), (34, -92), (50, -60), (54, -16)], 36),
        ([(0, -113), (20, -94), (34, -62), (32, -20)], 36),
        ([(-18, -111), (-36, -92), (-48, -60), (-36, -12)], 36),
        ([(-10, -113), (-18, -94), (-26, -60), (-12, -16)], 36),
        ([(-4, -113), (2, -94), (4, -60), (14, -24)], 32),
    ],
}


LOCK = (0.5, 0.85, 1.0, 0.95, 0.75, 0.45, 0.02)


def draw_lock(c: Canvas, spine: Points, width: float, hair: str, into: Mask, widths: Sequence[float] = LOCK) -> None:
    """Draw one lock of hair: filled, edged with tapering lines, with a few strands inside."""
    left, right = ribbon(spline(spine, spacing=2), [width * f for f in widths])
    outline = np.vstack([left, right[::-1]])
    c.fill(outline, BLACK if hair == "black" else WHITE)
    c.area(outline, into=into)
    ink = WHITE if hair == "black" else BLACK
    skip = len(left) // 6
    edges = [left[skip:], right[skip:]] if hair != "black" else [left[skip * 2 : -skip // 2]]
    for edge in edges:
        c.stroke(edge, 2.6 if ink == BLACK else 1.3, (0.15, 0.7, 0.9, 1.0, 0.9), ink, curve=False)
    middle = (left + right) / 2
    for share in c.rng.uniform(-0.3, 0.3, 2):
        start, end = c.rng.integers(len(left) // 3, len(left) // 2), c.rng.integers(len(left) * 3 // 4, len(left))
        strand = (middle + (right - middle) * share * 2)[start:end]
        if len(strand) > 4:
            c.stroke(strand, 1.2, "both", ink, curve=False)


def draw_shine(c: Canvas, hair: str, mask: Mask, turn: float) -> Mask:
    """Return the bright ring on the hair, ragged along its edges; on black hair it is left as white dashes."""
    upper, lower = [], []
    for degrees in np.arange(-66, 67, 4.0):
        base = -82 + 0.004 * degrees**2
        upper.append((degrees, base - c.rng.uniform(0, 9)))
        upper.append((degrees + 2, base + c.rng.uniform(0, 4)))
        lower.append((degrees, base + 12 + c.rng.uniform(0, 12)))
        lower.append((degrees + 2, base + 8))
    ring = around_head(upper + lower[::-1], turn)
    area = c.area(ring) & mask
    if hair == "black":
        for degrees in (*np.arange(-58, -8, 6.0), *np.arange(14, 60, 7.5)):
            y = -84 + 0.004 * degrees**2 + c.rng.uniform(-5, 3)
            line = around_head(
                [(degrees * 0.94, y), (degrees, y + 12), (degrees * 1.04, y + c.rng.uniform(18, 30))], turn
            )
            with c.inside(mask):
                c.stroke(line, c.rng.uniform(2.0, 5.0), "both", WHITE)
    return area


def draw_back_hair(c: Canvas, person: Person, pose: Pose, into: Mask) -> None:
    """Draw the hair behind neck and shoulders."""
    cx, ink = -12 * pose.turn, BLACK if person.hair == "black" else WHITE
    wind = pose.wind
    if person.cut == "short":
        for degrees in (
            152,
            388,
            170,
            370,
            188,
            352,
            206,
            334,
            224,
            316,
            243,
            297,
            262,
            279,
        ):  # spikes around the skull
            side = -1 if degrees < 270 else 1
            reach = 106 + 20 * max(0.0, -math.sin(math.radians(degrees))) + c.rng.uniform(-9, 9)
            spine = []
            for share, sweep in ((0.4, -3), (0.7, 0), (0.88, 4), (1.0, 10)):
                turn = math.radians(degrees + side * sweep)
                spine.append((cx + share * reach * math.cos(turn), -28 + share * reach * math.sin(turn)))
            draw_lock(c, spine, 46, person.hair, into, (0.8, 1.0, 0.86, 0.6, 0.3, 0.02))
        c.fill(ellipse(cx, -28, 88, 90), ink)
        c.area(ellipse(cx, -28, 88, 90), into=into)
        nape = [(cx - 72, -10), (cx - 64, 44), (cx - 46, 78), (cx + 46, 78), (cx + 64, 44), (cx + 72, -10)]
        c.shape(nape, 2.6, ink)
        c.area(nape, curve=True, into=into)
        return
    if person.cut == "bob":
        outline = [
            (cx - 60, -95),
            (cx - 92, -40),
            (cx - 99, 30),
            (cx - 96, 88),
            (cx - 70, 112),
            (cx, 100),
            (cx + 70, 112),
            (cx + 96, 88),
            (cx + 99, 30),
            (cx + 92, -40),
            (cx + 60, -95),
            (cx, -120),
        ]
        c.shape(outline, 3.0, ink)
        c.area(outline, curve=True, into=into)
        for x in np.linspace(-78, 78, 13):
            c.stroke([(cx + x * 1.05, 40), (cx + x, 80), (cx + x * 0.92, 108)], 1.6, "both", WHITE - ink)
        return
    outline = [
        (cx - 60, -95),
        (cx - 94, -40),
        (cx - 102, 60),
        (cx - 104 - 50 * wind, 180),
        (cx - 112 - 140 * wind, 300),
        (cx - 60 - 90 * wind, 345),
        (cx, 320),
        (cx + 70 - 60 * wind, 350),
        (cx + 112 - 20 * wind, 290),
        (cx + 104, 170),
        (cx + 100, 40),
        (cx + 92, -40),
        (cx + 60, -95),
        (cx, -120),
    ]
    c.shape(outline, 3.0, ink)
    c.area(outline, curve=True, into=into)
    for k in range(16):
        x = -100 + 200 * k / 15
        drift = -110 * wind * (1 - k / 22)
        line = [
            (cx + x * 0.9, 30),
            (cx + x * 0.98 + drift * 0.2, 130),
            (cx + x + drift * 0.6, 220),
            (cx + x * 1.02 + drift, 290 + c.rng.uniform(-20, 40)),
        ]
        c.stroke(line, 1.8, "both", WHITE - ink)


def draw_front_hair(c: Canvas, person: Person, pose: Pose, into: Mask) -> None:
    """Draw the cap of the skull, the fringe and the sides."""
    cx, ink = -12 * pose.turn, BLACK if person.hair == "black" else WHITE
    cap = np.vstack(
        [ellipse(cx, -28, 92, 94, 180, 360), [(cx + 80, -50), (cx + 40, -84), (cx - 40, -84), (cx - 80, -50)]]
    )
    c.fill(cap, ink)
    c.area(cap, into=into)
    for spine, width in CUTS[person.cut]:
        if pose.turn > 0.4 and spine[-1][0] > 55 and spine[-1][1] > 20 and spine[-1][0] < 72:
            continue  # on the far side it would hide the eye
        line = around_head(spine, pose.turn)
        line[:, 0] -= pose.wind * np.linspace(0, 1, len(line)) ** 2 * (14 + 0.12 * np.maximum(line[:, 1], 0))
        draw_lock(c, line, width, person.hair, into)
    if person.cut != "short":
        c.stroke(ellipse(cx, -28, 92, 94, 186, 354 - 56 * pose.turn), 3.4, "ends")


def draw_neck(c: Canvas, person: Person, pose: Pose) -> None:
    """Draw neck and collar bones; the clothes come over them."""
    nx, w = -14 * pose.turn, 31 if person.boy else 26
    neck = [
        (nx - w, 60),
        (nx - w, 112),
        (nx - w - 8, 132),
        (nx - w - 50, 152),
        (nx - 60, 220),
        (nx + 60, 220),
        (nx + w + 50, 152),
        (nx + w + 8, 132),
        (nx + w, 112),
        (nx + w, 60),
    ]
    c.fill(neck, WHITE)
    for side in (-1, 1):
        c.stroke(
            [(nx + side * w, 70), (nx + side * w, 112), (nx + side * (w + 8), 132), (nx + side * (w + 46), 150)], 2.6
        )
        c.stroke([(nx + side * 6, 160), (nx + side * 24, 154), (nx + side * 48, 156)], 1.6, "both")
    chin = mix([(0, 92)], [(12, 92)], pose.turn)[0]
    shadow = c.area([(nx - w, 70), (nx - w + 2, 118), (chin[0], 128), (nx + w - 2, 112), (nx + w, 70)])
    c.tone(shadow, 5, 0.34)


def torso_outline(wide: float) -> Array:
    """Return the outline of shoulders, upper arms and chest."""
    half = spline(
        [
            (-34, 132),
            (-72 * wide, 148),
            (-104 * wide, 164),
            (-124 * wide, 196),
            (-134 * wide, 270),
            (-140 * wide, 360),
            (-142 * wide, 520),
        ]
    )
    return np.vstack([half, half[::-1] * (-1, 1)])


def draw_body(c: Canvas, person: Person, pose: Pose) -> None:
    """Draw shoulders and chest in the clothes of the person, down to y = 520."""
    with c.placed(-14 * pose.turn, 0):
        wide = 1.16 if person.boy else 1.0
        torso = torso_outline(wide)
        {"sailor": draw_sailor, "uniform": draw_uniform, "hoodie": draw_hoodie, "kimono": draw_kimono}[person.clothes](
            c, torso, wide
        )


def sleeves(c: Canvas, wide: float, ink: int = BLACK) -> None:
    """Draw the lines between arms and chest and the folds that start there."""
    for side in (-1, 1):
        c.stroke(
            [(side * 90 * wide, 226), (side * 95 * wide, 280), (side * 93 * wide, 380), (side * 96 * wide, 520)],
            2.6,
            "in",
            ink,
        )
        for dx, dy, length in ((-26, 8, 44), (-32, 30, 34), (18, 14, 26), (12, 40, 34)):
            x, y = side * 92 * wide, 232 + dy
            c.stroke([(x, y), (x + side * dx * 0.5, y + length * 0.3), (x + side * dx, y + length)], 1.8, "out", ink)


def draw_sailor(c: Canvas, torso: Array, wide: float) -> None:
    """Draw a school blouse with a sailor collar and a scarf."""
    outline = torso
    c.fill(outline, WHITE)
    c.stroke(outline, 3.0, curve=False)
    sleeves(c, wide)
    blouse = c.area(outline)
    shade = c.area([(-150, 230), (-120, 230), (-114, 520), (-150, 520)])
    shade |= c.area([(58, 330), (92, 250), (92, 520), (70, 520)])
    c.tone(blouse & shade, 6, 0.14)
    collar = c.empty()
    for side in (-1, 1):
        flap = np.vstack(
            [
                spline([(side * 30, 122), (side * 22, 165), (0, 228)]),
                spline([(0, 246), (side * 60, 226), (side * 100, 176), (side * 92, 155)]),
                spline([(side * 92, 155), (side * 60, 144), (side * 30, 122)]),
            ]
        )
        c.fill(flap, WHITE)
        c.area(flap, into=collar)
    c.tone(collar, 5, 0.62)
    for side in (-1, 1):
        for inset, width in ((9, 3.4), (17, 3.4)):
            line = [
                (side * (6), 240 - inset),
                (side * (58 - inset * 0.6), 224 - inset),
                (side * (100 - inset), 176 - inset * 0.2),
                (side * (92 - inset), 153),
            ]
            c.stroke(line, width, "none", WHITE)
        c.stroke([(side * 30, 122), (side * 22, 165), (0, 228)], 2.8)
        c.stroke([(0, 246), (side * 60, 226), (side * 100, 176), (side * 92, 155)], 2.8)
    c.stroke([(-17, 178), (0, 181), (17, 178)], 1.8)
    for side in (-1, 1):  # scarf
        tail = [(0, 236), (side * 22, 252), (side * 40, 320), (side * 34, 332), (side * 16, 318), (0, 262)]
        c.shape(tail, 2.6)
        c.tone(c.area(tail, curve=True), 7, 0.3)
        c.stroke([(side * 6, 258), (side * 20, 285), (side * 28, 318)], 1.6, "both")
    c.shape([(-13, 228), (13, 228), (15, 250), (0, 258), (-15, 250)], 2.6)


def draw_uniform(c: Canvas, torso: Array, wide: float) -> None:
    """Draw a black school jacket with a stand-up collar and bright buttons."""
    outline = torso
    c.fill(outline, BLACK)
    sleeves(c, wide, WHITE)
    for side in (-1, 1):
        c.stroke([(side * 44, 146), (side * 76 * wide, 158), (side * 108 * wide, 176)], 2.6, "both", WHITE)
        c.stroke([(side * 116 * wide, 205), (side * 124 * wide, 270), (side * 130 * wide, 400)], 4.0, "both", WHITE)
        c.stroke([(side * 60, 300), (side * 68, 350), (side * 66, 420)], 2.0, "in", WHITE)
        collar = [(side * 44, 106), (side * 48, 142), (side * 3, 166), (side * 2, 138)]
        c.fill(collar, BLACK)
        c.stroke([(side * 48, 142), (side * 26, 157), (side * 3, 166)], 2.0, "none", WHITE)
        c.stroke([(side * 43, 108), (side * 24, 126), (side * 3, 139)], 3.6, "none", WHITE)
        c.fill(ellipse(side * 26, 143, 5, 5), WHITE)
    c.stroke([(0, 140), (1, 420)], 2.0, "none", WHITE)
    for y in (188, 244, 300, 356, 412):
        c.fill(ellipse(-9, y, 9.5, 9.5), WHITE)
        c.loop(ellipse(-9, y, 6, 6), 1.6)


def draw_hoodie(c: Canvas, torso: Array, wide: float) -> None:
    """Draw a hooded sweater in screentone."""
    outline = torso
    c.fill(outline, WHITE)
    c.tone(c.area(outline), 6, 0.16, 30)
    c.stroke(outline, 3.2, curve=False)
    sleeves(c, wide)
    folds = c.area([(-108, 280), (-80, 520), (-108, 520)]) | c.area([(110, 260), (80, 520), (112, 520)])
    c.tone(folds, 5, 0.5)
    for side in (-1, 1):
        hood = [
            (side * 30, 92),
            (side * 62, 100),
            (side * 96, 132),
            (side * 88, 172),
            (side * 40, 204),
            (side * 2, 214),
            (side * 4, 188),
            (side * 34, 158),
        ]
        c.shape(hood, 3.0)
        mask = c.area(hood, curve=True)
        c.tone(mask, 6, 0.16, 30)
        c.tone(mask & shifted(~mask, -6 * c.unit, -10 * c.unit), 5, 0.5)
        for k in range(4):
            c.stroke([(side * (40 + 9 * k), 190 - 9 * k), (side * (48 + 10 * k), 168 - 6 * k)], 1.5, "out")
        c.stroke([(side * 20, 200), (side * 26, 240), (side * 18, 292)], 4.2, "none")
        c.stroke([(side * 20, 200), (side * 26, 240), (side * 18, 292)], 2.2, "none", WHITE)
        c.fill([(side * 18 - 4, 288), (side * 18 + 4, 288), (side * 18 + 3, 306), (side * 18 - 3, 306)])


def draw_kimono(c: Canvas, torso: Array, wide: float) -> None:
    """Draw a kimono with crossing collars and small flowers."""
    outline = torso
    c.fill(outline, WHITE)
    cloth = c.area(outline)
    c.tone(cloth, 7, 0.36)
    with c.inside(cloth):
        for row in range(5):
            for column in range(-3, 4):
                draw_flower(c, column * 58 + (row % 2) * 29 + c.rng.uniform(-6, 6), 196 + row * 52, 11)
    c.stroke(outline, 3.2, curve=False)
    sleeves(c, wide)
    c.fill([(-44, 126), (44, 126), (0, 232)], WHITE)
    for side in (-1, 1):  # the last one lies on top
        for inset, band, share in ((0, 20, 0.0), (17, 30, 0.62)):
            inner = spline(
                [
                    (side * (28 + inset), 112 + inset * 0.5),
                    (side * (30 + inset), 150),
                    (-side * 12, 238 + inset * 1.5),
                    (-side * 58, 322 + inset),
                ],
                spacing=2,
            )
            outer = inner + np.array([side * band * 0.85, band * 0.5])
            edge = np.vstack([inner, outer[::-1]])
            c.fill(edge, WHITE)
            if share:
                c.tone(c.area(edge), 5, share)
            c.stroke(inner, 2.4, "none", curve=False)
            c.stroke(outer, 2.4, "none", curve=False)
            c.stroke([inner[0], outer[0]], 2.4, "none", curve=False)
    sash = [(-93, 322), (93, 322), (95, 424), (-95, 424)]
    c.fill(sash, BLACK)
    for y in (352, 384):
        c.stroke([(-93, y), (0, y + 4), (93, y)], 2.0, "none", WHITE)


def draw_flower(c: Canvas, x: float, y: float, size: float) -> None:
    """Draw a small five-petalled flower."""
    turn = c.rng.uniform(0, 360)
    for k in range(5):
        a = math.radians(turn + 72 * k)
        c.fill(
            ellipse(x + size * 0.68 * math.cos(a), y + size * 0.68 * math.sin(a), size * 0.37, size * 0.37, count=14),
            WHITE,
        )
    c.fill(ellipse(x, y, size * 0.24, size * 0.24, count=10))


def draw_bust(
    c: Canvas, person: Person, pose: Pose, x: float, y: float, scale: float, flip: bool = False, angle: float = 0.0
) -> None:
    """Draw head and shoulders with the eyes at page point (x, y)."""
    with c.placed(x, y, scale, flip=flip, weight=min(2.3, max(0.42, scale**0.7))):
        back, front = c.empty(), c.empty()
        with c.placed(0, 60, angle=angle), c.placed(0, -60):
            draw_back_hair(c, person, pose, back)
        draw_neck(c, person, pose)
        draw_body(c, person, pose)
        with c.placed(0, 60, angle=angle), c.placed(0, -60):
            face = draw_face(c, person, pose)
            draw_front_hair(c, person, pose, front)
            shadow = shifted(front, 3 * c.unit, 13 * c.unit) & face & ~front
            c.tone(shadow, 5, 0.3)
            shine = draw_shine(c, person.hair, front, pose.turn)
            if person.hair == "tone":
                behind = back & ~front & ~face & ~torso_area(c, person, pose)
                c.tone(front & ~shine, person.tone_period, person.tone_share)
                c.tone(behind, person.tone_period, min(0.7, person.tone_share + 0.22))
            elif person.hair == "white":
                ends = front & shifted(~front, 5 * c.unit, -4 * c.unit)
                c.tone(ends, 6, 0.16)


def torso_area(c: Canvas, person: Person, pose: Pose) -> Mask:
    """Return the area that neck and clothes cover."""
    nx, wide = -14 * pose.turn, 1.16 if person.boy else 1.0
    outline = np.vstack([[(-25, 60), (-25, 112)], torso_outline(wide), [(25, 112), (25, 60)]])
    return c.area(outline + np.array([nx, 0]))


def draw_legs(c: Canvas) -> None:
    """Draw legs in dark socks and shoes below a skirt."""
    for side in (-1, 1):
        left, right = ribbon(
            [(side * 46, 600), (side * 42, 800), (side * 44, 880), (side * 38, 1060)], [66, 56, 46, 50, 34]
        )
        c.shape(np.vstack([left, right[::-1]]), 2.6, curve=False)
        left, right = ribbon([(side * 43, 880), (side * 44, 930), (side * 38, 1070)], [48, 52, 36])
        c.fill(np.vstack([left, right[::-1]]))
        c.shape([(side * 20, 1062), (side * 54, 1062), (side * 66, 1092), (side * 18, 1096)], 2.6, BLACK)
        c.stroke([(side * 24, 1076), (side * 56, 1074)], 2.0, "none", WHITE)


def draw_skirt(c: Canvas, wind: float = 0.0) -> None:
    """Draw a pleated skirt from the waist to above the knee."""
    hem_x = np.linspace(-142, 142, 13) - 60 * wind
    hem = [(x, 640 + (10 if k % 2 else 0) - abs(x) * 0.08 - 30 * wind * (x < -60)) for k, x in enumerate(hem_x)]
    waist = [(-86, 386), (86, 386)]
    outline = np.vstack([waist, [(112, 480)], hem[::-1], [(-112 - 16 * wind, 480)]])
    c.fill(outline, WHITE)
    mask = c.area(outline)
    c.tone(mask, 5, 0.5)
    for k, (x, y) in enumerate(hem):
        top = (-80 + 160 * k / 12, 396)
        c.stroke([top, ((x + top[0]) / 2 * 1.03, 520), (x, y)], 2.2, "in")
        if k % 2 and c.unit > 0.2:
            c.fill([(top[0] + 2, 420), (x, y), (x - 16, y - 6)])
    c.loop(outline, 2.8, curve=False)
    c.shape([(-87, 376), (87, 376), (88, 398), (-88, 398)], 2.4, curve=False)


def draw_robe(c: Canvas) -> None:
    """Draw the long lower part of a kimono, and sandals."""
    for side in (-1, 1):
        c.shape([(side * 14, 1058), (side * 62, 1058), (side * 70, 1090), (side * 12, 1094)], 2.6)
    outline = np.vstack(
        [
            [(-92, 410), (92, 410)],
            spline([(92, 410), (112, 600), (100, 1064)]),
            spline([(-96, 1064), (-112, 600), (-92, 410)]),
        ]
    )
    c.fill(outline, WHITE)
    mask = c.area(outline)
    c.tone(mask, 7, 0.36)
    with c.inside(mask):
        for row in range(10):
            for column in (-1, 0, 1):
                draw_flower(c, column * 76 + (row % 2) * 38, 460 + row * 62, 24)
    c.loop(outline, 2.8, curve=False)
    c.stroke([(30, 424), (44, 700), (26, 1064)], 3.0, "none")
    for x, y, reach in ((-60, 440, 160), (-30, 620, 220), (70, 470, 240), (-70, 760, 200)):
        c.stroke([(x, y), (x + 6, y + reach * 0.5), (x - 4, y + reach)], 2.2, "both")


def draw_standing(
    c: Canvas, person: Person, pose: Pose, x: float, feet: float, scale: float, behind: bool = False, flip: bool = False
) -> None:
    """Draw a whole figure standing with its feet at page point (x, feet)."""
    y = feet - 1094 * scale
    with c.placed(x, y, scale, flip=flip, weight=max(0.5, scale**0.45)):
        c.tone(c.area(ellipse(30, 1096, 150, 20)), 5, 0.5)
        if person.boy:
            for side in (-1, 1):
                left, right = ribbon([(side * 44, 480), (side * 48, 780), (side * 50, 1072)], [100, 84, 72])
                c.shape(
                    np.vstack([left, right[::-1]]),
                    2.8,
                    curve=False,
                    ink=BLACK if person.clothes == "uniform" else WHITE,
                )
                if person.clothes != "uniform":
                    c.tone(c.area(np.vstack([left, right[::-1]])), 5, 0.6)
                c.stroke([(side * 30, 540), (side * 40, 760), (side * 40, 1050)], 3.0, "both", WHITE)
                c.shape([(side * 18, 1062), (side * 70, 1062), (side * 86, 1096), (side * 16, 1098)], 2.6)
        elif person.clothes != "kimono":
            draw_legs(c)
        for side in (-1, 1):
            c.shape(ellipse(side * (128 if person.boy else 116), 534, 20, 32, count=16), 2.4)
    if behind:
        draw_from_behind(c, person, x, y, scale, pose.wind)
    else:
        draw_bust(c, person, pose, x, y, scale, flip)
    if not person.boy:
        with c.placed(x, y, scale, flip=flip, weight=max(0.5, scale**0.45)):
            if person.clothes == "kimono":
                draw_robe(c)
            else:
                draw_skirt(c, pose.wind)


def draw_from_behind(c: Canvas, person: Person, x: float, y: float, scale: float, wind: float) -> None:
    """Draw the upper body and the hair of a girl who looks away from us."""
    with c.placed(x, y, scale, weight=max(0.5, scale**0.45)):
        outline = torso_outline(1.0)
        c.shape([(-26, 60), (-26, 130), (26, 130), (26, 60)], 2.6, curve=False)
        c.fill(outline, WHITE)
        c.stroke(outline, 3.0, curve=False)
        sleeves(c, 1.0)
        c.tone(c.area([(30, 200), (90, 200), (90, 520), (50, 520)]), 6, 0.14)
        flap = [(-40, 122), (-92, 152), (-88, 262), (0, 268), (88, 262), (92, 152), (40, 122)]
        c.fill(flap, WHITE)
        c.tone(c.area(flap), 5, 0.62)
        c.stroke([(-80, 160), (-77, 250), (0, 256), (77, 250), (80, 160)], 3.2, "none", WHITE, curve=False)
        c.loop(flap, 2.8, curve=False)
        hair = c.empty()
        c.fill(ellipse(0, -28, 92, 94), WHITE)
        c.area(ellipse(0, -28, 92, 94), into=hair)
        tips = np.linspace(-88, 88, 9)
        for k in (0, 8, 1, 7, 2, 6, 3, 5, 4):
            tip = tips[k]
            blown = -wind * (70 + 10 * k)
            spine = [
                (tip * 0.45, -104),
                (tip * 0.95, -40),
                (tip * 1.0, 40),
                (tip * 0.95 + blown * 0.5, 92),
                (tip * 0.8 + blown, 124 - abs(blown) * 0.3),
            ]
            draw_lock(c, spine, 44, "tone", hair)
        c.stroke(ellipse(0, -28, 93, 95, 160, 380), 4.5)
        c.tone(hair & ~draw_shine(c, "tone", hair, 0), person.tone_period, person.tone_share + 0.1)


# ------------------------------------------------------------------------------------------------------------ scenery


def clump(c: Canvas, circles: Sequence[tuple[float, float, float]], width: float, ruffle: float = 0.0) -> Mask:
    """Fill the union of circles white and draw its outline as separate arcs, the way clouds and leaves are inked."""
    mask = c.empty()
    for x, y, r in circles:
        c.area(ellipse(x, y, r, r, count=32), into=mask)
    c.paint(mask, WHITE)
    table = np.array(circles)
    for x, y, r in circles:
        count = max(16, int(r * 1.2))
        ring = ellipse(x, y, r, r, count=count)
        distance = np.hypot(ring[:, None, 0] - table[None, :, 0], ring[:, None, 1] - table[None, :, 1])
        free = (distance >= table[None, :, 2] - 0.5 - 0.04 * r).all(axis=1)
        if ruffle:
            ring = ring + c.rng.normal(0, ruffle, ring.shape)
        start = int(np.argmin(free))  # begin where the ring is hidden, so that no arc is cut in two
        ring, free = np.roll(ring, -start, axis=0), np.roll(free, -start)
        run: list[Array] = []
        for point, seen in zip([*ring, ring[0]], [*free, False], strict=True):
            if seen:
                run.append(point)
                continue
            if len(run) > 3:
                c.stroke(np.array(run), width, "ends", curve=bool(ruffle))
            run = []
    return mask


def draw_cloud(c: Canvas, x: float, y: float, w: float, h: float) -> None:
    """Draw a heaped summer cloud whose flat base is centred on (x, y)."""
    circles = []
    for u in np.linspace(-1, 1, max(7, int(w / 34))):
        top = h * (1 - abs(u) ** 1.7) * c.rng.uniform(0.75, 1.0)
        size = h * (0.13 + 0.16 * (1 - abs(u))) * c.rng.uniform(0.8, 1.2)
        for level in np.linspace(0.0, 1.0, 4):
            circles.append(
                (x + u * w / 2 * (1 - 0.25 * level) + c.rng.normal(0, 4), y - level * max(0, top - size), size)
            )
    mask = clump(c, circles, 2.2)
    base, height = y, h
    c.tone(mask, 6, lambda px, py: 0.24 - 0.5 * (base + 0.1 * height - py) / height)
    for cx, cy, r in circles:
        if c.rng.random() < 0.55 and cy < y - h * 0.1:
            start = c.rng.uniform(170, 230)
            c.stroke(
                ellipse(cx, cy, r * 0.92, r * 0.92, start, start + c.rng.uniform(60, 110), 14), 1.4, "both", curve=False
            )


def draw_sea(c: Canvas, mask: Mask, horizon: float, bottom: float, width: float) -> None:
    """Draw water from the horizon down: tone, wave lines that widen towards us, and glitter."""
    c.paint(mask, WHITE)
    c.tone(mask, 5, lambda x, y: 0.52 - 0.45 * (y - horizon) / (bottom - horizon))
    with c.inside(mask):
        for depth in np.linspace(0.02, 1, 26) ** 1.6:
            y = horizon + depth * (bottom - horizon)
            for _ in range(int(9 - 5 * depth)):
                x, length = c.rng.uniform(0, width), c.rng.uniform(0.4, 1.0) * (26 + 150 * depth)
                ink = WHITE if c.rng.random() < 0.42 else BLACK
                rise = 1 + 5 * depth
                c.stroke(
                    [
                        (x - length / 2, y),
                        (x - length * 0.2, y - rise),
                        (x + length * 0.1, y + rise * 0.3),
                        (x + length * 0.3, y - rise * 0.7),
                        (x + length / 2, y),
                    ],
                    1.2 + 3.2 * depth,
                    "both",
                    ink,
                )
    c.stroke([(0, horizon), (width, horizon)], 1.8, "none", curve=False)


def draw_mountains(
    c: Canvas, x0: float, x1: float, base: float, peaks: Sequence[tuple[float, float]], share: float
) -> None:
    """Draw a ridge through the peaks, its shaded right-hand slopes in tone and pen, snow on the highest."""
    ridge = np.array([(x0, base - 30), *peaks, (x1, base - 30)], dtype=float)
    for level in range(5):
        middle = (ridge[1:] + ridge[:-1]) / 2
        middle[:, 1] += c.rng.normal(0, 15 / 1.7**level, len(middle))
        joined = np.empty((len(ridge) + len(middle), 2))
        joined[0::2], joined[1::2] = ridge, middle
        ridge = joined
    outline = np.vstack([ridge, [(x1, base), (x0, base)]])
    c.fill(outline, WHITE)
    mask = c.area(outline)
    high = ridge[:, 1].min()
    shade = c.empty()
    tall = base - high
    for px, py in peaks:
        spur = np.array(
            [
                (0, 0),
                (0.06, 0.16),
                (-0.02, 0.26),
                (0.1, 0.42),
                (0.02, 0.52),
                (0.16, 0.74),
                (0.12, 1.0),
                (0.95, 1.0),
                (0.8, 0.6),
            ]
        )
        c.area(spur * tall + (px, py), into=shade)
    c.tone(mask & ~shade, 5, lambda x, y: share * np.clip((y - high) / tall - 0.15, 0, 1))
    c.tone(mask & shade, 5, lambda x, y: share * 0.25 + 0.42 * np.clip(1.15 - (y - high) / tall, 0, 1))
    with c.inside(mask):
        for px, py in peaks:
            for _ in range(20):
                across, down = c.rng.uniform(0.0, 0.35), c.rng.uniform(0.0, 0.55)
                sx, sy, length = px + (across + down * 0.4) * tall, py + down * tall, c.rng.uniform(0.06, 0.24) * tall
                c.stroke(
                    [(sx, sy), (sx + length * 0.18, sy + length * 0.6), (sx + length * 0.5, sy + length)], 1.8, "out"
                )
            for _ in range(8):
                sx, sy, length = px - c.rng.uniform(0.02, 0.3) * tall, py + c.rng.uniform(0.25, 0.6) * tall, 0.12 * tall
                c.stroke(
                    [(sx, sy), (sx - length * 0.3, sy + length * 0.6), (sx - length * 0.8, sy + length)], 1.3, "out"
                )
    c.stroke(ridge, 2.6, (0.8, 1.2, 0.7, 1.1, 0.6, 1.2, 0.8), curve=False)


def draw_foliage(c: Canvas, x: float, y: float, r: float, share: float = 0.5) -> None:
    """Draw one round mass of leaves, light from the upper left."""
    circles = [(x, y, r * 0.72)]
    for turn in np.arange(0, math.tau, math.tau / 13):
        reach = r * c.rng.uniform(0.7, 0.86)
        circles.append((x + reach * math.cos(turn), y + reach * 0.85 * math.sin(turn), r * c.rng.uniform(0.17, 0.28)))
    mask = clump(c, circles, 2.2, ruffle=r * 0.012)
    c.tone(mask, 6, lambda px, py: 0.18 + share * np.clip(((px - x) * 0.5 + (py - y)) / r, -0.4, 1))
    for _ in range(int(2 + r * 0.34)):
        turn, reach = c.rng.uniform(0, math.tau), math.sqrt(c.rng.uniform(0.05, 0.95)) * r * 0.92
        cx, cy = x + reach * math.cos(turn), y + reach * 0.85 * math.sin(turn)
        lit = ((cx - x) * 0.5 + (cy - y)) / r
        size = c.rng.uniform(0.7, 1.2) * (4.5 + r * 0.05)
        for k in range(int(c.rng.integers(3, 6))):
            lx, ly = cx + c.rng.normal(0, size), cy + c.rng.normal(0, size * 0.6)
            way = c.rng.uniform(0.15, 0.85) * math.pi
            leaf = [(lx, ly), (lx + math.cos(way) * size, ly + math.sin(way) * size)]
            if lit > 0.15 or (lit > -0.25 and k % 2):
                c.stroke(leaf, size * 0.5, "both", curve=False)
            else:
                left, right = ribbon(np.linspace(leaf[0], leaf[1], 8), [0.1, size * 0.5, 0.1])
                c.stroke(left, 1.2, "both", curve=False)
                c.stroke(right, 1.2, "both", curve=False)


def draw_tree(c: Canvas, x: float, y: float, h: float, spread: float = 0.42) -> None:
    """Draw a broad tree that stands on (x, y)."""
    trunk = ribbon(
        [(x, y), (x - h * 0.015, y - h * 0.25), (x + h * 0.02, y - h * 0.6)],
        [h * 0.2, h * 0.1, h * 0.078, h * 0.07, h * 0.06, h * 0.03],
    )
    branches = [
        ribbon(
            [(x - h * 0.01, y - h * 0.3), (x - h * 0.1, y - h * 0.45), (x - h * 0.2, y - h * 0.55)],
            [h * 0.05, h * 0.03, h * 0.015],
        ),
        ribbon(
            [(x + h * 0.01, y - h * 0.33), (x + h * 0.1, y - h * 0.45), (x + h * 0.22, y - h * 0.52)],
            [h * 0.05, h * 0.03, h * 0.015],
        ),
    ]
    for left, right in (*branches, trunk):
        outline = np.vstack([left, right[::-1]])
        c.fill(outline, WHITE)
        bark = c.area(outline)
        c.tone(bark, 5, 0.3)
        c.stroke(left, 3.0, (1.0, 0.8, 1.0, 0.6), curve=False)
        c.stroke(right, 4.0, (1.0, 0.8, 1.0, 0.6), curve=False)
    left, right = trunk
    for share in np.linspace(0.15, 0.95, 9):
        line = left + (right - left) * share
        start = int(c.rng.integers(0, len(line) // 3))
        c.stroke(line[start : start + len(line) // 2], 1.2 + 2.0 * share, "both", curve=False)
    for u, v, size in (
        (-0.5, 0.56, 0.2),
        (0.55, 0.54, 0.2),
        (-0.85, 0.66, 0.17),
        (0.85, 0.64, 0.18),
        (-0.3, 0.7, 0.24),
        (0.35, 0.7, 0.24),
        (-0.62, 0.82, 0.19),
        (0.62, 0.82, 0.19),
        (0.0, 0.9, 0.24),
        (0.05, 0.62, 0.2),
    ):
        draw_foliage(c, x + u * h * spread + c.rng.normal(0, 3), y - v * h, size * h * (0.6 + spread))


def draw_grass(c: Canvas, x0: float, x1: float, y: float, height: float, count: int, depth: float = 0.0) -> None:
    """Draw tufts of grass whose roots lie between y and y + depth, bigger towards us."""
    for root in np.sort(c.rng.uniform(0, 1, count)):
        x, size = c.rng.uniform(x0, x1), height * c.rng.uniform(0.7, 1.1) * (0.45 + 0.55 * root)
        for fan in np.linspace(-1, 1, int(c.rng.integers(3, 7))):
            reach = size * (1 - 0.35 * abs(fan)) * c.rng.uniform(0.8, 1.15)
            lean, start, foot = (fan * 0.55 + 0.12) * size, x + fan * size * 0.22, y + root * depth
            spine = [(start, foot), (start + lean * 0.3, foot - reach * 0.6), (start + lean, foot - reach)]
            left, right = ribbon(spine, [size * 0.12, size * 0.1, 0.5])
            c.fill(np.vstack([left, right[::-1]]), WHITE)
            c.stroke(left, 1.2 + size * 0.012, "out", curve=False)
            c.stroke(right, 1.2 + size * 0.03, "out", curve=False)


def draw_birds(c: Canvas, places: Sequence[tuple[float, float, float]]) -> None:
    """Draw gulls, each at (x, y) with a wing of the given length."""
    for x, y, w in places:
        for width, ink in ((w * 0.24 + 3, BLACK), (w * 0.24, WHITE)):
            c.stroke([(x - w, y - w * 0.2), (x - w * 0.45, y - w * 0.42), (x, y)], width, (0.15, 0.8, 1.0), ink)
            c.stroke([(x + w, y - w * 0.3), (x + w * 0.45, y - w * 0.45), (x, y)], width, (0.15, 0.8, 1.0), ink)


GROUND = 3.1  # metres from our eye down to the street


@dataclass(frozen=True)
class View:
    """A camera that looks straight ahead: metres in, page pixels out. y grows downwards from the height of the eye."""

    x: float
    y: float
    focal: float

    def at(self, *points: tuple[float, float, float]) -> Array:
        """Project points given as (right, down, ahead)."""
        p = np.array(points, dtype=float)
        depth = np.maximum(p[:, 2], 0.2)
        return np.stack([self.x + self.focal * p[:, 0] / depth, self.y + self.focal * p[:, 1] / depth], axis=1)


def draw_window(c: Canvas, quad: Array, bars: int = 2) -> None:
    """Draw a window in a wall seen at any angle, given its corners from the upper left clockwise."""
    a, b, d, e = quad
    c.shape(quad, 2.4, curve=False)
    glass = [
        a + (b - a) * 0.08 + (e - a) * 0.08,
        b + (a - b) * 0.08 + (d - b) * 0.08,
        d + (e - d) * 0.08 + (b - d) * 0.08,
        e + (d - e) * 0.08 + (a - e) * 0.08,
    ]
    mask = c.area(glass)
    c.fade(mask, 5, 0.75, 0.25, 60)
    with c.inside(mask):
        for share in (0.25, 0.4):  # light on the glass
            c.stroke([a + (b - a) * share, e + (d - e) * (share - 0.2)], 5, "none", WHITE, curve=False)
    c.loop(glass, 1.8, curve=False)
    for k in range(1, bars):
        c.stroke([a + (b - a) * k / bars, e + (d - e) * k / bars], 4.5, "none", WHITE, curve=False)
        c.stroke([a + (b - a) * k / bars, e + (d - e) * k / bars], 2.0, "none", curve=False)
    c.stroke([a + (e - a) * 0.55, b + (d - b) * 0.55], 2.0, "none", curve=False)


def draw_house(c: Canvas, view: View, side: int, near: float, far: float, style: int) -> None:
    """Draw a two-storey house beside the street, from `near` to `far` metres ahead."""
    wall, deep, ground = side * 4.4, side * 9.6, GROUND
    eaves, ridge = ground - 5.0, ground - 7.4
    centre = (wall + deep) / 2
    front = view.at((wall, eaves, near), (deep, eaves, near), (deep, ground, near), (wall, ground, near))
    flank = view.at((wall, eaves, far), (wall, eaves, near), (wall, ground, near), (wall, ground, far))
    gable = view.at((wall, eaves, near), (centre, ridge, near), (deep, eaves, near))
    for quad, share in ((front, 0.3 if style != 1 else 0.0), (gable, 0.3 if style != 1 else 0.16), (flank, 0.08)):
        c.fill(quad, WHITE)
        c.tone(c.area(quad), 6, share)
        c.loop(quad, 2.6, curve=False)
    if style == 1:  # boards
        for y in np.arange(eaves + 0.4, ground, 0.4):
            c.stroke(view.at((deep, y, near), (wall, y, near), (wall, y, far)), 1.2, "none", curve=False)
    for x in (centre - side * 1.7, centre + side * 0.5):
        for y in (eaves + 0.7, eaves + 3.1):
            a, b = sorted((x, x + side * 1.3))
            draw_window(c, view.at((a, y, near), (b, y, near), (b, y + 1.3, near), (a, y + 1.3, near)))
    for z in np.arange(near + 0.7, far - 1.0, 2.2):
        draw_window(
            c,
            view.at(
                (wall, ground - 4.2, z + 1.3),
                (wall, ground - 4.2, z),
                (wall, ground - 3.0, z),
                (wall, ground - 3.0, z + 1.3),
            ),
        )
    door = view.at(
        (wall, ground - 1.9, near + 1.8),
        (wall, ground - 1.9, near + 0.8),
        (wall, ground, near + 0.8),
        (wall, ground, near + 1.8),
    )
    c.shape(door, 2.2, curve=False)
    c.tone(c.area(door), 5, 0.55)
    if far - near > 4:
        draw_window(
            c,
            view.at(
                (wall, ground - 1.8, far - 1),
                (wall, ground - 1.8, near + 2.8),
                (wall, ground - 0.7, near + 2.8),
                (wall, ground - 0.7, far - 1),
            ),
            4,
        )
    for low_y, low_x, high_y, high_x in (
        (eaves + 0.35, wall - side * 0.7, ridge - 0.1, centre),
        (ground - 2.2, wall - side * 0.9, ground - 2.7, wall),
    ):
        slope = view.at(
            (low_x, low_y, near - 0.4),
            (high_x, high_y, near - 0.4),
            (high_x, high_y, far + 0.3),
            (low_x, low_y, far + 0.3),
        )
        c.fill(slope, WHITE)
        c.tone(c.area(slope), 5, 0.56 if style != 2 else 0.36)
        for z in np.arange(near - 0.4, far + 0.3, 0.42):  # rows of tiles
            c.stroke(view.at((low_x, low_y, z), (high_x, high_y, z)), 2.0 * min(1.0, 6 / z), "none", curve=False)
        for share in np.linspace(0.2, 0.8, 4):
            x, y = low_x + (high_x - low_x) * share, low_y + (high_y - low_y) * share
            c.stroke(view.at((x, y, near - 0.4), (x, y, far + 0.3)), 1.2, "none", curve=False)
        c.loop(slope, 2.8, curve=False)
        edge = view.at((low_x, low_y, near - 0.4), (low_x, low_y, far + 0.3))
        c.stroke(edge, 5.0, (1.0, 0.5), curve=False)


def draw_pole(c: Canvas, view: View, x: float, z: float) -> Array:
    """Draw a utility pole; return where its three wires hang."""
    foot, top = view.at((x, GROUND, z), (x, GROUND - 7.8, z))
    w = view.focal * 0.14 / z
    out = np.array([w, 0.0])
    c.shape([foot - out, top - out * 0.8, top + out * 0.8, foot + out], 2.4, curve=False)
    c.tone(c.area([foot, top, top + out * 0.8, foot + out]), 5, 0.5)
    for y in (GROUND - 7.3, GROUND - 6.6):
        a, b = view.at((x - 0.9, y, z), (x + 0.9, y, z))
        c.stroke([a, b], w * 0.9, "none", curve=False)
    can = view.at(
        (x + 0.2, GROUND - 6.2, z), (x + 0.75, GROUND - 6.2, z), (x + 0.75, GROUND - 5.3, z), (x + 0.2, GROUND - 5.3, z)
    )
    c.shape(can, 2.2, curve=False)
    c.tone(c.area(can), 5, 0.3)
    return view.at((x - 0.85, GROUND - 7.4, z), (x + 0.85, GROUND - 7.4, z), (x - 0.85, GROUND - 6.7, z))


def draw_street(c: Canvas, view: View, mask: Mask) -> None:
    """Draw a street that runs away from us between houses, under wires and a summer sky."""
    c.fade(mask, 6, 0.5, 0.02)
    draw_cloud(c, view.x - 60, view.y - 40, 560, 230)
    draw_mountains(
        c, view.x - 300, view.x + 300, view.y + 8, [(view.x - 90, view.y - 74), (view.x + 50, view.y - 58)], 0.4
    )
    ground = GROUND
    c.fill(view.at((-60, ground, 60), (60, ground, 60), (60, ground, 1.0), (-60, ground, 1.0)), WHITE)
    road = view.at((-3.4, ground, 60), (3.4, ground, 60), (3.4, ground, 1.5), (-3.4, ground, 1.5))
    shade = c.area(
        view.at(
            (3.4, ground, 60),
            (0.9, ground, 60),
            (0.2, ground, 12),
            (1.6, ground, 10.5),
            (0.9, ground, 6.6),
            (2.4, ground, 5.6),
            (3.4, ground, 5.6),
        )
    )
    c.tone(shade, 5, 0.46)
    c.tone(c.area(road) & ~shade, 7, lambda x, y: 0.2 - 0.12 * (y - view.y) / 330)
    for x in (-3.4, 3.3):
        strip = view.at((x, ground, 60), (x + 0.14, ground, 60), (x + 0.14, ground, 1.5), (x, ground, 1.5))
        c.shape(strip, 1.6, curve=False)
    for z in np.arange(3.0, 30, 1.2):  # slabs of the pavement
        for a, b in ((-4.4, -3.4), (3.44, 4.4)):
            c.stroke(view.at((a, ground, z), (b, ground, z)), 1.4, "none", curve=False)
    for z in (40.0, 30.0):
        draw_tree(c, *view.at((-6, ground, z))[0], view.focal * 8 / z)
    for near, far, style in ((24.0, 29.0, 1), (17.5, 22.5, 2), (12.0, 16.4, 0), (6.4, 10.8, 1)):
        draw_house(c, view, 1, near, far, style)
    for near, far, style in ((24.0, 29.5, 1), (16.6, 22.0, 0)):
        draw_house(c, view, -1, near, far, style)
    for z in (14.0, 11.0, 8.2):
        draw_tree(c, *view.at((-7.0, ground, z))[0], view.focal * 6.4 / z, 0.34)
    top, far = ground - 1.6, 16.0
    wall = view.at((-4.4, top, far), (-4.4, top, 2.5), (-4.4, ground, 2.5), (-4.4, ground, far))
    cap = view.at((-4.4, top, far), (-4.4, top, 2.5), (-4.8, top, 2.5), (-4.8, top, far))
    c.shape(cap, 2.4, curve=False)
    c.shape(wall, 2.8, curve=False)  # a garden wall of blocks
    c.tone(c.area(wall), 6, 0.2)
    for row in range(4):
        y = top + 0.4 * row
        c.stroke(view.at((-4.4, y, far), (-4.4, y, 2.5)), 1.4, "none", curve=False)
        for z in np.arange(2.5 + 0.4 * (row % 2), far, 0.8):
            c.stroke(view.at((-4.4, y, z), (-4.4, y + 0.4, z)), 1.4, "none", curve=False)
    wires = [draw_pole(c, view, 3.8, z) for z in (29.0, 18.0, 11.2)]
    wires.append(view.at((2.95, GROUND - 7.4, 3.4), (4.65, GROUND - 7.4, 3.4), (2.95, GROUND - 6.7, 3.4)))
    for here, there in pairwise(wires):
        for a, b in zip(here, there, strict=True):
            sag = np.array([0, 0.05 * abs(b[0] - a[0])])
            c.stroke([a, (a + b) / 2 + sag, b], 1.8, "none")


def draw_cat(c: Canvas, x: float, y: float, size: float, flip: bool = False, striped: bool = True) -> None:
    """Draw a cat that sits facing us, its feet on (x, y); it is about `size` high."""
    with c.placed(x, y, size / 100, flip=flip, weight=max(0.6, (size / 200) ** 0.6)):
        tail_l, tail_r = ribbon([(22, -6), (44, -6), (58, -20), (54, -38), (64, -48)], [11, 11, 10, 9, 5])
        c.shape(np.vstack([tail_l, tail_r[::-1]]), 2.6, curve=False)
        tail = c.area(np.vstack([tail_l, tail_r[::-1]]))
        body = [
            (-14, -62),
            (-24, -42),
            (-29, -16),
            (-26, 0),
            (0, 2),
            (28, 0),
            (32, -16),
            (25, -42),
            (14, -62),
            (0, -66),
        ]
        c.shape(body, 3.0)
        coat = c.area(body, curve=True)
        for leg in (-1, 1):
            c.stroke([(leg * 3, -34), (leg * 3.5, -16), (leg * 3, 0)], 2.2, "in")
            c.stroke([(leg * 13, -26), (leg * 14, -10), (leg * 15, -3)], 2.0, "in")
            c.shape(ellipse(leg * 8.5, -2, 8, 5, count=14), 2.2)
            c.stroke([(leg * 7, -2), (leg * 7, 2)], 1.4, "out")
            c.stroke([(leg * 10.5, -2), (leg * 10.5, 2)], 1.4, "out")
            c.stroke([(leg * 30, -16), (leg * 20, -20), (leg * 16, -8)], 2.0, "out")
        outline = np.vstack(
            [
                [(-26, -82), (-29, -107), (-12, -94)],
                spline([(-12, -94), (0, -96), (12, -94)], spacing=1),
                [(29, -107), (26, -82)],
                spline([(26, -82), (29, -72), (21, -60), (0, -53), (-21, -60), (-29, -72), (-26, -82)], spacing=1),
            ]
        )
        c.shape(outline, 3.0, curve=False)
        face = c.area(outline)
        if striped:
            muzzle = c.area(ellipse(0, -62, 12, 9)) | c.area(
                [(-14, -56), (14, -56), (10, -24), (0, -12), (-10, -24)], curve=True
            )
            c.tone((coat | tail | face) & ~muzzle, 5, 0.26)
            with c.inside(coat):
                for side in (-1, 1):
                    for k in range(4):
                        sy = -46 + k * 11
                        c.stroke([(side * 32, sy + 3), (side * 22, sy), (side * 15, sy + 4)], 6.5, "out")
            with c.inside(face):
                for k in (-1, 0, 1):
                    c.stroke([(k * 6, -97), (k * 5, -88), (k * 3.5, -83)], 5, "out")
                for side in (-1, 1):
                    for k in range(2):
                        c.stroke(
                            [(side * 30, -70 + 6 * k), (side * 24, -68 + 5 * k), (side * 19, -67 + 4 * k)], 4, "out"
                        )
            with c.inside(tail):
                for a in ((44, -6, 46, -14), (55, -12, 60, -18), (50, -30, 62, -32), (53, -42, 64, -41)):
                    c.stroke([(a[0], a[1] + 6), (a[2], a[3])], 5, "none")
        for side in (-1, 1):
            c.fill([(side * 24, -86), (side * 26.5, -101), (side * 16, -92)], WHITE)
            c.hatch(c.area([(side * 24, -86), (side * 26.5, -101), (side * 16, -92)]), 3.4, 70, 1.2)
            ex = side * 12
            c.shape(ellipse(ex, -74, 6.4, 6.8, count=24), 2.6)
            c.fill(ellipse(ex, -74, 2.5, 6.0, count=20))
            c.fill(ellipse(ex - 1.8, -76.5, 1.5, 1.6, count=12), WHITE)
            c.stroke([(ex - side * 7, -71), (ex - side * 3, -80), (ex + side * 3, -81), (ex + side * 8, -77)], 3.2)
            c.stroke([(0, -63), (side * 1.5, -60), (side * 6, -60.5)], 2.0, "out")
            for k in (-1, 0, 1):
                c.stroke([(side * 12, -62 + k * 1.6), (side * 26, -63 + k * 4), (side * 39, -60 + k * 8)], 1.3, "out")
        c.fill([(-3, -67), (3, -67), (0, -63.5)])
        c.stroke([(0, -64), (0, -62)], 1.5, "none")


def draw_room(c: Canvas, view: View, mask: Mask) -> None:
    """Draw a wooden room: boards, a wide window onto a garden, a bookshelf and a hanging lamp."""
    left, right, top, floor, back = -3.2, 3.2, -1.5, 1.3, 5.0
    c.paint(mask, WHITE)
    planes = {
        "ceiling": [(left, top, back), (right, top, back), (right, top, 0.8), (left, top, 0.8)],
        "floor": [(left, floor, back), (right, floor, back), (right, floor, 0.8), (left, floor, 0.8)],
        "left": [(left, top, 0.8), (left, top, back), (left, floor, back), (left, floor, 0.8)],
        "right": [(right, top, back), (right, top, 0.8), (right, floor, 0.8), (right, floor, back)],
        "back": [(left, top, back), (right, top, back), (right, floor, back), (left, floor, back)],
    }
    light = c.area(view.at((-1.9, floor, 4.5), (1.2, floor, 4.5), (0.2, floor, 2.5), (-3.1, floor, 2.5)))
    sheets = ((6, 0.44, 45), (7, 0.2, 45), (6, 0.3, 30), (6, 0.3, 60), (8, 0.14, 45))
    for corners, (period, share, angle) in zip(planes.values(), sheets, strict=True):
        quad = view.at(*corners)
        c.tone(c.area(quad) & ~light, period, share, angle)
        c.loop(quad, 2.6, curve=False)
    for x in np.arange(left, right + 0.1, 0.4):  # floor boards and their joints
        c.stroke(view.at((x, floor, back), (x, floor, 0.8)), 1.6, (0.6, 1.0), curve=False)
        for z in c.rng.uniform(1.2, back, 2):
            c.stroke(view.at((x, floor, z), (x + 0.4, floor, z)), 1.6, "none", curve=False)
        for _ in range(2):
            z, u = c.rng.uniform(1.5, 4.4), x + c.rng.uniform(0.1, 0.3)
            c.stroke(view.at((u, floor, z), (u + 0.02, floor, z + 0.3), (u, floor, z + 0.7)), 1.0, "both")
    for z in (1.6, 2.6, 3.7):  # beams
        beam = view.at((left, top + 0.01, z), (right, top + 0.01, z), (right, top + 0.2, z), (left, top + 0.2, z))
        c.fill(beam, WHITE)
        c.tone(c.area(beam), 5, 0.6)
        c.loop(beam, 2.4, curve=False)
    for x in np.arange(left, right, 0.32):  # panelling under the window
        c.stroke(view.at((x, 0.45, back), (x, floor, back)), 1.4, "none", curve=False)
    frame = view.at((-2.0, -1.05, back), (1.3, -1.05, back), (1.3, 0.35, back), (-2.0, 0.35, back))
    a, b, d, e = frame
    c.shape(frame, 3.4, curve=False)
    garden = c.area(frame)
    with c.inside(garden):
        c.fade(garden, 6, 0.36, 0.0)
        mid = (a + d) / 2
        draw_cloud(c, mid[0] + 20, mid[1] + 20, 260, 90)
        for k in range(9):
            draw_foliage(c, a[0] + (b[0] - a[0]) * (k + 0.2) / 8, d[1] - 8 + c.rng.uniform(-10, 10), 36, 0.6)
        draw_tree(c, a[0] + (b[0] - a[0]) * 0.16, d[1] + 30, 250, 0.4)
    for k in range(5):
        p, q = a + (b - a) * k / 4, e + (d - e) * k / 4
        c.shape(np.add([p, p, q, q], [(-4, 0), (4, 0), (4, 0), (-4, 0)]), 1.8, curve=False)
    for share, thick in ((0.0, 7), (0.34, 4), (1.0, 8)):
        p, q = a + (e - a) * share, b + (d - b) * share
        bar = np.add([p, q, q, p], [(-6, -thick), (6, -thick), (6, thick), (-6, thick)])
        c.shape(bar, 2.0, curve=False)
    draw_shelf(c, view, right, floor)


def draw_shelf(c: Canvas, view: View, wall: float, floor: float) -> None:
    """Draw a bookshelf along the right-hand wall."""
    x, near, far, top = wall - 0.35, 2.3, 4.3, -0.9
    side = view.at((x, top, near), (wall, top, near), (wall, floor, near), (x, floor, near))
    front = view.at((x, top, far), (x, top, near), (x, floor, near), (x, floor, far))
    for quad, share in ((side, 0.5), (front, 0.0)):
        c.fill(quad, BLACK if not share else WHITE)
        c.tone(c.area(quad), 5, share)
        c.loop(quad, 2.6, curve=False)
    for level in range(4):
        low, high = top + 0.1 + 0.55 * (level + 1) - 0.08, top + 0.1 + 0.55 * level
        z = near + 0.08
        while z < far - 0.15:
            thick, tall = c.rng.uniform(0.06, 0.15), c.rng.uniform(0.02, 0.16)
            book = view.at((x, high + tall, z + thick), (x, high + tall, z), (x, low, z), (x, low, z + thick))
            c.shape(book, 1.4, curve=False)
            c.tone(c.area(book), 5, float(c.rng.choice([0.0, 0.0, 0.3, 0.55])))
            z += thick + (0.1 if c.rng.random() < 0.12 else 0.01)
        board = view.at((x, low, far), (x, low, near), (x, low + 0.06, near), (x, low + 0.06, far))
        c.shape(board, 1.6, curve=False)


def draw_cup(c: Canvas, x: float, y: float, size: float) -> None:
    """Draw a steaming tea cup on a saucer, its foot on (x, y)."""
    with c.placed(x, y, size / 100):
        c.tone(c.area(ellipse(24, 10, 110, 18)), 6, 0.5)
        c.shape(ellipse(0, 2, 84, 17), 2.8)
        c.loop(ellipse(0, -1, 56, 10), 1.6)
        cup = [(-52, -84), (-50, -40), (-32, -6), (0, 0), (32, -6), (50, -40), (52, -84)]
        curve = spline(cup)
        c.shape(curve, 3.2, curve=False)
        mask = c.area(curve)
        c.tone(mask & c.area([(6, -90), (60, -90), (60, 5), (0, 5), (20, -30)]), 6, 0.3)
        with c.inside(mask):  # a painted band and bamboo leaves
            for y0, width in ((-60, 3.0), (-54, 1.6), (-22, 3.0)):
                c.stroke(ellipse(0, y0 - 12, 54, 13, 0, 180, 20), width, "none", curve=False)
            for place in (-30, -6, 20):
                for way in (40, 85, 130):
                    dx, dy = 19 * math.cos(math.radians(way)), 19 * math.sin(math.radians(way))
                    c.stroke(
                        [(place, -46), (place + dx * 0.5, -46 + dy * 0.5), (place + dx, -46 + dy)],
                        5,
                        (0.2, 1, 0.8, 0.1),
                    )
        c.shape(ellipse(0, -84, 52, 13), 3.0)
        tea = ellipse(0, -82, 44, 9)
        c.fill(tea)
        c.stroke([(-26, -83), (-6, -86), (16, -85)], 2.2, "both", WHITE)
        for k in (-1, 0, 1):
            c.stroke(
                [(k * 20, -100), (k * 20 + 10, -118), (k * 20 - 8, -140), (k * 20 + 9, -166), (k * 20, -186)],
                3.4,
                "both",
            )


def sparkle(c: Canvas, x: float, y: float, size: float) -> None:
    """Draw a four-pointed star of light."""
    points = []
    for k in range(8):
        reach = size if k % 2 == 0 else size * 0.16
        points.append((x + reach * math.cos(math.tau * k / 8), y + reach * math.sin(math.tau * k / 8)))
    c.fill(points, WHITE)
    c.loop(points, 1.2, curve=False)


# -------------------------------------------------------------------------------------------------------------- pages

NAMI = Person("tone", "bob", "sailor", tone_share=0.34)
KAI = Person("black", "short", "uniform", boy=True)
YUKI = Person("white", "long", "kimono")
REN = Person("tone", "short", "hoodie", boy=True, tone_period=5.0, tone_share=0.5)


def page_sea(seed: int) -> Canvas:
    """Draw page 1: a girl by the sea, a large face, a cat, a running boy."""
    c = Canvas(1050, 1500, seed)
    with c.panel([(40, 40), (1010, 40), (1010, 570), (40, 640)]) as view:
        c.fade(view, 6, 0.46, 0.0)
        draw_cloud(c, 300, 396, 640, 230)
        draw_cloud(c, 900, 392, 420, 120)
        sea = c.area([(0, 380), (1050, 380), (1050, 700), (0, 700)])
        draw_sea(c, sea, 380, 640, 1050)
        draw_mountains(c, 560, 1100, 384, [(700, 352), (830, 322), (960, 346)], 0.5)
        draw_birds(c, [(430, 130, 26), (505, 168, 18), (372, 190, 14), (560, 112, 12)])
        quay = [(500, 700), (640, 506), (1050, 486), (1050, 700)]
        c.shape(quay, 3.0, curve=False)
        c.tone(c.area(quay), 7, 0.1)
        for k in range(7):
            c.stroke([(650 + k * 64, 506 - k * 3), (600 + k * 90, 700)], 1.6, "none", curve=False)
        c.stroke([(590, 575), (1050, 552)], 1.8, "none", curve=False)
        draw_standing(c, NAMI, Pose(wind=0.5), 800, 560, 0.36, behind=True)
        draw_grass(c, 930, 1020, 520, 60, 60, 70)
    c.balloon("box", 196, 92, 128, 30, "THE LAST DAY OF SUMMER.", size=22)
    c.sound("SHAAA", 250, 560, 62, -8)

    with c.panel([(40, 662), (606, 620), (548, 1460), (40, 1460)]) as view:
        c.fade(view, 7, 0.0, 0.34)
        for _ in range(16):
            x, y = c.rng.uniform(60, 560), c.rng.uniform(690, 1440)
            r = c.rng.uniform(8, 30)
            c.fill(ellipse(x, y, r, r), WHITE)
            c.tone(c.area(ellipse(x, y, r, r)), 7, 0.05)
        draw_bust(c, NAMI, Pose(0.85, "calm", (0.3, -0.1), 0.35), 268, 1020, 1.72, angle=-4)
    c.balloon("soft", 152, 764, 104, 78, "THE WIND/SMELLS/OF SALT.", (196, 872))

    with c.panel([(630, 618), (1010, 590), (1010, 984), (604, 984)]) as view:
        c.fade(view, 6, 0.4, 0.05)
        draw_foliage(c, 985, 640, 84)
        draw_foliage(c, 1020, 740, 62)
        wall = [(580, 900), (1040, 880), (1040, 1000), (580, 1000)]
        c.shape(wall, 3.0, curve=False)
        c.tone(c.area(wall), 6, 0.24)
        for k in range(7):
            c.stroke([(590 + k * 70, 930), (588 + k * 70, 1000)], 1.6, "none", curve=False)
        c.stroke([(580, 932), (1040, 914)], 2.0, "none", curve=False)
        draw_cat(c, 818, 902, 222)
    c.sound("MEW", 686, 672, 42, -14, hollow=True)

    with c.panel([(602, 1006), (1010, 1006), (1010, 1460), (570, 1460)]):
        c.focus_lines(800, 1210, 165, 190, 130, 4.0)
        draw_bust(c, KAI, Pose(0.75, "shout"), 800, 1215, 0.98, flip=True, angle=5)
    c.balloon("spiky", 912, 1068, 70, 46, "NAMI!/WAIT!", (880, 1130))
    return c


def page_street(seed: int) -> Canvas:
    """Draw page 2: a street in perspective, a pair of eyes, two talking busts."""
    c = Canvas(1050, 1500, seed)
    with c.panel([(40, 40), (1010, 40), (1010, 790), (40, 720)]) as view:
        draw_street(c, View(470, 320, 560), view)
        for x, y, r in ((905, 690, 46), (975, 672, 60), (1020, 720, 70)):
            draw_foliage(c, x, y, r, 0.7)
        draw_grass(c, 48, 180, 600, 40, 12, 60)
        draw_standing(c, NAMI, Pose(0.0, "smile"), 400, 690, 0.215)
        draw_standing(c, KAI, Pose(0.0, "calm"), 530, 694, 0.228)
    c.balloon("box", 168, 84, 104, 26, "THE SAME OLD STREET", size=20)
    c.balloon("oval", 268, 400, 92, 58, "DO YOU THINK/IT WILL/RAIN?", (368, 462))
    c.sound("MIIN MIIN", 160, 236, 40, 78, hollow=True)

    with c.panel([(40, 744), (1010, 814), (1010, 1010), (40, 1070)]) as view:
        draw_bust(c, KAI, Pose(0.0, "firm", (0.35, 0.0)), 520, 916, 3.5)
        c.speed_lines(c.area([(40, 744), (210, 744), (210, 1070), (40, 1070)]), 0, 40, 5)
        c.speed_lines(c.area([(850, 744), (1010, 744), (1010, 1070), (850, 1070)]), 0, 40, 5)

    with c.panel([(40, 1094), (560, 1062), (500, 1460), (40, 1460)]) as view:
        c.tone(view, 8, 0.12)
        draw_bust(c, NAMI, Pose(0.2, "smile"), 240, 1270, 1.12, angle=4)
    c.balloon("cloud", 432, 1150, 84, 56, "I HOPE/IT DOES!", (330, 1210))

    with c.panel([(584, 1060), (1010, 1034), (1010, 1460), (524, 1460)]) as view:
        c.hatch(view, 9, -50, 1.6)
        c.hatch(c.area([(524, 1300), (1010, 1180), (1010, 1460), (524, 1460)]), 9, 40, 1.6)
        draw_bust(c, KAI, Pose(0.9, "sad", (-0.2, 0.2)), 800, 1250, 1.08)
    c.balloon("oval", 640, 1128, 78, 50, "NOT/AGAIN...", (712, 1190))
    return c


def page_room(seed: int) -> Canvas:
    """Draw page 3: a wooden room, a large face with white hair, a cat, a cup of tea."""
    c = Canvas(1050, 1500, seed)
    with c.panel([(40, 40), (1010, 40), (1010, 610), (40, 610)]) as view:
        draw_room(c, View(500, 300, 560), view)
        draw_cat(c, 190, 588, 130)
        draw_bust(c, YUKI, Pose(0.5, "calm", (0.2, 0.3)), 590, 372, 0.62, flip=True)
        table = [(350, 540), (840, 540), (960, 640), (260, 640)]
        c.shape(table, 3.2, curve=False)
        c.tone(c.area(table), 6, 0.4)
        c.hatch(c.area(table), 8, 2, 1.0)
        draw_cup(c, 690, 588, 48)
    c.balloon("box", 168, 84, 104, 26, "GRANDMOTHER'S HOUSE", size=20)
    c.balloon("soft", 860, 150, 108, 66, "THE KETTLE SINGS/AND NOBODY/HURRIES.", (700, 300))

    with c.panel([(452, 632), (1010, 632), (1010, 1460), (360, 1460)]) as view:
        c.tone(view, 8, lambda x, y: 0.42 - 0.5 * np.hypot(x - 720, y - 1010) / 560)
        draw_bust(c, YUKI, Pose(0.8, "glad", (-0.1, 0.0), 0.4), 716, 1020, 1.72, angle=3)
        for x, y, size in ((930, 720, 34), (968, 800, 18), (520, 1240, 26), (480, 730, 20), (950, 1180, 28)):
            sparkle(c, x, y, size)
    c.balloon("oval", 562, 722, 86, 62, "WELCOME/HOME,/REN!", (610, 830))

    with c.panel([(40, 632), (430, 632), (392, 986), (40, 986)]) as view:
        c.fade(view, 7, 0.3, 0.05)
        c.speed_lines(view, 100, 70, 2.4)
        draw_bust(c, REN, Pose(0.6, "surprise"), 222, 830, 0.94)
    c.sound("DRIP", 100, 700, 36, 70)

    with c.panel([(40, 1008), (390, 1008), (340, 1460), (40, 1460)]) as view:
        c.hatch(view, 7, 30, 1.1)
        draw_cup(c, 190, 1400, 170)
    c.sound("FUU", 120, 1076, 44, -12, hollow=True)
    return c


def spread_hill(seed: int) -> Canvas:
    """Draw page 4, a double spread: a tree on a hill before mountains, friends under it, and two inset panels."""
    c = Canvas(1560, 1100, seed)
    with c.panel([(36, 36), (1524, 36), (1524, 1064), (36, 1064)]) as view:
        c.fade(view, 6, 0.56, -0.1)
        draw_cloud(c, 330, 470, 560, 210)
        draw_cloud(c, 1010, 500, 620, 250)
        draw_mountains(
            c, -20, 1600, 700, [(120, 520), (330, 450), (560, 540), (900, 500), (1180, 440), (1420, 520)], 0.4
        )
        hill = spline([(0, 800), (300, 720), (700, 690), (1100, 740), (1560, 700)])
        outline = np.vstack([hill, [(1560, 1100), (0, 1100)]])
        c.fill(outline, WHITE)
        grass = c.area(outline)
        c.tone(grass, 6, lambda x, y: 0.36 - np.hypot((x - 820) / 620, (y - 880) / 120) * 0.34)
        c.tone(grass, 6, lambda x, y: (y - 960) / 420)
        c.stroke(hill, 2.4, curve=False)
        for x, r in ((80, 46), (150, 34), (1120, 38), (1200, 46), (1280, 34), (1440, 50)):
            draw_foliage(c, x, 728 - r * 0.4, r, 0.7)
        draw_tree(c, 800, 890, 780, 0.42)
        draw_birds(c, [(250, 180, 26), (310, 215, 18), (190, 235, 15)])
        draw_grass(c, 30, 1540, 745, 24, 90, 100)
        draw_grass(c, 30, 1540, 860, 40, 70, 80)
        draw_grass(c, 690, 910, 880, 34, 16, 24)
        draw_cat(c, 985, 950, 120)
        draw_standing(c, YUKI, Pose(0.3, "smile"), 410, 1000, 0.35, flip=True)
        draw_standing(c, REN, Pose(0.4, "calm", (0.3, 0.0)), 560, 1006, 0.365)
        draw_grass(c, 30, 1540, 990, 70, 80, 100)
    c.balloon("soft", 246, 560, 106, 62, "IT IS STILL/HERE!", (352, 630))
    with c.panel([(1060, 60), (1500, 60), (1500, 640), (1120, 640)]) as view:
        c.paint(view, WHITE)
        c.focus_lines(1300, 340, 190, 240, 120, 4.0)
        draw_bust(c, NAMI, Pose(0.7, "glad"), 1310, 330, 1.3, flip=True, angle=-4)
    c.balloon("spiky", 1210, 560, 88, 44, "EVERYBODY,/COME ON!", (1270, 480))
    c.balloon("box", 214, 92, 140, 28, "TEN YEARS, ONE TREE.", size=24)
    c.sound("ZAAA", 190, 360, 76, -10)
    return c


PAGES = {
    "page_01_sea": page_sea,
    "page_02_street": page_street,
    "page_03_room": page_room,
    "page_04_spread": spread_hill,
}


def main() -> None:
    """Draw the pages into a folder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("examples/pages"), help="folder for the pages")
    parser.add_argument("--seed", type=int, default=0, help="another seed moves clouds, leaves, grass and strands")
    parser.add_argument("--only", choices=list(PAGES), help="draw only this page")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number, (name, draw) in enumerate(PAGES.items()):
        if arguments.only in (None, name):
            path = arguments.out / f"{name}.png"
            draw(arguments.seed * 100 + number).save(path)
            print(f"{path}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
