"""The shapes of the networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mangacolor.errors import UsageError

CONDITION_CHANNELS = 6
"""Ink, tone, hint red, hint green, hint blue, hint mask: the order of the channels of a condition."""


LABELS = (
    "skin", "hair", "garment", "eye", "ground", "paper", "sky", "foliage", "water", "wood", "wall", "floor", "animal",
)  # fmt: skip
"""What a generator can learn to tell of every cell besides its colour, in the order of a sample's planes. Ground is all
that nobody is or wears; those from paper to animal are kinds of ground, paper that of gutters and balloons. A wall may
be a ceiling or a front, a floor a road; an animal is its fur, feathers or scales, nose and paws."""


RETIRED_SETTINGS = frozenset({"reference_width", "likeness"})
"""Settings of earlier versions, which the headers of separators and of `pix2pix` have to no effect."""


@dataclass(frozen=True)
class GeneratorConfig:
    """Shape of a generator.

    Attributes:
        kind: `unet` is ours, `pix2pix` the U-Net-256 of Isola et al. (2017).
        stem_stride: Side of the cells of the input that become one place of the first features: 2 or 4.
        channels: Width at 1/stem_stride of the size of the input, at half that, a quarter, ...
        blocks: Residual blocks at each of those sizes but the smallest, on either side of the U.
        bottom_blocks: Residual blocks at the smallest size.
        attention_heads: Heads of the self-attention at the smallest size; 0 leaves it out.
        semantics: Add features of a pretrained EfficientNet-Lite0.
        trained_semantics: Let those of its blocks learn on that lie beyond stride 16; else all of it is frozen.
        chroma_head: Predict a distribution over chroma bins at half the size of the first features, and feed its mean
            to the last stage.
        chroma_temperature: Temperature of that annealed mean (Zhang et al. 2016, section 2.3).
        dropout: Probability of dropping a channel at the bottom: the noise z of pix2pix.
        panel_px: Side of a typical panel at the working size that suits it: about that of the panels trained on.
        labels: Those of `LABELS` that a head beside the classes tells of every cell how likely it shows, skin first.
        deep_labels: The last of those labels, that a head of their own tells after `label_blocks` more residual blocks.
            They can be learnt when all else is, and nothing else changes: `TrainConfig.learns`.
        label_blocks: Residual blocks of that head.
    """

    kind: Literal["unet", "pix2pix"] = "unet"
    stem_stride: int = 2
    channels: tuple[int, ...] = (32, 64, 128, 256, 384)
    blocks: tuple[int, ...] = (1, 1, 2, 2)
    bottom_blocks: int = 3
    attention_heads: int = 6
    semantics: bool = True
    trained_semantics: bool = False
    chroma_head: bool = True
    chroma_temperature: float = 0.5
    dropout: float = 0.1
    panel_px: int = 280
    labels: tuple[str, ...] = ()
    deep_labels: tuple[str, ...] = ()
    label_blocks: int = 0

    def __post_init__(self) -> None:
        if self.deep_labels and (not self.plain_labels or self.plain_labels + self.deep_labels != self.labels):
            raise UsageError("`deep_labels` of a generator are the last of its `labels`, after others.")
        if unknown := [name for name in self.labels if name not in LABELS]:
            raise UsageError(
                f"Unknown label `{unknown[0]}` of a generator.", advice=f"Choose among {', '.join(LABELS)}."
            )

    @property
    def plain_labels(self) -> tuple[str, ...]:
        """The labels that are no deep ones."""
        return self.labels[: len(self.labels) - len(self.deep_labels)]

    @property
    def chroma_stride(self) -> int:
        """Side of the cells of the input that the chroma head tells the colour of."""
        return 2 * self.stem_stride


@dataclass(frozen=True)
class SeparatorConfig:
    """Shape of the separator, which takes screentone off a page.

    Attributes:
        kind: Tells the header of its weights from that of a generator's.
        channels: Width at half the size of the page, a quarter, ...
        blocks: Residual blocks at each of those sizes but the smallest, on either side of the U.
        bottom_blocks: Residual blocks at the smallest size.
    """

    kind: Literal["separator"] = "separator"
    channels: tuple[int, ...] = (16, 32, 64, 96)
    blocks: tuple[int, ...] = (1, 1, 1)
    bottom_blocks: int = 2


NetworkConfig = GeneratorConfig | SeparatorConfig


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Shape of the conditional PatchGAN discriminator.

    Attributes:
        channels: Width of each layer; all but the last two halve the size. Four layers see 70 x 70 pixels.
        normalization: `spectral` for ours, `batch` for the paper's.
    """

    channels: tuple[int, ...] = (32, 64, 128, 192)
    normalization: Literal["spectral", "batch"] = "spectral"
