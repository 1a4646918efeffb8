"""What is in a folder: the names of its pictures and books, in reading order; none of them is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.books.book_kinds import is_book_name
from mangacolor.books.looks import is_junk, is_page, reading_order, wants_a_look
from mangacolor.errors import BadInputError
from mangacolor.image.formats import START_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
        problem = BadInputError(
            f"{error.filename or folder} cannot be listed: {error.strerror or error}.", advice="Check its permissions."
        )
        if unlisted is None or folder == path:
            raise problem from error
        unlisted.append((folder, problem))

    names = [file.relative_to(path).as_posix() for file in _walk(path, seen, with_books, refuse)]
    return tuple(sorted(names, key=reading_order))


def _walk(folder: Path, seen: set[Path], with_books: bool, refuse: Callable[[Path, OSError], None]) -> Iterator[Path]:
    """Yield the pictures of a folder tree.

    Args:
        folder: Where.
        seen: Holds the real folders not to enter (again).
        with_books: Yield its books, too.
        refuse: Told of each folder that cannot be listed.
    """
    try:
        real = folder.resolve()
        if real in seen:
            return
        seen.add(real)
        entries = [(entry, entry.is_dir()) for entry in sorted(folder.iterdir())]
    except OSError as error:
        refuse(folder, error)
        return
    for entry, is_folder in entries:
        if is_junk(entry.name):
            continue
        if is_folder:
            yield from _walk(entry, seen, with_books, refuse)
        elif is_book_name(entry.name):
            if with_books and _may_be_read(entry):
                yield entry
        elif is_page(entry.name, start_of(entry) if wants_a_look(entry.name) else b"") and _may_be_read(entry):
            yield entry


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
