"""Pieces of one thing.

Oracle: the contract of `things_of` and `paint_things` on boxes drawn here, of which labels and colours are told by
hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.findings import find
from mangacolor.colorize.paint import Paint
from mangacolor.colorize.pooled import Pooled
from mangacolor.colorize.things import LARGEST_APART, LIKE, TONES, things_of
from mangacolor.colorize.usual_colours import (
    LEAST_APART,
    MOST_WARM,
    STREET_CHROMA,
    STREET_HUE,
    WARM_GROUND,
    paint_things,
)
from mangacolor.page.ink import Separation

SIZE, TONE = 320, 0.75
TOP, BOTTOM = 80, 240
PLEATS = ((60, 100), (100, 170), (170, 210))
"""Columns at which three pieces lie side by side; the middle one is the largest."""


def skirt(tones=(TONE, TONE, TONE), gap=0, apart=False, **told):
    """A skirt of three pleats, the first shorter by a gap or hardly touching: findings, what is said, and the areas."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for (left, right), shade in zip(PLEATS, tones, strict=True):
        is_first = left == PLEATS[0][0]
        top, bottom = TOP - 140 * (is_first and apart) // 2, BOTTOM - gap * is_first - 140 * (is_first and apart)
        tone[top:bottom, left:right] = shade
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 2)
    found = find(Separation(ink, tone), lambda _: [])
    pieces = [int(found.areas.labels[TOP + 10, (left + right) // 2]) for left, right in PLEATS]
    assert len(set(pieces)) == 3
    told = {"garment": (0.5, 0.5, 0.5)} | told
    planes = {name: np.zeros(len(found.areas.sizes), np.float32) for name in Pooled._fields[1:]}
    for name, chances in told.items():
        planes[name][pieces] = chances
    return found, Pooled(np.zeros((len(found.areas.sizes), 1), np.float32), **planes), pieces


def whole(*pleats, may_be=(True, True, True), **told):
    """For each pleat whether it is a piece of the middle one; nothing else is a piece of anything."""
    found, pooled, pieces = skirt(*pleats, **told)
    which = np.zeros(len(found.areas.sizes), bool)
    which[pieces] = may_be
    thing_of = things_of(found, pooled, which)
    others = np.setdiff1d(np.arange(len(which)), pieces)
    np.testing.assert_array_equal(thing_of[others], others)
    return [bool(thing_of[piece] == pieces[1]) for piece in pieces]


def test_pleats_of_one_tone_are_pieces_of_the_largest():
    assert whole() == [True, True, True]
    assert whole((TONE, TONE - 0.9 * TONES, TONE)) == [True, True, True]


def test_what_differs_is_a_thing_by_itself():
    assert whole((TONE - 1.1 * TONES, TONE, TONE)) == [False, True, True], "another tone"
    assert whole(may_be=(False, True, True)) == [False, True, True], "skin"
    assert whole(gap=60) == [True, True, True], "a shorter piece"
    assert whole(apart=True) == [False, True, True], "hardly touching"
    assert whole(wall=(0.6, 0, 0)) == [False, True, True], "scenery"
    for name, most in LIKE.items():
        assert whole(**{name: (0.9 * most, 0, 0)}) == [True, True, True]
        assert whole(**{name: (1.1 * most, 0, 0)}) == [False, True, True]
    assert whole(garment=(0, 0, 0)) == [False, True, False], "no labels"


def test_likeness_does_not_creep_from_piece_to_piece():
    """Contract of `LARGEST_APART`: a piece that is like its neighbour alone is none of the thing."""
    step = 0.9 * TONES
    assert 2 * step > LARGEST_APART
    found, pooled, pieces = skirt((TONE, TONE - step, TONE - 2 * step))
    sizes = found.areas.sizes.copy()
    sizes[pieces[0]] = sizes.max() + 1  # as if the first were the largest
    found = found._replace(areas=found.areas._replace(sizes=sizes))
    which = np.isin(np.arange(len(sizes)), pieces)
    assert things_of(found, pooled, which)[pieces].tolist() == [pieces[0], pieces[0], pieces[2]]


@pytest.mark.parametrize("said", [None, 0, 1])
def test_pieces_have_the_hue_of_the_largest_unless_somebody_has_said_theirs(said):
    found, pooled, pieces = skirt()
    labels, count = found.areas.labels, len(found.areas.sizes)
    colours = np.zeros((count, 2), np.float32)
    colours[pieces] = [(0.1, 0.02), (-0.05, -0.1), (-0.05, -0.1 + 0.5 * LEAST_APART)]
    is_said = np.zeros(count, bool)
    if said is not None:
        is_said[pieces[said]] = True
    thing_of = things_of(found, pooled, np.isin(np.arange(count), pieces))
    wanted = colours.copy()
    if said is None:
        wanted[pieces[0]] = colours[pieces[1]]
    np.testing.assert_allclose(painted(found, colours, is_said, thing_of=thing_of), wanted[labels], atol=1e-6)


def painted(found, colours, is_said, **told):
    """The chroma of a page with these colours (n, 2) after `paint_things`; lightness stays."""
    labels = found.areas.labels
    paint = Paint(np.full(labels.shape, 0.6, np.float32), colours[labels], np.ones(labels.shape, np.float32), labels)
    paint_things(paint, kinds_told(np.ones((len(colours), 1), np.float32), **told), is_said)
    assert (paint.lightness == np.float32(0.6)).all()
    return paint.chroma


def test_things_that_nobody_knows_are_not_vivid_red():
    """Contract of `MOST_WARM`: but for ground, clothes and what somebody has said; blue things may be as vivid."""
    found, _, pieces = skirt()
    labels, count = found.areas.labels, len(found.areas.sizes)
    colours = np.zeros((count, 2), np.float32)
    colours[pieces] = [(0.1, 0.08), (0.02, -0.14), (0.03, 0.02)]
    is_plain, nobody = np.isin(np.arange(count), pieces), np.zeros(count, bool)
    ground = np.zeros(count, np.float32)
    calm = colours.copy()
    calm[pieces[0]] *= MOST_WARM / np.hypot(0.1, 0.08)
    kinds = {"is_plain": is_plain, "ground": ground}
    np.testing.assert_allclose(painted(found, colours, nobody, **kinds), calm[labels], atol=1e-6)
    for is_said, other in (
        (nobody, {"is_plain": nobody}),
        (nobody, {"ground": np.full(count, 1.1 * WARM_GROUND, np.float32)}),
        (is_plain, {}),
    ):
        np.testing.assert_allclose(painted(found, colours, is_said, **(kinds | other)), colours[labels], atol=1e-6)


def test_streets_are_not_blue():
    """Contract of `STREET_HUE`: blue ones are a warm grey; green ones, pale ones and a sky stay."""
    found, _, pieces = skirt()
    labels, count = found.areas.labels, len(found.areas.sizes)
    colours = np.zeros((count, 2), np.float32)
    colours[pieces] = [(-0.03, -0.09), (-0.06, 0.06), (-0.01, -0.03)]
    is_street, nobody = np.isin(np.arange(count), pieces), np.zeros(count, bool)
    wanted = colours.copy()
    wanted[pieces[0]] = STREET_CHROMA * np.array([np.cos(np.radians(STREET_HUE)), np.sin(np.radians(STREET_HUE))])
    np.testing.assert_allclose(painted(found, colours, nobody, is_street=is_street), wanted[labels], atol=1e-6)
    np.testing.assert_allclose(painted(found, colours, nobody), colours[labels], atol=1e-6)
    np.testing.assert_allclose(painted(found, colours, is_street, is_street=is_street), colours[labels], atol=1e-6)
