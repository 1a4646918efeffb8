"""Coloured books: their finished pages wait beside them until all are there, and the book is built whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.books.book_details import true_details
from mangacolor.books.containers import Replacement
from mangacolor.books.files import file_atomically, write_atomically
from mangacolor.books.naming import name_held, page_format
from mangacolor.books.written import check_written, open_written
from mangacolor.errors import BadInputError
from mangacolor.image.formats import START_BYTES, WRITTEN_SUFFIXES, picture_kind

if TYPE_CHECKING:
    from mangacolor.books.book import BookEntry, BookSource
    from mangacolor.books.naming import FormatChoice
    from mangacolor.books.page import Page
    from mangacolor.image import FileFormat

PARTS_PREFIX = ".mangacolor-"
"""How the folders of finished pages are called, before a digest of the book's name."""

_JOB_NAME = "job.json"
_FAILED_NAME = "failed.json"


@dataclass
class BookSink:
    """Collects the coloured pages of a book in a folder beside it, and builds the book when all are done.

    Pages that are finished stay there when the run is cut short, and the next one goes on from them. Where pages of a
    finished book failed, their names stay, and the next run tries those again.

    Attributes:
        source: The book.
        target: The coloured book.
        choice: File format of its pages.
        names: Name of each coloured page in the book.
        mark: What its ComicInfo is to say of what coloured it; empty for nothing.
        verify: Open the book again before it takes its place, and compare it with its pages.
        elsewhere: The option by which a user leads outputs to another place.
        damage: What is wrong with files of a finished book that are no pages, and went over as they were.
    """

    source: BookSource
    target: Path
    choice: FormatChoice = "keep"
    names: Mapping[str, str] = field(default_factory=dict)
    verify: bool = True
    mark: str = ""
    elsewhere: str = "--output"
    damage: tuple[str, ...] = ()
    _sizes: list[int] = field(default_factory=list, repr=False)
    _is_anew: bool = False

    @cached_property
    def _pages(self) -> dict[str, BookEntry]:
        return {page.name: page for page in self.source.pages}

    @property
    def parts(self) -> Path:
        """The hidden folder of finished pages."""
        key = hashlib.sha256(self.target.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return self.target.parent / f"{PARTS_PREFIX}{key}"

    def path(self, name: str) -> Path:
        """Return the book, which all pages go to."""
        del name
        return self.target

    def exists(self, name: str, format: FileFormat | None = None) -> bool:
        """Say whether this page of the book is there, or waits for the others."""
        del format
        is_written = self.target.exists() and not self._is_anew and name not in self._failed()
        return is_written or self._part(name).exists()

    def is_finished(self) -> bool:
        """Say whether nothing is left to do."""
        return self.target.exists() and not self._failed()

    def file_format(self, name: str) -> FileFormat:
        """Say how this page is to be encoded."""
        if self.source.kind == "epub":
            return WRITTEN_SUFFIXES.get(f".{self._pages[name].kind}", "png")
        return page_format(self.names[name], self.choice)

    def takes(self, name: str, format: FileFormat, *, is_needed: bool) -> bool:
        """Say whether this page may be encoded in another format; see `PageSink`."""
        del name, format, is_needed
        return not self.source.keeps_format

    def begin(self, settings: str, *, overwrite: bool) -> None:
        """Get ready for the pages of a run, dropping what was left by one with other settings or another input.

        Args:
            settings: Everything that decides how pages are coloured and encoded but their format, as text.
            overwrite: Drop it anyway.

        Raises:
            BadInputError: The book is not there any more.
            CannotWriteError: The folder of finished pages cannot be made.
        """
        status = self._status()
        state = {"size": status.st_size, "changed": status.st_mtime_ns, "settings": settings, "format": self.choice}
        job = json.dumps(state)
        if self.is_finished() and not overwrite:
            # The last run was stopped between putting the book in its place and clearing up.
            shutil.rmtree(self.parts, ignore_errors=True)
            return
        known = self.parts / _JOB_NAME
        if not overwrite and _text(known) == job:
            self._clear(keep=lambda path: path.name.isdigit())
            return
        self._is_anew = True
        shutil.rmtree(self.parts, ignore_errors=True)
        write_atomically(known, job.encode(), elsewhere=self.elsewhere)

    def write(self, page: Page, data: bytes) -> None:
        """Keep a finished page.

        Raises:
            CannotWriteError: See `write_atomically`.
        """
        self._sizes.append(len(data))
        mean = sum(self._sizes) / len(self._sizes)
        # The pages that are still to come, and then the book that is made of them all.
        needed = int(mean * (2 * len(self.source) - len(self._sizes) + 1))
        with file_atomically(self._part(page.name), needed=needed, elsewhere=self.elsewhere) as partial:
            partial.write_bytes(data)

    def finish(self) -> Path | None:
        """Build the book from its finished pages, all others as they were, clear them away, and say where it is.

        A book is not built, and None is returned, where no page of it was finished.

        Raises:
            BadInputError: The book is not there any more, the rest of it cannot be copied, or what was written cannot
                be read again.
            CannotWriteError: The book cannot be written; what was there before is untouched.
        """
        done = [page for page in self.source.pages if self._part(page.name).exists()]
        tried_again = set() if self._is_anew or not self.target.exists() else self._failed()
        failed = sorted((tried_again or set(self._pages)) - {page.name for page in done})
        if failed and (done or self.target.exists()):
            write_atomically(self.parts / _FAILED_NAME, json.dumps(failed).encode(), elsewhere=self.elsewhere)
        if not done:
            if not self.target.exists():
                shutil.rmtree(self.parts, ignore_errors=True)
            return None
        replacements = {page.index: Replacement(self._name_held(page.name), self._part(page.name)) for page in done}
        book = self.source
        if tried_again:  # all other pages are in the book that is there
            book = open_written(self.target)
            replacements = {self._index_written(index): one for index, one in replacements.items()}
        status = self._status()
        needed = status.st_size + sum(one.path.stat().st_size for one in replacements.values())
        # It grows in the folder of pages, so that what a killed run leaves is found and cleared by the next.
        with file_atomically(self.target, folder=self.parts, needed=needed, elsewhere=self.elsewhere) as partial:
            details = true_details(book, replacements, partial.parent, mark=self.mark)
            damaged = book.container.rewrite(partial, {**replacements, **details})
            with suppress(OSError):  # some file systems keep no times
                os.utime(partial, ns=(status.st_atime_ns, status.st_mtime_ns))
            for one in details.values():
                one.path.unlink(missing_ok=True)
            if self.verify:
                parts = {page.index: (self._index_written(page.index), self._part(page.name)) for page in done}
                check_written(partial, self.target, self.source, parts)
        if not tried_again:  # the damage of pages is told when they are read
            pages = {page.index for page in self.source.pages}
            self.damage = tuple(reason for index, reason in damaged.items() if index not in pages)
        if not failed:
            shutil.rmtree(self.parts, ignore_errors=True)
        else:
            self._clear(keep=lambda path: False)
        return self.target

    def _status(self) -> os.stat_result:
        """Return what the system says of the source."""
        try:
            return self.source.path.stat()
        except OSError as error:
            reason = error.strerror or str(error)
            raise BadInputError(
                f"{self.source.path} cannot be read: {reason}.", advice="Was it moved? Run the command again."
            ) from error

    def _clear(self, keep: Callable[[Path], bool]) -> None:
        """Delete what is in the folder of finished pages but for its two records and what is to be kept."""
        for path in self.parts.iterdir():
            if path.name not in (_JOB_NAME, _FAILED_NAME) and not keep(path):
                with suppress(OSError):
                    path.unlink()

    def _part(self, name: str) -> Path:
        return self.parts / str(self._pages[name].index)

    def _failed(self) -> set[str]:
        """Return the names of the pages of the finished book that failed."""
        try:
            return set(json.loads(_text(self.parts / _FAILED_NAME) or "[]")) & set(self._pages)
        except (ValueError, TypeError):
            return set()

    def _name_held(self, name: str) -> str:
        """Return the name that a finished page has in the book, which its format may have changed."""
        with self._part(name).open("rb") as file:
            kind = picture_kind(file.read(START_BYTES))
        if self.source.keeps_format:
            return self.names[name]
        own = self.source.container.entries[self._pages[name].index].name, self.names[name]
        mine = Counter(one.casefold() for one in own)

        def is_taken(other: str) -> bool:
            return self._uses[other.casefold()] > mine[other.casefold()]

        return name_held(self.names[name], kind, is_taken)

    @cached_property
    def _uses(self) -> Counter[str]:
        """How often a name stands in the book, and is planned for its pages."""
        names = (*(entry.name for entry in self.source.container.entries), *self.names.values())
        return Counter(name.casefold() for name in names)

    def _index_written(self, index: int) -> int:
        """Return the place in the written book of an entry of the source."""
        entries = self.source.container.entries
        if self.source.kind in ("rar", "7z", "packed"):  # what is no file has no place in the ZIP that they become
            return sum(entry.is_file for entry in entries[:index])
        return index


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
