"""Addresses as people type them: with a slash at the end, and with the token where they like it.

Oracle: docs/serve.md and docs/libraries.md, which say how token and series are told; a reader follows the links of a
feed as they are (RFC 4287, 4.2.7.1), without what it asked for the feed with.
"""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from starlette.responses import PlainTextResponse
from starlette.routing import Route
from web_library import Library
from web_listening import listening
from web_stubs import is_red, page_bytes, served

from mangacolor.web.api import api_services
from mangacolor.web.catalog import catalog_service
from mangacolor.web.extension import extension_service
from mangacolor.web.guard import PREFIX
from mangacolor.web.proxy import proxy_service
from mangacolor.web.root import root_service
from mangacolor.web.services import Service
from mangacolor.web.settings import ServeSettings
from mangacolor.web.suwayomi import suwayomi_service

ATOM = "{http://www.w3.org/2005/Atom}"


def run(test):
    """Run a coroutine to its end."""
    return asyncio.run(asyncio.wait_for(test, 30))


@pytest.fixture
def catalog(tmp_path):
    """The service of a folder with one book of two pages."""
    for number in (1, 2):
        (tmp_path / "manga" / "Rin").mkdir(parents=True, exist_ok=True)
        (tmp_path / "manga" / "Rin" / f"{number}.png").write_bytes(page_bytes(number))
    return lambda engine, settings: catalog_service(engine, settings, tmp_path / "manga")


def links_of(answer):
    """Every address of a feed."""
    assert answer.status_code == 200, (answer.url, answer.status_code, answer.text)
    return [link.get("href") for link in ET.fromstring(answer.content).iter(f"{ATOM}link")]


# A slash at the end


@pytest.mark.parametrize("slash", ["/", "//"])
def test_a_slash_at_the_end_changes_nothing(catalog, slash):
    async def test():
        async with served([root_service_alone, suwayomi_service, extension_service, catalog, api_services]) as client:
            for path in ("/catalog", "/as/Rin/catalog", "/token/any/as/Rin/catalog", "/catalog/all"):
                answer = await client.get(path + slash)
                assert answer.content == (await client.get(path)).content, path
                at = path.partition("/catalog")[0]
                assert all(link.startswith(f"{at}/catalog") for link in links_of(answer))
            assert (await client.get(f"/health{slash}")).json()["status"] == "ok"
            for path, part in (("/suwayomi", "image"), ("/api/v1/colorize", "page")):
                answer = await client.post(path + slash, files={part: page_bytes(1)})
                assert (answer.status_code, is_red(answer.content)) == (200, True)
            # It is of the same service: pages of other sites may use this one.
            sent = {"origin": "https://manga.example"}
            assert (await client.post(f"/colorize-image-data{slash}", json={}, headers=sent)).status_code == 200
            assert (await client.get(f"/nothing{slash}")).status_code == 404

    run(test())


def root_service_alone(engine, settings):
    """The route `/`, without a studio."""
    return root_service()


def test_a_slash_at_the_end_asks_for_the_token_like_all_else(catalog):
    async def test():
        async with served([catalog], settings=ServeSettings(token="S3")) as client:
            assert (await client.get("/catalog/")).status_code == 401
            assert (await client.get("/token/wrong/catalog/")).status_code == 401
            assert "/token/S3/catalog/all" in links_of(await client.get("/token/S3/catalog/"))

    run(test())


def test_a_slash_at_the_end_stays_on_what_is_the_librarys(catalog):
    """RFC 3986, 6.2.4: whether an address with a slash is the same is for its own server to say."""

    async def test():
        library = Library()
        async with listening(library.app) as behind:
            settings = ServeSettings(proxy=behind)
            async with served([suwayomi_service, catalog, proxy_service], settings=settings) as client:
                assert "/catalog/all" in links_of(await client.get("/catalog/"))
                assert (await client.get("/health/")).json()["status"] == "ok"
                assert library.targets() == []
                for path in ("/books/", "/books", "/api/v1/x//", "/?q=/", "/a%2F/"):
                    assert (await client.get(path)).status_code == 200, path
                assert library.targets() == ["/books/", "/books", "/api/v1/x//", "/?q=/", "/a%2F/"]

    run(test())


# The token


@pytest.mark.parametrize("at", ["", "/as/Rin"])
def test_what_was_asked_for_with_the_token_in_its_query_has_links_with_the_token(catalog, at):
    async def test():
        async with served([catalog], settings=ServeSettings(token="S3")) as client:
            for path in ("/catalog", "/catalog/all", "/catalog/search?q=rin", "/catalog/all?page=0"):
                query = "&token=S3" if "?" in path else "?token=S3"
                links = links_of(await client.get(at + path + query))
                assert {link.partition("/catalog")[0] for link in links} == {f"/token/S3{at}"}
                assert not any("token=" in link for link in links)
                for link in links:
                    answer = await client.get(link.replace("{pageNumber}", "1").replace("{maxWidth}", "500"))
                    assert answer.status_code == 200, link
            assert any("/pages/" in link for link in links)
            description = (await client.get(f"{at}/catalog/search.xml?token=S3")).text
            assert f'"/token/S3{at}/catalog/search?q={{searchTerms}}"' in description

    run(test())


def test_the_token_gets_into_links_only_where_the_query_has_shown_it(catalog):
    async def test():
        async with served([catalog], settings=ServeSettings(token="S3")) as client:
            assert (await client.get("/catalog?token=wrong")).status_code == 401
            links = links_of(await client.get("/catalog", headers={"Authorization": "Bearer S3"}))
            assert "/catalog/all" in links
        async with served([catalog]) as client:  # which wants none
            assert "/catalog/all" in links_of(await client.get("/catalog?token=any"))
        # What it cannot be is nothing that could stand in an address.
        async with served([own_prefix]) as client:
            assert (await client.get("/own?token=a/b%20%22")).text == ""

    run(test())


def own_prefix(engine, settings):
    """A route that shows what its links would begin with."""

    async def shown(request):
        return PlainTextResponse(request.scope[PREFIX])

    return Service([Route("/own", shown)], paths=("/own",), checks_token=False)


def test_a_page_for_people_is_shown_below_an_address_that_has_the_token():
    async def test():
        def root(engine, settings):
            return root_service(lambda request: PlainTextResponse("index"))

        async with served([root], settings=ServeSettings(token="S3")) as client:
            for path, place in (
                ("/?token=S3", "/token/S3/"),
                ("/as/Rin/?token=S3", "/token/S3/as/Rin/"),
                ("/token/S3", "/token/S3/"),
            ):
                answer = await client.get(path, headers={"accept": "text/html"})
                assert (answer.status_code, answer.headers.get("location")) == (303, place)
                assert (await client.get(place, headers={"accept": "text/html"})).text == "index"

    run(test())
