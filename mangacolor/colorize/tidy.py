"""What is done to decided colours whatever decided them: stains go, and the chroma is as strong as it is wanted."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.paper import STAIN_CHROMA, paper_share
from mangacolor.image.color import lightness_of_gray, oklab_from_srgb, saturated, srgb_from_oklab
from mangacolor.page.ink import Separation, even_out

FloatArray = NDArray[np.float32]

EVENED_SATURATION = 1.15
"""Factor on the chroma, of which evening out and recall take some; less would lower the mean error and look dull."""


def tidy(lab: FloatArray, seen: Separation, saturation: float) -> FloatArray:
    """Tidy colours that were decided on by areas.

    Args:
        lab: (h, w, 3) OKLab.
        seen: Ink and tone (h, w) of the page.
        saturation: Factor on the chroma.

    Returns:
        (h, w, 3) OKLab, no further out of sRGB than it was.
    """
    cleared = clear_stains(lab, seen.tone)
    return cleared if saturation == 1 else saturated(cleared, saturation)


def tidy_cells(lab: FloatArray, seen: Separation, saturation: float) -> FloatArray:
    """Tidy colours that were decided on cell by cell: they are evened out between the lines first.

    In sRGB, as in `decide`: the mean of far colours, as beside a hint, is lighter in OKLab.
    """
    even = oklab_from_srgb(even_out(srgb_from_oklab(lab), *seen))
    return tidy(even, seen, EVENED_SATURATION * saturation)


def clear_stains(lab: FloatArray, tone: FloatArray) -> FloatArray:
    """Take the chroma from colours so faint that they are doubts; on bare paper they give way to the paper.

    A network that does not know paints paper a little grey and a little yellow; the page knows better. What it paints
    elsewhere without knowing the hue may still have the right lightness. Up to `STAIN_CHROMA` all of it is taken away;
    twice as much and above stays.

    Args:
        lab: (..., 3) OKLab.
        tone: (...) tone of the page, in [0, 1].

    Returns:
        (..., 3) OKLab.
    """
    # Plane by plane takes half the time.
    lightness, a, b = (plane.reshape(tone.shape) for plane in cv2.split(lab.reshape(-1, 1, 3)))
    kept = (np.sqrt(a * a + b * b) / STAIN_CHROMA - 1).clip(0, 1)
    is_paper = paper_share(tone) * (1 - kept)
    lightness += (lightness_of_gray(tone) - lightness) * is_paper
    for plane in (a, b):
        plane *= kept
        plane *= 1 - is_paper
    return np.asarray(cv2.merge([plane.reshape(-1, 1) for plane in (lightness, a, b)]), np.float32).reshape(lab.shape)
