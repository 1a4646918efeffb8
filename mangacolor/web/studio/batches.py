"""Pages coloured one after the other, and whoever is told of it: server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mangacolor.web.answers import told as told_error
from mangacolor.web.services import ALIVE_SECONDS

if TYPE_CHECKING:
    from mangacolor.web.studio.project import Project

LOOK_SECONDS = 1.0
"""How often those who follow look whether the server is about to stop."""

EVENTS_KEPT = 1000
"""Events that wait for a browser that does not read them; then its stream ends, and it asks for the project anew."""


class Batches:
    """The batch of each project, and those who follow it.

    Args:
        color: Colours a page of a project, behind those that somebody waits for; or anew.
        page_told: What is said of a page.
        is_over: Says that the server stops, for which it waits until nobody follows any more.
    """

    def __init__(
        self,
        color: Callable[[Project, int, bool], Awaitable[None]],
        page_told: Callable[[Project, int], dict[str, Any]],
        is_over: Callable[[], bool],
    ) -> None:
        self._color, self._page_told, self._is_over = color, page_told, is_over
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._progress: dict[str, dict[str, Any]] = {}
        self._followers: dict[str, set[asyncio.Queue[dict[str, Any]]]] = {}

    def begin(self, project: Project, numbers: Sequence[int], *, again: bool) -> bool:
        """Colour pages; says no where a batch of the project runs already."""
        task = self._tasks.get(project.key)
        if task is not None and not task.done():
            return False
        self._tasks[project.key] = asyncio.create_task(self._run(project, numbers, again))
        return True

    async def stop(self, key: str) -> None:
        """Stop the batch of a project; the page in work is given up, or finished without anybody hearing of it."""
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def close(self, key: str) -> None:
        """Stop the batch of a project, and let nobody follow it any more."""
        await self.stop(key)
        for queue in self._followers.pop(key, ()):
            _put(queue, {"type": "closed"})

    async def close_all(self) -> None:
        """Stop every batch, and let nobody follow any more."""
        for key in {*self._tasks, *self._followers}:
            await self.close(key)

    def tell(self, project: Project, event: dict[str, Any]) -> None:
        """Tell everybody who follows a project of something."""
        for queue in self._followers.get(project.key, ()):
            _put(queue, event)

    def tell_page(self, project: Project, number: int) -> None:
        """Tell everybody who follows a project how a page is now."""
        self.tell(project, {"type": "page", "page": self._page_told(project, number)})

    async def follow(self, project: Project) -> AsyncIterator[str]:
        """Yield what happens to a project from now on as server-sent events."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(EVENTS_KEPT)
        self._followers.setdefault(project.key, set()).add(queue)
        try:
            progress = self._progress.get(project.key)
            yield _spelt(progress) if progress else ": here\n\n"
            silent = 0.0
            while not self._is_over():
                try:
                    event = await asyncio.wait_for(queue.get(), LOOK_SECONDS)
                except (TimeoutError, asyncio.TimeoutError):
                    silent += LOOK_SECONDS
                    if silent >= ALIVE_SECONDS:
                        silent = 0.0
                        yield ": waiting\n\n"  # a comment, by which a client that is gone is noticed, too
                    continue
                if event["type"] == "closed":
                    return
                silent = 0.0
                yield _spelt(event)
        finally:
            self._followers.get(project.key, set()).discard(queue)

    async def _run(self, project: Project, numbers: Sequence[int], again: bool) -> None:
        failed = done = 0
        try:
            for number in numbers:
                self._at(project, done, len(numbers), number)
                try:
                    await self._color(project, number, again)
                except Exception as error:  # of one page; whatever it is, the others are still to be coloured
                    failed += 1
                    self.tell(project, {"type": "error", "page": number, "message": told_error(error)})
                done += 1
                self.tell_page(project, number)
                self._at(project, done, len(numbers), number)
        finally:
            self._progress.pop(project.key, None)
            self.tell(project, {"type": "end", "done": done - failed, "failed": failed})

    def _at(self, project: Project, done: int, total: int, number: int) -> None:
        event = {"type": "progress", "done": done, "total": total, "page": number}
        self._progress[project.key] = event
        self.tell(project, event)


def _put(queue: asyncio.Queue[dict[str, Any]], event: dict[str, Any]) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        event = {"type": "closed"}
    queue.put_nowait(event)


def _spelt(event: dict[str, Any]) -> str:
    return f"data: {json.dumps(event)}\n\n"
