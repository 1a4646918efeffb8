"""Shadows drawn with strokes.

Oracle: invariants (strokes darken and stay in the shadow; hypothesis chooses art and seeds), and art drawn here whose
shadows are known.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draw_art

from mangacolor.data.drawing import hatched_shadows
from mangacolor.data.drawing.hatched_shadows import fine_strokes, hatch_shadows, shadow_of
from mangacolor.image import float_from_pixels

SHADED = np.s_[50:100, 20:80]


def shaded_art():
    """A field of one colour with a shadow on it, and what of it is skin."""
    art = np.full((120, 120, 3), (250, 214, 186), np.uint8)
    art[SHADED] = (214, 160, 130)
    skin = np.zeros((120, 120), bool)
    skin[10:100, 20:80] = True
    return float_from_pixels(art), skin


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 1.5]))
def test_strokes_only_darken(seed, scale):
    paint = float_from_pixels(draw_art(seed, 60, 80))
    ink = np.random.default_rng(seed).random((round(60 * scale), round(80 * scale)), np.float32)
    drawn = hatch_shadows(ink, paint, None, np.random.default_rng(seed))
    assert drawn.dtype == np.float32
    assert (drawn <= ink).all()
    assert drawn.min() >= 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_strokes_stay_in_the_shadow(seed):
    shadow = np.zeros((90, 70), bool)
    shadow[20:60, 10:50] = True
    cover = fine_strokes(shadow, np.random.default_rng(seed))
    assert cover[~shadow].max() == 0
    assert 0 <= cover.min() <= cover.max() <= 1


def test_most_fields_are_strokes_rather_than_empty_or_black():
    shadow = np.ones((90, 90), bool)
    covers = [float(fine_strokes(shadow, np.random.default_rng(seed)).mean()) for seed in range(30)]
    assert np.mean([0.03 < cover < 0.9 for cover in covers]) > 0.8


def test_a_shadow_is_what_is_darker_than_around(monkeypatch):
    monkeypatch.setattr(hatched_shadows, "FREE_SHADOWS", 0.0)
    paint, skin = shaded_art()
    is_of_skin = 0
    for seed in range(10):
        shadow = shadow_of(paint, skin, np.random.default_rng(seed))
        assert shadow[SHADED].mean() > 10 * shadow[10:30, 20:80].mean()
        is_of_skin += bool(shadow[SHADED].mean() > 0.2)
    assert is_of_skin > 2


def test_without_a_shadow_the_ink_stays(monkeypatch):
    monkeypatch.setattr(hatched_shadows, "FREE_SHADOWS", 0.0)
    ink = np.ones((50, 50), np.float32)
    assert hatch_shadows(ink, ink[..., None].repeat(3, axis=2), None, np.random.default_rng(0)) is ink


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_numbers_draw_the_same(seed):
    paint, skin = shaded_art()
    ink = np.ones((120, 120), np.float32)
    first, again = (hatch_shadows(ink, paint, skin, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
