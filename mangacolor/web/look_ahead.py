"""Pages that readers will ask for next, coloured whenever nobody waits for another."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mangacolor.image import picture_size
from mangacolor.page.extent import pages_shown

if TYPE_CHECKING:
    from mangacolor.web.painting import PageOrder

Loader = Callable[[], Awaitable["bytes | None"]]
"""Brings a page that will be asked for: the same bytes that will then be sent. None where there is nothing to bring."""

READERS = 32
"""So many readers' next pages are brought; those who turned a page last."""

LOAD_SECONDS = 15.0
"""A page that is not there by then is left out: the next one of its reader may be quicker."""

STRIP_PAGES = 2.5
"""What shows more pages than that is a strip: it takes as long as several pages, and nobody can pass it at work."""

READING_SECONDS = 60.0
"""Whoever turned a page within so long is reading: no strip is coloured for another reader before it is asked for."""

logger = logging.getLogger("mangacolor.web")


class _Reader(NamedTuple):
    """Brings somebody's next pages, and when that one turned a page."""

    task: asyncio.Task[None]
    turned: float


class LookAhead:
    """Brings the next pages of readers, of each by itself; all of it runs on the event loop.

    Args:
        color: Colours a page when nobody waits for another. Cancelled, it takes one back that still waits.
        at_once: So many of a reader are brought at a time.
    """

    def __init__(self, color: Callable[[bytes, PageOrder], Awaitable[object]], at_once: int) -> None:
        self._color, self._at_once = color, at_once
        self._readers: OrderedDict[str, _Reader] = OrderedDict()

    def __len__(self) -> int:
        return sum(not one.task.done() for one in self._readers.values())

    def foresee(self, reader: str, pages: Sequence[Loader], order: PageOrder) -> None:
        """Bring the next pages of a reader in place of those from before; see `Engine.foresee`."""
        if reader in self._readers:
            self._readers.pop(reader).task.cancel()
        task = asyncio.create_task(self._bring_all(reader, list(pages), order))
        self._readers[reader] = _Reader(task, time.monotonic())
        while len(self._readers) > READERS:
            self._readers.popitem(last=False)[1].task.cancel()

    def clear(self) -> None:
        """Bring no more pages."""
        for one in self._readers.values():
            one.task.cancel()

    async def stop(self) -> None:
        """Bring no more pages, and wait until no loader is at work."""
        self.clear()
        await asyncio.gather(*(one.task for one in self._readers.values()), return_exceptions=True)

    async def _bring_all(self, reader: str, pages: Sequence[Loader], order: PageOrder) -> None:
        for start in range(0, len(pages), self._at_once):
            some = pages[start : start + self._at_once]
            await asyncio.gather(*(self._bring(reader, load, order) for load in some))

    async def _bring(self, reader: str, load: Loader, order: PageOrder) -> None:
        try:
            data = await asyncio.wait_for(load(), LOAD_SECONDS)
            if data is None:
                return
            if not await asyncio.to_thread(_is_strip, data) or not self._others_read(reader):
                await self._color(data, order)
        except Exception as error:  # whoever asks for the page will hear of it
            logger.debug("A page ahead could not be coloured: %r", error)

    def _others_read(self, reader: str) -> bool:
        since = time.monotonic() - READING_SECONDS
        return any(name != reader and one.turned > since for name, one in self._readers.items())


def _is_strip(data: bytes) -> bool:
    width, height = picture_size(data)
    return pages_shown((height, width)) > STRIP_PAGES
