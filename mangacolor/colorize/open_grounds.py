"""Grounds run on where no line is: white paper that is open to a wall or a sky, or part of it, has its colour.

A wall that is screened below and bare above, rays that end in white, a sky between two heads: areas part where the tone
changes, and a colour that ends at no line is seen at once (docs/decisions/0049-tinted-greys.md).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import CLEAR_INK, AreaKinds
from mangacolor.colorize.bare_grounds import (
    CHROMA,
    LEAST_COLOUR,
    LIGHTNESS,
    are_white,
    lettered,
    places_within,
    touches_edge,
)
from mangacolor.colorize.findings import Findings, window_of
from mangacolor.colorize.grids import fit_boxes
from mangacolor.colorize.paint import Means, Paint, is_something, planes_of, polar

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_OPEN_PX, OPEN_SHARE = 15, 0.5
"""Pixels of a border, and share of it, that are open at least: nobody has drawn a line there."""

LEAST_SIZE, FOLLOWING_GROUND, LEADING_GROUND = 0.0005, 0.35, 0.5
"""Share of the page from which on white paper is worth it, and chances of ground from which on it follows another, and
this leads."""

RUNNING_HUES = (75.0, 300.0)
"""Hues in degrees that a ground may have that runs on: not those of skin."""

BESIDE_PX, FEWEST_PX = 6, 20
"""How far from the border the colour of a ground is looked at, in pixels, where there is no ink; and of how many."""

PAINTED, UNPAINTED = 0.02, 0.015
LEAST_PAINTED, LEAST_UNPAINTED, LEAST_HALF, LEAST_TONE = 0.2, 0.12, 0.002, 0.85
"""Chroma from which on a pixel has a colour, and up to which it has none; shares of an area that have one, and none, at
least where it is half painted; and share of the page, and tone, from which on it is worth it and light enough."""


def run_on(paint: Paint, means: Means, found: Findings, kinds: AreaKinds, ink: FloatArray, is_said: Mask) -> Mask:
    """Let grounds run on into white paper, in place.

    Args:
        paint: Colours as decided.
        means: What its areas look like.
        found: Areas and panels of the page.
        kinds: What its n areas are.
        ink: (h, w) of the page, 1 being none.
        is_said: (n,) those whose colour somebody has said; these stay.

    Returns:
        (n,) which areas have the colour of a backdrop now.
    """
    numbers, is_behind = np.arange(len(is_said)), np.zeros(len(is_said), np.bool_)
    pairs = _open_pairs(means, found, kinds, is_said)
    if not len(pairs):
        return is_behind
    follows = np.isin(numbers, pairs[:, 0])
    boxes = paint.runs.boxes(len(is_said))
    has_letters = lettered(follows, boxes, paint.labels, ink, few=True)
    panels = fit_boxes(found.panel_boxes, found.areas.labels.shape, paint.labels.shape)
    for white, ground in pairs:
        if has_letters[white]:
            continue
        beside = _beside(int(white), int(ground), boxes[white], paint, ink)
        if len(beside) < FEWEST_PX:
            continue
        places = places_within(panels[found.panel_of[white]], numbers == white, paint)
        lightness, chroma, *_ = paint.flat
        lightness[places] = np.minimum(lightness[places], np.median(lightness[beside]))
        chroma[places] = np.median(chroma[beside], axis=0)
        is_behind[white] = kinds.is_backdrop[ground] and not is_said[ground]
    return is_behind


def _open_pairs(means: Means, found: Findings, kinds: AreaKinds, is_said: Mask) -> NDArray[np.intp]:
    """Return pairs (k, 2) of white paper and the ground of the same panel that it is most open to."""
    is_white, is_free = are_white(means), ~is_something(kinds)
    follows = is_white & is_free & ~is_said & ~found.areas.is_black & (kinds.ground > FOLLOWING_GROUND)
    follows &= (found.areas.sizes > LEAST_SIZE * found.areas.labels.size) & (found.panel_of > 0)
    leads = kinds.is_backdrop | (is_free & (kinds.ground > LEADING_GROUND))
    leads &= (means.chroma > LEAST_COLOUR) & means.is_between(RUNNING_HUES) & ~is_white
    contacts, panels = found.areas.contacts, found.panel_of
    is_open = (contacts.open_px >= LEAST_OPEN_PX) & (contacts.open_px > OPEN_SHARE * contacts.total_px)
    pairs = contacts.pairs[is_open]
    pairs = np.concatenate([pairs, pairs[:, ::-1]])[np.argsort(-np.tile(contacts.open_px[is_open], 2), kind="stable")]
    white, ground = pairs.T
    pairs = pairs[follows[white] & leads[ground] & (panels[white] == panels[ground])]
    return np.asarray(pairs[np.unique(pairs[:, 0], return_index=True)[1]], np.intp)


def _beside(white: int, ground: int, box: NDArray[np.int64], paint: Paint, ink: FloatArray) -> NDArray[np.intp]:
    """Return where, in flattened planes, a ground is near some white paper, and free of ink."""
    rows, columns = window_of(box, 1.0, BESIDE_PX)
    labels = paint.labels[rows, columns]
    near = cv2.dilate((labels == white).view(np.uint8), np.ones((2 * BESIDE_PX + 1,) * 2, np.uint8)).view(np.bool_)
    y, x = np.nonzero(near & (labels == ground) & (ink[rows, columns] > CLEAR_INK))
    return np.asarray((y + rows.start) * paint.labels.shape[1] + x + columns.start, np.intp)


def run_through(paint: Paint, found: Findings, kinds: AreaKinds, ink: FloatArray, is_said: Mask) -> None:
    """Let the colour of grounds that are half white, and half painted or shaded, run through all of them, in place.

    Args:
        paint: Colours as decided.
        found: Areas and panels of the page.
        kinds: What its n areas are.
        ink: (h, w) of the page, 1 being none.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    lightness, chroma, *_ = paint.flat
    which = _half_painted(paint, found, kinds, ink) & ~is_said
    which &= ~lettered(which, paint.runs.boxes(len(is_said)), paint.labels, ink, few=True)
    panels = fit_boxes(found.panel_boxes, found.areas.labels.shape, paint.labels.shape)
    for area in np.flatnonzero(which):
        places = places_within(panels[found.panel_of[area]], np.arange(len(is_said)) == area, paint)
        length = np.hypot(*planes_of(chroma[places]))
        painted = chroma[places[(length > PAINTED) & (ink.reshape(-1)[places] > CLEAR_INK)]]
        if not len(painted):
            continue
        a, b = np.median(painted, axis=0)
        hue = np.degrees(np.arctan2(b, a)) % 360
        if not RUNNING_HUES[0] < hue < RUNNING_HUES[1]:
            continue
        share = (1 - length / PAINTED).clip(0)
        chroma[places] += share[:, None] * (polar(hue, np.full(1, CHROMA)) - chroma[places])
        lightness[places] += share * np.minimum(0, LIGHTNESS - lightness[places])


def _half_painted(paint: Paint, found: Findings, kinds: AreaKinds, ink: FloatArray) -> Mask:
    """Say which grounds (n,) have a colour in one part, and none in another, where there is no ink."""
    count, areas = len(found.areas.sizes), found.areas
    is_ground = ~is_something(kinds) & ~areas.is_black & (kinds.ground > LEADING_GROUND) & (areas.tone > LEAST_TONE)
    is_ground &= (areas.sizes > LEAST_HALF * areas.labels.size) & (found.panel_of > 0) & touches_edge(found)
    _, chroma, _, labels = paint.flat
    places = paint.places(is_ground)
    places = places[ink.reshape(-1)[places] > CLEAR_INK]
    a, b = (plane[places] for plane in planes_of(chroma))
    squared, number = a * a + b * b, labels[places]
    pixels = np.maximum(np.bincount(number, minlength=count), 1)
    painted, unpainted = (
        np.bincount(number, some, count) / pixels for some in (squared > PAINTED**2, squared < UNPAINTED**2)
    )
    return np.asarray(is_ground & (painted > LEAST_PAINTED) & (unpainted > LEAST_UNPAINTED), np.bool_)
