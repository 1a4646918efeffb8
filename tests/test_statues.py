"""Statues made of drawings of people.

Oracle: a written contract: nothing of a statue is a person's, its outline is that of the person above the cut, and
what cannot be told from a person stays one.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.config import LABELS
from mangacolor.data.figures.store import Drawing
from mangacolor.data.figures_painted import LABELS_OF, paint_figures
from mangacolor.data.labels import YES
from mangacolor.data.statues import as_statue
from tests.drawn_person import person


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_a_statue_is_nobody(seed):
    drawing = person(192)
    statue = as_statue(drawing, np.random.default_rng(seed))
    assert statue.ink.shape == statue.part.shape == statue.light.shape == drawing.part.shape
    assert statue.ink.dtype == statue.light.dtype == np.float32
    assert statue.part.dtype == np.uint8
    assert 0 <= statue.ink.min() <= statue.ink.max() <= 1
    assert {part.kind for part in statue.parts} == {"ground", "statue"}
    assert all(part.person == -1 for part in statue.parts)
    assert 0 < (statue.part > 0).mean() < 1
    again = as_statue(drawing, np.random.default_rng(seed))
    assert all(np.array_equal(one, other) for one, other in zip(statue[:3], again[:3], strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_its_head_is_the_persons(seed):
    """Oracle: the person's own outline, where the drawing was not made smaller: nothing is added above the chest."""
    drawing = person(192)
    statue = as_statue(drawing, np.random.default_rng(seed))
    if len(statue.parts) == 2:
        head = slice(0, 100)
        assert not (statue.part[head] > drawing.part[head]).any()
        assert (statue.part[head] > 0).sum() > 0.7 * (drawing.part[head] > 0).sum()


def test_painting_says_that_it_is_ground():
    statue = as_statue(person(192), np.random.default_rng(1))
    _, labels = paint_figures(statue, None, np.random.default_rng(2))
    assert LABELS_OF["statue"] == ("ground",)
    told = labels[statue.part > 0] == YES
    assert told[:, LABELS.index("ground")].all()
    assert told.sum(axis=1).max() == 1


def test_a_hand_is_no_statue():
    """Contract of `LEAST_FACE_PX`: a drawing without a face stays as it is."""
    drawing = person(192)
    hand = np.where(drawing.part == 2, drawing.part, 0).astype(np.uint8)
    alone = Drawing(drawing.ink, hand, drawing.light, drawing.parts)
    assert as_statue(alone, np.random.default_rng(0)) is alone
