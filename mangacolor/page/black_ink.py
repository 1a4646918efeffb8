"""Black that was printed or scanned as dark grey is black again, as paper that is darker than white is white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.page.ink import Separation, blocks

FloatArray = NDArray[np.float32]

DARK, LEAST_DARK = 0.4, 0.005
"""Grey up to which a pixel is dark, and share of such pixels that a page has at least for its black to be known."""

DARK_PERCENTILES, MOST_SPREAD = (10, 40), 0.02
"""Between these percentiles of what is dark black varies by this much at most; pencil and paint differ by more."""

FAINTEST, PALEST = 0.06, 0.3
"""Darker black is black enough; lighter black is meant to be grey."""

KEPT_FROM = 0.5
"""Grey from which on all stays as it is."""


def black_level(gray: FloatArray) -> float:
    """Return the grey of a page's black, 0 where it is black or is not known.

    Args:
        gray: (H, W) page in [0, 1], its paper white.
    """
    step = max(1, min(gray.shape) // 512)
    some = gray[::step, ::step]
    dark = some[some < DARK]
    if len(dark) < LEAST_DARK * some.size:
        return 0.0
    low, high = np.percentile(dark, DARK_PERCENTILES)
    return float(high) if FAINTEST <= high <= PALEST and high - low <= MOST_SPREAD else 0.0


def blackened(page: Separation, level: float) -> FloatArray:
    """Return the ink of a page that makes black of its grey of `level`, and leaves what is light as it is.

    Between them darkness grows evenly, so that the soft edges of lines stay soft.

    Args:
        page: Deepened ink and tone (H, W), whose product is about the page.
        level: From `black_level`.

    Returns:
        (H, W) ink in [0, 1], nowhere lighter.
    """
    if level == 0:
        return page.ink
    ink, steepness = np.empty_like(page.ink), np.float32(KEPT_FROM / (KEPT_FROM - level))
    for rows in blocks(len(ink)):
        gray = page.ink[rows] * page.tone[rows]
        wanted = (gray - np.float32(level)).clip(0) * steepness
        share = np.where(gray < KEPT_FROM, wanted / np.maximum(gray, np.float32(1e-3)), np.float32(1))
        ink[rows] = page.ink[rows] * share
    return ink
