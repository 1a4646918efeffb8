"""The frames of a TIFF file, copied from one file to another without unpacking their pixels (TIFF 6.0, BigTIFF)."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from mangacolor.errors import BadInputError, reason_of
from mangacolor.image.formats import TIFF_ITEM_BYTES, picture_kind

ByteOrder = Literal["<", ">"]

_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 273, 279, 324, 325
_SUBFILE_TYPE, _COMPRESSION, _OLD_JPEG = 254, 259, 6
_POINTERS = {288, 330, 400, 513, 519, 520, 521, 34665, 34853, 40965}
"""Tags that say where in the file something else lies; it is not copied, so they are not either."""

_SHORT, _LONG, _LONG8 = 3, 4, 16
_WORD_BYTES = {**TIFF_ITEM_BYTES, 5: 4, 10: 4}
"""What turns around with the byte order: a fraction is two words."""

_MOST_TAG_BYTES = 256 << 20
"""Of all frames together, in a smaller file: frames may share what is large, such as a profile, and each holds it."""

CLASSIC_BYTES = (1 << 32) - (1 << 20)
"""What is larger, with room for tags, must be a BigTIFF."""


@dataclass(frozen=True)
class Frame:
    """One frame of a TIFF file.

    Attributes:
        tags: Type and value of each tag, as they lie in the file; none that points elsewhere in it.
        blocks: Place and size of each strip or tile of pixels.
        is_tiled: Whether they are tiles.
        order: Byte order of the values.
    """

    tags: Mapping[int, tuple[int, bytes]]
    blocks: tuple[tuple[int, int], ...]
    is_tiled: bool
    order: ByteOrder

    @property
    def is_page(self) -> bool:
        """Say whether it is no smaller copy of another frame."""
        return not _numbers(self.tags.get(_SUBFILE_TYPE), self.order, default=0)[0] & 1


def is_tiff(start: bytes) -> bool:
    """Say whether a file begins as TIFF does."""
    return picture_kind(start) == "tif"


def read_frames(file: BinaryIO, *, most: int) -> tuple[list[Frame], ByteOrder, bool]:
    """List the frames of a file.

    Args:
        file: Open for reading.
        most: Stop after one frame more than this.

    Returns:
        The frames, the byte order, and whether it is a BigTIFF.

    Raises:
        BadInputError: It is damaged.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(16)
    order: ByteOrder = "<" if start[:2] == b"II" else ">"
    is_big = start[2:4] in (b"+\0", b"\0+")
    frames: list[Frame] = []
    try:
        place = struct.unpack(order + "Q", start[8:16])[0] if is_big else struct.unpack(order + "L", start[4:8])[0]
        seen: set[int] = set()
        room = max(_MOST_TAG_BYTES, length)
        while place and place not in seen and len(frames) <= most:
            seen.add(place)
            frame, place = _read_frame(file, place, order, is_big=is_big, length=length)
            frames.append(frame)
            room -= sum(len(value) for _, value in frame.tags.values()) + 8 * len(frame.blocks)
            if room < 0:
                raise ValueError("its tags are larger than the file")
    except (struct.error, ValueError, OverflowError) as error:
        raise BadInputError(f"Frame {len(frames) + 1} of the TIFF is damaged: {reason_of(error)}.") from error
    return frames, order, is_big


def _read_frame(file: BinaryIO, place: int, order: ByteOrder, *, is_big: bool, length: int) -> tuple[Frame, int]:
    """Read the list of tags at a place, and where the next one lies."""
    file.seek(place)
    count_form, entry_form, inline = ("Q", "HHQ8s", 8) if is_big else ("H", "HHL4s", 4)
    count = _unpack(file, order + count_form)[0]
    if count * 12 > length:
        raise ValueError("it has more tags than fit into the file")
    entries = [_unpack(file, order + entry_form) for _ in range(count)]
    following: int = _unpack(file, order + ("Q" if is_big else "L"))[0]
    tags: dict[int, tuple[int, bytes]] = {}
    held = 0
    for code, kind, items, value in entries:
        size = items * TIFF_ITEM_BYTES.get(kind, 0)
        if not size or code in _POINTERS:
            continue
        held += size
        if held > length:
            raise ValueError("its values are larger than the file")
        if size > inline:
            file.seek(struct.unpack(order + ("Q" if is_big else "L"), value)[0])
            tags[code] = kind, _read(file, size)
        else:
            tags[code] = kind, value[:size]
    if _numbers(tags.get(_COMPRESSION), order, default=1)[0] == _OLD_JPEG:
        raise ValueError("it is stored in a way that is obsolete (JPEG of TIFF 6.0)")
    is_tiled = _TILES in tags
    places = _numbers(tags.pop(_TILES if is_tiled else _STRIPS, None), order)
    sizes = _numbers(tags.pop(_TILE_SIZES if is_tiled else _STRIP_SIZES, None), order)
    if not places or len(places) != len(sizes) or sum(sizes) > length:
        raise ValueError("its pixels are not where it says")
    return Frame(tags, tuple(zip(places, sizes, strict=True)), is_tiled, order), following


class FrameWriter:
    """Writes frames one after the other into a new file.

    Args:
        sink: Open for writing, empty.
        order: Byte order of the file; that of its frames, if they hold samples of more than 8 bits.
        is_big: Write a BigTIFF, which may be larger than 4 GB.
    """

    def __init__(self, sink: BinaryIO, *, order: ByteOrder, is_big: bool) -> None:
        self._sink, self._order, self._is_big = sink, order, is_big
        sink.write(b"II" if order == "<" else b"MM")
        sink.write(struct.pack(order + "HHH", 43, 8, 0) if is_big else struct.pack(order + "H", 42))
        self._link = sink.tell()  # where the place of the next frame is to be written
        self._put_place(0)

    def add(self, source: BinaryIO, frame: Frame) -> None:
        """Copy a frame of another file.

        Raises:
            ValueError: The source ends too early.
        """
        places = []
        for place, size in frame.blocks:
            places.append(self._aligned())
            source.seek(place)
            self._sink.write(_read(source, size))
        tags = {
            code: (kind, _turned(kind, value, frame.order, self._order)) for code, (kind, value) in frame.tags.items()
        }
        wide = _LONG8 if self._is_big else _LONG
        tags[_TILES if frame.is_tiled else _STRIPS] = wide, self._packed(places)
        sizes = [size for _, size in frame.blocks]
        tags[_TILE_SIZES if frame.is_tiled else _STRIP_SIZES] = wide, self._packed(sizes)
        self._put_tags(tags)

    def _put_tags(self, tags: Mapping[int, tuple[int, bytes]]) -> None:
        inline = 8 if self._is_big else 4
        entries = []
        for code, (kind, value) in sorted(tags.items()):
            held = value
            if len(value) > inline:
                held = self._packed([self._aligned()])
                self._sink.write(value)
            count = len(value) // TIFF_ITEM_BYTES[kind]
            form = "HHQ8s" if self._is_big else "HHL4s"
            entries.append(struct.pack(self._order + form, code, kind, count, held))
        here = self._aligned()
        self._sink.seek(self._link)
        self._put_place(here)
        self._sink.seek(here)
        self._sink.write(struct.pack(self._order + ("Q" if self._is_big else "H"), len(entries)))
        self._sink.write(b"".join(entries))
        self._link = self._sink.tell()
        self._put_place(0)

    def _packed(self, numbers: list[int]) -> bytes:
        return struct.pack(f"{self._order}{len(numbers)}{'Q' if self._is_big else 'L'}", *numbers)

    def _put_place(self, place: int) -> None:
        self._sink.write(self._packed([place]))

    def _aligned(self) -> int:
        """Go to the end, which is to be an even place, and return it."""
        end = self._sink.seek(0, io.SEEK_END)
        self._sink.write(b"\0" * (end % 2))
        return end + end % 2


def _numbers(tag: tuple[int, bytes] | None, order: ByteOrder, *, default: int | None = None) -> tuple[int, ...]:
    """Return the whole numbers of a tag."""
    if tag is None:
        return () if default is None else (default,)
    kind, value = tag
    form = {1: "B", _SHORT: "H", _LONG: "L", 13: "L", _LONG8: "Q"}.get(kind)
    if form is None:
        raise ValueError("a tag is not of the type it should be")
    return struct.unpack(f"{order}{len(value) // TIFF_ITEM_BYTES[kind]}{form}", value)


def _turned(kind: int, value: bytes, before: ByteOrder, after: ByteOrder) -> bytes:
    """Return a value in another byte order."""
    word = _WORD_BYTES[kind]
    if before == after or word == 1:
        return value
    return b"".join(value[start : start + word][::-1] for start in range(0, len(value), word))


def _unpack(file: BinaryIO, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, _read(file, struct.calcsize(form)))


def _read(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise ValueError("the file ends too early")
    return data
