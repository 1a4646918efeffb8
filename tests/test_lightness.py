"""Tests of whose lightness a page shows.

Oracles: paintings and printed pages of which it is known, and invariants.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mangacolor.image.color import LUMA, oklab_from_srgb
from mangacolor.page.ink import Separation
from mangacolor.page.lightness import keep_lightness, shows_lightness

UNIT = st.floats(0, 1, width=32)


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, (4, 5, 3), elements=UNIT), arrays(np.float32, (4, 5), elements=UNIT))
def test_colours_get_the_luma_of_the_tone(colour, tone):
    """Invariant: in range, the luma is the tone, and no channel changes places with another."""
    kept = keep_lightness(colour, tone)
    assert kept.min() >= 0
    assert kept.max() <= 1
    np.testing.assert_allclose(kept @ LUMA, tone, atol=2e-3)
    order = np.argsort(colour, axis=-1)
    assert (np.diff(np.take_along_axis(kept, order, axis=-1), axis=-1) >= -1e-5).all()


def test_colours_that_have_the_luma_already_stay():
    """Invariant: nothing to do, nothing done."""
    colour = np.random.default_rng(0).random((8, 8, 3), dtype=np.float32)
    np.testing.assert_allclose(keep_lightness(colour, colour @ LUMA), colour, atol=1e-5)


@pytest.fixture
def painting():
    """A painting in colour, with clear ink."""
    rng = np.random.default_rng(0)
    shades = np.linspace(0.2, 0.9, 64, dtype=np.float32)
    colour = (shades[None, :, None] * (0.8 + 0.4 * rng.random((64, 1, 3), dtype=np.float32))).clip(0, 1)
    return colour.astype(np.float32), np.ones((64, 64), np.float32)


def test_a_painting_in_grey_shows_its_lightness(painting):
    """Contract: where the tones are what the generator takes the lightness for."""
    colour, ink = painting
    tone = (colour @ LUMA).astype(np.float32)
    page = Separation(ink, tone)
    assert shows_lightness(tone, page, oklab_from_srgb(colour), page)


@pytest.mark.parametrize("kind", ["screened", "other tones", "bare paper", "mostly paper", "one tone"])
def test_manga_does_not(painting, kind):
    """Contract: not where dots were evened, where tones and colours disagree, or where there is next to no tone."""
    colour, ink = painting
    tone = (colour @ LUMA).astype(np.float32)
    gray = tone
    if kind == "screened":
        gray = (np.random.default_rng(1).random(tone.shape) < tone).astype(np.float32)
    elif kind == "other tones":
        gray = tone = np.ascontiguousarray(tone[:, ::-1])
    elif kind == "bare paper":
        gray = tone = np.ones_like(tone)
    elif kind == "mostly paper":  # manga whose dots have become grey, as it is small
        tone[:46] = colour[:46] = 1
        gray = tone
    else:
        gray = tone = np.full_like(tone, 0.5)
        colour = np.full_like(colour, 0.5)
    page = Separation(ink, tone)
    assert not shows_lightness(gray, page, oklab_from_srgb(colour), page)
