"""Do a page as it was drawn and a page in colour belong together?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.errors import BadInputError
from mangacolor.image import float_from_pixels, pixels_from_float, resize, to_gray

Pixels = NDArray[np.uint8]

LEAST_AGREEMENT = 0.45
"""Correlation of edges below which a condition and a target show different drawings.

Different pages that are laid out alike reach 0.44, one of them mirrored, and seldom 0.35 otherwise; pages and what
they became in colour have 0.78 to 0.94. Scans agree less with a digital version: shadows, dots or a margin cut off on
one side of ours leave 0.5 and more, and what is left below it is shifted by a fiftieth of the page.
"""


def checked_gray(condition: Pixels, rgb: Pixels, name: str) -> Pixels:
    """Return the grey side (H, W) of a pair (H, W, 3) each, if they belong together.

    Args:
        condition: The page as it was drawn.
        rgb: The page in colour.
        name: What errors call the page as it was drawn.

    Raises:
        BadInputError: They differ in size, or show different pictures.
    """
    if condition.shape != rgb.shape:
        sizes = f"{condition.shape[1]} x {condition.shape[0]} and {rgb.shape[1]} x {rgb.shape[0]}"
        raise BadInputError(
            f"{name}: the page as drawn and the page in colour differ in size ({sizes}).",
            advice="Make both the same size, or leave this page out.",
        )
    gray = pixels_from_float(to_gray(condition))
    agreement = _agreement(gray, rgb)
    if agreement < LEAST_AGREEMENT:
        raise BadInputError(
            f"{name}: the page as drawn and the page in colour show different pictures, or one is shifted: "
            f"their edges agree by {agreement:.2f}, and {LEAST_AGREEMENT} is the least.",
            advice="Give the page that belongs to it, cut and turned alike, or leave this one out.",
        )
    return gray


def _agreement(gray: Pixels, rgb: Pixels) -> float:
    """Correlate where the two have edges, forgiving a few pixels; 1 for featureless pictures."""
    edges = []
    for plane in (float_from_pixels(gray), to_gray(rgb)):
        small = cv2.GaussianBlur(resize(plane, min(96, plane.shape[0]), min(96, plane.shape[1])), (0, 0), 1.0)
        magnitude = cv2.magnitude(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))
        edges.append(cv2.GaussianBlur(magnitude, (0, 0), 1.5).ravel())
    if min(float(edge.std()) for edge in edges) < 1e-3:
        return 1.0
    return float(np.corrcoef(edges[0], edges[1])[0, 1])
