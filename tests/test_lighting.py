"""Light that falls unevenly.

Oracle: pages drawn here, darkened by a known light: what comes back is the page in full light; and invariants.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.page.extent import DOUBLE_SHAPE
from mangacolor.page.levels import paper_level
from mangacolor.page.lighting import evenly_lit, on_white_paper

SHAPE = (700, 500)


def drawn_page():
    """Frames, a wash, a black and lines on white paper."""
    page = np.ones(SHAPE, np.float32)
    for top in (40, 370):
        cv2.rectangle(page, (30, top), (470, top + 290), 0.0, 3)
    page[60:200, 60:220] = 0.75
    page[420:600, 300:440] = 0.0
    for x in range(60, 280, 13):
        cv2.line(page, (x, 400), (x + 20, 620), 0.0, 2, cv2.LINE_AA)
    return page


def light_of_a_spine(depth, *, mirrored=False):
    """(H, W) light that falls off to one side, as near the spine of an open book, and a little to the foot."""
    across = np.exp(-np.linspace(0, 1, SHAPE[1]) / 0.15)[None]
    light = 0.93 - depth * (across[:, ::-1] if mirrored else across) - 0.02 * np.linspace(0, 1, SHAPE[0])[:, None] ** 2
    return light.astype(np.float32)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("depth", [0.08, 0.2])
def test_what_a_spine_darkens_is_as_light_as_the_rest(depth, mirrored):
    page = drawn_page()
    lit = evenly_lit(page * light_of_a_spine(depth, mirrored=mirrored))
    assert np.abs(lit[page == 1] - 0.93).mean() < 0.01
    assert np.abs(lit[page == 1] - 0.93).max() < 0.05
    assert np.abs(lit[80:180, 80:200] - 0.93 * 0.75).max() < 0.02, "a wash is no shadow"
    assert lit[page == 0].max() == 0


@pytest.mark.parametrize("paper", [1.0, 0.9])
def test_a_page_in_even_light_comes_back_as_it_is(paper):
    page = drawn_page() * np.float32(paper)
    assert evenly_lit(page) is page


WASHES = {
    "half": np.s_[:, 250:],
    "foot": np.s_[350:],
    "strip": np.s_[:, :150],
    "corner": np.s_[370:, 250:],
    "edge": np.s_[:, :60],
}


@pytest.mark.parametrize("tone", [0.95, 0.85])
@pytest.mark.parametrize("where", WASHES)
def test_a_wash_over_part_of_a_page_is_no_shadow(where, tone):
    page = drawn_page()
    page[WASHES[where]] *= np.float32(tone)
    assert evenly_lit(page) is page


FOLDS = {
    "exponential": lambda off: np.exp(-off / 0.06),
    "bell": lambda off: np.exp(-((off / 0.1) ** 2)),
    "ramp": lambda off: np.clip(1 - off / 0.12, 0, 1),
}


def double_page(fold, *, off_middle=0.0, paler_foot=0.0):
    """Two pages side by side, and the light (H, W) that falls on them, with the shadow of a fold near the middle."""
    page = np.hstack([drawn_page()[:, ::-1], drawn_page()])
    off = np.abs(np.arange(page.shape[1]) / SHAPE[1] - 1 - off_middle)
    strength = 0.2 * (1 - paler_foot * np.linspace(0, 1, SHAPE[0]))[:, None]
    return page, (0.92 - strength * FOLDS[fold](off)[None]).astype(np.float32)


@pytest.mark.parametrize("more", [{}, {"off_middle": 0.03}, {"paler_foot": 0.5}], ids=["middle", "aside", "foot"])
@pytest.mark.parametrize("fold", FOLDS)
def test_what_the_fold_of_a_double_page_darkens_is_as_light_as_the_rest(fold, more):
    page, light = double_page(fold, **more)
    lit = evenly_lit(page * light)
    assert np.abs(light - 0.92)[page == 1].max() > 0.15
    assert np.abs(lit[page == 1] - 0.92).mean() < 0.01
    assert np.percentile(np.abs(lit[page == 1] - 0.92), 99) < 0.05
    assert np.abs(lit[80:180, -420:-300] - 0.92 * 0.75).max() < 0.02, "a wash is no shadow"


@pytest.mark.parametrize("tone", [0.95, 0.85])
@pytest.mark.parametrize("where", WASHES)
def test_a_wash_on_one_of_two_pages_is_no_shadow(where, tone):
    page = drawn_page()
    page[WASHES[where]] *= np.float32(tone)
    double = np.hstack([drawn_page(), page])
    assert evenly_lit(double) is double


@pytest.mark.parametrize("tone", [0.95, 0.85, 0.7])
def test_a_tone_over_all_of_one_page_is_no_shadow(tone):
    double = np.hstack([drawn_page(), np.float32(tone) * drawn_page()])
    assert evenly_lit(double) is double
    wide = drawn_page()[:400]
    wide[:, SHAPE[1] // 2 :] *= np.float32(tone)
    assert wide.shape[1] > DOUBLE_SHAPE * wide.shape[0]
    assert evenly_lit(wide) is wide


def test_where_the_light_of_one_page_is_not_known_both_stay_as_they_are():
    rough = cv2.resize(np.random.default_rng(3).random((7, 5)).astype(np.float32), SHAPE[::-1]).clip(0, 1)
    double = np.hstack([drawn_page() * light_of_a_spine(0.2, mirrored=True), rough])
    assert evenly_lit(double) is double


def test_a_painting_has_no_light_of_its_own():
    """Light and dark that no paper explains: smooth noise from edge to edge."""
    rough = np.random.default_rng(3).random((7, 5)).astype(np.float32)
    painting = cv2.resize(rough, SHAPE[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)
    assert evenly_lit(painting) is painting


def test_small_and_empty_pages_come_back_as_they_are():
    for page in (np.ones((1, 1), np.float32), np.ones((1, 3000), np.float32), np.zeros(SHAPE, np.float32)):
        assert evenly_lit(page) is page


def test_a_dim_grainy_scan_gets_white_paper():
    page = drawn_page()
    scan = page * light_of_a_spine(0.15) + np.random.default_rng(0).normal(0, 0.015, SHAPE).astype(np.float32)
    white = on_white_paper(scan.clip(0, 1).astype(np.float32))
    assert paper_level(white) == 1
    assert (white[page == 1] > 0.97).mean() > 0.95
