"""Decided colours are tidied. Oracle: the contracts of `tidy` and `clear_stains`, with colours by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.colorize.tidy import clear_stains, tidy
from mangacolor.image.color import oklab_from_srgb, saturated, srgb_from_oklab
from mangacolor.page.ink import Separation


def cleared(rgb, tone):
    return srgb_from_oklab(clear_stains(oklab_from_srgb(rgb), tone))


def test_stains_fade_to_paper_on_paper_and_to_grey_elsewhere():
    """Contract of `clear_stains`: colours stay; off paper a stain keeps its lightness; nowhere is there a jump."""
    tint, colour = np.array([[1.0, 0.99, 0.97]], np.float32), np.array([[0.8, 0.3, 0.3]], np.float32)
    paper, gray = np.array([0.99], np.float32), np.array([0.6], np.float32)
    np.testing.assert_allclose(cleared(tint, paper), [[0.99, 0.99, 0.99]], atol=1e-3)
    faded = clear_stains(oklab_from_srgb(tint), gray)
    np.testing.assert_allclose(faded, oklab_from_srgb(tint) * [1, 0, 0], atol=1e-5)
    for tone in (paper, gray):
        np.testing.assert_allclose(cleared(colour, tone), colour, atol=2e-3)
        ramp = np.linspace(tint, colour, 400).astype(np.float32)[:, 0]
        assert np.abs(np.diff(cleared(ramp, np.full(400, tone, np.float32)), axis=0)).max() < 0.1
    tones = np.linspace(0.9, 1, 400, dtype=np.float32)
    assert np.abs(np.diff(cleared(tint.repeat(400, axis=0), tones), axis=0)).max() < 0.01


@given(st.lists(st.floats(0.3, 0.6), min_size=3, max_size=3), st.floats(0, 1.2))
def test_saturation_scales_chroma_and_keeps_lightness_and_hue(rgb, factor):
    """Contract of `tidy`: but for stains, which are colours of next to no chroma."""
    lab = oklab_from_srgb(np.array([[rgb]], np.float32))
    plane = np.full((1, 1), 0.5, np.float32)
    plain, other = (tidy(lab, Separation(plane, plane), by) for by in (1.0, factor))
    np.testing.assert_allclose(other[..., 0], plain[..., 0], atol=1e-6)
    np.testing.assert_allclose(other[..., 1:], plain[..., 1:] * factor, atol=1e-6)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda rgb: max(rgb) > 0.1), st.floats(1, 4))
def test_saturation_that_srgb_has_no_room_for_keeps_lightness_and_hue_as_well(rgb, factor):
    """Invariant of what is shown, where it has a hue; and no colour gets paler.

    Not near black, where a millionth of light is thousandths of OKLab, and less than a step of 255.
    """
    lab = oklab_from_srgb(np.array([[rgb]], np.float32))
    shown = oklab_from_srgb(srgb_from_oklab(saturated(lab, factor)))
    lightness, *chroma = lab[0, 0]
    np.testing.assert_allclose(shown[0, 0, 0], lightness, atol=2e-4)
    length = np.hypot(*chroma)
    assert np.hypot(*shown[0, 0, 1:]) >= length - 2e-4
    assert abs(chroma[0] * shown[0, 0, 2] - chroma[1] * shown[0, 0, 1]) <= 3e-4 * length, "the hue has turned"


def test_a_red_is_as_vivid_as_srgb_has_it_at_its_lightness():
    """Oracle: the most of a thousand chromas that stays as it is in sRGB; and a page that is tidied has it."""
    lab = oklab_from_srgb(np.array([[(194, 66, 62)]], np.float32) / 255)
    longer = lab * np.stack([np.ones(1000), *[np.linspace(1, 3, 1000)] * 2], axis=1).astype(np.float32)
    stays = np.abs(oklab_from_srgb(srgb_from_oklab(longer)) - longer).max(axis=-1) < 1e-5
    most = longer[:, stays[0]][0, -1]
    plane = np.full((1, 1), 0.5, np.float32)
    np.testing.assert_allclose(tidy(lab, Separation(plane, plane), 3.0)[0, 0], most, atol=1e-3)
