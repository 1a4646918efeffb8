"""Colour greyscale manga under its own ink, at full resolution.

`from mangacolor import Colorizer`, then `Colorizer().colorize(page)`. What `__all__` names is the public surface, as
docs/python.md describes it; all else may change with any version.
"""

from __future__ import annotations

import importlib
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
    "ColorizeOptions",
    "Colorizer",
    "ExitCode",
    "Hint",
    "MangacolorError",
    "ModelFileError",
    "OutOfMemoryError",
    "Sitting",
    "UsageError",
    "__version__",
]

if TYPE_CHECKING:
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.hints import Hint
    from mangacolor.colorize.options import ColorizeOptions
    from mangacolor.colorize.sitting import Sitting

_PLACES = {"ColorizeOptions": "options", "Colorizer": "colorizer", "Hint": "hints", "Sitting": "sitting"}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if not TYPE_CHECKING:  # a checker would take every name for one that is there

    def __getattr__(name: str) -> Any:
        """Import the engine on first use, so that ``import mangacolor`` and ``--help`` stay free of torch."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"mangacolor.colorize.{_PLACES[name]}"), name)
