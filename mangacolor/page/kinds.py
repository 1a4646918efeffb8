"""Is a page already coloured, blank, or nothing but text? The tint of paper and ink is no colour: see `tints`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from mangacolor.image import to_gray
from mangacolor.page.own_colours import OwnColours, find_own_colours
from mangacolor.page.text_pages import is_text_only
from mangacolor.page.tints import (
    COARSE_PX,
    COLORED,
    COLORED_SHARE,
    LOGO_SHARE,
    chroma_beside_tint,
    has_chroma,
    is_on_paper,
    reduced,
    sides_of_spread,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Uncoloured = Literal["blank", "text_only"]
"""Kinds of pages that have no colours and need none: they come back as they are, and are counted under these names."""

PageKind = Literal["gray", "colored", Uncoloured]

# Share of a page that the upright box around a logo may cover.
_LOGO_BOX = 0.05
# Luma that ink must lie away from the rest of the page to be seen, and the share of the page it must cover: paper
# grain and gentle shading stay below the first, dust below the second.
_INK_CONTRAST = 0.1
_INK_SHARE = 0.0005
_BLANK_SIDE_PX = 384
# What is left of a page in colour without that, and is to be coloured, has at least so much ink, and no dark ground:
# what is in colour before black is by intent.
_DRAWN_SHARE = 0.06
_DARK = 0.4


def page_kind(rgb: NDArray[np.uint8]) -> PageKind:
    """Say whether a page is to be coloured, or why not; see `kind_and_colours`."""
    return kind_and_colours(rgb)[0]


def kind_and_colours(rgb: NDArray[np.uint8]) -> tuple[PageKind, OwnColours | None]:
    """Say what is to be done with a page, and what of it keeps its colours: only those of kind "gray" are coloured.

    Args:
        rgb: (H, W, 3) uint8 sRGB, as scanned.

    Returns:
        "colored" for pages already in colour, "blank" for those that show nothing, "text_only" for those that show only
        text, else "gray"; and what of a grey page is in colour: a logo, a banner, a panel, a side of a spread.
    """
    own = None
    if has_chroma(rgb):
        own = find_own_colours(rgb)
        if is_colored(rgb) and (own is None or not _is_drawn(own.taken_off())):
            return "colored", None
    if is_blank(rgb):
        return "blank", None
    return ("text_only", None) if is_text_only(to_gray(rgb)) else ("gray", own)


def _is_drawn(rgb: NDArray[np.uint8]) -> bool:
    """Say whether what is left of a page shows a drawing on paper, and neither text nor the rim of what is gone."""
    gray = to_gray(rgb)
    return bool(np.median(gray) > _DARK) and _inked(rgb) > _DRAWN_SHARE and not is_text_only(gray)


def is_colored(rgb: NDArray[np.uint8]) -> bool:
    """Say whether a page is already in colour, so that it can be left alone.

    Yellowed, bluish and otherwise tinted scans are grey, as are pages printed with one coloured ink, and pages whose
    only colour is one logo or stamp of up to 3 % of the page; a page of pastels or with much black is coloured.

    Args:
        rgb: (H, W, 3) uint8 sRGB.
    """
    small = reduced(rgb, COARSE_PX)
    if not _shows_colour(small):
        return False
    # Two pages may have two papers, one of them yellow: neither is a colour of its own page.
    sides = sides_of_spread(small)
    return not sides or not all(map(is_on_paper, sides)) or any(map(_shows_colour, sides))


def _shows_colour(small: NDArray[np.uint8]) -> bool:
    """Say whether a small copy has colours that the tint of its paper and ink does not explain, and no logo alone."""
    spots = np.asarray(chroma_beside_tint(small) > COLORED)
    return bool(spots.mean() > COLORED_SHARE and not _is_logo(spots))


def _is_logo(spots: NDArray[np.bool_]) -> bool:
    """Say whether colour is confined to one small spot, but for what a grey page may have."""
    if spots.mean() > LOGO_SHARE:
        return False
    joined = cv2.dilate(spots.astype(np.uint8), np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    areas = np.bincount(labels[spots])
    largest = spots & (labels == areas.argmax())
    _, _, width, height = cv2.boundingRect(largest.astype(np.uint8))
    rest = (spots & ~largest).mean()
    return bool(width * height <= _LOGO_BOX * spots.size and rest <= COLORED_SHARE)


def is_blank(rgb: NDArray[np.uint8]) -> bool:
    """Say whether a page holds no drawing: practically one shade, white, grey or black.

    Args:
        rgb: (H, W, 3) uint8 sRGB.
    """
    return _inked(rgb) <= _INK_SHARE


def _inked(rgb: NDArray[np.uint8]) -> float:
    """Return the share of a page that is neither of the shade of most of it nor nearly so."""
    luma = to_gray(reduced(rgb, _BLANK_SIDE_PX))
    return float(np.mean(np.abs(luma - np.median(luma)) > _INK_CONTRAST))
