"""The scale of a page's drawing, against pages whose panels are known."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from mangacolor.image import resize
from mangacolor.page.panels.scale import find_between, find_gutters, panel_share

HEIGHT, WIDTH = 1440, 1008


def page_of(rows, columns, *, night=False, height=HEIGHT, width=WIDTH):
    """Draw equal framed panels with noise for art; returns the page and the side of a panel over the short side."""
    paper, art = (0.0, 0.45) if night else (1.0, 0.55)
    margin, gutter = round(0.04 * width), round(0.03 * width)
    page = np.full((height, width), paper, np.float32)
    h = (height - 2 * margin - (rows - 1) * gutter) // rows
    w = (width - 2 * margin - (columns - 1) * gutter) // columns
    rng = np.random.default_rng(rows * 10 + columns)
    for row in range(rows):
        for column in range(columns):
            y, x = margin + row * (h + gutter), margin + column * (w + gutter)
            page[y : y + h, x : x + w] = 1 - paper
            inner = page[y + 4 : y + h - 4, x + 4 : x + w - 4]
            inner[...] = (art + 0.2 * rng.standard_normal(inner.shape)).clip(0.15, 0.85)
            inner[h // 3 : h // 2, w // 4 : w // 2] = paper  # paper within a panel is no gutter
    return page, math.sqrt(h * w) / min(height, width)


@pytest.mark.parametrize("night", [False, True], ids=["white gutters", "black gutters"])
@pytest.mark.parametrize(("rows", "columns"), [(2, 1), (2, 2), (3, 2), (4, 3)])
def test_share_is_that_of_the_panels_drawn(rows, columns, night):
    """Oracle: the panels drawn, within a tenth."""
    page, share = page_of(rows, columns, night=night)
    assert panel_share(page) == pytest.approx(share, rel=0.1)


@pytest.mark.parametrize("scale", [0.4, 0.7, 1.3, 2.0])
def test_share_does_not_hang_on_the_scan(scale):
    """Invariant: the same page at any size, within 5 %."""
    page, _ = page_of(3, 2)
    scaled = resize(page, round(HEIGHT * scale), round(WIDTH * scale))
    assert panel_share(scaled) == pytest.approx(panel_share(page), rel=0.05)


def test_large_panels_count_by_their_area():
    """Hand-computed: one large panel above and four small ones; half of the area is in the large one."""
    page = np.ones((1000, 1000), np.float32)
    page[40:540, 40:960] = 0.5
    for column in range(4):
        page[580:960, 40 + 235 * column : 40 + 235 * column + 200] = 0.5
    assert panel_share(page) == pytest.approx(math.sqrt(500 * 920) / 1000, rel=0.05)


@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [(600, 400), (1, 1), (30, 900)])
def test_page_without_panels_is_one(grey, size):
    """Contract: no gutters, or nothing between them, is the whole page; whatever its size."""
    assert panel_share(np.full(size, grey, np.float32)) == 1


def test_full_bleed_art_is_one_panel():
    """Contract: art up to the edges has no gutter, however much paper it shows."""
    page = np.random.default_rng(0).uniform(0.2, 0.8, (600, 420)).astype(np.float32)
    page[200:400, 100:300] = 1
    assert panel_share(page) == 1


def test_share_is_never_below_a_tenth():
    """Contract: a page of specks is bounded below."""
    page = np.ones((400, 400), np.float32)
    page[10:390:60, 10:390] = 0.5
    assert 0.1 <= panel_share(page) <= 1


def framed_page(gap_px=0):
    """Ink and tone of six framed panels, bare inside but for some tone, and the mask of what lies around them."""
    ink, tone = np.ones((HEIGHT, WIDTH), np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    outside = np.ones((HEIGHT, WIDTH), np.bool_)
    for y in (40, 500, 960):
        for x in (40, 520):
            ink[y : y + 430, x : x + 450] = 0
            ink[y + 4 : y + 426, x + 4 : x + 446] = 1
            tone[y + 200 : y + 300, x + 100 : x + 300] = 0.6
            outside[y : y + 430, x : x + 450] = False
            ink[y + 100 : y + 100 + gap_px, x : x + 4] = 1
    return ink, tone, outside


@pytest.mark.parametrize("gap_px", [0, 2])
def test_gutters_are_what_lies_around_the_panels(gap_px):
    """Oracle: the page as drawn, but for the width of a frame; a small gap in a frame lets nothing in."""
    ink, tone, outside = framed_page(gap_px)
    found = find_gutters(ink * tone)
    assert found.shape == outside.shape
    frames = (ink < 1) & ~outside
    assert not found[~outside & ~frames].any() if gap_px == 0 else found[~outside].mean() < 0.01
    assert found[outside].mean() > 0.98


def test_open_ground_and_art_to_the_edge_are_no_gutters():
    """Contract: what is around a figure may be a sky, and a page drawn to its edge has no margin."""
    figure = np.ones((HEIGHT, WIDTH), np.float32)
    figure[400:1100, 350:700] = 0
    assert not find_gutters(figure).any()
    ink, tone, _ = framed_page()
    tone[:, :200] = 0.5
    assert not find_gutters(ink * tone).any()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (30, 900), (900, 7)])
@pytest.mark.parametrize("grey", [0.0, 1.0])
def test_any_size_may_be_searched_for_gutters(size, grey):
    plane = np.full(size, grey, np.float32)
    assert find_gutters(plane).shape == size


def test_between_panels_that_are_known_paper_is_found_without_frames_and_at_the_edge_too():
    """Contract: strips have panels open to the paper between them; what stands over that has an outline."""
    strip, panels = np.ones((2400, 400), np.float32), np.zeros((1200, 200), np.int16)
    for number, top in enumerate((0, 900, 1700), 1):  # the first runs to the edge; none has a frame
        strip[top : top + 600 : 7, 30:370] = 0
        panels[top // 2 : top // 2 + 300, 15:185] = number
    strip = cv2.circle(strip, (200, 620), 60, 0, 3)  # a head that stands over the paper
    assert not find_gutters(strip).any()
    found = find_between(strip, panels)
    assert found[[750, 1600], 5:395].all()
    assert found[100, :20].all()
    assert not any(found[top + 12 : top + 588, 42:358].any() for top in (0, 900, 1700))
    assert not found[612:650, 175:225].any()
    assert not find_between(strip, np.ones_like(panels)).any()


def test_toned_gutters_stay_as_they_are_and_pictures_behind_panels_do_not():
    """Contract: one grey between all panels is gutter; where more is drawn behind them, it is a picture."""
    page, panels = np.full((1200, 840), 0.7, np.float32), np.zeros((600, 420), np.int16)
    for number, top in enumerate((40, 620), 1):
        page[top : top + 540, 40:800] = 1.0
        page[top + 200 : top + 300, 300:500] = 0.7  # as grey, within a panel
        panels[top // 2 : top // 2 + 270, 20:400] = number
    page[560:640, 400:460] = 0.2  # stands over the gutter
    found = find_between(page, panels)
    assert found[:35].all()
    assert found[590:610, 5:380].all()
    assert not found[560:640, 402:458].any()
    assert not found[240:540, 45:795].any()
    page[:, 805:] = 0.3
    page[:30] = 0.5
    assert not find_between(page, panels).any()
