"""Panels whose ground has colours only in part: what is left bare gets a pale one, a good part of it or nothing.

Holes of white paper in a painted wall are seen at once, and so is a balloon in the colour of the wall behind it: what
letters fill stays white, and what is round and holds a few (docs/decisions/0045-filled-and-lit.md and
0048-grounds-and-cloth.md).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.backdrops import sides_of
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.grids import fit_boxes
from mangacolor.colorize.paint import Means, Paint, is_something, means_of, polar
from mangacolor.page.areas import pieces_of

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

WHITE = (0.95, 0.015)
"""OKLab lightness from which on, and chroma up to which, what was decided is white."""

LEAST_COLOUR, LEAST_GROUND = 0.02, 0.5
"""Chroma and chance of ground from which on something shows the colour of its panel's ground."""

FILLING_HUES = (75.0, 290.0)
"""Hues in degrees that this may have, to fill what is bare: faces would drown in pink and orange."""

FILLED_GROUND, SIZES, MOST_OF_EDGE, NEAR = 0.6, (0.002, 0.25), 0.2, 0.03
"""Chance of ground from which on bare ground is filled, if it touches an edge of its panel: panes and letters of sounds
do not; shares of the page between which it is; and share of an edge of the page up to which it lies along it: beyond,
it may be the margin; and how near to an edge of its panel it touches it, in shares of the panel's shorter side."""

LEAST_FILLED, LEAST_OF_PANEL = 0.3, 0.03
"""Share of a panel's bare ground that must be filled, or none is; and share of the panel that is worth it."""

FOLLOWING_GROUND, LEAST_OPEN_PX = 0.4, 5
"""Chance of ground and pixels of open border from which on other white paper has the colour of what it is open to."""

LIGHTNESS, CHROMA, CREAM = 0.945, 0.038, 85.0
"""OKLab of what is filled; and its hue in degrees where its panel has none."""

LETTER_HEIGHTS, LONGEST, LEAST_INK, LEAST_AROUND = (0.005, 0.05), 4.0, 0.12, 0.97
"""Sizes of letters, in heights of the page; how many times as long as wide they are at most; ink in their boxes; and
how much of what is around one lies in the same area. Lines of a drawing cross areas, and are longer."""

LETTER_MARGIN_PX = 2

LETTERED = 0.05
FEW_LETTERS, CONVEX = 0.006, 0.93
"""Share of an area that boxes of letters take up from which on it is a balloon; and the same where it takes up `CONVEX`
of its convex hull. Walls have a crack or a knob that looks like a letter."""


def fill_grounds(paint: Paint, found: Findings, kinds: AreaKinds, ink: FloatArray, is_said: Mask) -> None:
    """Fill what is bare of grounds, in place.

    Args:
        paint: Colours as decided.
        found: Areas and panels of the page.
        kinds: What its n areas are.
        ink: (h, w) of the page, 1 being none.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    if not kinds.is_bare_ground.any():
        return
    means = means_of(paint, len(is_said))
    is_white = are_white(means)
    is_bare = kinds.is_bare_ground & is_white & ~is_said
    shows = kinds.is_backdrop | (~is_something(kinds) & (kinds.ground > LEAST_GROUND))
    shows &= (means.chroma > LEAST_COLOUR) & means.is_between(FILLING_HUES)
    sizes = found.areas.sizes / found.areas.labels.size
    fits = is_bare & (kinds.ground > FILLED_GROUND) & (sizes > SIZES[0]) & (sizes < SIZES[1])
    fits &= (found.areas.sides.max(axis=1) < MOST_OF_EDGE) & touches_edge(found)
    boxes = paint.runs.boxes(len(fits))
    fits &= ~lettered(fits, boxes, paint.labels, ink)
    may_follow = is_white & ~is_said & ~is_something(kinds) & (kinds.ground > FOLLOWING_GROUND)
    panels = fit_boxes(found.panel_boxes, found.areas.labels.shape, paint.labels.shape)
    whole = sides_of(panels).prod(axis=1) / paint.labels.size
    filled, bare = (np.bincount(found.panel_of, sizes * which, len(panels)) for which in (fits, is_bare))
    for panel in np.flatnonzero((filled > LEAST_FILLED * bare) & (filled > LEAST_OF_PANEL * whole)):
        inside = found.panel_of == panel
        shown = np.where(inside & shows, found.areas.sizes, 0)
        hue = means.hue[shown.argmax()] if shown.any() else CREAM
        follows = _open_to(fits & inside, may_follow & inside, found)
        follows &= ~lettered(follows, boxes, paint.labels, ink, few=True)
        places = places_within(panels[panel], fits & inside | follows, paint)
        paint.lightness.reshape(-1)[places] = LIGHTNESS
        paint.chroma.reshape(-1, 2)[places] = polar(hue, np.full(1, CHROMA))


def _open_to(filled: Mask, may_follow: Mask, found: Findings) -> Mask:
    """Say which areas (n,) that may be filled as well are open to some that are: no colour ends where no line is."""
    contacts = found.areas.contacts
    one, other = contacts.pairs[contacts.open_px >= LEAST_OPEN_PX].T
    follows = np.zeros_like(filled)
    follows[other[filled[one]]] = follows[one[filled[other]]] = True
    return np.asarray(follows & may_follow & ~filled, np.bool_)


def touches_edge(found: Findings) -> Mask:
    """Say which areas (n,) touch an edge of their panel."""
    boxes, panels = found.areas.boxes, found.panel_boxes[found.panel_of]
    near = NEAR * sides_of(panels).min(axis=1)
    begins = (boxes[:, :2] <= panels[:, :2] + near[:, None]).any(axis=1)
    return np.asarray(begins | (boxes[:, 2:] >= panels[:, 2:] - near[:, None]).any(axis=1), np.bool_)


def are_white(means: Means) -> Mask:
    """Say which areas (n,) were decided to be white."""
    return np.asarray((means.lightness > WHITE[0]) & (means.chroma < WHITE[1]), np.bool_)


def places_within(box: NDArray[np.int64], which: Mask, paint: Paint) -> NDArray[np.intp]:
    """Return where, in flattened planes, some areas (n,) lie in a box: they run out of open panels."""
    places = paint.places(which)
    rows, columns = np.divmod(places, paint.labels.shape[1])
    is_inside = (rows >= box[0]) & (rows < box[2]) & (columns >= box[1]) & (columns < box[3])
    return np.asarray(places[is_inside], np.intp)


def lettered(
    which: Mask, boxes: NDArray[np.int64], labels: NDArray[np.int32], ink: FloatArray, *, few: bool = False
) -> Mask:
    """Say which of some areas (n,) are balloons by what is in them; or hold a few letters, whatever their shape."""
    holds = np.zeros_like(which)
    for area in np.flatnonzero(which):
        top, left, bottom, right = boxes[area]
        inside = labels[top:bottom, left:right] == area
        cover = _share_of_letters(inside, ink[top:bottom, left:right], len(labels))
        holds[area] = cover >= LETTERED or (cover >= FEW_LETTERS and (few or _is_convex(inside)))
    return holds


def _share_of_letters(inside: Mask, ink: FloatArray, height: int) -> float:
    """Return the share of an area (h, w) of a page so high that boxes of what looks like letters take up."""
    taken = 0
    _, spots = pieces_of(inside & (ink < 0.5), connectivity=8)
    for left, top, width, tall, pixels in spots[1:]:
        long, short = max(width, tall), min(width, tall)
        if not LETTER_HEIGHTS[0] * height <= long <= LETTER_HEIGHTS[1] * height:
            continue
        if long > LONGEST * short or pixels < LEAST_INK * width * tall:
            continue
        around = inside[
            max(0, top - LETTER_MARGIN_PX) : top + tall + LETTER_MARGIN_PX,
            max(0, left - LETTER_MARGIN_PX) : left + width + LETTER_MARGIN_PX,
        ]
        if around.mean() > LEAST_AROUND:
            taken += int(width) * int(tall)
    return taken / max(1, int(np.count_nonzero(inside)))


def _is_convex(inside: Mask) -> bool:
    """Say whether an area (h, w) fills its convex hull, whose outline runs through the middles of its pixels."""
    hull = cv2.convexHull(cv2.findNonZero(inside.view(np.uint8)))
    return bool(np.count_nonzero(inside) > CONVEX * cv2.contourArea(hull))
