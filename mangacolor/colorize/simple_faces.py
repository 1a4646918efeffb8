"""Faces of a few strokes: crowds have two dots and a line, which labels take for paper.

A closed area is a face if two marks lie in it side by side, like eyes, and others around, with hair above.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings, window_of
from mangacolor.colorize.paper import AREA_PAPER_TONES
from mangacolor.colorize.pooled import Pooled

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIZES, LEAST_CLOSED, SIDES = (0.0006, 0.012), 0.8, (0.55, 1.7)
"""Shares of the page that such a face has at least and at most; the share of its border that is drawn at least; and its
width in heights."""

LEAST_SKIN, MOST_OF_OTHERS = 0.035, {"hair": 0.15, "paper": 0.2, "ground": 0.7, "garment": 0.5}
"""Chances of skin at least, and of others at most: there is something, and no tuft, balloon, bush or shirt."""

DARK, MARK_SIDES, MARKS = 0.55, (0.07, 0.6), (3, 14)
ALONE = 0.97
"""Ink of a mark; its longer side in square roots of the area; how many there are at least and at most, for letters are
more; and the share of what is around a mark that is of the area: others touch its outline."""

EYES_APART, EYES_LEVEL, EYES_DOWN = (0.14, 0.7), 0.15, (0.2, 0.75)
"""How far apart two of them are, in widths of the area, and how level, and how far down, in heights."""

HAIR_REACH_PX, LEAST_HAIR = 4, 0.38
"""How near hair or black is to the upper half of the outline, and along which share of it at least."""


def simple_faces(found: Findings, pooled: Pooled, labels: NDArray[np.int32], ink: FloatArray, is_hair: Mask) -> Mask:
    """Say which areas are faces of a few strokes.

    Args:
        found: Areas of the page, at any size.
        pooled: What is said of its n areas.
        labels: (h, w) number of the area of each pixel.
        ink: (h, w) of the page, in [0, 1].
        is_hair: (n,) areas that are hair; blacks count as hair, too.

    Returns:
        (n,) bare, closed areas with marks like eyes.
    """
    areas = found.areas
    share, sides = areas.sizes / areas.labels.size, areas.boxes[:, 2:] - areas.boxes[:, :2]
    width = sides[:, 1] / np.maximum(sides[:, 0], 1)
    may_be = (areas.tone >= AREA_PAPER_TONES[0]) & ~areas.is_black & (areas.closedness >= LEAST_CLOSED)
    may_be &= (share >= SIZES[0]) & (share <= SIZES[1]) & (width >= SIDES[0]) & (width <= SIDES[1])
    may_be &= pooled.skin >= LEAST_SKIN
    for name, most in MOST_OF_OTHERS.items():
        may_be &= getattr(pooled, name) <= most
    is_face = np.zeros_like(may_be)
    is_above = is_hair | areas.is_black
    scale = len(labels) / len(areas.labels)
    for area in np.flatnonzero(may_be & ~is_hair):
        box = window_of(areas.boxes[area], scale, HAIR_REACH_PX)
        inside = labels[box] == area
        if inside.any() and _has_eyes(inside, ink[box]):
            is_face[area] = _hair_above(inside, is_above[labels[box]]) >= LEAST_HAIR
    return is_face


def _has_eyes(inside: Mask, ink: FloatArray) -> bool:
    """Say whether marks in an area (h, w) lie as in a face."""
    count, found, stats, middles = cv2.connectedComponentsWithStats((ink < DARK).view(np.uint8), connectivity=8)
    side = float(np.sqrt(np.count_nonzero(inside)))
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    longest = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) / side
    marks = []
    for mark in range(1, count):
        if MARK_SIDES[0] <= longest[mark] <= MARK_SIDES[1]:
            own = (found == mark).view(np.uint8)
            around = (cv2.dilate(own, np.ones((3, 3), np.uint8)) > own).view(np.bool_)
            if around.any() and inside[around].mean() >= ALONE:
                marks.append((middles[mark] - (columns[0], rows[0])) / (width, height))
    if not MARKS[0] <= len(marks) <= MARKS[1]:
        return False
    x, y = np.array(marks).T
    apart, level = np.abs(x[:, None] - x), np.abs(y[:, None] - y)
    down = (y[:, None] + y) / 2
    like_eyes = (apart > EYES_APART[0]) & (apart < EYES_APART[1]) & (level < EYES_LEVEL)
    return bool((like_eyes & (down > EYES_DOWN[0]) & (down < EYES_DOWN[1])).any())


def _hair_above(inside: Mask, is_hair: Mask) -> float:
    """Return the share of the upper half of the outline of an area (h, w) that hair is near to."""
    outline = cv2.dilate(inside.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_) & ~inside
    outline[len(outline) // 2 :] = False
    reach = 2 * HAIR_REACH_PX + 1
    near = cv2.dilate(is_hair.view(np.uint8), np.ones((reach, reach), np.uint8)).view(np.bool_)
    return float(near[outline].mean()) if outline.any() else 0.0
