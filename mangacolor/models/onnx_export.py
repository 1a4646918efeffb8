"""Networks as ONNX graphs, for runtimes that need no torch.

A generator becomes four graphs, so that a page can go through band by band as in `models.bands`: `encode`, `consider`
and `decode` are the three parts of the network, `describe` tells what cells show, as `Backend.describe` has it. A
separator is one graph. Sizes are open: any number of pages, sides that are multiples of what the network needs. What a
runtime has to know of the network besides stands in the metadata of the graphs.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mangacolor.books import file_atomically, write_atomically
from mangacolor.config import CONDITION_CHANNELS
from mangacolor.errors import UsageError
from mangacolor.models.nn import Separator, UNetGenerator
from mangacolor.models.onnx_backend import FACTS_NAME, FORMAT, GRAPHS
from mangacolor.models.weight_files import find_separator, find_weights
from mangacolor.models.weights import Weights, load_weights
from mangacolor.recipes import to_dict

OPSET = 18
"""Newest set of operators that all runtimes of the last years know."""

_PREFIX = "network."
"""What the names of the numbers of a graph have before those of the state of its network."""

DESCRIBED_MULTIPLE = 32
"""Sides of pictures that cells are described of are multiples of this."""

_TRIED_CELLS = 5
"""Sides of what a graph is recorded with, in multiples; small, and unlike any number of channels."""


@dataclass(frozen=True)
class _Graph:
    """What is exported: a module, inputs to record it with, names of both ends, and the axes whose size is open."""

    name: str
    module: nn.Module
    inputs: tuple[Tensor, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    shapes: tuple[dict[int, Any], ...]


def export_weights(weights: Weights, folder: Path) -> list[Path]:
    """Write the networks of a weights file as ONNX graphs, each whole or not at all.

    Args:
        weights: A generator of the default preset, or a separator.
        folder: Gets `encode.onnx`, `consider.onnx`, `decode.onnx` and `describe.onnx`, or `separator.onnx`; made if it
            is missing, and files of these names are written over.

    Raises:
        UsageError: The package `onnxscript` is missing, or the weights are of a preset that cannot be exported.
        CannotWriteError: No right or no space.
    """
    if importlib.util.find_spec("onnxscript") is None:
        raise UsageError("Exporting needs the packages onnx and onnxscript.", advice='pip install "mangacolor[onnx]"')
    network = weights.network
    if isinstance(network, Separator):
        graphs = [_separator(network)]
    elif isinstance(network, UNetGenerator) and network.config.semantics and network.config.chroma_head:
        graphs = _generator(network)
    else:
        raise UsageError(
            f"{weights.path}: generators without semantic features or colour classes cannot be exported.",
            advice="Give weights of the default preset.",
        )
    return [_write(graph, folder, weights) for graph in graphs]


def export_empty(weights: Weights, folder: Path) -> list[Path]:
    """Write the graphs of a weights file without its numbers; see `export_weights` for the arguments and errors."""
    import onnx

    written = export_weights(weights, folder)
    index = folder / FACTS_NAME
    facts = json.loads(index.read_text(encoding="utf-8")) if index.exists() else {}
    state = {*weights.network.state_dict(), "bins"}
    for path in written:
        model = onnx.load(path)
        numbers = [one for one in model.graph.initializer if one.name.removeprefix(_PREFIX) in state]
        for tensor in numbers:
            size = len(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            for key, value in (("location", "weights"), ("offset", "0"), ("length", str(size))):
                tensor.external_data.add(key=key, value=value)
        for node in (*model.graph.node, *model.graph.input, *model.graph.output):
            del node.metadata_props[:]
            node.doc_string = ""
        del model.graph.value_info[:], model.graph.metadata_props[:]
        del model.metadata_props[:]
        facts[path.stem] = {**_facts(weights), "numbers": [tensor.name for tensor in numbers]}
        write_atomically(path, model.SerializeToString(), elsewhere="--out")
    write_atomically(index, (json.dumps(facts, indent=1) + "\n").encode(), elsewhere="--out")
    return written


def _facts(weights: Weights) -> dict[str, Any]:
    """Say what a runtime has to know of a network besides its graphs."""
    network = weights.network
    assert isinstance(network, (Separator, UNetGenerator))
    facts = {"format": FORMAT, "config": to_dict(weights.config), "multiple": network.multiple}
    return {**facts, "reach_px": network.reach_px} if isinstance(network, Separator) else facts


def _write(graph: _Graph, folder: Path, weights: Weights) -> Path:
    facts = {**_facts(weights), "digest": weights.digest, "facts": weights.facts}
    target = folder / f"{graph.name}.onnx"
    with file_atomically(target, elsewhere="--out") as partial, _quiet(), torch.inference_mode():
        program = torch.onnx.export(
            graph.module.eval(),
            graph.inputs,
            dynamo=True,
            opset_version=OPSET,
            input_names=graph.input_names,
            output_names=graph.output_names,
            dynamic_shapes=graph.shapes,
            verbose=False,
        )
        assert program is not None
        told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in facts.items()}
        program.model.metadata_props.update(told)
        program.save(partial, external_data=False)
    return target


class _Encode(nn.Module):
    """Condition to the features at the smallest size and those at all others."""

    def __init__(self, network: UNetGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, condition: Tensor) -> tuple[Tensor, ...]:
        smallest, others = self.network.encode(condition)
        return smallest, *others


class _Consider(nn.Module):
    """The smallest features, with a view of the whole page."""

    def __init__(self, network: UNetGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, smallest: Tensor) -> Tensor:
        return self.network.consider(smallest)


class _Decode(nn.Module):
    """Features to colour, and to logits of classes and of labels."""

    def __init__(self, network: UNetGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, smallest: Tensor, others: Sequence[Tensor]) -> tuple[Tensor, ...]:
        stem = self.network.config.stem_stride
        height, width = others[0].shape[-2] * stem, others[0].shape[-1] * stem
        return tuple(
            plane for plane in self.network.decode(smallest, list(others), (height, width)) if plane is not None
        )


class _Describe(nn.Module):
    """A grey picture to what its cells show; see `Likeness`."""

    def __init__(self, network: UNetGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, gray: Tensor) -> Tensor:
        shown: Tensor = self.network.likeness(self.network.semantics(gray))
        return shown


class _Separate(nn.Module):
    """A grey page to ink, tone and how far they are to be taken."""

    def __init__(self, network: Separator) -> None:
        super().__init__()
        self.network = network

    def forward(self, page: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        separated = self.network(page)
        return separated.ink.clamp(0.0, 1.0), separated.tone.clamp(0.0, 1.0), separated.share


def _generator(network: UNetGenerator) -> list[_Graph]:
    multiple, stem = network.multiple, network.config.stem_stride
    pages, rows, columns = (torch.export.Dim(name, min=1) for name in ("pages", "rows", "columns"))

    def sides(stride: int) -> dict[int, Any]:
        cells = multiple // stride
        return {0: pages, 2: cells * rows if cells > 1 else rows, 3: cells * columns if cells > 1 else columns}

    strides = [stem << level for level in range(len(network.decoder))]
    side = _TRIED_CELLS * multiple
    condition = torch.rand(2, CONDITION_CHANNELS, side, side + multiple)
    with torch.inference_mode():
        smallest, others = network.encode(condition)
    names = tuple(f"features_{stride}" for stride in strides)
    labels = ("label_logits",) if network.label is not None else ()
    across, down = (torch.export.Dim(name, min=1) for name in ("across", "down"))
    picture = {2: DESCRIBED_MULTIPLE * down, 3: DESCRIBED_MULTIPLE * across}
    shown = torch.rand(1, 1, _TRIED_CELLS * DESCRIBED_MULTIPLE, (_TRIED_CELLS + 1) * DESCRIBED_MULTIPLE)
    return [
        _Graph("encode", _Encode(network), (condition,), ("condition",), ("smallest", *names), (sides(1),)),
        _Graph("consider", _Consider(network), (smallest,), ("smallest",), ("considered",), (sides(multiple),)),
        _Graph(
            "decode",
            _Decode(network),
            (smallest, tuple(others)),  # type: ignore[arg-type]
            ("considered", *names),
            ("colour", "chroma_logits", *labels),
            (sides(multiple), tuple(sides(stride) for stride in strides)),  # type: ignore[arg-type]
        ),
        _Graph("describe", _Describe(network), (shown,), ("gray",), ("keys",), (picture,)),
    ]


def _separator(network: Separator) -> _Graph:
    rows, columns = (torch.export.Dim(name, min=1) for name in ("rows", "columns"))
    side = _TRIED_CELLS * network.multiple
    return _Graph(
        "separator",
        _Separate(network),
        (torch.rand(1, 1, side, side + network.multiple),),
        ("page",),
        ("ink", "tone", "share"),
        ({2: network.multiple * rows, 3: network.multiple * columns},),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter tells about itself from the screen."""
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        exporter.setLevel(level)


if __name__ == "__main__":
    for place in (find_separator(), find_weights()):
        export_empty(load_weights(place), GRAPHS)
