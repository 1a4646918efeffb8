"""Grey of paper and of black.

Oracle: the contracts of `paper_level` and `black_level` on pages drawn here, whose greys are known, and on copies of
them as scans and servers make them.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from pictures import page_of
from PIL import Image
from PIL.Image import Resampling

from mangacolor.image import pixels_from_float
from mangacolor.page.levels import (
    DARKEST_PAPER,
    FAINTEST,
    PALEST,
    black_level,
    dim_level,
    fading_of,
    paper_level,
    solid_of,
)


@pytest.mark.parametrize(("paper", "level"), [(1.0, 1.0), (0.9, 0.9), (0.75, 0.75), (0.4, 1.0)])
def test_paper_level_is_the_paper_s_grey_unless_it_is_night(paper, level):
    """Hand-computed: a page of one paper with a tenth of black; darker than any paper means a night scene on white."""
    page = np.full((600, 400), paper, np.float32)
    page[:60] = 0
    assert paper_level(page) == pytest.approx(level)


def test_light_parts_of_a_painting_are_no_paper():
    """Contract: where the lightest greys differ, as a face does from its highlights, nothing is taken for paper."""
    page = np.full((100, 100), 0.3, np.float32)
    page[:30] = 0.85
    page[:2] = 1.0
    assert paper_level(page) == 1
    page[:2] = 0.87
    assert paper_level(page) == pytest.approx(0.85, abs=0.01)


@pytest.mark.parametrize("black", [0.08, 0.165, 0.25])
def test_the_black_of_a_page_is_known(black):
    assert black_level(page_of(black)) == pytest.approx(black, abs=0.01)


def copy_of(page, way):
    """Copy a page as servers and scanners do: resized, compressed, or with the grain of paper."""
    if way == "grain":
        grainy = page + np.random.default_rng(0).normal(0, GRAIN, page.shape)
        return grainy.clip(0, 1).astype(np.float32)
    picture = Image.fromarray(pixels_from_float(page))
    if way == "JPEG":
        stored = io.BytesIO()
        picture.save(stored, "JPEG", quality=50)
        picture = Image.open(stored)
    else:
        factor = 0.7 if way == "smaller" else 1.8
        picture = picture.resize([round(factor * side) for side in picture.size], Resampling.LANCZOS)
    return np.asarray(picture, np.float32) / 255


WAYS, GRAIN = ("smaller", "larger", "JPEG", "grain"), 0.02


@pytest.mark.parametrize("black", [0.0, 0.165])
@pytest.mark.parametrize("way", WAYS)
def test_copies_and_scans_of_a_page_have_its_black(black, way):
    """Resizing leaves rings along lines, JPEG traces, and a scan grain: what is solid is still about as black."""
    assert black_level(copy_of(page_of(black), way)) == pytest.approx(black, abs=0.015)


@pytest.mark.parametrize("paper", [0.8, 0.9])
@pytest.mark.parametrize("way", WAYS)
def test_copies_and_scans_of_a_page_have_its_paper_and_nearly_all_of_it_is_white(paper, way):
    """The level is that of the paper, less what grain there is; above it is all but a twentieth of bare paper."""
    page = page_of(0.05)
    is_bare = cv2.erode((page == 1).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    copy = copy_of(page * paper, way)
    level = paper_level(copy)
    assert paper - 2 * GRAIN - 0.01 < level <= paper + 0.005
    same = cv2.resize(is_bare.astype(np.uint8), copy.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    assert (copy[same] >= level - 1 / 255).mean() > 0.93


@pytest.mark.parametrize("side", [1200, 2480])
def test_nearly_all_of_a_grainy_scan_of_any_size_is_white(side):
    """Large scans are looked at smaller, where grain is averaged away; the level is that of the page itself."""
    scan = copy_of(np.full((side, side), 0.9, np.float32), "grain")
    assert (scan >= paper_level(scan) - 0.5 / 255).mean() == pytest.approx(0.95, abs=0.02)


def test_where_some_is_blacker_dark_grey_is_meant():
    page = page_of(0.165)
    page[300:360, 30:110] = 0
    assert black_level(page) == 0


@pytest.mark.parametrize("black", [0.0, 0.8 * FAINTEST, 1.1 * PALEST])
def test_black_and_grey_are_no_grey_black(black):
    assert black_level(page_of(black)) == 0


def test_where_darkness_varies_or_nothing_is_dark_no_black_is_known():
    painted = np.tile(np.linspace(0.1, 1, 300, dtype=np.float32), (400, 1))
    assert black_level(painted) == 0
    assert black_level(np.ones((300, 200), np.float32)) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (2600, 2), (2, 3)])
def test_any_size_will_do(shape):
    for gray in (0.0, 0.2, 0.9, 1.0):
        page = np.full(shape, gray, np.float32)
        assert DARKEST_PAPER < paper_level(page) <= 1
        assert 0 <= black_level(page) <= PALEST


@pytest.mark.parametrize("paper", [0.3, 0.45, 0.65])
def test_paper_in_little_light_is_known(paper):
    """Hand-computed: the page times the light that falls on it."""
    grain = np.random.default_rng(0).normal(0, 0.01, (400, 300)).astype(np.float32)
    assert dim_level(solid_of(page_of(0.0) * paper + grain)) == pytest.approx(paper, abs=0.015)


def test_night_scenes_are_not_dim():
    """Contract: white somewhere is in full light; where little is as light as the lightest, that is no paper."""
    assert dim_level(solid_of(page_of(0.0))) == 1
    night = np.full((400, 300), 0.2, np.float32)
    night[:60] = 0.6
    assert dim_level(solid_of(night)) == 1
    night[:120] = 0.6
    assert dim_level(solid_of(night)) == pytest.approx(0.6, abs=0.01)
    assert dim_level(solid_of(np.full((400, 300), 0.1, np.float32))) == 1


@pytest.mark.parametrize("ink", [0.4, 0.55, 0.8])
def test_ink_that_faded_is_known(ink):
    assert fading_of(np.maximum(page_of(ink), np.float32(ink))) == pytest.approx(ink, abs=0.01)


def test_what_has_black_or_little_paper_is_not_faded():
    """Contract: where anything is darker, what is pale is meant to be so; a painting is not ink on paper."""
    page = page_of(0.55)
    assert fading_of(page) > 0
    page[300:330, 40:70] = 0.1
    assert fading_of(page) == 0
    lined = np.ones((400, 300), np.float32)
    lined[200:, 150:] = 0.6
    lined[101] = 0.0  # one thin line
    assert fading_of(lined) == 0
    painted = np.full((400, 300), 0.8, np.float32)
    painted[:90] = 1.0
    painted[350:, :] = 0.5
    assert fading_of(painted) == 0
    assert fading_of(np.ones((400, 300), np.float32)) == 0
