"""The tint of paper and ink: scans are never neutral, and what their tint explains is no colour of the page.

Paper and ink of a grey page have one colour each, and every grey between is a mixture of the two. On sRGB-encoded
values that is a straight line in luma and in the two colour differences of Rec. 601, which is also where JPEG puts its
noise: hence this space and not a perceptual one.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize, to_gray

FloatArray = NDArray[np.float64]

COARSE_PX = 64
"""Long side of the copy that is looked at. Small, because averaging removes JPEG noise, grain and the coloured fringes
of misaligned scanners, and leaves what a reader would call a coloured area. Of 64 to 320, 64 made the fewest errors."""

COLORED = 0.05
"""Chroma beside the tint of paper and ink from which on a place is in colour: grey pages show less of it, for uneven
yellowing and JPEG at low quality."""

COLORED_SHARE = 0.005
"""Share of a grey page that may be in colour all the same: a stamp or a page number does not make it a coloured one."""

LOGO_SHARE = 0.036
"""Share of a page up to which one spot of colour is a logo: 3 %, and its rim on the small copy."""

# The strongest tint that is put down to ink and to paper: printer's blue or violet ink, badly yellowed paper. Whatever
# is stronger is colour, or a page of one hue would count as grey.
_MAX_INK_CHROMA = 0.2
_MAX_PAPER_CHROMA = 0.18
# Residuals below this count alike in the fit; about one step of 255.
_FIT_FLOOR = 0.004
_FIT_ROUNDS = 8
# Luma of paper at the least, how much darker some of it is, and the share of a page that it has.
_PAPER, _PAPER_RANGE, _PAPER_SHARE = 0.7, 0.1, 0.25
# Width of two pages beside each other, of their height, at the least.
_SPREAD = 1.2


def has_chroma(rgb: NDArray[np.uint8]) -> bool:
    """Say whether any pixel (H, W, 3) has one: files in grey have none, and need no closer look."""
    red, green, blue = cv2.split(rgb)
    return not (np.array_equal(red, green) and np.array_equal(green, blue))


def is_on_paper(small: NDArray[np.uint8]) -> bool:
    """Say whether a good part of a small copy is one light shade: paper, which pictures in one hue have not."""
    gray = to_gray(small)
    light = float(np.percentile(gray, 95))
    return bool(light > _PAPER and np.mean(gray > light - _PAPER_RANGE) > _PAPER_SHARE)


def sides_of_spread(rgb: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the two pages of a picture (H, W, 3) that is wide enough for two; none of another."""
    height, width = rgb.shape[:2]
    if width < _SPREAD * height:
        return []
    return [rgb[:, : width // 2], rgb[:, width // 2 :]]


def reduced(rgb: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Return a copy whose longer side is at most `side_px`."""
    height, width = rgb.shape[:2]
    scale = min(1.0, side_px / max(height, width))
    return resize(rgb, max(1, round(height * scale)), max(1, round(width * scale)))


def chroma_beside_tint(rgb: NDArray[np.uint8]) -> FloatArray:
    """Return how far the colour of each pixel (H, W, 3) of a page lies from that of its ink and paper, (H, W).

    Lengths in Cb and Cr of Rec. 601, ±0.5 each. Give a small copy: averaging takes away noise, grain and the coloured
    fringes of misaligned scanners, and the fit looks at every pixel several times.
    """
    pixels = rgb.reshape(-1, 3).astype(np.float64) / 255
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    chroma = np.stack([(pixels[:, 2] - luma) / 1.772, (pixels[:, 0] - luma) / 1.402], axis=1)
    return np.asarray(np.linalg.norm(chroma - _tint(luma, chroma), axis=1).reshape(rgb.shape[:2]), np.float64)


def _tint(luma: FloatArray, chroma: FloatArray) -> FloatArray:
    """Fit the colour of ink and paper, mixed by luma, to most of the pixels; (P,), (P, 2) → (P, 2).

    Least absolute deviations by reweighting, so that coloured areas do not bend the line while they are few.
    """
    mixture = np.stack([1 - luma, luma], axis=1)
    weight = np.ones_like(luma)
    tint = np.zeros_like(chroma)
    for _ in range(_FIT_ROUNDS):
        weighted = mixture * weight[:, None]
        # The small diagonal keeps a page of one shade solvable.
        normal = weighted.T @ mixture + 1e-6 * weight.sum() * np.eye(2)
        tint = mixture @ np.linalg.solve(normal, weighted.T @ chroma)
        weight = 1 / np.maximum(np.linalg.norm(chroma - tint, axis=1), _FIT_FLOOR)
    strength = np.maximum(np.linalg.norm(tint, axis=1), 1e-9)
    limit = mixture @ np.array([_MAX_INK_CHROMA, _MAX_PAPER_CHROMA])
    return np.asarray(tint * np.minimum(1, limit / strength)[:, None])
