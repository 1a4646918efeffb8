"""All projects of the studio."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

from mangacolor.books import Limits, PageEntry, open_source
from mangacolor.books.shelved import let_go
from mangacolor.errors import BadInputError, MangacolorError
from mangacolor.web.answers import no_room, told
from mangacolor.web.studio.project import BOOK_NAME, PROJECT_NAME, PageRecord, Project, read_project

LEFT_SECONDS = 24 * 3600.0
"""A book that nothing was done to for so long, and that became no project, was cut short while it was sent."""

_KEY_LETTERS = frozenset("0123456789abcdef")


class Projects:
    """All projects of a studio.

    Args:
        folder: Where they lie; made when the first one comes.
        limits: What a book may ask of the machine.
    """

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder = folder
        self._limits = limits or Limits()
        self._open: dict[str, Project] = {}
        self._lock = threading.Lock()

    def all(self) -> list[tuple[Project, float]]:
        """Return every project that can be read, and when it was changed, in seconds since 1970; the last one first."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.glob(f"*/{PROJECT_NAME}"):
            try:
                project, changed = self.get(path.parent.name), path.stat().st_mtime
            except (MangacolorError, OSError):
                continue  # damaged, which is told when it is asked for, or deleted just now
            if project is not None:
                found.append((project, changed))
        return sorted(found, key=lambda one: -one[1])

    def get(self, key: str) -> Project | None:
        """Return a project; None where there is none.

        Raises:
            BadInputError: Its file is damaged, or newer than this program.
        """
        if not key or not _KEY_LETTERS.issuperset(key):
            return None
        with self._lock:
            if key not in self._open:
                path = self.folder / key / PROJECT_NAME
                if not path.is_file():
                    return None
                self._open[key] = read_project(path, self._limits)
            return self._open[key]

    def room(self) -> tuple[str, Path]:
        """Return the key of a new project, and the file where its book is to be written.

        Raises:
            CannotWriteError: No right or no space.
        """
        key = secrets.token_hex(8)
        folder = self.folder / key
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise no_room(error, "--studio") from error
        return key, folder / BOOK_NAME

    def add(self, key: str, name: str) -> Project:
        """Make a project of a book that was written to its `room`.

        Raises:
            BadInputError: It is no book and no picture.
            CannotWriteError: No right or no space.
        """
        folder = self.folder / key
        try:
            source = open_source(folder / BOOK_NAME, limits=self._limits)
        except BadInputError as error:
            raise BadInputError(str(error).replace(str(folder / BOOK_NAME), name)) from error
        looked_at = [self._look(one) for one in source]
        names = [name if len(source) == 1 else one.name for one in source]
        problems = {
            number: problem.replace(f"{folder / BOOK_NAME}: ", "").replace(str(folder / BOOK_NAME), name)
            for number, (_, problem) in enumerate(looked_at)
            if problem
        }
        if len(problems) == len(names):
            raise BadInputError(
                problems[0] if len(names) == 1 else f"{name} holds no page that can be read.",
                advice="" if len(names) == 1 else "Send a picture, or a CBZ, PDF or EPUB of pictures.",
            )
        pages = [PageRecord(one, *size) for one, (size, _) in zip(names, looked_at, strict=True)]
        project = Project(key, folder, name, pages, limits=self._limits, problems=problems)
        project.save()
        with self._lock:
            self._open[key] = project
        return project

    def _look(self, entry: PageEntry) -> tuple[tuple[int, int], str]:
        """Return width and height of a page, and why it cannot be read where they are zeros."""
        try:
            rgb = entry.load(max_pixels=self._limits.page_pixels).image.rgb
        except BadInputError as error:
            return (0, 0), str(error)
        except MemoryError as error:
            return (0, 0), told(error)
        return (rgb.shape[1], rgb.shape[0]), ""

    def remove(self, key: str) -> None:
        """Delete a project and all that belongs to it, or the `room` of one that was not made."""
        if not key or not _KEY_LETTERS.issuperset(key):
            return
        with self._lock:
            project = self._open.pop(key, None)
        if project is not None:
            project.delete()
        let_go(self.folder / key)
        shutil.rmtree(self.folder / key, ignore_errors=True)

    def sweep(self) -> None:
        """Delete what is left of books whose server was killed while they were sent."""
        for book in self.folder.glob(f"*/{BOOK_NAME}"):
            with suppress(OSError):
                is_alone = [path.name for path in book.parent.iterdir()] == [BOOK_NAME]
                is_old = book.stat().st_mtime < time.time() - LEFT_SECONDS
                if is_alone and is_old and _KEY_LETTERS.issuperset(book.parent.name):
                    shutil.rmtree(book.parent, ignore_errors=True)
