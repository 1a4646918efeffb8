"""Where coloured pages go: beside the input or into a folder, whole or not at all, never over an input."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mangacolor.books.book import BookSource
from mangacolor.books.book_kinds import BOOK_SUFFIXES, written_suffix
from mangacolor.books.book_sink import BookSink
from mangacolor.books.files import cannot_write, long_path, tells_names_apart
from mangacolor.books.folder_sink import FolderSink
from mangacolor.books.naming import MARK, output_name, output_names, same_file
from mangacolor.books.source import FileSource, FolderSource, Source
from mangacolor.errors import CannotWriteError, UsageError
from mangacolor.image.formats import IMAGE_SUFFIXES, WRITTEN_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mangacolor.books.naming import FormatChoice
    from mangacolor.errors import MangacolorError

logger = logging.getLogger("mangacolor")

_KNOWN_SUFFIXES = sorted((*BOOK_SUFFIXES, ".tif", ".tiff"), key=len, reverse=True)


def open_sinks(
    sources: Sequence[Source],
    output: Path | None = None,
    *,
    format: FormatChoice = "keep",
    mark: str = "",
    verify: bool | None = None,
) -> list[FolderSink | BookSink]:
    """Decide where the pages of each source go; nothing is made or written yet.

    Without `output`, "page.png" goes to "page_color.png" and "chapter/" to "chapter_color/", beside the input. With it,
    the pages of a folder go below `output`; a single file goes into the folder `output`, or to the file `output` if
    that ends in an image suffix and is no folder; several sources share the folder `output`, each folder under its own
    name.

    Args:
        sources: What is coloured in this run.
        output: The user's choice, if any.
        format: File format of the outputs.
        mark: What books are to say of what coloured them; see `book_marks`.
        verify: Open every output again and compare it with what it was made of; None does so with books.

    Returns:
        One sink for each source, in order.

    Raises:
        UsageError: An output would fall on an input or on another source's output, or the output is of the wrong kind.
        CannotWriteError: An output's name is longer than the file system allows.
    """
    placed, unplaced = place_sources(sources, output, format=format, mark=mark, verify=verify)
    if unplaced:
        raise unplaced[0][1]
    return [sink for _, sink in placed]


def place_sources(
    sources: Sequence[Source],
    output: Path | None = None,
    *,
    format: FormatChoice = "keep",
    mark: str = "",
    verify: bool | None = None,
) -> tuple[list[tuple[Source, FolderSink | BookSink]], list[tuple[Path, MangacolorError]]]:
    """Do as `open_sinks`, but go on where one source has no place.

    Returns:
        The sources that have a place, with their sinks; and the paths of the others, with what is wrong.
    """
    several = len({_root(source) for source in sources}) > 1
    makes_folder = several or any(not isinstance(one, BookSource) or one.folder is not None for one in sources)
    if makes_folder and output is not None and output.suffix.lower() in BOOK_SUFFIXES and not output.exists():
        problem = UsageError(
            f"{output} ends like a book, and several sources or books would go there.",
            advice="Name a folder as --output, or colour one folder of pages by itself.",
        )
        return [], [(source.path, problem) for source in sources]
    inputs = frozenset(path.resolve() for source in sources for path, _ in _files(source))
    taken: set[str] = set()
    placed: list[tuple[Source, FolderSink | BookSink]] = []
    unplaced: list[tuple[Path, MangacolorError]] = []
    for source in sources:
        try:
            sink: FolderSink | BookSink
            if isinstance(source, BookSource):
                sink = _open_book_sink(source, output, format, several=several)
                sink.mark, sink.verify = mark, verify is not False
            else:
                sink = _open_sink(source, output, format, several=several)
                sink = replace(sink, kept=inputs, verify=bool(verify))
            taken |= _free_places(source, sink, inputs, taken)
        except (UsageError, CannotWriteError) as error:
            unplaced.append((source.path, error))
        else:
            placed.append((source, sink))
    return placed, unplaced


def _free_places(source: Source, sink: FolderSink | BookSink, inputs: frozenset[Path], taken: set[str]) -> set[str]:
    """Return where the pages of a source go, if nothing is there that must not be written over."""
    places: set[str] = set()
    folders: dict[Path, bool] = {}
    for input, name in _files(source):
        path = sink.path(name)
        # Only samefile sees that two spellings are one file where case does not count.
        input = long_path(input)
        if path.resolve() in inputs or (_exists(path) and input.exists() and path.samefile(input)):
            raise UsageError(f"{path} is an input and would be overwritten.", advice="Choose another --output.")
        folder = path.resolve().parent
        if folder not in folders:
            folders[folder] = tells_names_apart(folder)
        place = str(folder / path.name)
        place = place if folders[folder] else same_file(place)
        if place in taken or place in places:
            raise UsageError(
                f"Two inputs would be written to {path}: {source.path} is left out.",
                advice="Colour it in a run of its own with another --output.",
            )
        places.add(place)
    return places


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise cannot_write(path, error, elsewhere="--output") from error


def _root(source: Source) -> Path:
    """Return what the user named."""
    return source.folder or source.path if isinstance(source, BookSource) else source.path


def _files(source: Source) -> list[tuple[Path, str]]:
    """Return the files of a source, each with a page that goes to its output."""
    if isinstance(source, BookSource):
        return [(source.path, source.pages[0].name)]
    return [(entry.path, entry.name) for entry in source]


def _open_book_sink(source: BookSource, output: Path | None, choice: FormatChoice, *, several: bool) -> BookSink:
    """Decide for one book, without looking at the other sources."""
    stem, suffix = book_name(source)
    if source.keeps_format and choice != "keep":
        logger.warning("%s: the pages of EPUB, PDF and TIFF keep their format.", source.path)
        choice = "keep"
    if source.kind != "folder" and not source.path.name.endswith(suffix):
        logger.warning("%s is given back as %s.", source.path, suffix)
    if source.folder is not None:
        folder = source.folder if source.folder.name not in ("", "..") else source.folder.resolve()
        if output is not None and output.is_file():
            raise UsageError(f"{output} is not a folder, and a library needs one.", advice="Name a folder as --output.")
        shared = output / folder.name if output is not None and several else output
        root = shared or folder.with_name(folder.name + MARK)
        target = root / source.path.relative_to(source.folder).with_name(stem + suffix)
    elif output is None:
        target = source.path.with_name(stem + MARK + suffix)
    elif output.is_dir() or several or not output.suffix:
        target = output / (stem + suffix)
    elif output.name.lower().endswith(suffix.lower()) or {output.suffix.lower(), suffix.lower()} == {".cbz", ".zip"}:
        target = output
    else:
        raise UsageError(
            f"{source.path} cannot be written as {output.suffix}.",
            advice=f"End --output in {suffix}, or name a folder.",
        )
    first_of = {entry.index: entry for entry in source.container.entries}
    raw = {page.name: first_of[page.index].name for page in source.pages}
    if source.kind == "epub":  # its other files call pages by their names
        return BookSink(source, target, choice, raw)
    kinds = {raw[page.name]: page.kind for page in source.pages}
    names = output_names(list(dict.fromkeys(raw.values())), choice, kinds)
    return BookSink(source, target, choice, {name: names[plain] for name, plain in raw.items()})


def book_name(source: BookSource) -> tuple[str, str]:
    """Return the stem of a book's name and the suffix that its coloured twin has."""
    name = source.path.name
    suffix = next((name[-len(one) :] for one in _KNOWN_SUFFIXES if name.lower().endswith(one)), "")
    stem = name[: len(name) - len(suffix)]
    return stem, written_suffix(source.kind, suffix)


def _open_sink(
    source: FileSource | FolderSource, output: Path | None, choice: FormatChoice, *, several: bool
) -> FolderSink:
    """Decide for one source, without looking at the others."""
    # "." and ".." have no name to derive another from.
    path = source.path if source.path.name not in ("", "..") else source.path.resolve()
    to_file = output is not None and not output.is_dir() and output.suffix.lower() in IMAGE_SUFFIXES
    if output is not None and (output.is_file() or to_file) and (several or isinstance(source, FolderSource)):
        raise UsageError(f"{output} is not a folder, and several pages need one.", advice="Name a folder as --output.")
    if isinstance(source, FolderSource):
        if output is None and not path.name:
            raise UsageError("There is no place beside the root folder.", advice="Name a folder as --output.")
        beside = path.with_name(path.name + MARK) if path.name else path
        shared = output / path.name if output is not None and several else output
        root = shared or beside
        names = output_names(source.names, choice, source.kinds, is_strict=tells_names_apart(root))
        return FolderSink(root, names)
    kind = source.kind
    if output is None:
        return FolderSink(path.parent, {path.name: output_name(path.name, choice, mark=MARK, kind=kind)})
    if to_file:
        return FolderSink(output.parent, {path.name: _checked_file_name(output, choice)}, is_named=True)
    if output.is_file():
        raise UsageError(
            f"{output} has no image suffix.", advice=f"End it in one of {' '.join(WRITTEN_SUFFIXES)}, or name a folder."
        )
    return FolderSink(output, {path.name: output_name(path.name, choice, kind=kind)})


def _checked_file_name(output: Path, choice: FormatChoice) -> str:
    """Return the name of an output file whose suffix can be written and agrees with the chosen format."""
    format = WRITTEN_SUFFIXES.get(output.suffix.lower())
    if format is None:
        raise UsageError(
            f"{output.suffix} files cannot be written.", advice=f"End --output in one of {' '.join(WRITTEN_SUFFIXES)}."
        )
    if choice not in ("keep", format):
        raise UsageError(f"{output} contradicts the format {choice}.", advice="Give only one of --output and --format.")
    return output.name
