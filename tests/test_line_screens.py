"""Line screens: found, measured, and taken apart into a grey and what is drawn over them.

Oracle: sheets that the training's own screentone lays (`data/drawing/screentone`), whose grey is known; strokes drawn
here; and hatching by another hand (`evaluate/hatch_fields`), which has to stay.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.data.drawing.screentone import Screentone, lay_screentone
from mangacolor.evaluate.screen_fields import draw_field
from mangacolor.models.backend import Planes
from mangacolor.models.page_separator import PageSeparator
from mangacolor.page import line_screens, line_windows
from mangacolor.page.line_screens import find_line_screens
from mangacolor.page.line_windows import PERIODS_PX, find_lines

SIDE, MARGIN = 352, 24
INSIDE = np.s_[MARGIN + 8 : -MARGIN - 8, MARGIN + 8 : -MARGIN - 8]
NOWHERE = np.zeros((SIDE, SIDE), np.bool_)


class Blind:
    """A separator that sees no screen at all."""

    multiple, reach_px = 8, 0

    def separate(self, gray):
        return Planes(gray, np.ones_like(gray), np.zeros_like(gray))


def lined(tone=0.62, period=5.3, degrees=20.0, *, antialiased=True, margin=MARGIN):
    """A sheet of lines on white paper."""
    rng = np.random.default_rng(1)
    page = np.ones((SIDE, SIDE), np.float32)
    side = SIDE - 2 * margin
    sheet = Screentone("line", period, degrees, antialiased=antialiased)
    page[margin : SIDE - margin, margin : SIDE - margin] = lay_screentone(
        np.full((side, side), tone, np.float32), sheet, rng
    )
    return np.clip(page + rng.normal(0, 0.01, page.shape), 0, 1).astype(np.float32)


def drawing():
    """Ink of a few strokes that run all ways."""
    fine = np.full((4 * SIDE, 4 * SIDE), 255, np.uint8)
    cv2.circle(fine, (520, 500), 280, 0, 12)
    cv2.line(fine, (200, 300), (620, 760), 0, 12)
    cv2.ellipse(fine, (500, 560), (180, 90), 30, 0, 360, 0, 10)
    return cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 133])
@pytest.mark.parametrize("period", [3.1, 4.76, 7.0, 10.0])
def test_a_sheet_of_lines_becomes_the_grey_that_it_was_laid_for(period, degrees):
    found = find_line_screens(lined(0.62, period, degrees), NOWHERE)
    assert found is not None
    assert found.where[INSIDE].mean() > 0.97
    assert not found.where[:12].any(), "white paper is none"
    assert np.abs(found.tone[INSIDE] - 0.62).mean() < 0.02
    assert found.ink[INSIDE].mean() > 0.98
    assert (found.ink[~found.where] == 1).all()
    assert (found.tone[~found.where] == 1).all()


@pytest.mark.parametrize("tone", [0.35, 0.5, 0.8])
def test_dark_and_light_sheets_are_found(tone):
    found = find_line_screens(lined(tone, 6.4, 30), NOWHERE)
    assert found is not None
    assert np.abs(found.tone[INSIDE] - tone).mean() < 0.03


def test_ragged_lines_stay_as_they_are():
    """Crumbs of them would look like strokes."""
    assert find_line_screens(lined(0.5, 6.4, 30, antialiased=False), NOWHERE) is None


@pytest.mark.parametrize(("period", "degrees"), [(4.3, 10), (6.2, 45), (8.8, 75)])
def test_what_is_drawn_over_lines_is_in_the_ink(period, degrees):
    ink = drawing()
    found = find_line_screens(lined(0.7, period, degrees) * ink, NOWHERE)
    assert found is not None
    seen = np.where(found.where, found.ink, ink)[INSIDE]
    assert np.corrcoef(seen.ravel(), ink[INSIDE].ravel())[0, 1] > 0.8
    assert np.abs(found.tone - 0.7)[INSIDE][found.where[INSIDE]].mean() < 0.03
    assert found.where[INSIDE].mean() > 0.9


def test_letters_over_lines_are_not_lost():
    fine = np.full((4 * SIDE, 4 * SIDE), 255, np.uint8)
    for row, size in ((300, 2.2), (520, 4.0), (800, 6.0)):
        cv2.putText(fine, "Letters", (180, row), cv2.FONT_HERSHEY_SIMPLEX, size, 0, round(4 * size))
    letters = cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    taken = PageSeparator(Blind()).take_apart(lined(0.62, 5.3, 30) * letters)
    drawn = taken.drawn()
    assert ((drawn.ink * drawn.tone)[letters < 0.2] < 0.4).mean() > 0.93


@pytest.mark.parametrize(
    "kind",
    ["hatching", "ruled hatching", "cross-hatching", "fur", "hair", "wood grain", "cloth folds", "speed lines",
     "dry brush", "stippling by hand", "hatching over dots", "pencil", "wash", "fine dots", "coarse dots",
     "white dots on black", "sand", "moire"],
)  # fmt: skip
@pytest.mark.parametrize("seed", [20, 21, 22])
def test_nothing_else_is_one(kind, seed):
    page = draw_field(kind, seed).page
    assert find_line_screens(page, np.zeros(page.shape, np.bool_)) is None


@pytest.mark.parametrize("page", [np.ones((90, 90)), np.zeros((70, 200)), np.ones((1, 1)), np.ones((63, 400))])
def test_blank_and_small_pages_have_none(page):
    assert find_line_screens(page.astype(np.float32), np.zeros(page.shape, np.bool_)) is None


def test_lines_that_are_too_far_apart_are_drawn():
    """Boards and blinds."""
    assert find_line_screens(lined(0.6, PERIODS_PX[1] + 2, 0), NOWHERE) is None


def test_where_a_screen_is_known_none_is_looked_for():
    assert find_line_screens(lined(), ~NOWHERE) is None


def test_of_a_page_full_of_lines_not_every_window_is_looked_at(monkeypatch):
    """Contract: `MOST_WINDOWS`, and a square more; the screen is found all over nevertheless."""
    page = np.tile(lined(0.6, 6.0, 0, margin=0), (3, 3))[:1000, :1000]
    looked = []
    periods = line_windows._periods
    monkeypatch.setattr(
        line_windows, "_periods", lambda windows, ways: looked.append(len(windows)) or periods(windows, ways)
    )
    found = find_line_screens(np.ascontiguousarray(page), np.zeros(page.shape, np.bool_))
    assert sum(looked) <= line_windows.MOST_WINDOWS + line_windows.TILE_STEPS**2 < 29**2
    assert found is not None
    assert found.where.mean() > 0.8


def test_white_letters_over_lines_stay_white():
    fine = np.zeros((4 * SIDE, 4 * SIDE), np.uint8)
    cv2.putText(fine, "White", (180, 420), cv2.FONT_HERSHEY_SIMPLEX, 7, 255, 60)
    cv2.line(fine, (200, 600), (1200, 1000), 255, 12)
    white = cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    taken = PageSeparator(Blind()).take_apart(np.maximum(lined(0.5, 6, 20), white))
    shown = taken.page.ink * taken.page.tone
    assert shown[white > 0.95].mean() > 0.85
    assert taken.page.tone[-80:-40, 40:-40].mean() < 0.55, "the sheet is grey elsewhere"


def test_pages_longer_than_opencv_looks_at_are_left_alone():
    page = np.tile(lined(margin=0)[:64, :64], (520, 1))
    assert find_line_screens(page, np.zeros(page.shape, np.bool_)) is None


@pytest.mark.parametrize(
    "other",
    [(0.7, 7.3, 70), (0.7, 5.06, 15)],
    ids=["far", "of nearly one period"],
)
def test_two_sheets_of_one_page_are_both_found(other):
    page = np.hstack([lined(0.5, 4.6, 15), lined(*other)])
    found = find_line_screens(page, np.zeros(page.shape, np.bool_))
    assert found is not None
    for tone, half in ((0.5, np.s_[:, :SIDE]), (0.7, np.s_[:, SIDE:])):
        assert found.where[half][INSIDE].mean() > 0.9
        assert np.abs(found.tone[half][INSIDE] - tone).mean() < 0.05


@settings(max_examples=8, deadline=None)
@given(period=st.floats(4, 10), degrees=st.floats(0, 180))
def test_a_turned_page_has_the_turned_screen(period, degrees):
    """Invariant: nothing prefers a side of the page."""
    page = lined(0.6, period, degrees)
    upright, turned = (find_line_screens(np.ascontiguousarray(one), NOWHERE) for one in (page, page.T))
    assert upright is not None
    assert turned is not None
    assert (upright.where == turned.where.T).mean() > 0.97
    assert np.abs(upright.tone - turned.tone.T).mean() < 0.02


@pytest.mark.parametrize("degrees", [0, 33, 90, 120])
def test_the_pace_of_lines_is_measured_finely(degrees):
    """Over forty pixels lines are a tenth of a pixel off at most."""
    (lines,) = find_lines(lined(0.6, 6.37, degrees), NOWHERE)
    turn = math.radians(degrees)
    true = np.array([math.cos(turn), math.sin(turn)]) / 6.37  # the sheet's lines run across its first axis, or along it
    apart = min(np.abs(np.abs(lines.pace) - np.abs(one)).max() for one in (true, true[::-1]))
    assert apart * 40 * 6.37 < 0.1
    assert lines.period_px == pytest.approx(6.37, abs=0.02)


def test_windows_are_grouped_by_touch_way_and_period():
    places = np.array([[0, 0], [0, 1], [1, 2], [5, 5], [1, 1]])
    ways, periods = np.array([0.0, 0.01, 0.02, 0.0, 0.5]), np.array([5.0, 5.1, 5.2, 5.0, 5.0])
    groups = {tuple(group.tolist()) for group in line_windows._groups(places, ways, periods, 0.04)}
    assert groups == {(0, 1, 2), (3,), (4,)}
    assert line_windows._groups(places[:0], ways[:0], periods[:0], 0.04) == []


def test_shifts_lead_from_line_to_line_and_along_them():
    pace = np.array([0.12, 0.05])
    shifts = line_screens._shifts(pace)
    lines = shifts @ pace
    assert np.abs(lines - np.rint(lines)).max() / np.hypot(*pace) < 0.8
    assert {tuple(step) for step in shifts.tolist()} == {tuple(step) for step in (-shifts).tolist()}
    assert (np.rint(lines) == 0).any()
    assert (np.abs(np.rint(lines)) >= 1).any()


def test_pages_are_taken_apart_with_their_line_screens():
    page = lined(0.62) * drawing()
    taken = PageSeparator(Blind()).take_apart(page)
    assert np.abs(taken.page.tone[INSIDE] - 0.62).mean() < 0.03
    assert taken.drawn().ink is taken.page.ink, "no strokes are looked for twice"
    np.testing.assert_allclose((taken.page.ink * taken.page.tone)[:12], page[:12], atol=1e-6)
