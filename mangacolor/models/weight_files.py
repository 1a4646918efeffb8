"""Files of weights: where they lie, and what is in them, whatever runs the networks.

A file holds the tensors of an averaged generator, or of the separator, as half-precision safetensors; its header
carries the network's config, the facts of its training and a digest over all of it. Nothing in it can run code.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray

from mangacolor.config import NetworkConfig
from mangacolor.config.networks import RETIRED_SETTINGS
from mangacolor.errors import MangacolorError, ModelFileError
from mangacolor.recipes import network_from_dict

WEIGHTS_VARIABLE = "MANGACOLOR_WEIGHTS"
SEPARATOR_VARIABLE = "MANGACOLOR_SEPARATOR"
WEIGHTS_NAME = "mangacolor.safetensors"
SEPARATOR_NAME = "separator.safetensors"
FACES_NAME = "faces.safetensors"
FORMAT = "mangacolor-generator-1"

_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class WeightFile:
    """What is in a file of weights.

    Attributes:
        path: Where it lies.
        tensors: State of the network, as stored.
        config: Shape of the network.
        facts: What the card says: images seen, minutes, seed, command, data, licence.
        digest: SHA-256 over config, facts and tensors, as in the header.
    """

    path: Path
    tensors: dict[str, NDArray[Any]]
    config: NetworkConfig
    facts: dict[str, Any]
    digest: str


def find_weights(path: Path | None = None) -> Path:
    """Find the weights to use: the path given, `$MANGACOLOR_WEIGHTS`, the installed copy, the checkout's.

    Raises:
        ModelFileError: None of them exists, or the one asked for does not.
    """
    place = _asked_for(path, "weights", WEIGHTS_VARIABLE) or _installed(WEIGHTS_NAME)
    if place is None:
        raise ModelFileError(
            "No weights are installed.",
            advice=f"Name a file as `weights` or in ${WEIGHTS_VARIABLE}, or reinstall the package: its wheel has them.",
        )
    return place


def find_separator(path: Path | None = None) -> Path:
    """Find the separator to use: the path given, `$MANGACOLOR_SEPARATOR`, the installed copy, the checkout's.

    Raises:
        ModelFileError: None of them exists, or the one asked for does not.
    """
    place = _asked_for(path, "separator", SEPARATOR_VARIABLE) or _installed(SEPARATOR_NAME)
    if place is None:
        raise ModelFileError(
            "No separator is installed.",
            advice=f"Name one as `separator` or in ${SEPARATOR_VARIABLE}, or reinstall the package: the wheel has it.",
        )
    return place


def find_face_weights() -> Path:
    """Find the weights of the face detector to use: the installed copy, or the checkout's.

    Raises:
        ModelFileError: None of them exists.
    """
    place = _installed(FACES_NAME)
    if place is None:
        raise ModelFileError(
            "No face detector is installed.", advice="Reinstall the package: its wheel contains the face detector."
        )
    return place


def read_weight_file(path: Path) -> WeightFile:
    """Read a weights file and check it whole.

    Raises:
        ModelFileError: The file is missing, damaged, no weights of mangacolor, or of another version.
    """
    try:
        with safetensors.safe_open(path, framework="np") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except FileNotFoundError as error:
        raise ModelFileError(f"{path}: no such weights file.", advice="Correct its path.") from error
    except (OSError, TypeError, ValueError, safetensors.SafetensorError, struct.error) as error:
        raise ModelFileError(f"{path}: not a readable weights file: {error}.", advice="Get the file again.") from error
    if header.get("format") != FORMAT:
        raise ModelFileError(
            f"{path}: not weights of mangacolor.", advice=f"`mangacolor train` writes them; expected format {FORMAT}."
        )
    if digest_of(tensors, header) != header.get("digest"):
        raise ModelFileError(f"{path}: the weights are damaged (wrong digest).", advice="Get the file again.")
    try:
        shape = {name: value for name, value in json.loads(header["config"]).items() if name not in RETIRED_SETTINGS}
        config = network_from_dict(shape, name=str(path))
        return WeightFile(path, tensors, config, json.loads(header["facts"]), header["digest"])
    except (KeyError, ValueError, MangacolorError) as error:
        raise unfit(path, error) from error


def habits_of(facts: Mapping[str, Any]) -> NDArray[np.float32] | None:
    """Return how likely each class is to a generator on pages as it was trained on, (B,); None in older files."""
    habits = facts.get("habits")
    return None if habits is None else np.asarray(habits, np.float32)


def unfit(path: Path, error: Exception) -> ModelFileError:
    """Return the error for weights whose network is another than this version knows."""
    return ModelFileError(
        f"{path}: these weights do not fit this version of mangacolor: {error}.",
        advice="Use the version they were made with, or the weights that come with this one.",
    )


def digest_of(tensors: Mapping[str, NDArray[Any]], header: Mapping[str, str]) -> str:
    """Hash config, facts and tensors with their names, types and shapes, in a fixed order."""
    digest = hashlib.sha256()
    for key in ("format", "config", "facts"):
        digest.update(f"{key}={header.get(key)}\n".encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} torch.{tensor.dtype.name} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()


def _asked_for(path: Path | None, option: str, variable: str) -> Path | None:
    """Return the file that an option or a variable of the environment names, None if neither does."""
    asked = path or (Path(os.environ[variable]) if os.environ.get(variable) else None)
    if asked is not None and not asked.is_file():
        place = f"`{option}`, the option or the line of the config file" if path else f"${variable}"
        raise ModelFileError(f"{asked}: no such weights file.", advice=f"Correct {place}.")
    return asked


def _installed(name: str) -> Path | None:
    places = (_PACKAGE / "_weights" / name, _PACKAGE.parent / "weights" / name)
    return next((place for place in places if place.is_file()), None)
