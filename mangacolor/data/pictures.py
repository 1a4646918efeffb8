"""Pictures in memory: decoded and checked once, cropped many times."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.agreement import checked_gray
from mangacolor.data.examples import Example, Layout, split_side_by_side
from mangacolor.data.skin import SkinColour, find_ground
from mangacolor.data.splits import source_weight
from mangacolor.errors import BadInputError
from mangacolor.image import float_from_pixels, pixels_from_float, read_image, resize
from mangacolor.page.ink import Separation, separate_by_closing
from mangacolor.page.lighting import on_white_paper

Pixels = NDArray[np.uint8]

LARGEST_SHORT_SIDE_PX = 640
"""Pictures are kept no larger than this: no crop needs more pixels."""


Separate = Callable[[NDArray[np.float32]], Separation]
"""Takes a grey page (H, W) in [0, 1] apart into ink and tone."""


@dataclass(frozen=True)
class Picture:
    """An example ready for cropping.

    Attributes:
        rgb: (H, W, 3) colour.
        ink_and_tone: The grey condition taken apart, each (H, W); None where the data has no grey side.
        cheeks: OKLab colours of the skin of its faces, as far as they were looked for.
        ground: (H, W) what may be a wall in the colour of these cheeks, by the whole picture that this one may be a
            part of; see `skin.find_ground`. None where nobody looked.
        shows_no_animal: Whether somebody said so.
    """

    rgb: Pixels
    ink_and_tone: tuple[Pixels, Pixels] | None = None
    cheeks: tuple[SkinColour, ...] = ()
    ground: Pixels | None = None
    shows_no_animal: bool = False


def read_example(example: Example, layout: Layout) -> tuple[Pixels, Pixels | None]:
    """Decode an example at its own size: colour (H, W, 3), and its grey condition (H, W) where there is one.

    Raises:
        BadInputError: A file is broken, or condition and target do not belong together.
    """
    rgb = read_image(example.target).rgb
    if layout == "side_by_side":
        condition, rgb = split_side_by_side(rgb, example.name)
    elif example.condition is not None:
        condition = read_image(example.condition).rgb
    else:
        return rgb, None
    gray = checked_gray(condition, rgb, str(example.condition or example.target))
    return np.ascontiguousarray(rgb), gray


def load_picture(example: Example, layout: Layout, separate: Separate = separate_by_closing) -> Picture:
    """Decode an example, at most `LARGEST_SHORT_SIDE_PX` on its short side.

    Args:
        example: Which.
        layout: How the data is laid out.
        separate: Takes the grey condition apart, at its own size: dots must go before it is made smaller.

    Raises:
        BadInputError: A file is broken, or condition and target do not belong together.
    """
    rgb, gray = read_example(example, layout)
    scale = min(1.0, LARGEST_SHORT_SIDE_PX / min(rgb.shape[:2]))
    size = [max(1, round(side * scale)) for side in rgb.shape[:2]]
    small = np.ascontiguousarray(resize(rgb, *size))
    if gray is None:
        return Picture(small)
    ink, tone = separate(on_white_paper(float_from_pixels(gray)))
    return Picture(small, (pixels_from_float(resize(ink, *size)), pixels_from_float(resize(tone, *size))))


class PictureShelf(Sequence[Picture]):
    """All pictures of a data folder, decoded once and kept in memory as far as it reaches."""

    def __init__(self, examples: Sequence[Example], layout: Layout, separate: Separate = separate_by_closing) -> None:
        self.examples = tuple(examples)
        self._load = partial(load_picture, layout=layout, separate=separate)
        self._kept: list[Picture | None] = [None] * len(self.examples)
        self._room_bytes = 0
        self._cheeks: dict[int, tuple[SkinColour, ...]] = {}
        self._without_animals: set[int] = set()
        self._grounds: dict[int, Pixels | None] = {}

    def fill(
        self,
        memory_bytes: int,
        on_picture: Callable[[str, Picture], object] = lambda name, picture: None,
        threads: int = 2,
    ) -> None:
        """Decode every picture, so that a broken one is found before training, and keep what fits.

        Args:
            memory_bytes: How much memory kept pictures may take.
            on_picture: Called with the name of each example and its picture, in order.
            threads: Pictures decoded at a time.

        Raises:
            BadInputError: A picture is broken or a pair does not match; the message names it.
        """
        self.make_room(memory_bytes)
        with ThreadPoolExecutor(threads) as pool:
            for index, picture in enumerate(pool.map(self._load, self.examples)):
                self._keep(index, picture)
                on_picture(self.examples[index].name, picture)

    def make_room(self, memory_bytes: int) -> None:
        """Keep pictures from now on as they are asked for, as many as fit."""
        self._room_bytes = memory_bytes

    @property
    def room_bytes(self) -> int:
        """What is left of the memory for pictures."""
        return self._room_bytes

    def pass_over(self, names: Collection[str]) -> None:
        """Take examples off, before anything is told of the others."""
        left = [index for index, example in enumerate(self.examples) if example.name not in names]
        self.examples = tuple(self.examples[index] for index in left)
        self._kept = [self._kept[index] for index in left]

    def _keep(self, index: int, picture: Picture) -> None:
        size = picture.rgb.nbytes + sum(plane.nbytes for plane in picture.ink_and_tone or ())
        if size <= self._room_bytes:
            self._room_bytes -= size
            self._kept[index] = picture

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Picture:  # type: ignore[override]  # a shelf has no slices
        picture = self._kept[index]
        if picture is None:
            picture = self._load(self.examples[index])
            self._keep(index, picture)
        if index in self._without_animals:
            picture = replace(picture, shows_no_animal=True)
        cheeks = self._cheeks.get(index)
        if cheeks is None:
            return picture
        return replace(picture, cheeks=cheeks, ground=self._ground(index, picture.rgb, cheeks))

    def _ground(self, index: int, rgb: Pixels, cheeks: tuple[SkinColour, ...]) -> Pixels:
        """Look for the ground of a picture when it is first asked for; it is kept in bits, if there is one."""
        if index not in self._grounds:
            ground = find_ground(float_from_pixels(rgb), cheeks)
            self._grounds[index] = np.packbits(ground) if ground.any() else None
        bits, (height, width) = self._grounds[index], rgb.shape[:2]
        if bits is None:
            return np.zeros((height, width), np.uint8)
        return np.unpackbits(bits, count=height * width).reshape(height, width)

    def tell_people(self, sources: Sequence[str]) -> None:
        """Say by globs which pictures show people and no animal."""
        shown = [any(fnmatch.fnmatch(example.name, glob) for glob in sources) for example in self.examples]
        self._without_animals = set(np.flatnonzero(shown).tolist())

    def tell_cheeks(self, cheeks: Mapping[str, Sequence[SkinColour]]) -> None:
        """Say which colours the skin of pictures has, by the names of their examples."""
        for index, example in enumerate(self.examples):
            if example.name in cheeks:
                self._cheeks[index] = tuple(cheeks[example.name])
                self._grounds.pop(index, None)


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


class PictureDraw:
    """Draws pictures at random, each as often as its probability says."""

    def __init__(self, pictures: Sequence[Picture], probabilities: NDArray[np.float64]) -> None:
        self._pictures = pictures
        self._cumulative = np.cumsum(probabilities)

    def __call__(self, rng: np.random.Generator) -> Picture:
        """Return the next picture."""
        index = int(np.searchsorted(self._cumulative, rng.random(), side="right"))
        return self._pictures[min(index, len(self._cumulative) - 1)]


class Square(NamedTuple):
    """A part of a picture, in its pixels."""

    top: int
    left: int
    side: int
    is_mirrored: bool


def random_square(picture: Picture, share: tuple[float, float], rng: np.random.Generator) -> Square:
    """Choose a square that shows `share` of the short side, mirrored half of the time."""
    height, width = picture.rgb.shape[:2]
    side = max(1, round(min(height, width) * rng.uniform(*share)))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    return Square(top, left, side, is_mirrored=rng.random() < 0.5)


def crop(picture: Picture, square: Square, side_px: int) -> Picture:
    """Cut a square out of a picture, resized to `side_px`."""
    where = np.s_[square.top : square.top + square.side, square.left : square.left + square.side]
    turn = -1 if square.is_mirrored else 1

    def cut(pixels: Pixels) -> Pixels:
        return np.ascontiguousarray(resize(pixels[where], side_px, side_px)[:, ::turn])

    planes, ground = picture.ink_and_tone, picture.ground
    both = None if planes is None else (cut(planes[0]), cut(planes[1]))
    return replace(picture, rgb=cut(picture.rgb), ink_and_tone=both, ground=None if ground is None else cut(ground))


def random_crop(picture: Picture, side_px: int, share: tuple[float, float], rng: np.random.Generator) -> Picture:
    """Cut a random square that shows `share` of the short side, resized to `side_px`, mirrored half of the time."""
    return crop(picture, random_square(picture, share, rng), side_px)
