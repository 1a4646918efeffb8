"""Things that lines cut in pieces, a skirt by its pleats, a coat by its folds: their pieces get one hue again.

The generator sees cells and not things, and is of another mind in the next pleat. Pieces touch, are printed in one
tone, and may be the same by all labels: what is only as dark as its neighbour is not joined to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings
from mangacolor.colorize.pooled import Pooled
from mangacolor.page.areas import groups_of

Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

TONES, LEAST_BORDER = 0.045, 0.2
"""How far apart the tones of two pieces may be that touch, and along which share of the shorter border they do."""

LARGEST_APART = 0.08
"""How far apart the tones of a piece and of the largest of its thing may be."""

MOST_KNOWN = 0.5
"""Share of scenery up to which an area may be a piece: walls and skies have colours of their own."""

LIKE = {"ground": 0.35, "garment": 0.35, "hair": 0.25, "skin": 0.2, "animal": 0.25}
"""How far apart the chances of labels may be."""


def things_of(found: Findings, pooled: Pooled, may_be: Mask) -> Indices:
    """Say which areas are pieces of one thing.

    Args:
        found: Areas of the page.
        pooled: What is said of its n areas.
        may_be: (n,) areas that may be pieces: toned, and neither skin nor hair; blacks and scenery are left out.

    Returns:
        (n,) number of the largest piece of the thing that an area is a piece of; its own if it is a thing by itself.
    """
    areas, borders = found.areas, found.borders
    is_told = pooled.ground.any() or pooled.garment.any()  # without labels whatever touches may be one thing
    may_be = may_be & is_told & ~areas.is_black & (pooled.scenery + pooled.wall + pooled.floor < MOST_KNOWN)
    totals = borders.totals()
    shorter = np.minimum(totals[borders.one], totals[borders.other])
    touch = may_be[borders.one] & may_be[borders.other] & (borders.weights >= LEAST_BORDER * shorter)
    touch &= _are_like(areas.tone, pooled, borders.one, borders.other, TONES)
    group = groups_of(borders.one[touch], borders.other[touch], len(may_be))
    largest, rising = np.empty(len(may_be), np.intp), np.argsort(areas.sizes, kind="stable")
    largest[group[rising]] = rising
    own, whole = np.arange(len(may_be)), largest[group]
    return np.where(_are_like(areas.tone, pooled, own, whole, LARGEST_APART), whole, own)


def _are_like(tone: NDArray[np.floating], pooled: Pooled, one: Indices, other: Indices, tones: float) -> Mask:
    """Say which pairs (m,) of areas have about one tone, and may be the same by the labels."""
    alike = np.abs(tone[one] - tone[other]) <= tones
    for name, most in LIKE.items():
        chance = getattr(pooled, name)
        alike &= np.abs(chance[one] - chance[other]) <= most
    return np.asarray(alike, np.bool_)
