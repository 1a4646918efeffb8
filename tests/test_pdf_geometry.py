"""A coloured page lies where the page lay: boxes, rotation, units, scale and resolution.

Oracle: pdfium's rendering before and after, pixel by pixel; the numbers of the boxes as they were written.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pdf_drawn import add_page, color, drawn, full, given, grey_jpeg, jpeg, made, packed, shown, tinted, unlike
from PIL import Image

from mangacolor.books import open_source

pikepdf = pytest.importorskip("pikepdf")
pytest.importorskip("pypdfium2")

from pikepdf import Array, Dictionary, Name  # noqa: E402

PAGE = drawn()
LINE = "0.2 G 3 w 12 20 m 50 70 l S "
BOXES = ("/MediaBox", "/CropBox", "/TrimBox", "/BleedBox", "/ArtBox", "/Rotate", "/UserUnit")


def boxes(page):
    return {key: [float(side) for side in page[key]] if "Box" in key else page[key] for key in BOXES if key in page}


def check_place(path, scale=2.0):
    """Contract: the page's boxes are untouched, and what is shown of it is the tint of what was shown."""
    ((result,), target) = color(path)
    assert result.status == "colored"
    before, after = shown(path, scale=scale), shown(target, scale=scale)
    assert after.shape == before.shape
    assert np.abs(after.astype(int) - tinted(before)).mean() < 5
    with pikepdf.open(path) as old, pikepdf.open(target) as new:
        assert boxes(new.pages[0].obj) == boxes(old.pages[0].obj)
    return target


GEOMETRIES = {
    "cropped": {"CropBox": (10, 12, 50, 80)},
    "cropped beyond the page": {"CropBox": (-10, 12, 500, 80)},
    "crop written from the other corner": {"CropBox": (50, 80, 10, 12)},
    "trimmed": {"TrimBox": (5, 5, 55, 80), "BleedBox": (2, 2, 58, 84), "ArtBox": (9, 9, 50, 70)},
    "origin elsewhere": {"box": (-30, 1000, 30, 1086)},
    "large units": {"UserUnit": 3},
    "turned": {"Rotate": 90},
    "turned twice": {"Rotate": 180},
    "turned back": {"Rotate": -90},
    "turned, cropped, elsewhere": {"Rotate": 270, "box": (-30, 1000, 30, 1086), "CropBox": (-20, 1010, 25, 1080)},
    "turned by an odd angle": {"Rotate": 45},
}


@pytest.mark.parametrize("has_line", [False, True])
@pytest.mark.parametrize("kind", GEOMETRIES)
def test_the_page_keeps_its_place(tmp_path, kind, has_line):
    """Contract of `check_place`, for pages that are one picture and for those that have to be rendered."""
    keys = {key: Array(list(value)) if key.endswith("Box") else value for key, value in GEOMETRIES[kind].items()}
    box = GEOMETRIES[kind].get("box", (0, 0, 60, 86))
    keys.pop("box", None)

    def page(document):
        content = f"q 1 0 0 1 {box[0]} {box[1]} cm {full()}{LINE if has_line else ''}Q"
        add_page(document, content, [grey_jpeg(document)], box=box, **keys)

    path = made(tmp_path / "a.pdf", page)
    check_place(path)
    rows, columns = given(path).shape[:2]
    height, width = shown(path, scale=1).shape[:2]
    assert abs(rows / columns - height / width) < 0.06
    assert (max(rows, columns) > 130) == has_line  # a drawn line asks for 200 dpi, a scan alone for its own 72


def test_what_the_page_tree_says_goes_for_its_pages(tmp_path):
    """Contract of `check_place`, with rotation and boxes inherited."""
    path = tmp_path / "a.pdf"
    with pikepdf.new() as document:
        page = add_page(document, full() + LINE, [grey_jpeg(document)])
        for key, value in (("Rotate", 90), ("CropBox", Array([5, 5, 55, 80])), ("MediaBox", Array([0, 0, 60, 86]))):
            document.Root.Pages["/" + key] = value
        document.Root.Pages.Resources = page.obj.Resources
        del page.obj["/MediaBox"], page.obj["/Resources"]
        document.save(path)
    assert boxes_shape(path) == (50, 75)
    check_place(path)


def boxes_shape(path):
    return shown(path, scale=1).shape[:2]


@pytest.mark.parametrize(
    ("signs", "is_turned", "turn"), [*itertools.product(range(4), (False, True), (0, 90, 180, 270))]
)
@pytest.mark.parametrize("is_jpeg", [False, True])
def test_the_colorizer_sees_pages_upright(tmp_path, signs, is_turned, turn, is_jpeg):
    """Contract: however a picture is stored, flipped and turned, it is coloured as readers show it and put back so."""
    across, up = (-1 if signs & 1 else 1), (-1 if signs & 2 else 1)
    a, b, c, d = (0, 86 * up, 60 * across, 0) if is_turned else (60 * across, 0, 0, 86 * up)
    matrix = f"{a} {b} {c} {d} {60 * (across < 0)} {86 * (up < 0)}"

    def page(document):
        stored = PAGE.T.copy() if is_turned else PAGE
        picture = grey_jpeg(document, stored) if is_jpeg else packed(stored)(document)
        add_page(document, f"q {matrix} cm /Im0 Do Q", [picture], Rotate=turn)

    path = made(tmp_path / "a.pdf", page)
    assert unlike(given(path), shown(path, scale=1)) < 0.02
    target = check_place(path, scale=1)
    with pikepdf.open(target) as document:
        assert document.pages[0].Resources.XObject.Im0.Filter == (Name.DCTDecode if is_jpeg else Name.FlateDecode)
    assert unlike(given(target), tinted(given(path))) < 0.03


@pytest.mark.parametrize("is_jpeg", [False, True])
def test_strips_become_one_picture_of_their_resolution(tmp_path, is_jpeg):
    """Contract: a page of four strips at 300 dpi gives the scan, pixel by pixel if it is stored so."""
    scan = np.asarray(Image.fromarray(drawn(861, 600)))

    def page(document):
        content, pictures = "", []
        for index, start in enumerate(range(0, 861, 250)):
            strip = scan[start : start + 250]
            pictures.append(grey_jpeg(document, strip) if is_jpeg else packed(strip)(document))
            content += f"q 144 0 0 {len(strip) * 0.24} 0 {(861 - start - len(strip)) * 0.24} cm /Im{index} Do Q "
        add_page(document, content, pictures, box=(0, 0, 144, 861 * 0.24))

    path = made(tmp_path / "a.pdf", page)
    pixels = given(path)
    assert pixels.shape == (861, 600, 3)
    assert np.abs(pixels.astype(int) - scan[..., None]).max() <= (40 if is_jpeg else 0)
    target = check_place(path)
    with pikepdf.open(target) as document:
        (picture,) = document.pages[0].Resources.XObject.values()
        assert (picture.Width, picture.Height) == (600, 861)
        assert picture.Filter == (Name.DCTDecode if is_jpeg else Name.FlateDecode)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("q 60 0 0 86 0 0 cm /Im0 Do Q q 60 0 0 86 0 0 cm /Im1 Do Q", (860, 600)),  # a scan and its sharper letters
        ("q 60 0 0 86 0 0 cm /Im0 Do Q q 6 0 0 8.6 2 2 cm /Im1 Do Q", (239, 167)),  # a speck is no measure
        ("0 0 m 60 86 l S", (239, 167)),
        ("", (239, 167)),
    ],
)
def test_the_resolution_is_that_of_the_pictures_as_placed(tmp_path, content, expected):
    """Contract: the finest that holds a tenth of the page; 200 dpi where there are lines or nothing."""

    def page(document):
        fine = drawn(860, 600)
        line = "0 0 m 60 86 l S " if "Do" in content else ""
        add_page(document, line + content, [grey_jpeg(document), grey_jpeg(document, fine)])

    assert given(made(tmp_path / "a.pdf", page)).shape[:2] == expected


@pytest.mark.slow
def test_a_page_of_huge_units_is_no_huge_picture(tmp_path):
    """Contract: where a pixel was called a point, pages that have to be rendered come out no larger than 5000."""
    path = made(tmp_path / "a.pdf", lambda document: add_page(document, "0 0 m 9 9 l S", box=(0, 0, 9000, 14400)))
    assert max(given(path).shape) == 5000


def test_two_pages_that_share_a_picture_keep_apart(tmp_path):
    """Contract: each page shows its half of a spread; a page that is left as it is keeps the grey one."""
    spread = np.hstack([PAGE, PAGE[:, ::-1]])

    def pages(document):
        picture = document.make_indirect(grey_jpeg(document, spread))
        for left in (0, -60):
            add_page(document, f"q 120 0 0 86 {left} 0 cm /Im0 Do Q", [picture])
        add_page(document, "q 60 0 0 43 0 20 cm /Im0 Do Q", [picture])

    path = made(tmp_path / "a.pdf", pages)
    for index in (0, 1, 2):
        assert unlike(given(path, index), shown(path, index) if index < 2 else np.dstack([spread] * 3)) < 0.02
    _, target = color(path)
    for index, rows in ((0, slice(None)), (1, slice(None)), (2, slice(25, 64))):  # its margins are no picture
        assert np.abs(shown(target, index).astype(int) - tinted(shown(path, index)))[rows].mean() < 6


def test_a_picture_within_a_form_is_found(tmp_path):
    """Contract: the stored JPEG is given as it is, and its form gets the coloured one; forms of other pages do not."""

    def pages(document):
        form = document.make_stream(b"q 60 0 0 86 0 0 cm /Inner Do Q", Type=Name.XObject, Subtype=Name.Form)
        form.BBox = Array([0, 0, 60, 86])
        form.Resources = Dictionary(XObject=Dictionary(Inner=grey_jpeg(document)))
        for content in ("/Im0 Do", "q -1 0 0 1 60 0 cm /Im0 Do Q", "/Im0 Do " + LINE):
            add_page(document, content, [form])

    path = made(tmp_path / "a.pdf", pages)
    from mangacolor.books import open_source

    assert next(iter(open_source(path))).load().data == jpeg(PAGE)
    _, target = color(path)
    for index in range(3):
        assert np.abs(shown(target, index).astype(int) - tinted(shown(path, index))).mean() < 5


def test_a_clip_and_a_state_that_change_nothing_are_no_reason_to_render(tmp_path):
    """Contract: what printing on a Mac writes around a scan leaves its JPEG as it is."""
    content = "q Q q 0 0 60 86 re W n /Cs1 cs 1 1 1 sc /Gs gs q 60 0 0 86 0 0 cm /Im0 Do Q Q"

    def page(document):
        states = Dictionary(Gs=Dictionary(Type=Name.ExtGState, ca=1, BM=Name.Normal, SMask=Name("/None")))
        add_page(document, content, [grey_jpeg(document)], resources={"ExtGState": states})

    from mangacolor.books import open_source

    assert next(iter(open_source(made(tmp_path / "a.pdf", page)))).load().data == jpeg(PAGE)


FONT = {"Font": Dictionary(F=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))}
WORDS = "BT {mode} Tr /F 9 Tf 5 40 Td (Word) Tj ET "


def found_text(path):
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return document[0].get_textpage().get_text_bounded()


@pytest.mark.parametrize("kind", ["over a scan", "over two scans", "in a form", "seen"])
def test_text_can_still_be_searched(tmp_path, kind):
    """Contract: a layer of recognised text stays, unseen; so do words that had to become part of the picture, which is
    told of that page."""

    def page(document):
        words = WORDS.format(mode=0 if kind == "seen" else 3)
        pictures = [grey_jpeg(document)]
        content = full() + words
        if kind == "over two scans":
            content = "q 60 0 0 43 0 0 cm /Im0 Do Q q 60 0 0 43 0 43 cm /Im0 Do Q " + words
        if kind == "in a form":
            form = document.make_stream(words.encode(), Type=Name.XObject, Subtype=Name.Form)
            form.BBox, form.Resources = Array([0, 0, 60, 86]), Dictionary(**FONT)
            pictures.append(form)
            content = full() + "/Im1 Do " + LINE
        add_page(document, content, pictures, resources=FONT)

    path = made(tmp_path / "a.pdf", page)
    assert (next(iter(_data(path))) == jpeg(PAGE)) == (kind == "over a scan")
    target = check_place(path)
    assert found_text(target).strip() == "Word"
    (entry,) = open_source(path)
    assert [note.kind for note in entry.load().image.notes] == ["redrawn"] * (kind in ("seen", "in a form"))


def _data(path):
    return [page.load().data for page in open_source(path)]
