"""The coloured pages that a series is learnt from, each with its grey twin where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.books import PageEntry, Source, drawn_twin, evenly_chosen, open_source
from mangacolor.data.agreement import checked_gray
from mangacolor.errors import BadInputError, UsageError
from mangacolor.page.kinds import is_colored

Pixels = NDArray[np.uint8]

MOST_PAGES = 24
"""Most pages that are learnt from, evenly chosen: there is no time for more."""


class ColouredPage(NamedTuple):
    """A page to learn from.

    Attributes:
        name: What messages call it.
        rgb: (H, W, 3) in colour.
        gray: (H, W) as it was drawn; None where nobody has it.
    """

    name: str
    rgb: Pixels
    gray: Pixels | None


def read_pages(inputs: Sequence[Path], twins: Sequence[Path]) -> list[ColouredPage]:
    """Read coloured pages and their twins; pages of books that are not in colour are passed over.

    Args:
        inputs: Pictures, books and folders in colour.
        twins: The same as they were drawn, in the same order; without any, those beside them are taken.

    Returns:
        At most `MOST_PAGES`.

    Raises:
        UsageError: There are twins, but not as many as inputs.
        BadInputError: Something cannot be read, nothing of an input is in colour, or a twin shows something else.
    """
    if twins and len(twins) != len(inputs):
        raise UsageError(
            f"{len(inputs)} coloured inputs and {len(twins)} grey ones.", advice="Give --gray once for each, in order."
        )
    found: list[_Found] = []
    for path, twin in zip_longest(inputs, twins):
        found += _found_in(path, twin or drawn_twin(path))
    return [_read(one) for one in evenly_chosen(found, MOST_PAGES)]


def told_pages(count: int) -> str:
    """Say a number of pages."""
    return "1 page" if count == 1 else f"{count} pages"


class _Found(NamedTuple):
    """A page in colour that is not in memory: a volume has hundreds."""

    name: str
    entry: PageEntry
    twin: PageEntry | None
    twin_name: str


def _found_in(path: Path, twin: Path | None) -> list[_Found]:
    source = open_source(path)
    grays: Source | None = open_source(twin) if twin is not None else None
    if grays is not None and len(grays) != len(source):
        raise BadInputError(
            f"{path} has {told_pages(len(source))}, and {twin} {len(grays)}.",
            advice="Give the same pages, or leave out --gray.",
        )
    found = list(_coloured(source, grays))
    if not found:
        told = f"{path} is not coloured" if len(source) == 1 else f"{path}: none of its pages is in colour"
        raise BadInputError(
            f"{told}, so there is nothing to learn from.",
            advice="Give pages in colour; colours of single spots of a grey page are given with --hints.",
        )
    return found


def _coloured(source: Source, grays: Source | None) -> Iterator[_Found]:
    entries: list[PageEntry] = [*source]
    twins: list[PageEntry | None] = [None] * len(entries) if grays is None else [*grays]
    for entry, twin in zip(entries, twins, strict=True):
        try:
            if not is_colored(entry.load().image.rgb):
                continue
        except BadInputError:
            if len(entries) == 1:
                raise
            continue
        name = str(source.path) if len(entries) == 1 else f"{source.path}: {entry.name}"
        yield _Found(name, entry, twin, f"{grays.path}: {twin.name}" if grays and twin else "")


def _read(found: _Found) -> ColouredPage:
    rgb = found.entry.load().image.rgb
    if found.twin is None:
        return ColouredPage(found.name, rgb, None)
    return ColouredPage(found.name, rgb, checked_gray(found.twin.load().image.rgb, rgb, found.twin_name))
