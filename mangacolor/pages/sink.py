"""Where coloured pages go: beside the input or into a folder, whole or not at all, never over an input."""

from __future__ import annotations

import errno
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mangacolor.errors import CannotWriteError, UsageError
from mangacolor.pages.naming import WRITTEN_FORMATS, output_name, output_names
from mangacolor.pages.source import IMAGE_SUFFIXES, FileSource, FolderSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mangacolor.image import FileFormat
    from mangacolor.pages.naming import FormatChoice
    from mangacolor.pages.page import Page

_MARK = "_color"

_ADVICE = {
    errno.EACCES: "Change the permissions, or choose another place with --output.",
    errno.EPERM: "Change the permissions, or choose another place with --output.",
    errno.EROFS: "The disk is read-only: choose another place with --output.",
    errno.ENOSPC: "The disk is full: free some space, or choose another place with --output.",
    errno.EDQUOT: "Your disk quota is used up: free some space, or choose another place with --output.",
    errno.EISDIR: "A folder of that name is in the way: move it, or choose another name with --output.",
    errno.ENOTDIR: "A file is in the way of a folder: move it, or choose another place with --output.",
    errno.EEXIST: "A file is in the way of a folder: move it, or choose another place with --output.",
    errno.ENAMETOOLONG: "The name is too long: choose a shorter one with --output.",
}


class PageSink(Protocol):
    """Takes the coloured pages of one source; pages go by their names in that source."""

    def exists(self, name: str) -> bool:
        """Say whether the output of this page is already there."""

    def file_format(self, name: str) -> FileFormat:
        """Say how this page is to be encoded."""

    def write(self, page: Page, data: bytes) -> Path:
        """Store the encoded page and say where.

        Raises:
            CannotWriteError: It could not be stored; what was there before is untouched.
        """


@dataclass(frozen=True)
class FolderSink:
    """Writes each page to a file of its own.

    Attributes:
        root: Folder of the outputs; made when the first page is written.
        names: Name of the output below `root`, for each page name.
    """

    root: Path
    names: Mapping[str, str]

    def path(self, name: str) -> Path:
        """Return the output file of a page."""
        return self.root / self.names[name]

    def exists(self, name: str) -> bool:
        """Say whether the output of this page is already there."""
        return self.path(name).exists()

    def file_format(self, name: str) -> FileFormat:
        """Say how this page is to be encoded."""
        return WRITTEN_FORMATS[self.path(name).suffix.lower()]

    def write(self, page: Page, data: bytes) -> Path:
        """Write the encoded page under its output name.

        Raises:
            CannotWriteError: See `write_atomically`.
        """
        path = self.path(page.name)
        write_atomically(path, data)
        return path


def open_sinks(
    sources: Sequence[FileSource | FolderSource], output: Path | None = None, *, format: FormatChoice = "keep"
) -> list[FolderSink]:
    """Decide where the pages of each source go; nothing is made or written yet.

    Without `output`, "page.png" goes to "page_color.png" and "chapter/" to "chapter_color/", beside the input. With it,
    the pages of a folder go below `output`; a single file goes into the folder `output`, or to the file `output` if
    that ends in an image suffix and is no folder; several sources share the folder `output`, each folder under its own
    name.

    Args:
        sources: What is coloured in this run.
        output: The user's choice, if any.
        format: File format of the outputs.

    Returns:
        One sink for each source, in order.

    Raises:
        UsageError: An output would fall on an input or on another source's output, or the output is of the wrong kind.
    """
    several = len(sources) > 1
    sinks = [_open_sink(source, output, format, several=several) for source in sources]
    inputs = {entry.path.resolve() for source in sources for entry in source}
    taken: set[str] = set()
    for source, sink in zip(sources, sinks, strict=True):
        for entry in source:
            path = sink.path(entry.name)
            # Only samefile sees that two spellings are one file where case does not count.
            if path.resolve() in inputs or (path.exists() and entry.path.exists() and path.samefile(entry.path)):
                raise UsageError(f"{path} is an input and would be overwritten.", advice="Choose another --output.")
            key = str(path.resolve().parent / path.name)
            if key in taken:
                raise UsageError(
                    f"Two inputs would be written to {path}.", advice="Colour them in two runs with different --output."
                )
            taken.add(key)
    return sinks


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
        beside = path.with_name(path.name + _MARK) if path.name else path
        shared = output / path.name if output is not None and several else output
        return FolderSink(shared or beside, output_names(source.names, choice))
    if output is None:
        return FolderSink(path.parent, {path.name: output_name(path.name, choice, mark=_MARK)})
    if to_file:
        return FolderSink(output.parent, {path.name: _checked_file_name(output, choice)})
    if output.is_file():
        raise UsageError(f"{output} has no image suffix.", advice="End it in .png, .jpg or .webp, or name a folder.")
    return FolderSink(output, {path.name: output_name(path.name, choice)})


def _checked_file_name(output: Path, choice: FormatChoice) -> str:
    """Return the name of an output file whose suffix can be written and agrees with the chosen format."""
    format = WRITTEN_FORMATS.get(output.suffix.lower())
    if format is None:
        raise UsageError(f"{output.suffix} files cannot be written.", advice="End --output in .png, .jpg or .webp.")
    if choice not in ("keep", format):
        raise UsageError(f"{output} contradicts the format {choice}.", advice="Give only one of --output and --format.")
    return output.name


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all; missing folders are made.

    Raises:
        CannotWriteError: No right, no space, or something in the way. An older file of that name is untouched and no
            partial one remains.
    """
    # Hidden, so that a walk over the folder never takes it for a page; not derived from the name, which may already be
    # as long as the file system allows.
    partial = path.parent / f".mangacolor-{secrets.token_hex(8)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("xb") as file:
                file.write(data)
                file.flush()
                # Without it a power cut after the rename can leave an empty file under the final name.
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CannotWriteError(
            f"{path} cannot be written: {error.strerror or error}.",
            advice=_ADVICE.get(error.errno or 0, "Choose another place with --output."),
        ) from error
