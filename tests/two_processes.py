"""What each of two processes of a training run does: `torchrun --nproc-per-node 2 tests/two_processes.py DATA OUT`.

Each trains, with a folder of its own for a run, and leaves what it saw and learnt in OUT/RANK.pt.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import sys
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from pictures import draw_art
from training_runs import interrupt_after

from mangacolor.config import PRESETS, LossConfig, Phase, TrainConfig
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.models.nn import build_network
from mangacolor.training import Budget, RunOptions, losses, run_training, validation
from mangacolor.training import run as training_run
from mangacolor.training.objectives import build_objective
from mangacolor.training.players import Players
from mangacolor.training.share import load_steps
from mangacolor.training.validation import channels_last

IMAGES = 13
"""No multiple of two: one more is drawn, so that both processes draw as many."""

CONFIG = dataclasses.replace(
    PRESETS["tiny"],
    generator=dataclasses.replace(PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1), dropout=0.0),
    discriminator=dataclasses.replace(PRESETS["tiny"].discriminator, channels=(4, 6, 8, 8)),
    loss=LossConfig(adversarial_start=0.0, rgb=1.0, chroma_classes=0.0),
    phases=(Phase(1.0, 32, 2),),
    max_gradient_norm=math.inf,
    snapshots=1,
)


def gradients(fabric: Fabric, config: TrainConfig, batch_size: int) -> dict[str, list[torch.Tensor]]:
    """Return the gradients of the first step by the name of the player: what its optimiser has noted, undone."""
    torch.manual_seed(0)
    network = build_network(config.network).train()
    players, objective = Players(config, network, fabric), build_objective(config)
    stock = Stock([Picture(draw_art(number)) for number in range(3)], np.full(3, 1 / 3))
    dataset = objective.samples(stock, 32, config.seed)
    parts = next(load_steps(dataset, 0, None, batch_size, config, fabric, 1))
    players.begin(1.0)
    for part in parts:
        with players.part(part.share, is_last=part is parts[-1]):
            play = objective.play(players.generator, channels_last(fabric.to_device(part.batch)))
            painted = players.teach_discriminator(play.game) if players.joins == 0 else None
            players.teach_generator(play, painted)
    noted = {name: value["state"].values() for name, value in players.state().items() if name.endswith("_optimizer")}
    return {name: [one["exp_avg"] / (1 - config.betas[0]) for one in values] for name, values in noted.items()}


def main() -> None:
    """Train, and step once more."""
    data, out = (Path(word) for word in sys.argv[1:])
    validation.VALIDATION_SAMPLES = 8
    fabric = training_run.launch(torch.device("cpu"), "fp32")
    numbers, said = [], []
    draw = ColourSamples.__getitem__

    def noted(samples: ColourSamples, number: int) -> object:
        if samples._seed == CONFIG.seed:  # not a sample of validation
            numbers.append(number)
        return draw(samples, number)

    ColourSamples.__getitem__ = noted
    options = RunOptions(data, out / f"run{fabric.global_rank}", Budget(images=IMAGES), device="cpu", precision="fp32")
    report = run_training(CONFIG, options, say=said.append)
    result = {
        "numbers": sorted(numbers), "said": said, "images_seen": report.outcome.images_seen,
        "average": report.outcome.average, "has_weights": report.weights is not None,
        "validated": report.outcome.validation_loss is not None, "gradients": gradients(fabric, CONFIG, 2),
    }  # fmt: skip

    # In one folder: the first process alone is told to stop, and both go on later.
    shared = dataclasses.replace(options, out=out / "shared", budget=Budget(images=16))
    halted = run_training(CONFIG, shared, on_step=interrupt_after(8)).outcome
    resumed = run_training(CONFIG, dataclasses.replace(shared, resume=True)).outcome
    straight = run_training(CONFIG, dataclasses.replace(shared, out=out / "straight")).outcome
    result |= {
        "halted": (halted.images_seen, halted.finished),
        "resumed": resumed.average,
        "straight": straight.average,
    }

    # The second process alone has a loss that is no number, in the second step.
    real, calls = losses.oklab_distance, itertools.count()

    def distance(page: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        is_lost = fabric.global_rank == 1 and page.requires_grad and next(calls) == 1
        return real(page, target) * (math.nan if is_lost else 1)

    losses.oklab_distance = distance
    shaken = run_training(CONFIG, dataclasses.replace(shared, out=out / "shaken", budget=Budget(images=12))).outcome
    result |= {"shaken": shaken.average, "shaken_finished": shaken.finished}
    torch.save(result, out / f"{fabric.global_rank}.pt")


if __name__ == "__main__":
    main()
