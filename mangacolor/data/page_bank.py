"""Pages that samples are made of, at the working size, and kept: drawing costs more than training on small crops."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize

Pixels = NDArray[np.uint8]


class WorkingPage(NamedTuple):
    """A square of a page at the working size, of bytes: ink and tone (S, S), colour (S, S, 3), labels (S, S, L)."""

    ink: Pixels
    tone: Pixels
    colour: Pixels
    labels: Pixels

    def sized(self, side_px: int, *, mirrored: bool) -> WorkingPage:
        """Return the page at another size, mirrored or not."""
        turn = -1 if mirrored else 1
        return WorkingPage(*(resize(plane, side_px, side_px)[:, ::turn] for plane in self))


class PageBank:
    """Keeps the pages that samples are made of; each is drawn when it is first asked for.

    Which page that is hangs on the number alone, so that a run that goes on finds the pages it would have drawn.

    Args:
        size: Pages kept at a time.
        uses: Samples made of a page before a new one takes its place; 0 keeps the first pages for the whole run.
    """

    def __init__(self, size: int, uses: int = 0) -> None:
        self._uses = uses
        self._pages: list[tuple[int, WorkingPage] | None] = [None] * size

    def page(self, number: int, draw: Callable[[int], WorkingPage]) -> WorkingPage:
        """Return the page for a sample; `draw` makes it from its own number if it is not there."""
        turn, place = divmod(number, len(self._pages))
        # Some pages give way in every turn, not all in one: drawing them takes its time beside training.
        drawn_before = (turn + place % self._uses) // self._uses if self._uses else 0
        first = place + drawn_before * len(self._pages)
        kept = self._pages[place]
        if kept is None or kept[0] != first:
            kept = self._pages[place] = (first, draw(first))
        return kept[1]
