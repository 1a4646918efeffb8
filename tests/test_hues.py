"""Oracles: the formula of the annealed mean worked out by hand, and invariants of moving chroma cell by cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.colorize.grids import cell_averages, enlarge_cells
from mangacolor.colorize.hues import annealed, prefer_skin, settle_chroma
from mangacolor.image.color import chroma_bins, oklab_from_srgb

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
    bins = chroma_bins()
    logits = np.full((1, 1, len(bins)), -1e4, np.float32)
    logits[..., 3], logits[..., 9] = 0.0, np.log(2)
    decided = annealed(logits, bins, temperature)
    np.testing.assert_allclose(decided[0, 0], (1 - share) * bins[3] + share * bins[9], atol=1e-6)


SKIN = ((0.035, 0.035), (0.035, 0.07), (0.0, 0.035), (0.07, 0.035))
SKY = ((-0.035, -0.035), (-0.035, -0.07), (0.0, -0.07), (-0.07, -0.035))


def doubtful(shades, together):
    """Chances of one cell: white at 0.3, the shades at this chance together, every other class alike."""
    bins = chroma_bins()
    chances = np.full(len(bins), (0.7 - together) / (len(bins) - 5), np.float32)
    chances[np.linalg.norm(bins, axis=1) < 0.01] = 0.3
    for shade in shades:
        chances[np.linalg.norm(bins - shade, axis=1).argmin()] = together / len(shades)
    return chances[None, None], bins


@pytest.mark.parametrize(
    ("shades", "together", "tone", "is_taken"),
    [(SKIN, 0.6, 1.0, True), (SKIN, 0.2, 1.0, False), (SKIN, 0.6, 0.8, False), (SKY, 0.6, 1.0, False)],
    ids=["skin", "hardly skin", "tone", "sky"],
)
def test_paper_is_skin_where_its_shades_outweigh_white_together(shades, together, tone, is_taken):
    """Contract: none of the shades is likelier than white alone; only skin, and only on bare paper, is taken for it."""
    chances, bins = doubtful(shades, together)
    decided = annealed(np.log(chances), bins)
    assert np.linalg.norm(decided) < 0.015
    moved = prefer_skin(decided, chances, bins, np.full((8, 8), tone, np.float32))
    if is_taken:
        np.testing.assert_allclose(moved[0, 0], np.mean(SKIN, axis=0), atol=0.006)
    else:
        np.testing.assert_allclose(moved, decided, atol=2e-3)


def test_skin_ends_where_the_paper_does():
    """Contract: of two like cells the one under tone stays, on pages that are no multiple of a cell as well."""
    chances, bins = doubtful(SKIN, 0.6)
    tone = np.ones((8, 13), np.float32)
    tone[:, 7:] = 0.5
    pair = chances.repeat(2, axis=1)
    moved = prefer_skin(annealed(np.log(pair), bins), pair, bins, tone)
    assert np.linalg.norm(moved[0, 0]) > 0.04 > 0.015 > np.linalg.norm(moved[0, 1])


@given(SIZES)
@settings(max_examples=30, deadline=None)
def test_what_was_decided_as_it_was_painted_changes_nothing(size):
    colour = painted(size)
    np.testing.assert_allclose(cell_averages(oklab_from_srgb(colour)[..., 1:], CELL_PX), cells_of(colour), atol=1e-5)
    lab = oklab_from_srgb(colour)
    np.testing.assert_allclose(settle_chroma(lab, cells_of(colour), CELL_PX), lab, atol=1e-5)


@given(SIZES, st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
@settings(max_examples=30, deadline=None)
def test_an_even_change_moves_every_pixel_alike_and_keeps_its_lightness(size, a, b):
    colour = painted(size)
    before = oklab_from_srgb(colour)
    after = settle_chroma(before, cells_of(colour) + np.array([a, b], np.float32), CELL_PX)
    np.testing.assert_allclose(after, before + np.array([0, a, b], np.float32), atol=1e-5)


def test_a_flat_page_takes_the_decided_chroma():
    lab = np.zeros((24, 16, 3), np.float32)
    lab[..., 0] = 0.7
    decided = np.full((3, 2, 2), 0.04, np.float32)
    np.testing.assert_allclose(settle_chroma(lab, decided, CELL_PX)[..., 1:], 0.04, atol=1e-6)


def test_cells_are_enlarged_about_their_middles():
    """Hand-computed: bilinear between the middles of cells, even beyond the outer ones, cut at the far side."""
    cells = np.array([[[0.0], [1.0]]], np.float32)
    wide = enlarge_cells(cells, 4, (3, 7))
    np.testing.assert_allclose(wide.reshape(3, 7)[0], [0, 0, 0.125, 0.375, 0.625, 0.875, 1])
    assert wide.reshape(3, 7).std(axis=0).max() == 0
