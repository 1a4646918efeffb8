"""What colours pages: networks, references and settings, opened once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.kept_colours import Choose, of_page_alone
from mangacolor.colorize.panelwise import SMALLER
from mangacolor.colorize.references import References
from mangacolor.models.backend import Backend
from mangacolor.page.faces import FaceDetector
from mangacolor.page.ink import TakenApart

if TYPE_CHECKING:
    from mangacolor.colorize.prepared import PreparedPages

FloatArray = NDArray[np.float32]
TakeApart = Callable[[FloatArray], TakenApart]

WHOLE_PIXELS = 1_000_000
"""Working sizes above this are coloured in bands: whole, they would take more than a gigabyte."""

BATCH_PIXELS = 300_000
"""Pixels of views that are predicted at once."""


class Room(NamedTuple):
    """How much is in work at a time: the largest working size that is coloured whole, and pixels of views at once."""

    whole_pixels: int = WHOLE_PIXELS
    batch_pixels: int = BATCH_PIXELS


ROOM = Room()


@dataclass(frozen=True)
class Engine:
    """What the steps need beside a page.

    Attributes:
        separate: Takes a grey page (H, W) with white paper apart.
        backend: Runs the generator.
        references: Pictures that pages follow.
        detector: Finds faces; None predicts every page whole and decides cell by cell: the fast way. Else every panel
            is predicted alone, where panels are found and no `size` is asked for, and areas and faces help.
        size: Short side in pixels of the working size at which pages are predicted whole; None chooses it.
        saturation: Factor on the chroma.
        seed: Of the generator's noise; None for none.
        white_paper: Leave bare paper behind people white.
        flat: Lay no shadows and gleams on skin and hair that the page has not.
        room: How much is in work at a time.
        smaller: Scales, beside its own, at which a panel is looked at again.
        choose: Chooses the colours of hair and garments.
        prepared: Pages that this engine has gone through before; see `steps.prepare`.
    """

    separate: TakeApart
    backend: Backend
    references: References
    detector: FaceDetector | None = None
    size: int | None = None
    saturation: float = 1.0
    seed: int | None = None
    white_paper: bool = False
    flat: bool = False
    room: Room = ROOM
    smaller: Sequence[float] = SMALLER
    choose: Choose = of_page_alone
    prepared: PreparedPages | None = None

    @property
    def finds_areas(self) -> bool:
        """Whether areas and faces help: they are decided on by chances of colours."""
        return self.detector is not None and self.backend.traits.bins is not None
