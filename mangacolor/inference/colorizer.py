"""From a grey page to a coloured one, at its own size."""

from __future__ import annotations

import dataclasses
import gc
import logging
import math
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from mangacolor.color import enliven
from mangacolor.config import Precision
from mangacolor.errors import OutOfMemoryError, UsageError
from mangacolor.image import DecodedImage, as_decoded, resize, to_gray
from mangacolor.ink import LINE_RADIUS_PX, compose, condition_array, paper_level, separate, spread
from mangacolor.palette import REFERENCE_SIZE
from mangacolor.screentone import flatten_screentone
from mangacolor.tensors import autocast, choose_device, choose_precision, to_array, to_tensor
from mangacolor.tone import is_blank, is_colored
from mangacolor.weights import Weights, find_weights, load_weights

Outcome = Literal["colored", "already_colored", "blank"]
FloatArray = NDArray[np.float32]

WORKING_SHARE = 0.42
"""Working size over page size: a panel is then about as large as the pictures trained on."""

WORKING_SHORT_SIDES_PX = (160, 448)
"""Smallest and largest short side that is chosen; `size` overrides it."""

SMALLEST_WORKING_SIDE_PX = 96
WORKING_PIXELS = 3_000_000
"""Largest working size, which only very long strips reach."""

SATURATION = 0.9
"""Factor on the predicted chroma: on held-out pictures, errors of hue cost less when they are a little paler."""

STAIN_CHROMA = 0.02
"""Predicted OKLab chroma that is taken for doubt and made neutral: stains on paper, mostly."""

SPREAD_PIXELS = 6_000_000
"""Pages above this spread their colour at a smaller size; their lines are wide enough to hide the difference."""

COMPOSE_ROWS = 512

logger = logging.getLogger("mangacolor")


class Colorizer:
    """Colours pages with one set of weights, kept in memory.

    Args:
        weights: Weights file; None looks in `$MANGACOLOR_WEIGHTS`, the installed copy, then the checkout.
        size: Short side of the working size in pixels; None chooses it.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        precision: `auto`, `fp32`, `bf16` or `fp16`.
        saturation: Factor on the chroma of the colours, 1 as predicted, 0 grey.
        seed: Seed of the generator's noise; None colours without noise, always the same way.
        force: Colour pages that are already in colour, too.

    Raises:
        ModelFileError: The weights are missing or damaged.
        UsageError: There is no such device, `size` is below 32, or `saturation` below 0.
    """

    def __init__(
        self,
        weights: Path | str | None = None,
        *,
        size: int | None = None,
        device: str = "auto",
        precision: Precision = "auto",
        saturation: float = 1.0,
        seed: int | None = None,
        force: bool = False,
    ) -> None:
        if size is not None and size < 32:
            raise UsageError(f"A working size of {size} is too small.", advice="Give --size at least 32.")
        if saturation < 0:
            raise UsageError(f"A saturation of {saturation} has no meaning.", advice="Give --saturation 0 or more.")
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        self.weights: Weights = load_weights(find_weights(Path(weights) if weights else None))
        self._generator = self.weights.generator.to(self.device).to(memory_format=torch.channels_last)
        self._size = size
        self._saturation = saturation
        self._seed = seed
        self._force = force

    @overload
    def colorize(self, image: Image.Image) -> Image.Image: ...
    @overload
    def colorize(self, image: NDArray[Any]) -> NDArray[np.uint8]: ...
    def colorize(self, image: Image.Image | NDArray[Any]) -> Image.Image | NDArray[np.uint8]:
        """Colour one page; a page already in colour or blank comes back as it is, in RGB.

        Args:
            image: Pillow image of any mode, or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8,
                uint16, bool, or floats in [0, 1].

        Returns:
            The kind that was given, at the same size: a Pillow image in RGB or RGBA, or a uint8 array (H, W, 3 or 4).

        Raises:
            BadInputError: The image is empty, of an unknown shape, or has values that are no numbers.
        """
        page, _ = self.colorize_page(as_decoded(image))
        pixels = page.rgb if page.alpha is None else np.dstack([page.rgb, page.alpha])
        return Image.fromarray(pixels) if isinstance(image, Image.Image) else pixels

    def colorize_page(self, page: DecodedImage) -> tuple[DecodedImage, Outcome]:
        """Colour a decoded page and say what was done; alpha, dpi and profile stay."""
        if not self._force:
            if is_colored(page.rgb):
                return page, "already_colored"
            if is_blank(page.rgb):
                return page, "blank"
        return dataclasses.replace(page, rgb=self._paint(to_gray(page.rgb))), "colored"

    def predict(self, gray: FloatArray) -> FloatArray:
        """Predict the colour under the ink of a grey page (h, w) in [0, 1] that has the working size.

        Returns:
            (h, w, 3) colour in [0, 1].
        """
        condition = to_tensor(condition_array(gray)).to(self.device, memory_format=torch.channels_last)
        reference = torch.zeros(1, REFERENCE_SIZE, device=self.device)
        with torch.inference_mode(), autocast(self.device, self.precision), _Noise(self._generator, self._seed):
            colour: Tensor = self._generator(condition, reference).colour
        return enliven(to_array(colour).clip(0, 1), SATURATION * self._saturation, STAIN_CHROMA)

    def _paint(self, gray: FloatArray) -> NDArray[np.uint8]:
        gray = np.minimum(gray / paper_level(gray), 1.0)
        short_side = self._size or chosen_short_side(gray.shape)
        gray = flatten_screentone(gray, gray.shape[0] / working_size(gray.shape, short_side)[0])
        colour = self._predict_at_working_size(gray, short_side)
        scale = max(gray.shape[0] / colour.shape[0], gray.shape[1] / colour.shape[1])
        ink, _ = separate(gray, max(1, round(LINE_RADIUS_PX * scale)))
        height, width = gray.shape
        reduction = math.sqrt(max(1.0, height * width / SPREAD_PIXELS))
        if reduction > 1:
            small = (max(1, round(height / reduction)), max(1, round(width / reduction)))
            colour = spread(colour, resize(ink, *small))
        else:
            colour = spread(colour, ink)
        return _compose_in_bands(colour, ink)

    def _predict_at_working_size(self, gray: FloatArray, short_side: int) -> FloatArray:
        """Predict colour at the working size, or at half of it for as long as memory does not suffice."""
        while True:
            try:
                return self.predict(resize(gray, *working_size(gray.shape, short_side)))
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not isinstance(error, (torch.OutOfMemoryError, MemoryError)) and "memory" not in str(error):
                    raise
                if short_side <= SMALLEST_WORKING_SIDE_PX:
                    raise OutOfMemoryError(
                        "Out of memory even at the smallest working size.",
                        advice="Close other programs, or use --device cpu.",
                    ) from error
            short_side //= 2
            logger.warning("Out of memory: going on at a working size of %d.", short_side)
            gc.collect()
            if self.device.type == "cuda":
                torch.cuda.empty_cache()


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


def chosen_short_side(page: tuple[int, ...]) -> int:
    """Return the short side of the working size for a page of (H, W) where the user gives none."""
    smallest, largest = WORKING_SHORT_SIDES_PX
    return min(largest, max(smallest, round(WORKING_SHARE * min(page))))


def working_size(page: tuple[int, ...], short_side_px: int) -> tuple[int, int]:
    """Return the (h, w) at which a page of (H, W) is coloured: never above its own size.

    Long strips keep the short side as far as `WORKING_PIXELS` reach.
    """
    height, width = page
    scale = min(1.0, short_side_px / min(height, width), math.sqrt(WORKING_PIXELS / (height * width)))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _compose_in_bands(colour: FloatArray, ink: FloatArray) -> NDArray[np.uint8]:
    """Compose at page size; colour still smaller is enlarged row band by row band, to save memory."""
    height, width = ink.shape
    if colour.shape[:2] == ink.shape:
        return compose(colour, ink)
    page = np.empty((height, width, 3), np.uint8)
    small = colour.shape[0]
    for top in range(0, height, COMPOSE_ROWS):
        bottom = min(height, top + COMPOSE_ROWS)
        rows = (np.arange(top, bottom, dtype=np.float32) + 0.5) * (small / height) - 0.5
        above = np.clip(np.floor(rows).astype(int), 0, small - 1)
        below = np.clip(above + 1, 0, small - 1)
        share = np.clip(rows - above, 0, 1)[:, None, None]
        band = colour[above] * (1 - share) + colour[below] * share
        page[top:bottom] = compose(resize(band.astype(np.float32), bottom - top, width), ink[top:bottom])
    return page
