"""What runs the networks: torch, or ONNX Runtime where torch is not installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal, Protocol

from mangacolor.config import Precision
from mangacolor.errors import UsageError
from mangacolor.models.backend import Backend, PlaneSeparator
from mangacolor.models.cores import multiply_alone, share_heap

Runtime = Literal["auto", "torch", "onnx"]


class Origin(Protocol):
    """Weights that networks were loaded from."""

    @property
    def path(self) -> Path:
        """Where they lie."""

    @property
    def facts(self) -> dict[str, object]:
        """What their card says."""

    @property
    def digest(self) -> str:
        """SHA-256 over all of them."""


def open_networks(
    runtime: Runtime,
    weights: Path | None,
    separator: Path | None,
    device: str,
    precision: Precision,
    changes: Path | None = None,
) -> tuple[Backend, Origin, PlaneSeparator, Origin]:
    """Load a generator and a separator, and return each with its weights.

    Args:
        runtime: `auto` takes torch where it is installed, else ONNX Runtime.
        weights: Of the generator; None for those installed.
        separator: Of the separator; None for those installed.
        device: Where torch computes.
        precision: What torch computes in; ONNX Runtime computes in fp32.
        changes: Changes to lay over the generator's weights; see `models.changes`.

    Raises:
        UsageError: The runtime is not installed, or cannot compute there or so.
        ModelFileError: Weights are missing, damaged or of another kind, or the changes are for others.
    """
    share_heap()
    multiply_alone()
    has_torch = importlib.util.find_spec("torch") is not None
    if runtime == "torch" and not has_torch:
        raise UsageError("torch is not installed.", advice="pip install torch, or use --runtime onnx.")
    if runtime == "torch" or (runtime == "auto" and has_torch):
        from mangacolor.models.torch_backend import open_torch

        return open_torch(weights, separator, device, precision, changes)
    if device not in ("auto", "cpu") or precision not in ("auto", "fp32"):
        raise UsageError("ONNX Runtime computes on the CPU, in fp32.", advice="Use --runtime torch for others.")
    from mangacolor.models.onnx_backend import open_onnx

    return open_onnx(weights, separator, changes)
