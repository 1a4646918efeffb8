"""Many pages: read, colour, write, and report each; one bad page stops nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mangacolor.errors import BadInputError, OutOfMemoryError
from mangacolor.image import encode
from mangacolor.inference.colorizer import Colorizer
from mangacolor.pages import FolderSink, FolderSource, PageEntry
from mangacolor.pages.source import FileSource

FORMAT_NAMES = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}

Status = Literal["colored", "already_colored", "blank", "text_only", "skipped", "failed"]


@dataclass(frozen=True)
class PageResult:
    """What became of one page.

    Attributes:
        source: The input that the user named.
        name: Name of the page within it.
        output: Where its output lies, or would have.
        status: `colored`; `already_colored`, `blank` or `text_only` (copied unchanged); `skipped` (its output was
            there); `failed`.
        seconds: Time spent on it.
        error: What went wrong, with advice; empty unless it failed.
    """

    source: Path
    name: str
    output: Path
    status: Status
    seconds: float = 0.0
    error: str = ""


def colorize_pages(
    colorizer: Colorizer,
    sources: Sequence[FileSource | FolderSource],
    sinks: Sequence[FolderSink],
    *,
    quality: int = 92,
    overwrite: bool = False,
) -> Iterator[PageResult]:
    """Colour every page of every source into its sink, yielding a result for each as it is done.

    A page that cannot be read or coloured becomes a `failed` result and the next one follows; an
    output that cannot be written ends the run, since the next one could not be written either.

    Raises:
        CannotWriteError: An output could not be written.
    """
    for source, sink in zip(sources, sinks, strict=True):
        for entry in source:
            output = sink.path(entry.name)
            if not overwrite and sink.exists(entry.name):
                yield PageResult(source.path, entry.name, output, "skipped")
                continue
            started = time.monotonic()
            try:
                status = _colorize_entry(colorizer, entry, sink, quality)
            except (BadInputError, OutOfMemoryError) as error:
                yield PageResult(source.path, entry.name, output, "failed", time.monotonic() - started, str(error))
            else:
                yield PageResult(source.path, entry.name, output, status, time.monotonic() - started)


def _colorize_entry(colorizer: Colorizer, entry: PageEntry, sink: FolderSink, quality: int) -> Status:
    page = entry.load()
    image, outcome = colorizer.colorize_page(page.image)
    format = sink.file_format(entry.name)
    if outcome != "colored" and page.data and FORMAT_NAMES.get(page.image.format) == format:
        sink.write(page, page.data)
    else:
        sink.write(page, encode(image, format=format, quality=quality))
    return outcome
