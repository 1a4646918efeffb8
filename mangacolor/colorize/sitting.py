"""A page that stays open while somebody corrects it: what no hint changes is found and predicted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize import steps
from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.cells import PageCells
from mangacolor.colorize.corrections import Fill
from mangacolor.colorize.decide import fit_labels
from mangacolor.colorize.engine import Engine
from mangacolor.colorize.finish import Canvas
from mangacolor.colorize.followers import Noting
from mangacolor.colorize.ground import Ground
from mangacolor.colorize.hints import Hints, Told, hints_of
from mangacolor.colorize.predict import predict
from mangacolor.colorize.recalled_areas import Noted, Shown
from mangacolor.colorize.references import References
from mangacolor.page.own_colours import OwnColours

FloatArray = NDArray[np.float32]


class Sitting:
    """An open page. It keeps its ink and tone, panels, areas, faces, and what the generator says of it.

    Args:
        gray: (H, W) the page in [0, 1].
        engine: What colours it.
        own: What of it is in colour already, and stays so where no hint lies.

    Attributes:
        layers: The page taken apart.
        seen: What it shows.
        own: As given.

    Raises:
        OutOfMemoryError: Memory does not suffice for it at any size.
    """

    def __init__(self, gray: FloatArray, engine: Engine, own: OwnColours | None = None) -> None:
        self._engine, self.own = engine, own
        ((self.layers, self.seen, self._plain),) = steps.prepare([gray], engine)

    def paint(self, hints: Told = (), *, ask_generator: bool = True) -> NDArray[np.uint8]:
        """Colour the page.

        What it returns is pixels without alpha, whatever was opened; lay alpha and a Pillow image's `info` on yourself.

        Args:
            hints: Colours of some spots, in pixels of the page: all that hold, not only the new ones; or a single one.
            ask_generator: Where colours are not decided by areas, let the generator see the hints, as
                `Colorizer.colorize` does. Without, hints are followed and recalled by what the page showed when it was
                opened: an answer while somebody waits for it.

        Returns:
            (H, W, 3) sRGB.

        Raises:
            BadInputError: A hint lies off the page.
            OutOfMemoryError: Memory does not suffice any more.
        """
        engine, seen = self._engine, self.seen
        height, width = self.layers.gray.shape
        spots = hints_of(hints)
        on_page = Hints(spots, (height, width)) if spots else None
        if on_page and seen.areas is not None:
            return self._filled(on_page)
        if on_page and ask_generator:
            rgb = steps.paint(self.layers, seen, predict([seen], engine, on_page)[0], engine, on_page)
        else:
            keys = self._keys if on_page else None
            lab = steps.recall(self._decided, self._plain, seen, engine, on_page, keys=keys, shown=self._shown)
            lab = steps.tidy(lab, self._plain, seen, engine)
            lab = steps.obey(lab, self._plain, on_page)
            rgb = self.canvas.whole(lab, on_page.spare(seen.paper) if on_page else seen.paper)
        return self.own.laid_on(rgb) if self.own else rgb

    def area_at(self, x: float, y: float) -> int:
        """Return the number of the area at a pixel of the page, -1 where there is none."""
        height, width = self.layers.gray.shape
        labels = self.labels
        if labels is None or not (0 <= x < width and 0 <= y < height):
            return -1
        return int(labels[int(y * labels.shape[0] / height), int(x * labels.shape[1] / width)])

    @property
    def labels(self) -> NDArray[np.int32] | None:
        """(h, w) number of the area at each place as colours were decided on, at any size; None where none are found.

        What was found is not asked: of it, areas that are two things were parted since.
        """
        return None if self._shown is None else self._shown.found.areas.labels

    @property
    def kinds(self) -> AreaKinds | None:
        """What the areas were taken for; None where colours are not decided by areas."""
        return None if self._shown is None else self._shown.kinds

    def taken_by(self, areas: Sequence[int]) -> NDArray[np.bool_]:
        """Return what of the page (H, W) lies in some areas."""
        labels = self.labels
        if labels is None or not len(areas):
            return np.zeros(self.layers.gray.shape, np.bool_)
        taken = np.isin(labels, areas).astype(np.uint8)
        wide = cv2.resize(taken, self.layers.gray.shape[::-1], interpolation=cv2.INTER_NEAREST)
        return np.asarray(wide > 0)

    def _filled(self, hints: Hints) -> NDArray[np.uint8]:
        """Fill what hints lie in, and what looks like it; the last hint of an area decides."""
        ground = self._ground
        fills = [Fill(spot.x, spot.y, spot.rgb, self.area_at(spot.x, spot.y)) for spot in hints.spots]
        taken = self.taken_by([fill.area for fill in fills])
        lab, keeps = ground.corrected(fills, ()), self.canvas.keeps_lightness(ground.lab)
        filled = self.canvas.whole(lab, self.seen.paper & ~taken, keeps=keeps)
        return self.own.beside(taken).laid_on(filled) if self.own else filled

    @cached_property
    def canvas(self) -> Canvas:
        """What brings colours to the size of the page."""
        return Canvas(self.layers, self._plain.seen)

    def ground(self, references: References | None = None) -> Ground:
        """Return the colours of the page on which fills and brushes are laid.

        Args:
            references: What it is to follow; None for what the engine has.
        """
        engine = self._engine
        if references is not None:
            engine = replace(engine, references=references)
        lab = steps.recall(self._decided, self._plain, self.seen, engine, keys=self._keys, shown=self._shown)
        lab = steps.tidy(lab, self._plain, self.seen, engine)
        labels = None if self.labels is None else fit_labels(self.labels, self._plain.size)
        page, noted = self.layers.gray.shape, self._noted
        shape = page[0], page[1]
        return Ground(lab, self._plain.seen, shape, labels, noted.looks, noted.seen, noted.faces, noted.wholes)

    @cached_property
    def _ground(self) -> Ground:
        return self.ground()

    @property
    def _decided(self) -> FloatArray:
        """(h, w, 3) OKLab that is decided on without hints."""
        return self._decision[0]

    @property
    def _shown(self) -> Shown | None:
        """What the page was taken for; None where colours are not decided by areas."""
        return self._decision[1]

    @cached_property
    def _decision(self) -> tuple[FloatArray, Shown | None]:
        lab = steps.decide(self._plain, self.seen, replace(self._engine, choose=self._noted))
        return lab, self._taken.shown

    @cached_property
    def _noted(self) -> Noting:
        return Noting(self._taken, describes=self._engine.backend.traits.describes)

    @cached_property
    def _taken(self) -> Noted:
        return Noted(self._engine.choose)

    @cached_property
    def _keys(self) -> FloatArray | None:
        """What the places of the page show without hints; None where the generator cannot tell."""
        backend = self._engine.backend
        return PageCells(backend, self._decided, self._plain.seen).keys if backend.traits.describes else None
