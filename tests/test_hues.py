"""Oracles: the formula of the annealed mean worked out by hand, and invariants of moving chroma cell by cell."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.color import chroma_bins, oklab_from_srgb, srgb_from_oklab
from mangacolor.inference.hues import decided_chroma, enlarge_cells, settle_chroma

CELL_PX = 8
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))


def painted(size, seed=0):
    """Colours (h, w, 3) that stay in sRGB when their chroma moves a little."""
    return (0.4 + 0.2 * np.random.default_rng(seed).random((*size, 3))).astype(np.float32)


def cells_of(colour):
    """The mean chroma of every cell, those at the border over what there is of them."""
    chroma = oklab_from_srgb(colour)[..., 1:]
    rows, columns = (range(0, side, CELL_PX) for side in colour.shape[:2])
    means = [[chroma[y : y + CELL_PX, x : x + CELL_PX].mean(axis=(0, 1)) for x in columns] for y in rows]
    return np.array(means, np.float32)


@pytest.mark.parametrize(("temperature", "share"), [(1.0, 2 / 3), (0.5, 4 / 5), (0.25, 16 / 17)])
def test_the_likelier_of_two_classes_gains_as_the_temperature_falls(temperature, share):
    """Odds of 1 to 2 are squared at half the temperature."""
    bins = torch.from_numpy(chroma_bins())
    logits = torch.full((1, len(bins), 1, 1), -1e4)
    logits[0, 3], logits[0, 9] = 0.0, float(np.log(2))
    decided = decided_chroma(logits, bins, temperature)
    np.testing.assert_allclose(decided[0, 0], (1 - share) * bins[3] + share * bins[9], atol=1e-6)


@given(SIZES)
@settings(max_examples=30, deadline=None)
def test_what_was_decided_as_it_was_painted_changes_nothing(size):
    colour = painted(size)
    np.testing.assert_allclose(settle_chroma(colour, cells_of(colour), CELL_PX), colour, atol=2e-3)


@given(SIZES, st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
@settings(max_examples=30, deadline=None)
def test_an_even_change_moves_every_pixel_alike_and_keeps_its_lightness(size, a, b):
    colour = painted(size)
    before = oklab_from_srgb(colour)
    after = oklab_from_srgb(settle_chroma(colour, cells_of(colour) + np.array([a, b], np.float32), CELL_PX))
    np.testing.assert_allclose(after, before + np.array([0, a, b], np.float32), atol=2e-3)


def test_a_flat_page_takes_the_decided_chroma():
    lab = np.zeros((24, 16, 3), np.float32)
    lab[..., 0] = 0.7
    decided = np.full((3, 2, 2), 0.04, np.float32)
    settled = oklab_from_srgb(settle_chroma(srgb_from_oklab(lab), decided, CELL_PX))
    np.testing.assert_allclose(settled[..., 1:], 0.04, atol=2e-3)


def test_cells_are_enlarged_about_their_middles():
    """Hand-computed: bilinear between the middles of cells, even beyond the outer ones, cut at the far side."""
    cells = np.array([[[0.0], [1.0]]], np.float32)
    wide = enlarge_cells(cells, 4, (3, 7))
    np.testing.assert_allclose(wide.reshape(3, 7)[0], [0, 0, 0.125, 0.375, 0.625, 0.875, 1])
    assert wide.reshape(3, 7).std(axis=0).max() == 0
