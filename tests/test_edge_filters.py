"""The filters that stop at edges, where OpenCV lacks its contrib modules.

Oracle: OpenCV's contrib filters; and of all, that a constant stays a constant and that an edge is not crossed.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.image import pixels_from_float
from mangacolor.page import edge_filters
from mangacolor.page.edge_filters import averaging_filter, recursive_filter, smooth_globally

contrib = pytest.mark.skipif(not edge_filters.has_contrib(), reason="OpenCV without contrib: nothing to compare with")

FILTERS = {
    "recursive": lambda guide, plane: recursive_filter(guide, plane, 6, 0.2, rounds=2),
    "averaging": lambda guide, plane: averaging_filter(guide, plane, 6, 0.2, rounds=2),
    "global": lambda guide, plane: smooth_globally(pixels_from_float(guide), plane, 200.0, 15.0),
}


@pytest.fixture
def without_contrib(monkeypatch):
    monkeypatch.setattr(edge_filters, "has_contrib", lambda: False)


def patches(seed, height, width, channels):
    """Flat areas with a little noise, float32 in [0, 1]; 0 channels is a plane."""
    rng = np.random.default_rng(seed)
    few = rng.random((5, 4, channels) if channels else (5, 4)).astype(np.float32)
    large = cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST).reshape(height, width, *few.shape[2:])
    return (large + rng.normal(0, 0.02, large.shape)).clip(0, 1).astype(np.float32)


@contrib
@pytest.mark.parametrize("name", FILTERS)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99), height=st.integers(3, 60), width=st.integers(3, 60),
    guides=st.sampled_from([0, 1, 3]), channels=st.sampled_from([0, 3, 4]),
)  # fmt: skip
def test_they_filter_as_opencv_does(name, seed, height, width, guides, channels):
    guide, plane = patches(seed, height, width, guides), patches(seed + 1, height, width, channels)
    wanted = FILTERS[name](guide, plane)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge_filters, "has_contrib", lambda: False)
        found = FILTERS[name](guide, plane)
    assert found.dtype == np.float32
    assert found.shape == plane.shape
    # what lies just at the end of the reach may count in one and not in the other
    rare = 2e-3 if name == "averaging" else 1e-5
    assert np.abs(found - wanted).max() < rare
    assert np.abs(found - wanted).mean() < 1e-5
    assert name == "global" or np.abs(found - plane).max() > 1e-3, "it changed nothing"


@pytest.mark.usefixtures("without_contrib")
@pytest.mark.parametrize("name", FILTERS)
def test_an_edge_is_not_crossed(name):
    guide = np.zeros((20, 30), np.float32)
    guide[:, 15:] = 1
    plane = np.where(guide > 0, np.float32(0.9), np.float32(0.2))
    plane[::2] += np.float32(0.05)
    found = FILTERS[name](guide, plane)
    assert found[:, :15].max() < 0.27
    assert found[:, 15:].min() > 0.88
    assert found[:, :15].std() < 0.3 * plane[:, :15].std(), "nothing was smoothed"


@pytest.mark.usefixtures("without_contrib")
@pytest.mark.parametrize("name", FILTERS)
def test_a_constant_stays(name):
    plane = np.full((9, 7, 3), 0.37, np.float32)
    assert np.allclose(FILTERS[name](patches(0, 9, 7, 3), plane), 0.37, atol=1e-6)
