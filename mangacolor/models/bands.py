"""Colouring a page band by band when memory does not hold it whole, with the colours of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol

ENCODER_REACH_PX = 448
DECODER_REACH_PX = 128
"""How far around a pixel the picture matters to the two halves of a generator, rounded up to a multiple of 64;
attention lies between. The semantic features (`nn.semantics`) look further than the encoder itself."""


class Halves(Protocol):
    """A generator in its parts; planes are (n, C, h, w), arrays or tensors of whatever runs it."""

    multiple: int
    stem_px: int
    cell_px: int

    def encode(self, condition: Any) -> Sequence[Any]:
        """Map a condition to features at the smallest size, and at all others from large to small."""

    def consider(self, smallest: Any) -> Any:
        """Refine the smallest features with a view of the whole."""

    def decode(self, considered: Any, others: Sequence[Any]) -> Sequence[Any]:
        """Map features to colour, and to the logits there are, one cell for `cell_px` pixels."""

    def join(self, rows: Sequence[Any]) -> Any:
        """Lay planes below each other."""


def work_in_bands(halves: Halves, condition: Any, rows: int) -> list[Any]:
    """Predict the colour of a page, of which only `rows` rows at a time are in work.

    Every band is encoded with as much of its neighbours as the encoder can see; the smallest features of all bands,
    small enough for any memory, are joined and considered together, attention included; then every band is painted.
    The result is that of the whole page but for rounding, for about twice the work.

    Args:
        halves: The network.
        condition: (1, 6, h, w) of the page, h and w multiples of what the network needs.
        rows: Rows a band, rounded up to the multiple that the network needs.

    Returns:
        Colour and logits of the whole page.
    """
    multiple, height = halves.multiple, condition.shape[2]
    rows = -(-rows // multiple) * multiple
    bands = list(pairwise([*range(0, height, rows), height]))
    smallest = []
    for top, bottom in bands:
        above, below = max(0, top - ENCODER_REACH_PX), min(height, bottom + ENCODER_REACH_PX)
        x = halves.encode(condition[:, :, above:below])[0]
        smallest.append(x[:, :, (top - above) // multiple : (bottom - above) // multiple])
    considered = halves.consider(halves.join(smallest))
    painted = []
    for top, bottom in bands:
        first, last = max(0, top - DECODER_REACH_PX), min(height, bottom + DECODER_REACH_PX)
        above, below = max(0, first - ENCODER_REACH_PX), min(height, last + ENCODER_REACH_PX)
        _, *others = halves.encode(condition[:, :, above:below])
        for level, plane in enumerate(others):
            stride = halves.stem_px << level
            others[level] = plane[:, :, (first - above) // stride : (last - above) // stride]
        planes = halves.decode(considered[:, :, first // multiple : last // multiple], others)
        strides = [1] + [halves.cell_px] * (len(planes) - 1)
        painted.append([
            plane[:, :, (top - first) // stride : (bottom - first) // stride]
            for plane, stride in zip(planes, strides, strict=True)
        ])  # fmt: skip
    return [halves.join(parts) for parts in zip(*painted, strict=True)]
