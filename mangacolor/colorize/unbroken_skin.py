"""Skin that goes on where no line ends it: half a face, which the labels take for white cloth.

Areas also end where lines have gaps and hatching thins out. What lies beyond such a gap is likely the same thing, and a
face that is white below a straight edge is seen at once.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings, window_of
from mangacolor.colorize.paper import AREA_PAPER_TONES
from mangacolor.colorize.pooled import Pooled
from mangacolor.colorize.skin_areas import HAIR_CHANCE, PAPER_CHANCE

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_SIZE, LEAST_SKIN, MOST_GROUND = 0.0012, 0.12, 0.1
"""Share of the page and chance of skin that an area has at least, and chance of ground at most."""

GAP_INK, LEAST_GAP_PX = 0.7, 15
"""Ink above which no line is near, and pixels of border without one that an area has at least, at the working size."""

LEAST_BEYOND, MOST_COUNTED = 0.21, 0.5
"""Mean chance of skin beyond its gaps from which on an area is skin, and the most that counts of each: one face does
not outweigh a coat."""

CROSS = np.asarray(cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), np.uint8)


def unbroken_skin(found: Findings, pooled: Pooled, labels: NDArray[np.int32], ink: FloatArray, is_skin: Mask) -> Mask:
    """Say which areas are skin because no line parts them from skin.

    Args:
        found: Areas of the page, at any size.
        pooled: What is said of its n areas.
        labels: (h, w) number of the area of each pixel.
        ink: (h, w) of the page, 1 being none.
        is_skin: (n,) those that are known to be skin; these are not looked at again.

    Returns:
        (n,) other large areas of bare paper that may be skin, and whose gaps lead to skin.
    """
    areas = found.areas
    may_be = ~is_skin & (areas.tone >= AREA_PAPER_TONES[0]) & ~areas.is_black & (found.hair_of < 0)
    may_be &= areas.sizes >= LEAST_SIZE * areas.labels.size
    may_be &= (pooled.skin > LEAST_SKIN) & (pooled.ground < MOST_GROUND)
    may_be &= (pooled.hair < HAIR_CHANCE) & (pooled.paper < PAPER_CHANCE)
    scale, counted = len(labels) / len(areas.labels), np.minimum(pooled.skin, MOST_COUNTED)
    for area in np.flatnonzero(may_be):
        box = window_of(areas.boxes[area], scale, 2)
        inside = (labels[box] == area).view(np.uint8)
        is_gap = (cv2.dilate(inside, CROSS) > inside) & (cv2.erode(ink[box], np.ones((3, 3), np.uint8)) > GAP_INK)
        beyond = counted[labels[box][is_gap]]
        may_be[area] = len(beyond) >= LEAST_GAP_PX and beyond.mean() > LEAST_BEYOND
    return may_be
