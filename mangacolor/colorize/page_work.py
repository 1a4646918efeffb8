"""One page of a run: read, coloured, written, and what became of it; an error is its own and stops no other."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mangacolor.books import BookSink, BookSource, FolderSink, Page, PageEntry, PageSink, Source, write_atomically
from mangacolor.colorize.animation import colorize_frames
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.hints import Hint
from mangacolor.colorize.outcomes import Outcome
from mangacolor.colorize.output import encode_page, needed_format
from mangacolor.colorize.page_cache import PageCache, page_key
from mangacolor.errors import BadInputError, MangacolorError, NameRefusedError, UsageError
from mangacolor.image import Note, format_for
from mangacolor.image.formats import START_BYTES, picture_kind

Status = Literal[Outcome, "copied", "skipped", "failed"]

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
        layers: The file of it in layers.
    """

    source: Path
    name: str
    output: Path
    status: Status
    seconds: float = 0.0
    error: str = ""
    notes: tuple[Note, ...] = ()
    is_refused: bool = False
    layers: Path | None = None


@dataclass(frozen=True)
class KeptPages:
    """Pages that were coloured before, in whatever run.

    Attributes:
        cache: Has them.
        settings: See `page_key`.
        quality: Of their formats.
        hints: Colours of some of their spots.
    """

    cache: PageCache
    settings: str
    quality: int | None = None
    hints: Sequence[Hint] = ()

    def key(self, page: Page, sink: PageSink) -> str:
        """Return what a page is kept under; nothing for one whose output its bytes and format alone do not decide."""
        image, format = page.image, sink.file_format(page.name)
        if not page.data or image.animation is not None or image.is_fixed or format_for(image, format) != format:
            return ""
        return page_key(page.data, settings=self.settings, format=format, quality=self.quality, hints=self.hints)

    def find(self, key: str) -> bytes:
        """Return the coloured page of a key; nothing where there is none."""
        found = self.cache.get(key) if key else None
        return found if found and picture_kind(found[:START_BYTES]) else b""


@dataclass(frozen=True)
class Job:
    """A page to colour, a page to skip, or with no entry at all, a book to complete."""

    source: Source
    sink: PageSink
    output: Path
    entry: PageEntry | None
    is_skipped: bool = False
    overwrite: bool = False
    error: str = ""
    kept: KeptPages | None = None

    def result(self, status: Status, seconds: float = 0.0, error: str = "") -> PageResult:
        """Return what became of it."""
        name = self.entry.name if self.entry else self.source.path.name
        return PageResult(self.source.path, name, self.output, status, seconds, error)


@dataclass(frozen=True)
class Timed:
    """A page at work: read or coloured, or what went wrong with it, and the seconds spent so far.

    `key` is what its output is kept under, `done` that output where it was kept before.
    """

    page: Page | None
    outcome: Outcome | Literal["copied"] | None
    seconds: float
    error: str = ""
    is_skipped: bool = False
    key: str = ""
    done: bytes = b""


@dataclass(frozen=True)
class Written:
    """What became of a page, if it was one, and the output that is whole now, if one is."""

    result: PageResult | None
    output: Path | None = None


def load(job: Job, max_pixels: int) -> Timed:
    """Read the page of a job, unless it is skipped or there is none."""
    if job.entry is None or job.is_skipped:
        return Timed(None, None, 0.0, is_skipped=job.is_skipped)
    started = time.monotonic()
    try:
        page = job.entry.load(max_pixels=max_pixels)
    except (BadInputError, MemoryError) as error:
        return Timed(None, None, time.monotonic() - started, _reason(job.entry.name, error))
    except OSError as error:  # a book that was moved or changed in the meantime, for one
        reason = f"{job.entry.name} cannot be read: {error.strerror or error}.\nCheck {job.source.path}, and run again."
        return Timed(None, None, time.monotonic() - started, reason)
    # Only now it is known where a page goes that does not fit into the format it should have.
    needed = needed_format(page, job.sink)
    if needed is not None and not job.overwrite and job.sink.exists(page.name, needed):
        return Timed(None, None, time.monotonic() - started, is_skipped=True)
    key = job.kept.key(page, job.sink) if job.kept else ""
    done = job.kept.find(key) if job.kept else b""
    return Timed(page, "colored" if done else None, time.monotonic() - started, key=key, done=done)


def _stale(job: Job) -> tuple[Note, ...]:
    """Return a note where an input is younger than the output that was left alone; books have the time of theirs."""
    try:
        source = job.source
        if isinstance(source, BookSource):
            changed = source.state().changed
        else:
            changed = getattr(job.entry, "path", source.path).stat().st_mtime_ns
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


def color_together(colorizer: Colorizer, read: Sequence[Timed], hints: Sequence[Hint]) -> list[Timed]:
    """Colour pages at once where that is possible; if one of them fails, one by one, so that only it does."""
    images = [timed.page.image for timed in read if timed.page is not None and not timed.done]
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
        if timed.page is None or timed.done:
            done.append(timed)
        else:
            image, outcome = next(colored)
            page = replace(timed.page, image=image)
            done.append(replace(timed, page=page, outcome=outcome, seconds=timed.seconds + seconds))
    return done


def _color(colorizer: Colorizer, read: Timed, hints: Sequence[Hint]) -> Timed:
    if read.page is None or read.done:
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
    return replace(read, page=done, outcome=outcome, seconds=read.seconds + time.monotonic() - started)


def write(job: Job, timed: Timed, quality: int | None) -> Written:
    """Encode and write a page, or complete a book; runs in the order of the pages."""
    if job.error:
        return Written(job.result("failed", error=job.error))
    if job.entry is None:
        try:
            output = job.sink.finish()
        except (BadInputError, NameRefusedError, MemoryError) as error:
            return _failed(job, 0.0, error)
        damage = "\n".join(job.sink.damage)
        return Written(job.result("failed", error=damage) if damage else None, output)
    if timed.is_skipped:
        waits = job.sink.waits(job.entry.name)  # for a book that is still to come, whatever there is of it now
        return Written(replace(job.result("skipped", timed.seconds), notes=() if waits else _stale(job)))
    if timed.page is None or timed.outcome is None:
        return Written(job.result("failed", timed.seconds, timed.error))
    started = time.monotonic()
    try:
        if timed.done:
            data, notes = timed.done, timed.page.image.notes
        else:
            data, notes = encode_page(timed.page, timed.outcome, job.sink, quality)
    except UsageError:
        raise
    except Exception as error:  # as when it is coloured
        return Written(job.result("failed", timed.seconds, _reason(timed.page.name, error)))
    try:
        layers = _write_layers(job, timed.page)  # first: a page that is there is not looked at again
        output = job.sink.write(timed.page, data)
    except (BadInputError, NameRefusedError) as error:
        return _failed(job, timed.seconds, error)
    if job.kept and timed.key and timed.outcome == "colored" and not timed.done:
        job.kept.cache.put(timed.key, data)
    result = job.result(timed.outcome, timed.seconds + time.monotonic() - started)
    return Written(replace(result, output=output or job.output, notes=notes, layers=layers), output)


def layers_place(sink: PageSink, name: str, format: str) -> Path:
    """Return where a page in layers goes: beside its file, or for one of a book, into a folder beside the book.

    The folder has the whole name of the book, since there may be others that differ in their suffix alone. Names in a
    book may be such as disks do not take: see `disk_names`.
    """
    output = sink.path(name)
    if isinstance(sink, FolderSink):
        return output.with_name(f"{output.name}.{format}")
    called = sink.disk_names[name] if isinstance(sink, BookSink) else name
    return output.with_name(f"{output.name} layers") / f"{called}.{format}"


def _write_layers(job: Job, page: Page) -> Path | None:
    if page.image.layers is None:
        return None
    place = layers_place(job.sink, page.name, page.image.layers.format)
    write_atomically(place, page.image.layers.data, elsewhere=job.sink.elsewhere)
    return place


def _failed(job: Job, seconds: float, error: Exception) -> Written:
    failed = job.result("failed", seconds, _reason(str(job.source.path), error))
    return Written(replace(failed, is_refused=isinstance(error, NameRefusedError)))
