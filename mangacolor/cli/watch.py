"""`mangacolor colorize --watch`: colour what is in a folder, then what arrives there."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mangacolor.books import BookSource, FolderSource, PageSink, Source, list_library, open_listed, open_sinks
from mangacolor.books.book_kinds import is_book_name
from mangacolor.colorize import jobs
from mangacolor.colorize.order import Order
from mangacolor.colorize.work import Work
from mangacolor.errors import BadInputError, MangacolorError, UsageError

if TYPE_CHECKING:
    from mangacolor.cli.report import Report
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.series_colours import SeriesColours

SETTLING_SECONDS = 2.0
"""A file is taken when it has not changed for so long."""

PAUSE_SECONDS = 0.5
"""The folder is looked through no more often than this, however fast a download writes."""

PATROL_SECONDS = 5.0
"""The folder is looked through this often by itself: systems do not tell of what others write to a network share, into
a container or after the folder was away."""

PATROL_SHARE = 10
"""It rests for at least so many times as long as the last look took, which for a large share may be many seconds."""

PATIENCE_SECONDS = 30.0
"""A book that cannot be opened is told as broken when it has not changed for so long: its download may have paused."""

UNFINISHED_SUFFIXES = (
    ".part", ".partial", ".filepart", ".crdownload", ".opdownload", ".download", ".aria2", ".!qb", ".!ut", ".tmp",
)  # fmt: skip
"""Ends of what browsers and downloaders call a file, its folder, or a companion beside it, until it is whole."""

UNFINISHED_PREFIXES = (".", "~", "_UNPACK_")


def color_arrivals(inputs: Sequence[Path], order: Order, report: Report) -> int:
    """Colour a folder and everything that arrives in it until Ctrl-C.

    Between pages Ctrl-C is the ordinary end, and the status is that of the pages; in the midst of them it interrupts.

    Args:
        inputs: The folder, alone.
        order: What is wanted of the run.
        report: Told of every page; sums up at the end.

    Returns:
        The exit status.

    Raises:
        UsageError: There is not exactly one input, it is no folder, or it is its own output.
        CannotWriteError: An output could not be written.
    """
    if len(inputs) != 1:
        raise UsageError("--watch takes one folder.", advice="Start it once for each folder.")
    folder = inputs[0]
    if not folder.exists():
        raise UsageError(f"{folder} does not exist.", advice="Check the spelling, and quote names with spaces.")
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder.", advice="--watch takes the folder in which files arrive.")
    if order.output is not None and order.output.resolve() == folder.resolve():
        raise UsageError(f"{folder} cannot take its own outputs.", advice="Choose another --output.")
    if order.output is not None and is_book_name(order.output.name) and not order.output.is_dir():
        raise UsageError(f"{order.output} would never be whole: more may arrive.", advice="Name a folder as --output.")
    with _told_of_changes(folder, report) as changed:
        colorizer = jobs.open_colorizer(order)
        series = jobs.open_followed(colorizer, order)
        report.follows(series, order.options)
        arrivals = Arrivals(folder, order.output)
        givers: dict[Path, Path] = {}
        report.say(f"Watching {folder}; Ctrl-C ends it.")
        with report:
            for names in _rounds(arrivals, changed, report):
                anew = [name for name in names if arrivals.has_changed(name)]
                fresh = [name for name in names if name not in anew]
                series = _as_it_is_now(series, colorizer, order, report)
                for some, asked in ((fresh, order), (anew, replace(order, overwrite=True))):
                    if some:
                        jobs.color(_open(arrivals, some, asked, givers), colorizer, asked, report, series)
        return report.status


def _as_it_is_now(
    series: SeriesColours | None, colorizer: Colorizer, order: Order, report: Report
) -> SeriesColours | None:
    """Return the series as its folder has it now; as it was while somebody is in the midst of changing it."""
    try:
        return jobs.open_followed(colorizer, order)
    except BadInputError as error:
        report.say(f"{error}\nUntil then the series is followed as it was.")
        return series


@dataclass
class Arrivals:
    """The files of a folder that have come to rest.

    Attributes:
        folder: Where they arrive.
        skip: A folder whose content is no input.
        names: All pictures and books that were there the last time.
    """

    folder: Path
    skip: Path | None = None
    names: tuple[str, ...] = ()
    _resting: dict[str, tuple[tuple[int, int], float]] = field(default_factory=dict)
    _taken: dict[str, tuple[int, int]] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)
    _held_back: dict[str, tuple[int, int]] = field(default_factory=dict)

    def settled(self, now: float) -> list[str]:
        """Return the files that are whole and were not returned before, or have changed since.

        Args:
            now: Seconds, from any start.

        Raises:
            BadInputError: The folder cannot be listed; what is known of its files is kept.
        """
        self.names = list_library(self.folder, skip=self.skip, unlisted=[])
        states = {name: state for name in self.names if (state := self._state(name)) is not None}
        # What was taken stays so while it is away: a share that comes back brings nothing new.
        # What is empty may be the place that a browser keeps for a download.
        waiting = {
            name: state for name, state in states.items()
            if state[0] and self._taken.get(name) != state and not self._has_companion(name)
        }  # fmt: skip
        before = self._resting
        self._resting = {
            name: before[name] if name in before and before[name][0] == state else (state, now)
            for name, state in waiting.items()
        }
        whole = [
            name for name, (_, since) in self._resting.items()
            if now - since >= (PATIENCE_SECONDS if self._held_back.get(name) == states[name] else SETTLING_SECONDS)
        ]  # fmt: skip
        self._changed = {name for name in whole if name in self._taken}
        for name in whole:
            self._since[name] = self._resting[name][1]
            self._taken[name] = self._resting.pop(name)[0]
        return whole

    def has_changed(self, name: str) -> bool:
        """Say whether a file of the last look was taken before in another state, so that its output is out of date."""
        return name in self._changed

    def hold_back(self, name: str) -> bool:
        """Wait longer for a file that was taken and cannot be opened; false if it has been waited for long enough."""
        if self._held_back.pop(name, None) == self._taken[name]:
            return False
        self._held_back[name] = state = self._taken.pop(name)
        self._resting[name] = (state, self._since[name])
        return True

    def is_waiting(self) -> bool:
        """Say whether there are files that have not settled yet."""
        return bool(self._resting)

    def _state(self, name: str) -> tuple[int, int] | None:
        """Return the size and time of a file; None for one that is not there, or says that it is unfinished."""
        parts = PurePosixPath(name).parts
        if any(part.startswith(UNFINISHED_PREFIXES) or part.lower().endswith(UNFINISHED_SUFFIXES) for part in parts):
            return None
        try:
            status = (self.folder / name).stat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns

    def _has_companion(self, name: str) -> bool:
        path = self.folder / name
        return any(path.with_name(path.name + suffix).exists() for suffix in UNFINISHED_SUFFIXES)


def _rounds(arrivals: Arrivals, changed: threading.Event, report: Report) -> Iterator[list[str]]:
    """Yield the files that have settled, again and again, until Ctrl-C while waiting for more."""
    is_away = False
    try:
        while True:
            changed.clear()
            started = time.monotonic()
            names: list[str] = []
            try:
                names = arrivals.settled(started)
            except BadInputError as error:
                if not is_away:
                    report.say(f"{error}\nWaiting until {arrivals.folder} is there again.")
                is_away = True
            else:
                if is_away:
                    report.say(f"{arrivals.folder} is there again.")
                is_away = False
            if names:
                yield names
            elif is_away or not arrivals.is_waiting():
                rest = max(PATROL_SECONDS, PATROL_SHARE * (time.monotonic() - started))
                # In short waits, since some systems heed Ctrl-C only between them.
                any(changed.wait(min(1.0, rest)) for _ in range(math.ceil(rest)))
            time.sleep(PAUSE_SECONDS)
    except KeyboardInterrupt:
        return


def _open(arrivals: Arrivals, names: Sequence[str], order: Order, givers: dict[Path, Path]) -> Work:
    """Open what has arrived; what cannot be coloured is returned as broken.

    Args:
        arrivals: Where they are.
        names: Which.
        order: What is wanted of the run.
        givers: The book that each coloured book was made from in this run; these are added.
    """
    sources: list[Source] = []
    sinks: list[PageSink] = []
    broken: list[tuple[Path, MangacolorError]] = []
    marked: list[Source] = []
    pictures = [name for name in names if not is_book_name(name)]
    books = [[name] for name in names if is_book_name(name)]
    for group in [pictures, *books] if pictures else books:
        try:
            found, unusable = open_listed(arrivals.folder, group, password=order.password, limits=order.options.limits)
            for path, error in unusable:
                name = path.relative_to(arrivals.folder).as_posix()
                if not (isinstance(error, BadInputError) and arrivals.hold_back(name)):
                    broken.append((path, error))
            marked += [source for source in found if order.leaves_alone(source)]
            for source in (one for one in found if one not in marked):
                sinks.append(_open_sink(source, arrivals, order, givers))
                sources.append(source)
        except UsageError as error:  # a library is missing, or a name is taken: the next arrival may be fine
            broken.append((arrivals.folder / group[0], error))
    return Work(sources, sinks, broken, marked)


def _open_sink(source: Source, arrivals: Arrivals, order: Order, givers: dict[Path, Path]) -> PageSink:
    wanted = order.options
    if not isinstance(source, BookSource):
        # All pictures of the folder have a say in the names, or "1.jpg" and a later "1.png" could share one.
        names = tuple(name for name in arrivals.names if not is_book_name(name))
        source = FolderSource(arrivals.folder, names)
    (sink,) = open_sinks([source], order.output, format=wanted.format, mark=order.mark, verify=wanted.verify)
    if isinstance(source, BookSource):
        target = sink.path("")
        giver = givers.setdefault(target, source.path)
        if giver != source.path:
            raise UsageError(f"{source.path} would be written to {target}, as {giver} was.", advice="Rename it.")
    return sink


@contextmanager
def _told_of_changes(folder: Path, report: Report) -> Iterator[threading.Event]:
    """Give an event that is set whenever something below a folder changes, where the system tells of it.

    Where it does not, the folder is looked through every few seconds all the same.
    """
    changed = threading.Event()
    try:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer
    except ImportError:
        report.say('With one more library, arrivals are seen at once: pip install "mangacolor[watch]"')
        yield changed
        return

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            # Looking through the folder opens it and its files, which must not be a reason to look again.
            if event.event_type not in ("opened", "closed_no_write", "attrib"):
                changed.set()

    observer = Observer()
    try:
        observer.schedule(Handler(), str(folder), recursive=True)
        observer.start()
    except (OSError, RuntimeError) as error:
        report.say(f"{folder} is looked through every {PATROL_SECONDS:g} s, as the system tells of no changes: {error}")
        yield changed
        return
    try:
        yield changed
    finally:
        observer.stop()
        observer.join()
