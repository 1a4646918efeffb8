"""Books and pictures that are made to fill memory or disk, or to take for ever.

Oracles: contracts of `Limits`, and invariants: memory as tracemalloc counts it, and how much of a file is looked at,
stay in proportion to its size.
"""

from __future__ import annotations

import errno
import gzip
import io
import mmap
import os
import struct
import tarfile
import tracemalloc
import zlib
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from book_files import contents, page_bytes, skip_without_libarchive, zipped
from PIL import Image
from rar5 import stored_rar
from raw_zip import RawEntry, deflated, raw_zip

from mangacolor.books import Limits, open_source
from mangacolor.books import book as book_module
from mangacolor.books.book_details import _rewritten, true_details
from mangacolor.books.book_marks import with_mark
from mangacolor.books.tiff import TiffContainer
from mangacolor.books.unpacked import UnpackedContainer
from mangacolor.books.zip_directory import has_directory, read_directory
from mangacolor.books.zip_names import extra_fields
from mangacolor.books.zipped import ZipContainer
from mangacolor.errors import BadInputError
from mangacolor.image import picture_size, thumbnail
from mangacolor.image.salvage import mended
from mangacolor.page.faces import cascade

MB = 1 << 20


@contextmanager
def within(megabytes):
    """See that Python allocates no more."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < megabytes * MB


@pytest.fixture
def looks(monkeypatch):
    """Count the bytes of mapped files that are searched."""
    seen = SimpleNamespace(bytes=0)

    class Counting(mmap.mmap):
        def find(self, sub, start=0, end=None):
            place = super().find(sub, start, len(self) if end is None else end)
            seen.bytes += (place if place >= 0 else len(self) if end is None else end) - start
            return place

        def rfind(self, sub, start=0, end=None):
            end = len(self) if end is None else end
            place = super().rfind(sub, start, end)
            seen.bytes += end - (place if place >= 0 else start)
            return place

    monkeypatch.setattr(mmap, "mmap", Counting)
    return seen


# ZIP


def test_a_file_of_nothing_but_ends_is_not_searched_once_for_each(tmp_path, looks):
    path = tmp_path / "a.cbz"
    path.write_bytes(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, 46, 7, 0) * 4000)
    assert not has_directory(path)
    with pytest.raises(BadInputError, match="damaged"):
        read_directory(path)
    assert looks.bytes < 20 * path.stat().st_size


def test_headers_that_say_no_size_are_not_each_sought_to_the_end(tmp_path, looks):
    head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 8, 8, 0, 0x21, 0, 0, 0, 1, 0) + b"a"
    path = tmp_path / "a.cbz"
    path.write_bytes(head * 4000 + b"PK\7\x08" + bytes(12))
    assert len(read_directory(path).records) == 4000
    assert looks.bytes < 20 * path.stat().st_size


def test_deflated_data_whose_size_is_sought_are_not_kept(tmp_path):
    """Invariant: size and checksum are those of zlib all the same."""
    data = bytes(24 * MB)
    head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 8, 8, 0, 0x21, 0, 0, 0, 5, 0) + b"a.png"
    path = tmp_path / "a.cbz"
    path.write_bytes(head + deflated(data))
    with within(megabytes=10):
        (record,) = read_directory(path).records
    assert (record.size, record.crc) == (len(data), zlib.crc32(data))


def test_entries_that_lie_over_each_other_are_told_from_what_they_come_to(tmp_path):
    """Contract of --max-expansion: copied one by one they would fill the disk."""
    data = bytes(MB)
    whole = raw_zip([RawEntry(b"1.bin", data)])
    start = whole.index(b"PK\1\2")
    central = whole[start : whole.index(b"PK\5\6")]
    count = 300
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, count * len(central), start, 0)
    path = tmp_path / "a.cbz"
    path.write_bytes(
        whole[:start] + central.replace(struct.pack("<I", MB) * 2, struct.pack("<II", MB, 1)) * count + end
    )
    with pytest.raises(BadInputError, match="unpacks to 300 MB"):
        ZipContainer(path, limits=Limits(harmless_bytes=MB, expansion=10))


class CountedBytes(bytes):
    """Bytes that count how many of them are copied."""

    copied = 0

    def __getitem__(self, place):
        part = super().__getitem__(place)
        CountedBytes.copied += len(part)
        return CountedBytes(part)


def test_extra_fields_are_read_without_copying_what_is_left_each_time():
    fields = CountedBytes(struct.pack("<HH", 7, 0) * 16_000)
    assert sum(1 for _ in extra_fields(fields)) == 16_000
    assert CountedBytes.copied <= len(fields)


# TAR


def packed_tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def member(name, data, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = len(data), kind
    return info, data


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_many_megabytes_in_a_packed_tar_is_damage(tmp_path, kind, caplog):
    """Contract: what comes before it is there, and what follows is told as lost."""
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(packed_tar([member("1.png", page_bytes(1)), member("x", bytes(24 * MB), kind)])))
    with within(megabytes=12):
        assert [page.name for page in open_source(path)] == ["1.png"]
    assert "What follows is lost" in caplog.text


def test_a_damaged_header_in_the_midst_of_a_tar_is_told(tmp_path, caplog):
    """Contract: pages are never left out without a word; `tarfile` takes such a header for the end."""
    data = bytearray(packed_tar([member(f"{number}.png", page_bytes(number)) for number in (1, 2, 3)]))
    data[data.index(b"2.png") + 148] ^= 0xFF
    path = tmp_path / "a.cbt"
    path.write_bytes(data)
    assert [page.name for page in open_source(path)] == ["1.png"]
    assert "What follows is lost" in caplog.text


# RAR, and books in books


def test_a_disk_that_is_full_in_the_midst_costs_no_page_at_the_next_place(tmp_path, monkeypatch):
    """Contract: where temporary files have no room, a book is unpacked beside itself, past its damage as well."""
    skip_without_libarchive()
    pages = {f"{number}.png": page_bytes(number) for number in range(1, 5)}
    path = tmp_path / "a.cbr"
    path.write_bytes(stored_rar(pages))
    container = UnpackedContainer(path)
    unpack_one, refused = UnpackedContainer._unpack_one, []

    def full_once(self, item, entry, place):
        if entry.name == "1.png":
            raise BadInputError(f"{path} cannot be unpacked: damaged.")
        if entry.name == "3.png" and not refused:
            refused.append(place)
            raise OSError(errno.ENOSPC, "No space left on device")
        unpack_one(self, item, entry, place)

    monkeypatch.setattr(UnpackedContainer, "_unpack_one", full_once)
    assert container.read(3) == pages["4.png"]
    assert container.read(2) == pages["3.png"]
    with pytest.raises(BadInputError):
        container.read(0)


def test_what_unpacks_to_more_than_it_says_is_left_before_the_disk_is_full(tmp_path):
    skip_without_libarchive()
    path = tmp_path / "a.cbr"
    path.write_bytes(stored_rar({"1.png": page_bytes(1)}))
    container = UnpackedContainer(path, limits=Limits(harmless_bytes=4 * MB, expansion=1))
    endless = SimpleNamespace(get_blocks=lambda: (bytes(MB) for _ in range(100)))
    with pytest.raises(BadInputError, match="larger than it says"):
        container._unpack_one(endless, container.entries[0], tmp_path / "0")
    assert (tmp_path / "0").stat().st_size <= 4 * MB


def test_books_in_a_book_may_not_come_to_more_than_the_book_lets_expect(tmp_path):
    data = bytes(8 * MB)
    names = [f"{number}.cbz".encode() for number in range(6)]
    path = tmp_path / "a.cbz"
    path.write_bytes(raw_zip([RawEntry(name, data, method=8, size=0) for name in names]))
    with pytest.raises(BadInputError, match="bomb"):
        open_source(path, limits=Limits(harmless_bytes=16 * MB, expansion=1))


def test_a_book_of_books_is_opened_once(tmp_path, monkeypatch):
    opened = []
    plain = book_module.open_container
    monkeypatch.setattr(
        book_module, "open_container", lambda path, *a, **k: opened.append(path) or plain(path, *a, **k)
    )
    inner = zipped(tmp_path / "inner.cbz", {"1.png": page_bytes(1)})
    outer = zipped(tmp_path / "outer.cbz", {"inner.cbz": inner.read_bytes()})
    (page,) = open_source(outer)
    assert page.load().data == page_bytes(1)
    assert opened == [outer]


# PDF


@pytest.mark.parametrize("packing", ["once", "twice", "form"])
def test_content_that_unpacks_to_very_much_is_not_unpacked(tmp_path, packing):
    """Contract: such a page is no plain picture; it can still be rendered."""
    pikepdf = pytest.importorskip("pikepdf")
    from mangacolor.books.pdf_content import look_at

    flood = b"q Q " * (32 * MB // 4)
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(100, 100))
        page = document.pages[0]
        flate = pikepdf.Name.FlateDecode
        stream = document.make_stream(b"")
        if packing == "twice":
            stream.write(zlib.compress(zlib.compress(flood)), filter=pikepdf.Array([flate, flate]))
        else:
            stream.write(zlib.compress(flood), filter=flate)
        if packing == "form":
            stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
            stream.BBox = pikepdf.Array([0, 0, 100, 100])
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=stream))
            page.Contents = document.make_stream(b"/F Do")
        else:
            page.Contents = stream
        with within(megabytes=16):
            look = look_at(page)
    assert not look.is_known
    assert look.whole() is None


def test_text_of_maps_is_not_searched():
    """Contract of `_MOST_TEXT`, of the page's own content as well."""
    pikepdf = pytest.importorskip("pikepdf")
    from mangacolor.books.pdf_look import Look
    from mangacolor.books.pdf_output import make_picture_page

    with pikepdf.new() as document:
        for content in (b"BT (a) Tj ET ", b"BT (a) Tj ET " + b"0 0 m " * (9 * MB // 6)):
            document.add_blank_page(page_size=(100, 100))
            page = document.pages[-1]
            page.Contents = document.make_stream(content)
            with within(megabytes=24):
                make_picture_page(document, page, Look((0, 0, 100, 100), 0, 1.0), document.make_stream(b"picture"))
        kept = [b"Tj" in page.Contents.read_bytes() for page in document.pages]
    assert kept == [True, False]


# TIFF


def test_tags_that_lie_over_each_other_are_not_held_once_for_each(tmp_path):
    size, count = MB, 400
    entries = b"".join(struct.pack("<HHLL", 40_000 + number, 1, size, 8) for number in range(count))
    strips = struct.pack("<HHLL", 273, 4, 1, 8) + struct.pack("<HHLL", 279, 4, 1, 1)
    data = b"II*\0" + struct.pack("<L", 8 + size) + bytes(size)
    data += struct.pack("<H", count + 2) + strips + entries + bytes(4)
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    with within(megabytes=20), pytest.raises(BadInputError, match="larger than the file"):
        TiffContainer(path)


# What books say of their pages


def test_comments_that_never_end_are_not_sought_once_for_each():
    """Invariant: every byte stays; to look for each of their ends would take an hour."""
    flood = ("<ComicInfo>" + "<!--" * 400_000).encode()
    facts = true_details.__globals__["_Facts"]("", (), lambda: True, {}, {})
    assert _rewritten(flood, facts) == flood
    assert _rewritten(flood.replace(b"<!--", b"<?"), facts) == flood.replace(b"<!--", b"<?")
    assert with_mark(flood.decode(), "mark").startswith("<ComicInfo>")


def test_a_mark_is_set_beside_comments_of_every_kind():
    """Contract: a comment stays where it is, and what is written in one is no element."""
    text = "<ComicInfo><!-- <Notes>no</Notes> --><Notes>one <!-- two --> three</Notes></ComicInfo>"
    marked = with_mark(text, "Coloured by mangacolor 9.")
    assert "<!-- <Notes>no</Notes> -->" in marked
    assert "<Notes>one <!-- two --> three\nColoured by mangacolor 9.</Notes>" in marked


@pytest.mark.parametrize("number", ["9" * 5000, "٣", "-1", "1e3", ""])
def test_numbers_of_pages_that_are_none_stay_as_they_are(tmp_path, number):
    """Contract: a description may be wrong in any way; the book is coloured."""
    from book_files import colour

    info = f'<ComicInfo><Pages><Page Image="{number}" ImageSize="{number}"/></Pages></ComicInfo>'.encode()
    book = zipped(tmp_path / "a.cbz", {"1.png": page_bytes(1), "ComicInfo.xml": info})
    results, target = colour(book, page="1.png")
    assert [result.status for result in results] == ["colored"]
    assert contents(target)["ComicInfo.xml"] == info


# Pictures


def test_postscript_is_not_even_measured():
    """Contract of `READABLE`: what starts other programs is no picture here, whatever is asked of it."""
    data = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "EPS"
    for look in (picture_size, lambda data: thumbnail(data, 8)):
        with pytest.raises(BadInputError):
            look(data)


def test_a_cut_picture_is_not_filled_up_to_what_a_damaged_length_says():
    data = b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(2 * MB)
    with within(megabytes=80):
        assert len(mended(data)) <= len(data) + 32 * MB


def test_a_sheet_of_faces_does_not_fill_the_memory(monkeypatch):
    """Contract: windows beyond a number are compared only in part, and every face has some."""
    monkeypatch.setattr(cascade, "MOST_WINDOWS", 100)
    corners = np.repeat(np.arange(10, dtype=np.float32) * 100, 500)
    boxes = np.stack([corners, corners, corners + 50, corners + 50], axis=1)
    with within(megabytes=4):
        votes = cascade.agreed(boxes)
    assert sorted(votes.boxes[:, 0].tolist()) == [100 * number for number in range(10)]


# Folders


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_link_to_a_pipe_is_no_page(tmp_path):
    """Contract: reading one waits until somebody writes, which may be never."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.png").write_bytes(page_bytes(1))
    for name in ("2.png", "3.cbz"):
        (tmp_path / "in" / name).symlink_to(tmp_path / "pipe")
    (tmp_path / "in" / "4.png").symlink_to(tmp_path / "nowhere")
    assert [page.name for page in open_source(tmp_path / "in")] == ["1.png", "4.png"]
