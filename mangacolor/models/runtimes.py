"""What runs the networks: torch, or ONNX Runtime where torch is not installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal, Protocol

from mangacolor.config import Precision
from mangacolor.errors import UsageError
from mangacolor.models.backend import Backend, PlaneSeparator
from mangacolor.models.cores import multiply_alone
from mangacolor.models.heap import share_heap

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


def open_generator(
    runtime: Runtime,
    weights: Path | None,
    device: str,
    precision: Precision,
    changes: Path | None = None,
    *,
    seed: int | None = None,
) -> tuple[Backend, Origin]:
    """Load a generator, and return it with its weights.

    Args:
        runtime: `auto` takes torch where it is installed, else ONNX Runtime.
        weights: Its weights; None for those installed.
        device: Where torch computes.
        precision: What torch computes in; ONNX Runtime computes in fp32.
        changes: Changes to lay over the weights; see `models.changes`.
        seed: Of the noise that it is to paint with.

    Raises:
        UsageError: The runtime is not installed, or cannot compute there or so, or with noise.
        ModelFileError: Weights are missing, damaged or of another kind, or the changes are for others.
    """
    if _takes_torch(runtime, device, precision):
        from mangacolor.models import torch_backend

        return torch_backend.open_generator(weights, device, precision, changes)
    from mangacolor.models import onnx_backend

    onnx_backend.refuse_noise(seed)
    return onnx_backend.open_generator(weights, changes)


def open_separator(
    runtime: Runtime, separator: Path | None, device: str, precision: Precision
) -> tuple[PlaneSeparator, Origin]:
    """Load a separator, and return it with its weights; see `open_generator`."""
    if _takes_torch(runtime, device, precision):
        from mangacolor.models import torch_backend

        return torch_backend.open_separator(separator, device, precision)
    from mangacolor.models import onnx_backend

    return onnx_backend.open_separator(separator)


def check_computes(runtime: Runtime, device: str, precision: Precision, *, seed: int | None = None) -> None:
    """See that there is what is to compute, without loading any weights.

    Raises:
        UsageError: The runtime is not installed, there is no such device, or they and the seed do not go together.
    """
    if not _takes_torch(runtime, device, precision):
        from mangacolor.models.onnx_backend import refuse_noise

        refuse_noise(seed)
    elif device not in ("auto", "cpu"):
        from mangacolor.models.tensors import choose_device

        choose_device(device)


def _takes_torch(runtime: Runtime, device: str, precision: Precision) -> bool:
    """Make the process ready to compute, and say whether that is by torch rather than ONNX Runtime.

    Raises:
        UsageError: The runtime is not installed, or cannot compute there or so.
    """
    share_heap()
    multiply_alone()
    has_torch = importlib.util.find_spec("torch") is not None
    if runtime == "torch" and not has_torch:
        raise UsageError("torch is not installed.", advice="pip install torch, or use the runtime onnx.")
    if runtime == "torch" or (runtime == "auto" and has_torch):
        return True
    if device not in ("auto", "cpu") or precision not in ("auto", "fp32"):
        raise UsageError("ONNX Runtime computes on the CPU, in fp32.", advice="Use the runtime torch for others.")
    try:
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise UsageError("ONNX Runtime is not installed.", advice="pip install onnxruntime") from error
    return False
