"""From predicted colour at the working size to the page at its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.hints import Hint
from mangacolor.colorize.prediction import Predicted
from mangacolor.image import resize
from mangacolor.page.balloons import find_lettering
from mangacolor.page.ink import Separation, compose_enlarged, paper_level, shade, spread
from mangacolor.page.lightness import keep_lightness, shows_lightness
from mangacolor.page.panels.scale import find_gutters

FloatArray = NDArray[np.float32]

SPREAD_PIXELS = 6_000_000
"""Pages above this spread their colour at a smaller size; their lines are wide enough to hide the difference."""


def finish(gray: FloatArray, page: Separation, predicted: Predicted, hints: Sequence[Hint] = ()) -> NDArray[np.uint8]:
    """Bring predicted colour to page size, under the ink of the page; gutters, and balloons with lettering, stay white.

    Args:
        gray: (H, W) the page in [0, 1].
        page: Its ink and tone.
        predicted: Its colour at the working size.
        hints: Colours of some spots; a gutter or balloon that one lies in is painted after all.

    Returns:
        (H, W, 3) sRGB.
    """
    colour, seen = predicted
    level = paper_level(gray)
    keeps = shows_lightness(np.minimum(gray / level, 1.0), page, colour, seen)
    height, width = gray.shape
    paper = _kept_paper(page, hints)
    reduction = math.sqrt(max(1.0, height * width / SPREAD_PIXELS))
    size = (max(1, round(height / reduction)), max(1, round(width / reduction)))
    ink, page_tone = (resize(plane, *size) for plane in page) if reduction > 1 else page
    colour = shade(spread(colour, ink), seen.tone, page_tone)
    if keeps:
        page_tone = page_tone * np.float32(level)
        colour = keep_lightness(colour, page_tone)
    inside = resize(paper.astype(np.float32), *size) > 0.5
    colour[inside] = page_tone[inside, None]  # ink × tone is the page itself
    return compose_enlarged(colour, page.ink)


def _kept_paper(page: Separation, hints: Sequence[Hint]) -> NDArray[np.bool_]:
    paper = find_lettering(*page).paper | find_gutters(page.ink * page.tone)
    spots = [(int(hint.y), int(hint.x)) for hint in hints]
    hinted = [spot for spot in spots if paper[spot]]
    if hinted:
        _, parts = cv2.connectedComponents(paper.astype(np.uint8))
        paper &= ~np.isin(parts, [parts[spot] for spot in hinted])
    return paper
