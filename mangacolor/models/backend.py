"""What colouring asks of whatever runs the networks, in numpy arrays: torch does, and other runtimes may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class Planes(NamedTuple):
    """What the separator says of a page, or of a band of one: ink, tone and share of screentone, (H, W) in [0, 1]."""

    ink: FloatArray
    tone: FloatArray
    share: FloatArray


class Guess(NamedTuple):
    """What the generator says of a picture.

    Attributes:
        colour: (h, w, 3) sRGB under the ink, about [0, 1].
        chroma_logits: (r, c, B) of the chroma classes, one cell for every `cell_px` pixels, rounded up; None without.
        label_logits: (r, c, L) of the labels; None without any.
    """

    colour: FloatArray
    chroma_logits: FloatArray | None = None
    label_logits: FloatArray | None = None


@dataclass(frozen=True)
class Traits:
    """What the networks are like.

    Attributes:
        panel_px: Side of a panel that suits the generator.
        cell_px: Side of its cells, in pixels of what it sees.
        bins: (B, 2) OKLab a and b of its chroma classes; None without.
        labels: What its labels are of.
        describes: Whether it can tell what is alike, see `Backend.describe`.
        habits: (B,) how likely its classes are to it on pages as it was trained on; None where nobody has measured.
        has_learnt: Whether it has learnt a series, and knows its colours rather than guessing them.
    """

    panel_px: int
    cell_px: int = 1
    bins: FloatArray | None = None
    labels: tuple[str, ...] = ()
    describes: bool = False
    habits: FloatArray | None = None
    has_learnt: bool = False

    @property
    def grey_class(self) -> int | None:
        """Number of the class without chroma; None without classes."""
        return None if self.bins is None else int(np.linalg.norm(self.bins, axis=1).argmin())


class PlaneSeparator(Protocol):
    """A separator at work: what `PageSeparator` takes pages apart with, band by band."""

    @property
    def multiple(self) -> int:
        """Bands begin at multiples of it, so that each comes out as it would of the whole page."""

    @property
    def reach_px(self) -> int:
        """How far around a pixel the page matters to it."""

    def separate(self, gray: FloatArray) -> Planes:
        """Take a page (H, W) in [0, 1], paper white, or a band of one, apart.

        Raises:
            MemoryError: Memory does not suffice.
        """


class Backend(Protocol):
    """A generator at work. `TorchBackend` is one."""

    @property
    def traits(self) -> Traits:
        """What the networks are like."""

    @property
    def device(self) -> str:
        """Where it computes, as torch calls it."""

    @property
    def is_on_cuda(self) -> bool:
        """Whether it computes on a GPU, which small batches fill."""

    def generate(self, conditions: FloatArray, *, band_rows: int | None = None, seed: int | None = None) -> list[Guess]:
        """Predict the colour under the ink.

        Args:
            conditions: (n, h, w, 6) ink, tone, hint RGB and hint mask in [0, 1], of n pictures; see `condition_array`.
            band_rows: Work on about so many rows of a single picture at a time, for less memory and the same colours;
                None takes pictures whole, as do generators that cannot.
            seed: Of the noise to paint with; None for none. Noise is another in a batch than alone.

        Raises:
            MemoryError: Memory does not suffice.
        """

    def describe(self, gray: FloatArray) -> FloatArray:
        """Say what the cells of a grey picture show, so that the dot product of two says how alike they are.

        Args:
            gray: (h, w) in [0, 1], h and w multiples of 32.

        Returns:
            (T, D): T = h/16 · w/16, row by row.

        Raises:
            MemoryError: Memory does not suffice.
        """


@contextmanager
def lack_of_memory_told() -> Iterator[None]:
    """Tell in the words of every runtime that memory does not suffice.

    Raises:
        MemoryError: A runtime said so in its own.
    """
    try:
        yield
    except RuntimeError as error:
        if not any(word in str(error).lower() for word in ("memory", "alloc")):
            raise
        raise MemoryError(str(error)) from error
