"""Colours chosen for hair and garments.

Oracle: the contract of `free_colours` on pages drawn here, whose areas and tones are known, with chances written by
hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import find
from mangacolor.colorize.free_colours import PALETTES, free_colours
from mangacolor.colorize.looks import HAIR_BORDER
from mangacolor.image.color import chroma_bins, oklab_from_srgb
from mangacolor.page.ink import Separation

SIZE = 320
BINS = chroma_bins()
FLAT = np.full(len(BINS), 1 / len(BINS), np.float32)
BLUE, RED = (-0.035, -0.07), (0.105, 0.07)
LEFT, MIDDLE, RIGHT = (100, 20, 180, 90), (100, 120, 180, 190), (100, 220, 180, 290)


def draw(*boxes):
    """Findings of a page with outlined boxes, each (top, left, bottom, right) and its tone; no faces."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for (top, left, bottom, right), shade in boxes:
        tone[top:bottom, left:right] = shade
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
    return find(Separation(ink, tone), lambda _: [])


def area_at(found, box):
    top, left, bottom, right = box
    return int(found.areas.labels[(top + bottom) // 2, (left + right) // 2])


def choose(found, told, habits=None, **boxes):
    """Chosen colours, with chances `told` (box: colour it leans to) and boxes by kind: hair, garment, fur."""
    count = len(found.areas.sizes)
    chances = np.tile(FLAT, (count, 1))
    for box, colour in told.items():
        nearest = int(np.linalg.norm(BINS - colour, axis=1).argmin())
        chances[area_at(found, box)] = 0.7 * FLAT
        chances[area_at(found, box), nearest] += 0.3
    masks = {kind: np.zeros(count, bool) for kind in ("hair", "garment", "fur")}
    for kind, areas in boxes.items():
        masks[kind][[area_at(found, box) for box in areas]] = True
    kinds = kinds_told(chances, is_hair=masks["hair"], is_dressed=masks["garment"], is_fur=masks["fur"])
    return free_colours(found, kinds, ClassColours(BINS, FLAT[None, None], habits))


def palette(kind):
    return oklab_from_srgb((PALETTES[kind].colours / 255).astype(np.float32)[None])[0]


@pytest.mark.parametrize("kind", ["hair", "garment", "fur"])
def test_only_what_is_asked_for_gets_a_colour_of_its_palette(kind):
    found = draw((LEFT, 0.7), (RIGHT, 0.7))
    chosen = choose(found, {}, **{kind: [LEFT]})
    own = chosen[area_at(found, LEFT)]
    assert np.abs(palette(kind) - own).sum(axis=1).min() < 1e-6
    others = np.delete(chosen, area_at(found, LEFT), axis=0)
    assert not others.any()


def test_the_generator_decides_where_it_leans_to_a_colour():
    found = draw((LEFT, 0.5), (RIGHT, 0.5))
    for colour in (BLUE, RED):
        chosen = choose(found, {LEFT: colour}, garment=[LEFT])[area_at(found, LEFT)]
        assert chosen[1:] @ np.array(colour) / np.linalg.norm(chosen[1:]) / np.linalg.norm(colour) > 0.7


def test_what_looks_alike_has_one_colour_and_what_differs_another():
    found = draw((LEFT, 0.7), (MIDDLE, 0.72), (RIGHT, 0.35))
    chosen = choose(found, {}, garment=[LEFT, MIDDLE, RIGHT])
    left, middle, right = (chosen[area_at(found, box)] for box in (LEFT, MIDDLE, RIGHT))
    np.testing.assert_array_equal(left, middle)
    assert np.abs(left - right).sum() > 0.05


def test_black_hair_is_darker_than_hair_on_paper():
    """Contract: the lightness suits the tone, where nothing else speaks."""
    found = draw((LEFT, 1.0), (RIGHT, 0.25))
    chosen = choose(found, {}, hair=[LEFT, RIGHT])
    assert chosen[area_at(found, LEFT)][0] > chosen[area_at(found, RIGHT)][0] + 0.2


def test_gloss_on_black_hair_is_dark():
    """Contract: white patches that black surrounds belong to the black."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    ink[60:260, 60:260] = 0
    ink[140:180, 100:220] = 1
    found = find(Separation(ink, tone), lambda _: [])
    gloss = (140, 100, 180, 220)
    bare = draw((gloss, 1.0))
    dark = choose(found, {}, hair=[gloss])[area_at(found, gloss)]
    light = choose(bare, {}, hair=[gloss])[area_at(bare, gloss)]
    assert dark[0] < light[0] - 0.3


@pytest.mark.parametrize("is_cloth", [True, False], ids=["black clothes", "black ground"])
def test_gloss_on_black_clothes_is_dark(is_cloth):
    """Contract: a patch that black of its own garment surrounds is as dark; one before a black ground is not."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    ink[60:260, 60:260] = 0
    ink[140:180, 100:220] = 1
    tone[140:180, 100:220] = 0.7
    found = find(Separation(ink, tone), lambda _: [])
    gloss, black = (140, 100, 180, 220), (70, 70, 100, 240)
    alone = draw((gloss, 0.7))
    dark = choose(found, {}, garment=[gloss, black] if is_cloth else [gloss])[area_at(found, gloss)]
    light = choose(alone, {}, garment=[gloss])[area_at(alone, gloss)]
    assert (dark[0] < light[0] - 0.15) == is_cloth


@pytest.mark.parametrize(("shift", "is_one"), [(0, True), (90, False)], ids=["one head", "two heads"])
def test_hair_that_touches_along_much_of_its_border_is_one(shift, is_one):
    """Contract of `HAIR_BORDER`: two heads side by side touch, and keep their colours."""
    left, right = (60, 40, 180, 160), (60 + shift, 160, 180 + shift, 280)
    found = draw((left, 0.95), (right, 0.35))
    chosen = choose(found, {}, hair=[left, right])
    assert is_one == bool((chosen[area_at(found, left)] == chosen[area_at(found, right)]).all())


def test_a_tuft_is_of_the_head_that_it_touches():
    """Contract of `TUFT`: a bare strand that touches a dark head at its end alone has the colour of that."""
    head, strand = (40, 40, 240, 200), (60, 200, 72, 260)
    found = draw((head, 0.35), (strand, 1.0))
    both = [area_at(found, head), area_at(found, strand)]
    touching = found.borders.among(np.array(both)).totals()[1] / found.borders.totals()[both[1]]
    assert 0 < touching < HAIR_BORDER
    chosen = choose(found, {}, hair=[head, strand])
    np.testing.assert_array_equal(*chosen[both])


def test_hair_that_is_black_in_part_is_black_hair():
    """Contract of `BLACK_SHARE`: a broad light beside much black is its gloss; a tuft of it leaves light hair light."""

    def light_beside(width, height):
        """Hair of 200 × 200 pixels on paper, solid black at its right."""
        ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
        cv2.rectangle(ink, (20, 60), (220, 260), 0.0, 3)
        ink[60 : 60 + height, 220 : 220 + width] = 0
        found = find(Separation(ink, tone), lambda _: [])
        light, black = (60, 20, 260, 220), (60, 220, 60 + height, 220 + width)
        both = [light, black] if found.areas.is_black[area_at(found, black)] else [light]
        return choose(found, {}, hair=both)[area_at(found, light)][0]

    assert light_beside(80, 200) < 0.45
    assert light_beside(24, 60) > light_beside(80, 200) + 0.15


def test_clothes_are_blue_rather_than_orange_where_nobody_knows():
    """Contract of the shares of the palette: of two colours of one lightness the one that is worn more."""
    found = draw((LEFT, 0.5), (RIGHT, 0.5))
    chosen = choose(found, {}, garment=[LEFT])[area_at(found, LEFT)]
    assert chosen[1:] @ np.array(BLUE) > 0


def test_what_the_generator_always_says_of_clothes_counts_less():
    """Contract of `habit`: leaning to red says nothing where everything leans to red."""
    found = draw((LEFT, 0.5), (RIGHT, 0.5))
    habits = FLAT.copy()
    habits[np.linalg.norm(BINS - np.array(RED), axis=1) < 0.06] *= 30
    habits /= habits.sum()
    leant, usual = (choose(found, {LEFT: RED}, at, garment=[LEFT])[area_at(found, LEFT)] for at in (None, habits))
    assert leant[1] > 0.05
    assert np.abs(leant - usual).sum() > 0.05
