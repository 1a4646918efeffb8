"""Coloured books to take away: made as `mangacolor colorize` makes them, page by page behind all other pages.

They lie beside the cache of pages; one that was cut short goes on where it stopped, also in another run.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.books import Limits, open_source
from mangacolor.books.book import BookSource
from mangacolor.books.book_parts import PARTS_PREFIX
from mangacolor.books.book_sink import BookSink
from mangacolor.books.sink import book_name
from mangacolor.colorize.page_cache import with_series
from mangacolor.errors import BadInputError, MangacolorError
from mangacolor.web.queued_colorizer import GivenUp, QueuedColorizer
from mangacolor.web.whole_books import color_book

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mangacolor.books import FolderSink
    from mangacolor.web.engine import Engine
    from mangacolor.web.known_series import Followed
    from mangacolor.web.shelf import ShelfBook

MEDIA_TYPES = {
    ".cbz": "application/vnd.comicbook+zip", ".zip": "application/zip", ".cbc": "application/x-cbc",
    ".epub": "application/epub+zip", ".pdf": "application/pdf", ".tif": "image/tiff", ".tiff": "image/tiff",
    ".cbt": "application/x-cbt", ".tar": "application/x-tar",
    **dict.fromkeys((".tar.gz", ".tgz"), "application/gzip"),
    **dict.fromkeys((".tar.bz2", ".tbz", ".tbz2"), "application/x-bzip2"),
    **dict.fromkeys((".tar.xz", ".txz"), "application/x-xz"),
}  # fmt: skip
"""Of what coloured books end in; see `written_suffix`."""

IN_WORK_SECONDS = 3600.0
"""A half-made book that got a page so lately may be in work in another server with the same folder."""

FAILED = 1000
"""Of so many books that were not made it is told why."""

logger = logging.getLogger("mangacolor.web")


class Making:
    """A coloured book on its way.

    Attributes:
        pages: How many it has; 0 until that is known.
        done: How many of them are done.
        output: The book, once it is whole.
        error: What went wrong.
    """

    def __init__(self) -> None:
        self.pages, self.done, self.error = 0, 0, ""
        self.output: Path | None = None
        self.task: asyncio.Task[None] | None = None


class Downloads:
    """Makes coloured books, one after the other.

    Args:
        engine: Colours their pages.
        folder: Where they are kept.
        limit_bytes: What all of them may take, half-made ones too; those made or used longest ago make room.
        limits: What a book may ask of the machine.
    """

    def __init__(self, engine: Engine, folder: Path, limit_bytes: int, limits: Limits) -> None:
        self._engine, self.folder, self._limit_bytes, self._limits = engine, folder, limit_bytes, limits
        self._making: dict[str, Making] = {}
        self._failed: dict[str, str] = {}  # why a book, or a page of it, until it is tried again
        self._one = asyncio.Lock()

    def progress(self, book: ShelfBook) -> Making | None:
        """Return the book on its way, if it is."""
        return next((one for name, one in self._making.items() if name.startswith(f"{book.key}-")), None)

    def made(self, book: ShelfBook, followed: Followed | None = None) -> Path | None:
        """Return the coloured book if it is there, in the colours of the series that it is to follow."""
        name = self._name(book, followed)
        return next((path for path in self.folder.glob(f"{name}.*") if path.is_file()), None)

    def state(self, book: ShelfBook, followed: Followed | None = None) -> dict[str, str | int]:
        """Return how far the coloured book is, as programs read it.

        Returns:
            `state` (`done`, `making`, `waiting` for other books, `failed` in this run, or `none`), the number of
            `pages` and how many of them are `done`, 0 where that is not known, and why it failed, or a page of a whole
            book did (`error`).
        """
        name, pages, done = self._name(book, followed), 0, 0
        making, error = self._making.get(name), self._failed.get(name, "")
        if making is not None:
            what, pages, done, error = "making" if making.pages else "waiting", making.pages, making.done, ""
        elif self.made(book, followed) is not None:
            what = "done"
        else:
            what = "failed" if error else "none"
        return {"state": what, "pages": pages, "done": done, "error": error}

    def make(self, book: ShelfBook, followed: Followed | None = None) -> Making:
        """Begin a coloured book, or go on with it, unless that is done already."""
        name = self._name(book, followed)
        making = self._making.get(name)
        if making is None:
            self._failed.pop(name, None)
            making = self._making[name] = Making()
            making.task = asyncio.create_task(self._make(book, name, making, followed))
        return making

    def _name(self, book: ShelfBook, followed: Followed | None) -> str:
        """Return the name of a book's file, another one for another state of the book or other options."""
        settings = with_series(self._engine.settings, followed.digest if followed else "")
        state = f"{book.size} {book.changed} {settings}"
        return f"{book.key}-{hashlib.sha256(state.encode()).hexdigest()[:16]}"

    async def _make(self, book: ShelfBook, name: str, making: Making, followed: Followed | None) -> None:
        painter = QueuedColorizer(self._engine, asyncio.get_running_loop(), followed)
        try:
            async with self._one:
                await self._engine.apart(partial(self._work, book, name, making, painter))
        except MangacolorError as error:
            making.error = str(error).replace(str(book.path), "The book")
        except Exception as error:
            logger.error("This is a bug in mangacolor; please report it.", exc_info=error)
            making.error = "The book could not be coloured; the server's log says why."
        finally:
            del self._making[name]  # asked for once more, it goes on
            if making.output is None or making.error:
                self._failed[name] = making.error or "The book was not made."
                while len(self._failed) > FAILED:
                    del self._failed[next(iter(self._failed))]

    def _work(self, book: ShelfBook, name: str, making: Making, painter: QueuedColorizer) -> None:
        source = open_source(book.path, limits=self._limits)
        if not isinstance(source, BookSource):
            raise BadInputError("A folder of pictures is no book that could be taken away.")
        self.folder.mkdir(parents=True, exist_ok=True)
        making.pages = len(source)

        def make_room(sinks: Sequence[FolderSink | BookSink]) -> None:
            self._make_room(book, name, {sink.parts for sink in sinks if isinstance(sink, BookSink)})

        def note_output(path: Path) -> None:
            with suppress(OSError):
                os.utime(path)  # it has the time of what it was made from, by which it would be the first to make room
            making.output = path

        try:
            for result in color_book(
                painter, source, self.folder / (name + book_name(source)[1]), max_pixels=self._limits.page_pixels,
                cache=self._engine.cache, on_output=note_output, on_sinks=make_room,
            ):  # fmt: skip
                making.done += 1
                if result.error:  # what to do about it is said to whoever has a command line
                    making.error = result.error.splitlines()[0].replace(str(book.path), "The book")
        except GivenUp:
            making.error = "The server is about to stop; what is done is kept."

    def _make_room(self, book: ShelfBook, name: str, own: set[Path]) -> None:
        """Delete what this book was before, and the books used longest ago where all take too much room.

        Args:
            book: For which there is to be room.
            name: What its file is called.
            own: Where its finished pages lie.
        """
        found = []
        for entry in os.scandir(self.folder):
            with suppress(OSError):
                path, state = Path(entry.path), entry.stat()
                changed = state.st_mtime
                if entry.is_dir(follow_symlinks=False):
                    is_left = path not in own and time.time() - changed > IN_WORK_SECONDS
                    if is_left and entry.name.startswith(PARTS_PREFIX):
                        found.append((changed, sum(page.stat().st_size for page in os.scandir(path)), path))
                elif entry.name.startswith(f"{book.key}-") and not entry.name.startswith(name):
                    path.unlink()
                else:
                    found.append((max(changed, state.st_atime), state.st_size, path))
        room = self._limit_bytes - book.size
        for _, size, path in sorted(found, reverse=True):
            room -= size
            if room < 0 and path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif room < 0:
                with suppress(OSError):
                    path.unlink()


def download_type(suffix: str) -> str:
    """Return the MIME type of a coloured book by its suffix."""
    return MEDIA_TYPES.get(suffix.lower(), "application/octet-stream")


def suffix_of(path: Path) -> str:
    """Return the whole suffix of a coloured book, `.tar.gz` being one; what stands before it has no dot."""
    return "".join(path.suffixes)


def note_use(path: Path) -> None:
    """Note that a book was taken away just now; what clients know it by, size and time of change, stays.

    Args:
        path: The book. The use is its time of access, set by hand, since many disks do not keep that themselves.
    """
    with suppress(OSError):
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
