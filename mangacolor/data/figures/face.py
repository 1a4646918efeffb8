"""Faces as they are drawn: eyes, brows, nose and mouth on a sheet that is laid on the front of a head.

The unit is the height from chin to eyes; the origin lies between the eyes.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.geometry import FloatArray, step
from mangacolor.data.figures.scene import Decal, Scene
from mangacolor.data.figures.sheet import Sheet, curve, ellipse
from mangacolor.data.figures.store import Part

LEFT, RIGHT, BOTTOM, TOP = -1.15, 1.15, -1.25, 1.1
SCALE = 400
"""Pixels of the sheet for the height from chin to eyes: more than a face has in a picture."""

EYE_WHITE, IRIS, MOUTH, TEETH, TONGUE, LIPS, BROW = range(1, 8)
KINDS = {EYE_WHITE: "eye_white", IRIS: "iris", MOUTH: "mouth", TEETH: "teeth", TONGUE: "tongue", LIPS: "lips"}

LEAST_SHARE = 0.3
"""The sheet lies where the skin belongs to the front of the face at least this much."""

EYE_STATES, EYE_CHANCES = ("open", "closed", "smile", "half"), (0.8, 0.06, 0.07, 0.07)
PUPILS = 0.92
"""How many eyes have a pupil of ink; the others are all iris."""


class _Eye(NamedTuple):
    """Measures that both eyes of a face share."""

    x: float
    y: float
    width: float
    height: float
    tilt: float
    lash: float
    size: float
    state: str
    gaze: tuple[float, float]
    dark: float
    """Light at the top of the iris."""
    lid: float
    """Share of the eye's height that the lid's shadow darkens."""
    has_pupil: bool
    has_wing: bool
    has_fold: bool
    lower_from: int
    brow_height: float
    brow_tilt: float
    brow_width: float
    brow_is_ink: bool


def draw_face(
    scene: Scene, skin: int, hair: int, person: int, feminine: float, line_px: float, rng: np.random.Generator
) -> Decal:
    """Draw a face by chance and return it as a decal for the face's skin.

    Args:
        scene: Gets the parts of the face.
        skin: Number of the face's skin.
        hair: Number of the hair, for brows that are no ink.
        person: Whose face it is.
        feminine: 0 to 1; larger eyes and longer lashes above a half.
        line_px: Width of a line, in pixels of the sheet.
        rng: Source of everything random.
    """
    numbers = {local: scene.add_part(Part(kind, person=person)) for local, kind in KINDS.items()}
    sheet = Sheet(LEFT, RIGHT, BOTTOM, TOP, SCALE)
    eye = _choose_eye(feminine > 0.5, rng)
    line = max(0.9 * line_px, 1.6)
    for side in (-1, 1):
        if eye.state in ("closed", "smile"):
            _closed_eye(sheet, eye, side, line)
        else:
            _open_eye(sheet, eye, side, line)
        _brow(sheet, eye, side, line)
    if rng.random() < 0.2:
        _blush(sheet, eye, line)
    _nose(sheet, line, rng)
    _mouth(sheet, line, feminine > 0.5, rng)
    return sheet.decal((skin,), {**numbers, BROW: hair}, LEAST_SHARE)


def _choose_eye(is_female: bool, rng: np.random.Generator) -> _Eye:
    size = rng.uniform(0.5, 1.0) if is_female else rng.uniform(0.15, 0.75)
    width = 0.39 + 0.10 * size + rng.uniform(-0.02, 0.02)
    state = str(rng.choice(EYE_STATES, p=EYE_CHANCES))
    height = (0.18 + 0.33 * size) * rng.uniform(0.85, 1.1) * (0.6 if state == "half" else 1)
    return _Eye(
        x=0.28 + width * 0.17 + rng.uniform(-0.01, 0.03),
        y=-0.1 + rng.uniform(-0.04, 0.04),
        width=width,
        height=height,
        tilt=rng.uniform(-0.05, 0.09),
        lash=rng.uniform(0.05, 0.1) if is_female else rng.uniform(0.025, 0.06),
        size=size,
        state=state,
        gaze=(rng.normal(0, 0.035), rng.normal(0, 0.02)),
        dark=rng.uniform(0.45, 0.9),
        lid=rng.uniform(0.2, 0.36) if rng.random() < 0.67 else 0.0,
        has_pupil=bool(rng.random() < PUPILS),
        has_wing=is_female and bool(rng.random() < 0.7),
        has_fold=bool(rng.random() < 0.6),
        lower_from=int(rng.integers(8, 22)),
        brow_height=height * 0.56 + rng.uniform(0.13, 0.2) * (0.9 if not is_female else 1.2),
        brow_tilt=rng.uniform(-0.1, 0.1),
        brow_width=(0.03 if is_female else 0.05) * rng.uniform(0.7, 1.5),
        brow_is_ink=bool(rng.random() < 0.6),
    )


def _placed(eye: _Eye, side: int, points: FloatArray) -> FloatArray:
    """Take points of the left eye to either eye."""
    return np.asarray(points * [side, 1] + [side * eye.x, eye.y])


def _closed_eye(sheet: Sheet, eye: _Eye, side: int, line: float) -> None:
    t = np.linspace(0, 1, 40)
    bend = -1 if eye.state == "closed" else 1
    lid = eye.tilt * (2 * t - 1) + bend * eye.height * 0.28 * np.sin(np.pi * t) - 0.05
    lash = eye.lash * sheet.scale
    path = _placed(eye, side, np.stack([(t - 0.5) * eye.width, lid], axis=1))
    sheet.stroke(path, 0.3 * lash, max(0.8 * lash, 1.3 * line), 0.4 * lash)


def _open_eye(sheet: Sheet, eye: _Eye, side: int, line: float) -> None:
    t = np.linspace(0, 1, 40)
    x, tilt = (t - 0.5) * eye.width, eye.tilt * (2 * t - 1)
    upper = np.stack([x, tilt + eye.height * 0.56 * np.sin(np.pi * t**0.85) ** 0.62], axis=1)
    lower = np.stack([0.94 * x, 0.6 * tilt - eye.height * 0.44 * np.abs(np.sin(np.pi * t**1.1)) ** 0.7], axis=1)
    shape = _placed(eye, side, np.concatenate([upper, lower[::-1]]))
    sheet.fill(shape, EYE_WHITE)
    white = sheet.mask(shape)
    shade = sheet.mask(_placed(eye, side, np.concatenate([upper, (upper - [0, 0.2 * eye.height])[::-1]])))
    sheet.light[(shade > 0) & (white > 0)] = 0.85
    _iris(sheet, eye, side, line, upper, white)
    _lashes(sheet, eye, side, line, upper, lower)


def _iris(sheet: Sheet, eye: _Eye, side: int, line: float, upper: FloatArray, white: NDArray[np.uint8]) -> None:
    across = eye.width * (0.30 + 0.07 * eye.size)
    up = max(eye.height * 0.52, across * 0.95) if eye.state == "open" else max(eye.height * 0.6, across)
    # Both eyes look the same way.
    x, y = eye.gaze[0] * side, 0.04 * eye.height + eye.gaze[1]
    iris = cv2.min(sheet.mask(_placed(eye, side, ellipse(x, y, across, up))), white)
    sheet.part[iris > 0] = IRIS
    falling = np.clip(0.5 - 0.5 * (sheet.rows() - eye.y - y) / up, 0, 1)[:, None]
    sheet.light[:] = np.where(iris > 0, eye.dark + (1.3 - eye.dark) * falling, sheet.light)
    thin = max(0.1, 0.8 * line / (across * sheet.scale))
    rim = cv2.subtract(
        sheet.mask(_placed(eye, side, ellipse(x, y, across, up)), smooth=True),
        sheet.mask(_placed(eye, side, ellipse(x, y, across * (1 - thin), up * (1 - thin))), smooth=True),
    )
    sheet.ink[:] = cv2.max(sheet.ink, cv2.min((rim * 0.85).astype(np.uint8), white))
    if eye.lid:
        lid = np.concatenate([upper, (upper - [0, eye.lid * eye.height])[::-1]])
        sheet.light[(sheet.mask(_placed(eye, side, lid)) > 0) & (iris > 0)] *= 0.5
    if eye.has_pupil:
        pupil = sheet.mask(_placed(eye, side, ellipse(x, y + 0.06 * up, 0.46 * across, 0.46 * up)), smooth=True)
        sheet.ink[:] = cv2.max(sheet.ink, cv2.min(pupil, iris))
    # Glints lie on the same side of both eyes.
    middle = _placed(eye, side, np.array([[x, y]]))[0]
    for right, above, size in ((-0.38, 0.42, 0.3), (0.36, -0.45, 0.15)):
        spot = ellipse(middle[0] + right * across, middle[1] + above * up, across * size, up * size)
        glint = cv2.min(sheet.mask(spot, smooth=True), white)
        sheet.ink[:] = cv2.min(sheet.ink, 255 - glint)
        sheet.part[glint > 127] = EYE_WHITE
        sheet.light[glint > 127] = 1


def _lashes(sheet: Sheet, eye: _Eye, side: int, line: float, upper: FloatArray, lower: FloatArray) -> None:
    t = np.linspace(0, 1, len(upper))
    width = eye.lash * (0.35 + 0.65 * step(0, 0.75, t)) * step(1.06, 0.93, t)
    width = np.maximum(width, line / sheet.scale * step(0, 0.12, t) * step(1.05, 0.95, t))[:, None] * [0, 1]
    end = step(0.8, 1, t)
    lid = upper + np.stack([0.05 * eye.width * end, -0.06 * eye.height * end], axis=1)
    sheet.blacken(_placed(eye, side, np.concatenate([lid + 0.75 * width, (lid - 0.25 * width)[::-1]])))
    lash = eye.lash * sheet.scale
    if eye.has_wing:
        corner = lid[-3]
        wing = curve([corner, corner + np.array([0.05, 0.02]), corner + np.array([0.08, 0.07])])
        sheet.stroke(_placed(eye, side, wing), 0.6 * lash, 0.5 * lash, 1)
    sheet.stroke(_placed(eye, side, lower[eye.lower_from : 38]), 1, 0.9 * line, 0.6 * line)
    if eye.has_fold:
        sheet.stroke(_placed(eye, side, upper[5:34] + np.array([0, eye.lash + 0.055])), 1, 0.75 * line, 1)


def _brow(sheet: Sheet, eye: _Eye, side: int, line: float) -> None:
    half, y, tilt = 0.5 * eye.width, eye.brow_height, eye.brow_tilt
    path = _placed(eye, side, curve([[-half, y - 0.8 * tilt], [0, y + 0.08], [1.1 * half, y - 0.02 + tilt]]))
    width = max(eye.brow_width * sheet.scale, line)
    if eye.brow_is_ink:
        sheet.stroke(path, 0.8 * width, width, 1)
        return
    other = Sheet(LEFT, RIGHT, BOTTOM, TOP, sheet.scale)
    other.stroke(path, 0.8 * width, width, 1)
    sheet.part[other.ink > 127] = BROW
    sheet.stroke(path + np.array([0, 0.5 * eye.brow_width]), 1, 0.6 * line, 1)


def _blush(sheet: Sheet, eye: _Eye, line: float) -> None:
    """Draw a few short strokes on each cheek."""
    y = eye.y - 0.44 * eye.height
    for side in (-1, 1):
        for k in range(3):
            x = side * eye.x - 0.08 + 0.08 * k
            sheet.stroke([[x, y - 0.16], [x + 0.035, y - 0.1]], 1, 0.6 * line, 1)


def _nose(sheet: Sheet, line: float, rng: np.random.Generator) -> None:
    y = -0.44 + rng.uniform(-0.03, 0.03)
    side = 1 if rng.random() < 0.5 else -1
    paths = (
        curve([[0.03, y + 0.06], [0.06, y - 0.02], [0.0, y - 0.03]]),
        curve([[-0.035, y], [0.0, y - 0.025], [0.035, y]]),
        curve([[-0.01, y + 0.28], [0.03, y + 0.1], [0.07, y - 0.02], [0.0, y - 0.04]]),
        curve([[-0.012, y], [0, y - 0.004], [0.012, y]]),
    )
    sheet.stroke(paths[int(rng.integers(len(paths)))] * [side, 1], 1, 1.1 * line, 0.5 * line)


def _mouth(sheet: Sheet, line: float, is_female: bool, rng: np.random.Generator) -> None:
    y, half = -0.68 + rng.uniform(-0.03, 0.03), rng.uniform(0.13, 0.27)
    kind = str(rng.choice(["line", "lips", "open", "small"], p=[0.4, 0.25, 0.2, 0.15]))
    smile, skew = rng.uniform(-0.05, 0.06), rng.uniform(-0.03, 0.03)
    if kind in ("line", "lips"):
        if kind == "lips" and is_female:
            ends = ([-0.8 * half, y + 0.5 * smile], [0.8 * half, y + 0.5 * smile])
            upper, lower = curve([ends[0], [0, y + 0.05], ends[1]]), curve([ends[1], [0, y - 0.1], ends[0]])
            sheet.fill(np.concatenate([upper, lower]), LIPS)
            sheet.stroke(lower[5:35], 1, 0.6 * line, 1)
        left, right = [-half, y + smile - skew], [half, y + smile + skew]
        middle = [[-0.3 * half, y - 0.6 * smile], [0.3 * half, y - 0.6 * smile]]
        sheet.stroke(curve([left, *middle, right]), 0.7 * line, 1.1 * line, 0.7 * line)
        if rng.random() < 0.6:
            sheet.stroke([[-0.05, y - 0.1], [0, y - 0.106], [0.05, y - 0.1]], 1, 0.8 * line, 1)
        return
    _open_mouth(
        sheet, line, y, half, smile, rng.uniform(0.06, 0.24) * (1 if kind == "open" else 0.7), rng.random() < 0.55
    )


def _open_mouth(sheet: Sheet, line: float, y: float, half: float, smile: float, depth: float, teeth: bool) -> None:
    left, right = [-half, y + smile], [half, y + smile]
    upper = curve([left, [0, y + smile - 0.03], right])
    lower = curve([right, [0.7 * half, y - 1.6 * depth], [-0.7 * half, y - 1.6 * depth], left])
    inside = np.concatenate([upper, lower])
    sheet.fill(inside, MOUTH)
    mouth = sheet.mask(inside) > 0
    tongue = sheet.mask(ellipse(0, y - 1.15 * depth, 0.55 * half, 0.45 * depth)) > 0
    sheet.part[tongue & mouth] = TONGUE
    if teeth:
        edge = curve([[0.7 * half, y + smile - 0.05], [0, y + smile - 0.09], [-0.7 * half, y + smile - 0.05]])
        row = curve([[-0.85 * half, y + smile], [0, y + smile - 0.03], [0.85 * half, y + smile]])
        sheet.part[(sheet.mask(np.concatenate([row, edge])) > 0) & mouth] = TEETH
        sheet.stroke(edge, 1, 0.6 * line, 1)
    sheet.stroke(upper, line, 1.2 * line, line)
    sheet.stroke(lower, 0.7 * line, line, 0.7 * line)
