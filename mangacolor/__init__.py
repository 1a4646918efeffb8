"""Colour greyscale manga under its own ink, at full resolution.

`from mangacolor import Colorizer`, then `Colorizer().colorize(page)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Colorizer", "__version__"]

if TYPE_CHECKING:
    from mangacolor.inference import Colorizer


def __getattr__(name: str) -> Any:
    """Import the engine on first use, so that ``import mangacolor`` and ``--help`` stay free of torch."""
    if name == "Colorizer":
        from mangacolor.inference import Colorizer

        return Colorizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
