"""The hidden folder beside a coloured book where its finished pages wait, and what is noted there of their run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mangacolor.books.files import cannot_write, long_path, write_atomically
from mangacolor.books.locks import LOCK_NAME, FolderLock
from mangacolor.errors import BadInputError

PARTS_PREFIX = ".mangacolor-"
"""How these folders are called, before a digest of the book's name."""

_JOB_NAME = "job.json"
_FAILED_NAME = "failed.json"
_ANEW = "anew"


@dataclass
class BookParts:
    """Finished pages by their places in the book, which job they are of, and which pages of the book there failed.

    Attributes:
        target: The coloured book.
        elsewhere: As in `write_atomically`.
    """

    target: Path
    elsewhere: str = ""
    _lock: FolderLock | None = field(default=None, repr=False)

    @cached_property
    def folder(self) -> Path:
        """Where they lie."""
        key = hashlib.sha256(self.target.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return long_path(self.target.parent / f"{PARTS_PREFIX}{key}")

    def take(self) -> None:
        """Have them to oneself until they are released, or the process ends.

        Raises:
            BadInputError: Another run has them.
            CannotWriteError: The folder cannot be made.
        """
        if self._lock is not None:
            return
        lock = FolderLock(self.folder)
        try:
            is_free = lock.take()
        except OSError as error:
            raise cannot_write(self.folder, error, elsewhere=self.elsewhere) from error
        if not is_free:
            raise BadInputError(
                f"{self.target} is being coloured by another run: {lock.holder()}.",
                advice="Wait until it has done, or stop it, and run the command again.",
            )
        self._lock = lock

    def release(self) -> None:
        """Let others have them; the folder goes if nothing is left in it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
            with suppress(OSError):  # it holds something, or another run has it by now
                self.folder.rmdir()

    def part(self, index: int) -> Path:
        """Return where the finished page of a place lies."""
        return self.folder / str(index)

    def job(self) -> tuple[dict[str, object], bool]:
        """Say what the pages are of.

        Returns:
            What they are made from and how, nothing where nothing is known; and whether they are all done anew, to
            replace a book, or pages that waited, as a whole.
        """
        try:
            said = json.loads(_text(self.folder / _JOB_NAME) or "{}")
            return said, bool(said.pop(_ANEW, False))
        except (ValueError, TypeError, AttributeError):
            return {}, False

    def note_job(self, job: Mapping[str, object], *, is_anew: bool) -> None:
        """Say what the pages are made from and how; see `job`.

        Raises:
            CannotWriteError: See `write_atomically`.
        """
        said = {**job, _ANEW: is_anew}
        write_atomically(self.folder / _JOB_NAME, json.dumps(said).encode(), elsewhere=self.elsewhere)

    def failed(self) -> set[str]:
        """Return the names of the pages of the finished book that failed."""
        try:
            return set(json.loads(_text(self.folder / _FAILED_NAME) or "[]"))
        except (ValueError, TypeError):
            return set()

    def note_failed(self, names: list[str]) -> None:
        """Say which pages of the finished book failed.

        Raises:
            CannotWriteError: See `write_atomically`.
        """
        write_atomically(self.folder / _FAILED_NAME, json.dumps(names).encode(), elsewhere=self.elsewhere)

    def keep_pages(self) -> None:
        """Delete what a run that was cut short has left half-written."""
        self._clear(lambda name: name in (_JOB_NAME, _FAILED_NAME) or name.isdigit())

    def drop_pages(self) -> None:
        """Delete finished pages, too; what is noted stays."""
        self._clear(lambda name: name in (_JOB_NAME, _FAILED_NAME))

    def drop_all(self) -> None:
        """Delete everything; the folder goes when it is released."""
        self._clear(lambda name: False)

    def _clear(self, is_kept: Callable[[str], bool]) -> None:
        with suppress(OSError):
            for path in list(self.folder.iterdir()):
                if path.name != LOCK_NAME and not is_kept(path.name):
                    with suppress(OSError):
                        path.unlink()


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
