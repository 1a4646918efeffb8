"""Which hue wins where the generator doubts: that of its classes, not the mean that its paint tends to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.grids import cell_averages, enlarge_cells
from mangacolor.colorize.likelihoods import softmax
from mangacolor.colorize.paper import paper_share
from mangacolor.image import resize

FloatArray = NDArray[np.float32]

DECISIVENESS = 0.2
"""Temperature at which the mean of the classes is taken: towards 0 the likeliest wins, at 1 it is the plain mean."""

SKIN_HUES = (0.0, 90.0)
SKIN_CHROMA = (0.02, 0.12)
"""Angles in degrees, from OKLab a towards b, and chroma between which a class is a shade of skin."""

SKIN_CHANCE = 0.4
SKIN_SOFTNESS = 0.03
"""Chance of all shades of skin together at which bare paper is half skin, and how fast it becomes so altogether."""

LEAST_CHANCE = 1e-9
"""Chances below it have no logarithm."""

SKIN_TEMPERATURE = 0.5
"""As `DECISIVENESS`, for which shade of skin it is: they are alike, and none of them is wrong."""


def annealed(evidence: FloatArray, bins: FloatArray, temperature: float = DECISIVENESS) -> FloatArray:
    """Return the mean (..., 2) of chroma classes, sharpened (Zhang et al. 2016, equation 5).

    Args:
        evidence: (..., B) logits, or logarithms of chances, of the classes.
        bins: (B, 2) OKLab a and b of the classes.
        temperature: Above 0; towards 0 the likeliest class wins, at 1 it is the plain mean.
    """
    return np.asarray(softmax(evidence / np.float32(temperature), axis=-1) @ bins, np.float32)


def prefer_skin(decided: FloatArray, chances: FloatArray, bins: FloatArray, tone: FloatArray) -> FloatArray:
    """Give bare paper the colour of skin where all its shades together are likely, though white is the likeliest class.

    Skin has a dozen classes and white has one, so that a generator that holds a face for skin, and not for which, is
    outvoted shade by shade. Clouds, cloth and balloons come near to being taken for skin as well, but stay below.

    Args:
        decided: (r, c, 2) OKLab a and b, from `annealed`.
        chances: (r, c, B) probabilities of the chroma classes.
        bins: (B, 2) OKLab a and b of the classes.
        tone: (h, w) tone of the page in [0, 1].

    Returns:
        (r, c, 2) OKLab a and b.
    """
    is_skin = skin_classes(bins)
    shades = chances[..., is_skin]
    chance = shades.sum(axis=-1, keepdims=True)
    skin = annealed(np.log(np.maximum(shades, np.float32(LEAST_CHANCE))), bins[is_skin], SKIN_TEMPERATURE)
    is_paper = paper_share(resize(tone, *decided.shape[:2]))[..., None]
    share = is_paper / (1 + np.exp((SKIN_CHANCE - chance) / SKIN_SOFTNESS))
    return np.asarray(decided + (skin - decided) * share, np.float32)


def skin_classes(bins: FloatArray) -> NDArray[np.bool_]:
    """Return which of the (B, 2) classes are shades of skin."""
    angle, chroma = np.degrees(np.arctan2(bins[:, 1], bins[:, 0])), np.linalg.norm(bins, axis=1)
    (low, high), (faint, vivid) = SKIN_HUES, SKIN_CHROMA
    return np.asarray((angle >= low) & (angle <= high) & (chroma > faint) & (chroma < vivid), np.bool_)


def settle_chroma(lab: FloatArray, decided: FloatArray, cell_px: int) -> FloatArray:
    """Move the chroma of paint, cell by cell, to what was decided; finer differences of the paint stay.

    Paint learns from the distance to one right colour, so that between red and green it is brown. Classes learn how
    likely each colour is.

    Args:
        lab: (h, w, 3) OKLab of the paint.
        decided: (⌈h / cell_px⌉, ⌈w / cell_px⌉, 2) OKLab a and b.
        cell_px: Side of a cell in pixels.

    Returns:
        (h, w, 3) OKLab.
    """
    settled: FloatArray = lab.copy()
    painted = cell_averages(lab[..., 1:], cell_px)
    settled[..., 1:] += enlarge_cells(decided - painted, cell_px, lab.shape[:2])
    return settled
