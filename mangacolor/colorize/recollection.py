"""Colours recalled: every place of a page takes those of the places that show the like.

What is compared are the descriptions of `Backend.describe` and the lightness; nothing else is learnt, and what is
recalled is used as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.likelihoods import softmax

FloatArray = NDArray[np.float32]

CELL_PX = 16
"""Side of the cells that are compared, in pixels of the pictures as the network sees them."""

LIGHTNESS_SHARE = 3.0
"""Weight of lightness beside what is shown: of two like things, the one as bright is more likely the same."""

LIGHTNESS_TURN = 1.5
"""Angle in radians between black and white, as which lightness is compared."""

SHADE = 0.3
"""What the difference between black and white takes from the likeness of two cells of one page."""

SHARPNESS = 30.0
"""Of the comparison: more recalls from fewer places."""

STRANGENESS = 0.2
"""Likeness that counts as much as the colour that was painted: where nothing is as like, the paint stays."""

BELIEF = 1.0
"""How much it counts that the generator holds a colour for possible where it is to be recalled."""

LEAST_BELIEF = 1e-4
"""Added to chances there: what it holds for impossible can still be recalled."""

KINSHIP_CHROMA = 0.05
"""Distance in OKLab at which the chance of a class speaks for a colour by 1/√e of what it does for its own."""

CELLS_AT_A_TIME = 512
"""Cells of a page that are compared at once: many references of a whole book must not fill the memory."""


class Recollection(NamedTuple):
    """Cells of pictures, one entry each.

    Attributes:
        keys: (T, D + 1) what the cell shows, from `Backend.describe`, and its OKLab lightness.
        chroma: (T, 2) its mean OKLab a and b.
        classes: (T, B) how near that is to each chroma class, from `chroma_kinship`; None without classes.
        flat: (T, 2) the chroma that most of it has beside ink, of references.
    """

    keys: FloatArray
    chroma: FloatArray
    classes: FloatArray | None = None
    flat: FloatArray | None = None


def join_recollections(recollections: Sequence[Recollection]) -> Recollection:
    """Join what is kept of several references."""
    classes = [one.classes for one in recollections if one.classes is not None]
    flat = [one.flat for one in recollections if one.flat is not None]
    return Recollection(
        np.concatenate([one.keys for one in recollections]),
        np.concatenate([one.chroma for one in recollections]),
        np.concatenate(classes) if len(classes) == len(recollections) else None,
        np.concatenate(flat) if len(flat) == len(recollections) else None,
    )


def chroma_kinship(chroma: FloatArray, bins: FloatArray) -> FloatArray:
    """Return (T, B) how near each of (T, 2) chroma is to each of (B, 2) classes, from 0 to 1."""
    distances = np.square(chroma[:, None] - bins).sum(axis=-1)
    return np.asarray(np.exp(-distances / (2 * KINSHIP_CHROMA**2)), np.float32)


def recall(page: Recollection, references: Recollection, chances: FloatArray | None = None) -> FloatArray:
    """Return the (T, 2) chroma that the cells of a page have in the references, and where nothing is like, their own.

    Args:
        page: Its cells as they were painted.
        references: What is kept of the references.
        chances: (T, B) probabilities of the chroma classes of the page's cells: of like cells in other colours, the one
            that the generator holds for likelier is recalled. None leaves them out.
    """
    found = []
    for part, logits, stay in _compared(page.keys, references):
        if chances is not None and page.classes is not None and references.classes is not None:
            possible = chances[part]
            logits += np.float32(BELIEF) * np.log(possible @ references.classes.T + np.float32(LEAST_BELIEF))
            own_chance = (possible * page.classes[part]).sum(axis=1, keepdims=True)
            stay += np.float32(BELIEF) * np.log(own_chance + np.float32(LEAST_BELIEF))
        share = softmax(np.concatenate([logits, stay], axis=1), axis=1)
        found.append(share[:, :-1] @ references.chroma + share[:, -1:] * page.chroma[part])
    return np.asarray(np.concatenate(found), np.float32)


def shares_of(keys: FloatArray, references: Recollection) -> Iterator[FloatArray]:
    """Yield for some cells of a page after the other, by their keys, the share (t, S) of each reference cell in them.

    What is left to 1 is for what was painted.
    """
    for _, logits, stay in _compared(keys, references):
        yield softmax(np.concatenate([logits, stay], axis=1), axis=1)[:, :-1]


def _compared(keys: FloatArray, references: Recollection) -> Iterator[tuple[slice, FloatArray, FloatArray]]:
    """Yield which cells, how alike (t, S) each reference cell is, and how alike (t, 1) something must be at least."""
    for first in range(0, len(keys), CELLS_AT_A_TIME):
        part = slice(first, first + CELLS_AT_A_TIME)
        shade = np.cos(np.float32(LIGHTNESS_TURN) * (keys[part, -1:] - references.keys[:, -1])) - 1
        alike = _shown_alike(keys[part], references.keys) + np.float32(LIGHTNESS_SHARE) * shade
        logits = np.asarray(np.float32(SHARPNESS) * alike, np.float32)
        yield part, logits, np.full_like(logits[:, :1], SHARPNESS * STRANGENESS)


def likeness(keys: FloatArray, others: FloatArray) -> FloatArray:
    """Return (T, S) how alike what (T, D + 1) and (S, D + 1) keys show is, from 1 for the same; see `SHADE`."""
    shade = np.float32(SHADE) * np.abs(keys[:, -1:] - others[:, -1])
    return np.asarray(_shown_alike(keys, others) - shade, np.float32)


def _shown_alike(keys: FloatArray, others: FloatArray) -> FloatArray:
    return np.asarray(keys[:, :-1] @ others[:, :-1].T, np.float32)
