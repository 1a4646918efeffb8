"""Strokes laid into the areas of a drawn page: on paper, over screentone, beside it, or over a wash."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.scan import PageLayers
from mangacolor.data.drawing.screentone import lay_screentone, random_screentone
from mangacolor.data.drawing.strokes import draw_strokes
from mangacolor.data.drawing.strokes_ruled import smooth_noise, window_of
from mangacolor.image.color import LUMA

FloatArray = NDArray[np.float32]

WHOLE = 0.06
"""Share of pages that are stroked all over, whatever is drawn there."""

GROUNDS = {"as it was": 0.3, "screentone": 0.4, "wash": 0.06, "paper": 0.24}
"""What strokes lie on, and how often. A sheet of its own comes most: dots under strokes are hardest to take apart, and
else there would be less screentone on pages with strokes than on those without."""

STROKELESS = 0.3
"""Share of those sheets that no strokes lie on, beside the strokes of other areas."""

HARD_EDGED = 0.4
"""Share of fields of strokes without grey edges, as pages scanned in black and white show them."""

_PAPER_LUMA = 0.985
_SMALLEST_PX = 150


def lay_strokes(
    layers: PageLayers, rng: np.random.Generator, period_px: tuple[float, float] = (2.5, 12.0)
) -> PageLayers:
    """Shade one to three areas of a page with strokes, as a pen would: mostly the darker ones of its art.

    Strokes belong to the ink. They lie on paper, on a wash, on the tone that was there or on a sheet of screentone of
    their own; `screened` says where dots are, not where strokes are.

    Args:
        layers: The page as drawn; it stays as it is.
        rng: Source of everything random.
        period_px: Range of the period of new screentone, in pixels.

    Returns:
        The page with its strokes. Where nothing is screened it is ink × tone, if it was so before.
    """
    page, ink, tone, screened = (plane.copy() for plane in layers[:4])
    darkness = 1 - np.asarray(cv2.transform(layers.colour, LUMA[None]), np.float32)
    is_whole = rng.random() < WHOLE
    for _ in range(1 if is_whole else int(rng.integers(1, 4))):
        area = np.ones(page.shape, np.bool_) if is_whole else _area(darkness, rng)
        if np.count_nonzero(area) < _SMALLEST_PX:
            continue
        ground = list(GROUNDS)[int(rng.choice(len(GROUNDS), p=list(GROUNDS.values())))]
        if ground != "as it was":
            drawn, flat = _ground(ground, page.shape, period_px, rng)
            page[area], tone[area], screened[area] = (ink * drawn)[area], flat[area], ground == "screentone"
        if ground == "screentone" and rng.random() < STROKELESS:
            continue
        kept = 1 - np.float32(1 if rng.random() < 0.8 else rng.uniform(0.6, 1)) * _field(area, darkness, rng)
        page *= kept
        ink *= kept
    return PageLayers(page, ink, tone, screened, layers.colour)


def _ground(
    kind: str, shape: tuple[int, ...], period_px: tuple[float, float], rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return what strokes lie on: as it is drawn, and the tone that it stands for."""
    if kind == "paper":
        return np.ones(shape, np.float32), np.ones(shape, np.float32)
    flat = np.full(shape, rng.uniform(0.3, 0.94), np.float32)
    if kind == "wash" or rng.random() < 0.3:
        reach = rng.uniform(20, 120)
        flat += smooth_noise(shape, (reach, reach), rng) * np.float32(rng.uniform(0.01, 0.12))
        flat = flat.clip(0.05, 0.96)
    return (flat if kind == "wash" else lay_screentone(flat, random_screentone(rng, period_px), rng)), flat


def _area(darkness: FloatArray, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose a part of the art between two greys, smoothed as a knife cuts screentone, or a part of that."""
    is_art = darkness > 1 - _PAPER_LUMA
    if not is_art.any():
        return is_art
    step = max(1, min(darkness.shape) // 64)
    greys = darkness[::step, ::step][is_art[::step, ::step]]
    if greys.size < 2:
        return is_art
    low, high = np.quantile(greys, np.sort(rng.beta(1.6, 0.9, 2)))
    if high - low < 0.05:
        low, high = low - 0.1, high + 0.1
    within = (is_art & (darkness >= low) & (darkness <= high)).astype(np.uint8)
    area = np.asarray(cv2.medianBlur(within, 11), np.bool_)
    if rng.random() < 0.4 or area.mean() < 0.05:  # a shadow that follows no outline
        reach = rng.uniform(30, 90)
        shadow = smooth_noise(darkness.shape, (reach, reach), rng) > rng.uniform(-0.8, 0.3)
        area = (area if area.mean() >= 0.05 else is_art) & shadow
    return area


def _field(area: NDArray[np.bool_], darkness: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw strokes in an area, up to its edge or thinning out towards it; 0 elsewhere."""
    box = window_of(area)
    whole = np.zeros(area.shape, np.float32)
    area, darkness = area[box], darkness[box]
    pressure = area.astype(np.float32)
    runs_out = rng.random() < 0.5
    if runs_out:
        pressure = np.asarray(cv2.GaussianBlur(pressure, (0, 0), rng.uniform(2, 7)), np.float32)
        pressure = (pressure * np.float32(2) - np.float32(0.6)).clip(0, 1)
    if rng.random() < 0.4:  # darker art is drawn with more pressure
        pressure = pressure * (np.float32(0.55) + np.float32(0.6) * darkness).clip(0, 1)
    cover = draw_strokes(pressure, rng)
    if not runs_out:
        cover = cover * area
    whole[box] = cover > 0.5 if rng.random() < HARD_EDGED else cover
    return whole
