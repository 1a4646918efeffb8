"""Which hue wins where the generator doubts: that of its classes, not the mean that its paint tends to."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mangacolor.color import oklab_from_srgb, srgb_from_oklab
from mangacolor.nn.generator import annealed_mean
from mangacolor.tensors import to_array, to_tensor

FloatArray = NDArray[np.float32]

DECISIVENESS = 0.2
"""Temperature at which the mean of the classes is taken: towards 0 the likeliest wins, at 1 it is the plain mean."""


def decided_chroma(logits: Tensor, bins: Tensor, temperature: float = DECISIVENESS) -> FloatArray:
    """Return the annealed mean of the chroma classes of one page.

    Args:
        logits: (1, B, r, c) of the chroma head.
        bins: (B, 2) OKLab a and b of the classes.
        temperature: Above 0.

    Returns:
        (r, c, 2) OKLab a and b.
    """
    return to_array(annealed_mean(logits, bins, temperature))


def settle_chroma(colour: FloatArray, decided: FloatArray, cell_px: int) -> FloatArray:
    """Move the chroma of paint, cell by cell, to what was decided; finer differences of the paint stay.

    Paint learns from the distance to one right colour, so that between red and green it is brown. Classes learn how
    likely each colour is.

    Args:
        colour: (h, w, 3) painted colour in [0, 1].
        decided: (⌈h / cell_px⌉, ⌈w / cell_px⌉, 2) OKLab a and b.
        cell_px: Side of a cell in pixels.

    Returns:
        (h, w, 3) colour in [0, 1].
    """
    lab = oklab_from_srgb(colour)
    painted = to_array(functional.avg_pool2d(to_tensor(lab[..., 1:]), cell_px, ceil_mode=True))
    lab[..., 1:] += enlarge_cells(decided - painted, cell_px, colour.shape[:2])
    return srgb_from_oklab(lab)


def enlarge_cells(cells: FloatArray, cell_px: int, size: tuple[int, ...]) -> FloatArray:
    """Enlarge (r, c, C) cells to pixels, bilinearly, and cut them to `size` (h, w)."""
    rows, columns = cells.shape[:2]
    wide = cv2.resize(cells, (columns * cell_px, rows * cell_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide.reshape(*wide.shape[:2], -1)[: size[0], : size[1]], np.float32)
