"""Which areas of a page are hair: that of faces, and what the label says against all else that it may be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings, border_shares
from mangacolor.colorize.pooled import Pooled
from mangacolor.colorize.skin_areas import HAIR_CHANCE

Mask = NDArray[np.bool_]

SURE_HAIR, HAIR_RIVALRY, BESIDE_HAIR = 0.55, 1.3, 0.5
"""Chance of hair from which on an area is hair wherever it lies; how many times the chance of a garment it is at least
else; and the share of its border with other hair from which on that does not matter: folds of shirts look like tufts,
and tufts lie together."""

LARGE_HAIR = 0.0015
"""Share of the page from which on hair must be rather hair than ground: walls beside a head look like more of its hair,
and so do their hatched edges."""

CASTING_HAIR, BLACK_HAIR = 0.35, 0.3
"""Chance of hair from which on hair casts a shadow, and solid black does."""


def hair_areas(found: Findings, pooled: Pooled, may_be: Mask) -> Mask:
    """Say which areas are hair.

    Args:
        found: Areas and faces of the page.
        pooled: What is said of its n areas.
        may_be: (n,) what is hair if the label says so, rather than skin or paper.

    Returns:
        (n,) all that faces have of it, and what is hair rather than cloth or ground.
    """
    is_of_face = found.hair_of >= 0
    is_hair = is_of_face | (may_be & (pooled.hair > HAIR_CHANCE) & (pooled.hair > pooled.garment))
    is_large = (found.areas.sizes >= LARGE_HAIR * found.areas.labels.size) & ~found.areas.is_black
    is_hair &= is_of_face | ~is_large | (pooled.hair >= pooled.ground)
    return np.asarray(is_hair & ~_only_looks_like_hair(is_hair, found, pooled), np.bool_)


def sure_hair(is_hair: Mask, found: Findings, pooled: Pooled) -> Mask:
    """Say which areas (n,) are surely hair: of a face, by the label, or solid black and likely."""
    is_sure = is_hair & ((found.hair_of >= 0) | (pooled.hair > CASTING_HAIR))
    return np.asarray(is_sure | (found.areas.is_black & (pooled.hair > BLACK_HAIR)), np.bool_)


def _only_looks_like_hair(is_hair: Mask, found: Findings, pooled: Pooled) -> Mask:
    """Say which areas (n,) of hair lie by themselves and may as well be cloth."""
    is_doubtful = is_hair & (found.hair_of < 0) & (pooled.hair < np.minimum(SURE_HAIR, HAIR_RIVALRY * pooled.garment))
    if not is_doubtful.any():
        return np.zeros_like(is_hair)
    return np.asarray(is_doubtful & (border_shares(found, is_hair) < BESIDE_HAIR), np.bool_)
