"""Which pages of a book, or pictures of a folder, others are to follow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.books import PageEntry, PageSource, evenly_chosen
from mangacolor.errors import BadInputError
from mangacolor.image import MAX_PIXELS
from mangacolor.page.kinds import is_colored

PAGES_OF_A_BOOK = 4
"""Most pages that are followed of one book: every page is compared with all of them, and more tell little more."""


def read_references(source: PageSource, *, max_pixels: int = MAX_PIXELS) -> list[NDArray[np.uint8]]:
    """Read the pictures of a source whose colours pages may follow.

    Of a book or a folder those are the pages in colour, evenly chosen and the first always among them. So a book can be
    coloured after its own cover. Grey pictures are none: they would take the colour from every page.

    Args:
        source: A picture, a book, or a folder of pictures.
        max_pixels: Refuse pictures that have more; pages of a book that have are passed over, as are broken ones.

    Returns:
        (H, W, 3) sRGB each, at most `PAGES_OF_A_BOOK`.

    Raises:
        BadInputError: The picture cannot be read or is not in colour, or no page of the book is.
    """
    entries: list[PageEntry] = [*source]
    is_alone = len(entries) == 1
    if not is_alone:
        entries = evenly_chosen([entry for entry in entries if _is_colored(entry, max_pixels)], PAGES_OF_A_BOOK)
    pictures = [entry.load(max_pixels=max_pixels).image.rgb for entry in entries]
    if not pictures or (is_alone and not is_colored(pictures[0])):
        raise BadInputError(
            f"{source.path}: {'it is not' if is_alone else 'none of its pages is'} in colour, so there is nothing to "
            "follow.",
            advice="Give pictures in colour as references, or books that have some.",
        )
    return pictures


def _is_colored(entry: PageEntry, max_pixels: int) -> bool:
    try:
        return is_colored(entry.load(max_pixels=max_pixels).image.rgb)
    except BadInputError:
        return False
