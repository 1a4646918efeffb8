"""A few numbers that change many: layers that learn a low-rank change of their weights, and nothing else.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2022), for convolutions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from mangacolor.models.changes import Change

SMALLEST_SAVING = 0.5
"""Share of a layer's weights that their low-rank change may have at most; of smaller layers all of it is learnt."""


class LowRank(nn.Module):
    """Adds `up @ down` to a weight (O, I, k, k); it begins as no change.

    Args:
        weight: The weight.
        rank: Columns of `up` and rows of `down`.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        inputs = weight[0].numel()
        self.down = nn.Parameter(torch.randn(rank, inputs) / math.sqrt(inputs))
        self.up = nn.Parameter(torch.zeros(len(weight), rank))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the changed weight."""
        return weight + (self.up @ self.down).view_as(weight)


def let_learn(network: nn.Module, parts: Sequence[str], rank: int) -> None:
    """Freeze a network but for a change of some parts.

    Args:
        network: Changed in place.
        parts: Beginnings of the names of layers that learn.
        rank: Of the changes of large convolutions; 0 learns all of them.
    """
    network.requires_grad_(False)
    for name, layer in list(network.named_modules()):
        if not isinstance(layer, nn.Conv2d) or not any(f"{name}.".startswith(part) for part in parts):
            continue
        weight = layer.weight
        if rank and rank * (len(weight) + weight[0].numel()) <= SMALLEST_SAVING * weight.numel():
            parametrize.register_parametrization(layer, "weight", LowRank(weight, rank))
            layer.parametrizations.weight.original.requires_grad_(False)  # type: ignore[union-attr]
        else:
            weight.requires_grad_(True)
        if layer.bias is not None:
            layer.bias.requires_grad_(True)


def changes_of(state: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> dict[str, Change]:
    """Return what was learnt, by the names of the weights.

    Args:
        state: Of a network that `let_learn` prepared, after training.
        before: Of the network as it was.
    """
    changes: dict[str, Change] = {}
    for name, tensor in before.items():
        layer, _, kind = name.rpartition(".")
        down, up = (state.get(f"{layer}.parametrizations.{kind}.0.{side}") for side in ("down", "up"))
        if down is not None and up is not None:
            changes[name] = (up.float().cpu().numpy(), down.float().cpu().numpy())
        elif tensor.is_floating_point() and not torch.equal(state[name].cpu(), tensor):
            changes[name] = ((state[name].cpu() - tensor).float().numpy(),)
    return changes
