"""Many pages: read, colour, write, and report each; one bad page stops nothing."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from mangacolor.books import PageEntry, PageSink, Source
from mangacolor.colorize import page_work
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.hints import Hint
from mangacolor.colorize.page_cache import PageCache, with_series
from mangacolor.colorize.page_work import Job, KeptPages, PageResult, Timed, Written, color_together, write
from mangacolor.colorize.series_colours import SeriesColours
from mangacolor.colorize.surveys import Colorizers
from mangacolor.errors import BadInputError
from mangacolor.image import MAX_PIXELS, DecodedImage

PAGES_AHEAD = 2
PAGES_BEHIND = 2
"""Pages read but not coloured, and coloured but not written, at a time."""


def colorize_pages(
    colorizer: Colorizer,
    sources: Sequence[Source],
    sinks: Sequence[PageSink],
    *,
    hints: Sequence[Hint] = (),
    quality: int | None = None,
    overwrite: bool = False,
    max_pixels: int = MAX_PIXELS,
    consistent: Callable[[Source], bool] = lambda source: False,
    series: SeriesColours | None = None,
    cache: PageCache | None = None,
    on_output: Callable[[Path], None] | None = None,
    on_late: Callable[[PageResult], None] | None = None,
) -> Generator[PageResult]:
    """Colour every page of every source into its sink, yielding a result for each in order.

    While one page is coloured, the next ones are read and the last ones written: a few pages are in memory, however
    many a book has. A page that cannot be read, coloured, or written under its name becomes a `failed` result and the
    next one follows (in a book it stays as it was); any other output that cannot be written ends the run, since the
    next one could not be written either. A book that cannot be completed becomes one more `failed` result, under its
    own name.

    Args:
        colorizer: Colours a page.
        sources: Pages.
        sinks: Where those of each source go.
        hints: Colours of spots of every page; meant for a single one.
        quality: Of formats that have one, 1 to 100; None takes that of the page. See `encode`.
        overwrite: Redo what is there; a book whose redoing was cut short goes on.
        max_pixels: Refuse pages that have more.
        consistent: Of which sources a few pages are looked at first, so that what is alike on their pages has one
            colour; see `keeping_colours_of`.
        series: Colours of what is known from a series.
        cache: Pages that need not be coloured again, and where those go that are; pages of `consistent` sources hang
            on others, and take no part.
        on_output: Called with every output as soon as it is whole: a page's file, or a book after its last page.
        on_late: Called with the results that can no longer be yielded, where the run is ended early: by Ctrl-C, by an
            error, or by whoever closes it. What was coloured by then is written all the same.

    Raises:
        CannotWriteError: An output could not be written.
    """
    colours = with_series(colorizer.settings, series.digest if series else "")
    settings = f"{colours} quality {quality} hints {list(hints)}"
    kept = KeptPages(cache, colours, quality, hints) if cache is not None else None
    jobs = _jobs(sources, sinks, lambda source: settings + " consistent" * consistent(source), overwrite)
    jobs = (job if consistent(job.source) else replace(job, kept=kept) for job in jobs)
    colorizers = Colorizers(colorizer, consistent, series.settle if series else None)

    def told(written: Written) -> PageResult | None:
        if written.output is not None and on_output is not None:
            on_output(written.output)
        return written.result

    def tell_late(written: Written) -> None:
        result = told(written)
        if result is not None and on_late is not None:
            on_late(result)

    try:
        # What is still to be written is written before others may have the books.
        with closing(_work(colorizers, jobs, hints, quality, max_pixels, tell_late)) as work:
            for written in work:
                result = told(written)
                if result is not None:
                    yield result
    finally:
        for sink in sinks:
            sink.close()


def _work(
    colorizers: Colorizers,
    jobs: Iterator[Job],
    hints: Sequence[Hint],
    quality: int | None,
    max_pixels: int,
    tell_late: Callable[[Written], None],
) -> Generator[Written]:
    """Read, colour and write, each at its own pace; a generator that is ended early can only tell what it wrote."""
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        behind: deque[Future[Written]] = deque()

        def load(entry: PageEntry) -> DecodedImage:  # books are read by one thread alone
            return reader.submit(entry.load, max_pixels=max_pixels).result().image

        try:
            ahead = _read_ahead(jobs, reader, max_pixels, max(PAGES_AHEAD, colorizers.pages_at_once))
            while some := list(itertools.islice(ahead, colorizers.pages_at_once)):
                for source, of_source in itertools.groupby(some, lambda one: one[0].source):
                    together = list(of_source)
                    pages = [page for _, page in together]
                    is_work = any(page.page is not None for page in pages)
                    colorizer = colorizers.of(source, load) if is_work else colorizers.plain
                    for (job, _), page in zip(together, color_together(colorizer, pages, hints), strict=True):
                        behind.append(writer.submit(write, job, page, quality))
                while len(behind) > PAGES_BEHIND:
                    yield _first_of(behind)
            while behind:
                yield _first_of(behind)
        finally:
            reader.shutdown(cancel_futures=True)
            writer.shutdown()  # what is coloured is worth keeping, also after Ctrl-C
            for future in behind:
                if future.exception() is None:
                    tell_late(future.result())


def _first_of(behind: deque[Future[Written]]) -> Written:
    """Wait for the first, which stays there if that is interrupted."""
    written = behind[0].result()
    behind.popleft()
    return written


def _jobs(
    sources: Sequence[Source], sinks: Sequence[PageSink], settings: Callable[[Source], str], overwrite: bool
) -> Iterator[Job]:
    for source, sink in zip(sources, sinks, strict=True):
        output = source.path
        try:
            sink.begin(settings(source), overwrite=overwrite)
            is_finished = sink.is_finished() and not overwrite
        except BadInputError as error:
            yield Job(source, sink, output, None, error=str(error))
            continue
        for entry in source:
            output = sink.path(entry.name)
            is_skipped = is_finished or sink.waits(entry.name) or (not overwrite and sink.exists(entry.name))
            yield Job(source, sink, output, entry, is_skipped, overwrite)
        if not is_finished:
            yield Job(source, sink, output, None)


def _read_ahead(
    jobs: Iterator[Job], reader: ThreadPoolExecutor, max_pixels: int, pages_ahead: int
) -> Iterator[tuple[Job, Timed]]:
    """Read the pages of jobs a few ahead of their use."""
    ahead: deque[tuple[Job, Future[Timed]]] = deque()
    for job in jobs:
        ahead.append((job, reader.submit(page_work.load, job, max_pixels)))
        if len(ahead) > pages_ahead:
            first, future = ahead.popleft()
            yield first, future.result()
    for job, future in ahead:
        yield job, future.result()
