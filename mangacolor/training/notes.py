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
and count of the pictures, of each folder that was learnt from), `held_out` and `learnt` (digests of files, also of
those that the weights it began with learnt), `learnt_is_all` (False where something on the way did not list them)."""


def notes_before(options: RunOptions, earlier: Mapping[str, Any] | None) -> Notes:
    """Return what is known of a run before its pictures are read: of its checkpoint, or of the weights it starts from.

    Args:
        options: Where the run starts from.
        earlier: The checkpoint that it goes on from.
    """
    if earlier is not None:
        return {"learnt": [], "learnt_is_all": False} | (earlier.get("notes") or _of_an_earlier_version(options))
    if options.init is None:
        return {"started_from": None, "habits": None, "data": [], "learnt": [], "learnt_is_all": True}
    facts = read_weight_file(options.init).facts
    return {
        "started_from": options.init.name,
        "habits": facts.get("habits"),
        "data": [],
        "learnt": facts.get("learnt", []),
        "learnt_is_all": facts.get("learnt_is_all", False),
    }


def take_notes(
    found: Found, data: TrainingData, options: RunOptions, before: Notes, say: Callable[[str], object]
) -> Notes:
    """Return the notes of a run, and say where it goes on with other pictures or its loss may flatter.

    Args:
        found: The data folder.
        data: What of it is learnt from and held out.
        options: How the data is called.
        before: What `notes_before` returned.
        say: Told a line.
    """
    names = "\n".join([found.layout, *(example.name for example in found.examples)])
    here = {
        "name": options.data_name or options.data.name,
        "digest": hashlib.sha256(names.encode()).hexdigest()[:16],
        "pictures": len(data.pictures),
    }
    parts, held_out = before["data"], list(data.held_out_files)
    if parts and parts[-1]["digest"] != here["digest"]:
        say(f"Other pictures than this run began with: {parts[-1]['name']} had {parts[-1]['pictures']} to learn from.")
        if not before["learnt_is_all"]:  # then only what was held out is known not to have been learnt
            held_out = [digest for digest in held_out if digest in before["held_out"]]
    elif parts:
        parts = parts[:-1]
    if held_out and not before["learnt_is_all"]:
        start = before["started_from"] or "This run's checkpoint"
        say(f"{start} does not list all that it learnt: if pictures held out are among it, their loss flatters.")
    learnt = sorted({*before["learnt"], *data.learnt_files})
    return before | {"data": [*parts, here], "held_out": held_out, "learnt": learnt}


def _of_an_earlier_version(options: RunOptions) -> Notes:
    """Return what a run of an earlier version noted beside its checkpoints."""
    note = options.out / "origin.json"
    name = json.loads(note.read_text(encoding="utf-8")) if note.exists() else None
    return {"started_from": name, "habits": None, "data": []}
