"""A page: pixels with the name under which they were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mangacolor.image import DecodedImage


Thing = TypeVar("Thing")


@dataclass(frozen=True, eq=False)
class Page:
    """One page, read and decoded.

    Attributes:
        name: Path relative to its source, with forward slashes ("chapter 2/001.png").
        image: The decoded picture.
        data: The file as it was read, to copy a page that needs no colour; empty for pages from memory.
    """

    name: str
    image: DecodedImage
    data: bytes = b""


def evenly_chosen(pages: Sequence[Thing], most: int) -> list[Thing]:
    """Return at most so many pages, spread over all of them, the first among them; always the same ones."""
    count = min(len(pages), most)
    return [pages[number * len(pages) // count] for number in range(count)]
