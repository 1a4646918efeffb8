"""What the generator says of the areas of a page: its chances of colours and labels, averaged over each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings
from mangacolor.colorize.hues import skin_classes
from mangacolor.colorize.likelihoods import logistic
from mangacolor.colorize.scenery import ROOMS, USUAL
from mangacolor.models.backend import Guess, Traits
from mangacolor.page.areas import Links, links_of

FloatArray = NDArray[np.float32]

SKIN_CHANCE, SHADES_CHANCE = 0.07, 0.6
"""Chance from which on an area is skin, by the label or by all shades of skin together. Labels were learnt with far
more of other things than skin."""


LABELS = ("skin", "hair", "garment", "ground", "paper", "eye", "animal")
SCENERY = ("scenery", "wall", "floor")
"""What is told of cells beside the classes, in this order: labels, and shares of scenery."""

SUREST = 0.1
"""Share of an area that is left out of `Pooled.skin_peak`."""


class Pooled(NamedTuple):
    """Of each area: chances (n, B) of the classes, and of the labels (n,).

    `scenery`, `wall` and `floor` are shares of scenery; `skin_peak` is the chance of skin that all but the surest tenth
    of an area has at most: hands are seen as hands in places, and coats in none.
    """

    chances: FloatArray
    skin: FloatArray
    hair: FloatArray
    garment: FloatArray
    ground: FloatArray
    paper: FloatArray
    eye: FloatArray
    animal: FloatArray
    scenery: FloatArray
    wall: FloatArray
    floor: FloatArray
    skin_peak: FloatArray


def pool(
    guess: Guess,
    chances: FloatArray,
    scenery: FloatArray,
    weights: FloatArray,
    found: Findings,
    labels: NDArray[np.int32],
    traits: Traits,
) -> Pooled:
    """Average over areas what the generator says of cells.

    Args:
        guess: What it said of the page.
        chances: (r, c, B) how likely each colour is, of that.
        scenery: (r, c, K) how far each cell is which scenery.
        weights: (h, w) how much each pixel counts: ink less than what it leaves free.
        found: Areas of the page.
        labels: (h, w) number of the area of each pixel.
        traits: What the generator is like.
    """
    said = np.concatenate([chances, _told(guess, traits, chances), _of_scenery(scenery)], axis=2)
    pooled = _averaged(labels, weights, said, found, traits.cell_px)
    if guess.label_logits is None:  # shades of skin stand for the label, and a peak is one as in the label
        return pooled._replace(skin_peak=pooled.skin_peak * np.float32(SHADES_CHANCE / SKIN_CHANCE))
    return pooled


def _told(guess: Guess, traits: Traits, chances: FloatArray) -> FloatArray:
    """Return how likely each cell (r, c, 7) is skin, hair, garment, ground, paper, eye, animal: what the labels say.

    Without a label of skin all shades of it together stand for it. They are shared with walls and wood, so that they
    count as much less as more of them is asked for.
    """
    said = None if guess.label_logits is None else logistic(guess.label_logits)
    nothing = np.zeros(chances.shape[:2], np.float32)
    planes = [
        said[..., traits.labels.index(name)] if said is not None and name in traits.labels else nothing
        for name in LABELS
    ]
    if said is None and traits.bins is not None:
        shades = chances[..., skin_classes(traits.bins)].sum(axis=-1)
        planes[0] = np.asarray(shades * (SKIN_CHANCE / SHADES_CHANCE), np.float32)
    return np.stack(planes, axis=-1)


def _of_scenery(shares: FloatArray) -> FloatArray:
    """Return how far each cell (r, c, 3) is scenery with a colour of its own, wall, and floor."""
    if not shares.shape[2]:
        return np.zeros((*shares.shape[:2], len(SCENERY)), np.float32)
    own = [number for number, name in enumerate(USUAL) if name not in ROOMS]
    rooms = [shares[..., list(USUAL).index(name)] for name in ROOMS]
    return np.stack([shares[..., own].sum(axis=2), *rooms], axis=2)


def _averaged(
    labels: NDArray[np.int32], weights: FloatArray, said: FloatArray, found: Findings, cell_px: int
) -> Pooled:
    """Average what cells (r, c, B + L) say over areas, ink counting less.

    Peaks of skin are told as well; see `Pooled`.
    """
    count, (height, width), (rows, columns) = len(found.areas.sizes), labels.shape, said.shape[:2]
    # Every other pixel tells as much as all.
    y, x = np.arange(0, height, 2), np.arange(0, width, 2)
    cells = (y // cell_px)[:, None] * columns + x // cell_px
    heavy = weights[::2, ::2].ravel() + np.float32(1e-3)
    key = labels[::2, ::2].ravel().astype(np.int64) * (rows * columns) + cells.ravel()
    # A few pixels in a row are of one area and one cell: sorted together, they take a third of the time.
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    met, pair = np.unique(key[starts], return_inverse=True)
    heavy = np.add.reduceat(heavy, starts, dtype=np.float64)
    share = links_of(*np.divmod(met, rows * columns), np.bincount(pair, heavy), count)
    total = share.totals()
    summed = share.sums(said.reshape(rows * columns, -1))
    means = np.asarray(summed / np.maximum(total, 1e-6)[:, None], np.float32)
    missed = total == 0  # too small for the canvas: what the page says
    means[missed] = said.mean(axis=(0, 1))
    names = LABELS + SCENERY
    classes = said.shape[2] - len(names)
    planes = dict(zip(names, means[:, classes:].T, strict=True))
    peak = _peaks(share, said[..., classes + names.index("skin")].ravel())
    return Pooled(means[:, :classes], **planes, skin_peak=np.where(missed, planes["skin"], peak))


def as_one_hair(pooled: Pooled, found: Findings) -> Pooled:
    """Return chances of colours that are averaged over all hair of each face."""
    chances = pooled.chances.copy()
    for face in range(len(found.faces)):
        hair = found.hair_of == face
        if hair.any():
            chances[hair] = np.average(chances[hair], axis=0, weights=found.areas.sizes[hair])
    return pooled._replace(chances=chances)


def _peaks(share: Links, values: FloatArray) -> FloatArray:
    """Return what all of each thing but its `SUREST` has at most of the values (n,) that its links lead to."""
    order = np.lexsort((values[share.other], share.one))
    one, weights = share.one[order], share.weights[order].astype(np.float64)
    totals = np.bincount(one, weights, share.things)
    upto = np.cumsum(weights) - (np.cumsum(totals) - totals)[one]
    reached = upto >= (1 - SUREST) * totals[one]
    things, first = np.unique(one[reached], return_index=True)
    peaks = np.zeros(share.things, np.float32)
    peaks[things] = values[share.other[order[reached]][first]]
    return peaks
