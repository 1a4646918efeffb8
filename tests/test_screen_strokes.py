"""Strokes over screens: cells laid over each other, and what is filled in beneath dots.

Oracle: screens and strokes drawn here, each known without the other; the cell that a screen was drawn with.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from drawn_screens import EVERYWHERE, SIDE, drawn_over, flattened, screen

from mangacolor.page import screen_cells, screen_strokes
from mangacolor.page.beneath_dots import along_strokes
from mangacolor.page.screen_cells import FARTHEST_PX, PATCH_PX, Cell, expected, find_cell, whole_steps
from mangacolor.page.screen_strokes import with_strokes


def off_lattice(steps, cell):
    """How far steps (n, 2) miss the dots of a cell, in pixels."""
    number = steps @ np.linalg.inv(cell)
    return np.hypot(*((number - np.rint(number)) @ cell).T)


@pytest.mark.parametrize("degrees", [0, 15, 45, 70])
@pytest.mark.parametrize("period", [4.3, 8.0, 11.7])
def test_cells_are_measured_to_a_fraction_of_a_pixel(period, degrees):
    page, cell = screen(period, degrees)
    found = find_cell((flattened(page) - page)[:PATCH_PX, :PATCH_PX], EVERYWHERE[:PATCH_PX, :PATCH_PX])
    assert found is not None
    assert off_lattice(np.stack(list(found)), cell).max() < 0.02
    assert found.size < 1.5 * period


@pytest.mark.parametrize("degrees", [0, 15, 30, 45])
@pytest.mark.parametrize("period", [2.7, 5.3, 9.6, 21.0])
def test_steps_of_whole_pixels_lead_from_dot_to_dot(period, degrees):
    _, cell = screen(period, degrees, side=8)
    steps = whole_steps(Cell(*cell.astype(np.float32)))
    assert len(steps) >= 8
    assert len(np.unique(steps, axis=0)) == len(steps)
    assert {tuple(step) for step in steps.tolist()} == {tuple(step) for step in (-steps).tolist()}
    assert np.hypot(*steps.T).max() <= max(FARTHEST_PX, 3 * period) + 1
    assert off_lattice(steps, cell).max() <= math.sqrt(0.5), "no whole pixel is nearer"
    assert np.median(off_lattice(steps, cell)) < 0.45


@pytest.mark.parametrize("period", [4.4, 7.3, 10.0])
def test_what_cells_lead_to_expect_is_the_screen_without_strokes(period):
    page, dots, strokes = drawn_over(period)
    _, cell = screen(period, 30)
    usual, is_known = expected(page, np.full_like(page, 0.85), EVERYWHERE, whole_steps(Cell(*cell.astype(np.float32))))
    assert is_known.mean() > 0.99
    assert np.abs(usual - dots)[is_known].mean() < 0.06
    beneath = is_known & (strokes < 0.3) & (dots > 0.95)
    assert beneath.sum() > 300
    assert np.median(usual[beneath]) > 0.9, "strokes are left out"


def test_cells_of_another_tone_are_not_asked():
    """Contract: the mean is one of places whose tone is about the same, whatever lies beside them."""
    light, cell = screen(6.0, 20, 0.1)
    dark, _ = screen(6.0, 20, 0.4)
    half = np.arange(SIDE) < SIDE // 2
    page, tone = np.where(half, light, dark), np.where(half, np.float32(0.9), np.float32(0.6)) + np.zeros_like(light)
    usual, is_known = expected(page, tone, EVERYWHERE, whole_steps(Cell(*cell.astype(np.float32))))
    for side, dots in ((half, light), (~half, dark)):
        part = is_known & side
        assert part.sum() > 0.45 * SIDE * SIDE
        assert np.abs(usual - dots)[part].mean() < 0.05


def test_a_dark_screen_beside_a_light_one_stays_flat(monkeypatch):
    """Their dots lie on the same places, and the dark ones are larger; blind to the tone, they would come back."""
    (light, _), (dark, _) = screen(4.0, 20, 0.2), screen(4.0, 20, 0.5)
    is_left = np.add.outer(np.arange(SIDE), np.arange(SIDE)) < SIDE
    page, tone = np.where(is_left, light, dark), np.where(is_left, np.float32(0.8), np.float32(0.5))
    assert (with_strokes(page, np.ones_like(page), tone, EVERYWHERE) > 0.9).all()
    monkeypatch.setattr(screen_cells, "SAME_TONE", 1)
    assert (with_strokes(page, np.ones_like(page), tone, EVERYWHERE) < 0.9).sum() > 1000


@pytest.mark.parametrize("degrees", [0, 25, 60, 90, 140])
def test_strokes_go_on_beneath_dots(degrees):
    """Oracle: the stroke as it was drawn. Dots hide it where nothing is seen at all."""
    dots, _ = screen(7.0, 15, 0.25, side=128)
    way = math.radians(degrees)
    y, x = np.mgrid[:128, :128] - 63.5
    off = np.abs(y * math.cos(way) - x * math.sin(way))
    stroke = (off - 1.0).clip(0, 1).astype(np.float32)
    trust = (dots > 0.9).astype(np.float32)
    hidden = (trust == 0) & (np.hypot(x, y) < 50)
    filled = along_strokes(np.where(trust > 0, stroke, 0.5).astype(np.float32), trust, hidden, 7.0)
    assert filled.shape == (hidden.sum(),)
    error = np.abs(filled - stroke[hidden])
    assert (stroke[hidden] < 0.1).sum() > 20
    assert error[stroke[hidden] < 0.1].mean() < 0.25
    assert error[off[hidden] > 5].max() < 0.05


def test_nothing_to_fill_in_and_nothing_seen():
    """Contract: no place, no ink; where nothing is seen there is paper."""
    plane = np.zeros((20, 20), np.float32)
    assert along_strokes(plane, plane, np.zeros((20, 20), np.bool_), 5.0).shape == (0,)
    np.testing.assert_allclose(along_strokes(plane, plane, np.ones((20, 20), np.bool_), 5.0), 1)


def test_more_places_than_opencv_looks_at_in_one_go():
    """Oracle: each half alone."""
    rng = np.random.default_rng(1)
    seen = rng.random((200, 200), dtype=np.float32)
    trust = (rng.random((200, 200)) < 0.7).astype(np.float32)
    upper, every = np.zeros((200, 200), np.bool_), np.ones((200, 200), np.bool_)
    upper[:100] = True
    parts = [along_strokes(seen, trust, where, 6.0) for where in (upper, ~upper)]
    np.testing.assert_array_equal(along_strokes(seen, trust, every, 6.0), np.concatenate(parts))


@pytest.mark.parametrize("period", [5.0, 9.0])
def test_strokes_come_back_beneath_dots_too(period):
    page, dots, strokes = drawn_over(period)
    ink = with_strokes(page, np.ones_like(page), np.full_like(page, 0.85), EVERYWHERE)
    beneath = (strokes < 0.2) & (dots < 0.3)
    assert beneath.sum() > 50
    assert ink[beneath].mean() < 0.4
    assert np.corrcoef(ink.ravel(), strokes.ravel())[0, 1] > 0.84


def test_each_screen_of_a_sheet_has_cells_of_its_own(monkeypatch):
    """Two screens lie in one sheet, with strokes over both; with one screen a sheet, those over the other are lost."""
    one, _, strokes = drawn_over(6.0)
    other = screen(8.5, 60, 0.15)[0] * strokes
    page, both = np.concatenate([one, other], axis=1), np.concatenate([strokes, strokes], axis=1)
    tone, sheet = np.full_like(page, 0.85), np.ones(page.shape, np.bool_)
    sure = (both < 0.2) & (page < 0.2)
    found = {}
    for most in (1, screen_strokes.MOST_SCREENS):
        monkeypatch.setattr(screen_strokes, "MOST_SCREENS", most)
        ink = with_strokes(page, np.ones_like(page), tone, sheet)
        found[most] = sorted(
            float((half[where] < 0.5).mean())
            for half, where in zip(np.split(ink, 2, 1), np.split(sure, 2, 1), strict=True)
        )
        assert (ink[both > 0.99] > 0.99).mean() > 0.99
    assert found[1][0] < 0.4 < 0.6 < found[1][1]
    assert found[screen_strokes.MOST_SCREENS][0] > 0.6


def test_crumbs_are_no_strokes():
    """A screen that is darker by chance here and there, no longer than a dot or two, stays flat."""
    dots, _ = screen(6.0, 30, 0.15)
    page = dots.copy()
    for x, y in np.random.default_rng(2).integers(20, SIDE - 20, (12, 2)).tolist():
        cv2.circle(page, (x, y), 3, 0, -1)
    ink = with_strokes(page, np.ones_like(page), np.full_like(page, 0.85), EVERYWHERE)
    assert (ink == 1).all()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_page_shows_ink_gets_darker_on_sheets_alone(seed):
    """Invariant, on lattices, lines and noise of any cell, worn, in ragged sheets."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(60, 300, 2)
    y, x = np.mgrid[:height, :width]
    turn, pace = rng.uniform(0, 3), 2 * math.pi / rng.uniform(2, 27)
    wave = np.cos(pace * (x * math.cos(turn) + y * math.sin(turn)))
    wave += (seed % 3 > 0) * np.cos(pace * (y * math.cos(turn) - x * math.sin(turn)))
    page = (wave > rng.uniform(-1, 1)) + rng.normal(0, 0.05 * (seed % 2), wave.shape)
    page = np.where(rng.random(wave.shape) < 0.04, 0, page).clip(0, 1).astype(np.float32)
    sheets = cv2.GaussianBlur(rng.random(wave.shape), (0, 0), 9) > 0.48
    ink = (rng.random(wave.shape) + 0.5).clip(0, 1).astype(np.float32)
    kept = with_strokes(page, ink, np.full_like(page, rng.uniform(0.3, 1)), sheets)
    assert kept.dtype == np.float32
    assert np.isfinite(kept).all()
    assert (kept <= ink).all()
    np.testing.assert_array_equal(kept[~sheets], ink[~sheets])
