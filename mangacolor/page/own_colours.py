"""Grey pages with a part in colour: a banner, a logo, a panel, one side of a spread. That part keeps its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import to_gray
from mangacolor.page.tints import (
    COARSE_PX,
    COLORED,
    COLORED_SHARE,
    LOGO_SHARE,
    chroma_beside_tint,
    is_on_paper,
    reduced,
    sides_of_spread,
)

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

FINE_PX = 512
"""Long side of the copy on which the sides of coloured parts are found; the parts are found on that of `tints`."""

MUTED, MOST_MUTED = 0.018, 0.04
"""Chroma from which on a place may be in a muted colour, and the share of a page that may be, where it is grey."""

MOST_SHARE, DRAWN = 0.6, 0.04
"""Share of what is drawn on a page that may lie in its coloured parts; where more does, the rest is grey by intent. And
the difference in grey from most of the page from which on a place of the smaller copy is drawn."""

LOGO_CHROMA = 0.1
"""Chroma on the mean of the smallest parts at the least: a stain of coffee has less."""

LEAST_FILL, LEAST_SIDE = 0.25, 0.3
"""Share of a larger part that is in colour, and of a strip along each of its sides that no paper lies beside."""

PAPER, LEAST_PAPER, GUTTER_PX = 0.88, 0.95, 12
"""Grey from which on a pixel is paper, share of it in a row of a gutter, and how far away that is, beyond a frame."""

APART = 4
"""Pixels of the coarse copy within which coloured places are of one part."""


class Box(NamedTuple):
    """An upright box of a picture, in pixels; what is right of it and below is outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def place(self) -> tuple[slice, slice]:
        """What it is of an array (H, W)."""
        return np.s_[self.top : self.bottom, self.left : self.right]

    def grown(self, by: int, height: int, width: int) -> Box:
        """Return it with a margin, cut to a picture."""
        return Box(
            max(0, self.top - by), max(0, self.left - by), min(height, self.bottom + by), min(width, self.right + by)
        )  # fmt: skip

    def meets(self, other: Box) -> bool:
        """Say whether two boxes have a pixel in common."""
        return (
            self.top < other.bottom and other.top < self.bottom
            and self.left < other.right and other.left < self.right
        )  # fmt: skip


@dataclass(frozen=True)
class OwnColours:
    """What of a grey page is in colour already.

    Attributes:
        page: (H, W, 3) the page as it came.
        where: (H, W) its pixels that keep the colour that they have.
    """

    page: Pixels
    where: Mask

    def laid_on(self, colored: Pixels) -> Pixels:
        """Return the page as it was coloured, (H, W, 3), with its own colours where it has them."""
        return np.where(self.where[..., None], self.page, colored)

    def taken_off(self) -> Pixels:
        """Return the page as it came, with the shade of most of the rest in place of its own colours."""
        rest = self.page[~self.where]
        shade = np.median(rest, axis=0).astype(np.uint8) if len(rest) else np.uint8(255)
        return np.where(self.where[..., None], shade, self.page)

    def beside(self, taken: Mask) -> OwnColours:
        """Return what is left of them where somebody gives other colours to pixels (H, W)."""
        return OwnColours(self.page, self.where & ~taken)


def find_own_colours(rgb: Pixels) -> OwnColours | None:
    """Find the parts of a grey page that are in colour.

    Args:
        rgb: (H, W, 3) uint8 sRGB.

    Returns:
        None where there are none, and where the page is in colour as a whole: its coloured parts cover most of it or
        have no clear sides, or the rest has colours, too.
    """
    small = reduced(rgb, COARSE_PX)
    coarse = chroma_beside_tint(small)
    if coarse.max(initial=0) <= COLORED:
        return None
    side = _side_of_spread(small)
    where = _parts(rgb, coarse, _drawn(small)) if side is None else side
    if where is None or not where.any():
        return None
    wide = cv2.resize(where.view(np.uint8), rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return OwnColours(rgb, wide > 0)


def _side_of_spread(rgb: Pixels) -> Mask | None:
    """Return that side (H, W) of two pages beside each other which is in colour; None where it is both or neither."""
    sides = sides_of_spread(rgb)
    chroma = [chroma_beside_tint(side) for side in sides]  # each page has a paper of its own
    is_gray = [
        is_on_paper(side) and _is_gray(plane, np.ones(plane.shape, np.bool_))
        for side, plane in zip(sides, chroma, strict=True)
    ]
    if sum(is_gray) != 1 or max(np.mean(side > COLORED) for side in chroma) <= LEAST_FILL / 2:
        return None
    return np.hstack([np.full(side.shape, not gray) for side, gray in zip(chroma, is_gray, strict=True)])


def _is_gray(chroma: FloatArray, where: Mask) -> bool:
    """Say whether a part of a page (H, W) has no colours, nor muted ones."""
    astray, muted = (np.mean((chroma > level) & where) for level in (COLORED, MUTED))
    return bool(astray <= COLORED_SHARE and muted <= MOST_MUTED)


def _drawn(rgb: Pixels) -> Mask:
    """Return where a page (H, W, 3) is neither of the shade of most of it nor nearly so."""
    gray = to_gray(rgb)
    return np.asarray(np.abs(gray - np.median(gray)) > DRAWN)


def _parts(rgb: Pixels, coarse: FloatArray, drawn: Mask) -> Mask | None:
    """Return coloured parts at `FINE_PX`; None where one has no clear sides, they cover most, or the rest is not grey.

    Args:
        rgb: (H, W, 3) the page.
        coarse: (h, w) chroma of a small copy.
        drawn: (h, w) what of it is drawn.
    """
    boxes = _joined(_boxes(coarse > COLORED), *coarse.shape)
    rest = np.ones(coarse.shape, np.bool_)
    for box in boxes:
        rest[box.grown(1, *coarse.shape).place] = False
    if np.count_nonzero(drawn & rest) < (1 - MOST_SHARE) * np.count_nonzero(drawn) or not _is_gray(coarse, rest):
        return None
    small = reduced(rgb, FINE_PX)
    chroma = np.asarray(cv2.blur(chroma_beside_tint(small), (3, 3)), np.float64)
    paper = to_gray(small) > PAPER
    scale = chroma.shape[0] / coarse.shape[0], chroma.shape[1] / coarse.shape[1]
    where = np.zeros(chroma.shape, np.bool_)
    for box in boxes:
        part = _part(box, scale, chroma, paper, LOGO_SHARE * chroma.size)
        if part is None:
            return None
        where |= part
    return where


def _part(box: Box, scale: tuple[float, float], chroma: FloatArray, paper: Mask, logo: float) -> Mask | None:
    """Return what a part (H, W) is on the finer copy, nothing for a stain; None where it has no clear sides."""
    height, width = chroma.shape
    rough = Box(*(int(edge * scale[number % 2]) for number, edge in enumerate(box)))
    rough = rough.grown(int(max(scale)) + 1, height, width)
    colored = chroma > COLORED
    part = np.zeros(chroma.shape, np.bool_)
    spot = colored[rough.place]
    is_small = np.count_nonzero(spot) <= logo
    if is_small and (not spot.any() or chroma[rough.place][spot].mean() < LOGO_CHROMA):
        return part
    closer = _sides(colored, rough)
    if closer is not None and _is_block(closer, colored, paper):
        part[closer.place] = True
        return part
    if not is_small:
        return None
    outlines, _ = cv2.findContours(spot.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(spot.shape, np.uint8), outlines, -1, 1, -1)
    part[rough.place] = cv2.dilate(filled, np.ones((3, 3), np.uint8)) > 0
    return part


def _sides(colored: Mask, rough: Box) -> Box | None:
    """Return the box within a rough one beyond which rows and columns hold hardly any colour."""
    inside = colored[rough.place]
    rows, columns = (np.flatnonzero(inside.mean(axis=axis) > LEAST_SIDE / 3) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return None
    return Box(
        rough.top + int(rows[0]), rough.left + int(columns[0]),
        rough.top + int(rows[-1]) + 1, rough.left + int(columns[-1]) + 1,
    )  # fmt: skip


def _is_block(box: Box, colored: Mask, paper: Mask) -> bool:
    """Say whether a box is a picture of its own: in colour along its sides, or with paper beside them."""
    inside, (top, left, bottom, right) = colored[box.place], box
    if inside.mean() < LEAST_FILL:
        return False
    deep = max(2, min(inside.shape) // 20)
    across, along = paper[:, left:right], paper[top:bottom].T  # rows are parallel to the side that is looked at
    return (
        _ends(inside[:deep], across[:top][::-1])
        and _ends(inside[-deep:], across[bottom:])
        and _ends(inside[:, :deep], along[:left][::-1])
        and _ends(inside[:, -deep:], along[right:])
    )


def _ends(strip: Mask, beyond: Mask) -> bool:
    """Say whether a block ends at a strip along its side: it is in colour, or a row of what is beyond it is paper."""
    near = beyond[:GUTTER_PX]
    return not len(near) or strip.mean() >= LEAST_SIDE or near.mean(axis=1).max() >= LEAST_PAPER


def _boxes(colored: Mask) -> list[Box]:
    """Return the boxes around connected pieces of what is in colour."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(colored.astype(np.uint8), connectivity=8)
    return [Box(int(y), int(x), int(y + height), int(x + width)) for x, y, width, height, _ in stats[1:]]


def _joined(boxes: Sequence[Box], height: int, width: int) -> list[Box]:
    """Return boxes with those in one that lie within `APART` of each other."""
    joined: list[Box] = []
    for box in boxes:
        while met := [one for one in joined if one.meets(box.grown(APART, height, width))]:
            joined = [one for one in joined if one not in met]
            tops, lefts, bottoms, rights = zip(box, *met, strict=True)
            box = Box(min(tops), min(lefts), max(bottoms), max(rights))
        joined.append(box)
    return joined
