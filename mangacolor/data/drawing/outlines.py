"""The outlines that colour art has: where they are, and the art without them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image.color import LUMA

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

THIN_RADIUS_PX = 2
"""Outlines up to twice as wide are lines whatever their tone."""

THICK_RADIUS_PX = 6
"""Outlines up to twice as wide are lines where they are about black."""

BLACK = 0.4
"""Thick strokes with a brighter channel than this are areas, not lines."""

LARGEST_BULK = 0.5
"""Share of a black part that may be wider than thick outlines are, if all of it is to be outline."""

LEAST_STROKE_PX = 12
"""Pixels of the art below which a line is a speck."""

TEXTURE_WINDOW_PX = 25
"""Side of the window that tells a line from the texture around it."""

FILL_REACH_PX = 2.0
"""Reach (Gaussian sigma) of the filling under outlines."""


def outline_strength(rgb: FloatArray) -> FloatArray:
    """Find the outlines of colour art: what a closing removes and is no texture, and thick black strokes.

    Args:
        rgb: (H, W, 3) sRGB in [0, 1].

    Returns:
        How surely each pixel lies on a dark line, (H, W) in [0, 1].
    """
    smooth = cv2.GaussianBlur(rgb @ LUMA, (0, 0), 0.5, borderType=cv2.BORDER_REFLECT)
    closed = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, _disc(THIN_RADIUS_PX), borderType=cv2.BORDER_REPLICATE)
    depth = (closed - smooth) / np.maximum(closed, np.float32(0.3))
    texture = cv2.blur(depth, (TEXTURE_WINDOW_PX, TEXTURE_WINDOW_PX), borderType=cv2.BORDER_REFLECT)
    weak = depth > np.maximum(np.float32(0.08), np.float32(1.2) * texture)
    strong = depth > np.maximum(np.float32(0.2), np.float32(1.8) * texture)
    kept = cv2.dilate(track(weak, strong, LEAST_STROKE_PX).astype(np.float32), np.ones((3, 3), np.uint8))
    kept = cv2.GaussianBlur(kept, (5, 5), 0.8)
    return np.asarray(np.maximum(depth * kept, _brushed(rgb)), np.float32)


def _brushed(rgb: FloatArray) -> FloatArray:
    """Return (H, W) 1 on thick black strokes, 0 elsewhere: black parts that are mostly slender count whole."""
    red, green, blue = cv2.split(rgb)
    brightest = cv2.max(cv2.max(red, green), blue)  # dark red is no black, whatever its luma
    is_black = (brightest < BLACK).view(np.uint8)
    bulky = cv2.morphologyEx(is_black, cv2.MORPH_OPEN, _disc(THICK_RADIUS_PX), borderType=cv2.BORDER_REPLICATE)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(is_black)
    area = stats[:, cv2.CC_STAT_AREA]
    bulk = np.bincount(labels[bulky > 0], minlength=count)
    is_slender = (area >= LEAST_STROKE_PX) & (bulk < LARGEST_BULK * area)
    is_slender[0] = False
    near = cv2.dilate(is_slender[labels].view(np.uint8), np.ones((3, 3), np.uint8))
    black = ((np.float32(BLACK + 0.1) - brightest) * np.float32(5)).clip(0, 1)
    return np.asarray(black * near, np.float32)


def _disc(radius_px: int) -> NDArray[np.uint8]:
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def track(weak: Mask, strong: Mask, least_px: int) -> Mask:
    """Keep the connected parts of a mask that are sure and large enough (hysteresis, Canny 1986).

    Args:
        weak: (H, W) where a line may be.
        strong: (H, W) where one surely is; a quarter of `least_px` such pixels are wanted.
        least_px: Pixels of the smallest part kept.

    Returns:
        (H, W) what is kept of `weak`.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(weak.view(np.uint8))
    surely = np.bincount(labels[strong], minlength=count)
    keep = (stats[:, cv2.CC_STAT_AREA] >= least_px) & (surely >= 0.25 * least_px)
    keep[0] = False
    return np.asarray(keep[labels], np.bool_)


def fill_outlines(plane: FloatArray, outline: FloatArray) -> FloatArray:
    """Continue what lies beside the outlines of art under them.

    Args:
        plane: (H, W) or (H, W, C) art in any colour space.
        outline: (H, W) what `outline_strength` returned for it.

    Returns:
        The art without its outlines, of the shape of `plane`.
    """
    fringe = cv2.dilate(outline, np.ones((3, 3), np.uint8)) * np.float32(0.5)
    cover = np.maximum(outline, fringe)
    trust = (1 - cover).clip(0, 1)
    for _ in range(3):
        trust = trust * trust
    trust += np.float32(1e-6)
    total = _around(trust)
    share = (cover * np.float32(10)).clip(0, 1)
    filled = []
    for channel in cv2.split(plane):
        change = _around(channel * trust)
        change /= total
        change -= channel
        change *= share
        change += channel
        filled.append(change)
    return np.asarray(cv2.merge(filled), np.float32)


def _around(plane: FloatArray) -> FloatArray:
    """Average what is near, and a little of what is farther for where nothing near counts."""
    side = 2 * THICK_RADIUS_PX + 9
    far = cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT)
    near = cv2.GaussianBlur(plane, (9, 9), FILL_REACH_PX, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.scaleAdd(far, 0.01, near), np.float32)
