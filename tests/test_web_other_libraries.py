"""LANraragi and Stump behind the proxy: pages in colour, all else byte for byte.

Oracles: the code and the written API of both, at the commits that docstrings name, restated in
`web_other_libraries.py`. Nothing here was tried with the servers themselves.
"""

from __future__ import annotations

from urllib.parse import quote

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from web_other_libraries import PAGES, Lanraragi, Stump
from web_proxied import proxied, run
from web_stubs import is_red, page_bytes, until

from mangacolor.colorize.page_cache import PageCache
from mangacolor.web.library_pages import files_of, page_of

ARCHIVE = f"/api/archives/{Lanraragi.ARCHIVE}"
PSE = f"/api/opds/{Lanraragi.ARCHIVE}/pse"
MEDIA = f"/api/v2/media/{Stump.BOOK}"
OPDS = f"books/{Stump.BOOK}/pages"
LOGGED_IN = {"Cookie": "mojolicious=logged-in; stump_session=logged-in"}


# Pages


def test_pages_of_lanraragi_come_in_colour():
    """Difegue/LANraragi, Controller/Api/Archive.pm at b1492b8, serve_page: `path` in the query; Controller/Api/Other.pm
    at 08ede70, serve_opds_page: `page`, from 1 on; Utils/Login.pm at f724998: session, header or `key`."""

    async def test():
        async with proxied(Lanraragi()) as client:
            for target, headers in (
                (f"{ARCHIVE}/page?path={Lanraragi.FILES[0]}", LOGGED_IN),
                (f"{ARCHIVE}/page?path={Lanraragi.FILES[1]}", {"Authorization": Lanraragi.BEARER}),
                (f"{PSE}?page=3&key={quote(Lanraragi.KEY)}", {}),
            ):
                answer = await client.get(target, headers=headers)
                assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg"), target
                assert is_red(answer.content), target
                assert client.library.targets()[-1] == target, "it goes on as it was sent"
            assert client.painter.order == [1, 2, 3]
            answer = await client.get(f"{ARCHIVE}/page?path={Lanraragi.FILES[0]}")
            assert (answer.status_code, answer.json()) == (401, {"error": "This API is protected."})

    run(test())


@pytest.mark.parametrize("has_graphql", [True, False])
def test_pages_of_stump_come_in_colour(has_graphql):
    """stumpapp/stump, routers/api/v2/media.rs at 08b2e79 and v1/media/individual.rs at 011a56d, get_media_page: from 1
    on; routers/opds/v1_2.rs and v2_0.rs at 5637238, get_book_page; middleware/auth.rs at 938d8c3: the password is taken
    below `/opds` alone, the key in the path or as a bearer."""

    async def test():
        media = MEDIA if has_graphql else MEDIA.replace("v2", "v1")
        async with proxied(Stump(has_graphql=has_graphql)) as client:
            for target, headers in (
                (f"{media}/page/1", LOGGED_IN),
                (f"/opds/v2.0/{OPDS}/2", {"Authorization": Stump.BASIC}),
                (f"/opds/v1.2/{OPDS}/2?zero_based=true", {"Authorization": Stump.BASIC}),
                (f"/opds/{Stump.KEY}/v1.2/{OPDS}/3", {}),
            ):
                answer = await client.get(target, headers=headers)
                assert answer.status_code == 200, target
                assert is_red(answer.content), target
                assert answer.headers["cache-control"] == "private, no-cache", "Stump's says a year"
            assert client.painter.order == [1, 2, 3, 4]
            assert (await client.get(f"{media}/page/1")).status_code == 401
            assert (await client.get(f"{media}/page/99", headers=LOGGED_IN)).status_code == 404

    run(test())


@pytest.mark.parametrize(
    ("library", "target"), [(Lanraragi, f"{ARCHIVE}/thumbnail?page=2"), (Stump, f"{MEDIA}/thumbnail")]
)
def test_thumbnails_are_passed_on(library, target):
    async def test():
        async with proxied(library()) as client:
            answer = await client.get(target, headers=LOGGED_IN)
            assert answer.content == page_bytes(9, format="JPEG")
            assert client.painter.order == []

    run(test())


# Pages ahead


@pytest.mark.parametrize("listed", ["{id}/page?path={file}", "./api/archives/{id}/page&path={file}"])
def test_lanraragi_is_asked_once_which_files_come_next(listed, tmp_path):
    """Model/Reader.pm, build_reader_JSON: `pages`, with escaped names, where slashes are none; relative to the page of
    the reader in earlier versions, and with an ampersand in archive-api.md at 0fde3d1."""

    async def test():
        library = Lanraragi()
        library.listed = listed
        key = quote(Lanraragi.KEY).replace("%20", "+")
        async with proxied(library, ahead=2, cache=PageCache(tmp_path, 1 << 20)) as client:
            await client.get(f"{ARCHIVE}/page?path={Lanraragi.FILES[0]}&key={key}")
            await until(lambda: client.engine.metrics.foreseen == 2)
            target = f"{ARCHIVE}/page?key={key}&path="
            assert library.targets()[1:] == [
                f"{ARCHIVE}/files?key={key}", target + Lanraragi.FILES[1], target + Lanraragi.FILES[2]
            ]  # fmt: skip
            answer = await client.get(f"{ARCHIVE}/page?path={Lanraragi.FILES[1]}&key={key}")
            assert answer.headers["mangacolor-outcome"] == "colored cached"
            await until(lambda: client.engine.metrics.foreseen == 3)
            assert library.targets()[5:] == [target + Lanraragi.FILES[3]]
            await client.get(f"{ARCHIVE}/page?path={Lanraragi.FILES[-1]}&key={key}")
            await until(lambda: len(client.painter.order) == 5)
            assert len(library.targets()) == 7, "at the end of the list nothing more is asked for"

    run(test())


def test_without_a_list_lanraragi_still_gives_pages(tmp_path):
    async def test():
        library = Lanraragi()
        library.listed = "not an address"
        async with proxied(library, ahead=2, cache=PageCache(tmp_path, 1 << 20)) as client:
            for file in Lanraragi.FILES[:2]:
                answer = await client.get(f"{ARCHIVE}/page?path={file}", headers=LOGGED_IN)
                assert is_red(answer.content)
            await until(lambda: f"{ARCHIVE}/files" in library.targets())
            assert client.engine.metrics.foreseen == 0

    run(test())


def test_the_next_pages_of_lanraragis_catalogue_are_numbered(tmp_path):
    async def test():
        async with proxied(Lanraragi(), ahead=2, cache=PageCache(tmp_path, 1 << 20)) as client:
            await client.get(f"{PSE}?page=0", headers=LOGGED_IN)
            await until(lambda: client.engine.metrics.foreseen == 2)
            assert client.library.targets() == [f"{PSE}?page={number}" for number in (0, 2, 3)]

    run(test())


@pytest.mark.parametrize(
    ("target", "headers", "following"),
    [
        (f"{MEDIA}/page/2", LOGGED_IN, f"{MEDIA}/page/3"),
        (f"/opds/v1.2/{OPDS}/1?zero_based=true", {"Authorization": Stump.BASIC}, f"/opds/v2.0/{OPDS}/3"),
        (f"/opds/v1.2/{OPDS}/2?zero_based=false", {"Authorization": Stump.BASIC}, f"/opds/v2.0/{OPDS}/3"),
        (f"/opds/{Stump.KEY}/v1.2/{OPDS}/1", {}, f"/opds/v2.0/{OPDS}/3"),
    ],
)
def test_the_next_pages_of_stump_do_not_count_as_read(target, headers, following, tmp_path):
    """opds/v1_2.rs at 5637238, get_book_page saves the progress of whoever asks; v2_0.rs and v2/media.rs do not."""

    async def test():
        async with proxied(Stump(), ahead=1, cache=PageCache(tmp_path, 1 << 20)) as client:
            await client.get(target, headers=headers)
            await until(lambda: client.engine.metrics.foreseen == 1)
            assert client.library.targets() == [target, following]
            assert client.library.read in ([], [2])

    run(test())


def test_what_stump_makes_jpeg_of_is_not_coloured_ahead_as_it_was(tmp_path):
    """v1_2.rs at 5637238, handle_opds_image_response: WebP goes through OPDS 1.2 as JPEG, which is another page."""

    async def test():
        async with proxied(Stump(format="WEBP"), ahead=1, cache=PageCache(tmp_path, 1 << 20)) as client:
            await client.get(f"/opds/{Stump.KEY}/v1.2/{OPDS}/0")
            await until(lambda: f"/opds/v2.0/{OPDS}/2" in client.library.targets())
            await client.get(f"{MEDIA}/page/4", headers=LOGGED_IN)
            await until(lambda: client.engine.metrics.foreseen == 1)
            assert len(client.painter.order) == 3, "two that were asked for, and the one after the second"

    run(test())


# Some libraries, some tags


@pytest.mark.parametrize(
    ("only", "is_colored"),
    [("Colour me", True), ("series:rin & aki", True), ("my manga", True), ("rin & aki", False), ("x", False)],
)
def test_lanraragi_says_how_an_archive_is_tagged_and_where_it_was_put(only, is_colored):
    """archive-api.md at 0fde3d1: `tags` with commas between them, `categories` with `name`."""

    async def test():
        async with proxied(Lanraragi(), only=(only,)) as client:
            for target in (f"{ARCHIVE}/page?path={Lanraragi.FILES[0]}", f"{PSE}?page=1"):
                answer = await client.get(target, headers=LOGGED_IN)
                assert is_red(answer.content) is is_colored
            assert len(client.library.targets()) == 4, "what is known is not asked again"

    run(test())


@pytest.mark.parametrize(
    ("only", "has_graphql", "is_colored"),
    [("manga", True, True), ("Colour me", True, True), ("comics", True, False), ("manga", False, True)],
)
def test_stump_says_in_which_library_a_book_is_and_how_it_is_tagged(only, has_graphql, is_colored):
    """graphql/src/query/media.rs at 015d0a6, media_by_id, object/media.rs at ad54df4 and object/series.rs at baba555:
    `tags`, `series`, `library`; earlier v1/media/individual.rs at 011a56d, get_media_by_id: `load_series`,
    `load_library`, and no tags."""

    async def test():
        async with proxied(Stump(has_graphql=has_graphql), only=(only,)) as client:
            page = f"{MEDIA if has_graphql else MEDIA.replace('v2', 'v1')}/page/1"
            for target, headers in ((page, LOGGED_IN), (f"/opds/{Stump.KEY}/v1.2/{OPDS}/0", {})):
                answer = await client.get(target, headers=headers)
                assert is_red(answer.content) is is_colored

    run(test())


def test_stump_says_it_to_a_key_in_the_address():
    async def test():
        async with proxied(Stump(), only=("manga",)) as client:
            answer = await client.get(f"/opds/{Stump.KEY}/v1.2/{OPDS}/0")
            assert is_red(answer.content)
            assert client.library.headers[0]["authorization"] == f"Bearer {Stump.KEY}"

    run(test())


def test_stump_says_nothing_to_a_password_for_its_catalogue():
    """middleware/auth.rs at 938d8c3: elsewhere than below `/opds` it is not taken."""

    async def test():
        async with proxied(Stump(), only=("manga",)) as client:
            answer = await client.get(f"/opds/v1.2/{OPDS}/0", headers={"Authorization": Stump.BASIC})
            assert (answer.status_code, is_red(answer.content)) == (200, False)

    run(test())


# Addresses


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        (f"/manga{ARCHIVE}/page", "path=a%2Fb+c.jpg", ("lanraragi", "/manga", Lanraragi.ARCHIVE, 0)),
        (f"{ARCHIVE}/page", "", None),
        (f"{ARCHIVE}/thumbnail", "page=2", None),
        (f"{ARCHIVE}/download", "", None),
        (PSE, "", ("lanraragi", "", Lanraragi.ARCHIVE, 1)),
        (PSE, "page=x", None),
        (f"/stump{MEDIA}/page/7", "", ("stump", "/stump", Stump.BOOK, 7)),
        (f"{MEDIA}/page/x", "", None),
        (f"{MEDIA}/file", "", None),
        ("/api/v2/media/12/page/1", "", None),
        (f"/opds/v1.2/{OPDS}/0", "", ("stump", "", Stump.BOOK, 1)),
        ("/opds/v1.2/books/0B5YPC4TWPQWB/pages/0", "", ("komga", "", "0B5YPC4TWPQWB", 0)),
        (f"/opds/v1.2/books/{Stump.BOOK}/thumbnail", "", None),
    ],
)
def test_which_requests_are_for_pages(path, query, found):
    page = page_of(path, query)
    assert (page and (page.server, page.base, page.book, page.number)) == found


def test_files_are_found_however_a_reader_writes_them():
    listed = files_of({"pages": [Lanraragi.listed.format(id="x", file=file) for file in Lanraragi.FILES]})
    assert listed == Lanraragi.FILES
    for written in ("a+b/02%26x%3d1.jpg", "a%20b%2F02%26x%3D1.jpg"):
        page = page_of(f"{ARCHIVE}/page", f"path={written}")
        assert page.target(1, listed) == f"{ARCHIVE}/page?path={Lanraragi.FILES[2]}"
        assert page.target(PAGES, listed) is None
        assert page.target(1, ()) is None


def test_keys_in_addresses_are_not_logged(caplog):
    async def test():
        async with proxied(Stump()) as client:
            with caplog.at_level("INFO", logger="mangacolor.web.requests"):
                await client.get(f"/opds/{Stump.KEY}/v1.2/{OPDS}/0")
                await client.get(f"/opds/v1.2/{OPDS}/0", headers={"Authorization": Stump.BASIC})

    run(test())
    lines = [record.getMessage() for record in caplog.records if record.name == "mangacolor.web.requests"]
    assert [f"/{OPDS}/0" in line for line in lines] == [True, True]
    assert Stump.KEY not in "".join(lines)
