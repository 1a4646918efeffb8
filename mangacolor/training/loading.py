"""The data of a run, read by each process as far as it needs it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

import torch
from lightning_fabric import Fabric

from mangacolor.books import write_atomically
from mangacolor.config import Precision, Recipe, TrainConfig
from mangacolor.data.examples import LAYOUT_ADVICE, Example, Found
from mangacolor.data.figures.store import load_drawings
from mangacolor.data.pictures import Picture, PictureShelf, Separate, sampling_weights
from mangacolor.data.skin import cheek_colours
from mangacolor.data.splits import MARKS, SMALLEST_SERIES_SPLIT, file_digest, series_of, source_weight, split
from mangacolor.errors import BadInputError
from mangacolor.models.page_separator import PageSeparator
from mangacolor.models.torch_backend import TorchSeparator
from mangacolor.models.weight_files import find_face_weights, find_separator
from mangacolor.models.weights import load_weights
from mangacolor.page.faces import FaceDetector
from mangacolor.page.ink import separate_by_closing
from mangacolor.page.kinds import is_colored
from mangacolor.training.options import RunOptions
from mangacolor.training.validation import TrainingData
from mangacolor.training.workers import draws_by_processes, separate_in_workers_too

CHEEKS_NAME = "cheeks.json"


def load_data(
    found: Found,
    config: Recipe,
    options: RunOptions,
    fabric: Fabric,
    precision: Precision,
    say: Callable[[str], object],
    on_picture: Callable[[int], object],
    learnt: Collection[str] = (),
) -> TrainingData:
    """Split the examples and make them ready to be drawn.

    The first process decodes them all, so that a broken picture is named before the first step, and has what is held
    out; the others decode what they draw.

    Args:
        found: The examples.
        config: Which of them are used, and where faces are looked for.
        options: Where things are, and how much memory there is.
        fabric: The processes.
        precision: In which the separator takes pairs apart.
        say: Told one line about each thing found.
        on_picture: Called for each picture checked, with the total.
        learnt: Digests of files that the network knows already: none of them is held out.

    Raises:
        BadInputError: A picture is broken, a pair does not match, or pictures to learn colours from are grey.
        ModelFileError: Weights are missing or damaged.
    """
    figures = load_drawings(options.figures) if options.figures is not None else None
    if figures is not None:
        say(f"{options.figures}: {len(figures)} drawings of people.")
    used = [example for example in found.examples if source_weight(example, config.source_weights) > 0]
    training, held_out = split(used, config.validation_percent)
    if config.validation_percent:
        _say_how_split(training, held_out, say)
    digests: dict[str, str] = {}
    if fabric.is_global_zero:
        digests = {example.name: file_digest(example.target) for example in used}
        known = {*learnt, *(digests[example.name] for example in training)}
        held_out = _never_learnt(held_out, digests, known, say)
    separate = separate_by_closing if found.layout == "colour" else _separator(options, fabric, precision)
    room_bytes = options.memory_bytes // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    shelves = [PictureShelf(part, found.layout, separate) for part in (training, held_out)]
    gray: list[str] = []
    if fabric.is_global_zero:
        for shelf in reversed(shelves):  # what is held out is little, and all of it is looked at again and again
            gray = _fill(shelf, room_bytes, lambda: on_picture(len(training) + len(held_out))) + gray
            room_bytes = shelf.room_bytes
    else:
        shelves = [shelves[0], PictureShelf([], found.layout)]
        # Each process that draws for this one keeps pictures of its own.
        workers = options.jobs if draws_by_processes(fabric.device, options.jobs) else 1
        shelves[0].make_room(room_bytes // workers)
    fabric.barrier()
    if isinstance(config, TrainConfig):
        if found.layout == "colour":
            _pass_over(shelves, fabric.broadcast(gray), options, say)
        _tell_of_people(shelves, config, options, fabric, say)
    probabilities = sampling_weights(shelves[0].examples, config.source_weights)
    learnt_files, held_out_files = (
        tuple(digests[example.name] for example in shelf.examples if example.name in digests) for shelf in shelves
    )
    return TrainingData(shelves[0], probabilities, shelves[1], figures, held_out_files, learnt_files)


def _tell_of_people(
    shelves: Sequence[PictureShelf],
    config: TrainConfig,
    options: RunOptions,
    fabric: Fabric,
    say: Callable[[str], object],
) -> None:
    """Let the shelves know whose skin is known and where people are looked for."""
    if config.face_sources:
        cheeks = _find_cheeks(shelves, config, options, say) if fabric.is_global_zero else {}
        cheeks = fabric.broadcast(cheeks)
        for shelf in shelves:
            shelf.tell_cheeks(cheeks)
    for shelf in shelves:
        shelf.tell_people(config.people_sources)


def _never_learnt(
    held_out: Sequence[Example], digests: Mapping[str, str], known: Collection[str], say: Callable[[str], object]
) -> list[Example]:
    """Return what is held out and was never learnt. The rest is not learnt now either: resumed runs stay the same."""
    unknown = [example for example in held_out if digests[example.name] not in known]
    if len(unknown) < len(held_out):
        count = f"{len(held_out) - len(unknown)} of {len(held_out)}"
        say(f"{count} pictures held out are left out: they, or copies of them, were learnt, and their loss flatters.")
    return unknown


def _say_how_split(training: Sequence[Example], held_out: Sequence[Example], say: Callable[[str], object]) -> None:
    """Say where what is held out is no series of its own, which flatters its loss, or where there is nothing."""
    if not held_out:
        say(f"Nothing is held out: there are fewer than {SMALLEST_SERIES_SPLIT} pictures.")
        return
    known = {_book_of(example) for example in training}
    alike = [example.name for example in held_out if _book_of(example) in known]
    if alike:
        count = f"{len(alike)} of {len(held_out)} pictures held out"
        say(f"{count} are of series that are learnt from, such as {alike[0]}: their loss flatters.")


def _book_of(example: Example) -> tuple[str, str]:
    """Return the folder and the series of an example. Pages that have a number for a name are one series."""
    path = PurePosixPath(example.name)
    return str(path.parent), "" if path.stem.isdecimal() else series_of(example, MARKS)


def _fill(shelf: PictureShelf, room_bytes: int, on_picture: Callable[[], object]) -> list[str]:
    """Decode every picture of a shelf; returns the names of those without colour."""
    gray: list[str] = []

    def look(name: str, picture: Picture) -> None:
        if not is_colored(picture.rgb):
            gray.append(name)
        on_picture()

    shelf.fill(room_bytes, look)
    return gray


def _pass_over(
    shelves: Sequence[PictureShelf], gray: Sequence[str], options: RunOptions, say: Callable[[str], object]
) -> None:
    """Leave out pictures that no colours can be learnt from; the split stays, so that what is held out is known."""
    if not gray:
        return
    for shelf in shelves:
        shelf.pass_over(frozenset(gray))
    if not shelves[0]:
        raise BadInputError(
            f"{options.data}: the pictures are grey.", advice="Colours are learnt from pictures in colour: add some."
        )
    say(f"{len(gray)} grey picture{'s' * (len(gray) != 1)} passed over.")
    say(f"The first is {gray[0]}. If it is another one as drawn, the two are a pair. {LAYOUT_ADVICE}")


def _find_cheeks(
    shelves: Sequence[PictureShelf], config: TrainConfig, options: RunOptions, say: Callable[[str], object]
) -> dict[str, Any]:
    """Look for faces in the pictures of `face_sources`, once for all runs in a folder; returns the colours of skin."""
    note = options.out / CHEEKS_NAME
    cheeks: dict[str, Any] = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    detector = FaceDetector(find_face_weights())
    for shelf in shelves:
        names = [example.name for example in shelf.examples]
        wanted = [any(fnmatch(name, glob) for glob in config.face_sources) for name in names]
        new = [index for index, name in enumerate(names) if wanted[index] and name not in cheeks]
        with ThreadPoolExecutor(options.jobs) as pool:
            found = pool.map(lambda index, shelf=shelf: cheek_colours(shelf[index].rgb, detector), new)
            cheeks |= {names[index]: colours for index, colours in zip(new, found, strict=True)}
    options.out.mkdir(parents=True, exist_ok=True)
    write_atomically(note, json.dumps(cheeks).encode(), elsewhere="--out")
    say(f"{sum(map(bool, cheeks.values()))} of {len(cheeks)} pictures have faces whose skin is known.")
    return cheeks


def _separator(options: RunOptions, fabric: Fabric, precision: Precision) -> Separate:
    """Load the separator that colouring will use, so that both see the grey side of pairs alike."""
    path = find_separator(options.separator)

    def build(device: torch.device, precision: Precision) -> PageSeparator:
        return PageSeparator(TorchSeparator(load_weights(path).separator, device, precision))

    return separate_in_workers_too(build, fabric.device, precision, options.jobs)
