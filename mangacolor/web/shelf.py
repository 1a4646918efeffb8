"""The books of a folder, by names that say nothing of where they lie."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from mangacolor.books import FolderSource, Limits, list_library, open_source
from mangacolor.books.book import BookEntry, BookSource
from mangacolor.books.book_kinds import BOOK_SUFFIXES, is_book_name
from mangacolor.books.sink import book_name
from mangacolor.errors import BadInputError, LockedError, MangacolorError
from mangacolor.image import read_bytes

if TYPE_CHECKING:
    from mangacolor.books import FileEntry

LOOK_SECONDS = 10.0
"""A new book is seen when the folder is looked through again, at most so often."""

OPEN_BOOKS = 16
SEEN_BOOKS = 20_000
"""So many books stay open, and what was seen of so many is kept, once they were opened."""

_ADVICE_LOCKED = "The server takes no passwords: unpack it, or store it without one."

logger = logging.getLogger("mangacolor.web")


@dataclass(frozen=True)
class ShelfBook:
    """A book, or a folder of pictures, on the shelf.

    Attributes:
        key: Its name in addresses.
        title: What readers see.
        folder: Where it lies below the shelf's folder, with forward slashes; empty for that folder itself.
        path: The file, or the folder of the pictures.
        changed: When it was changed, in seconds since 1970.
        size: Bytes of the file; 0 for a folder.
        pictures: Names of the pictures, for a folder.
    """

    key: str
    title: str
    folder: str
    path: Path
    changed: float
    size: int
    pictures: tuple[str, ...] = ()


class _Seen(NamedTuple):
    """What is kept of a book that was opened: how many pages it has, and how its coloured twin ends."""

    pages: int
    suffix: str


def key_of(name: str) -> str:
    """Return what stands for a name in addresses, the same in every run."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:20]


class Shelf:
    """The books in a folder and below it; all methods may be called from any thread.

    Args:
        folder: Where.
        limits: What a book may ask of the machine.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self._limits = folder, limits
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._books: dict[str, ShelfBook] = {}
        self._open: OrderedDict[tuple[str, float], tuple[list[BookEntry | FileEntry], str]] = OrderedDict()
        self._seen: OrderedDict[tuple[str, float], _Seen] = OrderedDict()

    def books(self) -> dict[str, ShelfBook]:
        """Return all books by their keys, in reading order."""
        with self._lock:
            if time.monotonic() > self._looked + LOOK_SECONDS:
                self._books = {book.key: book for book in self._look()}
                self._looked = time.monotonic()
            return self._books

    def find(self, key: str) -> ShelfBook | None:
        """Return a book by its key; the folder is looked through only where that book is new or changed."""
        known = self._books.get(key)
        if known is not None:
            try:
                changed = known.path.stat().st_mtime
            except OSError:  # it may have another name by now, but not this one
                return None
            if changed == known.changed:
                return known
        return self.books().get(key)

    def count(self, book: ShelfBook) -> int:
        """Return how many pages a book has; 0 for one that cannot be opened."""
        return self._look_into(book).pages

    def coloured_suffix(self, book: ShelfBook) -> str:
        """Return the suffix of the coloured twin of a book, as `colorize` gives it; nothing for one without."""
        return self._look_into(book).suffix

    def shown(self, seconds: float) -> tuple[list[ShelfBook], bool]:
        """Return the books without those that are known not to open, and whether all are known.

        Args:
            seconds: So long books that are not known are opened; the next call goes on.
        """
        books, until = list(self.books().values()), time.monotonic() + seconds
        for book in books:
            if time.monotonic() > until:
                break
            self.count(book)
        seen = [self._seen.get((book.key, book.changed)) for book in books]
        return [book for book, one in zip(books, seen, strict=True) if one is None or one.pages], None not in seen

    def page(self, book: ShelfBook, number: int) -> bytes:
        """Return the file of a page.

        Args:
            book: From `books`.
            number: From 0 on.

        Raises:
            BadInputError: There is no such page, or it cannot be read.
        """
        entries, _ = self._opened(book)
        if not 0 <= number < len(entries):
            raise BadInputError(f"The book has {len(entries)} pages, from 0 on.")
        entry = entries[number]
        with self._lock:  # archives are read by one at a time
            return entry.container.read(entry.index) if isinstance(entry, BookEntry) else read_bytes(entry.path)

    def _look(self) -> list[ShelfBook]:
        names = list_library(self.folder, unlisted=[])
        pictures: dict[str, list[str]] = {}
        for name in names:
            if not is_book_name(name):
                pictures.setdefault(_parent(name), []).append(name)
        found = []
        for name in [*pictures, *(name for name in names if is_book_name(name))]:
            path = self.folder / name
            try:
                state = path.stat()
            except OSError:  # gone since
                continue
            of_folder = tuple(pictures.get(name, ()))
            title = path.name or self.folder.resolve().name
            if not of_folder:
                suffix = next((one for one in sorted(BOOK_SUFFIXES, key=len)[::-1] if title.lower().endswith(one)), "")
                title = title[: len(title) - len(suffix)]
            size = 0 if of_folder else state.st_size
            place = _parent(name) if name else ""
            found.append(ShelfBook(key_of(name), title, place, path, state.st_mtime, size, of_folder))
        return found

    def _look_into(self, book: ShelfBook) -> _Seen:
        known = self._seen.get((book.key, book.changed))
        if known is not None:
            return known
        try:
            entries, suffix = self._opened(book)
            known = _Seen(len(entries), suffix)
        except LockedError as error:  # whose own advice is for those who can give a password
            logger.warning("A book is left out of the catalogue: %s\n%s", error.args[0], _ADVICE_LOCKED)
            known = _Seen(0, "")
        except MangacolorError as error:
            logger.warning("A book is left out of the catalogue: %s", error)
            known = _Seen(0, "")
        with self._lock:
            self._seen[book.key, book.changed] = known
            while len(self._seen) > SEEN_BOOKS:
                self._seen.popitem(last=False)
        return known

    def _opened(self, book: ShelfBook) -> tuple[list[BookEntry | FileEntry], str]:
        """Return the pages of a book, and the suffix of its coloured twin."""
        with self._lock:
            known = self._open.pop((book.key, book.changed), None)
            if known is None:
                if book.pictures:
                    known = list(FolderSource(self.folder, book.pictures)), ""
                else:
                    source = open_source(book.path, limits=self._limits)
                    if isinstance(source, BookSource) and all(map(_is_locked, source)):
                        raise LockedError(f"{book.path} is encrypted.")
                    known = list(source), book_name(source)[1] if isinstance(source, BookSource) else ""
            self._open[book.key, book.changed] = known
            while len(self._open) > OPEN_BOOKS:
                self._open.popitem(last=False)
            return known


def _is_locked(page: BookEntry) -> bool:
    return page.container.entries[page.index].is_locked


def _parent(name: str) -> str:
    parent = str(PurePosixPath(name).parent)
    return "" if parent == "." else parent
