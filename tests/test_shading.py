"""Shadows of hair and heads.

Oracle: the contracts of `cast_shadows` on a head drawn here, hair above a face above a neck, beside a hand, and of
`round_off` and `shine` on a box of hair or skin; what they are is written by hand.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told
from PIL import Image

from mangacolor import Colorizer
from mangacolor.colorize.findings import find
from mangacolor.colorize.light_colours import CHROMA, DARKER, GLEAM, HUE, LEAST_FAIR, LIGHT_HAIR, LIGHTNESS, TURNED
from mangacolor.colorize.paint import Paint, polar
from mangacolor.colorize.shading import (
    GLEAM_ABOVE,
    HAIR_TURNS,
    NECK_REACH,
    REACH,
    SKIN_TURNS,
    SMALLEST_PX,
    Drawn,
    cast_shadows,
    lay,
    round_off,
    shine,
)
from mangacolor.image.color import chroma_bins
from mangacolor.page.areas import runs_of
from mangacolor.page.ink import Separation

SIZE = 500
EXAMPLE = Path(__file__).parent.parent / "examples" / "pages" / "page_01_sea.png"
HAIR, FACE, NECK, HAND = (40, 100, 120, 300), (120, 100, 320, 300), (320, 150, 420, 250), (120, 360, 220, 460)
"""Boxes."""

BARE = (0.92, 0.05, 60.0)
"""Lightness, chroma and hue of skin before."""


def shaded(*, hair=HAIR, takes=(FACE, NECK, HAND), said=(), lightness=BARE[0]):
    """Which pixels are in shadow, after it was made sure that nothing that takes none has changed."""
    ink, tones = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for top, left, bottom, right in {hair, FACE, NECK, HAND, *takes}:
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 1)
    found = find(Separation(ink, tones), lambda _: [])
    labels, count = found.areas.labels, len(found.areas.sizes)

    def told(*boxes):
        areas = [labels[(top + bottom) // 2, (left + right) // 2] for top, left, bottom, right in boxes]
        return np.isin(np.arange(count), areas)

    chances = np.full((count, len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
    kinds = kinds_told(chances, casts_shadow=told(hair), takes_shadow=told(*takes))
    light = np.full((SIZE, SIZE), lightness, np.float32)
    chroma = np.tile(polar(BARE[2], np.full(1, BARE[1])), (SIZE, SIZE, 1))
    before = np.dstack([light, chroma])
    shadows = cast_shadows(Drawn(tones, labels, runs_of(labels)), found, kinds, told(*said))
    lay(Paint(light, chroma, tones, labels), shadows)
    after = np.dstack([light, chroma])
    assert (after[..., 0] <= before[..., 0]).all()
    changed = (np.abs(after - before) > 1e-4).any(axis=2)
    assert not changed[~np.isin(labels, np.flatnonzero(told(*takes)))].any()
    deepest = after[changed & (after[..., 0] < LIGHTNESS + 1e-3)]
    if len(deepest) and lightness > LIGHTNESS:
        wanted = np.r_[LIGHTNESS, polar(HUE, np.full(1, CHROMA))[0]]
        np.testing.assert_allclose(np.quantile(deepest, 0.5, axis=0), wanted, atol=2e-3)
    return np.abs(after - before).max(axis=2) > 0.5 * np.abs(np.array(BARE[0] - LIGHTNESS))


def side(box):
    return np.sqrt((box[2] - box[0]) * (box[3] - box[1]))


def test_hair_shades_the_brow_below_it_and_a_head_its_neck():
    shadow = shaded()
    for box, reach in ((FACE, REACH), (NECK, NECK_REACH * side(FACE) / side(NECK))):
        column = shadow[box[0] : box[2], (box[1] + box[3]) // 2]
        deep = np.count_nonzero(column)
        assert deep == pytest.approx(reach * side(box), abs=5)
        assert column[2:deep].all()
    top, left, bottom, right = HAND
    assert not shadow[top:bottom, left:right].any()


def test_shadows_fall_to_the_right():
    """Hair that covers the left half of a brow shades a little more than that."""
    left_half = (40, 100, 120, 200)
    row = np.flatnonzero(shaded(hair=left_half)[FACE[0] + 10, :300])
    assert row.min() < 110
    assert 200 < row.max() < 215


@pytest.mark.parametrize("change", [{"said": (FACE, NECK)}, {"takes": (HAND,)}])
def test_what_somebody_said_and_what_takes_none_stays(change):
    assert not shaded(**change).any()


def test_a_strand_throws_none():
    assert not shaded(hair=(40, 194, 120, 206), takes=(FACE,)).any()


def test_small_skin_takes_none():
    sides = int(0.9 * np.sqrt(SMALLEST_PX))
    small = (121, 340, 120 + sides, 340 + sides)
    assert not shaded(hair=(40, 320, 120, 400), takes=(small,)).any()


def test_dark_skin_keeps_its_lightness():
    dark = LIGHTNESS - 0.1
    shaded(lightness=dark)


GOLD = (0.87, 0.1, 87.0)


def rounded(*, kind="hair", lightness=GOLD[0], said=False, size=200, other=(), light_it=round_off):
    """How much darker each pixel of a page with hair, a box of a size in its middle, becomes; and its hue then."""
    top = left = (SIZE - size) // 2
    ink = np.ones((SIZE, SIZE), np.float32)
    for box in ((top, left, top + size, left + size), *other):
        cv2.rectangle(ink, (box[1], box[0]), (box[3], box[2]), 0.0, 1)
    found = find(Separation(ink, np.ones_like(ink)), lambda _: [])
    labels, count = found.areas.labels, len(found.areas.sizes)
    is_it = np.arange(count) == labels[SIZE // 2, SIZE // 2]
    is_paper = np.isin(np.arange(count), [labels[(b[0] + b[2]) // 2, (b[1] + b[3]) // 2] for b in other])
    told = {"is_hair": is_it} if kind == "hair" else {"is_skin": is_it, "takes_shadow": is_it}
    chances = np.full((count, len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
    light = np.full((SIZE, SIZE), lightness, np.float32)
    chroma = np.tile(polar(GOLD[2], np.full(1, GOLD[1])), (SIZE, SIZE, 1))
    paint = Paint(light, chroma, np.ones_like(light), labels)
    drawn = Drawn(paint.tone, labels, runs_of(labels))
    lay(paint, light_it(drawn, found, kinds_told(chances, is_paper=is_paper, **told), is_it & said))
    np.testing.assert_array_equal(light[~is_it[labels]], np.float32(lightness))
    return lightness - light, np.degrees(np.arctan2(chroma[..., 1], chroma[..., 0]))


def test_hair_is_darker_and_redder_below_and_on_the_right():
    darker, hue = rounded()
    middle, near, far = SIZE // 2, (SIZE - 200) // 2 + 4, (SIZE + 200) // 2 - 5
    for point in ((far, middle), (middle, far), (far, far)):
        assert darker[point] == pytest.approx(DARKER, abs=1e-3)
        assert hue[point] == pytest.approx(GOLD[2] + TURNED, abs=0.1)
    for point in ((near, middle), (middle, near), (middle, middle)):
        assert darker[point] == pytest.approx(0, abs=1e-6)
    assert np.count_nonzero(darker[:, middle] > DARKER / 2) == pytest.approx(HAIR_TURNS.reach * 200, abs=6)


def test_skin_turns_towards_the_colour_of_shadow():
    darker, hue = rounded(kind="skin", lightness=BARE[0])
    middle, far = SIZE // 2, (SIZE + 200) // 2 - 5
    assert darker[middle, far] == pytest.approx(0.85 * (BARE[0] - LIGHTNESS), abs=2e-3)
    assert HUE < hue[middle, far] < GOLD[2]
    assert not darker[middle, middle]
    assert np.count_nonzero(darker[:, middle] > 0.03) == pytest.approx(SKIN_TURNS.reach * 200, abs=6)


@pytest.mark.parametrize("change", [{"said": True}, {"lightness": LIGHT_HAIR - 0.05}, {"size": 35}])
def test_hair_that_somebody_said_dark_hair_and_small_hair_stays(change):
    assert not rounded(**change)[0].any()


def test_skin_does_not_turn_away_from_a_balloon():
    balloon = (150, 350, 350, 450)
    darker, _ = rounded(kind="skin", other=(balloon,))
    assert not darker[200:300, 340].any()
    assert darker[345, 200:300].all()


def test_fair_hair_gleams_above_on_the_side_of_the_light():
    """The gleam lies between its bounds and its middle, in its upper half; shadows are elsewhere."""
    darker, hue = rounded(light_it=shine)
    top, height = (SIZE - 200) // 2, 200
    gleam = darker < -GLEAM / 2
    rows, columns = np.nonzero(gleam)
    assert top + 10 < rows.min() < rows.max() < top + GLEAM_ABOVE * height + 5
    assert columns.min() > top + 5
    assert np.count_nonzero(gleam) > 0.03 * height**2
    assert darker.min() == pytest.approx(-GLEAM, abs=0.005)
    assert not (gleam & (rounded()[0] > DARKER / 2)).any()
    np.testing.assert_allclose(hue[gleam], GOLD[2], atol=0.1)


@pytest.mark.parametrize("change", [{"said": True}, {"lightness": LEAST_FAIR - 0.05}, {"size": 45}, {"kind": "skin"}])
def test_only_fair_hair_gleams(change):
    assert not rounded(light_it=shine, **change)[0].any()


def test_a_finger_on_lips_is_no_neck():
    """What lies across a face and is wide is in no shadow of it."""
    finger = (250, 200, 330, 400)
    assert not shaded(hair=HAND, takes=(FACE, finger))[260:320, 310:390].any()


@pytest.mark.slow
def test_who_wants_flat_colours_has_them_and_everything_else_as_before():
    """Oracle: an invariant of the two pictures of one page, coloured by the shipped weights."""
    page = Image.open(EXAMPLE)
    lit, flat = (np.asarray(Colorizer(flat=wanted).colorize(page)).astype(int) for wanted in (False, True))
    changed = np.abs(lit - flat).max(axis=2) > 8
    assert 0.001 < changed.mean() < 0.2
    assert np.mean(lit[changed].sum(axis=1) < flat[changed].sum(axis=1)) > 0.6
