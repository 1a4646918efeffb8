"""Dark margins.

Oracle: margins put around a page by hand, straight and askew: they become white, and the page within stays as it was;
the desk around a page in a photograph that is taken here.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.page.margins import SOFT_PX, beside_the_page, without_dark_margins
from mangacolor.page.panels.finder import find_panels

WIDTH = 40


def page_of_panels():
    """Four framed panels with something in them, on white paper."""
    page = np.ones((1000, 720), np.float32)
    for top in (60, 520):
        for left in (50, 380):
            cv2.rectangle(page, (left, top), (left + 290, top + 420), 0.0, 4)
            cv2.circle(page, (left + 140, top + 200), 90, 0.4, -1)
    return page


def scanned(page, angle=0.0):
    """The page on a dark lid, with grain."""
    around = cv2.copyMakeBorder(page, WIDTH, WIDTH, WIDTH, WIDTH, cv2.BORDER_CONSTANT, value=0.1)
    height, width = around.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    turned = cv2.warpAffine(around, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=0.1)
    grain = np.random.default_rng(0).normal(0, 0.02, turned.shape)
    return (turned + grain).clip(0, 1).astype(np.float32)


def test_a_page_without_margins_comes_back_as_it_is():
    page = page_of_panels()
    assert without_dark_margins(page) is page
    page[: page.shape[0] // 3, : page.shape[1] // 2] = 0  # black up to the edge, on parts of two sides
    assert without_dark_margins(page) is page


@pytest.mark.parametrize("angle", [0.0, 0.7, -0.7])
def test_margins_are_white_and_the_page_within_is_as_it_was(angle):
    scan = scanned(page_of_panels(), angle)
    seen = without_dark_margins(scan)
    assert (seen[:10] == 1).mean() > 0.99
    assert (seen[:, -10:] == 1).mean() > 0.99
    inside = np.s_[WIDTH + 15 : -WIDTH - 15, WIDTH + 15 : -WIDTH - 15]
    np.testing.assert_array_equal(seen[inside], scan[inside])


@pytest.mark.parametrize("side", range(4))
def test_a_margin_on_one_side_alone_goes(side):
    page = page_of_panels()
    dark = page.copy()
    np.rot90(dark, side)[:WIDTH] = 0.05
    seen = np.rot90(without_dark_margins(dark), side)
    assert (seen[:WIDTH] == 1).all()
    np.testing.assert_array_equal(seen[WIDTH + SOFT_PX + 1 :], np.rot90(page, side)[WIDTH + SOFT_PX + 1 :])


@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_panels_of_a_scan_are_those_of_its_page(angle):
    """The panels of the bare page, moved by the margin, within what the turn moves corners."""
    wanted = [panel.box for panel in find_panels(page_of_panels())]
    found = [panel.box for panel in find_panels(without_dark_margins(scanned(page_of_panels(), angle)))]
    assert len(wanted) == len(found) == 4
    assert np.abs(np.array(found) - np.array(wanted) - WIDTH).max() <= (4 if angle == 0 else 16)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (4, 4)])
def test_any_size_will_do(shape):
    assert without_dark_margins(np.zeros(shape, np.float32)).shape == shape


def photographed(page, desk):
    """The page on a desk as a camera sees it, and where the desk is."""
    height, width = page.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = np.array([(50, 30), (width + 60, 80), (width + 70, height + 60), (25, height + 85)], np.float32)
    turn = cv2.getPerspectiveTransform(corners, seen)
    size = (width + 110, height + 110)
    photograph = cv2.warpPerspective(page, turn, size, borderValue=desk)
    return photograph, cv2.warpPerspective(np.ones_like(page), turn, size) == 0


@pytest.mark.parametrize("desk", [0.0, 0.3])
def test_what_lies_beside_a_page_is_told_from_it(desk):
    photograph, is_desk = photographed(page_of_panels(), desk)
    beside = beside_the_page(photograph, photograph)
    assert beside[is_desk].mean() > 0.99
    assert beside[cv2.erode((~is_desk).astype(np.uint8), np.ones((13, 13), np.uint8)) > 0].mean() == 0


def test_a_margin_in_the_light_is_told_before_the_light_is_evened():
    """What is dark on the photograph may be as light as a wash once paper is white all over."""
    photograph, is_desk = photographed(page_of_panels(), 0.3)
    light = np.linspace(1, 0.6, photograph.shape[1], dtype=np.float32)
    assert beside_the_page(photograph * light, photograph)[is_desk].mean() > 0.99
    assert (photograph / light)[is_desk].max() > 0.4


def test_margins_of_a_page_in_little_light_are_darker_than_it():
    photograph, is_desk = photographed(page_of_panels(), 0.2)
    beside = beside_the_page(photograph * np.float32(0.35), photograph, 0.35)
    np.testing.assert_array_equal(beside, beside_the_page(photograph, photograph))
    assert beside[is_desk].mean() > 0.99


def test_pages_have_nothing_beside_them():
    page = page_of_panels()
    assert beside_the_page(page, page) is None
    full = page.copy()
    full[:, :60] = full[:, -60:] = 0.2  # pictures that run to two sides, beside pictures
    full[:, 60:120] = full[:, -120:-60] = 0.6
    assert beside_the_page(full, full) is None
    page[:WIDTH] = 0.2  # one dark side may be a picture
    assert beside_the_page(page, page) is None


@pytest.mark.parametrize("across", [True, False])
def test_the_black_of_black_pages_is_their_own(across):
    """Panels of white paper on a black page: it is black between them, too."""
    page = np.zeros((1000, 720), np.float32)
    for top in (60, 380, 700):
        page[top : top + 260, 50:670] = 1.0
    page = page if across else np.ascontiguousarray(page.T)
    assert beside_the_page(page, page) is None
