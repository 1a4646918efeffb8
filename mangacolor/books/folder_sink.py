"""Coloured pages as files of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.books.files import long_path, write_atomically
from mangacolor.books.naming import name_held
from mangacolor.books.partials import sweep_partials
from mangacolor.errors import BadInputError
from mangacolor.image import picture_size, read_bytes
from mangacolor.image.formats import START_BYTES, WRITTEN_SUFFIXES, picture_kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mangacolor.books.page import Page
    from mangacolor.image import FileFormat


@dataclass(frozen=True)
class FolderSink:
    """Writes each page to a file of its own.

    Attributes:
        root: Folder of the outputs; made when the first page is written.
        names: Name of the output below `root`, for each page name.
        is_named: Whether the user named the output file, so that its suffix stays.
        kept: Resolved paths that are not to be written, since they are inputs.
        verify: Read every output again.
        elsewhere: The option by which a user leads outputs to another place.
    """

    root: Path
    names: Mapping[str, str]
    is_named: bool = False
    kept: frozenset[Path] = frozenset()
    verify: bool = False
    elsewhere: str = "--output"

    @property
    def damage(self) -> tuple[str, ...]:
        """Nothing: other files are not looked at."""
        return ()

    def is_finished(self) -> bool:
        """Say that only the pages themselves know."""
        return False

    def begin(self, settings: str, *, overwrite: bool) -> None:
        """Clear what a killed run left; folders are made when the first page is written."""
        for folder in {self.path(name).parent for name in self.names}:
            sweep_partials(folder)

    def waits(self, name: str) -> bool:
        """Say no: each page is an output by itself."""
        del name
        return False

    def close(self) -> None:
        """Do nothing: several runs may write to one folder."""

    def finish(self) -> None:
        """Do nothing: each page is whole when it is written."""

    def path(self, name: str) -> Path:
        """Return the output file of a page."""
        return long_path(self.root / self.names[name])

    def exists(self, name: str, format: FileFormat | None = None) -> bool:
        """Say whether the output of this page is already there; see `PageSink`."""
        path = self.path(name) if format is None else self._place(name, format)
        return path.exists()

    def file_format(self, name: str) -> FileFormat:
        """Say how this page is to be encoded."""
        return WRITTEN_SUFFIXES[self.path(name).suffix.lower()]

    def takes(self, name: str, format: FileFormat, *, is_needed: bool) -> bool:
        """Say whether this page may be encoded in another format; a name that the user gave follows only if it must."""
        del name, format
        return is_needed or not self.is_named

    def write(self, page: Page, data: bytes) -> Path:
        """Write the encoded page under its output name, with a suffix that fits the data, and return its path.

        Raises:
            BadInputError: What was written is something else when it is read again; it is gone.
            CannotWriteError: See `write_atomically`.
        """
        path = self._place(page.name, picture_kind(data[:START_BYTES]))
        write_atomically(path, data, elsewhere=self.elsewhere)
        if self.verify and (read_bytes(path) != data or not _holds(data, page)):
            path.unlink(missing_ok=True)
            raise BadInputError(f"{path} did not come out whole.", advice="Check the disk, and run the command again.")
        return path

    def _place(self, name: str, kind: str | None) -> Path:
        def is_taken(output: str) -> bool:
            return output.casefold() in self._planned or (self.root / output).resolve() in self.kept

        return long_path(self.root / name_held(self.names[name], kind, is_taken))

    @cached_property
    def _planned(self) -> set[str]:
        return {output.casefold() for output in self.names.values()}


def _holds(data: bytes, page: Page) -> bool:
    """Say whether a file is that of a page: a copy of it, which may say by EXIF how it is turned, or of its size."""
    return data == page.data or picture_size(data) == page.image.rgb.shape[1::-1]
