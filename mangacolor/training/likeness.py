"""What a trained generator compares pictures by: how they differ from the mean of those it learnt from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mangacolor.data.pictures import Picture, PictureDraw, random_crop
from mangacolor.image import to_gray
from mangacolor.models.nn import UNetGenerator
from mangacolor.models.nn.recall import describe_cells
from mangacolor.models.tensors import to_tensor

DRAWN = 400
CROP_PX = 320
CROP_SHARE = (0.7, 1.0)

FEWEST_PICTURES = 200
"""Fewer pictures than these know too little of what else there is to see: the mean that there is stays."""


@torch.no_grad()
def fit_likeness(generator: UNetGenerator, pictures: Sequence[Picture], probabilities: NDArray[np.float64]) -> None:
    """Let a generator with semantic features compare pictures by what sets them apart from those it learnt from.

    The mean is that of pictures in grey, drawn as often as in training; always the same draw.

    Args:
        generator: On any device; its `likeness` changes.
        pictures: What it learnt from.
        probabilities: How often each was drawn.
    """
    rng, draw = np.random.default_rng(0), PictureDraw(pictures, probabilities)
    device = next(generator.parameters()).device
    means: list[Tensor] = []
    for _ in range(DRAWN):
        gray = to_gray(random_crop(draw(rng), CROP_PX, CROP_SHARE, rng).rgb)
        means.append(describe_cells(generator.semantics(to_tensor(gray).to(device))).mean(dim=0))
    generator.likeness.mean.copy_(torch.stack(means).mean(dim=0))
