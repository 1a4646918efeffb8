"""A run from paths to results, for whoever asks for one: what to colour, where it goes, and the colouring of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mangacolor import __version__
from mangacolor.books import (
    BookSink,
    BookSource,
    FolderSink,
    PageSink,
    Source,
    open_library,
    open_listed,
    open_source,
    place_sources,
)
from mangacolor.books.book_marks import is_marked, mark_of
from mangacolor.books.shards import Shard, name_below
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.errors import BadInputError, MangacolorError, UsageError
from mangacolor.image import read_bytes, read_image
from mangacolor.series import open_series

if TYPE_CHECKING:
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.hints import Hint
    from mangacolor.colorize.page_work import PageResult
    from mangacolor.colorize.series_colours import SeriesColours

Placed = tuple[Source, FolderSink | BookSink]
Failure = tuple[Path, MangacolorError]


@dataclass(frozen=True)
class Order:
    """What is wanted of a run, whatever the inputs.

    Attributes:
        options: How to colour, and how to write.
        output: Where to write.
        password: Of encrypted books.
        hints: File of colours at spots of a single page, or of steps done to it.
        overwrite: Redo finished outputs.
        shard: Take only this part of the inputs; None takes all.
        cache: Folder of pages that were coloured before, shared with `serve`; None for none.
        in_parts: Loose pages come in parts, as they arrive, or to other runs than this one.
    """

    options: ColorizeOptions
    output: Path | None = None
    password: str | None = None
    hints: Path | None = None
    overwrite: bool = False
    shard: Shard | None = None
    cache: Path | None = None
    in_parts: bool = False

    @property
    def mark(self) -> str:
        """What books are to say of what coloured them; empty for nothing."""
        weights = self.options.weights
        return mark_of(__version__, weights.name if weights else "") if self.options.mark else ""

    def keeps_colours(self, source: Source) -> bool:
        """Say whether what is alike on the pages of a source is to have one colour.

        Where nobody said, it is so unless that would hang on who colours the pages: readers see pages of a cache one
        by one, and a part of a folder does not know the others.
        """
        wanted = self.options.consistent
        if wanted is None:
            wanted = self.cache is None and (isinstance(source, BookSource) or not (self.in_parts or self.shard))
        return wanted and len(source) > 1

    def leaves_alone(self, source: Source) -> bool:
        """Say whether a source is a book that was coloured before, and is to be left as it is."""
        return self.options.mark and isinstance(source, BookSource) and is_marked(source)


@dataclass(frozen=True)
class Work:
    """Sources and where the pages of each go, what could not be opened, with the reason, and what is left alone."""

    sources: Sequence[Source]
    sinks: Sequence[PageSink]
    broken: Sequence[Failure] = ()
    marked: Sequence[Source] = ()

    def is_done(self) -> bool:
        """Say whether every output is there, a book and not its pages alone, so that no page has to be looked at."""
        return all(
            sink.is_finished()
            or (not isinstance(source, BookSource) and all(sink.exists(entry.name) for entry in source))
            for source, sink in zip(self.sources, self.sinks, strict=True)
        )


class Listener(Protocol):
    """Who is told how a run goes."""

    def failure(self, path: Path, error: MangacolorError) -> None:
        """Hear of an input that cannot be coloured."""

    def left_alone(self, source: Source) -> None:
        """Hear of a book that was coloured before."""

    def working_on(self, sources: Sequence[Source]) -> AbstractContextManager[None]:
        """Hear what is to be coloured, and when it is over."""

    def output(self, path: Path) -> None:
        """Hear of an output as soon as it is whole."""

    def page(self, result: PageResult) -> None:
        """Hear what became of a page."""


def find_work(inputs: Sequence[Path], order: Order) -> Work:
    """Find all pages and their outputs without reading any.

    An input that cannot be coloured is returned as broken, and the others are work all the same.

    Raises:
        BadInputError: The only input is missing or broken.
        UsageError: The inputs and the options do not go together.
        CannotWriteError: The only output cannot have its name.
    """
    sources: list[Source] = []
    broken: list[Failure] = []
    refused: list[Failure] = []
    limits = order.options.limits
    for path in _told_apart(inputs):
        try:
            if path.is_dir():
                found, unusable = open_library(path, skip=order.output, password=order.password, limits=limits)
                sources += found
                broken += unusable
            else:
                sources.append(open_source(path, skip=order.output, password=order.password, limits=limits))
        except (BadInputError, UsageError) as error:
            refused.append((path, error))
        except OSError as error:
            reason = error.strerror or str(error)
            problem = BadInputError(f"{path} cannot be read: {reason}.", advice="Check the path and its permissions.")
            refused.append((path, problem))
    if order.hints is not None and sum(len(source) for source in sources) != 1:
        raise UsageError("--hints are for a single page.", advice="Colour that page by itself.")
    placed, unplaced, marked = _placed(sources, order)
    refused += unplaced
    if order.shard is not None:
        # Names of outputs hang on all inputs, so that they are the same for every number of parts.
        placed = _shared(order.shard, placed, inputs)
        refused, broken = (
            [(path, error) for path, error in some if order.shard.has(name_below(path, _root_of(path, inputs)))]
            for some in (refused, broken)
        )
    is_usage = all(isinstance(error, UsageError) for _, error in refused)
    if refused and not placed and not broken and not marked and (len(refused) == 1 or is_usage):
        raise refused[0][1]
    return Work([source for source, _ in placed], [sink for _, sink in placed], [*refused, *broken], marked)


def find_part(folder: Path, names: Sequence[str], order: Order) -> Work:
    """Find the pages of a part of a library and their outputs, as `find_work` does for the whole.

    Args:
        folder: The library.
        names: Some of what `books.list_library` found there; those that begin alike belong together, see
            `books.shards.small_parts`.
        order: What is wanted.
    """
    sources, broken = open_listed(folder, names, password=order.password, limits=order.options.limits)
    placed, unplaced, marked = _placed(sources, order)
    return Work([source for source, _ in placed], [sink for _, sink in placed], [*unplaced, *broken], marked)


def _placed(sources: Sequence[Source], order: Order) -> tuple[list[Placed], list[Failure], list[Source]]:
    """Say where sources go, which of them have no place, and which are left alone."""
    left: list[Source] = []
    marked: list[Source] = []
    for one in sources:
        (marked if order.leaves_alone(one) else left).append(one)
    options = order.options
    placed, unplaced = place_sources(left, order.output, format=options.format, mark=order.mark, verify=options.verify)
    return placed, unplaced, marked


def _shared(shard: Shard, sources: Sequence[Placed], inputs: Sequence[Path]) -> list[Placed]:
    """Leave of sources what belongs to a part."""
    parts = [(shard.part_of(source, _root_of(source.path, inputs)), sink) for source, sink in sources]
    return [(source, sink) for source, sink in parts if source is not None]


def _root_of(path: Path, inputs: Sequence[Path]) -> Path:
    """Return the input that a path was found in."""
    return next((one for one in inputs if path == one or one in path.parents), path)


def _told_apart(inputs: Sequence[Path]) -> list[Path]:
    """Leave out what is named a second time, in whatever spelling."""
    found: dict[Path, Path] = {}
    for path in inputs:
        try:
            found.setdefault(path.resolve(), path)
        except (OSError, RuntimeError):  # a loop of links
            found.setdefault(path, path)
    return list(found.values())


def open_colorizer(order: Order) -> Colorizer:
    """Load the weights, and whatever else each page needs."""
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.reference_pages import read_references
    from mangacolor.colorize.surveys import check_keeps_colours
    from mangacolor.image.photoshop import check_layer_format

    options = order.options
    check_layer_format(options.layers)
    followed = [open_source(path, password=order.password, limits=options.limits) for path in options.reference]
    pictures = [rgb for source in followed for rgb in read_references(source, max_pixels=options.max_pixels)]
    colorizer = Colorizer.from_options(options, references=pictures)
    check_keeps_colours(colorizer)
    return colorizer


def open_followed(colorizer: Colorizer | None, order: Order) -> SeriesColours | None:
    """Read the series that is to be followed, and learn its examples; None for none, or nothing to colour.

    Raises:
        BadInputError: It cannot be read, or not be followed.
        UsageError: The colouriser follows none.
    """
    from mangacolor.colorize.series_colours import following_series

    if colorizer is None or order.options.series is None:
        return None
    return following_series(colorizer, open_series(order.options.series))


def color(
    work: Work,
    colorizer: Colorizer | None,
    order: Order,
    listener: Listener,
    series: SeriesColours | None = None,
) -> None:
    """Colour the pages of a work, and tell of each.

    Args:
        work: What `find_work` found.
        colorizer: From `open_colorizer`; None where there is nothing to colour.
        order: What is wanted.
        listener: Who is told.
        series: From `open_followed`.

    Raises:
        BadInputError: The file of hints cannot be read.
        CannotWriteError: An output could not be written, or the cache cannot be.
    """
    from mangacolor.colorize.page_cache import PageCache
    from mangacolor.colorize.run import colorize_pages

    for path, error in work.broken:
        listener.failure(path, error)
    for source in work.marked:
        listener.left_alone(source)
    if colorizer is None:
        return
    colorizer, hints = _corrected(order.hints, colorizer)
    # A page out of the cache is not coloured, so that it has no layers.
    cache = PageCache(order.cache) if order.cache and order.options.layers is None else None
    results = colorize_pages(
        colorizer, work.sources, work.sinks, hints=hints, quality=order.options.quality, overwrite=order.overwrite,
        max_pixels=order.options.max_pixels, consistent=order.keeps_colours, series=series, cache=cache,
        on_output=listener.output, on_late=listener.page,
    )  # fmt: skip
    with listener.working_on(work.sources), closing(results):  # so that what is late is heard before the run is over
        for result in results:
            listener.page(result)


def _corrected(path: Path | None, colorizer: Colorizer) -> tuple[Colorizer, Sequence[Hint]]:
    """Read a file of hints, or of steps, which a colouriser does that is returned; references lie beside the file."""
    from mangacolor.colorize.corrections import parse_steps, says_steps
    from mangacolor.colorize.hints import parse_hints

    if path is None:
        return colorizer, ()
    text = read_bytes(path)
    if not says_steps(text):
        return colorizer, parse_hints(text, str(path))
    steps = parse_steps(text, str(path))
    names = {step.name for step in steps if step.kind == "reference" and step.name is not None}
    pictures = {name: read_image(path.parent / name).rgb for name in sorted(names)}
    return colorizer.correcting(steps, pictures), ()
