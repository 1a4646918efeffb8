"""Drawings as panels show them.

Oracle: invariants of what is shown of a drawing whose parts are known, and of setting one drawing before another.
"""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.data import figures_framed
from mangacolor.data.figures.store import Drawing, Part
from mangacolor.data.figures_framed import before, far_away, frame
from tests.drawn_person import PARTS, person

SEEDS = st.integers(0, 10_000)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_a_frame_shows_the_drawing_and_nothing_else(seed):
    drawing = person()
    framed = frame(drawing, 64, np.random.default_rng(seed))
    assert framed.ink.shape == framed.part.shape == framed.light.shape == (64, 64)
    assert framed.ink.dtype == framed.light.dtype == np.float32
    assert 0 <= framed.ink.min() <= framed.ink.max() <= 1
    assert set(np.unique(framed.part)) <= set(np.unique(drawing.part))
    assert framed.part.any()
    assert framed.parts == drawing.parts


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_what_an_edge_cuts_never_ends_in_the_air(seed):
    """Invariant: below a coat that fills the drawing down to its edges there is no ground, however it is turned."""
    part = np.zeros((96, 96), np.uint8)
    part[40:] = 1
    plain = np.ones((96, 96), np.float32)
    framed = frame(Drawing(plain, part, plain, (PARTS[0], PARTS[4])), 64, np.random.default_rng(seed))
    _, _, stats, _ = cv2.connectedComponentsWithStats((framed.part == 0).astype(np.uint8))
    assert (stats[1:, cv2.CC_STAT_AREA] > 12).sum() <= 1


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_people_far_away_are_small_and_each_is_somebody_else(seed):
    drawing = person()
    drawing.part[60:] = 0  # what is left of the person touches no edge
    shown = far_away([drawing], 128, np.random.default_rng(seed))
    assert shown.part.shape == (128, 128)
    people = {part.person for part in shown.parts[1:]}
    assert people == set(range(len(people)))
    faces = [number for number, part in enumerate(shown.parts) if part.place == "face"]
    assert len(faces) == len(people)
    seen = [np.flatnonzero((shown.part == number).any(axis=0)) for number in faces]
    assert all(np.ptp(columns) < 0.35 * 128 for columns in seen if len(columns))


def test_one_before_another():
    back = person()
    front = Drawing(*(np.roll(plane, 30, axis=1) for plane in back[:3]), back.parts)
    both = before(front, back)
    covered = front.part > 0
    assert len(both.parts) == 2 * len(PARTS) - 1
    kinds = np.array([part.kind for part in both.parts])
    np.testing.assert_array_equal(
        kinds[both.part[covered]], np.array([part.kind for part in PARTS])[front.part[covered]]
    )
    np.testing.assert_array_equal(both.part[~covered], back.part[~covered])
    assert {part.person for part in both.parts[1:]} == {0, 1}
    assert {both.parts[number].person for number in np.unique(both.part[covered])} == {1}


def test_too_many_parts_leave_the_back_as_it_is():
    back = person()._replace(parts=(*PARTS, *[Part("garment", person=0)] * 245))
    assert before(person(), back) is back


def test_near_windows_are_cut_faces(monkeypatch):
    """Contract of `NEAR_FACE`: the face is in the window, and mostly the window's edge cuts it."""
    monkeypatch.setattr(figures_framed, "NEAR_FACE", 1.0)
    drawing = person(384)
    faces = [frame(drawing, 96, np.random.default_rng(seed)).part == 1 for seed in range(60)]
    shares = [face.mean() for face in faces]
    cut = [np.concatenate([face[0], face[-1], face[:, 0], face[:, -1]]).any() for face in faces]
    assert np.mean([share > 0.1 for share in shares]) > 0.8
    assert np.mean([share == 1 for share in shares]) < 0.05  # a panel of nothing but cheek would be paper
    assert np.mean(cut) > 0.7


def test_lines_of_an_enlarged_drawing_are_thin_and_crisp(monkeypatch):
    """Contract of `ENLARGED`: a line of two pixels, five times as near, is thinner than ten pixels, and black."""
    monkeypatch.setattr(figures_framed, "PENS", {"as drawn": 1.0})
    monkeypatch.setattr(figures_framed, "BENT", 0.0)
    ink = np.ones((128, 128), np.float32)
    ink[:, 63:65] = 0
    ink[:40, 20:50] = 0
    plain = Drawing(ink, np.ones((128, 128), np.uint8), np.ones_like(ink), (Part("ground"), PARTS[1]))
    near = figures_framed._redrawn(Drawing(*(cv2.resize(p, (640, 640)) for p in plain[:3]), plain.parts), 5.0)
    line = near.ink[500]
    assert line.min() < 0.1
    assert 1.5 < (1 - line).sum() < 8
    assert ((line > 0.1) & (line < 0.9)).sum() <= 4
    assert near.ink[:180, 115:235].max() < 0.2  # what is black stays black
    assert near.ink[:, 560:].min() == 1
