"""What tells how alike two places of pictures are: the semantic features, as they differ from their mean."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.models.nn.semantics import WIDTHS

FINE_SHARE = 0.5
"""Weight of the features at stride 8 beside those at 16 and 32: the same thing looks the same far and near."""


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

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Return (h/16 · w/16, D), row by row, each of length 1.

        Args:
            features: Those of `SemanticFeatures` for one grey picture, (1, C, h/s, w/s) at strides 8, 16 and 32.
        """
        with torch.autocast(self.mean.device.type, enabled=False):  # likeness needs more digits than half precision has
            return functional.normalize(describe_cells(features) - self.mean, dim=1)


def describe_cells(features: Sequence[Tensor]) -> Tensor:
    """Join semantic features (N, C, h/s, w/s) of grey pictures to one row (D,) of length 1 for each cell."""
    fine, middle, coarse = (
        feature.float() * feature.float().square().sum(dim=1, keepdim=True).add(1e-6).rsqrt() for feature in features
    )
    coarse = functional.interpolate(coarse, size=middle.shape[-2:], mode="bilinear")
    seen = torch.cat([FINE_SHARE * functional.avg_pool2d(fine, 2), middle, coarse], dim=1)
    return functional.normalize(seen, dim=1).permute(0, 2, 3, 1).flatten(0, 2)
