"""Sheets of pages and fields, to be looked at: numbers say where they are wrong, the eye says how they look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from mangacolor.evaluate.hatch_fields import Field
from mangacolor.evaluate.look_points import PageLook, Pixels
from mangacolor.evaluate.sheets import below, beside, write_sheets
from mangacolor.image import pixels_from_float, resize
from mangacolor.page.ink import Separation

PAGE_PX = 1000
"""Height of a page on its sheet."""

SMALL_PX = 360
SMALL_PER_ROW = 7
MARK_PX = 6
RIGHT, WRONG = (20, 190, 40), (230, 20, 20)


class LookSheets:
    """Collects the coloured pages of a look set and writes a sheet a page and an overview a tool.

    `PAGE.png` has the grey page and what each tool made of it, in the order of the rows, each point in a ring, green
    where it is right and red where it is not; `all-K-TOOL.png` has all pages of the K-th tool in small, without rings.

    Args:
        folder: Where to; made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sheets: dict[str, Pixels] = {}
        self._small: list[list[Pixels]] = []

    def add(self, name: str, gray: Pixels, coloured: Sequence[Pixels], looks: Sequence[PageLook]) -> None:
        """Add a page: its name, grey page (H, W, 3), and by tool the coloured page (h, w, 3) and its verdicts."""
        columns = [_high(gray, PAGE_PX)]
        for number, (page, look) in enumerate(zip(coloured, looks, strict=True)):
            columns.append(_marked(page, gray.shape[0], look))
            if number == len(self._small):
                self._small.append([])
            self._small[number].append(_high(page, SMALL_PX))
        self._sheets[name] = beside(columns)

    def write(self, tools: Sequence[str]) -> list[Path]:
        """Write all sheets and return where they are; `tools` names the tools in their order.

        Raises:
            CannotWriteError: The folder cannot be written.
        """
        sheets = {f"{name}.png": sheet for name, sheet in self._sheets.items()}
        for number, (tool, pages) in enumerate(zip(tools, self._small, strict=True), start=1):
            rows = [beside(pages[first : first + SMALL_PER_ROW]) for first in range(0, len(pages), SMALL_PER_ROW)]
            sheets[f"all-{number}-{Path(tool).stem}.png"] = below(rows)
        return write_sheets(self._folder, sheets)


class FieldSheets:
    """Collects drawn fields and writes `KIND.png`, a row a field: page, ink and tone.

    Args:
        folder: Where to; made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: defaultdict[str, list[Pixels]] = defaultdict(list)

    def add(self, field: Field, separation: Separation) -> None:
        """Add a field and what it was taken apart into."""
        planes = (pixels_from_float(plane) for plane in (field.page, *separation))
        self._rows[field.kind].append(beside([np.repeat(plane[..., None], 3, axis=2) for plane in planes]))

    def write(self) -> list[Path]:
        """Write all sheets and return where they are.

        Raises:
            CannotWriteError: The folder cannot be written.
        """
        return write_sheets(
            self._folder, {f"{kind.replace(' ', '_')}.png": below(rows) for kind, rows in self._rows.items()}
        )


def _marked(page: Pixels, page_height: int, look: PageLook) -> Pixels:
    marked = np.ascontiguousarray(_high(page, PAGE_PX))
    scale = PAGE_PX / page_height
    for verdict in look.verdicts:
        centre = (round(verdict.point.x * scale), round(verdict.point.y * scale))
        cv2.circle(marked, centre, MARK_PX + 1, (255, 255, 255), 4, cv2.LINE_AA)
        cv2.circle(marked, centre, MARK_PX, RIGHT if verdict.right else WRONG, 2, cv2.LINE_AA)
    return marked


def _high(page: Pixels, height: int) -> Pixels:
    return resize(page, height, max(1, round(page.shape[1] * height / page.shape[0])))
