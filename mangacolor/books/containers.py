"""Archives as lists of entries that can be read one by one and written anew with some of them replaced."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from mangacolor.errors import BadInputError, MangacolorError, reason_of
from mangacolor.image import MAX_PIXELS, Note

_ADVICE_DAMAGED = "Copy or download the file again."
_ADVICE_PASSWORD = "Give the right one with --password."

COPY_BYTES = 1 << 20
"""How much is copied at a time."""


@dataclass(frozen=True)
class Limits:
    """What a book may ask of the machine before it is refused.

    Attributes:
        entries: Most entries of an archive.
        entry_bytes: Largest entry once unpacked.
        expansion: Unpacked size over the archive's own; asked only of books above `harmless_bytes`.
        harmless_bytes: Unpacked size that every machine can take.
        page_pixels: Largest page of a PDF that is unpacked; larger ones that are rendered come out smaller.
        room: Of a book inside another, what is left for all of them together.
    """

    entries: int = 100_000
    entry_bytes: int = 1 << 30
    expansion: int = 100
    harmless_bytes: int = 256 << 20
    page_pixels: int = MAX_PIXELS
    room: Room | None = None


class TooMuchInsideError(BadInputError):
    """A book and the books inside it unpack to more than it may: none of them is gone on with."""


class Room:
    """Bytes that a book may still unpack to, counted together with those of all books inside it.

    Args:
        path: The outermost book: its size alone decides, as a book that was unpacked may have any.
        limits: What it may ask of the machine.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._most = self.left = most_unpacked(path, limits)

    def check(self, count: int) -> None:
        """Refuse what does not fit any more.

        Raises:
            TooMuchInsideError: It does not.
        """
        if count > self.left:
            raise TooMuchInsideError(
                f"{self._path} and the books inside it unpack to more than {self._most >> 20} MB; "
                f"the limit is {self._limits.expansion} times its own size.",
                advice="This may be a zip bomb. If it is not, raise --max-expansion.",
            )

    def take(self, count: int) -> None:
        """Count what one of the books unpacks to; see `check`."""
        self.check(count)
        self.left -= count


@dataclass(frozen=True)
class Entry:
    """One entry of an archive.

    Attributes:
        index: Place in the archive.
        name: Its name with forward slashes, safe to write: relative, without `..`.
        size: Bytes once unpacked.
        is_file: Whether it holds data of its own (no folder, link or device).
        start: Its first bytes where its name does not say what it is.
        place: Of a page of a document, what is seen of it and how: its box, turn and unit.
        notes: What a coloured page in its place does not keep.
        is_locked: Whether only a password opens it, and none was given.
    """

    index: int
    name: str
    size: int
    is_file: bool
    start: bytes = b""
    place: tuple[float, ...] = ()
    notes: tuple[Note, ...] = ()
    is_locked: bool = False


@dataclass(frozen=True)
class Replacement:
    """New content for an entry: its name, and the file that holds it."""

    name: str
    path: Path


class BookState(NamedTuple):
    """What a book is known again by.

    Attributes:
        size: Bytes of it.
        changed: Moment of its last change, in nanoseconds of Unix time.
        files: Of a folder, a digest of the names, sizes and times of its files; else empty.
    """

    size: int
    changed: int
    files: str = ""


class Container(Protocol):
    """An archive of a kind that can be read."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries in the order of the archive."""

    def read(self, index: int) -> bytes:
        """Unpack an entry.

        Raises:
            BadInputError: It is damaged or encrypted with another password.
        """

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> Mapping[int, str]:
        """Write the archive to a file that does not exist, all else byte for byte.

        Args:
            target: The file.
            replacements: New content by place; behind the last place, a file to add. Documents take none.

        Returns:
            What is wrong with entries that could not be read, and went over as far as they could.

        Raises:
            BadInputError: An entry cannot be copied.
            OSError: The file cannot be written.
        """


def safe_name(name: str) -> str:
    """Return an archive's name as a relative path with forward slashes and no `..`, nor any drive of Windows.

    Where nothing is left, it is "_" for a file and "./" for a folder, whose name ends in a slash.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    while parts and len(parts[0]) == 2 and parts[0][1] == ":":
        parts = parts[1:]
    # "1: Cover.png" keeps its place among the pages, but to Windows it, too, is a file on a drive.
    if parts and parts[0][1:2] == ":":
        parts[0] = f"{parts[0][0]}_{parts[0][2:]}"
    is_folder = name.endswith("/")
    return "/".join(parts) + "/" * is_folder if parts else "./" if is_folder else "_"


def is_harmless(name: str) -> bool:
    """Say whether a name points nowhere but below the folder that an archive is unpacked in."""
    parts = name.replace("\\", "/").removesuffix("/").split("/")
    return all(part not in ("", "..") for part in parts) and parts[0][1:2] != ":"


def check_limits(path: Path, entries: tuple[Entry, ...], limits: Limits, *, packed: int = 0) -> None:
    """Refuse archives that would fill memory or disk.

    Args:
        path: The archive.
        entries: What it says of its entries.
        limits: What it may ask for.
        packed: Bytes of all entries as they are packed: those that lie over each other may come to more.

    Raises:
        BadInputError: Too many entries, one too large, or all together far larger than the archive.
    """
    if len(entries) > limits.entries:
        raise BadInputError(
            f"{path} holds {len(entries)} entries, the limit is {limits.entries}.",
            advice="Split it into several books, or raise --max-entries.",
        )
    largest = max(entries, key=lambda entry: entry.size, default=None)
    if largest is not None and largest.size > limits.entry_bytes:
        raise BadInputError(
            f"{path}: {largest.name} unpacks to {largest.size >> 20} MB, the limit is {limits.entry_bytes >> 20} MB.",
            advice="This may be a zip bomb. If it is not, raise --max-entry-mb.",
        )
    check_total(path, max(packed, sum(entry.size for entry in entries)), limits)


def most_unpacked(path: Path, limits: Limits) -> int:
    """Return how many bytes an archive may unpack to; one inside another has no more than is left for all of them."""
    own = max(limits.harmless_bytes, limits.expansion * path.stat().st_size)
    return own if limits.room is None else min(own, limits.room.left)


def check_total(path: Path, total: int, limits: Limits) -> None:
    """Refuse an archive that unpacks to more than its size lets expect.

    Raises:
        BadInputError: It does.
        TooMuchInsideError: It is one inside another, and there is less room left for it.
    """
    if total > most_unpacked(path, replace(limits, room=None)):
        raise BadInputError(
            f"{path} unpacks to {total >> 20} MB, {total // max(1, path.stat().st_size)} times its own size; "
            f"the limit is {limits.expansion} times.",
            advice="This may be a zip bomb. If it is not, raise --max-expansion.",
        )
    if limits.room is not None:
        limits.room.check(total)


@contextmanager
def telling(path: Path, entry: str = "", *, reading_only: bool = False) -> Iterator[None]:
    """Tell what is wrong with an archive in the terms of this package.

    Args:
        path: The archive.
        entry: Its entry at hand.
        reading_only: Leave errors of the operating system alone: they may be about what is written.

    Raises:
        BadInputError: For whatever the archive's reader raised.
    """
    what = f"{path}: {entry}" if entry else str(path)
    try:
        yield
    except (MangacolorError, MemoryError):
        raise
    except Exception as error:  # Readers raise nearly every kind of exception on damaged archives.
        # Decompressors call damage an OSError, too, but only the system's have a number; an invalid argument is a place
        # before the file begins, which a damaged directory sent it to.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            if reading_only:
                raise
            reason = error.strerror or str(error)
            raise BadInputError(f"{what} cannot be read: {reason}.", advice="Check its permissions.") from error
        if isinstance(error, RuntimeError) and "password" in str(error):
            raise BadInputError(f"{path} is encrypted with another password.", advice=_ADVICE_PASSWORD) from error
        raise BadInputError(f"{what} is damaged: {reason_of(error)}.", advice=_ADVICE_DAMAGED) from error
