"""What is drawn, as a frozen network sees it: features of a MobileNetV2 trained on drawings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

TAPS = (6, 13, 18)
"""Blocks of the network whose outputs are taken, at strides 8, 16 and 32."""

WIDTHS = (32, 96, 1280)
"""Channels at those blocks."""


class SemanticFeatures(nn.Module):
    """Frozen MobileNetV2 (Sandler et al. 2018) that returns features at strides 8, 16 and 32.

    The architecture is torchvision's with the batch norm epsilon of the Keras model that the
    drawing-trained weights come from. It never trains: normalisation uses its stored statistics,
    so that a crop and its page agree.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = mobilenet_v2(weights=None).features
        for module in self.features.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 1e-3
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> SemanticFeatures:
        """Stay in evaluation mode, whatever the network around it does."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, gray: Tensor) -> list[Tensor]:
        """Map a grey page (N, 1, h, w) in [0, 1], sides multiples of 32, to its three feature maps."""
        x = gray.expand(-1, 3, -1, -1)
        taken = []
        for index, block in enumerate(self.features):
            x = block(x)
            if index in TAPS:
                taken.append(x)
        return taken
