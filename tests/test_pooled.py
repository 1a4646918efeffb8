"""What is said of areas.

Oracle: means and quantiles by NumPy, pixel by pixel, on pages whose areas are whole cells.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import logit

from mangacolor.colorize.pooled import SUREST, Pooled, as_one_hair, pool
from mangacolor.image.color import chroma_bins
from mangacolor.models.backend import Guess, Traits

CELL_PX, ROWS, COLUMNS = 4, 12, 10
BINS = chroma_bins()
LABELS = ("skin", "garment")


def pooled_of(labels, skin, weights):
    """What is said of areas (h, w) where the chance of skin (r, c) is known; without hair of faces."""
    chances = np.full((ROWS, COLUMNS, len(BINS)), 1 / len(BINS), np.float32)
    said = logit(np.stack([skin, np.full_like(skin, 0.3)], axis=2))
    count = int(labels.max()) + 1
    found = SimpleNamespace(areas=SimpleNamespace(sizes=np.bincount(labels.ravel(), minlength=count)), faces=())
    guess = Guess(np.ones((*labels.shape, 3), np.float32), np.log(chances), said)
    traits = Traits(64, CELL_PX, BINS, LABELS)
    return pool(guess, chances, np.zeros((ROWS, COLUMNS, 0), np.float32), weights, found, labels, traits)


@pytest.mark.parametrize("seed", range(4))
def test_means_and_peaks_are_those_of_the_pixels(seed):
    generator = np.random.default_rng(seed)
    cells = generator.integers(0, 3, (ROWS, COLUMNS))
    skin = generator.uniform(0.05, 0.95, (ROWS, COLUMNS)).astype(np.float32)
    whole = np.ones((CELL_PX, CELL_PX), int)
    labels = np.kron(cells, whole).astype(np.int32)
    pooled = pooled_of(labels, skin, np.ones(labels.shape, np.float32))
    for area in range(3):
        values = skin[cells == area]
        assert pooled.skin[area] == pytest.approx(values.mean(), abs=1e-4)
        assert pooled.garment[area] == pytest.approx(0.3, abs=1e-4)
        wanted = np.quantile(values, 1 - SUREST, method="inverted_cdf")
        assert pooled.skin_peak[area] == pytest.approx(wanted, abs=1e-4)


def test_ink_counts_less():
    """A cell under ink has no voice: neither in the mean nor in the peak."""
    labels = np.zeros((ROWS * CELL_PX, COLUMNS * CELL_PX), np.int32)
    skin = np.full((ROWS, COLUMNS), 0.1, np.float32)
    skin[:4] = 0.9
    weights = np.ones(labels.shape, np.float32)
    assert pooled_of(labels, skin, weights).skin_peak[0] == pytest.approx(0.9, abs=1e-4)
    weights[: 4 * CELL_PX] = 0
    inked = pooled_of(labels, skin, weights)
    assert inked.skin_peak[0] == pytest.approx(0.1, abs=1e-4)
    assert inked.skin[0] == pytest.approx(0.1, abs=2e-3)


def test_areas_too_small_for_the_canvas_are_as_the_page_is():
    labels = np.zeros((ROWS * CELL_PX, COLUMNS * CELL_PX), np.int32)
    labels[1, 1] = 1  # every other pixel is looked at, from the first
    skin = np.linspace(0.1, 0.5, ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, COLUMNS)
    pooled = pooled_of(labels, skin, np.ones(labels.shape, np.float32))
    assert pooled.skin[1] == pooled.skin_peak[1] == pytest.approx(skin.mean(), abs=1e-4)


def test_all_hair_of_a_face_has_the_mean_chances_of_colours_and_keeps_its_labels():
    chances, skin = np.eye(4, 3, dtype=np.float32), np.linspace(0, 1, 4, dtype=np.float32)
    planes = dict.fromkeys(Pooled._fields[1:], skin)
    sizes, hair_of = np.array([100, 300, 50, 70]), np.array([0, 0, -1, 1])
    found = SimpleNamespace(areas=SimpleNamespace(sizes=sizes), faces=("one", "other"), hair_of=hair_of)
    pooled = as_one_hair(Pooled(chances, **planes), found)
    mean = (100 * chances[0] + 300 * chances[1]) / 400
    np.testing.assert_allclose(pooled.chances, [mean, mean, chances[2], chances[3]], rtol=1e-6)
    np.testing.assert_array_equal(pooled.skin, skin)
    np.testing.assert_array_equal(chances, np.eye(4, 3))
