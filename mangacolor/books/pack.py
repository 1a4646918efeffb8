"""Packs: archives that hold books, whose pages are coloured where they lie."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from mangacolor.books.book_kinds import BookKind, book_kind, is_book_name, is_epub, open_container, written_suffix
from mangacolor.books.containers import Container, Entry, Limits, Replacement, Room, TooMuchInsideError
from mangacolor.books.files import cannot_write
from mangacolor.books.looks import is_junk, is_page
from mangacolor.books.scratch import scratch_folder
from mangacolor.errors import BadInputError

MOST_LEVELS = 3
"""How deep books may lie in books; what lies deeper stays as it is."""


@dataclass(frozen=True)
class _Inner:
    """A book inside another, opened."""

    entry: Entry
    kind: BookKind
    container: Container


class _Keeper:
    """With it goes the folder of unpacked books."""


class PackContainer:
    """An archive with the entries of the books inside it in place of those, under the names of the books.

    Args:
        path: The archive.
        outer: Its own entries.
        inner: The books among them, by their place.
        broken: What is wrong with those that could not be opened, by their place; they stay as they are.
        keeper: Held as long as the books are needed.
    """

    def __init__(
        self, path: Path, outer: Container, inner: Mapping[int, _Inner], broken: Mapping[int, str], keeper: object
    ) -> None:
        self.path = path
        self._outer, self._inner, self._keeper = outer, inner, keeper
        self._places: list[tuple[int, int | None]] = []
        entries: list[Entry] = []
        for entry in outer.entries:
            book = inner.get(entry.index)
            # Folders of inner books are left out, so that a RAR counts like the ZIP that it becomes.
            found: list[Entry | None] = [one for one in book.container.entries if one.is_file] if book else [None]
            for one in found:
                self._places.append((entry.index, None if one is None else one.index))
                listed = entry if one is None else replace(one, name=f"{entry.name}/{one.name}")
                entries.append(replace(listed, index=len(entries)))
        self.entries = tuple(entries)
        self._broken = {self._places.index((index, None)): reason for index, reason in broken.items()}

    def read(self, index: int) -> bytes:
        """Unpack an entry; see `Container`."""
        outside, inside = self._places[index]
        return self._outer.read(outside) if inside is None else self._inner[outside].container.read(inside)

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> dict[int, str]:
        """Write the archive anew, and those books inside it that have changed; see `Container`."""
        outside: dict[int, Replacement] = {}
        inside: dict[int, dict[int, Replacement]] = {}
        for index, one in replacements.items():
            behind = (len(self._outer.entries) + index - len(self._places), None)
            place, within = self._places[index] if index < len(self._places) else behind
            if within is None:
                outside[place] = one
            else:
                name = one.name.removeprefix(f"{self._inner[place].entry.name}/")
                inside.setdefault(place, {})[within] = Replacement(name, one.path)
        damaged = dict(self._broken)
        made: list[Path] = []
        try:
            for place, changed in inside.items():
                book = self._inner[place]
                made.append(target.with_name(f"{target.name}-{place}"))
                wrong = book.container.rewrite(made[-1], changed)
                damaged |= {self._places.index((place, within)): reason for within, reason in wrong.items()}
                outside[place] = Replacement(self._new_name(book), made[-1])
            wrong = self._outer.rewrite(target, outside)
            damaged |= {self._places.index((place, None)): reason for place, reason in wrong.items()}
        finally:
            for path in made:
                path.unlink(missing_ok=True)
        return damaged

    def _new_name(self, book: _Inner) -> str:
        name = PurePosixPath(book.entry.name)
        new = name.with_suffix(written_suffix(book.kind, name.suffix)).as_posix()
        is_taken = new != book.entry.name and any(new == entry.name for entry in self._outer.entries)
        return f"{book.entry.name}{written_suffix(book.kind, '')}" if is_taken else new


def open_books_inside(
    container: Container, path: Path, *, password: str | None, limits: Limits | None, level: int = 1
) -> Container:
    """Open the books inside an archive, if there are any.

    Args:
        container: The archive.
        path: Where it is, for messages.
        password: Of encrypted books.
        limits: What each of them may ask of the machine; all together, and with the archive, they may unpack to what
            the outermost archive may by itself.
        level: How deep this one lies.

    Returns:
        The archive with their pages among its own; itself where there are no books.

    Raises:
        TooMuchInsideError: They unpack to far more than the outermost archive.
        BadInputError: None of them can be opened and it holds no pages.
        CannotWriteError: They cannot be unpacked into the system's folder for temporary files.
        UsageError: One needs a library that is not installed.
    """
    books = [one for one in container.entries if one.is_file and is_book_name(one.name) and not is_junk(one.name)]
    if not books or level > MOST_LEVELS:
        return container
    limits = limits or Limits()
    room = limits.room
    if room is None:
        room = Room(path, limits)
        room.left = max(0, room.left - _said(container))
        limits = replace(limits, room=room)
    keeper = _Keeper()
    try:
        folder, drop = scratch_folder(keeper)
    except OSError as error:
        raise cannot_write(Path(tempfile.gettempdir()), error, elsewhere="$TMPDIR") from error
    inner: dict[int, _Inner] = {}
    broken: dict[int, str] = {}
    try:
        for entry in books:
            try:
                file = folder / f"{entry.index}{PurePosixPath(entry.name).suffix}"
                data = container.read(entry.index)
                room.take(max(0, len(data) - entry.size))  # what the archive says of it has been counted
                file.write_bytes(data)
                kind = book_kind(file)
                if kind is None:
                    raise BadInputError(f"{file} is no archive, whatever its name says.")
                opened = open_container(file, kind, password=password, limits=limits)
                if kind == "zip" and is_epub(opened):
                    raise BadInputError(f"{file} is an EPUB inside an archive.", advice="Colour it by itself.")
                room.take(_said(opened))
                opened = open_books_inside(opened, file, password=password, limits=limits, level=level + 1)
                inner[entry.index] = _Inner(entry, kind, opened)
            except TooMuchInsideError:
                raise
            except BadInputError as error:
                broken[entry.index] = str(error).replace(str(file), f"{path}: {entry.name}")
    except OSError as error:
        drop()
        raise cannot_write(folder, error, needed=sum(one.size for one in books), elsewhere="$TMPDIR") from error
    except BaseException:
        drop()
        raise
    if not inner and not any(one.is_file and is_page(one.name, one.start) for one in container.entries):
        drop()
        raise BadInputError("\n".join(broken.values()))
    return PackContainer(path, container, inner, broken, keeper)


def _said(container: Container) -> int:
    """Return to how many bytes an archive unpacks by what it says of its entries."""
    return sum(entry.size for entry in container.entries)
