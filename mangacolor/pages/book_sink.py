"""Coloured books: their finished pages wait beside them until all are there, and the book is built whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.pages.containers import Replacement
from mangacolor.pages.files import file_atomically, write_atomically
from mangacolor.pages.naming import page_format

if TYPE_CHECKING:
    from mangacolor.image import FileFormat
    from mangacolor.pages.book import BookSource
    from mangacolor.pages.naming import FormatChoice
    from mangacolor.pages.page import Page

_JOB_NAME = "job.json"


@dataclass
class BookSink:
    """Collects the coloured pages of a book in a folder beside it, and builds the book when all are done.

    Pages that are finished stay there when the run is cut short, and the next one goes on from them.

    Attributes:
        source: The book.
        target: The coloured book.
        choice: File format of its pages.
        names: Name of each coloured page in the book.
    """

    source: BookSource
    target: Path
    choice: FormatChoice = "keep"
    names: Mapping[str, str] = field(default_factory=dict)
    _sizes: list[int] = field(default_factory=list, repr=False)

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {page.name: page.index for page in self.source.pages}

    @property
    def parts(self) -> Path:
        """The hidden folder of finished pages."""
        key = hashlib.sha256(self.target.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return self.target.parent / f".mangacolor-{key}"

    def path(self, name: str) -> Path:
        """Return the book, which all pages go to."""
        del name
        return self.target

    def exists(self, name: str) -> bool:
        """Say whether the book is there, or this page of an unfinished one."""
        return self.target.exists() or self._part(name).exists()

    def is_finished(self) -> bool:
        """Say whether nothing is left to do."""
        return self.target.exists()

    def file_format(self, name: str) -> FileFormat:
        """Say how this page is to be encoded."""
        return page_format(self.names[name], self.choice)

    def begin(self, settings: str, *, overwrite: bool) -> None:
        """Get ready for the pages of a run, dropping what was left by one with other settings or another input.

        Args:
            settings: Everything that decides how pages are coloured and encoded, as text.
            overwrite: Drop it anyway.

        Raises:
            CannotWriteError: The folder of finished pages cannot be made.
        """
        status = self.source.path.stat()
        job = json.dumps({"size": status.st_size, "changed": status.st_mtime_ns, "settings": settings})
        known = self.parts / _JOB_NAME
        if self.is_finished() and not overwrite:
            # The last run was stopped between putting the book in its place and clearing up.
            shutil.rmtree(self.parts, ignore_errors=True)
            return
        if not overwrite and known.exists() and known.read_text(encoding="utf-8") == job:
            return
        shutil.rmtree(self.parts, ignore_errors=True)
        write_atomically(known, job.encode())

    def write(self, page: Page, data: bytes) -> None:
        """Keep a finished page.

        Raises:
            CannotWriteError: See `write_atomically`.
        """
        self._sizes.append(len(data))
        mean = sum(self._sizes) / len(self._sizes)
        # The pages that are still to come, and then the book that is made of them all.
        needed = int(mean * (2 * len(self.source) - len(self._sizes) + 1))
        with file_atomically(self._part(page.name), needed=needed) as partial:
            partial.write_bytes(data)

    def finish(self) -> Path:
        """Build the book from its finished pages, all others as they were, clear them away, and say where it is.

        Raises:
            BadInputError: The rest of the archive cannot be copied.
            CannotWriteError: The book cannot be written; what was there before is untouched.
        """
        replacements = {
            page.index: Replacement(self.names[page.name], self._part(page.name))
            for page in self.source.pages
            if self._part(page.name).exists()
        }
        status = self.source.path.stat()
        needed = status.st_size + sum(one.path.stat().st_size for one in replacements.values())
        # It grows in the folder of pages, so that what a killed run leaves is found and cleared by the next.
        with file_atomically(self.target, folder=self.parts, needed=needed) as partial:
            self.source.container.rewrite(partial, replacements)
            os.utime(partial, ns=(status.st_atime_ns, status.st_mtime_ns))
        shutil.rmtree(self.parts, ignore_errors=True)
        return self.target

    def _part(self, name: str) -> Path:
        return self.parts / str(self._indices[name])
