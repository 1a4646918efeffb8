"""What the networks make of separated pages at the working size: colour under the ink, evened and cleared of stains."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mangacolor.colorize.bands import paint_in_bands
from mangacolor.colorize.cells import PageCells
from mangacolor.colorize.decide import decide
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.hues import decided_chroma, prefer_skin, settle_chroma
from mangacolor.colorize.references import References
from mangacolor.config import Precision
from mangacolor.image.color import STAIN_CHROMA, clear_stains, enliven
from mangacolor.models.nn import Generated, Generator, UNetGenerator
from mangacolor.models.tensors import autocast, to_array, to_tensor
from mangacolor.page.ink import Separation, condition_array, even_out

FloatArray = NDArray[np.float32]

SATURATION = 1.15
"""Factor on the chroma, of which evening out and recall take some; less would lower the mean error and look dull."""


class Painter:
    """A generator with the references it follows.

    Args:
        generator: Lies on `device` already.
        device: Where to compute.
        precision: Resolved precision.
        saturation: Factor on the chroma, 1 as predicted.
        seed: Seed of the generator's noise; None paints without.
        pictures: References (H, W, 3), sRGB.
    """

    def __init__(
        self,
        generator: Generator,
        device: torch.device,
        precision: Precision,
        *,
        saturation: float,
        seed: int | None,
        pictures: Sequence[NDArray[np.uint8]],
    ) -> None:
        self.generator = generator
        self._device = device
        self._precision = precision
        self._saturation = saturation
        self._seed = seed
        self.references = self._look_at(pictures)

    @property
    def is_noisy(self) -> bool:
        """Whether a page is painted with noise, which is another in a batch than alone."""
        return self._seed is not None

    @property
    def cell_px(self) -> int:
        """Side of the cells that the generator tells the chances of colours for, in pixels of what it sees."""
        return self.generator.chroma_stride if isinstance(self.generator, UNetGenerator) else 1

    @property
    def grey_class(self) -> int | None:
        """Number of the class without chroma; None for generators without classes."""
        if not isinstance(self.generator, UNetGenerator) or not self.generator.config.chroma_head:
            return None
        return int(self.generator.bins.norm(dim=1).argmin())

    def following(self, pictures: Sequence[NDArray[np.uint8]]) -> Painter:
        """Return a painter with the same generator that follows other references, or none."""
        other = copy.copy(self)
        other.references = self._look_at(pictures)
        return other

    def _look_at(self, pictures: Sequence[NDArray[np.uint8]]) -> References:
        with torch.inference_mode(), autocast(self._device, self._precision):
            return References(pictures, self.generator, self._device)

    def paint(
        self,
        pages: Sequence[Separation],
        *,
        hints: FloatArray | None = None,
        band_rows: int | None = None,
        found: Sequence[Findings] | None = None,
    ) -> list[FloatArray]:
        """Predict the colour under the ink of pages of one size, at once.

        Args:
            pages: Deepened ink and tone, (h, w) each.
            hints: (h, w, 4) RGB and mask in [0, 1], from `hints.hint_planes`, for all of them.
            band_rows: Work on about so many rows of a single page at a time, for less memory and the same colours;
                None takes pages whole. Networks of the `pix2pix` preset always do.
            found: What is found on each page; None decides cell by cell.

        Returns:
            (h, w, 3) colour in [0, 1] for each page.
        """
        generated = self.generate(pages, hints=hints, band_rows=band_rows)
        every: list[Findings | None] = list(found) if found else [None] * len(pages)
        return [
            self.decide(one, page, hints=hints, found=shown)
            for one, page, shown in zip(generated, pages, every, strict=True)
        ]

    def generate(
        self, pages: Sequence[Separation], *, hints: FloatArray | None = None, band_rows: int | None = None
    ) -> list[Generated]:
        """Run the generator on pages, or parts of pages, of one size; see `paint` for the arguments."""
        conditions = torch.cat([to_tensor(condition_array(page, hints)) for page in pages])
        conditions = conditions.to(self._device, memory_format=torch.channels_last)
        with torch.inference_mode(), autocast(self._device, self._precision), _Noise(self.generator, self._seed):
            if band_rows is None or not isinstance(self.generator, UNetGenerator):
                generated = self.generator(conditions)
            else:
                generated = paint_in_bands(self.generator, conditions, band_rows)
        return [generated.page(number) for number in range(len(pages))]

    @property
    def uses_findings(self) -> bool:
        """Whether areas and faces help: they are decided on by chances of colours."""
        return isinstance(self.generator, UNetGenerator) and self.generator.config.chroma_head

    def decide(
        self,
        generated: Generated,
        page: Separation,
        *,
        hints: FloatArray | None = None,
        found: Findings | None = None,
    ) -> FloatArray:
        """Decide on the colours of a page of which the generator has said what it can.

        Args:
            generated: What it said, of one page.
            page: Deepened ink and tone, (h, w).
            hints: As `paint` has them.
            found: Areas and faces of the page; None decides cell by cell.

        Returns:
            (h, w, 3) colour in [0, 1].
        """
        if found is not None and isinstance(self.generator, UNetGenerator):
            decided = decide(generated, page, found, self.generator.bins, self.cell_px, self.generator.config.labels)
            colour = self._recalled(decided, generated, page, hints)
            return enliven(clear_stains(colour, page.tone, STAIN_CHROMA), self._saturation)
        colour = self._recalled(self._settled(generated, page), generated, page, hints)
        return enliven(clear_stains(even_out(colour, *page), page.tone, STAIN_CHROMA), SATURATION * self._saturation)

    def _settled(self, generated: Generated, page: Separation) -> FloatArray:
        """Return the paint of one page in the hues that its cells are likeliest to have."""
        colour = to_array(generated.colour).clip(0, 1)
        if generated.chroma_logits is None or not isinstance(self.generator, UNetGenerator):
            return colour
        decided = decided_chroma(generated.chroma_logits, self.generator.bins)
        chances = torch.softmax(generated.chroma_logits.float(), dim=1)
        decided = prefer_skin(decided, chances, self.generator.bins, page.tone)
        return settle_chroma(colour, decided, self.generator.chroma_stride)

    def _recalled(
        self, colour: FloatArray, generated: Generated, page: Separation, hints: FloatArray | None
    ) -> FloatArray:
        """Return the colours decided on, moved to those of like references and hints."""
        if not isinstance(self.generator, UNetGenerator) or not self.generator.config.semantics:
            return colour
        if self.references.recollection is None and hints is None:
            return colour
        with torch.inference_mode(), autocast(self._device, self._precision):
            cells = PageCells(self.generator, self._device, colour, page)
            if self.references.recollection is not None:
                logits = generated.chroma_logits
                chances = None if logits is None else torch.softmax(logits.to(self._device).float(), dim=1)
                cells.recall_references(self.references.recollection, chances)
            if hints is not None:
                cells.recall_hints(hints)
        return cells.colour


class _Noise:
    """Dropout, pix2pix's noise z: on with a seed, off without."""

    def __init__(self, generator: nn.Module, seed: int | None) -> None:
        self._layers = [layer for layer in generator.modules() if isinstance(layer, (nn.Dropout, nn.Dropout2d))]
        self._seed = seed

    def __enter__(self) -> None:
        if self._seed is not None:
            torch.manual_seed(self._seed)
            for layer in self._layers:
                layer.train()

    def __exit__(self, *error: object) -> None:
        for layer in self._layers:
            layer.eval()
