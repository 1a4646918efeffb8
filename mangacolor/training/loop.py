"""The training loop, top to bottom."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mangacolor.config import TrainConfig
from mangacolor.data.samples import PageBank, Stock, load_batches
from mangacolor.errors import MangacolorError, UsageError
from mangacolor.models.nn import PatchDiscriminator
from mangacolor.recipes import from_dict, to_dict
from mangacolor.training import losses
from mangacolor.training.checkpoint import load_newest_checkpoint, save_checkpoint
from mangacolor.training.journal import Journal
from mangacolor.training.objectives import VALIDATION, Objective, build_objective
from mangacolor.training.schedule import Budget, learning_rate_factor, parameter_groups, update_average
from mangacolor.training.stop import StopRequest
from mangacolor.training.validation import TrainingData, channels_last, validate

SNAPSHOTS = 20
LOG_EVERY_STEPS = 25
MOST_SKIPPED_IN_A_ROW = 20
ENDLESS = 1 << 40
FABRIC_PRECISION: dict[str, Literal["32-true", "bf16-mixed", "16-mixed"]] = {
    "fp32": "32-true",
    "bf16": "bf16-mixed",
    "fp16": "16-mixed",
}


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the averaged generator's state, the clock, and the last validation loss if there was one."""

    generator: dict[str, Tensor]
    images_seen: int
    seconds: float
    finished: bool
    validation_loss: float | None


def train(
    config: TrainConfig,
    data: TrainingData,
    generator: nn.Module,
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
        generator: Network to train, with the weights to start from: a generator, the separator, or any network that
            the objective plays.
        out: Folder for checkpoints, metrics and sheets; exists.
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
    # 1. The two players, the averaged generator that users get, and one optimiser each.
    torch.manual_seed(config.seed)
    objective = objective or build_objective(config, generator, data.pictures, data.probabilities)
    discriminator = PatchDiscriminator(config.discriminator)
    average = copy.deepcopy(generator).requires_grad_(False).eval().to(fabric.device)
    generator_optimizer = torch.optim.AdamW(
        parameter_groups(generator, config), betas=config.betas, weight_decay=config.weight_decay, fused=True
    )
    discriminator_optimizer = torch.optim.AdamW(
        [{"params": list(discriminator.parameters()), "peak": config.discriminator_learning_rate}],
        betas=config.betas,
        weight_decay=0.0,
        fused=True,
    )
    for network in (generator, discriminator):
        network.to(memory_format=torch.channels_last)
    generator_player, generator_optimizer = fabric.setup(generator, generator_optimizer)
    discriminator_player, discriminator_optimizer = fabric.setup(discriminator, discriminator_optimizer)
    bank = PageBank(config.synthesis.bank) if config.synthesis.bank else None
    stock = Stock(data.pictures, data.probabilities, bank, data.figures)
    images_seen, seconds, skipped_in_a_row, snapshots = 0, 0.0, 0, 0
    validation_loss: float | None = None

    # 2. Going on where an earlier run stopped.
    if resume:
        state = load_newest_checkpoint(out)
        if from_dict(TrainConfig, state["config"]) != config:
            raise UsageError(f"{out}: its checkpoint has another config.", advice="Resume with the same recipe.")
        generator.load_state_dict(state["generator"])
        average.load_state_dict(state["average"])
        discriminator.load_state_dict(state["discriminator"])
        generator_optimizer.load_state_dict(state["generator_optimizer"])
        discriminator_optimizer.load_state_dict(state["discriminator_optimizer"])
        images_seen, seconds, snapshots = state["images_seen"], state["seconds"], state["snapshots"]
        del state

    def checkpoint() -> None:
        if fabric.is_global_zero:
            state = {
                "config": to_dict(config),
                "generator": generator.state_dict(),
                "average": average.state_dict(),
                "discriminator": discriminator.state_dict(),
                "generator_optimizer": generator_optimizer.state_dict(),
                "discriminator_optimizer": discriminator_optimizer.state_dict(),
                "images_seen": images_seen,
                "seconds": seconds,
                "snapshots": snapshots,
            }
            save_checkpoint(out, state, images_seen)

    progress = budget.progress(images_seen, seconds)
    with Journal(out, silent=not fabric.is_global_zero) as journal, StopRequest() as stop:
        while progress < 1 and not stop.requested:
            # 3. A phase: crops of one size, in an order that only the seed and the clock decide.
            phase = config.phase_at(progress)
            dataset = objective.samples(stock, phase.crop_px, config.seed)
            numbers = range(images_seen + fabric.global_rank, budget.images or ENDLESS, fabric.world_size)
            for samples in load_batches(dataset, numbers, phase.batch_size, jobs):
                started = time.monotonic()
                torch.manual_seed(config.seed * 1_000_003 + images_seen + fabric.global_rank)
                batch_size = len(next(iter(samples.values()))) * fabric.world_size
                for optimizer in (generator_optimizer, discriminator_optimizer):
                    for group in optimizer.param_groups:
                        group["lr"] = group["peak"] * learning_rate_factor(config, progress, images_seen)

                # 4. The generator paints under the ink.
                condition, fake_page, real_page, terms = objective.play(
                    generator_player, channels_last(fabric.to_device(samples))
                )
                metrics: dict[str, Tensor] = {}

                # 5. The discriminator learns to tell painted pages from generated ones.
                adversarial = config.loss.adversarial > 0 and progress >= config.loss.adversarial_start
                if adversarial:
                    discriminator.requires_grad_(True)
                    judged_page = real_page.detach().requires_grad_(config.loss.r1 > 0)
                    real = discriminator_player(condition, judged_page)
                    fake = discriminator_player(condition, fake_page.detach())
                    discriminator_loss = losses.discriminator_loss(
                        real.logits, fake.logits, config.loss.adversarial_kind
                    )
                    metrics["discriminator"] = discriminator_loss.detach()
                    metrics["real_logits"] = real.logits.detach().mean()
                    metrics["fake_logits"] = fake.logits.detach().mean()
                    if config.loss.r1:
                        discriminator_loss = discriminator_loss + config.loss.r1 * losses.r1_penalty(
                            real.logits, judged_page
                        )
                    discriminator_optimizer.zero_grad()
                    if math.isfinite(discriminator_loss.item()):
                        fabric.backward(discriminator_loss)
                        discriminator_optimizer.step()

                # 6. The generator learns to be right and to be taken for a painter.
                if adversarial:
                    discriminator.requires_grad_(False)
                    fake = discriminator_player(condition, fake_page)
                    game = losses.generator_loss(fake.logits, config.loss.adversarial_kind)
                    matching = losses.feature_matching(real.features, fake.features)
                    terms["adversarial"] = config.loss.adversarial * game
                    terms["feature_matching"] = config.loss.adversarial * config.loss.feature_matching * matching
                total = torch.stack(list(terms.values())).sum()
                generator_optimizer.zero_grad()
                finite = math.isfinite(total.item())
                if finite:
                    fabric.backward(total)
                    norm = fabric.clip_gradients(
                        generator_player,
                        generator_optimizer,
                        max_norm=config.max_gradient_norm,
                        error_if_nonfinite=False,
                    )
                    finite = norm is None or math.isfinite(float(norm))
                if finite:
                    generator_optimizer.step()
                skipped_in_a_row = 0 if finite else skipped_in_a_row + 1
                if skipped_in_a_row > MOST_SKIPPED_IN_A_ROW:
                    raise MangacolorError(
                        "Training diverged: the loss is not finite.", advice="Lower the learning rates and start again."
                    )

                # 7. The average that users get; then the clock.
                images_seen += batch_size
                update_average(average, generator, config.ema_half_life_images, images_seen, batch_size)
                seconds += time.monotonic() - started
                progress = budget.progress(images_seen, seconds)
                if fabric.world_size > 1:  # clocks and signals differ between processes: the first one decides
                    progress, stop.requested = fabric.broadcast((progress, stop.requested))
                on_step(progress, images_seen, batch_size)
                if images_seen // batch_size % LOG_EVERY_STEPS == 0:
                    metrics |= {name: term.detach() for name, term in terms.items()}
                    journal.write(
                        images_seen,
                        {name: float(value) for name, value in metrics.items()}
                        | {"progress": progress, "seconds": seconds, "skipped": float(not finite)},
                    )

                # 8. Now and then: a checkpoint, the loss on held-out pictures, and a sheet to look at.
                if int(progress * SNAPSHOTS) > snapshots or stop.requested or progress >= 1:
                    snapshots = int(progress * SNAPSHOTS)
                    checkpoint()
                    if data.held_out and fabric.is_global_zero and not stop.requested:
                        scores = validate(objective, average, data, phase.crop_px, fabric, out, images_seen)
                        validation_loss = scores[VALIDATION]
                        journal.write(images_seen, scores)
                if stop.requested or progress >= 1 or config.phase_at(progress) is not phase:
                    break
    return Outcome(average.state_dict(), images_seen, seconds, progress >= 1, validation_loss)
