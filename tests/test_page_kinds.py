"""Which pages are coloured, which are blank, which are nothing but text.

Oracle: drawn pages whose answer is known by construction. A grey page is shades between one ink and one paper colour,
whatever those are and whatever scanner and JPEG add; a coloured one holds areas of at least two hues.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import HEIGHT, SKIN, WIDTH, colour_page, grey_page, jpeg, printed
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from mangacolor.page import kinds
from mangacolor.page.kinds import is_blank, is_colored, page_kind
from mangacolor.page.text_pages import _is_mostly_below

SCANS = {
    "neutral": ((0, 0, 0), (255, 255, 255)),
    "yellowed": ((25, 20, 15), (240, 222, 185)),
    "badly yellowed": ((40, 30, 25), (228, 200, 152)),
    "bluish": ((10, 12, 25), (205, 218, 245)),
    "pinkish": ((20, 15, 20), (245, 215, 222)),
    "blue ink": ((50, 45, 120), (235, 225, 230)),
    "green ink on yellow paper": ((20, 70, 55), (240, 235, 200)),
}


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("quality", [None, 75, 30, 15])
def test_tinted_scans_are_grey(scan, quality):
    for seed in range(3):
        rgb = printed(grey_page(seed), *SCANS[scan])
        assert not is_colored(rgb if quality is None else jpeg(rgb, quality))


def test_noise_uneven_paper_and_coloured_fringes_are_grey():
    page = grey_page()
    yellow = printed(page, *SCANS["yellowed"])
    noisy = yellow + np.random.default_rng(0).normal(0, 8, yellow.shape)
    assert not is_colored(noisy.clip(0, 255).astype(np.uint8))
    across = np.linspace(0, 1, WIDTH)[None, :, None]
    uneven = printed(page, paper=(245, 236, 215)) * (1 - across) + printed(page, paper=(232, 208, 165)) * across
    assert not is_colored(uneven.astype(np.uint8))
    misaligned = cv2.resize(yellow, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    misaligned[..., 0] = np.roll(misaligned[..., 0], 1, axis=1)
    misaligned[..., 2] = np.roll(misaligned[..., 2], 1, axis=0)
    assert not is_colored(misaligned)


@pytest.mark.parametrize("channel", [None, 0, 1, 2])
def test_files_in_grey_are_not_searched_for_colours(channel, monkeypatch):
    """Contract: they have none; one pixel of another shade in any channel makes a file that may have some."""
    searched = []
    find = kinds.find_own_colours
    monkeypatch.setattr(kinds, "find_own_colours", lambda rgb: searched.append(rgb) or find(rgb))
    page = printed(grey_page())
    if channel is not None:
        page[5, 7, channel] ^= 1
    assert page_kind(page) == "gray"
    assert len(searched) == (channel is not None)


@given(
    ink=st.tuples(*[st.integers(0, 60)] * 3),
    paper=st.integers(200, 255),
    warmth=st.integers(-25, 60),
    seed=st.integers(0, 5),
)
@settings(max_examples=25, deadline=None)
def test_any_tint_of_paper_and_ink_is_grey(ink, paper, warmth, seed):
    tint = (paper, paper - abs(warmth) // 3, paper - max(warmth, 0))
    assert not is_colored(printed(grey_page(seed), ink, tint if warmth >= 0 else tint[::-1]))


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_pages_of_colour_are_coloured_pastels_too(strength):
    page = colour_page(strength)
    assert is_colored(page)
    assert is_colored(jpeg(page, 40))
    yellowed = (page * np.array((240, 222, 185)) / 255).astype(np.uint8)
    assert is_colored(yellowed)


@pytest.mark.parametrize("fill", [0, 255])
def test_colour_on_a_page_that_is_mostly_black_or_white_counts(fill):
    page = colour_page()
    page[: int(0.8 * HEIGHT)] = fill
    page[int(0.85 * HEIGHT) :, : WIDTH // 2] = SKIN
    assert is_colored(page)


def test_one_coloured_panel_makes_a_coloured_page():
    page = printed(grey_page(), *SCANS["yellowed"])
    page[50:200, 40:200] = cv2.resize(colour_page(), (160, 150))
    assert is_colored(page)


def test_a_stamp_does_not():
    page = printed(grey_page(), *SCANS["yellowed"])
    page[440:460, 300:320] = (200, 30, 40)
    assert not is_colored(page)


@pytest.mark.parametrize("place", [(20, 20), (380, 240), (200, 120)])
@pytest.mark.parametrize("scan", ["neutral", "yellowed"])
def test_a_logo_does_not_but_colour_all_over_the_page_does(place, scan):
    page = printed(grey_page(), *SCANS[scan])
    logo = page.copy()
    logo[place[0] : place[0] + 60, place[1] : place[1] + 70] = (40, 90, 200)  # 2.6 % of the page
    assert not is_colored(logo)
    scattered = page.copy()
    for y, x in ((40, 40), (100, 250), (250, 60), (400, 280), (330, 180)):
        scattered[y : y + 30, x : x + 28] = (40, 90, 200)  # the same area
    assert is_colored(scattered)
    large = page.copy()
    large[place[0] : place[0] + 90, place[1] : place[1] + 90] = (40, 90, 200)  # 5 %
    assert is_colored(large)


def test_the_answer_does_not_depend_on_the_size():
    for page, expected in ((colour_page(), True), (printed(grey_page(), *SCANS["yellowed"]), False)):
        for scale in (0.25, 1, 3):
            assert is_colored(cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)) is expected


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (2, 3)])
def test_tiny_and_thin_pages_have_an_answer(shape):
    for value in (0, 128, 255):
        page = np.full((*shape, 3), value, np.uint8)
        assert not is_colored(page)
        assert is_blank(page)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (235, 225, 190), (120, 120, 120)])
def test_one_shade_is_blank_with_grain_too(colour):
    page = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
    assert is_blank(page)
    grain = np.random.default_rng(0).normal(0, 6, page.shape)
    assert is_blank((page + grain).clip(0, 255).astype(np.uint8))
    shaded = page * np.linspace(0.93, 1, WIDTH)[None, :, None]
    assert is_blank(shaded.astype(np.uint8))


def test_a_drawing_is_not_blank_and_neither_is_one_line_of_text():
    assert not is_blank(printed(grey_page()))
    assert not is_blank(colour_page())
    page = np.full((2400, 1700, 3), 250, np.uint8)
    cv2.putText(page, "The End", (600, 1200), cv2.FONT_HERSHEY_SIMPLEX, 3, (10, 10, 10), 6)
    assert not is_blank(page)


def test_the_kind_of_a_page():
    text = Image.new("RGB", (WIDTH, HEIGHT), (240, 222, 185))
    pen = ImageDraw.Draw(text)
    for line in range(12):
        pen.text((40, 50 + 28 * line), "It was a dark and rainy night.", (25, 20, 15), ImageFont.load_default(16))
    pages = {
        "gray": printed(grey_page(), *SCANS["yellowed"]),
        "colored": colour_page(),
        "blank": np.full((HEIGHT, WIDTH, 3), 240, np.uint8),
        "text_only": np.asarray(text),
    }
    assert {kind: page_kind(page) for kind, page in pages.items()} == {kind: kind for kind in pages}


@given(st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.7]), min_size=1, max_size=8), st.sampled_from([0.1, 0.3, 0.4, 0.6]))
@settings(max_examples=200, deadline=None)
def test_a_page_is_below_a_level_where_its_median_is(values, level):
    """Oracle: NumPy's median."""
    page = np.array([values], np.float32)
    assert _is_mostly_below(page, level) == (float(np.median(page)) < level)
