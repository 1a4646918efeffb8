"""Checks of option values that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from mangacolor.config import Precision
from mangacolor.errors import UsageError

if TYPE_CHECKING:
    from mangacolor.pages import FormatChoice


def checked_precision(value: str) -> Precision:
    """Return a `--precision` value, or raise `UsageError` naming the choices."""
    if value not in get_args(Precision):
        raise UsageError(f"Unknown precision `{value}`.", advice=f"Choose one of {', '.join(get_args(Precision))}.")
    return cast("Precision", value)


def checked_format(value: str) -> FormatChoice:
    """Return a `--format` value, or raise `UsageError` naming the choices."""
    from mangacolor.pages import FormatChoice

    if value not in get_args(FormatChoice):
        raise UsageError(f"Unknown format `{value}`.", advice=f"Choose one of {', '.join(get_args(FormatChoice))}.")
    return cast("FormatChoice", value)
