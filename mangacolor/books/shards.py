"""Dividing a library among workers that know nothing of each other: each takes what falls to it by name."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mangacolor.books.book_kinds import is_book_name
from mangacolor.books.naming import same_file
from mangacolor.books.source import FolderSource, Source
from mangacolor.errors import UsageError


@dataclass(frozen=True)
class Shard:
    """The part `number`, from 1, of `count`."""

    number: int
    count: int

    def has(self, name: str) -> bool:
        """Say whether what has this name, relative to what is divided, belongs to this part.

        It does for exactly one number, on every machine, whatever else there is.
        """
        key = unicodedata.normalize("NFC", name).encode("utf-8", "surrogateescape")
        return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") % self.count == self.number - 1

    def part_of(self, source: Source, root: Path) -> Source | None:
        """Return what of a source belongs to this part: a book whole or not at all, a folder some of its pages.

        Args:
            source: Found at or below `root`.
            root: What the user named. Names count from there, so that the library may lie elsewhere on every machine.
        """
        if isinstance(source, FolderSource):
            names = tuple(name for name in source.names if self.has(name))
            return dataclasses.replace(source, names=names) if names else None
        return source if self.has(name_below(source.path, root)) else None


def name_below(path: Path, root: Path) -> str:
    """Return the name of a path as seen from a root, the plain name of the root itself."""
    return path.name if path == root else path.relative_to(root).as_posix()


def parse_shard(text: str) -> Shard:
    """Read `K/N`, part K of N.

    Raises:
        UsageError: It is no such thing, or K is not from 1 to N.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"`{text}` is no part of anything.", advice="Write --shard 2/8 for the second of eight parts.")
    return Shard(int(match[1]), int(match[2]))


def small_parts(names: Iterable[str], most: int) -> Iterator[tuple[str, ...]]:
    """Divide the names of a library into small parts that can be coloured apart from each other.

    Names that begin alike up to the first dot stay together, since their outputs may want one name. Each such group
    with a book in it is a part; pages of one folder are parts of about `most`.

    Args:
        names: Pictures and books, from `list_library`.
        most: Loose pages of a part, from which on it gets no more.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for name in names:
        folder, _, last = name.rpartition("/")
        groups.setdefault((folder, same_file(last.partition(".")[0])), []).append(name)
    loose: dict[str, list[str]] = {}
    for (folder, _), group in groups.items():
        if any(is_book_name(name) for name in group):
            yield tuple(group)
            continue
        pages = loose.setdefault(folder, [])
        pages += group
        if len(pages) >= most:
            yield tuple(loose.pop(folder))
    yield from map(tuple, loose.values())
