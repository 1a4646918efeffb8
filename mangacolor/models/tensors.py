"""From arrays to tensors and back, padding to the size a network needs, and the choice of device and precision."""

from __future__ import annotations

import os
import time
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mangacolor.config import Precision
from mangacolor.errors import UsageError
from mangacolor.models.cuda_cards import can_use_cuda

# Large tensors come from fresh memory each time; in huge pages the system hands it out about a fifth faster.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

TRIAL_CHANNELS, TRIAL_SIDE, TRIAL_TIMES = 96, 24, 24
"""The convolution by which fp32 and bf16 are compared, about as the generator has many, and how often it is done: it is
short, so that some of them are not interrupted where other programs are at work."""

LEAST_GAIN = 1.15
"""How many times as fast a CPU must be in bf16 for it to be chosen: less is not worth other roundings."""


def to_tensor(array: NDArray[np.float32]) -> Tensor:
    """Turn an (H, W, C) or (H, W) array into a (1, C, H, W) tensor in channels-last memory."""
    tensor = torch.from_numpy(np.array(array, order="C"))  # a copy: a mirrored 1 px wide view counts as contiguous
    tensor = tensor[..., None] if tensor.ndim == 2 else tensor
    return tensor[None].permute(0, 3, 1, 2)


def to_array(tensor: Tensor) -> NDArray[np.float32]:
    """Turn a (1, C, H, W) tensor on any device into an (H, W, C) float32 array."""
    array: NDArray[np.float32] = tensor[0].detach().permute(1, 2, 0).float().cpu().numpy()
    return np.ascontiguousarray(array)


def pad_to_multiple(tensor: Tensor, multiple: int) -> tuple[Tensor, tuple[int, int]]:
    """Enlarge (N, C, h, w) at the bottom and the right until both sides divide by `multiple`.

    The border is mirrored; where the picture is smaller than the border needed, its edge is
    repeated instead.

    Returns:
        The padded tensor, and the (h, w) to give to `unpad`.
    """
    height, width = tensor.shape[-2:]
    bottom, right = -height % multiple, -width % multiple
    mode = "reflect" if bottom < height and right < width else "replicate"
    padded = functional.pad(tensor, (0, right, 0, bottom), mode=mode) if bottom or right else tensor
    return padded, (height, width)


def unpad(tensor: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut a padded (N, C, h, w) tensor back to `size`."""
    return tensor[..., : size[0], : size[1]]


def choose_device(name: str = "auto") -> torch.device:
    """Pick the device for a `--device` value: the one place that knows about CUDA.

    Args:
        name: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.

    Raises:
        UsageError: The name is unknown or this machine has no such device.
    """
    if name == "auto":
        name = "cuda" if can_use_cuda() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, colon, index = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (colon and not (kind == "cuda" and index.isdecimal())):
        raise UsageError(f"Unknown device `{name}`.", advice="Choose auto, cpu, cuda, cuda:N or mps.")
    if kind == "cuda" and not (torch.cuda.is_available() and int(index or 0) < torch.cuda.device_count()):
        found = f"{torch.cuda.device_count()} CUDA devices" if torch.cuda.is_available() else "no CUDA device"
        raise UsageError(f"`{name}` was asked for, but torch finds {found}.", advice="Use the device auto or cpu.")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise UsageError("`mps` was asked for, but this machine has none.", advice="Use the device auto or cpu.")
    return torch.device(name)


def choose_precision(name: Precision, device: torch.device, *, learns: bool = False) -> Precision:
    """Resolve `auto` to the fastest arithmetic that `device` computes in hardware.

    On GPUs fp16 is as fast as bf16 and far nearer to fp32 (docs/gpu.md); but gradients need the range of bf16. On CPUs
    it is bf16 only with AVX512-BF16 or AMX, without which it is emulated, and if a convolution gains by it: by
    AVX512-BF16 alone some compute half as fast as in fp32, and others nearly twice.

    Args:
        name: What was asked for.
        device: Where it is computed.
        learns: Whether gradients are computed, too.
    """
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if learns and torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if device.type == "cpu" and _cpu_gains_by_bf16():
        return "bf16"
    return "fp32"


@cache
def _cpu_gains_by_bf16() -> bool:
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    if not any(bool(getattr(torch.cpu, probe, lambda: False)()) for probe in probes):
        return False
    times: dict[torch.dtype, list[float]] = {torch.float32: [], torch.bfloat16: []}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several would wait for each other
    with torch.inference_mode():
        for _ in range(TRIAL_TIMES):  # in turns, so that what else is at work does not slow one of them alone
            for dtype, taken in times.items():
                taken.append(_trial_seconds(dtype))
    torch.set_num_threads(threads)
    return min(times[torch.float32]) > LEAST_GAIN * min(times[torch.bfloat16])


def _trial_seconds(dtype: torch.dtype) -> float:
    """Return how long a convolution takes that is like those of the generator, computed in `dtype`."""
    shown = torch.ones(1, TRIAL_CHANNELS, TRIAL_SIDE, TRIAL_SIDE).to(dtype, memory_format=torch.channels_last)
    kernel = torch.ones(TRIAL_CHANNELS, TRIAL_CHANNELS, 3, 3).to(dtype, memory_format=torch.channels_last)
    begun = time.perf_counter()
    functional.conv2d(shown, kernel, padding=1)
    return time.perf_counter() - begun


AUTOCAST_DTYPES: dict[str, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Return the context in which a network computes at a resolved precision."""
    return torch.autocast(device.type, AUTOCAST_DTYPES.get(precision, torch.bfloat16), enabled=precision != "fp32")
