"""The networks of the pix2pix paper, as the reference to measure ours against."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mangacolor.config import CONDITION_CHANNELS, GeneratorConfig
from mangacolor.models.nn.generator import Generated
from mangacolor.models.tensors import pad_to_multiple, unpad


class Pix2PixGenerator(nn.Module):
    """U-Net-256 of Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (2017).

    Eight convolutions of stride 2 and as many transposed ones, batch norm, dropout in the first
    three decoder layers, weights from N(0, 0.02) (section 6.1 of the paper). Departures: the
    input has our condition channels; it predicts the colour under the ink instead of the page;
    other sizes than 256 are padded; and at inference batch norm and dropout are frozen, where
    the paper keeps both running.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        self.multiple = 2 ** len(widths)
        last = len(widths) - 1
        encoder, source = [], CONDITION_CHANNELS
        for level, width in enumerate(widths):
            layers: list[nn.Module] = [nn.LeakyReLU(0.2)] if level else []
            layers.append(nn.Conv2d(source, width, 4, stride=2, padding=1))
            if 0 < level < last:
                layers.append(nn.BatchNorm2d(width))
            encoder.append(nn.Sequential(*layers))
            source = width
        decoder = []
        for level in reversed(range(len(widths))):
            inputs = widths[level] * (1 if level == last else 2)
            target = widths[level - 1] if level else 3
            layers = [nn.ReLU(), nn.ConvTranspose2d(inputs, target, 4, stride=2, padding=1)]
            if level:
                layers.append(nn.BatchNorm2d(target))
            if level > last - 3:
                layers.append(nn.Dropout(config.dropout))
            decoder.append(nn.Sequential(*layers))
        self.encoder = nn.ModuleList(encoder)
        self.decoder = nn.ModuleList(decoder)
        self.apply(paper_initialization)

    def forward(self, condition: Tensor) -> Generated:
        """Predict colour from a condition (N, 6, h, w)."""
        x, size = pad_to_multiple(condition, self.multiple)
        skips = []
        for layer in self.encoder:
            x = layer(x)
            skips.append(x)
        x = skips.pop()
        for index, layer in enumerate(self.decoder):
            x = layer(x if index == 0 else torch.cat([x, skips.pop()], dim=1))
        return Generated(unpad((torch.tanh(x.float()) + 1) / 2, size), None)


def paper_initialization(module: nn.Module) -> None:
    """Draw convolution weights from N(0, 0.02) and batch norm scales from N(1, 0.02), as the paper does."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
