"""Eyes and brows as they are drawn, in many manners; the unit is the height from chin to eyes."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.geometry import FloatArray, step
from mangacolor.data.figures.sheet import Sheet, curve, ellipse

EYE_WHITE, IRIS, MOUTH, TEETH, TONGUE, LIPS, HAIR = range(1, 8)
"""Numbers of parts on the sheet of a face."""

EYE_STATES, EYE_CHANCES = ("open", "closed", "smile", "half"), (0.8, 0.06, 0.07, 0.07)

IRIS_INKS, IRIS_INK_CHANCES = ("plain", "dark top", "hatched", "black"), (0.5, 0.22, 0.18, 0.1)
"""How the iris is inked besides its pupil: not at all, black above, with strokes, or all black but for the glints."""

DOTS = 0.05
"""How often eyes are mere dots of ink."""

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
    iris_ink: str
    is_dot: bool
    roundness: float
    """How blunt the lids' arcs are: small for almonds, large for discs."""


def draw_eyes(sheet: Sheet, is_female: bool, line: float, rng: np.random.Generator) -> tuple[float, float]:
    """Draw both eyes and brows.

    Args:
        sheet: Of the face.
        is_female: Larger eyes and longer lashes.
        line: Width of a line, in pixels of the sheet.
        rng: Source of everything random.

    Returns:
        How far the middle of an eye is from that of the face, and the height of its lower lid.
    """
    eye = _choose_eye(is_female, rng)
    strokes = rng.random(16)
    for side in (-1, 1):
        if eye.is_dot:
            sheet.blacken(_placed(eye, side, ellipse(0, 0, 0.07 + 0.05 * eye.size, 0.1 + 0.08 * eye.size)))
        elif eye.state in ("closed", "smile"):
            _closed_eye(sheet, eye, side, line)
        else:
            _open_eye(sheet, eye, side, line, strokes)
        _brow(sheet, eye, side, line)
    return eye.x, eye.y - 0.44 * eye.height


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
        brow_tilt=float(np.clip(rng.normal(0, 0.09), -0.2, 0.2)),
        brow_width=(0.03 if is_female else 0.05) * rng.uniform(0.7, 1.5),
        brow_is_ink=bool(rng.random() < 0.6),
        iris_ink=str(rng.choice(IRIS_INKS, p=IRIS_INK_CHANCES)),
        is_dot=bool(rng.random() < DOTS),
        roundness=float(rng.uniform(0.45, 0.95)),
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


def _open_eye(sheet: Sheet, eye: _Eye, side: int, line: float, strokes: FloatArray) -> None:
    t = np.linspace(0, 1, 40)
    x, tilt = (t - 0.5) * eye.width, eye.tilt * (2 * t - 1)
    upper = np.stack([x, tilt + eye.height * 0.56 * np.sin(np.pi * t**0.85) ** eye.roundness], axis=1)
    lower = np.stack([0.94 * x, 0.6 * tilt - eye.height * 0.44 * np.abs(np.sin(np.pi * t**1.1)) ** 0.7], axis=1)
    shape = _placed(eye, side, np.concatenate([upper, lower[::-1]]))
    sheet.fill(shape, EYE_WHITE)
    white = sheet.mask(shape)
    shade = sheet.mask(_placed(eye, side, np.concatenate([upper, (upper - [0, 0.2 * eye.height])[::-1]])))
    sheet.light[(shade > 0) & (white > 0)] = 0.85
    _iris(sheet, eye, side, line, upper, white, strokes)
    _lashes(sheet, eye, side, line, upper, lower)


def _iris(
    sheet: Sheet, eye: _Eye, side: int, line: float, upper: FloatArray, white: NDArray[np.uint8], strokes: FloatArray
) -> None:
    across = eye.width * (0.30 + 0.07 * eye.size)
    up = max(eye.height * 0.52, across * 0.95) if eye.state == "open" else max(eye.height * 0.6, across)
    # Both eyes look the same way.
    x, y = eye.gaze[0] * side, 0.04 * eye.height + eye.gaze[1]
    iris = np.asarray(cv2.min(sheet.mask(_placed(eye, side, ellipse(x, y, across, up))), white), np.uint8)
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
    _ink_iris(sheet, eye, side, line, (x, y, across, up), iris, strokes)
    # Glints lie on the same side of both eyes.
    middle = _placed(eye, side, np.array([[x, y]]))[0]
    for right, above, size in ((-0.38, 0.42, 0.3), (0.36, -0.45, 0.15)):
        spot = ellipse(middle[0] + right * across, middle[1] + above * up, across * size, up * size)
        glint = cv2.min(sheet.mask(spot, smooth=True), white)
        sheet.ink[:] = cv2.min(sheet.ink, 255 - glint)
        sheet.part[glint > 127] = EYE_WHITE
        sheet.light[glint > 127] = 1


def _ink_iris(
    sheet: Sheet, eye: _Eye, side: int, line: float, disc: tuple[float, float, float, float], iris: NDArray[np.uint8],
    strokes: FloatArray,
) -> None:  # fmt: skip
    """Ink an iris in one of the manners of `IRIS_INKS`."""
    x, y, across, up = disc
    other = sheet.empty()
    if eye.iris_ink == "black":
        other.blacken(_placed(eye, side, ellipse(x, y, across, up)))
    elif eye.iris_ink == "dark top":
        level = y + up * (strokes[0] - 0.3)
        other.blacken(_placed(eye, side, np.array([[x - across, level], [x, level - 0.2 * up], [x + across, level],
                                                   [x + across, y + 2 * up], [x - across, y + 2 * up]])))  # fmt: skip
    elif eye.iris_ink == "hatched":
        for k, chance in enumerate(strokes):
            at = x + across * (2 * (k + 0.5) / len(strokes) - 1)
            low = y + up * (1.2 * chance - 0.9)
            path = np.array([[at, y + up], [at, 0.5 * (y + up + low)], [at, low]])
            other.stroke(_placed(eye, side, path), 0.9 * line, 0.8 * line, 0.5)
    sheet.ink[:] = cv2.max(sheet.ink, cv2.min(other.ink, iris))


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
    other = sheet.empty()
    other.stroke(path, 0.8 * width, width, 1)
    sheet.part[other.ink > 127] = HAIR
    sheet.stroke(path + np.array([0, 0.5 * eye.brow_width]), 1, 0.6 * line, 1)
