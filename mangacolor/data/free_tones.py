"""Tones chosen by hand, as in manga: they say which thing is which, and nothing of how light its colour is.

A grey side that follows the greys of colour art teaches to read colour off tone. A manga artist leaves skin as bare
paper, and hair and clothes as often as not, and screens or blacks the rest by taste.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import pixels_from_float
from mangacolor.image.color import oklab_from_srgb

FloatArray = NDArray[np.float32]

TONES = np.array([1.0, 1.0, 1.0, 1.0, 0.88, 0.75, 0.6, 0.45, 0.25, 0.05], np.float32)
"""What an area may get, each as likely: four in ten are bare paper, one in ten is nearly black."""

CHROMA_WEIGHT = 2.5
"""How much more a difference in OKLab a and b parts two colours than one in lightness, which shading changes."""

CLUSTERS = (6, 12)
"""Fewest and most colours that a picture is parted into."""

SAMPLED_SIDE_PX = 80
"""Colours are looked for on a copy of about this short side."""

SKIN_HUES_DEG = (25.0, 80.0)
SKIN_CHROMA = (0.02, 0.13)
LIGHT_SKIN, DARK_SKIN = 0.62, 0.25
"""Shades of skin in OKLab; what is darker than the last is hair or shadow."""

LIGHT_SKIN_BARE, DARK_SKIN_BARE = 0.9, 0.65
"""How often a colour of light and of dark skin is bare paper. Dark ones are wood and earth as often as skin."""

WHITE_LIGHTNESS, WHITE_CHROMA = 0.95, 0.03
"""Colours beyond both are paper always."""

GROUND_BORDER = 0.3
GROUND_BARE = 0.15
"""A colour of so much of the border is the ground, whatever its hue; it is rarely left bare, or a network would
learn that empty paper has the colour of skin."""

MOST_ROUGH = 0.05
"""Mean step between neighbouring pixels, across and down together, beyond which tones look like camouflage: painted
scenery that has no areas."""

MOST_SHADING = 0.6
"""Largest share of an area's own shading that is kept, where it is toned at all."""


SAME_COLOUR = 1e-3
"""Distance, in OKLab with chroma weighed up, up to which clusters have the same colour."""


class _Palette(NamedTuple):
    """Colours of a picture: OKLab centres (K, 3), and which pixel (H, W) has which."""

    centres: FloatArray
    labels: NDArray[np.intp]


def free_tones(rgb: FloatArray, rng: np.random.Generator, skin: NDArray[np.bool_] | None = None) -> FloatArray | None:
    """Give every colour of a picture a tone by chance; skin is mostly bare paper.

    Args:
        rgb: (H, W, 3) art without outlines, sRGB in [0, 1].
        rng: Chooses the number of colours, their tones, and how much shading stays.
        skin: (H, W) what is known to be skin; elsewhere colours tell.

    Returns:
        Tone (H, W) in [0, 1], 1 = paper; None for pictures without areas, which it would turn into camouflage.
    """
    lab = oklab_from_srgb(np.asarray(cv2.bilateralFilter(np.ascontiguousarray(rgb, np.float32), 5, 0.12, 4)))
    palette = _palette(lab, rng)
    lightness = palette.centres[:, 0]
    tones = rng.choice(TONES, len(lightness))
    is_ground = _border_shares(palette) > GROUND_BORDER
    tones[is_ground] = np.where(
        rng.random(is_ground.sum()) < GROUND_BARE, 1, rng.choice(TONES[TONES < 1], is_ground.sum())
    )
    tones[_is_white(palette.centres) | (_is_bare_skin(palette.centres, rng) & ~is_ground)] = 1
    tone = tones[palette.labels]
    shading = (lab[..., 0] - lightness[palette.labels]) * np.float32(rng.uniform(0, MOST_SHADING))
    tone = np.where(tone < 1, (tone + shading).clip(0, 0.97), tone)
    if skin is not None and rng.random() < LIGHT_SKIN_BARE:
        tone[skin] = 1
    if sum(float(np.abs(np.diff(tone, axis=axis)).mean()) for axis in (0, 1)) > MOST_ROUGH:
        return None
    smooth = cv2.medianBlur(pixels_from_float(tone.astype(np.float32)), 5).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(smooth, (0, 0), 0.6), np.float32)


def _palette(lab: FloatArray, rng: np.random.Generator) -> _Palette:
    """Cluster the colours of a picture."""
    weights = np.array([1, CHROMA_WEIGHT, CHROMA_WEIGHT], np.float32)
    step = max(1, min(lab.shape[:2]) // SAMPLED_SIDE_PX)
    sample = np.ascontiguousarray((lab[::step, ::step] * weights).reshape(-1, 3))
    count = min(int(rng.integers(CLUSTERS[0], CLUSTERS[1] + 1)), len(sample))
    first = sample[rng.integers(len(sample), size=len(sample) // 4 or 1)]
    centres = _spread_out(first, count, rng)
    for _ in range(6):
        nearest = _nearest(sample, centres)
        total = np.bincount(nearest, minlength=count).clip(1)
        moved = [np.bincount(nearest, sample[:, channel], count) / total for channel in range(3)]
        is_used = (np.bincount(nearest, minlength=count) > 0)[:, None]
        centres = np.where(is_used, np.stack(moved, axis=1), centres).astype(np.float32)
    labels = _nearest((lab * weights).reshape(-1, 3), centres).reshape(lab.shape[:2])
    # Of two clusters of one colour rounding would choose, another one from pixel to pixel.
    labels = (np.linalg.norm(centres[:, None] - centres, axis=2) < SAME_COLOUR).argmax(axis=1)[labels]
    return _Palette(centres / weights, labels)


def _spread_out(colours: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Choose colours to start from, the next one rather far from those before (k-means++, Arthur & Vassilvitskii)."""
    chosen = [colours[rng.integers(len(colours))]]
    distance = np.full(len(colours), np.inf)
    for _ in range(count - 1):
        distance = np.minimum(distance, ((colours - chosen[-1]) ** 2).sum(axis=1, dtype=np.float64))
        total = distance.sum()
        index = rng.choice(len(colours), p=distance / total) if total > 0 else 0
        chosen.append(colours[index])
    return np.stack(chosen)


def _nearest(colours: FloatArray, centres: FloatArray) -> NDArray[np.intp]:
    """Return for each of (N, 3) which of (K, 3) is nearest."""
    return np.asarray(((centres**2).sum(axis=1) - 2 * colours @ centres.T).argmin(axis=1), np.intp)


def _border_shares(palette: _Palette) -> NDArray[np.float64]:
    """Return the share of the picture's border that each colour has."""
    labels = palette.labels
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.asarray(np.bincount(border, minlength=len(palette.centres)) / len(border))


def _is_white(centres: FloatArray) -> NDArray[np.bool_]:
    """Say which colours (K, 3) are paper in any picture."""
    is_white = (centres[:, 0] > WHITE_LIGHTNESS) & (np.linalg.norm(centres[:, 1:], axis=1) < WHITE_CHROMA)
    return np.asarray(is_white, np.bool_)


def _is_bare_skin(centres: FloatArray, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Say which colours (K, 3) may be skin and are left bare this time."""
    lightness, chroma = centres[:, 0], np.linalg.norm(centres[:, 1:], axis=1)
    hue = np.degrees(np.arctan2(centres[:, 2], centres[:, 1]))
    (low, high), (faint, vivid) = SKIN_HUES_DEG, SKIN_CHROMA
    is_skin = (hue > low) & (hue < high) & (chroma > faint) & (chroma < vivid) & (lightness > DARK_SKIN)
    share = np.where(lightness > LIGHT_SKIN, LIGHT_SKIN_BARE, DARK_SKIN_BARE)
    return np.asarray(is_skin & (rng.random(len(centres)) < share), np.bool_)
