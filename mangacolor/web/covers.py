"""Covers of books: their first pages, small, in colour where those have been coloured already."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from mangacolor.colorize.page_cache import PageContent
from mangacolor.errors import BadInputError
from mangacolor.web.painting import UNKNOWN, PageOrder, media_type
from mangacolor.web.shown_page import as_jpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mangacolor.web.engine import Engine
    from mangacolor.web.known_series import Followed
    from mangacolor.web.shelf import Shelf, ShelfBook

COVER_WIDTH = 400
COVERS = 500
CONTENTS = 20_000
"""Width of covers in pixels, and how many are kept in memory; of how many first pages it is known what they are."""

_Book = tuple[str, float]


class Covers:
    """Makes and keeps covers; all methods may be called from any thread. Nothing is coloured for them.

    Args:
        engine: Has the coloured pages.
        shelf: Has the books.
        formats: What pages are coloured to, those looked for first.
        max_pixels: Of a page.
    """

    def __init__(self, engine: Engine, shelf: Shelf, formats: Sequence[PageOrder], max_pixels: int) -> None:
        self._engine, self._shelf, self._formats, self._max_pixels = engine, shelf, formats, max_pixels
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[_Book, str], bytes] = OrderedDict()
        self._contents: OrderedDict[_Book, PageContent] = OrderedDict()

    def note(self, book: ShelfBook, data: bytes) -> None:
        """Take in the first page of a book that was read anyway, so that its colours are found without reading it."""
        name = (book.key, book.changed)
        if self._engine.cache is None or name in self._contents:
            return
        content = PageContent.of(data)
        with self._lock:
            self._contents[name] = content
            while len(self._contents) > CONTENTS:
                self._contents.popitem(last=False)

    def cover(self, book: ShelfBook, *, may_be_coloured: bool, series: Followed | None = None) -> tuple[bytes, bool]:
        """Return the cover of a book as JPEG, and whether it is in colours of ours.

        Args:
            book: From the shelf.
            may_be_coloured: Whether it is to be in colour, if it can.
            series: Whose colours its pages have.

        Raises:
            BadInputError: The first page cannot be read.
        """
        name, data = (book.key, book.changed), b""
        if name not in self._contents and self._find(name, "") is None:
            data = self._shelf.page(book, 0)
            self.note(book, data)
        if may_be_coloured and (content := self._contents.get(name)) is not None:
            for order in self._formats:
                coloured = self._coloured(name, content, PageOrder(format=order.format, series=series))
                if coloured is not None:
                    return coloured, True
        plain = self._find(name, "")
        if plain is None:
            plain = self._small(data or self._shelf.page(book, 0))
            self._keep(name, "", plain)
        return plain, False

    def _coloured(self, name: _Book, content: PageContent, order: PageOrder) -> bytes | None:
        """Return a cover out of the coloured page, if that is kept, and is another than the page itself."""
        cache, key = self._engine.cache, self._engine.key_of(content, order)
        if cache is None or not cache.has(key):
            return None
        found = self._find(name, key)
        if found is None:
            page = cache.get(key)
            if page is None or media_type(page) == UNKNOWN:
                return None
            try:
                found = self._small(page)
            except BadInputError:  # damaged on the disk
                return None
            self._keep(name, key, found)
        return found

    def _small(self, page: bytes) -> bytes:
        return as_jpeg(page, COVER_WIDTH, self._max_pixels)

    def _find(self, name: _Book, key: str) -> bytes | None:
        with self._lock:
            found = self._made.get((name, key))
            if found is not None:
                self._made.move_to_end((name, key))
            return found

    def _keep(self, name: _Book, key: str, cover: bytes) -> None:
        with self._lock:
            self._made[name, key] = cover
            while len(self._made) > COVERS:
                self._made.popitem(last=False)
