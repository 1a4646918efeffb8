"""Which hue wins where the generator doubts: that of its classes, not the mean that its paint tends to."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mangacolor.image import resize
from mangacolor.image.color import oklab_from_srgb, paper_share, srgb_from_oklab
from mangacolor.models.nn.generator import annealed_mean
from mangacolor.models.tensors import to_array, to_tensor

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


def decided_chroma(logits: Tensor, bins: Tensor, temperature: float = DECISIVENESS) -> FloatArray:
    """Return the annealed mean of the chroma classes of one page.

    Args:
        logits: (1, B, r, c) of the chroma head.
        bins: (B, 2) OKLab a and b of the classes.
        temperature: Above 0.

    Returns:
        (r, c, 2) OKLab a and b.
    """
    return to_array(annealed_mean(logits, bins, temperature))


def prefer_skin(decided: FloatArray, chances: Tensor, bins: Tensor, tone: FloatArray) -> FloatArray:
    """Give bare paper the colour of skin where all its shades together are likely, though white is the likeliest class.

    Skin has a dozen classes and white has one, so that a generator that holds a face for skin, and not for which, is
    outvoted shade by shade. Clouds, cloth and balloons come near to being taken for skin as well, but stay below.

    Args:
        decided: (r, c, 2) OKLab a and b, from `decided_chroma`.
        chances: (1, B, r, c) probabilities of the chroma classes.
        bins: (B, 2) OKLab a and b of the classes.
        tone: (h, w) tone of the page in [0, 1].

    Returns:
        (r, c, 2) OKLab a and b.
    """
    is_skin = skin_classes(bins)
    shades = chances[:, is_skin]
    chance = to_array(shades.sum(dim=1, keepdim=True))
    skin = decided_chroma(shades.clamp_min(LEAST_CHANCE).log(), bins[is_skin], SKIN_TEMPERATURE)
    is_paper = paper_share(resize(tone, *decided.shape[:2]))[..., None]
    share = is_paper / (1 + np.exp((SKIN_CHANCE - chance) / SKIN_SOFTNESS))
    return np.asarray(decided + (skin - decided) * share, np.float32)


def skin_classes(bins: Tensor) -> Tensor:
    """Return which of the (B, 2) classes are shades of skin."""
    angle, chroma = torch.rad2deg(torch.atan2(bins[:, 1], bins[:, 0])), bins.norm(dim=1)
    (low, high), (faint, vivid) = SKIN_HUES, SKIN_CHROMA
    is_skin: Tensor = (angle >= low) & (angle <= high) & (chroma > faint) & (chroma < vivid)
    return is_skin


def settle_chroma(colour: FloatArray, decided: FloatArray, cell_px: int) -> FloatArray:
    """Move the chroma of paint, cell by cell, to what was decided; finer differences of the paint stay.

    Paint learns from the distance to one right colour, so that between red and green it is brown. Classes learn how
    likely each colour is.

    Args:
        colour: (h, w, 3) painted colour in [0, 1].
        decided: (⌈h / cell_px⌉, ⌈w / cell_px⌉, 2) OKLab a and b.
        cell_px: Side of a cell in pixels.

    Returns:
        (h, w, 3) colour in [0, 1].
    """
    lab = oklab_from_srgb(colour)
    painted = to_array(functional.avg_pool2d(to_tensor(lab[..., 1:]), cell_px, ceil_mode=True))
    lab[..., 1:] += enlarge_cells(decided - painted, cell_px, colour.shape[:2])
    return srgb_from_oklab(lab)


def enlarge_cells(cells: FloatArray, cell_px: int, size: tuple[int, ...]) -> FloatArray:
    """Enlarge (r, c, C) cells to pixels, bilinearly, and cut them to `size` (h, w)."""
    rows, columns = cells.shape[:2]
    wide = cv2.resize(cells, (columns * cell_px, rows * cell_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide.reshape(*wide.shape[:2], -1)[: size[0], : size[1]], np.float32)
