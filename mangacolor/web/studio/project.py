"""A project of the studio on disk: what was uploaded, and what was done to it. Written whole after every change."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, get_args

from mangacolor.books import Limits, PageEntry, Source, open_source, write_atomically
from mangacolor.books.shelved import let_go
from mangacolor.colorize.corrections import Step, read_steps, told
from mangacolor.errors import BadInputError
from mangacolor.image import read_bytes

FORMAT = 1
"""Version of the file that this program writes, and the newest that it reads."""

State = Literal["new", "corrected", "approved", "skipped"]
"""Of a page: nothing was done to it, something was, it is right as it is, it is to stay as it came."""

PROJECT_NAME = "project.json"
"""What is written of a project, in its folder."""

BOOK_NAME = "book"
"""What was uploaded, in the same folder."""


@dataclass
class PageRecord:
    """What is kept of a page.

    Attributes:
        name: In its book.
        width: In pixels.
        height: In pixels.
        state: See `State`.
        steps: What was done to it.
        undone: What was taken back and can be done again, the first to be so last.
        revision: Counts the changes.
        hints: Colours of spots that the steps come to, as JSON has them.
        locks: Points of areas that keep their colours, as JSON has them.
    """

    name: str
    width: int
    height: int
    state: State = "new"
    steps: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)
    revision: int = 0
    hints: list[dict[str, Any]] = field(default_factory=list)
    locks: list[dict[str, float]] = field(default_factory=list)


@dataclass
class ReferenceRecord:
    """A picture that pages may follow.

    Attributes:
        name: What steps call it.
        file: Below the project's folder.
        width: In pixels.
        height: In pixels.
        is_gone: Whether it was taken away; pages that follow it go on doing so.
    """

    name: str
    file: str
    width: int
    height: int
    is_gone: bool = False


@dataclass
class Project:
    """A book, or a page, that is worked on.

    Attributes:
        key: Its name in addresses and on disk; nobody guesses it.
        folder: Where it lies.
        name: What it is called.
        pages: In reading order.
        references: Pictures that pages may follow.
        series: Name of its series; None for none.
        limits: What its book may ask of the machine.
        problems: Why pages without a size cannot be read, by number, as far as this run has looked at them.
        is_deleted: Whether it is gone from the disk, whoever still works on it.
    """

    key: str
    folder: Path
    name: str
    pages: list[PageRecord]
    references: list[ReferenceRecord] = field(default_factory=list)
    series: str | None = None
    limits: Limits | None = None
    problems: dict[int, str] = field(default_factory=dict)
    is_deleted: bool = False
    _saving: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def book(self) -> Path:
        """The file that was uploaded."""
        return self.folder / BOOK_NAME

    @cached_property
    def source(self) -> Source:
        """Its pages as they can be read."""
        return open_source(self.book, limits=self.limits)

    @cached_property
    def entries(self) -> Sequence[PageEntry]:
        """Its pages in reading order."""
        return list(self.source)

    def save(self) -> None:
        """Write down what has changed, from any thread; a project that was deleted stays so.

        Raises:
            CannotWriteError: No right or no space; what was written before stays.
        """
        with self._saving:  # whoever comes later writes what is newer
            if not self.is_deleted:
                write_atomically(self.folder / PROJECT_NAME, self._said(), elsewhere="--studio")

    def delete(self) -> None:
        """Delete it with all that belongs to it."""
        with self._saving:
            self.is_deleted = True
        let_go(self.book)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _said(self) -> bytes:
        """Return its file."""
        said = {
            "format": FORMAT,
            "name": self.name,
            "series": self.series,
            "references": [asdict(one) for one in self.references],
            "pages": [
                {
                    "name": page.name, "width": page.width, "height": page.height, "state": page.state,
                    "revision": page.revision, "steps": [told(step) for step in page.steps],
                    "undone": [told(step) for step in page.undone], "hints": page.hints, "locks": page.locks,
                }
                for page in self.pages
            ],
        }  # fmt: skip
        return json.dumps(said, ensure_ascii=False, indent=1).encode()


def read_project(path: Path, limits: Limits | None) -> Project:
    """Read a project from its file.

    Raises:
        BadInputError: It is damaged, or newer than this program.
    """
    where = str(path)
    try:
        said: dict[str, Any] = json.loads(read_bytes(path))
        if said["format"] > FORMAT:
            raise BadInputError(f"{where}: format {said['format']} is newer than this mangacolor knows ({FORMAT}).")
        pages = [_page(one, where) for one in said["pages"]]
        references = [ReferenceRecord(**one) for one in said["references"]]
        return Project(path.parent.name, path.parent, str(said["name"]), pages, references, said["series"], limits)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInputError(
            f"{where} is damaged: {error}.", advice="Delete its folder, or put an older copy of the file back."
        ) from error


def _page(said: dict[str, Any], where: str) -> PageRecord:
    if said["state"] not in get_args(State):
        raise ValueError(f"no state {said['state']!r}")
    return PageRecord(
        str(said["name"]), int(said["width"]), int(said["height"]), cast("State", said["state"]),
        read_steps(said["steps"], where), read_steps(said["undone"], where), int(said["revision"]),
        said["hints"], said["locks"],
    )  # fmt: skip
