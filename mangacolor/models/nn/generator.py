"""The generator: from a condition to the colour under the ink."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.config import CONDITION_CHANNELS, GeneratorConfig
from mangacolor.image.color import LUMA, chroma_bins
from mangacolor.models.nn.blocks import ResidualBlock, SelfAttention
from mangacolor.models.nn.recall import Likeness
from mangacolor.models.nn.semantics import FIRST_STRIDE, WIDTHS, SemanticFeatures
from mangacolor.models.tensors import pad_to_multiple, unpad

HEADROOM = 0.02
"""The output reaches this far beyond [0, 1], so that pure paper white needs no infinite activation."""


class Generated(NamedTuple):
    """What a generator returns.

    Attributes:
        colour: (N, 3, h, w) sRGB colour under the ink, within HEADROOM of [0, 1].
        chroma_logits: (N, B, h/s, w/s) over `chroma_bins`, sizes rounded up, s the generator's `chroma_stride`; None
            without the head.
        label_logits: (N, L, h/s, w/s) of the generator's labels; None without any.
    """

    colour: Tensor
    chroma_logits: Tensor | None
    label_logits: Tensor | None = None

    def page(self, number: int) -> Generated:
        """Return one page of the batch, as a batch of one."""
        one = slice(number, number + 1)
        return Generated(self.colour[one], *(None if cells is None else cells[one] for cells in self[1:]))


class UNetGenerator(nn.Module):
    """U-Net with residual blocks, per-pixel normalisation, semantic features and a chroma head.

    Departs from the U-Net of Isola et al. (2017) in all of these; `Pix2PixGenerator` is theirs.
    Any picture size is taken: it is padded to the multiple the network needs, and cut back.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        stride = config.stem_stride
        self.multiple = stride * 2 ** (len(widths) - 1)
        self.chroma_stride = config.chroma_stride
        self.stem = nn.Conv2d(stride**2 * CONDITION_CHANNELS, widths[0], 3, padding=1)
        levels = list(zip(widths, config.blocks, strict=False))
        self.encoder = nn.ModuleList(_stage(width, count) for width, count in levels)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in itertools.pairwise(widths))
        self.bottom = _stage(widths[-1], config.bottom_blocks)
        self.attention = SelfAttention(widths[-1], config.attention_heads) if config.attention_heads else None
        self.dropout = nn.Dropout2d(config.dropout)
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in itertools.pairwise(widths))
        self.merge = nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in widths[:-1])
        self.decoder = nn.ModuleList(_stage(width, count) for width, count in levels)
        if config.semantics:
            self.semantics = SemanticFeatures(trained=config.trained_semantics)
            joined = widths[self._first_recognised :]
            self.recognise = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(WIDTHS, joined, strict=True))
            self.likeness = Likeness()
        self.bins: Tensor
        if config.chroma_head:
            self.register_buffer("bins", torch.from_numpy(chroma_bins()), persistent=False)
            self.classify = nn.Conv2d(widths[1], len(chroma_bins()), 1)
            self.join = nn.Conv2d(2, widths[0], 1)
        self.label = nn.Conv2d(widths[1], len(config.plain_labels), 1) if config.plain_labels else None
        self.deep_label: nn.Sequential | None = None
        if config.deep_labels:
            told = nn.Conv2d(widths[1], len(config.deep_labels), 1)
            self.deep_label = nn.Sequential(_stage(widths[1], config.label_blocks), nn.SiLU(), told)
        self.paint = nn.Conv2d(widths[0], 3 * stride**2, 3, padding=1)

    def forward(self, condition: Tensor) -> Generated:
        """Predict the colour under the ink.

        Args:
            condition: (N, 6, h, w): ink, tone, hint RGB, hint mask, all in [0, 1].
        """
        condition, size = pad_to_multiple(condition, self.multiple)
        x, skips = self.encode(condition)
        return self.decode(self.consider(x), skips, size)

    @property
    def _first_recognised(self) -> int:
        """Level of the encoder where semantic features first join, the one of their stride."""
        return (FIRST_STRIDE // self.config.stem_stride).bit_length() - 1

    def encode(self, condition: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Map a condition, its sides multiples of `multiple`, to features at the smallest size and at all the others.

        What they are at a pixel depends on `bands.ENCODER_REACH_PX` around it.

        Args:
            condition: (N, 6, h, w).
        """
        recognised = self._recognise(condition)
        x = self.stem(functional.pixel_unshuffle(condition, self.config.stem_stride))
        skips = []
        for level, stage in enumerate(self.encoder):
            if level >= self._first_recognised and recognised:
                x = x + recognised[level - self._first_recognised]
            x = stage(x)
            skips.append(x)
            x = self.down[level](x)
        return (x + recognised[-1] if recognised else x), skips

    def consider(self, x: Tensor) -> Tensor:
        """Refine the smallest features (N, C, h, w) with a view of the whole page."""
        x = self.bottom(x)
        if self.attention is not None:
            x = self.attention(x)
        refined: Tensor = self.dropout(x)
        return refined

    def decode(self, x: Tensor, skips: list[Tensor], size: tuple[int, int]) -> Generated:
        """Paint from the features of `consider` and `encode`; depends on `bands.DECODER_REACH_PX` around a pixel.

        Args:
            x: Smallest features.
            skips: The others, from large to small.
            size: The (h, w) that the padded picture is cut to.
        """
        chroma_logits = label_logits = None
        for level in reversed(range(len(self.decoder))):
            x = functional.pixel_shuffle(self.up[level](x), 2)
            x = self.merge[level](torch.cat([x, skips[level]], dim=1))
            if level == 0 and chroma_logits is not None:
                chroma = functional.interpolate(self._annealed_mean(chroma_logits), scale_factor=2.0, mode="bilinear")
                x = x + self.join(chroma)
            x = self.decoder[level](x)
            if level == 1 and self.config.chroma_head:
                chroma_logits = self.classify(functional.silu(x))
            if level == 1 and self.label is not None:
                label_logits = self.label(functional.silu(x))
                if self.deep_label is not None:
                    label_logits = torch.cat([label_logits, self.deep_label(x)], dim=1)
        painted = functional.pixel_shuffle(self.paint(functional.silu(x)), self.config.stem_stride)
        colour = torch.sigmoid(painted.float()) * (1 + 2 * HEADROOM) - HEADROOM
        cells = (-(-size[0] // self.chroma_stride), -(-size[1] // self.chroma_stride))
        return Generated(
            unpad(colour, size),
            *(None if logits is None else unpad(logits, cells) for logits in (chroma_logits, label_logits)),
        )

    def _recognise(self, condition: Tensor) -> list[Tensor]:
        if not self.config.semantics:
            return []
        features = self.semantics(condition[:, :1] * condition[:, 1:2])
        return [project(feature) for project, feature in zip(self.recognise, features, strict=True)]

    def _annealed_mean(self, logits: Tensor) -> Tensor:
        """Return the annealed mean, detached: the classes learn from their own loss alone."""
        return annealed_mean(logits.detach(), self.bins, self.config.chroma_temperature)


def annealed_mean(logits: Tensor, bins: Tensor, temperature: float) -> Tensor:
    """Sharpen distributions over chroma classes, then average them (Zhang et al. 2016, equation 5).

    Args:
        logits: (N, B, h, w) of the chroma head.
        bins: (B, 2) OKLab a and b of the classes.
        temperature: Above 0; towards 0 the likeliest class wins, at 1 it is the plain mean.

    Returns:
        (N, 2, h, w) OKLab a and b.
    """
    return torch.einsum("nbhw,bc->nchw", torch.softmax(logits.float() / temperature, dim=1), bins)


def luma(rgb: Tensor) -> Tensor:
    """Return the (N, 1, h, w) luma of (N, 3, h, w) sRGB, as grey pages of colour art have it."""
    return torch.einsum("nchw,c->nhw", rgb, torch.from_numpy(LUMA).to(rgb))[:, None]


def _stage(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))
