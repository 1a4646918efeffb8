"""Processes that draw samples beside a GPU: when there are any, and what they cannot use."""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch.utils.data import get_worker_info

from mangacolor.config import Precision
from mangacolor.data.pictures import Separate


def draws_by_processes(device: torch.device, jobs: int) -> bool:
    """Say whether samples for a device are drawn by processes that are forked, not by threads."""
    return device.type == "cuda" and sys.platform == "linux" and jobs > 1


def separate_in_workers_too(
    build: Callable[[torch.device, Precision], Separate], device: torch.device, precision: Precision, jobs: int
) -> Separate:
    """Return what takes pages apart on a device, and on the CPU in processes that draw samples for it.

    CUDA cannot be used in a process that was forked after its start. There the CPU answers, in fp32: the same up to
    rounding, and slowly, as pages come to these processes only where memory does not keep them all.

    Args:
        build: Makes what takes pages apart on a device.
        device: That of this process.
        precision: Of the arithmetic there.
        jobs: Threads or processes that draw samples.
    """
    here = build(device, precision)
    if not draws_by_processes(device, jobs):
        return here
    there = build(torch.device("cpu"), "fp32")
    return lambda gray: (here if get_worker_info() is None else there)(gray)
