"""From a grey page to a coloured one, at its own size."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mangacolor.colorize import steps
from mangacolor.colorize.accepted import Pictures, followed_pictures, pictures_of, plain
from mangacolor.colorize.corrections import Step, fills_at
from mangacolor.colorize.engine import Engine
from mangacolor.colorize.hints import Hint, Hints, Told, hints_of
from mangacolor.colorize.kept_colours import Choose
from mangacolor.colorize.layers import color_in_layers
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.outcomes import Outcome, look_first
from mangacolor.colorize.prepared import PreparedPages
from mangacolor.colorize.references import References
from mangacolor.colorize.sitting import Sitting
from mangacolor.colorize.stepped import correct
from mangacolor.config import Precision
from mangacolor.image import DecodedImage, as_decoded, as_given, to_gray
from mangacolor.image.layered import LayerFormat
from mangacolor.image.photoshop import layered_file
from mangacolor.models.page_separator import PageSeparator
from mangacolor.models.runtimes import open_generator, open_separator
from mangacolor.models.weight_files import find_face_weights
from mangacolor.page.faces import FaceDetector
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]

PAGES_ON_CUDA = 4
"""Pages that are predicted at once on a GPU: one alone leaves most of it idle, more would wait for the disk."""


class Colorizer:
    """Colours pages with one set of weights, kept in memory.

    What it was made with stays; `options` tells it. Threads may share one, forked processes go on with theirs.

    Args:
        weights: Weights file; None looks in `$MANGACOLOR_WEIGHTS`, the installed copy, then the checkout.
        separator: Weights of the separator; None looks for the installed copy, then the checkout's.
        size: Short side of the working size in pixels; None chooses it.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`, or torch's own.
        precision: `auto`, `fp32`, `bf16` or `fp16`.
        saturation: Factor on the chroma of the colours, 1 as predicted, 0 grey.
        seed: Seed of the generator's noise; None colours without noise, always the same way.
        references: Pictures in colour, as `colorize` takes them, whose colours pages get where they show the like.
        force: Colour every page, whatever it shows.
        fast: Predict pages whole and decide cell by cell: in half the time, and plainer to the eye.
        white_paper: Leave bare paper behind people white.
        flat: Lay no shadows and gleams on skin and hair that the page has not.

    Raises:
        ModelFileError: The weights are missing or damaged.
        UsageError: There is no such device, `size` is below 32, or `saturation` below 0.
    """

    _steps: tuple[Step, ...] = ()
    _followed: Mapping[str, References] = MappingProxyType({})

    def __init__(
        self,
        weights: Path | str | None = None,
        *,
        separator: Path | str | None = None,
        size: int | None = None,
        device: str = "auto",
        precision: Precision = "auto",
        saturation: float = 1.0,
        seed: int | None = None,
        references: Pictures = (),
        force: bool = False,
        fast: bool = False,
        white_paper: bool = False,
        flat: bool = False,
    ) -> None:
        options = ColorizeOptions(
            weights, separator, size=plain(size), device=str(device), precision=precision,
            saturation=plain(saturation), seed=plain(seed), force=plain(force), fast=plain(fast),
            white_paper=plain(white_paper), flat=plain(flat),
        )  # fmt: skip
        self._open(options, pictures_of(references))

    @classmethod
    def from_options(cls, options: ColorizeOptions, references: Pictures = ()) -> Colorizer:
        """Open a colouriser as `options` have it; with other references than theirs, if any are given.

        Of their series, which has to be there, it knows what was learnt; colours that it names are for whole runs.
        What they say of files and books has no effect on `colorize` and `open`. The `__init__` of a subclass is not
        called: one that has things of its own sets them here, too.

        Raises:
            BadInputError: A reference is no picture in colour, or the series is not there.
            ModelFileError: The weights are missing or damaged.
            UsageError: There is no such device, the runtime knows no seed, or `options` are none.
        """
        colorizer = cls.__new__(cls)
        colorizer._open(options, followed_pictures(options, references))
        return colorizer

    def _open(self, options: ColorizeOptions, references: Sequence[NDArray[np.uint8]]) -> None:
        self.options = options
        backend, self.weights = open_generator(
            options.runtime, options.weights, options.device, options.precision, options.changes, seed=options.seed
        )
        planes, separating = open_separator(options.runtime, options.separator, options.device, options.precision)
        self.separator_facts = separating.facts
        self._separator_digest = separating.digest
        self.engine = Engine(
            PageSeparator(planes).take_apart,
            backend,
            References(references, backend),
            detector=None if options.fast else FaceDetector(find_face_weights()),
            size=options.size, saturation=options.saturation, seed=options.seed, white_paper=options.white_paper,
            flat=options.flat,
        )  # fmt: skip
        self._pages_at_once = PAGES_ON_CUDA if backend.is_on_cuda else 1

    def __repr__(self) -> str:
        told = [f"{name}={value!r}" for name, value in self.options.chosen.items() if name not in ("weights", "device")]
        place = f"weights={str(self.weights.path)!r}", f"device={self.engine.backend.device!r}"
        return f"{type(self).__name__}({', '.join((*place, *told))})"

    @property
    def decides_by_areas(self) -> bool:
        """Whether colours of hair and garments are chosen, rather than predicted cell by cell."""
        return self.engine.finds_areas

    @property
    def pages_at_once(self) -> int:
        """How many pages `colorize_together` should get at a time: small batches fill a GPU, and only slow a CPU."""
        return 1 if self.options.layers is not None else self._pages_at_once

    @property
    def settings(self) -> str:
        """Everything that decides the colours of a page, as text: pages of two runs that agree in it fit together.

        What files they become is known apart: books and caches compare format and quality by themselves.
        """
        steps = f"steps {self._steps} " if self._steps else ""
        return steps + dataclasses.replace(self.options, format="keep", quality=None, consistent=None).fingerprint(
            weights=self.weights.digest,
            separator=self._separator_digest,
            reference=self.engine.references.digest,
        )

    def separate_white(self, gray: FloatArray) -> Separation:
        """Take a grey page (H, W) with white paper apart into its tone and the ink that is laid over it."""
        return self.engine.separate(gray).drawn()

    def following(self, references: Pictures) -> Colorizer:
        """Return a colouriser with the same networks that follows other references, a single one, or none."""
        return self.using(references=References(pictures_of(references), self.engine.backend))

    def choosing(self, choose: Choose, prepared: PreparedPages | None = None) -> Colorizer:
        """Return a colouriser with the same networks that has the colours of hair and garments chosen by another.

        Args:
            choose: Chooses them.
            prepared: Pages that were looked at, to be coloured sooner.
        """
        return self.using(choose=choose, prepared=prepared)

    def correcting(
        self, steps: Sequence[Step], references: Mapping[str, NDArray[np.uint8]] = MappingProxyType({})
    ) -> Colorizer:
        """Return a colouriser with the same networks that does steps to every page, as the studio does, before hints.

        Args:
            steps: What is done, in pixels of the page.
            references: Pictures (H, W, 3) by the names that steps call them.
        """
        other = copy.copy(self)
        other._steps = tuple(steps)
        other._followed = {name: References([rgb], self.engine.backend) for name, rgb in references.items()}
        return other

    def with_layers(self, format: LayerFormat | None) -> Colorizer:
        """Return a colouriser with the same networks whose pages come in layers, too, or not; see `DecodedImage`."""
        other = copy.copy(self)
        other.options = dataclasses.replace(self.options, layers=format)
        return other

    def look(self, rgb: NDArray[np.uint8], keep: PreparedPages | None = None) -> None:
        """Go with a page (H, W, 3) as far as its colours are chosen, for one who notes what is asked.

        Args:
            rgb: The page.
            keep: Gets what was found and predicted, for an engine that is to colour the page.
        """
        steps.look(to_gray(rgb), self.engine, keep)

    def adapted(self, changes: Path) -> Colorizer:
        """Return a colouriser whose weights have learnt a series by `mangacolor adapt`; all else stays the same.

        Raises:
            ModelFileError: What was learnt is damaged, newer, or for other weights.
        """
        options = self.options
        backend, weights = open_generator(options.runtime, options.weights, options.device, options.precision, changes)
        other = self.using(backend=backend)
        other.weights = weights
        return other

    def using(self, **parts: Any) -> Colorizer:
        """Return a colouriser with other parts of its engine, by the names of `Engine`; the rest stays the same."""
        other = copy.copy(self)
        other.engine = dataclasses.replace(self.engine, **parts)
        return other

    @overload
    def colorize(self, image: Image.Image, *, hints: Told = ()) -> Image.Image: ...
    @overload
    def colorize(self, image: NDArray[Any], *, hints: Told = ()) -> NDArray[np.uint8]: ...
    def colorize(self, image: Image.Image | NDArray[Any], *, hints: Told = ()) -> Image.Image | NDArray[np.uint8]:
        """Colour one page; a page already in colour, blank or of text alone comes back as it is, in RGB.

        Args:
            image: Pillow image of any mode, or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8,
                uint16, bool, or floats in [0, 1]. One with an EXIF turn is turned upright first.
            hints: Colours of some spots, in pixels of the upright image, or of one; with any, the page is coloured
                whatever it shows.

        Returns:
            The kind that was given, at the same size once upright: a uint8 array (H, W, 3 or 4), or a Pillow image in
            RGB or RGBA, whose `info` has the resolution and EXIF, and an sRGB profile where there was one.

        Raises:
            BadInputError: The image is empty, too large, of an unknown shape, or has values that are no numbers; or a
                hint lies off it.
        """
        page = as_decoded(image, max_pixels=self.options.max_pixels)
        painter = self if self.options.layers is None else self.with_layers(None)
        return as_given(painter.colorize_page(page, hints=hints_of(hints))[0], image)

    def open(self, image: Image.Image | NDArray[Any]) -> Sitting:
        """Open a page to be corrected: `Sitting.paint` answers each set of hints sooner than `colorize` would.

        Args:
            image: As `colorize` takes it; it is coloured whatever it shows.
        """
        rgb = as_decoded(image, max_pixels=self.options.max_pixels).rgb
        _, own = look_first(rgb, force=self.options.force, is_wanted=True)
        return Sitting(to_gray(rgb), self.engine, own)

    def colorize_page(self, page: DecodedImage, *, hints: Sequence[Hint] = ()) -> tuple[DecodedImage, Outcome]:
        """Colour a decoded page and say what was done; alpha, dpi and profile stay. See `colorize`."""
        outcome, own = look_first(page.rgb, force=self.options.force, is_wanted=bool(hints or self._steps))
        if outcome != "colored":
            return page, outcome
        if self._steps or (hints and self.decides_by_areas):
            told = (*self._steps, *fills_at(hints, page.rgb.shape[:2]))
            sitting = Sitting(to_gray(page.rgb), self.engine, own)
            return correct(page, sitting, told, self._followed, self.options.layers), outcome
        on_page = Hints(tuple(hints), page.rgb.shape[:2]) if hints else None
        if self.options.layers is not None and page.animation is None:
            picture = color_in_layers(to_gray(page.rgb), self.engine, on_page, page.dpi, own)
            layers = layered_file(picture, self.options.layers)
            return dataclasses.replace(page, rgb=picture.rgb, layers=layers), outcome
        (rgb,) = steps.color_pages([to_gray(page.rgb)], self.engine, on_page)
        return dataclasses.replace(page, rgb=own.laid_on(rgb) if own else rgb), outcome

    def colorize_together(self, pages: Sequence[DecodedImage]) -> list[tuple[DecodedImage, Outcome]]:
        """Colour pages as `colorize_page` does each; those that agree in their working size share a batch.

        Where memory does not suffice, with a seed, with steps and in layers they are coloured one after the other.
        """
        if self._steps or self.options.layers is not None:
            return [self.colorize_page(page) for page in pages]
        looked = [look_first(page.rgb, force=self.options.force) for page in pages]
        grays = {number: to_gray(page.rgb) for number, page in enumerate(pages) if looked[number][0] == "colored"}
        coloured = steps.color_pages(list(grays.values()), self.engine)
        done = list(pages)
        for number, rgb in zip(grays, coloured, strict=True):
            own = looked[number][1]
            done[number] = dataclasses.replace(pages[number], rgb=own.laid_on(rgb) if own else rgb)
        return [(page, outcome) for page, (outcome, _) in zip(done, looked, strict=True)]

    def outcome_of(self, rgb: NDArray[np.uint8]) -> Outcome:
        """Say what is to be done with a page (H, W, 3), by what it shows."""
        return look_first(rgb, force=self.options.force)[0]

    def separate(self, gray: FloatArray) -> Separation:
        """Take a grey page (H, W) in [0, 1] apart into ink and tone, blacks in the ink.

        Paper darker than white, as scans have it, counts as white, and one dark grey that stands for black as black.
        """
        layers = steps.separate(gray, self.engine)
        return Separation(layers.ink, layers.page.tone)
