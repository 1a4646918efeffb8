"""Books that are coloured while their sender does something else, page by page behind the pages that are asked for."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from mangacolor.books import Limits, open_sinks, open_source
from mangacolor.books.scratch import scratch_folder
from mangacolor.errors import BadInputError, MangacolorError
from mangacolor.web.engine import Engine
from mangacolor.web.queue import BusyError, Turn

if TYPE_CHECKING:
    from mangacolor.books import FormatChoice
    from mangacolor.colorize.colorizer import Colorizer, Outcome
    from mangacolor.colorize.hints import Hint
    from mangacolor.image import DecodedImage

State = Literal["waiting", "working", "done", "failed", "cancelled"]

BOOKS = 16
"""So many books are there at a time, waiting, in work and done; the oldest that is done makes room."""

KEPT_SECONDS = 24 * 3600.0
"""How long a book that is done can be fetched."""

logger = logging.getLogger("mangacolor.web")


@dataclass(eq=False)
class BookJob:
    """A book on its way.

    Attributes:
        format: File format of its pages.
        key: Its name in addresses; nobody guesses it.
        state: What has become of it.
        pages: How many it has; 0 until that is known.
        done: How many of them are done.
        error: What went wrong.
        output: The coloured book.
        events: What was told of it, in order.
    """

    format: str = "keep"
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: State = "waiting"
    pages: int = 0
    done: int = 0
    error: str = ""
    output: Path | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    ended: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.folder, self.delete_files = scratch_folder(self)

    @property
    def input(self) -> Path:
        """Where the book that came lies; its name comes from here, never from a request."""
        return self.folder / "book"

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in ("waiting", "working")

    def told(self) -> dict[str, Any]:
        """Return what is said of it."""
        return {"id": self.key, "state": self.state, "pages": self.pages, "done": self.done, "error": self.error}

    def tell(self, **event: Any) -> None:
        """Add an event, and wake those who wait for one."""
        self.events.append({**event, "state": self.state, "pages": self.pages, "done": self.done})
        self.changed.set()
        self.changed = asyncio.Event()

    def end(self, state: State, error: str = "") -> None:
        """Say that nothing more will happen to it."""
        if not self.is_ended:
            self.state, self.error, self.ended = state, error, time.monotonic()
            self.tell(error=error)

    async def follow(self, start: int = 0) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """Yield the events from one on with their numbers, as they come, until the book has ended."""
        while True:
            changed = self.changed
            while start < len(self.events):  # more may come while one is sent
                yield start, self.events[start]
                start += 1
            if self.is_ended:
                return
            await changed.wait()


class BookJobs:
    """Takes books and colours one after the other.

    Args:
        engine: Colours their pages.
        max_pixels: Larger pages stay as they are.
    """

    def __init__(self, engine: Engine, max_pixels: int) -> None:
        self._engine, self._max_pixels = engine, max_pixels
        self._jobs: OrderedDict[str, BookJob] = OrderedDict()
        self._one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, key: str) -> BookJob | None:
        """Return the book of a key."""
        self._forget_old()
        return self._jobs.get(key)

    def make(self, format: str) -> BookJob:
        """Make room for a book that is about to come.

        Raises:
            BusyError: There are too many.
        """
        self._forget_old()
        if len(self._jobs) >= BOOKS:
            ended = next((key for key, job in self._jobs.items() if job.is_ended), None)
            if ended is None:
                raise BusyError(f"{BOOKS} books wait already.", 600)
            self.remove(ended)
        job = BookJob(format)
        self._jobs[job.key] = job
        return job

    def begin(self, job: BookJob) -> None:
        """Colour a book that has come, when it is its turn."""
        job.tell()
        task = asyncio.create_task(self._color(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def remove(self, key: str) -> None:
        """Give a book up, and delete it."""
        job = self._jobs.pop(key, None)
        if job is not None:
            job.end("cancelled")
            if job.output is not None or not self._one.locked():
                job.delete_files()  # else the thread that works on it lets go of it, and it goes with the job

    def _forget_old(self) -> None:
        now = time.monotonic()
        for key in [key for key, job in self._jobs.items() if job.is_ended and now - job.ended > KEPT_SECONDS]:
            self.remove(key)

    async def _color(self, job: BookJob) -> None:
        async with self._one:
            if job.is_ended:
                return
            job.state = "working"
            job.tell()
            loop = asyncio.get_running_loop()
            try:
                problem = await asyncio.to_thread(self._work, job, loop)
            except MangacolorError as error:
                job.end("failed", _without_paths(str(error), job))
            except Exception as error:
                logger.error("This is a bug in mangacolor; please report it.", exc_info=error)
                job.end("failed", "The book could not be coloured; the server's log says why.")
            else:
                job.end("done" if job.output else "failed", _without_paths(problem, job))

    def _work(self, job: BookJob, loop: asyncio.AbstractEventLoop) -> str:
        """Colour a book as the command line does, its pages by way of the queue; runs in a thread of its own.

        Returns:
            What went wrong last.
        """
        from mangacolor.colorize.run import colorize_pages

        source = open_source(job.input, limits=Limits(page_pixels=self._max_pixels))
        sinks = open_sinks([source], job.folder / "coloured", format=cast("FormatChoice", job.format))
        job.pages = len(source)
        painter = cast("Colorizer", QueuedColorizer(self._engine, loop, lambda: job.is_ended))

        def note_output(path: Path) -> None:
            job.output = path

        problem = ""
        found = colorize_pages(painter, [source], sinks, max_pixels=self._max_pixels, on_output=note_output)
        for result in found:
            job.done += 1
            problem = result.error or problem
            tell = partial(job.tell, page=result.name, status=result.status, seconds=round(result.seconds, 2))
            loop.call_soon_threadsafe(tell)
            if job.is_ended:
                break
            if self._engine.is_stopping:
                raise BusyError("The server is about to stop.", 10)
        return problem


def _without_paths(text: str, job: BookJob) -> str:
    return text.replace(str(job.input), "The book").replace(str(job.folder), "")


class QueuedColorizer:
    """A colouriser that is far away: its pages wait in the server's queue.

    Args:
        engine: Has the queue.
        loop: The engine's.
        is_given_up: Says that nobody wants further pages.
    """

    pages_at_once = 1

    def __init__(
        self, engine: Engine, loop: asyncio.AbstractEventLoop, is_given_up: Callable[[], bool] = lambda: False
    ) -> None:
        self._engine, self._loop, self._is_given_up = engine, loop, is_given_up
        self.settings = engine.settings

    def colorize_page(self, page: DecodedImage, *, hints: Sequence[Hint] = ()) -> tuple[DecodedImage, Outcome]:
        """Colour a page when it is its turn."""
        if self._is_given_up():
            raise BadInputError("The book was given up.")
        work = self._engine.run(lambda colorizer: colorizer.colorize_page(page, hints=hints), turn=Turn.BOOK)
        return cast("tuple[DecodedImage, Outcome]", asyncio.run_coroutine_threadsafe(work, self._loop).result())
