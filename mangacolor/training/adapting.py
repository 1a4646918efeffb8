"""Teaching known weights a series: which of them learn, how, and for how long."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mangacolor.config import GeneratorConfig, LossConfig, Phase, Precision, SynthesisConfig, TrainConfig
from mangacolor.data.pictures import Picture
from mangacolor.errors import UsageError
from mangacolor.models.changes import Array
from mangacolor.models.nn import UNetGenerator
from mangacolor.models.tensors import choose_device, choose_precision
from mangacolor.models.weights import Weights
from mangacolor.training.learning_layers import changes_of, let_learn
from mangacolor.training.loop import train
from mangacolor.training.objectives import VALIDATION
from mangacolor.training.run import launch
from mangacolor.training.schedule import Budget
from mangacolor.training.series import SeriesObjective
from mangacolor.training.starting import teacher_of
from mangacolor.training.validation import TrainingData

LEARNING = ("decoder.", "merge.", "classify.", "join.", "paint.", "up.0.", "up.1.")
"""Parts that learn: what paints, behind what the picture is understood by; 1.8 million numbers, 3.5 MB. Low-rank
changes of all layers did no better after as many crops, which take up to three times as long."""

CROP_PX, BATCH = 160, 4
CROP_SHARES = (0.4, 1.0)
"""Crops show so much of a panel's short side: what the generator sees of it at the three scales it is coloured at."""

LEARNING_RATE = 1e-3

VALIDATIONS, PATIENCE = 8, 2
"""How often held-out panels are looked at, and how often without gain end the run."""


@dataclass(frozen=True)
class Lesson:
    """What is learnt from.

    Attributes:
        panels: Coloured panels of the series.
        held_out: Others, by which it is seen whether learning still gains; none goes on to the end.
        others: Pictures of other things, for which the answers are to stay.
    """

    panels: Sequence[Picture]
    held_out: Sequence[Picture]
    others: Sequence[Picture]


@dataclass(frozen=True)
class Learnt:
    """What was learnt.

    Attributes:
        added: Changes of the weights.
        images: Crops seen.
        seconds: Spent on steps.
        finished: Whether it came to its end, and was not interrupted.
        curve: (images seen, loss on the panels) over the run.
        held_out_curve: The same of panels held out.
    """

    added: dict[str, Array]
    images: int
    seconds: float
    finished: bool
    curve: list[tuple[int, float]]
    held_out_curve: list[tuple[int, float]]


def can_learn(config: object) -> bool:
    """Say whether weights of a shape can learn a series: they must tell chances of colours."""
    return isinstance(config, GeneratorConfig) and config.kind == "unet" and config.chroma_head


def learn_series(
    weights: Weights,
    lesson: Lesson,
    budget: Budget,
    folder: Path,
    *,
    device: str = "auto",
    precision: Precision = "auto",
    jobs: int = 1,
    seed: int = 0,
    on_step: Callable[[float, int, int], object] = lambda progress, images_seen, batch: None,
) -> Learnt:
    """Let weights learn a series.

    Args:
        weights: Those to start from; their network is used up.
        lesson: What is learnt from.
        budget: How long.
        folder: For what the run writes: metrics, sheets, checkpoints.
        device: As `choose_device` takes it.
        precision: As `choose_precision` takes it.
        jobs: Threads that make samples.
        seed: Of everything random.
        on_step: As in `loop.train`.

    Raises:
        UsageError: The weights tell no chances of colours.
        MangacolorError: Training diverged.
    """
    network = weights.generator
    if not isinstance(network, UNetGenerator) or not can_learn(weights.config):
        raise UsageError(
            f"{weights.path}: weights without chances of colours cannot learn a series.",
            advice="Take weights of the default preset.",
        )
    config = series_config(network.config, seed)
    chosen = choose_device(device)
    fabric = launch(chosen, choose_precision(precision, chosen, learns=True))
    original = copy.deepcopy(network)
    teacher = teacher_of(original, fabric)
    torch.manual_seed(seed)
    let_learn(network.train(), LEARNING)
    even = np.full(len(lesson.panels), 1 / len(lesson.panels))
    data = TrainingData(lesson.panels, even, lesson.held_out)
    outcome = train(
        config, data, network, folder, budget, fabric=fabric,
        objective=SeriesObjective(config, teacher, lesson.others), jobs=jobs, on_step=on_step,
    )  # fmt: skip
    return Learnt(
        changes_of(outcome.average, original.cpu().state_dict()),
        outcome.images_seen,
        outcome.seconds,
        outcome.finished,
        outcome.curve("chroma_classes"),
        outcome.curve(VALIDATION),
    )


def series_config(generator: GeneratorConfig, seed: int) -> TrainConfig:
    """Return what a run computes that teaches weights of a shape a series."""
    return TrainConfig(
        generator=generator,
        loss=LossConfig(adversarial=0, oklab=10, chroma_classes=6, reduction=2),
        synthesis=SynthesisConfig(
            crop_share=CROP_SHARES, hints=0.1, panels=0, figures=0, free_tones=0.5, saturation=(1, 1)
        ),
        phases=(Phase(1.0, CROP_PX, BATCH),),
        generator_learning_rate=LEARNING_RATE,
        warmup_images=100,
        snapshots=VALIDATIONS,
        patience=PATIENCE,
        seed=seed,
    )
