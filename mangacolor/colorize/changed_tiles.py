"""Which parts of a page must be painted anew when some of its colours have changed."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.spread import EVERYTHING, Part

Mask = NDArray[np.bool_]

TILE = 32
"""Side of the squares of the working size that are looked at as one."""

WHOLE_SHARE = 0.7
"""When the parts come to more than this share of the page, it is painted whole: their margins cost, too."""


def changed_parts(changed: Mask, repapered: Mask | None, page: tuple[int, ...], margin: int) -> list[Part]:
    """Return the parts of a page that changes may show in.

    Args:
        changed: (h, w) where colours have changed, at the working size.
        repapered: (H, W) where paper has become colour or the reverse; None for nowhere.
        page: Its (H, W).
        margin: Pixels beyond the bounds of a cell up to which it may show.

    Returns:
        Rows and columns of each; `EVERYTHING` for one that is the whole page.
    """
    tiles = _tiles(changed)
    if repapered is not None:
        tiles |= _tiles(_fitted(repapered, changed.shape))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(tiles.astype(np.uint8), connectivity=8)
    parts = []
    for left, top, across, down, _ in boxes[1:].tolist():
        rows, columns = slice(top, top + down), slice(left, left + across)
        bounds = [
            _bounds(one, side, cells, margin)
            for one, side, cells in zip((rows, columns), page, changed.shape, strict=True)
        ]
        parts.append((bounds[0], bounds[1]))
    area = sum((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in parts)
    return [EVERYTHING] if area > WHOLE_SHARE * page[0] * page[1] else parts


def _tiles(mask: Mask) -> Mask:
    """Return which squares of a mask have anything in them."""
    rows, columns = (np.arange(0, side, TILE) for side in mask.shape)
    return np.asarray(np.logical_or.reduceat(np.logical_or.reduceat(mask, rows, axis=0), columns, axis=1), np.bool_)


def _fitted(mask: Mask, size: tuple[int, ...]) -> Mask:
    """Bring a mask (H, W) to another size, a place being set where anything below it is."""
    fitted = np.zeros(size, np.bool_)
    rows, columns = np.nonzero(mask)
    fitted[rows * size[0] // mask.shape[0], columns * size[1] // mask.shape[1]] = True
    return fitted


def _bounds(tiles: slice, side: int, cells: int, margin: int) -> slice:
    """Return the pixels of a page's side that some tiles may show in."""
    start = tiles.start * TILE * side // cells - margin
    stop = -(-min(tiles.stop * TILE, cells) * side // cells) + margin
    return slice(max(0, start), min(side, stop))
