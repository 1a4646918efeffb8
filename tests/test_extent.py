"""How many pages a picture shows.

Oracle: the contract of the function, for pages as books have them, and invariants.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.colorize import findings, panelwise
from mangacolor.page.extent import DOUBLE_SHAPE, MOST_PAGES, is_double, pages_shown
from mangacolor.page.ink import Separation

SIDES = st.integers(min_value=1, max_value=20_000)


@pytest.mark.parametrize(("height", "width"), [(1600, 1100), (1000, 1000), (1641, 1249), (1, 1)])
def test_what_is_no_wider_than_high_and_no_strip_is_about_one_page(height, width):
    assert 1 <= pages_shown((height, width)) <= 1.05


def test_what_is_a_little_wider_than_high_is_one_page_still():
    square, wide = (1000, round(1000 * DOUBLE_SHAPE)), (1000, round(1001 * DOUBLE_SHAPE) + 1)
    assert not is_double(square)
    assert pages_shown(square) == 1
    assert is_double(wide)
    assert 1.5 < pages_shown(wide) < 2


def test_a_double_page_is_two_and_a_strip_more_up_to_a_bound():
    assert pages_shown((1500, 2 * 1000)) == 2
    assert pages_shown((3 * 1500, 1000)) == 3
    assert pages_shown((12_000, 800)) == MOST_PAGES


@given(SIDES, SIDES)
def test_it_is_the_shape_that_counts_and_never_less_than_one(height, width):
    pages = pages_shown((height, width))
    assert 1 <= pages <= MOST_PAGES
    assert pages_shown((7 * height, 7 * width)) == pytest.approx(pages)


def test_a_double_page_is_looked_at_as_large_as_its_two_pages(monkeypatch):
    """Areas are found, and panels put together, at the size that either page alone has."""
    ink = np.ones((320, 320), np.float32)
    for left, right in ((40, 140), (180, 300)):
        cv2.rectangle(ink, (left, 40), (right, 280), 0.0, 3)
    one, double = (Separation(drawn, np.ones_like(drawn)) for drawn in (ink, ink[:200]))
    pixels = double.ink.size // 2
    monkeypatch.setattr(findings, "LARGEST_PIXELS", pixels)
    monkeypatch.setattr(panelwise, "LARGEST_CANVAS", pixels)
    assert findings.find(double, lambda gray: []).areas.labels.shape == double.ink.shape
    assert findings.find(one, lambda gray: []).areas.labels.size <= 1.01 * pixels
    views = panelwise.cut_views(double, lambda: (100, 160), 190)
    assert views.size[0] * views.size[1] > 1.5 * pixels
