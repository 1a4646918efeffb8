"""A folder as a book: its pages and whatever else lies there become one CBZ."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from mangacolor.books.book_kinds import is_book_name
from mangacolor.books.containers import BookState, Entry, Replacement, safe_name, telling
from mangacolor.books.files import long_path
from mangacolor.books.listing import list_files, start_of
from mangacolor.books.looks import wants_a_look
from mangacolor.books.naming import made_of_others
from mangacolor.books.zip_writer import write_zip
from mangacolor.errors import BadInputError, UsageError


class FolderContainer:
    """The files of a folder and the folders below, in reading order, as entries of an archive; hidden ones are none.

    Attributes:
        state: By which it is known again.
        left_out: Pages that stand beside what they were made of, which would be in the book twice.

    Args:
        path: The folder.
        made: The archive that the run makes of it, which may lie there.

    Raises:
        BadInputError: A folder cannot be listed, or a file not read: a book without it would not be whole.
        UsageError: There are books in it, which are none of one book.
    """

    def __init__(self, path: Path, made: Path) -> None:
        self.path = path
        own = made.resolve()
        names = [name for name in list_files(path) if (path / name).resolve() != own]
        self.left_out = made_of_others(names)
        names = [name for name in names if name not in set(self.left_out)]
        for name in names:
            if is_book_name(name):
                raise UsageError(
                    f"{made} cannot be made of {path}: {name} there is a book of its own.",
                    advice="Name a folder as --output.",
                )
        self._files = [long_path(path / name) for name in names]
        states = [_state(file) for file in self._files]
        self._times = [state.st_mtime for state in states]
        self.entries = tuple(
            Entry(index, safe_name(name), state.st_size, True, start_of(file) if wants_a_look(name) else b"")
            for index, (name, file, state) in enumerate(zip(names, self._files, states, strict=True))
        )
        told = [(name, state.st_size, state.st_mtime_ns) for name, state in zip(names, states, strict=True)]
        self.state = BookState(
            size=sum(state.st_size for state in states),
            changed=max((state.st_mtime_ns for state in states), default=0),
            files=hashlib.sha256(repr(told).encode("utf-8", "surrogateescape")).hexdigest(),
        )

    def read(self, index: int) -> bytes:
        """Return what is in a file; see `Container`."""
        with telling(self.path, self.entries[index].name):
            return self._files[index].read_bytes()

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> dict[int, str]:
        """Write the files as a ZIP; see `Container`."""
        entries = zip(self.entries, self._times, strict=True)
        write_zip(target, entries, self._file, replacements, max(self._times))
        return {}

    def _file(self, index: int) -> Path:
        _state(self._files[index])  # it may have gone since
        return self._files[index]


def _state(file: Path) -> os.stat_result:
    """Return what the system says of a file that can be read."""
    try:
        with file.open("rb") as opened:
            return os.fstat(opened.fileno())
    except OSError as error:
        raise BadInputError(
            f"{file} cannot be read: {error.strerror or error}.",
            advice="Check it and its permissions, or move it away: a book without it would not be whole.",
        ) from error
