"""Backdrops: bare paper behind people gets a pale colour, one a panel, as colourists fill it; what is white stays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.class_colours import SURPRISE, ClassColours
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.paper import AREA_PAPER_TONES
from mangacolor.colorize.pooled import Pooled
from mangacolor.colorize.scenery import MOST_SCENERY
from mangacolor.page.areas import runs_of

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

SURE_BACKDROP, SURE_SIZE = 0.7, 0.02
"""Chance of ground, and share of its panel, from which on bare paper is a backdrop if it touches the panel's upper
edges: tables and rocks stand below."""

NEAR_GROUND, NEAR_SIZE = 0.5, 0.005
"""The same where the panel has some already."""

PIECE_SIZES = (0.003, 0.01)
"""Shares of the page between which sure pieces are backdrop, too, that people cut off from the edges of the panel:
smaller ones are letters of sounds, larger ones may be balloons with spikes."""

MAY_BE_GROUND, LEAST_COVER = 0.4, 0.4
"""Chance of ground from which on bare paper may be behind people, and the share of it that must be backdrop, or none is
painted: patches of a wall in colour are worse than none."""

MOST_WHITE = 0.7
"""Share of an area that gutters and lettering hold up to which it can have a colour: a balloon that is open to what is
behind people keeps that white, and with it the panel."""

EDGE = 0.02
"""How near to an edge of its panel an area touches it, in shares of the panel's shorter side."""

MOST_PAPER, MOST_GARMENT, LARGEST = 0.06, 0.15, 0.25
"""Chances of paper and of a garment, and share of the page, up to which it is: balloons and shirts with open outlines
are ground, too, and so is a page whose panels were not found."""

BACKDROP_HUES = (80.0, 290.0)
"""OKLab hues in degrees that a backdrop may have, from cream to blue: faces would drown in pink and orange."""

CHROMA, LIGHTNESS = 0.045, 0.93
"""OKLab chroma and lightness of backdrops, in the middle of their panel."""

CHROMA_ABOVE, LIGHTER_BELOW = 0.45, 0.07
"""How much more of its chroma a backdrop has at the top of its panel than in the middle, and less at the foot; and how
much lighter the foot is than the top, as colourists let backgrounds run out."""


def backdrops(found: Findings, pooled: Pooled, may_be: Mask, white: NDArray[np.floating]) -> Mask:
    """Say which areas are backdrops.

    Args:
        found: Areas and panels of the page.
        pooled: What is said of its n areas.
        may_be: (n,) those that are nothing else.
        white: (n,) share of each that stays white: gutters, and balloons with lettering.
    """
    areas, panels = found.areas, found.panel_boxes[found.panel_of]
    of_page, of_panel = areas.sizes / areas.labels.size, areas.sizes / (sides_of(panels).prod(axis=1) + 1)
    may_be = may_be & (areas.tone >= AREA_PAPER_TONES[0]) & ~areas.is_black & (found.panel_of > 0)
    is_ground = may_be & (pooled.ground > MAY_BE_GROUND)
    may_be &= (pooled.paper < MOST_PAPER) & (pooled.garment < MOST_GARMENT) & (of_page < LARGEST)
    may_be &= pooled.scenery < MOST_SCENERY
    is_sure = may_be & (pooled.ground > SURE_BACKDROP)
    must_be_white = np.isin(found.panel_of, found.panel_of[is_sure & (of_panel > SURE_SIZE) & (white > MOST_WHITE)])
    may_be &= (white < MOST_WHITE) & ~must_be_white
    is_sure &= may_be
    touches = _touches_above(areas.boxes, panels)
    begins = is_sure & touches & (of_panel > SURE_SIZE)
    lowest = np.zeros(len(found.panel_boxes), np.int64)
    np.maximum.at(lowest, found.panel_of[begins], areas.boxes[begins, 2])
    is_above = areas.boxes[:, 0] < lowest[found.panel_of]
    is_piece = is_sure & (of_page > PIECE_SIZES[0]) & (of_page < PIECE_SIZES[1])
    is_rest = may_be & touches & (pooled.ground > NEAR_GROUND) & (of_panel > NEAR_SIZE)
    is_backdrop = begins | (is_above & (is_piece | is_rest))
    known, there = (
        np.bincount(found.panel_of, areas.sizes * which, len(lowest))
        for which in (is_backdrop, is_ground | is_backdrop)
    )
    return np.asarray(is_backdrop & (known > LEAST_COVER * there)[found.panel_of], np.bool_)


def sides_of(boxes: NDArray[Any]) -> NDArray[Any]:
    """Return the heights and widths (n, 2) of boxes (n, 4)."""
    return np.asarray(boxes[:, 2:] - boxes[:, :2])


def _touches_above(boxes: NDArray[np.int64], panels: NDArray[np.int64]) -> Mask:
    """Say which areas touch the top of their panel, or a side of it in its upper half; boxes (n, 4) of both."""
    near = EDGE * sides_of(panels).min(axis=1)
    is_upper = boxes[:, [0, 2]].sum(axis=1) < panels[:, [0, 2]].sum(axis=1)
    at_top = boxes[:, 0] <= panels[:, 0] + near
    at_side = (boxes[:, 1] <= panels[:, 1] + near) | (boxes[:, 3] >= panels[:, 3] - near)
    return np.asarray(at_top | (at_side & is_upper), np.bool_)


def backdrop_colours(which: Mask, chances: FloatArray, found: Findings, colours: ClassColours) -> FloatArray:
    """Choose a colour for every backdrop, one a panel: the likeliest that a backdrop may have.

    Args:
        which: (n,) areas, from `backdrops`.
        chances: (n, B) how likely each class is in each area.
        found: Areas and panels of the page.
        colours: The classes, and how likely each is on the whole page.

    Returns:
        (n, 3) OKLab; zeros for all other areas.
    """
    chosen = np.zeros((len(which), 3), np.float32)
    hue = np.degrees(np.arctan2(colours.bins[:, 1], colours.bins[:, 0])) % 360
    fits = (hue > BACKDROP_HUES[0]) & (hue < BACKDROP_HUES[1])
    for panel in np.unique(found.panel_of[which]):
        inside = np.flatnonzero(which & (found.panel_of == panel))
        said = np.average(chances[inside], axis=0, weights=found.areas.sizes[inside]).astype(np.float32)
        said = colours.without_grey(said[None], np.ones(1, np.bool_)) * fits
        chroma = colours.decided(said, SURPRISE)[0]
        chosen[inside] = (LIGHTNESS, *(chroma * (CHROMA / max(float(np.linalg.norm(chroma)), 1e-6))))
    return chosen


def run_out(lightness: FloatArray, chroma: FloatArray, labels: NDArray[np.int32], found: Findings, which: Mask) -> None:
    """Let backdrops become paler from the top of their panels to the foot, in place.

    Args:
        lightness: (h, w) OKLab, of the whole page, contiguous.
        chroma: (h, w, 2) the same.
        labels: (h, w) number of the area of each pixel.
        found: Areas and panels of the page, at any size.
        which: (n,) areas.
    """
    runs = runs_of(labels)
    own = np.flatnonzero(which[runs.labels])
    panels = found.panel_boxes[found.panel_of[runs.labels[own]]] * (len(labels) / len(found.areas.labels))
    down = (runs.starts[own] // runs.width - panels[:, 0]) / np.maximum(panels[:, 2] - panels[:, 0], 1)
    off = np.repeat((down.clip(0, 1) - 0.5).astype(np.float32), runs.lengths[own])
    places = runs.places(which)
    lightness.reshape(-1)[places] += LIGHTER_BELOW * off
    chroma.reshape(-1, 2)[places] *= 1 - 2 * CHROMA_ABOVE * off[:, None]
