"""Headers of TAR archives that ask for no more than a writer can have meant, also of files with holes."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, cast

_LONG_HEADERS = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_MOST_HEADER_BYTES = 16 << 20
"""Of all headers of an entry that say a long name and the like: `tarfile` reads them whole, however long they are."""

_MOST_MAP_BYTES = 1 << 20
"""Of the list of what lies between holes, which takes a hundred times as much memory; a page has hardly one hole."""

MOST_FACTS = 1_000_000
"""Of all entries together: pieces between holes, and what PAX headers say. Ten for each of very many entries."""


class MeasuredInfo(tarfile.TarInfo):
    """An entry whose further headers are no longer than they can have a reason to be.

    `tarfile` lets subclasses replace how a kind of header is processed; `archive.offset` is where the headers of the
    entry at hand begin until all of them are read.
    """

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _LONG_HEADERS:
            length = cast("IO[bytes]", archive.fileobj).tell() - archive.offset + self.size
            if not 0 <= self.size <= length <= _MOST_HEADER_BYTES:
                raise tarfile.ReadError(f"a header of {length >> 20} MB is no header")
        return cast("tarfile.TarInfo", super()._proc_member(archive))  # type: ignore[misc]

    def _proc_sparse(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        with _short_reads(archive):
            return cast("tarfile.TarInfo", super()._proc_sparse(archive))  # type: ignore[misc]

    def _proc_gnusparse_01(self, entry: tarfile.TarInfo, said: Mapping[str, str]) -> None:
        _see_map(len(said["GNU.sparse.map"]))
        super()._proc_gnusparse_01(entry, said)  # type: ignore[misc]

    def _proc_gnusparse_10(self, entry: tarfile.TarInfo, said: Mapping[str, str], archive: tarfile.TarFile) -> None:
        with _short_reads(archive):
            super()._proc_gnusparse_10(entry, said, archive)  # type: ignore[misc]


def see_sizes(info: tarfile.TarInfo, end: int) -> None:
    """Refuse an entry whose sizes contradict each other; what it is read by is then in order.

    Args:
        info: The entry; empty pieces between its holes are taken out.
        end: Where what the archive holds of it ends, in bytes from the start of the unpacked archive.

    Raises:
        tarfile.ReadError: A size or a list of holes cannot be meant: holes out of order or past the end, or more or
            less data than they leave.
    """
    packed, place, data = end - info.offset_data, 0, info.size
    if info.sparse is not None:
        pieces = [(start, count) for start, count in pieces_of(info) if count]
        info.sparse = cast("Any", pieces)
        for start, count in pieces:
            if start < place or count < 0:
                raise tarfile.ReadError("its holes are out of order")
            place = start + count
        data = sum(count for _, count in pieces)
        if data > packed:
            raise tarfile.ReadError("it has less data than its holes leave")
    # An entry may not hide what it holds: that is what skipping it has to unpack.
    if not 0 <= place <= info.size or packed < 0 or packed > data + _MOST_MAP_BYTES:
        raise tarfile.ReadError("its sizes contradict each other")


def pieces_of(info: tarfile.TarInfo) -> list[tuple[int, int]]:
    """Return which parts of an entry have data in the archive: where each begins in the unpacked file, its bytes."""
    return [(0, info.size)] if info.sparse is None else cast("list[tuple[int, int]]", info.sparse)


def facts_of(info: tarfile.TarInfo) -> int:
    """Count what is kept of an entry besides its name; see `MOST_FACTS`."""
    return len(info.sparse or ()) + len(info.pax_headers)


def _see_map(length: int) -> None:
    if length > _MOST_MAP_BYTES:
        raise tarfile.ReadError("its list of holes is longer than files have")


@contextmanager
def _short_reads(archive: tarfile.TarFile) -> Iterator[None]:
    """Refuse to read on in a list of holes that does not end."""
    file = cast("IO[bytes]", archive.fileobj)
    archive.fileobj = cast("Any", _Short(file))
    try:
        yield
    finally:
        archive.fileobj = file


class _Short:
    """A file of which no more is read than a list of holes may have."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._length = 0
        self.tell = file.tell

    def read(self, count: int) -> bytes:
        self._length += count
        _see_map(self._length)
        return self._file.read(count)
