"""Colouring a page band by band when memory does not hold it whole, with the colours of the whole."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from mangacolor.models.nn import UNetGenerator
from mangacolor.models.nn.generator import DECODER_REACH_PX, ENCODER_REACH_PX, Generated
from mangacolor.models.tensors import pad_to_multiple, unpad


def paint_in_bands(generator: UNetGenerator, condition: Tensor, rows: int) -> Generated:
    """Predict the colour of a page, of which only `rows` rows at a time are in work.

    Every band is encoded with as much of its neighbours as the encoder can see; the smallest features of all bands,
    small enough for any memory, are joined and considered together, attention included; then every band is painted.
    The result is that of the whole page but for rounding, for about twice the work.

    Args:
        generator: The network.
        condition: (1, 6, h, w) of the page.
        rows: Rows a band, rounded up to the multiple that the network needs.

    Returns:
        Colour and logits of the whole page.
    """
    condition, size = pad_to_multiple(condition, generator.multiple)
    multiple, height = generator.multiple, condition.shape[2]
    rows = -(-rows // multiple) * multiple
    bands = list(pairwise([*range(0, height, rows), height]))
    smallest = []
    for top, bottom in bands:
        above, below = max(0, top - ENCODER_REACH_PX), min(height, bottom + ENCODER_REACH_PX)
        x, _ = generator.encode(condition[:, :, above:below])
        smallest.append(x[:, :, (top - above) // multiple : (bottom - above) // multiple])
    considered = generator.consider(torch.cat(smallest, dim=2))
    painted: list[Tensor] = []
    cells: tuple[list[Tensor], list[Tensor]] = ([], [])
    stride = generator.chroma_stride
    for top, bottom in bands:
        shown = max(0, top - DECODER_REACH_PX), min(height, bottom + DECODER_REACH_PX)
        above, below = max(0, shown[0] - ENCODER_REACH_PX), min(height, shown[1] + ENCODER_REACH_PX)
        _, skips = generator.encode(condition[:, :, above:below])
        for level, skip in enumerate(skips):
            cell = generator.config.stem_stride * 2**level
            skips[level] = skip[:, :, (shown[0] - above) // cell : (shown[1] - above) // cell]
        x = considered[:, :, shown[0] // multiple : shown[1] // multiple]
        generated = generator.decode(x, skips, (shown[1] - shown[0], condition.shape[3]))
        painted.append(generated.colour[:, :, top - shown[0] : bottom - shown[0]])
        for logits, band in zip(cells, generated[1:], strict=True):
            if band is not None:
                logits.append(band[:, :, (top - shown[0]) // stride : (bottom - shown[0]) // stride])
    grid = (-(-size[0] // stride), -(-size[1] // stride))
    joined = (unpad(torch.cat(logits, dim=2), grid) if logits else None for logits in cells)
    return Generated(unpad(torch.cat(painted, dim=2), size), *joined)
