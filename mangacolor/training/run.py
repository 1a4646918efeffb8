"""A training run from folder to weights: data checked, network built, loop run, weights and card written."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import torch
from lightning_fabric import Fabric
from torch import Tensor

from mangacolor import __version__
from mangacolor.books import write_atomically
from mangacolor.config import Precision, TrainConfig
from mangacolor.data.examples import Found, find_examples
from mangacolor.data.figures.store import load_drawings
from mangacolor.data.pictures import PictureShelf, sampling_weights, source_weight, split_by_series
from mangacolor.data.skin import cheek_colours
from mangacolor.errors import CannotWriteError, ModelFileError, UsageError
from mangacolor.models.nn import Network, UNetGenerator, build_network
from mangacolor.models.page_separator import PageSeparator
from mangacolor.models.tensors import choose_device, choose_precision
from mangacolor.models.weights import (
    SEPARATOR_NAME,
    WEIGHTS_NAME,
    Weights,
    find_face_weights,
    find_separator,
    find_weights,
    load_weights,
    read_recognition,
    save_weights,
)
from mangacolor.page.faces import FaceDetector
from mangacolor.page.ink import separate_by_closing
from mangacolor.recipes import to_dict
from mangacolor.training.card import write_card
from mangacolor.training.checkpoint import list_checkpoints
from mangacolor.training.likeness import FEWEST_PICTURES, fit_likeness
from mangacolor.training.loop import FABRIC_PRECISION, Outcome, train
from mangacolor.training.schedule import Budget
from mangacolor.training.validation import TrainingData

CHEEKS_NAME = "cheeks.json"


@dataclass(frozen=True)
class RunOptions:
    """What a run is started with, beyond what it computes.

    Attributes:
        data: Folder of examples.
        out: Folder of the run.
        budget: How long.
        resume: Go on from the newest checkpoint.
        init: Weights to start from.
        figures: Folder of drawings of people, as `mangacolor synthesize --figures` writes it; None for none.
        separator: Weights of the separator that takes the grey side of pairs apart; None for the installed one.
        semantics: File with the pretrained semantic features; None takes the installed weights' own.
        device: As `--device`.
        precision: As `--precision`.
        jobs: Threads that make samples.
        memory_bytes: How much memory decoded pictures may take.
        data_name: How the card calls the data; None for the folder's name.
        data_licence: Licence of the data, for the card.
    """

    data: Path
    out: Path
    budget: Budget
    resume: bool = False
    init: Path | None = None
    figures: Path | None = None
    separator: Path | None = None
    semantics: Path | None = None
    device: str = "auto"
    precision: Precision = "auto"
    jobs: int = 1
    memory_bytes: int = 8 << 30
    data_name: str | None = None
    data_licence: str | None = None


@dataclass(frozen=True)
class Report:
    """How a run ended, and where its weights lie: None when it was stopped, or in all processes but the first."""

    outcome: Outcome
    weights: Path | None


def run_training(
    config: TrainConfig,
    options: RunOptions,
    *,
    say: Callable[[str], object] = lambda line: None,
    on_picture: Callable[[int], object] = lambda total: None,
    on_step: Callable[[float, int, int], object] = lambda progress, images_seen, batch: None,
) -> Report:
    """Train a generator on a data folder and write its weights and card.

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
    found = find_examples(options.data)
    say(f"{options.data}: {found.describe()}.")
    data = _load(found, config, options, say, on_picture)
    network = _start(config, options)
    device = choose_device(options.device)
    precision = choose_precision(options.precision, device)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        origin = _origin(options)
        (options.out / "config.json").write_text(json.dumps(to_dict(config), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWriteError(f"{options.out}: {error.strerror}.", advice="Choose another --out.") from error
    fabric = _launch(device, precision)
    say(
        f"{len(data.pictures)} to learn from, {len(data.held_out)} held out; {device.type}, {precision}, "
        f"{torch.get_num_threads()} threads."
    )
    outcome = train(
        config, data, network, options.out, options.budget,
        fabric=fabric, jobs=options.jobs, resume=options.resume, on_step=on_step,
    )  # fmt: skip
    if not outcome.finished or not fabric.is_global_zero:
        return Report(outcome, None)
    facts = {
        "version": __version__,
        "command": shlex.join(["mangacolor", *sys.argv[1:]]),
        "images_seen": outcome.images_seen,
        "minutes": round(outcome.seconds / 60, 1),
        "machine": f"{device.type}, {precision}, {torch.get_num_threads()} threads",
        "seed": config.seed,
        "validation_loss": outcome.validation_loss,
        "data": options.data_name or options.data.name,
        "data_licence": options.data_licence or "unknown: that of the pictures it was trained on",
        "pictures": len(data.pictures),
        "sources": dict(Counter(str(PurePosixPath(example.name).parent) for example in found.examples)),
        "initialised_from": origin,
        "train_config": to_dict(config),
    }
    network.load_state_dict(outcome.generator)
    if isinstance(network, UNetGenerator) and config.generator.semantics and len(data.pictures) >= FEWEST_PICTURES:
        say("Finding out what tells the pictures apart.")
        fit_likeness(network, data.pictures, data.probabilities)
    path = options.out / (SEPARATOR_NAME if config.generator.kind == "separator" else WEIGHTS_NAME)
    digest = save_weights(path, network.state_dict(), config.generator, facts)
    write_atomically(path.with_suffix(".md"), write_card(facts, digest).encode())
    return Report(outcome, path)


def _relabelled(weights: Weights, new: dict[str, Tensor], labels: tuple[str, ...]) -> dict[str, Tensor]:
    """Return the parameters of weights, the head of the labels in the order of `labels`; new ones are as in `new`."""
    state = weights.network.state_dict()
    for name in ("label.weight", "label.bias"):
        if name in state and name in new:
            rows = new[name].clone()
            for row, label in enumerate(labels):
                if label in weights.config.labels:
                    rows[row] = state[name][weights.config.labels.index(label)]
            state[name] = rows
    return state


def _origin(options: RunOptions) -> str | None:
    """Return the name of the weights a run started from, also when it goes on."""
    note = options.out / "origin.json"
    if options.resume and note.exists():
        name: str | None = json.loads(note.read_text(encoding="utf-8"))
        return name
    name = options.init.name if options.init else None
    note.write_text(json.dumps(name) + "\n", encoding="utf-8")
    return name


def _launch(device: torch.device, precision: Precision) -> Fabric:
    """Start Fabric on one device, or, under torchrun, on those that it assigned."""
    local, world = (int(os.environ.get(name, "1")) for name in ("LOCAL_WORLD_SIZE", "WORLD_SIZE"))
    fabric = Fabric(
        # a chroma head whose loss is switched off goes unused, which plain DDP takes for an error
        strategy="ddp_find_unused_parameters_true" if world > 1 else "auto",
        accelerator=device.type,
        devices=[device.index] if device.index is not None else local,
        num_nodes=world // local,
        precision=FABRIC_PRECISION[precision],
    )
    fabric.launch()
    return fabric


def _load(
    found: Found,
    config: TrainConfig,
    options: RunOptions,
    say: Callable[[str], object],
    on_picture: Callable[[int], object],
) -> TrainingData:
    """Split and decode everything, so that a broken picture is named before the first step."""
    used = [example for example in found.examples if source_weight(example, config.source_weights) > 0]
    training, held_out = split_by_series(used, config.validation_percent)
    probabilities = sampling_weights(training, config.source_weights)
    separate = separate_by_closing if found.layout == "colour" else _separator(options)
    shelves = [PictureShelf(part, found.layout, separate) for part in (training, held_out)]
    for shelf in shelves:
        shelf.fill(options.memory_bytes, lambda: on_picture(len(used)))
    if config.face_sources:
        _tell_cheeks(shelves, config, options, say)
    figures = load_drawings(options.figures) if options.figures is not None else None
    if figures is not None:
        say(f"{options.figures}: {len(figures)} drawings of people.")
    return TrainingData(shelves[0], probabilities, shelves[1], figures)


def _tell_cheeks(
    shelves: Sequence[PictureShelf], config: TrainConfig, options: RunOptions, say: Callable[[str], object]
) -> None:
    """Look for faces in the pictures of `face_sources`, once for all runs in a folder, and tell the colour of skin."""
    note = options.out / CHEEKS_NAME
    cheeks = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    detector = FaceDetector(find_face_weights())
    for shelf in shelves:
        names = [example.name for example in shelf.examples]
        wanted = [any(fnmatch(name, glob) for glob in config.face_sources) for name in names]
        new = [index for index, name in enumerate(names) if wanted[index] and name not in cheeks]
        with ThreadPoolExecutor(options.jobs) as pool:
            found = pool.map(lambda index, shelf=shelf: cheek_colours(shelf[index].rgb, detector), new)
            cheeks |= {names[index]: colours for index, colours in zip(new, found, strict=True)}
        shelf.tell_cheeks(cheeks)
    options.out.mkdir(parents=True, exist_ok=True)
    write_atomically(note, json.dumps(cheeks).encode())
    say(f"{sum(map(bool, cheeks.values()))} of {len(cheeks)} pictures have faces whose skin is known.")


def _separator(options: RunOptions) -> PageSeparator:
    """Load the separator that colouring will use, so that both see the grey side of pairs alike."""
    device = choose_device(options.device)
    separator = load_weights(find_separator(options.separator)).separator
    return PageSeparator(separator, device, choose_precision(options.precision, device))


def _start(config: TrainConfig, options: RunOptions) -> Network:
    """Build the network and give it what is known before training."""
    if options.init is not None:
        weights = load_weights(options.init)
        wanted = config.generator
        if dataclasses.replace(weights.config, labels=wanted.labels) != wanted:
            raise UsageError(
                f"{options.init}: its network has another shape than the recipe's.",
                advice="Use the preset and recipe those weights were trained with.",
            )
        if weights.config == config.generator:
            return weights.network.train()
        torch.manual_seed(config.seed)
        labelled = build_network(config.generator)  # what is new in the head of the labels starts from nothing
        labelled.load_state_dict(_relabelled(weights, labelled.state_dict(), wanted.labels), strict=False)
        return labelled.train()
    torch.manual_seed(config.seed)
    network = build_network(config.generator)
    if isinstance(network, UNetGenerator) and config.generator.semantics:
        source = options.semantics or find_weights()
        try:
            recognition = read_recognition(source)
            network.semantics.load_state_dict(recognition.semantics)
            if recognition.likeness is not None:
                network.likeness.load_state_dict(recognition.likeness)
        except RuntimeError as error:
            raise ModelFileError(f"{source}: not the EfficientNet-Lite0 that the generator expects.") from error
    return network.train()
