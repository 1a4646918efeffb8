"""Heads as a pen draws them: hair in strands, marks on faces, bald heads, whole figures under one tone.

Oracle: a written contract: strokes lie in the hair or on the face and nowhere else, parts that are not meant keep
their tone, colour and kind, and the same seed gives the same drawing.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.config import LABELS
from mangacolor.data import drawn_faces, drawn_hair
from mangacolor.data.drawn_faces import as_bald, face_marks, screen_lines, under_one_tone
from mangacolor.data.drawn_hair import WAYS, pen_hair
from mangacolor.data.figures.store import Drawing
from mangacolor.data.figures_painted import paint_figures
from mangacolor.data.labels import YES
from tests.drawn_person import PARTS, person

SEEDS = st.integers(0, 10_000)
HAIR = 3


def penned(drawing, seed):
    colours = np.full((len(PARTS), 3), 0.6, np.float32)
    return pen_hair(drawing, np.full(drawing.part.shape, 0.5, np.float32), colours, np.random.default_rng(seed))


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_hair_alone_is_drawn_anew(seed):
    drawing = person(192)
    drawn = penned(drawing, seed)
    outside = drawing.part != HAIR
    assert drawn.cover.dtype == drawn.tone.dtype == drawn.colours.dtype == np.float32
    assert 0 <= drawn.cover.min() <= drawn.cover.max() <= 1
    assert 0 <= drawn.colours.min() <= drawn.colours.max() <= 1
    assert not drawn.cover[outside].any()
    assert (drawn.tone[outside] == 0.5).all()
    np.testing.assert_array_equal(np.delete(drawn.colours, HAIR, axis=0), np.float32(0.6))
    again = penned(drawing, seed)
    assert all(np.array_equal(one, other) for one, other in zip(drawn, again, strict=True))


@pytest.mark.parametrize("way", list(WAYS))
def test_each_way_covers_what_its_name_says(way, monkeypatch):
    """Contract of `WAYS`: strands leave most of the hair bare, black leaves little, and both sides are seen."""
    monkeypatch.setattr(drawn_hair, "PENNED", 1.0)
    monkeypatch.setattr(drawn_hair, "WAYS", {way: 1.0})
    drawing = person(192)
    hair = drawing.part == HAIR
    covers = [penned(drawing, seed).cover[hair] for seed in range(12)]
    least, most = {"strands": (0.03, 0.45), "toned": (0.03, 0.45), "black": (0.35, 0.97)}.get(way, (0.1, 0.9))
    assert least < np.mean(covers) < most
    assert np.mean([cover.std() for cover in covers]) > 0.15  # black and bare, not grey


@pytest.mark.parametrize("mark", list(drawn_faces.MARKS))
def test_marks_lie_on_the_face(mark, monkeypatch):
    monkeypatch.setattr(drawn_faces, "MARKED", 1.0)
    shares = dict.fromkeys(drawn_faces.MARKS, 0.0005)
    shares[mark] = 1 - 0.0005 * (len(shares) - 1)
    monkeypatch.setattr(drawn_faces, "MARKS", shares)
    drawing = person(192)
    covers = [face_marks(drawing, np.random.default_rng(seed)) for seed in range(10)]
    for seed, cover in enumerate(covers):
        assert cover.dtype == np.float32
        assert 0 <= cover.min() <= cover.max() <= 1
        assert not cover[drawing.part != 1].any()
        np.testing.assert_array_equal(cover, face_marks(drawing, np.random.default_rng(seed)))
    assert sum(bool(cover.max() > 0.3) for cover in covers) >= 7
    assert np.mean([(cover > 0.5).sum() / (drawing.part == 1).sum() for cover in covers]) < 0.4


def test_a_drawing_without_a_face_has_no_marks():
    drawing = person(192)
    hand = drawing._replace(part=np.where(drawing.part == 2, drawing.part, 0).astype(np.uint8))
    assert not any(face_marks(hand, np.random.default_rng(seed)).any() for seed in range(10))


def test_short_hair_becomes_skin_and_its_lines_go():
    drawing = person(192)
    drawing.part[80:][drawing.part[80:] == HAIR] = 0  # what is left ends above the chin
    ink = np.where(drawing.part == HAIR, 0.2, drawing.ink).astype(np.float32)
    bald = as_bald(drawing._replace(ink=ink))
    assert bald.parts[HAIR].kind == "skin"
    assert bald.parts[HAIR].place == "face"
    assert (bald.parts[:HAIR], bald.parts[HAIR + 1 :]) == (PARTS[:HAIR], PARTS[HAIR + 1 :])
    np.testing.assert_array_equal(bald.part, drawing.part)
    hair = drawing.part == HAIR
    assert (bald.ink[hair] == 1).mean() > 0.5
    rim = (drawing.part == 0) & (ink < 0.5)
    np.testing.assert_array_equal(bald.ink[rim], ink[rim])
    _, labels = paint_figures(bald, None, np.random.default_rng(0))
    assert (labels[hair][:, LABELS.index("skin")] == YES).all()
    assert not (labels[..., LABELS.index("hair")] == YES).any()


def test_long_hair_stays():
    drawing = person(192)
    part = drawing.part.copy()
    part[60:170, 20:40] = HAIR
    long = Drawing(drawing.ink, part, drawing.light, PARTS)
    assert as_bald(long) is long


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_one_tone_lies_on_the_figure_only(seed):
    rng = np.random.default_rng(seed)
    tone = rng.random((48, 48), dtype=np.float32)
    colour = rng.random((48, 48, 3), dtype=np.float32)
    figure = np.zeros((48, 48), bool)
    figure[10:40, 10:40] = True
    toned, painted = under_one_tone(tone, colour, figure, np.random.default_rng(seed))
    np.testing.assert_array_equal(toned[~figure], tone[~figure])
    np.testing.assert_array_equal(painted[~figure], colour[~figure])
    assert 0 <= toned.min() <= toned.max() <= 1
    assert (painted <= colour).all()
    assert (painted >= 0.75 * colour).all()


def test_one_tone_is_as_rare_as_it_says():
    tone, figure = np.ones((8, 8), np.float32), np.ones((8, 8), bool)
    colour = np.ones((8, 8, 3), np.float32)
    changed = [(under_one_tone(tone, colour, figure, np.random.default_rng(s))[0] < 1).any() for s in range(600)]
    assert 0.03 < np.mean(changed) < 0.12


def test_lines_of_a_screen_cross_the_figure_only(monkeypatch):
    monkeypatch.setattr(drawn_faces, "SCREENED", 1.0)
    ink, tone = np.full((48, 48), 0.2, np.float32), np.full((48, 48), 0.8, np.float32)
    figure = np.zeros((48, 48), bool)
    figure[10:40, 10:40] = True
    kinds = set()
    for seed in range(20):
        cut, lined = screen_lines(ink, tone, figure, np.random.default_rng(seed))
        assert (lined[~figure] == tone[~figure]).all()
        assert (cut[~figure] == ink[~figure]).all()
        rows = lined[10:40, 10:40]
        assert (rows == rows[:, :1]).all()  # level
        assert np.ptp(rows[:, 0]) > 0.02
        kinds.add((bool(rows.max() > 0.81), bool(cut.max() > 0.25)))
    assert kinds == {(True, True), (False, False)}
