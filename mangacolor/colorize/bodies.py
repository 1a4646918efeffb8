"""Skin and eyes of people who are known by their hair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings, eyes_of, head_of, middles_of, share_inside
from mangacolor.image.color import lightness_of_gray
from mangacolor.page.areas import groups_of
from mangacolor.page.faces import Face

FloatArray = NDArray[np.float32]

FARTHEST = 8.0
"""Heights of a head from its middle to that of an area of skin which is still of the same body: feet are at seven."""

LEAST_HEAD, SMALLEST_HEAD = 0.4, 0.03
"""Sides of hair without a face, in heights of the smallest face that was found, from which on it is a head; and the
same in shares of the page's shorter side where no face was found."""

LEAST_INSIDE = 0.5
"""Share of an area of skin in the box of a face from which on it is of that face."""

SHADED = 0.6
"""Exponent of how much darker than its colour skin is that is drawn in a tone: at 1 shadows of dark skin are black."""

LIGHT = 0.5
"""Tone from which on hair is light."""


class Body(NamedTuple):
    """Colours (3,) of somebody, OKLab; None for what nobody has said."""

    skin: FloatArray | None = None
    eyes: FloatArray | None = None


class Head(NamedTuple):
    """Somebody's head.

    Attributes:
        box: Top, left, bottom and right of the face, or of the hair where no face is found.
        face: The face; None if none is found.
        hair: Numbers of the areas of its hair.
    """

    box: tuple[int, ...]
    face: Face | None
    hair: NDArray[np.intp]


def heads_of(found: Findings, kinds: AreaKinds) -> list[Head]:
    """Return the heads of a page: all faces, and hair of which no face is found, if that is as large as a head."""
    faces = [Head(face.box, face, np.flatnonzero(found.hair_of == number)) for number, face in enumerate(found.faces)]
    heights = [head.box[2] - head.box[0] for head in faces]
    least = LEAST_HEAD * min(heights) if heights else SMALLEST_HEAD * min(found.areas.labels.shape)
    hair = np.flatnonzero(kinds.is_hair & (found.hair_of < 0))
    touching = found.borders.among(hair)
    group = groups_of(touching.one, touching.other, len(hair))
    alone = []
    for number in np.unique(group):
        own = hair[group == number]
        boxes = found.areas.boxes[own]
        box = tuple(int(side) for side in (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)))
        # Hair beside a face that is found is of that one, whatever else is doubted.
        is_large = min(box[2] - box[0], box[3] - box[1]) >= least
        if is_large and not any(_holds(head_of(face), middles_of(np.array(box))) for face in found.faces):
            alone.append(Head(box, None, own))
    return faces + alone


def is_gloss(head: Head, found: Findings) -> bool:
    """Say whether the light hair of a face is but the gloss of black hair: there is more black around the face."""
    areas = found.areas
    if head.face is None or np.average(areas.tone[head.hair], weights=areas.sizes[head.hair]) < LIGHT:
        return False
    top, left, bottom, right = head_of(head.face)
    black = np.count_nonzero(areas.is_black[areas.labels[top:bottom, left:right]])
    return bool(black > areas.sizes[head.hair].sum())


def bodies_coloured(
    bodies: Mapping[int, Body], heads: Sequence[Head], found: Findings, kinds: AreaKinds, settled: FloatArray
) -> FloatArray:
    """Give the skin and the eyes of known people their colours.

    Skin is of the nearest head of its panel, in heights of heads. That of people who are not known, or whose skin
    nobody has said, is left as it is, and so is everything without a head near.

    Args:
        bodies: Who is known, by the number of the head.
        heads: From `heads_of`.
        found: What the page shows.
        kinds: What its areas are.
        settled: (n, 3) OKLab of areas whose colour is settled, zeros for others; these are left as they are.

    Returns:
        (n, 3) the same, with skin and eyes.
    """
    settled = settled.copy()
    if not bodies:
        return settled
    areas = found.areas
    is_free = (settled[:, 0] == 0) & ~areas.is_black
    skin = np.flatnonzero(kinds.is_skin & is_free)
    shade = (lightness_of_gray(areas.tone.astype(np.float32)) ** SHADED).clip(0, 1)
    whose = _nearest_heads(skin, heads, found)
    for number, body in bodies.items():
        face = heads[number].face
        irises = eyes_of(face, areas) & is_free & ~kinds.is_skin if face else np.zeros_like(is_free)
        for colour, which in ((body.skin, skin[whose == number]), (body.eyes, np.flatnonzero(irises))):
            if colour is not None:
                settled[which] = colour
                settled[which, 0] *= shade[which]
    return settled


def _nearest_heads(which: NDArray[np.intp], heads: Sequence[Head], found: Findings) -> NDArray[np.intp]:
    """Return the number of the head that each of some areas (k,) is nearest to; -1 where none is near."""
    boxes = np.array([head.box for head in heads])
    middles, own = middles_of(boxes), middles_of(found.areas.boxes[which])
    heights = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
    panels = np.array([_panel_at(middle, found) for middle in middles])
    off = np.linalg.norm(own[:, None] - middles, axis=2) / heights
    off[found.panel_of[which][:, None] != panels] = np.inf
    for number, head in enumerate(heads):
        if head.face is not None:
            off[share_inside(head.face.box, found.areas)[which] > LEAST_INSIDE, number] = 0
    return np.where(off.min(axis=1) < FARTHEST, off.argmin(axis=1), -1)


def _holds(box: tuple[int, ...], point: NDArray[np.float64]) -> bool:
    """Say whether a point (row, column) lies in a box."""
    return bool(box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3])


def _panel_at(middle: NDArray[np.float64], found: Findings) -> int:
    """Return the number of the panel that a point (row, column) lies in."""
    labels = found.areas.labels
    row, column = (int(np.clip(at, 0, side - 1)) for at, side in zip(middle, labels.shape, strict=True))
    return int(found.panel_of[labels[row, column]])
