"""Black that was printed as grey.

Oracle: the contract of `blackened` on pages drawn here, whose black is known.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pictures import page_of

from mangacolor.page.black_ink import KEPT_FROM, blackened, faded, unfaded
from mangacolor.page.ink import Separation, deepen


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


@given(st.floats(0.34, 0.85), st.floats(0, 1))
def test_what_is_faded_again_is_as_it_was(fading, share):
    """Hand-computed: black is the grey of faded ink, and paper is paper; between them greys keep their places."""
    gray = np.array([[fading, fading + share * (1 - fading), 1.0]], np.float32)
    strong = unfaded(gray, fading)
    np.testing.assert_allclose(strong, [[0, share, 1]], atol=1e-5)
    np.testing.assert_allclose(faded(strong, fading), gray, atol=1e-5)


def test_what_never_faded_is_not_copied():
    page = page_of(0.0)
    assert unfaded(page, 0.0) is page
    assert faded(page, 0.0) is page
