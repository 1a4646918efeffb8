"""Pictures in memory: decoded and checked once, split by series, cropped many times."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.layouts import Example, Layout, split_side_by_side
from mangacolor.errors import BadInputError
from mangacolor.image import float_from_pixels, pixels_from_float, read_image, resize, to_gray

Pixels = NDArray[np.uint8]

LARGEST_SHORT_SIDE_PX = 640
"""Pictures are kept no larger than this: no crop needs more pixels."""

SMALLEST_SERIES_SPLIT = 10
"""Folders with fewer pictures train whole: one picture would tell nothing."""

LEAST_AGREEMENT = 0.15
"""Correlation of edges below which a condition and a target show different drawings."""


@dataclass(frozen=True)
class Picture:
    """A decoded example: colour (H, W, 3), and its grey condition (H, W) where the data has one."""

    rgb: Pixels
    gray: Pixels | None = None


def load_picture(example: Example, layout: Layout) -> Picture:
    """Decode an example, at most `LARGEST_SHORT_SIDE_PX` on its short side.

    Raises:
        BadInputError: A file is broken, or condition and target do not belong together.
    """
    rgb = read_image(example.target).rgb
    condition = None
    if layout == "side_by_side":
        condition, rgb = split_side_by_side(rgb, example.name)
    elif example.condition is not None:
        condition = read_image(example.condition).rgb
        if condition.shape != rgb.shape:
            sizes = f"{condition.shape[1]} x {condition.shape[0]} and {rgb.shape[1]} x {rgb.shape[0]}"
            raise BadInputError(
                f"{example.condition}: condition and target differ in size ({sizes}).",
                advice="Make both sides of the pair the same size, or take the pair out.",
            )
    scale = min(1.0, LARGEST_SHORT_SIDE_PX / min(rgb.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
    small = np.ascontiguousarray(resize(rgb, height, width))
    if condition is None:
        return Picture(small)
    gray = pixels_from_float(to_gray(resize(condition, height, width)))
    if _agreement(gray, small) < LEAST_AGREEMENT:
        raise BadInputError(
            f"{example.condition or example.target}: condition and target show different pictures.",
            advice="Check that both sides of this pair are the same drawing, aligned.",
        )
    return Picture(small, gray)


def _agreement(gray: Pixels, rgb: Pixels) -> float:
    """Correlate where the two have edges, forgiving a few pixels; 1 for featureless pictures."""
    edges = []
    for plane in (float_from_pixels(gray), to_gray(rgb)):
        small = cv2.GaussianBlur(resize(plane, min(96, plane.shape[0]), min(96, plane.shape[1])), (0, 0), 1.0)
        magnitude = cv2.magnitude(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))
        edges.append(cv2.GaussianBlur(magnitude, (0, 0), 1.5).ravel())
    if min(float(edge.std()) for edge in edges) < 1e-3:
        return 1.0
    return float(np.corrcoef(edges[0], edges[1])[0, 1])


class PictureShelf(Sequence[Picture]):
    """All pictures of a data folder, decoded once and kept in memory as far as it reaches."""

    def __init__(self, examples: Sequence[Example], layout: Layout) -> None:
        self.examples = tuple(examples)
        self._layout = layout
        self._kept: list[Picture | None] = [None] * len(self.examples)

    def fill(self, memory_bytes: int, on_picture: Callable[[], object] = lambda: None, threads: int = 2) -> None:
        """Decode every picture, so that a broken one is found before training, and keep what fits.

        Args:
            memory_bytes: How much memory kept pictures may take.
            on_picture: Called after each picture, for a progress bar.
            threads: Pictures decoded at a time.

        Raises:
            BadInputError: A picture is broken or a pair does not match; the message names it.
        """
        with ThreadPoolExecutor(threads) as pool:
            for index, picture in enumerate(pool.map(lambda one: load_picture(one, self._layout), self.examples)):
                memory_bytes -= picture.rgb.nbytes + (picture.gray.nbytes if picture.gray is not None else 0)
                if memory_bytes >= 0:
                    self._kept[index] = picture
                on_picture()

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Picture:  # type: ignore[override]  # a shelf has no slices
        return self._kept[index] or load_picture(self.examples[index], self._layout)


def split_by_series(examples: Sequence[Example], validation_percent: int) -> tuple[list[Example], list[Example]]:
    """Split examples into training and validation, folder by folder, never inside a series.

    A series is what stands before the last `_` of a name (an episode, a story). The last series
    of each folder are held out until they make up `validation_percent` of it; folders of fewer
    than ten pictures or of a single series train whole. The split depends on names alone.
    """
    folders: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        folders[str(PurePosixPath(example.name).parent)].append(example)
    training: list[Example] = []
    validation: list[Example] = []
    for members in folders.values():
        wanted = len(members) * validation_percent / 100 if len(members) >= SMALLEST_SERIES_SPLIT else 0
        series: defaultdict[str, list[Example]] = defaultdict(list)
        for member in members:
            series[_series(member)].append(member)
        groups = list(series.values())
        held: list[Example] = []
        while len(held) < wanted and len(groups) > 1:  # the first series always trains
            held = groups.pop() + held
        training += [member for group in groups for member in group]
        validation += held
    return training, validation


def _series(example: Example) -> str:
    stem = PurePosixPath(example.name).stem
    return re.sub(r"_[^_]*$", "", stem) if "_" in stem else stem


def source_weight(example: Example, source_weights: Mapping[str, float]) -> float:
    """Return the sampling weight of an example: that of the first glob its name matches, else 1."""
    return next((weight for glob, weight in source_weights.items() if fnmatch.fnmatch(example.name, glob)), 1.0)


def sampling_weights(examples: Sequence[Example], source_weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the probability with which each example is drawn.

    Raises:
        BadInputError: No example has a weight above 0.
    """
    weights = np.array([source_weight(example, source_weights) for example in examples])
    if not weights.sum() > 0:
        raise BadInputError("Every picture has sampling weight 0.", advice="Check `source_weights` in the recipe.")
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def random_crop(picture: Picture, side_px: int, share: tuple[float, float], rng: np.random.Generator) -> Picture:
    """Cut a random square that shows `share` of the short side, resized to `side_px`, mirrored half of the time."""
    height, width = picture.rgb.shape[:2]
    side = max(1, round(min(height, width) * rng.uniform(*share)))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    turn = -1 if rng.random() < 0.5 else 1

    def cut(pixels: Pixels) -> Pixels:
        return np.ascontiguousarray(resize(pixels[top : top + side, left : left + side], side_px, side_px)[:, ::turn])

    return Picture(cut(picture.rgb), None if picture.gray is None else cut(picture.gray))
