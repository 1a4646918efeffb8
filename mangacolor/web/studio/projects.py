"""Projects of the studio on disk: what was uploaded, and what was done to it. Written whole after every change."""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, get_args

from mangacolor.books import Limits, PageEntry, Source, open_source, write_atomically
from mangacolor.colorize.corrections import Step, read_steps, told
from mangacolor.errors import BadInputError, CannotWriteError, MangacolorError
from mangacolor.image import read_bytes

FORMAT = 1
"""Version of the file that this program writes, and the newest that it reads."""

State = Literal["new", "corrected", "approved", "skipped"]
"""Of a page: nothing was done to it, something was, it is right as it is, it is to stay as it came."""

_FILE = "project.json"
_BOOK = "book"
_KEY_LETTERS = frozenset("0123456789abcdef")


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
    """

    key: str
    folder: Path
    name: str
    pages: list[PageRecord]
    references: list[ReferenceRecord] = field(default_factory=list)
    series: str | None = None
    limits: Limits | None = None

    @property
    def book(self) -> Path:
        """The file that was uploaded."""
        return self.folder / _BOOK

    @cached_property
    def source(self) -> Source:
        """Its pages as they can be read."""
        return open_source(self.book, limits=self.limits)

    @cached_property
    def entries(self) -> Sequence[PageEntry]:
        """Its pages in reading order."""
        return list(self.source)

    def save(self) -> None:
        """Write down what has changed.

        Raises:
            CannotWriteError: No right or no space; what was written before stays.
        """
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
        write_atomically(self.folder / _FILE, json.dumps(said, ensure_ascii=False, indent=1).encode())


class Projects:
    """All projects of a studio.

    Args:
        folder: Where they lie; made when the first one comes.
        limits: What a book may ask of the machine.
    """

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder = folder
        self._limits = limits
        self._open: dict[str, Project] = {}
        self._lock = threading.Lock()

    def all(self) -> list[Project]:
        """Return every project that can be read, the one changed last first."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.glob(f"*/{_FILE}"):
            try:
                project = self.get(path.parent.name)
            except MangacolorError:
                continue  # it is told when it is asked for
            if project is not None:
                found.append((path.stat().st_mtime, project))
        return [project for _, project in sorted(found, key=lambda one: -one[0])]

    def get(self, key: str) -> Project | None:
        """Return a project; None where there is none.

        Raises:
            BadInputError: Its file is damaged, or newer than this program.
        """
        if not key or not _KEY_LETTERS.issuperset(key):
            return None
        with self._lock:
            if key not in self._open:
                path = self.folder / key / _FILE
                if not path.is_file():
                    return None
                self._open[key] = _read(path, self._limits)
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
            raise no_room(error) from error
        return key, folder / _BOOK

    def add(self, key: str, name: str) -> Project:
        """Make a project of a book that was written to its `room`.

        Raises:
            BadInputError: It is no book and no picture.
            CannotWriteError: No right or no space.
        """
        folder = self.folder / key
        try:
            source = open_source(folder / _BOOK, limits=self._limits)
        except BadInputError as error:
            raise BadInputError(str(error).replace(str(folder / _BOOK), name)) from error
        pages = [PageRecord(name if len(source) == 1 else one.name, *_size_of(one)) for one in source]
        if not any(page.width for page in pages):
            raise BadInputError(
                f"{name} holds no page that can be read.", advice="Send a picture, or a CBZ, PDF or EPUB of pictures."
            )
        project = Project(key, folder, name, pages, limits=self._limits)
        project.save()
        with self._lock:
            self._open[key] = project
        return project

    def remove(self, key: str) -> None:
        """Delete a project and all that belongs to it."""
        if not key or not _KEY_LETTERS.issuperset(key):
            return
        with self._lock:
            self._open.pop(key, None)
        shutil.rmtree(self.folder / key, ignore_errors=True)


def no_room(error: OSError) -> CannotWriteError:
    """Return what is told where something cannot be written below the studio's folder."""
    reason = error.strerror or str(error)
    return CannotWriteError(
        f"The studio cannot keep this: {reason}.", advice="Free some space, or start it with another --studio DIR."
    )


def _size_of(entry: PageEntry) -> tuple[int, int]:
    """Return width and height of a page; zeros where it cannot be read."""
    try:
        rgb = entry.load().image.rgb
    except (BadInputError, MemoryError):
        return 0, 0
    return rgb.shape[1], rgb.shape[0]


def _read(path: Path, limits: Limits | None) -> Project:
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
