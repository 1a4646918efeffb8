"""Painting drawings of people.

Oracle: the parts of a drawing, which are known by construction: labels, colours and tones must follow them exactly.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.config import LABELS, SynthesisConfig
from mangacolor.data import drawn_faces
from mangacolor.data.figures.store import Part
from mangacolor.data.figures_painted import Ground, paint_figures
from mangacolor.data.labels import NO, UNKNOWN, YES
from mangacolor.data.part_colours import part_colours
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.data.synthesis import Layers
from mangacolor.image.color import oklab_from_srgb
from tests.drawn_person import PARTS, person

SEEDS = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_labels_follow_the_parts(seed):
    drawing = person()
    _, labels = paint_figures(drawing, None, np.random.default_rng(seed))
    wanted = {"skin": (1, 2), "hair": (3,), "garment": (4,), "eye": (5,), "ground": (0,)}
    for plane, name in enumerate(LABELS):
        expected = np.where(np.isin(drawing.part, wanted.get(name, ())), YES, NO)
        np.testing.assert_array_equal(labels[..., plane], expected)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_ink_of_the_drawing_stays_and_layers_are_in_range(seed):
    drawing = person()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn_faces, "SCREENED", 0.0)  # white lines of a screen cut those of the drawing
        layers, _ = paint_figures(drawing, None, np.random.default_rng(seed))
    inside = cv2.dilate(drawing.part, np.ones((3, 3), np.uint8)) > 0
    assert (layers.ink[inside] <= drawing.ink[inside] + 1e-6).all()
    for plane in layers[:3]:
        assert plane.dtype == np.float32
        assert plane.min() >= 0
        assert plane.max() <= 1


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_parts_of_a_person_share_skin_and_hair(seed):
    parts = (*PARTS, Part("skin", "leg", 0), Part("skin", "face", 1), Part("hair", "", 0))
    colours = part_colours(parts, np.random.default_rng(seed))
    np.testing.assert_array_equal(colours[1], colours[2])
    np.testing.assert_array_equal(colours[1], colours[7])
    np.testing.assert_array_equal(colours[3], colours[9])
    assert (colours[1] != colours[8]).any()


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_skin_has_a_colour_of_skin(seed):
    lab = oklab_from_srgb(part_colours(PARTS, np.random.default_rng(seed))[None])[0, 1]
    hue = np.degrees(np.arctan2(lab[2], lab[1]))
    assert 20 < hue < 90
    assert 0.02 < np.hypot(lab[1], lab[2]) < 0.16


@pytest.mark.slow
def test_light_skin_is_mostly_paper_and_white_cloth_always(monkeypatch):
    """But for figures that lie under one tone."""
    monkeypatch.setattr(drawn_faces, "ONE_TONE", 0.0)
    monkeypatch.setattr(drawn_faces, "SCREENED", 0.0)
    bare = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        drawing = person()._replace(light=np.ones((96, 96), np.float32))
        layers, _ = paint_figures(drawing, None, rng)
        colour = oklab_from_srgb(layers.colour)
        near = np.ones((9, 9), np.uint8)
        is_inner = cv2.erode(drawing.part, near) == cv2.dilate(drawing.part, near)
        inner = np.where(is_inner, drawing.part, 0)
        if colour[inner == 1][:, 0].mean() > 0.75:
            bare.append(layers.tone[inner == 1].mean() > 0.99)
        cloth = colour[inner == 4]
        if cloth[:, 0].min() > 0.97 and np.abs(cloth[:, 1:]).max() < 0.02:
            assert layers.tone[inner == 4].min() > 0.98
    assert len(bare) > 100
    assert 0.8 < np.mean(bare) < 1


def test_shadows_are_darker_where_they_are_drawn_as_tone_or_strokes():
    darker = []
    for seed in range(40):
        layers, _ = paint_figures(person(), None, np.random.default_rng(seed))
        gray = layers.ink * layers.tone
        darker.append(gray[80:, 40:56].mean() < gray[60:66, 40:56].mean() + 1e-3)
        lightness = oklab_from_srgb(layers.colour)[..., 0]
        assert lightness[44:47, 54:57].mean() >= lightness[50:52, 54:57].mean() - 1e-3
    assert np.mean(darker) > 0.5


def test_ground_is_taken_over_and_its_skin_with_it():
    shape = (96, 96)
    behind = Layers(
        np.full(shape, 0.5, np.float32),
        np.full(shape, 0.7, np.float32),
        np.zeros((*shape, 3), np.float32),
        smooth=False,
    )
    skin = np.full(shape, UNKNOWN, np.uint8)
    skin[:10] = YES
    drawing = person()
    layers, labels = paint_figures(drawing, Ground(behind, skin), np.random.default_rng(0))
    assert labels[0, 0].tolist() == [YES] + [UNKNOWN] * (len(LABELS) - 1)
    assert labels[20, 2].tolist() == [UNKNOWN] * len(LABELS)
    assert layers.ink[2, 2] == pytest.approx(0.5)
    assert layers.tone[2, 2] == pytest.approx(0.7)
    assert layers.ink[38, 50] == 1  # the face hides what is drawn behind it


@pytest.mark.slow
def test_samples_show_figures_as_often_as_asked():
    """Contract of `figures`: their labels are all known; those of colour art are not."""
    art = np.full((64, 64, 3), (120, 170, 120), np.uint8)
    config = SynthesisConfig(figures=0.5, panels=0, hints=0)
    stock = Stock([Picture(art)], np.ones(1), figures=[person()])
    hair = [ColourSamples(stock, 48, config, 0)[number]["labels"][1] for number in range(30)]
    is_figure = [bool((plane > 0.9).any() or (plane < 0.1).any()) for plane in hair]
    assert 8 < sum(is_figure) < 22
    without = stock._replace(figures=None)
    assert all((ColourSamples(without, 48, config, 0)[number]["labels"][1] > 0.4).all() for number in range(5))
