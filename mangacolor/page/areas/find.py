"""Areas between lines, the flats of a picture: gaps in outlines closed, and merged where they are one thing.

`find_areas` cuts a panel or a page into areas. Cores are what balls of falling radius find (trapped balls: Zhang et al.
2009, "Vectorizing Cartoon Animations"): two cores that meet only through a neck much narrower than the smaller one
stay two, as valleys of a watershed do. They are flooded up to the lines, and areas then merge where their open border
is wide and tone does not jump across it. Solid blacks are areas too.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.areas.contacts import Contacts
from mangacolor.page.areas.cores import find_cores
from mangacolor.page.areas.merging import State, merged
from mangacolor.page.areas.runs import runs_of
from mangacolor.page.areas.sight import Sight, depth_of, look

FloatArray = NDArray[np.float32]
Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]


class Areas(NamedTuple):
    """Areas of a picture, numbered from 0; n of them.

    Attributes:
        labels: (H, W) int32, the area of every pixel; pixels under lines belong to the nearest one.
        sizes: (n,) pixels.
        tone: (n,) mean tone in [0, 1], seen where there is no ink; about 0 in solid blacks.
        closedness: (n,) share of the border that is a line; the rest is open, or the edge of the picture.
        sides: (n, 4) share of the top, right, bottom and left edge of the picture that the area takes up.
        boxes: (n, 4) top, left, bottom, right in pixels, bottom and right exclusive.
        radii: (n,) radius in pixels of the largest circle that lies in the area and on no line.
        is_black: (n,) bool, solid ink rather than something between lines.
        contacts: Which areas touch, and along how many pixels.
    """

    labels: Labels
    sizes: NDArray[np.int64]
    tone: FloatArray
    closedness: FloatArray
    sides: FloatArray
    boxes: NDArray[np.int64]
    radii: FloatArray
    is_black: Mask
    contacts: Contacts


def find_areas(ink: FloatArray, tone: FloatArray) -> Areas:
    """Cut a picture into areas between lines, one for each thing as far as lines and tone tell.

    Give a panel at about 640 px of its short side, or a page at the size where its lines are 1.5–3 px wide. Nothing
    leaks through a gap narrower than the lines are wide, nor through one that is narrow beside what lies behind it.

    Args:
        ink: (H, W) in [0, 1], lines, blacks and letters; 1 is none.
        tone: (H, W) in [0, 1], flat grey; 1 is paper.

    Raises:
        ValueError: The planes differ in size, or are empty.
    """
    if ink.shape != tone.shape or ink.ndim != 2 or ink.size == 0:
        raise ValueError(f"ink and tone must be (H, W) of one size; got {ink.shape} and {tone.shape}")
    seen = look(ink, tone)
    shown: FloatArray = np.where(seen.black, np.float32(0), tone)
    weights: FloatArray = np.where(seen.black, np.float32(0.05), ink * ink)
    labels, state = merged(_flood(seen), seen, shown, weights)
    return _measured(labels, state)


def _flood(seen: Sight) -> Labels:
    """Return cores grown up to the lines, and over the lines to the nearest."""
    room = seen.depth
    if seen.edges.any():
        room = np.minimum(room, depth_of(~seen.edges & ~seen.lines))
    cores = find_cores(np.where(seen.black_depth > 0, seen.black_depth, room), seen.line_px)
    count = int(cores.max())
    if count == 0:
        return np.zeros_like(cores)
    rim = seen.black & (cv2.erode(seen.black.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    wall = (seen.lines & ~seen.black) | rim | (seen.edges & (cores == 0))
    cores[wall] = count + 1
    # OpenCV floods small differences first: on flat ground all cores grow alike, and walls grow last of all.
    ground = cv2.merge([wall.astype(np.uint8) * np.uint8(255)] * 3)
    cv2.watershed(ground, cores)
    is_known = (cores > 0) & (cores <= count)
    if not is_known.any():  # a page of a few pixels, all of them walls
        return np.zeros_like(cores)
    return _filled(cores, is_known)


def _filled(cores: Labels, is_known: Mask) -> Labels:
    """Give each pixel the label of the nearest one that is known, in place; number the labels in use from 0."""
    _, nearest = cv2.distanceTransformWithLabels(
        (~is_known).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # OpenCV numbers the pixels that are known from 1, in reading order.
    unknown = np.flatnonzero(~is_known)
    labels = cores.ravel()
    labels[unknown] = cores[is_known].take(np.asarray(nearest, np.int32).ravel().take(unknown) - 1)
    runs = runs_of(cores)
    is_used = np.bincount(runs.labels) > 0
    number = (np.cumsum(is_used) - 1).astype(np.int32)
    return np.repeat(number[runs.labels], runs.lengths).reshape(cores.shape)


def _measured(labels: Labels, state: State) -> Areas:
    """Measure areas, as `Areas` says."""
    count = len(state.sizes)
    edges = (labels[0], labels[:, -1], labels[-1], labels[:, 0])
    along = np.stack([np.bincount(edge, minlength=count) for edge in edges], axis=1)
    touching = state.contacts
    lined, border = (
        np.bincount(touching.pairs.ravel(), np.repeat(px, 2), count)
        for px in (touching.total_px - touching.open_px, touching.total_px)
    )
    return Areas(
        labels=labels,
        sizes=state.sizes.astype(np.int64),
        tone=state.tone.astype(np.float32),
        closedness=(lined / np.maximum(border + along.sum(axis=1), 1)).astype(np.float32),
        sides=(along / [len(edge) for edge in edges]).astype(np.float32),
        boxes=runs_of(labels).boxes(count),
        radii=state.radii,
        is_black=2 * state.blacks > state.sizes,
        contacts=touching,
    )
