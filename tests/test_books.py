"""Books: archives made by several tools, coloured, interrupted, damaged and hostile.

Oracles: the archives' other entries byte for byte, the tools that made them reading what we wrote, and invariants: the
input is untouched, nothing is left half-written, a second run completes the first.
"""

from __future__ import annotations

import io
import json
import shutil
import stat
import sys
import tarfile
import weakref
import zipfile
from pathlib import PureWindowsPath

import numpy as np
import pytest
from book_files import (
    COMIC_INFO,
    FILES,
    PAGES,
    colour,
    contents,
    digest,
    is_red,
    made_by,
    page_bytes,
    skip_without_libarchive,
)
from hypothesis import example, given
from hypothesis import strategies as st
from pictures import save_image
from PIL import Image
from rar5 import stored_rar
from stubs import Painter

from mangacolor.books import Limits, open_library, open_sinks, open_source, output_names
from mangacolor.books.containers import is_harmless, safe_name
from mangacolor.cli import run
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import BadInputError, CannotWriteError, ExitCode, UsageError
from mangacolor.image import DecodedImage


@pytest.fixture
def tree(tmp_path):
    for name, data in FILES.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "tree"


def made_by_python(path, tree):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6)), data)


def made_by_hand_as_rar(path, tree):
    path.write_bytes(stored_rar({**FILES, "ch 1/": b""}))


def made_by_tarfile(path, tree):
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        archive.add(tree, arcname="")


MAKERS = {
    "zipfile.cbz": made_by_python,
    "zip.cbz": made_by("zip", "-r"),
    "zip0.cbz": made_by("zip", "-0", "-r"),
    "7z.zip": made_by("7z", "a", "-tzip"),
    "7z.cb7": made_by("7z", "a", "-t7z"),
    "bsdtar.cbt": made_by("bsdtar", "-cf"),
    "bsdtar.zip": made_by("bsdtar", "--format", "zip", "-cf"),
    "bsdtar.7z": made_by("bsdtar", "--format", "7zip", "-cf"),
    "bsdtar.tar.xz": made_by("bsdtar", "-cJf"),
    "7z.tar": made_by("7z", "a", "-ttar"),
    "rar.cbr": made_by("rar", "a", "-r", "-inul", of=()),
    "hand.cbr": made_by_hand_as_rar,
    "tarfile.tar": made_by_tarfile,
    "tarfile.tar.gz": made_by_tarfile,
}


@pytest.fixture(params=MAKERS)
def book(request, tmp_path, tree):
    path = tmp_path / request.param
    if path.suffix in (".cb7", ".7z", ".cbr"):
        skip_without_libarchive()
    MAKERS[request.param](path, tree)
    return path


@pytest.fixture
def cbz(tmp_path, tree):
    made_by_python(tmp_path / "vol1.cbz", tree)
    return tmp_path / "vol1.cbz"


def test_a_book_comes_back_whole_and_coloured(book):
    """Contract: pages coloured in reading order under their names, everything else byte for byte, input untouched."""
    before = digest(book)
    results, target = colour(book)
    assert [(result.name, result.status) for result in results] == [(name, "colored") for name in PAGES]
    assert {result.output for result in results} == {target}
    found = contents(target)
    assert found.keys() == FILES.keys()
    for name, data in FILES.items():
        assert is_red(found[name]) if name in PAGES else found[name] == data
    assert digest(book) == before
    assert sorted(path.name for path in book.parent.iterdir()) == sorted(["tree", book.name, target.name])
    assert target.stat().st_mtime_ns == book.stat().st_mtime_ns


def test_a_second_run_has_nothing_to_do_and_overwrite_redoes(book):
    """Contract: finished books are skipped page by page."""
    _, target = colour(book)
    before = digest(target)
    again, _ = colour(book)
    assert [result.status for result in again] == ["skipped"] * 3
    assert digest(target) == before
    redone, _ = colour(book, overwrite=True)
    assert [result.status for result in redone] == ["colored"] * 3


def test_an_interrupted_book_goes_on_where_it_was(book):
    """Contract: Ctrl-C leaves finished pages and no book; the next run colours only the others."""
    with pytest.raises(KeyboardInterrupt):
        colour(book, Painter(stop_after=2))
    assert not list(book.parent.glob("*_color*"))
    painter = Painter()
    results, target = colour(book, painter)
    assert painter.painted == 1
    assert [result.status for result in results] == ["skipped", "skipped", "colored"]
    assert all(is_red(contents(target)[name]) for name in PAGES)
    assert sorted(path.name for path in book.parent.iterdir()) == sorted(["tree", book.name, target.name])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.cbz", "a_color.cbz"), ("a.ZIP", "a_color.ZIP"), ("a.cbr", "a_color.cbz"), ("a", "a_color.cbz"),
        ("a.b.cbz", "a.b_color.cbz"), ("a.epub", "a_color.cbz"),
    ],
)  # fmt: skip
def test_books_are_told_by_content_and_keep_a_suffix_that_fits(cbz, name, expected):
    """Contract: a ZIP is a ZIP whatever it is called (many CBR are); what the name says wrongly becomes CBZ."""
    book = cbz.rename(cbz.with_name(name))
    _, target = colour(book)
    assert target.name == expected
    assert contents(target).keys() == FILES.keys()


# ZIP in detail


def test_entries_keep_order_time_compression_and_comment(tmp_path):
    """Contract: all that ZIP knows of an entry, and of the archive."""
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        archive.comment = b"scanned by us"
        stored = zipfile.ZipInfo("2.png", (1999, 12, 31, 23, 58, 58))
        stored.external_attr = (stat.S_IFREG | 0o640) << 16
        archive.writestr(stored, page_bytes(2))
        squeezed = zipfile.ZipInfo("1.txt", (2010, 1, 1, 0, 0, 0))
        squeezed.compress_type, squeezed.comment = zipfile.ZIP_DEFLATED, b"note"
        archive.writestr(squeezed, b"a" * 1000)
        link = zipfile.ZipInfo("link.png", (2010, 1, 1, 0, 0, 0))
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "2.png")
        archive.mkdir("empty") if hasattr(archive, "mkdir") else archive.writestr("empty/", b"")
    results, target = colour(book)
    assert [result.name for result in results] == ["2.png"]  # the link is no page
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(target) as after:
        assert after.comment == before.comment
        for old, new in zip(before.infolist(), after.infolist(), strict=True):
            for fact in ("filename", "date_time", "compress_type", "comment", "external_attr"):
                assert getattr(old, fact) == getattr(new, fact), (old.filename, fact)
        assert after.read("link.png") == b"2.png"


def test_epub_stays_one(tmp_path):
    """Contract: mimetype first and stored, page names and formats kept even where another format is asked for."""
    book = tmp_path / "a.epub"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), b"application/epub+zip")
        archive.writestr("OEBPS/content.opf", b"<package/>", zipfile.ZIP_DEFLATED)
        archive.writestr("OEBPS/1.jpg", page_bytes(1, "JPEG"))
        archive.writestr("OEBPS/ornament.gif", page_bytes(2, "GIF"))
    results, target = colour(book, choice="webp")
    assert target.name == "a_color.epub"
    assert [result.name for result in results] == ["OEBPS/1.jpg", "OEBPS/ornament.gif"]
    with zipfile.ZipFile(target) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("OEBPS/content.opf") == b"<package/>"
        assert Image.open(io.BytesIO(archive.read("OEBPS/ornament.gif"))).format == "PNG"
        assert Image.open(io.BytesIO(archive.read("OEBPS/1.jpg"))).format == "JPEG"


def test_another_format_renames_the_pages(cbz):
    """Contract of --format, and pages whose names would clash keep apart."""
    with zipfile.ZipFile(cbz, "a") as archive:
        archive.writestr("2.webp", page_bytes(5, "WEBP"))
    _, target = colour(cbz, choice="webp")
    found = contents(target)
    assert {"10.webp", "2.webp", "2.png.webp", "ch 1/3.webp"} <= found.keys()
    assert Image.open(io.BytesIO(found["10.webp"])).format == "WEBP"


@pytest.mark.parametrize("name", ["第1話.png", "ユーモア.png", "émoji 😀.png", "trailing. .png", "x" * 240 + ".png"])
def test_unusual_names_survive(tmp_path, name):
    """Contract: any Unicode name comes back as it was."""
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr(name, page_bytes())
    _, target = colour(book)[0], tmp_path / "a_color.cbz"
    assert list(contents(target)) == [name]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_names_without_the_flag_for_utf8_are_read_as_meant(tmp_path, encoding):
    """Contract: old tools wrote the bytes of their system; both common ones are told apart."""
    book = tmp_path / "a.cbz"
    plain = "AAAAAAAAA.png"
    raw = "第1話".encode(encoding).ljust(9, b"_")[:9]
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr(plain, page_bytes())
    book.write_bytes(book.read_bytes().replace(b"AAAAAAAAA", raw))
    (result,), _ = colour(book)
    assert result.name.startswith("第1話")


def test_entries_of_one_name_are_both_coloured(tmp_path):
    """Contract: duplicates are rare, legal, and nothing is lost."""
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("1.png", page_bytes(1))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("1.png", page_bytes(2))
    results, target = colour(book)
    assert [result.name for result in results] == ["1.png", "1.png (2)"]
    with zipfile.ZipFile(target) as archive:
        assert [is_red(archive.read(one)) for one in archive.infolist()] == [True, True]


# What goes wrong


def test_a_page_that_fails_stays_as_it_was(tmp_path):
    """Contract: it is reported, the others are coloured, and the book is complete."""
    book = tmp_path / "a.cbz"
    broken = {"2.png": b"a text file", "3.png": b"", "4.jpg": page_bytes(4, "JPEG")[:200]}
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("1.png", page_bytes(1))
        for name, data in broken.items():
            archive.writestr(name, data)
    results, target = colour(book)
    assert [result.status for result in results] == ["colored", "failed", "failed", "failed"]
    assert all(str(book) in result.error for result in results[1:])
    found = contents(target)
    assert is_red(found["1.png"])
    assert {name: found[name] for name in broken} == broken


def test_damage_to_what_is_no_page_is_told_and_kept(cbz):
    """Contract: the book is written with those bytes as they were, and fails by name after its last page."""
    data = bytearray(cbz.read_bytes())
    start = data.index(b"thanks")
    data[start : start + 6] = b"!!!!!!"
    cbz.write_bytes(data)
    before = digest(cbz)
    results, target = colour(cbz)
    assert [result.status for result in results] == ["colored"] * 3 + ["failed"]
    assert "credits.txt" in results[-1].error
    assert b"!!!!!!" in target.read_bytes()
    assert digest(cbz) == before


@pytest.mark.parametrize(("password", "message"), [(None, "--password"), ("wrong", "password")])
def test_encrypted_books_want_their_password(tmp_path, tree, password, message):
    """Contract: with the right one the book is coloured, otherwise it says what to do; made by 7z."""
    book = tmp_path / "a.cbz"
    made_by("7z", "a", "-tzip", "-psecret")(book, tree)
    results, _ = colour(book, password=password)
    assert {result.status for result in results} == {"failed"}
    assert message in results[0].error
    results, target = colour(book, password="secret", overwrite=True)
    assert [result.status for result in results] == ["colored"] * 3
    assert contents(target)["ComicInfo.xml"] == COMIC_INFO


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    """Contract: the suffix alone makes no book."""
    (tmp_path / "a.cbz").write_text("hello")
    with pytest.raises(BadInputError, match="no archive"):
        open_source(tmp_path / "a.cbz")
    with zipfile.ZipFile(tmp_path / "b.cbz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(BadInputError, match="no pictures"):
        open_source(tmp_path / "b.cbz")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(entries=2), "entries"),
        (Limits(entry_bytes=10), "unpacks to"),
        (Limits(harmless_bytes=1000, expansion=20), "times its own size"),
    ],
)
def test_bombs_are_refused_before_anything_is_unpacked(tmp_path, limits, message):
    """Contract of `Limits`."""
    book = tmp_path / "bomb.cbz"
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.png", page_bytes())
        archive.writestr("2.bmp", bytes(10_000_000))
        archive.writestr("3.png", page_bytes())
    with pytest.raises(BadInputError, match=message):
        open_source(book, limits=limits)
    assert len(open_source(book)) == 3


def test_names_that_point_outside_stay_inside(tmp_path):
    """Contract: nothing is written outside the output, and the coloured book points nowhere either."""
    book = tmp_path / "in" / "a.cbz"
    book.parent.mkdir()
    with zipfile.ZipFile(book, "w") as archive:
        for name in ("../../up.png", "/etc/abs.png", "C:\\windows\\drive.png", "..\\..\\back.png"):
            archive.writestr(name, page_bytes())
    results, target = colour(book)
    assert {result.status for result in results} == {"colored"}
    assert set(contents(target)) == {"up.png", "etc/abs.png", "windows/drive.png", "back.png"}
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


@given(st.text(max_size=40) | st.text("aC1:/\\. ", max_size=12))
@example("C:/D:/x.png")
@example("C:x.png")
@example("a/C:D:x.png")
@example("1:x.png")
def test_safe_names_are_relative_and_go_nowhere_else(name):
    """Invariant, for any text; names that are safe already stay."""
    safe = safe_name(name)
    assert safe
    assert not safe.startswith("/")
    assert ".." not in safe.split("/")
    assert "\\" not in safe
    assert safe_name(safe) == safe
    assert is_harmless(safe)
    # Oracle: how Python joins paths of Windows, where a drive leads out of every folder.
    assert PureWindowsPath("C:/out", safe).is_relative_to("C:/out")


def test_a_disk_that_fills_up_leaves_no_half_book(cbz, monkeypatch):
    """Contract: exit with what to do, pages kept for the next run, which completes the book."""

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("mangacolor.books.zip_writer.shutil.copyfileobj", full)
        with pytest.raises(CannotWriteError, match="full"):
            colour(cbz)
    assert not (cbz.parent / "vol1_color.cbz").exists()
    assert not list(cbz.parent.glob("*.part"))
    painter = Painter()
    results, target = colour(cbz, painter)
    assert [result.status for result in results] == ["skipped"] * 3
    assert painter.painted == 0
    assert is_red(contents(target)["2.png"])


@pytest.mark.parametrize("change", ["settings", "input", "format"])
def test_pages_of_another_run_are_not_mixed_in(cbz, change):
    """Contract: other settings, another input or another format start the book anew."""
    with pytest.raises(KeyboardInterrupt):
        colour(cbz, Painter(stop_after=2))
    if change == "input":
        with zipfile.ZipFile(cbz, "a") as archive:
            archive.writestr("more.txt", b"more")
    painter = Painter(settings="blue" if change == "settings" else "red")
    colour(cbz, painter, choice="webp" if change == "format" else "keep")
    assert painter.painted == 3


# Where books go


def test_a_library_keeps_its_tree(tmp_path, cbz, tree):
    """Contract: every book below a folder, its pictures too; a broken book is told and spares the others."""
    library = tmp_path / "library"
    (library / "series").mkdir(parents=True)
    shutil.copy(cbz, library / "series" / "1.cbz")
    shutil.copy(cbz, library / "2.cbz")
    save_image(library / "cover.png", np.full((20, 20, 3), 90, np.uint8))
    (library / "3.cbz").write_bytes(b"nothing")
    sources, broken = open_library(library)
    assert [path.name for path, _ in broken] == ["3.cbz"]
    sinks = open_sinks(sources)
    list(colorize_pages(Painter(), sources, sinks))
    made = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "library_color").rglob("*") if path.is_file()}
    assert made == {f"library_color/{name}" for name in ("cover.png", "2.cbz", "series/1.cbz")}


@pytest.mark.parametrize(
    ("output", "expected"),
    [("new.cbz", "new.cbz"), ("new.zip", "new.zip"), ("folder", "folder/vol1.cbz")],
)
def test_a_book_may_name_its_output(cbz, output, expected):
    """Contract of --output for a single book."""
    _, target = colour(cbz, output=cbz.parent / output)
    assert target == cbz.parent / expected
    assert target.exists()


@pytest.mark.parametrize("name", ["new.tar.gz", "new.v2.TAR.GZ"])
def test_a_book_with_two_endings_may_name_its_output(tmp_path, name):
    """Contract of --output for a single book."""
    book = tmp_path / "vol1.tar.gz"
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "1.png").write_bytes(page_bytes(1))
    made_by_tarfile(book, tmp_path / "tree")
    _, target = colour(book, output=tmp_path / name, page="1.png")
    assert target == tmp_path / name
    assert list(contents(target)) == ["1.png"]


def test_what_cannot_be_is_refused_before_work(cbz):
    """Contract: another kind of archive, the input itself."""
    source = open_source(cbz)
    with pytest.raises(UsageError, match="cannot be written as"):
        open_sinks([source], cbz.parent / "new.cbr")
    with pytest.raises(UsageError, match="overwritten"):
        open_sinks([source], cbz)
    with pytest.raises(UsageError, match="Two inputs"):
        open_sinks([source, source], cbz.parent / "folder")


def test_without_libarchive_it_says_what_to_install(tmp_path, monkeypatch):
    """Contract: the error names the pip command."""
    (tmp_path / "a.cbr").write_bytes(b"Rar!\x1a\x07\x01\x00")
    monkeypatch.setitem(sys.modules, "libarchive", None)
    with pytest.raises(UsageError, match=r"mangacolor\[archives\]"):
        open_source(tmp_path / "a.cbr")


def test_command_line_prints_a_book_once_and_says_what_failed(tmp_path, tiny_weights, tiny_separator, capsys):
    """Contract: results on stdout, exit 6 where a page failed, JSON a line a page."""
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("1.png", page_bytes(1, size=(80, 90)))
        archive.writestr("2.png", b"broken")
        archive.writestr("3.png", page_bytes(3, size=(80, 90)))
    words = ["colorize", str(book), "-w", str(tiny_weights), "--separator", str(tiny_separator), "--force"]
    assert run([*words, "--dry-run"]) == ExitCode.DONE
    assert not (tmp_path / "a_color.cbz").exists()
    capsys.readouterr()
    assert run(words) == ExitCode.SOME_PAGES_FAILED
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(tmp_path / "a_color.cbz")]
    assert "2.png" in told.err
    assert run([*words, "--overwrite", "--json"]) == ExitCode.SOME_PAGES_FAILED
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("status") for line in lines] == ["colored", "failed", "colored", None]
    assert lines[-1]["summary"]["failed"] == 1


def test_a_long_book_keeps_few_pages_in_memory(tmp_path, monkeypatch):
    """Contract: however long the book, only a few pages are decoded and not yet written."""
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        for number in range(60):
            archive.writestr(f"{number}.png", page_bytes(number))
    alive, most = 0, 0
    load = DecodedImage.__init__

    def gone():
        nonlocal alive
        alive -= 1

    def count(self, *args, **options):
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        weakref.finalize(self, gone)
        load(self, *args, **options)

    monkeypatch.setattr(DecodedImage, "__init__", count)
    results, _ = colour(book)
    assert len(results) == 60
    assert most <= 2 * 8


class CountedName(str):
    """A name that counts how often it is looked up."""

    __slots__ = ()
    looked_up = 0

    def __hash__(self):
        CountedName.looked_up += 1
        return super().__hash__()

    __eq__ = str.__eq__


def test_names_of_a_large_folder_are_planned_in_one_go():
    """Invariant: work grows as the number of names does."""
    names = [CountedName(f"{number}.{'png' if number % 2 else 'bmp'}") for number in range(600)]
    CountedName.looked_up = 0
    assert len(set(output_names(names, "keep").values())) == 600
    assert CountedName.looked_up < 40 * len(names)
