"""Pictures in colour that pages follow: their palette, and what they show in which colours."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mangacolor.color import PAPER_TONES, STAIN_CHROMA, oklab_from_srgb, srgb_from_oklab
from mangacolor.image import float_from_pixels, resize, to_gray
from mangacolor.inference.hues import enlarge_cells
from mangacolor.inference.sizes import chosen_short_side, working_size
from mangacolor.ink import Separation
from mangacolor.nn import Generator, UNetGenerator
from mangacolor.nn.generator import Remembered, luma
from mangacolor.nn.likeness import Memory, join_memories
from mangacolor.nn.recall import CELL_PX, Recollection, join_recollections, recall, recall_keys
from mangacolor.palette import mean_reference, reference_code
from mangacolor.tensors import pad_to_multiple, to_array, to_tensor

FloatArray = NDArray[np.float32]

SMALLEST_SIDE_PX = 32
"""Smallest side of a picture as it is looked at, and what its sides are made multiples of."""

LARGEST_PIXELS = 1_000_000
"""Largest size at which pictures are compared."""


class References:
    """References as the networks see them.

    Args:
        pictures: (H, W, 3) sRGB each; none is a set of references as well, an empty one.
        generator: Whose semantic features compare them with pages.
        device: Where it lies.

    Attributes:
        digest: SHA-256 (hexadecimal) of the pictures.
        code: (1, REFERENCE_SIZE) palette of all of them.
    """

    def __init__(self, pictures: Sequence[NDArray[np.uint8]], generator: Generator, device: torch.device) -> None:
        self.digest = hashlib.sha256(b"".join(picture.tobytes() for picture in pictures)).hexdigest()
        code = mean_reference([reference_code(picture) for picture in pictures])
        self.code = torch.from_numpy(code)[None].to(device)
        self._memory: Memory | None = None
        self._recollection: Recollection | None = None
        self._device = device
        self._generator = generator
        if pictures and isinstance(generator, UNetGenerator) and generator.config.semantics:
            self._recollection = join_recollections([self._recollect(generator, picture) for picture in pictures])
            if generator.config.likeness:
                self._memory = join_memories(
                    [generator.remember(self._seen(picture, generator.config.panel_px // 2)) for picture in pictures]
                )

    def remembered_for(self, pages: int) -> Remembered | None:
        """Return what the generator's own attention looks at, for a batch of so many pages; None if it has none."""
        return Remembered(torch.arange(pages, device=self._device), self._memory) if self._memory else None

    def recall_colours(self, colour: FloatArray, separation: Separation) -> FloatArray:
        """Give predicted colour the hues that the references have where they show the like.

        Args:
            colour: (h, w, 3) predicted colour under the ink, in [0, 1].
            separation: Ink and tone of the page at the same size.

        Returns:
            (h, w, 3) colour; without references the one that was given.
        """
        if self._recollection is None:
            return colour
        height, width = colour.shape[:2]
        scale = min(1.0, math.sqrt(LARGEST_PIXELS / (height * width)))
        small = resize(colour * separation.ink[..., None], *(max(1, round(side * scale)) for side in (height, width)))
        lab = oklab_from_srgb(colour)
        painted = self._cells(to_tensor(resize(np.ascontiguousarray(lab[..., 1:]), *small.shape[:2])).to(self._device))
        found = recall(self._keys(to_tensor(small).to(self._device)), self._recollection)
        change = (found - painted[0].flatten(1).T).T.reshape(painted.shape)
        drawn = (separation.tone < PAPER_TONES[1]) | (np.linalg.norm(lab[..., 1:], axis=-1) > STAIN_CHROMA)
        lab[..., 1:] += resize(enlarge_cells(to_array(change), CELL_PX, small.shape), height, width) * drawn[..., None]
        return np.asarray(srgb_from_oklab(lab).clip(0, 1), np.float32)

    def _recollect(self, generator: UNetGenerator, picture: NDArray[np.uint8]) -> Recollection:
        seen = self._seen(picture, generator.config.panel_px)
        chroma = to_tensor(oklab_from_srgb(to_array(seen))[..., 1:]).to(self._device)
        return Recollection(self._keys(seen), self._cells(chroma)[0].flatten(1).T)

    def _seen(self, picture: NDArray[np.uint8], panel_px: int) -> Tensor:
        """Return a reference (1, 3, h, w) at the size at which its panels have the given side."""
        gray = to_gray(picture)
        size = working_size(gray.shape, chosen_short_side(Separation(gray, np.ones_like(gray)), panel_px))
        scale = min(1.0, math.sqrt(LARGEST_PIXELS / (size[0] * size[1])))
        small = resize(picture, *(max(SMALLEST_SIDE_PX, round(side * scale)) for side in size))
        return to_tensor(float_from_pixels(small)).to(self._device)

    def _keys(self, rgb: Tensor) -> Tensor:
        """Describe the cells of a picture (1, 3, h, w)."""
        assert isinstance(self._generator, UNetGenerator)
        rgb, _ = pad_to_multiple(rgb, SMALLEST_SIDE_PX)
        lightness = to_tensor(oklab_from_srgb(to_array(rgb))[..., :1]).to(self._device)
        return recall_keys(self._generator.semantics(luma(rgb)), lightness)

    @staticmethod
    def _cells(plane: Tensor) -> Tensor:
        """Average a plane (1, C, h, w) over the cells that `_keys` describes."""
        return functional.avg_pool2d(pad_to_multiple(plane, SMALLEST_SIDE_PX)[0], CELL_PX)
