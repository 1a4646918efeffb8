"""The training loop, top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mangacolor.config import Recipe
from mangacolor.data.page_bank import PageBank
from mangacolor.data.samples import Stock
from mangacolor.errors import UsageError
from mangacolor.recipes import recipe_from_dict, to_dict
from mangacolor.training.checkpoint import load_newest_checkpoint, save_checkpoint
from mangacolor.training.journal import Journal
from mangacolor.training.objectives import VALIDATION, Objective, build_objective
from mangacolor.training.players import Players
from mangacolor.training.schedule import Budget, Clock, Patience, learning_rate_factor
from mangacolor.training.share import load_steps
from mangacolor.training.stop import StopRequest
from mangacolor.training.validation import TrainingData, channels_last, validate

LOG_EVERY_STEPS = 25


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the averaged network's state, the clock, and the last validation loss if there was one."""

    average: dict[str, Tensor]
    images_seen: int
    seconds: float
    finished: bool
    validation_loss: float | None


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
    resume: bool = False,
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
        jobs: Threads that make samples.
        resume: Go on from the newest checkpoint in `out`.
        on_step: Called after each step with the progress, the images seen and the step's images.

    Raises:
        UsageError: The checkpoint was made with another config.
        ModelFileError: There is no checkpoint to resume from.
        MangacolorError: The losses stayed infinite or NaN.
    """
    # 1. The players, the clock, and what samples are made of.
    torch.manual_seed(config.seed)
    objective = objective or build_objective(config)
    players = Players(config, network, fabric)
    clock = Clock(config, budget)
    kept = config.synthesis
    bank = PageBank(kept.bank, kept.bank_uses) if kept.bank else None
    stock = Stock(data.pictures, data.probabilities, bank, data.figures)
    validation_loss: float | None = None

    # 2. Going on where an earlier run stopped.
    if resume:
        _go_on(out, config, players, clock)

    is_stopping, patience = False, Patience(config.patience)
    with Journal(out, silent=not fabric.is_global_zero) as journal, StopRequest() as stop:
        clock.agree(fabric)
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
                is_stopping = clock.agree(fabric, stop.requested or patience.is_over)
                if clock.images_seen // images % LOG_EVERY_STEPS == 0:
                    told = {"progress": clock.progress, "seconds": clock.seconds}
                    journal.write(clock.images_seen, players.told() | told)

                # 8. Now and then: a checkpoint, the loss on held-out pictures, and a sheet to look at.
                if clock.take_snapshot(is_stopping) and fabric.is_global_zero:
                    state = {"config": to_dict(config)} | players.state() | clock.state()
                    save_checkpoint(out, state, clock.images_seen)
                    if data.held_out and not is_stopping:
                        scores = validate(
                            objective, players.average, data, phase.crop_px, fabric, out, clock.images_seen
                        )
                        validation_loss = scores[VALIDATION]
                        patience.note(validation_loss, players.average)
                        journal.write(clock.images_seen, scores)
                if is_stopping or clock.progress >= 1 or config.phase_at(clock.progress) is not phase:
                    break
    average, is_over = patience.best(players.average), clock.progress >= 1 or patience.is_over
    return Outcome(average, clock.images_seen, clock.seconds, is_over, validation_loss)


def _go_on(out: Path, config: Recipe, players: Players, clock: Clock) -> None:
    """Bring players and clock to where the newest checkpoint in a folder left them."""
    state = load_newest_checkpoint(out)
    if recipe_from_dict(state["config"], name=str(out)) != config:
        raise UsageError(f"{out}: its checkpoint has another config.", advice="Resume with the same recipe.")
    players.restore(state)
    clock.restore(state)
