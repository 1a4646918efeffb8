"""Shadows that the drawing leaves out: of hair on the brow, of a head on its neck, and of hair on its far side.

Colourists paint light from above on the left, and skin and hair in one colour are flat
(docs/decisions/0045-filled-and-lit.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.usual_colours import Paint, polar

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

REACH, REACHES_PX, SIDEWAYS = 0.14, (4, 60), 0.3
NECK_REACH, NECK_REACHES_PX, NECK_SIDEWAYS = 0.26, (4, 90), 0.2
"""How far down a shadow of hair falls, in square roots of the area that it falls on, at the working size, at least and
at most; and how far to the right, in that; and the same of shadows of a head, in square roots of its area."""

SMALLEST_PX = 900
"""Smallest area that takes a shadow."""

LARGER, BELOW, OVERLAP_PX, WIDEST = 0.8, 0.3, 10, 1.55
"""Of the area of what is below, how large a head is at least; how much of the height of what is below its top is under
the top of the head at least; by how much it may hang lower than that top, and still cast a shadow; and how many times
as wide as high what is below is at most: a finger on lips is wider."""

LIGHTNESS, CHROMA, HUE = 0.825, 0.078, 45.0
"""OKLab of skin in these shadows, the hue in degrees; darker skin keeps its lightness."""

SMOOTH, LEAST_PART, BLUR_PX = 0.25, 0.025, 0.8
"""Standard deviation, in its reach, by which a shadow is smoother than the hair that casts it, so that strands cast
none; the share of the area below which a part of a shadow is left out; and the standard deviation of the blur of its
bounds."""

HAIR_REACH, HAIR_REACHES_PX, HAIR_SIDEWAYS, HAIR_SMOOTH = 0.1, (3, 45), 0.87, 0.4
SMALLEST_HEAD_PX, STROKES_PX = 1500, 5
"""How far up from its bounds hair is in shadow, in square roots of the area of all that hangs together, at least and at
most; how far to the left, in that; how smooth that is, in it; the smallest such area that has any; and how broad the
strokes are that hair hangs together over."""

HAIR_TONE, LIGHT_HAIR = 0.85, 0.55
DARKER, TURNED, RICHER = 0.075, -8.0, 1.05
"""Tone and OKLab lightness from which on hair shows a shadow; how much darker that is, how much its hue is turned in
degrees, and the factor on its chroma."""


def cast_shadows(paint: Paint, found: Findings, kinds: AreaKinds, is_said: Mask) -> None:
    """Darken skin below hair and heads, in place.

    Args:
        paint: Colours as decided.
        found: Areas of the page.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    scale = len(paint.labels) / len(found.areas.labels)
    sizes, boxes = found.areas.sizes * scale**2, np.rint(found.areas.boxes * scale).astype(np.intp)
    lit = np.flatnonzero(kinds.takes_shadow & ~is_said & (sizes > SMALLEST_PX))
    for area in lit:
        heads = [head for head in lit if head != area and _is_head_above(boxes[head], boxes[area], sizes[[head, area]])]
        _shade(paint, int(area), boxes[area], float(sizes[area]), kinds.casts_shadow, heads, sizes)


def round_hair(paint: Paint, kinds: AreaKinds, is_said: Mask) -> None:
    """Darken hair where it turns away from the light, in place.

    Args:
        paint: Colours as decided.
        kinds: What the n areas of the page are.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    if not (kinds.is_hair & ~is_said).any():
        return
    is_hair = kinds.is_hair[paint.labels]
    whole = cv2.morphologyEx(is_hair.view(np.uint8), cv2.MORPH_CLOSE, np.ones((STROKES_PX, STROKES_PX), np.uint8))
    _, heads, facts, _ = cv2.connectedComponentsWithStats(whole, connectivity=4)
    takes = (kinds.is_hair & ~is_said)[paint.labels] & (paint.tone > HAIR_TONE) & (paint.lightness > LIGHT_HAIR)
    cosine, sine = RICHER * np.cos(np.radians(TURNED)), RICHER * np.sin(np.radians(TURNED))
    turn = np.array([[cosine, sine], [-sine, cosine]], np.float32)
    for number in 1 + np.flatnonzero(facts[1:, cv2.CC_STAT_AREA] >= SMALLEST_HEAD_PX):
        left, top, width, height, size = facts[number]
        reach = round(float(np.clip(HAIR_REACH * np.sqrt(size), *HAIR_REACHES_PX)))
        most = 2 * reach + 1
        at = np.s_[max(0, top - most) : top + height + most, max(0, left - most) : left + width + most]
        inside = heads[at] == number
        far_side = inside & _fallen(~inside, -reach, HAIR_SIDEWAYS, HAIR_SMOOTH)
        share = cv2.GaussianBlur(far_side.astype(np.float32), (0, 0), BLUR_PX) * takes[at]
        lightness, chroma = paint.lightness[at], paint.chroma[at]
        lightness -= DARKER * share
        chroma += share[..., None] * (chroma @ turn - chroma)


def _is_head_above(head: NDArray[np.intp], box: NDArray[np.intp], sizes: FloatArray) -> bool:
    """Say whether one of two areas, by their boxes and sizes, may be a head and the other its neck."""
    top, left, bottom, right = box
    is_above = head[0] < top - BELOW * (bottom - top) and top - OVERLAP_PX < head[2] < bottom
    is_neck = sizes[0] >= LARGER * sizes[1] and right - left <= WIDEST * (bottom - top)
    return bool(is_neck and is_above and head[1] < right and head[3] > left)


def _shade(
    paint: Paint,
    area: int,
    box: NDArray[np.intp],
    size: float,
    hair: Mask,
    heads: Sequence[np.intp],
    sizes: NDArray[np.floating],
) -> None:
    """Lay the shadows of hair (n,) and of some heads on an area with a box and a size, in place."""
    reach = round(float(np.clip(REACH * np.sqrt(size), *REACHES_PX)))
    falls = [(hair, reach, SIDEWAYS)]
    for head in heads:
        far = round(float(np.clip(NECK_REACH * np.sqrt(sizes[head]), *NECK_REACHES_PX)))
        falls.append((np.arange(len(sizes)) == head, far, NECK_SIDEWAYS))
    most = max(far for _, far, _ in falls) + 1
    top, left, bottom, right = box
    at = np.s_[max(0, top - most) : bottom + 1, max(0, left - most) : right + 1]
    labels = paint.labels[at]
    inside = labels == area
    shadow = inside & np.logical_or.reduce([_fallen(what[labels], far, aside) for what, far, aside in falls])
    if not shadow.any():
        return
    share = cv2.GaussianBlur(_without_parts(shadow, size).astype(np.float32), (0, 0), BLUR_PX)
    share = np.asarray(share * inside, np.float32)
    lightness, chroma = paint.lightness[at], paint.chroma[at]
    lightness += share * (np.minimum(lightness, LIGHTNESS) - lightness)
    chroma += share[..., None] * (polar(HUE, np.full(1, CHROMA)) - chroma)


def _fallen(caster: Mask, reach: int, sideways: float, smooth: float = SMOOTH) -> Mask:
    """Return what casts a shadow (h, w), and that: so many pixels down, that share of them to the right, and smooth."""
    long = abs(reach)
    kernel = np.zeros((2 * long + 1, 2 * long + 1), np.uint8)
    steps = np.linspace(0, reach, 2 * long + 1)
    kernel[np.rint(long - steps).astype(int), np.rint(long - sideways * steps).astype(int)] = 1
    fallen = cv2.dilate(caster.view(np.uint8), kernel).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(fallen, (0, 0), smooth * long) > 0.5, np.bool_)


def _without_parts(shadow: Mask, size: float) -> Mask:
    """Return a shadow (h, w) on an area of a size without small parts."""
    _, parts, facts, _ = cv2.connectedComponentsWithStats(shadow.view(np.uint8))
    is_large = facts[:, cv2.CC_STAT_AREA] > LEAST_PART * size
    is_large[0] = False
    return np.asarray(is_large[parts], np.bool_)
