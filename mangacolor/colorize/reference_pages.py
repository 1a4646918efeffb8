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

    A picture by itself is taken whatever it shows; of a book or a folder, the pages in colour, evenly chosen and the
    first always among them. So a book can be coloured after its own cover.

    Args:
        source: A picture, a book, or a folder of pictures.
        max_pixels: Refuse pictures that have more; pages of a book that have are passed over, as are broken ones.

    Returns:
        (H, W, 3) sRGB each, at most `PAGES_OF_A_BOOK`.

    Raises:
        BadInputError: The picture cannot be read, or no page of the book is in colour.
    """
    entries: list[PageEntry] = [*source]
    if len(entries) > 1:
        entries = evenly_chosen([entry for entry in entries if _is_colored(entry, max_pixels)], PAGES_OF_A_BOOK)
        if not entries:
            raise BadInputError(
                f"{source.path}: none of its pages is in colour, so there is nothing to follow.",
                advice="Give --reference pictures in colour, or books that have some.",
            )
    return [entry.load(max_pixels=max_pixels).image.rgb for entry in entries]


def _is_colored(entry: PageEntry, max_pixels: int) -> bool:
    try:
        return is_colored(entry.load(max_pixels=max_pixels).image.rgb)
    except BadInputError:
        return False
