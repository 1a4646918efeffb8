"""Colour greyscale manga under its own ink, at full resolution.

`from mangacolor import Colorizer`, then `Colorizer().colorize(page)`. What `__all__` names is the public surface, as
docs/python.md describes it; all else may change with any version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mangacolor.errors import (
    BadInputError,
    CannotWriteError,
    ExitCode,
    MangacolorError,
    ModelFileError,
    OutOfMemoryError,
    UsageError,
)

__version__ = "0.1.0"

__all__ = [
    "BadInputError",
    "CannotWriteError",
    "Colorizer",
    "ExitCode",
    "Hint",
    "MangacolorError",
    "ModelFileError",
    "OutOfMemoryError",
    "UsageError",
    "__version__",
]

if TYPE_CHECKING:
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.hints import Hint


def __getattr__(name: str) -> Any:
    """Import the engine on first use, so that ``import mangacolor`` and ``--help`` stay free of torch."""
    if name == "Colorizer":
        from mangacolor.colorize.colorizer import Colorizer

        return Colorizer
    if name == "Hint":
        from mangacolor.colorize.hints import Hint

        return Hint
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
