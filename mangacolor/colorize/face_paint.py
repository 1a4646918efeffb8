"""Eyes, mouths and cheeks: white, brown, red and rosy, where faces are large enough to show them.

A face in one colour looks like a mask. What readers said of each of these is in
docs/decisions/0043-colours-that-things-have.md.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings, middles_of, mouths_of
from mangacolor.colorize.grids import enlarge_cells
from mangacolor.colorize.likelihoods import logistic, ramp
from mangacolor.colorize.paint import Paint, bring_to, polar
from mangacolor.models.backend import Guess, Traits
from mangacolor.page.areas import Areas
from mangacolor.page.faces import Face

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

EYE_CHANCES, WHITE_TONES = (0.33, 0.5), (0.9, 0.96)
WHITE_LIGHTNESS, WHITE_BLUR_PX = 0.975, 1.0
"""Chances of an eye, and tones of what else would be skin, between which it becomes the white of an eye; its OKLab
lightness, and the standard deviation of the blur of its bounds, at the working size."""

IRIS_HUE, IRIS_TONES = 62.0, (0.3, 0.6, 0.85, 1.0)
IRIS_LIGHTNESS, IRIS_CHROMA = (0.5, 0.6, 0.76, 0.97), (0.065, 0.065, 0.053, 0.02)
"""Irises are brown: OKLab hue in degrees, and lightness and chroma at some tones of the page."""

MOUTH_HUE, MOUTH_CHROMA = 25.0, 0.115
MOUTH_LIGHTNESS, MOUTH_TONE = (0.58, 0.66), 0.93
"""Colour of an open mouth: its lightness where it is toned, and from the last tone on where it is bare."""

CLOSED = 0.95
"""Share of the border of a mouth that is a line, or its colour would run out over the chin."""

LEAST_LIKELIHOOD, MOST_TURNED, LEAST_APART = 0.7, 0.2, 0.3
"""Faces that are at least so likely have a blush, if the nose is no farther from the middle between the eyes, in
distances of the eyes, and those are so many heights of the face apart: of others nobody knows where the cheeks are."""

BLUSH_BELOW, BLUSH_SIDES = 0.2, (0.12, 0.07)
BLUSH, BLUSH_SHARE, SMALLEST_BLUSH_PX = (0.76, 28.0, 0.115), 0.45, 40.0
"""How far below an eye a blush is, and how wide and high, in heights of a face; its OKLab lightness, hue in degrees and
chroma; its share in the middle; and the height of the smallest face at the working size that has it."""


def paint_faces(paint: Paint, guess: Guess, traits: Traits, found: Findings, kinds: AreaKinds, is_said: Mask) -> None:
    """Paint eyes, mouths and cheeks, in place.

    Args:
        paint: Colours as decided.
        guess: What the generator said of the page; its label of eyes tells where their whites are.
        traits: What the generator is like.
        found: Areas and faces of the page.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    _whiten_eyes(paint, guess, traits, (kinds.is_skin | kinds.is_eye) & ~is_said)
    _make_brown(paint, kinds.is_eye & ~is_said)
    skin, scale = kinds.is_skin & ~is_said, len(paint.labels) / len(found.areas.labels)
    for face in found.faces:
        _blush(paint, face, scale, skin)
        mouth = mouths_of(face, found.areas) & (found.areas.closedness >= CLOSED) & ~is_said & ~kinds.is_eye
        _paint_mouth(paint, found.areas, np.flatnonzero(mouth))


def _whiten_eyes(paint: Paint, guess: Guess, traits: Traits, which: Mask) -> None:
    if guess.label_logits is None or "eye" not in traits.labels:
        return
    said = logistic(guess.label_logits[..., traits.labels.index("eye")])
    if said.max() <= EYE_CHANCES[0]:
        return
    chance = enlarge_cells(said[..., None], traits.cell_px, paint.labels.shape)[..., 0]
    lightness, chroma, tone, labels = paint.flat
    chance, hard = chance.reshape(-1), np.zeros(paint.labels.shape, np.float32)
    may_be = np.flatnonzero(chance > EYE_CHANCES[0])  # eyes are few and small
    is_one = ramp(tone[may_be], *WHITE_TONES) * which[labels[may_be]]
    hard.reshape(-1)[may_be] = ramp(chance[may_be], *EYE_CHANCES) * is_one
    soft = np.asarray(cv2.GaussianBlur(hard, (0, 0), WHITE_BLUR_PX), np.float32).reshape(-1)
    near = np.flatnonzero(soft > 0)
    share = soft[near]
    lightness[near] += share * (WHITE_LIGHTNESS - lightness[near])
    chroma[near] *= (1 - share)[:, None]


def _make_brown(paint: Paint, which: Mask) -> None:
    places = paint.places(which)
    lightness, chroma, tones, _ = paint.flat
    tone = tones[places]
    lightness[places] = np.interp(tone, IRIS_TONES, IRIS_LIGHTNESS)
    chroma[places] = polar(IRIS_HUE, np.interp(tone, IRIS_TONES, IRIS_CHROMA))


def _paint_mouth(paint: Paint, areas: Areas, parts: NDArray[np.intp]) -> None:
    """Paint parts of a mouth: the largest is red, and bare ones above it are teeth."""
    if not len(parts):
        return
    rows = middles_of(areas.boxes[parts])[:, 0]
    largest = areas.sizes[parts].argmax()
    is_teeth = (rows < rows[largest]) & (areas.tone[parts] >= MOUTH_TONE)
    lightness, chroma, tone, _ = paint.flat
    for part, is_white in zip(parts, is_teeth, strict=True):
        places = paint.places(np.arange(len(areas.sizes)) == part)
        red = np.where(tone[places] >= MOUTH_TONE, MOUTH_LIGHTNESS[1], MOUTH_LIGHTNESS[0])
        lightness[places] = WHITE_LIGHTNESS if is_white else red
        chroma[places] = 0 if is_white else polar(MOUTH_HUE, np.full(1, MOUTH_CHROMA))


def _blush(paint: Paint, face: Face, scale: float, skin: Mask) -> None:
    height = (face.box[2] - face.box[0]) * scale
    left, right, nose = (np.array(point) * scale for point in (face.left_eye, face.right_eye, face.nose))
    apart = float(np.linalg.norm(right - left))
    is_turned = abs(nose[0] - (left[0] + right[0]) / 2) > MOST_TURNED * apart
    is_sure = face.likelihood >= LEAST_LIKELIHOOD and apart >= LEAST_APART * height
    if not is_sure or is_turned or height < SMALLEST_BLUSH_PX:
        return
    wide, high = (side * height for side in BLUSH_SIDES)
    for x, y in (left, right):
        middle = y + BLUSH_BELOW * height
        rows = slice(max(0, int(middle - 3 * high)), int(middle + 3 * high) + 1)
        columns = slice(max(0, int(x - 3 * wide)), int(x + 3 * wide) + 1)
        window = paint.labels[rows, columns]
        down = (np.arange(len(window)) + rows.start - middle) / high
        across = (np.arange(window.shape[1]) + columns.start - x) / wide
        share = BLUSH_SHARE * np.exp(-(down[:, None] ** 2) - across**2) * skin[window]
        lightness, chroma = paint.lightness[rows, columns], paint.chroma[rows, columns]
        lightness += share * (BLUSH[0] - lightness)
        bring_to(chroma, polar(BLUSH[1], np.array([BLUSH[2]]))[0], share)
