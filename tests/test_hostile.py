"""Books and pages that are broken, odd, or meant to do harm.

Oracles are contracts and invariants: an error of ours with advice, the other pages coloured, nothing written
outside the output, the input untouched.
"""

from __future__ import annotations

import functools
import io
import json
import struct
import tarfile
import zipfile
import zlib

import pytest
from book_files import colour, contents, digest, is_red, page_bytes, skip_without_libarchive, tarred, zipped
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rar5 import stored_rar
from stubs import Painter

from mangacolor.books import Limits, open_sinks, open_source
from mangacolor.books.book_kinds import book_kind
from mangacolor.cli import run
from mangacolor.errors import BadInputError, ExitCode, MangacolorError


def png_that_claims(width, height):
    """Return a PNG of a few bytes whose header promises a picture of this size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"")
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (header, body))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + struct.pack(">I", 0) + b"IEND\xaeB`\x82"


# Pages


def test_bad_pages_fail_by_name_and_the_others_are_coloured(tmp_path):
    """Contract, for each way in which a page can be bad; what fails stays as it was."""
    bad = {
        "bomb.png": png_that_claims(50_000, 50_000),
        "cut.jpg": page_bytes(1, "JPEG", (200, 300))[:300],
        "empty.png": b"",
        "nothing.png": png_that_claims(0, 7),
        "text.png": b"This is a text file.",
        "postscript.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    }
    book = zipped(tmp_path / "a.cbz", {**bad, "good.png": page_bytes(3)})
    results, target = colour(book, page="good.png")
    assert {result.name for result in results if result.status == "failed"} == bad.keys()
    assert all(result.name in result.error and "\n" in result.error for result in results if result.status == "failed")
    found = contents(target)
    assert is_red(found["good.png"])
    assert {name: found[name] for name in bad} == bad


def test_a_strip_of_65000_pixels_is_coloured_whatever_the_format(tmp_path):
    """Contract: PNG has no end; where WebP ends, at 16,383, this page alone is a JPEG."""
    book = zipped(tmp_path / "a.cbz", {"1.png": page_bytes(1, size=(65_000, 4)), "2.png": page_bytes(2)})
    results, target = colour(book, page="1.png")
    assert [result.status for result in results] == ["colored", "colored"]
    assert Image.open(io.BytesIO(contents(target)["1.png"])).size == (65_000, 4)
    results, target = colour(book, page="1.png", choice="webp", overwrite=True)
    assert [result.status for result in results] == ["colored", "colored"]
    assert sorted(contents(target)) == ["1.jpg", "2.webp"]


# Archives


@pytest.mark.slow
def test_a_book_of_10000_pages_is_planned_in_order(tmp_path, capsys):
    """Contract: natural order, a line of JSON a page, one of its output else, nothing written."""
    page = page_bytes(1)
    book = zipped(tmp_path / "a.cbz", {f"{number}.png": page for number in range(10_000)})
    assert run(["colorize", str(book), "--dry-run"]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "a_color.cbz")]
    assert run(["colorize", str(book), "--dry-run", "--json"]) == ExitCode.DONE
    planned = [json.loads(line)["page"] for line in capsys.readouterr().out.splitlines()]
    assert planned == [f"{number}.png" for number in range(10_000)]
    pages = list(open_source(book))
    assert [pages[number].name for number in (0, 9, 10, 9_999)] == ["0.png", "9.png", "10.png", "9999.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.cbz"]


def test_an_entry_without_a_name_is_kept_under_one(tmp_path):
    """Contract: found by fuzzing; a name ends at a zero byte."""
    book = zipped(tmp_path / "a.cbz", {"1.png": page_bytes(1), "QQQ": b"nameless"})
    book.write_bytes(book.read_bytes().replace(b"QQQ", b"\0QQ"))
    _, target = colour(book, page="1.png")
    assert contents(target)["_"] == b"nameless"


def test_names_that_differ_in_case_alone_are_both_kept(tmp_path):
    """Contract: also where the disk would not tell them apart, since no page is written under its own name."""
    book = zipped(tmp_path / "a.cbz", {"A.png": page_bytes(1), "a.png": page_bytes(2), "a.PNG": page_bytes(3)})
    results, target = colour(book, page="A.png")
    assert [result.status for result in results] == ["colored"] * 3
    assert set(contents(target)) == {"A.png", "a.png", "a.PNG"}
    book = zipped(tmp_path / "b.cbz", {"A.png": page_bytes(1), "a.png": page_bytes(2)})
    _, target = colour(book, page="A.png", choice="webp")
    assert len({name.casefold() for name in contents(target)}) == 2


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize(
    "name", ["第1話.png", "😀.png", "trailing. .png", "dots...png", "x" * 251 + ".png", "a/" * 90 + "1.png", "con.png"]
)
def test_unusual_names_survive_in_every_kind(tmp_path, make, name):
    """Contract: any name comes back as it was; nothing is called by it on disk."""
    book = make(tmp_path / "a.cbz", {name: page_bytes()})
    _, target = colour(book, page=name)
    assert list(contents(target)) == [name]


def test_a_file_name_too_long_for_its_output_is_told_before_work(tmp_path, capsys):
    """Contract: exit 4 with what to do; 255 bytes is what most file systems take."""
    page = tmp_path / ("x" * 251 + ".png")
    page.write_bytes(page_bytes())
    assert run(["colorize", str(page), "--dry-run"]) == ExitCode.CANNOT_WRITE
    assert "shorter" in capsys.readouterr().err
    assert run(["colorize", str(page), "-o", str(tmp_path / "out.png"), "--dry-run"]) == ExitCode.DONE


def test_tar_names_and_links_that_point_outside_write_nothing_there(tmp_path):
    """Contract: names become relative, links are copied and never followed."""
    book = tmp_path / "in" / "a.cbt"
    book.parent.mkdir()
    (tmp_path / "secret.png").write_bytes(page_bytes(5))
    with tarfile.open(book, "w") as archive:
        for name in ("../../up.png", "/etc/abs.png", "fine.png"):
            member = tarfile.TarInfo(name)
            member.size = len(page_bytes())
            archive.addfile(member, io.BytesIO(page_bytes()))
        for kind, name in ((tarfile.SYMTYPE, "soft.png"), (tarfile.LNKTYPE, "hard.png"), (tarfile.CHRTYPE, "dev.png")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "../secret.png"
            archive.addfile(member)
    results, target = colour(book, page="fine.png")
    assert {result.name for result in results} == {"up.png", "etc/abs.png", "fine.png"}
    with tarfile.open(target) as archive:
        kept = {member.name: (member.type, member.linkname) for member in archive.getmembers()}
    assert kept["soft.png"] == (tarfile.SYMTYPE, "../secret.png")
    assert kept["hard.png"] == (tarfile.LNKTYPE, "../secret.png")
    assert {"up.png", "etc/abs.png"} <= kept.keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "secret.png"]


def test_rar_names_that_point_outside_stay_inside(tmp_path):
    """Contract: unpacked under numbers, written under names that go nowhere."""
    skip_without_libarchive()
    book = tmp_path / "in" / "a.cbr"
    book.parent.mkdir()
    book.write_bytes(stored_rar({"../../up.png": page_bytes(), "/abs.png": page_bytes(), "1.png": page_bytes()}))
    results, target = colour(book, page="1.png")
    assert {result.status for result in results} == {"colored"}
    assert set(contents(target)) == {"up.png", "abs.png", "1.png"}
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("mode", ["w:gz", "w:xz"])
def test_a_packed_tar_bomb_is_left_at_the_entry_that_gives_it_away(tmp_path, mode, monkeypatch):
    """Contract of `Limits`; what follows is not even listed."""
    book = tarred(tmp_path / "a.cbt", {f"{number}.bmp": bytes(100_000) for number in range(30)}, mode)
    listed = 0
    following = tarfile.TarFile.next

    def count(self):
        nonlocal listed
        listed += 1
        return following(self)

    monkeypatch.setattr(tarfile.TarFile, "next", count)
    with pytest.raises(BadInputError, match="times its own size"):
        open_source(book, limits=Limits(harmless_bytes=250_000, expansion=2))
    assert listed < 10


def test_a_directory_that_points_before_the_file_is_damage_and_not_a_full_disk(tmp_path):
    """Contract: found by fuzzing; the book fails, the run goes on."""
    book = zipped(tmp_path / "a.cbz", {"1.png": page_bytes(1), "note.txt": b"note"})
    data = bytearray(book.read_bytes())
    place = data.rindex(b"PK\x01\x02") + 42  # where the last entry is said to begin
    data[place : place + 4] = struct.pack("<I", 0)
    end = data.rindex(b"PK\x05\x06")
    data[end + 16 : end + 20] = struct.pack("<I", struct.unpack("<I", data[end + 16 : end + 20])[0] + 1000)
    book.write_bytes(data)
    try:
        results, _ = colour(book, page="1.png")
    except BadInputError:
        return
    assert results[-1].status == "failed"
    assert "damaged" in results[-1].error


def test_pdf_bombs_are_told_from_their_sizes(tmp_path, monkeypatch):
    """Contract: a picture that claims 10 thousand million pixels fails; a page five metres wide is rendered smaller."""
    monkeypatch.setattr("mangacolor.books.pdf.Limits", functools.partial(Limits, page_pixels=500_000))
    pikepdf = pytest.importorskip("pikepdf")
    pytest.importorskip("pypdfium2")
    book = tmp_path / "a.pdf"
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(100, 100))
        bomb = document.make_stream(bytes(10), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        bomb.Width = bomb.Height = 100_000
        bomb.ColorSpace, bomb.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        document.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=bomb))
        document.pages[0].Contents = document.make_stream(b"q 100 0 0 100 0 0 cm /I Do Q")
        document.add_blank_page(page_size=(14_400, 14_400))
        document.save(book)
    results, _ = colour(book, page="page 1.png")
    assert [result.status for result in results] == ["failed", "colored"]
    assert "too large" in results[0].error
    image = list(open_source(book))[1].load().image
    assert 400_000 < image.rgb.shape[0] * image.rgb.shape[1] <= 500_000


# Damage anywhere


def books():
    files = {"1.png": page_bytes(1), "2.jpg": page_bytes(2, "JPEG"), "note.txt": b"note" * 20}
    made = {}
    for suffix, mode in (("cbt", "w"), ("tar.gz", "w:gz"), ("tar.xz", "w:xz")):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        made[suffix] = buffer.getvalue()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    made["cbz"] = buffer.getvalue()
    buffer = io.BytesIO()
    Image.new("L", (20, 30), 9).save(buffer, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))])
    made["tif"] = buffer.getvalue()
    made["cbr"] = stored_rar(files)
    try:
        import img2pdf
    except ImportError:
        return made
    return {**made, "pdf": img2pdf.convert([page_bytes(2, "JPEG"), page_bytes(1)])}


BOOKS = books()


@pytest.mark.parametrize("suffix", BOOKS)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3), cut=st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_damage_anywhere_is_an_error_of_ours_or_a_book(tmp_path_factory, suffix, changes, cut):
    """Contract: bytes changed and the end missing; a book with a page that can be read comes out whole or fails as a
    whole, one without is not written, and the input is untouched."""
    if suffix == "cbr":
        skip_without_libarchive()
    data = bytearray(BOOKS[suffix])
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    if cut > 0.5:
        data = data[: int(cut * len(data))]
    folder = tmp_path_factory.mktemp("damage")
    book = folder / f"a.{suffix}"
    book.write_bytes(data)
    before = digest(book)
    target = None
    try:
        if book_kind(book) is None:
            return
        sources = [open_source(book)]
        target = open_sinks(sources)[0].path(next(iter(sources[0])).name)
        results, _ = colour(book, Painter(), page=next(iter(sources[0])).name)
    except MangacolorError:
        assert target is None or not target.exists()
    else:
        book_failed = results[-1].status == "failed" and results[-1].name == book.name
        some_page_came_out = any(result.status != "failed" for result in results)
        if target.exists():  # a file in it that is no page may be damaged, which fails the run but loses no page
            assert some_page_came_out
            assert len(open_source(target)) == len(sources[0])
        else:
            assert book_failed or not some_page_came_out
    assert digest(book) == before
    seen = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    assert seen <= {book.name, target.name if target else ""}
