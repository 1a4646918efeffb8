"""PDF documents drawn by hand, and a painter whose work can be told from the page; shared by the tests of PDF."""

from __future__ import annotations

import dataclasses
import io
import zlib

import numpy as np
from PIL import Image

from mangacolor.books import open_sinks, open_source
from mangacolor.colorize.run import colorize_pages

TINT = np.array([1.0, 0.7, 0.4])


class Tinter:
    """Stands in for the colorizer: tints what it gets, so that place and turn can be seen; `leaves` leaves pages."""

    settings = "tint"
    pages_at_once = 1
    decides_by_areas = False

    def __init__(self, leaves=None):
        self.leaves = leaves

    def colorize_page(self, page, hints=()):
        if self.leaves:
            return page, self.leaves
        return dataclasses.replace(page, rgb=tinted(page.rgb)), "colored"


def tinted(rgb):
    return np.rint(np.asarray(rgb) * TINT).astype(np.uint8)


def drawn(height=86, width=60):
    """(H, W) uint8: a page on which up and left can be told: blocks of grey, a black corner, a white one."""
    page = np.full((height, width), 255, np.uint8)
    page[: height // 3, : width // 3] = 0
    page[: height // 3, width // 3 : 2 * width // 3] = 90
    page[height // 3 : 2 * height // 3, : width // 2] = 180
    page[2 * height // 3 :, width // 4 : width // 2] = 40
    page[height // 2 :, 3 * width // 4 :] = np.linspace(30, 220, height - height // 2)[:, None]
    return page


def jpeg(array, **options):
    buffer = io.BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(buffer, "JPEG", **{"quality": 95, **options})
    return buffer.getvalue()


def image_stream(document, data, size, *, space="/DeviceGray", filter=None, bits=8, **keys):
    """Return a picture of a PDF whose packed bytes and keys are these."""
    from pikepdf import Name

    stream = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Image, Width=size[0], Height=size[1])
    if space is not None:
        stream.ColorSpace = Name(space) if isinstance(space, str) else space
    stream.BitsPerComponent = bits
    for key, value in keys.items():
        stream["/" + key] = value
    how = keys.get("DecodeParms")
    stream.write(data, **({"filter": filter, "decode_parms": how} if filter is not None else {}))
    return stream


def grey_jpeg(document, array=None, **keys):
    """Return a picture of a PDF that is a grey JPEG."""
    from pikepdf import Name

    array = drawn() if array is None else array
    return image_stream(document, jpeg(array), array.shape[::-1], filter=Name.DCTDecode, **keys)


def packed(array, **keys):
    """Return a function that makes a picture of a PDF of 8-bit samples, packed without loss."""
    from pikepdf import Name

    def make(document):
        return image_stream(
            document, zlib.compress(array.tobytes()), array.shape[1::-1], filter=Name.FlateDecode, **keys
        )

    return make


def add_page(document, content, pictures=(), box=(0, 0, 60, 86), resources=None, **keys):
    """Append a page with pictures named Im0, Im1, ... to a document."""
    from pikepdf import Array, Dictionary, Name, Page

    page = Dictionary(Type=Name.Page, MediaBox=Array(list(box)), Contents=document.make_stream(content.encode()))
    page.Resources = Dictionary(
        XObject=Dictionary({f"/Im{index}": one for index, one in enumerate(pictures)}), **(resources or {})
    )
    for key, value in keys.items():
        page["/" + key] = value
    document.pages.append(Page(document.make_indirect(page)))
    return document.pages[-1]


def full(name="Im0", width=60, height=86):
    return f"q {width} 0 0 {height} 0 0 cm /{name} Do Q "


def made(path, *pages):
    """Write a document; each of `pages` is called with it and adds to it."""
    import pikepdf

    with pikepdf.new() as document:
        for page in pages:
            page(document)
        document.save(path)
    return path


def color(path, painter=None, **options):
    sources = [open_source(path, **options)]
    sinks = open_sinks(sources)
    return list(colorize_pages(painter or Tinter(), sources, sinks)), sinks[0].target


def shown(path, index=0, scale=1, password=None):
    """Return what pdfium shows of a page: (H, W, 3) uint8."""
    import pypdfium2

    with pypdfium2.PdfDocument(path, password=password) as document:
        return np.asarray(document[index].render(scale=scale).to_pil().convert("RGB"))


def given(path, index=0):
    """Return the picture that the colorizer gets of a page: (H, W, 3) uint8."""
    return list(open_source(path))[index].load().image.rgb


def unlike(one, other):
    """Return the share of pixels that differ by more than what JPEG does."""
    assert one.shape == other.shape
    return float((np.abs(one.astype(int) - other).max(axis=2) > 12).mean())
