"""What a run tells of itself: metrics as JSON lines and TensorBoard events, and sample sheets."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from mangacolor.books.files import cannot_write, write_atomically
from mangacolor.errors import CannotWriteError
from mangacolor.image import pixels_from_float

SHEET_ROWS = 12


class Journal:
    """Appends metrics to `metrics.jsonl` and to TensorBoard's files in a run's folder; a silent one writes nothing.

    Attributes:
        told: What was written through it, oldest first.
    """

    def __init__(self, folder: Path, *, silent: bool = False) -> None:
        self._silent = silent
        self.told: list[dict[str, float]] = []
        if silent:
            return
        self._path = folder / "metrics.jsonl"
        with self._told():
            self._lines = self._path.open("a", encoding="utf-8")
            self._writer = SummaryWriter(str(folder / "tensorboard"))

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._silent:
            return
        try:
            with self._told():
                self._lines.close()
                self._writer.close()
        except CannotWriteError:
            if error is None:  # else that is told, which is why the rest cannot be written either
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise cannot_write(self._path, error, elsewhere="--out") from error

    def write(self, images_seen: int, metrics: Mapping[str, float]) -> None:
        """Record metrics at a point of the run.

        Raises:
            CannotWriteError: No right or no space.
        """
        if self._silent:
            return
        self.told.append({"images_seen": images_seen, **metrics})
        with self._told():
            self._lines.write(json.dumps(self.told[-1]) + "\n")
            self._lines.flush()
            for name, value in metrics.items():
                self._writer.add_scalar(name, value, images_seen)


def write_sheet(path: Path, columns: Sequence[Tensor]) -> None:
    """Write a PNG with one row a sample, in two blocks side by side.

    Args:
        path: Where to.
        columns: Pictures (N, 1 or 3, S, S) in [0, 1] that stand beside each other in each row.

    Raises:
        CannotWriteError: No right or no space; there is no half of it.
    """
    rows = torch.cat([column.expand(-1, 3, -1, -1) for column in columns], dim=3)[:SHEET_ROWS]
    pictures = rows.permute(0, 2, 3, 1).float().cpu().numpy()
    half = -(-len(pictures) // 2)
    blocks = [np.concatenate(list(block)) for block in (pictures[:half], pictures[half:]) if len(block) == half]
    sheet = np.concatenate(blocks, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(pixels_from_float(sheet)).save(buffer, "PNG")
    write_atomically(path, buffer.getvalue(), elsewhere="--out")
