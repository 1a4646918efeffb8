"""Pages of nothing but text: tables of contents, afterwords, licences, titles."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.page.areas import pieces_of
from mangacolor.page.typesetting import (
    FEWEST_LETTERS,
    LARGEST_LETTER,
    SMALLEST_LETTER_PX,
    Islands,
    is_text,
    neighbours,
    size_of_copy,
)

FloatArray = NDArray[np.float32]

TEXT_INK = 0.6
TEXT_PAPER = 0.85
"""Of text pages, from black at 0 to paper at 1: ink lies below the first, paper above the second."""

MOST_GREY = 0.002
MOST_LETTERS = 8000
RULE_PX = 4
LARGEST_TITLE = 0.16
LEAST_TEXT = 0.95
"""Share of the ink of a text page that must stand in rows or columns."""


def is_text_only(gray: FloatArray) -> bool:
    """Say whether a page holds nothing but text: a table of contents, an afterword, a licence, a plain title.

    Black on paper or white on black, with ruled lines or without. One drawing, frame or field of tone on the page and
    it is not text only; when in doubt it is not.

    Args:
        gray: (H, W) page as scanned, in [0, 1].

    Raises:
        ValueError: The page is empty or not two-dimensional.
    """
    if gray.ndim != 2 or gray.size == 0:
        raise ValueError(f"gray must be (H, W), not empty; got {gray.shape}")
    page = resize(gray, *size_of_copy(gray.shape))
    step = max(1, min(page.shape) // 256)
    dark, light = (float(level) for level in np.percentile(page[::step, ::step], (2, 95)))
    if _is_mostly_below(page, (dark + light) / 2):
        page, dark, light = 1 - page, 1 - light, 1 - dark
    if light - dark < 0.3:
        dark = 0.0  # too little ink to show in the percentile
    contrast = (page - dark) / max(light - dark, 1e-3)
    inked = (contrast < TEXT_INK).astype(np.uint8)
    if _has_greys(contrast, inked):
        return False
    _, stats = pieces_of(inked.view(np.bool_), connectivity=8)
    if not FEWEST_LETTERS < len(stats) <= MOST_LETTERS:
        return False
    sides = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    is_rule = (sides.min(axis=1) <= RULE_PX) & (sides.max(axis=1) > LARGEST_LETTER * min(page.shape))
    is_speck = sides.max(axis=1) < SMALLEST_LETTER_PX
    letters = Islands.from_stats(stats[1:][~(is_rule | is_speck)])
    return len(letters.areas) >= FEWEST_LETTERS and _is_all_text(letters, LARGEST_TITLE * min(page.shape))


def _is_mostly_below(page: FloatArray, level: float) -> bool:
    """Say whether the median of a page is below a level; to count takes a tenth of the time of sorting."""
    below = 2 * np.count_nonzero(page < np.float64(level))
    return bool(np.median(page) < level) if below == page.size else below > page.size


def _has_greys(contrast: FloatArray, inked: NDArray[np.uint8]) -> bool:
    """Say whether a page has tone: grey that is more than the soft rim of letters."""
    grey = ((contrast < TEXT_PAPER) & (cv2.dilate(inked, np.ones((5, 5), np.uint8)) == 0)).astype(np.uint8)
    return bool(cv2.morphologyEx(grey, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).mean() > MOST_GREY)


def _is_all_text(islands: Islands, largest_px: float) -> bool:
    sizes = (islands.boxes[:, 2:] - islands.boxes[:, :2]).max(axis=1)
    typical = float(np.median(sizes))
    left = np.ones(len(sizes), bool)
    # Titles are larger, and further apart, than the text below them.
    for letter_px in (typical, 2 * typical, 4 * typical):
        rest = np.flatnonzero(left)
        if not len(rest):
            break
        for members in neighbours(islands.boxes[rest], 0.7 * letter_px):
            chosen = rest[members]
            if is_text(Islands(islands.boxes[chosen], islands.areas[chosen]), largest_px):
                left[chosen] = False
    if islands.areas[left].sum() > (1 - LEAST_TEXT) * islands.areas.sum():
        return False
    return bool((sizes[left] <= 2 * typical).all())
