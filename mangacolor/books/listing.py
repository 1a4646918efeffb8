"""What is in a folder: the names of its pictures, books or all files, in reading order; none of them is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.books.book_kinds import is_book_name
from mangacolor.books.files import long_path
from mangacolor.books.looks import is_junk, is_page, reading_order, wants_a_look
from mangacolor.errors import BadInputError
from mangacolor.image.formats import START_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def list_names(
    path: Path,
    skip: Path | None,
    unlisted: list[tuple[Path, BadInputError]] | None = None,
    *,
    with_books: bool,
) -> tuple[str, ...]:
    """List the pictures of a folder and the folders below, and their books if they are wanted, in reading order.

    Args:
        path: The folder.
        skip: A folder below that is passed over.
        unlisted: Takes the folders below that cannot be listed; None makes them errors.
        with_books: Whether books are wanted.

    Raises:
        BadInputError: A folder cannot be listed.
    """
    skipped = skip.resolve() if skip is not None else None
    # Writing into the input folder itself is refused by name later; skipping it here would call the folder empty.
    seen = {skipped} if skipped is not None and skipped != path.resolve() else set()

    def refuse(folder: Path, error: OSError) -> None:
        problem = _cannot_list(folder, error)
        if unlisted is None or folder == long_path(path):
            raise problem from error
        unlisted.append((folder, problem))

    def is_wanted(file: Path) -> bool:
        return with_books if is_book_name(file.name) else _is_picture(file)

    return _in_order(_walk(long_path(path), "", seen, is_wanted, refuse))


def list_files(path: Path) -> tuple[str, ...]:
    """List all files of a folder and the folders below but what is hidden, in reading order.

    Raises:
        BadInputError: A folder cannot be listed.
    """

    def refuse(folder: Path, error: OSError) -> None:
        raise _cannot_list(folder, error) from error

    return _in_order(_walk(long_path(path), "", set(), lambda file: True, refuse))


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=reading_order))


def _cannot_list(folder: Path, error: OSError) -> BadInputError:
    return BadInputError(
        f"{error.filename or folder} cannot be listed: {error.strerror or error}.", advice="Check its permissions."
    )


def _is_picture(file: Path) -> bool:
    return is_page(file.name, start_of(file) if wants_a_look(file.name) else b"")


def _walk(
    folder: Path, above: str, seen: set[Path], is_wanted: Callable[[Path], bool],
    refuse: Callable[[Path, OSError], None],
) -> Iterator[str]:  # fmt: skip
    """Yield the names of files of a folder tree.

    Args:
        folder: Where; by the paths of `long_path`, as are all below.
        above: What their names begin with.
        seen: Holds the real folders not to enter (again).
        is_wanted: Says whether one is.
        refuse: Told of each folder that cannot be listed.
    """
    try:
        real = folder.resolve()
        if real in seen:
            return
        seen.add(real)
        entries = [(entry, entry.is_dir()) for entry in map(long_path, sorted(folder.iterdir()))]
    except OSError as error:
        refuse(folder, error)
        return
    for entry, is_folder in entries:
        if is_junk(entry.name):
            continue
        if is_folder:
            yield from _walk(entry, f"{above}{entry.name}/", seen, is_wanted, refuse)
        elif is_wanted(entry) and _may_be_read(entry):
            yield f"{above}{entry.name}"


def _may_be_read(path: Path) -> bool:
    """Leave out pipes and sockets and links to them, which would block; a dangling link is listed, so that it fails."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def start_of(path: Path) -> bytes:
    """Return how a file begins; nothing where it cannot be read, and no longer looks like a page."""
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(START_BYTES)
    except OSError:
        pass
    return b""
