"""A book that was just written, opened again and compared with what it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mangacolor.books.book import BookSource, open_book
from mangacolor.books.book_kinds import book_kind
from mangacolor.books.containers import Limits
from mangacolor.books.pdf_pictures import is_marked
from mangacolor.books.zipped import ZipContainer
from mangacolor.errors import BadInputError
from mangacolor.image import picture_size, thumbnail

if TYPE_CHECKING:
    from collections.abc import Mapping

_OURS = Limits(entries=1 << 62, entry_bytes=1 << 62, expansion=1 << 62, page_pixels=1 << 62)
"""What is written here may be read without limits."""

_ADVICE = "Run the command again; if this happens again, please report it."
_THUMBNAIL_SIDE = 16
_MOST_UNLIKE = 8.0
"""Mean difference, in 255ths, of thumbnails of one picture: a page of a PDF is drawn anew to be compared, which moves
edges by parts of a pixel. A negative, a turned page or one without colour lies far above."""


def open_written(path: Path) -> BookSource:
    """Open a book that was written here.

    Raises:
        BadInputError: It cannot be read.
    """
    kind = book_kind(path)
    if kind is None:
        raise BadInputError(f"{path} is no book any more.", advice="Colour it anew with --overwrite.")
    return open_book(path, kind, limits=_OURS)


def check_written(path: Path, called: Path, source: BookSource, parts: Mapping[int, tuple[int, Path]]) -> None:
    """Compare a book that was just written with the pages that it was made of.

    Args:
        path: The book.
        called: What error messages call it.
        source: What it was made of.
        parts: For each replaced page, by its place in the source: its place in the book, and the file that went in.

    Raises:
        BadInputError: It cannot be read, has fewer pages, or one of another size, place or look.
    """
    try:
        problem = _problem(open_written(path), source, parts)
    except BadInputError as error:
        raise BadInputError(f"{called} did not come out whole: {error}", advice=_ADVICE) from error
    if problem:
        raise BadInputError(f"{called} did not come out whole: {problem}.", advice=_ADVICE)


def _problem(written: BookSource, source: BookSource, parts: Mapping[int, tuple[int, Path]]) -> str:
    if isinstance(written.container, ZipContainer) and written.container.is_salvaged:
        return "its directory is damaged"
    if len(written.pages) != len(source.pages):
        return f"it has {len(written.pages)} pages of {len(source.pages)}"
    entries, others = source.container.entries, written.container.entries
    for page in source.pages:
        place, part = parts.get(page.index, (page.index, None))
        if source.kind == "pdf" and entries[page.index].place != others[place].place:
            return f"{page.name} is cut or turned in another way"
        if part is None:
            continue
        expected = part.read_bytes()
        if source.kind == "pdf" and is_marked(expected):  # the page was left as it was
            continue
        data = written.container.read(place)
        if data == expected:
            continue
        if source.kind == "pdf":
            if not _is_alike(data, expected):
                return f"{page.name} shows another picture"
        elif picture_size(data) != picture_size(expected):
            return f"{page.name} has another size"
    return ""


def _is_alike(one: bytes, other: bytes) -> bool:
    first, second = (thumbnail(data, _THUMBNAIL_SIDE).astype(float) for data in (one, other))
    return float(np.abs(first - second).mean()) <= _MOST_UNLIKE
