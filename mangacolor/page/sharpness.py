"""How sharp the lines of a page are, and lines of soft pages made sharp enough for networks and areas.

A page that was enlarged from a small copy, or scanned out of focus, has grey lines with soft edges. Areas leak through
them, and the generator, which learnt from sharp ones, sees less. Only what decides about colours looks at a sharpened
page: what is laid over the colours is the page's own ink.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import pixels_from_float
from mangacolor.page.ink import Separation, blocks

FloatArray = NDArray[np.float32]

EDGE_PX, LEAST_CONTRAST = 7, 0.75
"""Side of the window in which an edge of a line lies whole, and the contrast that it has there at least."""

PEAK_PX = 5
"""An edge is steepest where nothing is steeper within this side."""

STRIP_PX, ONE_IN = 48, 4
"""Strips of so many rows, one in so many of them, are enough to tell."""

LEAST_EDGES = 200
"""Pixels on edges that must be found; else nobody knows how sharp a page is."""

SHARP = 0.5
"""Steepness from which on lines are sharp: the share of its contrast that an edge takes in one pixel. Pages as they are
sold have 0.6 to 0.9, twice enlarged with care 0.4 to 0.5, a Gaussian of 1.3 pixels leaves 0.3."""

SOFTEST = 0.15
"""What rises by less is no line out of focus, but painted softly."""

STRENGTH = 2.6
"""How strongly a soft page is sharpened: weight of what a Gaussian takes away, for each time that edges should be
steeper."""

QUIET = 0.01
"""What a Gaussian takes away is grain where it is less, and stays as it is."""

LARGEST_SHORT_SIDE_PX = 2600
"""Larger pages are looked at in smaller copies, which are sharp."""

UNSCREENED = 0.05
"""Ink × tone differs by less from the page where it is not screened."""


def steepness(gray: FloatArray) -> float | None:
    """Return what share of its contrast an edge of a page (H, W) in [0, 1] takes in one pixel; None without edges."""
    window, peak = np.ones((EDGE_PX, EDGE_PX), np.uint8), np.ones((PEAK_PX, PEAK_PX), np.uint8)
    found = [np.empty(0, np.float32)]
    for top in range(0, len(gray), STRIP_PX * ONE_IN):
        strip = pixels_from_float(gray[top : top + STRIP_PX])
        if min(strip.shape) < EDGE_PX:
            continue
        contrast = cv2.morphologyEx(strip, cv2.MORPH_GRADIENT, window)[:-1, :-1]
        inner = strip[:-1, :-1]
        steps = np.maximum(cv2.absdiff(strip[1:, :-1], inner), cv2.absdiff(strip[:-1, 1:], inner))
        is_edge = (contrast > LEAST_CONTRAST * 255) & (steps > 0) & (steps == cv2.dilate(steps, peak))
        found.append(steps[is_edge] / contrast[is_edge].astype(np.float32))
    edges = np.concatenate(found)
    return float(np.median(edges)) if len(edges) >= LEAST_EDGES else None


def sharpened(gray: FloatArray) -> FloatArray:
    """Return a page (H, W) in [0, 1] with sharp lines; the same array where they are, or where nobody knows."""
    steep = steepness(gray) if min(gray.shape) <= LARGEST_SHORT_SIDE_PX else None
    if steep is None or not SOFTEST <= steep < SHARP:
        return gray
    # An edge under a Gaussian is steepest in its middle, by 1 / (sigma √2π).
    around = cv2.GaussianBlur(gray, (0, 0), 1 / (steep * math.sqrt(2 * math.pi)))
    weight = np.float32(STRENGTH * (SHARP / steep - 1))
    sharp = np.empty_like(gray)
    for rows in blocks(len(gray)):
        taken_away = gray[rows] - around[rows]
        taken_away[np.abs(taken_away) < QUIET] = 0
        sharp[rows] = (gray[rows] + weight * taken_away).clip(0, 1)
    return sharp


def soft_again(drawn: Separation, sharp: FloatArray, gray: FloatArray) -> Separation:
    """Give what was found on a sharpened page the lines of the page itself.

    Args:
        drawn: Ink and tone (H, W) of the sharpened page.
        sharp: (H, W) the sharpened page.
        gray: (H, W) the page itself.

    Returns:
        The same tone, and ink whose product with it is the page where it is not screened.
    """
    ink, tone = np.empty_like(gray), drawn.tone
    for rows in blocks(len(gray)):
        is_page = np.abs(drawn.ink[rows] * tone[rows] - sharp[rows]) < UNSCREENED
        own = np.minimum(gray[rows] / np.maximum(tone[rows], np.float32(1 / 255)), np.float32(1))
        ink[rows] = np.where(is_page, own, drawn.ink[rows])
    return Separation(ink, tone)
