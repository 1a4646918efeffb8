"""A page as recall sees it: cells whose chroma moves to that of like cells, of references or of hinted spots."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.grids import average_over, cell_averages, enlarge_cells
from mangacolor.colorize.hints import LEAST_SEEN
from mangacolor.colorize.likelihoods import logistic, softmax
from mangacolor.colorize.looks import Sight
from mangacolor.colorize.paper import PAPER_TONES, STAIN_CHROMA
from mangacolor.colorize.recollection import CELL_PX, Recollection, chroma_kinship, likeness, recall
from mangacolor.errors import UsageError
from mangacolor.image import resize
from mangacolor.image.color import LUMA, oklab_from_srgb, srgb_from_oklab
from mangacolor.models.backend import Backend
from mangacolor.models.padding import padded
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]

SMALLEST_SIDE_PX = 32
"""Smallest side of a picture as it is looked at, and what its sides are made multiples of."""

LARGEST_PIXELS = 1_000_000
"""Largest size at which pictures are compared."""

HINTED_LIKENESS = 0.31
HINTED_SOFTNESS = 0.03
"""Likeness to a hinted spot at which a cell takes half of its colour, and how fast it takes more."""


def cell_keys(backend: Backend, rgb: FloatArray) -> FloatArray:
    """Describe the cells of a picture (h, w, 3), row by row; see `Recollection`."""
    rgb = padded(rgb, SMALLEST_SIDE_PX, (0, 1))
    shown = backend.describe(np.asarray(rgb @ LUMA, np.float32))
    lightness = cell_averages(oklab_from_srgb(rgb)[..., :1], CELL_PX)
    return np.concatenate([shown, lightness.reshape(-1, 1)], axis=1)


def see(page: Separation, backend: Backend) -> Sight:
    """Return what the generator sees on a whole page (h, w) taken apart.

    Raises:
        UsageError: It has no semantic features.
    """
    if not backend.traits.describes:
        raise UsageError(
            "These weights cannot follow a series: their generator has no semantic features.",
            advice="Leave the series out, or take weights of the default preset.",
        )
    gray = page.ink * page.tone
    wide = padded(gray, SMALLEST_SIDE_PX, (0, 1))
    shown = backend.describe(wide).reshape(wide.shape[0] // CELL_PX, wide.shape[1] // CELL_PX, -1)
    return Sight(shown, (gray.shape[0] / wide.shape[0], gray.shape[1] / wide.shape[1]))


def cell_means(plane: FloatArray) -> FloatArray:
    """Average a plane (h, w, C) over the cells that `cell_keys` describes: (r, c, C)."""
    return cell_averages(padded(plane, SMALLEST_SIDE_PX, (0, 1)), CELL_PX)


def is_coloured(lab: FloatArray, page: Separation) -> NDArray[np.bool_]:
    """Say where (h, w) a page in OKLab (h, w, 3) is no bare paper that stays so."""
    return np.asarray((page.tone < PAPER_TONES[1]) | (np.linalg.norm(lab[..., 1:], axis=-1) > STAIN_CHROMA), np.bool_)


class PageCells:
    """Predicted colour of a page, to be recoloured cell by cell.

    Args:
        backend: Whose descriptions compare cells.
        lab: (h, w, 3) OKLab of the predicted colour under the ink.
        page: Ink and tone at the same size.
        keys: What `cell_keys` said of it; None asks for it when it is needed.

    Attributes:
        lab: OKLab (h, w, 3), with all that was recalled.
    """

    def __init__(self, backend: Backend, lab: FloatArray, page: Separation, keys: FloatArray | None = None) -> None:
        self.lab = lab.copy()
        self._backend = backend
        self._page = page
        scale = min(1.0, math.sqrt(LARGEST_PIXELS / page.ink.size))
        self._size = max(1, round(lab.shape[0] * scale)), max(1, round(lab.shape[1] * scale))
        if keys is not None:
            self.keys = keys

    @cached_property
    def keys(self) -> FloatArray:
        """(T, D + 1) what the cells of the page show."""
        return cell_keys(self._backend, resize(srgb_from_oklab(self.lab) * self._page.ink[..., None], *self._size))

    def numbers(self, size: tuple[int, ...]) -> NDArray[np.intp]:
        """Return the number of the cell that each pixel of the page at some size (h, w) lies in, a row of `keys`."""
        rows, columns = (
            np.arange(side) * small // side // CELL_PX for side, small in zip(size, self._size, strict=True)
        )
        across = (self._size[1] + -self._size[1] % SMALLEST_SIDE_PX) // CELL_PX
        return np.asarray(rows[:, None] * across + columns, np.intp)

    def recall_references(self, recollection: Recollection, chances: FloatArray | None) -> None:
        """Take the chroma of reference cells that show the like, where there are any, but on bare paper.

        Args:
            recollection: What is kept of the references.
            chances: (r, c, B) probabilities of the chroma classes over the page; None leaves them out.
        """
        keys = self.keys
        painted = self._means(self.lab[..., 1:])
        own, classes = _one_a_row(painted), None
        bins = self._backend.traits.bins
        if chances is not None and bins is not None:
            chances = self._fitted(chances)
            classes = chroma_kinship(own, bins)
        found = recall(Recollection(keys, own, classes), recollection, chances)
        self._move(painted, found, is_coloured(self.lab, self._page))

    def recall_hints(self, planes: FloatArray) -> None:
        """Take the chroma of hinted cells where the page shows the like: hair hinted once is hair in every panel.

        Args:
            planes: (h, w, 4) RGB and mask in [0, 1], from `Hints.planes`; what lies under ink says nothing.
        """
        seen = planes[..., 3:] * (self._page.ink[..., None] >= LEAST_SEEN)
        asked = np.concatenate([oklab_from_srgb(planes[..., :3])[..., 1:] * seen, seen], axis=2)
        means = _one_a_row(self._means(asked))
        hinted = means[:, 2] > 0
        if not hinted.any():
            return
        alike = likeness(self.keys, self.keys[hinted])
        share = softmax(alike / np.float32(HINTED_SOFTNESS), axis=1)
        trust = logistic((alike.max(axis=1, keepdims=True) - HINTED_LIKENESS) / np.float32(HINTED_SOFTNESS))
        found = share @ (means[hinted, :2] / means[hinted, 2:])
        self._move(self._means(self.lab[..., 1:]), found, np.bool_(True), trust)

    def _move(
        self,
        painted: FloatArray,
        found: FloatArray,
        where: NDArray[np.bool_] | np.bool_,
        trust: FloatArray | float = 1.0,
    ) -> None:
        """Move chroma from what was painted, (r, c, 2), to what was found, (T, 2), as far as it is trusted."""
        change = ((found - _one_a_row(painted)) * trust).reshape(painted.shape).astype(np.float32)
        wide = resize(enlarge_cells(change, CELL_PX, self._size), *self.lab.shape[:2])
        self.lab[..., 1:] += wide * np.asarray(where)[..., None]

    def _means(self, plane: FloatArray) -> FloatArray:
        return cell_means(resize(np.ascontiguousarray(plane), *self._size))

    def _fitted(self, chances: FloatArray) -> FloatArray:
        """Bring chances (r, c, B) over the page to (T, B), one row a cell."""
        rows, columns = (-(-side // CELL_PX) for side in self._size)
        cells = SMALLEST_SIDE_PX // CELL_PX
        fitted = average_over(chances, (rows, columns))
        return _one_a_row(np.pad(fitted, ((0, -rows % cells), (0, -columns % cells), (0, 0)), mode="edge"))


def _one_a_row(cells: FloatArray) -> FloatArray:
    """Turn (r, c, C) into (r · c, C)."""
    return cells.reshape(-1, cells.shape[-1])
