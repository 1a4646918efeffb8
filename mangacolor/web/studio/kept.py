"""Coloured pages on disk, in the folder of their project: whole or absent, and made again when they are lost."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mangacolor.books import write_atomically
from mangacolor.colorize.corrections import told
from mangacolor.errors import CannotWriteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mangacolor.colorize.corrections import Step
    from mangacolor.web.studio.project import Project

_FOLDER = "coloured"
_LETTERS = 24
"""Of a digest in names of files."""


def key_of(project: Project, steps: Sequence[Step], settings: str) -> str:
    """Return what stands for everything that decides the colours of a page.

    Args:
        project: Its project.
        steps: What is done to the page.
        settings: What decides the colours of all pages, in letters.
    """
    files = {one.name: one.file for one in project.references}
    followed = sorted({files.get(step.name, "") for step in steps if step.kind == "reference" and step.name})
    said = json.dumps([settings, [told(step) for step in steps], followed], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:_LETTERS]


def key_in(path: Path) -> str:
    """Return the key of a page that is kept."""
    return path.stem.partition("-")[2]


def find_kept(project: Project, number: int, key: str) -> Path | None:
    """Return where a page lies in the colours of a key; one that is approved, in whatever colours it was last."""
    folder = project.folder / _FOLDER
    path = folder / f"{number:05d}-{key}.png"
    if path.is_file():
        return path
    if project.pages[number].state == "approved":
        return next(iter(sorted(folder.glob(f"{number:05d}-*.png"))), None)
    return None


def read_kept(path: Path) -> NDArray[np.uint8] | None:
    """Return a page that is kept, (H, W, 3); None where the disk has lost it."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError):
        return None


def keep(project: Project, number: int, key: str, rgb: NDArray[np.uint8]) -> None:
    """Keep a page (H, W, 3) in place of what was kept of it; where the disk is full it is made again another time."""
    folder = project.folder / _FOLDER
    path = folder / f"{number:05d}-{key}.png"
    if path.is_file() or not project.folder.is_dir():  # it is there, or the project was deleted meanwhile
        return
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG", compress_level=1)
    with suppress(CannotWriteError):
        write_atomically(path, buffer.getvalue(), elsewhere="--studio")
        drop_kept(project, number, but=path)


def drop_kept(project: Project, number: int, *, but: Path | None = None) -> None:
    """Delete what is kept of a page."""
    for path in (project.folder / _FOLDER).glob(f"{number:05d}-*.png"):
        if path != but:
            with suppress(OSError):
                path.unlink()
