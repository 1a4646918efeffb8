"""Which requests of a library's readers are for pages, and which page comes next.

Komga 1.x: `/api/v1/books/{id}/pages/{n}`, its OPDS twins and `/raw`; `convert` and the like are kept for the next page.
Kavita 0.7 and later: `/api/reader/image?chapterId=…&page=…`, and `/api/opds/{key}/image`, which also notes that the
page was read; so the next pages are fetched from the former.
LANraragi 0.9: `/api/archives/{id}/page?path=…` calls a page by its file, so `/api/archives/{id}/files` says what comes
next; `/api/opds/{id}/pse?page=…` counts from 1 on. A `key` is kept for both.
Stump: `/api/v1/media/{id}/page/{n}`, `v2` in later versions, and `/opds/v2.0/books/{id}/pages/{n}` count from 1 on.
`/opds/v1.2/books/{id}/pages/{n}`, with or without a user's key before the version, counts from 0 on, makes JPEG of
what OPDS 1.2 does not know, and notes that the page was read; so the next pages are fetched from `v2.0`, which takes
the key in a header. Books are called by UUIDs, which Komga's are not.
All may be mounted below another path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote_plus, urlencode

from mangacolor.web.answers import small_number

Server = Literal["komga", "kavita", "lanraragi", "stump"]

_KOMGA = re.compile(
    r"(?P<base>.*?)/(?:api/v1|opds/v1\.2|opds/v2)/books/(?P<book>[\w-]+)/pages/(?P<page>\d{1,6})(?:/raw)?"
)
_KAVITA = re.compile(r"(?P<base>.*?)/api/reader/image", re.IGNORECASE)
_KAVITA_OPDS = re.compile(r"(?P<base>.*?)/api/opds/(?P<key>[^/]+)/image", re.IGNORECASE)
_LANRARAGI = re.compile(r"(?P<base>.*?)/api/archives/(?P<book>\w+)/page")
_LANRARAGI_OPDS = re.compile(r"(?P<base>.*?)/api/opds/(?P<book>\w+)/pse")
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_STUMP = re.compile(
    rf"(?P<base>.*?)/(?:api/v[12]/media/(?P<book>{_UUID})/page|opds/v2\.0/books/(?P<opds_book>{_UUID})/pages)"
    r"/(?P<page>\d{1,6})"
)
_STUMP_OPDS = re.compile(
    rf"(?P<base>.*?)/opds/(?:(?P<key>[^/]+)/)?v1\.2/books/(?P<book>{_UUID})/pages/(?P<page>\d{{1,6}})"
)


@dataclass(frozen=True)
class LibraryPage:
    """A page that a request is for.

    Attributes:
        server: What kind of library it is in.
        base: What stands before all paths of that library.
        book: The library's name for the book: Komga's book, Kavita's chapter, LANraragi's archive, Stump's media.
        number: The page's, as for `target`; 0 where pages are called by their files.
        key: A user's key, where it is part of the address.
        file: What the page is called by in place of a number.
        listed: Path and query of the list of such files; empty where pages have numbers.
        headers: Further ones that the next pages and what is said of the book are asked for with.
        kinds: How the MIME types of next pages begin that come as they are when they are asked for.
    """

    server: Server
    base: str
    book: str
    number: int
    key: str = ""
    file: str = ""
    listed: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[bytes, ...] = (b"image/",)
    _target: tuple[str, str] = ("", "")

    def target(self, number: int, files: Sequence[str] = ()) -> str | None:
        """Return the path and query of another page of the book; None where the list ends before.

        Args:
            number: Which one.
            files: Of the book in their order, see `files_of`, where there is a list of them.
        """
        if not self.listed:
            return f"{self._target[0]}{number}{self._target[1]}"
        here = next((place for place, one in enumerate(files) if _decoded(one) == self.file), len(files))
        return f"{self._target[0]}{files[here + number]}" if here + number < len(files) else None


def page_of(path: str, query: str) -> LibraryPage | None:
    """Return the page that a request is for; None for all other requests.

    Args:
        path: As it was sent, percent-encoded.
        query: What stands after the question mark.
    """
    # Stump first: Komga's addresses are like some of its own.
    return next(filter(None, (of(path, query) for of in (_stump, _komga, _kavita, _lanraragi))), None)


def files_of(said: Any) -> tuple[str, ...]:
    """Return the files of the pages of a book, each as the library writes it in an address.

    Args:
        said: LANraragi's list: addresses relative or absolute, with `path` as their last field.
    """
    return tuple(str(one).partition("path=")[2] for one in said["pages"])


def _komga(path: str, query: str) -> LibraryPage | None:
    if not (found := _KOMGA.fullmatch(path)):
        return None
    after = path[found.end("page") :] + f"?{query}" * bool(query)
    target = (path[: found.start("page")], after)
    return LibraryPage("komga", found["base"], found["book"], int(found["page"]), _target=target)


def _kavita(path: str, query: str) -> LibraryPage | None:
    if found := _KAVITA.fullmatch(path):
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
    target = (f"{found['base']}/api/reader/image?{asked}&page=", "")
    return LibraryPage("kavita", found["base"], book, number, key, _target=target)


def _lanraragi(path: str, query: str) -> LibraryPage | None:
    given = dict(parse_qsl(query, keep_blank_values=True))
    key = given.get("key", "")
    shown = urlencode({"key": key}) if key else ""
    asked = f"?{shown}&" if key else "?"
    if found := _LANRARAGI.fullmatch(path):
        if not given.get("path"):
            return None
        listed = f"{found['base']}/api/archives/{found['book']}/files" + f"?{shown}" * bool(key)
        target = (f"{path}{asked}path=", "")
        return LibraryPage(
            "lanraragi", found["base"], found["book"], 0, key, given["path"], listed, _target=target
        )  # fmt: skip
    number = small_number(given.get("page", "") or "1", 6)
    if number is None or not (found := _LANRARAGI_OPDS.fullmatch(path)):
        return None
    number = max(number, 1)  # 0 is the first page, too
    return LibraryPage("lanraragi", found["base"], found["book"], number, key, _target=(f"{path}{asked}page=", ""))


def _stump(path: str, query: str) -> LibraryPage | None:
    if found := _STUMP.fullmatch(path):
        target = (path[: found.start("page")], f"?{query}" * bool(query))
        book = found["book"] or found["opds_book"]
        return LibraryPage("stump", found["base"], book, int(found["page"]), _target=target)
    if not (found := _STUMP_OPDS.fullmatch(path)):
        return None
    is_from_0 = dict(parse_qsl(query)).get("zero_based", "true") != "false"
    key = unquote_plus(found["key"] or "")
    return LibraryPage(
        "stump", found["base"], found["book"], int(found["page"]) + is_from_0, key,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        kinds=(b"image/jpeg", b"image/png", b"image/gif"),
        _target=(f"{found['base']}/opds/v2.0/books/{found['book']}/pages/", ""),
    )  # fmt: skip


def _decoded(file: str) -> str:
    return unquote_plus(file.partition("&")[0])
