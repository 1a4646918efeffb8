"""Pages from scanners on their way through `steps.separate` and `cut_views`.

Oracles: a separator that takes every page for ink and notes what it saw, so that ink × tone is known; the drawn page
before it was made worse; the panels that it was drawn with.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from mangacolor.colorize import steps
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.panelwise import cut_views
from mangacolor.page.ink import BLACK_FLOOR, Separation, TakenApart
from mangacolor.page.sharpness import SHARP, steepness

SHAPE = (700, 500)


def drawn_page(black=0.0):
    """Frames, a wash, a black and lines on white paper."""
    page = np.ones(SHAPE, np.float32)
    for top in (40, 370):
        cv2.rectangle(page, (30, top), (470, top + 290), black, 3)
    page[60:200, 60:220] = 0.75
    page[420:600, 300:440] = black
    for x in range(60, 280, 13):
        cv2.line(page, (x, 400), (x + 20, 620), black, 2)
    return page


@pytest.fixture
def taken(tiny_weights, tiny_separator):
    """Takes pages apart: the layers, and what the separator saw."""
    engine = Colorizer(tiny_weights, separator=tiny_separator).engine

    def take(gray):
        seen = []

        def all_ink(page):
            seen.append(page)
            apart = Separation(page, np.ones_like(page))
            return TakenApart(apart, lambda: apart.ink)

        return steps.separate(gray, dataclasses.replace(engine, separate=all_ink)), seen[0]

    return take


def test_a_soft_page_is_seen_sharp_and_keeps_its_own_lines(taken):
    soft = cv2.GaussianBlur(drawn_page(), (0, 0), 1.4)
    layers, seen = taken(soft)
    assert steepness(seen) > steepness(soft)
    assert steepness(soft) < SHARP
    assert layers.gray is seen
    np.testing.assert_allclose(layers.page.ink * layers.page.tone, seen, atol=1e-5)
    np.testing.assert_allclose(layers.ink, soft, atol=1e-5)


def test_a_clean_page_is_seen_as_it_is(taken):
    page = drawn_page()
    layers, seen = taken(page)
    np.testing.assert_array_equal(seen, page)
    assert layers.ink is layers.page.ink
    assert layers.level == 1


def test_the_shadow_of_a_spine_is_gone_before_anything_is_taken_apart(taken):
    light = (0.92 - 0.15 * np.exp(-np.linspace(0, 1, SHAPE[1]) / 0.15)[None]).astype(np.float32)
    page = drawn_page()
    layers, seen = taken(page * light)
    assert seen[page == 1].min() > 0.95
    assert layers.level == pytest.approx(0.92, abs=0.02)
    assert np.abs(seen[80:180, 80:200] - 0.75).max() < 0.03


def test_grey_black_is_black_beside_a_dark_margin_too(taken):
    """The lid is blacker than the black of the page, which without it would be meant to be grey."""
    framed = cv2.copyMakeBorder(drawn_page(black=0.165), *[60] * 4, cv2.BORDER_CONSTANT, value=0.08)
    layers, _ = taken(framed)
    assert layers.ink[500:640, 380:480].max() < 0.01
    assert BLACK_FLOOR > 0.165


def test_faded_ink_is_seen_black_and_laid_as_it_is(taken):
    page = 0.5 + 0.5 * drawn_page()
    layers, seen = taken(page)
    np.testing.assert_allclose(seen, drawn_page(), atol=0.005)
    np.testing.assert_allclose(layers.ink, page, atol=0.005)
    assert layers.fading == pytest.approx(0.5, abs=0.003)


def test_a_page_in_little_light_is_seen_in_full_light(taken):
    layers, seen = taken(0.45 * drawn_page())
    np.testing.assert_allclose(seen, drawn_page(), atol=0.01)
    assert layers.level == pytest.approx(0.45, abs=0.005)


def test_a_desk_is_seen_black_and_stays_a_desk(taken):
    framed = cv2.copyMakeBorder(drawn_page(), *[60] * 4, cv2.BORDER_CONSTANT, value=0.3)
    layers, seen = taken(framed)
    assert (seen[:60] == 0).all()
    assert layers.around[:60].all()
    assert not layers.around[70:-70, 70:-70].any()
    np.testing.assert_allclose(layers.ink[:60], 0.3, atol=1e-6)
    np.testing.assert_array_equal(seen[70:-70, 70:-70], framed[70:-70, 70:-70])


def test_panels_on_black_are_found_as_they_were():
    """On night pages the paper itself is black, and no margin: all that is taken off them would join the panels."""
    for paper in (0.0, 0.1):
        page = np.full((1000, 720), paper, np.float32)
        for top in (60, 380, 700):
            for left in (50, 390):
                page[top : top + 260, left : left + 280] = 0.8
                cv2.circle(page, (left + 140, top + 130), 70, 0.4, -1)
        views = cut_views(Separation(page, np.ones_like(page)), lambda: (500, 360), 300)
        assert sum(view.label > 0 for view in views.views) == 6
