"""What takes the coloured pages of one source, be it a folder or a book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mangacolor.books.page import Page
    from mangacolor.image import FileFormat


class PageSink(Protocol):
    """Takes the coloured pages of one source; pages go by their names in that source."""

    @property
    def elsewhere(self) -> str:
        """The option by which a user leads outputs to another place."""

    @property
    def damage(self) -> Sequence[str]:
        """What is wrong with files of a finished book that are no pages, and went over as they were."""

    def is_finished(self) -> bool:
        """Say without looking at the pages that nothing is left to do."""

    def begin(self, settings: str, *, overwrite: bool) -> None:
        """Get ready for the pages of a run.

        Args:
            settings: Everything that decides how pages are coloured and encoded but their format, as text.
            overwrite: Redo what is there.

        Raises:
            BadInputError: The input is not there any more, or another run colours it.
            CannotWriteError: The output cannot be written.
        """

    def close(self) -> None:
        """Let other runs have the output, finished or not."""

    def path(self, name: str) -> Path:
        """Return the file that this page goes to."""

    def exists(self, name: str, format: FileFormat | None = None) -> bool:
        """Say whether the output of this page is already there.

        Args:
            name: The page.
            format: The one that it needs, where that is not the one of `file_format`.
        """

    def waits(self, name: str) -> bool:
        """Say whether this page was finished by a run that was cut short, and that this one goes on with."""

    def file_format(self, name: str) -> FileFormat:
        """Say how this page is to be encoded."""

    def takes(self, name: str, format: FileFormat, *, is_needed: bool) -> bool:
        """Say whether this page may be encoded in another format that holds it better.

        Args:
            name: The page.
            format: The other one.
            is_needed: Whether it cannot be written at all in its own.
        """

    def write(self, page: Page, data: bytes) -> Path | None:
        """Store the encoded page and return the output that is whole by it; None while a book is not.

        Raises:
            CannotWriteError: It could not be stored; what was there before is untouched.
        """

    def finish(self) -> Path | None:
        """Complete the output after the last page and return the book; None where every page is an output.

        Raises:
            BadInputError: The rest of the input cannot be copied.
            CannotWriteError: The output cannot be written.
        """
