"""What labels of scenery make of chances of colours.

Oracle: the mixture written out for one cell; invariants over random chances.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from mangacolor.colorize.scenery import GROUND, SCENERY_CHANCE, USUAL, as_scenery, scenery_shares
from mangacolor.image.color import chroma_bins
from mangacolor.models.backend import Guess, Traits

BINS = chroma_bins()
LABELS = ("skin", "ground", *USUAL)
TRAITS = Traits(64, 4, BINS, LABELS)


def guess(labels):
    return Guess(np.zeros((8, 8, 3), np.float32), np.zeros((*labels.shape[:2], len(BINS)), np.float32), logit(labels))


def one_after_the_other(chances, shares):
    """The mixture of one cell, kind by kind, as `as_scenery` says it."""
    mixed = chances * max(0, 1 - shares.sum())
    for share, usual in zip(shares, USUAL.values(), strict=True):
        fitting = (chances + SCENERY_CHANCE) * usual.chances(BINS)
        mixed = mixed + share * fitting / fitting.sum()
    return mixed


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_all_kinds_at_once_are_mixed_as_one_after_the_other(seed):
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.full(len(BINS), 0.2), (3, 4)).astype(np.float32)
    shares = rng.dirichlet(np.full(len(USUAL) + 1, 0.4), (3, 4))[..., 1:].astype(np.float32)
    expected = [
        [one_after_the_other(*cell) for cell in zip(*row, strict=True)] for row in zip(chances, shares, strict=True)
    ]
    np.testing.assert_allclose(as_scenery(chances, shares, BINS), expected, atol=2e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_chances_stay_chances(seed):
    """Invariant: they sum to 1, none is negative, and cells of which no label is sure, or that are no ground, stay."""
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.full(len(BINS), 0.2), (3, 5)).astype(np.float32)
    labels = rng.uniform(0.01, 0.99, (3, 5, len(LABELS)))
    labels[0, :, 2:] = rng.uniform(0.01, min(one.sure[0] for one in USUAL.values()), (5, len(USUAL)))
    labels[1, :, 1] = rng.uniform(0.01, GROUND[0], 5)
    found = as_scenery(chances, scenery_shares(guess(labels), TRAITS), BINS)
    np.testing.assert_allclose(found.sum(axis=2), 1, atol=1e-5)
    assert found.min() >= 0
    np.testing.assert_allclose(found[:2], chances[:2], atol=1e-5)


def test_cells_without_scenery_stay_to_the_last_bit():
    """Contract: nothing is said of them; and no chance is so small that processors take their time for it."""
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.full(len(BINS), 0.2), (3, 4)).astype(np.float32)
    shares = rng.dirichlet(np.ones(len(USUAL) + 1), (3, 4))[..., 1:].astype(np.float32)
    shares[1] = 0
    found = as_scenery(chances, shares, BINS)
    np.testing.assert_array_equal(found[1], chances[1])
    assert (found[::2] != chances[::2]).any(axis=2).all()
    usual = np.stack([one.chances(BINS) for one in USUAL.values()])
    assert not ((usual > 0) & (usual < np.finfo(np.float32).tiny)).any()


def test_a_cell_that_is_half_sky_has_half_the_colours_of_skies():
    """Oracle: the two halves by hand, of a cell that red and blue are as likely in."""
    red, blue = (int(np.linalg.norm(BINS - colour, axis=1).argmin()) for colour in ((0.1, 0.05), (-0.035, -0.07)))
    chances = np.zeros((1, 1, len(BINS)), np.float32)
    chances[..., [red, blue]] = 0.5
    labels = np.full((1, 1, len(LABELS)), 0.01)
    labels[..., LABELS.index("ground")] = 0.95
    labels[..., LABELS.index("sky")] = sum(USUAL["sky"].sure) / 2
    found = as_scenery(chances, scenery_shares(guess(labels), TRAITS), BINS)[0, 0]
    fit = (chances[0, 0] + SCENERY_CHANCE) * USUAL["sky"].chances(BINS)
    np.testing.assert_allclose(found, 0.5 * chances[0, 0] + 0.5 * fit / fit.sum(), atol=1e-5)
    assert found[blue] > 0.7
    assert 0.24 < found[red] < 0.26


def test_without_such_labels_nothing_changes():
    chances = np.random.default_rng(0).dirichlet(np.ones(len(BINS)), (2, 2)).astype(np.float32)
    one = guess(np.full((2, 2, 1), 0.9))
    for said, traits in ((one, Traits(64, 4, BINS, ("skin",))), (one._replace(label_logits=None), TRAITS)):
        shares = scenery_shares(said, traits)
        assert not shares.size
        assert as_scenery(chances, shares, BINS) is chances
