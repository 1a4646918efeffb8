"""Training samples: number k is the same whatever came before it, which is what makes resuming exact."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from mangacolor.config import SynthesisConfig
from mangacolor.data.panels import compose_panels
from mangacolor.data.pictures import Picture, random_crop
from mangacolor.data.synthesis import LUMA, draw_page, print_and_scan, saturate
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.ink import colour_under_ink, condition_array
from mangacolor.palette import no_reference, reference_code

FloatArray = NDArray[np.float32]

MOST_HINTS = 30


class Sample(TypedDict):
    """One training sample, square of side S.

    condition: (6, S, S) ink, tone, hint RGB, hint mask. colour: (3, S, S) what the generator
    should predict under the ink. reference: (REFERENCE_SIZE,) code. All float32 in [0, 1].
    """

    condition: Tensor
    colour: Tensor
    reference: Tensor


class SampleDataset(Dataset[Sample]):
    """Endless samples by number: which picture, which crop and which page is made of it hang on (seed, number)."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        probabilities: NDArray[np.float64],
        crop_px: int,
        config: SynthesisConfig,
        seed: int,
    ) -> None:
        self._pictures = pictures
        self._cumulative = np.cumsum(probabilities)
        self._crop_px = crop_px
        self._config = config
        self._seed = seed

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self._seed, number))
        picture = self._draw(rng)
        crop = random_crop(picture, self._crop_px, self._config.crop_share, rng)
        if crop.gray is not None:
            gray = float_from_pixels(crop.gray)
            rgb = float_from_pixels(crop.rgb)
            colour, _ = colour_under_ink(rgb, rgb @ LUMA)
        elif rng.random() < self._config.panels:
            gray, colour = self._composed(rng)
        else:
            rgb = saturate(float_from_pixels(crop.rgb), rng.uniform(*self._config.saturation))
            gray, colour = draw_page(rgb, self._config, rng)
            gray = print_and_scan(gray, rng)
        other = random_crop(picture, self._crop_px, self._config.crop_share, rng)
        return assemble(gray, colour, self._hints(colour, rng), self._reference(colour, other.rgb, rng))

    def _draw(self, rng: np.random.Generator) -> Picture:
        index = int(np.searchsorted(self._cumulative, rng.random(), side="right"))
        return self._pictures[min(index, len(self._cumulative) - 1)]

    def _composed(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        def panel_art(side_px: int) -> NDArray[np.uint8]:
            return random_crop(self._draw(rng), side_px, self._config.crop_share, rng).rgb

        page = compose_panels(self._crop_px, panel_art, rng)
        rgb = saturate(float_from_pixels(page.rgb), rng.uniform(*self._config.saturation))
        gray, colour = draw_page(rgb, self._config, rng)
        lettering = float_from_pixels(page.ink)
        colour[page.paper] = 1
        return print_and_scan(np.where(page.paper, lettering, gray * lettering), rng), colour

    def _hints(self, colour: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Sample sparse colour dots from the target; absent in most samples."""
        hints = np.zeros((*colour.shape[:2], 4), np.float32)
        if rng.random() >= self._config.hints:
            return hints
        side = len(colour)
        for _ in range(int(np.exp(rng.uniform(0, np.log(MOST_HINTS))))):
            y, x = rng.integers(0, side, 2)
            reach = int(rng.integers(0, 3))
            spot = np.s_[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
            hints[spot] = np.append(colour[spot].mean(axis=(0, 1)), 1)
        return hints

    def _reference(self, colour: FloatArray, other: NDArray[np.uint8], rng: np.random.Generator) -> FloatArray:
        """Describe another crop of the picture, or the target with its colours shaken; absent in most samples."""
        if rng.random() >= self._config.reference:
            return no_reference()
        if rng.random() < 0.5:
            return reference_code(other)
        shaken = colour * rng.uniform(0.9, 1.1, 3).astype(np.float32)
        return reference_code(pixels_from_float(shaken))


def assemble(gray: FloatArray, colour: FloatArray, hints: FloatArray, reference: FloatArray) -> Sample:
    """Turn a grey page (H, W), its colour (H, W, 3), hints (H, W, 4) and reference code into tensors.

    The page is separated by the very code that inference uses.
    """
    condition = condition_array(gray, hints)
    return Sample(
        condition=torch.from_numpy(condition.transpose(2, 0, 1).copy()),
        colour=torch.from_numpy(colour.transpose(2, 0, 1).astype(np.float32)),
        reference=torch.from_numpy(reference),
    )


def stack(samples: Sequence[Sample]) -> Sample:
    """Join samples of one size into a batch: every tensor gains a leading dimension."""
    return Sample(
        condition=torch.stack([sample["condition"] for sample in samples]),
        colour=torch.stack([sample["colour"] for sample in samples]),
        reference=torch.stack([sample["reference"] for sample in samples]),
    )


def load_batches(dataset: SampleDataset, numbers: Sequence[int], batch_size: int, jobs: int) -> Iterator[Sample]:
    """Make batches of the samples with these numbers, in order, a few ahead of their use.

    Threads rather than processes: the work is numpy's and OpenCV's, which leave the interpreter
    free, and OpenCV's own threads do not survive a fork.

    Args:
        dataset: Where samples come from.
        numbers: Which, in order; a last batch may be smaller.
        batch_size: Samples a batch.
        jobs: Threads.

    Yields:
        Samples whose tensors have a leading batch dimension.
    """

    def make(first: int) -> Sample:
        return stack([dataset[number] for number in numbers[first : first + batch_size]])

    firsts = iter(range(0, len(numbers), batch_size))
    with ThreadPoolExecutor(jobs) as pool:
        ahead = deque(pool.submit(make, first) for first in itertools.islice(firsts, 2 * jobs + 1))
        try:
            while ahead:
                batch = ahead.popleft().result()
                ahead.extend(pool.submit(make, first) for first in itertools.islice(firsts, 1))
                yield batch
        finally:
            pool.shutdown(cancel_futures=True)
