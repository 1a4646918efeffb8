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
from mangacolor.data.drawing.boards import letters
from mangacolor.data.drawing.furniture import FURNITURE
from mangacolor.data.drawing.moods import MOODS
from mangacolor.data.drawing.scenery import MOST_LEAN_DEG, SCENES, draw_scenery, leaning
from mangacolor.data.drawing.sheet import SIZE_PX, Sheet, box
from mangacolor.data.drawing.skylines import skyline, slab, windows
from mangacolor.data.drawing.waters import hairlines, water
from mangacolor.data.figures.store import Drawing, Part
from mangacolor.data.figures_painted import LABELS_OF, RUN_OUT, paint_figures, paint_parts
from mangacolor.data.labels import NO, YES
from mangacolor.data.part_colours import SCENERY, part_colours
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
@pytest.mark.parametrize("name", list(SCENES))
def test_every_scene_fills_its_sheet(name):
    """Contract: no scene leaves a pixel to nothing, or draws a kind that painting does not know."""
    for seed in range(6):
        sheet = Sheet(np.random.default_rng(seed))
        SCENES[name][0](sheet)
        assert sheet.part.min() > 0
        assert {part.kind for part in sheet.parts[1:]} <= set(SCENERY)


@pytest.mark.parametrize(
    "shares", [[share for _, share in SCENES.values()], list(MOODS.values()), [*FURNITURE.values()]]
)
def test_shares_add_up(shares):
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize("name", ["harbour", "lake", "sea"])
def test_water_reaches_down_from_its_shore(name):
    """Contract: what lies at the water's lower edge is water, or something small before it, and is labelled so."""
    shares = []
    for seed in range(8):
        sheet = Sheet(np.random.default_rng(seed))
        SCENES[name][0](sheet)
        wet = np.array(["water" in LABELS_OF[part.kind] for part in sheet.parts])[sheet.part]
        shares.append(wet[-SIZE_PX // 4 :].mean())
    assert np.median(shares) > 0.8


def test_lines_scratched_out_of_water_are_bare_and_water():
    """Oracle: the tone that painting gives: dark everywhere but on thin level lines, whose label is water too."""
    thin = 0
    for seed in range(12):
        sheet = Sheet(np.random.default_rng(seed))
        mask = sheet.lay(box(-9, -9, SIZE_PX + 9, SIZE_PX + 9), "water", outline=False)
        hairlines(sheet, mask, 0.0, 20)
        drawing = sheet.drawing()
        assert {part.kind for part in drawing.parts[1:]} <= {"water", "foam"}
        colours = np.ones((len(drawing.parts), 3), np.float32)
        tones = np.array([0.4 if part.kind == "water" else 1 for part in drawing.parts], np.float32)
        _, labels = paint_parts(drawing, colours, tones, None, np.random.default_rng(seed))
        assert (labels[..., LABELS.index("water")] == YES).all()
        white = tones[drawing.part] > 0.5
        assert white.mean() < 0.1
        thin += white.any()
    assert 2 <= thin <= 10


def test_a_slab_is_what_laying_a_rectangle_gives():
    """Oracle: `Sheet.lay` of the same corners, which draws any polygon."""
    fast, slow = (Sheet(np.random.default_rng(0)) for _ in range(2))
    slab(fast, 40, 60, 200, 300, "wall", 0.8)
    mask = slow.lay(box(40, 60, 199, 299), "wall")
    np.testing.assert_array_equal(fast.part, slow.part)
    assert (fast.light[mask] == np.float32(0.8)).all()
    assert fast.ink[60, 100] == fast.ink[200, 40] == 0
    assert fast.ink[100:280, 60:180].min() == 255


@pytest.mark.parametrize("seed", range(6))
def test_windows_stay_on_their_front(seed):
    sheet = Sheet(np.random.default_rng(seed))
    windows(sheet, 100, 120, 180, 260)
    windows(sheet, 5, 5, 7, 7)
    windows(sheet, -50, 400, -10, 900)
    inside = np.zeros_like(sheet.part, np.bool_)
    inside[120:260, 100:180] = True
    assert (sheet.ink[~inside] == 255).all()
    assert (sheet.part[~inside] == 0).all()


def test_a_skyline_of_no_blocks_draws_nothing():
    sheet = Sheet(np.random.default_rng(3))
    skyline(sheet, 300.0, 10.0, 0)
    assert not sheet.part.any()
    assert (sheet.ink == 255).all()


def test_a_skyline_stands_on_its_foot():
    """Contract: blocks end at the foot line, over which only crowns of trees hang."""
    sheet = Sheet(np.random.default_rng(3))
    skyline(sheet, 300.0, 10.0, 60)
    kinds = {sheet.parts[number].kind for number in np.unique(sheet.part[302:])}
    assert kinds <= {"ground", "foliage"}
    assert (sheet.part[280:299] > 0).mean() > 0.6


def test_water_begins_at_its_shore():
    sheet = Sheet(np.random.default_rng(0))
    mask = water(sheet, [(-9.0, 200.0), (SIZE_PX + 9.0, 260.0)])
    assert not mask[:198].any()
    assert mask[262:].all()


@pytest.mark.parametrize("seed", range(6))
def test_letters_stay_where_they_are_set(seed):
    """Contract: words fill the box that they are set into, and nothing beyond it or off their plate is touched."""
    sheet = Sheet(np.random.default_rng(seed))
    corners = box(100, 150, 350, 260)
    plate = sheet.lay(corners, "leaflet", outline=False)
    letters(sheet, corners, plate)
    touched = (sheet.ink < 255) | (sheet.part != sheet.number("leaflet")) & plate
    assert touched[~cv2.dilate(plate.astype(np.uint8), np.ones((7, 7))).astype(bool)].sum() == 0
    rows, columns = np.nonzero(touched)
    assert np.ptp(columns) > 125
    assert np.ptp(rows) > 25


@pytest.mark.parametrize("seed", range(5))
def test_a_leaning_horizon_is_straight_and_shows_no_border(seed):
    """Oracle: a line of a known angle through the middle; parts of a sheet that is full stay all there is."""
    part = np.ones((200, 200), np.uint8)
    part[100:] = 2
    bare = np.ones((200, 200), np.float32)
    turned = leaning(
        Drawing(bare, part, bare, (Part("ground"), Part("sky"), Part("water"))), np.random.default_rng(seed)
    )
    assert turned.part.min() == 1
    assert turned.ink.min() == turned.light.min() == 1
    heights = (turned.part == 1).sum(axis=0)
    slope, start = np.polyfit(np.arange(200), heights, 1)
    assert 0 < abs(np.degrees(np.arctan(slope))) <= MOST_LEAN_DEG
    assert np.abs(heights - (slope * np.arange(200) + start)).max() < 1.5


@pytest.mark.parametrize("kind", ["ceiling", "road", "pavement", "metal", "marking"])
def test_what_is_built_is_grey_and_no_other_scenery(kind):
    """Contract: what looks like sky or water and is none is near grey, and its label says ground."""
    rng = np.random.default_rng(0)
    colours = np.concatenate([part_colours((Part("ground"), Part(kind)), rng)[1:] for _ in range(80)])
    assert np.hypot(*oklab_from_srgb(colours[None])[0, :, 1:].T).max() < 0.05
    assert "ground" in LABELS_OF[kind]
    assert not {"sky", "foliage", "water", "wood"} & set(LABELS_OF[kind])


def test_tones_of_scenery_run_out_into_paper():
    """Contract of `RUN_OUT`: where a tone runs out it grows lighter up or down the panel, and never darker."""
    part = np.ones((96, 96), np.uint8)
    bare = np.ones((96, 96), np.float32)
    wall = Drawing(bare, part, bare, (Part("ground"), Part("wall")))
    ran_out = 0
    for seed in range(60):
        tones = np.array([1, 0.5], np.float32)
        layers, _ = paint_parts(wall, np.ones((2, 3), np.float32), tones, None, np.random.default_rng(seed))
        down = layers.tone.mean(axis=1)
        assert layers.tone.min() > 0.5 - 1e-3
        ran_out += np.ptp(down) > 0.2
        assert (np.diff(down) > -1e-3).all() or (np.diff(down) < 1e-3).all()
    assert 0.5 * RUN_OUT < ran_out / 60 < 1.5 * RUN_OUT


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


KNOWN = {
    "foliage": ("foliage", (95, 165)), "grass": ("foliage", (95, 150)), "water": ("water", (190, 265)),
    "wood": ("wood", (10, 95)), "trunk": ("wood", (5, 110)),
}  # fmt: skip
"""Kinds of things with the label that each has beside that of all ground, and between which hues of OKLab it is."""


@pytest.fixture(scope="module")
def things():
    """What is seen of sixty painted drawings: of each kind, the middle hue wherever there is enough of it, and whether
    all of it there has its labels alone."""
    seen = {kind: [] for kind in KNOWN}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        drawing = draw_scenery(rng)
        numbers = {part.kind: number for number, part in reversed([*enumerate(drawing.parts)]) if part.kind in KNOWN}
        there = {kind: drawing.part == number for kind, number in numbers.items()}
        there = {kind: here for kind, here in there.items() if here.sum() >= 500}
        if not there:
            continue
        layers, labels = paint_figures(drawing, None, rng)
        lab = oklab_from_srgb(layers.colour)
        for kind, here in there.items():
            _, a, b = np.median(lab[here], axis=0)
            expected = [YES if name in ("ground", KNOWN[kind][0]) else NO for name in LABELS]
            seen[kind].append((np.degrees(np.arctan2(b, a)) % 360, (labels[here] == expected).all()))
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("kind", KNOWN)
def test_things_have_the_colours_and_labels_that_everybody_knows(things, kind):
    """Oracle: hues of OKLab that the names stand for; a label of its own beside that of all ground."""
    hues, are_labelled = zip(*things[kind], strict=True)
    assert all(are_labelled)
    assert len(hues) > 3
    least, most = KNOWN[kind][1]
    assert least < min(hues) <= max(hues) < most
