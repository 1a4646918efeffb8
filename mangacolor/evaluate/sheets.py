"""Contact sheets: what was scored, to be looked at, because metrics miss what an eye sees in a second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mangacolor.books import write_atomically
from mangacolor.image import DecodedImage, encode, resize

Pixels = NDArray[np.uint8]

SIDE_PX = 240
ROWS_PER_SHEET = 12
GAP_PX = 4


class ContactSheets:
    """Collects scored pages in small and writes them as `SET-1.png`, `SET-2.png`, ..., one row a page.

    Args:
        folder: Where to; made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: defaultdict[str, list[Pixels]] = defaultdict(list)

    def add(self, name: str, pages: list[Pixels]) -> None:
        """Add a row to the sheets of a set.

        Args:
            name: The set.
            pages: (H, W, 3) pictures of one size: grey page, coloured ones, target.
        """
        row = np.full((SIDE_PX, len(pages) * (SIDE_PX + GAP_PX), 3), 255, np.uint8)
        for column, page in enumerate(pages):
            scale = SIDE_PX / max(page.shape[:2])
            small = resize(page, *(max(1, round(side * scale)) for side in page.shape[:2]))
            left = column * (SIDE_PX + GAP_PX)
            row[: small.shape[0], left : left + small.shape[1]] = small
        self._rows[name].append(row)

    def write(self) -> list[Path]:
        """Write all sheets and return where they are.

        Raises:
            CannotWriteError: The folder cannot be written.
        """
        sheets = {
            f"{name.replace(' ', '_')}-{first // ROWS_PER_SHEET + 1}.png": below(
                rows[first : first + ROWS_PER_SHEET], 0
            )
            for name, rows in self._rows.items()
            for first in range(0, len(rows), ROWS_PER_SHEET)
        }
        return write_sheets(self._folder, sheets)


def beside(pages: Sequence[Pixels], gap_px: int = GAP_PX) -> Pixels:
    """Lay pictures (H, W, 3) of one height side by side, each with a white gap after it."""
    gap = np.full((pages[0].shape[0], gap_px, 3), 255, np.uint8)
    return np.concatenate([part for page in pages for part in (page, gap)], axis=1)


def below(rows: Sequence[Pixels], gap_px: int = GAP_PX) -> Pixels:
    """Lay pictures (H, W, 3) of any size below each other, each with a white gap after it and to its right."""
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, gap_px), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    return np.concatenate(padded)


def write_sheets(folder: Path, sheets: Mapping[str, Pixels]) -> list[Path]:
    """Write pictures (H, W, 3) by the names of their files, and return where they are.

    Args:
        folder: Where to; made if it is missing.
        sheets: The pictures.

    Raises:
        CannotWriteError: The folder cannot be written.
    """
    for name, sheet in sheets.items():
        write_atomically(folder / name, encode(DecodedImage(sheet), format="png"), elsewhere="--sheets")
    return [folder / name for name in sheets]
