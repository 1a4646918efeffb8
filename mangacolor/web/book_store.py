"""The books that were sent, on disk: a folder each, with what is to be known of it, so that a restart loses none.

A folder has the book as it came (`book`), `job.json`, what is coloured so far, and in the end the coloured book. It
counts from the moment that `job.json` is there; what has none was cut short while it was sent, and is deleted.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
from contextlib import suppress
from pathlib import Path

from mangacolor.books import write_atomically
from mangacolor.books.locks import FolderLock
from mangacolor.books.scratch import scratch_folder
from mangacolor.errors import CannotWriteError
from mangacolor.web.answers import no_room
from mangacolor.web.book_job import BookJob

_STATE_NAME = "job.json"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_KEPT = ("format", "series", "state", "pages", "done", "error", "sent", "ended")
_KEPT_LATER = ("failed", "notes")
"""Of these, earlier servers have noted nothing."""

logger = logging.getLogger("mangacolor.web")


class BookStore:
    """Gives books their folders.

    Args:
        folder: Where they lie, made if missing; None for folders that end with the process. So end those of a second
            server with the same folder.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder: Path | None = None
        self._lock: FolderLock | None = None
        if folder is not None:
            lock = FolderLock(folder)
            try:
                if lock.take():
                    self._folder, self._lock = folder, lock
            except OSError as error:
                logger.warning("Books that are sent will not survive a restart: %s", error)

    @property
    def is_lasting(self) -> bool:
        """Whether books are there after a restart."""
        return self._folder is not None

    def place(self, job: BookJob) -> None:
        """Give a book its folder.

        Raises:
            CannotWriteError: It cannot be made.
        """
        try:
            if self._folder is None:
                job.folder, _ = scratch_folder(job)
            else:
                job.folder = self._folder / job.key
                job.folder.mkdir()
        except OSError as error:
            raise no_room(error, "--cache") from error

    def save(self, job: BookJob) -> None:
        """Note the state of a book; where that fails, the note before it holds."""
        if self._folder is not None:
            output = job.output.relative_to(job.folder).as_posix() if job.output else ""
            said = {name: getattr(job, name) for name in (*_KEPT, *_KEPT_LATER)} | {"output": output}
            try:
                write_atomically(job.folder / _STATE_NAME, json.dumps(said).encode(), elsewhere="--cache")
            except CannotWriteError as error:
                logger.warning("The state of a book could not be noted: %s", str(error).replace("\n", " "))

    def forget(self, job: BookJob) -> None:
        """See that a book is not there after a restart, whoever works on it now."""
        with suppress(OSError):
            (job.folder / _STATE_NAME).unlink(missing_ok=True)

    def delete(self, job: BookJob) -> None:
        """Delete a book that nobody works on."""
        self.forget(job)
        shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """Let another server have the folder."""
        if self._lock is not None:
            self._lock.release()
            self._folder = self._lock = None

    def found(self) -> list[BookJob]:
        """Return the books of earlier runs, the oldest first; what was cut short while it was sent is deleted."""
        if self._folder is None:
            return []
        jobs = []
        for folder in [one for one in self._folder.iterdir() if one.is_dir() and _KEY.fullmatch(one.name)]:
            try:
                job = _read(folder)
            except OSError as error:  # another program has it open, or a share does not answer: it may be there again
                logger.warning("A book that was sent is left until the next start: %s", error)
                continue
            if job is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                jobs.append(job)
        return sorted(jobs, key=lambda job: job.sent)


def _read(folder: Path) -> BookJob | None:
    """Return the book of a folder; None where not all of it has come.

    Raises:
        OSError: It cannot be read now.
    """
    try:
        said = json.loads((folder / _STATE_NAME).read_bytes())
        known = {name: said[name] for name in _KEPT} | {name: said[name] for name in _KEPT_LATER if name in said}
        job = BookJob(key=folder.name, folder=folder, **known)
        output = said["output"]
        job.input.stat()
        job.output = folder / output if output else None
        if job.state == "done" and job.output is not None:
            job.output.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
    return None if job.state == "done" and job.output is None else job
