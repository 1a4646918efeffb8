"""Pictures in colour that pages follow: what they show in which colours."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.cells import LARGEST_PIXELS, SMALLEST_SIDE_PX, cell_keys, cell_means
from mangacolor.colorize.recollection import CELL_PX, Recollection, chroma_kinship, join_recollections
from mangacolor.colorize.sizes import chosen_short_side, working_size
from mangacolor.errors import UsageError
from mangacolor.image import float_from_pixels, resize, to_gray
from mangacolor.image.color import oklab_from_srgb
from mangacolor.models.backend import Backend
from mangacolor.models.padding import padded
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]


INK_LIGHTNESS = 0.6
"""OKLab lightness, as a share of what the lightest tenth of a cell has, below which what is there is ink."""


class References:
    """References as the networks see them.

    Args:
        pictures: (H, W, 3) sRGB each; none is a set of references as well, an empty one.
        backend: Whose descriptions compare them with pages.

    Attributes:
        digest: SHA-256 (hexadecimal) of the pictures and their sizes.
        recollection: What is recalled of them; None if there are none.

    Raises:
        UsageError: The generator has no semantic features to compare by.
    """

    def __init__(self, pictures: Sequence[NDArray[np.uint8]], backend: Backend) -> None:
        told = (str(picture.shape).encode() + picture.tobytes() for picture in pictures)
        self.digest = hashlib.sha256(b"".join(told)).hexdigest()
        self.recollection: Recollection | None = None
        if pictures:
            if not backend.traits.describes:
                raise UsageError(
                    "These weights cannot follow references: their generator has no semantic features.",
                    advice="Leave the references out, or take weights of the default preset.",
                )
            self.recollection = join_recollections([_recollect(backend, picture) for picture in pictures])


def _recollect(backend: Backend, picture: NDArray[np.uint8]) -> Recollection:
    traits = backend.traits
    seen = _seen(picture, traits.panel_px)
    lab = oklab_from_srgb(seen)
    chroma = cell_means(lab[..., 1:]).reshape(-1, 2)
    classes = None if traits.bins is None else chroma_kinship(chroma, traits.bins)
    return Recollection(cell_keys(backend, seen), chroma, classes, _flat_chroma(lab))


def _flat_chroma(lab: FloatArray) -> FloatArray:
    """Return the chroma (T, 2) that most of each cell of a picture (h, w, 3) has, ink left out."""
    lab = padded(lab, SMALLEST_SIDE_PX, (0, 1))
    rows, columns = lab.shape[0] // CELL_PX, lab.shape[1] // CELL_PX
    cells = lab.reshape(rows, CELL_PX, columns, CELL_PX, 3).swapaxes(1, 2).reshape(rows * columns, -1, 3)
    light = np.quantile(cells[..., 0], 0.9, axis=1, keepdims=True)
    is_ink = cells[..., 0] < INK_LIGHTNESS * light
    return np.asarray(np.nanmedian(np.where(is_ink[..., None], np.nan, cells[..., 1:]), axis=1), np.float32)


def _seen(picture: NDArray[np.uint8], panel_px: int) -> FloatArray:
    """Return a reference (h, w, 3) at the size at which its panels have the given side."""
    gray = to_gray(picture)
    size = working_size(gray.shape, chosen_short_side(Separation(gray, np.ones_like(gray)), panel_px))
    scale = min(1.0, math.sqrt(LARGEST_PIXELS / (size[0] * size[1])))
    return float_from_pixels(resize(picture, *(max(SMALLEST_SIDE_PX, round(side * scale)) for side in size)))
