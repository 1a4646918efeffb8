"""The library's page as files and routes: its own tests, that it is whole, and who is given it.

Oracle: node's test runner for the tests in tests/reader; the files for what they name; the contract in docs/serve.md.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from web_stubs import page_bytes, served

import mangacolor
from mangacolor.web.catalog import catalog_service
from mangacolor.web.reader.routes import _SHARED, reader_service
from mangacolor.web.root import root_service
from mangacolor.web.settings import ServeSettings
from mangacolor.web.studio.routes import studio_index

HERE = Path(__file__).parent
WEB = Path(mangacolor.__file__).parent / "web"
STATIC, STUDIO = WEB / "reader" / "static", WEB / "studio" / "static"
MODULES = sorted(STATIC.glob("*.js"))
NODE = shutil.which("node")
HTML = {"Accept": "text/html"}


def run(test):
    """Run a coroutine to its end."""
    return asyncio.run(asyncio.wait_for(test, 30))


def source_of(name):
    """The text of a file that the page loads: its own, or one of the studio."""
    return ((STUDIO if name in _SHARED else STATIC) / name).read_text(encoding="utf-8")


# Files


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="needs node: apt install nodejs")
def test_the_modules_own_tests_pass_and_every_module_can_be_read():
    tests = sorted((HERE / "reader").glob("*.test.mjs"))
    words = [NODE, "--test", "--test-reporter=tap", *map(str, tests)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE).group(1)) >= 15
    for module in MODULES:
        done = subprocess.run([NODE, "--check", module], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_what_a_module_takes_from_another_is_there(module):
    text = module.read_text(encoding="utf-8")
    for names, source in re.findall(r"^import (?:\{([^}]*)\}|\* as \w+) from \"\./([\w.]+)\";$", text, re.MULTILINE):
        given = set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", source_of(source), re.MULTILINE))
        for name in filter(None, (one.strip() for one in names.split(","))):
            assert name in given, f"{source} exports no {name}"
            assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{name} is not used"


def test_icons_that_are_shown_are_there():
    known = set(re.findall(r"^  (\w+):", source_of("icons.js"), re.MULTILINE))
    used = {
        name
        for module in MODULES
        for name in re.findall(r"\b(?:icon|iconButton)\(\"(\w+)\"", module.read_text(encoding="utf-8"))
    }
    assert used
    assert used <= known


def test_files_are_short_and_nothing_is_loaded_from_elsewhere_or_lies_in_the_page():
    """Contract: the page works without network, below any path, and under a policy that allows no inline code."""
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        assert len(lines) <= 320, path.name
        assert max(map(len, lines)) <= 120, path.name
        assert not re.search(r"https?://", text), path.name
        assert not re.search(r"\b(?:eval|innerHTML|outerHTML|insertAdjacentHTML)\b", text), path.name
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|(?:href|src)=\"/", page)
    names = re.findall(r'(?:href|src)="read/([^"]+)"', page)
    assert "main.js" in names
    assert all(source_of(name) for name in names)


def test_every_colour_and_every_class_that_is_styled_is_one_of_the_page():
    styles = "".join(source_of(path.name) for path in STATIC.glob("*.css"))
    given = set(re.findall(r"^\s*--([\w-]+):", source_of("theme.css"), re.MULTILINE)) | {"ratio"}
    assert set(re.findall(r"var\(--([\w-]+)", styles)) <= given
    code = "".join(path.read_text(encoding="utf-8") for path in MODULES) + source_of("dom.js")
    bare = re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)
    styled = set(re.findall(r"\.([a-z][\w-]*)(?=[^{}]*\{)", bare))
    assert not {name for name in styled if not re.search(rf"[\"'` ]{name}[\"'` ]", code)}


def test_the_wheel_takes_the_files_along():
    """Contract of hatchling: everything below `packages` that git does not ignore."""
    words = ["git", "check-ignore", *map(str, STATIC.iterdir())]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=HERE)
    if done.returncode == 128:
        pytest.skip("needs the git repository")
    assert not done.stdout


# Routes


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    with zipfile.ZipFile(folder / "Rin 1.cbz", "w") as archive:
        archive.writestr("1.png", page_bytes(1))
    return folder


def services_of(library):
    return (
        lambda engine, settings: catalog_service(engine, settings, library),
        lambda *_: reader_service(),
        lambda *_: root_service(has_library=True),
    )


def test_the_page_and_all_its_files_come_with_a_policy_and_nothing_else_does(library):
    async def test():
        async with served(services_of(library)) as client:
            page = await client.get("/read")
            assert page.headers["content-type"].startswith("text/html")
            names = [*re.findall(r'="read/([^"]+)"', page.text), *(path.name for path in MODULES), "dom.js"]
            for answer in (page, *[await client.get(f"/read/{name}") for name in names]):
                assert answer.status_code == 200, answer.url
                assert "script-src 'self'" in answer.headers["content-security-policy"]
                assert "unsafe" not in answer.headers["content-security-policy"]
                assert answer.headers["x-content-type-options"] == "nosniff"
            known = {"If-None-Match": page.headers["etag"]}
            assert (await client.get("/read", headers=known)).status_code == 304
            for name in ("main.css", "routes.py", "..%2Froutes.py", "..%2F..%2Fstudio%2Fstatic%2Fmain.js", "stage.js"):
                assert (await client.get(f"/read/{name}")).status_code == 404
            cross = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
            assert (await client.get("/read", headers=cross)).status_code == 403

    run(test())


def test_a_token_leads_into_the_address_and_without_one_nobody_reads(library):
    async def test():
        async with served(services_of(library), settings=ServeSettings(token="secret")) as client:
            assert (await client.get("/read")).status_code == 401
            assert (await client.get("/read/main.js")).status_code == 401
            assert (await client.get("/catalog/all")).status_code == 401
            led = await client.get("/read?token=secret")
            assert (led.status_code, led.headers["location"]) == (303, "/token/secret/read")
            led = await client.get("/as/rin/read?token=secret")
            assert str(led.url.join(led.headers["location"])).endswith("8800/token/secret/as/rin/read")
            assert (await client.get("/token/secret/read")).status_code == 200
            assert (await client.get("/token/secret/as/rin/read/main.js")).status_code == 200
            led = await client.get("/token/secret/read/")
            assert (led.status_code, led.headers["location"]) == (303, "../read")

    run(test())


def test_the_root_leads_to_the_library_where_there_is_one(library):
    async def test():
        async with served(services_of(library)) as client:
            led = await client.get("/", headers=HTML)
            assert (led.status_code, led.headers["location"]) == (303, "read")
            told = (await client.get("/")).text
            assert told.startswith("Manga Colorizer is Up and Running!\n")
            assert "/read" in told
        async with served([lambda *_: root_service()]) as client:
            for headers in ({}, HTML):
                told = (await client.get("/", headers=headers)).text
                assert "/read" not in told
                assert "{" not in told
        for has_library in (True, False):

            def index(request, has_library=has_library):
                return studio_index(request, has_library=has_library)

            async with served([lambda *_, index=index: root_service(index)]) as client:
                assert ("<html data-library " in (await client.get("/", headers=HTML)).text) == has_library

    run(test())


def test_a_book_is_found_by_its_key_alone(library):
    """Oracle: its entry in the list of all books."""

    async def test():
        async with served(services_of(library)) as client:
            listed = (await client.get("/catalog/all")).text
            key = re.search(r"/catalog/books/(\w+)/cover", listed)[1]
            alone = (await client.get(f"/catalog/books/{key}")).text
            entry = re.compile(r"<entry>.*?</entry>", re.DOTALL)
            assert entry.findall(alone) == entry.findall(listed)
            assert (await client.get("/catalog/books/none")).status_code == 404

    run(test())
