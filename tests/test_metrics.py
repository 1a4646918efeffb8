"""Oracles: hand-computed values, identities every distance must obey, and published formulas recomputed plainly."""

import math

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from mangacolor.evaluate import metrics


@pytest.fixture
def page():
    return np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)


def test_a_page_equals_itself(page):
    assert metrics.psnr(page, page) == 100
    assert metrics.ssim(page, page) == pytest.approx(1)
    assert metrics.ciede2000(page, page) == 0
    assert metrics.chroma_error(page, page) == 0


def test_psnr_is_its_formula(page):
    other = np.clip(page.astype(int) + 9, 0, 255).astype(np.uint8)
    mean_square = ((page.astype(float) - other) ** 2).mean()
    assert metrics.psnr(other, page) == pytest.approx(10 * math.log10(255**2 / mean_square))


def test_psnr_never_falls_as_pages_come_nearer(page):
    """Contract: one channel of one pixel off by one, which is 115 dB on a large page, is no better than nothing off."""
    large = np.full((1500, 1050, 3), 128, np.uint8)
    nearly = large.copy()
    nearly[0, 0, 0] += 1
    assert metrics.psnr(nearly, large) == metrics.psnr(large, large) == 100


def test_ssim_is_its_formula(page):
    """Wang et al. (2004), eq. 13, in windows of 7 x 7 pixels that all count the same; (co)variances are unbiased."""
    other = np.clip(page.astype(int) // 2 + 40, 0, 255).astype(np.uint8)
    one, two = (sliding_window_view(shown.astype(float), (7, 7), axis=(0, 1)) for shown in (page, other))
    mean_one, mean_two = one.mean((-2, -1)), two.mean((-2, -1))
    product = ((one - mean_one[..., None, None]) * (two - mean_two[..., None, None])).sum((-2, -1)) / 48
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance = (2 * mean_one * mean_two + c1) / (mean_one**2 + mean_two**2 + c1)
    structure = (2 * product + c2) / (one.var((-2, -1), ddof=1) + two.var((-2, -1), ddof=1) + c2)
    expected = (luminance * structure).mean()
    assert 0.2 < expected < 0.95
    assert metrics.ssim(other, page) == pytest.approx(expected, abs=1e-9)


SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
]
"""Pairs of CIELAB colours and their difference, from table 1 of Sharma et al. (2005)."""


def test_ciede2000_is_that_of_the_published_pairs(monkeypatch):
    """Oracle: the paper's numbers, to all digits that it gives; a page has the mean of its pixels."""
    monkeypatch.setattr(metrics, "rgb2lab", lambda lab: lab)
    one, two = (np.array([[pair[side] for pair in SHARMA]], float) for side in (0, 1))
    for column, (*_, difference) in enumerate(SHARMA):
        told = metrics.ciede2000(one[:, column : column + 1], two[:, column : column + 1])
        assert told == pytest.approx(difference, abs=5.1e-5)
    assert metrics.ciede2000(one, two) == pytest.approx(np.mean([pair[2] for pair in SHARMA]), abs=5e-5)


def test_lightness_alone_is_no_chroma_error():
    dark, light = (np.full((8, 8, 3), value, np.uint8) for value in (60, 200))
    assert metrics.chroma_error(dark, light) < 0.01
    assert metrics.ciede2000(dark, light) > 20


def test_chroma_error_of_red_against_grey_is_reds_published_chroma():
    red, gray = np.full((8, 8, 3), (255, 0, 0), np.uint8), np.full((8, 8, 3), 54, np.uint8)
    assert metrics.chroma_error(red, gray) == pytest.approx(104.55, abs=0.1)  # CIELAB of sRGB red: C* = 104.55


def test_colourfulness_of_two_flats_by_hand():
    """Half red, half grey: rg = 255 or 0, yb = 127.5 or 0, so the spread is 142.5 and the mean 142.5."""
    page = np.zeros((4, 4, 3), np.uint8)
    page[:2] = (255, 0, 0)
    half = math.hypot(127.5, 63.75)
    assert metrics.colourfulness(page) == pytest.approx(half + 0.3 * half)
    assert metrics.colourfulness(np.full((4, 4, 3), 77, np.uint8)) == 0


def test_neutral_paper_counts_tinted_paper_only():
    target = np.full((10, 10, 3), 255, np.uint8)
    target[5:] = (200, 30, 30)
    page = target.copy()
    page[:2] = (255, 250, 200)
    assert metrics.neutral_paper(page, target) == (30, 50)
    page[5:] = (30, 200, 30)
    assert metrics.neutral_paper(page, target) == (30, 50)
    assert metrics.neutral_paper(page, np.full((10, 10, 3), 40, np.uint8)) == (0, 0)
