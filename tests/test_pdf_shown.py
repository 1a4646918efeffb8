"""What the colorizer gets of a PDF's page is what readers show of it, and so is what comes back.

Oracle: pdfium's rendering of the whole page, before and after, and the page as it was drawn.
"""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from pdf_drawn import (
    add_page,
    color,
    drawn,
    full,
    given,
    grey_jpeg,
    image_stream,
    jpeg,
    made,
    packed,
    shown,
    tinted,
    unlike,
)
from PIL import Image, ImageCms

pikepdf = pytest.importorskip("pikepdf")
pytest.importorskip("pypdfium2")

from pikepdf import Array, Dictionary, Name, String  # noqa: E402

PAGE = drawn()
NEGATIVE = 255 - PAGE
SIZE = PAGE.shape[::-1]


def tint(document, code, inputs=1, outputs=1):
    function = document.make_stream(code)
    function.FunctionType = 4
    function.Domain, function.Range = Array([0, 1] * inputs), Array([0, 1] * outputs)
    return function


def inverted_jpeg(document):
    return grey_jpeg(document, NEGATIVE, Decode=Array([1, 0]))


def inverted_bits(document):
    bits = np.packbits(PAGE < 128, axis=1).tobytes()
    return image_stream(document, bits, SIZE, bits=1, Decode=Array([1, 0]))


def separation(document):
    space = Array([Name.Separation, Name.Black, Name.DeviceGray, tint(document, b"{ 1 exch sub }")])
    return grey_jpeg(document, NEGATIVE, space=space)


def device_n(document):
    space = Array([Name.DeviceN, Array([Name.Black]), Name.DeviceGray, tint(document, b"{ 1 exch sub }")])
    return packed(NEGATIVE, space=space)(document)


def indexed_separation(document):
    base = Array([Name.Separation, Name("/Ink"), Name.DeviceGray, tint(document, b"{ 1 exch sub }")])
    return packed(NEGATIVE, space=Array([Name.Indexed, base, 255, String(bytes(range(256)))]))(document)


def indexed(document):
    palette = bytes(255 - value for value in range(256) for _ in range(3))
    return packed(NEGATIVE, space=Array([Name.Indexed, Name.DeviceRGB, 255, String(palette)]))(document)


def lab(document):
    lightness = np.dstack([PAGE, np.full_like(PAGE, 128), np.full_like(PAGE, 128)])
    space = Array([Name.Lab, Dictionary(WhitePoint=Array([0.9505, 1, 1.089]), Range=Array([-128, 127, -128, 127]))])
    return packed(lightness, space=space)(document)


def cal_grey(document):
    return packed(PAGE, space=Array([Name.CalGray, Dictionary(WhitePoint=Array([0.95, 1, 1.09]), Gamma=2.2)]))(document)


def cmyk(document, inverted=False):
    inks = np.zeros((*PAGE.shape, 4), np.uint8)
    inks[..., 3] = NEGATIVE
    return packed(
        255 - inks if inverted else inks, space="/DeviceCMYK", **({"Decode": Array([1, 0] * 4)} if inverted else {})
    )(document)


def cmyk_jpeg(document, decode=False):
    inks = np.zeros((*PAGE.shape, 4), np.uint8)
    inks[..., 3] = NEGATIVE
    data = jpeg(Image.fromarray(inks, "CMYK"))  # Pillow stores it inverted, as Adobe does, and says so by a marker
    return image_stream(
        document,
        data,
        SIZE,
        space="/DeviceCMYK",
        filter=Name.DCTDecode,
        **({"Decode": Array([1, 0] * 4)} if decode else {}),
    )


def colour_keyed(document):
    keyed = np.where(PAGE == 255, 7, PAGE).astype(np.uint8)  # the paper is the key, and shows the white below
    return packed(keyed, space="/DeviceGray", Mask=Array([7, 7]))(document)


def soft_masked(document):
    mask = packed(NEGATIVE, space="/DeviceGray")(document)
    return packed(np.zeros_like(PAGE), space="/DeviceGray", SMask=mask)(document)


def hard_masked(document):
    bits = np.packbits(PAGE > 128, axis=1).tobytes()
    mask = image_stream(document, bits, SIZE, space=None, bits=1, ImageMask=True)
    return packed(np.zeros_like(PAGE), space="/DeviceGray", Mask=mask)(document)


def stencil(document):
    return image_stream(document, np.packbits(PAGE > 128, axis=1).tobytes(), SIZE, space=None, bits=1, ImageMask=True)


def jpeg_2000(document):
    buffer = io.BytesIO()
    Image.fromarray(PAGE).save(buffer, "JPEG2000")
    return image_stream(document, buffer.getvalue(), SIZE, filter=Name.JPXDecode)


def fax(document, black_is_1=False):
    buffer = io.BytesIO()
    Image.fromarray((PAGE > 128) ^ (not black_is_1)).save(buffer, "TIFF", compression="group4")
    buffer.seek(0)
    with Image.open(buffer) as image:
        start, length = image.tag_v2[273][0], image.tag_v2[279][0]
    how = Dictionary(K=-1, Columns=SIZE[0], Rows=SIZE[1], BlackIs1=black_is_1)
    data = buffer.getvalue()[start : start + length]
    return image_stream(document, data, SIZE, bits=1, filter=Name.CCITTFaxDecode, DecodeParms=how)


def chained(document):
    return image_stream(document, zlib.compress(jpeg(PAGE)), SIZE, filter=Array([Name.FlateDecode, Name.DCTDecode]))


def chained_thrice(document):
    data = zlib.compress(jpeg(PAGE)).hex().encode() + b">"
    filters = Array([Name.ASCIIHexDecode, Name.FlateDecode, Name.DCTDecode])
    return image_stream(document, data, SIZE, filter=filters)


def sixteen_bits(document):
    return image_stream(document, (PAGE.astype(">u2") * 257).tobytes(), SIZE, bits=16)


def four_bits(document):
    nibbles = PAGE >> 4
    return image_stream(document, (nibbles[:, ::2] << 4 | nibbles[:, 1::2]).tobytes(), SIZE, bits=4)


def turned_by_exif(document):
    exif = Image.Exif()
    exif[274] = 6
    return image_stream(document, jpeg(PAGE, exif=exif.tobytes()), SIZE, filter=Name.DCTDecode)


def profiled_jpeg(document):
    """A profile within the JPEG, which readers pass over: by it the greys would come out other than they are."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    rgb = np.repeat(PAGE[..., None], 3, axis=2)
    return image_stream(document, jpeg(rgb, icc_profile=profile), SIZE, space="/DeviceRGB", filter=Name.DCTDecode)


def icc_jpeg(document):
    profile = document.make_stream(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), N=3)
    rgb = np.repeat(PAGE[..., None], 3, axis=2)
    return image_stream(document, jpeg(rgb), SIZE, space=Array([Name.ICCBased, profile]), filter=Name.DCTDecode)


BILEVEL = {"inverted_bits", "hard_masked", "stencil", "fax", "fax_black_is_1"}
KINDS = {
    one.__name__: one
    for one in (
        *(inverted_jpeg, inverted_bits, separation, device_n, indexed_separation, indexed, lab, cal_grey, cmyk),
        *(cmyk_jpeg, colour_keyed, soft_masked, hard_masked, stencil, jpeg_2000, fax, chained, chained_thrice),
        *(sixteen_bits, four_bits, turned_by_exif, profiled_jpeg, icc_jpeg),
    )
}
KINDS["cmyk_inverted"] = lambda document: cmyk(document, inverted=True)
KINDS["cmyk_jpeg_decoded_inverted"] = lambda document: cmyk_jpeg(document, decode=True)
KINDS["fax_black_is_1"] = lambda document: fax(document, black_is_1=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_picture_is_taken_as_it_is_shown(tmp_path, kind):
    """Contract: pixel for pixel what pdfium shows, the drawn page where its values say so; back in its own place."""
    path = made(tmp_path / "a.pdf", lambda document: add_page(document, full(), [KINDS[kind](document)]))
    before, page = shown(path), given(path)
    assert page.shape == (*PAGE.shape, 3)
    assert unlike(page, before) < 0.01
    if kind not in ("cmyk_jpeg_decoded_inverted", "cal_grey", "cmyk", "cmyk_inverted", "cmyk_jpeg"):
        drawn_page = np.where(PAGE > 128, 255, 0) if kind in BILEVEL else PAGE
        assert np.abs(page.astype(int) - drawn_page[..., None]).mean() < (10 if kind == "four_bits" else 4)
    ((result,), target) = color(path)
    assert result.status == "colored"
    assert result.notes == ()
    assert unlike(shown(target), tinted(before)) < 0.03
    with pikepdf.open(target) as document:
        (picture,) = document.pages[0].Resources.XObject.values()
        assert (picture.Width, picture.Height) == SIZE


ON_TOP = {
    "text": "BT /F 20 Tf 5 20 Td (AB) Tj ET",
    "line": "1 w 0 G 5 5 m 40 50 l S",
    "shape below": "",
    "blend": "/Multiply gs q 20 0 0 20 5 5 cm /Im0 Do Q",
    "half transparent": "/Half gs q 20 0 0 20 5 5 cm /Im0 Do Q",
    "twice": "q 20 0 0 20 5 5 cm /Im0 Do Q",
    "inline": "q 20 0 0 20 5 5 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x30 EI Q",
    "clipped by a shape": "",
    "skewed": "",
    "another form": "/Fm Do",
}
BELOW = {
    "shape below": "0.5 g 0 0 60 86 re f q 50 0 0 70 5 5 cm /Im0 Do Q ",
    "clipped by a shape": "q 5 5 m 55 5 l 30 80 l h W n " + full() + "Q ",
    "skewed": "q 40 15 -12 60 15 5 cm /Im0 Do Q ",
}


@pytest.mark.parametrize("kind", ON_TOP)
def test_a_page_that_shows_more_is_taken_whole(tmp_path, kind):
    """Contract: what the colorizer gets and what comes back look as the page does, at its picture's resolution."""

    def page(document):
        form = document.make_stream(b"1 0 0 RG 3 w 5 5 30 30 re S", Type=Name.XObject, Subtype=Name.Form)
        form.BBox = Array([0, 0, 60, 86])
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        states = Dictionary(Multiply=Dictionary(BM=Name.Multiply), Half=Dictionary(ca=0.5))
        one = add_page(
            document, BELOW.get(kind, full()) + ON_TOP[kind], [grey_jpeg(document)],
            resources={"Font": Dictionary(F=font), "ExtGState": states},
        )  # fmt: skip
        one.Resources.XObject["/Fm"] = form

    path = made(tmp_path / "a.pdf", page)
    look, pixels = shown(path, scale=200 / 72), given(path)
    assert min(pixels.shape[0] / PAGE.shape[0], pixels.shape[1] / PAGE.shape[1]) > 0.98
    bigger = np.asarray(Image.fromarray(pixels).resize(look.shape[1::-1], Image.Resampling.BOX))
    assert np.abs(bigger.astype(int) - look).mean() < 6
    ((result,), target) = color(path)
    assert result.status == "colored"
    assert np.abs(shown(target, scale=200 / 72).astype(int) - tinted(look)).mean() < 6


def test_a_hidden_layer_is_not_shown(tmp_path):
    """Contract: of two pictures, one in a layer that is off, the page is the other one."""

    def page(document):
        group = document.make_indirect(Dictionary(Type=Name.OCG, Name=String("draft")))
        document.Root.OCProperties = Dictionary(
            OCGs=Array([group]), D=Dictionary(OFF=Array([group]), Order=Array([group]))
        )
        pictures = [grey_jpeg(document), grey_jpeg(document, NEGATIVE, OC=group)]
        add_page(document, full() + full("Im1"), pictures)

    path = made(tmp_path / "a.pdf", page)
    assert unlike(given(path), np.repeat(PAGE[..., None], 3, axis=2)) < 0.02


def test_a_picture_that_cannot_be_decoded_is_told(tmp_path):
    """Contract: the page fails with a reason and stays as it was; it is not taken for a blank one."""
    path = made(
        tmp_path / "a.pdf",
        lambda document: add_page(document, full(), [image_stream(document, b"rubbish", SIZE, filter=Name.JPXDecode)]),
        lambda document: add_page(document, full(), [grey_jpeg(document)]),
    )
    results, target = color(path)
    assert [result.status for result in results] == ["failed", "colored"]
    assert "page 1 is damaged: its picture cannot be decoded." in results[0].error
    with pikepdf.open(target) as document:
        assert bytes(document.pages[0].Resources.XObject.Im0.read_raw_bytes()) == b"rubbish"
