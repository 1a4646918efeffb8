"""ZIP books as they are found in the field: damaged, made by old or careless programs, packed in rare ways.

Oracles: zipfile and 7-Zip reading what comes out; the bytes that went in; the format's own description for what is
built here by hand.
"""

from __future__ import annotations

import bz2
import io
import logging
import lzma
import shutil
import struct
import subprocess
import zipfile
import zlib

import pytest
from book_files import colour, contents, digest, is_red, made_by, page_bytes, skip_without_libarchive
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_zip import RawEntry, deflated, raw_zip
from stubs import Painter

from mangacolor.books import Limits, open_source
from mangacolor.books.zip_directory import read_directory
from mangacolor.books.zip_names import encoding_of
from mangacolor.cli import run
from mangacolor.errors import BadInputError, ExitCode, UsageError

PAGES = {f"{number:03}.png".encode(): page_bytes(number) for number in range(1, 4)}


def entries(**changes):
    return [RawEntry(name, data, **changes) for name, data in PAGES.items()]


def book_of(tmp_path, data, name="a.cbz"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def all_red(target, count=3):
    found = contents(target)
    return len(found) == count and all(is_red(data) for data in found.values())


# What readers do not mind


@pytest.mark.parametrize(
    "data",
    [
        raw_zip([RawEntry(name, data, local_name=b"vol1\\" + name) for name, data in PAGES.items()]),
        raw_zip([RawEntry(name, data, local_name=b"x") for name, data in PAGES.items()]),
        raw_zip(entries(), before=b"MZ" + bytes(5000)),
        raw_zip(entries(), before=b"#!/bin/sh\nexec unzip\n"),
        raw_zip(entries()) + b"appended by a web server" * 10,
        raw_zip(entries(), comment=b"of the scanner") + bytes(100_000),
        raw_zip(entries(), count=0),
        raw_zip(entries(), count=77),
        raw_zip(entries(), size_off=13),
        raw_zip(entries(), offset_off=-20),
        raw_zip(entries(), size_off=13, offset_off=13),
        raw_zip(entries(), disk=3),
        raw_zip(entries(disk=2), disk=2),
        raw_zip(entries(is_zip64=True)),
        raw_zip(entries(is_zip64=True), before=b"MZ" + bytes(300)),
        raw_zip(entries(is_described=True)),
        raw_zip(entries(is_described=True, method=8)),
        raw_zip(entries(), with_end=False),
        raw_zip(entries(method=8), with_end=False, with_directory=False),
        raw_zip(entries(is_described=True), with_end=False, with_directory=False),
        raw_zip(entries(is_described=True, method=8), with_end=False, with_directory=False),
        raw_zip(entries(is_zip64=True), with_end=False, with_directory=False),
        raw_zip(entries(), with_end=False)[:-30],
        b"PK\7\x08" + raw_zip(entries()),
        b"PK00" + raw_zip(entries()),
    ],
    ids=[
        "backslash before the data", "other names before the data", "program in front", "script in front",
        "bytes behind", "many bytes behind", "count of none", "count too high", "wrong size", "wrong place",
        "wrong size and place",
        "disk number", "disk numbers", "zip64", "zip64 behind a program", "sizes behind stored data",
        "sizes behind packed data", "no end", "no directory", "no directory, sizes behind stored data",
        "no directory, sizes behind packed data", "no directory, zip64", "directory cut", "split mark",
        "old split mark",
    ],
)  # fmt: skip
def test_what_readers_open_is_coloured(tmp_path, data):
    """Contract: every page coloured under the name that the directory gives it, if there is one."""
    book = book_of(tmp_path, data)
    before = digest(book)
    results, target = colour(book, page=open_source(book).pages[0].name)
    assert [result.status for result in results] == ["colored"] * 3
    assert all_red(target)
    assert digest(book) == before


def test_a_lost_directory_is_told(tmp_path, caplog):
    """Contract: one line that names the book; nothing of the kind for a book that is whole."""
    for name, options, told in (("a.cbz", {}, 0), ("b.cbz", {"with_end": False, "with_directory": False}, 1)):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "mangacolor"):
            open_source(book_of(tmp_path, raw_zip(entries(), **options), name))
        assert len([line for line in caplog.messages if name in line and "directory" in line]) == told


def test_a_book_cut_short_keeps_what_is_there(tmp_path):
    """Contract: whole pages are coloured, the one that is cut fails and its bytes go over."""
    data = raw_zip(entries())
    book = book_of(tmp_path, data[: data.index(b"003.png") + 60])
    results, target = colour(book, page="001.png")
    assert [result.status for result in results] == ["colored", "colored", "failed"]
    assert "003.png" in results[2].error
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["001.png", "002.png", "003.png"]
        assert is_red(archive.read("001.png"))
    assert data[data.index(b"003.png") + 7 :][:50] in target.read_bytes()


def test_a_book_inside_a_cut_one_does_not_pass_for_it(tmp_path):
    """Contract: the end of an archive that is stored in another is not the other's."""
    inner = raw_zip([RawEntry(b"inner.txt", b"text")])
    data = raw_zip([*entries(), RawEntry(b"extra.bin", inner)], with_end=False, with_directory=False)
    results, target = colour(book_of(tmp_path, data), page="001.png")
    assert len(results) == 3
    assert contents(target)["extra.bin"] == inner


@pytest.mark.parametrize(("place", "value"), [(4, 1 << 62), (12, 1 << 62), (20, 1 << 40), (20, 1 << 63)])
@pytest.mark.parametrize("name", [b"002.png", b"002"])
def test_sizes_and_places_past_everything_cost_that_page_alone(tmp_path, place, value, name):
    """Contract: found by fuzzing; no memory is asked for, and no place gone to, that the file does not have."""
    data = raw_zip([*entries()[::2], RawEntry(name, page_bytes(2), is_zip64=True)])
    field = data.rindex(struct.pack("<HH", 1, 24)) + place
    spoilt = data[:field] + struct.pack("<Q", value) + data[field + 8 :]
    limits = Limits(entry_bytes=1 << 63, expansion=1 << 62)
    results, target = colour(book_of(tmp_path, spoilt), page="001.png", limits=limits)
    assert {result.name for result in results if result.status == "colored"} >= {"001.png", "003.png"}
    assert len(read_directory(target).records) == 3


def test_what_the_directory_left_out_is_no_page(tmp_path):
    """Contract: entries that were deleted stay deleted."""
    data = raw_zip(entries())
    whole = bytearray(data)
    start = data.index(b"PK\1\2")
    length = data.index(b"PK\1\2", start + 4) - start
    end = data.index(b"PK\5\6")
    cut = bytes(whole[:start] + whole[start + length :])
    end -= length
    counts = struct.pack("<HHII", 2, 2, end - start, start)
    results, _ = colour(book_of(tmp_path, cut[: end + 8] + counts + cut[end + 20 :]), page="002.png")
    assert [result.name for result in results] == ["002.png", "003.png"]


def test_a_damaged_directory_is_made_up_for(tmp_path):
    """Contract: entries behind the damage are found by their own headers."""
    data = bytearray(raw_zip(entries()))
    data[data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)] = 0
    results, target = colour(book_of(tmp_path, bytes(data)), page="001.png")
    assert [result.status for result in results] == ["colored"] * 3
    assert all_red(target)


def test_the_last_part_of_a_split_archive_says_so(tmp_path):
    """Contract: what to do; its entries are in other files."""
    data = raw_zip(entries(), disk=2)
    cut = data[data.index(b"PK\1\2") :]
    with pytest.raises(BadInputError, match="3 parts") as caught:
        open_source(book_of(tmp_path, cut))
    assert "Join" in caught.value.advice


# One bad entry


BAD = {
    "checksum": RawEntry(b"002.png", PAGES[b"002.png"], crc=12345),
    "flipped": RawEntry(b"002.png", page_bytes(2), packed=page_bytes(2)[:40] + b"!!!!" + page_bytes(2)[44:]),
    "cut deflate": RawEntry(b"002.png", page_bytes(2), method=8, packed=deflated(page_bytes(2))[:20]),
    "no deflate": RawEntry(b"002.png", page_bytes(2), method=8, packed=b"\xff" * 30),
    "empty": RawEntry(b"002.png", page_bytes(2), packed=b""),
    "implode": RawEntry(b"002.png", page_bytes(2), method=6, packed=b"imploded"),
    "method 77": RawEntry(b"002.png", page_bytes(2), method=77, packed=b"whatever"),
    "ppmd": RawEntry(b"002.png", page_bytes(2), method=98, packed=b"\x05\xf0garbage"),
    "encrypted": RawEntry(b"002.png", page_bytes(2), flags=1, packed=bytes(range(60))),
    "encrypted, sizes behind": RawEntry(b"002.png", page_bytes(2), flags=1, packed=bytes(range(60)), is_described=True),
    "strongly encrypted": RawEntry(b"002.png", page_bytes(2), flags=0x41, packed=bytes(range(60))),
    "AES": RawEntry(
        b"002.png", page_bytes(2), flags=1, method=99, packed=bytes(range(60)),
        extra=struct.pack("<HHHHBH", 0x9901, 7, 2, 0x4541, 3, 8),
    ),
    "points nowhere": RawEntry(b"002.png", page_bytes(2), is_zip64=True),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_entry_goes_over_as_it_was_packed(tmp_path, kind):
    """Contract: that page fails by name, the others are coloured, its packed bytes, method, flags and sizes stay."""
    skip_without_libarchive()
    first, last = (RawEntry(name, PAGES[name]) for name in (b"001.png", b"003.png"))
    data = raw_zip([first, BAD[kind], last])
    if kind == "points nowhere":
        place = data.rindex(struct.pack("<HH", 1, 24)) + 20
        data = data[:place] + struct.pack("<Q", 1 << 40) + data[place + 8 :]
    book = book_of(tmp_path, data)
    results, target = colour(book, page="001.png")
    assert [result.status for result in results] == ["colored", "failed", "colored"]
    assert "002.png" in results[1].error
    with zipfile.ZipFile(target) as archive, zipfile.ZipFile(book) as before:
        assert archive.namelist() == ["001.png", "002.png", "003.png"]
        assert all(is_red(archive.read(name)) for name in ("001.png", "003.png"))
        old, new = before.getinfo("002.png"), archive.getinfo("002.png")
        assert (old.compress_type, old.CRC, old.flag_bits & ~8) == (new.compress_type, new.CRC, new.flag_bits & ~8)
        packed = BAD[kind].packed
        assert packed is None or kind == "points nowhere" or new.compress_size == len(packed)
        assert target.read_bytes().count(packed or b"") > 0
    # What was readable before to some lenient reader is so again.
    again = open_source(target)
    assert [page.name for page in again] == ["001.png", "002.png", "003.png"]
    assert read_directory(target).records[1].packed_size == new.compress_size


def test_an_encrypted_entry_can_still_be_opened(tmp_path):
    """Oracle: 7-Zip opens, with its password, what went over without one."""
    if shutil.which("7z") is None:
        pytest.skip("7z is not installed")
    book = tmp_path / "a.cbz"
    for name, words in (
        ("1.png", ()),
        ("2.png", ("-psecret", "-mem=ZipCrypto")),
        ("3.png", ("-psecret", "-mem=AES256")),
    ):
        (tmp_path / name).write_bytes(page_bytes(int(name[0])))
        subprocess.run(["7z", "a", "-tzip", *words, str(book), name], cwd=tmp_path, check=True, capture_output=True)
    results, target = colour(book, page="1.png")
    assert [result.status for result in results] == ["colored", "failed", "failed"]
    assert "--password" in results[1].error
    for name in ("2.png", "3.png"):
        found = subprocess.run(["7z", "x", "-so", "-psecret", str(target), name], check=True, capture_output=True)
        assert found.stdout == page_bytes(int(name[0]))


def test_the_command_says_which_entry_and_ends_with_6(tmp_path, tiny_weights, tiny_separator, capsys):
    """Contract of exit statuses: the book is printed, the entry named."""
    pages = [RawEntry(b"%d.png" % number, page_bytes(number, size=(80, 90))) for number in range(3)]
    pages[1].crc = 99
    book = book_of(tmp_path, raw_zip(pages))
    words = ["colorize", str(book), "-w", str(tiny_weights), "--separator", str(tiny_separator), "--force"]
    assert run(words) == ExitCode.SOME_PAGES_FAILED
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(tmp_path / "a_color.cbz")]
    assert "1.png" in told.err
    assert "checksum" in told.err


# Rare methods


def lzma_packed(data):
    packer = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "preset": 6}])
    options = struct.pack("<BI", 0x5D, 1 << 23)
    return struct.pack("<BBH", 9, 20, len(options)) + options + packer.compress(data) + packer.flush()


def zstandard(data):
    """One frame of one raw block (RFC 8878), which needs no compressor."""
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data)) + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def deflate64(data):
    """One stored block, which is the same as in Deflate."""
    return b"\x01" + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data


@pytest.mark.parametrize(
    ("method", "pack"), [(9, deflate64), (12, bz2.compress), (14, lzma_packed), (93, zstandard), (95, lzma.compress)]
)
def test_rare_methods_are_unpacked(tmp_path, method, pack):
    """Oracle: the packers of the standard library, and the formats' descriptions for the two that it lacks."""
    if method == 9:
        pytest.importorskip("stream_inflate", reason="Deflate64 comes with mangacolor[archives]")
    skip_without_libarchive()
    pages = [RawEntry(name, data, method=method, packed=pack(data)) for name, data in PAGES.items()]
    note = RawEntry(b"note.txt", b"note" * 100, method=method, packed=pack(b"note" * 100))
    book = book_of(tmp_path, raw_zip([*pages, note]))
    results, target = colour(book, page="001.png")
    assert [result.status for result in results] == ["colored"] * 3
    with zipfile.ZipFile(target) as archive:
        assert all(is_red(archive.read(name.decode())) for name in PAGES)
        assert archive.getinfo("note.txt").compress_type == method
    assert pack(b"note" * 100) in target.read_bytes()


def test_a_page_packed_from_a_pipe_is_one(tmp_path):
    """Contract of what zip and 7z write for their standard input: a pipe, but with data."""
    pipe = 0o010600 << 16
    entries = [RawEntry(b"1.png", PAGES[b"001.png"], external=pipe), RawEntry(b"2.png", b"", external=pipe)]
    results, target = colour(book_of(tmp_path, raw_zip(entries)), page="1.png")
    assert [(result.name, result.status) for result in results] == [("1.png", "colored")]
    assert is_red(contents(target)["1.png"])


@pytest.mark.parametrize("method", ["Deflate64", "PPMd", "LZMA", "BZip2"])
def test_rare_methods_of_7zip(tmp_path, method):
    """Oracle: 7-Zip makes the book."""
    if method == "Deflate64":
        pytest.importorskip("stream_inflate", reason="Deflate64 comes with mangacolor[archives]")
    skip_without_libarchive()
    for number in range(3):
        (tmp_path / f"{number}.bmp").write_bytes(page_bytes(number, "BMP", (60, 70)))
    names = [f"{number}.bmp" for number in range(3)]
    made_by("7z", "a", "-tzip", f"-mm={method}", of=names)(tmp_path / "a.cbz", tmp_path)
    results, target = colour(tmp_path / "a.cbz", page="0.bmp")
    assert [result.status for result in results] == ["colored"] * 3
    assert all_red(target)


# Names


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp932", ["表紙/ソ.png", "表紙/能.png"]),
        ("gbk", ["漫画/第一话.png", "漫画/第二话.png"]),
        ("big5", ["漫畫/第一話.png"]),
        ("cp949", ["만화/제1화 사랑의 이야기.png"]),
        ("cp866", ["Глава 1/стр.png"]),
        ("cp437", ["café.png"]),
        ("latin-1", ["Größe.png"]),
        ("utf-8", ["漫画.png"]),
    ],
)
def test_names_keep_their_bytes_and_are_read_as_meant(tmp_path, encoding, names):
    """Contract: without the flag for UTF-8 the bytes are the writer's own; also under another suffix."""
    raw = [name.encode(encoding) for name in names]
    book = book_of(tmp_path, raw_zip([RawEntry(name, page_bytes(3)) for name in raw]))
    results, target = colour(book, page=open_source(book).pages[0].name)
    if encoding != "latin-1":  # which no byte betrays
        assert sorted(result.name for result in results) == sorted(names)
    records = read_directory(target).records
    assert [record.name for record in records] == raw
    assert not any(record.flags & 0x800 for record in records)
    _, target = colour(book, choice="webp", overwrite=True, page=open_source(book).pages[0].name)
    assert [record.name for record in read_directory(target).records] == [name[:-4] + b".webp" for name in raw]


@pytest.mark.parametrize(
    "name",
    [
        b"vol1\\001.png",
        b"./001.png",
        b"con.png",
        b"a. /b..png",
        b"e\xcc\x81.png",
        b"\xc3\xa9.png",
        b"x" * 3000 + b".png",
    ],
)
def test_harmless_names_keep_their_bytes(tmp_path, name):
    """Contract: backslashes, names that Windows reserves, composed and decomposed letters, very long ones."""
    book = book_of(tmp_path, raw_zip([RawEntry(name, page_bytes(3)), RawEntry(name.upper(), page_bytes(4))]))
    results, target = colour(book, page=open_source(book).pages[0].name)
    assert [result.status for result in results] == ["colored"] * 2
    assert [record.name for record in read_directory(target).records] == [name, name.upper()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"../../up.png", b"up.png"),
        (b"..\\..\\up.png", b"up.png"),
        (b"/etc/abs.png", b"etc/abs.png"),
        (b"\\\\server\\share\\1.png", b"server/share/1.png"),
        (b"C:\\1.png", b"1.png"),
        (b"C:/D:/1.png", b"1.png"),
        (b"C:1.png", b"C_1.png"),
        (b"C:/D:1.png", b"D_1.png"),
        (b"1.png\0.exe", b"1.png"),
    ],
)
def test_names_that_do_harm_are_made_to_do_none(tmp_path, name, expected):
    """Contract of `safe_name`, in the archive that is written, for pages and for other files."""
    data = raw_zip(
        [RawEntry(name, page_bytes(3)), RawEntry(b"2.png", page_bytes(1)), RawEntry(name[:-1] + b"x", b"text")]
    )
    _, target = colour(book_of(tmp_path, data), page="2.png")
    found = [record.name for record in read_directory(target).records]
    assert found[0] == expected or found[0] == b"1.png.png"
    assert all(b".." not in one and not one.startswith(b"/") and b"\0" not in one for one in found)


def unicode_path(raw, name):
    return struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(raw)) + name


def test_the_unicode_path_names_the_page(tmp_path):
    """Contract of APPNOTE 4.6.9: it counts for the bytes that it was made for, and is kept true when they change."""
    raw = b"__.png"
    field = unicode_path(raw, "漫画.png".encode())
    stale = unicode_path(b"other.png", "古.png".encode())
    data = raw_zip(
        [RawEntry(raw, page_bytes(3), extra=field, local_extra=field), RawEntry(b"2.png", page_bytes(1), extra=stale)]
    )
    book = book_of(tmp_path, data)
    results, target = colour(book, page="2.png")
    assert [result.name for result in results] == ["2.png", "漫画.png"]
    assert read_directory(target).records[0].extra == field
    _, target = colour(book, page="2.png", choice="webp", overwrite=True)
    record = read_directory(target).records[0]
    assert record.extra == unicode_path(record.name, "漫画.webp".encode())


def test_names_that_are_equal_to_some_systems_are_all_kept(tmp_path):
    """Contract: case, the two ways to write an accent, and plain duplicates; each page under its own bytes."""
    names = [b"a.png", b"A.png", "é.png".encode(), "e\u0301.png".encode(), b"a.png"]
    data = raw_zip([RawEntry(name, page_bytes(number)) for number, name in enumerate(names)])
    results, target = colour(book_of(tmp_path, data), page="A.png")
    assert [result.status for result in results] == ["colored"] * 5
    assert [record.name for record in read_directory(target).records] == names


@given(st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=4))
def test_any_bytes_have_an_encoding(names):
    """Invariant: what is guessed can decode all of them."""
    encoding = encoding_of(names)
    for name in names:
        name.decode(encoding)


# What else an entry has


def test_extra_fields_times_and_comments_stay(tmp_path):
    """Contract: of pages that are coloured as of files that are copied, before the data and in the directory."""
    stamp = struct.pack("<HHBI", 0x5455, 5, 1, 981_173_106)
    long_stamp = struct.pack("<HHBII", 0x5455, 9, 3, 981_173_106, 981_173_107)
    made = {"extra": stamp, "local_extra": long_stamp, "comment": b"by hand", "external": 0o100640 << 16}
    data = raw_zip([RawEntry(b"1.png", page_bytes(1), **made), RawEntry(b"n.txt", b"note", **made)], comment=b"{}")
    _, target = colour(book_of(tmp_path, data), page="1.png")
    with zipfile.ZipFile(target) as archive:
        assert archive.comment == b"{}"
        assert archive.testzip() is None
        for info in archive.infolist():
            assert (info.extra, info.comment, info.external_attr) == (stamp, b"by hand", 0o100640 << 16)
            assert info.date_time == (2025, 1, 1, 12, 0, 0)
    assert target.read_bytes().count(long_stamp) == 2


def test_aes_without_its_library_costs_one_page(tmp_path, monkeypatch):
    """Contract: a book that is all encrypted says what to install; a page that is, fails with the same advice."""
    monkeypatch.setitem(__import__("sys").modules, "pyzipper", None)
    book = book_of(tmp_path, raw_zip([RawEntry(b"001.png", PAGES[b"001.png"]), BAD["AES"]]))
    results, _ = colour(book, page="001.png", password="secret")
    assert [result.status for result in results] == ["colored", "failed"]
    assert "mangacolor[archives]" in results[1].error
    with pytest.raises(UsageError, match=r"mangacolor\[archives\]"):
        open_source(book_of(tmp_path, raw_zip([BAD["AES"]]), "b.cbz"))


def test_a_book_without_a_good_page_is_not_written(tmp_path):
    """Contract: nothing was coloured, so there is nothing to give back, and the next run tries again."""
    book = book_of(tmp_path, raw_zip([BAD["checksum"]]))
    for _ in range(2):
        results, target = colour(book, page="002.png")
        assert [result.status for result in results] == ["failed"]
        assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.cbz"]


@given(cut=st.integers(0, 400), shift=st.integers(0, 50), junk=st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_what_zipfile_reads_is_read_alike(tmp_path_factory, cut, shift, junk):
    """Oracle: zipfile, wherever it can open the archive: same names in the same order, same data."""
    data = raw_zip(entries(method=8), before=b"J" * shift)
    data = data[: len(data) - cut] + junk
    path = book_of(tmp_path_factory.mktemp("zip"), data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            expected = {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:
        return
    if expected:
        source = open_source(path)
        assert {page.name: source.container.read(page.index) for page in source} == expected


def test_painter_is_not_asked_for_what_failed(tmp_path):
    """Invariant: a page that could not be unpacked costs no prediction."""
    painter = Painter()
    colour(
        book_of(tmp_path, raw_zip([RawEntry(b"001.png", PAGES[b"001.png"]), BAD["cut deflate"]])),
        painter,
        page="001.png",
    )
    assert painter.painted == 1
