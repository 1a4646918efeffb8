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
    """Let Pillow open pages of so many pixels.

    Its own bound is half of what it refuses; whoever asks for more pages than that owns this process.
    """
    from PIL import Image

    if max_pixels > 2 * (Image.MAX_IMAGE_PIXELS or max_pixels):
        Image.MAX_IMAGE_PIXELS = max_pixels
