"""What books say of their own pages, kept true when those are coloured: ComicInfo, ACBF, CoMet, and the OPF of EPUB.

Only the values that have become false are rewritten; every other byte stays, so nothing is parsed and printed anew.
ComicInfo: https://anansi-project.github.io/docs/comicinfo/schemas/v2.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath
from urllib.parse import unquote
from xml.sax.saxutils import escape, unescape

from mangacolor.books.book import BookEntry, BookSource
from mangacolor.books.book_marks import COMIC_INFO, MOST_BYTES, with_mark
from mangacolor.books.containers import Replacement
from mangacolor.books.looks import is_junk
from mangacolor.errors import BadInputError
from mangacolor.image import picture_size
from mangacolor.image.formats import START_BYTES, media_type_of, picture_kind

_NAMES = (COMIC_INFO, "metroninfo.xml", "comet.xml")
_SUFFIXES = (".acbf", ".opf")

_TOKEN = re.compile(
    r"""<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>|[^<]+|<""",
    re.DOTALL,
)
_TAG = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_ATTRIBUTE = re.compile(r"""(\s(?:[\w.-]+:)?([\w.-]+)\s*=\s*)("[^"]*"|'[^']*')""")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']""")

_MOST_DIGITS = 15
"""Of a number of a page or of bytes; Python refuses to read one of some thousand."""

_SLOW_ENCODINGS = ("punycode", "idna")
"""No XML is in them, and Python takes hours to read some megabytes of the first."""

_WIDE = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_QUOTES = {"&quot;": '"', "&apos;": "'"}


@dataclass(frozen=True)
class _Change:
    """What became of a page: name, bytes and kind as they were, and the name and file that it has now, if any."""

    index: int
    name: str
    old_bytes: int
    new_name: str
    path: Path | None
    old_kind: str

    @cached_property
    def true_values(self) -> dict[str, str]:
        """The values that ComicInfo should have for it; none for a page that is as it was."""
        if self.path is None:
            return {}
        values = {"ImageSize": str(self.path.stat().st_size)}
        with suppress(BadInputError):  # a damaged page that is left as it was may have no size that can be read
            width, height = picture_size(self.path.read_bytes())
            values |= {"ImageWidth": str(width), "ImageHeight": str(height)}
        return values

    def new_kind(self) -> str:
        if self.path is None:
            return self.old_kind
        with self.path.open("rb") as file:
            return picture_kind(file.read(START_BYTES)) or self.old_kind


@dataclass
class _Facts:
    """What a description may say of the pages that it is about: those below the folder that it lies in."""

    place: str
    pages: Sequence[_Change]
    is_coloured: Callable[[], bool]
    names: Mapping[str, str]
    types: Mapping[str, str]


def true_details(
    book: BookSource, replacements: Mapping[int, Replacement], folder: Path, *, mark: str = ""
) -> dict[int, Replacement]:
    """Write those files of a book anew that say of its pages what is no longer true.

    Args:
        book: As it was.
        replacements: Its coloured pages.
        folder: Where the new files go.
        mark: What coloured it, for its ComicInfo; empty to say nothing.

    Returns:
        What replaces those files; nothing for those that cannot be read or are still true. A ComicInfo that the book
        had not comes after its last entry.

    Raises:
        OSError: A file cannot be written.
    """
    changes = [_change(book, page, replacements.get(page.index)) for page in book.pages]
    is_coloured = cache(partial(_is_coloured, book, replacements))
    result: dict[int, Replacement] = {}
    has_info = False
    for entry in book.container.entries:
        name = PurePosixPath(entry.name.lower())
        is_about_pages = name.name in _NAMES or name.suffix in _SUFFIXES
        if not (entry.is_file and is_about_pages and entry.size <= MOST_BYTES) or is_junk(entry.name):
            continue
        try:
            data = book.container.read(entry.index)
        except BadInputError:
            continue
        place = dirname(entry.name)
        below = [one for one in changes if not place or one.name.startswith(f"{place}/")] or changes
        facts = _Facts(place, below, is_coloured, _renamed(below, place), _types(below))
        is_marked = bool(mark) and name.name == COMIC_INFO and is_coloured()
        has_info = has_info or name.name == COMIC_INFO
        rewritten = _rewritten(data, facts, mark if is_marked else "")
        if rewritten != data:
            path = folder / f"{entry.index}-details"
            path.write_bytes(rewritten)
            result[entry.index] = Replacement(entry.name, path)
    if mark and not has_info and book.takes_details and is_coloured():
        path = folder / "new-details"
        path.write_text(with_mark("", mark), encoding="utf-8")
        result[len(book.container.entries)] = Replacement("ComicInfo.xml", path)
    return result


def _change(book: BookSource, page: BookEntry, replacement: Replacement | None) -> _Change:
    entry = book.container.entries[page.index]
    new_name, path = (replacement.name, replacement.path) if replacement else (entry.name, None)
    return _Change(entry.index, entry.name, entry.size, new_name, path, page.kind)


def _is_coloured(book: BookSource, replacements: Mapping[int, Replacement]) -> bool:
    """Say whether any page is no copy of what it was."""
    for index, one in replacements.items():
        if book.container.entries[index].size != one.path.stat().st_size:
            return True
        try:
            if book.container.read(index) != one.path.read_bytes():
                return True
        except BadInputError:  # it failed before, and has been done now
            return True
    return False


def _renamed(changes: Sequence[_Change], place: str) -> dict[str, str]:
    """Return the new names of pages, as a file in a folder may call them: by their path from it, or their own name."""
    result: dict[str, str] = {}
    for one in changes:
        if one.name == one.new_name:
            continue
        ways = [(one.name, one.new_name), (PurePosixPath(one.name).name, PurePosixPath(one.new_name).name)]
        if place:
            ways.append((one.name.removeprefix(f"{place}/"), one.new_name.removeprefix(f"{place}/")))
        for old, new in ways:
            result.setdefault(old, new)
    return result


def _types(changes: Sequence[_Change]) -> dict[str, str]:
    """Return the media types of pages whose format has changed, by their path in the book."""
    result = {}
    for one in changes:
        kind = one.new_kind() if one.old_kind else ""
        if kind != one.old_kind:
            result[one.name] = media_type_of(kind)
    return result


def _rewritten(data: bytes, facts: _Facts, mark: str = "") -> bytes:
    """Return a description with what is false in it set right."""
    text, encoding, errors = _decoded(data)
    facts = replace(facts, pages=_in_order_of(text, facts.pages))
    parts: list[str] = []
    element = ""
    for match in _TOKEN.finditer(text):
        token = match[0]
        if tag := _TAG.match(token):
            element = "" if token.endswith("/>") else tag[1]
            token = _ATTRIBUTE.sub(_attribute_setter(tag[1], token, facts), token)
        elif not token.startswith("<"):
            token = _text_set_right(element, token, facts)
        elif token.startswith("</"):
            element = ""
        parts.append(token)
    text = "".join(parts)
    return (with_mark(text, mark) if mark else text).encode(encoding, errors)


def _decoded(data: bytes) -> tuple[str, str, str]:
    """Decode so that encoding gives back the same bytes, and return how."""
    for start, encoding in _WIDE:
        if data.startswith(start):
            try:
                return data.decode(encoding, "surrogatepass"), encoding, "surrogatepass"
            except UnicodeDecodeError:
                return data.decode("latin-1"), "latin-1", "strict"
    if declared := _DECLARED.match(data):
        encoding = declared[1].decode("ascii")
        try:
            text = "" if encoding.lower() in _SLOW_ENCODINGS else data.decode(encoding)
            if text.encode(encoding) == data:
                return text, encoding, "xmlcharrefreplace"
        except (LookupError, UnicodeError):
            pass
    return data.decode("utf-8", "surrogateescape"), "utf-8", "surrogateescape"


def _text_set_right(element: str, text: str, facts: _Facts) -> str:
    value = text.strip()
    if element == "BlackAndWhite":
        opposite = {"yes": "No", "true": "false", "1": "0"}.get(value.lower())
        return text.replace(value, opposite) if opposite and facts.is_coloured() else text
    new = facts.names.get(unescape(value))
    return text.replace(value, escape(new)) if new is not None else text


def _attribute_setter(element: str, tag: str, facts: _Facts) -> Callable[[re.Match[str]], str]:
    """Return what gives an attribute of a tag its true value."""
    values = {name: unescape(value[1:-1], _QUOTES) for _, name, value in _ATTRIBUTE.findall(tag)}
    true: dict[str, str] = {}
    if element == "Page":
        true = _true_of_page(values, facts)
    elif element == "item" and "href" in values and "media-type" in values:
        path = normpath(join(facts.place, unquote(values["href"])))
        true = {"media-type": facts.types[path]} if path in facts.types else {}

    def set_right(match: re.Match[str]) -> str:
        name, quoted = match[2], match[3]
        new = true.get(name, facts.names.get(values[name]))
        if new is None or new == values[name]:
            return match[0]
        value = escape(new, {'"': "&quot;"})
        return f"{match[1]}{quoted[0]}{value}{quoted[0]}"

    return set_right


def _true_of_page(values: Mapping[str, str], facts: _Facts) -> dict[str, str]:
    """Return the values that ComicInfo should have for a page, of those that it has."""
    number = _number(values.get("Image", "").strip())
    return facts.pages[number].true_values if number is not None and number < len(facts.pages) else {}


def _in_order_of(text: str, pages: Sequence[_Change]) -> Sequence[_Change]:
    """Return pages in the order that a description numbers them in, as far as the sizes that it gives tell."""
    told = {}
    for tag in re.findall(r"<(?:[\w.-]+:)?Page\s[^<>]*>", text):
        values = {name: value[1:-1] for _, name, value in _ATTRIBUTE.findall(tag)}
        number, size = (_number(values.get(name, "")) for name in ("Image", "ImageSize"))
        if number is not None and size is not None:
            told[number] = size

    def fitting(order: Sequence[_Change]) -> int:
        return sum(number < len(order) and order[number].old_bytes == size for number, size in told.items())

    # As readers sort them, as simpler programs do, and as they lie in the archive; the first of those that fit.
    orders = (pages, sorted(pages, key=lambda one: one.name), sorted(pages, key=lambda one: one.index))
    return max(orders, key=fitting)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None
