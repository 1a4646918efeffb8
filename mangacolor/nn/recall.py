"""Colours recalled from references: every place of a page takes those of the places that show the like.

Nothing is learnt here but the semantic features. Unlike `LikenessAttention`, which tells the generator what it found
and lets it judge, what is recalled here is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

CELL_PX = 16
"""Side of the cells that are compared, in pixels of the pictures as the network sees them."""

FINE_SHARE = 0.5
"""Weight of the features at stride 8 beside those at 16 and 32: the same thing looks the same far and near."""

LIGHTNESS_SHARE = 3.2
"""Weight of lightness beside the features: of two like things, the one as bright is more likely the same."""

LIGHTNESS_TURN = 1.5
"""Angle in radians between black and white, as which lightness joins the comparison."""

SHADE = 0.3
"""What the difference between black and white takes from the likeness of two cells of one page."""

SHARPNESS = 30.0
"""Of the comparison: more recalls from fewer places."""

BELIEF = 4.0
"""How much it counts that the generator holds a colour for possible where it is to be recalled."""

LEAST_CHANCE = 1e-4

KINSHIP_CHROMA = 0.05
"""Distance in OKLab at which the chance of a class speaks for a colour by 1/√e of what it does for its own."""

CELLS_AT_A_TIME = 512
"""Cells of a page that are compared at once: many references of a whole book must not fill the memory."""


class Recollection(NamedTuple):
    """What is kept of references, one entry a cell.

    Attributes:
        keys: (T, D) what the cell shows.
        chroma: (T, 2) its mean OKLab a and b.
        classes: (T, B) how near that is to each chroma class, from `chroma_kinship`; None without classes.
    """

    keys: Tensor
    chroma: Tensor
    classes: Tensor | None = None


def join_recollections(recollections: Sequence[Recollection]) -> Recollection:
    """Join what is kept of several references."""
    keys, chroma, classes = zip(*recollections, strict=True)
    return Recollection(torch.cat(keys), torch.cat(chroma), None if None in classes else torch.cat(classes))


def chroma_kinship(chroma: Tensor, bins: Tensor) -> Tensor:
    """Return (T, B) how near each of (T, 2) chroma is to each of (B, 2) classes, from 0 to 1."""
    return torch.exp(-torch.cdist(chroma, bins).square() / (2 * KINSHIP_CHROMA**2))


def recall_keys(features: Sequence[Tensor], lightness: Tensor) -> Tensor:
    """Describe the cells of a picture so that the dot product of two says how alike they are.

    Args:
        features: Those of `SemanticFeatures` for one grey picture, (1, C, h/s, w/s) at strides 8, 16 and 32.
        lightness: (1, 1, h, w) OKLab lightness.

    Returns:
        (h/16 · w/16, D) keys, row by row.
    """
    fine, middle, coarse = (
        feature * feature.square().sum(dim=1, keepdim=True).add(1e-3 * feature.shape[1]).rsqrt() for feature in features
    )
    coarse = functional.interpolate(coarse, size=middle.shape[-2:], mode="bilinear")
    seen = torch.cat([FINE_SHARE * functional.avg_pool2d(fine, 2), middle, coarse], dim=1)
    turn = LIGHTNESS_TURN * functional.avg_pool2d(lightness, CELL_PX)
    bright = LIGHTNESS_SHARE * torch.cat([torch.cos(turn), torch.sin(turn)], dim=1)
    return torch.cat([functional.normalize(seen, dim=1), bright], dim=1).flatten(2)[0].T


def recall(keys: Tensor, recollection: Recollection, chances: Tensor | None = None) -> Tensor:
    """Return the (T, 2) chroma that cells with these (T, D) keys have in the references.

    Args:
        keys: Of the cells of a page.
        recollection: What is kept of the references.
        chances: (T, B) probabilities of the chroma classes of those cells: of like cells in other colours, the one
            that the generator holds for likelier is recalled. None leaves them out.
    """
    with torch.autocast(keys.device.type, enabled=False):  # likeness needs more digits than half precision has
        found = []
        for first in range(0, len(keys), CELLS_AT_A_TIME):
            part = slice(first, first + CELLS_AT_A_TIME)
            logits = SHARPNESS * (keys[part] @ recollection.keys.T)
            if chances is not None and recollection.classes is not None:
                logits += BELIEF * torch.log(chances[part] @ recollection.classes.T + LEAST_CHANCE)
            found.append(torch.softmax(logits, dim=1) @ recollection.chroma)
        return torch.cat(found)


def likeness(keys: Tensor, others: Tensor) -> Tensor:
    """Return (T, S) how alike what (T, D) and (S, D) keys show is, from 1 for the same down; see `SHADE`."""
    with torch.autocast(keys.device.type, enabled=False):
        shown = keys[:, :-2] @ others[:, :-2].T
        lightness, other = (torch.atan2(each[:, -1], each[:, -2]) / LIGHTNESS_TURN for each in (keys, others))
        return shown - SHADE * (lightness[:, None] - other).abs()
