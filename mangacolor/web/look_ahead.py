"""Pages that readers will ask for next, coloured whenever nobody waits for another."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mangacolor.web.painting import PageOrder

Loader = Callable[[], Awaitable[bytes]]
"""Brings a page that will be asked for: the same bytes that will then be sent."""

READERS = 32
"""So many readers' next pages are remembered; those who turned a page last."""

logger = logging.getLogger("mangacolor.web")


class LookAhead:
    """Brings the next pages of readers; all of it runs on the event loop.

    Args:
        color: Colours a page when nobody waits for another.
        at_once: So many are brought at a time.
    """

    def __init__(self, color: Callable[[bytes, PageOrder], Awaitable[object]], at_once: int) -> None:
        self._color, self._at_once = color, at_once
        self._readers: OrderedDict[str, deque[tuple[Loader, PageOrder]]] = OrderedDict()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._readers)

    def foresee(self, reader: str, pages: Sequence[Loader], order: PageOrder) -> None:
        """Note the next pages of a reader; see `Engine.foresee`."""
        self._readers.pop(reader, None)
        self._readers[reader] = deque((page, order) for page in pages)
        while len(self._readers) > READERS:
            self._readers.popitem(last=False)
        self._wake.set()

    def clear(self) -> None:
        """Forget all pages."""
        self._readers.clear()

    async def run(self) -> None:
        """Bring the pages in order, those of whoever turned a page last first, for ever."""
        while True:
            if not self._readers:
                self._wake.clear()
                await self._wake.wait()
                continue
            reader, pages = next(reversed(self._readers.items()))
            if not pages:
                del self._readers[reader]
                continue
            some = [pages.popleft() for _ in range(min(len(pages), self._at_once))]
            await asyncio.gather(*(self._bring(load, order) for load, order in some))

    async def _bring(self, load: Loader, order: PageOrder) -> None:
        try:
            await self._color(await load(), order)
        except Exception as error:  # whoever asks for the page will hear of it
            logger.debug("A page ahead could not be coloured: %s", error)
