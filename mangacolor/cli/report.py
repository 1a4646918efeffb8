"""What a run of `mangacolor colorize` tells: bars and words on stderr, results on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from mangacolor.cli.streams import as_json_line, tell
from mangacolor.errors import ExitCode

if TYPE_CHECKING:
    from types import TracebackType

    from mangacolor.books import Source
    from mangacolor.colorize.options import ColorizeOptions
    from mangacolor.colorize.page_work import PageResult
    from mangacolor.colorize.series_colours import SeriesColours
    from mangacolor.image import Note, NoteKind

LABELS = {
    "colored": "coloured",
    "already_colored": "already in colour, copied",
    "blank": "blank, copied",
    "text_only": "text only, copied",
    "copied": "copied as they were",
    "skipped": "skipped, output exists",
    "failed": "failed",
}
NOTES: dict[NoteKind, str] = {
    "frames": "hold pictures that were not coloured",
    "format": "in another format, which holds them",
    "misnamed": "in the format of their names, which they came in another than",
    "profile": "with colours converted or a profile left out",
    "depth": "with 8 bits a channel now",
    "metadata": "without some of their metadata",
    "redrawn": "given back as pictures, with the text and shapes on them (their text can still be searched)",
    "transparent": "laid on white, as their lines lay on transparent paper",
    "paper": "with hints where nothing is drawn",
    "stale": "changed since they were coloured (--overwrite does them anew)",
}
"""What a user is told of pages of a book that are not kept exactly; damage is told of each page."""

_NAME_LETTERS = 30


class Report:
    """Counts pages, tells what becomes of them, and sums up at the end, whatever ends the run."""

    def __init__(
        self, *, as_json: bool = False, quiet: bool = False, verbose: bool = False, tells_outputs: bool = True
    ) -> None:
        self._as_json, self._quiet, self._verbose, self._tells_outputs = as_json, quiet, verbose, tells_outputs
        self._counts: Counter[str] = Counter()
        self._marked = 0
        self._has_refused = False
        self._inexact: Counter[NoteKind] = Counter()
        self._noted: tuple[Path, list[tuple[str, Note]]] | None = None
        self._bars = Bars(shown=not (as_json or quiet or verbose))

    @property
    def status(self) -> ExitCode:
        """The exit status that the pages so far amount to."""
        if not self._counts["failed"]:
            return ExitCode.SOME_PAGES_FAILED if self._inexact["damaged"] else ExitCode.DONE
        if self._counts.total() > self._counts["failed"]:
            return ExitCode.SOME_PAGES_FAILED
        return ExitCode.CANNOT_WRITE if self._has_refused else ExitCode.BAD_INPUT

    @contextmanager
    def working_on(self, sources: Sequence[Source]) -> Iterator[None]:
        """Show how far the pages of these sources are."""
        with self._bar_is_a_nicety():
            self._bars.begin(sources)
        try:
            yield
        finally:
            self._tell_notes()
            with self._bar_is_a_nicety():
                self._bars.close()

    @contextmanager
    def _bar_is_a_nicety(self) -> Iterator[None]:
        """Do without bars where a terminal refuses one, in whatever way."""
        try:
            yield
        except Exception:
            self._bars = Bars(shown=False)

    def page(self, result: PageResult) -> None:
        """Tell what became of a page, or of a book that failed as a whole."""
        self._counts[result.status] += 1
        self._has_refused |= result.is_refused
        self._note(result)
        with self._bar_is_a_nicety():
            self._bars.step(result.source, result.name)
        if self._as_json:
            page = {
                "input": str(result.source),
                "page": result.name,
                "output": None if result.status == "failed" else str(result.output),
                "layers": None if result.layers is None else str(result.layers),
                "status": result.status,
                "seconds": round(result.seconds, 3),
                "error": result.error or None,
                "notes": [{"kind": note.kind, "text": note.text} for note in result.notes],
            }
            _print(as_json_line(page))
        elif result.layers is not None:
            _print(str(result.layers))
        if result.status == "failed":
            _print(f"mangacolor: {result.error}", err=True)
        elif self._verbose:
            self.say(f"{result.name}: {LABELS[result.status]} ({result.seconds:.2f} s)")

    def _note(self, result: PageResult) -> None:
        """Tell of damage at once, and keep what else is not exact until the book is over."""
        if self._noted is not None and self._noted[0] != result.source:
            self._tell_notes()
        self._inexact.update({note.kind for note in result.notes})
        for note in result.notes:
            name = str(result.source) if result.source.name == result.name else f"{result.source}: {result.name}"
            if note.kind == "damaged":
                _print(f"mangacolor: {name} {note.text}.", err=True)
            else:
                self._noted = self._noted or (result.source, [])
                self._noted[1].append((name, note))

    def _tell_notes(self) -> None:
        """Say in one line what of a book is not kept exactly."""
        if self._noted is None:
            return
        (source, noted), self._noted = self._noted, None
        if len(noted) == 1:
            self.say(f"{noted[0][0]} {noted[0][1].text}.")
            return
        counts = Counter(note.kind for _, note in noted)
        told = [f"{count} {'page' if count == 1 else 'pages'} {NOTES[kind]}" for kind, count in counts.items()]
        self.say(f"{source}: {'; '.join(told)}.")

    def failure(self, path: Path, error: Exception) -> None:
        """Tell of an input that could not even be opened."""
        from mangacolor.colorize.page_work import PageResult

        self.page(PageResult(path, path.name, path, "failed", error=str(error)))

    def left_alone(self, source: Source) -> None:
        """Tell of a book or of pages that were coloured before; pages count as skipped."""
        from mangacolor.books import DoubledPages
        from mangacolor.colorize.page_work import PageResult

        self.say(why_left_alone(source))
        self._marked += len(source)
        for entry in source:
            output = source.path / entry.name if isinstance(source, DoubledPages) else source.path
            self.page(PageResult(source.path, entry.name, output, "skipped"))

    def follows(self, series: SeriesColours | None, options: ColorizeOptions) -> None:
        """Warn of a series that changes nothing, and of parts that nothing is recognised by."""
        from mangacolor.series import open_series, unrecognised

        if series is not None and series.knows_nothing and options.changes is None:
            self.say(
                f"{options.series} changes nothing yet: none of its parts has an example to be recognised by. Add some "
                f"with `mangacolor palette {options.series} --from PICTURE`, or as [[example]] in its series.toml."
            )
        elif series is not None and options.series is not None and not series.knows_nothing:
            unknown = unrecognised(open_series(options.series))
            if unknown:
                self.say(
                    f"{options.series}: no page gets the colour of {', '.join(map(str, unknown))} yet, for no example "
                    "shows what that is; see docs/series.md."
                )

    def output(self, path: Path) -> None:
        """Print an output that is whole now."""
        if self._tells_outputs and not self._as_json:
            _print(str(path))

    def say(self, line: str) -> None:
        """Tell something by the way."""
        if not self._quiet:
            _print(line, err=True)

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is KeyboardInterrupt:
            self.say("Interrupted; the same command goes on from here.")
        if self._as_json:
            summary = {status: self._counts[status] for status in LABELS}
            inexact = {kind: self._inexact[kind] for kind in ("damaged", *NOTES)}
            _print(as_json_line({"summary": summary, "inexact": inexact}))
        elif self._counts:
            told = [f"{self._counts[status]} {label}" for status, label in LABELS.items() if self._counts[status]]
            damaged = self._inexact["damaged"]
            told += [f"{damaged} of them damaged"] if damaged else []
            is_helped = self._counts["skipped"] > self._marked and not self._inexact["stale"]  # which names it, too
            self.say(f"Pages: {'; '.join(told)}.{' --overwrite does skipped ones anew.' * is_helped}")
        elif kind is KeyboardInterrupt:
            self.say("Pages: none finished.")


def why_left_alone(source: Source) -> str:
    """Return what is told of a book or of pages that are not coloured again: of a folder, those beside their origin."""
    from mangacolor.books import DoubledPages

    if not isinstance(source, DoubledPages):
        return f"{source.path} was coloured by mangacolor before, and is skipped."
    first, others = source.names[0], len(source.names) - 1
    told = f"{first} and {others} other page{'s' * (others > 1)}" if others else first
    are = "are" if others else "is"
    return f"{source.path}: {told} {are} left out: the page as it was drawn lies there, too (1.png beside 1_color.png)."


class Bars:
    """A bar of pages for each book or folder, and where there are several, a bar of them above it.

    Files that the user named one by one share a bar: each alone would have one of a single page. Nothing is drawn
    where stderr is no terminal.
    """

    def __init__(self, *, shown: bool) -> None:
        self._disable = None if shown else True
        self._titles: dict[Path, str] = {}
        self._totals: Counter[str] = Counter()
        self._title = ""
        self._books: tqdm[Any] | None = None
        self._pages: tqdm[Any] | None = None

    def begin(self, sources: Sequence[Source]) -> None:
        """Get ready for the pages of these sources."""
        from mangacolor.books import FileSource

        self._titles = {one.path: "" if isinstance(one, FileSource) else str(one.path) for one in sources}
        self._totals = Counter()
        for one in sources:
            self._totals[self._titles[one.path]] += len(one)
        if len(self._totals) > 1:
            self._books = tqdm(total=len(self._totals), desc="books", unit="book", leave=False, disable=self._disable)

    def step(self, source: Path, page: str) -> None:
        """Count a page, which may be the first of the next book."""
        title = self._titles.get(source)
        if title is None:
            return
        if self._pages is None or title != self._title:
            self._turn_to(title)
        if self._pages is not None and self._pages.n < self._totals[title]:
            self._pages.set_postfix_str(page[-_NAME_LETTERS:], refresh=False)
            self._pages.update()

    def close(self) -> None:
        """Take the bars off the screen."""
        for bar in (self._pages, self._books):
            if bar is not None:
                bar.close()
        self._pages = self._books = None

    def _turn_to(self, title: str) -> None:
        if self._pages is not None:
            self._pages.close()
            if self._books is not None:
                self._books.update()
        self._title = title
        self._pages = tqdm(
            total=self._totals[title], desc=Path(title).name[-_NAME_LETTERS:] or "pages", unit="page", leave=False,
            disable=self._disable,
        )  # fmt: skip


def _print(line: str, *, err: bool = False) -> None:
    """Print a line above the bars, if there are any."""
    with tqdm.external_write_mode():
        tell(line, err=err)
