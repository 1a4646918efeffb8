"""Oracles: hand-computed values, identities every distance must obey, and published formulas recomputed plainly."""

import math

import numpy as np
import pytest

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
