"""Pages whose panels show drawn people.

Oracle: a painter that fills all it is asked for with one colour and calls it skin, so that the page says where people
are; and the plan of the page, which says where its panels, balloons and gutters are.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.config import LABELS
from mangacolor.data.drawing.compose import plan_page
from mangacolor.data.figures_composed import compose_figures
from mangacolor.data.figures_painted import Painted
from mangacolor.data.labels import NO, UNKNOWN, YES
from mangacolor.data.synthesis import Layers

SKIN_PLANE, GROUND_PLANE, PAPER_PLANE = (LABELS.index(name) for name in ("skin", "ground", "paper"))
SEEDS = st.integers(0, 10_000)
RED = np.array((0.9, 0.2, 0.2), np.float32)


def all_skin(side_px, rng):
    """Paint bare, red skin everywhere."""
    bare = np.ones((side_px, side_px), np.float32)
    labels = np.full((side_px, side_px, len(LABELS)), NO, np.uint8)
    labels[..., SKIN_PLANE] = YES
    return Painted(Layers(bare, bare, bare[..., None] * RED, smooth=False), labels)


def draw(seed, window=(0, 0, 286, 200)):
    plan = plan_page(286, 200, np.random.default_rng(seed), "manga")
    return (plan, *compose_figures(plan, window, all_skin))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_what_is_painted_is_labelled_and_the_paper_is_ground(seed):
    """Invariant: where the page is red it is skin, where it is white paper it is ground and nothing else."""
    _, layers, labels = draw(seed)
    red = np.abs(layers.colour - RED).max(axis=2) < 0.02
    white = (layers.colour.min(axis=2) > 0.98) & (layers.ink > 0.98)
    known = labels[..., SKIN_PLANE] != UNKNOWN
    # Two pixels along an edge may be either.
    near = np.ones((5, 5), np.uint8)
    red, white = (cv2.erode(plane.astype(np.uint8), near) > 0 for plane in (red, white))
    assert (labels[..., SKIN_PLANE][red & known] == YES).all()
    assert (labels[..., SKIN_PLANE][white & known] == NO).all()
    assert (labels[..., GROUND_PLANE][white & known] == YES).all()
    assert (labels[..., PAPER_PLANE][red & known] == NO).all()


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_people_are_in_the_panels_and_balloons_hide_them(seed):
    """Oracle: polygons and balloons of the plan, filled by OpenCV."""
    plan, _, labels = draw(seed)
    inside = np.zeros(labels.shape[:2], np.uint8)
    for panel in plan.panels:
        shapes = [panel.polygon] if panel.figure is None else [panel.polygon, panel.figure]
        for shape in shapes:
            cv2.fillPoly(inside, [np.rint(shape).astype(np.int32)], 1)
    is_skin = labels[..., SKIN_PLANE] == YES
    assert not is_skin[cv2.dilate(inside, np.ones((5, 5), np.uint8)) == 0].any()
    for one in plan.lettering:
        if one.place == "balloon" and one.fill == "white" and one.shape in ("ellipse", "rounded"):
            y, x = round(one.y), round(one.x)
            if 0 <= y < 286 and 0 <= x < 200 and labels[y, x, SKIN_PLANE] != UNKNOWN:
                assert not is_skin[y, x]
                assert labels[y, x, PAPER_PLANE] == YES


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_nobody_says_what_is_under_letters_and_all_else_is_known(seed):
    """Oracle: the same page without its lettering."""
    plan, layers, labels = draw(seed)
    bare, known = compose_figures(replace(plan, lettering=type(plan.lettering)()), (0, 0, 286, 200), all_skin)
    is_same = (abs(layers.ink - bare.ink) < 0.01) & (abs(layers.colour - bare.colour).max(axis=2) < 0.01)
    np.testing.assert_array_equal(labels[is_same, SKIN_PLANE], known[is_same, SKIN_PLANE])


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.integers(0, 120), st.integers(0, 60))
def test_a_window_shows_what_the_page_shows(seed, top, left):
    """Invariant: a window agrees with its part of the whole page, where the painter paints the same."""
    _, whole, labels = draw(seed)
    _, part, part_labels = draw(seed, (top, left, 140, 120))
    cut = np.s_[top : top + 140, left : left + 120]
    assert np.abs(whole.colour[cut] - part.colour).mean() < 0.01
    assert (labels[cut] == part_labels).mean() > 0.99


def test_a_page_without_anybody_is_ground():
    """Contract: what no panel covers is ground, and its paper."""
    plan = plan_page(286, 200, np.random.default_rng(3), "manga")
    _, labels = compose_figures(plan, (-300, 0, 200, 200), all_skin)
    assert (labels[..., GROUND_PLANE] == YES).all()
    assert (labels[..., PAPER_PLANE] == YES).all()
    assert (labels[..., SKIN_PLANE] == NO).all()
