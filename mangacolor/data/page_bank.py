"""Pages that samples are made of, at the working size, and kept: drawing costs more than training on small crops."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.config import LABELS
from mangacolor.errors import UsageError
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


_MARK = np.dtype([("drawn", np.int64), ("checksum", np.int64)])
"""What is in a place: the number of its page, counted from 1 because new memory is 0, and the checksum of its bytes."""


class PageBank:
    """Keeps the pages that samples are made of; each is drawn when it is first asked for.

    Which page that is hangs on the number alone, so that a run that goes on finds the pages it would have drawn.
    Processes that are forked later share the pages with this one and with each other, whichever of them drew them.

    Args:
        size: Pages kept at a time. Each takes 5 bytes a pixel, and one for each label, once it is drawn.
        side_px: Side of the pages.
        uses: Samples made of a page before a new one takes its place; 0 keeps the first pages for the whole run.

    Raises:
        UsageError: The system does not give so much memory.
    """

    def __init__(self, size: int, side_px: int, uses: int = 0) -> None:
        self._uses = uses
        self._side_px = side_px
        page_bytes = side_px * side_px * (1 + 1 + 3 + len(LABELS))
        try:
            # Nameless memory is shared with forked processes, and takes room only where it has been written to.
            memory = mmap.mmap(-1, size * (_MARK.itemsize + page_bytes))
        except OSError as error:
            raise UsageError(
                f"A bank of {size} pages of {side_px} px takes {size * page_bytes / 1e9:.1f} GB of memory.",
                advice="Set a smaller `bank` under [synthesis] in the recipe.",
            ) from error
        self._marks = np.frombuffer(memory, _MARK, size)
        self._pages = np.frombuffer(memory, np.uint8, offset=self._marks.nbytes).reshape(size, page_bytes)

    def page(self, number: int, draw: Callable[[int], WorkingPage]) -> WorkingPage:
        """Return the page for a sample; `draw` makes it from its own number if it is not there."""
        turn, place = divmod(number, len(self._pages))
        # Some pages give way in every turn, not all in one: drawing them takes its time beside training.
        drawn_before = (turn + place % self._uses) // self._uses if self._uses else 0
        first = place + drawn_before * len(self._pages)
        kept = self._kept(place, first)
        if kept is None:
            kept = draw(first)
            self._keep(place, first, kept)
        return kept

    def _kept(self, place: int, first: int) -> WorkingPage | None:
        # There is no lock: a process that is ended while it holds one would stop the others for ever. A page that is
        # just being written, or was left half written, does not fit its checksum, and is drawn once more.
        drawn, checksum = self._marks[place].tolist()
        if drawn != first + 1:
            return None
        pixels = self._pages[place].copy()
        if zlib.crc32(pixels.data) != checksum:
            return None
        planes = np.split(pixels, np.array([1, 2, 5]) * self._side_px**2)
        ink, tone, colour, labels = (plane.reshape(self._side_px, self._side_px, -1) for plane in planes)
        return WorkingPage(ink[..., 0], tone[..., 0], colour, labels)

    def _keep(self, place: int, first: int, page: WorkingPage) -> None:
        pixels = np.concatenate([plane.ravel() for plane in page])
        self._pages[place] = pixels
        self._marks[place] = (first + 1, zlib.crc32(pixels.data))
