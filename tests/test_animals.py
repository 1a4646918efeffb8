"""Animals among the samples.

Oracle: a written contract: an animal is no person and has one colour of fur, its fur is labelled as what it is, its
outline is closed, most coats have patches at times, and the same seed draws the same.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.config import LABELS
from mangacolor.data.drawing import animals
from mangacolor.data.drawing.animal_coats import Pelt
from mangacolor.data.drawing.animal_shapes import curve, limb, oval
from mangacolor.data.drawing.animals import ANIMALS, draw_animal
from mangacolor.data.drawing.sheet import SIZE_PX, Sheet
from mangacolor.data.figures.store import Drawing, Part
from mangacolor.data.figures_painted import LABELS_OF, paint_figures
from mangacolor.data.labels import NO, YES
from mangacolor.data.part_colours import SCENERY, part_colours, part_tones
from mangacolor.data.samples import _with_animals
from mangacolor.image.color import oklab_from_srgb

COATS = ("fur", "fur_patch", "feather", "scale", "hide", "beak")
OTHERS = ("animal_eye", "eye_white", "mouth", "tongue", "teeth")


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_animals_are_nobody_and_labelled(seed):
    rng = np.random.default_rng(seed)
    drawing = draw_animal(rng)
    assert drawing.ink.shape == drawing.part.shape == drawing.light.shape == (SIZE_PX, SIZE_PX)
    assert 0.01 < (drawing.part > 0).mean() < 1
    assert drawing.ink.min() < 0.3
    for part in drawing.parts[1:]:
        assert part.person == -1
        assert part.kind in COATS + OTHERS
    _, labels = paint_figures(drawing, None, rng)
    is_coat = np.array([part.kind in COATS for part in drawing.parts])[drawing.part]
    expected = [YES if name in ("ground", "animal") else NO for name in LABELS]
    assert is_coat.any()
    assert (labels[is_coat] == expected).all()
    assert (labels[~is_coat, LABELS.index("animal")] == NO).all()
    again = draw_animal(np.random.default_rng(seed))
    assert all(np.array_equal(one, other) for one, other in zip(drawing[:3], again[:3], strict=True))


def test_the_label_is_the_last_so_that_weights_keep_their_order():
    assert LABELS[-1] == "animal"
    assert {LABELS_OF[kind] for kind in COATS} == {("ground", "animal")}
    assert LABELS_OF["animal_eye"] == ("eye",)


@pytest.mark.parametrize("name", list(ANIMALS))
def test_one_animal_has_one_ground_colour(name):
    """Contract of the parts: one of a ground colour, one or two of patches."""
    for seed in range(8):
        sheet = Sheet(np.random.default_rng(seed))
        animals._animal(sheet, name, (0.5, 0.5), 0.35)
        kinds = [part.kind for part in sheet.parts]
        if name in ("bird", "lizard"):
            assert 2 <= kinds.count("feather" if name == "bird" else "scale") <= 3
        else:
            assert kinds.count("fur") == 1
            assert 1 <= kinds.count("fur_patch") <= 2
        assert (sheet.part > 0).mean() > 0.02


def test_coats_eyes_and_mouths_are_seen_often_enough():
    """Contract: of 60 drawings, most show eyes, a third patches; some mouths are open, some noses black."""
    seen = {"fur_patch": 0, "eye_white": 0, "animal_eye": 0, "mouth": 0, "hide": 0}
    for seed in range(60):
        drawing = draw_animal(np.random.default_rng(seed))
        sizes = np.bincount(drawing.part.ravel(), minlength=len(drawing.parts))
        shown = {part.kind for part, size in zip(drawing.parts, sizes, strict=True) if size > 30}
        for kind in seen:
            seen[kind] += kind in shown
    assert seen["fur_patch"] > 20
    assert seen["eye_white"] + seen["animal_eye"] > 25
    assert seen["hide"] > 30
    assert 5 < seen["mouth"] < 40


@pytest.mark.parametrize("tuft", [0.0, 0.05])
def test_outlines_are_closed(tuft):
    """Oracle: a flood of the ground outside does not reach the fur, nor any ground lie inside."""
    for seed in range(6):
        sheet = Sheet(np.random.default_rng(seed))
        pelt = Pelt(sheet, (224, 224), 150)
        pelt.tuft = tuft
        laid = pelt.lay([oval(0, 0, 0.8, 0.5), limb([(0.3, 0.2, 0.2), (0.5, 0.8, 0.1)])], "none")
        open_paper = (sheet.ink > 200).astype(np.uint8)
        _, regions = cv2.connectedComponents(open_paper, connectivity=4)
        outside = regions == regions[2, 2]
        assert not (outside & cv2.erode(laid.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)).any()
        assert laid.sum() == (sheet.part == pelt.ground).sum()


def test_no_outline_lies_at_a_joint():
    """Contract of `lay`: a leg that joins a body has a line around it, but none across the joint."""
    sheet = Sheet(np.random.default_rng(0))
    pelt = Pelt(sheet, (224, 224), 150)
    pelt.lay([oval(0, 0, 0.9, 0.6)], "none")
    before = sheet.ink.copy()
    pelt.lay([limb([(0, 0, 0.2), (0, 0.9, 0.1)])], "none", [(0, 0, 0.3)])
    joint = np.s_[224 - 25 : 224 + 25, 224 - 25 : 224 + 25]
    assert before[joint].min() == sheet.ink[joint].min() == 255
    assert sheet.ink[224 + 100 : 224 + 150, 224 - 40 : 224 + 40].min() < 60


def test_smooth_curves_go_through_their_points():
    points = [(0.0, 0.0), (1.0, 0.2), (0.7, 1.0), (-0.2, 0.6)]
    np.testing.assert_allclose(curve(points, steps=7)[::7], points)
    np.testing.assert_allclose(curve(points, closed=False, steps=7)[::7], points)


def test_fur_has_colours_that_grow():
    """Contract: fur and eyes are white, grey, brown or warm; light fur is mostly bare paper, patches mostly are not."""
    rng = np.random.default_rng(0)
    parts = (Part("ground"), *[Part("fur")] * 400, *[Part("fur_patch")] * 400)
    colours = part_colours(parts, rng)
    lab, tones = oklab_from_srgb(colours[None])[0], part_tones(parts, colours, rng)
    chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    assert (np.abs(hue[chroma > 0.06] - 65) < 45).all()
    assert 0.45 < (tones[1:401] > 0.99).mean() < 0.8
    assert (tones[401:] > 0.99).mean() < 0.25
    assert set(COATS) <= set(SCENERY)


def test_animals_stand_before_behind_or_alone():
    """Contract of `_with_animals`: people are gone, beside animals, or hide them."""
    bare = np.ones((64, 64), np.float32)
    whole = Drawing(bare, np.ones((64, 64), np.uint8), bare, (Part("ground"), Part("skin", person=0)))
    seen = set()
    for seed in range(25):
        both = _with_animals(whole, 64, np.random.default_rng(seed))
        shown = {both.parts[number].kind for number in np.unique(both.part)}
        seen.add("alone" if "skin" not in shown else "both" if len(shown) > 1 else "hidden")
    assert seen == {"alone", "both", "hidden"}


def test_what_the_sheet_cuts_has_no_outline_there():
    """Contract: a panel that looks on beyond the edge of a drawing finds fur there, and no line along the edge."""
    sheet = Sheet(np.random.default_rng(0))
    Pelt(sheet, (224, 0), 200).lay([oval(0, 0, 0.8, 0.5)], "none")
    assert (sheet.part[0, 80:370] > 0).all()
    assert sheet.ink[:4, 80:370].min() == 255
