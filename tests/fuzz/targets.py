"""What is fuzzed: bytes in, nothing but errors of ours out."""

from __future__ import annotations

import contextlib
import io
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))
from rar5 import stored_rar

from mangacolor.books import Limits, open_source
from mangacolor.books.book_kinds import book_kind
from mangacolor.books.containers import Replacement
from mangacolor.errors import MangacolorError
from mangacolor.image import decode, encode

MAX_PIXELS = 250_000
LIMITS = Limits(entries=100, entry_bytes=1 << 20, harmless_bytes=4 << 20)


def picture(data):
    """Read any bytes as a picture, and write what was read."""
    with contextlib.suppress(MangacolorError):
        image = decode(data, max_pixels=MAX_PIXELS, as_page=True)
        for format in ("jpg", "webp"):
            encode(image, format=format)
        if image.animation is not None:
            encode(image, format="png")


def book(data):
    """Open any bytes as a book, read its first pages, and write it with one replaced."""
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(MangacolorError):
        path = Path(folder) / "a"
        path.write_bytes(data)
        if book_kind(path) is None:
            return
        source = open_source(path, limits=LIMITS)
        for page in list(source)[:3]:
            with contextlib.suppress(MangacolorError):
                source.container.read(page.index)
        new = Path(folder) / "page"
        new.write_bytes(_picture(source.pages[0].name))
        first = source.pages[0]
        source.container.rewrite(Path(folder) / "b", {first.index: Replacement(first.name, new)})


def _picture(name):
    buffer = io.BytesIO()
    suffix = name.lower().rpartition(".")[2]
    Image.new("RGB", (4, 4)).save(buffer, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, "PNG"))
    return buffer.getvalue()


TARGETS = {"picture": picture, "book": book}


def seeds(target):
    """Return small files that are in order, for the fuzzer to begin with."""
    grey = Image.new("L", (9, 7), 80)
    if target == "picture":
        found = []
        for format in ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000"):
            buffer = io.BytesIO()
            grey.save(buffer, format)
            found.append(buffer.getvalue())
        for format in ("PNG", "WEBP", "GIF", "MPO"):
            buffer = io.BytesIO()
            grey.save(buffer, format, save_all=True, append_images=[Image.new("L", (9, 7), 200)])
            found.append(buffer.getvalue())
        return found
    pages = {"1.png": _picture("1.png"), "2.jpg": _picture("2.jpg"), "note.txt": b"note"}
    zipped, tarred, tiff = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in pages.items():
            archive.writestr(name, data)
    with tarfile.open(fileobj=tarred, mode="w:gz") as archive:
        for name, data in pages.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    grey.save(tiff, "TIFF", save_all=True, append_images=[grey])
    pdf = io.BytesIO()
    grey.save(pdf, "PDF")
    return [zipped.getvalue(), tarred.getvalue(), tiff.getvalue(), pdf.getvalue(), stored_rar(pages)]
