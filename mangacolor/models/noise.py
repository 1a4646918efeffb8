"""Pix2pix's noise z: dropout that is at work while a page is painted, from random numbers of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn

_NUMBERS: ContextVar[torch.Generator | None] = ContextVar("numbers of the noise", default=None)
"""Of this thread; None where there is no noise. Dropout by itself asks torch's own, which all threads share."""


def let_in_noise(network: nn.Module) -> None:
    """Let the dropout of a network be at work within `noise`, though the network does not learn."""
    for layer in network.modules():
        if isinstance(layer, (nn.Dropout, nn.Dropout2d)) and _drop not in layer._forward_hooks.values():
            layer.register_forward_hook(_drop)


@contextmanager
def noise(seed: int | None, device: torch.device) -> Iterator[None]:
    """Let this thread paint with noise; networks of `let_in_noise` have it.

    What torch draws from elsewhere, and what others paint meanwhile, stays as it is.

    Args:
        seed: The same seed drops the same; None for no noise.
        device: Where the network computes.
    """
    numbers = None if seed is None else torch.Generator(device).manual_seed(seed)
    token = _NUMBERS.set(numbers)
    try:
        yield
    finally:
        _NUMBERS.reset(token)


def _drop(layer: nn.Module, _: Any, passed: Tensor) -> Tensor:
    """Drop what dropout would drop that is seeded alike: whole channels where it is for pictures."""
    numbers = _NUMBERS.get()
    if numbers is None or layer.training or not isinstance(layer, (nn.Dropout, nn.Dropout2d)) or not layer.p:
        return passed
    shape = (*passed.shape[:2], 1, 1) if isinstance(layer, nn.Dropout2d) else passed.shape
    kept = torch.empty(shape, dtype=passed.dtype, device=passed.device).bernoulli_(1 - layer.p, generator=numbers)
    return passed * kept.div_(1 - layer.p)
