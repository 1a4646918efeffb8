"""A folder that becomes one book: `colorize chapter/ -o chapter.cbz`.

Oracles: `zipfile`, which reads the book; the files of the folder; contracts in docs/guide.md.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from book_files import COMIC_INFO, contents, is_red, page_bytes
from stubs import Painter

from mangacolor.books import open_folder_book, open_sinks
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.order import Order
from mangacolor.colorize.run import colorize_pages
from mangacolor.colorize.work import find_work
from mangacolor.errors import BadInputError, UsageError

PAGES = {"10.png": page_bytes(3), "2.png": page_bytes(1), "ch 2/1.png": page_bytes(2)}
FILES = {**PAGES, "ComicInfo.xml": COMIC_INFO, "credits.txt": b"thanks"}
JUNK = {".DS_Store": b"\0", "Thumbs.db": b"\xd0\xcf", "__MACOSX/2.png": page_bytes(), ".mangacolor-x/0": b"\0"}


@pytest.fixture
def chapter(tmp_path):
    folder = tmp_path / "chapter"
    for name, data in {**FILES, **JUNK}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def colour(folder, target, painter=None, **words):
    painter = painter or Painter()
    source = open_folder_book(folder, target)
    results = list(colorize_pages(painter, [source], open_sinks([source], target), **words))
    return [result.status for result in results], painter.painted


def found_in(work):
    return [(source.path, sink.path("")) for source, sink in zip(work.sources, work.sinks, strict=True)]


def work_of(inputs, target):
    return find_work(inputs, Order(ColorizeOptions(), target))


def test_pages_are_coloured_and_all_else_is_as_it_was(chapter, tmp_path):
    """Contract: one archive that `zipfile` reads, in reading order, without what systems leave behind."""
    target = tmp_path / "out" / "chapter.cbz"
    assert colour(chapter, target) == (["colored"] * 3, 3)
    book = contents(target)
    assert list(book) == ["2.png", "10.png", "ch 2/1.png", "ComicInfo.xml", "credits.txt"]
    assert all(is_red(book[name]) for name in PAGES)
    assert (book["ComicInfo.xml"], book["credits.txt"]) == (COMIC_INFO, b"thanks")
    assert {name: (chapter / name).read_bytes() for name in FILES} == FILES
    assert not [path for path in target.parent.iterdir() if path != target]


def test_a_finished_book_is_left_alone_and_may_lie_in_its_folder(chapter):
    """Contract: it is no part of itself."""
    target = chapter / "all.cbz"
    assert colour(chapter, target) == (["colored"] * 3, 3)
    before = target.read_bytes()
    source = open_folder_book(chapter, target)
    again = list(colorize_pages(Painter(), [source], open_sinks([source], target)))
    assert [(result.status, result.notes) for result in again] == [("skipped", ())] * 3
    assert target.read_bytes() == before
    os.utime(chapter / "2.png", (4e9, 4e9))
    source = open_folder_book(chapter, target)
    again = list(colorize_pages(Painter(), [source], open_sinks([source], target)))
    assert {note.kind for result in again for note in result.notes} == {"stale"}
    assert colour(chapter, target, overwrite=True)[1] == 3
    assert set(contents(target)) == set(FILES)


def test_an_interrupted_run_goes_on(chapter, tmp_path):
    """Contract: no page that waits is painted twice."""
    target = tmp_path / "a.cbz"
    with pytest.raises(KeyboardInterrupt):
        colour(chapter, target, Painter(stop_after=2))
    assert not target.exists()
    assert colour(chapter, target)[1] == 1
    assert all(is_red(contents(target)[name]) for name in PAGES)


@pytest.mark.parametrize("change", ["a page more", "a page less", "a page renamed", "a page anew"])
def test_what_waits_is_dropped_where_the_folder_has_changed(chapter, tmp_path, change):
    """Invariant: no page of the book is another's, and none is of what the folder no longer holds."""
    target = tmp_path / "a.cbz"
    with pytest.raises(KeyboardInterrupt):
        colour(chapter, target, Painter(stop_after=2))
    if change == "a page more":
        (chapter / "1.png").write_bytes(page_bytes(4))
    elif change == "a page less":
        (chapter / "2.png").unlink()
    elif change == "a page renamed":
        (chapter / "2.png").rename(chapter / "ch 2" / "9.png")
    else:
        (chapter / "2.png").write_bytes(page_bytes(4, size=(22, 30)))
        os.utime(chapter / "2.png", (4e9, 4e9))
    pages = sorted(path.relative_to(chapter).as_posix() for path in chapter.rglob("*.png") if "MACOSX" not in str(path))
    assert colour(chapter, target)[1] == len(pages)
    book = contents(target)
    assert sorted(name for name in book if name.endswith(".png")) == pages
    assert all(is_red(book[name]) for name in pages)


def test_formats_change_as_in_any_book(chapter, tmp_path):
    """Contract: `--format` renames the pages."""
    target = tmp_path / "a.cbz"
    source = open_folder_book(chapter, target)
    list(colorize_pages(Painter(), [source], open_sinks([source], target, format="jpg")))
    assert {"2.jpg", "10.jpg", "ch 2/1.jpg"} <= set(contents(target))


def test_the_command_takes_one_folder_for_one_book(chapter, tmp_path):
    """Contract: two, or an output that is a folder already, are a library as ever."""
    target = tmp_path / "a.cbz"
    assert found_in(work_of([chapter], target)) == [(chapter, target)]
    assert found_in(work_of([chapter, chapter / "."], target)) == [(chapter, target)]
    with pytest.raises(UsageError, match="ends like a book"):
        work_of([chapter, chapter / "ch 2"], target)
    target.mkdir()
    (source,) = work_of([chapter], target).sources
    assert [entry.name for entry in source] == ["2.png", "10.png", "ch 2/1.png"]


def test_other_kinds_of_books_are_refused(chapter, tmp_path):
    """Contract: what is written is a ZIP."""
    with pytest.raises(UsageError, match=r"cannot be written as \.pdf") as caught:
        work_of([chapter], tmp_path / "a.pdf")
    assert ".cbz" in caught.value.advice


def test_books_in_the_folder_are_refused(chapter, tmp_path):
    """Contract: a library does not become one book."""
    (chapter / "vol 1.cbz").write_bytes(b"")
    with pytest.raises(UsageError, match=r"vol 1\.cbz there is a book of its own"):
        work_of([chapter], tmp_path / "a.cbz")


def test_what_cannot_be_read_is_told_before_anything_is_coloured(chapter, tmp_path):
    """Contract: a book without a page would not be whole."""
    (chapter / "3.png").symlink_to(chapter / "gone.png")
    with pytest.raises(BadInputError, match=r"3\.png cannot be read"):
        work_of([chapter], tmp_path / "a.cbz")


def test_a_folder_without_pages_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="holds no pictures"):
        work_of([tmp_path / "empty"], tmp_path / "a.cbz")


def test_a_file_that_goes_in_the_midst_costs_no_finished_page(chapter, tmp_path):
    """Contract: the book is not written half, and what is done waits."""
    target = tmp_path / "a.cbz"
    status = (chapter / "credits.txt").stat()
    changed = (status.st_atime_ns, status.st_mtime_ns)

    class Careless(Painter):
        def colorize_page(self, page, hints=()):
            (chapter / "credits.txt").unlink(missing_ok=True)
            return super().colorize_page(page, hints)

    assert colour(chapter, target, Careless())[0] == ["colored"] * 3 + ["failed"]
    assert not target.exists()
    (chapter / "credits.txt").write_bytes(b"thanks")
    os.utime(chapter / "credits.txt", ns=changed)
    assert colour(chapter, target)[1] == 0
    assert set(contents(target)) == set(FILES)


def test_names_that_are_no_text_stay_apart(chapter, tmp_path):
    """Contract: nothing is lost where the disk has names in other encodings."""
    odd = Path(os.fsdecode(os.fsencode(chapter) + b"/\xff5.png"))
    try:
        odd.write_bytes(page_bytes(4))
    except OSError:
        pytest.skip("this disk refuses such names")
    target = tmp_path / "a.cbz"
    assert colour(chapter, target) == (["colored"] * 4, 4)
    assert len([name for name in contents(target) if name.endswith(".png")]) == 4
