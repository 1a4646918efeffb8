"""Contact sheets: what was scored, to be looked at, because metrics miss what an eye sees in a second."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mangacolor.errors import CannotWriteError
from mangacolor.image import resize

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
        written = []
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, rows in self._rows.items():
                for first in range(0, len(rows), ROWS_PER_SHEET):
                    sheet = np.concatenate(rows[first : first + ROWS_PER_SHEET])
                    path = self._folder / f"{name.replace(' ', '_')}-{first // ROWS_PER_SHEET + 1}.png"
                    Image.fromarray(sheet).save(path)
                    written.append(path)
        except OSError as error:
            raise CannotWriteError(f"{self._folder}: {error.strerror}.", advice="Choose another --sheets.") from error
        return written
