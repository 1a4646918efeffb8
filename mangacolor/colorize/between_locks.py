"""Skin that hair nearly hides: foreheads between the locks of a fringe, and ears.

They are small, bare, and nearer to hair than to anything else, so that labels of hair reach over them; but they touch
skin, which gloss on hair does not (docs/decisions/0049-tinted-greys.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings, border_shares
from mangacolor.colorize.paper import AREA_PAPER_TONES
from mangacolor.colorize.pooled import Pooled

Mask = NDArray[np.bool_]

LOCK_SKIN, LOCK_HAIR, LOCK_RIVALRY = 0.1, 0.5, 0.25
"""Chance of skin from which on, and of hair up to which, an area may be a forehead between locks, and share of the
second that the first has."""

BESIDE_SKIN, BESIDE_BLACK, ROUNDNESS = 0.65, 0.15, 0.1
"""Shares of its border, solid blacks left out and all of it, that it has with skin and with solid black; and radius of
the largest circle within it, in square roots of its size: lines of gloss are thinner."""

EAR_SKIN, EAR_BESIDE_SKIN = 0.07, 0.4
EAR_GARMENT, EAR_HAIR, EAR_GROUND, EAR_EYE = 0.2, 0.15, 0.6, 0.2
"""Chance of skin and share of its border with it from which on what lies around a face is an ear, and chances of all
else up to which."""


def brows(found: Findings, pooled: Pooled, is_skin: Mask, is_hair: Mask) -> Mask:
    """Say which areas (n,) that were taken for hair are the brow that shows between black locks."""
    areas = found.areas
    may_be = is_hair & ~areas.is_black & (areas.tone >= AREA_PAPER_TONES[0])
    may_be &= (pooled.skin > np.maximum(LOCK_SKIN, LOCK_RIVALRY * pooled.hair)) & (pooled.hair < LOCK_HAIR)
    may_be &= (areas.radii > ROUNDNESS * np.sqrt(areas.sizes)) & (border_shares(found, areas.is_black) > BESIDE_BLACK)
    return np.asarray(may_be & (border_shares(found, is_skin, but_blacks=True) > BESIDE_SKIN), np.bool_)


def ears(found: Findings, pooled: Pooled, may_be: Mask, is_skin: Mask) -> Mask:
    """Say which areas (n,) are ears, of those that lie around a face and are neither hair nor skin so far."""
    may_be = may_be & (found.areas.tone >= AREA_PAPER_TONES[0]) & ~found.areas.is_black
    may_be &= (pooled.skin > EAR_SKIN) & (pooled.garment < EAR_GARMENT) & (pooled.hair < EAR_HAIR)
    may_be &= (pooled.ground < EAR_GROUND) & (pooled.eye < EAR_EYE)
    return np.asarray(may_be & (border_shares(found, is_skin, but_blacks=True) > EAR_BESIDE_SKIN), np.bool_)
