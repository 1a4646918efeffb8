"""Books that are coloured while their sender does something else, page by page behind the pages that are asked for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mangacolor.books import FileSource, Limits, open_source
from mangacolor.errors import BadInputError, MangacolorError
from mangacolor.web.book_job import BookJob
from mangacolor.web.book_store import BookStore
from mangacolor.web.queue import BusyError
from mangacolor.web.queued_colorizer import GivenUp, QueuedColorizer
from mangacolor.web.whole_books import color_book

if TYPE_CHECKING:
    from mangacolor.books import FormatChoice
    from mangacolor.colorize.page_work import PageResult
    from mangacolor.web.engine import Engine

BOOKS = 16
"""So many books are there at a time, waiting, in work and done; the oldest that is done makes room."""

KEPT_SECONDS = 24 * 3600.0
"""How long a book that is done can be fetched."""

logger = logging.getLogger("mangacolor.web")


class BookJobs:
    """Takes books and colours one after the other.

    Args:
        engine: Colours their pages.
        max_pixels: Larger pages stay as they are.
        folder: Where the books lie, so that they survive a restart; None for books that end with the process.
    """

    def __init__(self, engine: Engine, max_pixels: int, folder: Path | None = None) -> None:
        self._engine, self._max_pixels = engine, max_pixels
        self._store = BookStore(folder)
        self._jobs: OrderedDict[str, BookJob] = OrderedDict()
        self._one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def resume(self) -> None:
        """Go on with the books of an earlier run of the server."""
        for job in await asyncio.to_thread(self._store.found):
            self._jobs[job.key] = job
            if job.is_ended:
                job.tell(error=job.error)
            else:
                job.begin_anew()
                self._start(job)
        self._forget_old()

    async def close(self) -> None:
        """Wait until nobody works on a book, once the engine has stopped, and let another server have them."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._store.close()

    def get(self, key: str) -> BookJob | None:
        """Return the book of a key."""
        self._forget_old()
        return self._jobs.get(key)

    def make(self, format: str, series: str = "") -> BookJob:
        """Make room for a book that is about to come.

        Args:
            format: File format of its pages.
            series: Name of the series that it is to follow.

        Raises:
            BusyError: There are too many.
            CannotWriteError: There is no place for it.
        """
        self._forget_old()
        if len(self._jobs) >= BOOKS:
            ended = next((key for key, job in self._jobs.items() if job.is_ended), None)
            if ended is None:
                raise BusyError(f"{BOOKS} books wait already.", 600)
            self.remove(ended)
        job = BookJob(format, series)
        self._store.place(job)
        self._jobs[job.key] = job
        return job

    def begin(self, job: BookJob) -> None:
        """Colour a book that has come, when it is its turn."""
        self._store.save(job)
        self._start(job)

    def remove(self, key: str) -> None:
        """Give a book up, and delete it."""
        job = self._jobs.pop(key, None)
        if job is not None:
            is_at_work = job.state == "working"
            job.end("cancelled")
            if is_at_work:
                self._store.forget(job)  # the thread that works on it deletes the rest
            else:
                self._store.delete(job)

    def _start(self, job: BookJob) -> None:
        job.tell()
        task = asyncio.create_task(self._color(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _forget_old(self) -> None:
        now = time.time()
        for key in [key for key, job in self._jobs.items() if job.is_ended and now - job.ended > KEPT_SECONDS]:
            self.remove(key)

    async def _color(self, job: BookJob) -> None:
        async with self._one:
            if job.is_ended:
                return
            if self._engine.is_stopping:
                self._interrupt(job)
                return
            job.state = "working"
            job.tell()
            try:
                followed = await asyncio.to_thread(self._engine.series.choose, job.series)
                loop = asyncio.get_running_loop()
                painter = QueuedColorizer(self._engine, loop, followed, lambda: job.is_ended)
                with _named_in_log(job):
                    problem = await self._engine.apart(partial(self._work, job, painter, loop))
            except (GivenUp, BusyError):
                self._interrupt(job)
            except MangacolorError as error:
                job.end("failed", _without_paths(str(error), job))
            except Exception as error:
                logger.error("This is a bug in mangacolor; please report it.", exc_info=error)
                job.end("failed", "The book could not be coloured; the server's log says why.")
            else:
                job.end("done" if job.output else "failed", _without_paths(problem, job))
            self._note_end(job)

    def _note_end(self, job: BookJob) -> None:
        if job.state == "cancelled":
            self._store.delete(job)
        elif job.state != "interrupted":  # what is noted of that one lets the next run go on with it
            self._store.save(job)

    def _interrupt(self, job: BookJob) -> None:
        """Say that the server stops."""
        if self._store.is_lasting:
            job.end("interrupted", "The server stops; it goes on with the book when it runs again.")
        else:
            job.end("failed", "The server is about to stop.")

    def _work(self, job: BookJob, painter: QueuedColorizer, loop: asyncio.AbstractEventLoop) -> str:
        """Colour a book as the command line does, its pages by way of the queue; runs in a thread of its own.

        Returns:
            What went wrong with the book, or else with the first page that failed.

        Raises:
            BadInputError: It is neither a book nor a picture.
            GivenUp: The server is about to stop, or nobody wants the book.
        """
        source = open_source(job.input, limits=Limits(page_pixels=self._max_pixels))
        if isinstance(source, FileSource) and not source.kind:
            raise BadInputError(f"{job.input} cannot be read as a book.", advice="Send a CBZ, PDF, EPUB or the like.")
        job.pages = len(source)
        names = {entry.name for entry in source}

        def note_output(path: Path) -> None:
            job.output = path

        first = whole = ""
        for result in color_book(
            painter, source, job.folder / "coloured", max_pixels=self._max_pixels, cache=self._engine.cache,
            on_output=note_output, format=cast("FormatChoice", job.format),
        ):  # fmt: skip
            if result.name in names and job.done < job.pages:
                loop.call_soon_threadsafe(self._note_page(job, result))
                first = first or result.error
            else:  # what comes under the name of the book, after its pages, is about all of it
                whole = result.error
        return whole or first

    def _note_page(self, job: BookJob, result: PageResult) -> Callable[[], None]:
        """Note what became of a page, and return what tells it."""
        job.done += 1
        job.failed += result.status == "failed"
        if kinds := list(dict.fromkeys(str(note.kind) for note in result.notes)):
            job.notes[result.name] = kinds
            if not job.is_ended:  # a server that goes on with the book does not look at the page again
                self._store.save(job)
        return partial(
            job.tell, page=result.name, status=result.status, seconds=round(result.seconds, 2),
            notes=job.notes.get(result.name, []), error=_without_paths(result.error, job),
        )  # fmt: skip


@contextmanager
def _named_in_log(job: BookJob) -> Iterator[None]:
    """Have what is told of a book call it as its sender does, and not by where it lies."""

    def rename(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if str(job.folder) in text:
            record.msg, record.args = text.replace(str(job.input), f"Book {job.key}"), ()
        return True

    told = logging.getLogger("mangacolor")  # the one that tells of books
    told.addFilter(rename)
    try:
        yield
    finally:
        told.removeFilter(rename)


def _without_paths(text: str, job: BookJob) -> str:
    return text.replace(str(job.input), "The book").replace(str(job.folder), "")
