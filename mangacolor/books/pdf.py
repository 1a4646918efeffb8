"""PDF books: each page as a picture, and the document again with coloured pictures in their place."""

from __future__ import annotations

import hashlib
import io
import logging
import threading
import weakref
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mangacolor.books.containers import Entry, Limits, Replacement, check_limits, telling
from mangacolor.books.pdf_content import inherited, look_at
from mangacolor.books.pdf_look import Look
from mangacolor.books.pdf_output import exchange, make_picture, make_picture_page
from mangacolor.books.pdf_pictures import (
    as_file,
    draw_picture,
    is_lossy,
    is_marked,
    laid_together,
    orientation,
    stored_jpeg,
)
from mangacolor.books.pdf_render import page_pixels, render
from mangacolor.errors import BadInputError, LockedError, UsageError, reason_of
from mangacolor.image import Note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger("mangacolor")

_ADVICE_LARGE = "Raise --max-pixels, or export its pages as smaller pictures."
_ADVICE_DAMAGED = "Copy or download the file again, or export its pages as pictures."
_ADVICE_PROTECTED = "Save it without protection with the program that opens it."


class PdfContainer:
    """A PDF document; its entries are its pages.

    A page that is one picture gives that picture, a JPEG as its own bytes where they show what readers show, and gets
    the coloured one in its place. Any other page is rendered, and becomes a picture over its text. Pages that come back
    unchanged are left alone. Boxes, rotation, links, outline, labels and metadata stay.
    """

    def __init__(self, path: Path, *, password: str | None = None, limits: Limits | None = None) -> None:
        try:
            import pikepdf
        except ImportError as error:
            raise UsageError(
                f"{path}: reading PDF needs two more libraries.", advice='pip install "mangacolor[pdf]"'
            ) from error
        self.path = path
        self._password = password or ""
        self._limits = limits or Limits()
        self._lock = threading.Lock()  # neither library may be called from two threads at once
        try:
            self._document = pikepdf.open(path, password=self._password)
        except pikepdf.PasswordError as error:
            told = "is encrypted with another password" if password else "is encrypted"
            raise LockedError(f"{path} {told}.", advice="Give its password with --password.") from error
        except pikepdf.PdfError as error:
            if "encryption" in str(error):
                raise BadInputError(f"{path} is protected: {reason_of(error)}.", advice=_ADVICE_PROTECTED) from error
            raise BadInputError(f"{path} is a damaged PDF: {reason_of(error)}.", advice=_ADVICE_DAMAGED) from error
        weakref.finalize(self, self._document.close)
        with telling(path):
            self._looks = [look_at(page) for page in self._document.pages]
            count = len(self._looks)
            names = [f"page {index + 1:0{len(str(count))}}.{self._suffix(index)}" for index in range(count)]
        if not names:
            raise BadInputError(f"{path} has no pages.", advice=_ADVICE_DAMAGED)
        self.entries = tuple(
            Entry(index, name, 0, is_file=True, place=(*look.box, look.turn, look.unit), notes=_notes(look))
            for index, (name, look) in enumerate(zip(names, self._looks, strict=True))
        )
        check_limits(path, self.entries, self._limits)

    def read(self, index: int) -> bytes:
        """Return the picture of a page, as it is stored or rendered.

        Raises:
            BadInputError: It cannot be unpacked or rendered.
        """
        with self._lock, telling(self.path, f"page {index + 1}"):
            look = self._looks[index]
            placed = look.whole()
            if placed is None:
                return as_file(self._rendered(index, look), lossy_like=b"" if self._is_jpeg(index) else None)
            resources, number = self._resources(index), orientation(placed, look.turn)
            jpeg = stored_jpeg(self._document, placed, number, resources)
            if jpeg is not None:
                return jpeg
            width, height = placed.size
            if width * height > self._limits.page_pixels:
                raise BadInputError(
                    f"{self.path}: page {index + 1} is too large: {width} × {height} pixels, the limit is "
                    f"{self._limits.page_pixels / 1e6:g} million.",
                    advice=_ADVICE_LARGE,
                )
            stored = bytes(placed.picture.read_raw_bytes()) if placed.picture is not None else b""
            rgb = draw_picture(self._document, placed, number, resources)
            return as_file(rgb, lossy_like=stored if self._is_jpeg(index) else None)

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> dict[int, str]:
        """Write the document with these pages' pictures replaced; see `containers.Container`."""
        import pikepdf

        with (
            self._lock,
            telling(self.path, reading_only=True),
            pikepdf.open(self.path, password=self._password) as result,
        ):
            made: dict[bytes, Any] = {}
            for index, replacement in replacements.items():
                data = replacement.path.read_bytes()
                if is_marked(data) or self._is_stored(index, data):
                    continue
                key = hashlib.sha256(data).digest()
                if key not in made:
                    made[key] = make_picture(result, data, replacement.name)
                self._put(result, index, made[key])
            if "/Size" not in result.trailer:
                result.trailer.Size = 1  # qpdf writes the right one, but none where a damaged document had none
            result.save(target, linearize=result.is_linearized)
        if self._document.is_encrypted:
            logger.warning("%s is given back without encryption.", self.path)
        return {}

    def _put(self, document: Any, index: int, picture: Any) -> None:
        page, look = document.pages[index], self._looks[index]
        placed = look.whole()
        if placed is None:
            make_picture_page(document, page, look, picture)
        else:
            exchange(document, page, placed, orientation(placed, look.turn), picture)

    def _rendered(self, index: int, look: Look) -> NDArray[np.uint8]:
        """Return a page as readers show it, at the resolution of its pictures."""
        import pypdfium2

        size = page_pixels(look, self._limits.page_pixels)
        together = laid_together(self._document, look, size, self._resources(index))
        if together is not None:
            return together
        try:
            return render(self.path, self._password or None, index, size)
        except (pypdfium2.PdfiumError, IndexError):
            # pdfium repairs less than qpdf does.
            return render(self._repaired, None, index, size)

    @cached_property
    def _repaired(self) -> bytes:
        buffer = io.BytesIO()
        self._document.save(buffer)
        return buffer.getvalue()

    def _suffix(self, index: int) -> str:
        return "jpg" if self._is_jpeg(index) else "png"

    def _is_jpeg(self, index: int) -> bool:
        """Say whether a page holds pictures that are not stored without loss; its coloured twin is not, either."""
        return any(one.picture is not None and is_lossy(one.picture) for one in self._looks[index].placed)

    def _is_stored(self, index: int, data: bytes) -> bool:
        """Say whether a file is what a page holds, to the byte."""
        placed = self._looks[index].whole()
        return placed is not None and placed.picture is not None and bytes(placed.picture.read_raw_bytes()) == data

    def _resources(self, index: int) -> Any:
        return inherited(self._document.pages[index], "/Resources")


def _notes(look: Look) -> tuple[Note, ...]:
    is_redrawn = look.is_drawn_on or not look.is_known
    text = "is given back as a picture, with the text and shapes on it; its text can still be searched"
    return (Note("redrawn", text),) * is_redrawn
