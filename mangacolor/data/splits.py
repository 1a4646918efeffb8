"""Which pictures are learnt from and which are held out, and how weights know that later."""

from __future__ import annotations

import fnmatch
import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from mangacolor.data.examples import Example, Found
from mangacolor.errors import BadInputError, UsageError

SMALLEST_SERIES_SPLIT = 10
"""Folders with fewer pictures train whole: one picture would tell nothing."""

MARKS = "_- "
"""What parts a series from its pages in names; the first that a name has counts."""

EARLIER_MARKS = "_"
"""The same for weights that carry no list of what was held out, and for the episodes of comics that are scored."""

DIGITS = 16
"""Letters kept of the SHA-256 of a file that was held out."""


def split(examples: Sequence[Example], validation_percent: int) -> tuple[list[Example], list[Example]]:
    """Split examples into training and validation, by series where that holds anything out, else by pictures.

    Where it does not, all being pages of one series or in small folders, the last pictures are held out: at least one
    of `SMALLEST_SERIES_SPLIT`. The split depends on names alone.
    """
    training, validation = split_by_series(examples, validation_percent)
    if validation or len(examples) < SMALLEST_SERIES_SPLIT:
        return training, validation
    left = len(examples) - math.ceil(len(examples) * validation_percent / 100)
    return list(examples[:left]), list(examples[left:])


def split_by_series(
    examples: Sequence[Example], validation_percent: int, marks: str = MARKS
) -> tuple[list[Example], list[Example]]:
    """Split examples into training and validation, folder by folder, never inside a series.

    The last series of each folder (an episode, a story; see `series_of`) are held out until they make up
    `validation_percent` of it; folders of fewer than ten pictures or of a single series train whole. The split depends
    on names alone.
    """
    folders: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        folders[str(PurePosixPath(example.name).parent)].append(example)
    training: list[Example] = []
    validation: list[Example] = []
    for members in folders.values():
        wanted = len(members) * validation_percent / 100 if len(members) >= SMALLEST_SERIES_SPLIT else 0
        series: defaultdict[str, list[Example]] = defaultdict(list)
        for member in members:
            series[series_of(member, marks)].append(member)
        groups = list(series.values())
        held: list[Example] = []
        while len(held) < wanted and len(groups) > 1:  # the first series always trains
            held = groups.pop() + held
        training += [member for group in groups for member in group]
        validation += held
    return training, validation


def series_of(example: Example, marks: str = EARLIER_MARKS) -> str:
    """Return what stands before the last mark of an example's name: the episode or story it belongs to."""
    stem = PurePosixPath(example.name).stem
    mark = next((mark for mark in marks if mark in stem), None)
    return stem if mark is None else stem.rpartition(mark)[0]


def source_weight(example: Example, source_weights: Mapping[str, float]) -> float:
    """Return the sampling weight of an example: that of the first glob its name matches, else 1."""
    return next((weight for glob, weight in source_weights.items() if fnmatch.fnmatch(example.name, glob)), 1.0)


def sources_of(examples: Iterable[Example]) -> dict[str, int]:
    """Count examples by the folder they lie in."""
    return dict(Counter(str(PurePosixPath(example.name).parent) for example in examples))


def file_digest(path: Path) -> str:
    """Return what a list of pictures that are held out says of a file.

    Raises:
        BadInputError: It cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGITS]
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}.") from error


def held_out_examples(found: Found, facts: Mapping[str, Any]) -> list[Example]:
    """Return the examples that were held out when weights with these facts were trained.

    Weights list the files that were held out, so that they are known wherever they lie. Those of earlier versions do
    not: then the split is made again, by the recipe, which is right for the very folder they were trained on.

    Raises:
        UsageError: The weights list nothing, and were trained on another folder.
    """
    listed = facts.get("held_out")
    if listed is not None:
        known = frozenset(listed)
        return [example for example in found.examples if file_digest(example.target) in known]
    if facts.get("sources", sources_of(found.examples)) != sources_of(found.examples):
        raise UsageError(
            "These weights do not list what was held out, and were trained on another folder than this one.",
            advice="Give the folder they were trained on, or leave out --held-out.",
        )
    recipe = facts.get("train_config", {})
    weights = recipe.get("source_weights", {})
    used = [example for example in found.examples if source_weight(example, weights) > 0]
    return split_by_series(used, recipe.get("validation_percent", 0), EARLIER_MARKS)[1]
