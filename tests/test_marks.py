"""Books that say what coloured them, and runs that heed it.

Oracles: an XML parser reading what was written; the contract of the option.
"""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree

import pytest
from book_files import contents, page_bytes, skip_without_libarchive, tarred, zipped
from rar5 import stored_rar
from stubs import Painter

from mangacolor import __version__
from mangacolor.books import open_sinks, open_source
from mangacolor.books.book_marks import is_marked, mark_of, with_mark
from mangacolor.cli import run
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import ExitCode

PAGES = {f"{number}.png": page_bytes(number, size=(80, 90)) for number in range(1, 3)}
MARK = mark_of("9.9", "a&b.safetensors")


def rar(path, files):
    path.write_bytes(stored_rar(files))
    return path


def coloured(path, mark=MARK, **options):
    sources = [open_source(path)]
    sinks = open_sinks(sources, mark=mark)
    list(colorize_pages(Painter(), sources, sinks, **options))
    return sinks[0].path(sources[0].pages[0].name)


def said(data):
    return {element.tag: element.text for element in ElementTree.fromstring(data)}


@pytest.mark.parametrize("make", [zipped, tarred, rar])
def test_a_book_without_a_description_gets_one(tmp_path, make):
    """Contract: behind all other files; and the book is known by it."""
    if make is rar:
        skip_without_libarchive()
    book = make(tmp_path / "a", PAGES)
    target = coloured(book)
    assert list(contents(target)) == [*PAGES, "ComicInfo.xml"]
    assert said(contents(target)["ComicInfo.xml"]) == {"Notes": MARK, "Tags": "mangacolor"}
    assert is_marked(open_source(target))
    assert not is_marked(open_source(book))


@pytest.mark.parametrize(
    ("before", "notes", "tags"),
    [
        ("<Title>x</Title>", MARK, "mangacolor"),
        ("<Notes>Scanned by us</Notes><Tags>one, two</Tags>", f"Scanned by us\n{MARK}", "one, two, mangacolor"),
        ("<Notes/><Tags />", MARK, "mangacolor"),
        ("<Notes></Notes><Tags> </Tags>", MARK, " mangacolor"),
        (f"<Notes>Mine\n{mark_of('1.0')}</Notes><Tags>mangacolor, x</Tags>", f"Mine\n{MARK}", "mangacolor, x"),
        ("<!-- <Notes>no</Notes> </ComicInfo> -->", MARK, "mangacolor"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_a_description_says_already_stays(tmp_path, before, notes, tags, encoding):
    """Contract: a line more in the notes and a tag more; the rest as it was."""
    text = f'<?xml version="1.0" encoding="{encoding}"?>\r\n<ComicInfo>\r\n  {before}\r\n</ComicInfo>'
    book = zipped(tmp_path / "a.cbz", {**PAGES, "ComicInfo.xml": text.encode(encoding)})
    data = contents(coloured(book))["ComicInfo.xml"]
    found = said(data)
    assert (found["Notes"], found["Tags"]) == (notes, tags)
    assert found.get("Title") == ("x" if "Title" in before else None)
    assert data.decode(encoding).startswith(text[:60])


def test_nothing_is_said_unless_asked_for(tmp_path):
    """Contract: off by default; and an EPUB has no place for it."""
    book = zipped(tmp_path / "a.cbz", {**PAGES, "ComicInfo.xml": "<ComicInfo/>"})
    assert contents(coloured(book, mark=""))["ComicInfo.xml"] == b"<ComicInfo/>"
    book = zipped(tmp_path / "a.epub", {"mimetype": "application/epub+zip", **PAGES})
    assert contents(coloured(book)).keys() == contents(book).keys()


def test_a_mark_is_made_once():
    """Invariant: marking twice is marking once."""
    once = with_mark("<ComicInfo><Notes>a</Notes></ComicInfo>", MARK)
    assert with_mark(once, MARK) == once
    assert with_mark("no description", MARK) == "no description"


def test_marked_books_are_left_alone(tmp_path, tiny_weights, tiny_separator, capsys):
    """Contract of --mark: told, counted as skipped, not written again; without it they are coloured like any other."""
    (tmp_path / "in").mkdir()
    zipped(tmp_path / "in" / "1.cbz", PAGES)
    words = ["-w", str(tiny_weights), "--separator", str(tiny_separator), "--force"]
    assert run(["colorize", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--mark", *words]) == ExitCode.DONE
    info = contents(tmp_path / "out" / "1.cbz")["ComicInfo.xml"].decode()
    assert f"Coloured by mangacolor {__version__}, weights {tiny_weights.name}." in info
    capsys.readouterr()
    again = ["colorize", str(tmp_path / "out"), "-o", str(tmp_path / "more"), *words]
    assert run([*again, "--mark", "--json"]) == ExitCode.DONE
    told = capsys.readouterr()
    lines = [json.loads(line) for line in io.StringIO(told.out)]
    assert [line["status"] for line in lines[:-1]] == ["skipped"] * 2
    assert "skipped" in told.err
    assert run([*again, "--mark"]) == ExitCode.DONE
    assert "--overwrite" not in capsys.readouterr().err  # it would not help
    assert not (tmp_path / "more").exists()
    assert run(again) == ExitCode.DONE
    assert (tmp_path / "more" / "1.cbz").exists()
