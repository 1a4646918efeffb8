"""Books: archives with pages among their entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from natsort import natsort_keygen, ns

from mangacolor.errors import BadInputError
from mangacolor.image import MAX_PIXELS, decode
from mangacolor.pages.containers import Container, Limits
from mangacolor.pages.files import IMAGE_SUFFIXES
from mangacolor.pages.naming import WRITTEN_FORMATS
from mangacolor.pages.page import Page
from mangacolor.pages.tarred import TarContainer
from mangacolor.pages.tiff import TiffContainer, holds_pages
from mangacolor.pages.tiff_frames import is_tiff
from mangacolor.pages.unpacked import UnpackedContainer
from mangacolor.pages.zipped import ZipContainer

BookKind = Literal["zip", "epub", "tar", "rar", "7z", "pdf", "tiff"]

BOOK_SUFFIXES = (".cbz", ".cbr", ".cb7", ".cbt", ".zip", ".rar", ".7z", ".tar", ".epub", ".pdf")
"""What counts as a book inside a folder; a file that is named is looked into, whatever its suffix."""

_natural = natsort_keygen(alg=ns.IGNORECASE | ns.PATH)


@dataclass(frozen=True)
class BookEntry:
    """A page inside a book.

    Attributes:
        name: Its name in the book; later ones of the same name have a number added.
        index: Its place in the archive.
        book: Path of the book, for messages.
        container: Where it is read from.
    """

    name: str
    index: int
    book: Path
    container: Container

    def load(self, *, max_pixels: int = MAX_PIXELS) -> Page:
        """Unpack and decode the page.

        Args:
            max_pixels: Refuse it if it has more.

        Raises:
            BadInputError: It is damaged, encrypted, too large or no picture.
        """
        data = self.container.read(self.index)
        return Page(
            self.name, decode(data, name=f"{self.book}: {self.name}", max_pixels=max_pixels, as_page=True), data
        )


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
    def keeps_format(self) -> bool:
        """Say whether pages cannot change their file format."""
        return self.kind in ("epub", "pdf", "tiff")

    def __iter__(self) -> Iterator[BookEntry]:
        return iter(self.pages)

    def __len__(self) -> int:
        return len(self.pages)


def book_kind(path: Path) -> BookKind | None:
    """Say by its content what kind of book a file is; None for none. A TIFF of one page is a picture.

    Raises:
        BadInputError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(1024)
        if is_tiff(start):
            return "tiff" if holds_pages(path) else None
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.", advice="Check its permissions.") from error
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if start.startswith(b"Rar!\x1a\x07"):
        return "rar"
    if start.startswith(b"7z\xbc\xaf\x27\x1c"):
        return "7z"
    if b"%PDF-" in start:
        return "pdf"
    is_packed = start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"))
    return "tar" if start[257:262] == b"ustar" or is_packed else None


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
    container: Container
    if kind == "pdf":
        from mangacolor.pages.pdf import PdfContainer

        container = PdfContainer(path, password=password, limits=limits)
    elif kind == "zip":
        container = ZipContainer(path, password=password, limits=limits)
    elif kind == "tar":
        container = TarContainer(path, limits=limits)
    elif kind == "tiff":
        container = TiffContainer(path, limits=limits)
    else:
        container = UnpackedContainer(path, limits=limits)
    is_epub = kind == "zip" and _is_epub(container)
    suffixes = tuple(WRITTEN_FORMATS) if is_epub else IMAGE_SUFFIXES
    found = [entry for entry in container.entries if entry.is_file and _is_page(entry.name, suffixes)]
    if not found:
        endings = " ".join(suffix[1:] for suffix in suffixes)
        raise BadInputError(f"{path} holds no pictures.", advice=f"Pages must end in one of: {endings}.")
    found.sort(key=lambda entry: (_natural(entry.name), entry.name, entry.index))
    seen: dict[str, int] = {}
    pages = []
    for entry in found:
        seen[entry.name] = count = seen.get(entry.name, 0) + 1
        name = entry.name if count == 1 else f"{entry.name} ({count})"
        pages.append(BookEntry(name, entry.index, path, container))
    return BookSource(path, "epub" if is_epub else kind, container, tuple(pages), folder)


def _is_page(name: str, suffixes: tuple[str, ...]) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))
    return PurePosixPath(name).suffix.lower() in suffixes and not hidden


def _is_epub(container: Container) -> bool:
    first = container.entries[0] if container.entries else None
    if first is None or first.name != "mimetype" or first.size > 64:
        return False
    return container.read(first.index).strip() == b"application/epub+zip"
