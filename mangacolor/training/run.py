"""A training run from folder to weights: data checked, network built, loop run, weights and card written."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch.nn.parallel import DistributedDataParallel

from mangacolor import __version__
from mangacolor.books import write_atomically
from mangacolor.config import Precision, Recipe, TrainConfig
from mangacolor.data.examples import Found, find_examples
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.data.splits import sources_of
from mangacolor.errors import CannotWriteError, UsageError
from mangacolor.models.nn import UNetGenerator
from mangacolor.models.tensors import choose_device, choose_precision
from mangacolor.models.weight_files import read_weight_file
from mangacolor.models.weights import save_weights
from mangacolor.recipes import recipe_from_dict, to_dict
from mangacolor.training.card import write_card
from mangacolor.training.checkpoint import list_checkpoints
from mangacolor.training.habits import measure_habits
from mangacolor.training.likeness import FEWEST_PICTURES, fit_likeness
from mangacolor.training.loading import load_data
from mangacolor.training.loop import Outcome, train
from mangacolor.training.notes import Notes, notes_before, take_notes
from mangacolor.training.objectives import build_objective
from mangacolor.training.options import RunOptions
from mangacolor.training.resuming import finished_before, load_earlier, weights_path
from mangacolor.training.starting import find_teacher, keeping_labels, start_network
from mangacolor.training.validation import TrainingData

FABRIC_PRECISION: dict[str, Literal["32-true", "bf16-mixed", "16-mixed"]] = {
    "fp32": "32-true",
    "bf16": "bf16-mixed",
    "fp16": "16-mixed",
}

LONGEST_WAIT = timedelta(hours=3)
"""For the first process, which alone checks every picture, looks for faces and validates, while the others wait."""


@dataclass(frozen=True)
class Report:
    """How a run ended.

    Attributes:
        outcome: What the loop returned.
        weights: Where its weights lie; None when it was stopped, and in all processes but the first.
        process: Which process says so, counted from 0.
    """

    outcome: Outcome
    weights: Path | None
    process: int = 0


def run_training(
    config: Recipe,
    options: RunOptions,
    *,
    say: Callable[[str], object] = lambda line: None,
    on_picture: Callable[[int], object] = lambda total: None,
    on_step: Callable[[float, int, int], object] = lambda progress, images_seen, batch: None,
) -> Report:
    """Train a network on a data folder and write its weights and card.

    Under `torchrun` every process calls this. The first one checks the data, writes and talks; the others only learn.

    Args:
        config: What to compute.
        options: Where, how long and on what.
        say: Told one line about each thing found or decided.
        on_picture: Called for each picture checked, with the total.
        on_step: Called after each training step, as in `loop.train`.

    Raises:
        BadInputError: The data folder is not usable; the message names the file.
        UsageError: Options contradict each other or an earlier run in `out`.
        ModelFileError: Weights or checkpoint missing or damaged.
        CannotWriteError: The run's folder cannot be written.
    """
    if list_checkpoints(options.out) and not options.resume:
        raise UsageError(f"{options.out}: already holds a run.", advice="Go on with --resume, or choose another --out.")
    earlier = load_earlier(config, options.out) if options.resume else None
    config = _with_labels(config, options, earlier)
    device = choose_device(options.device)
    precision = choose_precision(options.precision, device, learns=True)
    fabric = launch(device, precision)
    is_first = fabric.is_global_zero
    if not is_first:
        say = on_picture = on_step = _ignore
    if earlier is not None:
        done = finished_before(config, options.budget, options.out, earlier)
        if done is not None:
            say(f"{options.out}: this run is finished; its weights stay as they are.")
            return Report(done, weights_path(config, options.out) if is_first else None, fabric.global_rank)
    objective = build_objective(config, find_teacher(config, options, fabric))
    network = start_network(config, options)
    found = find_examples(options.data)
    for line in (f"{options.data}: {found.describe()}.", *found.notes):
        say(line)
    before = notes_before(options, earlier)
    data = load_data(found, config, options, fabric, precision, say, on_picture, before["learnt"])
    notes = take_notes(found, data, options, before, say)
    if is_first:
        _begin_folder(config, options)
    processes = f", {fabric.world_size} processes" if fabric.world_size > 1 else ""
    machine = f"{device.type}, {precision}, {torch.get_num_threads()} threads{processes}"
    # Series stay whole, so that what is held out may be far more than is asked for.
    share = len(data.held_out) / (len(data.pictures) + len(data.held_out))
    held_out = f"{len(data.held_out)} held out ({share:.0%}, {config.validation_percent} % asked for)"
    say(f"{len(data.pictures)} to learn from, {held_out}; {machine}.")
    outcome = train(
        config, data, network, options.out, options.budget, fabric=fabric, objective=objective,
        jobs=options.jobs, earlier=earlier, notes=notes, on_step=on_step,
    )  # fmt: skip
    if not outcome.finished or not is_first:
        return Report(outcome, None, fabric.global_rank)
    facts = _facts(config, options, found, data, outcome, notes) | {"machine": machine}
    network.load_state_dict(outcome.average)
    if isinstance(network, UNetGenerator) and len(data.pictures) >= FEWEST_PICTURES:
        if network.config.semantics:
            say("Finding out what tells the pictures apart.")
            fit_likeness(network, data.pictures, data.probabilities)
        if network.config.chroma_head and isinstance(config, TrainConfig):
            say("Finding out which colours it is in the habit of.")
            facts["habits"] = _habits(network, config, data)
    path = weights_path(config, options.out)
    digest = save_weights(path, network.state_dict(), config.network, facts)
    write_atomically(path.with_suffix(".md"), write_card(facts, digest).encode(), elsewhere="--out")
    return Report(outcome, path)


def _with_labels(config: Recipe, options: RunOptions, earlier: Mapping[str, Any] | None) -> Recipe:
    """Return the config with the labels of what the run starts or goes on from."""
    if earlier is not None:
        return keeping_labels(config, recipe_from_dict(earlier["config"], name=str(options.out)).network)
    return config if options.init is None else keeping_labels(config, read_weight_file(options.init).config)


def _facts(
    config: Recipe, options: RunOptions, found: Found, data: TrainingData, outcome: Outcome, notes: Notes
) -> dict[str, Any]:
    """Return what the weights and their card say of a run; of few pictures, the habits of the weights it began with."""
    facts = {
        "version": __version__,
        "command": shlex.join(["mangacolor", *sys.argv[1:]]),
        "images_seen": outcome.images_seen,
        "minutes": round(outcome.seconds / 60, 1),
        "seed": config.seed,
        "validation_loss": outcome.validation_loss,
        "data": ", then ".join(part["name"] for part in notes["data"]),
        "data_licence": options.data_licence or "unknown: that of the pictures it was trained on",
        "pictures": len(data.pictures),
        "sources": sources_of(found.examples),
        "held_out": notes["held_out"],
        "learnt": notes["learnt"],
        "learnt_is_all": notes["learnt_is_all"],
        "initialised_from": notes["started_from"],
        "colours_kept_from": options.teacher.name if options.teacher else None,
        "train_config": to_dict(config),
    }
    return facts if notes["habits"] is None else facts | {"habits": notes["habits"]}


def _habits(network: UNetGenerator, config: TrainConfig, data: TrainingData) -> list[float]:
    """Return how likely the classes are to a network on fresh pages like those it learnt from, without hints."""
    synthesis = dataclasses.replace(config.synthesis, bank=0, hints=0.0)
    stock = Stock(data.pictures, data.probabilities, None, data.figures)
    samples = ColourSamples(stock, config.phases[-1].crop_px, synthesis, config.seed)
    return [round(float(chance), 6) for chance in measure_habits(network.eval(), samples)]


def _ignore(*told: object) -> None:
    """Tell nobody: another process does."""


def launch(device: torch.device, precision: Precision) -> Fabric:
    """Start Fabric on one device, or, under torchrun, on those that it assigned."""
    local, world = (int(os.environ.get(name, "1")) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    strategy: DDPStrategy | str = "auto"
    if world > 1:
        # Statistics of batch norm are those of the first process: brought into line at every call, they would change
        # before the backward pass. Newer versions of torch have another name for that.
        is_new = "forward_sync_buffers" in inspect.signature(DistributedDataParallel).parameters
        settings: dict[str, Any] = {"forward_sync_buffers" if is_new else "broadcast_buffers": False}
        # A chroma head whose loss is switched off goes unused, which plain DDP takes for an error.
        strategy = DDPStrategy(find_unused_parameters=True, timeout=LONGEST_WAIT, **settings)
    fabric = Fabric(
        strategy=strategy,
        accelerator=device.type,
        devices=[device.index] if device.index is not None else local,
        num_nodes=world // local,
        precision=FABRIC_PRECISION[precision],
    )
    fabric.launch()
    return fabric


def _begin_folder(config: Recipe, options: RunOptions) -> None:
    """Make the run's folder with its config."""
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "config.json").write_text(json.dumps(to_dict(config), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWriteError(f"{options.out}: {error.strerror}.", advice="Choose another --out.") from error
