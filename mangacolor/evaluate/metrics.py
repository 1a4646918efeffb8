"""How good a coloured page is: standard measures by scikit-image, and three of this field's own.

All take uint8 sRGB pages (H, W, 3) of equal size.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

Pixels = NDArray[np.uint8]

PAPER_LIGHTNESS = 95.0
PAPER_CHROMA = 4.0
"""CIELAB bounds of bare paper: at this chroma a tint begins to show on white."""

SSIM_WINDOW_PX = 7
MOST_PSNR = 100.0


def psnr(page: Pixels, target: Pixels) -> float:
    """Peak signal-to-noise ratio in dB, at most 100, so that equal pages have a number too; higher is better."""
    if np.array_equal(page, target):
        return MOST_PSNR
    return min(MOST_PSNR, float(peak_signal_noise_ratio(target, page, data_range=255)))


def ssim(page: Pixels, target: Pixels) -> float:
    """Structural similarity (Wang et al. 2004), mean over the channels, in [-1, 1]; higher is better.

    The window is a uniform one of 7 pixels, as scikit-image has it, in place of the paper's Gaussian one of 11: on
    noisy pages it comes out about 0.01 lower.

    Raises:
        ValueError: A side is shorter than the 7-pixel window.
    """
    return float(structural_similarity(target, page, channel_axis=2, data_range=255, win_size=SSIM_WINDOW_PX))


def ciede2000(page: Pixels, target: Pixels) -> float:
    """Mean CIEDE2000 colour difference (Sharma et al. 2005); about 1 is just noticeable; lower is better."""
    return float(deltaE_ciede2000(rgb2lab(target), rgb2lab(page)).mean())


def chroma_error(page: Pixels, target: Pixels) -> float:
    """Mean distance in the a*b* plane of CIELAB: colour error with lightness left out; lower is better."""
    return float(np.linalg.norm(rgb2lab(page)[..., 1:] - rgb2lab(target)[..., 1:], axis=-1).mean())


def colourfulness(page: Pixels) -> float:
    """Colourfulness M3 of Hasler & Suesstrunk, "Measuring colourfulness in natural images" (2003); 0 is grey."""
    red, green, blue = (page[..., channel].astype(np.float64) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def bare_paper(target: Pixels) -> NDArray[np.bool_]:
    """Say which pixels (H, W) of a colour page are bare paper: bright and without a visible tint."""
    lab = rgb2lab(target)
    is_paper = (lab[..., 0] >= PAPER_LIGHTNESS) & (np.linalg.norm(lab[..., 1:], axis=-1) <= PAPER_CHROMA)
    return np.asarray(is_paper, np.bool_)


def neutral_paper(page: Pixels, target: Pixels) -> tuple[int, int]:
    """Count the pixels of the target's bare paper: those free of a visible tint in `page`, and all of them."""
    tints = np.linalg.norm(rgb2lab(page)[bare_paper(target), 1:], axis=-1)
    return int((tints <= PAPER_CHROMA).sum()), len(tints)


def mean_of(values: Iterable[float | bool]) -> float | None:
    """Return the mean of numbers, or the share of what is true; None of none."""
    listed = list(values)
    return float(np.mean(listed)) if listed else None
