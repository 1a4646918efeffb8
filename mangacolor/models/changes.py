"""Changes of weights that were learnt from one series: a small file beside it, laid over the weights it was made for.

Numbers alone, in half precision, so that whatever runs the networks can use them: they are added before it starts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from mangacolor.books import write_atomically
from mangacolor.errors import ModelFileError
from mangacolor.models.weight_files import WeightFile

CHANGES_FORMAT = 1

ADAPTED = "adapted"
"""What the facts of weights that have learnt a series say of it."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Changes:
    """What is in a file of changes.

    Attributes:
        path: Where it lies.
        added: What is added to weights, by their names.
        weights: Digest of the weights that it was made for.
        facts: What is told of how it was learnt.
        digest: SHA-256 of the file.
    """

    path: Path
    added: dict[str, Array]
    weights: str
    facts: dict[str, Any]
    digest: str


def write_changes(path: Path, added: Mapping[str, Array], weights: str, facts: Mapping[str, Any]) -> int:
    """Write changes, whole or not at all.

    Args:
        path: Where to.
        added: By the names of the weights.
        weights: Digest of the weights that they were made for.
        facts: JSON-able facts of how they were learnt.

    Returns:
        Bytes written.

    Raises:
        CannotWriteError: No right or no space; what was there stays.
    """
    arrays = {name: np.ascontiguousarray(array, dtype=np.float16) for name, array in added.items()}
    header = {"format": CHANGES_FORMAT, "weights": weights, "facts": dict(facts)}
    data = safetensors.numpy.save(arrays, metadata={"mangacolor": json.dumps(header)})
    write_atomically(path, data, elsewhere="--series")
    return len(data)


def read_changes(path: Path) -> Changes:
    """Read a file of changes.

    Raises:
        ModelFileError: It is damaged, or newer than this program.
    """
    advice = f"Delete {path}, and learn again: mangacolor adapt."
    try:
        data = path.read_bytes()
        with safetensors.safe_open(str(path), framework="numpy") as file:
            header = json.loads((file.metadata() or {})["mangacolor"])
            version = int(header["format"])
            if version > CHANGES_FORMAT:
                raise ModelFileError(
                    f"{path}: format {version} is newer than this mangacolor knows ({CHANGES_FORMAT}).",
                    advice="Update mangacolor.",
                )
            added = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        return Changes(path, added, str(header["weights"]), dict(header["facts"]), sha256(data).hexdigest())
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError, OSError) as error:
        raise ModelFileError(f"{path}: damaged: {error}.", advice=advice) from error


def laid_over(file: WeightFile, changes: Changes) -> WeightFile:
    """Return weights with changes laid over them; in single precision where they are.

    Raises:
        ModelFileError: The changes were made for other weights.
    """
    if changes.weights != file.digest:
        raise ModelFileError(
            f"{changes.path}: was learnt for other weights than {file.path}.",
            advice=f"Learn again with these, mangacolor adapt, use those as `weights`, or delete {changes.path}.",
        )
    tensors = dict(file.tensors)
    try:
        for name, added in changes.added.items():
            tensors[name] = tensors[name].astype(np.float32) + added.astype(np.float32).reshape(tensors[name].shape)
    except (KeyError, ValueError) as error:
        raise ModelFileError(
            f"{changes.path}: does not fit {file.path}: {error}.", advice="Learn again: mangacolor adapt."
        ) from error
    digest = sha256(f"{file.digest} {changes.digest}".encode()).hexdigest()
    # What colours the weights were in the habit of is no longer so.
    facts = {name: value for name, value in file.facts.items() if name != "habits"} | {ADAPTED: changes.facts}
    return replace(file, tensors=tensors, facts=facts, digest=digest)
