"""How much a picture shows: one page, a double page, or a strip. What is looked at smaller gets room for each page."""

from __future__ import annotations

PAGE_SHAPE = 1.5
"""Height over width of a page: books have 1.4 to 1.5. The longer side over it makes the short side of a double page."""

MOST_PAGES = 4.0
"""Longer strips are looked at smaller, so that memory stays within bounds."""


def pages_shown(shape: tuple[int, ...]) -> float:
    """Return how many pages of the usual shape a picture shows: 1 for a page, about 2 for a double page, 1 to 4.

    Args:
        shape: Its (H, W).
    """
    height, width = shape[:2]
    pages = width * PAGE_SHAPE / height if width > height else height / (width * PAGE_SHAPE)
    return min(MOST_PAGES, max(1.0, pages))
