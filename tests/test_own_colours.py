"""Grey pages with a part in colour.

Oracles: pages drawn with a part in colour whose place is known; the same page in grey, coloured (where a page has no
colours, they are nobody's but the networks'); the written contract of corrections.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import colour_page, grey_page, jpeg, printed
from flattened_layers import ROUNDED_LAYERS, flattened
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor import Colorizer, Hint
from mangacolor.colorize.corrected import CorrectedPage
from mangacolor.colorize.corrections import Step
from mangacolor.colorize.layers import color_in_layers, in_layers
from mangacolor.image import as_decoded, to_gray
from mangacolor.page.kinds import is_colored, kind_and_colours
from mangacolor.page.own_colours import find_own_colours

GREEN = (20, 200, 60)
ROUNDING = 1
"""Steps of 255: a part of a page is spread with other sums than the whole."""
SCANS = ({}, {"ink": (25, 20, 15), "paper": (240, 222, 185)}, {"ink": (10, 12, 25), "paper": (205, 218, 245)})


def pasted(page, part, top, left):
    page = page.copy()
    page[top : top + part.shape[0], left : left + part.shape[1]] = part
    return page


def place_of(page, top, left, height, width):
    where = np.zeros(page.shape[:2], bool)
    where[top : top + height, left : left + width] = True
    return where


def overlap(found, expected):
    return np.count_nonzero(found & expected) / np.count_nonzero(found | expected)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 40),
    scan=st.sampled_from(SCANS),
    share=st.floats(0.08, 0.35),
    at_top=st.booleans(),
    quality=st.sampled_from([None, 85, 40]),
)
def test_a_banner_keeps_its_colours_and_the_page_is_coloured(seed, scan, share, at_top, quality):
    page = printed(grey_page(seed), **scan)
    height, width = page.shape[:2]
    banner = cv2.resize(colour_page()[12:468, 12:328], (width, round(share * height)))
    top = 0 if at_top else height - len(banner)
    page = pasted(page, banner, top, 0)
    kind, own = kind_and_colours(page if quality is None else jpeg(page, quality))
    assert kind == "gray"
    assert overlap(own.where, place_of(page, top, 0, len(banner), width)) > 0.9


@pytest.mark.parametrize("scan", SCANS)
def test_a_framed_panel_keeps_its_colours(scan):
    """Its white gutter parts it from the grey ones, wherever its own colours are pale."""
    page = printed(grey_page(3), **scan)
    page[180:300] = page[0].max(axis=0)  # paper
    panel = cv2.resize(colour_page(), (200, 100))
    kind, own = kind_and_colours(pasted(page, panel, 190, 70))
    assert kind == "gray"
    assert overlap(own.where, place_of(page, 190, 70, 100, 200)) > 0.85


@pytest.mark.parametrize("is_left", [True, False])
def test_of_a_spread_one_side_keeps_its_colours(is_left):
    sides = [colour_page(), printed(grey_page(5))]
    spread = np.hstack(sides if is_left else sides[::-1])
    kind, own = kind_and_colours(spread)
    assert kind == "gray"
    width = spread.shape[1] // 2
    assert overlap(own.where, place_of(spread, 0, 0 if is_left else width, len(spread), width)) > 0.98


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("other", SCANS)
def test_two_pages_may_have_two_papers(scan, other):
    """A white page beside a yellowed one has no colours; beside one in colour it is coloured."""
    gray = np.hstack([printed(grey_page(1), **scan), printed(grey_page(2), **other)])
    assert kind_and_colours(gray) == ("gray", None)
    page = printed(grey_page(3), **scan)
    kind, own = kind_and_colours(np.hstack([page, colour_page()]))
    assert kind == "gray"
    assert overlap(own.where, place_of(gray, 0, page.shape[1], *page.shape[:2])) > 0.98


def test_a_round_logo_is_kept_whole_with_the_letters_in_it():
    page = printed(grey_page(7))
    cv2.circle(page, (300, 440), 25, (220, 30, 40), -1)
    cv2.putText(page, "A", (290, 450), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
    disc = cv2.circle(np.zeros(page.shape[:2], np.uint8), (300, 440), 25, 1, -1) > 0
    kind, own = kind_and_colours(page)
    assert kind == "gray"
    assert own.where[disc].all()
    assert overlap(own.where, disc) > 0.7


@pytest.mark.parametrize("place", [(200, 240), (5, 475)], ids=["inside", "in a corner"])
def test_a_stain_of_coffee_is_nothing_to_keep(place):
    page = printed(grey_page(2)).astype(np.float32)
    stain = cv2.GaussianBlur(cv2.circle(np.zeros(page.shape[:2], np.float32), place, 40, 1, -1), (0, 0), 4)
    page *= 1 - stain[..., None] * (1 - np.array((232, 214, 190), np.float32) / 255)
    kind, own = kind_and_colours(page.astype(np.uint8))
    assert kind == "gray"
    assert own is None


@pytest.mark.parametrize(
    "page",
    [
        colour_page(),
        colour_page(0.5),
        np.hstack([colour_page(), colour_page(0.6)]),
        pasted(colour_page(), printed(grey_page(1))[:150, :120], 300, 200),  # one panel is grey by intent
        pasted(np.full((480, 340, 3), 255, np.uint8), colour_page()[100:300, 60:280], 140, 60),  # a figure on paper
    ],
    ids=["colour", "pastels", "spread in colour", "a grey panel", "a figure on paper"],
)
def test_pages_in_colour_stay_as_they_are(page):
    assert kind_and_colours(page) == ("colored", None)


@pytest.mark.parametrize("scan", SCANS)
def test_grey_pages_have_no_colours_of_their_own(scan):
    for seed in range(8):
        assert find_own_colours(jpeg(printed(grey_page(seed), **scan), 60)) is None


@pytest.fixture(scope="module")
def mixed():
    """A grey page with a banner in colour, and where that is."""
    page = printed(grey_page(4))
    banner = cv2.resize(colour_page()[12:468, 12:328], (page.shape[1], 90))
    return pasted(page, banner, 390, 0), place_of(page, 390, 0, 90, page.shape[1])


@pytest.fixture(scope="module")
def colorizer(seeing_weights, tiny_separator):
    return Colorizer(seeing_weights, separator=tiny_separator)


@pytest.fixture(scope="module")
def sitting(colorizer, mixed):
    return colorizer.open(mixed[0])


def test_colouring_leaves_the_part_and_nothing_else(colorizer, seeing_colorizer, mixed):
    page, banner = mixed
    assert is_colored(page)
    done = colorizer.colorize(page)
    own = find_own_colours(page).where
    np.testing.assert_array_equal(done[own], page[own])
    np.testing.assert_array_equal(done[~own], seeing_colorizer.colorize(page)[~own])
    assert overlap(own, banner) > 0.9
    (together, outcome), _ = colorizer.colorize_together([as_decoded(page), as_decoded(page)])
    assert outcome == "colored"
    np.testing.assert_array_equal(together.rgb, done)
    assert (seeing_colorizer.colorize(page)[own] != page[own]).any()  # forced: all of it is coloured


@pytest.mark.slow
def test_a_fill_takes_the_place_of_own_colours_until_it_is_undone(colorizer, sitting, mixed):
    """Contract: where somebody says a colour, that holds, and undoing brings back what was there."""
    page, _ = mixed
    own = find_own_colours(page).where
    corrected = CorrectedPage(sitting)
    before = corrected.rgb
    np.testing.assert_array_equal(before[own], page[own])
    spot = (170.0, 460.0)
    area = corrected.labels == corrected.area_at(*spot)
    box = corrected.correct([Step("fill", (spot,), rgb=GREEN)])
    filled = cv2.resize(area.astype(np.uint8), page.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    assert (corrected.rgb[filled & own] != before[filled & own]).any()
    np.testing.assert_array_equal(corrected.rgb[own & ~filled], page[own & ~filled])
    rows, columns = np.nonzero((corrected.rgb != before).any(axis=2))
    assert (box.x, box.y) == (columns.min(), rows.min())
    hinted = colorizer.colorize(page, hints=[Hint(*map(int, spot), GREEN)])
    np.testing.assert_array_equal(hinted, corrected.rgb)
    corrected.correct([])
    np.testing.assert_array_equal(corrected.rgb[own], before[own])
    assert np.abs(corrected.rgb.astype(int) - before).max() <= ROUNDING


@pytest.mark.slow
def test_a_stroke_of_the_brush_does_so_too(sitting, mixed):
    page, _ = mixed
    corrected = CorrectedPage(sitting)
    corrected.correct([Step("brush", ((60.0, 430.0), (200.0, 430.0)), 8.0, GREEN)])
    assert (corrected.rgb[428:433, 80:180] != page[428:433, 80:180]).any(axis=2).mean() > 0.8


@pytest.mark.slow
def test_in_layers_they_lie_over_the_ink(colorizer, sitting, mixed):
    page, _ = mixed
    own = find_own_colours(page).where
    picture = in_layers(CorrectedPage(sitting))
    top = picture.stack[-1]
    assert top.name == "own colours"
    np.testing.assert_array_equal(top.rgba[..., 3] > 0, own)
    np.testing.assert_array_equal(top.rgba[own][:, :3], page[own])
    assert np.abs(flattened(picture).astype(int) - picture.rgb).max() <= ROUNDED_LAYERS
    at_once = color_in_layers(to_gray(page), colorizer.engine, own=find_own_colours(page))
    np.testing.assert_array_equal(at_once.rgb, colorizer.colorize(page))
    np.testing.assert_array_equal(at_once.stack[-1].rgba, top.rgba)
