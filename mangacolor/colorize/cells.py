"""A page as recall sees it: cells whose chroma moves to that of like cells, of references or of hinted spots."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mangacolor.colorize.hints import LEAST_SEEN
from mangacolor.colorize.hues import enlarge_cells
from mangacolor.image import resize
from mangacolor.image.color import PAPER_TONES, STAIN_CHROMA, oklab_from_srgb, srgb_from_oklab
from mangacolor.models.nn import UNetGenerator
from mangacolor.models.nn.generator import luma
from mangacolor.models.nn.recall import CELL_PX, Recollection, chroma_kinship, likeness, recall
from mangacolor.models.tensors import pad_to_multiple, to_array, to_tensor
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]

SMALLEST_SIDE_PX = 32
"""Smallest side of a picture as it is looked at, and what its sides are made multiples of."""

LARGEST_PIXELS = 1_000_000
"""Largest size at which pictures are compared."""

HINTED_LIKENESS = 0.31
HINTED_SOFTNESS = 0.03
"""Likeness to a hinted spot at which a cell takes half of its colour, and how fast it takes more."""


def cell_keys(generator: UNetGenerator, rgb: Tensor) -> Tensor:
    """Describe the cells of a picture (1, 3, h, w); see `Likeness`."""
    rgb, _ = pad_to_multiple(rgb, SMALLEST_SIDE_PX)
    lightness = to_tensor(oklab_from_srgb(to_array(rgb))[..., :1]).to(rgb.device)
    keys: Tensor = generator.likeness(generator.semantics(luma(rgb)), lightness)
    return keys


def cell_means(plane: Tensor) -> Tensor:
    """Average a plane (1, C, h, w) over the cells that `cell_keys` describes."""
    return functional.avg_pool2d(pad_to_multiple(plane, SMALLEST_SIDE_PX)[0], CELL_PX)


class PageCells:
    """Predicted colour of a page, to be recoloured cell by cell.

    Args:
        generator: Whose semantic features compare cells.
        device: Where it lies.
        colour: (h, w, 3) predicted colour under the ink, in [0, 1].
        separation: Ink and tone of the page at the same size.
    """

    def __init__(
        self, generator: UNetGenerator, device: torch.device, colour: FloatArray, separation: Separation
    ) -> None:
        self._generator = generator
        self._device = device
        self._separation = separation
        self._lab = oklab_from_srgb(colour)
        scale = min(1.0, math.sqrt(LARGEST_PIXELS / (colour.shape[0] * colour.shape[1])))
        self._small = resize(colour * separation.ink[..., None], *(max(1, round(s * scale)) for s in colour.shape[:2]))

    @property
    def colour(self) -> FloatArray:
        """(h, w, 3) colour in [0, 1], with all that was recalled."""
        return srgb_from_oklab(self._lab)

    def recall_references(self, recollection: Recollection, chances: Tensor | None) -> None:
        """Take the chroma of reference cells that show the like, where there are any, but on bare paper.

        Args:
            recollection: What is kept of the references.
            chances: (1, B, r, c) probabilities of the chroma classes over the page; None leaves them out.
        """
        painted = self._means(self._lab[..., 1:])
        own, classes = _one_a_row(painted), None
        if chances is not None:
            chances = self._fitted(chances)
            classes = chroma_kinship(own, self._generator.bins)
        found = recall(Recollection(self._keys, own, classes), recollection, chances)
        chroma = np.linalg.norm(self._lab[..., 1:], axis=-1)
        self._move(painted, found, (self._separation.tone < PAPER_TONES[1]) | (chroma > STAIN_CHROMA))

    def recall_hints(self, hints: FloatArray) -> None:
        """Take the chroma of hinted cells where the page shows the like: hair hinted once is hair in every panel.

        Args:
            hints: (h, w, 4) RGB and mask in [0, 1], from `hints.hint_planes`; what lies under ink says nothing.
        """
        seen = hints[..., 3:] * (self._separation.ink[..., None] >= LEAST_SEEN)
        planes = np.concatenate([oklab_from_srgb(hints[..., :3])[..., 1:] * seen, seen], axis=2)
        means = _one_a_row(self._means(planes))
        hinted = means[:, 2] > 0
        if not bool(hinted.any()):
            return
        alike = likeness(self._keys, self._keys[hinted])
        share = torch.softmax(alike / HINTED_SOFTNESS, dim=1)
        trust = torch.sigmoid((alike.amax(dim=1, keepdim=True) - HINTED_LIKENESS) / HINTED_SOFTNESS)
        found = share @ (means[hinted, :2] / means[hinted, 2:])
        self._move(self._means(self._lab[..., 1:]), found, np.bool_(True), trust)

    @cached_property
    def _keys(self) -> Tensor:
        return cell_keys(self._generator, to_tensor(self._small).to(self._device))

    def _move(
        self, painted: Tensor, found: Tensor, where: NDArray[np.bool_] | np.bool_, trust: Tensor | float = 1.0
    ) -> None:
        """Move chroma from what was painted, (1, 2, r, c), to what was found, (T, 2), as far as it is trusted."""
        change = ((found - _one_a_row(painted)) * trust).T.reshape(painted.shape)
        wide = resize(enlarge_cells(to_array(change), CELL_PX, self._small.shape), *self._lab.shape[:2])
        self._lab[..., 1:] += wide * np.asarray(where)[..., None]

    def _means(self, plane: FloatArray) -> Tensor:
        small = resize(np.ascontiguousarray(plane), *self._small.shape[:2])
        return cell_means(to_tensor(small).to(self._device))

    def _fitted(self, chances: Tensor) -> Tensor:
        """Bring planes (1, B, r, c) over the page to (T, B), one row a cell."""
        rows, columns = (-(-side // CELL_PX) for side in self._small.shape[:2])
        fitted = functional.adaptive_avg_pool2d(chances, (rows, columns))
        cells = SMALLEST_SIDE_PX // CELL_PX
        padded = functional.pad(fitted, (0, -columns % cells, 0, -rows % cells), mode="replicate")
        return _one_a_row(padded)


def _one_a_row(cells: Tensor) -> Tensor:
    """Turn planes (1, C, r, c) into (r · c, C)."""
    return cells[0].flatten(1).T
