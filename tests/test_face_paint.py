"""Eyes, mouths and cheeks.

Oracle: the contract of `paint_faces` on a face drawn here, whose landmarks, labels and areas are written by hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told
from scipy.special import logit

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.face_paint import (
    BLUSH,
    BLUSH_BELOW,
    IRIS_HUE,
    LEAST_LIKELIHOOD,
    MOUTH_HUE,
    MOUTH_LIGHTNESS,
    WHITE_LIGHTNESS,
    paint_faces,
)
from mangacolor.colorize.findings import find
from mangacolor.colorize.paint import Paint
from mangacolor.image.color import chroma_bins
from mangacolor.models.backend import Guess, Traits
from mangacolor.page.faces import Face
from mangacolor.page.ink import Separation

SIZE, CELL_PX = 400, 8
BOX = (100, 100, 300, 300)
LEFT_EYE, RIGHT_EYE, NOSE, MOUTH = (150, 170), (250, 170), (200, 215), (200, 260)
TEETH = (200, 251)
SKIN = (0.92, 0.03, 0.04)
BINS = chroma_bins()


def painted(*, likelihood=0.9, nose=NOSE, closed=1.0, teeth=False, tone=1.0, eye=0.9, said=(), is_skin=True):
    """Lightness, a and b of a page with a face after `paint_faces`: an iris in the left eye, and an open mouth.

    A share `closed` of the outline of the mouth is drawn.
    """
    ink, tones = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    cv2.ellipse(ink, (200, 200), (98, 120), 0, 0, 360, 0.0, 3)
    cv2.circle(ink, LEFT_EYE, 12, 0.0, 3)
    cv2.ellipse(ink, MOUTH, (24, 14), 0, 0, 360, 0.0, 3)
    if teeth:
        cv2.line(ink, (MOUTH[0] - 24, TEETH[1] + 5), (MOUTH[0] + 24, TEETH[1] + 5), 0.0, 2)
    tones[MOUTH[1] - 14 : MOUTH[1] + 14, MOUTH[0] - 24 : MOUTH[0] + 24] = tone
    tones[LEFT_EYE[1] - 12 : LEFT_EYE[1] + 12, LEFT_EYE[0] - 12 : LEFT_EYE[0] + 12] = 0.6
    cheeks, hair = ((150, 230), (250, 230)), ((150, 80), (250, 80))
    face = Face(BOX, likelihood, LEFT_EYE, RIGHT_EYE, nose, MOUTH, (200, 300), cheeks, (200, 130), hair)
    found = find(Separation(ink, tones), lambda _: [face])
    labels, count = found.areas.labels, len(found.areas.sizes)
    closedness = np.where(np.arange(count) == labels[MOUTH[::-1]], np.float32(closed), found.areas.closedness)
    found = found._replace(areas=found.areas._replace(closedness=closedness))
    at = {name: labels[spot[::-1]] for name, spot in (("iris", LEFT_EYE), ("mouth", MOUTH), ("skin", (200, 150)))}
    masks = {name: np.zeros(count, bool) for name in AreaKinds._fields if name.startswith("is_")}
    masks["is_skin"][[at["skin"], at["mouth"]]] = is_skin
    masks["is_eye"][at["iris"]] = True
    kinds = kinds_told(np.full((count, len(BINS)), 1 / len(BINS), np.float32), **masks)
    cells = np.full((SIZE // CELL_PX, SIZE // CELL_PX, 1), 0.02, np.float32)
    for x, y in (LEFT_EYE, RIGHT_EYE):
        cells[(y - 16) // CELL_PX : (y + 16) // CELL_PX, (x - 32) // CELL_PX : (x + 32) // CELL_PX] = eye
    lab = np.tile(np.array(SKIN, np.float32), (SIZE, SIZE, 1))
    lightness, chroma = lab[..., 0].copy(), lab[..., 1:].copy()
    is_said = np.zeros(count, bool)
    is_said[[at[name] for name in said]] = True
    guess = Guess(np.ones((SIZE, SIZE, 3), np.float32), None, logit(cells))
    traits = Traits(SIZE, CELL_PX, BINS, ("eye",))
    paint_faces(Paint(lightness, chroma, tones, labels), guess, traits, found, kinds, is_said)
    return np.dstack([lightness, chroma])


def hue(lab):
    return np.degrees(np.arctan2(lab[2], lab[1]))


def at(lab, spot):
    return lab[spot[1], spot[0]]


def test_eyes_have_whites_where_the_label_is_sure_and_skin_is_bare():
    beside = (RIGHT_EYE[0] - 12, RIGHT_EYE[1])
    white = at(painted(), beside)
    assert white[0] == pytest.approx(WHITE_LIGHTNESS, abs=0.005)
    assert np.hypot(*white[1:]) < 0.005
    for order in ({"eye": 0.2}, {"said": ("skin",)}, {"is_skin": False}):
        np.testing.assert_allclose(at(painted(**order), beside), SKIN, atol=1e-3)


def test_irises_are_brown_unless_somebody_has_said_their_colour():
    assert hue(at(painted(eye=0.02), LEFT_EYE)) == pytest.approx(IRIS_HUE, abs=0.5)
    np.testing.assert_allclose(at(painted(said=("iris",)), LEFT_EYE), SKIN, atol=1e-5)


def test_an_open_mouth_is_red_and_darker_where_it_is_toned():
    bare, toned = (at(painted(tone=tone), MOUTH) for tone in (1.0, 0.7))
    assert hue(bare) == pytest.approx(MOUTH_HUE, abs=0.5)
    assert (toned[0], bare[0]) == pytest.approx(MOUTH_LIGHTNESS, abs=1e-4)
    np.testing.assert_allclose(at(painted(said=("mouth",)), MOUTH), SKIN, atol=1e-5)


def test_a_mouth_whose_outline_is_open_stays():
    """Its red would run out over the chin."""
    np.testing.assert_allclose(at(painted(closed=0.9), MOUTH), SKIN, atol=1e-3)


def test_teeth_are_white():
    teeth = at(painted(teeth=True), TEETH)
    assert teeth[0] == pytest.approx(WHITE_LIGHTNESS, abs=1e-4)
    assert np.hypot(*teeth[1:]) < 1e-4
    assert hue(at(painted(teeth=True), MOUTH)) == pytest.approx(MOUTH_HUE, abs=0.5)


def test_cheeks_have_a_blush_below_the_eyes_of_sure_faces_that_look_at_us():
    below = (RIGHT_EYE[0], RIGHT_EYE[1] + round(BLUSH_BELOW * (BOX[2] - BOX[0])))
    rosy = at(painted(), below)
    assert BLUSH[0] < rosy[0] < SKIN[0]
    assert hue(rosy) < hue(SKIN) - 5
    for order in ({"likelihood": 0.9 * LEAST_LIKELIHOOD}, {"nose": (225, 215)}, {"is_skin": False}):
        np.testing.assert_allclose(at(painted(**order), below), SKIN, atol=1e-5)
