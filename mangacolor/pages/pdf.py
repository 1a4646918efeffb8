"""PDF books: each page as a picture, and the document again with coloured pictures in their place."""

from __future__ import annotations

import io
import math
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mangacolor.errors import BadInputError, UsageError
from mangacolor.image import decode
from mangacolor.pages.containers import Entry, Limits, Replacement, check_limits, telling

USUAL_DPI = 200
DPI_RANGE = (100, 400)
"""Resolution at which pages are rendered that are not one picture: that of the pictures on them within this range."""

POINTS_PER_INCH = 72
LEAST_COVER = 0.9
"""Share of a page, along both sides, that a picture covers which is the page."""

_PLACING_ONLY = {"q", "Q", "cm", "Do", "gs", "BMC", "BDC", "EMC", "MP", "DP", "ri", "i"}
_ADVICE_LARGE = "Raise --max-pixels, or export its pages as smaller pictures."
_ADVICE_DAMAGED = "Copy or download the file again, or export its pages as pictures."


class PdfContainer:
    """A PDF document; its entries are its pages.

    A page that is one picture gives that picture, a JPEG as its own bytes, and gets the coloured one in its place. Any
    other page is rendered, and becomes a picture. Page sizes, outline, labels and metadata stay.
    """

    def __init__(self, path: Path, *, password: str | None = None, limits: Limits | None = None) -> None:
        try:
            import pikepdf
        except ImportError as error:
            raise UsageError(
                f"{path}: reading PDF needs two more libraries.", advice="pip install 'mangacolor[pdf]'"
            ) from error
        self.path = path
        self._password = password or ""
        self._limits = limits or Limits()
        self._lock = threading.Lock()  # neither library may be called from two threads at once
        try:
            self._document = pikepdf.open(path, password=self._password)
        except pikepdf.PasswordError as error:
            raise BadInputError(f"{path} is encrypted.", advice="Give its password with --password.") from error
        except pikepdf.PdfError as error:
            raise BadInputError(f"{path} is a damaged PDF: {error}.", advice=_ADVICE_DAMAGED) from error
        weakref.finalize(self, self._document.close)
        with telling(path):
            count = len(self._document.pages)
            names = [f"page {index + 1:0{len(str(count))}}.{self._suffix(index)}" for index in range(count)]
        self.entries = tuple(Entry(index, name, 0, is_file=True) for index, name in enumerate(names))
        check_limits(path, self.entries, self._limits)

    def read(self, index: int) -> bytes:
        """Return the picture of a page, as it is stored or rendered.

        Raises:
            BadInputError: It cannot be unpacked or rendered.
        """
        import pikepdf

        with self._lock, telling(self.path, f"page {index + 1}"):
            picture = self._picture(index)
            if picture is None:
                return self._render(index)
            if _is_plain_jpeg(picture):
                return bytes(picture.read_raw_bytes())
            width, height = int(picture.Width), int(picture.Height)
            if width * height > self._limits.page_pixels:
                raise BadInputError(
                    f"{self.path}: page {index + 1} is too large: {width} × {height} pixels, the limit is "
                    f"{self._limits.page_pixels / 1e6:g} million.",
                    advice=_ADVICE_LARGE,
                )
            buffer = io.BytesIO()
            pikepdf.PdfImage(picture).as_pil_image().save(buffer, "PNG")
            return buffer.getvalue()

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> None:
        """Write the document with these pages' pictures replaced; see `containers.Container`."""
        import pikepdf

        with self._lock, pikepdf.open(self.path, password=self._password) as result:
            for index, replacement in replacements.items():
                data = replacement.path.read_bytes()
                picture = _picture_of(result.pages[index])
                if picture is None:
                    picture = _make_picture_page(result, result.pages[index])
                _put(picture, data, replacement.name)
            result.save(target)

    def _suffix(self, index: int) -> str:
        picture = self._picture(index)
        return "jpg" if picture is not None and _is_plain_jpeg(picture) else "png"

    def _picture(self, index: int) -> Any | None:
        return _picture_of(self._document.pages[index])

    def _render(self, index: int) -> bytes:
        try:
            import pypdfium2
        except ImportError as error:
            raise BadInputError(
                f"{self.path}: rendering page {index + 1} needs pypdfium2.", advice="pip install 'mangacolor[pdf]'"
            ) from error
        page = self._document.pages[index]
        with pypdfium2.PdfDocument(self.path, password=self._password or None) as document:
            width, height = document[index].get_size()
            # A poster is rendered as large as a page may be, whatever its resolution.
            scale = min(
                _resolution(page) / POINTS_PER_INCH,
                math.sqrt(self._limits.page_pixels / max(width * height, 1)) * 0.999,
            )
            image = document[index].render(scale=scale).to_pil()
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "PNG")
        return buffer.getvalue()


def _picture_of(page: Any) -> Any | None:
    """Return the picture that a page consists of; None where it holds anything else."""
    import pikepdf

    try:
        placed = _placed(page)
        if len(placed) != 1 or placed[0].get("/Subtype") != "/Image":
            return None
        if any(mask in placed[0] for mask in ("/SMask", "/ImageMask", "/Mask")):
            return None
        steps = pikepdf.parse_content_stream(page)
        if any(str(step.operator) not in _PLACING_ONLY for step in steps):
            return None
        matrices = [[float(number) for number in step.operands] for step in steps if str(step.operator) == "cm"]
        across = down = 1.0
        for a, b, c, d, *_ in matrices:
            across, down = across * max(abs(a), abs(b)), down * max(abs(c), abs(d))
        left, bottom, right, top = (float(side) for side in page.mediabox)
    except Exception:  # Odd documents raise nearly anything; what is no plain picture is rendered.
        return None
    is_whole = min(across / max(right - left, 1e-6), down / max(top - bottom, 1e-6)) >= LEAST_COVER
    return placed[0] if is_whole else None


def _placed(page: Any) -> list[Any]:
    """Return the pictures and forms that a page may place."""
    return list(page.resources.get("/XObject", {}).values())


def _is_plain_jpeg(picture: Any) -> bool:
    """Say whether a picture's own bytes are a JPEG that shows what the PDF shows."""
    filters = picture.get("/Filter")
    is_jpeg = filters == "/DCTDecode" or (
        not isinstance(filters, str) and filters is not None and str(filters) == "['/DCTDecode']"
    )
    return is_jpeg and str(picture.get("/ColorSpace")) in ("/DeviceGray", "/DeviceRGB") and "/Decode" not in picture


def _resolution(page: Any) -> float:
    """Return the dots per inch of the finest picture on a page, were it as wide as the page."""
    left, _, right, _ = (float(side) for side in page.mediabox)
    widths = [int(picture.get("/Width", 0)) for picture in _placed(page)]
    dpi = POINTS_PER_INCH * max(widths) / max(right - left, 1e-6) if widths else USUAL_DPI
    return min(max(dpi, DPI_RANGE[0]), DPI_RANGE[1])


def _make_picture_page(document: Any, page: Any) -> Any:
    """Empty a page and put a picture over all of it."""
    import pikepdf

    picture = document.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    left, bottom, right, top = (float(side) for side in page.mediabox)
    turn = int(page.get("/Rotate", 0)) % 360
    width, height = right - left, top - bottom
    # What was rendered is upright; the page is not to be turned again.
    if turn in (90, 270):
        width, height = height, width
        page.MediaBox = pikepdf.Array([0, 0, width, height])
        left = bottom = 0.0
    page.Rotate = 0
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Page=picture))
    placing = f"q {width:g} 0 0 {height:g} {left:g} {bottom:g} cm /Page Do Q"
    page.Contents = document.make_stream(placing.encode())
    return picture


def _put(picture: Any, data: bytes, name: str) -> None:
    """Give a picture of a PDF new content."""
    import pikepdf

    image = decode(data, name=name, max_pixels=sys.maxsize)  # the page that it replaces was not too large
    height, width = image.rgb.shape[:2]
    if data.startswith(b"\xff\xd8"):
        picture.write(data, filter=pikepdf.Name.DCTDecode)
    else:
        picture.write(image.rgb.tobytes())
    picture.ColorSpace, picture.BitsPerComponent = pikepdf.Name.DeviceRGB, 8
    picture.Width, picture.Height = width, height
    for key in ("/Decode", "/DecodeParms", "/ColorTransform", "/Mask", "/Alternates"):
        if key in picture:
            del picture[key]
