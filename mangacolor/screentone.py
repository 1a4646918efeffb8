"""Screentone on a page: found, and turned into the flat grey it stands for."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize

FloatArray = NDArray[np.float32]

LARGEST_DOT = 3.4
"""Largest dot of a screentone, in pixels of the working size; letters are larger."""

TONE_BLUR = 1.5
"""Blur that turns dots into their mean, in pixels of the working size."""

LINE_DEPTH = 0.12
"""Darkness against its surroundings, after the blur, from which a line in dark tone is certainly drawn."""

BAND_ROWS = 2048


def flatten_screentone(gray: FloatArray, pixels_per_cell: float) -> FloatArray:
    """Turn dot screentone into the flat grey it stands for; everything else stays as it is.

    Screentone is an area, wider than a line of text, filled with dark spots on light or light
    spots on dark, each smaller than a letter. Hatching has no spots and stays; cross-hatching
    that encloses small light diamonds is taken for tone.

    Args:
        gray: (H, W) page in [0, 1].
        pixels_per_cell: Page pixels per pixel of the working size; all lengths follow it.

    Returns:
        (H, W) page in [0, 1].
    """
    margin = math.ceil(12 * pixels_per_cell)
    flat = np.empty_like(gray)
    for top in range(0, len(gray), BAND_ROWS):
        above = max(0, top - margin)
        rows = slice(top - above, top - above + BAND_ROWS)
        flat[top : top + BAND_ROWS] = _flatten_band(gray[above : top + BAND_ROWS + margin], pixels_per_cell)[rows]
    return flat


def _flatten_band(gray: FloatArray, pixels_per_cell: float) -> FloatArray:
    dot_px, sigma_px = LARGEST_DOT * pixels_per_cell, TONE_BLUR * pixels_per_cell
    dark = gray < 0.5
    dark_spots, light_spots = _spots(dark, dot_px), _spots(~dark, dot_px)
    on_light = _fill(dark_spots, dot_px) & ~(dark & ~dark_spots)
    on_dark = _fill(light_spots, dot_px)
    if on_dark.any():
        on_dark &= ~(_lines(gray, pixels_per_cell) & dark)
    area = on_light | on_dark
    if not area.any():
        return gray
    inside = area.astype(np.float32)
    tone = _blur(gray * inside, sigma_px) / (_blur(inside, sigma_px) + 1e-6)
    area = _grow(area, area | ~dark | dark_spots, round(0.6 * dot_px))
    return np.asarray(np.where(area, tone.clip(0, 1), gray), np.float32)


def _lines(gray: FloatArray, pixels_per_cell: float) -> NDArray[np.bool_]:
    """Find lines in dark tone, on a blurred copy that two pixels a cell describe well enough."""
    reduction = max(1.0, pixels_per_cell / 2)
    height, width = (max(1, round(side / reduction)) for side in gray.shape)
    sigma_px = TONE_BLUR * pixels_per_cell / reduction
    mean = _blur(resize(gray, height, width), sigma_px)
    depth = np.asarray(cv2.morphologyEx(mean, cv2.MORPH_CLOSE, _disk(2.5 * sigma_px)), np.float32) - mean
    return np.asarray(resize(depth, *gray.shape) > LINE_DEPTH, np.bool_)


def _grow(area: NDArray[np.bool_], allowed: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Dilate pixel by pixel within what is allowed, so that no line is crossed: to where the next dots would be."""
    grown = area.astype(np.uint8)
    mask = allowed.astype(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    for _ in range(steps):
        grown = np.asarray(cv2.dilate(grown, cross), np.uint8) & mask
    return np.asarray(grown, np.bool_)


def _spots(plane: NDArray[np.bool_], largest_px: float) -> NDArray[np.bool_]:
    """Keep the connected parts of a plane that fit into a square of `largest_px`."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(plane.astype(np.uint8), connectivity=4)
    small = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) <= largest_px
    return np.asarray(small[labels] & plane, np.bool_)


def _fill(spots: NDArray[np.bool_], dot_px: float) -> NDArray[np.bool_]:
    """Return the areas that spots fill, as far as they are wide."""
    joined = cv2.morphologyEx(spots.astype(np.uint8), cv2.MORPH_CLOSE, _disk(0.5 * dot_px))
    core = cv2.erode(joined, _disk(dot_px))
    return np.asarray(cv2.dilate(core, _disk(1.5 * dot_px)), np.bool_) & np.asarray(joined, np.bool_)


def _blur(plane: FloatArray, sigma_px: float) -> FloatArray:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT), np.float32)


def _disk(radius_px: float) -> NDArray[np.uint8]:
    side = 2 * max(1, round(radius_px)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
