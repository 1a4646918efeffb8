"""What changes over a run: its clock, the learning rates, and the average of the weights."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mangacolor.config import Recipe


@dataclass(frozen=True)
class Budget:
    """How long a run lasts: a number of images, or of minutes of training.

    A run measured in images repeats bit for bit. One measured in minutes always ends with its learning rate all the way
    down, but how many images it sees depends on the machine. Minutes are those of steps: see `Clock`.
    """

    images: int | None = None
    minutes: float | None = None

    def progress(self, images_seen: int, seconds: float) -> float:
        """Return the share of the run that is done, in [0, 1]."""
        share = images_seen / self.images if self.images else seconds / (60 * (self.minutes or 1))
        return min(1.0, share)


class Clock:
    """Where a run stands. Time is that of steps alone, without waiting for samples or validating.

    Args:
        config: How many snapshots a run has.
        budget: How long it lasts.

    Attributes:
        images_seen: By all processes together.
        seconds: Spent on steps.
        progress: Share of the run that is done, in [0, 1].
    """

    def __init__(self, config: Recipe, budget: Budget) -> None:
        self._budget, self._snapshots = budget, config.snapshots
        self.images_seen, self.seconds, self._snapshots_taken = 0, 0.0, 0
        self.progress = budget.progress(0, 0.0)
        self._started = 0.0

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.images_seen, self.seconds, self._snapshots_taken = (
            state[name] for name in ("images_seen", "seconds", "snapshots")
        )
        self.progress = self._budget.progress(self.images_seen, self.seconds)

    def state(self) -> dict[str, Any]:
        """Return all that `restore` needs."""
        return {"images_seen": self.images_seen, "seconds": self.seconds, "snapshots": self._snapshots_taken}

    def start(self) -> None:
        """Begin a step."""
        self._started = time.monotonic()

    def stop(self, images: int) -> None:
        """End a step that saw so many images."""
        self.images_seen += images
        self.seconds += time.monotonic() - self._started
        self.progress = self._budget.progress(self.images_seen, self.seconds)

    def agree(self, fabric: Fabric, is_stopping: bool = False) -> bool:
        """Take the first process's word for the progress and for the end: clocks and signals differ."""
        if fabric.world_size > 1:
            self.progress, is_stopping = fabric.broadcast((self.progress, is_stopping))
        return is_stopping

    def take_snapshot(self) -> bool:
        """Return whether it is time for a checkpoint and for what is held out, which then count as taken."""
        due = int(self.progress * self._snapshots)
        is_due = due > self._snapshots_taken or self.progress >= 1
        if is_due:
            self._snapshots_taken = due
        return is_due


class Patience:
    """Ends a run when what is held out no longer gains, and keeps the best average.

    Args:
        validations: How many without gain end it; 0 never ends it and keeps nothing.
    """

    def __init__(self, validations: int) -> None:
        self._validations = validations
        self._least, self._waited = math.inf, 0
        self._newest: float | None = None
        self._best: dict[str, Tensor] | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is time to end."""
        return 0 < self._validations <= self._waited

    @property
    def loss(self) -> float | None:
        """That of the average which `best` returns; None while nothing was heard."""
        return self._newest if self._best is None else self._least

    def note(self, loss: float, average: nn.Module) -> None:
        """Hear of the loss of an average on what is held out."""
        self._newest = loss
        if not self._validations:
            return
        self._waited += 1
        if loss < self._least:
            self._least, self._waited = loss, 0
            self._best = {name: tensor.clone() for name, tensor in average.state_dict().items()}

    def best(self, average: nn.Module) -> dict[str, Tensor]:
        """Return the state of the best average heard of, else of this one."""
        return average.state_dict() if self._best is None else self._best

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._least, self._waited, self._newest = (state[name] for name in ("least", "waited", "newest"))
        self._best = state["best"]

    def state(self) -> dict[str, Any]:
        """Return all that `restore` needs."""
        return {"least": self._least, "waited": self._waited, "newest": self._newest, "best": self._best}


def parameter_groups(network: nn.Module, peaks: Mapping[str, float]) -> list[dict[str, Any]]:
    """Sort the weights that learn by their peak learning rate.

    Args:
        network: Whose weights.
        peaks: Peak by the beginning of their names; the longest that fits counts.
    """
    groups: dict[str, list[nn.Parameter]] = {start: [] for start in peaks}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups[max(filter(name.startswith, peaks), key=len)].append(parameter)
    return [{"params": group, "peak": peaks[start]} for start, group in groups.items() if group]


def learning_rate_factor(config: Recipe, progress: float, images_seen: int) -> float:
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

    The half-life never exceeds a tenth of the run so far (`ema_rampup_ratio` of EDM, Karras et al. 2022), so
    that early snapshots are not averages with random weights. Buffers (batch norm statistics) are copied.
    """
    half_life = min(half_life_images, images_seen / 10)
    keep = 0.5 ** (batch_size / half_life)
    torch._foreach_lerp_(list(average.parameters()), list(generator.parameters()), 1 - keep)
    for kept, current in zip(average.buffers(), generator.buffers(), strict=True):
        kept.copy_(current)
