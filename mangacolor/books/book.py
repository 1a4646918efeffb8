"""Books: archives whose pages are coloured and which are given back whole, with everything else that was in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mangacolor.books.book_kinds import BookKind, is_epub, open_container
from mangacolor.books.containers import BookState, Container, Limits
from mangacolor.books.files import long_path
from mangacolor.books.folder_book import FolderContainer
from mangacolor.books.looks import is_page, reading_order
from mangacolor.books.pack import PackContainer, open_books_inside
from mangacolor.books.page import Page
from mangacolor.books.shelved import ShelvedContainer
from mangacolor.books.zipped import ZipContainer
from mangacolor.errors import BadInputError
from mangacolor.image import MAX_PIXELS, Note, decode
from mangacolor.image.formats import picture_kind

_WITHOUT_FILES = ("pdf", "tiff")
"""Kinds of books that hold pages alone."""


@dataclass(frozen=True)
class BookEntry:
    """A page inside a book.

    Attributes:
        name: Its name in the book; later ones of the same name have a number added.
        index: Its place in the archive.
        book: Path of the book, for messages.
        container: Where it is read from.
        kind: What it is by its content, where its name does not say so or is not what counts.
        notes: What a coloured page in its place does not keep.
    """

    name: str
    index: int
    book: Path
    container: Container
    kind: str = ""
    notes: tuple[Note, ...] = ()

    def load(self, *, max_pixels: int = MAX_PIXELS) -> Page:
        """Unpack and decode the page.

        Args:
            max_pixels: Refuse it if it has more.

        Raises:
            BadInputError: It is damaged, encrypted, too large or no picture.
        """
        data = self.container.read(self.index)
        image = decode(data, name=f"{self.book}: {self.name}", max_pixels=max_pixels, as_page=True)
        return Page(self.name, replace(image, notes=(*image.notes, *self.notes)), data)


@dataclass(frozen=True)
class BookSource:
    """The pages of a book in reading order: the natural order of their names, as readers sort them.

    Attributes:
        path: The book.
        kind: What it is by its content.
        container: Its entries.
        pages: Those that are pages.
        folder: The folder that the user named and that the book was found in; None for a book named itself.
    """

    path: Path
    kind: BookKind
    container: Container
    pages: tuple[BookEntry, ...]
    folder: Path | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the pages of a folder that are no part of the book that it becomes; see `FolderContainer`."""
        return self.container.left_out if isinstance(self.container, FolderContainer) else ()

    @property
    def keeps_format(self) -> bool:
        """Say whether pages cannot change their file format."""
        return self.kind in ("epub", *_WITHOUT_FILES)

    @property
    def has_files(self) -> bool:
        """Say whether it is an archive, in which other files may lie beside the pages."""
        return self.kind not in _WITHOUT_FILES

    @property
    def takes_details(self) -> bool:
        """Say whether a ComicInfo may be added: an EPUB lists all its files."""
        return self.has_files and self.kind != "epub"

    @property
    def becomes_zip(self) -> bool:
        """Say whether it is written as a ZIP though it is none: it is unpacked to be read, or a folder."""
        return self.kind in ("rar", "7z", "packed", "folder")

    def state(self) -> BookState:
        """Return what it is known again by.

        Raises:
            OSError: It is not there any more.
        """
        status = long_path(self.path).stat()
        if isinstance(self.container, FolderContainer):
            return self.container.state
        return BookState(status.st_size, status.st_mtime_ns)

    def __iter__(self) -> Iterator[BookEntry]:
        return iter(self.pages)

    def __len__(self) -> int:
        return len(self.pages)


def open_book(
    path: Path, kind: BookKind, *, folder: Path | None = None, password: str | None = None, limits: Limits | None = None
) -> BookSource:
    """List the pages of a book without unpacking them.

    Args:
        path: The book.
        kind: From `book_kind`.
        folder: The folder it was found in.
        password: Of an encrypted archive.
        limits: What it may ask of the machine.

    Raises:
        BadInputError: It is damaged, holds no pictures, exceeds the limits, or its kind is not supported.
        UsageError: It needs a library that is not installed.
    """

    def opener() -> Container:
        container = open_container(long_path(path), kind, password=password, limits=limits)
        if kind in _WITHOUT_FILES or (kind == "zip" and is_epub(container)):
            return container
        return open_books_inside(container, path, password=password, limits=limits)

    container = opener() if kind in ("zip", "tiff") else ShelvedContainer(path, opener)
    if isinstance(container, PackContainer):  # all other containers of those two kinds hold nothing open
        container = ShelvedContainer(path, opener, container)
    if kind == "zip" and is_epub(container):
        kind = "epub"
    return BookSource(path, kind, container, _pages_of(container, path, kind), folder)


def open_folder_book(folder: Path, made: Path) -> BookSource:
    """List the pages of a folder that is to become a book.

    Args:
        folder: With everything in it but what is hidden.
        made: The book, which may lie there.

    Raises:
        BadInputError: It holds no pictures, or something in it cannot be read.
        UsageError: There are books in it.
    """
    container = FolderContainer(folder, made)
    return BookSource(folder, "folder", container, _pages_of(container, folder, "folder"))


def _pages_of(container: Container, path: Path, kind: BookKind) -> tuple[BookEntry, ...]:
    """Return which entries are pages, in reading order."""
    found = [entry for entry in container.entries if entry.is_file and is_page(entry.name, entry.start)]
    if not found:
        raise BadInputError(
            f"{path} holds no pictures.", advice="Pages are told by their content; what is hidden is passed over."
        )
    found.sort(key=lambda entry: (*reading_order(entry.name), entry.index))
    seen: dict[str, int] = {}
    pages = []
    for entry in found:
        seen[entry.name] = count = seen.get(entry.name, 0) + 1
        name = entry.name if count == 1 else f"{entry.name} ({count})"
        # The manifest of an EPUB says what each file is, whatever its suffix.
        looked = container.start(entry.index) if kind == "epub" and isinstance(container, ZipContainer) else entry.start
        pages.append(BookEntry(name, entry.index, path, container, picture_kind(looked) or "", entry.notes))
    return tuple(pages)
