"""What colours in the workers of a farm in the tests, in processes of their own: fast, and deadly where it is told."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from stubs import Painter

DEADLY, DEADLY_ONCE = 33, 31
"""Widths of pages that end the process which colours them: always, and the first time."""


class DeadlyPainter(Painter):
    """Paints red, and dies at once of some pages."""

    def __init__(self, marker: Path) -> None:
        super().__init__()
        self.marker = marker

    def colorize_page(self, page, hints=()):
        width = page.rgb.shape[1]
        if width == DEADLY:
            os._exit(1)
        if width == DEADLY_ONCE and not self.marker.exists():
            self.marker.touch()
            os._exit(1)
        return super().colorize_page(page, hints)


def deadly(marker: Path):
    """Return what opens such a painter."""
    return partial(_open_deadly, marker)


def _open_deadly(marker, order):
    return DeadlyPainter(marker)


def refusing(order):
    """Open nothing: there should be nothing to colour."""
    raise RuntimeError("a colouriser was opened")
