"""Is a page already coloured, blank, or nothing but text? Scans are never neutral: the tint of paper and ink comes off.

Paper and ink of a grey page have one colour each, and every grey between is a mixture of the two. On sRGB-encoded
values that is a straight line in luma and in the two colour differences of Rec. 601, which is also where JPEG puts its
noise: hence this space and not a perceptual one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import cv2
import numpy as np

from mangacolor.image import resize, to_gray
from mangacolor.page.text_pages import is_text_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Uncoloured = Literal["blank", "text_only"]
"""Kinds of pages that have no colours and need none: they come back as they are, and are counted under these names."""

PageKind = Literal["gray", "colored", Uncoloured]

# Long side of the copy that is looked at. Small, because averaging removes JPEG noise, grain and the coloured fringes
# of misaligned scanners, and leaves what a reader would call a coloured area. Of 64 to 320, 64 made the fewest errors.
_SIDE_PX = 64
# Chroma that grey pages still show after the tint is off: uneven yellowing, JPEG at low quality.
_CHROMA_THRESHOLD = 0.05
# A stamp or a coloured page number does not make a coloured page.
_COLORED_SHARE = 0.005
# A logo is one spot of colour: its area, and that of the upright box around it, as shares of the page. On the small
# copy its rim makes 3 % a little more.
_LOGO_SHARE = 0.036
_LOGO_BOX = 0.05
# The strongest tint that is put down to ink and to paper: printer's blue or violet ink, badly yellowed paper. Whatever
# is stronger is colour, or a page of one hue would count as grey.
_MAX_INK_CHROMA = 0.2
_MAX_PAPER_CHROMA = 0.18
# Residuals below this count alike in the fit; about one step of 255.
_FIT_FLOOR = 0.004
_FIT_ROUNDS = 8

# Luma that ink must lie away from the rest of the page to be seen, and the share of the page it must cover: paper
# grain and gentle shading stay below the first, dust below the second.
_INK_CONTRAST = 0.1
_INK_SHARE = 0.0005
_BLANK_SIDE_PX = 384


def page_kind(rgb: NDArray[np.uint8]) -> PageKind:
    """Say what is to be done with a page: only those of kind "gray" are coloured.

    Args:
        rgb: (H, W, 3) uint8 sRGB, as scanned.

    Returns:
        "colored" for pages already in colour, "blank" for those that show nothing, "text_only" for those that show only
        text, else "gray".
    """
    if is_colored(rgb):
        return "colored"
    if is_blank(rgb):
        return "blank"
    return "text_only" if is_text_only(to_gray(rgb)) else "gray"


def is_colored(rgb: NDArray[np.uint8]) -> bool:
    """Say whether a page is already in colour, so that it can be left alone.

    Yellowed, bluish and otherwise tinted scans are grey, as are pages printed with one coloured ink, and pages whose
    only colour is one logo or stamp of up to 3 % of the page; a page of pastels or with much black is coloured.

    Args:
        rgb: (H, W, 3) uint8 sRGB.
    """
    spots = _unexplained(rgb)
    return bool(spots.mean() > _COLORED_SHARE and not _is_logo(spots))


def _unexplained(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a small copy of the page has a colour that the tint of its paper and ink does not explain."""
    reduced = _reduced(rgb, _SIDE_PX)
    pixels = reduced.reshape(-1, 3).astype(np.float64) / 255
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    # Rec. 601 Cb and Cr: differences to luma, scaled to ±0.5.
    chroma = np.stack([(pixels[:, 2] - luma) / 1.772, (pixels[:, 0] - luma) / 1.402], axis=1)
    residual = np.linalg.norm(chroma - _tint(luma, chroma), axis=1)
    return cast("NDArray[np.bool_]", (residual > _CHROMA_THRESHOLD).reshape(reduced.shape[:2]))


def _is_logo(spots: NDArray[np.bool_]) -> bool:
    """Say whether colour is confined to one small spot, but for what a grey page may have."""
    if spots.mean() > _LOGO_SHARE:
        return False
    joined = cv2.dilate(spots.astype(np.uint8), np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    areas = np.bincount(labels[spots])
    largest = spots & (labels == areas.argmax())
    _, _, width, height = cv2.boundingRect(largest.astype(np.uint8))
    rest = (spots & ~largest).mean()
    return bool(width * height <= _LOGO_BOX * spots.size and rest <= _COLORED_SHARE)


def is_blank(rgb: NDArray[np.uint8]) -> bool:
    """Say whether a page holds no drawing: practically one shade, white, grey or black.

    Args:
        rgb: (H, W, 3) uint8 sRGB.
    """
    luma = to_gray(_reduced(rgb, _BLANK_SIDE_PX))
    return bool(np.mean(np.abs(luma - np.median(luma)) > _INK_CONTRAST) <= _INK_SHARE)


def _tint(luma: FloatArray, chroma: FloatArray) -> FloatArray:
    """Fit the colour of ink and paper, mixed by luma, to most of the pixels; (P,), (P, 2) → (P, 2).

    Least absolute deviations by reweighting, so that coloured areas do not bend the line while they are few.
    """
    mixture = np.stack([1 - luma, luma], axis=1)
    weight = np.ones_like(luma)
    tint = np.zeros_like(chroma)
    for _ in range(_FIT_ROUNDS):
        weighted = mixture * weight[:, None]
        # The small diagonal keeps a page of one shade solvable.
        normal = weighted.T @ mixture + 1e-6 * weight.sum() * np.eye(2)
        tint = mixture @ np.linalg.solve(normal, weighted.T @ chroma)
        weight = 1 / np.maximum(np.linalg.norm(chroma - tint, axis=1), _FIT_FLOOR)
    strength = np.maximum(np.linalg.norm(tint, axis=1), 1e-9)
    limit = mixture @ np.array([_MAX_INK_CHROMA, _MAX_PAPER_CHROMA])
    return cast("FloatArray", tint * np.minimum(1, limit / strength)[:, None])


def _reduced(rgb: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Return a copy whose longer side is at most `side_px`."""
    height, width = rgb.shape[:2]
    scale = min(1.0, side_px / max(height, width))
    return resize(rgb, max(1, round(height * scale)), max(1, round(width * scale)))
