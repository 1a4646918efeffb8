"""Drawn fields of strokes and screens, and what is measured on them.

Oracle: separators made by hand, whose scores follow from the definitions, and properties that the fields promise.
"""

from __future__ import annotations

import json
from functools import cache

import cv2
import numpy as np
import pytest

from mangacolor.cli import run
from mangacolor.errors import ExitCode
from mangacolor.evaluate.hatch_fields import INSIDE, STROKES
from mangacolor.evaluate.hatch_scores import hatch_table, measure_field, score_hatching, strongest_wave
from mangacolor.evaluate.screen_fields import FIELD_KINDS, NUMBERED_KINDS, SCREENS, draw_field
from mangacolor.page.ink import Separation

KINDS = ("hatching", "hatching over dots", "pencil", "fine dots")
"""One of each sort, where drawing all would only take longer."""

drawn = cache(draw_field)


@pytest.fixture
def few_kinds(monkeypatch):
    monkeypatch.setattr("mangacolor.evaluate.hatch_scores.FIELD_KINDS", KINDS)


def all_ink(page):
    return Separation(page, np.ones_like(page))


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIELD_KINDS)
def test_a_seed_draws_the_same_field_and_another_seed_another(kind):
    first = drawn(kind, 0)
    if kind in KINDS:
        assert np.array_equal(first.page, draw_field(kind, 0).page)
        assert not np.array_equal(first.page, drawn(kind, 1).page)
    assert first.page.dtype == np.float32
    assert first.page.min() >= 0
    assert first.page.max() <= 1
    assert first.page[INSIDE].std() > 0.03, "there is nothing on it"


@pytest.mark.parametrize("kind", [kind for kind in SCREENS if kind != "gradient of dots"])
def test_the_tone_of_a_screen_is_its_mean(kind):
    """Invariant of a screen: what is printed looks from afar like the tone it stands for."""
    field = drawn(kind, 0)
    assert field.page[INSIDE].mean() == pytest.approx(field.tone[INSIDE].mean(), abs=0.03)


def test_strokes_are_not_evenly_spaced_as_screens_are():
    """The strongest wave of a line screen holds nearly all of its contrast, that of hatching little."""
    screen, strokes = (drawn(kind, 0).page[INSIDE] for kind in ("line screen", "hatching"))
    assert strongest_wave(screen) / screen.std() > 2 * strongest_wave(strokes) / strokes.std()


def test_a_separator_that_leaves_all_in_the_ink_keeps_strokes_and_fails_at_screens():
    strokes = measure_field(drawn("hatching", 0), all_ink(drawn("hatching", 0).page))
    assert strokes["strokes_kept"] == pytest.approx(1, abs=1e-3)
    assert strokes["strokes_alike"] == pytest.approx(1, abs=1e-3)
    assert strokes["tone_left"] == 0
    field = drawn("fine dots", 0)
    screen = measure_field(field, all_ink(field.page))
    assert screen["tone_error"] == pytest.approx(1 - field.tone.mean(), abs=1e-5)
    assert screen["ink_left"] == pytest.approx(1, abs=1e-3)


def test_a_separator_that_leaves_half_the_contrast_keeps_half():
    field = drawn("fur", 0)
    halved = measure_field(field, Separation((1 + field.page) / 2, np.ones_like(field.page)))
    assert halved["strokes_kept"] == pytest.approx(0.5, abs=1e-3)
    assert halved["strokes_alike"] == pytest.approx(1, abs=1e-3)


def test_crumbs_have_contrast_and_are_not_alike():
    field = drawn("hatching", 0)
    turned = measure_field(field, all_ink(np.ascontiguousarray(field.page[::-1, ::-1])))
    assert turned["strokes_kept"] == pytest.approx(1, abs=0.1)
    assert turned["strokes_alike"] < 0.5


@pytest.mark.parametrize("kind", sorted(SCREENS))
def test_a_separator_that_knows_the_tone_makes_no_error(kind):
    field = drawn(kind, 0)
    known = measure_field(field, Separation(np.ones_like(field.page), field.tone))
    assert known["tone_error"] == known["ink_left"] == 0
    assert known["tone_peak"] == pytest.approx(0, abs=1e-6)


def test_strokes_over_dots_are_measured_against_the_strokes_alone():
    field = drawn("hatching over dots", 0)
    known = measure_field(field, Separation(field.strokes, field.tone))
    assert known["strokes_kept"] == pytest.approx(1, abs=1e-3)
    assert measure_field(field, all_ink(field.page))["strokes_alike"] < 0.97


def test_dots_left_between_strokes_are_counted():
    """Definition: all of them in a page left as ink, none in the strokes alone; half the contrast is half."""
    field = drawn("folds over dots", 0)
    assert measure_field(field, all_ink(field.page))["dots_left"] == pytest.approx(1, abs=1e-3)
    assert measure_field(field, Separation(field.strokes, field.tone))["dots_left"] < 0.02
    half = measure_field(field, all_ink((1 + field.page) / 2))
    assert half["dots_left"] == pytest.approx(0.5, abs=1e-3)
    assert "dots_left" not in measure_field(drawn("hatching", 0), all_ink(drawn("hatching", 0).page))


def test_kinds_that_came_later_leave_the_others_as_they_were():
    """Contract: the seed of a kind is its number, which stays; the first are as they were listed at first."""
    first = ("hatching", "cross-hatching", "fur", "hair", "wood grain", "cloth folds", "stippling by hand")
    assert NUMBERED_KINDS[: len(first)] == first
    assert sorted(NUMBERED_KINDS) == sorted(FIELD_KINDS)
    assert NUMBERED_KINDS.index("moire") == 19
    assert NUMBERED_KINDS[-3:] == ("even stippling", "folds over dots", "ruled hatching")


def test_even_stippling_is_blue_noise():
    """Property: no two dots are close, so that their nearest neighbours are evener than those of a loose lattice."""

    def unevenness(kind):
        dark = (drawn(kind, 4).page[INSIDE] < 0.5).astype(np.uint8)
        centres = cv2.connectedComponentsWithStats(dark, connectivity=8)[3][1:]
        apart = np.hypot(*(centres[:, None] - centres).T) + 1e9 * np.eye(len(centres))
        nearest = apart.min(axis=0)
        return nearest.std() / nearest.mean()

    assert unevenness("even stippling") < 0.75 * unevenness("stippling by hand")


def test_a_painted_page_must_come_back():
    field = drawn("pencil", 0)
    assert measure_field(field, all_ink(field.page)) == {"unchanged": 1}
    assert measure_field(field, Separation(np.ones_like(field.page), field.page * 0.9))["unchanged"] < 0.1


@pytest.mark.parametrize("period", [5.0, 12.3])
def test_the_strongest_wave_has_its_amplitude(period):
    """Reference: a plane wave of amplitude 0.1 on a slope that is no wave."""
    x = np.arange(300, dtype=np.float32)
    plane = np.tile(0.1 * np.sin(2 * np.pi * x / period) + 0.0005 * x, (300, 1)).astype(np.float32)
    assert strongest_wave(plane) == pytest.approx(0.1, rel=0.16)


@pytest.mark.slow
def test_scores_have_a_row_a_kind_and_table_and_values_agree(few_kinds):
    seen, totals = [], []
    scores = score_hatching(
        all_ink, 1, on_field=totals.append, on_separated=lambda field, separation: seen.append(field.kind)
    )
    assert [row.kind for row in scores] == list(KINDS) == seen
    assert totals == [len(KINDS)] * len(KINDS)
    table = hatch_table(scores)
    for row in scores:
        if row.kind in STROKES:
            assert f"| {row.kind} | 1 | 100.0% | 100.0% | 0.0% | – |" in table
    dots = next(row for row in scores if row.kind == "fine dots")
    assert f"| fine dots | 1 | {dots.tone_error:.1%} |" in table
    assert dots.strokes_kept is None


@pytest.mark.slow
def test_command_line_needs_no_data(tiny_weights, tiny_separator, tmp_path, capsys, few_kinds):
    words = ["evaluate", "--task", "strokes", "-w", str(tiny_weights), "--separator", str(tiny_separator), "-q"]
    assert run([*words, "--limit", "1", "--json", "--sheets", str(tmp_path / "new")]) == ExitCode.DONE
    assert [row["kind"] for row in json.loads(capsys.readouterr().out)] == list(KINDS)
    assert len(list((tmp_path / "new").iterdir())) == len(KINDS)
