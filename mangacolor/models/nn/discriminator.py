"""The conditional PatchGAN discriminator: is each patch of this page coloured by a person, given its ink and tone?"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from mangacolor.config import DiscriminatorConfig
from mangacolor.models.nn.pix2pix import paper_initialization

PAGE_CHANNELS = 5
"""Ink, tone, and the page's red, green, blue."""


class Verdict(NamedTuple):
    """What the discriminator returns: (N, 1, h', w') logits, one a patch, and the features on the way there."""

    logits: Tensor
    features: list[Tensor]


class PatchDiscriminator(nn.Module):
    """PatchGAN of Isola et al. (2017), section 3.2: with four layers each logit sees 70 x 70 pixels.

    `spectral` normalisation (Miyato et al. 2018) replaces the paper's batch norm by default: it
    treats every picture alone, whatever the batch.
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        layers = []
        source = PAGE_CHANNELS
        for level, width in enumerate((*config.channels, 1)):
            stride = 2 if level < len(config.channels) - 1 else 1
            convolution = nn.Conv2d(source, width, 4, stride=stride, padding=1)
            inner = 0 < level < len(config.channels)
            if config.normalization == "spectral":
                layers.append(nn.Sequential(spectral_norm(convolution)))
            else:
                layers.append(nn.Sequential(convolution, nn.BatchNorm2d(width) if inner else nn.Identity()))
            source = width
        self.layers = nn.ModuleList(layers)
        if config.normalization == "batch":
            self.apply(paper_initialization)

    def forward(self, condition: Tensor, page: Tensor) -> Verdict:
        """Judge pages (N, 3, h, w) given conditions of which ink and tone are used."""
        x = torch.cat([condition[:, :2], page], dim=1)
        features = []
        for layer in self.layers[:-1]:
            x = functional.leaky_relu(layer(x), 0.2)
            features.append(x)
        return Verdict(self.layers[-1](x), features)
