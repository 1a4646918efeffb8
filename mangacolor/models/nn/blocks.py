"""Building blocks whose result at a pixel does not depend on the size of the picture."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class PixelNorm(nn.LayerNorm):
    """Normalise the channels of each pixel on their own (layer norm over C).

    Batch, instance and group norm mix pixels of the whole picture, and so give a crop, a tile
    and a page different colours; this one cannot. Layer norm rather than RMS norm: torch fuses
    it on the CPU.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to the same shape."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = PixelNorm(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = PixelNorm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        for parameter in self.conv2.parameters():
            nn.init.zeros_(parameter)  # a block starts as the identity, so depth costs nothing at first

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to the same shape."""
        y = self.conv1(functional.silu(self.norm1(x)))
        refined: Tensor = self.conv2(functional.silu(self.norm2(y)))
        return x + refined


class SelfAttention(nn.Module):
    """Let every place see every other: the one block whose reach is the whole picture."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = PixelNorm(channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, 1)
        self.project = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.project.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to the same shape."""
        n, c, h, w = x.shape
        packed = self.query_key_value(self.norm(x)).reshape(n, 3, self.heads, c // self.heads, h * w)
        query, key, value = packed.transpose(-1, -2).unbind(1)
        seen = functional.scaled_dot_product_attention(query, key, value)
        attended: Tensor = self.project(seen.transpose(-1, -2).reshape(n, c, h, w))
        return x + attended
