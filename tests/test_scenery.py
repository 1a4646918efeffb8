"""Drawn surroundings.

Oracle: the parts that a drawing tells of; invariants over many seeds; the kinds that painting knows.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.config import LABELS
from mangacolor.data.drawing.scenery import draw_scenery
from mangacolor.data.drawing.sheet import SIZE_PX
from mangacolor.data.figures_painted import paint_figures
from mangacolor.data.part_colours import SCENERY
from mangacolor.data.skin import NO_SKIN, SKIN
from mangacolor.image.color import oklab_from_srgb


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000))
def test_every_pixel_is_a_part_that_painting_knows(seed):
    drawing = draw_scenery(np.random.default_rng(seed))
    assert drawing.ink.shape == drawing.part.shape == drawing.light.shape == (SIZE_PX, SIZE_PX)
    assert drawing.part.min() > 0
    assert {drawing.parts[number].kind for number in np.unique(drawing.part)} <= set(SCENERY)
    assert 0 <= drawing.ink.min() <= drawing.ink.max() <= 1
    again = draw_scenery(np.random.default_rng(seed))
    np.testing.assert_array_equal(drawing.part, again.part)
    np.testing.assert_array_equal(drawing.ink, again.ink)


@pytest.mark.slow
def test_most_borders_between_parts_are_inked():
    """Contract: what parts two things is drawn; shores and meadows may run into each other."""
    shares = []
    for seed in range(25):
        drawing = draw_scenery(np.random.default_rng(seed))
        border = drawing.part[:, 1:] != drawing.part[:, :-1]
        near = cv2.erode(drawing.ink, np.ones((5, 5), np.uint8))[:, 1:] < 0.7
        if border.sum() > 200:
            shares.append(near[border].mean())
    assert np.mean(shares) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "hues"), [("foliage", (95, 165)), ("grass", (95, 150)), ("water", (190, 265)), ("wood", (10, 95))]
)
def test_things_have_the_colours_that_everybody_knows(kind, hues):
    """Oracle: hues of OKLab that the names stand for."""
    seen = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        drawing = draw_scenery(rng)
        number = next((number for number, part in enumerate(drawing.parts) if part.kind == kind), None)
        if number is None or (drawing.part == number).sum() < 500:
            continue
        layers, labels = paint_figures(drawing, None, rng)
        here = drawing.part == number
        lab = np.median(oklab_from_srgb(layers.colour)[here], axis=0)
        seen.append(np.degrees(np.arctan2(lab[2], lab[1])) % 360)
        assert (labels[here][:, LABELS.index("ground")] == SKIN).all()
        assert (labels[here][:, :4] == NO_SKIN).all()
    assert len(seen) > 3
    assert hues[0] < min(seen) <= max(seen) < hues[1]
