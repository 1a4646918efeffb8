"""From decided colour at the working size to the page at its own."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.image.color import srgb_from_oklab
from mangacolor.page.ink import Separation, compose_enlarged, shade, spread
from mangacolor.page.lightness import keep_lightness, shows_lightness

FloatArray = NDArray[np.float32]

SPREAD_PIXELS = 6_000_000
"""Pages above this spread their colour at a smaller size; their lines are wide enough to hide the difference."""


class Layers(NamedTuple):
    """A page taken apart.

    Attributes:
        gray: (H, W) the page in [0, 1].
        level: Grey of its paper, 1 where that is white.
        page: Deepened ink and tone (H, W), on white paper.
    """

    gray: FloatArray
    level: float
    page: Separation


def finish(layers: Layers, lab: FloatArray, seen: Separation, paper: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Bring decided colour to page size, under the ink of the page.

    Args:
        layers: The page.
        lab: (h, w, 3) OKLab of its colour at the working size.
        seen: Ink and tone (h, w) that it was predicted from.
        paper: (H, W) what stays white: gutters, and balloons with lettering.

    Returns:
        (H, W, 3) sRGB.
    """
    colour, page = srgb_from_oklab(lab), layers.page
    keeps = shows_lightness(np.minimum(layers.gray / layers.level, 1.0), page, colour, seen)
    height, width = layers.gray.shape
    reduction = math.sqrt(max(1.0, height * width / SPREAD_PIXELS))
    size = (max(1, round(height / reduction)), max(1, round(width / reduction)))
    ink, page_tone = (resize(plane, *size) for plane in page) if reduction > 1 else page
    colour = shade(spread(colour, ink), seen.tone, page_tone)
    if keeps:
        page_tone = page_tone * np.float32(layers.level)
        colour = keep_lightness(colour, page_tone)
    inside = resize(paper.astype(np.float32), *size) > 0.5
    colour[inside] = page_tone[inside, None]  # ink × tone is the page itself
    return compose_enlarged(colour, page.ink)
