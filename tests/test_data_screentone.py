"""Drawn screentone: its local mean is the grey it stands for, whatever the lattice does with the pixel grid.

Oracles: the grey asked for, and invariants over lattices.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mangacolor.data.drawing.screentone import KINDS, Screentone, lay_screentone, random_screentone, screen
from mangacolor.data.drawing.spots import spot_cells

PERIODIC = [kind for kind in KINDS if kind not in ("noise", "blue_noise")]

periods = st.one_of(st.sampled_from([2.5, 3.0, 4.0, 5.0, 8.0, 12.0]), st.floats(2.5, 12))
angles = st.one_of(st.sampled_from([0.0, 45.0, 90.0]), st.floats(-180, 180))
sheets = st.builds(
    Screentone,
    kind=st.sampled_from(KINDS),
    period_px=periods,
    angle_deg=angles,
    phase=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    antialiased=st.booleans(),
    grain=st.floats(0, 1),
)


def mean_without_edges(picture):
    """Mean under a Hann window: the spots that the border cuts count little."""
    weights = np.outer(*(np.hanning(side + 2)[1:-1] for side in picture.shape))
    return float((picture * weights).sum() / weights.sum())


def flat(grey, side=128):
    return np.full((side, side), grey, np.float32)


def ramp(height=96, width=256):
    return np.broadcast_to(np.linspace(0.1, 0.9, width, dtype=np.float32), (height, width)).copy()


def blobs(seed=0, side=160):
    """A smooth grey picture from black to paper."""
    noise = np.random.default_rng(seed).random((side, side), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 14)
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(sheet=sheets, coverage=st.floats(0.03, 0.97), seed=st.integers(0, 99))
@example(sheet=Screentone("round", 3.0, 0.0, antialiased=False, grain=0.0), coverage=0.5, seed=0)
@example(sheet=Screentone("line", 3.0, 90.0, antialiased=False, grain=0.0), coverage=0.17, seed=0)
@example(sheet=Screentone("line", 7.04, 0.0, antialiased=False, grain=0.0), coverage=0.22, seed=0)
@example(sheet=Screentone("stripe", 3.06, 0.0, antialiased=False, grain=0.0), coverage=0.37, seed=0)
@example(sheet=Screentone("check", 4.0, 45.0, antialiased=False, grain=0.0), coverage=0.5, seed=0)
@example(sheet=Screentone("square", 4.0, 0.0, antialiased=True), coverage=0.03, seed=0)
def test_a_flat_grey_keeps_its_mean(sheet, coverage, seed):
    """Invariant: 2 % of full range, for every kind, period, angle and coverage."""
    grey = 1 - coverage
    drawn = lay_screentone(flat(grey), sheet, np.random.default_rng(seed))
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert mean_without_edges(drawn) == pytest.approx(grey, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(sheet=sheets, grey=st.floats(0, 1))
def test_without_antialiasing_only_black_and_white(sheet, grey):
    drawn = lay_screentone(flat(grey, 40), sheet, np.random.default_rng(0))
    if not sheet.antialiased:
        assert set(np.unique(drawn)) <= {0, 1}


@pytest.mark.parametrize("kind", PERIODIC)
def test_cells_agree_with_supersampling(kind):
    """Other implementation: 15 × 15 points a pixel of the thresholded cell, nearest instead of Fourier."""
    period, angle, coverage = 5.3, 27.0, 0.4
    sheet = Screentone(kind, period, angle)
    drawn = lay_screentone(flat(1 - coverage, 40), sheet, np.random.default_rng(0))
    # A period of practically no pixels' width leaves the cell unblurred.
    cell = spot_cells(kind, np.array([coverage], np.float32), 1e6, 0.0)[0, :-1, :-1]
    fine = (np.arange(40 * 15) + 0.5) / 15 - 0.5
    x, y = np.meshgrid(fine, fine)
    turn = np.radians(angle)
    u, v = ((x * np.cos(turn) + y * np.sin(turn)) / period, (y * np.cos(turn) - x * np.sin(turn)) / period)
    column, row = (np.rint(axis * len(cell)).astype(int) % len(cell) for axis in (u, v))
    wanted = cell[row, column].reshape(40, 15, 40, 15).mean(axis=(1, 3))
    np.testing.assert_allclose(drawn, wanted, atol=0.06)
    assert np.abs(drawn - wanted).mean() < 0.015


@pytest.mark.parametrize("antialiased", [True, False])
@pytest.mark.parametrize("kind", ["round", "line"])
@pytest.mark.parametrize(("period", "angle"), [(3.0, 0.0), (4.7, 45.0), (6.2, 20.0), (11.0, 75.0)])
def test_the_spectrum_peaks_at_the_period(kind, period, angle, antialiased):
    sheet = Screentone(kind, period, angle, antialiased=antialiased)
    drawn = lay_screentone(flat(0.6, 256), sheet, np.random.default_rng(1)) - np.float32(0.6)
    window = np.hanning(256)
    spectrum = np.abs(np.fft.fft2(drawn * np.outer(window, window)))
    row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
    fy, fx = np.fft.fftfreq(256)[[row, column]]
    assert np.hypot(fx, fy) == pytest.approx(1 / period, abs=1.5 / 256)
    # Lines repeat along the angle, dots also across it.
    turn = (np.degrees(np.arctan2(fy, fx)) - angle) % (90 if kind == "round" else 180)
    tolerance = np.degrees(1.5 / 256 * period)
    assert min(turn, (90 if kind == "round" else 180) - turn) < tolerance


@pytest.mark.parametrize("antialiased", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_local_mean_follows_a_gradient(kind, antialiased):
    tone = ramp()
    drawn = lay_screentone(tone, Screentone(kind, 4.3, 33.0, antialiased=antialiased), np.random.default_rng(2))
    # Columns averaged over the height and 20 px of width.
    means, wanted = (cv2.blur(layer.mean(axis=0)[None], (21, 1))[0, 12:-12] for layer in (drawn, tone))
    assert np.abs(means - wanted).max() < 0.08
    assert np.abs(means - wanted).mean() < 0.025


@pytest.mark.parametrize("antialiased", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_pixels(kind, antialiased):
    sheet = Screentone(kind, 4.0, antialiased=antialiased)
    first, second = (lay_screentone(ramp(), sheet, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_screen_repeats_with_its_seed_and_leaves_its_input_alone():
    tone = blobs()
    before = tone.copy()
    for seed in range(12):
        first, second = (screen(tone, np.random.default_rng(seed)) for _ in range(2))
        for one, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(tone, before)


@pytest.mark.parametrize("seed", range(40))
def test_screen_agrees_with_its_truth(seed):
    """Contract: drawn equals tone outside the mask, and has its mean inside, level by level."""
    tone = blobs(seed)
    drawn, truth, mask = screen(tone, np.random.default_rng(seed), (2.5, 6.0))
    assert (drawn.dtype, truth.dtype, mask.dtype) == (np.float32, np.float32, np.bool_)
    assert drawn.shape == truth.shape == mask.shape == tone.shape
    np.testing.assert_array_equal(drawn[~mask], truth[~mask])
    assert len(np.unique(truth[~mask])) <= 2
    smooth_drawn, smooth_truth = (cv2.GaussianBlur(layer, (0, 0), 8) for layer in (drawn, truth))
    assert np.abs(smooth_drawn - smooth_truth).mean() < 0.02
    levels = np.unique(truth[mask])
    if len(levels) <= 5:
        for level in levels:
            area = mask & (truth == level)
            if area.sum() > 1500:
                assert drawn[area].mean() == pytest.approx(level, abs=0.04)


def test_paper_is_bare_and_black_solid():
    tone = np.hstack([flat(value, 60) for value in (1.0, 0.5, 0.0)])
    for seed in range(30):
        drawn, truth, mask = screen(tone, np.random.default_rng(seed))
        assert (drawn[:, :50] == 1).all()
        assert (truth[:, :50] == 1).all()
        assert np.ptp(drawn[:, 130:]) == 0
        assert drawn[0, -1] <= 0.6 + 1e-6
        assert mask[:, 70:110].all()
        assert not mask[:, :50].any()
        assert not mask[:, 130:].any()


def test_specks_join_their_neighbours():
    """A level's region below about 30 px² is not cut out: a 4 × 4 fleck in a flat leaves no trace in the truth."""
    tone = flat(0.85, 80)
    tone[40:44, 40:44] = 0.2
    levelled = 0
    for seed in range(30):
        truth = screen(tone, np.random.default_rng(seed)).tone
        levelled += len(np.unique(truth)) == 1
    # The rest are sheets that follow the greys continuously.
    assert levelled >= 15


def test_most_sheets_are_round_dots_within_the_range():
    rng = np.random.default_rng(0)
    drawn = [random_screentone(rng, (3.3, 7.5)) for _ in range(1500)]
    shares = {kind: np.mean([sheet.kind == kind for sheet in drawn]) for kind in KINDS}
    assert shares["round"] == pytest.approx(0.6, abs=0.05)
    assert shares["line"] == pytest.approx(0.12, abs=0.04)
    assert shares["noise"] + shares["blue_noise"] == pytest.approx(0.1, abs=0.04)
    assert min(shares.values()) > 0
    assert all(3.3 <= sheet.period_px <= 7.5 for sheet in drawn)


def test_levels_of_one_page_share_a_period_family():
    """A narrow range is kept even where the range of sheets around a base would exceed it."""
    screened = screen(blobs(), np.random.default_rng(3), (4.0, 4.0))
    assert screened.mask.any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (7, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_any_size(kind, shape):
    for antialiased in (True, False):
        tone = np.linspace(0, 1, shape[0] * shape[1], dtype=np.float32).reshape(shape)
        sheet = Screentone(kind, 4.0, antialiased=antialiased)
        assert lay_screentone(tone, sheet, np.random.default_rng(0)).shape == shape
    for seed in range(4):
        assert screen(tone, np.random.default_rng(seed)).drawn.shape == shape


@pytest.mark.parametrize("wrong", [{"kind": "hexagon"}, {"period_px": 1.0}, {"grain": 1.5}])
def test_impossible_sheets_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Screentone(**wrong)
