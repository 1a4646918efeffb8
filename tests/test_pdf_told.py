"""What a coloured PDF does not keep is told once, and one that came out wrong does not take its place.

Oracle: written contracts; documents drawn here, and spoilt by pikepdf as a fault of ours would.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from pdf_drawn import Tinter, add_page, color, drawn, full, grey_jpeg, made, packed

from mangacolor.cli import run
from mangacolor.errors import ExitCode

pikepdf = pytest.importorskip("pikepdf")
pytest.importorskip("pypdfium2")

LINE = "0.2 G 3 w 12 20 m 50 70 l S "
OTHER = np.ascontiguousarray(drawn()[::-1, ::-1])


@pytest.fixture(autouse=True)
def painter(monkeypatch):
    """In place of the networks."""
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Tinter())


@pytest.fixture
def book(tmp_path):
    """A scan as JPEG, another without loss and turned, two pages with a line on them, the last in two strips."""

    def pages(document):
        add_page(document, full(), [grey_jpeg(document)])
        add_page(document, full(), [packed(OTHER, ColorSpace=pikepdf.Name.DeviceGray)(document)], Rotate=90)
        add_page(document, full() + LINE, [grey_jpeg(document, OTHER)])
        add_page(document, full() + LINE, [packed(drawn())(document)], CropBox=[5, 5, 50, 80])
        strips = [grey_jpeg(document, drawn()[:43]), grey_jpeg(document, drawn()[43:])]
        add_page(document, "q 60 0 0 43 0 43 cm /Im0 Do Q q 60 0 0 43 0 0 cm /Im1 Do Q", strips)

    return made(tmp_path / "a.pdf", pages)


def test_pages_that_are_drawn_anew_are_told_in_a_line_and_counted(book, capsys):
    """Contract: two pages of five, since strips are pictures alone; the status is that of a run that went well."""
    assert run(["colorize", str(book)]) == ExitCode.DONE
    told = [line for line in capsys.readouterr().err.splitlines() if "given back as" in line]
    assert len(told) == 1
    assert "2 pages given back as pictures" in told[0]
    assert run(["colorize", str(book), "--overwrite", "--json"]) == ExitCode.DONE
    *pages, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [[note["kind"] for note in page["notes"]] for page in pages] == [[], [], ["redrawn"], ["redrawn"], []]
    assert last["inexact"]["redrawn"] == 2


def test_pages_that_are_left_as_they_are_are_not_told(book):
    """Contract: nothing of theirs is lost."""
    results, _ = color(book, Tinter(leaves="text_only"))
    assert [result.notes for result in results] == [()] * 5


def _negative(pages):
    for picture in pages[0].Resources.XObject.values():
        picture.Decode = [1, 0] * (1 if picture.ColorSpace == "/DeviceGray" else 3)


def _exchanged(pages):
    pages[0].Resources, pages[2].Resources = pages[2].Resources, pages[0].Resources
    pages[0].Contents, pages[2].Contents = pages[2].Contents, pages[0].Contents


def _turned(pages):
    pages[1].Rotate = 270


def _cropped(pages):
    pages[2].CropBox = [0, 0, 60, 80]


def _empty(pages):
    del pages[3].Contents


@pytest.mark.parametrize("spoil", [_negative, _exchanged, _turned, _cropped, _empty])
def test_a_document_that_came_out_wrong_does_not_take_its_place(book, monkeypatch, spoil, capsys):
    """Contract: the run fails and says so, the pages wait, and the next run completes it."""
    from mangacolor.books.pdf import PdfContainer

    rewrite = PdfContainer.rewrite

    def spoilt(self, target, replacements):
        told = rewrite(self, target, replacements)
        with pikepdf.open(target, allow_overwriting_input=True) as document:
            spoil(document.pages)
            document.save()
        return told

    with monkeypatch.context() as patch:
        patch.setattr(PdfContainer, "rewrite", spoilt)
        assert run(["colorize", str(book)]) == ExitCode.SOME_PAGES_FAILED
        assert "did not come out whole: page" in capsys.readouterr().err
        assert not (book.parent / "a_color.pdf").exists()
    assert run(["colorize", str(book)]) == ExitCode.DONE
    assert "5 skipped" in capsys.readouterr().err
    assert (book.parent / "a_color.pdf").exists()
