"""Tones chosen by hand.

Oracles: the contract of `free_tones` (skin and white are paper, tones say nothing of lightness, scenery is refused) on
pictures drawn here, whose areas are known; invariants with hypothesis.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draw_art

from mangacolor.config import SynthesisConfig
from mangacolor.data import synthesis
from mangacolor.data.free_tones import free_tones
from mangacolor.data.labels import NO, UNKNOWN, YES
from mangacolor.data.synthesis import draw_layers, graded
from mangacolor.image import float_from_pixels
from mangacolor.image.color import oklab_from_srgb

SKIN_PAINT, RED, BLUE, GROUND = (240, 200, 170), (200, 40, 40), (40, 60, 160), (120, 170, 120)
SKIN_AREA, RED_AREA, BLUE_AREA = np.s_[20:60, 20:60], np.s_[20:60, 80:120], np.s_[80:120, 20:60]
WHITE_AREA = np.s_[80:120, 80:120]
DRAWS = 60


def quilt():
    """(140, 140, 3): squares of skin, red, blue and white on green ground."""
    art = np.full((140, 140, 3), GROUND, np.uint8)
    art[SKIN_AREA], art[RED_AREA], art[BLUE_AREA], art[WHITE_AREA] = SKIN_PAINT, RED, BLUE, (255, 255, 255)
    return float_from_pixels(art)


def middle(tone, area):
    """Median tone of an area, clear of what is smoothed at its border."""
    return float(np.median(tone[area][4:-4, 4:-4]))


@pytest.fixture(scope="module")
def drawn():
    """The quilt, many times."""
    tones = [free_tones(quilt(), np.random.default_rng(seed)) for seed in range(DRAWS)]
    assert all(tone is not None for tone in tones)
    return tones


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(8, 90), st.integers(8, 90))
def test_any_art_gets_tones_in_range_or_none(seed, height, width):
    tone = free_tones(float_from_pixels(draw_art(seed, height, width)), np.random.default_rng(seed))
    if tone is not None:
        assert tone.dtype == np.float32
        assert tone.shape == (height, width)
        assert 0 <= tone.min() <= tone.max() <= 1


def test_the_same_numbers_give_the_same_tones():
    first, again, other = (free_tones(quilt(), np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.slow
def test_each_area_has_one_tone_to_its_borders(drawn):
    """Invariant: what is one flat colour is one flat tone; no area of another colour is cut out of it."""
    for tone in drawn:
        for area in (SKIN_AREA, RED_AREA, BLUE_AREA, WHITE_AREA):
            assert np.ptp(tone[area][4:-4, 4:-4]) < 0.01


@pytest.mark.slow
def test_skin_is_mostly_and_white_always_paper(drawn):
    """Contract: nine in ten skins are left bare, and of the others some are chosen paper."""
    bare = [middle(tone, SKIN_AREA) > 0.99 for tone in drawn]
    assert 0.85 < np.mean(bare) < 1
    assert min(middle(tone, WHITE_AREA) for tone in drawn) > 0.99


def test_tones_say_nothing_of_lightness(drawn):
    """Contract: dark blue is as often lighter than lighter red as darker, and each takes tones from black to paper."""
    red, blue = (np.array([middle(tone, area) for tone in drawn]) for area in (RED_AREA, BLUE_AREA))
    parted = np.abs(red - blue) > 0.05
    assert 0.3 < (red > blue)[parted].mean() < 0.7
    for tones in (red, blue):
        assert tones.min() < 0.15
        assert 0.2 < (tones > 0.99).mean() < 0.65


def test_the_ground_is_rarely_paper_even_if_it_looks_like_skin():
    art = np.full((100, 100, 3), SKIN_PAINT, np.uint8)
    art[30:70, 30:70] = BLUE
    grounds = [free_tones(float_from_pixels(art), np.random.default_rng(seed))[4:20, 4:-4] for seed in range(DRAWS)]
    assert np.mean([np.median(ground) > 0.99 for ground in grounds]) < 0.35


@pytest.mark.slow
def test_known_skin_is_paper_whatever_its_colour(drawn):
    """Contract of `skin`: a blue that is known to be skin is bare nine times in ten, and without that is not."""
    known = np.zeros((140, 140), bool)
    known[BLUE_AREA] = True
    told = [middle(free_tones(quilt(), np.random.default_rng(seed), known), BLUE_AREA) for seed in range(DRAWS)]
    assert np.mean(np.array(told) > 0.99) > 0.85
    assert np.mean([middle(tone, BLUE_AREA) > 0.99 for tone in drawn]) < 0.65


@pytest.mark.parametrize("most", [0.0, 0.6])
def test_toned_areas_keep_some_of_their_shading_and_never_become_paper(monkeypatch, most):
    """Contract of `MOST_SHADING`: of a blue from dark to light, one colour of two, at most so much stays."""
    monkeypatch.setattr("mangacolor.data.free_tones.CLUSTERS", (2, 2))
    monkeypatch.setattr("mangacolor.data.free_tones.MOST_SHADING", most)
    shades = np.linspace(0.4, 0.6, 100, dtype=np.float32)
    art = np.stack([np.tile(shades * share, (100, 1)) for share in (0.3, 0.5, 1.4)], axis=-1)
    art[30:70, 30:70] = 0.9, 0.2, 0.2
    lightness = np.ptp(oklab_from_srgb(art[90, 4:-4])[:, 0])
    spans = []
    for seed in range(12):
        toned = free_tones(art, np.random.default_rng(seed))[80:, 4:-4]
        if toned.min() < 0.99:  # else it is bare
            spans.append(np.ptp(toned))
            assert toned.max() <= 0.975
    assert len(spans) > 4
    assert max(spans) <= most * lightness + 0.01
    assert max(spans) >= 0.4 * most * lightness


def test_scenery_without_areas_is_refused():
    """Contract: noise of many hues would become camouflage."""
    noise = np.random.default_rng(0).random((120, 120, 3), dtype=np.float32)
    assert all(free_tones(noise, np.random.default_rng(seed)) is None for seed in range(5))


# Where drawings take them from


PLAIN = SynthesisConfig(plain_gray=0, line_art=0, drawn_edges=0)


def test_the_share_of_the_config_chooses_them(monkeypatch):
    """Contract of `SynthesisConfig.free_tones`: 0 never asks, 1 always does; skin is what the labels are sure of."""
    asked = []

    def spy(paint, rng, skin):
        asked.append(skin)
        return np.full(paint.shape[:2], 0.5, np.float32)

    monkeypatch.setattr(synthesis, "free_tones", spy)
    art, labels = quilt(), np.full((140, 140), UNKNOWN, np.uint8)
    labels[SKIN_AREA], labels[BLUE_AREA] = YES, NO
    draw_layers(art, 1.0, PLAIN, np.random.default_rng(0), labels)
    assert asked == []
    chosen = dataclasses.replace(PLAIN, free_tones=1.0)
    layers = draw_layers(art, 1.25, chosen, np.random.default_rng(0), labels)
    assert layers.tone.shape == layers.ink.shape == layers.colour.shape[:2] == (175, 175)
    np.testing.assert_allclose(layers.tone, 0.5, atol=1e-6)
    expected = np.zeros((140, 140), bool)
    expected[SKIN_AREA] = True
    np.testing.assert_array_equal(asked[0], expected)
    draw_layers(art, 1.0, chosen, np.random.default_rng(0))
    assert asked[1] is None


@pytest.mark.parametrize("kind", ["plain_gray", "line_art"])
def test_plain_greys_and_line_art_are_left_alone(monkeypatch, kind):
    """Contract: the share is one of toned drawings."""
    monkeypatch.setattr(synthesis, "free_tones", lambda *_: pytest.fail("chosen by hand"))
    draw_layers(quilt(), 1.0, dataclasses.replace(PLAIN, free_tones=1.0, **{kind: 1.0}), np.random.default_rng(0))


def test_a_picture_that_is_refused_is_toned_after_its_greys(monkeypatch):
    """Contract: nothing is lost but the choice; the darker of two areas is the darker one."""
    monkeypatch.setattr(synthesis, "free_tones", lambda *_: None)
    config = dataclasses.replace(PLAIN, free_tones=1.0)
    for seed in range(6):
        layers = draw_layers(quilt(), 1.0, config, np.random.default_rng(seed))
        shown = layers.ink * layers.tone
        assert middle(shown, BLUE_AREA) <= middle(shown, WHITE_AREA)


def test_grading_is_off_unless_asked_for():
    """Contract: (1, 1) returns the art itself and asks for no random number, so that old recipes draw what they did."""
    art, rng = quilt(), np.random.default_rng(0)
    assert graded(art, SynthesisConfig(), rng) is art
    assert rng.random() == np.random.default_rng(0).random()
    lighter = graded(art, SynthesisConfig(graded_lightness=(0.7, 0.7)), rng)
    assert (lighter[BLUE_AREA].mean() - art[BLUE_AREA].mean()) > 0.03
