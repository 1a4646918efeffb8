"""`-` as an input and as an output: a picture or a book from stdin, and to stdout."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mangacolor.books.shelved import let_go
from mangacolor.books.temporary import temporary_folder, told_if_full
from mangacolor.errors import BadInputError, UsageError

PIPE = Path("-")

_INPUT_NAME = "stdin"
"""What the input is called in messages; its content says what it is."""


class Piped(NamedTuple):
    """What a command works on in place of what it was given.

    Attributes:
        inputs: Files.
        output: Where to.
        is_read: Whether the input comes from stdin: what was made of another one before is no output of it.
        is_written: Whether the output goes to stdout, where nothing else may.
    """

    inputs: list[Path]
    output: Path | None
    is_read: bool
    is_written: bool


def is_piped(inputs: Sequence[Path], output: Path | None) -> bool:
    """Say whether stdin or stdout is meant; a file of that name is named with its folder."""
    return PIPE in inputs or output == PIPE


@contextmanager
def _let_go_after(place: Path) -> Iterator[None]:
    try:
        yield
    finally:
        let_go(place)


@contextmanager
def piped(inputs: Sequence[Path], output: Path | None) -> Iterator[Piped]:
    """Lead stdin into a file, and what is written to stdout once the block has ended.

    Args:
        inputs: `-` stands for stdin.
        output: `-` stands for stdout, and so does None where stdin is read.

    Raises:
        UsageError: Not one picture or book comes or goes.
        BadInputError: Nothing came from stdin.
    """
    if not is_piped(inputs, output):
        yield Piped(list(inputs), output, False, False)
        return
    if len(inputs) != 1 or inputs[0].is_dir():
        raise UsageError("Pipes take one picture or one book.", advice="Name its file, or `-` for stdin.")
    is_read, is_written = inputs[0] == PIPE, output in (None, PIPE)
    with temporary_folder() as scratch, _let_go_after(Path(scratch)):
        source, place = inputs[0], output
        if is_read:
            source = Path(scratch) / _INPUT_NAME
            with told_if_full(source), source.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            if not source.stat().st_size:
                raise BadInputError("stdin is empty.", advice="The command before the pipe gave nothing.")
        if is_written:
            place = Path(scratch) / "out"
            place.mkdir()
        yield Piped([source], place, is_read, is_written)
        if is_written and place is not None:
            for path in place.iterdir():
                if path.is_file():
                    with path.open("rb") as file:
                        shutil.copyfileobj(file, sys.stdout.buffer)
                    sys.stdout.buffer.flush()
