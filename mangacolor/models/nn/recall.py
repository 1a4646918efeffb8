"""Colours recalled from references: every place of a page takes those of the places that show the like.

What is compared are the semantic features, as they differ from their mean (`Likeness`); nothing else is learnt, and
what is recalled is used as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.models.nn.semantics import WIDTHS

CELL_PX = 16
"""Side of the cells that are compared, in pixels of the pictures as the network sees them."""

FINE_SHARE = 0.5
"""Weight of the features at stride 8 beside those at 16 and 32: the same thing looks the same far and near."""

LIGHTNESS_SHARE = 3.0
"""Weight of lightness beside what is shown: of two like things, the one as bright is more likely the same."""

LIGHTNESS_TURN = 1.5
"""Angle in radians between black and white, as which lightness is compared."""

SHADE = 0.3
"""What the difference between black and white takes from the likeness of two cells of one page."""

SHARPNESS = 30.0
"""Of the comparison: more recalls from fewer places."""

STRANGENESS = 0.2
"""Likeness that counts as much as the colour that was painted: where nothing is as like, the paint stays."""

BELIEF = 1.0
"""How much it counts that the generator holds a colour for possible where it is to be recalled."""

LEAST_CHANCE = 1e-4

KINSHIP_CHROMA = 0.05
"""Distance in OKLab at which the chance of a class speaks for a colour by 1/√e of what it does for its own."""

CELLS_AT_A_TIME = 512
"""Cells of a page that are compared at once: many references of a whole book must not fill the memory."""


class Recollection(NamedTuple):
    """Cells of pictures, one entry each.

    Attributes:
        keys: (T, D + 1) what the cell shows, from `Likeness`, and its OKLab lightness.
        chroma: (T, 2) its mean OKLab a and b.
        classes: (T, B) how near that is to each chroma class, from `chroma_kinship`; None without classes.
    """

    keys: Tensor
    chroma: Tensor
    classes: Tensor | None = None


class Likeness(nn.Module):
    """Describes the cells of a picture so that the dot product of two says how alike they are.

    Much of the features of a network that names things is the same everywhere, so that everything looks like everything
    else. Seen from their mean, a face is like a face, and unlike a cloud.

    Attributes:
        mean: (D,) of the cells of many pictures.
    """

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(sum(WIDTHS)))

    def forward(self, features: Sequence[Tensor], lightness: Tensor) -> Tensor:
        """Return the (h/16 · w/16, D + 1) keys of a picture, row by row; see `Recollection`.

        Args:
            features: Those of `SemanticFeatures` for one grey picture, (1, C, h/s, w/s) at strides 8, 16 and 32.
            lightness: (1, 1, h, w) OKLab lightness.
        """
        with torch.autocast(lightness.device.type, enabled=False):  # likeness needs more digits than half precision has
            shown = functional.normalize(describe_cells(features) - self.mean, dim=1)
            return torch.cat([shown, functional.avg_pool2d(lightness, CELL_PX).flatten()[:, None]], dim=1)


def describe_cells(features: Sequence[Tensor]) -> Tensor:
    """Join semantic features (N, C, h/s, w/s) of grey pictures to one row (D,) of length 1 for each cell."""
    fine, middle, coarse = (
        feature.float() * feature.float().square().sum(dim=1, keepdim=True).add(1e-6).rsqrt() for feature in features
    )
    coarse = functional.interpolate(coarse, size=middle.shape[-2:], mode="bilinear")
    seen = torch.cat([FINE_SHARE * functional.avg_pool2d(fine, 2), middle, coarse], dim=1)
    return functional.normalize(seen, dim=1).permute(0, 2, 3, 1).flatten(0, 2)


def join_recollections(recollections: Sequence[Recollection]) -> Recollection:
    """Join what is kept of several references."""
    keys, chroma, classes = zip(*recollections, strict=True)
    return Recollection(torch.cat(keys), torch.cat(chroma), None if None in classes else torch.cat(classes))


def chroma_kinship(chroma: Tensor, bins: Tensor) -> Tensor:
    """Return (T, B) how near each of (T, 2) chroma is to each of (B, 2) classes, from 0 to 1."""
    return torch.exp(-torch.cdist(chroma, bins).square() / (2 * KINSHIP_CHROMA**2))


def recall(page: Recollection, references: Recollection, chances: Tensor | None = None) -> Tensor:
    """Return the (T, 2) chroma that the cells of a page have in the references, and where nothing is like, their own.

    Args:
        page: Its cells as they were painted.
        references: What is kept of the references.
        chances: (T, B) probabilities of the chroma classes of the page's cells: of like cells in other colours, the one
            that the generator holds for likelier is recalled. None leaves them out.
    """
    with torch.autocast(page.keys.device.type, enabled=False):  # as in `Likeness`
        found = []
        for first in range(0, len(page.keys), CELLS_AT_A_TIME):
            part = slice(first, first + CELLS_AT_A_TIME)
            keys, own = page.keys[part], page.chroma[part]
            shade = torch.cos(LIGHTNESS_TURN * (keys[:, -1:] - references.keys[:, -1])) - 1
            logits = SHARPNESS * (_shown_alike(keys, references.keys) + LIGHTNESS_SHARE * shade)
            stay = torch.full_like(logits[:, :1], SHARPNESS * STRANGENESS)
            if chances is not None and page.classes is not None and references.classes is not None:
                logits += BELIEF * torch.log(chances[part] @ references.classes.T + LEAST_CHANCE)
                stay += BELIEF * torch.log((chances[part] * page.classes[part]).sum(dim=1, keepdim=True) + LEAST_CHANCE)
            share = torch.softmax(torch.cat([logits, stay], dim=1), dim=1)
            found.append(share[:, :-1] @ references.chroma + share[:, -1:] * own)
        return torch.cat(found)


def likeness(keys: Tensor, others: Tensor) -> Tensor:
    """Return (T, S) how alike what (T, D + 1) and (S, D + 1) keys show is, from 1 for the same; see `SHADE`."""
    return _shown_alike(keys, others) - SHADE * (keys[:, -1:] - others[:, -1]).abs()


def _shown_alike(keys: Tensor, others: Tensor) -> Tensor:
    with torch.autocast(keys.device.type, enabled=False):
        return keys[:, :-1] @ others[:, :-1].T
