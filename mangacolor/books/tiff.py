"""TIFF files of several pages."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from mangacolor.books.containers import Entry, Limits, Replacement, check_limits, telling
from mangacolor.books.tiff_frames import CLASSIC_BYTES, FrameWriter, read_frames
from mangacolor.errors import BadInputError


class TiffContainer:
    """A TIFF file of several pages; its entries are its frames, smaller copies of pages among them."""

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.path = path
        with telling(path), path.open("rb") as file:
            self._frames, self._order, self._is_big = read_frames(file, most=limits.entries)
        digits = len(str(len(self._frames)))
        self.entries = tuple(
            Entry(index, f"page {index + 1:0{digits}}{'.tif' if frame.is_page else ''}", 0, is_file=True)
            for index, frame in enumerate(self._frames)
        )
        check_limits(path, self.entries, limits)

    def read(self, index: int) -> bytes:
        """Return a frame as a TIFF of its own; see `containers.Container`."""
        result = io.BytesIO()
        with telling(self.path, self.entries[index].name), self.path.open("rb") as source:
            # Pillow cannot read a BigTIFF whose bytes are in big-endian order.
            FrameWriter(result, order=self._order, is_big=False).add(source, self._frames[index])
        return result.getvalue()

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> dict[int, str]:
        """Write the file anew, pixels that are not replaced byte for byte; see `containers.Container`."""
        size = self.path.stat().st_size + sum(one.path.stat().st_size for one in replacements.values())
        is_big = self._is_big or size > CLASSIC_BYTES
        with self.path.open("rb") as source, target.open("xb") as sink:
            writer = FrameWriter(sink, order=self._order, is_big=is_big)
            for entry, frame in zip(self.entries, self._frames, strict=True):
                with telling(self.path, entry.name, reading_only=True):
                    if entry.index not in replacements:
                        writer.add(source, frame)
                        continue
                    with replacements[entry.index].path.open("rb") as page:
                        (replacement,), _, _ = read_frames(page, most=1)
                        writer.add(page, replacement)
        return {}


def holds_pages(path: Path) -> bool:
    """Say whether a TIFF file has more than one page; a damaged one has not.

    Raises:
        OSError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            frames, _, _ = read_frames(file, most=Limits().entries)
    except BadInputError:
        return False
    return sum(frame.is_page for frame in frames) > 1
