"""The pictures of a run, and how it does on those held out from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from mangacolor.data.batches import stack
from mangacolor.data.figures.store import Drawing
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import Stock
from mangacolor.training.journal import write_sheet
from mangacolor.training.objectives import Objective

VALIDATION_SAMPLES = 64
VALIDATION_SEED = 1_000_003


@dataclass
class TrainingData:
    """What a run learns from.

    Attributes:
        pictures: To learn from.
        probabilities: How often each is drawn.
        held_out: Pictures that are not learnt from.
        figures: Drawings of people.
        held_out_files: Digests of the files that are held out, in the process that has them.
        learnt_files: The same of those that are learnt from.
    """

    pictures: Sequence[Picture]
    probabilities: NDArray[np.float64]
    held_out: Sequence[Picture]
    figures: Sequence[Drawing] | None = None
    held_out_files: tuple[str, ...] = ()
    learnt_files: tuple[str, ...] = ()


def channels_last(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Lay out the pictures of a batch as convolutions read them fastest."""
    return {
        name: tensor.to(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor
        for name, tensor in batch.items()
    }


@torch.no_grad()
def validate(
    objective: Objective,
    average: nn.Module,
    data: TrainingData,
    crop_px: int,
    fabric: Fabric,
    out: Path,
    images_seen: int,
) -> dict[str, float]:
    """Return the objective's mean scores on fixed samples of held-out pictures, and write a sheet of some."""
    even = np.full(len(data.held_out), 1 / len(data.held_out))
    samples = objective.samples(Stock(data.held_out, even), crop_px, VALIDATION_SEED)
    scored = []
    for first in range(0, VALIDATION_SAMPLES, 8):
        batch = fabric.to_device(stack([samples[number] for number in range(first, first + 8)]))
        scored.append(objective.score(average, channels_last(batch)))
    sheets = [columns for _, columns in scored[:3]]
    write_sheet(out / f"samples-{images_seen:010d}.png", [torch.cat(part) for part in zip(*sheets, strict=True)])
    return {name: sum(scores[name] for scores, _ in scored) / len(scored) for name in scored[0][0]}
