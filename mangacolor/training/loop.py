"""The training loop, top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mangacolor.config import Recipe
from mangacolor.data.page_bank import PageBank
from mangacolor.data.samples import Stock
from mangacolor.training.journal import Journal
from mangacolor.training.objectives import Objective, build_objective
from mangacolor.training.players import Players
from mangacolor.training.schedule import Budget, Clock, learning_rate_factor
from mangacolor.training.share import load_steps
from mangacolor.training.snapshots import Snapshots
from mangacolor.training.stop import StopRequest
from mangacolor.training.validation import TrainingData, channels_last

LOG_EVERY_STEPS = 25


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the averaged network's state, the clock, and its loss on what is held out, if that is known.

    `told` is what its journal says since it began or was resumed, oldest first.
    """

    average: dict[str, Tensor]
    images_seen: int
    seconds: float
    finished: bool
    validation_loss: float | None
    told: Sequence[Mapping[str, float]] = ()

    def curve(self, name: str) -> list[tuple[int, float]]:
        """Return (images seen, value) wherever the journal tells a metric."""
        return [(int(metrics["images_seen"]), metrics[name]) for metrics in self.told if name in metrics]


def train(
    config: Recipe,
    data: TrainingData,
    network: nn.Module,
    out: Path,
    budget: Budget,
    *,
    fabric: Fabric,
    objective: Objective | None = None,
    jobs: int = 1,
    earlier: Mapping[str, Any] | None = None,
    notes: Mapping[str, Any] = MappingProxyType({}),
    on_step: Callable[[float, int, int], object] = lambda progress, images_seen, batch: None,
) -> Outcome:
    """Play the game of Isola et al. (2017) until the budget is spent.

    The separator learns here as well: alone, without a discriminator, by its own objective.

    Everything hangs on the number of images seen: samples, noise, averaging and, in runs
    measured in images, the learning rate. Ctrl-C ends after the step at hand, with a checkpoint.

    Args:
        config: What to compute.
        data: Pictures.
        network: What to train, with the weights to start from: a generator, the separator, or any network that the
            objective plays.
        out: Folder for checkpoints, metrics and sheets; exists. The first process alone writes there.
        budget: How long.
        fabric: Launched device, precision and processes.
        objective: What it learns; None for what the config's own network does.
        jobs: Threads that make samples; on CUDA processes, where the system forks.
        earlier: Checkpoint to go on from, made with the same config.
        notes: Plain values that checkpoints carry along.
        on_step: Called after each step with the progress, the images seen and the step's images.

    Raises:
        MangacolorError: The losses stayed infinite or NaN.
    """
    # 1. The players, the clock, and what samples are made of.
    torch.manual_seed(config.seed)
    objective = objective or build_objective(config)
    players = Players(config, network, fabric)
    clock = Clock(config, budget)
    kept = config.synthesis
    bank = PageBank(kept.bank, kept.bank_px, kept.bank_uses) if kept.bank else None
    stock = Stock(data.pictures, data.probabilities, bank, data.figures)
    snapshots = Snapshots(config, data, objective, out, fabric, notes, players, clock)
    patience = snapshots.patience

    with Journal(out, silent=not fabric.is_global_zero) as journal, StopRequest() as stop:
        # 2. Going on where an earlier run stopped.
        if earlier is not None:
            players.restore(earlier)
            clock.restore(earlier)
            snapshots.go_on(earlier, journal)
        is_stopping = clock.agree(fabric, patience.is_over)
        while clock.progress < 1 and not is_stopping:
            # 3. A phase: crops of one size, in an order that only the seed and the clock decide.
            phase = config.phase_at(clock.progress)
            dataset = objective.samples(stock, phase.crop_px, config.seed)
            for parts in load_steps(dataset, clock.images_seen, budget.images, phase.batch_size, config, fabric, jobs):
                clock.start()
                torch.manual_seed(config.seed * 1_000_003 + clock.images_seen + fabric.global_rank)
                players.begin(learning_rate_factor(config, clock.progress, clock.images_seen))
                for part in parts:
                    with players.part(part.share, is_last=part is parts[-1]):
                        # 4. The generator paints under the ink.
                        play = objective.play(players.generator, channels_last(fabric.to_device(part.batch)))

                        # 5. The discriminator learns to tell painted pages from generated ones.
                        painted = None
                        if play.game is not None and clock.progress >= players.joins:
                            painted = players.teach_discriminator(play.game)

                        # 6. The generator learns to be right and to be taken for a painter.
                        players.teach_generator(play, painted)

                # 7. The average that users get; then the clock.
                images = sum(part.images for part in parts)
                players.average_in(clock.images_seen + images, images)
                clock.stop(images)
                on_step(clock.progress, clock.images_seen, images)
                is_stopping = clock.agree(fabric, stop.requested)
                if clock.images_seen // images % LOG_EVERY_STEPS == 0:
                    told = {"progress": clock.progress, "seconds": clock.seconds}
                    journal.write(clock.images_seen, players.told() | told)

                # 8. Now and then the loss on held-out pictures, a sheet to look at, and a checkpoint, which knows both.
                is_due = clock.take_snapshot()
                if is_due or is_stopping:
                    is_hurried = is_stopping and clock.progress < 1
                    snapshots.take(phase.crop_px, journal, is_due=is_due, is_hurried=is_hurried)
                    is_stopping = clock.agree(fabric, is_stopping or patience.is_over)
                if is_stopping or clock.progress >= 1 or config.phase_at(clock.progress) is not phase:
                    break
    is_over = clock.progress >= 1 or patience.is_over
    return Outcome(
        patience.best(players.average), clock.images_seen, clock.seconds, is_over, patience.loss, journal.told
    )
