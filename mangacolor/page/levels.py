"""Where the grey of a page's paper and of its black lie, on scans and on copies that were resized and compressed.

Both are told by what is solid: grey that hardly varies from pixel to pixel, once grain is averaged out. Soft edges are
not solid, nor are screens, nor the rings that resizing leaves along lines.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import pixels_from_float

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LARGEST_SIDE_PX = 1200
"""Pages whose short side is a whole number of times as long are looked at in copies so many times smaller: what is
solid is solid there too."""

WINDOW_PX, MOST_UNEVEN = 3, 10
"""Grey that differs by so many steps of 255 at most within a window of this size is solid, after it has been averaged
over such a window: grain and the traces of JPEG are no unevenness."""

ONE_IN = 2
"""One pixel in so many each way is enough to count."""

DARKEST_PAPER = 0.7
"""Pages whose light parts are darker than this are taken for night scenes on white paper, unless they are `dim`."""

WHITE_OF_DIM, LEAST_DIM, LEAST_DIM_PAPER = 99.5, 0.25, 0.25
"""Percentile of what is solid that is paper on a page that is dark all over; how dark it may be; and what share of the
page is about as light, at least: of a night scene less is."""

DIM_REACH = 0.8
"""About as light as the paper of a dim page is what has so much of its grey: light falls unevenly on photographs."""

PAPER_PERCENTILE, WHITEST_PERCENTILE, LARGEST_PAPER_SPREAD = 90, 99.5, 0.03
"""Between these percentiles of what is solid and light bare paper varies by this much at most; light parts of a
painting differ by more."""

NEARLY_WHITE = 0.97
"""Lighter paper is white by its own grey, and its grain stays: what is that light has little."""

PAPER_REACH, GRAIN_PERCENTILE = 0.025, 5
"""What is solid and as light as paper, give or take the first, is bare paper; all but so many percent of it is white:
grain, too, goes."""

LEAST_PAPER, MOST_LIGHTER = 0.08, 0.001
"""Share of a page that is as light as its paper, at least, and that is lighter, at most: highlights of a painting are
lighter than its light parts, and nothing is lighter than paper."""

DARK = 0.4
"""Grey up to which a pixel is dark."""

LEAST_SOLID = 0.0005
"""Share of a page that is solid and dark, at least, for its black to be known."""

DARK_PERCENTILES, MOST_SPREAD = (2, 60), 0.03
"""Between these percentiles of what is solid and dark black varies by this much at most; pencil and paint differ by
more, and where some is blacker, the rest is meant to be grey."""

FAINTEST, PALEST = 0.06, 0.34
"""Darker black is black enough; lighter black is meant to be grey."""

BLACKEST_SHARE, LIGHTEST_INK = 0.001, 0.85
"""Share of a page that is as dark as its black, at least, where nothing is dark; lighter than the second it is no
ink."""

ONE_ROW_IN, ONE_COLUMN_IN = 5, 7
"""Pixels that are looked at first."""

BARE, LEAST_BARE = 0.94, 0.25
"""Share of a page that is as light, at least, for what is darker to be ink: paintings have less."""


class Solid(NamedTuple):
    """One pixel in `ONE_IN` each way of a page, or of a smaller copy, each plane (h, w).

    Attributes:
        gray: The grey of the page itself, in [0, 1].
        even: The grey with grain averaged out, 0 to 255.
        lightest: The lightest of that around each pixel.
        darkest: The darkest.
    """

    gray: FloatArray
    even: Pixels
    lightest: Pixels
    darkest: Pixels

    @property
    def is_solid(self) -> NDArray[np.bool_]:
        """(h, w) where grey hardly varies."""
        return self.lightest - self.darkest <= MOST_UNEVEN


def solid_of(gray: FloatArray) -> Solid:
    """Look at what is solid of a page (H, W) in [0, 1]."""
    parts = max(1, min(gray.shape) // LARGEST_SIDE_PX)
    size = (max(1, gray.shape[1] // parts), max(1, gray.shape[0] // parts))
    small = gray if parts == 1 else np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.float32)
    even = np.asarray(cv2.blur(pixels_from_float(small), (WINDOW_PX, WINDOW_PX)), np.uint8)
    window = np.ones((WINDOW_PX, WINDOW_PX), np.uint8)
    lightest, darkest = (
        np.asarray(of_window(even, window), np.uint8)[::ONE_IN, ::ONE_IN].copy()
        for of_window in (cv2.dilate, cv2.erode)
    )
    # Grain is that of the page itself: a smaller copy has less.
    gray = gray[parts // 2 :: parts, parts // 2 :: parts][: size[1] : ONE_IN, : size[0] : ONE_IN]
    return Solid(gray.copy(), even[::ONE_IN, ::ONE_IN].copy(), lightest, darkest)


def paper_level(gray: FloatArray, page: Solid | None = None) -> float:
    """Return the grey from which on a page is paper, so that a yellowed or grainy scan can be divided by it.

    Args:
        gray: (H, W) page in [0, 1].
        page: What is solid of it, where that is known.

    Returns:
        The grey that nearly all bare paper reaches, for paper has grain; 1 where a page shows no paper.
    """
    page = page or solid_of(gray)
    is_light = page.is_solid & (page.darkest > DARKEST_PAPER * 255)
    light = page.even[is_light]
    if not len(light):
        return 1.0
    level, whitest = np.percentile(light, (PAPER_PERCENTILE, WHITEST_PERCENTILE)) / 255
    if whitest - level > LARGEST_PAPER_SPREAD:
        return 1.0
    if level >= NEARLY_WHITE:
        return float(level)
    is_lighter, is_as_light = (
        page.darkest > (level + LARGEST_PAPER_SPREAD) * 255,
        page.even >= (level - PAPER_REACH) * 255,
    )
    if is_lighter.mean() > MOST_LIGHTER or is_as_light.mean() < LEAST_PAPER:
        return 1.0
    paper = page.gray[is_light & is_as_light]
    return float(np.percentile(paper, GRAIN_PERCENTILE))


def black_level(gray: FloatArray) -> float:
    """Return the grey of a page's black, 0 where it is black or is not known.

    Args:
        gray: (H, W) page in [0, 1], its paper white.
    """
    page = solid_of(gray)
    solid = page.even[page.is_solid & (page.lightest < DARK * 255)]
    if len(solid) < LEAST_SOLID * page.even.size:
        return 0.0
    blackest, level = np.percentile(solid, DARK_PERCENTILES) / 255
    return float(level) if FAINTEST <= level <= PALEST and level - blackest <= MOST_SPREAD else 0.0


def dim_level(page: Solid) -> float:
    """Return the grey of paper on a page that is dark all over, as on photographs in little light; else 1."""
    solid = page.even[page.is_solid]
    if not len(solid):
        return 1.0
    level = float(np.percentile(solid, WHITE_OF_DIM)) / 255
    is_dim = LEAST_DIM <= level < DARKEST_PAPER and (page.even >= DIM_REACH * level * 255).mean() >= LEAST_DIM_PAPER
    return level if is_dim else 1.0


def fading_of(gray: FloatArray) -> float:
    """Return the grey of the ink of a page that has nothing dark, as pencil and prints that faded; else 0.

    Args:
        gray: (H, W) page in [0, 1], its paper white.
    """
    if (gray[::ONE_ROW_IN, ::ONE_COLUMN_IN] <= PALEST).mean() > BLACKEST_SHARE:
        return 0.0  # nearly all pages are clear at a glance; lines may lie between the pixels that it falls on
    steps = np.linspace(0, 1, 256)
    share = np.cumsum(cv2.calcHist([gray], [0], None, [256], [0, 1 + 1 / 255])) / gray.size
    level = float(steps[np.searchsorted(share, BLACKEST_SHARE)])
    bare = 1 - share[np.searchsorted(steps, BARE) - 1]
    return level if PALEST < level <= LIGHTEST_INK and bare >= LEAST_BARE else 0.0
