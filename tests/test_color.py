"""Colour conversion and palettes.

Oracles: published values of OKLab, other implementations, and invariants of round trips.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pictures import draw_art

from mangacolor.evaluate.palette import PALETTE_SIZE, palette_of
from mangacolor.image.color import (
    CHROMA_STEP,
    chroma_bins,
    grade,
    lightness_of_gray,
    linear_from_srgb,
    oklab_from_srgb,
    srgb_from_oklab,
    within_srgb,
)
from mangacolor.training import losses

LEVELS = np.linspace(0, 1, 18, dtype=np.float32)
CUBE = np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS, indexing="ij"), axis=-1).reshape(-1, 3)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((1, 1, 1), (1, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 1, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 1), (0.45201, -0.03246, -0.31153)),
        ((0.5, 0.5, 0.5), (0.59818, 0, 0)),
    ],
)
def test_oklab_of_known_colours(rgb, lab):
    """Oracle: values published for Ottosson's OKLab; grey 0.5 is the cube root of its linear light 0.21404."""
    np.testing.assert_allclose(oklab_from_srgb(np.array([rgb], np.float32))[0], lab, atol=2e-5)


def test_greys_are_as_light_as_the_colours_that_they_are():
    """Oracle: the conversion of all three channels."""
    gray = np.linspace(0, 1, 1021, dtype=np.float32).reshape(1, -1)
    np.testing.assert_allclose(
        lightness_of_gray(gray), oklab_from_srgb(np.repeat(gray[..., None], 3, axis=2))[..., 0], atol=2e-6
    )


def test_linear_light_at_known_points():
    """Oracle: IEC 61966-2-1, both pieces and their seam, by hand."""
    np.testing.assert_allclose(
        linear_from_srgb(np.array([0, 0.04045, 0.5, 1], np.float32)), [0, 0.0031308, 0.2140411, 1], atol=1e-6
    )


def test_torch_and_numpy_agree():
    """Oracle: the other implementation, over the whole cube; only colours too dark to see may differ."""
    ours = oklab_from_srgb(CUBE)
    theirs = losses.oklab(torch.from_numpy(CUBE).T[None, :, :, None])[0, :, :, 0].T.numpy()
    visible = CUBE.min(axis=1) >= 0.06
    np.testing.assert_allclose(theirs[visible], ours[visible], atol=2e-5)
    primaries = CUBE.max(axis=1) >= 0.3
    np.testing.assert_allclose(theirs[primaries], ours[primaries], atol=2e-3)
    assert np.abs(theirs - ours).max() < 0.1


@pytest.mark.slow
def test_chroma_bins_cover_srgb():
    """Invariant: every colour lies within a cell of some bin, and no bin is there twice or off the grid."""
    bins = chroma_bins()
    rgb = np.random.default_rng(0).random((20_000, 3), dtype=np.float32)
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1]), np.float32).reshape(3, -1).T
    chroma = oklab_from_srgb(np.concatenate([rgb, corners]))[:, 1:]
    offset = np.abs(chroma[:, None] - bins[None]).max(axis=2).min(axis=1)
    assert offset.max() < CHROMA_STEP  # a colour on the rim may round into a cell that the sampled cube missed
    assert (offset <= CHROMA_STEP / 2 + 1e-6).mean() > 0.999
    cells = np.rint(bins / CHROMA_STEP).astype(int)
    np.testing.assert_allclose(bins, cells * CHROMA_STEP, atol=1e-6)
    assert len({tuple(cell) for cell in cells}) == len(bins)
    assert [0, 0] in cells.tolist()


pixels = st.tuples(st.integers(1, 48), st.integers(1, 48)).flatmap(
    lambda size: arrays.arrays(np.uint8, (*size, 3), elements=st.integers(0, 255), fill=st.integers(0, 255))
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(pixels, st.randoms(use_true_random=False))
def test_palette_does_not_know_where(rgb, random):
    """Invariants: shuffled pixels give the same palette; its norm is 1."""
    palette = palette_of(rgb)
    assert palette.shape == (PALETTE_SIZE,)
    assert palette.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(palette), 1, atol=1e-5)
    assert palette.min() >= 0
    shuffled = rgb.reshape(-1, 3).tolist()
    random.shuffle(shuffled)
    np.testing.assert_array_equal(palette_of(np.array(shuffled, np.uint8).reshape(rgb.shape)), palette)


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_palette_does_not_know_the_size(factor):
    """Invariant: an enlarged picture has the same colours, so the same palette."""
    rgb = draw_art(3, 48, 48)
    big = rgb.repeat(factor, axis=0).repeat(factor, axis=1)
    np.testing.assert_allclose(palette_of(big), palette_of(rgb), atol=1e-6)


def test_palette_is_nearly_the_same_for_a_reduced_picture():
    """Invariant: flat areas keep their shares when a picture is reduced; only outlines mix."""
    rgb = draw_art(4, 240, 200)
    cosine = palette_of(rgb) @ palette_of(np.ascontiguousarray(rgb[::2, ::2]))
    assert cosine > 0.95
    assert cosine > palette_of(rgb) @ palette_of(np.roll(rgb, 1, axis=2)) + 0.2


def test_palette_of_two_colours_is_hand_computed():
    """Hand-computed: three quarters white, one quarter pure red; the square roots of 3/4 and 1/4."""
    rgb = np.full((2, 2, 3), 255, np.uint8)
    rgb[0, 0] = (255, 0, 0)
    palette = palette_of(rgb)
    assert sorted(palette[palette > 0].tolist()) == pytest.approx([0.5, 0.75**0.5])
    # White: lightness above 0.75, chroma 0 in cell (4, 4) of 8 x 8. Red: lightness 0.628, a = 0.225 and b = 0.126.
    assert palette[(2 * 8 + 4) * 8 + 4] == pytest.approx(0.75**0.5)
    assert palette[(1 * 8 + 7) * 8 + 6] == pytest.approx(0.5)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_srgb_survives_oklab_and_back(rgb):
    colour = np.array([rgb], np.float32)
    np.testing.assert_allclose(srgb_from_oklab(oklab_from_srgb(colour)), colour, atol=2e-3)


@settings(deadline=None)
@given(st.lists(st.floats(-0.3, 1.3), min_size=3, max_size=3))
def test_what_srgb_cannot_show_is_cut_as_on_the_way_there_and_back(lab):
    """Oracle: `srgb_from_oklab`, which cuts, and `oklab_from_srgb`."""
    colour = np.array([lab], np.float32) * [1, 0.3, 0.3]
    wanted = oklab_from_srgb(srgb_from_oklab(colour.astype(np.float32)))
    np.testing.assert_allclose(within_srgb(colour.astype(np.float32)), wanted, atol=4e-3)


def hue_and_chroma(lab):
    return np.degrees(np.arctan2(lab[:, 2], lab[:, 1])), np.linalg.norm(lab[:, 1:], axis=1)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 2), st.floats(0.4, 2))
def test_grading_stays_in_srgb_and_keeps_black_white_and_grey(chroma, exponent):
    """Invariants over the whole cube."""
    graded = grade(CUBE, chroma, exponent)
    assert graded.dtype == np.float32
    assert 0 <= graded.min() <= graded.max() <= 1
    grays = np.repeat(LEVELS[:, None], 3, axis=1)
    after = grade(grays, chroma, exponent)
    assert np.ptp(after, axis=1).max() < 2e-3
    np.testing.assert_allclose(after[[0, -1]], grays[[0, -1]], atol=2e-3)
    assert (np.diff(after[:, 1]) > -1e-6).all()


def test_grading_by_nothing_changes_nothing():
    np.testing.assert_allclose(grade(CUBE, 1, 1), CUBE, atol=1 / 255)


@settings(max_examples=30, deadline=None)
@given(st.floats(1, 2), st.floats(0.5, 1.5))
def test_grading_never_takes_chroma_and_keeps_the_hue(chroma, exponent):
    """Oracle: the same colours lightened alone. At the limits of sRGB chroma grows less than asked for, and the way
    there, straight in sRGB, bends the hue of the most vivid by a few degrees."""
    lightened = grade(CUBE, 1, exponent)
    before, after = oklab_from_srgb(lightened), oklab_from_srgb(grade(CUBE, chroma, exponent))
    (hue, old), (graded_hue, new) = hue_and_chroma(before), hue_and_chroma(after)
    assert (new - old).min() > -2e-3
    assert (new - chroma * old).max() < 2e-3
    turned = np.abs((graded_hue - hue + 180) % 360 - 180)
    assert turned[old > 0.03].max() < 10


@settings(deadline=None)
@given(st.lists(st.floats(0.35, 0.65), min_size=3, max_size=3), st.floats(1, 1.3), st.floats(0.8, 1.1))
def test_grading_is_exact_where_there_is_room(rgb, chroma, exponent):
    """Oracle: OKLab by hand, lightness to a power and chroma by a factor, well inside sRGB where nothing gives."""
    colour = np.array([rgb], np.float32)
    before, after = oklab_from_srgb(colour), oklab_from_srgb(grade(colour, chroma, exponent))
    np.testing.assert_allclose(after[:, 0], before[:, 0] ** exponent, atol=2e-3)
    np.testing.assert_allclose(after[:, 1:], before[:, 1:] * chroma, atol=2e-3)
