"""The one place where pages are coloured: a queue before one thread that owns the networks.

On a GPU, pages that wait and follow the same series are coloured a few at a time; elsewhere one by one.

Everything here but `Engine.run` and `Engine.__init__` runs on the event loop, so that nothing needs a lock; the thread
gets one piece of work at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from mangacolor.colorize.page_cache import PageContent, with_series
from mangacolor.web.followed import SeriesShelf
from mangacolor.web.known_series import Followed
from mangacolor.web.look_ahead import Loader, LookAhead
from mangacolor.web.metrics import Metrics
from mangacolor.web.painting import (
    UNKNOWN,
    Asked,
    PageColorizer,
    PageOrder,
    Painted,
    check_picture,
    may_be_kept,
    media_type,
    paint_page,
    paint_together,
)
from mangacolor.web.queue import Job, JobQueue, Turn, closing

if TYPE_CHECKING:
    from mangacolor.colorize.page_cache import PageCache

T = TypeVar("T")
_UNCHANGED = b"unchanged"
"""What is remembered of a page that comes back as it is."""

BOOKS_AT_ONCE = 8
"""Whole books that are made or given out at a time; more wait."""


@dataclass(frozen=True)
class _Page:
    """A page that waits: work like any other, but its like may be painted at once with it."""

    key: str
    asked: Asked
    paint: Callable[[_Page, PageColorizer], Painted]

    def __call__(self, colorizer: PageColorizer) -> Painted:
        """Paint it alone."""
        return self.paint(self, colorizer)


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
        self._books = ThreadPoolExecutor(BOOKS_AT_ONCE, thread_name_prefix="book")
        self.settings, self.pages_at_once = self._colorizer.settings, self._colorizer.pages_at_once
        self._queue = JobQueue(queue_pages, self.metrics)
        self._ahead = LookAhead(self._foreseen, self.pages_at_once)
        self._tasks: list[asyncio.Task[None]] = []

    # Life

    async def start(self) -> None:
        """Begin to work."""
        self._tasks = [asyncio.create_task(self._work_on())]

    def drain(self) -> None:
        """Take no more pages and turn away those that wait; the one in work is finished."""
        self._ahead.clear()
        self._queue.close()

    async def stop(self) -> None:
        """Finish the page in work, drop the others, and end the threads."""
        self.drain()
        for job in list(self._queue.at_work):
            with suppress(Exception):
                await asyncio.shield(job.future)
        await self._ahead.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._books.shutdown)  # while the loop still answers those that wait for it
        await asyncio.to_thread(self._thread.shutdown)

    # What is asked of it

    async def color(
        self,
        data: bytes,
        order: PageOrder = PageOrder(),  # noqa: B008 it is frozen
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
            like = (order.series.digest if order.series else "") if not order.goes_alone else None
            page = _Page(key, Asked(data, order, name), self._paint)
            # How many pages are foreseen at once, `LookAhead` says.
            job = self._queue.add(key, page, turn, like, needs_room=turn != Turn.FORESEEN)
        else:
            self._queue.hasten(job, turn)
        painted: Painted = await self._queue.wait_for(job, on_place)
        return painted

    async def run(
        self,
        work: Callable[[PageColorizer], T],
        *,
        series: Followed | None = None,
        turn: Turn = Turn.BOOK,
        needs_room: bool = True,
    ) -> T:
        """Run something with the colouriser in its thread, when it is its turn.

        Args:
            work: Gets the colouriser.
            series: Which that one follows.
            turn: Whether somebody waits for it.
            needs_room: Whether it is refused where the queue is full.

        Raises:
            BusyError: The queue is full, or the server is about to stop.
            BadInputError: The series cannot be followed.
        """

        def job_of(colorizer: PageColorizer) -> T:
            return work(self.series.colorizer(colorizer, series))

        job = self._queue.add(None, job_of, turn, needs_room=needs_room)
        result: T = await self._queue.wait_for(job)
        return result

    async def apart(self, work: Callable[[], T]) -> T:
        """Run something long in a thread of its own kind: it may wait for the event loop, and for pages.

        In the threads of `asyncio.to_thread` a few of these would wait for ever: what they wait for needs such a
        thread itself.

        Raises:
            BusyError: The server is about to stop.
        """
        if self.is_stopping:
            raise closing()
        return await asyncio.get_running_loop().run_in_executor(self._books, work)

    def foresee(self, reader: str, pages: Sequence[Loader], order: PageOrder = PageOrder()) -> None:  # noqa: B008
        """Colour pages that will be asked for soon, whenever nobody waits for another; none where none are kept.

        Args:
            reader: Whoever reads what: the pages take the place of those foreseen for the same reader before.
            pages: Bring the next pages, in the order in which they will be asked for. One that raises is left out.
            order: What will be wanted of them.
        """
        if self.cache is not None and not self.is_stopping:
            self._ahead.foresee(reader, pages, order)

    def key_of(self, content: PageContent, order: PageOrder) -> str:
        """Return what the cache keeps a page under that was coloured as an order wants it."""
        settings = with_series(self.settings, order.series.digest if order.series else "")
        return content.key(
            settings=settings, format=order.format_of(content.head), quality=order.quality, hints=order.hints
        )

    @property
    def waiting(self) -> int:
        """How many pages wait."""
        return len(self._queue)

    @property
    def is_at_work(self) -> bool:
        """Whether a page is being coloured."""
        return bool(self._queue.at_work)

    @property
    def is_stopping(self) -> bool:
        """Whether no more pages are taken."""
        return self._queue.is_closed

    # The work

    async def _work_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            jobs = await self._queue.next(self.pages_at_once)
            started = time.monotonic()
            try:
                results = await loop.run_in_executor(self._thread, self._done, jobs)
                seconds = (time.monotonic() - started) / len(jobs)
                for job, result in zip(jobs, results, strict=True):
                    if isinstance(result, Exception):
                        self.metrics.failed += 1
                        job.future.set_exception(result)
                    else:
                        self.metrics.foreseen += job.turn == Turn.FORESEEN
                        if result is not None:
                            self.metrics.add_page(getattr(result, "outcome", "colored"), seconds)
                        job.future.set_result(result)
            finally:
                self._queue.finish()

    async def _foreseen(self, data: bytes, order: PageOrder) -> None:
        await self.color(data, order, turn=Turn.FORESEEN)

    def _key(self, data: bytes, order: PageOrder) -> str:
        return self.key_of(PageContent.of(data), order)

    def _remembered(self, key: str, data: bytes) -> Painted | None:
        found = self.cache.get(key) if self.cache is not None else None
        if found == _UNCHANGED:
            return Painted(data, "unchanged", is_cached=True, notes=None)
        if found is None or media_type(found) == UNKNOWN:  # none, or one that the disk has lost
            return None
        return Painted(found, "colored", is_cached=True, notes=None)

    def _done(self, jobs: Sequence[Job]) -> list[Any]:
        """Do pieces of work that are alike, in the thread; return for each what it gives, or what it raises."""
        pages = [job.work for job in jobs if isinstance(job.work, _Page)]
        try:
            if len(pages) < 2:
                return [job.work(self._colorizer) for job in jobs]
            colorizer = self.series.colorizer(self._colorizer, pages[0].asked.order.series)
        except Exception as error:
            return [error] * len(jobs)
        done = paint_together(colorizer, [page.asked for page in pages], max_pixels=self.max_pixels)
        for page, painted in zip(pages, done, strict=True):
            if isinstance(painted, Painted):
                self._keep(page.key, painted)
        return list(done)

    def _paint(self, page: _Page, colorizer: PageColorizer) -> Painted:
        colorizer = self.series.colorizer(colorizer, page.asked.order.series)
        painted = paint_page(colorizer, page.asked, max_pixels=self.max_pixels)
        self._keep(page.key, painted)
        return painted

    def _keep(self, key: str, painted: Painted) -> None:
        if self.cache is not None and may_be_kept(painted):
            self.cache.put(key, painted.data if painted.outcome == "colored" else _UNCHANGED)
