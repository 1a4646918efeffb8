"""Greys that nobody meant: what is toned and has no colour takes a little of its room's, or of the cool of shadows.

Neutral grey between colours looks like a spot that was forgotten. Painters shade white with blue and violet, and what
stands in a brown room in brown (docs/decisions/0049-tinted-greys.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.bare_grounds import LEAST_COLOUR, LEAST_GROUND
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.paint import Means, Paint, is_something, planes_of, polar

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

COOL = 282.0
"""Hue in degrees of OKLab of shadows on white things."""

TINT = 0.03
"""OKLab chroma that greys are given."""

PAPER_LIGHTNESS, SHADED = 0.97, 0.1
COLOURED = 0.03
"""OKLab lightness from which on a pixel is paper, how far below it has all of a tint, and chroma from which on it has a
colour of its own, and none."""

LEAST_SHARE = 0.12
"""Share of a panel that has to show the colour of its room, for greys of the room to have that hue."""


def tint_greys(paint: Paint, means: Means, found: Findings, kinds: AreaKinds, is_said: Mask) -> None:
    """Tint, in place, what is grey of a page.

    Args:
        paint: Colours as decided.
        means: What its areas look like.
        found: Areas and panels of the page.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    lightness, chroma, _, labels = paint.flat
    a, b = planes_of(chroma)
    squared = a * a + b * b
    places = np.flatnonzero((lightness < PAPER_LIGHTNESS) & (squared < COLOURED**2))
    share = ((PAPER_LIGHTNESS - lightness[places]) / SHADED).clip(0, 1) * (1 - np.sqrt(squared[places]) / COLOURED)
    is_meant = is_said | kinds.is_hair | kinds.is_fur | kinds.is_eye  # grey is among their own colours
    number = labels[places]
    for plane, tint in zip((a, b), planes_of(_tints(means, found, kinds) * ~is_meant[:, None]), strict=True):
        plane[places] += share * tint[number]


def _tints(means: Means, found: Findings, kinds: AreaKinds) -> FloatArray:
    """Return OKLab a and b (n, 2) that greys of areas are given."""
    is_room = kinds.ground > LEAST_GROUND
    shows = is_room & (means.chroma > LEAST_COLOUR) & ~is_something(kinds)
    panels, count = found.panel_of, len(found.panel_boxes)
    sizes = found.areas.sizes.astype(np.float64)
    whole, shown = (np.bincount(panels, sizes * which, count) for which in (np.ones_like(shows), shows))
    colours = polar(means.hue, means.chroma)
    a, b = (np.bincount(panels, sizes * shows * plane, count) for plane in planes_of(colours))
    hues = np.where(shown > LEAST_SHARE * whole, np.degrees(np.arctan2(b, a)), COOL)
    return polar(np.where(is_room, hues[panels], COOL), np.full(len(panels), TINT))
