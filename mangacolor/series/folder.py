"""Series folders on disk: opened, changed line by line so that what people wrote stays, and merged."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mangacolor.books import drawn_twin, write_atomically
from mangacolor.books.locks import folder_alone
from mangacolor.errors import BadInputError
from mangacolor.image import read_bytes
from mangacolor.image.formats import IMAGE_SUFFIXES
from mangacolor.series.document import Example, Part, Rgb, Series, hex_of, one_spelling, parse
from mangacolor.series.lines import (
    new_text,
    with_colour,
    with_example,
    without_empty_table,
    without_examples,
    without_part,
)
from mangacolor.text import text_of

SERIES_NAME = "series.toml"
ADAPTED_NAME = "adapted.safetensors"
"""What the weights learnt of its pages, beside it; see `models.changes`."""

EXAMPLES = "examples"
"""Folder beside it that pictures are copied to."""


def open_series(folder: Path) -> Series:
    """Read a series folder and see that the pictures of its examples are there.

    Raises:
        BadInputError: There is no series, its file is damaged or newer, or an example is missing.
    """
    series = parse(_text(folder), folder, str(folder / SERIES_NAME))
    for number, example in enumerate(series.examples, start=1):
        for missing in (picture for picture in example.pictures if not picture.is_file()):
            raise BadInputError(
                f"{missing}: example {number} of {folder / SERIES_NAME} is missing.",
                advice="Put the picture back, or delete that [[example]].",
            )
    return series


def make_series(folder: Path, name: str, *, elsewhere: str = "") -> None:
    """Make a series folder of a name, unless there is one; `elsewhere` as in `write_atomically`.

    Raises:
        CannotWriteError: No right or no space.
    """
    path = folder / SERIES_NAME
    if not path.is_file():
        with folder_alone(folder, elsewhere=elsewhere):
            if not path.is_file():  # nobody was faster
                write_atomically(path, new_text(name).encode(), elsewhere=elsewhere)


def set_colours(
    folder: Path,
    colours: Mapping[Part, Rgb],
    examples: Iterable[Example] = (),
    *,
    is_misplaced: Callable[[Example], bool] = lambda example: False,
    elsewhere: str = "",
) -> Series:
    """Set colours of parts, and add examples, in a series folder; what else its file says stays as it is.

    Args:
        folder: Made, with its file, if it is missing.
        colours: New ones, and others for parts that have one.
        examples: To be added; their pictures are copied into the folder. What lies beside one in colour as it was
            drawn, see `drawn_twin`, becomes its `drawn`.
        is_misplaced: Says which of the examples that are there go.
        elsewhere: As in `write_atomically`.

    Raises:
        BadInputError: The file that is there is damaged or newer; it stays untouched.
        CannotWriteError: No right or no space; the file that is there stays untouched.
    """
    with folder_alone(folder, elsewhere=elsewhere):
        return _set_colours(folder, colours, examples, is_misplaced, elsewhere)


def _set_colours(
    folder: Path,
    colours: Mapping[Part, Rgb],
    examples: Iterable[Example],
    is_misplaced: Callable[[Example], bool] = lambda example: False,
    elsewhere: str = "",
) -> Series:
    """See `set_colours`; the folder is held."""
    text = _text(folder) if (folder / SERIES_NAME).exists() else new_text()
    where = str(folder / SERIES_NAME)
    before = parse(text, folder, where)
    misplaced = [one for one in before.examples if is_misplaced(one)]
    text = without_examples(text, before, misplaced.__contains__)
    for part, rgb in colours.items():
        text = with_colour(text, part, rgb)
    added = [_with_twin(example) for example in examples]
    copied = [[_copy_of(picture, folder) for picture in example.pictures] for example in added]
    for example, copies in zip(added, copied, strict=True):
        text = with_example(text, example, [name for name, _ in copies])
    changed = parse(text, folder, where)  # what would not be read again is not written
    count = len(before.examples) - len(misplaced) + len(added)
    if any(changed.colours.get(part) != rgb for part, rgb in colours.items()) or len(changed.examples) != count:
        raise BadInputError(f"{where}: cannot be changed.", advice="Its lines are unusual: change it by hand.")
    for name, data in itertools.chain.from_iterable(copied):
        if not (folder / name).exists():
            write_atomically(folder / name, data, elsewhere=elsewhere)
    write_atomically(folder / SERIES_NAME, text.encode(), elsewhere=elsewhere)
    return changed


def remove_part(folder: Path, part: Part, *, elsewhere: str = "") -> Series:
    """Take a part out of a series folder: its colour and its examples; what else its file says stays as it is.

    Args:
        folder: Of the series.
        part: Which.
        elsewhere: As in `write_atomically`.

    Raises:
        BadInputError: It is not there, or the file is damaged or newer; it stays untouched.
        CannotWriteError: No right or no space; the file stays untouched.
    """
    _text(folder)  # so that no folder is made where none is
    with folder_alone(folder, elsewhere=elsewhere):
        return _remove_part(folder, part, elsewhere)


def _remove_part(folder: Path, part: Part, elsewhere: str) -> Series:
    """See `remove_part`; the folder is held."""
    text, where = _text(folder), str(folder / SERIES_NAME)
    before = parse(text, folder, where)
    if part not in before.colours and not any(one.part == part for one in before.examples):
        raise BadInputError(f"{part} is not in {where}.", advice="Look at what is: mangacolor palette.")
    after = parse(changed := without_part(text, part, before), folder, where)
    if part in after.colours or any(one.part == part for one in after.examples):
        raise BadInputError(f"{where}: cannot be changed.", advice="Its lines are unusual: change it by hand.")
    write_atomically(folder / SERIES_NAME, changed.encode(), elsewhere=elsewhere)
    return after


def rename_owner(folder: Path, old: str, new: str, *, elsewhere: str = "") -> Series:
    """Give the parts of a character or a place to another name; colours that this one has already stay.

    Args:
        folder: Of the series.
        old: As the file has it, such as `new-1`.
        new: May be there, and is else made.
        elsewhere: As in `write_atomically`.

    Raises:
        BadInputError: `old` is not there, `new` is no name, or the file is damaged or newer; it stays untouched.
        CannotWriteError: No right or no space; the file stays untouched.
    """
    _text(folder)  # so that no folder is made where none is
    with folder_alone(folder, elsewhere=elsewhere):
        return _rename_owner(folder, one_spelling(old), new, elsewhere)


def _rename_owner(folder: Path, old: str, new: str, elsewhere: str) -> Series:
    """See `rename_owner`; the folder is held."""
    text, where = _text(folder), str(folder / SERIES_NAME)
    before = parse(text, folder, where)
    known = {part.owner: part.kind for part in (*before.colours, *(one.part for one in before.examples))}
    if old not in known:
        raise BadInputError(f"{old} is not in {where}.", advice=f"There are: {', '.join(sorted(known)) or 'none'}.")
    if one_spelling(new) == old:
        return before
    colours = {part: rgb for part, rgb in before.colours.items() if part.owner == old}
    examples = [one for one in before.examples if one.part.owner == old]
    renamed = {part: part._replace(owner=one_spelling(new)) for part in (*colours, *(one.part for one in examples))}
    text = without_examples(text, before, examples.__contains__)
    for part in colours:
        text = without_part(text, part, parse(text, folder, where))
    text = without_empty_table(text, known[old], old)
    for part, rgb in colours.items():
        if renamed[part] not in before.colours:
            text = with_colour(text, renamed[part], rgb)
    for one in examples:
        names = [picture.relative_to(folder).as_posix() for picture in one.pictures]
        text = with_example(text, replace(one, part=renamed[one.part]), names)
    changed = parse(text, folder, where)  # what would not be read again is not written
    if len(changed.examples) != len(before.examples) or any(part.owner == old for part in changed.colours):
        raise BadInputError(f"{where}: cannot be changed.", advice="Its lines are unusual: change it by hand.")
    write_atomically(folder / SERIES_NAME, text.encode(), elsewhere=elsewhere)
    return changed


def merge_series(folder: Path, other: Series) -> Series:
    """Add what another series says to a series folder.

    Raises:
        BadInputError: They have different colours for a part; nothing is changed then.
        CannotWriteError: No right or no space.
    """
    open_series(folder)  # so that no folder is made where none is
    with folder_alone(folder):
        return _merge_series(folder, other)


def _merge_series(folder: Path, other: Series) -> Series:
    """See `merge_series`; the folder is held."""
    own = open_series(folder)
    for part, rgb in other.colours.items():
        if own.colours.get(part, rgb) != rgb:
            raise BadInputError(
                f"Two colours for {part}: {hex_of(own.colours[part])} in {folder} and {hex_of(rgb)} in {other.folder}.",
                advice=f"Make them one first: mangacolor palette {folder} --set {part}={hex_of(rgb)}",
            )
    there = {example_digest(one) for one in own.examples}
    new = [one for one in other.examples if example_digest(one) not in there]
    return _set_colours(folder, {part: rgb for part, rgb in other.colours.items() if part not in own.colours}, new)


def digest_of(series: Series) -> str:
    """Return SHA-256 (hexadecimal) over everything that decides what a series does to pages."""
    said: list[Any] = [
        [[*part, *rgb] for part, rgb in sorted(series.colours.items())],
        [_said_of(one) for one in series.examples],
        series.likeness,
    ]
    adapted = series.folder / ADAPTED_NAME
    if adapted.is_file():
        said.append(_digest(read_bytes(adapted)))
    return _digest(json.dumps(said).encode())


def example_digest(example: Example) -> str:
    """Return SHA-256 (hexadecimal) over what is to be learnt of an example."""
    return _digest(json.dumps(_said_of(example)).encode())


def _said_of(example: Example) -> list[Any]:
    return [*example.part, *example.points, *(_digest(read_bytes(picture)) for picture in example.pictures)]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _text(folder: Path) -> str:
    path = folder / SERIES_NAME
    if not path.is_file():
        raise BadInputError(
            f"{folder}: no {SERIES_NAME} in it.", advice=f"Make one: mangacolor palette {folder} --set rin.hair=#7a3b2e"
        )
    try:
        return text_of(read_bytes(path))
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: not a series file: {error}.", advice="Save it as UTF-8 text.") from error


def _with_twin(example: Example) -> Example:
    """Add the picture as it was drawn that lies beside that of an example."""
    twin = drawn_twin(example.picture) if example.drawn is None else None
    return example if twin is None or twin.suffix.lower() not in IMAGE_SUFFIXES else replace(example, drawn=twin)


def _copy_of(picture: Path, folder: Path) -> tuple[str, bytes]:
    """Return the name that a picture has in the folder, by what is in it, and its bytes."""
    data = read_bytes(picture)
    if picture.parent == folder / EXAMPLES:
        return f"{EXAMPLES}/{picture.name}", data
    return f"{EXAMPLES}/{one_spelling(picture.stem)}-{_digest(data)[:8]}{picture.suffix.lower()}", data
