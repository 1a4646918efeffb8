"""What is taken for a page, in folders and in books alike.

Oracle: Pillow, which writes a picture of each kind; whatever it writes is a page under any name.
"""

from __future__ import annotations

import io

import pytest
from book_files import colour, contents, is_red, page_bytes, zipped
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features
from stubs import Painter

from mangacolor.books import open_library, open_sinks, open_source
from mangacolor.books.looks import is_junk, is_page
from mangacolor.cli import run
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import ExitCode
from mangacolor.image.formats import IMAGE_SUFFIXES, picture_kind

KINDS = {
    "PNG": "png", "JPEG": "jpg", "WEBP": "webp", "BMP": "bmp", "TIFF": "tif", "GIF": "gif", "JPEG2000": "jp2",
    "PPM": "ppm",
}  # fmt: skip
if features.check("avif"):
    KINDS["AVIF"] = "avif"

NAMES = ["2.jfif", "3.jpe", "4.JPG", "5.jp2", "6", "7.txt", "8.Jpeg", "9.pjpeg", "10.dat", "11."]
JUNK = {
    "Thumbs.db": b"\xd0\xcf\x11\xe0" + bytes(600), "desktop.ini": b"[.ShellClassInfo]",
    ".DS_Store": b"\0\0\0\1Bud1",
    "._1.png": page_bytes(), "__MACOSX/1.png": page_bytes(), "@eaDir/1.jpg/THUMB.jpg": page_bytes(), "a.nfo": b"by us",
    "readme.txt": b"BM is the start of this text, P5 too", "checksum.sfv": b"1.png 01234567", "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("format", KINDS)
def test_every_kind_is_told_by_its_start(format):
    """Oracle: Pillow."""
    assert picture_kind(page_bytes(1, format)[:64]) == KINDS[format]
    assert is_page("anything", page_bytes(1, format)[:64])


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\xff\x0a\xfa\x7f", "jxl"), (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"), (b"\xff\x4f\xff\x51\0", "jp2"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"), (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "heic"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", None), (b"8BPS\0\1\0\0", "psd"),
        (b"BM is the start of a text file", None),
        (b"P5 too", None), (b"RIFF\0\0\0\0WAVE", None), (b"", None), (b"%PDF-1.4", None),
    ],
)  # fmt: skip
def test_signatures(start, kind):
    """Contract of the formats' descriptions; two letters alone prove nothing."""
    assert picture_kind(start) == kind


@given(st.binary(max_size=64))
def test_any_start_has_an_answer(start):
    """Invariant: a kind that is named or none, whatever the bytes."""
    assert picture_kind(start) in {
        None,
        "png",
        "jpg",
        "gif",
        "tif",
        "jxl",
        "jp2",
        "psd",
        "webp",
        "avif",
        "heic",
        "bmp",
        "ppm",
    }


def filled(folder):
    files = {name: page_bytes(number, "JPEG") for number, name in enumerate(NAMES, 2)}
    files["5.jp2"] = page_bytes(5, "JPEG2000")
    files |= {"1.png": page_bytes(1)} | JUNK
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files


def test_everything_that_decodes_is_a_page(tmp_path):
    """Contract: the same pages from the folder, the library and the book; junk is passed over in silence."""
    files = filled(tmp_path / "in")
    wanted = ["1.png", "2.jfif", "3.jpe", "4.JPG", "5.jp2", "6", "7.txt", "8.Jpeg", "9.pjpeg", "10.dat", "11."]
    found = [entry.name for entry in open_source(tmp_path / "in")]
    assert sorted(found) == sorted(wanted)
    assert [entry.name for entry in open_library(tmp_path / "in")[0][0]] == found
    assert sorted(page.name for page in open_source(zipped(tmp_path / "a.cbz", files))) == sorted(wanted)


def test_pages_get_a_suffix_that_readers_know(tmp_path):
    """Contract: names that say what a page is stay; others are extended by what it is."""
    files = filled(tmp_path / "in")
    sources = [open_source(tmp_path / "in")]
    sinks = open_sinks(sources, tmp_path / "out")
    assert {result.status for result in colorize_pages(Painter(), sources, sinks)} == {"colored"}
    wanted = {
        "1.png",
        "2.jfif",
        "3.jpe",
        "4.JPG",
        "5.png",
        "6.jpg",
        "7.txt.jpg",
        "8.Jpeg",
        "9.pjpeg",
        "10.dat.jpg",
        "11..jpg",
    }
    assert {path.name for path in (tmp_path / "out").iterdir()} == wanted
    for name in wanted:
        data = (tmp_path / "out" / name).read_bytes()
        assert is_red(data)
        assert Image.open(io.BytesIO(data)).format == ("PNG" if name.endswith("png") else "JPEG")
    _, target = colour(zipped(tmp_path / "a.cbz", files), page="1.png")
    kept = set(JUNK)
    assert contents(target).keys() == wanted | kept
    assert all(contents(target)[name] == JUNK[name] for name in kept)


def test_what_only_looks_like_a_page_is_told(tmp_path, tiny_weights, tiny_separator, capsys):
    """Contract: it is named, and the exit status is 6; so for a kind that nothing here reads."""
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    for name, data in (
        ("1.png", page_bytes(1, size=(80, 90))),
        ("2.heic", heic),
        ("3", heic),
        ("4.jxr", b"II\xbc\1" + bytes(50)),
    ):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    words = ["-w", str(tiny_weights), "--separator", str(tiny_separator), "--force", "-o", str(tmp_path / "out")]
    assert run(["colorize", str(tmp_path / "in"), *words]) == ExitCode.SOME_PAGES_FAILED
    told = capsys.readouterr().err
    assert all(name in told for name in ("2.heic", "in/3", "4.jxr"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1.png"]


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_suffixes_count_in_either_case(suffix):
    """Contract: a broken page is a page."""
    assert is_page(f"ch 1/1{suffix}")
    assert is_page(f"ch 1/1{suffix.upper()}")


@pytest.mark.parametrize(
    "name",
    [
        ".hidden/1.png", "a/__macosx/1.png", "@eaDir/1.png", "#recycle/1.png", "a/._1.png", "a/Thumbs.db",
        "@Recycle/1.png", "a/@Recently-Snapshot/1.png", "#snapshot/1.png", "RECYCLER/1.png", "found.000/1.png",
        "Network Trash Folder/1.png", "Temporary Items/1.png", "a/Icon\r",
    ],
)  # fmt: skip
def test_junk(name):
    """Contract: also where a picture lies in it."""
    assert is_junk(name)
    assert not is_page(name, page_bytes())
