"""What is drawn, as a pretrained network sees it: features of a MobileNetV2 trained on drawings."""

from __future__ import annotations

from collections.abc import MutableMapping

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

TAPS = (6, 13, 18)
"""Blocks of the network whose outputs are taken, at strides 8, 16 and 32."""

WIDTHS = (32, 96, 1280)
"""Channels at those blocks."""

FIRST_STRIDE = 8
"""Stride of the first of them; it doubles from one to the next."""

FIRST_TRAINED = TAPS[1] + 1
"""Blocks from here on may learn. Those before it see edges and shapes, and most of the time would go into them."""

NORMALIZATION_EPSILON = 1e-3
"""That of the Keras model which the drawing-trained weights come from."""


class SemanticFeatures(nn.Module):
    """MobileNetV2 (Sandler et al. 2018) that returns features at strides 8, 16 and 32.

    The architecture is torchvision's, its batch norm folded into the convolutions by the stored
    statistics: a crop and its page agree, and it takes half of the time. State with the batch norm
    still in it is folded as it is loaded.

    Args:
        trained: Let the weights from `FIRST_TRAINED` on learn; else none does.
    """

    def __init__(self, *, trained: bool = False) -> None:
        super().__init__()
        self.features = mobilenet_v2(weights=None).features
        _without_normalization(self.features)
        self.register_load_state_dict_pre_hook(_fold)  # type: ignore[no-untyped-call]
        self.requires_grad_(False)
        if trained:
            self.features[FIRST_TRAINED:].requires_grad_(True)

    def forward(self, gray: Tensor) -> list[Tensor]:
        """Map a grey page (N, 1, h, w) in [0, 1], sides multiples of 32, to its three feature maps."""
        x = gray.expand(-1, 3, -1, -1)
        taken = []
        for index, block in enumerate(self.features):
            x = block(x)
            if index in TAPS:
                taken.append(x)
        return taken


def _without_normalization(module: nn.Module) -> None:
    """Give every convolution in front of a batch norm a bias, and take the batch norm out."""
    names = list(module._modules)
    for name in names:
        child = module._modules[name]
        if isinstance(child, nn.BatchNorm2d):
            convolution = module._modules[names[names.index(name) - 1]]
            assert isinstance(convolution, nn.Conv2d)
            convolution.bias = nn.Parameter(torch.zeros(convolution.out_channels))
            module._modules[name] = nn.Identity()
        elif child is not None:
            _without_normalization(child)


def _fold(module: nn.Module, state: MutableMapping[str, Tensor], prefix: str, *arguments: object) -> None:
    """Fold the batch norms of a state dict into the convolutions in front of them."""
    ending = ".running_mean"
    for key in [key for key in state if key.startswith(prefix) and key.endswith(ending)]:
        norm = key.removesuffix(ending)
        place, _, number = norm.rpartition(".")
        convolution = f"{place}.{int(number) - 1}"
        mean, variance, weight, bias = (
            state.pop(f"{norm}.{name}") for name in ("running_mean", "running_var", "weight", "bias")
        )
        state.pop(f"{norm}.num_batches_tracked", None)
        scale = weight / torch.sqrt(variance + NORMALIZATION_EPSILON)
        state[f"{convolution}.weight"] = state[f"{convolution}.weight"] * scale[:, None, None, None]
        state[f"{convolution}.bias"] = bias - mean * scale
