"""Checkpoints: everything a run needs to go on as if it had never stopped."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from mangacolor.books import write_atomically
from mangacolor.errors import ModelFileError

KEPT = 2


def save_checkpoint(folder: Path, state: Mapping[str, Any], images_seen: int) -> Path:
    """Write `checkpoint-IMAGES.pt` atomically and remove all but the newest `KEPT`.

    Raises:
        CannotWriteError: The file cannot be written; older checkpoints are untouched.
    """
    buffer = BytesIO()
    torch.save(dict(state), buffer)
    path = folder / f"checkpoint-{images_seen:010d}.pt"
    write_atomically(path, buffer.getvalue(), elsewhere="--out")
    for old in list_checkpoints(folder)[:-KEPT]:
        with suppress(OSError):  # somebody copies it; the next one tries again
            old.unlink()
    return path


def list_checkpoints(folder: Path) -> list[Path]:
    """List a run's checkpoints, oldest first."""
    return sorted(path for path in folder.glob("checkpoint-*.pt") if re.fullmatch(r"checkpoint-\d{10}", path.stem))


def load_newest_checkpoint(folder: Path) -> dict[str, Any]:
    """Read the newest checkpoint of a run that can be read.

    Raises:
        ModelFileError: There is none, or all are damaged.
    """
    checkpoints = list_checkpoints(folder)
    if not checkpoints:
        raise ModelFileError(f"{folder}: no checkpoint to resume from.", advice="Leave out --resume to start anew.")
    for path in reversed(checkpoints):
        try:
            with zipfile.ZipFile(path) as archive:  # torch.load itself does not check what it reads
                if archive.testzip() is not None:
                    continue
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception:  # a damaged archive or pickle raises nearly anything
            continue
        return state
    raise ModelFileError(f"{folder}: every checkpoint is damaged.", advice="Start anew without --resume.")
