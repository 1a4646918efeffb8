"""Soft lines.

Oracle: a drawn page blurred by a known Gaussian, whose edges are as steep as calculus says, and the page before it was
blurred; and invariants.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.page.ink import Separation
from mangacolor.page.sharpness import (
    LARGEST_SHORT_SIDE_PX,
    SHARP,
    STRIP_PX,
    UNSCREENED,
    sharpened,
    soft_again,
    steepness,
)


def blocks_and_lines():
    """Black blocks, and lines of two pixels, on white paper."""
    page = np.ones((800, 600), np.float32)
    for row in range(3):
        for column in range(4):
            page[60 + 240 * row : 200 + 240 * row, 40 + 140 * column : 100 + 140 * column] = 0
    page[:, 120:560:140] = page[:, 121:560:140] = 0
    return page


def softened(page, sigma):
    return cv2.GaussianBlur(page, (0, 0), sigma)


@pytest.mark.parametrize("sigma", [1.0, 1.3, 1.6])
def test_edges_are_as_steep_as_the_gaussian_says(sigma):
    """A step under a Gaussian rises, in the pixel in its middle, by the integral of the Gaussian over it."""
    assert steepness(softened(blocks_and_lines(), sigma)) == pytest.approx(
        math.erf(0.5 / sigma / math.sqrt(2)), abs=0.03
    )


def test_a_sharp_page_comes_back_as_it_is():
    page = blocks_and_lines()
    assert steepness(page) == 1
    assert sharpened(page) is page


def test_where_there_are_no_edges_nobody_knows():
    rising = np.tile(np.linspace(0, 1, 400, dtype=np.float32), (300, 1))
    for page in (np.ones((300, 200), np.float32), rising, np.ones((3, 2), np.float32)):
        assert steepness(page) is None
        assert sharpened(page) is page


@pytest.mark.parametrize("sigma", [1.1, 1.3, 1.6])
def test_soft_lines_become_steeper_and_nearer_to_what_they_were(sigma):
    page = blocks_and_lines()
    soft = softened(page, sigma)
    sharp = sharpened(soft)
    assert steepness(soft) < SHARP
    assert steepness(sharp) > 1.2 * steepness(soft)
    assert np.abs(sharp - page).mean() < 0.75 * np.abs(soft - page).mean()
    assert sharp.min() >= 0
    assert sharp.max() <= 1


def test_what_has_one_grey_keeps_it():
    page = softened(blocks_and_lines(), 1.3)
    page[700:] = 0.6
    assert np.abs(sharpened(page)[720:] - 0.6).max() < 1e-5


def test_very_large_pages_are_left():
    side = LARGEST_SHORT_SIDE_PX + 1
    page = softened(cv2.resize(blocks_and_lines(), (side, side), interpolation=cv2.INTER_NEAREST), 1.5)
    assert sharpened(page) is page


def test_lines_are_the_page_s_own_again_and_screens_stay_off():
    gray = softened(blocks_and_lines(), 1.3)
    sharp = sharpened(gray)
    tone = np.ones_like(gray)
    tone[650:] = 0.7
    ink = np.minimum(sharp / tone, 1)
    ink[650:, :300] = 1  # screened there: ink × tone is far from the page
    sharp = np.where(np.arange(len(gray))[:, None] >= 650, np.minimum(sharp, 0.4), sharp).astype(np.float32)
    found = soft_again(Separation(ink, tone), sharp, gray)
    assert found.tone is tone
    np.testing.assert_allclose((found.ink * tone)[:650], gray[:650], atol=1e-6)
    is_screened = np.abs(ink * tone - sharp) >= UNSCREENED
    assert is_screened[650:, :300].mean() > 0.5
    np.testing.assert_array_equal(found.ink[is_screened], ink[is_screened])


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 10), st.integers(0, 2**32 - 1))
def test_any_size_will_do(height, width, strips, seed):
    rough = np.random.default_rng(seed).random((height + strips * STRIP_PX, width))
    page = cv2.GaussianBlur((rough > 0.5).astype(np.float32), (0, 0), 1.0).clip(0, 1)
    sharp = sharpened(page)
    assert sharp.shape == page.shape
    assert sharp.dtype == np.float32
    assert 0 <= sharp.min() <= sharp.max() <= 1


def test_grain_is_not_sharpened():
    soft = softened(blocks_and_lines(), 1.3)
    soft[700:] = 0.9
    grainy = (soft + np.random.default_rng(0).normal(0, 0.004, soft.shape)).clip(0, 1).astype(np.float32)
    sharp = sharpened(grainy)
    assert steepness(sharp) > steepness(grainy)
    assert sharp[710:].std() < 1.2 * grainy[710:].std()


def test_only_steps_are_edges():
    """Beside an edge, and on a plateau between two, nothing rises: that is no edge of steepness 0."""
    page = np.repeat(np.repeat((np.indices((60, 45)).sum(axis=0) % 2).astype(np.float32), 9, axis=0), 9, axis=1)
    assert steepness(page) == 1
    assert sharpened(page) is page


def test_what_is_painted_softly_comes_back_as_it_is():
    painted = softened(blocks_and_lines(), 3.5)
    assert sharpened(painted) is painted
