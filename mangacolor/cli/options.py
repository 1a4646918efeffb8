"""Option values that several commands share: checked, and put into effect."""

from __future__ import annotations

from typing import cast, get_args

from mangacolor.config import Precision
from mangacolor.errors import UsageError


def checked_precision(value: str) -> Precision:
    """Return a `--precision` value, or raise `UsageError` naming the choices."""
    if value not in get_args(Precision):
        raise UsageError(f"Unknown precision `{value}`.", advice=f"Choose one of {', '.join(get_args(Precision))}.")
    return cast("Precision", value)


def allow_pages_of(max_pixels: int) -> None:
    """Let Pillow open pages of so many pixels, in this whole process."""
    from mangacolor.image.pillow import allow_pixels

    allow_pixels(max_pixels)
