"""Colours of a reference, carried to where the page shows the like."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.nn.semantics import WIDTHS

STRIDE = 16
"""Side of the cells of a reference that are compared, in its pixels."""

REMEMBERED = 4
"""Numbers that a cell is remembered by: its mean red, green and blue, and a 1 that tells colour from nothing."""


class Memory(NamedTuple):
    """What is kept of references: one entry a cell.

    Attributes:
        keys: (N, heads, T, d) what the cell looks like, of length 1.
        values: (N, T, REMEMBERED) its colour.
    """

    keys: Tensor
    values: Tensor


class LikenessAttention(nn.Module):
    """Every place of a page looks for places of the references that show the like, and takes their colour.

    After SCFT (Lee et al., CVPR 2020), which attends from the features of a sketch to those of a reference in colour.
    Departs from it in what is compared: the same projection of the same semantic features of both pictures in grey, so
    that like finds like before anything is learnt; and in a threshold, below which nothing is taken.

    Args:
        channels: Width of the features that the found colours are added to.
        heads: Independent searches.
        width: Length of what is compared.
    """

    def __init__(self, channels: int, heads: int = 4, width: int = 48) -> None:
        super().__init__()
        self.heads = heads
        self.liken = nn.Conv2d(WIDTHS[1] + WIDTHS[2], heads * width, 1, bias=False)
        self.sharpness = nn.Parameter(torch.full((heads, 1, 1), 12.0))
        self.threshold = nn.Parameter(torch.full((heads, 1, 1), 0.6))
        self.tell = nn.Conv2d(heads * REMEMBERED, channels, 1)

    def remember(self, features: list[Tensor], rgb: Tensor) -> Memory:
        """Keep references.

        Args:
            features: Semantic features of the references in grey.
            rgb: (N, 3, h, w) references, sides multiples of 32, in [0, 1].
        """
        colour = functional.avg_pool2d(rgb, STRIDE).flatten(2).transpose(1, 2)
        return Memory(self._likened(features), torch.cat([colour, torch.ones_like(colour[..., :1])], dim=-1))

    def forward(self, features: list[Tensor], memory: Memory) -> Tensor:
        """Return what to add to the page's features (N, channels, h/16, w/16)."""
        n, _, h, w = features[1].shape
        likeness = self._likened(features) @ memory.keys.transpose(-1, -2)
        nothing = self.threshold.expand(n, -1, likeness.shape[2], 1)
        share = torch.softmax(self.sharpness * torch.cat([likeness, nothing], dim=-1), dim=-1)
        found = share[..., :-1] @ memory.values[:, None]
        told: Tensor = self.tell(found.transpose(-1, -2).reshape(n, -1, h, w))
        return told

    def _likened(self, features: list[Tensor]) -> Tensor:
        fine, coarse = (
            feature * feature.square().mean(dim=1, keepdim=True).add(1e-3).rsqrt() for feature in features[1:]
        )
        coarse = functional.interpolate(coarse, size=fine.shape[-2:], mode="bilinear")
        key = self.liken(torch.cat([fine, 0.3 * coarse], dim=1))
        return functional.normalize(key.unflatten(1, (self.heads, -1)).flatten(3).transpose(-1, -2), dim=-1)
