"""The line of work before the colouriser: who comes first, who shares a place, who has left.

All of it runs on the event loop, so that nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from mangacolor.errors import MangacolorError

if TYPE_CHECKING:
    from mangacolor.web.metrics import Metrics
    from mangacolor.web.painting import PageColorizer

FIRST_GUESS_SECONDS = 10.0
"""How long a page takes, before one was coloured."""

PAUSE_SECONDS = 0.1
"""So long nothing that nobody waits for begins after a page that somebody waited for: it may be that of a place which
the reader has just left, and the next page from there is about to come."""


class BusyError(MangacolorError):
    """The queue is full, or the server is about to stop.

    Attributes:
        retry_seconds: When to try again.
    """

    def __init__(self, message: str, retry_seconds: int) -> None:
        super().__init__(message, advice=f"Try again in {retry_seconds} s.")
        self.retry_seconds = retry_seconds


class Turn(IntEnum):
    """Who comes first: a page that somebody waits for, the next one of a reader, a page of a book."""

    ASKED = 0
    FORESEEN = 1
    BOOK = 2


class Job:
    """A piece of work, and those who wait for it.

    Args:
        key: What it is known by to others who want the same; None for nobody.
        work: Done with the colouriser, in its thread.
        turn: When.
        like: Work of which this is equal may be done at once with it; None for none.
    """

    def __init__(
        self, key: str | None, work: Callable[[PageColorizer], Any], turn: Turn, like: object | None = None
    ) -> None:
        self.key, self.work, self.turn, self.like = key, work, turn, like
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting = 0
        self.watchers: list[Callable[[int], None]] = []
        # What nobody waits for any more may fail without anybody asking why.
        self.future.add_done_callback(lambda future: future.cancelled() or future.exception())


class JobQueue:
    """Pieces of work by turn, and what is being done.

    Args:
        most: So many may wait at each turn.
        metrics: Where to count who was refused or has left.
    """

    def __init__(self, most: int, metrics: Metrics) -> None:
        self.most = most
        self.at_work: list[Job] = []
        self.is_closed = False
        self._metrics = metrics
        self._queues: dict[Turn, deque[Job]] = {turn: deque() for turn in Turn}
        self._by_key: dict[str, Job] = {}
        self._wake = asyncio.Event()
        self._paused_until = float("-inf")

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def count(self, turn: Turn) -> int:
        """Say how many wait at a turn."""
        return len(self._queues[turn])

    @property
    def retry_seconds(self) -> int:
        """When to come again: half of those that wait are done by then."""
        each = self._metrics.mean_seconds or FIRST_GUESS_SECONDS
        return min(600, max(1, math.ceil(each * (self.count(Turn.ASKED) + len(self.at_work)) / 2)))

    def find(self, key: str) -> Job | None:
        """Return the work of a key that waits or is being done."""
        return self._by_key.get(key)

    def add(
        self,
        key: str | None,
        work: Callable[[PageColorizer], Any],
        turn: Turn,
        like: object | None = None,
        *,
        needs_room: bool = True,
    ) -> Job:
        """Let a piece of work wait.

        Args:
            key: See `Job`, as for what follows.
            work: What is to be done.
            turn: When.
            like: Of what may be done at once with it.
            needs_room: Whether it is refused where the queue is full.

        Raises:
            BusyError: There is no room, or the server is about to stop.
        """
        self._check_room(turn, needs_room=needs_room)
        job = Job(key, work, turn, like)
        if key is not None:
            self._by_key[key] = job
        self._queues[turn].append(job)
        self._wake.set()
        return job

    def hasten(self, job: Job, turn: Turn) -> None:
        """Let somebody who comes first share a piece of work that waits at a later turn.

        Raises:
            BusyError: There is no room at that turn.
        """
        if turn < job.turn and job in self._queues[job.turn]:
            self._check_room(turn)
            self._queues[job.turn].remove(job)
            job.turn = turn
            self._queues[turn].append(job)
            self._wake.set()  # it may be one that was to begin only after a pause
            self._tell_places()

    async def wait_for(self, job: Job, on_place: Callable[[int], None] | None = None) -> Any:
        """Wait for a piece of work; when the last one who does is cancelled, it leaves the queue.

        Args:
            job: Of this queue.
            on_place: Called with its place whenever that changes; 0 is being done.
        """
        job.waiting += 1
        if on_place is not None:
            job.watchers.append(on_place)
            on_place(self._place(job))
        try:
            return await asyncio.shield(job.future)
        finally:
            job.waiting -= 1
            if on_place is not None:
                job.watchers.remove(on_place)
            if job.waiting == 0 and job in self._queues[job.turn]:
                self._queues[job.turn].remove(job)
                self._metrics.left += job.turn != Turn.FORESEEN  # no client waited for that
                self.drop(job)
                self._tell_places()

    async def next(self, most: int = 1) -> list[Job]:
        """Return the piece of work whose turn it is, as soon as there is one, and what may be done at once with it.

        Args:
            most: So many at most.
        """
        while (job := self._first()) is None:
            self._wake.clear()
            pause = self._paused_until - asyncio.get_running_loop().time()
            with suppress(TimeoutError, asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause if pause > 0 and len(self) else None)
        self.at_work = [job]
        for queue in self._queues.values():
            for other in [one for one in queue if one.like is not None and one.like == job.like]:
                if len(self.at_work) < most:
                    queue.remove(other)
                    self.at_work.append(other)
        for one in self.at_work:
            for watcher in one.watchers:
                watcher(0)
        self._tell_places()
        return self.at_work

    def finish(self) -> None:
        """Note that what was being done is done."""
        if any(job.turn == Turn.ASKED for job in self.at_work):
            self._paused_until = asyncio.get_running_loop().time() + PAUSE_SECONDS
        done, self.at_work = self.at_work, []
        for job in done:
            self.drop(job)

    def drop(self, job: Job, error: Exception | None = None) -> None:
        """Let nobody join a piece of work any more; who waits for one without a result gets the error."""
        if job.key is not None:
            self._by_key.pop(job.key, None)
        if error is None:
            job.future.cancel()
        elif not job.future.done():
            job.future.set_exception(error)

    def close(self) -> None:
        """Take no more, and turn away what waits."""
        self.is_closed = True
        for queue in self._queues.values():
            while queue:
                self.drop(queue.popleft(), closing())

    def _first(self) -> Job | None:
        """Take the piece of work whose turn it is; None where none may begin."""
        is_paused = asyncio.get_running_loop().time() < self._paused_until
        for turn, queue in self._queues.items():
            if queue and (turn == Turn.ASKED or not is_paused):
                return queue.popleft()
        return None

    def _check_room(self, turn: Turn, *, needs_room: bool = True) -> None:
        if self.is_closed:
            raise closing()
        if needs_room and len(self._queues[turn]) >= self.most:
            self._metrics.refused += 1
            raise BusyError(f"{self.most} pages wait already.", self.retry_seconds)

    def _place(self, job: Job) -> int:
        if job in self.at_work or job.future.done():
            return 0
        before = sum(len(self._queues[turn]) for turn in Turn if turn < job.turn)
        return 1 + before + self._queues[job.turn].index(job)

    def _tell_places(self) -> None:
        for queue in self._queues.values():
            for job in queue:
                for watcher in job.watchers:
                    watcher(self._place(job))


def closing() -> BusyError:
    """Return what is told to whoever comes when the server is about to stop."""
    return BusyError("The server is about to stop.", 10)
