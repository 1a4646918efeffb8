"""Where a page speaks: lettering, and the balloons and captions that hold it.

A balloon is bare paper shut in by ink, with islands of ink in it that stand in rows or columns like letters. The whole
of its content has to look set: one island that does not fit, an eye or a mouth, and the area is taken for a drawing,
because a face painted white is worse than a balloon with a tint.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.page.areas import Areas, pieces_of
from mangacolor.page.typesetting import (
    FEWEST_LETTERS,
    LARGEST_LETTER,
    LEAST_SET,
    SMALLEST_LETTER_PX,
    Islands,
    is_text,
    neighbours,
    size_of_copy,
)

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

PAPER_INK = 0.6
PAPER_TONE = 0.9
"""Above both, a pixel is bare paper."""

BARE_TONE = 0.95
BARE_SHARE = 0.9
"""Share of a balloon that is at least this bright: grass and snow under a wash, with tufts like letters, are not."""

REGION_SHARES = (0.0008, 0.2)
"""Smallest and largest area of a balloon, as shares of the page (of a square page for strips)."""

BLOCK_SHARES = (0.1, 0.9)
"""Share of a balloon that the boxes around its text cover."""

LEAST_SOLIDITY = 0.6
"""Area of a balloon over that of its convex hull; tails and spikes take some away."""

MOST_BORDER = 0.1
"""Share of a balloon's outline that may lie on the edge of the page."""

HELD = 0.02
"""Share of an area that boxes of text take up at least if the text stands in it."""

SEAL = np.ones((3, 3), np.uint8)


class Lettering(NamedTuple):
    """Lettering in balloons and captions.

    Attributes:
        boxes: Text blocks as (top, left, bottom, right) in page pixels, bottom and right exclusive.
        paper: (H, W) bool, the insides of the balloons and captions that hold them, letters included.
    """

    boxes: tuple[tuple[int, int, int, int], ...]
    paper: Mask


def find_lettering(ink: FloatArray, tone: FloatArray) -> Lettering:
    """Find text in balloons and captions of a page taken apart, and the paper around it.

    Works for Latin rows and for Japanese columns and rows. Text that stands free in a drawing, sound effects and
    exclamations of fewer than four letters are not found.

    Args:
        ink: (H, W) in [0, 1], lines, blacks and letters; 1 is none.
        tone: (H, W) in [0, 1], flat grey; 1 is paper.

    Returns:
        Boxes of text, and the mask of the paper that can be kept white whatever is painted there.

    Raises:
        ValueError: The planes differ in size.
    """
    if ink.shape != tone.shape or ink.ndim != 2:
        raise ValueError(f"ink and tone must be (H, W) of one size; got {ink.shape} and {tone.shape}")
    height, width = ink.shape
    h, w = size_of_copy(ink.shape)
    small_ink, small_tone = (resize(plane, h, w) for plane in (ink, tone))
    boxes, filled = _balloons((small_ink > PAPER_INK) & (small_tone > PAPER_TONE), small_tone)
    paper = _fitted(filled.view(np.bool_), ink.shape)
    limits = np.array([height, width, height, width])
    grown = np.rint(np.array(boxes, float).reshape(-1, 4) * limits / (h, w, h, w)).astype(int).clip(0, limits)
    return Lettering(tuple((top, left, bottom, right) for top, left, bottom, right in grown.tolist()), paper)


def without_neighbours(lettering: Lettering, areas: Areas) -> Mask:
    """Return the paper of balloons and captions without areas in which no letters stand.

    Balloons are looked for on a copy, in which thin outlines are lost: a face or an arm beside one looks like its part.

    Args:
        lettering: Of a page (H, W).
        areas: Of the same page, at its size or that of a smaller copy.

    Returns:
        (H, W) the paper that can be kept white.
    """
    paper, labels = lettering.paper, areas.labels
    near = _fitted(paper, labels.shape)
    scale = np.array(labels.shape * 2) / np.array(paper.shape * 2)
    held = np.zeros(len(areas.sizes), np.int64)
    for box in lettering.boxes:
        top, left, bottom, right = np.rint(box * scale).astype(int)
        inside = np.s_[top : bottom + 1, left : right + 1]
        held += np.bincount(labels[inside][near[inside]], minlength=len(held))
    is_freed = near & (held <= HELD * areas.sizes).take(labels)
    return paper & ~_fitted(is_freed, paper.shape)


def _fitted(mask: Mask, size: tuple[int, ...]) -> Mask:
    """Bring a mask (H, W) to another size (h, w), each pixel from the nearest."""
    if mask.shape == size:
        return mask
    return cv2.resize(mask.view(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST).view(np.bool_)


def _balloons(paper: Mask, tone: FloatArray) -> tuple[list[tuple[int, int, int, int]], NDArray[np.uint8]]:
    """Return the text boxes (top, left, bottom, right) on the copy, and its balloons (h, w) as 0 and 1."""
    filled = np.zeros(paper.shape, np.uint8)
    found: list[tuple[int, int, int, int]] = []
    islands, measures = pieces_of(~paper, connectivity=8)
    # Narrowed, paper does not leak through the gaps of an outline; letters are measured as they are.
    narrowed = cv2.erode(paper.astype(np.uint8), SEAL, borderValue=0)
    outlines, _ = cv2.findContours(narrowed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    area = min(paper.shape) * min(max(paper.shape), round(1.5 * min(paper.shape)))
    for points in outlines:
        # Negative around holes, which are left out with what is too small.
        region_area = -cv2.contourArea(points, oriented=True)
        if not REGION_SHARES[0] * area <= region_area <= REGION_SHARES[1] * area:
            continue
        outline = points.astype(np.int32, copy=False)
        if not _is_compact(outline, region_area, paper.shape):
            continue
        left, top, width, height = cv2.boundingRect(outline)
        inside = np.zeros((height, width), np.uint8)
        cv2.drawContours(inside, [outline], 0, 1, cv2.FILLED, offset=(-left, -top))
        window = np.s_[top : top + height, left : left + width]
        if (tone[window][(inside > 0) & paper[window]] >= BARE_TONE).mean() < BARE_SHARE:
            continue
        shut_in = _shut_in(islands[window], inside, measures)
        if len(shut_in.areas) < FEWEST_LETTERS:
            continue
        blocks = _text_blocks(shut_in, LARGEST_LETTER * min(paper.shape))
        covered = sum((right - left) * (bottom - top) for left, top, right, bottom in blocks)
        if not BLOCK_SHARES[0] * region_area <= covered <= BLOCK_SHARES[1] * region_area:
            continue
        found += [(top, left, bottom, right) for left, top, right, bottom in blocks]
        filled[window] |= inside
    return found, np.asarray(cv2.dilate(filled, SEAL), np.uint8)


def _is_compact(outline: NDArray[np.int32], area: float, shape: tuple[int, ...]) -> bool:
    """Say whether a region is of one piece, and not the edge of the page."""
    points = outline[:, 0]
    at_edge = (points <= 1) | (points >= np.array([shape[1] - 2, shape[0] - 2]))
    if at_edge.any(axis=1).mean() > MOST_BORDER:
        return False
    return bool(area >= LEAST_SOLIDITY * cv2.contourArea(cv2.convexHull(outline)))


def _shut_in(islands: NDArray[np.int32], inside: NDArray[np.uint8], stats: NDArray[np.int32]) -> Islands:
    """Return the islands of ink that lie wholly inside a region of a window of the page."""
    within = np.bincount(islands[inside > 0], minlength=1)
    labels = np.flatnonzero(within)
    labels = labels[(labels > 0) & (within[labels] == stats[labels, cv2.CC_STAT_AREA])]
    return Islands.from_stats(stats[labels])


def _text_blocks(islands: Islands, largest_px: float) -> list[tuple[int, int, int, int]]:
    """Return boxes (left, top, right, bottom) around the texts that islands form; none if they are not all text."""
    sizes = (islands.boxes[:, 2:] - islands.boxes[:, :2]).max(axis=1)
    if sizes.max() > 3 * largest_px:
        return []
    legible = sizes >= SMALLEST_LETTER_PX
    if legible.sum() < FEWEST_LETTERS:
        return []
    blocks, explained = [], 0
    typical = float(np.median(sizes[legible]))
    for members in neighbours(islands.boxes, 0.7 * typical):
        group = Islands(islands.boxes[members], islands.areas[members])
        if is_text(group, largest_px):
            left, top = group.boxes[:, :2].min(axis=0)
            right, bottom = group.boxes[:, 2:].max(axis=0)
            blocks.append((int(left), int(top), int(right), int(bottom)))
            explained += int(group.areas.sum())
    return blocks if explained >= LEAST_SET * islands.areas.sum() else []
