"""Composed pages: the truth of what they are made of.

Oracles: the contract page = ink × tone, the whole page for each of its windows, and a page's own coverage counts.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draw_art

from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.balloon_shapes import box_of
from mangacolor.data.drawing.canvas import Canvas
from mangacolor.data.drawing.compose import compose_page, draw_window, plan_page
from mangacolor.data.drawing.fonts import BUILT_IN, Fonts
from mangacolor.data.pairs import scan_in_place

FONTS = Fonts((BUILT_IN,), ())
CONFIG = SynthesisConfig()
SEEDS = range(6)


def art(rng):
    return draw_art(int(rng.integers(4)), 160, 140)


def composed(seed, *, screentone=True, kind=None):
    rng = np.random.default_rng(seed)
    return compose_page(300, 210, art, CONFIG, rng, kind=kind, screentone=screentone, fonts=FONTS)


@pytest.mark.parametrize("screentone", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_page_is_ink_times_tone_where_nothing_is_screened(seed, screentone):
    page, ink, tone, screened, colour = composed(seed, screentone=screentone).layers
    np.testing.assert_allclose(page[~screened], (ink * tone)[~screened], atol=1e-6)
    assert screentone or not screened.any()
    for plane in (page, ink, tone, colour):
        assert plane.dtype == np.float32
        assert plane.min() >= -1e-6
        assert plane.max() <= 1 + 1e-6


@pytest.mark.parametrize("kind", ["manga", "webtoon"])
@pytest.mark.parametrize("seed", SEEDS)
def test_paper_is_white_under_its_ink(seed, kind):
    page = composed(seed, kind=kind)
    assert (page.layers.tone[page.paper] == 1).all()
    assert (page.layers.colour[page.paper] == 1).all()
    assert not page.layers.screened[page.paper].any()


def test_paper_is_mostly_bare():
    """Balloons and gutters hold lines and letters, which cover less than a third of them."""
    inks = np.concatenate([page.layers.ink[page.paper] for page in map(composed, SEEDS)])
    assert inks.size > 0.05 * len(SEEDS) * 300 * 210
    assert inks.mean() > 0.67


@pytest.mark.parametrize("seed", SEEDS)
def test_text_boxes_hold_contrast(seed):
    page = composed(seed)
    for top, left, bottom, right, _ in page.text_boxes:
        inside = page.layers.ink[top:bottom, left:right]
        assert inside.size
        assert inside.min() < 0.5


@pytest.mark.slow
def test_balloons_are_paper_inside():
    boxes = [(page, box) for page in map(composed, range(12)) for box in page.text_boxes if box.place == "balloon"]
    assert boxes
    white = [(page.paper[box.top : box.bottom, box.left : box.right]).mean() > 0.9 for page, box in boxes]
    assert np.mean(white) > 0.7  # the others are black balloons


@pytest.mark.parametrize("seed", SEEDS)
def test_same_seed_same_pixels(seed):
    one, other = composed(seed), composed(seed)
    for plane, twin in zip(one.layers, other.layers, strict=True):
        np.testing.assert_array_equal(plane, twin)
    assert one.text_boxes == other.text_boxes


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), top=st.integers(0, 200), left=st.integers(0, 110))
def test_a_window_is_a_cut_of_the_page(seed, top, left):
    """Oracle: the whole page. Inside panels, greys and lines near the border may be judged differently."""
    rng = np.random.default_rng(seed)
    plan = plan_page(300, 210, rng, fonts=FONTS)
    whole = draw_window(plan, (0, 0, 300, 210), art, CONFIG, rng, screentone=False)
    window = draw_window(plan, (top, left, 100, 100), art, CONFIG, rng, screentone=False)
    cut = np.s_[top : top + 100, left : left + 100]
    # OpenCV places an antialiased line a fraction of a pixel elsewhere where it cuts it off.
    assert (window.paper != whole.paper[cut]).mean() < 0.001
    difference = np.abs(window.layers.ink - whole.layers.ink[cut])[window.paper]
    assert difference.size == 0 or difference.mean() < 0.02
    assert np.abs(window.layers.colour - whole.layers.colour[cut]).mean() < 0.03


def test_a_window_off_the_page_is_gutter():
    rng = np.random.default_rng(0)
    plan = plan_page(300, 210, rng, "manga", FONTS)
    page = draw_window(plan, (5000, 5000, 40, 30), art, CONFIG, rng)
    assert page.layers.page.shape == (40, 30)
    assert (page.layers.ink == (0 if plan.has_black_gutters else 1)).all()
    assert page.text_boxes == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), short=st.integers(64, 1600), ratio=st.floats(0.5, 3))
def test_plans_follow_the_short_side(seed, short, ratio):
    """Lettering never touches other lettering, stays on the page, and grows with it."""
    plan = plan_page(max(1, round(short * ratio)), short, np.random.default_rng(seed), fonts=FONTS)
    boxes = [one.box() for one in plan.lettering]
    for index, (top, left, bottom, right) in enumerate(boxes):
        assert top >= 0
        assert left >= 0
        assert bottom <= plan.height_px
        assert right <= plan.width_px
        for other in boxes[:index]:
            assert bottom < other[0] or other[2] < top or right < other[1] or other[3] < left
    words = [one.letter_px for one in plan.lettering if one.lengths]
    assert all(0.5 < size / plan.unit_px < 2 for size in words)


@pytest.mark.parametrize("seed", SEEDS)
def test_panels_of_a_grid_do_not_overlap(seed):
    plan = plan_page(300, 210, np.random.default_rng(seed), "manga", FONTS)
    cover = np.zeros((300, 210), np.float32)
    canvas = Canvas((0, 0, 300, 210))
    region = canvas.region((0, 0, 300, 210))
    for panel in plan.panels:
        if panel.frame_px and not panel.rim_px and box_of(panel.polygon)[0] >= 0:
            cover = np.maximum(cover, canvas.fill([panel.polygon], region))
    total = sum(
        canvas.fill([panel.polygon], region).sum()
        for panel in plan.panels
        if panel.frame_px and not panel.rim_px and box_of(panel.polygon)[0] >= 0
    )
    assert total <= 1.3 * cover.sum() + 1  # insets lie over other panels, and are small


def test_scanning_in_place_moves_nothing():
    page = composed(1)
    for seed in range(6):
        scanned = scan_in_place(page, np.random.default_rng(seed))
        assert scanned.text_boxes == page.text_boxes
        np.testing.assert_array_equal(scanned.layers.colour, page.layers.colour)
        assert np.corrcoef(scanned.layers.ink.ravel(), page.layers.ink.ravel())[0, 1] > 0.9
