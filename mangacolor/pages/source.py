"""Where pages come from: single files and folders today, archives and books behind the same protocol."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from natsort import natsort_keygen, ns

from mangacolor.errors import BadInputError
from mangacolor.image import decode, read_bytes
from mangacolor.pages.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif")
"""What counts as a page inside a folder. All are listed whatever this Pillow can read: a page that fails is heard of,
a page that is passed over is lost."""

ARCHIVE_SUFFIXES = (".cbz", ".cbr", ".cb7", ".cbt", ".zip", ".rar", ".7z", ".tar", ".pdf", ".epub")

_natural = natsort_keygen(alg=ns.IGNORECASE | ns.PATH)


class PageEntry(Protocol):
    """A page that has been found and not yet read."""

    @property
    def name(self) -> str:
        """Path relative to the source, with forward slashes."""

    def load(self) -> Page:
        """Read and decode the page.

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

    def load(self) -> Page:
        """Read and decode the file.

        Raises:
            BadInputError: It is missing, not a picture, or damaged.
        """
        data = read_bytes(self.path)
        return Page(self.name, decode(data, name=str(self.path)), data)


@dataclass(frozen=True)
class FileSource:
    """One file that the user named; its content decides whether it is a picture, not its suffix."""

    path: Path

    def __iter__(self) -> Iterator[FileEntry]:
        yield FileEntry(self.path.name, self.path)

    def __len__(self) -> int:
        return 1


@dataclass(frozen=True)
class FolderSource:
    """All pictures in a folder and the folders below, in natural order."""

    path: Path
    names: tuple[str, ...]

    def __iter__(self) -> Iterator[FileEntry]:
        return (FileEntry(name, self.path / name) for name in self.names)

    def __len__(self) -> int:
        return len(self.names)


def open_source(path: Path, *, skip: Path | None = None) -> FileSource | FolderSource:
    """Find the pages of a file or folder without reading them.

    In folders, hidden entries, `__MACOSX` and whatever has no image suffix are passed over. Linked folders are followed
    once, so that a loop ends.

    Args:
        path: A picture file, or a folder with pictures anywhere below.
        skip: A folder whose content is no input, because the run writes there.

    Raises:
        BadInputError: Nothing is there, the folder holds no pictures, or it is a kind of file that is not supported.
    """
    if path.is_dir():
        return _open_folder(path, skip)
    if not path.exists():
        raise BadInputError(f"{path} does not exist.", advice="Check the spelling, and quote names with spaces.")
    if path.suffix.lower() in ARCHIVE_SUFFIXES:
        raise BadInputError(
            f"{path}: {path.suffix} files are not supported yet.",
            advice="Unpack it into a folder and colour the folder.",
        )
    if not path.is_file():
        raise BadInputError(f"{path} is neither a file nor a folder.", advice="Name a picture or a folder of pictures.")
    return FileSource(path)


def _open_folder(path: Path, skip: Path | None) -> FolderSource:
    """List a folder in reading order."""
    skipped = skip.resolve() if skip is not None else None
    # Writing into the input folder itself is refused by name later; skipping it here would call the folder empty.
    seen = {skipped} if skipped is not None and skipped != path.resolve() else set()
    try:
        names = [file.relative_to(path).as_posix() for file in _walk(path, seen)]
    except OSError as error:
        raise BadInputError(
            f"{error.filename or path} cannot be listed: {error.strerror or error}.", advice="Check its permissions."
        ) from error
    if not names:
        endings = " ".join(suffix[1:] for suffix in IMAGE_SUFFIXES)
        raise BadInputError(
            f"{path} holds no pictures.", advice=f"Pages must end in one of: {endings}. Archives must be unpacked."
        )
    # Names that differ only in case need the second key for an order that is the same on every system.
    return FolderSource(path, tuple(sorted(names, key=lambda name: (_natural(name), name))))


def _walk(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the picture files of a folder tree; `seen` holds the real folders not to enter (again)."""
    real = folder.resolve()
    if real in seen:
        return
    seen.add(real)
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        if entry.is_dir():
            yield from _walk(entry, seen)
        # A dangling link is listed, so that its failure is reported; a pipe or socket would block the reader.
        elif entry.suffix.lower() in IMAGE_SUFFIXES and (entry.is_file() or entry.is_symlink()):
            yield entry
