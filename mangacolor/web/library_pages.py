"""Which requests of a library's readers are for pages, and which page comes next.

Komga 1.x: `/api/v1/books/{id}/pages/{n}`, its OPDS twins and `/raw`; `convert` and the like are kept for the next page.
Kavita 0.7 and later: `/api/reader/image?chapterId=…&page=…`, and `/api/opds/{key}/image`, which also notes that the
page was read; so the next pages are fetched from the former. Both may be mounted below another path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from mangacolor.web.answers import small_number

_KOMGA = re.compile(
    r"(?P<base>.*?)/(?:api/v1|opds/v1\.2|opds/v2)/books/(?P<book>[\w-]+)/pages/(?P<page>\d{1,6})(?:/raw)?"
)
_KAVITA = re.compile(r"(?P<base>.*?)/api/reader/image", re.IGNORECASE)
_KAVITA_OPDS = re.compile(r"(?P<base>.*?)/api/opds/(?P<key>[^/]+)/image", re.IGNORECASE)


@dataclass(frozen=True)
class LibraryPage:
    """A page that a request is for.

    Attributes:
        server: What kind of library it is in.
        base: What stands before all paths of that library.
        book: The library's name for the book: Komga's book or Kavita's chapter.
        number: The page's, as in the request.
        key: Kavita's key of a user, where it is part of the address.
    """

    server: Literal["komga", "kavita"]
    base: str
    book: str
    number: int
    key: str = ""
    _target: tuple[str, str] = ("", "")

    def target(self, number: int) -> str:
        """Return the path and query of another page of the book."""
        return f"{self._target[0]}{number}{self._target[1]}"


def page_of(path: str, query: str) -> LibraryPage | None:
    """Return the page that a request is for; None for all other requests.

    Args:
        path: As it was sent, percent-encoded.
        query: What stands after the question mark.
    """
    if found := _KOMGA.fullmatch(path):
        after = path[found.end("page") :] + f"?{query}" * bool(query)
        target = (path[: found.start("page")], after)
        return LibraryPage("komga", found["base"], found["book"], int(found["page"]), "", target)
    found = _KAVITA.fullmatch(path)
    if found:
        key, number_name = "", "page"
    elif found := _KAVITA_OPDS.fullmatch(path):
        key, number_name = found["key"], "pagenumber"
    else:
        return None
    given = {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)}
    book, number = given.get("chapterid", ""), small_number(given.get(number_name, "0"), 10)
    if number is None or small_number(book, 10) is None:
        return None
    key = key or given.get("apikey", "")
    # In OPDS, pages of PDFs are always pictures.
    pictures = given.get("extractpdf", "") if number_name == "page" else "true"
    rest = {"chapterId": book, "apiKey": key, "extractPdf": pictures}
    asked = urlencode({name: value for name, value in rest.items() if value})
    return LibraryPage(
        "kavita", found["base"], book, number, key, (f"{found['base']}/api/reader/image?{asked}&page=", "")
    )
