"""Whose lightness a page shows: that of what is drawn, or that of the printer's tones.

A painting reproduced in grey keeps the lightness of its colours, and so must the page when it is coloured again. Manga
does not: skin, sky and white cloth are all bare paper, and screentone is as dark as the artist's stock has it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.image.color import LUMA, srgb_from_oklab
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]

SCREENED_DIFFERENCE = 8 / 255
SCREENED_SHARE = 0.02
"""A page of which more than this share differs by more than that from ink × tone is screened: its dots were evened."""

PAPER_TONE = 0.97
CLEAR_INK = 0.7
"""Tones are looked at off paper and off lines."""

LEAST_TONED = 0.3
"""Share of the page that must be toned for the question to arise: of paintings 0.4 to 1 is, of manga 0.1 to 0.4, and
where that is small, so that its dots have become grey, tones are now and then like the colours."""

MOST_DISAGREEMENT = 0.08
LEAST_CORRELATION = 0.8
"""Median difference between tone and predicted luma, and correlation of the two, at which they are taken for one."""


def shows_lightness(gray: FloatArray, page: Separation, lab: FloatArray, seen: Separation) -> bool:
    """Say whether a page's tones are the lightness of its colours, as in a painting reproduced in grey.

    The generator learnt from both kinds, and its colours tell which one it takes the page for.

    Args:
        gray: (H, W) page in [0, 1].
        page: Its ink and tone.
        lab: (h, w, 3) OKLab of the predicted colour.
        seen: Ink and tone (h, w) that it was predicted from.
    """
    toned = (seen.tone < PAPER_TONE) & (seen.ink > CLEAR_INK)
    if np.count_nonzero(toned) / toned.size < LEAST_TONED:
        return False
    evened = np.abs(page.ink * page.tone - gray) > SCREENED_DIFFERENCE
    if np.count_nonzero(evened) / evened.size > SCREENED_SHARE:
        return False
    luma, tone = (srgb_from_oklab(lab) @ LUMA)[toned], seen.tone[toned]
    if min(luma.std(), tone.std()) == 0:
        return False
    agree = float(np.median(np.abs(luma - tone))) < MOST_DISAGREEMENT
    return agree and float(np.corrcoef(luma, tone)[0, 1]) > LEAST_CORRELATION


def keep_lightness(colour: FloatArray, tone: FloatArray) -> FloatArray:
    """Give colours the luma of the page's tone: darker ones are mixed with white, lighter ones with black.

    Args:
        colour: (H, W, 3) in [0, 1].
        tone: (H, W) in [0, 1].

    Returns:
        (H, W, 3) in [0, 1].
    """
    luma = colour @ LUMA
    darkened = colour * (tone / np.maximum(luma, 1e-3))[..., None]
    whitened = 1 - (1 - colour) * ((1 - tone) / np.maximum(1 - luma, 1e-3))[..., None]
    return np.asarray(np.where((tone < luma)[..., None], darkened, whitened).clip(0, 1), np.float32)
