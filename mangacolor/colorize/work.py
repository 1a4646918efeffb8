"""Finding the work of a run: the pages below its inputs, and where each goes, before any is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mangacolor.books import (
    BookSink,
    BookSource,
    DoubledPages,
    FolderSink,
    FolderSource,
    PageSink,
    Source,
    is_book_name,
    made_of_others,
    open_folder_book,
    open_library,
    open_listed,
    open_source,
    place_sources,
)
from mangacolor.books.naming import marked_twins
from mangacolor.books.shards import Shard, name_below
from mangacolor.books.sink import book_name
from mangacolor.colorize.order import Order
from mangacolor.errors import BadInputError, MangacolorError, UsageError

Placed = tuple[Source, FolderSink | BookSink]
Failure = tuple[Path, MangacolorError]


@dataclass(frozen=True)
class Work:
    """Sources and where the pages of each go, what could not be opened, with the reason, and what is left alone.

    Of a folder, pages are left alone that stand beside the page that they were made of, as after a run for that page.
    """

    sources: Sequence[Source]
    sinks: Sequence[PageSink]
    broken: Sequence[Failure] = ()
    left_alone: Sequence[Source] = ()

    def is_done(self) -> bool:
        """Say whether every output is there, a book and not its pages alone, so that no page has to be looked at."""
        return all(
            sink.is_finished()
            or (not isinstance(source, BookSource) and all(sink.exists(entry.name) for entry in source))
            for source, sink in zip(self.sources, self.sinks, strict=True)
        )


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
    paths, output = _told_apart(inputs), order.output
    becomes_book = len(paths) == 1 and output is not None and is_book_name(output.name) and not output.is_dir()
    for path in paths:
        try:
            if path.is_dir() and becomes_book and output is not None:
                sources.append(open_folder_book(path, output))
            elif path.is_dir():
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
    sources, doubled = _without_doubles(sources)
    placed, unplaced, left_alone = _placed(sources, order)
    left_alone += doubled
    refused += unplaced
    if order.shard is not None:
        # Names of outputs hang on all inputs, so that they are the same for every number of parts.
        placed = _shared(order.shard, placed, inputs)
        refused, broken = (
            [(path, error) for path, error in some if order.shard.has(name_below(path, _root_of(path, inputs)))]
            for some in (refused, broken)
        )
    is_usage = all(isinstance(error, UsageError) for _, error in refused)
    if refused and not placed and not broken and not left_alone and (len(refused) == 1 or is_usage):
        raise refused[0][1]
    return Work([source for source, _ in placed], [sink for _, sink in placed], [*refused, *broken], left_alone)


def find_part(folder: Path, names: Sequence[str], order: Order) -> Work:
    """Find the pages of a part of a library and their outputs, as `find_work` does for the whole.

    Args:
        folder: The library.
        names: Some of what `books.list_library` found there; those that begin alike belong together, see
            `books.shards.small_parts`.
        order: What is wanted.
    """
    sources, broken = open_listed(folder, names, password=order.password, limits=order.options.limits)
    placed, unplaced, left_alone = _placed(sources, order)
    return Work([source for source, _ in placed], [sink for _, sink in placed], [*unplaced, *broken], left_alone)


def _placed(sources: Sequence[Source], order: Order) -> tuple[list[Placed], list[Failure], list[Source]]:
    """Say where sources go, which of them have no place, and which are left alone."""
    made = set() if order.output is not None else _made_of_others(sources)
    left_alone: list[Source] = []
    wanted: list[Source] = []
    for one in sources:
        (left_alone if one.path in made or order.leaves_alone(one) else wanted).append(one)
    options = order.options
    placed, unplaced = place_sources(
        wanted, order.output, format=options.format, mark=order.mark, verify=options.verify
    )
    return placed, unplaced, left_alone


def _without_doubles(sources: Sequence[Source]) -> tuple[list[Source], list[Source]]:
    """Return sources without the pages of folders that other pages there became, and these."""
    kept: list[Source] = []
    doubled: list[Source] = []
    for one in sources:
        left_out: tuple[str, ...] = ()
        if isinstance(one, FolderSource):
            left_out = made_of_others(one.names)
        elif isinstance(one, BookSource):
            left_out = one.left_out
        if left_out:
            doubled.append(DoubledPages(one.path, left_out))
        if left_out and isinstance(one, FolderSource):
            one = FolderSource(one.path, tuple(name for name in one.names if name not in set(left_out)))
        kept.append(one)
    return kept, doubled


def _made_of_others(sources: Sequence[Source]) -> set[Path]:
    """Return what stands beside another source as its output: "1_color.png" and "1.png", where `*.png` is run again."""
    return set(
        marked_twins({
            one.path: (one.path.parent / _stem(one)).as_posix()
            for one in sources if getattr(one, "folder", None) is None
        })
    )  # fmt: skip


def _stem(source: Source) -> str:
    if isinstance(source, BookSource):
        return book_name(source)[0]
    return source.path.name if isinstance(source, FolderSource) else source.path.stem


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
