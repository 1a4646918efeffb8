"""A whole book, coloured as `mangacolor colorize` does it, its pages by way of the server's queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mangacolor.books import open_sinks

if TYPE_CHECKING:
    from mangacolor.books import FolderSink, FormatChoice, Source
    from mangacolor.books.book_sink import BookSink
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.page_cache import PageCache
    from mangacolor.colorize.page_work import PageResult
    from mangacolor.web.queued_colorizer import QueuedColorizer


def color_book(
    painter: QueuedColorizer,
    source: Source,
    output: Path,
    *,
    max_pixels: int,
    cache: PageCache | None,
    on_output: Callable[[Path], None],
    format: FormatChoice = "keep",
    on_sinks: Callable[[Sequence[FolderSink | BookSink]], None] = lambda sinks: None,
) -> Iterator[PageResult]:
    """Yield the pages of a book as they are done; runs in a thread of its own.

    Args:
        painter: Has the queue.
        source: The book.
        output: Where it goes.
        max_pixels: Larger pages stay as they are.
        cache: Pages that need not be coloured again; None for none.
        on_output: Called with the book once it is whole.
        format: File format of its pages.
        on_sinks: Called before the first page with what writes the book.

    Raises:
        CannotWriteError: No right or no space.
        GivenUp: Nobody wants the book, or the server is about to stop.
    """
    from mangacolor.colorize.run import colorize_pages

    placed = open_sinks([source], output, format=format)
    sinks = [replace(sink, elsewhere="--cache") for sink in placed]
    on_sinks(sinks)
    # A run that neither looks at books first nor follows a series needs no more of a colouriser than this one has.
    yield from colorize_pages(
        cast("Colorizer", painter), [source], sinks, max_pixels=max_pixels, cache=cache, on_output=on_output
    )
