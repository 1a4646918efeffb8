"""Where pages come from: single files, folders, books, and folders of books."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mangacolor.books.book import BookSource, open_book
from mangacolor.books.book_kinds import BookKind, book_kind, is_book_name
from mangacolor.books.containers import Limits
from mangacolor.books.files import long_path
from mangacolor.books.listing import list_names, start_of
from mangacolor.books.looks import wants_a_look
from mangacolor.books.page import Page
from mangacolor.errors import BadInputError, MangacolorError
from mangacolor.image import MAX_PIXELS, decode, read_bytes
from mangacolor.image.formats import picture_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TIFF_SUFFIXES = (".tif", ".tiff")


class PageEntry(Protocol):
    """A page that has been found and not yet read."""

    @property
    def name(self) -> str:
        """Path relative to the source, with forward slashes."""

    def load(self, *, max_pixels: int = MAX_PIXELS) -> Page:
        """Read and decode the page.

        Args:
            max_pixels: Refuse it if it has more.

        Raises:
            BadInputError: It cannot be read; the other pages of the source may still be fine.
        """


class PageSource(Protocol):
    """Pages in reading order; going through them reads none of them."""

    @property
    def path(self) -> Path:
        """What the user named."""

    def __iter__(self) -> Iterator[PageEntry]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class FileEntry:
    """A page that is a file of its own."""

    name: str
    path: Path

    def load(self, *, max_pixels: int = MAX_PIXELS) -> Page:
        """Read and decode the file.

        Args:
            max_pixels: Refuse it if it has more.

        Raises:
            BadInputError: It is missing, not a picture, too large or damaged.
        """
        data = read_bytes(self.path)
        return Page(self.name, decode(data, name=str(self.path), max_pixels=max_pixels, as_page=True), data)


@dataclass(frozen=True)
class FileSource:
    """One file that the user named; its content decides whether it is a picture, not its suffix."""

    path: Path

    @property
    def kind(self) -> str:
        """What it is by its content, where its name does not say so; see `picture_kind`."""
        return (picture_kind(start_of(self.path)) or "") if wants_a_look(self.path.name) else ""

    def __iter__(self) -> Iterator[FileEntry]:
        yield FileEntry(self.path.name, self.path)

    def __len__(self) -> int:
        return 1


@dataclass(frozen=True)
class FolderSource:
    """All pictures in a folder and the folders below, in natural order."""

    path: Path
    names: tuple[str, ...]

    @cached_property
    def kinds(self) -> dict[str, str]:
        """What those pages are by their content whose names do not say so."""
        return {
            name: picture_kind(start_of(long_path(self.path / name))) or "" for name in self.names if wants_a_look(name)
        }

    def __iter__(self) -> Iterator[FileEntry]:
        return (FileEntry(name, long_path(self.path / name)) for name in self.names)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class DoubledPages(FolderSource):
    """Pages in a folder that stand beside the page that they were made of; see `made_of_others`."""


Source = FileSource | FolderSource | BookSource


def open_source(
    path: Path, *, skip: Path | None = None, password: str | None = None, limits: Limits | None = None
) -> Source:
    """Find the pages of a file, folder or book without reading them.

    In folders, hidden entries and `__MACOSX` are passed over, and whatever neither has an image suffix nor begins like
    a picture. Linked folders are followed once, so that a loop ends.

    Args:
        path: A picture file, a book (told by its content), or a folder with pictures anywhere below.
        skip: A folder whose content is no input, because the run writes there.
        password: Of an encrypted book.
        limits: What a book may ask of the machine.

    Raises:
        BadInputError: Nothing is there, it holds no pictures, is damaged, or of a kind that is not supported.
        UsageError: It needs a library that is not installed.
    """
    path = long_path(path)
    if path.is_dir():
        return _open_folder(path, skip)
    if not path.exists():
        is_pattern = any(letter in path.name for letter in "*?[")
        unquoted = "Nothing is called so: leave the quotes out, or name the folder of the files."
        advice = unquoted if is_pattern else "Check the spelling, and quote names with spaces."
        raise BadInputError(f"{path} does not exist.", advice=advice)
    if not path.is_file():
        raise BadInputError(f"{path} is neither a file nor a folder.", advice="Name a picture, a book or a folder.")
    return _open_book(path, None, password, limits) or FileSource(path)


def open_library(
    folder: Path, *, skip: Path | None = None, password: str | None = None, limits: Limits | None = None
) -> tuple[list[Source], list[tuple[Path, MangacolorError]]]:
    """Find the pages and the books in a folder and the folders below.

    Args:
        folder: Where.
        skip: As in `open_source`.
        password: Of encrypted books.
        limits: What each book may ask of the machine.

    Returns:
        The folder's own pictures, if it has any, and its books; and the books that cannot be opened and the folders
        that cannot be listed, each with what is wrong with it.

    Raises:
        BadInputError: There are neither pictures nor books.
    """
    unlisted: list[tuple[Path, BadInputError]] = []
    names = list_library(folder, skip=skip, unlisted=unlisted)
    if not names and not unlisted:
        raise nothing_in(folder)
    found, broken = open_listed(folder, names, password=password, limits=limits)
    return found, [*unlisted, *broken]


def list_library(
    folder: Path, *, skip: Path | None = None, unlisted: list[tuple[Path, BadInputError]] | None = None
) -> tuple[str, ...]:
    """List the names of the pictures and books in a folder and the folders below, in reading order.

    Args:
        folder: Where.
        skip: As in `open_source`.
        unlisted: Takes the folders below that cannot be listed; None makes them errors.

    Raises:
        BadInputError: A folder cannot be listed.
    """
    return list_names(folder, skip, unlisted, with_books=True)


def open_listed(
    folder: Path, names: Sequence[str], *, password: str | None = None, limits: Limits | None = None
) -> tuple[list[Source], list[tuple[Path, MangacolorError]]]:
    """Open what `list_library` found, or part of it.

    Args:
        folder: As in `list_library`.
        names: Some of what it returned.
        password: As in `open_library`.
        limits: As in `open_library`.

    Returns:
        As `open_library`.
    """
    # Told by content: whatever else is called .tif is one picture, or a page that fails.
    several = {name for name in names if name.lower().endswith(_TIFF_SUFFIXES) and _kind(folder / name) == "tiff"}
    pictures = tuple(name for name in names if not is_book_name(name) and name not in several)
    found: list[Source] = [FolderSource(folder, pictures)] if pictures else []
    broken: list[tuple[Path, MangacolorError]] = []
    for name in names:
        if not is_book_name(name) and name not in several:
            continue
        try:
            book = _open_book(folder / name, folder, password, limits)
        except MangacolorError as error:  # a library that is missing for one kind must not cost the others
            broken.append((folder / name, error))
        else:
            found += [book] if book else []
    return found, broken


def _kind(path: Path) -> BookKind | None:
    try:
        return book_kind(long_path(path))
    except BadInputError:
        return None


def _open_book(path: Path, folder: Path | None, password: str | None, limits: Limits | None) -> BookSource | None:
    """Open a file as the book that it is by its content; None if it is none."""
    kind = book_kind(long_path(path))
    if kind is not None:
        return open_book(path, kind, folder=folder, password=password, limits=limits)
    if is_book_name(path.name):
        raise BadInputError(f"{path} is no archive, whatever its name says.", advice="Copy or download it again.")
    return None


def _open_folder(path: Path, skip: Path | None) -> FolderSource:
    """List the pictures of a folder in reading order."""
    names = list_names(path, skip, with_books=False)
    if not names:
        raise nothing_in(path)
    return FolderSource(path, names)


def nothing_in(folder: Path) -> BadInputError:
    """Return what is told of a folder in which there is nothing to colour."""
    return BadInputError(
        f"{folder} holds no pictures.",
        advice="Pictures are told by their content; books in a folder end in .cbz, .zip, .epub, .pdf and the like.",
    )
