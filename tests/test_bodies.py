"""Skin and eyes of people who are known by their hair.

Oracle: the contract of `SeriesColours` and `docs/series.md` on a page drawn here: two people, each with hair, a face,
irises and an arm, of whom what belongs to whom is known by construction.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.bodies import Body, bodies_coloured, heads_of
from mangacolor.colorize.findings import find
from mangacolor.colorize.looks import Sight
from mangacolor.colorize.series_colours import SeriesColours
from mangacolor.colorize.series_parts import bodies_of
from mangacolor.image.color import chroma_bins, oklab_from_srgb
from mangacolor.page.faces import Face
from mangacolor.page.ink import Separation
from mangacolor.series import Learnt, Part, Series

SIZE = 320
LEFT, RIGHT = 30, 220
HAIR, FACE, ARM = (10, 0, 60, 60), (60, 0, 120, 60), (150, 10, 210, 40)
EYES = [(80, 10, 92, 24), (80, 36, 92, 50)]
"""Boxes of a person, their columns counted from where the person stands."""

BROWN, GREEN, GOLD = (0.5, 0.05, 0.06), (0.6, -0.1, 0.08), (0.8, 0.0, 0.12)
SEEN = np.array([1, 0, 0, 0], np.float32)


def at(box, left):
    return box[0], box[1] + left, box[2], box[3] + left


def face_at(left):
    eyes = [(left + (box[1] + box[3]) / 2, (box[0] + box[2]) / 2) for box in EYES]
    nose, mouth, chin = ((left + 30, row) for row in (98, 106, 114))
    cheeks, hair = ((left + 10, 105), (left + 50, 105)), ((left + 15, 35), (left + 45, 35))
    return Face(at(FACE, left), 0.9, *eyes, nose, mouth, chin, cheeks, (left + 30, 68), hair)


def page(faces=(LEFT, RIGHT), hair_tone=0.8, arm_tone=1.0, black_hair=()):
    """Findings and kinds of two people, of whom some faces are found."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for left in (LEFT, RIGHT):
        for box, shade in ((HAIR, hair_tone), (FACE, 1.0), (ARM, arm_tone), *((eye, 0.5) for eye in EYES)):
            top, start, bottom, end = at(box, left)
            tone[top:bottom, start:end] = shade
            cv2.rectangle(ink, (start, top), (end, bottom), 0.0, 3)
        if left in black_hair:
            ink[13:48, left + 3 : left + 58] = 0
    found = find(Separation(ink, tone), lambda _: [face_at(left) for left in faces])
    nothing = np.zeros(len(found.areas.sizes), bool)
    skin, hair = nothing.copy(), nothing.copy()
    for left in (LEFT, RIGHT):
        skin[[area_at(found, FACE, left), area_at(found, ARM, left)]] = True
        hair[area_at(found, HAIR, left)] = True
    chances = np.full((len(nothing), len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
    return found, kinds_told(chances, is_skin=skin, is_hair=hair)


def area_at(found, box, left):
    top, start, bottom, end = at(box, left)
    row = bottom - 6 if box == HAIR else top + 10 if box == FACE else (top + bottom) // 2
    return int(found.areas.labels[row, (start + end) // 2])


def sight():
    return lambda: Sight(np.broadcast_to(SEEN, (40, 40, 4)), (1.0, 1.0))


def series(bodies, tone=0.8):
    learnt = Learnt(
        ("character.rin.hair",), ("hair",), np.array([tone], np.float32), SEEN[None].astype(np.float16),
        np.array([[200, 180, 60]], np.int16),
    )  # fmt: skip
    return SeriesColours(learnt, np.array([GOLD], np.float32), bodies=bodies)


RIN = {"rin": Body(np.array(BROWN, np.float32), np.array(GREEN, np.float32))}


def settle(chosen, **drawn):
    found, kinds = page(**drawn)
    told = chosen.settle(found, kinds, sight())
    return lambda box, left: tuple(round(float(value), 3) for value in told[area_at(found, box, left)])


def test_skin_and_eyes_of_somebody_who_is_known_have_their_colours():
    colour = settle(series(RIN))
    for left in (LEFT, RIGHT):
        assert colour(HAIR, left) == pytest.approx(GOLD)
        assert colour(FACE, left) == pytest.approx(BROWN)
        assert colour(ARM, left) == pytest.approx(BROWN)
        for eye in EYES:
            lightness, *hue = colour(eye, left)
            assert hue == pytest.approx(GREEN[1:])
            assert 0.3 < lightness < GREEN[0]


def test_who_is_like_nobody_is_left_to_the_page():
    colour = settle(series(RIN, tone=0.2))
    assert {colour(box, left) for box in (HAIR, FACE, ARM, *EYES) for left in (LEFT, RIGHT)} == {(0, 0, 0)}


def test_what_nobody_has_said_is_left_to_the_page():
    colour = settle(series({"rin": RIN["rin"]._replace(skin=None)}))
    assert colour(FACE, LEFT) == (0, 0, 0)
    assert colour(EYES[0], LEFT)[1:] == pytest.approx(GREEN[1:])
    assert settle(series({"aki": RIN["rin"]}))(FACE, LEFT) == (0, 0, 0)


def test_shaded_skin_is_darker_but_of_one_hue():
    shaded, bare = settle(series(RIN), arm_tone=0.7)(ARM, LEFT), settle(series(RIN))(ARM, LEFT)
    assert 0.7 * bare[0] < shaded[0] < bare[0]
    assert shaded[1:] == bare[1:]


def test_a_body_is_of_the_nearest_head():
    found, kinds = page()
    heads = heads_of(found, kinds)
    assert [head.face for head in heads] == list(found.faces)
    for number, left in enumerate((LEFT, RIGHT)):
        told = bodies_coloured({number: RIN["rin"]}, heads, found, kinds, np.zeros((len(found.areas.sizes), 3)))
        painted = {area_at(found, box, side) for box in (FACE, ARM) for side in (LEFT, RIGHT)} & set(
            np.flatnonzero(told[:, 0])
        )
        assert painted == {area_at(found, FACE, left), area_at(found, ARM, left)}


def test_hair_without_a_face_is_a_head_and_its_body_is_not_the_neighbours():
    found, kinds = page(faces=(LEFT,))
    heads = heads_of(found, kinds)
    assert [head.face is None for head in heads] == [False, True]
    told = bodies_coloured({0: RIN["rin"]}, heads, found, kinds, np.zeros((len(found.areas.sizes), 3)))
    assert told[area_at(found, ARM, LEFT), 0] > 0
    assert told[area_at(found, ARM, RIGHT), 0] == 0


def test_heads_are_known_by_their_hair_on_a_page_without_a_face():
    colour = settle(series(RIN), faces=())
    for left in (LEFT, RIGHT):
        assert colour(ARM, left) == pytest.approx(BROWN)
        assert colour(EYES[0], left) == (0, 0, 0)


def test_somebody_in_another_panel_is_somebody_else():
    found, kinds = page(faces=(LEFT,))
    kinds = kinds._replace(is_hair=kinds.is_hair & (found.hair_of >= 0))
    panels = np.ones(len(found.areas.sizes), np.intp)
    panels[area_at(found, ARM, RIGHT)] = 2
    empty = np.zeros((len(panels), 3))
    for panel_of, is_painted in ((0 * panels, True), (panels, False)):
        there = found._replace(panel_of=panel_of)
        told = bodies_coloured({0: RIN["rin"]}, heads_of(there, kinds), there, kinds, empty)
        assert (told[area_at(found, ARM, RIGHT), 0] > 0) == is_painted


def test_the_gloss_of_black_hair_is_not_light_hair():
    colour = settle(series(RIN, tone=0.8), black_hair=(RIGHT,))
    assert colour(FACE, LEFT) == pytest.approx(BROWN)
    assert colour(FACE, RIGHT) == (0, 0, 0)


def test_skin_and_eyes_of_characters_are_told_by_their_names(tmp_path):
    colours = {
        Part("character", "rin", "skin"): (138, 86, 52),
        Part("character", "rin", "iris"): (31, 157, 85),
        Part("character", "aki", "hair"): (20, 20, 20),
        Part("place", "hall", "skin"): (1, 2, 3),
    }
    bodies = bodies_of(Series(tmp_path, "s", colours))
    assert set(bodies) == {"rin"}
    for told, rgb in zip(bodies["rin"], list(colours.values())[:2], strict=True):
        np.testing.assert_allclose(told, oklab_from_srgb(np.array([[rgb]], np.float32) / 255)[0, 0], atol=1e-6)
