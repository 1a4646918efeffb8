"""Areas that are two things, where an outline has a gap: a face and the wall behind it, an arm and a sheet of paper.

Lines alone cannot tell, and an area that is half skin would be all skin, or none. What the labels are sure of at both
ends grows up to the lines, and to the gap.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings, with_parts
from mangacolor.colorize.likelihoods import logistic
from mangacolor.models.backend import Guess, Traits
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]
Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]

SURE_SKIN, NO_SKIN, SURE_ELSE = 0.45, 0.15, 0.6
"""Chance of skin from which on a cell is sure to be skin, if it is the likeliest; and that up to which it is sure to be
ground or a garment, if that has the last."""

LEAST_SKIN, LEAST_ELSE, LEAST_SIZE = 0.19, 0.2, 0.0012
"""Shares of an area that are sure to be skin, and sure to be something else, from which on it is two; and its share of
the page."""

LEAST_PART = 0.0003
"""Share of the page that both parts have at least."""

UNKNOWN, SKIN, ELSE, OUTSIDE = range(4)
MARGIN_PX = 2


def parted(found: Findings, labels: Labels, guess: Guess, page: Separation, traits: Traits) -> Findings:
    """Part areas that are half skin and half something else.

    Args:
        found: Areas and faces of the page, at any size.
        labels: (h, w) the areas at the size of `page`.
        guess: What the generator said of the page.
        page: Ink and tone (h, w).
        traits: What the generator is like.

    Returns:
        The same, with one more area for each part that is skin.
    """
    if guess.label_logits is None or not {"skin", "ground", "garment"} <= set(traits.labels):
        return found
    skin, other = _sure(guess.label_logits, traits, labels.shape)
    parts: list[tuple[int, Mask]] = []
    for area in np.flatnonzero(_are_two(found, labels, skin, other)):
        inside = labels == area
        part = _grown(inside, skin, other, page.ink)
        if min(np.count_nonzero(part), np.count_nonzero(inside & ~part)) >= LEAST_PART * labels.size:
            parts.append((int(area), part))
    return with_parts(found, parts, page) if parts else found


def _sure(logits: FloatArray, traits: Traits, size: tuple[int, ...]) -> tuple[Mask, Mask]:
    """Return which pixels (h, w) are sure to be skin, and which to be ground or a garment."""
    chance = logistic(logits)
    skin, ground, garment = (chance[..., traits.labels.index(name)] for name in ("skin", "ground", "garment"))
    either = np.maximum(ground, garment)
    rows, columns = (np.arange(side) // traits.cell_px for side in size)
    is_skin, is_else = (skin > SURE_SKIN) & (skin > either), (skin < NO_SKIN) & (either > SURE_ELSE)
    return is_skin[rows].take(columns, axis=1), is_else[rows].take(columns, axis=1)


def _are_two(found: Findings, labels: Labels, skin: Mask, other: Mask) -> Mask:
    """Say which areas (n,) are half sure to be skin, and half sure to be something else."""
    # Every other pixel tells as much as all.
    some = np.s_[::2, ::2]
    count = len(found.areas.sizes)
    pixels = np.maximum(np.bincount(labels[some].ravel(), minlength=count), 1)
    skin_share, other_share = (
        np.bincount(labels[some][sure[some]], minlength=count) / pixels for sure in (skin, other)
    )
    is_large = found.areas.sizes > LEAST_SIZE * found.areas.labels.size
    return np.asarray(
        is_large & (skin_share > LEAST_SKIN) & (other_share > LEAST_ELSE) & ~found.areas.is_black, np.bool_
    )


def _grown(inside: Mask, skin: Mask, other: Mask, ink: FloatArray) -> Mask:
    """Return the part (h, w) of an area that is skin: both grow from where they are sure, over lines last of all."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    box = tuple(slice(max(0, at[0] - MARGIN_PX), at[-1] + MARGIN_PX + 1) for at in (rows, columns))
    markers = np.full(inside[box].shape, OUTSIDE, np.int32)
    markers[inside[box]] = UNKNOWN
    markers[inside[box] & skin[box]] = SKIN
    markers[inside[box] & other[box]] = ELSE
    drawn = np.rint(255 * (1 - ink[box])).astype(np.uint8)
    cv2.watershed(cv2.merge([drawn] * 3), markers)
    # Pixels under lines, which neither reaches, are of the nearer one.
    to_skin, to_other = (
        cv2.distanceTransform((markers != kind).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3) for kind in (SKIN, ELSE)
    )
    part = np.zeros_like(inside)
    part[box] = inside[box] & (to_skin < to_other)
    return part
