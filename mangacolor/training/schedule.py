"""What changes over a run: its clock, the learning rates, and the average of the weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from mangacolor.config import TrainConfig


@dataclass(frozen=True)
class Budget:
    """How long a run lasts: a number of images, or of minutes of training.

    A run measured in images repeats bit for bit. One measured in minutes always ends on time
    with its learning rate all the way down, but how many images it sees depends on the machine.
    """

    images: int | None = None
    minutes: float | None = None

    def progress(self, images_seen: int, seconds: float) -> float:
        """Return the share of the run that is done, in [0, 1]."""
        share = images_seen / self.images if self.images else seconds / (60 * (self.minutes or 1))
        return min(1.0, share)


def parameter_groups(generator: nn.Module, config: TrainConfig) -> list[dict[str, Any]]:
    """Sort the weights that learn by their peak learning rate: pretrained features, where they learn, and the rest."""
    groups: tuple[list[nn.Parameter], list[nn.Parameter]] = ([], [])
    for name, parameter in generator.named_parameters():
        if parameter.requires_grad:
            groups[name.startswith("semantics.")].append(parameter)
    peaks = (config.generator_learning_rate, config.semantics_learning_rate)
    return [{"params": group, "peak": peak} for group, peak in zip(groups, peaks, strict=True) if group]


def learning_rate_factor(config: TrainConfig, progress: float, images_seen: int) -> float:
    """Return the share of the peak learning rate at a point of the run."""
    warmup = min(1.0, (images_seen + 1) / config.warmup_images) if config.warmup_images else 1.0
    cosine = 0.5 + 0.5 * math.cos(math.pi * progress)
    fall = cosine if config.schedule == "cosine" else min(1.0, 2 - 2 * progress)
    return warmup * (config.final_learning_rate + (1 - config.final_learning_rate) * fall)


@torch.no_grad()
def update_average(
    average: nn.Module, generator: nn.Module, half_life_images: int, images_seen: int, batch_size: int
) -> None:
    """Move the exponential moving average by one step.

    The half-life never exceeds a tenth of the run so far (EDM2, Karras et al. 2024), so that early
    snapshots are not averages with random weights. Buffers (batch norm statistics) are copied.
    """
    half_life = min(half_life_images, images_seen / 10)
    keep = 0.5 ** (batch_size / half_life)
    torch._foreach_lerp_(list(average.parameters()), list(generator.parameters()), 1 - keep)
    for kept, current in zip(average.buffers(), generator.buffers(), strict=True):
        kept.copy_(current)
