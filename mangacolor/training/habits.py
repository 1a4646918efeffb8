"""What colours a trained generator is in the habit of, whatever a page shows."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from mangacolor.data.batches import stack
from mangacolor.data.samples import Samples
from mangacolor.models.nn import UNetGenerator

DRAWN = 160
"""Pages looked at: the mean over more changes in the third digit."""


@torch.no_grad()
def measure_habits(generator: UNetGenerator, samples: Samples) -> NDArray[np.float64]:
    """Return how likely each of a generator's chroma classes is to it, (B,), on pages like those it learnt from.

    Where it doubts, its answer leans to these: colouring takes that off again. Ink counts for nothing, as no colour
    shows there.

    Args:
        generator: With a chroma head, on any device, in evaluation mode.
        samples: Pages without hints; the first `DRAWN` are looked at.
    """
    device = next(generator.parameters()).device
    total = torch.zeros(len(generator.bins), dtype=torch.float64)
    for number in range(DRAWN):
        condition = stack([samples[number]])["condition"].to(device)
        logits = generator(condition).chroma_logits
        if logits is None:
            raise ValueError("this generator has no chroma head")
        visible = functional.avg_pool2d(condition[:, :1], generator.chroma_stride, ceil_mode=True).float()
        chances = torch.softmax(logits.float(), dim=1) * visible
        total += (chances.sum(dim=(0, 2, 3)) / visible.sum().clamp_min(1e-6)).cpu().double()
    return np.asarray((total / total.sum()).numpy(), np.float64)
