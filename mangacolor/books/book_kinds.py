"""What kind of book a file is, told by its content, and the container that reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from mangacolor.books.containers import Container, Limits
from mangacolor.books.rar_volumes import HEAD_BYTES, RAR, SEVENZIP, first_archive
from mangacolor.books.tarred import TarContainer, is_tar_head
from mangacolor.books.tiff import TiffContainer, holds_pages
from mangacolor.books.tiff_frames import is_tiff
from mangacolor.books.unpacked import UnpackedContainer
from mangacolor.books.zip_directory import has_directory
from mangacolor.books.zip_layout import DESCRIPTOR, END, LOCAL
from mangacolor.books.zipped import ZipContainer
from mangacolor.errors import BadInputError
from mangacolor.image.formats import picture_kind

BookKind = Literal["zip", "epub", "tar", "rar", "7z", "pdf", "tiff", "packed", "folder"]
"""`packed`: what only libarchive reads besides RAR and 7-Zip, such as TAR under Zstandard, and LHA. `folder`: one that
is to become a book."""

PACKED_TAR_SUFFIXES = (
    *(".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz"),
    *(".tar.zst", ".tzst", ".tar.lz4", ".tar.lz", ".tar.lzma", ".tar.z"),
)

BOOK_SUFFIXES = (
    *(".cbz", ".cbr", ".cb7", ".cbt", ".cba", ".cbc", ".zip", ".rar", ".7z", ".tar", ".lzh", ".lha", ".ace"),
    *(".epub", ".pdf"),
    *PACKED_TAR_SUFFIXES,
)
"""What counts as a book inside a folder; a file that is named is looked into, whatever its suffix."""

_TAR_PACKERS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_OTHER_PACKERS = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"LZIP", b"\x1f\x9d", b"\x5d\x00\x00")
"""Zstandard, LZ4, lzip, compress and LZMA."""


def written_suffix(kind: BookKind, suffix: str) -> str:
    """Return the suffix of a coloured book: that of the book where it fits what is written, else the usual one."""
    fitting = {
        "tar": (".cbt", ".tar", *PACKED_TAR_SUFFIXES), "epub": (".epub",), "pdf": (".pdf",), "tiff": (".tif", ".tiff"),
    }.get(kind, (".cbz", ".zip", ".cbc"))  # fmt: skip
    return suffix if suffix.lower() in fitting else fitting[0]


def is_book_name(name: str) -> bool:
    """Say whether a file in a folder is a book by its name."""
    return name.lower().endswith(BOOK_SUFFIXES)


def book_kind(path: Path) -> BookKind | None:
    """Say by its content what kind of book a file is; None for none. A TIFF of one page is a picture.

    Raises:
        BadInputError: It cannot be read, or is of a kind that nothing here can read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1024)
            kind = _kind_at_start(head)
            if kind == "tiff":
                return "tiff" if holds_pages(path) else None
            if kind is not None:
                return kind
            if picture_kind(head) is not None and not is_book_name(path.name):
                return None
            if has_directory(path):  # whatever stands before it
                return "zip"
            head += file.read(HEAD_BYTES - len(head))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.", advice="Check its permissions.") from error
    if head[7:14] == b"**ACE**":
        raise BadInputError(
            f"{path} is an ACE archive, which cannot be read.", advice="Unpack it and colour the folder."
        )
    if not is_book_name(path.name) and head[:2] != b"MZ" and head[:4] != b"\x7fELF":
        return None
    _, format = first_archive(head)
    if format == "all":
        return "zip" if LOCAL in head else None
    return "7z" if format == "7zip" else "rar"


def _kind_at_start(head: bytes) -> BookKind | None:
    if head.startswith((LOCAL, END, DESCRIPTOR, b"PK00" + LOCAL)):
        return "zip"
    if head.startswith(RAR):
        return "rar"
    if head.startswith(SEVENZIP):
        return "7z"
    if is_tiff(head):
        return "tiff"
    if b"%PDF-" in head:
        return "pdf"
    if is_tar_head(head) or head.startswith(_TAR_PACKERS):
        return "tar"
    is_lha = head[2:5] == b"-lh" and head[6:7] == b"-"
    return "packed" if is_lha or head.startswith(_OTHER_PACKERS) else None


def open_container(path: Path, kind: BookKind, *, password: str | None, limits: Limits | None) -> Container:
    """Open a book as the list of its entries.

    Args:
        path: The book.
        kind: From `book_kind`.
        password: Of an encrypted archive.
        limits: What it may ask of the machine.

    Raises:
        BadInputError: It is damaged, exceeds the limits, or its kind is not supported.
        UsageError: It needs a library that is not installed.
    """
    if kind == "pdf":
        from mangacolor.books.pdf import PdfContainer

        return PdfContainer(path, password=password, limits=limits)
    if kind in ("zip", "epub"):
        return ZipContainer(path, password=password, limits=limits)
    if kind == "tar":
        return TarContainer(path, limits=limits)
    if kind == "tiff":
        return TiffContainer(path, limits=limits)
    return UnpackedContainer(path, limits=limits)


def is_epub(container: Container) -> bool:
    """Say whether a ZIP archive is an EPUB, also one whose parts are not in the order that the standard asks for."""
    for entry in container.entries:
        if entry.name == "mimetype" and entry.size <= 64:
            try:
                return container.read(entry.index).strip() == b"application/epub+zip"
            except BadInputError:
                return False
    return False
