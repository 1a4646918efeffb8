"""Printing and scanning: the page gets worse, the truth follows its geometry, and ink × tone stays the page.

Oracles: invariants over seeds, marks whose place is known, and counts of what is drawn at random.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.data.drawing.scan import CLEAN_SHARE, PageLayers, disturb, expose, print_and_scan, resample
from mangacolor.data.drawing.screentone import Screentone, lay_screentone
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.image.color import LUMA
from mangacolor.page.kinds import is_colored

SIDE = 120

YELLOWED = ((1.0, 0.955, 0.83), (0.12, 0.07, 0.03))
BLUISH = ((0.94, 0.97, 1.0), (0.03, 0.05, 0.11))
"""Paper and ink of old and of cool scans, sRGB in [0, 1]."""


def drawn_page(seed=0, height=SIDE, width=SIDE):
    """Smooth tone, soft-edged strokes of ink, screentone in the middle third."""
    rng = np.random.default_rng(seed)
    tone = np.full((height, width), 1, np.float32) - np.linspace(0, 0.4, width, dtype=np.float32)
    ink = np.ones((height, width), np.float32)
    for _ in range(6):
        start, end = (tuple(int(v) for v in rng.integers(0, (width, height))) for _ in range(2))
        cv2.line(ink, start, end, 0.0, 2)
    ink = cv2.GaussianBlur(ink, (0, 0), 1)
    screened = np.zeros((height, width), bool)
    screened[:, width // 3 : 2 * width // 3] = True
    dots = lay_screentone(tone, Screentone("round", 4.0), rng)
    page = ink * np.where(screened, dots, tone)
    colour = rng.random((height, width, 3), dtype=np.float32)
    return PageLayers(page, ink, tone, screened, colour)


def cross():
    """The same dark cross on a light ground in every layer."""
    mark = np.zeros((SIDE, SIDE), bool)
    mark[50:56, 30:80] = mark[30:80, 52:58] = True
    light = np.where(mark, 0, 1).astype(np.float32)
    return PageLayers(light, light, light, mark, np.repeat(light[..., None], 3, axis=2))


def blank():
    light = np.ones((SIDE, SIDE), np.float32)
    return PageLayers(light, light, light, np.zeros((SIDE, SIDE), bool), np.repeat(light[..., None], 3, axis=2))


@pytest.mark.parametrize("seed", range(60))
def test_shapes_types_and_ranges_stay(seed):
    layers = drawn_page(seed, 90, 70)
    before = [layer.copy() for layer in layers]
    result = print_and_scan(layers, np.random.default_rng(seed), is_window=True)
    for old, copy, new in zip(layers, before, result, strict=True):
        np.testing.assert_array_equal(old, copy)
        assert (new.shape, new.dtype) == (old.shape, old.dtype)
        assert new.min() >= 0
        assert new.max() <= 1


@pytest.mark.parametrize("seed", range(80))
def test_the_page_stays_ink_times_tone(seed):
    """Contract of the truth: without noise, JPEG and bleed-through, outside the screentone, up to resampling."""
    rng = np.random.default_rng(seed)
    result = expose(resample(drawn_page(seed), rng), rng)
    error = np.abs(result.page - result.ink * result.tone)[~result.screened]
    # Mirrored borders and narrow screentone may leave nothing else.
    if error.size:
        assert error.max() < 0.06
        assert error.mean() < 0.004


@pytest.mark.parametrize("seed", range(40))
def test_screentone_keeps_its_mean(seed):
    """The local mean of a flat sheet is still its tone, moiré included: 20 × 20 px of many dots."""
    grey = np.full((SIDE, SIDE), 0.6, np.float32)
    dots = lay_screentone(grey, Screentone("round", 3.7, 31.0), np.random.default_rng(seed))
    layers = PageLayers(dots, np.ones_like(grey), grey, np.ones_like(grey, bool), np.repeat(grey[..., None], 3, 2))
    rng = np.random.default_rng(seed)
    result = expose(resample(layers, rng), rng)
    assert (result.page - result.tone).mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("seed", range(60))
def test_all_layers_move_alike(seed):
    moved = resample(cross(), np.random.default_rng(seed), is_window=True)
    darkness = [1 - moved.page, 1 - moved.ink, 1 - moved.tone, 1 - moved.colour[..., 1]]
    if darkness[0].sum() < 50:
        pytest.skip("the cross has left the window")
    shifts = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    for layer in darkness[1:]:
        misfit = [np.abs(darkness[0] - np.roll(layer, shift, axis=(0, 1))).sum() for shift in shifts]
        assert shifts[int(np.argmin(misfit))] == (0, 0)
    # Whatever the page shows of the cross lies in the mask, and the mask goes no more than 5 px beyond;
    # at the border it may belong to what lies outside.
    assert moved.screened[darkness[0] > 0.5].all()
    near = cv2.dilate((darkness[0] > 0.1).astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    inner = np.s_[6:-6, 6:-6]
    assert near[inner][moved.screened[inner]].all()


def test_a_page_that_shrinks_is_smaller_and_shows_nothing_twice():
    """Invariant: a page's cross is there once at any scale, while a window has surroundings that mirror it."""
    sizes = set()
    for seed in range(60):
        page, window = (
            resample(cross(), np.random.default_rng(seed), is_window=is_window) for is_window in (False, True)
        )
        assert {layer.shape[:2] for layer in page} == {page.page.shape}
        assert window.page.shape == (SIDE, SIDE)
        scale = page.page.shape[0] / SIDE
        sizes.add(page.page.shape[0])
        if scale < 1:
            area = (1 - cross().page).sum()
            assert (1 - page.page).sum() == pytest.approx(area * scale**2, rel=0.2)
            assert cv2.connectedComponents((page.page < 0.5).astype(np.uint8))[0] == 2  # ground and one cross
    assert max(sizes) == SIDE
    assert min(sizes) < 0.7 * SIDE


def test_a_quarter_of_the_pages_stays_clean():
    """1200 draws: three standard deviations are 0.04. A page may escape every damage, hence the wider upper side."""
    layers = drawn_page(0, 24, 24)
    kept = np.mean([print_and_scan(layers, np.random.default_rng(seed)).page is layers.page for seed in range(1200)])
    assert CLEAN_SHARE - 0.04 < kept < CLEAN_SHARE + 0.12


def test_strength_zero_changes_nothing_and_little_strength_little():
    layers = drawn_page()
    differences = []
    for seed in range(30):
        assert print_and_scan(layers, np.random.default_rng(seed), 0.0) is layers
        weak, strong = (disturb(layers.page, np.random.default_rng(seed), strength) for strength in (0.05, 1.0))
        differences.append([np.abs(weak - layers.page).mean(), np.abs(strong - layers.page).mean()])
    weak_mean, strong_mean = np.mean(differences, axis=0)
    assert weak_mean < 0.005
    assert weak_mean < strong_mean / 3


def test_same_seed_same_scan():
    for seed in range(12):
        first, second = (print_and_scan(drawn_page(), np.random.default_rng(seed)) for _ in range(2))
        for one, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, other)


def test_paper_is_shaded_evenly_within_bounds():
    """Written contract: shade 0.9 to 1, uneven by 4 %; ink is none of the light's business."""
    for seed in range(60):
        result = expose(blank(), np.random.default_rng(seed))
        assert (result.ink > 0.9999).all()
        assert result.page.min() > 0.9 * 0.96 - 1e-4
        np.testing.assert_allclose(result.page, result.tone, atol=1e-6)


def test_scans_in_black_and_white_occur_and_keep_washes():
    page = np.where(drawn_page().ink < 0.5, 0.02, 0.98).astype(np.float32)
    wash = np.full((SIDE, SIDE), 0.6, np.float32)
    is_bilevel = [set(np.unique(disturb(page, np.random.default_rng(seed)))) <= {0, 1} for seed in range(150)]
    assert 2 <= sum(is_bilevel) <= 30
    for seed in range(150):
        assert disturb(wash, np.random.default_rng(seed)).mean() == pytest.approx(0.6, abs=0.04)


def tint(page, rng):
    """Give a grey page the colour of a real scan: yellowed, bluish, or with the chroma noise of JPEG."""
    amount = np.float32(rng.uniform(0.15, 1))
    paper, ink = (YELLOWED, BLUISH)[int(rng.random() < 0.35)] if rng.random() < 0.8 else ((1.0,) * 3, (0.0,) * 3)
    lightest, darkest = 1 + amount * (np.float32(paper) - 1), amount * np.float32(ink)
    rgb = darkest + (lightest - darkest) * page[..., None]
    if rng.random() < 0.5:
        noise = rng.standard_normal(rgb.shape, dtype=np.float32) * np.float32(rng.uniform(0.01, 0.05))
        # Only colour is noisy: what the three channels share belongs to the page.
        rgb += noise - (noise @ LUMA)[..., None]
        quality = int(rng.integers(40, 91))
        encoded = cv2.imencode(".jpg", pixels_from_float(rgb), (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
        rgb = float_from_pixels(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    return rgb.clip(0, 1)


def test_a_tinted_page_is_still_a_grey_page():
    """Other implementation: the package's own test for colour, and the page's luma."""
    page = drawn_page().page
    tinted = [tint(page, np.random.default_rng(seed)) for seed in range(30)]
    for rgb in tinted:
        assert (rgb.shape, rgb.dtype) == ((SIDE, SIDE, 3), np.float32)
        assert rgb.min() >= 0
        assert rgb.max() <= 1
        assert not is_colored(np.rint(rgb * 255).astype(np.uint8))
        assert np.corrcoef(rgb.mean(axis=2).ravel(), page.ravel())[0, 1] > 0.98
    warmth = np.array([(rgb[..., 0] - rgb[..., 2]).mean() for rgb in tinted])
    assert warmth.max() > 0.03
    assert warmth.min() < -0.01
    np.testing.assert_array_equal(tint(page, np.random.default_rng(4)), tinted[4])


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 2)])
def test_tiny_pages_survive(shape):
    light = np.ones(shape, np.float32)
    layers = PageLayers(light, light, light, np.zeros(shape, bool), np.ones((*shape, 3), np.float32))
    for seed in range(30):
        assert print_and_scan(layers, np.random.default_rng(seed), is_window=True).colour.shape == (*shape, 3)
        assert print_and_scan(layers, np.random.default_rng(seed)).page.size


def test_layers_that_do_not_fit_are_refused():
    layers = drawn_page()
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="one size"):
        print_and_scan(layers._replace(ink=layers.ink[1:]), rng)
    with pytest.raises(ValueError, match="strength"):
        print_and_scan(layers, rng, 1.5)
