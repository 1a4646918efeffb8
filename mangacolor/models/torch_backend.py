"""The networks at work in torch, for those who speak arrays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mangacolor.config import Precision
from mangacolor.models.backend import Guess, Planes, Traits, lack_of_memory_told
from mangacolor.models.bands import work_in_bands
from mangacolor.models.changes import ADAPTED
from mangacolor.models.nn import Generated, Separator, UNetGenerator
from mangacolor.models.noise import let_in_noise, noise
from mangacolor.models.tensors import (
    autocast,
    choose_device,
    choose_precision,
    pad_to_multiple,
    to_array,
    to_tensor,
    unpad,
)
from mangacolor.models.weight_files import find_separator, find_weights, habits_of
from mangacolor.models.weights import Weights, load_weights

FloatArray = NDArray[np.float32]

if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    # The threads that torch computes with are not there in a forked process, which would wait for them for ever.
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


class TorchSeparator:
    """A separator in torch; see `PlaneSeparator`.

    Args:
        network: The trained separator.
        device: Where it computes.
        precision: Resolved arithmetic, see `tensors.choose_precision`.
    """

    def __init__(self, network: Separator, device: torch.device, precision: Precision) -> None:
        self._network = network.eval().to(device).to(memory_format=torch.channels_last)
        self._device, self._precision = device, precision
        self.multiple, self.reach_px = network.multiple, network.reach_px

    def separate(self, gray: FloatArray) -> Planes:
        """Take a page (H, W), or a band of one, apart; see `PlaneSeparator.separate`."""
        page = to_tensor(gray).to(self._device, memory_format=torch.channels_last)
        with lack_of_memory_told(), torch.inference_mode(), autocast(self._device, self._precision):
            said = self._network(page)
            planes = (plane[0, 0].clamp(0, 1).float().cpu().numpy() for plane in (said.ink, said.tone, said.share))
            return Planes(*planes)


class TorchBackend:
    """A generator in torch, with the weights that it came from; see `Backend`.

    Args:
        weights: Those of a generator.
        device: Where it computes.
        precision: Resolved arithmetic.

    Raises:
        ModelFileError: The weights are those of a separator.
    """

    def __init__(self, weights: Weights, device: torch.device, precision: Precision) -> None:
        self._generator = weights.generator.to(device).to(memory_format=torch.channels_last)
        let_in_noise(self._generator)
        self._device, self._precision = device, precision
        self.device, self.is_on_cuda = str(device), device.type == "cuda"
        config, generator = weights.generator.config, self._generator
        if isinstance(generator, UNetGenerator):
            bins = generator.bins.cpu().numpy() if config.chroma_head else None
            self.traits = Traits(
                config.panel_px, generator.chroma_stride, bins, tuple(config.labels), describes=config.semantics,
                habits=habits_of(weights.facts), has_learnt=ADAPTED in weights.facts,
            )  # fmt: skip
        else:
            self.traits = Traits(config.panel_px)

    def generate(self, conditions: FloatArray, *, band_rows: int | None = None, seed: int | None = None) -> list[Guess]:
        """Predict the colour under the ink; see `Backend.generate`."""
        seen = torch.from_numpy(np.ascontiguousarray(conditions)).permute(0, 3, 1, 2)
        with (
            lack_of_memory_told(), torch.inference_mode(), autocast(self._device, self._precision),
            noise(seed, self._device),
        ):  # fmt: skip
            seen = seen.to(self._device, memory_format=torch.channels_last)
            if band_rows is None or not isinstance(self._generator, UNetGenerator):
                generated = self._generator(seen)
            else:
                generated = paint_in_bands(self._generator, seen, band_rows)
            return [_guess(generated.page(number)) for number in range(len(conditions))]

    def describe(self, gray: FloatArray) -> FloatArray:
        """Say what the cells of a grey picture show; see `Backend.describe`."""
        if not isinstance(self._generator, UNetGenerator):
            raise ValueError("this generator has no semantic features")
        with lack_of_memory_told(), torch.inference_mode(), autocast(self._device, self._precision):
            features = self._generator.semantics(to_tensor(gray).to(self._device))
            shown: Tensor = self._generator.likeness(features)
            return np.asarray(shown.float().cpu().numpy())


class _Halves:
    """A generator as `work_in_bands` takes it."""

    def __init__(self, generator: UNetGenerator) -> None:
        self._generator = generator
        self.multiple, self.cell_px = generator.multiple, generator.chroma_stride
        self.stem_px = generator.config.stem_stride
        self.consider = generator.consider

    def encode(self, condition: Tensor) -> list[Tensor]:
        smallest, others = self._generator.encode(condition)
        return [smallest, *others]

    def decode(self, considered: Tensor, others: Sequence[Tensor]) -> list[Tensor]:
        rows, columns = (side * self.stem_px for side in others[0].shape[2:])
        return [
            plane for plane in self._generator.decode(considered, list(others), (rows, columns)) if plane is not None
        ]

    def join(self, rows: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(rows), dim=2)


def paint_in_bands(generator: UNetGenerator, condition: Tensor, rows: int) -> Generated:
    """Predict the colour of a page (1, 6, h, w), `rows` rows at a time in work; see `work_in_bands`."""
    condition, size = pad_to_multiple(condition, generator.multiple)
    colour, *logits = work_in_bands(_Halves(generator), condition, rows)
    cells = (-(-size[0] // generator.chroma_stride), -(-size[1] // generator.chroma_stride))
    said = iter(unpad(plane, cells) for plane in logits)
    has_heads = (generator.config.chroma_head, generator.label is not None)
    return Generated(unpad(colour, size), *(next(said) if has_head else None for has_head in has_heads))


def open_generator(
    weights: Path | None, device: str, precision: Precision, changes: Path | None = None
) -> tuple[TorchBackend, Weights]:
    """Load a generator to compute in torch, and return it with its weights.

    Args:
        weights: Its weights; None for those installed.
        device: As `choose_device` takes it.
        precision: As `choose_precision` takes it.
        changes: Changes to lay over the weights.

    Raises:
        ModelFileError: Weights are missing, damaged or of another kind, or the changes are for others.
        UsageError: There is no such device.
    """
    chosen = choose_device(device)
    arithmetic = choose_precision(precision, chosen)
    loaded = load_weights(find_weights(weights), changes)
    return TorchBackend(loaded, chosen, arithmetic), loaded


def open_separator(separator: Path | None, device: str, precision: Precision) -> tuple[TorchSeparator, Weights]:
    """Load a separator to compute in torch, and return it with its weights; see `open_generator`."""
    chosen = choose_device(device)
    arithmetic = choose_precision(precision, chosen)
    loaded = load_weights(find_separator(separator))
    return TorchSeparator(loaded.separator, chosen, arithmetic), loaded


def _guess(generated: Generated) -> Guess:
    """Turn what is generated of one picture, (1, C, h, w) each, into arrays."""
    return Guess(to_array(generated.colour), *(None if cells is None else to_array(cells) for cells in generated[1:]))
