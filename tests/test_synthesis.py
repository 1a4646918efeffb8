"""What an artist would have drawn of colour art: the contracts of the layers, kind by kind."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.lines import find_lines
from mangacolor.data.synthesis import draw_layers, manga_tone, solid_blacks
from mangacolor.image import resize
from mangacolor.page.ink import BLACK_FLOOR

FloatArray = NDArray[np.float32]
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

PLAIN = SynthesisConfig(plain_gray=1.0, line_art=0.0)
LINE_ART = SynthesisConfig(plain_gray=0.0, line_art=1.0)
TONED = SynthesisConfig(plain_gray=0.0, line_art=0.0)


def portrait(side: int = 128) -> FloatArray:
    """Draw a head with dark hair under a light sky: outlines, flats, a gradient and a black."""
    art = np.empty((side, side, 3), np.uint8)
    art[:] = np.linspace(170, 245, side)[:, None, None] * np.array((0.8, 0.92, 1.0))
    unit = side // 16
    cv2.circle(art, (8 * unit, 7 * unit), 5 * unit, (25, 15, 12), -1, cv2.LINE_AA)
    cv2.circle(art, (8 * unit, 9 * unit), 4 * unit, (250, 214, 190), -1, cv2.LINE_AA)
    cv2.circle(art, (8 * unit, 9 * unit), 4 * unit, (60, 30, 25), 2, cv2.LINE_AA)
    cv2.rectangle(art, (3 * unit, 13 * unit), (13 * unit, side), (30, 40, 110), -1)
    return (art / np.float32(255)).astype(np.float32)


ART = portrait()


@pytest.mark.parametrize("config", [PLAIN, LINE_ART, TONED], ids=["plain", "line art", "toned"])
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    scale=st.floats(0.5, 3.0),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=15, deadline=None)
def test_layers_have_the_promised_shapes_and_ranges(
    config: SynthesisConfig, shape: tuple[int, int], scale: float, seed: int
) -> None:
    art = np.random.default_rng(seed).random((*shape, 3), dtype=np.float32)
    layers = draw_layers(art, scale, config, np.random.default_rng(seed))
    size = tuple(max(1, round(side * scale)) for side in shape)
    assert layers.ink.shape == layers.tone.shape == size
    assert layers.colour.shape == (*size, 3)
    assert isinstance(layers.smooth, bool)
    for plane in layers[:3]:
        assert plane.dtype == np.float32
        assert np.isfinite(plane).all()
        assert plane.min() >= 0
        assert plane.max() <= 1


@pytest.mark.parametrize("config", [PLAIN, LINE_ART, TONED], ids=["plain", "line art", "toned"])
def test_the_same_seed_draws_the_same_layers(config: SynthesisConfig) -> None:
    first, again, other = (draw_layers(ART, 1.3, config, np.random.default_rng(seed)) for seed in (5, 5, 6))
    for one, two in zip(first[:3], again[:3], strict=True):
        np.testing.assert_array_equal(one, two)
    assert first.smooth == again.smooth
    assert (first.ink * first.tone != other.ink * other.tone).any()


def test_the_art_is_left_as_it_was() -> None:
    before = ART.copy()
    for seed, config in enumerate((PLAIN, LINE_ART, TONED)):
        draw_layers(ART, 1.0, config, np.random.default_rng(seed))
    np.testing.assert_array_equal(ART, before)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_plain_gray_multiplies_to_the_luma_but_for_a_mild_gamma(scale: float) -> None:
    luma = resize(ART @ LUMA, round(128 * scale), round(128 * scale))
    for seed in range(6):
        layers = draw_layers(ART, scale, PLAIN, np.random.default_rng(seed))
        assert layers.smooth
        page = layers.ink * layers.tone
        middling = luma > 0.05
        gamma = np.median(np.log(page[middling].clip(1e-3)) / np.log(luma[middling].clip(1e-3, 0.999)))
        assert 0.7 < gamma < 1.35
        assert np.abs(page - luma**gamma).mean() < 0.01


def test_line_art_is_bare_paper() -> None:
    for seed in range(6):
        layers = draw_layers(ART, 1.4, LINE_ART, np.random.default_rng(seed))
        assert layers.tone.min() == 1
        assert not layers.smooth
        assert 0.005 < (layers.ink < 0.5).mean() < 0.5


def test_toned_drawings_are_mostly_paper_and_mostly_screened() -> None:
    drawings = [draw_layers(ART, 1.0, TONED, np.random.default_rng(seed)) for seed in range(60)]
    paper = np.array([(drawing.tone > 0.97).mean() for drawing in drawings])
    assert np.mean(paper > 0.3) > 0.6
    assert np.mean([drawing.tone.min() < 0.9 for drawing in drawings]) > 0.9, "a tone somewhere"
    assert 0.05 < np.mean([drawing.smooth for drawing in drawings]) < 0.5


@pytest.mark.parametrize("darkness", [0.0, 0.05, 0.2, 0.6, 1.0])
def test_paint_is_no_darker_than_the_floor_unless_saturated(darkness: float) -> None:
    art = ART * np.float32(darkness)
    for scale in (1.0, 2.0):
        colour = draw_layers(art, scale, TONED, np.random.default_rng(0)).colour
        is_dark = (colour @ LUMA < BLACK_FLOOR - 0.05) & (colour.max(axis=2) < 0.97)
        assert is_dark.mean() < 0.005  # where enlarging overshoots


def test_blacks_have_no_hue_of_their_own() -> None:
    art = np.random.default_rng(0).uniform(0, 0.03, (64, 64, 3)).astype(np.float32)
    colour = draw_layers(art, 1.0, TONED, np.random.default_rng(0)).colour
    assert np.ptp(colour, axis=2).mean() < 0.1


def test_paint_has_no_outlines() -> None:
    colour = draw_layers(ART, 1.0, TONED, np.random.default_rng(0)).colour
    chin = colour[92:110, 64]  # from face over the outline of the chin to the shirt
    assert (chin @ LUMA).min() > BLACK_FLOOR - 0.02
    assert find_lines(ART)[96:106, 64].min() < 0.3


def test_dark_areas_become_smooth_blacks_and_specks_do_not() -> None:
    gray = np.full((64, 64), 0.8, np.float32)
    cv2.circle(gray, (32, 32), 14, 0.05, -1)
    gray[4:7, 4:7] = 0.05
    ink = solid_blacks(gray, 2.0, 0.2)
    assert ink.shape == (128, 128)
    assert ink[54:74, 54:74].max() == 0
    assert ink[:24, :24].min() == 1
    area = (1 - ink).sum() / 4
    assert area == pytest.approx((gray[16:, 16:] < 0.2).sum(), rel=0.1)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_tone_keeps_light_lighter_than_dark(seed: int) -> None:
    steps = np.repeat(np.linspace(0, 1, 16, dtype=np.float32), 8)
    tone = manga_tone(np.tile(steps, (16, 1)), np.random.default_rng(seed))
    assert np.diff(tone, axis=1).min() >= -1e-5
    assert tone[:, -4:].min() > 0.99, "the lightest is paper"
