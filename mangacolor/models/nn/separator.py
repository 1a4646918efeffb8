"""The separator: from a page at its own size to ink and tone."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.config import SeparatorConfig
from mangacolor.models.tensors import pad_to_multiple, unpad
from mangacolor.page.ink import DARKEST_DIVISOR

HEADROOM = 0.02
"""Outputs reach this far beyond [0, 1], so that bare paper needs no infinite activation."""


class Separated(NamedTuple):
    """What the separator returns, each (N, 1, H, W).

    Attributes:
        ink: Lines, solid blacks and lettering; 1 where there are none. Within HEADROOM of [0, 1].
        tone: The flat grey that screentone or wash stands for; 1 is paper. Within HEADROOM of [0, 1].
        screened: Logits of the page showing the dots of a screentone here.
        share: From 0 to 1, how far the network's own ink and tone are taken. Doubt counts as certainty that there is
            no screentone: what is 1/6 likely to be some, or less, is left as it is.
    """

    ink: Tensor
    tone: Tensor
    screened: Tensor
    share: Tensor


class Separator(nn.Module):
    """Small U-Net at page resolution that takes screentone off a page.

    It paints ink only where it sees screentone; everywhere else ink × tone is the page itself, pixel for pixel, so
    that lettering and lines on paper cannot be harmed. There is no normalisation and no attention: what a pixel
    becomes depends on `reach_px` around it alone, and a page in bands comes out as a whole one.
    """

    def __init__(self, config: SeparatorConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        self.multiple: int = 2 ** len(widths)
        self.stem = nn.Conv2d(4, widths[0], 3, padding=1)
        self.encoder = nn.ModuleList(_stage(width, count) for width, count in zip(widths, config.blocks, strict=False))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in itertools.pairwise(widths))
        self.bottom = _stage(widths[-1], config.bottom_blocks)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in itertools.pairwise(widths))
        self.decoder = nn.ModuleList(_stage(width, count) for width, count in zip(widths, config.blocks, strict=False))
        self.paint = nn.Conv2d(widths[0], 3 * 4, 3, padding=1)

    @property
    def reach_px(self) -> int:
        """How far around a pixel the page matters to it, rounded up to the multiple that the network needs."""
        smallest = self.multiple
        reach = 2 * self.config.bottom_blocks * smallest + 2 * 2
        reach += sum(4 * count << (level + 1) for level, count in enumerate(self.config.blocks))
        return -(-(reach + smallest) // smallest) * smallest

    def forward(self, page: Tensor) -> Separated:
        """Separate grey pages (N, 1, H, W) in [0, 1], of any size."""
        padded, size = pad_to_multiple(page, self.multiple)
        x = self.stem(functional.pixel_unshuffle(padded, 2))
        skips = []
        for stage, down in zip(self.encoder, self.down, strict=True):
            x = stage(x)
            skips.append(x)
            x = down(x)
        x = self.bottom(x)
        for stage, up, skip in zip(reversed(self.decoder), reversed(self.up), reversed(skips), strict=True):
            x = stage(up(x) + skip)
        painted = unpad(shuffled_planes(self.paint(x)), size).float()
        ink, tone, screened = painted.chunk(3, dim=1)
        ink, tone = (plane.sigmoid() * (1 + 2 * HEADROOM) - HEADROOM for plane in (ink, tone))
        share = (1.5 * screened.sigmoid() - 0.25).clamp(0, 1)
        flat = torch.maximum(tone, page).clamp(DARKEST_DIVISOR, 1.0)
        return Separated(torch.lerp(page / flat, ink, share), torch.lerp(flat, tone, share), screened, share)


class _Block(nn.Module):
    """Two convolutions around a shortcut; the second starts at zero, which does the work of a normalisation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        refined: Tensor = self.second(functional.relu(self.first(functional.relu(x)), inplace=True))
        return x + refined


def shuffled_planes(x: Tensor) -> Tensor:
    """Shuffle (N, 4 C, h, w) to (N, C, 2 h, 2 w) like `functional.pixel_shuffle`, to planes that lie one by one.

    In channels-last memory, as the convolution leaves them, all that follows would be slow, and two copies are slower
    than one.
    """
    batch, channels, height, width = x.shape
    cells = x.permute(0, 2, 3, 1).reshape(batch, height, width, channels // 4, 2, 2)
    return cells.permute(0, 3, 1, 4, 2, 5).reshape(batch, channels // 4, 2 * height, 2 * width)


def _stage(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_Block(channels) for _ in range(count)))
