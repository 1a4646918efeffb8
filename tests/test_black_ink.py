"""Black that was printed as grey.

Oracle: the contracts of `black_level` and `blackened` on pages drawn here, whose black is known.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.Image import Resampling

from mangacolor.image import pixels_from_float
from mangacolor.page.black_ink import FAINTEST, KEPT_FROM, PALEST, black_level, blackened
from mangacolor.page.ink import Separation, deepen


def page_of(black):
    """Lines, a solid black, a mid tone and a light one on white paper."""
    page = np.ones((400, 300), np.float32)
    page[40:120, 20:140] = 0.7
    page[40:120, 160:280] = 0.5
    page[150:250, 40:120] = black
    for x in range(150, 290, 9):
        cv2.line(page, (x, 150), (x + 6, 380), float(black), 2, cv2.LINE_AA)
    return page


@pytest.mark.parametrize("black", [0.08, 0.165, 0.25])
def test_the_black_of_a_page_is_known(black):
    assert black_level(page_of(black)) == pytest.approx(black, abs=0.01)


@pytest.mark.parametrize("black", [0.0, 0.165])
@pytest.mark.parametrize("way", ["smaller", "larger", "JPEG", "grain"])
def test_copies_and_scans_of_a_page_have_its_black(black, way):
    """Resizing leaves rings along lines, JPEG traces, and a scan grain: what is solid is still about as black."""
    page = Image.fromarray(pixels_from_float(page_of(black)))
    if way == "JPEG":
        stored = io.BytesIO()
        page.save(stored, "JPEG", quality=50)
        page = Image.open(stored)
    elif way != "grain":
        page = page.resize([round((0.7 if way == "smaller" else 1.8) * side) for side in page.size], Resampling.LANCZOS)
    copy = np.asarray(page, np.float32) / 255
    if way == "grain":
        copy = (copy + np.random.default_rng(0).normal(0, 0.02, copy.shape)).clip(0, 1).astype(np.float32)
    assert black_level(copy) == pytest.approx(black, abs=0.015)


def test_where_some_is_blacker_dark_grey_is_meant():
    page = page_of(0.165)
    page[300:360, 30:110] = 0
    assert black_level(page) == 0


@pytest.mark.parametrize("black", [0.0, 0.8 * FAINTEST, 1.1 * PALEST])
def test_black_and_grey_are_no_grey_black(black):
    assert black_level(page_of(black)) == 0


def test_where_darkness_varies_or_nothing_is_dark_no_black_is_known():
    painted = np.tile(np.linspace(0.1, 1, 300, dtype=np.float32), (400, 1))
    assert black_level(painted) == 0
    assert black_level(np.ones((300, 200), np.float32)) == 0


def test_solid_blacks_and_lines_become_black_and_light_tones_stay():
    """Two ways in which a separator may part a solid black: as ink, and as tone."""
    page = page_of(0.165)
    light = page > KEPT_FROM
    for parted in (
        Separation(page, np.ones_like(page)),
        Separation(np.where(light, 1, page / 0.165), np.where(light, page, 0.165)),
    ):
        deep = deepen(Separation(*(plane.astype(np.float32).clip(0, 1) for plane in parted)))
        ink = blackened(deep, 0.165)
        assert (ink * deep.tone)[160:240, 50:110].max() < 0.005
        assert (ink[light] == deep.ink[light]).all()
    assert blackened(deep, 0.0) is deep.ink


@given(st.floats(0.06, 0.3), st.floats(0, 1), st.floats(0, 1))
def test_ink_never_gets_lighter_and_keeps_its_order(level, one, other):
    ink = np.array([[min(one, other), max(one, other)]], np.float32)
    after = blackened(Separation(ink, np.ones_like(ink)), level)
    assert (after <= ink + 1e-6).all()
    assert after[0, 0] <= after[0, 1] + 1e-6
    assert after.min() >= 0
