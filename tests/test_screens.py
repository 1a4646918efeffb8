"""Printed screens told from stippling, and strokes that run over screens, by how they repeat themselves.

Oracle: screens and strokes drawn here, of which all is known; a sum over all places for the correlation; a separator
made by hand that flattens everything.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_screens import EVERYWHERE, SIDE, drawn_over, flattened, screen

from mangacolor.evaluate.hatch_fields import INSIDE
from mangacolor.evaluate.screen_fields import draw_field
from mangacolor.models import cores, page_separator
from mangacolor.models.backend import Planes
from mangacolor.models.page_separator import _restored, _screens
from mangacolor.page import stipple
from mangacolor.page.repeats import distances, likeness_moved
from mangacolor.page.screen_cells import PATCH_PX, find_cell
from mangacolor.page.screen_strokes import with_strokes
from mangacolor.page.stipple import (
    DARK,
    LEAST_DARK,
    LEAST_SEEN,
    LEAST_WHITE,
    STEP_PX,
    UNLIKE,
    VOTE_SPREAD,
    WHITE,
    WINDOW_PX,
    find_stipple,
    likeness,
)


@pytest.mark.parametrize("padded_px", [None, 24])
@pytest.mark.parametrize("some", [False, True], ids=["all count", "some count"])
def test_the_correlation_is_that_of_its_definition(some, padded_px):
    rng = np.random.default_rng(3)
    planes = rng.random((3, 16, 16)).astype(np.float32)
    plane, all_count = planes[1], np.ones((16, 16), np.bool_)
    counts = rng.random((16, 16)) < 0.8 if some else all_count
    alike = likeness_moved(planes, np.stack([all_count, counts, all_count]), padded_px)[1]
    wave = np.where(counts, plane - plane[counts].mean(), 0)
    for dy, dx in ((0, 0), (1, 0), (-3, 2), (5, -4)):
        total, number = 0.0, 0
        for y in range(16):
            for x in range(16):
                if 0 <= y + dy < 16 and 0 <= x + dx < 16:
                    total += wave[y, x] * wave[y + dy, x + dx]
                    number += counts[y, x] and counts[y + dy, x + dx]
        mean = total / max(number, 0.2 * counts.sum())
        assert alike[8 + dy, 8 + dx] == pytest.approx(mean / (wave[counts] ** 2).mean(), abs=1e-4)
    assert alike[8, 8] == pytest.approx(1, abs=1e-5)
    assert distances(16)[8 + 3, 8 - 4] == 5


def test_a_flat_plane_is_like_nothing():
    """Contract: no division by 0."""
    assert not likeness_moved(np.full((8, 8), 0.5, np.float32), np.ones((8, 8), np.bool_)).any()


def test_where_nothing_counts_nothing_is_alike():
    """Contract, and no division by the number of places that count."""
    waves = np.random.default_rng(0).random((8, 8)).astype(np.float32)
    with np.errstate(all="raise"):
        assert not likeness_moved(waves, np.zeros((8, 8), np.bool_)).any()


@pytest.mark.parametrize("degrees", [0, 15, 45, 70])
@pytest.mark.parametrize("period", [4.3, 8.0, 17.5])
def test_a_screen_is_like_itself_and_its_cell_is_measured(period, degrees):
    page, cell = screen(period, degrees)
    taken = flattened(page) - page
    assert likeness(taken[:WINDOW_PX, :WINDOW_PX], EVERYWHERE[:WINDOW_PX, :WINDOW_PX]) > 0.85
    found = find_cell(taken[:PATCH_PX, :PATCH_PX], EVERYWHERE[:PATCH_PX, :PATCH_PX])
    assert found is not None
    # Whatever two sides are found, they step from dot to dot: whole numbers of the cell's own, which they span.
    steps = np.stack(found) @ np.linalg.inv(cell)
    assert np.abs(steps - np.rint(steps)).max() < 0.05
    assert abs(np.linalg.det(np.rint(steps))) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["stippling by hand", "even stippling"])
@pytest.mark.parametrize("seed", [1, 2, 5])
def test_stippling_that_was_flattened_is_found(kind, seed):
    page = draw_field(kind, seed).page[INSIDE]
    found = find_stipple(page, flattened(page), np.ones(page.shape, np.bool_))
    assert found.mean() > 0.85


@pytest.mark.parametrize(
    "kind", ["fine dots", "coarse dots", "white dots on black", "gradient of dots", "moire", "sand", "line screen"]
)
def test_screens_and_sand_are_no_stippling(kind):
    """Precision: what is flattened today stays flattened."""
    for seed in range(3):
        page = draw_field(kind, seed).page[INSIDE]
        assert not find_stipple(page, flattened(page), np.ones(page.shape, np.bool_)).any()


def test_stippling_is_found_within_sheets_only_and_beside_a_screen():
    page, _ = screen(6.0, 45, side=320)
    dots = draw_field("even stippling", 1).page[INSIDE][:320, :320]
    page = np.concatenate([page[: len(dots)], np.ones((len(dots), 40), np.float32), dots], axis=1)
    sheets = np.zeros(page.shape, np.bool_)
    sheets[:, :320] = sheets[:, 360:] = True
    found = find_stipple(page, np.where(sheets, np.float32(0.85), page), sheets)
    assert not found[:, :320].any()
    assert not found[~sheets].any()
    assert found[:, 360:].mean() > 0.9


def window_by_window(gray, flat, sheets):
    """Ask every window that is seen, one after the other."""
    rows, columns = ((side - WINDOW_PX) // STEP_PX + 1 for side in gray.shape)
    seen, against = np.zeros((2, rows, columns), np.float32)
    for row in range(rows):
        for column in range(columns):
            cut = np.s_[row * STEP_PX :, column * STEP_PX :]
            page, taken, counts = (
                plane[cut][:WINDOW_PX, :WINDOW_PX] for plane in (gray, np.float32(flat) - gray, sheets)
            )
            shown = page[counts]
            if counts.mean() >= LEAST_SEEN:
                seen[row, column] = 1
                if (shown < DARK).mean() >= LEAST_DARK and (shown > WHITE).mean() >= LEAST_WHITE:
                    against[row, column] = likeness(taken, counts) < UNLIKE
    votes = [cv2.GaussianBlur(np.pad(plane, 1), (0, 0), VOTE_SPREAD) for plane in (seen, against)]
    return seen, votes[1] > 0.5 * votes[0]


@pytest.mark.parametrize("seed", range(6))
def test_most_windows_need_not_be_asked(seed, monkeypatch):
    """Oracle: every window is asked, each alone. Screens that differ, stippling and bare paper lie side by side."""
    rng = np.random.default_rng(seed)
    page, sheets = np.ones((640, 640), np.float32), np.zeros((640, 640), np.bool_)
    for number, (top, left) in enumerate(((0, 0), (0, 330), (330, 0), (330, 330))):
        dots = draw_field("even stippling", seed).page[INSIDE]
        part = dots if number == seed else screen(rng.uniform(4, 14), rng.uniform(0, 90), 0.25, side=310)[0]
        height, width = rng.integers(200, 300, 2)
        page[top : top + height, left : left + width] = part[:height, :width]
        sheets[top : top + height, left : left + width] = True
    cv2.line(sheets.view(np.uint8), (0, int(rng.integers(640))), (639, int(rng.integers(640))), 0, 9)
    flat = np.where(sheets, np.float32(0.8), page)
    seen, outvoted = window_by_window(page, flat, sheets)
    middles = ((np.arange(side) - WINDOW_PX / 2) / STEP_PX + 1 for side in page.shape)
    nearest = (np.rint(middle).astype(int).clip(0, len(outvoted) - 1) for middle in middles)
    expected = outvoted[np.ix_(*nearest)] & sheets
    asked = []
    monkeypatch.setattr(stipple, "likeness_moved", lambda *some: asked.append(len(some[0])) or likeness_moved(*some))
    monkeypatch.setattr(stipple, "_dotted", lambda _, unlike: unlike)
    np.testing.assert_array_equal(find_stipple(page, flat, sheets), expected)
    assert expected.any() == (seed < 4)
    assert 0 < sum(asked) < 0.75 * seen.sum()


@pytest.mark.parametrize("size", [(10, 10), (63, 300), (64, 64)])
def test_pages_of_any_size_are_no_error(size):
    page = np.random.default_rng(0).random(size, dtype=np.float32)
    assert find_stipple(page, page, np.ones(size, np.bool_)).shape == size
    assert with_strokes(page, page, page, np.ones(size, np.bool_)).shape == size


@pytest.mark.parametrize("period", [5.0, 9.0])
def test_strokes_between_dots_come_back_to_the_ink(period):
    """The separator is made by hand: it took strokes for dots, and flattened both."""
    page, dots, strokes = drawn_over(period)
    ink = with_strokes(page, np.ones_like(page), np.full_like(page, 0.85), EVERYWHERE)
    between = (strokes < 0.2) & (dots > 0.95)
    assert (ink[between] < 0.5).mean() > 0.65
    assert (ink[strokes > 0.99] > 0.99).mean() > 0.999, "no dot comes back"


def test_a_screen_without_strokes_stays_flat():
    for period, degrees in ((4.0, 0), (7.3, 20), (14.0, 45)):
        page, _ = screen(period, degrees)
        assert (with_strokes(page, np.ones_like(page), np.full_like(page, 0.8), EVERYWHERE) == 1).all()


def test_without_cells_and_on_dark_screens_nothing_changes():
    """Of sand nothing is known, and of a dark screen too little white is seen."""
    rng = np.random.default_rng(0)
    sand = (cv2.GaussianBlur(rng.normal(size=(SIDE, SIDE)), (0, 0), 1.2) > -0.1).astype(np.float32)
    page, _, _ = drawn_over(6.0, dark=0.55)
    for gray, tone in ((sand, 0.7), (page, 0.45)):
        ink = np.full_like(gray, 0.9)
        np.testing.assert_array_equal(with_strokes(gray, ink, np.full_like(gray, tone), EVERYWHERE), ink)


def test_sheets_keep_their_strokes_where_others_lie_around_them():
    """Oracle: each sheet alone. The box of the corner holds the other sheet."""
    page, _, _ = drawn_over(5.0)
    corner, inner = np.zeros(page.shape, np.bool_), np.zeros(page.shape, np.bool_)
    corner[:, 176:] = corner[176:] = True
    inner[:150, :156] = True
    ink, tone = np.ones_like(page), np.full_like(page, 0.85)
    one, other, both = (with_strokes(page, ink, tone, sheets) for sheets in (corner, inner, corner | inner))
    assert all((some < 0.5)[sheet].sum() > 50 for some, sheet in ((one, corner), (other, inner)))
    np.testing.assert_array_equal(both, np.minimum(one, other))


def test_ink_never_gets_lighter():
    page, _, strokes = drawn_over(7.0)
    ink = np.maximum(strokes, 0.4)
    assert (with_strokes(page, ink, np.full_like(page, 0.85), EVERYWHERE) <= ink).all()


def test_a_separator_that_takes_all_for_a_screen_is_mended():
    """Oracle: stippling comes back as the page itself, in the ink; a screen stays flat."""
    dots = draw_field("stippling by hand", 5).page[INSIDE]
    planes, _ = _screens(dots, Planes(np.ones_like(dots), flattened(dots), np.ones_like(dots)))
    kept = _restored(dots, planes._replace(share=(planes.share > 0).astype(np.float32)))
    assert np.corrcoef(kept.ink.ravel(), dots.ravel())[0, 1] > 0.97
    page, _ = screen(7.0, 45)
    planes, strokes = _screens(page, Planes(np.ones_like(page), flattened(page), np.ones_like(page)))
    assert (planes.share == 1).all()
    assert (strokes() == 1).all()


def test_several_cores_say_what_one_says(monkeypatch):
    """Oracle: one core, which looks for stippling before strokes. A field of each lies on the page."""
    dots = draw_field("stippling by hand", 5).page[INSIDE][:SIDE, :SIDE]
    strokes, _, _ = drawn_over(7.0)
    bare = np.ones((len(dots), 40), np.float32)
    page = np.concatenate([dots, bare, strokes[: len(dots)]], axis=1)
    tone = np.full_like(page, 0.85)
    share = np.ones_like(page)
    share[:, dots.shape[1] : dots.shape[1] + 40] = 0
    said = []
    for several in (1, 2):
        monkeypatch.setattr(cores, "cores", lambda several=several: several)
        planes, find_strokes = _screens(page, Planes(np.ones_like(page), tone, share))
        said.append((*planes, find_strokes()))
    for one, other in zip(*said, strict=True):
        np.testing.assert_array_equal(one, other)
    _, _, share, strokes = said[0]
    assert (share[:, : dots.shape[1]] == 0).mean() > 0.8, "no stippling was found"
    assert (strokes[:, -SIDE:] < 0.5).any(), "no strokes were found"


def test_strokes_over_screens_are_drawn_and_not_seen():
    """Contract of `TakenApart`: networks see what the separator said, and only what is drawn has the strokes."""
    page, _, _ = drawn_over(7.0)
    ones = np.ones_like(page)
    planes, strokes = _screens(page, Planes(ones, np.full_like(page, 0.85), ones))
    assert (planes.ink == 1).all()
    assert (strokes() < 0.5).any()


def test_strokes_that_nobody_asks_for_are_not_looked_for(monkeypatch):
    """Contract of `PageSeparator`: networks get ink and tone alone, and a page that is drawn has its strokes once."""
    page, _, _ = drawn_over(7.0)
    asked = []

    def look(*said):
        asked.append(said)
        return with_strokes(*said)

    class Screen:
        multiple, reach_px = 1, 0

        def separate(self, gray):
            return Planes(np.ones_like(gray), np.full_like(gray, 0.85), np.ones_like(gray))

    monkeypatch.setattr(page_separator, "with_strokes", look)
    separate = page_separator.PageSeparator(Screen())
    seen = separate(page)
    assert not asked
    apart = separate.take_apart(page)
    np.testing.assert_array_equal(apart.page.ink, seen.ink)
    assert (apart.drawn().ink < 0.5).any()
    assert (apart.drawn().ink < 0.5).any()
    assert len(asked) == 1
