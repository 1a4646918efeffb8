"""How much a picture shows: one page, a double page, or a strip. What is looked at smaller gets room for each page."""

from __future__ import annotations

DOUBLE_SHAPE = 1.15
"""A picture that is wider than so many times its height is two pages, side by side, or more."""

PAGE_SHAPE = 1.5
"""Height of a page over its width, about: books have 1.4 to 1.5."""

MOST_PAGES = 4.0
"""Longer strips are looked at smaller, so that memory stays within bounds."""


def is_double(shape: tuple[int, ...]) -> bool:
    """Say whether a picture (H, W) shows pages side by side."""
    return shape[1] > DOUBLE_SHAPE * shape[0]


def pages_shown(shape: tuple[int, ...]) -> float:
    """Return how many pages a picture shows by its shape: 1 for a page, about 2 for a double page, 1 to 4.

    Args:
        shape: Its (H, W).
    """
    height, width = shape[:2]
    pages = width * PAGE_SHAPE / height if is_double(shape) else height / (width * PAGE_SHAPE)
    return min(MOST_PAGES, max(1.0, pages))
