"""TAR, RAR and 7-Zip books as they are found in the field: of every make, damaged, behind programs, in volumes.

Oracles: tarfile, 7-Zip and the formats' descriptions for what goes in; tarfile and zipfile for what comes out; and
every entry that is no page byte for byte, in TAR with its headers.
"""

from __future__ import annotations

import bz2
import io
import shutil
import struct
import subprocess
import tarfile
import zipfile

import numpy as np
import pytest
from book_files import colour, contents, digest, is_red, made_by, page_bytes, skip_without_libarchive, tarred
from PIL import Image
from rar5 import SIGNATURE, stored_rar

from mangacolor.books import open_library, open_source
from mangacolor.books.book_kinds import book_kind
from mangacolor.books.rar_volumes import HEAD_BYTES, SEVENZIP, archive_start
from mangacolor.books.tarred import is_tar_head
from mangacolor.errors import BadInputError

PAGES = {f"{number}.png": page_bytes(number) for number in range(1, 4)}
NOTE = {"note.txt": b"note" * 300}


def member(name, data, **facts):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in facts.items():
        setattr(info, key, value)
    return info, data


def tar_of(members, format=tarfile.GNU_FORMAT, encoding="utf-8", **options):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format, encoding=encoding, **options) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def book_of(tmp_path, data, name):
    path = tmp_path / name
    path.write_bytes(data)
    return path


# TAR


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_of_each_make_comes_back_as_it_was(tmp_path, format):
    """Contract: times to the nanosecond, owners, long names, headers for all that follows, links; pages too."""
    long = "x" * 90 if format == tarfile.USTAR_FORMAT else "漫画" * 60
    facts = {
        "mtime": 1_000_000_000.25 if format == tarfile.PAX_FORMAT else 1_000_000_000,
        "uname": "mangaka",
        "mode": 0o640,
    }
    members = [
        member("1.png", PAGES["1.png"], **facts), member(f"{long}/2.png", PAGES["2.png"], **facts),
        member(f"{long}.txt", b"note", **facts), member("link", b"", type=tarfile.SYMTYPE, linkname="1.png"),
        member("3.png", PAGES["3.png"], **facts),
    ]  # fmt: skip
    book = book_of(tmp_path, tar_of(members, format, pax_headers={"comment": "of all"}), "a.cbt")
    results, target = colour(book, page="1.png")
    assert [result.status for result in results] == ["colored"] * 3
    with tarfile.open(book) as before, tarfile.open(target) as after:
        assert before.pax_headers == after.pax_headers
        for old, new in zip(before.getmembers(), after.getmembers(), strict=True):
            for fact in ("name", "mtime", "uname", "mode", "type", "linkname"):
                assert getattr(old, fact) == getattr(new, fact)
            if new.name.endswith(".png"):
                assert is_red(after.extractfile(new).read())
    start, end = (book.read_bytes().index(text) for text in (b"note", b"note"))
    assert book.read_bytes()[start - 512 : end + 512] in target.read_bytes()


def test_a_page_with_its_name_in_a_pax_header_gets_its_new_one(tmp_path):
    """Contract of --format; the header of the old name must not win."""
    name = "漫画" * 60
    book = book_of(tmp_path, tar_of([member(f"{name}.png", PAGES["1.png"])], tarfile.PAX_FORMAT), "a.cbt")
    _, target = colour(book, page=f"{name}.png", choice="webp")
    with tarfile.open(target) as archive:
        (info,) = archive.getmembers()
        assert info.name == f"{name}.webp"
        assert len(archive.extractfile(info).read()) == info.size


@pytest.mark.parametrize("encoding", ["latin-1", "cp932", "gbk"])
def test_names_in_tar_keep_their_bytes(tmp_path, encoding):
    """Contract: TAR does not say which encoding they are in."""
    name = "café" if encoding == "latin-1" else "漫画"
    members = [member(f"{name}.png", PAGES["1.png"]), member(f"{name}.txt", b"note")]
    book = book_of(tmp_path, tar_of(members, encoding=encoding), "a.cbt")
    page = open_source(book).pages[0].name
    _, target = colour(book, page=page)
    with tarfile.open(target, encoding=encoding) as archive:
        assert archive.getnames() == [f"{name}.png", f"{name}.txt"]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp932", "漫画/ソ.png"), ("cp932", "能/表.webp"), ("gbk", "漫画/第一话.png"), ("cp866", "Том/один")],
)
def test_names_in_tar_are_read_as_meant(tmp_path, encoding, name):
    """Contract: also where a byte of a letter is that of a backslash; pages in another format have their new end."""
    book = book_of(tmp_path, tar_of([member(name, PAGES["1.png"])], encoding=encoding), "a.cbt")
    assert [page.name for page in open_source(book)] == [name]
    _, target = colour(book, page=name, choice="jpg")
    stem = name.rpartition(".")[0] or name
    with tarfile.open(target, encoding=encoding) as archive:
        assert archive.getnames() == [f"{stem}.jpg"]


def test_the_oldest_tar_is_told_by_its_checksum(tmp_path):
    """Contract of Unix V7: no signature; and nothing else passes for it."""
    data = bytearray(tar_of([member("1.png", PAGES["1.png"])]))
    data[257:265] = bytes(8)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    assert is_tar_head(bytes(data))
    assert not is_tar_head(page_bytes().ljust(600, b"\0"))
    assert not is_tar_head(bytes(1024))
    results, target = colour(book_of(tmp_path, bytes(data), "a.cbt"), page="1.png")
    assert [result.status for result in results] == ["colored"]
    assert is_red(contents(target)["1.png"])


def test_a_file_with_holes_is_written_without_them(tmp_path):
    """Contract of GNU sparse files: the page is what it is with its holes filled."""
    page = page_bytes(1, "BMP", (64, 64))
    data = page[:512], page[4096 : len(page)]
    header = bytearray(tarfile.TarInfo("1.bmp").tobuf(tarfile.GNU_FORMAT))
    places = b"".join(b"%011o\0" % value for value in (0, 512, 4096, len(data[1]), *[0] * 4))
    header[386 : 386 + len(places)] = places
    header[483:495] = b"%011o\0" % len(page)
    header[124:136] = b"%011o\0" % sum(map(len, data))
    header[156:157] = b"S"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    body = b"".join(data)
    whole = bytes(header) + body + bytes(-len(body) % 512)
    note, text = member("note.txt", b"note")
    book = book_of(tmp_path, whole + note.tobuf() + text.ljust(512, b"\0") + bytes(1024), "a.cbt")
    with tarfile.open(book) as archive:
        assert archive.getnames() == ["1.bmp", "note.txt"]
    results, target = colour(book, page="1.bmp")
    assert [result.status for result in results] == ["colored"]
    found = contents(target)
    assert is_red(found["1.bmp"])
    assert found["note.txt"] == b"note"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_cut_short_keeps_what_is_there(tmp_path, mode):
    """Contract: whole pages are coloured, the one that is cut fails, and the book is complete otherwise."""
    noise = {}
    for number in range(4):
        buffer = io.BytesIO()
        pixels = np.random.default_rng(number).integers(0, 256, (300, 400), dtype=np.uint8)
        Image.fromarray(pixels).save(buffer, "BMP")
        noise[f"{number}.bmp"] = buffer.getvalue()
    whole = tarred(tmp_path / "whole", noise, mode.removesuffix(":bz2")).read_bytes()
    if mode == "w:bz2":
        whole = bz2.compress(whole, 1)  # in blocks of 100 kB, all or nothing each
    book = book_of(tmp_path, whole[: int(len(whole) * 0.6)], "a.cbt")
    results, target = colour(book, page="0.bmp")
    statuses = [result.status for result in results]
    assert statuses[0] == "colored"
    assert "failed" in statuses
    with tarfile.open(target) as archive:
        names = archive.getnames()
        assert names == list(noise)[: len(statuses)]
        for name, status in zip(names, statuses, strict=True):
            assert status == "failed" or is_red(archive.extractfile(name).read())


def test_damage_to_the_end_of_a_text_in_tar_is_told(tmp_path):
    """Contract: the last file is no page; the book is written as far as it goes, and fails after its last page."""
    data = tar_of([member("1.png", PAGES["1.png"]), member("note.txt", b"note" * 1000)])
    results, target = colour(book_of(tmp_path, data[: data.index(b"note" * 9) + 700], "a.cbt"), page="1.png")
    assert [result.status for result in results] == ["colored", "failed"]
    assert "note.txt" in results[1].error
    assert contents(target)["note.txt"] == (b"note" * 1000)[:700]


@pytest.mark.parametrize("suffix", ["tar.zst", "tar.lz4", "tar.lzma", "tzst"])
def test_tar_under_what_only_libarchive_unpacks_becomes_a_zip(tmp_path, suffix):
    """Oracle: libarchive packs it."""
    skip_without_libarchive()
    import libarchive

    book = tmp_path / f"a.{suffix}"
    filter = {"tar.zst": "zstd", "tzst": "zstd", "tar.lz4": "lz4", "tar.lzma": "lzma"}[suffix]
    with libarchive.file_writer(str(book), "pax", filter) as archive:
        for name, data in (PAGES | NOTE).items():
            archive.add_file_from_memory(name, len(data), data)
    assert [source.path for source in open_library(tmp_path)[0]] == [book]
    results, target = colour(book, page="1.png")
    assert [result.status for result in results] == ["colored"] * 3
    assert target.name == "a_color.cbz"
    assert contents(target)["note.txt"] == NOTE["note.txt"]


@pytest.mark.parametrize(
    ("suffix", "mode"), [("tar.gz", "w:gz"), ("tgz", "w:gz"), ("tar.bz2", "w:bz2"), ("txz", "w:xz")]
)
def test_packed_tar_keeps_its_suffix(tmp_path, suffix, mode):
    """Contract: found in a library, and given back as what it was."""
    (tmp_path / "in").mkdir()
    tarred(tmp_path / "in" / f"vol 1.{suffix}", PAGES, mode)
    assert len(open_library(tmp_path / "in")[0]) == 1
    _, target = colour(tmp_path / "in" / f"vol 1.{suffix}", page="1.png")
    assert target.name == f"vol 1_color.{suffix}"
    with tarfile.open(target, mode.replace("w", "r")) as archive:
        assert archive.getnames() == list(PAGES)
    if mode == "w:gz":
        assert not target.read_bytes()[3] & 0b1000, "RFC 1952, 2.3.1: no name in the header, least of all a passing one"


# RAR and 7-Zip


@pytest.mark.parametrize("before", [b"MZ" + bytes(3000), b"\x7fELF" + bytes(70_000), b"#!/bin/sh\n" + bytes(99)])
@pytest.mark.parametrize("suffix", ["cbr", "exe"])
def test_a_program_in_front_is_no_matter(tmp_path, before, suffix):
    """Contract of self-extracting archives."""
    skip_without_libarchive()
    book = book_of(tmp_path, before + stored_rar(PAGES | NOTE), f"a.{suffix}")
    if suffix == "exe" and before.startswith(b"#!"):
        assert book_kind(book) is None
        return
    results, target = colour(book, page="1.png")
    assert [result.status for result in results] == ["colored"] * 3
    assert contents(target)["note.txt"] == NOTE["note.txt"]


@pytest.mark.parametrize(("first", "other", "kind"), [(SEVENZIP, SIGNATURE, "7z"), (SIGNATURE, SEVENZIP, "rar")])
def test_behind_a_program_the_first_archive_counts(tmp_path, first, other, kind):
    """Contract: others are stored in it; and both who ask are told the same."""
    book = book_of(tmp_path, b"MZ" + bytes(3000) + first + bytes(500) + other, "a.exe")
    assert book_kind(book) == kind
    assert archive_start(book) == (3002, {"7z": "7zip", "rar": "rar5"}[kind])


@pytest.mark.parametrize("before", [HEAD_BYTES - len(SIGNATURE), HEAD_BYTES])
def test_how_long_a_program_may_be_is_one_rule(tmp_path, before):
    """Contract: what is known as an archive is found by what reads it."""
    book = book_of(tmp_path, b"MZ" + bytes(before - 2) + SIGNATURE, "a.exe")
    assert (book_kind(book), archive_start(book)) in [("rar", (before, "rar5")), (None, (0, "all"))]


def test_a_rar_cut_short_keeps_what_is_there(tmp_path):
    """Contract: as for TAR."""
    skip_without_libarchive()
    data = stored_rar(PAGES | NOTE)
    book = book_of(tmp_path, data[: data.index(PAGES["3.png"]) + 40], "a.cbr")
    before = digest(book)
    results, target = colour(book, page="1.png")
    assert [result.status for result in results][:2] == ["colored", "colored"]
    assert all(result.status == "failed" for result in results[2:])
    assert is_red(contents(target)["2.png"])
    assert digest(book) == before


@pytest.mark.parametrize(
    "data",
    [
        # RAR 5: checksum, size 4, main header, no flags, volume. RAR 3: checksum, main header, volume, size 13.
        SIGNATURE + bytes(4) + bytes([4, 1, 0, 1]) + bytes(60),
        SIGNATURE + bytes(4) + bytes([6, 1, 1, 0, 3, 1]) + bytes(60),
        b"Rar!\x1a\x07\x00" + struct.pack("<HBHH", 0, 0x73, 1, 13) + bytes(60),
    ],
)
def test_volumes_say_what_to_do(tmp_path, data):
    """Contract of the formats' descriptions; nothing is coloured, since most entries lie elsewhere."""
    with pytest.raises(BadInputError, match="volume") as caught:
        open_source(book_of(tmp_path, data, "a.part2.rar"))
    assert "first" in caught.value.advice


def test_a_whole_rar_is_no_volume(tmp_path):
    """Contract: the flag alone makes one; recovery records and locks are others."""
    skip_without_libarchive()
    assert len(open_source(book_of(tmp_path, stored_rar(PAGES), "a.cbr"))) == 3


@pytest.mark.parametrize(
    "options",
    [
        ("-m0=PPMd",), ("-m0=BZip2",), ("-m0=Deflate",), ("-m0=LZMA", "-ms=on"), ("-m0=LZMA2", "-ms=off"), ("-mf=BCJ",),
        ("-m0=Delta:4", "-m1=LZMA2"), ("-m0=Copy",), ("-mx=0", "-mhc=off"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_7zip_of_each_filter(tmp_path, options):
    """Oracle: 7-Zip makes it."""
    skip_without_libarchive()
    for name, data in (PAGES | NOTE).items():
        (tmp_path / name).write_bytes(data)
    made_by("7z", "a", "-t7z", *options, of=[*PAGES, *NOTE])(tmp_path / "a.cb7", tmp_path)
    results, target = colour(tmp_path / "a.cb7", page="1.png")
    assert [result.status for result in results] == ["colored"] * 3
    assert contents(target)["note.txt"] == NOTE["note.txt"]


@pytest.mark.skipif(shutil.which("7z") is None, reason="7z is not installed")
def test_a_page_packed_from_a_pipe_is_one(tmp_path):
    """Oracle: 7-Zip, which says of its standard input that it is a pipe, and not how large it was."""
    skip_without_libarchive()
    book = tmp_path / "a.cb7"
    subprocess.run(["7z", "a", "-t7z", book, "-si1.png"], input=PAGES["1.png"], check=True, capture_output=True)
    results, target = colour(book, page="1.png")
    assert [result.status for result in results] == ["colored"]
    assert is_red(contents(target)["1.png"])


def test_a_filter_that_is_not_known_costs_its_pages_alone(tmp_path):
    """Contract: Deflate64 in 7-Zip is read by nothing here; the other pages are coloured."""
    skip_without_libarchive()
    for name, data in PAGES.items():
        (tmp_path / name).write_bytes(data)
    book = tmp_path / "a.cb7"
    made_by("7z", "a", "-t7z", "-m0=LZMA", of=["1.png"])(book, tmp_path)
    subprocess.run(["7z", "a", "-t7z", "-m0=Deflate64", book, "2.png"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(["7z", "a", "-t7z", "-m0=LZMA", book, "3.png"], cwd=tmp_path, check=True, capture_output=True)
    results, target = colour(book, page="1.png")
    assert sorted(result.status for result in results) == ["colored", "colored", "failed"]
    assert "2.png" in next(result.error for result in results if result.status == "failed")
    assert is_red(contents(target)["3.png"])


def test_damage_inside_7zip_costs_what_it_hits(tmp_path):
    """Contract: files packed apart fail apart."""
    skip_without_libarchive()
    for name, data in PAGES.items():
        (tmp_path / name).write_bytes(data)
    book = tmp_path / "a.cb7"
    made_by("7z", "a", "-t7z", "-m0=Copy", "-ms=off", of=list(PAGES))(book, tmp_path)
    data = bytearray(book.read_bytes())
    data[data.index(PAGES["2.png"]) + 50] ^= 0xFF
    book.write_bytes(data)
    results, target = colour(book, page="1.png")
    assert [result.status for result in results] == ["colored", "failed", "colored"]
    assert is_red(contents(target)["1.png"])
    assert is_red(contents(target)["3.png"])


def test_what_becomes_a_zip_keeps_its_moment(tmp_path):
    """Contract: the moment to the second, whatever the time zone of the reader."""
    skip_without_libarchive()
    _, target = colour(
        book_of(tmp_path, stored_rar({"1.png": PAGES["1.png"]}, seconds=981_173_106), "a.cbr"), page="1.png"
    )
    with zipfile.ZipFile(target) as archive:
        assert archive.infolist()[0].extra == struct.pack("<HHBi", 0x5455, 5, 1, 981_173_106)


def test_ace_says_what_to_do(tmp_path):
    """Contract: it is a book by its name and content, and nothing here reads it."""
    book = book_of(tmp_path, bytes(7) + b"**ACE**" + bytes(50), "a.cba")
    with pytest.raises(BadInputError, match="ACE"):
        open_source(book)
    _, broken = open_library(tmp_path) if (tmp_path / "1.png").write_bytes(PAGES["1.png"]) else ([], [])
    assert [path for path, _ in broken] == [book]
