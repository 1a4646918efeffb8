"""Folds in cloth.

Oracle: invariants (folds stay in the cloth, the same seed draws the same, small pieces have none; hypothesis chooses
shapes and seeds), and a sleeve with a hollow, where most folds start.
"""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.data.drawing.cloth_folds import SMALLEST, fold_lines

SIDE = 120


def ellipse(x, y, across, down):
    cloth = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(cloth, (x, y), (across, down), 0, 0, 360, 1, -1)
    return cloth > 0


@settings(max_examples=40, deadline=None)
@given(*(st.integers(0, SIDE),) * 2, *(st.integers(0, 80),) * 2, st.integers(0, 10_000))
def test_folds_stay_in_the_cloth(x, y, across, down, seed):
    cloth = ellipse(x, y, across, down)
    cover = fold_lines(cloth, np.random.default_rng(seed))
    assert cover.dtype == np.float32
    assert (cover >= 0).all()
    assert (cover <= 1).all()
    assert not cover[~cloth].any()
    np.testing.assert_array_equal(cover, fold_lines(cloth, np.random.default_rng(seed)))
    if cloth.mean() < SMALLEST:
        assert not cover.any()


def test_cloth_has_folds_and_stays_mostly_bare():
    covers = [fold_lines(ellipse(60, 60, 40, 50), np.random.default_rng(seed)) for seed in range(20)]
    inked = [float((cover > 0.5).sum() / ellipse(60, 60, 40, 50).sum()) for cover in covers]
    assert min(cover.max() for cover in covers) > 0.2
    assert max(inked) < 0.35


def test_folds_gather_at_a_bend():
    """A bent sleeve: more ink a pixel by its inner corner than by its outer one."""
    cloth = np.zeros((SIDE, SIDE), np.uint8)
    cv2.polylines(cloth, [np.array([(20, 20), (20, 95), (100, 95)])], False, 1, 30)
    ink = sum(fold_lines(cloth > 0, np.random.default_rng(seed)) for seed in range(40))
    inner, outer = (ink[box][cloth[box] > 0].mean() for box in (np.s_[70:90, 25:45], np.s_[95:110, 5:20]))
    assert inner > 1.5 * outer
