"""Strokes of the pen, and how they are laid into pages.

Oracles: the written contracts of `draw_strokes`, `rule` and `lay_strokes`, and invariants over many seeds.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.scan import PageLayers
from mangacolor.data.drawing.strokes import MANNERS, draw_strokes
from mangacolor.data.drawing.strokes_laid import lay_strokes
from mangacolor.data.drawing.strokes_ruled import Grid, Pen, bent_grid, rule, smooth_noise

SEEDS = st.integers(0, 10_000)
EVEN = Pen(2.0, 8.0, 1e6, uneven=0.0, pressure=0.0, gap=0.0, taper=(0.0, 0.0))


def plain_page(side=96, seed=0):
    """Make a page of flat areas of several greys, without any tone."""
    blank = np.ones((side, side), np.float32)
    rng = np.random.default_rng(seed)
    colour = np.kron(rng.random((3, 3)), np.ones((side // 3, side // 3))).astype(np.float32)
    return PageLayers(blank, blank, blank, np.zeros(blank.shape, bool), np.repeat(colour[..., None], 3, axis=2))


@pytest.mark.parametrize("name", MANNERS)
@pytest.mark.parametrize("shape", [(64, 90), (7, 3)])
def test_every_manner_covers_some_of_the_paper(name, shape):
    """Contract: cover in [0, 1], (H, W) float32; over ten draws neither nothing nor everything."""
    covers = [MANNERS[name][0](np.ones(shape, np.float32), np.random.default_rng(seed)) for seed in range(10)]
    for cover in covers:
        assert cover.shape == shape
        assert cover.dtype == np.float32
        assert cover.min() >= 0
        assert cover.max() <= 1
    assert shape == (7, 3) or 0.01 < np.mean([cover.mean() for cover in covers]) < 0.9


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from(sorted(MANNERS)))
def test_no_stroke_without_pressure(seed, name):
    """Contract: where the pressure is 0 for good, nothing is drawn; a dot or curl may reach over by its own size."""
    pressure = np.zeros((60, 120), np.float32)
    pressure[:, :60] = 1
    cover = MANNERS[name][0](pressure, np.random.default_rng(seed))
    assert not cover[:, 60 + 24 :].any()


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_same_generator_same_strokes(seed):
    """Invariant: everything random comes from the generator."""
    pressure = np.ones((40, 40), np.float32)
    first, second = (draw_strokes(pressure, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("angle_deg", [0.0, 30.0, 90.0])
@pytest.mark.parametrize("width_px", [1.0, 2.0, 3.5])
def test_even_lines_cover_their_share(angle_deg, width_px):
    """Oracle: lines `width_px` wide every 8 px cover width / 8 of the paper, whatever their direction."""
    pen = Pen(width_px, 8.0, 1e6, uneven=0.0, pressure=0.0, gap=0.0, taper=(0.0, 0.0))
    rng = np.random.default_rng(0)
    grid = bent_grid((160, 160), 8.0, angle_deg, 0, (1, 1), rng)
    cover = rule(grid._replace(along=grid.along + 4e5), pen, np.ones((160, 160), np.float32), rng)
    assert cover.mean() == pytest.approx(width_px / 8, abs=0.015)


def test_strokes_follow_a_bent_grid():
    """Contract of `rule`: a pixel on a line is black, one midway between two is white, and lines keep their width
    where they lie closer."""
    rows = np.arange(200, dtype=np.float32)[:, None] * np.ones((1, 40), np.float32)
    across = np.where(rows < 100, rows / 8, 12.5 + (rows - 100) / 16).astype(np.float32)
    cover = rule(Grid(across, np.full_like(rows, 4e5), 8.0), EVEN, np.ones_like(rows), np.random.default_rng(0))
    assert cover[48].min() == 1
    assert cover[44].max() == 0
    assert cover[:96].mean() * 8 == pytest.approx(2, abs=0.2)
    assert cover[108:188].mean() * 16 == pytest.approx(2, abs=0.2)


def test_noise_is_turned_with_the_reach():
    """Contract: it changes little along its long reach and much along its short one, also when turned."""
    noise = smooth_noise((200, 200), (4, 80), np.random.default_rng(0))
    assert np.abs(np.diff(noise, axis=0)).mean() > 5 * np.abs(np.diff(noise, axis=1)).mean()
    turned = smooth_noise((200, 200), (4, 80), np.random.default_rng(0), 90)
    assert np.abs(np.diff(turned, axis=1)).mean() > 5 * np.abs(np.diff(turned, axis=0)).mean()


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_page_is_ink_times_tone_but_for_screentone(seed):
    """Invariant of `PageLayers`, kept by strokes; the layers that come in stay as they are."""
    before = plain_page()
    after = lay_strokes(before, np.random.default_rng(seed))
    bare = ~after.screened
    np.testing.assert_allclose(after.page[bare], (after.ink * after.tone)[bare], atol=1e-6)
    assert (before.page == 1).all()
    assert not before.screened.any()
    assert after.colour is before.colour
    for plane in after[:3]:
        assert plane.dtype == np.float32
        assert plane.min() >= 0
        assert plane.max() <= 1


def test_strokes_belong_to_the_ink():
    """Contract: strokes darken the ink, with and without dots under them, in most pages and not in all of their art."""
    pages = [lay_strokes(plain_page(seed=seed), np.random.default_rng(seed)) for seed in range(60)]
    with_dots = [page.ink[page.screened].mean() for page in pages if page.screened.mean() > 0.1]
    without = [page.ink[~page.screened].mean() for page in pages if page.screened.mean() < 0.9]
    assert min(with_dots) < 0.8
    assert min(without) < 0.8
    assert np.mean([(page.ink < 1).any() for page in pages]) > 0.7
    assert len(with_dots) > 15
    # Beside one another in one window:
    assert any(0.1 < page.screened.mean() < 0.9 and page.ink[~page.screened].mean() < 0.95 for page in pages)


def test_white_pages_keep_their_paper():
    """Contract: areas are those of the art; on bare paper strokes are laid only where a page is stroked all over."""
    blank = np.ones((64, 64), np.float32)
    page = PageLayers(blank, blank, blank, np.zeros(blank.shape, bool), np.ones((64, 64, 3), np.float32))
    stroked = [bool((lay_strokes(page, np.random.default_rng(seed)).page < 1).any()) for seed in range(100)]
    assert 0 < np.mean(stroked) < 0.2


def test_recipes_ask_for_strokes():
    """Contract: by default none are drawn, so that other recipes draw as before."""
    assert SynthesisConfig().strokes == 0
