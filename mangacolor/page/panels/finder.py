"""Where the panels of a page are, so that each can be coloured as a picture of its own.

A small copy of the page is cut along its gutters (`cuts`), and the sides of the parts are moved to the frames
near them (`sides`). Both go by straight edges between paper and drawing (`edges`). Framed boxes that lie on the parts
are panels, too, if all speaks for it (`insets`).
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.page.panels.convex import area, grown
from mangacolor.page.panels.cuts import LEAST_SIDE, parts
from mangacolor.page.panels.edges import both_ways
from mangacolor.page.panels.insets import with_insets
from mangacolor.page.panels.scale import GREY_REACH, grey_of
from mangacolor.page.panels.sides import fit_sides

FloatArray = NDArray[np.float32]
Points = NDArray[np.float32]

COPY_SHORT_PX = 1000
COPY_MOST_PX = 1_600_000
"""Short side of the copy that is looked at, and its largest number of pixels, for strips."""

NIGHT_GUTTER_PX = 4
"""Narrowest gutter on night pages: where paper is black, so are all lines of the drawing."""

LEAST_PAPER = 0.02
"""Share of the page that is of the grey of its paper, at least."""

PAPER_LEVELS = np.linspace(0.5, 1.0, 26, dtype=np.float32)
"""Greys between which that of the paper is told: none is darker, and a fiftieth more or less is its grain."""

DARK_EDGE = 0.5
"""Pages whose edge is darker than this in the mean may be night pages."""

GREY_EDGES, LEAST_GREY_EDGE = (0.3, 0.9), 0.35
"""Gutters may be toned where the edge of a page has a grey between the first two along such a share of it."""

MOSTLY_FRAMED = 0.6
"""Share of its way round from which on a panel has a frame: a page of one panel without is one picture."""

GROWN_PX = 1.0
"""By how much panels are larger than their bare sides say, so that the frame is theirs."""

FINE_BITS = 12
"""Binary digits after the point with which OpenCV is told where corners lie."""

LEAST_AREA = 0.008
"""Smallest area of a panel over the page's short side squared."""


class Panel(NamedTuple):
    """A panel of a page.

    Attributes:
        box: Top, left, bottom, right in pixels of the page; bottom and right are the first beyond it.
        polygon: (K, 2) float32 corners x, y, convex, frame included; pixel (row, column) has its centre at
            (column + 0.5, row + 0.5).
    """

    box: tuple[int, int, int, int]
    polygon: Points


def find_panels(gray: FloatArray) -> list[Panel]:
    """Find the panels of a page, in the order in which they are read: from right to left, from top to bottom.

    Args:
        gray: (H, W) float32 page in [0, 1], paper white, or black on night pages.

    Returns:
        The panels; none where the page is one picture, or blank. What lies between them, margins and lettering in
        them included, belongs to no panel. Those that lie on others come after them.
    """
    height, width = gray.shape
    small = _copy(gray)
    scale = np.array((width / small.shape[1], height / small.shape[0]), np.float32)
    found = _panels_of_copy(small)
    edge = _edge(small)
    if len(found) < 2 or edge.mean() < DARK_EDGE:
        found = max(found, _panels_of_copy(1 - small, NIGHT_GUTTER_PX), key=len)
    grey = float(np.median(edge))
    is_as_grey = np.abs(edge - grey) <= GREY_REACH
    is_toned = GREY_EDGES[0] < grey < GREY_EDGES[1] and is_as_grey.mean() >= LEAST_GREY_EDGE
    if is_toned and not _are_parted(small, found):
        toned = _panels_of_copy(1 - np.abs(small - grey))
        found = toned if len(toned) > 1 and _are_parted(small, toned) else found
    panels = []
    for polygon in found:
        corners = np.clip((polygon + 0.5) * scale, 0, (width, height)).astype(np.float32)
        left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
        right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
        panels.append(Panel((top, left, bottom, right), corners))
    return panels


def panel_map(panels: list[Panel], height: int, width: int) -> NDArray[np.int16]:
    """Number the pixels of a page by the panel that they belong to.

    Args:
        panels: As `find_panels` returns them.
        height: Height of the page.
        width: Width of the page.

    Returns:
        (H, W) int16: 0 between panels, k + 1 on `panels[k]`; where panels overlap, the later one.
    """
    labels = np.zeros((height, width), np.int16)
    for number, panel in enumerate(panels, 1):
        fixed = np.rint((panel.polygon - 0.5) * 2**FINE_BITS)
        # A trace inwards: OpenCV rounds up, over the lower and the right side.
        fixed = (fixed - np.sign(fixed - fixed.mean(axis=0))).astype(np.int32)
        cv2.fillConvexPoly(labels, fixed, number, lineType=cv2.LINE_8, shift=FINE_BITS)
    return labels


def _copy(gray: FloatArray) -> FloatArray:
    height, width = gray.shape
    scale = min(1.0, COPY_SHORT_PX / min(gray.shape), float(np.sqrt(COPY_MOST_PX / gray.size)))
    return resize(gray, max(1, round(height * scale)), max(1, round(width * scale)))


def _edge(small: FloatArray) -> FloatArray:
    return np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])


def _are_parted(small: FloatArray, found: list[Points]) -> bool:
    """Say whether what lies between panels of a copy has one grey, as gutters have."""
    between = np.ones(small.shape, np.uint8)
    for polygon in found:
        cv2.fillConvexPoly(between, np.rint(polygon).astype(np.int32), 0)
    return grey_of(small[between > 0]) is not None


def _paper_level(small: FloatArray) -> float:
    """Return the grey of the paper: the lightest of which there is more than a little."""
    lighter = np.count_nonzero(small > PAPER_LEVELS[-1])
    for low, high in zip(PAPER_LEVELS[-2::-1], PAPER_LEVELS[:0:-1], strict=True):
        reached = np.count_nonzero(small >= low) - lighter
        if reached >= LEAST_PAPER * small.size:
            return float(high)
        lighter += reached
    return 1.0


def _panels_of_copy(small: FloatArray, narrowest_px: int = 1) -> list[Points]:
    height, width = small.shape
    light = small / _paper_level(small)
    ways = both_ways(light, narrowest_px)
    whole = np.array([(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)], np.float32)
    short = min(small.shape)
    found = []
    for part in parts(whole, ways, short):
        fitted, framed = fit_sides(part, ways)
        if area(fitted) < LEAST_AREA * short**2 or np.ptp(fitted, axis=0).min() < LEAST_SIDE * short:
            continue
        found.append((grown(fitted, GROWN_PX), framed >= MOSTLY_FRAMED))
    if len(found) == 1 and not found[0][1]:
        return []
    # Where paper is black, so are frames, which tell insets.
    return with_insets(light, found) if narrowest_px == 1 else [polygon for polygon, _ in found]
