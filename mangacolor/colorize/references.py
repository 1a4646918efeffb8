"""Pictures in colour that pages follow: what they show in which colours."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mangacolor.colorize.cells import LARGEST_PIXELS, SMALLEST_SIDE_PX, cell_keys, cell_means
from mangacolor.colorize.sizes import chosen_short_side, working_size
from mangacolor.errors import UsageError
from mangacolor.image import float_from_pixels, resize, to_gray
from mangacolor.image.color import oklab_from_srgb
from mangacolor.models.nn import Generator, UNetGenerator
from mangacolor.models.nn.recall import Recollection, chroma_kinship, join_recollections
from mangacolor.models.tensors import to_array, to_tensor
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]


class References:
    """References as the networks see them.

    Args:
        pictures: (H, W, 3) sRGB each; none is a set of references as well, an empty one.
        generator: Whose semantic features compare them with pages.
        device: Where it lies.

    Attributes:
        digest: SHA-256 (hexadecimal) of the pictures.
        recollection: What is recalled of them; None if there are none.

    Raises:
        UsageError: The generator has no semantic features to compare by.
    """

    def __init__(self, pictures: Sequence[NDArray[np.uint8]], generator: Generator, device: torch.device) -> None:
        self.digest = hashlib.sha256(b"".join(picture.tobytes() for picture in pictures)).hexdigest()
        self.recollection: Recollection | None = None
        self._device = device
        if pictures:
            if not isinstance(generator, UNetGenerator) or not generator.config.semantics:
                raise UsageError(
                    "These weights cannot follow references: their generator has no semantic features.",
                    advice="Leave out --reference, or take weights of the default preset.",
                )
            self.recollection = join_recollections([self._recollect(generator, picture) for picture in pictures])

    def _recollect(self, generator: UNetGenerator, picture: NDArray[np.uint8]) -> Recollection:
        seen = self._seen(picture, generator.config.panel_px)
        chroma = cell_means(to_tensor(oklab_from_srgb(to_array(seen))[..., 1:]).to(self._device))[0].flatten(1).T
        classes = chroma_kinship(chroma, generator.bins) if generator.config.chroma_head else None
        return Recollection(cell_keys(generator, seen), chroma, classes)

    def _seen(self, picture: NDArray[np.uint8], panel_px: int) -> Tensor:
        """Return a reference (1, 3, h, w) at the size at which its panels have the given side."""
        gray = to_gray(picture)
        size = working_size(gray.shape, chosen_short_side(Separation(gray, np.ones_like(gray)), panel_px))
        scale = min(1.0, math.sqrt(LARGEST_PIXELS / (size[0] * size[1])))
        small = resize(picture, *(max(SMALLEST_SIDE_PX, round(side * scale)) for side in size))
        return to_tensor(float_from_pixels(small)).to(self._device)
