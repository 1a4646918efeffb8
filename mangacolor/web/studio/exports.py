"""What leaves the studio: a page in some format, and the book as `mangacolor colorize` would write it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from PIL import Image

from mangacolor.books import open_sinks
from mangacolor.books.temporary import PLACE, told_if_full
from mangacolor.colorize.output import encode_page
from mangacolor.errors import BadInputError
from mangacolor.image import FileFormat, encode, format_for
from mangacolor.image.formats import FORMAT_OF_PILLOW

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mangacolor.books import Page
    from mangacolor.web.studio.project import Project

    Pixels = NDArray[np.uint8]
    PictureOf = Callable[[int], Pixels | None]
    """Returns a page in colour (H, W, 3); None for one that stays as it is."""

PDF_DPI = 150.0
"""Of pages that do not say theirs."""


def page_file(page: Page, rgb: Pixels | None, format: str = "keep") -> tuple[bytes, str]:
    """Return the file of a page, and its format.

    Args:
        page: As it came.
        rgb: Its picture in colour (H, W, 3); None for a page that stays as it is.
        format: A file format; `keep` for the page's own.
    """
    own = FORMAT_OF_PILLOW.get(page.image.format, "png")
    wanted = cast("FileFormat", own if format == "keep" else format)
    if rgb is None and page.data and wanted == own:
        return page.data, own
    done = page.image if rgb is None else replace(page.image, rgb=rgb, animation=None)
    made = format_for(done, wanted)
    return encode(done, format=made), made


def write_same(project: Project, picture_of: PictureOf, folder: Path) -> Path:
    """Write a book as `colorize` does: of the kind it came as, with everything else that is in it.

    Args:
        project: Whose book.
        picture_of: Its pages in colour.
        folder: Where it is written.

    Returns:
        The file.

    Raises:
        BadInputError: It cannot be written as what it is.
        CannotWriteError: No right or no space.
    """
    (placed,) = open_sinks([project.source], folder / "coloured", format="keep")
    sink = replace(placed, elsewhere=PLACE)  # what is taken away is made among temporary files
    written: Path | None = None
    try:
        sink.begin("studio", overwrite=True)
        for page, rgb in _pages(project, picture_of):
            done, outcome = (page, "blank") if rgb is None else (_in_colour(page, rgb), "colored")
            data, _ = encode_page(done, outcome, sink, None)
            written = sink.write(done, data) or written
        written = sink.finish() or written
    finally:
        sink.close()
    if written is None:
        raise BadInputError(f"No page of {project.name} can be written.")
    return written


def write_cbz(project: Project, picture_of: PictureOf, folder: Path) -> Path:
    """Write the pages of a project as a CBZ, numbered in reading order; see `write_same`."""
    path = folder / "coloured.cbz"
    with told_if_full(path), zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, (page, rgb) in enumerate(_pages(project, picture_of), 1):
            data, format = page_file(page, rgb)
            archive.writestr(f"{number:04d}.{format}", data)
    return path


def write_pdf(project: Project, picture_of: PictureOf, folder: Path) -> Path:
    """Write the pages of a project as a PDF of pictures; see `write_same`."""
    path = folder / "coloured.pdf"
    for page, rgb in _pages(project, picture_of):  # one by one, for the memory
        picture = Image.fromarray(page.image.rgb if rgb is None else rgb)
        dpi, _ = page.image.dpi or (PDF_DPI, PDF_DPI)
        with told_if_full(path):
            picture.save(path, "PDF", resolution=float(dpi), quality=92, append=path.exists())
    return path


def write_each(project: Project, file_of: Callable[[int], bytes], suffix: str, folder: Path) -> Path:
    """Write a file for each page that can be read into a ZIP.

    Args:
        project: Whose pages.
        file_of: Makes the file of a page.
        suffix: Of its name, with its dot.
        folder: Where the ZIP is written.

    Raises:
        CannotWriteError: No right or no space.
    """
    path = folder / f"coloured{suffix}.zip"
    with told_if_full(path), zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, record in enumerate(project.pages):
            if record.width:
                stem = PurePosixPath(record.name).stem
                archive.writestr(f"{number + 1:04d} {stem}{suffix}", file_of(number))
    return path


def _pages(project: Project, picture_of: PictureOf) -> Iterator[tuple[Page, Pixels | None]]:
    for number, entry in enumerate(project.entries):
        try:
            page = entry.load()
        except BadInputError:
            continue  # in a book, it stays as it was
        yield page, None if page.image.is_fixed else picture_of(number)


def _in_colour(page: Page, rgb: Pixels) -> Page:
    return replace(page, image=replace(page.image, rgb=rgb, animation=None))
