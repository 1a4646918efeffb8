"""Documents of every make come back whole: encrypted, linearised, packed, damaged, empty; and what a page is not.

Oracle: pikepdf and pdfium read the output; what is no page's picture is compared with the input.
"""

from __future__ import annotations

import logging

import numpy as np
import pytest
from pdf_drawn import Tinter, add_page, color, drawn, full, grey_jpeg, jpeg, made, packed, shown, tinted
from PIL import Image

from mangacolor.books import open_source
from mangacolor.errors import BadInputError
from mangacolor.image import decode

pikepdf = pytest.importorskip("pikepdf")
pytest.importorskip("pypdfium2")

from pikepdf import Array, Dictionary, Name, String  # noqa: E402

LINE = "0.2 G 3 w 12 20 m 50 70 l S "


def two_pages(document):
    add_page(document, full(), [grey_jpeg(document)])
    add_page(document, full() + LINE, [grey_jpeg(document)])


def saved(path, **how):
    with pikepdf.new() as document:
        two_pages(document)
        document.save(path, **how)
    return path


def check_colored(path, password=None, like=None):
    results, target = color(path, password=password)
    assert [result.status for result in results] == ["colored", "colored"]
    for index in range(2):
        before, after = shown(like or path, index, password=password), shown(target, index)
        assert np.abs(after.astype(int) - tinted(before)).mean() < 6
    return target


@pytest.mark.parametrize("strength", [2, 3, 4, 6])
@pytest.mark.parametrize("user", ["", "geheim"])
def test_encrypted_documents(tmp_path, strength, user, caplog):
    """Contract: no password is asked for where none is needed; a missing and a wrong one are told apart."""
    encryption = pikepdf.Encryption(owner="owner", user=user, R=strength, aes=strength > 3, metadata=strength > 3)
    path = saved(tmp_path / "a.pdf", encryption=encryption)
    if user:
        with pytest.raises(BadInputError, match=r"a\.pdf is encrypted\.\nGive its password with --password"):
            open_source(path)
        with pytest.raises(BadInputError, match="another password"):
            open_source(path, password="x")
    check_colored(path, password=user or None)
    assert caplog.text.count("without encryption") == 1


@pytest.mark.parametrize(
    "how",
    [
        {"linearize": True},
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        {"object_stream_mode": pikepdf.ObjectStreamMode.disable, "compress_streams": False},
        {"qdf": True},
    ],
)
def test_documents_packed_in_any_way(tmp_path, how):
    """Contract: coloured as any other; one made to be read while it arrives stays so."""
    target = check_colored(saved(tmp_path / "a.pdf", **how))
    with pikepdf.open(target) as document:
        assert document.is_linearized == how.get("linearize", False)


def damaged_xref(data):
    place = data.rindex(b"startxref")
    return data[:place] + b"startxref\n7\n%%EOF\n"


DAMAGE = {
    "xref": damaged_xref,
    "rubbish before": lambda data: b"HTTP/1.1 200 OK\r\n\r\n" + data,
    "rubbish after": lambda data: data + b"\0" * 3000,
    "no end": lambda data: data[: data.rindex(b"startxref")],
    "no list of objects": lambda data: data[: data.rindex(b"xref\n0")] + b"xref\n",
    "wrong length": lambda data: data.replace(b"/Length ", b"/Length 9", 1),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_readers_repair_is_coloured(tmp_path, kind, caplog):
    """Contract: what pdfium or qpdf can make sense of is coloured as if it were whole, and comes out sound."""
    caplog.set_level(logging.ERROR, "pikepdf")
    path = saved(
        tmp_path / "a.pdf", object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
    )  # fmt: skip
    whole = saved(tmp_path / "whole.pdf")
    path.write_bytes(DAMAGE[kind](path.read_bytes()))
    target = check_colored(path, like=whole)
    with pikepdf.open(target) as document:
        assert document.check_pdf_syntax() == [] if hasattr(document, "check_pdf_syntax") else document.check() == []


def test_no_pages(tmp_path):
    """Contract: bad input that says so."""
    with pikepdf.new() as document:
        document.save(tmp_path / "a.pdf")
    with pytest.raises(BadInputError, match=r"a\.pdf has no pages"):
        open_source(tmp_path / "a.pdf")


def test_pages_without_contents(tmp_path):
    """Contract: a page with nothing on it, without contents or resources at all, is white and costs nothing."""

    def pages(document):
        two_pages(document)
        for keys in ((), ("/Contents",), ("/Contents", "/Resources")):
            page = add_page(document, "").obj
            for key in keys:
                del page[key]

    path = made(tmp_path / "a.pdf", pages)
    assert [page.load().image.rgb.min() for page in list(open_source(path))[2:]] == [255] * 3
    results, _ = color(path)
    assert {result.status for result in results} == {"colored"}


@pytest.mark.parametrize("status", ["already_colored", "blank", "text_only"])
def test_what_is_left_unchanged_stays_to_the_byte(tmp_path, status):
    """Contract: pages that are not coloured keep their content: a JPEG its bytes, words their letters."""
    rgb = np.dstack([drawn(), np.full((86, 60), 90, np.uint8), drawn()[::-1]])

    def pages(document):
        two_pages(document)
        add_page(document, full(), [packed(drawn())(document)])
        add_page(document, "q -60 0 0 86 60 0 cm /Im0 Do Q", [grey_jpeg(document)], Rotate=90)
        picture = grey_jpeg(document)
        picture.write(jpeg(rgb), filter=Name.DCTDecode)
        picture.ColorSpace = Name.DeviceRGB
        add_page(document, full(), [picture])

    path = made(tmp_path / "a.pdf", pages)
    results, target = color(path, Tinter(leaves=status))
    assert {result.status for result in results} == {status}
    with pikepdf.open(path) as old, pikepdf.open(target) as new:
        for before, after in zip(old.pages, new.pages, strict=True):
            assert after.Contents.read_bytes() == before.Contents.read_bytes()
            assert after.Resources.XObject.Im0.read_raw_bytes() == before.Resources.XObject.Im0.read_raw_bytes()
        assert new.pages[4].Resources.XObject.Im0.read_raw_bytes() == jpeg(rgb)


def test_what_hangs_on_pages_stays(tmp_path):
    """Contract: links, notes, outline, labels, title and attachments; notes are not painted into the page."""

    def pages(document):
        two_pages(document)
        link = Dictionary(
            Type=Name.Annot, Subtype=Name.Link, Rect=Array([5, 5, 20, 20]), Border=Array([0, 0, 0]),
            Dest=Array([document.pages[0].obj, Name.XYZ, 0, 80, 1]),
        )  # fmt: skip
        look = document.make_stream(b"0 0 1 rg 0 0 20 20 re f", Type=Name.XObject, Subtype=Name.Form)
        look.BBox = Array([0, 0, 20, 20])
        note = Dictionary(
            Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([30, 30, 50, 50]), F=4, AP=Dictionary(N=look),
            Contents=String("note"),
        )  # fmt: skip
        document.pages[1].Annots = document.make_indirect(Array([link, note]))
        document.pages[1].Thumb = packed(drawn(9, 9))(document)
        document.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
        document.Root.ViewerPreferences = Dictionary(Direction=Name.R2L)
        document.attachments["a.txt"] = b"note"
        with document.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Chapter", 1, "XYZ", left=0, top=40))
        with document.open_metadata() as metadata:
            metadata["dc:language"] = {"ja"}
        document.docinfo["/Title"] = "漫画"

    path = made(tmp_path / "a.pdf", pages)
    assert not (next(iter(reversed(list(open_source(path))))).load().image.rgb == (0, 0, 255)).all(axis=2).any()
    _, target = color(path)
    assert (shown(target, 1)[40:52, 34:46] == (0, 0, 255)).all()
    with pikepdf.open(target) as document, pikepdf.open(path) as old:
        page = document.pages[1]
        assert "/Thumb" not in page
        assert page.Annots[0].Dest[0].objgen == document.pages[0].obj.objgen
        assert str(page.Annots[1].Contents) == "note"
        assert Name.r == document.Root.PageLabels.Nums[1].S
        assert document.Root.ViewerPreferences.Direction == Name.R2L
        assert str(document.docinfo["/Title"]) == "漫画"
        assert document.attachments["a.txt"].get_file().read_bytes() == b"note"
        assert document.Root.Metadata.read_bytes() == old.Root.Metadata.read_bytes()
        with document.open_outline() as outline:
            assert outline.root[0].title == "Chapter"


def test_a_png_page_is_stored_without_loss(tmp_path):
    """Contract: what is not stored as a JPEG comes back with the colours that it was given, to the value."""
    rng = np.random.default_rng(0)
    page = rng.integers(0, 256, (86, 60), dtype=np.uint8)
    path = made(tmp_path / "a.pdf", lambda document: add_page(document, full(), [packed(page)(document)]))
    _, target = color(path)
    with pikepdf.open(target) as document:
        pixels = pikepdf.PdfImage(document.pages[0].Resources.XObject.Im0).as_pil_image()
    np.testing.assert_array_equal(np.asarray(pixels.convert("RGB")), tinted(np.dstack([page] * 3)))


def test_many_pages_that_share_their_resources(tmp_path):
    """Contract: documents that name all their pictures on every page are coloured page by page."""
    with pikepdf.new() as document:
        shared = document.make_indirect(
            Dictionary(
                XObject=Dictionary({f"/P{index}": grey_jpeg(document, drawn() // (index + 1)) for index in range(5)})
            )
        )
        for index in range(5):
            add_page(document, full(f"P{index}")).Resources = shared
        document.save(tmp_path / "a.pdf")
    _, target = color(tmp_path / "a.pdf")
    for index in range(5):
        before, after = shown(tmp_path / "a.pdf", index), shown(target, index)
        assert np.abs(after.astype(int) - tinted(before)).mean() < 4
    with pikepdf.open(target) as document:
        images = [
            one for one in document.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"
        ]
    assert len(images) <= 10


def test_no_error_is_without_a_reason(tmp_path, monkeypatch):
    """Contract: an exception that says nothing is told by its name."""
    path = saved(tmp_path / "a.pdf")
    page = next(iter(open_source(path)))

    def fail(*_, **__):
        raise NotImplementedError

    monkeypatch.setattr("mangacolor.books.pdf.stored_jpeg", fail)
    with pytest.raises(BadInputError, match="page 1 is damaged: NotImplementedError"):
        page.load()
    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(BadInputError, match="y is damaged: NotImplementedError"):
        decode(b"x", name="y")
