"""PDF books. Oracles: img2pdf makes the input, pikepdf and pdfium read the output, Pillow decodes the pictures."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from book_files import digest, is_red, page_bytes
from PIL import Image
from stubs import Painter

from mangacolor.books import open_sinks, open_source
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import BadInputError, UsageError

pikepdf = pytest.importorskip("pikepdf")
pypdfium2 = pytest.importorskip("pypdfium2")
img2pdf = pytest.importorskip("img2pdf")

DRAWING = b"1 0 0 1 0 0 cm 0 0 0 rg 20 20 60 100 re f BT ET"


def made_by_img2pdf(path, pictures):
    path.write_bytes(img2pdf.convert(pictures))
    return path


@pytest.fixture
def book(tmp_path):
    """A JPEG, a PNG and a 1-bit page as img2pdf stores them, then one drawn with vectors; outline and metadata."""
    bitonal = io.BytesIO()
    Image.fromarray(np.eye(40, dtype=np.uint8) * 255).convert("1").save(bitonal, "TIFF", compression="group4")
    pictures = [page_bytes(1, "JPEG"), page_bytes(2, size=(30, 20)), bitonal.getvalue()]
    path = made_by_img2pdf(tmp_path / "vol1.pdf", pictures)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.add_blank_page(page_size=(100, 150))
        document.pages[3].Contents = document.make_stream(DRAWING)
        document.pages[3].Rotate = 90
        with document.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Chapter 2", 2))
        document.docinfo["/Title"] = "漫画"
        document.save()
    return path


def colour(path, **options):
    sources = [open_source(path, **options)]
    sinks = open_sinks(sources)
    return list(colorize_pages(Painter(), sources, sinks)), sinks[0].target


def rendered(path):
    with pypdfium2.PdfDocument(path) as document:
        return [page.render(scale=1).to_pil().convert("RGB") for page in document]


def test_a_document_comes_back_with_coloured_pages_and_all_else_kept(book):
    """Contract: every page red, as large as before, outline and metadata kept, the input untouched."""
    before = digest(book)
    results, target = colour(book)
    assert [(result.name, result.status) for result in results] == [
        ("page 1.jpg", "colored"), ("page 2.png", "colored"), ("page 3.png", "colored"), ("page 4.png", "colored"),
    ]  # fmt: skip
    assert digest(book) == before
    assert target.name == "vol1_color.pdf"
    old, new = rendered(book), rendered(target)
    assert [page.size for page in new] == [page.size for page in old]
    for page in new:
        assert np.abs(np.asarray(page).astype(int) - (200, 40, 40)).max() <= 6
    with pikepdf.open(target) as document:
        assert str(document.docinfo["/Title"]) == "漫画"
        with document.open_outline() as outline:
            assert [item.title for item in outline.root] == ["Chapter 2"]
        assert document.check_pdf_syntax() == [] if hasattr(document, "check_pdf_syntax") else document.check() == []


def test_pictures_are_taken_out_as_they_are(book):
    """Contract: a JPEG gives its own bytes, other pictures their own pixels."""
    pages = list(open_source(book))
    assert pages[0].load().data == page_bytes(1, "JPEG")
    np.testing.assert_array_equal(
        pages[1].load().image.rgb[..., 0], np.asarray(Image.open(io.BytesIO(page_bytes(2, size=(30, 20)))))
    )
    np.testing.assert_array_equal(pages[2].load().image.rgb[..., 0], np.eye(40, dtype=np.uint8) * 255)


def test_what_is_drawn_is_rendered_upright_at_a_readable_size(book):
    """Contract: 200 dpi where nothing says otherwise, turned as readers show it."""
    page = list(open_source(book))[3].load().image
    assert page.rgb.shape == (278, 417, 3)
    assert (page.rgb < 50).any()
    assert (page.rgb > 250).any()


def test_an_encrypted_document_wants_its_password(tmp_path, book):
    """Contract: told without and with a wrong one; with the right one the pages are coloured."""
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(book) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="o", user="u"))
    for wrong in (None, "x"):
        with pytest.raises(BadInputError, match="encrypted"):
            open_source(locked, password=wrong)
    results, target = colour(locked, password="u")
    assert {result.status for result in results} == {"colored"}
    assert target.exists()


def test_a_damaged_document_is_refused(tmp_path):
    """Contract: bad input, by name."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nrubbish")
    with pytest.raises(BadInputError, match=r"a\.pdf"):
        open_source(tmp_path / "a.pdf")


def test_an_interrupted_document_goes_on(book):
    """Contract: as for archives, finished pages wait for the next run."""
    sources = [open_source(book)]
    with pytest.raises(KeyboardInterrupt):
        list(colorize_pages(Painter(stop_after=3), sources, open_sinks(sources)))
    results, target = colour(book)
    assert [result.status for result in results] == ["skipped"] * 3 + ["colored"]
    with pikepdf.open(target) as document:
        (first,) = document.pages[0].resources.XObject.values()
        assert is_red(bytes(first.read_raw_bytes()))


def test_without_the_libraries_it_says_what_to_install(book, monkeypatch):
    """Contract: the error names the pip command."""
    monkeypatch.setitem(sys.modules, "pikepdf", None)
    with pytest.raises(UsageError, match=r"mangacolor\[pdf\]"):
        open_source(book)
