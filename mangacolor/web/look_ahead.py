"""Pages that readers will ask for next, coloured whenever nobody waits for another."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mangacolor.web.painting import PageOrder

Loader = Callable[[], Awaitable[bytes]]
"""Brings a page that will be asked for: the same bytes that will then be sent."""

READERS = 32
"""So many readers' next pages are brought; those who turned a page last."""

LOAD_SECONDS = 15.0
"""A page that is not there by then is left out: the next one of its reader may be quicker."""

logger = logging.getLogger("mangacolor.web")


class LookAhead:
    """Brings the next pages of readers, of each by itself; all of it runs on the event loop.

    Args:
        color: Colours a page when nobody waits for another. Cancelled, it takes one back that still waits.
        at_once: So many of a reader are brought at a time.
    """

    def __init__(self, color: Callable[[bytes, PageOrder], Awaitable[object]], at_once: int) -> None:
        self._color, self._at_once = color, at_once
        self._readers: OrderedDict[str, asyncio.Task[None]] = OrderedDict()

    def __len__(self) -> int:
        return sum(not task.done() for task in self._readers.values())

    def foresee(self, reader: str, pages: Sequence[Loader], order: PageOrder) -> None:
        """Bring the next pages of a reader in place of those from before; see `Engine.foresee`."""
        if reader in self._readers:
            self._readers.pop(reader).cancel()
        self._readers[reader] = asyncio.create_task(self._bring_all(list(pages), order))
        while len(self._readers) > READERS:
            self._readers.popitem(last=False)[1].cancel()

    def clear(self) -> None:
        """Bring no more pages."""
        for task in self._readers.values():
            task.cancel()

    async def stop(self) -> None:
        """Bring no more pages, and wait until no loader is at work."""
        self.clear()
        await asyncio.gather(*self._readers.values(), return_exceptions=True)

    async def _bring_all(self, pages: Sequence[Loader], order: PageOrder) -> None:
        for start in range(0, len(pages), self._at_once):
            await asyncio.gather(*(self._bring(load, order) for load in pages[start : start + self._at_once]))

    async def _bring(self, load: Loader, order: PageOrder) -> None:
        try:
            await self._color(await asyncio.wait_for(load(), LOAD_SECONDS), order)
        except Exception as error:  # whoever asks for the page will hear of it
            logger.debug("A page ahead could not be coloured: %r", error)
