"""Coloured books: their finished pages wait beside them until all are there, and the book is built whole."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.books.book_details import true_details
from mangacolor.books.book_parts import BookParts
from mangacolor.books.containers import BookState, Replacement
from mangacolor.books.files import file_atomically, long_path
from mangacolor.books.naming import disk_names, name_held, page_format
from mangacolor.books.written import check_written, open_written
from mangacolor.errors import BadInputError
from mangacolor.image.formats import START_BYTES, WRITTEN_SUFFIXES, picture_kind

if TYPE_CHECKING:
    from mangacolor.books.book import BookEntry, BookSource
    from mangacolor.books.naming import FormatChoice
    from mangacolor.books.page import Page
    from mangacolor.image import FileFormat


@dataclass
class BookSink:
    """Collects the coloured pages of a book in a folder beside it, and builds the book when all are done.

    Pages that are finished stay there when the run is cut short, and the next one goes on from them. Where pages of a
    finished book failed, their names stay, and the next run tries those again. A run has the folder to itself.

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
    _is_left: bool = False
    _job: dict[str, object] | None = field(default=None, repr=False)

    @cached_property
    def _parts(self) -> BookParts:
        return BookParts(self.target, self.elsewhere)

    @cached_property
    def _book(self) -> Path:
        return long_path(self.target)

    @cached_property
    def _pages(self) -> dict[str, BookEntry]:
        return {page.name: page for page in self.source.pages}

    @cached_property
    def disk_names(self) -> Mapping[str, str]:
        """What each page is called where it is a file of its own."""
        return disk_names(self._pages)

    @property
    def parts(self) -> Path:
        """The hidden folder of finished pages."""
        return self._parts.folder

    def path(self, name: str) -> Path:
        """Return the book, which all pages go to."""
        del name
        return self.target

    def exists(self, name: str, format: FileFormat | None = None) -> bool:
        """Say whether this page of the book is there, or waits for the others."""
        del format
        is_written = self._book.exists() and not self._is_anew and name not in self._failed()
        return is_written or self._part(name).exists()

    def waits(self, name: str) -> bool:
        """Say whether this page was finished by the run that this one goes on with; see `PageSink`."""
        return self._job is not None and self._part(name).exists()

    def is_finished(self) -> bool:
        """Say whether nothing is left to do: nothing failed, and no run was cut short that did the book anew."""
        return self._is_left or (self._is_whole() and not self._parts.job()[1])

    def _is_whole(self) -> bool:
        return self._book.exists() and not self._failed()

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
        """Get ready for the pages of a run, going on with one of the same input and settings that was cut short.

        A finished book is left alone, as are pages that wait for one that was to replace it with other settings. Else
        what was left by another run is dropped.

        Args:
            settings: Everything that decides how pages are coloured and encoded but their format, as text.
            overwrite: Do it anew, unless the run that was cut short did.

        Raises:
            BadInputError: The book is not there any more, or another run colours it.
            CannotWriteError: The folder of finished pages cannot be made.
        """
        job: dict[str, object] = {**self._state()._asdict(), "settings": settings, "format": self.choice}
        self._job, self._is_anew, self._is_left = None, False, False
        if not overwrite and self._is_whole() and not self.parts.exists():
            self._is_left = True
            return
        self._parts.take()
        try:
            self._begin(job, overwrite=overwrite)
        finally:
            if self._job is None:
                self.close()

    def _begin(self, job: dict[str, object], *, overwrite: bool) -> None:
        known, is_anew = self._parts.job()
        is_whole = self._is_whole()
        if known == job and (is_anew or not (overwrite or is_whole)):
            self._parts.keep_pages()
            self._is_anew = is_anew
        elif is_whole and not overwrite:
            if not is_anew:  # the last run was stopped between putting the book in its place and clearing up
                self._parts.drop_all()
            self._is_left = True
            return
        else:
            # Pages that failed are known until the book is replaced: this run may be cut short, too.
            if self._book.exists():
                self._parts.drop_pages()
            else:
                self._parts.drop_all()
            self._is_anew = overwrite or self._book.exists()
            self._parts.note_job(job, is_anew=self._is_anew)
        self._job = job

    def close(self) -> None:
        """Let other runs have the book; what waits stays."""
        self._parts.release()

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
            BadInputError: The book is not there any more, the rest of it cannot be copied, its finished pages are gone,
                or what was written cannot be read again.
            CannotWriteError: The book cannot be written; what was there before is untouched.
        """
        try:
            return self._finish()
        finally:
            self.close()

    def _finish(self) -> Path | None:
        if self._job is None or self._parts.job()[0] != self._job:  # where the disk knows no locks
            raise BadInputError(
                f"{self.target} is not written: another run has taken away its finished pages.",
                advice="Run the command again.",
            )
        done = [page for page in self.source.pages if self._part(page.name).exists()]
        tried_again = set() if self._is_anew or not self._book.exists() else self._failed()
        failed = sorted((tried_again or set(self._pages)) - {page.name for page in done})
        if failed and (done or self._book.exists()):
            self._parts.note_failed(failed)
        if not done:
            if not self._book.exists():
                self._parts.drop_all()
            return None
        replacements = {page.index: Replacement(self._name_held(page.name), self._part(page.name)) for page in done}
        book = self.source
        if tried_again:  # all other pages are in the book that is there
            book = open_written(self._book)
            replacements = {self._index_written(index): one for index, one in replacements.items()}
        state = self._state()
        needed = state.size + sum(one.path.stat().st_size for one in replacements.values())
        # It grows in the folder of pages, so that what a killed run leaves is found and cleared by the next.
        with file_atomically(self.target, folder=self.parts, needed=needed, elsewhere=self.elsewhere) as partial:
            details = true_details(book, replacements, partial.parent, mark=self.mark)
            damaged = book.container.rewrite(partial, {**replacements, **details})
            with suppress(OSError):  # some file systems keep no times
                os.utime(partial, ns=(state.changed, state.changed))
            for one in details.values():
                one.path.unlink(missing_ok=True)
            if self.verify:
                parts = {page.index: (self._index_written(page.index), self._part(page.name)) for page in done}
                check_written(partial, self.target, self.source, parts)
        if not tried_again:  # the damage of pages is told when they are read
            pages = {page.index for page in self.source.pages}
            self.damage = tuple(reason for index, reason in damaged.items() if index not in pages)
        if not failed:
            self._parts.drop_all()
        else:
            if self._is_anew:  # it was, and those pages that failed are all that is left to do
                self._parts.note_job(self._job, is_anew=False)
            self._parts.drop_pages()
        return self.target

    def _state(self) -> BookState:
        try:
            return self.source.state()
        except OSError as error:
            reason = error.strerror or str(error)
            raise BadInputError(
                f"{self.source.path} cannot be read: {reason}.", advice="Was it moved? Run the command again."
            ) from error

    def _part(self, name: str) -> Path:
        return self._parts.part(self._pages[name].index)

    def _failed(self) -> set[str]:
        """Return the names of the pages of the finished book that failed."""
        return self._parts.failed() & set(self._pages)

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
        if self.source.becomes_zip:  # what is no file has no place in the ZIP that they become
            return sum(entry.is_file for entry in entries[:index])
        return index
