"""The networks at work in ONNX Runtime, which needs no torch.

The graphs in `GRAPHS` are those of the default preset without their numbers; the numbers come from a weights file, so
that any weights of that shape run. `onnx_export` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mangacolor.config import GeneratorConfig
from mangacolor.errors import ModelFileError, UsageError
from mangacolor.image.color import chroma_bins
from mangacolor.models.backend import Guess, Planes, Traits, lack_of_memory_told
from mangacolor.models.bands import work_in_bands
from mangacolor.models.changes import ADAPTED, laid_over, read_changes
from mangacolor.models.cores import cores, share_of
from mangacolor.models.padding import padded
from mangacolor.models.weight_files import WeightFile, find_separator, find_weights, habits_of, read_weight_file
from mangacolor.recipes import to_dict

FloatArray = NDArray[np.float32]

FORMAT = "mangacolor-onnx-1"

GRAPHS = Path(__file__).resolve().parent / "graphs"
GENERATOR_GRAPHS = ("encode", "consider", "decode", "describe")
SEPARATOR_GRAPH = "separator"

WITHOUT_EFFECT = ("dropout", "trained_semantics", "panel_px")
"""Settings of a network that leave its graphs as they are."""

FACTS_NAME = "graphs.json"
"""Of each graph: the config of its network, the multiple its sides have, the names of its numbers."""


class _Graph:
    """One graph, ready to run with the numbers of a weights file.

    Raises:
        ModelFileError: The weights are those of another network.
    """

    def __init__(self, name: str, file: WeightFile, threads: int) -> None:
        import onnxruntime

        path = GRAPHS / f"{name}.onnx"
        self.facts = _all_facts()[name]
        if _shape_of(self.facts["config"]) != _shape_of(to_dict(file.config)):
            raise ModelFileError(
                f"{file.path}: ONNX Runtime knows networks of the default preset alone; this is another one.",
                advice="Use the runtime torch.",
            )
        options = _options(threads)
        state = {**file.tensors, "bins": chroma_bins()}
        names = self.facts["numbers"]
        numbers = [np.ascontiguousarray(state[one.removeprefix("network.")], dtype=np.float32) for one in names]
        options.add_external_initializers(names, [onnxruntime.OrtValue.ortvalue_from_numpy(one) for one in numbers])
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._inputs = [one.name for one in self._session.get_inputs()]

    def __call__(self, *planes: FloatArray) -> list[FloatArray]:
        fed = {name: np.ascontiguousarray(plane) for name, plane in zip(self._inputs, planes, strict=True)}
        with lack_of_memory_told():
            return list(self._session.run(None, fed))


def refuse_noise(seed: int | None) -> None:
    """Refuse to paint with noise.

    Raises:
        UsageError: There is a seed: graphs have no noise.
    """
    if seed is not None:
        raise UsageError("ONNX Runtime paints without noise.", advice="Leave `seed` out, or use the runtime torch.")


class OnnxSeparator:
    """A separator in ONNX Runtime; see `PlaneSeparator`. It works alone, on all cores."""

    def __init__(self, file: WeightFile) -> None:
        self._graph = _Graph(SEPARATOR_GRAPH, file, cores())
        self.multiple, self.reach_px = self._graph.facts["multiple"], self._graph.facts["reach_px"]

    def separate(self, gray: FloatArray) -> Planes:
        """Take a page (H, W), or a band of one, apart; see `PlaneSeparator.separate`."""
        height, width = gray.shape
        seen = padded(gray[None, None], self.multiple, (2, 3))
        return Planes(*(plane[0, 0, :height, :width] for plane in self._graph(seen)))


class OnnxBackend:
    """A generator in ONNX Runtime; see `Backend`. It has the share of the cores that several views at once leave it.

    Args:
        file: Weights of the default preset.

    Raises:
        ModelFileError: They are of another preset.
    """

    device, is_on_cuda = "cpu", False

    def __init__(self, file: WeightFile) -> None:
        config = file.config
        if not isinstance(config, GeneratorConfig):
            raise ModelFileError(
                f"{file.path}: a separator, which colours nothing.", advice="Give the weights of a generator."
            )
        graphs = [_Graph(name, file, share_of(cores())) for name in GENERATOR_GRAPHS]
        self._encode, self._consider, self._decode, self._describe = graphs
        self.multiple: int = self._encode.facts["multiple"]
        self.stem_px, self.cell_px = config.stem_stride, config.chroma_stride
        self.traits = Traits(
            config.panel_px, config.chroma_stride, chroma_bins(), tuple(config.labels), describes=True,
            habits=habits_of(file.facts), has_learnt=ADAPTED in file.facts,
        )  # fmt: skip

    def generate(self, conditions: FloatArray, *, band_rows: int | None = None, seed: int | None = None) -> list[Guess]:
        """Predict the colour under the ink; see `Backend.generate`.

        Raises:
            UsageError: A seed: graphs have no noise.
        """
        refuse_noise(seed)
        height, width = conditions.shape[1:3]
        seen = padded(conditions.transpose(0, 3, 1, 2), self.multiple, (2, 3))
        if band_rows is None:
            smallest, *others = self.encode(seen)
            planes = self.decode(self.consider(smallest), others)
        else:
            planes = work_in_bands(self, seen, band_rows)
        rows, columns = (-(-side // self.traits.cell_px) for side in (height, width))
        colour, *logits = (plane.transpose(0, 2, 3, 1) for plane in planes)
        return [
            Guess(colour[number, :height, :width], *(one[number, :rows, :columns] for one in logits))
            for number in range(len(conditions))
        ]

    def describe(self, gray: FloatArray) -> FloatArray:
        """Say what the cells of a grey picture show; see `Backend.describe`."""
        return self._describe(gray[None, None])[0]

    def encode(self, condition: FloatArray) -> list[FloatArray]:
        """Return the features at the smallest size, and all others; see `bands.Halves`."""
        return self._encode(condition)

    def consider(self, smallest: FloatArray) -> FloatArray:
        """Refine the smallest features."""
        return self._consider(smallest)[0]

    def decode(self, considered: FloatArray, others: Sequence[FloatArray]) -> list[FloatArray]:
        """Return colour and logits."""
        return self._decode(considered, *others)

    def join(self, rows: Sequence[FloatArray]) -> FloatArray:
        """Lay planes below each other."""
        return np.concatenate(rows, axis=2)


def open_generator(weights: Path | None, changes: Path | None = None) -> tuple[OnnxBackend, WeightFile]:
    """Load a generator to compute in ONNX Runtime, and return it with its weights.

    Args:
        weights: Its weights; None for those installed.
        changes: Changes to lay over them.

    Raises:
        ModelFileError: Weights are missing, damaged or of another kind, or the changes are for others.
    """
    file = read_weight_file(find_weights(weights))
    if changes is not None:
        file = laid_over(file, read_changes(changes))
    return OnnxBackend(file), file


def open_separator(separator: Path | None) -> tuple[OnnxSeparator, WeightFile]:
    """Load a separator to compute in ONNX Runtime, and return it with its weights; None takes those installed.

    Raises:
        ModelFileError: Weights are missing, damaged or of another kind.
    """
    file = read_weight_file(find_separator(separator))
    return OnnxSeparator(file), file


@cache
def _all_facts() -> dict[str, dict[str, Any]]:
    facts: dict[str, dict[str, Any]] = json.loads((GRAPHS / FACTS_NAME).read_text(encoding="utf-8"))
    return facts


def _shape_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a graph depends on of a network's config."""
    shape = {name: value for name, value in config.items() if name not in WITHOUT_EFFECT}
    shape["labels"] = len(config.get("labels", ()))
    shape["deep_labels"] = len(config.get("deep_labels", ()))
    shape["label_blocks"] = config.get("label_blocks", 0)
    told: dict[str, Any] = json.loads(json.dumps(shape))  # tuples are lists there
    return told


def _options(threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Threads that spin while they wait take the cores from what else is found on the page meanwhile.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Pages have all sizes: plans and arenas kept for each would only fill the memory.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    return options
