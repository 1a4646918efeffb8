"""Lines found in colour art, against outlines drawn by OpenCV and against what must hold of any drawing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mangacolor.data.drawing.lines import find_lines
from mangacolor.data.drawing.outlines import fill_outlines, outline_strength

FloatArray = NDArray[np.float32]
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
SIDE = 128
RED, GREEN = (0.8, 0.3, 0.3), (0.25, 0.5647, 0.4)  # of one luma


def two_halves(left: tuple[float, ...], right: tuple[float, ...], border: int = 60) -> FloatArray:
    art = np.empty((SIDE, SIDE, 3), np.float32)
    art[:, :border] = left
    art[:, border:] = right
    return art


def outlined_shapes(width_px: int, seed: int = 0) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Draw flat shapes with dark outlines, antialiased; returns the art and where the outlines are."""
    rng = np.random.default_rng(seed)
    art = np.full((256, 256, 3), 235, np.uint8)
    outlines = np.zeros((256, 256), np.uint8)
    for centre in ((70, 70), (180, 80), (80, 185), (190, 190)):
        axes = (int(rng.integers(25, 45)), int(rng.integers(25, 45)))
        ellipse = (centre, axes, float(rng.uniform(0, 180)), 0, 360)
        cv2.ellipse(art, *ellipse, [int(value) for value in rng.integers(110, 230, 3)], -1, cv2.LINE_AA)
        cv2.ellipse(art, *ellipse, (30, 20, 25), width_px, cv2.LINE_AA)
        cv2.ellipse(outlines, *ellipse, 255, width_px, cv2.LINE_AA)
    return (art / np.float32(255)).astype(np.float32), outlines > 127


def dilated(mask: NDArray[np.bool_], radius_px: int) -> NDArray[np.bool_]:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * radius_px + 1,) * 2, np.uint8)) > 0


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_colours_of_equal_luma_are_parted_by_a_line(scale: float) -> None:
    art = two_halves(RED, GREEN)
    assert np.ptp(art @ LUMA) < 0.01
    ink = find_lines(art, scale)
    rows = slice(round(8 * scale), round((SIDE - 8) * scale))
    position = round(60 * scale)
    assert ink[rows, position - 3 : position + 3].min(axis=1).max() < 0.2
    assert ink[rows, : position - 8].min() == 1
    assert ink[rows, position + 8 :].min() == 1


@given(st.tuples(*[st.floats(0, 1, width=32)] * 3), st.sampled_from([0.75, 1.0, 1.6, 2.0]), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_flat_art_has_no_lines(colour: tuple[float, float, float], scale: float, seed: int) -> None:
    art = np.full((40, 56, 3), colour, np.float32)
    ink = find_lines(art, scale, np.random.default_rng(seed))
    assert ink.shape == (round(40 * scale), round(56 * scale))
    assert ink.dtype == np.float32
    if max(colour) > 0.55:  # black is ink already where a small piece of it is all there is
        assert ink.min() == 1


def test_soft_gradients_and_grain_get_no_lines() -> None:
    art = np.empty((SIDE, SIDE, 3), np.float32)
    art[:] = np.linspace(0.3, 0.9, SIDE, dtype=np.float32)[:, None]
    art += np.random.default_rng(0).normal(0, 0.015, art.shape).astype(np.float32)
    assert (find_lines(art.clip(0, 1)) < 0.9).mean() < 0.002


@pytest.mark.parametrize("width_px", [1, 2, 3, 5])
def test_outlines_are_found(width_px: int) -> None:
    art, outlines = outlined_shapes(width_px)
    found = find_lines(art) < 0.5
    recall = (found & outlines).sum() / outlines.sum()
    precision = (found & dilated(outlines, 1)).sum() / found.sum()
    assert recall > 0.85
    assert precision > 0.95, "no second line beside an outline"


@pytest.mark.parametrize("scale", [1.0, 1.7, 2.0, 3.0])
@pytest.mark.parametrize("angle_deg", [0, 20, 45, 90])
def test_lines_lie_on_the_border_at_any_size(scale: float, angle_deg: int) -> None:
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    normal = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    distance = (x - 62.3) * normal[0] + (y - 65.1) * normal[1]
    art = np.where((distance < 0)[..., None], np.float32(RED), np.float32((0.9, 0.85, 0.5)))
    ink = find_lines(art.astype(np.float32), scale)
    side = len(ink)
    rows, columns = np.nonzero(ink < 0.5)
    at_x, at_y = (columns + 0.5) / scale - 0.5, (rows + 0.5) / scale - 0.5
    away_px = scale * np.abs((at_x - 62.3) * normal[0] + (at_y - 65.1) * normal[1])
    inside = (np.abs(rows - side / 2) < side * 0.4) & (np.abs(columns - side / 2) < side * 0.4)
    centre = away_px[inside]
    assert len(centre) > 0.7 * side * 0.8
    assert centre.mean() < 1.5
    assert centre.max() < 1.5 + 1.6 * scale**0.5  # half a width further


def test_lines_are_continuous_and_crisp_when_enlarged() -> None:
    art = np.full((SIDE, SIDE, 3), (0.95, 0.9, 0.6), np.float32)
    cv2.circle(art, (64, 64), 40, RED, -1, cv2.LINE_AA)
    ink = find_lines(art, 2.5, np.random.default_rng(3))
    count, _ = cv2.connectedComponents((ink < 0.7).astype(np.uint8))
    assert count == 2, "one closed stroke and nothing else"
    grays = ((ink > 0.3) & (ink < 0.9)).sum()
    assert grays < 2 * (ink <= 0.3).sum(), "edges of strokes are about a pixel wide"


def test_the_seed_decides_the_pen() -> None:
    art, _ = outlined_shapes(2)
    first, again, other = (find_lines(art, 1.5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (7, 9), (40, 3)])
def test_small_art_is_drawn_too(shape: tuple[int, int]) -> None:
    art = np.random.default_rng(0).random((*shape, 3), dtype=np.float32)
    ink = find_lines(art, 2.0, np.random.default_rng(0))
    assert ink.shape == (2 * shape[0], 2 * shape[1])
    assert np.isfinite(ink).all()
    assert ink.min() >= 0
    assert ink.max() <= 1


@pytest.mark.parametrize("width_px", [2, 5, 8])
def test_filling_leaves_nothing_of_the_outlines(width_px: int) -> None:
    art, outlines = outlined_shapes(width_px)
    filled = fill_outlines(art, outline_strength(art))
    assert (filled @ LUMA)[outlines].min() > 0.35, "fills are 0.43 and lighter, outlines 0.1"
    far = ~dilated(outlines, 3)
    np.testing.assert_allclose(filled[far], art[far], atol=0.02)


def test_a_plane_is_filled_like_a_picture() -> None:
    art, _ = outlined_shapes(3)
    outline = outline_strength(art)
    filled = fill_outlines(art, outline)
    np.testing.assert_allclose(fill_outlines(art[..., 1].copy(), outline), filled[..., 1], atol=1e-6)
