"""Many pages: read, colour, write, and report each; one bad page stops nothing."""

from __future__ import annotations

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mangacolor.books import Page, PageEntry, PageSink, Source
from mangacolor.colorize.animation import colorize_frames
from mangacolor.colorize.colorizer import Colorizer, Outcome
from mangacolor.colorize.hints import Hint
from mangacolor.colorize.output import encode_page, needed_format
from mangacolor.colorize.series_colours import SeriesColours
from mangacolor.colorize.surveys import Load, keeping_colours, keeping_colours_of
from mangacolor.errors import BadInputError, MangacolorError, NameRefusedError
from mangacolor.image import MAX_PIXELS, DecodedImage, Note

PAGES_AHEAD = 2
PAGES_BEHIND = 2
"""Pages read but not coloured, and coloured but not written, at a time."""

Status = Literal["colored", "already_colored", "blank", "text_only", "copied", "skipped", "failed"]

logger = logging.getLogger("mangacolor")


@dataclass(frozen=True)
class PageResult:
    """What became of one page.

    Attributes:
        source: The input that the user named.
        name: Name of the page within it.
        output: Where its output lies, or would have.
        status: `colored`; `already_colored`, `blank` or `text_only` (copied unchanged); `copied` (an animation too
            long to be coloured); `skipped` (its output was there); `failed`.
        seconds: Time spent on it.
        error: What went wrong, with advice; empty unless it failed.
        notes: What the output does not keep exactly.
        is_refused: Whether it failed because its output cannot have its name or its place.
    """

    source: Path
    name: str
    output: Path
    status: Status
    seconds: float = 0.0
    error: str = ""
    notes: tuple[Note, ...] = ()
    is_refused: bool = False


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
    on_output: Callable[[Path], None] | None = None,
) -> Iterator[PageResult]:
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
        overwrite: Redo what is there.
        max_pixels: Refuse pages that have more.
        consistent: Of which sources a few pages are looked at first, so that what is alike on their pages has one
            colour; see `keeping_colours_of`.
        series: Colours of what is known from a series.
        on_output: Called with every output as soon as it is whole: a page's file, or a book after its last page.

    Raises:
        CannotWriteError: An output could not be written.
    """
    settings = f"{colorizer.settings} quality {quality} hints {list(hints)}"
    settings += f" series {series.digest}" if series else ""
    jobs = _jobs(sources, sinks, lambda source: settings + " consistent" * consistent(source), overwrite)
    for written in _work(_Colorizers(colorizer, consistent, series), jobs, hints, quality, max_pixels):
        if written.output is not None and on_output is not None:
            on_output(written.output)
        if written.result is not None:
            yield written.result


def _work(
    colorizers: _Colorizers, jobs: Iterator[_Job], hints: Sequence[Hint], quality: int | None, max_pixels: int
) -> Iterator[_Written]:
    """Read, colour and write, each at its own pace."""
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        behind: deque[Future[_Written]] = deque()

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
                    for (job, _), page in zip(together, _color_together(colorizer, pages, hints), strict=True):
                        behind.append(writer.submit(_write, job, page, quality))
                while len(behind) > PAGES_BEHIND:
                    yield behind.popleft().result()
            for future in behind:
                yield future.result()
        finally:
            reader.shutdown(cancel_futures=True)
            writer.shutdown()  # what is coloured is worth keeping, also after Ctrl-C


class _Colorizers:
    """The colouriser of each source: that of one whose pages agree in their colours has looked at them first."""

    def __init__(self, plain: Colorizer, consistent: Callable[[Source], bool], series: SeriesColours | None) -> None:
        self._settle = series.settle if series else None
        self._looking = plain
        self.plain = keeping_colours(plain, (), self._settle) if series else plain
        self.pages_at_once = plain.pages_at_once
        self._consistent = consistent
        self._last: tuple[Source, Colorizer] | None = None

    def of(self, source: Source, load: Load) -> Colorizer:
        """Return that of a source; pages of one source come one after the other."""
        if not self._consistent(source):
            return self.plain
        if self._last is None or self._last[0] is not source:
            self._last = source, keeping_colours_of(self._looking, list(source), load, self._settle)
        return self._last[1]


@dataclass(frozen=True)
class _Job:
    """A page to colour, a page to skip, or with no entry at all, a book to complete."""

    source: Source
    sink: PageSink
    output: Path
    entry: PageEntry | None
    is_skipped: bool = False
    overwrite: bool = False
    error: str = ""

    def result(self, status: Status, seconds: float = 0.0, error: str = "") -> PageResult:
        name = self.entry.name if self.entry else self.source.path.name
        return PageResult(self.source.path, name, self.output, status, seconds, error)


@dataclass(frozen=True)
class _Timed:
    """A page at work: read or coloured, or what went wrong with it, and the seconds spent so far."""

    page: Page | None
    outcome: Outcome | Literal["copied"] | None
    seconds: float
    error: str = ""
    is_skipped: bool = False


@dataclass(frozen=True)
class _Written:
    """What became of a page, if it was one, and the output that is whole now, if one is."""

    result: PageResult | None
    output: Path | None = None


def _jobs(
    sources: Sequence[Source], sinks: Sequence[PageSink], settings: Callable[[Source], str], overwrite: bool
) -> Iterator[_Job]:
    for source, sink in zip(sources, sinks, strict=True):
        output = source.path
        try:
            is_finished = sink.is_finished() and not overwrite
            sink.begin(settings(source), overwrite=overwrite)
        except BadInputError as error:
            yield _Job(source, sink, output, None, error=str(error))
            continue
        for entry in source:
            output = sink.path(entry.name)
            is_skipped = is_finished or (not overwrite and sink.exists(entry.name))
            yield _Job(source, sink, output, entry, is_skipped, overwrite)
        if not is_finished:
            yield _Job(source, sink, output, None)


def _read_ahead(
    jobs: Iterator[_Job], reader: ThreadPoolExecutor, max_pixels: int, pages_ahead: int
) -> Iterator[tuple[_Job, _Timed]]:
    """Read the pages of jobs a few ahead of their use."""
    ahead: deque[tuple[_Job, Future[_Timed]]] = deque()
    for job in jobs:
        ahead.append((job, reader.submit(_load, job, max_pixels)))
        if len(ahead) > pages_ahead:
            first, future = ahead.popleft()
            yield first, future.result()
    for job, future in ahead:
        yield job, future.result()


def _load(job: _Job, max_pixels: int) -> _Timed:
    if job.entry is None or job.is_skipped:
        return _Timed(None, None, 0.0, is_skipped=job.is_skipped)
    started = time.monotonic()
    try:
        page = job.entry.load(max_pixels=max_pixels)
    except (BadInputError, MemoryError) as error:
        return _Timed(None, None, time.monotonic() - started, _reason(job.entry.name, error))
    # Only now it is known where a page goes that does not fit into the format it should have.
    needed = needed_format(page, job.sink)
    is_there = needed is not None and not job.overwrite and job.sink.exists(page.name, needed)
    return _Timed(None if is_there else page, None, time.monotonic() - started, is_skipped=is_there)


def _stale(job: _Job) -> tuple[Note, ...]:
    """Return a note where an input is younger than the output that was left alone; books have the time of theirs."""
    try:
        changed = getattr(job.entry, "path", job.source.path).stat().st_mtime_ns
        is_stale = changed > job.output.stat().st_mtime_ns
    except OSError:
        return ()
    return (Note("stale", "has changed since it was coloured; --overwrite does it anew"),) * is_stale


def _reason(name: str, error: Exception) -> str:
    """Return what is told of a page that failed."""
    if isinstance(error, MangacolorError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{name} needs more memory than there is.\nClose other programs, or colour it by itself."
    logger.error("%s: this is a bug in mangacolor; please report it.", name, exc_info=error)
    return f"{name} could not be coloured: {type(error).__name__}: {error}.\nPlease report it with the lines above."


def _color_together(colorizer: Colorizer, read: Sequence[_Timed], hints: Sequence[Hint]) -> list[_Timed]:
    """Colour pages at once where that is possible; if one of them fails, one by one, so that only it does."""
    images = [timed.page.image for timed in read if timed.page is not None]
    if hints or len(images) < 2 or any(image.animation or image.is_fixed for image in images):
        return [_color(colorizer, timed, hints) for timed in read]
    started = time.monotonic()
    try:
        colored = iter(colorizer.colorize_together(images))
    except Exception:  # whatever it is, one of them is the reason, and is told when its turn comes
        return [_color(colorizer, timed, hints) for timed in read]
    seconds = (time.monotonic() - started) / len(images)
    done = []
    for timed in read:
        if timed.page is None:
            done.append(timed)
        else:
            image, outcome = next(colored)
            done.append(_Timed(replace(timed.page, image=image), outcome, timed.seconds + seconds))
    return done


def _color(colorizer: Colorizer, read: _Timed, hints: Sequence[Hint]) -> _Timed:
    if read.page is None:
        return read
    if read.page.image.is_fixed:
        return replace(read, outcome="copied")
    started = time.monotonic()
    try:
        image, outcome = colorize_frames(colorizer, read.page.image, hints)
    except Exception as error:  # a page that nobody thought of must not cost the pages after it
        error_text = _reason(read.page.name, error)
        return replace(read, page=None, seconds=read.seconds + time.monotonic() - started, error=error_text)
    done = replace(read.page, image=image)
    return _Timed(done, outcome, read.seconds + time.monotonic() - started)


def _write(job: _Job, timed: _Timed, quality: int | None) -> _Written:
    """Encode and write a page, or complete a book; runs in the order of the pages."""
    if job.error:
        return _Written(job.result("failed", error=job.error))
    if job.entry is None:
        try:
            output = job.sink.finish()
        except (BadInputError, NameRefusedError) as error:
            return _failed(job, 0.0, error)
        damage = "\n".join(job.sink.damage)
        return _Written(job.result("failed", error=damage) if damage else None, output)
    if timed.is_skipped:
        return _Written(replace(job.result("skipped", timed.seconds), notes=_stale(job)))
    if timed.page is None or timed.outcome is None:
        return _Written(job.result("failed", timed.seconds, timed.error))
    started = time.monotonic()
    try:
        data, notes = encode_page(timed.page, timed.outcome, job.sink, quality)
    except (BadInputError, MemoryError) as error:
        return _Written(job.result("failed", timed.seconds, _reason(timed.page.name, error)))
    try:
        output = job.sink.write(timed.page, data)
    except (BadInputError, NameRefusedError) as error:
        return _failed(job, timed.seconds, error)
    result = job.result(timed.outcome, timed.seconds + time.monotonic() - started)
    return _Written(replace(result, output=output or job.output, notes=notes), output)


def _failed(job: _Job, seconds: float, error: MangacolorError) -> _Written:
    failed = job.result("failed", seconds, str(error))
    return _Written(replace(failed, is_refused=isinstance(error, NameRefusedError)))
