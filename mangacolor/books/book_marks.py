"""A word in ComicInfo about what coloured a book, for libraries to show and for later runs to heed."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from mangacolor.errors import BadInputError

if TYPE_CHECKING:
    from mangacolor.books.book import BookSource

COMIC_INFO = "comicinfo.xml"
MOST_BYTES = 16 << 20
"""A larger file is no description of a book."""

_BEGINNING = "Coloured by mangacolor"
_TAG = "mangacolor"
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_EMPTY = '<?xml version="1.0" encoding="utf-8"?>\n<ComicInfo>\n</ComicInfo>\n'


def mark_of(version: str, weights: str = "") -> str:
    """Return what a coloured book says of what coloured it.

    Args:
        version: Of this package.
        weights: Name of the weights, where they are not those installed.
    """
    return f"{_BEGINNING} {version}{f', weights {weights}' if weights else ''}."


def is_marked(book: BookSource) -> bool:
    """Say whether a book says that it was coloured by this package.

    RAR and 7-Zip, which have to be unpacked to be read and are never written here, are not looked into.
    """
    if book.becomes_zip or not book.has_files:
        return False
    for entry in book.container.entries:
        if entry.is_file and PurePosixPath(entry.name.lower()).name == COMIC_INFO and entry.size <= MOST_BYTES:
            try:
                data = book.container.read(entry.index)
            except BadInputError:
                continue
            # In UTF-16 every other byte is zero.
            if _BEGINNING.encode() in data.replace(b"\0", b""):
                return True
    return False


def with_mark(text: str, mark: str) -> str:
    """Return a ComicInfo that has the mark as a line of its notes, and a tag for libraries to find it by.

    Args:
        text: The file; empty for a new one.
        mark: From `mark_of`; it takes the place of an older one.
    """
    text = re.sub(rf"\n?{_BEGINNING} [^\n<]*", "", text) or _EMPTY
    text = _with_value(text, "Notes", escape(mark), "\n")
    return text if re.search(rf"<Tags>[^<]*\b{_TAG}\b", text) else _with_value(text, "Tags", _TAG, ", ")


def _with_value(text: str, element: str, value: str, between: str) -> str:
    """Add a value to an element, which is made where it is missing."""
    # Comments say nothing; with blanks in their place all else is where it was.
    seen = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    pattern = re.compile(
        rf"<(?P<name>(?:[\w.-]+:)?{element})(?P<rest>(?:\s[^<>]*?)?)(?:/>|>(?P<old>[^<]*)</(?P=name)\s*>)"
    )
    if match := pattern.search(seen):
        old = "" if match["old"] is None else text[slice(*match.span("old"))]
        filled = f"{old}{between if old.strip() else ''}{value}"
        rest = text[slice(*match.span("rest"))]
        new = f"<{match['name']}{rest}>{filled}</{match['name']}>"
        return text[: match.start()] + new + text[match.end() :]
    ends = list(re.finditer(r"</(?:(?P<prefix>[\w.-]+):)?ComicInfo\s*>", seen))
    if not ends:
        return text
    name = f"{ends[-1]['prefix']}:{element}" if ends[-1]["prefix"] else element
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{text[: ends[-1].start()]}  <{name}>{value}</{name}>{newline}{text[ends[-1].start() :]}"
