"""What looks like a page: by its name, and where that says nothing, by how it begins."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from natsort import natsort_keygen, ns

from mangacolor.image.formats import IMAGE_SUFFIXES, picture_kind

_natural = natsort_keygen(alg=ns.IGNORECASE | ns.PATH)

JUNK_FOLDERS = (
    *("__macosx", "network trash folder", "temporary items"),  # macOS
    *("@eadir", "#recycle", "#snapshot"),  # Synology
    *("@recycle", "@recently-snapshot"),  # QNAP
    *("$recycle.bin", "recycler", "found.000", "system volume information"),  # Windows
    "lost+found",
)
"""Folders that systems make, whose pictures are thumbnails, refuse and copies of earlier days; lower case."""

JUNK_FILES = ("thumbs.db", "desktop.ini", "icon\r")
"""Files that Windows and macOS leave wherever somebody looks; lower case."""


def reading_order(name: str) -> tuple[Any, str]:
    """Return what names are sorted by as readers sort them; those that differ in case alone have one order, too."""
    return _natural(name), name


def is_junk(name: str) -> bool:
    """Say whether a name, with forward slashes, is nothing for readers: hidden, or left by the system."""
    return any(part.startswith(".") or part.lower() in (*JUNK_FOLDERS, *JUNK_FILES) for part in name.split("/"))


def wants_a_look(name: str) -> bool:
    """Say whether the beginning of a file decides if it is a page, since its name does not say so."""
    return PurePosixPath(name).suffix.lower() not in IMAGE_SUFFIXES and not is_junk(name)


def is_page(name: str, start: bytes = b"") -> bool:
    """Say whether something is a page, or would be one if it were not broken.

    Args:
        name: With forward slashes.
        start: Its first bytes, if `wants_a_look`.
    """
    return not is_junk(name) and (
        PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES or picture_kind(start) is not None
    )
