"""Pages of a PDF drawn by pdfium, at the resolution of what is on them."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mangacolor.books.pdf_look import Look, meet
from mangacolor.errors import BadInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

USUAL_DPI = 200
MOST_PIXELS_A_SIDE = 5000
"""Pages that are drawn rather than scanned are rendered at this resolution, and none larger than this: some converters
call a pixel a point, and such a page would come out forty thousand pixels high."""

LEAST_SHARE = 0.1
"""Share of a page's area that decides its resolution: the finest at which that much of it is stored."""

POINTS_PER_INCH = 72

_PDFIUM = threading.Lock()
"""pdfium may not be called from two threads at once."""


def page_pixels(look: Look, most: int) -> tuple[int, int]:
    """Return the size at which a page is rendered: at the resolution of its pictures as they are placed.

    Args:
        look: What the page shows.
        most: Pixels that are not exceeded.
    """
    width, height = look.box[2] - look.box[0], look.box[3] - look.box[1]
    usual = min(USUAL_DPI * look.unit / POINTS_PER_INCH, MOST_PIXELS_A_SIDE / max(width, height))
    across, up = _density(look) or (usual, usual)
    if look.is_drawn_on and max(across, up) < usual:
        across = up = usual
    columns, rows = max(1, round(width * across)), max(1, round(height * up))
    if columns * rows > most:
        smaller = math.sqrt(most / (columns * rows)) * 0.999
        columns, rows = max(1, int(columns * smaller)), max(1, int(rows * smaller))
    return (rows, columns) if look.turn in (90, 270) else (columns, rows)


def _density(look: Look) -> tuple[float, float] | None:
    """Return the pixels in a unit of the page, along both sides; None where there are no pictures to speak of."""
    found = []
    for one in look.placed:
        a, b, c, d, _, _ = one.matrix
        columns, rows = one.size
        across, up = columns / max(math.hypot(a, b), 1e-9), rows / max(math.hypot(c, d), 1e-9)
        if abs(b) > abs(a):
            across, up = up, across
        left, bottom, right, top = meet(one.box, look.box)
        found.append((max(across, up), across, up, (right - left) * (top - bottom)))
    area, page = 0.0, (look.box[2] - look.box[0]) * (look.box[3] - look.box[1])
    for finest, across, up, covered in sorted(found, reverse=True):
        area += covered
        if area >= LEAST_SHARE * page:
            # Pixels that are nearly square are taken as they are; others are made so.
            return (across, up) if min(across, up) > 0.9 * finest else (finest, finest)
    return None


def render(file: Path | bytes, password: str | None, index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw a page without its annotations, which stay on it.

    Args:
        file: The document.
        password: Of the document.
        index: Of the page.
        size: Width and height of the picture in pixels.

    Returns:
        (H, W, 3) uint8.

    Raises:
        BadInputError: pdfium is missing.
        ValueError: It cannot decode the pictures of the page.
        pypdfium2.PdfiumError: The document or the page cannot be opened.
    """
    try:
        import pypdfium2
        import pypdfium2.raw as pdfium
    except ImportError as error:
        raise BadInputError("Rendering needs pypdfium2.", advice='pip install "mangacolor[pdf]"') from error
    with _PDFIUM, pypdfium2.PdfDocument(file, password=password) as document:
        page = document[index]
        bitmap = pypdfium2.PdfBitmap.new_native(*size, pdfium.FPDFBitmap_BGR)
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, *size)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, *size, 0, pdfium.FPDF_REVERSE_BYTE_ORDER)
        rgb = np.array(bitmap.to_numpy()[..., :3])
        if rgb.min() == 255:
            # A picture that it cannot decode it leaves out without a word.
            for thing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
                try:
                    thing.get_bitmap().close()
                except pypdfium2.PdfiumError as error:
                    raise ValueError("its picture cannot be decoded") from error
        return rgb
