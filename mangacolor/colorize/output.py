"""The file that a page becomes: in its own format where that holds it, and as it was where nothing was done."""

from __future__ import annotations

from pathlib import PurePosixPath

from mangacolor.books import Page, PageSink
from mangacolor.image import DecodedImage, FileFormat, Note, encode, fits, format_for
from mangacolor.image.formats import FORMAT_OF_PILLOW, WRITTEN_SUFFIXES


def needed_format(page: Page, sink: PageSink) -> FileFormat | None:
    """Say which format a page needs that the one it should have cannot hold; None where that one will do."""
    wanted = sink.file_format(page.name)
    held = format_for(page.image, wanted)
    is_needed = not fits(page.image, wanted)
    return held if held != wanted and sink.takes(page.name, held, is_needed=is_needed) else None


def encode_page(page: Page, outcome: str, sink: PageSink, quality: int | None) -> tuple[bytes, tuple[Note, ...]]:
    """Return the bytes of a page's output, and what they do not keep exactly.

    Args:
        page: Coloured, or not.
        outcome: What was done with it.
        sink: Where it goes.
        quality: See `encode`.

    Raises:
        BadInputError: It does not fit into its format, and may not change it.
    """
    image, wanted = page.image, sink.file_format(page.name)
    is_same = outcome != "colored" and FORMAT_OF_PILLOW.get(image.format) == wanted
    if page.data and (is_same or image.is_fixed):
        return page.data, tuple(note for note in image.notes if note.kind == "damaged" or image.is_fixed)
    format = needed_format(page, sink) or wanted
    notes = [*image.notes, *_losses(image, format, wanted), *_misnamed(page, format)]
    return encode(image, format=format, quality=quality), tuple(notes)


def _misnamed(page: Page, format: FileFormat) -> list[Note]:
    """Say that a page is written in the format of its name, where it came in another."""
    named = WRITTEN_SUFFIXES.get(PurePosixPath(page.name).suffix.lower())
    if named != format or not page.image.format or FORMAT_OF_PILLOW.get(page.image.format) == format:
        return []
    return [Note("misnamed", f"was {page.image.format} by another name, and is what its name says now")]


def _losses(image: DecodedImage, format: FileFormat, wanted: FileFormat) -> list[Note]:
    if format != wanted:
        return [Note("format", f"does not fit into {wanted} and is written as {format}")]
    if format_for(image, format) == format:
        return []
    if image.animation is not None:
        return [Note("frames", f"is an animation, of which {format} keeps the first frame")]
    return [Note("format", f"has transparency, which {format} has not: it lies on white")]
