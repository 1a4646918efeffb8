"""A few layers that learn on while the rest of a network stays as it is, and what they learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mangacolor.models.changes import Array


def let_learn(network: nn.Module, parts: Sequence[str]) -> None:
    """Freeze a network but for some parts.

    Args:
        network: Changed in place.
        parts: Beginnings of the names of what learns.
    """
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(tuple(parts)))


def changes_of(after: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> dict[str, Array]:
    """Return what has to be added to a network's state to get another, by the names of what differs."""
    return {
        name: (after[name].cpu() - tensor.cpu()).float().numpy()
        for name, tensor in before.items()
        if tensor.is_floating_point() and not torch.equal(after[name].cpu(), tensor.cpu())
    }
