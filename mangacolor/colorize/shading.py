"""Light that the drawing leaves out: shadows of hair on brows and of heads on necks, sides that turn away, and gleams.

Colourists paint it from above on the left, and skin and hair in one colour are flat
(docs/decisions/0045-filled-and-lit.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.light_colours import darken_hair, darken_skin, darken_softly, gleam
from mangacolor.colorize.paint import Paint
from mangacolor.colorize.shadow_shapes import bodies, fallen, without_holes, without_parts
from mangacolor.page.areas import Runs, runs_of

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

REACH = 0.14
"""How far down a shadow of hair falls, in square roots of the area that it falls on, at the working size."""

REACHES_PX = (4, 60)
"""That at least and at most."""

SIDEWAYS = 0.3
"""How far to the right it falls, in that."""

NECK_REACH = 0.26
"""How far down a shadow of a head falls, in square roots of the area of the head."""

NECK_REACHES_PX = (4, 90)
"""That at least and at most."""

NECK_SIDEWAYS = 0.2
"""How far to the right it falls, in that."""

SMALLEST_PX = 900
"""Smallest area that takes a shadow."""

LARGER = 0.8
"""How large a head is at least, in areas of what is below."""

BELOW = 0.3
"""How much of the height of what is below its top is under the top of the head at least."""

OVERLAP_PX = 10
"""By how much a head may hang lower than the top of what is below, and still cast a shadow."""

WIDEST = 1.55
"""How many times as wide as high what is below is at most: a finger on lips is wider."""

SMOOTH = 0.25
"""Standard deviation, in its reach, by which a shadow is smoother than the hair that casts it: strands cast none."""

LEAST_PART = 0.025
"""Share of the area below which a part of a shadow is left out."""

BLUR_PX = 0.8
"""Standard deviation of the blur of the bounds of shadows."""

SMALLEST_GLEAM_PX = 3000
"""The smallest hair that gleams, at the working size."""

GLEAM_REACHES = (1.1, 2.0)
"""Where a gleam begins and ends, in reaches of its shadow below what bounds the hair."""

GLEAM_SIDEWAYS = 0.6
"""How far to the right it lies, in that."""

GLEAM_SMOOTH = 0.25
"""Standard deviation, in that, by which it is smoother than those bounds."""

GLEAM_ABOVE = 0.5
"""Share of the height of the hair down to which it gleams."""

GLEAM_BLUR = 0.12
"""Standard deviation of the blur of a gleam, in reaches."""

GLEAM_BARE = 0.85
"""Bareness from which on hair gleams: in strokes a gleam looks like dust."""

GLEAM_TONE = 0.9
"""Tone from which on it does: on dark hair a gleam looks like haze."""


class Drawn(NamedTuple):
    """What is drawn where: tone (h, w) of a page, number (h, w) of the area of each pixel, and these in runs."""

    tone: FloatArray
    labels: NDArray[np.int32]
    runs: Runs


class Light(NamedTuple):
    """Shadow or light on a part of a page: where, its share (h, w), and what changes lightness and chroma by that."""

    at: tuple[slice, slice]
    share: FloatArray
    change: Callable[[FloatArray, FloatArray, FloatArray], None]


class Turning(NamedTuple):
    """How something turns away from the light.

    Attributes:
        reach: How far up from its bounds it is in shadow, in square roots of the area of all that hangs together.
        reaches_px: That at least and at most, at the working size.
        sideways: How far to the left, in reaches.
        smooth: Standard deviation of the smoothing, in reaches.
        strokes_px: How broad the strokes are that it hangs together over.
        smallest_px: The smallest that has any.
        tone: Tone of the page from which on it shows none of its own.
        is_filled: Whether what it encloses is part of it, as eyes are of a face.
        is_in_panel: Whether it turns away from what is in its own panel alone, and not from a frame that cuts it off.
        least_part: Share of it below which a part of the shadow is left out.
        darken: Darkens lightness and chroma by a share, in place.
    """

    reach: float
    reaches_px: tuple[int, int]
    sideways: float
    smooth: float
    strokes_px: int
    smallest_px: int
    tone: float
    is_filled: bool
    is_in_panel: bool
    least_part: float
    darken: Callable[[FloatArray, FloatArray, FloatArray], None]


HAIR_TURNS = Turning(
    reach=0.1, reaches_px=(3, 45), sideways=0.87, smooth=0.4, strokes_px=5, smallest_px=1500, tone=0.85,
    is_filled=False, is_in_panel=False, least_part=0.0, darken=darken_hair,
)  # fmt: skip
SKIN_TURNS = Turning(
    reach=0.07, reaches_px=(2, 28), sideways=1.55, smooth=0.55, strokes_px=7, smallest_px=2500, tone=0.9,
    is_filled=True, is_in_panel=True, least_part=0.03, darken=darken_softly,
)  # fmt: skip


def lights(
    tone: FloatArray, labels: NDArray[np.int32], found: Findings, kinds: AreaKinds, is_said: Mask
) -> list[Light]:
    """Say where skin and hair have shadows and gleams, whatever colours they have.

    Args:
        tone: (h, w) of the page, in [0, 1].
        labels: (h, w) number of the area of each pixel.
        found: Areas and panels of the page.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay.

    Returns:
        All of `cast_shadows`, `round_off` and `shine`, in the order in which they are laid.
    """
    drawn = Drawn(tone, labels, runs_of(labels))
    return [one for find in (cast_shadows, round_off, shine) for one in find(drawn, found, kinds, is_said)]


def lay(paint: Paint, found: Iterable[Light]) -> None:
    """Lay shadows and gleams on a page, in place."""
    for at, share, change in found:
        change(paint.lightness[at], paint.chroma[at], share)


def cast_shadows(drawn: Drawn, found: Findings, kinds: AreaKinds, is_said: Mask) -> Iterator[Light]:
    """Find shadows on skin below hair and heads; arguments as of `lights`."""
    scale = len(drawn.labels) / len(found.areas.labels)
    sizes, boxes = found.areas.sizes * scale**2, np.rint(found.areas.boxes * scale).astype(np.intp)
    lit = np.flatnonzero(kinds.takes_shadow & ~is_said & (sizes > SMALLEST_PX))
    for area in lit:
        heads = [head for head in lit if head != area and _is_head_above(boxes[head], boxes[area], sizes[[head, area]])]
        yield from _shade(drawn.labels, int(area), boxes[area], float(sizes[area]), kinds.casts_shadow, heads, sizes)


def round_off(drawn: Drawn, found: Findings, kinds: AreaKinds, is_said: Mask) -> Iterator[Light]:
    """Find where hair and skin turn away from the light; arguments as of `lights`."""
    anything = np.ones_like(is_said)
    is_behind_skin = ~(kinds.is_paper | kinds.is_eye | kinds.is_hair | kinds.casts_shadow)
    for is_part, takes, is_behind, turning in (
        (kinds.is_hair, kinds.is_hair & ~is_said, anything, HAIR_TURNS),
        (kinds.is_skin, kinds.takes_shadow & ~is_said, is_behind_skin, SKIN_TURNS),
    ):
        if takes.any():
            yield from _round_off(drawn, found, is_part, takes, is_behind, turning)


def _round_off(
    drawn: Drawn, found: Findings, is_part: Mask, takes: Mask, is_behind: Mask, turning: Turning
) -> Iterator[Light]:
    """Find what darkens areas (n,) that take it at the bounds of parts that hang together, towards what is behind."""
    for body in bodies(drawn.runs, is_part, turning.strokes_px, turning.smallest_px):
        reach = body.reach(turning.reach, turning.reaches_px)
        at = body.window(round(2 * reach * max(1, turning.sideways)) + 1)
        labels, inside = drawn.labels[at], body.numbers[at] == body.number
        if turning.is_filled:
            inside = without_holes(inside)
        behind = ~inside & is_behind[labels]
        if turning.is_in_panel:
            behind &= _same_panel(labels, inside, found)
        far_side = inside & fallen(behind, -reach, turning.sideways, turning.smooth)
        far_side = without_parts(far_side, turning.least_part * body.size)
        soft = cv2.GaussianBlur(far_side.astype(np.float32), (0, 0), BLUR_PX)
        share = np.asarray(soft * (takes[labels] & (drawn.tone[at] > turning.tone)), np.float32)
        yield Light(at, share, turning.darken)


def shine(drawn: Drawn, found: Findings, kinds: AreaKinds, is_said: Mask) -> Iterator[Light]:
    """Find pale gleams of fair hair, above on the side of the light; arguments as of `lights`."""
    takes = kinds.is_hair & ~is_said & (kinds.bareness > GLEAM_BARE)
    if not takes.any():
        return
    for body in bodies(drawn.runs, kinds.is_hair, HAIR_TURNS.strokes_px, SMALLEST_GLEAM_PX):
        reach = body.reach(HAIR_TURNS.reach, HAIR_TURNS.reaches_px)
        at = body.window(5 * reach + 1)
        labels, inside = drawn.labels[at], body.numbers[at] == body.number
        outside = ~inside & _same_panel(labels, inside, found)
        begins, ends = (fallen(outside, round(far * reach), GLEAM_SIDEWAYS, GLEAM_SMOOTH) for far in GLEAM_REACHES)
        far_side = fallen(outside, -reach, HAIR_TURNS.sideways, HAIR_TURNS.smooth)
        shines = inside & ends & ~begins & ~far_side
        shines &= np.arange(at[0].start, at[0].start + len(labels))[:, None] < body.top + GLEAM_ABOVE * body.height
        soft = cv2.GaussianBlur(shines.astype(np.float32), (0, 0), max(1.0, GLEAM_BLUR * reach))
        share = np.asarray(soft * (takes[labels] & (drawn.tone[at] > GLEAM_TONE)), np.float32)
        yield Light(at, share, gleam)


def _same_panel(labels: NDArray[np.int32], inside: Mask, found: Findings) -> Mask:
    """Say which pixels (h, w) are in the panel that most of what is inside is in."""
    panel = np.bincount(found.panel_of[labels[inside]]).argmax()
    return np.asarray((found.panel_of == panel)[labels], np.bool_)


def _is_head_above(head: NDArray[np.intp], box: NDArray[np.intp], sizes: FloatArray) -> bool:
    """Say whether one of two areas, by their boxes and sizes, may be a head and the other its neck."""
    top, left, bottom, right = box
    is_above = head[0] < top - BELOW * (bottom - top) and top - OVERLAP_PX < head[2] < bottom
    is_neck = sizes[0] >= LARGER * sizes[1] and right - left <= WIDEST * (bottom - top)
    return bool(is_neck and is_above and head[1] < right and head[3] > left)


def _shade(
    labels: NDArray[np.int32],
    area: int,
    box: NDArray[np.intp],
    size: float,
    hair: Mask,
    heads: Sequence[np.intp],
    sizes: NDArray[np.floating],
) -> Iterator[Light]:
    """Find the shadows of hair (n,) and of some heads on an area with a box and a size."""
    reach = round(float(np.clip(REACH * np.sqrt(size), *REACHES_PX)))
    falls = [(hair, reach, SIDEWAYS)]
    for head in heads:
        far = round(float(np.clip(NECK_REACH * np.sqrt(sizes[head]), *NECK_REACHES_PX)))
        falls.append((np.arange(len(sizes)) == head, far, NECK_SIDEWAYS))
    most = max(far for _, far, _ in falls) + 1
    top, left, bottom, right = box
    at = np.s_[max(0, top - most) : bottom + 1, max(0, left - most) : right + 1]
    labels = labels[at]
    inside = labels == area
    shadow = inside & np.logical_or.reduce([fallen(what[labels], far, aside, SMOOTH) for what, far, aside in falls])
    if not shadow.any():
        return
    share = cv2.GaussianBlur(without_parts(shadow, LEAST_PART * size).astype(np.float32), (0, 0), BLUR_PX)
    yield Light(at, np.asarray(share * inside, np.float32), darken_skin)
