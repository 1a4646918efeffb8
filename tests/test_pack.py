"""Archives that hold books.

Oracle: the same books coloured one by one; and what is no page, byte for byte.
"""

from __future__ import annotations

import io
import zipfile

import pytest
from book_files import colour, contents, digest, is_red, page_bytes, skip_without_libarchive, tarred, zipped
from rar5 import stored_rar
from stubs import Painter

from mangacolor.books import Limits, open_source
from mangacolor.books.zipped import ZipContainer
from mangacolor.errors import BadInputError

PAGES = {f"{number}.png": page_bytes(number) for number in range(1, 4)}


def made(tmp_path, make, files, name="inner"):
    return make(tmp_path / name, files).read_bytes()


def rar(path, files):
    path.write_bytes(stored_rar(files))
    return path


@pytest.mark.parametrize("outer", [zipped, tarred, rar])
@pytest.mark.parametrize(
    ("inner", "suffix", "written"), [(zipped, "cbz", "cbz"), (tarred, "cbt", "cbt"), (rar, "cbr", "cbz")]
)
def test_each_book_inside_is_coloured(tmp_path, outer, inner, suffix, written):
    """Contract: under its name, with its own other files, in the order of the pack."""
    if rar in (outer, inner):
        skip_without_libarchive()
    books = {
        f"vol {number}.{suffix}": made(tmp_path, inner, {**PAGES, "note.txt": b"%d" % number}) for number in (10, 2)
    }
    book = outer(tmp_path / "pack", {**books, "0.png": page_bytes(), "readme.txt": b"read"})
    before = digest(book)
    results, target = colour(book, page="0.png")
    assert [result.name for result in results] == [
        "0.png", *(f"vol {number}.{suffix}/{name}" for number in (2, 10) for name in PAGES)
    ]  # fmt: skip
    assert {result.status for result in results} == {"colored"}
    found = contents(target)
    assert list(found) == [f"vol {number}.{written}" for number in (10, 2)] + ["0.png", "readme.txt"]
    assert is_red(found["0.png"])
    for number in (10, 2):
        (tmp_path / "one").write_bytes(found[f"vol {number}.{written}"])
        within = contents(tmp_path / "one")
        assert within.pop("note.txt") == b"%d" % number
        assert within.keys() == PAGES.keys()
        assert all(map(is_red, within.values()))
    assert digest(book) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_pack_that_was_interrupted_goes_on(tmp_path):
    """Contract: as for every container."""
    book = zipped(tmp_path / "a.cbz", {f"{number}.cbz": made(tmp_path, zipped, PAGES) for number in range(2)})
    with pytest.raises(KeyboardInterrupt):
        colour(book, Painter(stop_after=4), page="0.cbz/1.png")
    results, _ = colour(book, page="0.cbz/1.png")
    assert [result.status for result in results] == ["skipped"] * 4 + ["colored"] * 2


def test_another_format_and_descriptions_reach_inside(tmp_path):
    """Contract of --format and of ComicInfo, for each book by itself."""
    info = "<ComicInfo><BlackAndWhite>Yes</BlackAndWhite><Pages><Page Image='0' ImageSize='1'/></Pages></ComicInfo>"
    inner = made(tmp_path, zipped, {**PAGES, "ComicInfo.xml": info})
    book = zipped(tmp_path / "a.cbz", {"x.cbz": inner, "y.cbz": made(tmp_path, zipped, PAGES)})
    _, target = colour(book, page="x.cbz/1.png", choice="webp")
    with zipfile.ZipFile(io.BytesIO(contents(target)["x.cbz"])) as archive:
        assert set(archive.namelist()) == {"1.webp", "2.webp", "3.webp", "ComicInfo.xml"}
        size = archive.getinfo("1.webp").file_size
        said = archive.read("ComicInfo.xml").decode()
        assert said == info.replace("Yes", "No").replace("'1'", f"'{size}'")


def test_a_broken_book_inside_is_told_and_stays(tmp_path):
    """Contract: the others are coloured; it fails after the last page, by its name, byte for byte as it was."""
    epub = made(tmp_path, zipped, {"mimetype": "application/epub+zip", **PAGES})
    odd = {"2.cbz": b"nothing of the kind", "3.epub": epub}
    book = zipped(tmp_path / "a.cbz", {"1.cbz": made(tmp_path, zipped, PAGES), **odd})
    results, target = colour(book, page="1.cbz/1.png")
    assert [result.status for result in results] == ["colored"] * 3 + ["failed"]
    assert all(f"a.cbz: {name}" in results[-1].error for name in odd)
    assert {name: data for name, data in contents(target).items() if name in odd} == odd
    with pytest.raises(BadInputError, match=r"b\.cbz: 2\.cbz"):
        open_source(zipped(tmp_path / "b.cbz", {"2.cbz": b"nothing"}))


def test_books_in_books_in_books_end(tmp_path):
    """Contract: three levels, then no more; and limits hold for each."""
    data = made(tmp_path, zipped, PAGES)
    for _ in range(3):
        data = made(tmp_path, zipped, {"in.cbz": data, "page.png": page_bytes(1)})
    names = [page.name for page in open_source(zipped(tmp_path / "a.cbz", {"in.cbz": data}))]
    assert "in.cbz/in.cbz/in.cbz/page.png" in names
    assert all(name.count("/") <= 3 for name in names)
    bomb = zipped(
        tmp_path / "b.cbz",
        {"in.cbz": made(tmp_path, zipped, {f"{n}.png": b"x" for n in range(20)}), "1.png": PAGES["1.png"]},
    )
    source = open_source(bomb, limits=Limits(entries=10))
    assert [page.name for page in source] == ["1.png"]


def test_two_books_that_would_share_a_name(tmp_path):
    """Contract: a RAR becomes a ZIP, and both stay."""
    skip_without_libarchive()
    files = {"1.cbr": made(tmp_path, rar, PAGES), "1.cbz": made(tmp_path, zipped, PAGES)}
    _, target = colour(zipped(tmp_path / "a.cbz", files), page="1.cbz/1.png")
    assert list(contents(target)) == ["1.cbr.cbz", "1.cbz"]


def deflated_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name == "pad" else None)
    return path


def bytes_in(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


MB = 1 << 20


@pytest.mark.parametrize("levels", [1, 2])
def test_all_books_inside_share_what_the_outermost_may_unpack_to(tmp_path, monkeypatch, levels):
    """Contract of --max-expansion: a book inside has no room of its own, however large its file has become."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    most, read = 0, ZipContainer.read

    def watched(self, index):
        nonlocal most
        data = read(self, index)
        most = max(most, bytes_in(tmp_path / "temporary") + len(data))
        return data

    monkeypatch.setattr(ZipContainer, "read", watched)
    # What it is padded with makes each file large enough for what is in it, and is nothing in the file around it.
    data = made(tmp_path, deflated_zip, {"pad": bytes(MB), **{f"{number}.cbz": bytes(3 * MB) for number in range(3)}})
    for level in range(levels):
        pad = {"pad": bytes(MB)} if level < levels - 1 else {}
        data = made(tmp_path, deflated_zip, {"in.cbz": data, "1.png": PAGES["1.png"], **pad})
    book = tmp_path / "a.cbz"
    book.write_bytes(data)
    limits = Limits(harmless_bytes=8 * MB, expansion=100)
    assert len(data) * 100 < 8 * MB
    with pytest.raises(BadInputError, match=r"a\.cbz and the books inside it unpack to more than 8 MB") as told:
        open_source(book, limits=limits)
    assert "--max-expansion" in str(told.value)
    assert most < 8 * MB
    assert bytes_in(tmp_path / "temporary") == 0
    assert len(open_source(book, limits=Limits(harmless_bytes=16 * MB))) == levels


def test_a_rar_inside_that_holds_more_than_it_says_takes_that_from_the_others(tmp_path):
    """Contract: as above, where a book is unpacked as a whole when its first page is read."""
    skip_without_libarchive()
    inner = {f"{number}.cbr": made(tmp_path, rar, {"1.png": page_bytes(number)}) for number in range(3)}
    source = open_source(zipped(tmp_path / "a.cbz", inner), limits=Limits(harmless_bytes=MB, expansion=1))
    containers = [one.container for one in source.container._container()._inner.values()]
    room = containers[0]._limits.room
    assert all(one._limits.room is room for one in containers)
    left = room.left
    containers[0]._said -= 50
    containers[0].read(0)
    assert room.left == left - 50
    room.left = 0
    assert containers[1].read(0) == page_bytes(1)
    containers[2]._said -= 50
    with pytest.raises(BadInputError, match="larger than it says"):
        containers[2].read(0)
