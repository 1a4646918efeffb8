"""Training samples: number k is the same whatever came before it, which is what makes resuming exact."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from mangacolor.config import SynthesisConfig
from mangacolor.data.compose import draw_window, plan_page
from mangacolor.data.outlines import LUMA
from mangacolor.data.pictures import Picture, PictureDraw, random_crop
from mangacolor.data.scan import CLEAN_SHARE, PageLayers, disturb, expose
from mangacolor.data.synthesis import draw_layers, saturate
from mangacolor.image import float_from_pixels, pixels_from_float, resize
from mangacolor.ink import DARKEST_DIVISOR, Separation, colour_under_ink, condition_array, deepen
from mangacolor.palette import no_reference, reference_code

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

MOST_HINTS = 30

OVERSIZE = 1.5
"""Pages are drawn at up to this many times the working size before they are reduced, as real pages are."""


Sample = dict[str, Tensor]
"""One training sample: tensors by name, float32, each without a batch dimension."""

Samples = Dataset[Sample]
"""Endless samples by number: which picture, which crop and which page is made of it hang on (seed, number) alone."""


class DrawnSamples(Samples):
    """What every kind of sample is drawn from: pictures, how often each, the size of a sample, and the seed."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        probabilities: NDArray[np.float64],
        crop_px: int,
        config: SynthesisConfig,
        seed: int,
    ) -> None:
        self._draw = PictureDraw(pictures, probabilities)
        self._crop_px = crop_px
        self._config = config
        self._seed = seed


class ColourSamples(DrawnSamples):
    """What the generator learns from, squares of side S at the working size.

    A sample holds `condition` (6, S, S): ink, tone, hint RGB, hint mask; `colour` (3, S, S): what the generator should
    predict under the ink; `reference` (REFERENCE_SIZE,): a code. All in [0, 1].
    """

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self._seed, number))
        picture = self._draw(rng)
        crop = random_crop(picture, self._crop_px, self._config.crop_share, rng)
        if crop.ink_and_tone is not None:
            separation = Separation(*(float_from_pixels(plane) for plane in crop.ink_and_tone))
            rgb = float_from_pixels(crop.rgb)
            colour, _ = colour_under_ink(rgb, rgb @ LUMA)
        elif rng.random() < self._config.panels:
            separation, colour = self._composed(rng)
        else:
            separation, colour = self._drawn(crop.rgb, rng)
        other = random_crop(picture, self._crop_px, self._config.crop_share, rng)
        condition = condition_array(deepen(separation), self._hints(colour, rng))
        return {
            "condition": torch.from_numpy(condition.transpose(2, 0, 1).copy()),
            "colour": torch.from_numpy(colour.transpose(2, 0, 1).astype(np.float32)),
            "reference": torch.from_numpy(self._reference(colour, other.rgb, rng)),
        }

    def _drawn(self, rgb: Pixels, rng: np.random.Generator) -> tuple[Separation, FloatArray]:
        """Draw a page after one picture, at up to twice the working size: lines are thinner than its pixels there."""
        art = saturate(float_from_pixels(rgb), rng.uniform(*self._config.saturation))
        scale = rng.uniform(1, OVERSIZE)
        ink, tone, colour, _ = draw_layers(art, scale, self._config, rng)
        return self._reduced(PageLayers(ink * tone, ink, tone, np.zeros(ink.shape, bool), colour), rng)

    def _composed(self, rng: np.random.Generator) -> tuple[Separation, FloatArray]:
        """Compose a page without its dots, as the separator leaves it, and cut a window out."""
        window_px = round(self._crop_px * rng.uniform(1, OVERSIZE))
        short_px = round(window_px * rng.uniform(*self._config.page_windows))
        plan = plan_page(round(short_px * 1.43), short_px, rng)
        top, left = (int(rng.integers(side - window_px + 1)) for side in (plan.height_px, plan.width_px))
        window = (top, left, window_px, window_px)
        page = draw_window(plan, window, lambda draw: self._draw(draw).rgb, self._config, rng, screentone=False)
        return self._reduced(page.layers, rng)

    def _reduced(self, layers: PageLayers, rng: np.random.Generator) -> tuple[Separation, FloatArray]:
        """Wear a page as print and scan do, take it apart as the separator does, and bring it to the working size.

        It is not rescaled or turned: what is missing at the border would be mirrored, and a picture of mirrored figures
        teaches nothing.
        """
        if rng.random() >= CLEAN_SHARE:
            layers = expose(layers, rng, self._config.scan_strength)
            layers = layers._replace(page=disturb(layers.page, rng, self._config.scan_strength))
        ink = np.minimum(layers.page / np.maximum(layers.tone, DARKEST_DIVISOR), 1.0)
        small = (resize(plane, self._crop_px, self._crop_px) for plane in (ink, layers.tone, layers.colour))
        ink, tone, colour = (plane.clip(0, 1) for plane in small)
        return Separation(ink, tone), colour

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

    def _reference(self, colour: FloatArray, other: Pixels, rng: np.random.Generator) -> FloatArray:
        """Describe another crop of the picture, or the target with its colours shaken; absent in most samples."""
        if rng.random() >= self._config.reference:
            return no_reference()
        if rng.random() < 0.5:
            return reference_code(other)
        shaken = colour * rng.uniform(0.9, 1.1, 3).astype(np.float32)
        return reference_code(pixels_from_float(shaken))


def stack(samples: Sequence[Sample]) -> Sample:
    """Join samples of one size into a batch: every tensor gains a leading dimension."""
    return {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}


def load_batches(dataset: Samples, numbers: Sequence[int], batch_size: int, jobs: int) -> Iterator[Sample]:
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
