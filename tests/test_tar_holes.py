"""Files with holes in TAR archives, in the four ways in which they are written, and archives that lie about them.

Oracles: GNU tar, which writes such files; the contract of `Limits`; memory as tracemalloc counts it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tarfile
import tracemalloc

import pytest
from book_files import page_bytes
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.books import Limits, open_source, tarred
from mangacolor.books.tarred import TarContainer
from mangacolor.errors import BadInputError

MB = 1 << 20
TB = 1 << 40
WAYS = ["gnu", "0.0", "0.1", "1.0"]
END = bytes(1024)


def plain(name, data, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = len(data), kind
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def number(value):
    return tarfile.itn(value, 12, tarfile.GNU_FORMAT)


def pax(*said):
    records = []
    for key, value in said:
        rest = f" {key}={value}\n".encode()
        length = len(rest)
        while len(str(length)) + len(rest) != length:
            length = len(str(length)) + len(rest)
        records.append(str(length).encode() + rest)
    return plain("pax", b"".join(records), tarfile.XHDTYPE)


def with_holes(way, size, pieces, data, name="1.bmp"):
    """Write an entry with holes; what it says of them may be a lie."""
    said = [value for piece in pieces for value in piece]
    if way == "gnu":
        head = bytearray(plain(name, b"", tarfile.GNUTYPE_SPARSE))
        starts = said + [0] * (-len(said) % 42)
        head[386:482] = b"".join(map(number, (said + [0] * 8)[:8]))
        head[482], head[483:495], head[124:136] = len(said) > 8, number(size), number(len(data))
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        more = starts[8:] if len(said) > 8 else []
        blocks = [more[place : place + 42] for place in range(0, len(more), 42)]
        for block in blocks:
            values = b"".join(map(number, block + [0] * (42 - len(block))))
            head += values + bytes([block is not blocks[-1]]) + bytes(7)
        return bytes(head) + data + bytes(-len(data) % 512)
    if way == "1.0":
        listed = "".join(f"{value}\n" for value in (len(pieces), *said)).encode()
        said_of_it = [("GNU.sparse.major", 1), ("GNU.sparse.minor", 0), ("GNU.sparse.realsize", size)]
        return pax(*said_of_it) + plain(name, listed + bytes(-len(listed) % 512) + data)
    if way == "0.1":
        listed = [("GNU.sparse.map", ",".join(map(str, said)))]
    else:
        keys = ("GNU.sparse.offset", "GNU.sparse.numbytes")
        listed = [one for piece in pieces for one in zip(keys, piece, strict=True)]
    return pax(("GNU.sparse.size", size), *listed) + plain(name, data)


def opened(tmp_path, data, limits=None):
    """Open an archive, and see that this takes little memory."""
    path = tmp_path / "a.cbt"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        return TarContainer(path, limits=limits)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 40 * MB


@pytest.mark.parametrize("way", WAYS)
def test_files_with_holes_are_read_as_gnu_tar_writes_them(tmp_path, way):
    if (
        "GNU tar"
        not in subprocess.run(
            [shutil.which("tar") or "false", "--version"], text=True, capture_output=True, check=False
        ).stdout
    ):
        pytest.skip("GNU tar is not there")
    with (tmp_path / "1.bmp").open("wb") as file:
        for place in range(7):  # the old format has room for four pieces in its header
            file.seek(place * (1 << 16))
            file.write(page_bytes(place))
        file.truncate(2 * MB)
    formats = ["--format=gnu"] if way == "gnu" else ["--format=posix", f"--sparse-version={way}"]
    subprocess.run(["tar", "-S", "--hole-detection=raw", *formats, "-cf", "a.cbt", "1.bmp"], cwd=tmp_path, check=True)
    path = tmp_path / "a.cbt"
    assert path.stat().st_size < MB
    container = TarContainer(path)
    assert [(entry.name, entry.size) for entry in container.entries] == [("1.bmp", 2 * MB)]
    assert container.read(0) == (tmp_path / "1.bmp").read_bytes()


@pytest.mark.parametrize("way", WAYS)
@given(
    counts=st.lists(st.tuples(st.integers(1, 2000), st.integers(1, 2000)), min_size=1, max_size=30),
    last=st.integers(0, 2000),
)
def test_holes_are_zeros_and_nothing_else(tmp_path_factory, way, counts, last):
    """Invariant: a file is its pieces at their places."""
    whole, data, pieces = bytearray(), b"", []
    for hole, count in counts:
        pieces.append((len(whole) + hole, count))
        data += os.urandom(count)
        whole += bytes(hole) + data[-count:]
    whole += bytes(last)
    path = tmp_path_factory.mktemp("book") / "a.cbt"
    path.write_bytes(with_holes(way, len(whole), pieces, data) + END)
    assert TarContainer(path).read(0) == whole


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [4 * TB, 300 * MB])
def test_a_hole_of_terabytes_is_a_bomb(tmp_path, way, size):
    """Contract of `Limits`: one entry may be too large, or all of them far larger than the archive."""
    with pytest.raises(BadInputError, match="bomb"):
        opened(tmp_path, with_holes(way, size, [(512, 3)], b"abc") + END)


@pytest.mark.parametrize("way", WAYS)
def test_a_small_file_may_not_hide_much_data(tmp_path, way, caplog):
    """Contract: to skip it is to unpack it, so what an entry holds counts, not only what is said to come out."""
    first, limits = plain("1.png", page_bytes(1)), Limits(harmless_bytes=2 * MB, expansion=10)
    much = with_holes(way, 10, [(0, 10)], bytes(64 * MB))
    assert len(opened(tmp_path, gzip.compress(first + much + END, 1), limits).entries) == 1
    assert "What follows is lost" in caplog.text
    little = with_holes(way, 10, [(0, 10)], bytes(MB))
    with pytest.raises(BadInputError, match="bomb"):
        opened(tmp_path, gzip.compress(first + 3 * little + END, 1), limits)


@pytest.mark.parametrize("way", ["gnu", "0.1", "1.0"])
def test_a_very_long_list_of_holes_is_damage(tmp_path, way, caplog):
    """Contract: what comes before it is there, and what follows is told as lost."""
    pieces = [(2 * number, 1) for number in range(150_000)]
    data = plain("1.png", page_bytes(1)) + with_holes(way, 300_000, pieces, bytes(150_000)) + plain("3.png", b"3")
    container = opened(tmp_path, gzip.compress(data + END, 1))
    assert [entry.name for entry in container.entries] == ["1.png"]
    assert "its list of holes is longer" in caplog.text


LIES = {
    "out of order": (100, [(50, 10), (20, 10)], bytes(20)),
    "over each other": (100, [(0, 10), (5, 10)], bytes(20)),
    "past the end": (100, [(95, 10)], bytes(10)),
    "without data": (5000, [(0, 2000)], bytes(10)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lie", LIES)
def test_holes_that_cannot_be_are_damage(tmp_path, way, lie, caplog):
    container = opened(
        tmp_path, plain("1.png", page_bytes(1)) + with_holes(way, *LIES[lie]) + plain("2.png", b"2") + END
    )
    assert [entry.name for entry in container.entries] == ["1.png"]
    assert "What follows is lost" in caplog.text


@pytest.mark.parametrize("size", [-512, -TB])
def test_sizes_below_zero_are_damage(tmp_path, size, caplog):
    """Contract: they would take from the sum of sizes, and send the reader back to where it was."""
    head = bytearray(plain("2.png", b""))
    head[124:136] = number(size)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    container = opened(tmp_path, plain("1.png", page_bytes(1)) + bytes(head) + END)
    assert [entry.name for entry in container.entries] == ["1.png"]
    assert "What follows is lost" in caplog.text


def test_many_long_headers_before_one_entry_are_damage(tmp_path, caplog):
    """Contract as for one: `tarfile` keeps all of them until it has the entry."""
    name = plain("long", bytes(8 * MB), tarfile.GNUTYPE_LONGNAME)
    data = plain("1.png", page_bytes(1)) + 8 * name + plain("2.png", b"2") + END
    container = opened(tmp_path, gzip.compress(data, 1))
    assert [entry.name for entry in container.entries] == ["1.png"]
    assert "What follows is lost" in caplog.text


def test_what_all_headers_say_together_is_bounded(tmp_path, monkeypatch, caplog):
    """Contract of `MOST_FACTS`."""
    entries = [with_holes("0.1", 10, [(1, 1), (3, 1)], b"ab", name=f"{index}.bmp") for index in range(9)]
    assert len(opened(tmp_path, b"".join(entries) + END).entries) == 9
    monkeypatch.setattr(tarred, "MOST_FACTS", 16)
    assert len(opened(tmp_path, b"".join(entries) + END).entries) == 4
    assert "What follows is lost" in caplog.text


def test_a_page_with_holes_is_a_page_of_a_book(tmp_path):
    page = page_bytes(1, "BMP", (64, 64))
    path = tmp_path / "a.cbt"
    path.write_bytes(with_holes("1.0", len(page) + 9, [(0, len(page))], page) + END)
    assert [entry.load().data for entry in open_source(path)] == [page + bytes(9)]
