"""Shadows drawn with strokes of the pen: a face in hatching is still skin, a hatched coat still one coat."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.strokes import draw_strokes
from mangacolor.data.drawing.strokes_ruled import smooth_noise, window_of
from mangacolor.image.color import oklab_from_srgb

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

FINER = (1.5, 3.0)
"""Strokes are drawn at so many times the working size and made smaller, as pages are before they are predicted."""

FREE_SHADOWS = 0.35
"""How often shadows follow no shading of the art, but fall as they please."""

DEEPER = (0.02, 0.07)
"""How much darker than what lies around, in OKLab lightness, a shadow is at least."""

AROUND = 0.2
"""Reach of what lies around, in sides of the picture."""

LIT = 0.8
"""Quantile of the lightness of skin that is taken for its lit side."""

MOST_SHADOW = 0.45
"""Share of a picture above which a shadow would be its ground."""


def fine_strokes(shadow: Mask, rng: np.random.Generator) -> FloatArray:
    """Fill a shadow (H, W) with strokes as fine as they are on a page made smaller.

    Returns:
        How much of each pixel is covered, (H, W) in [0, 1]; 0 outside the shadow.
    """
    whole = np.zeros(shadow.shape, np.float32)
    if not shadow.any():
        return whole
    box = window_of(shadow)
    height, width = shadow[box].shape
    finer = rng.uniform(*FINER)
    size = (math.ceil(width * finer), math.ceil(height * finer))
    pressure = cv2.resize(shadow[box].astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    cover = cv2.resize(
        draw_strokes(np.asarray(pressure, np.float32), rng), (width, height), interpolation=cv2.INTER_AREA
    )
    whole[box] = cover.clip(0, 1) * shadow[box]
    return whole


def shadow_of(paint: FloatArray, skin: Mask | None, rng: np.random.Generator) -> Mask:
    """Choose where an artist would draw a shadow with strokes: where art (H, W, 3) is darker than around, or anywhere.

    Args:
        paint: Art without outlines, sRGB in [0, 1].
        skin: (H, W) what is known to be skin: half of the time its own shading is taken.
        rng: Chooses which.
    """
    shape = paint.shape[:2]
    if rng.random() < FREE_SHADOWS:
        reach = rng.uniform(0.1, 0.35) * min(shape)
        return np.asarray(smooth_noise(shape, (reach, reach), rng) > rng.uniform(0.5, 1.2), np.bool_)
    lightness = oklab_from_srgb(paint)[..., 0]
    depth = np.float32(rng.uniform(*DEEPER))
    if skin is not None and skin.any() and rng.random() < 0.5:
        return np.asarray(skin & (lightness < np.quantile(lightness[skin], LIT) - depth), np.bool_)
    around = cv2.blur(lightness, (2 * max(1, round(AROUND * min(shape))) + 1,) * 2, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.medianBlur((lightness < around - depth).astype(np.uint8), 5) > 0, np.bool_)


def hatch_shadows(ink: FloatArray, paint: FloatArray, skin: Mask | None, rng: np.random.Generator) -> FloatArray:
    """Draw the shadows of art into its ink.

    Args:
        ink: (H, W) in [0, 1], 1 = none, of any size.
        paint: (h, w, 3) the art.
        skin: (h, w) as `shadow_of` takes it.
        rng: Source of everything random.

    Returns:
        The ink with strokes; as it was where there is no shadow, or more shadow than light.
    """
    shadow = cv2.resize(shadow_of(paint, skin, rng).astype(np.uint8), ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
    if not 0 < shadow.mean() < MOST_SHADOW:
        return ink
    strength = np.float32(rng.uniform(0.6, 1.0))
    return np.asarray(ink * (1 - strength * fine_strokes(shadow > 0, rng)), np.float32)
