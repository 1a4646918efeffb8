"""What a run remembers of itself besides its networks, in its checkpoints: where it began, and on which pictures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from mangacolor.data.examples import Found
from mangacolor.models.weight_files import read_weight_file
from mangacolor.training.options import RunOptions
from mangacolor.training.validation import TrainingData

Notes = dict[str, Any]
"""Plain values: `started_from` (a name or None), `habits` (of those weights, or None), `data` (name, digest of the list
and count of the pictures, of each folder that was learnt from), `held_out` (digests of files)."""


def take_notes(
    found: Found,
    data: TrainingData,
    options: RunOptions,
    earlier: Mapping[str, Any] | None,
    say: Callable[[str], object],
) -> Notes:
    """Return the notes of a run, those of its checkpoint included, and say so where it goes on with other pictures.

    Args:
        found: The data folder.
        data: What of it is learnt from and held out.
        options: Where the run starts from.
        earlier: The checkpoint that it goes on from.
        say: Told a line.
    """
    names = "\n".join([found.layout, *(example.name for example in found.examples)])
    here = {
        "name": options.data_name or options.data.name,
        "digest": hashlib.sha256(names.encode()).hexdigest()[:16],
        "pictures": len(data.pictures),
    }
    notes = _begun(options) if earlier is None else dict(earlier.get("notes") or _of_an_earlier_version(options))
    before = notes["data"]
    held_out = list(data.held_out_files)
    if before and before[-1]["digest"] != here["digest"]:
        say(
            f"Other pictures than this run began with: {before[-1]['name']} had {before[-1]['pictures']} to learn from."
        )
        held_out = [digest for digest in held_out if digest in notes["held_out"]]  # what has been learnt stays learnt
    elif before:
        before = before[:-1]
    return notes | {"data": [*before, here], "held_out": held_out}


def _begun(options: RunOptions) -> Notes:
    if options.init is None:
        return {"started_from": None, "habits": None, "data": []}
    habits = read_weight_file(options.init).facts.get("habits")
    return {"started_from": options.init.name, "habits": habits, "data": []}


def _of_an_earlier_version(options: RunOptions) -> Notes:
    """Return what a run of an earlier version noted beside its checkpoints."""
    note = options.out / "origin.json"
    name = json.loads(note.read_text(encoding="utf-8")) if note.exists() else None
    return {"started_from": name, "habits": None, "data": []}
