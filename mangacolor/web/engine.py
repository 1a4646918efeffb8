"""The one place where pages are coloured: a queue before one thread that owns the networks.

Everything here but `Engine.run` and `Engine.__init__` runs on the event loop, so that nothing needs a lock; the thread
gets one piece of work at a time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mangacolor.colorize.page_cache import page_key, with_series
from mangacolor.web.followed import Followed, SeriesShelf
from mangacolor.web.metrics import Metrics
from mangacolor.web.painting import UNKNOWN, Order, PageColorizer, Painted, check_picture, media_type, paint_page
from mangacolor.web.queue import JobQueue, Turn

if TYPE_CHECKING:
    from mangacolor.colorize.page_cache import PageCache

T = TypeVar("T")
Loader = Callable[[], Awaitable[bytes]]
"""Brings a page that will be asked for: the same bytes that will then be sent."""

READERS = 32
"""So many readers' next pages are remembered; those who turned a page last."""

_UNCHANGED = b"unchanged"
"""What is remembered of a page that comes back as it is."""

logger = logging.getLogger("mangacolor.web")


class Engine:
    """Colours pages one after the other, those that are asked for first, and remembers them.

    Args:
        open_colorizer: Loads the networks; called once, in the thread that then owns them.
        cache: Pages that were coloured before; None remembers none.
        queue_pages: So many pages may wait; more are refused.
        max_pixels: Larger pages are refused.
        series: The series that pages may follow; None for none.

    Raises:
        MangacolorError: What `open_colorizer` raises.
    """

    def __init__(
        self,
        open_colorizer: Callable[[], PageColorizer],
        *,
        cache: PageCache | None = None,
        queue_pages: int = 64,
        max_pixels: int = 40_000_000,
        series: SeriesShelf | None = None,
    ) -> None:
        self.cache, self.queue_pages, self.max_pixels = cache, queue_pages, max_pixels
        self.metrics, self.series = Metrics(), series or SeriesShelf()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="colorizer")
        self._colorizer = self._thread.submit(open_colorizer).result()
        self.settings = self._colorizer.settings
        self._queue = JobQueue(queue_pages, self.metrics)
        self._ahead: OrderedDict[str, deque[tuple[Loader, Order]]] = OrderedDict()
        self._wake_ahead = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # Life

    async def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._work_on()), asyncio.create_task(self._look_ahead())]

    def drain(self) -> None:
        """Take no more pages and turn away those that wait; the one in work is finished."""
        self._ahead.clear()
        self._queue.close()

    async def stop(self) -> None:
        """Finish the page in work, drop the others, and end the thread."""
        self.drain()
        if self._queue.at_work is not None:
            with suppress(Exception):
                await asyncio.shield(self._queue.at_work.future)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown)

    # What is asked of it

    async def color(
        self,
        data: bytes,
        order: Order = Order(),  # noqa: B008 it is frozen
        *,
        name: str = "The page",
        turn: Turn = Turn.ASKED,
        on_place: Callable[[int], None] | None = None,
    ) -> Painted:
        """Colour the page in a picture file. A caller that is cancelled gives its place in the queue away.

        The same page asked for twice is coloured once.

        Args:
            data: The file.
            order: What is wanted of it.
            name: What error messages call it.
            turn: Whether somebody waits for it.
            on_place: Called with the page's place in the queue whenever that changes; 0 is being coloured.

        Raises:
            BusyError: The queue is full.
            BadInputError: It cannot be read, or is too large.
            OutOfMemoryError: It needs more memory than there is.
        """
        key = await asyncio.to_thread(self._key, data, order)
        if self._queue.find(key) is None:
            if (found := await asyncio.to_thread(self._remembered, key, data)) is not None:
                self.metrics.hits += 1
                return found
            await asyncio.to_thread(check_picture, data, name=name, max_pixels=self.max_pixels)
        if (job := self._queue.find(key)) is None:
            self.metrics.misses += 1
            job = self._queue.add(key, partial(self._paint, key, data, order, name), turn)
        else:
            self._queue.hasten(job, turn)
        painted: Painted = await self._queue.wait_for(job, on_place)
        return painted

    async def run(
        self, work: Callable[[PageColorizer], T], *, series: Followed | None = None, turn: Turn = Turn.BOOK
    ) -> T:
        """Run something with the colouriser in its thread, when it is its turn.

        Args:
            work: Gets the colouriser.
            series: Which that one follows.
            turn: Whether somebody waits for it.

        Raises:
            BusyError: The queue is full.
            BadInputError: The series cannot be followed.
        """
        job = self._queue.add(None, lambda colorizer: work(self.series.colorizer(colorizer, series)), turn)
        result: T = await self._queue.wait_for(job)
        return result

    def foresee(self, reader: str, pages: Sequence[Loader], order: Order = Order()) -> None:  # noqa: B008
        """Colour pages that will be asked for soon, whenever nobody waits for another.

        Args:
            reader: Whoever reads what: the pages take the place of those foreseen for the same reader before.
            pages: Bring the next pages, in the order in which they will be asked for. One that raises is left out.
            order: What will be wanted of them.
        """
        if self.is_stopping:
            return
        self._ahead.pop(reader, None)
        self._ahead[reader] = deque((page, order) for page in pages)
        while len(self._ahead) > READERS:
            self._ahead.popitem(last=False)
        self._wake_ahead.set()

    @property
    def waiting(self) -> int:
        """How many pages wait."""
        return len(self._queue)

    @property
    def is_at_work(self) -> bool:
        """Whether a page is being coloured."""
        return self._queue.at_work is not None

    @property
    def is_stopping(self) -> bool:
        """Whether no more pages are taken."""
        return self._queue.is_closed

    # The work

    async def _work_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            job = await self._queue.next()
            started = time.monotonic()
            try:
                result = await loop.run_in_executor(self._thread, job.work, self._colorizer)
            except Exception as error:
                self.metrics.failed += 1
                job.future.set_exception(error)
            else:
                self.metrics.add_page(getattr(result, "outcome", "colored"), time.monotonic() - started)
                job.future.set_result(result)
            finally:
                self._queue.at_work = None
                self._queue.drop(job)

    async def _look_ahead(self) -> None:
        """Bring the foreseen pages one by one, those of whoever turned a page last first."""
        while True:
            if not self._ahead:
                self._wake_ahead.clear()
                await self._wake_ahead.wait()
                continue
            reader, pages = next(reversed(self._ahead.items()))
            if not pages:
                del self._ahead[reader]
                continue
            load, order = pages.popleft()
            try:
                await self.color(await load(), order, turn=Turn.FORESEEN)
                self.metrics.foreseen += 1
            except Exception as error:  # whoever asks for the page will hear of it
                logger.debug("A page ahead could not be coloured: %s", error)

    def _key(self, data: bytes, order: Order) -> str:
        settings = with_series(self.settings, order.series.digest if order.series else "")
        return page_key(data, settings=settings, format=order.format_of(data), quality=order.quality, hints=order.hints)

    def _remembered(self, key: str, data: bytes) -> Painted | None:
        found = self.cache.get(key) if self.cache is not None else None
        if found == _UNCHANGED:
            return Painted(data, "unchanged", is_cached=True)
        if found is None or media_type(found) == UNKNOWN:  # none, or one that the disk has lost
            return None
        return Painted(found, "colored", is_cached=True)

    def _paint(self, key: str, data: bytes, order: Order, name: str, colorizer: PageColorizer) -> Painted:
        colorizer = self.series.colorizer(colorizer, order.series)
        painted = paint_page(colorizer, data, order, name=name, max_pixels=self.max_pixels)
        if self.cache is not None:
            self.cache.put(key, painted.data if painted.outcome == "colored" else _UNCHANGED)
        return painted
