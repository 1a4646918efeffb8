"""Dark margins.

Oracle: margins put around a page by hand, straight and askew: they become white, and the page within stays as it was.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.page.margins import SOFT_PX, without_dark_margins
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
