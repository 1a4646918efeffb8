"""Pages that are transparent somewhere: what of them is paper, and whether their lines lie on any at all.

Painting programs save lines on a layer of their own as black everywhere, and what is drawn in the alpha alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

# Below this share of the strongest alpha of a page, nothing is drawn at a place.
_EMPTY = 0.5
# Ink is darker than this, of 255, and lines are drawn in it alone: more pixels with channels so far apart are colours.
_INK_LUMA = 128
_COLOUR_SPAN = 64
_COLOURED_SHARE = 0.05
# How far beside ink its paper is looked for, in pixels.
_BESIDE = 3
# Of what lies beside ink, so much is transparent where lines lie on nothing. Of a figure that was cut out it is what
# lies outside, and less than half.
_BARE = 0.65


def on_paper(rgb: Pixels, alpha: Pixels | None) -> tuple[Pixels, Pixels | None, bool]:
    """Give a page its paper, where it is transparent.

    Lines on nothing are laid on white, and the page is opaque from then on: under its alpha no colour would be seen.
    Anything else keeps its alpha, as what was cut out of its paper; what nobody can see of it becomes white.

    Args:
        rgb: (H, W, 3) sRGB, as the file has it.
        alpha: (H, W), 255 is opaque; None where all is.

    Returns:
        Pixels, alpha, and whether it was laid on white.
    """
    if alpha is None or int(alpha.min()) == 255:
        return rgb, alpha, False
    if _is_lines_on_nothing(rgb, alpha):
        share = alpha[..., None].astype(np.uint16)
        laid = (rgb * share + np.uint16(255) * (255 - share) + 127) // 255
        return laid.astype(np.uint8), None, True
    return np.where(alpha[..., None] == 0, np.uint8(255), rgb), alpha, False


def _is_lines_on_nothing(rgb: Pixels, alpha: Pixels) -> bool:
    is_there = alpha >= _EMPTY * max(int(alpha.max()), 1)
    span = (rgb.max(axis=2) - rgb.min(axis=2))[is_there]
    if is_there.all() or not is_there.any() or np.mean(span > _COLOUR_SPAN) > _COLOURED_SHARE:
        return False
    ink = is_there & (cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) < _INK_LUMA)
    side = 2 * _BESIDE + 1
    beside = cv2.dilate(ink.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool) & ~ink
    return bool(beside.any()) and cast("float", np.mean(~is_there[beside])) >= _BARE
