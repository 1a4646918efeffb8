"""Pages of the validation sets: the same picture drawn in several ways, with the colours that it should become.

The old sets draw their grey side after the greys of the picture. The new ones give areas tones that say nothing of
lightness and leave skin bare, as manga does.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.scan import PageLayers, print_and_scan
from mangacolor.data.drawing.screentone import screen
from mangacolor.data.examples import Example, Found
from mangacolor.data.labels import YES
from mangacolor.data.pairs import ColourArt
from mangacolor.data.pictures import read_example
from mangacolor.data.skin import FindFaces, SkinColour, cheek_colours, skin_labels
from mangacolor.data.synthesis import HandToned, Layers, draw_layers
from mangacolor.evaluate.composed import LINE_ART, scanned_pages
from mangacolor.image import float_from_pixels, pixels_from_float, resize, to_gray
from mangacolor.models.weight_files import find_face_weights
from mangacolor.page.faces import FaceDetector
from mangacolor.page.ink import Separation, compose, deepen

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
ValidationSet = Literal["plain grey", "line art", "screentone", "free tones", "free screentone", "composed"]
SETS: tuple[ValidationSet, ...] = get_args(ValidationSet)

LARGEST_SHORT_SIDE_PX = 640

FREE_SETS = ("free tones", "free screentone")
"""Sets whose tones say nothing of lightness."""

TONED = SynthesisConfig(plain_gray=0.0, line_art=0.0)
FREE = SynthesisConfig(plain_gray=0.0, line_art=0.0, free_tones=1.0)

TRIES = 4
"""How often tones are chosen anew where they make camouflage of a picture; it is left out when all of them do."""

FACE_SOURCES = ("anime/*", "pages/*")
"""Where faces are looked for, as in training: in other drawings the detector finds few, and some that are none."""


class ValidationPage(NamedTuple):
    """A page and what it should become.

    Attributes:
        gray: (H, W, 3) grey page.
        target: (H, W, 3) colour page.
        skin: (H, W) what is surely skin, having the colour of the cheeks of a face; None where no face is known.
    """

    gray: Pixels
    target: Pixels
    skin: Mask | None = None


class KnownCheeks:
    """Looks for the cheeks of pictures of `FACE_SOURCES`, once for each picture.

    Args:
        find_faces: Finds faces; the shipped detector where None.
    """

    def __init__(self, find_faces: FindFaces | None = None) -> None:
        self._find_faces = find_faces
        self._known: dict[str, tuple[SkinColour, ...]] = {}

    def __call__(self, name: str, rgb: Pixels) -> tuple[SkinColour, ...]:
        """Return the colours of the cheeks in a picture (H, W, 3), none where faces are not looked for."""
        if not any(fnmatch(name, source) for source in FACE_SOURCES):
            return ()
        if name not in self._known:
            self._find_faces = self._find_faces or FaceDetector(find_face_weights())
            self._known[name] = cheek_colours(rgb, self._find_faces)
        return self._known[name]


def drawn_pages(
    name: ValidationSet,
    examples: Sequence[Example],
    found: Found,
    cheeks_of: Callable[[str, Pixels], Sequence[SkinColour]] = lambda name, rgb: (),
) -> Iterator[ValidationPage]:
    """Yield the pages of one of the sets that are drawn picture by picture; see `draw_page`.

    Args:
        name: The set.
        examples: Pictures to draw after.
        found: The folder that they lie in.
        cheeks_of: Tells the colours of the cheeks in a picture; without it no page says where its skin is.
    """
    for example in examples:
        rgb = read_picture(example, found)
        page = draw_page(name, rgb, example.name, cheeks_of(example.name, rgb))
        if page is not None:
            yield page


def read_picture(example: Example, found: Found) -> Pixels:
    """Read the colour side (H, W, 3) of an example, large ones reduced as all of validation has them."""
    rgb, _ = read_example(example, found.layout)
    scale = min(1.0, LARGEST_SHORT_SIDE_PX / min(rgb.shape[:2]))
    return resize(rgb, *(max(1, round(side * scale)) for side in rgb.shape[:2]))


def draw_page(name: ValidationSet, rgb: Pixels, seed: str, cheeks: Sequence[SkinColour] = ()) -> ValidationPage | None:
    """Make a validation page after colour art (H, W, 3); always the same for the same art, seed and cheeks.

    Plain grey is the art's luma, and its target the art itself. The others are drawn after it, and the target is the
    art's colour under the drawn ink; both kinds of screentone are also printed and scanned.

    Args:
        name: The set, not "composed".
        rgb: The art.
        seed: Any text.
        cheeks: Colours of the skin in it, from `skin.cheek_colours`.

    Returns:
        The page; None where tones chosen at will would make camouflage of the art.
    """
    if name == "plain grey":
        return ValidationPage(_gray_page(to_gray(rgb)), rgb, _skin(float_from_pixels(rgb), cheeks))
    rng = np.random.default_rng(zlib.crc32(f"{name} {seed}".encode()))
    layers = _layers(name, float_from_pixels(rgb), cheeks, rng)
    if layers is None:
        return None
    ink, tone, colour, _ = layers
    if name == "line art":
        return ValidationPage(_gray_page(ink), compose(colour, ink), _skin(colour, cheeks))
    if name == "free tones":
        return _page_of(PageLayers(ink * tone, ink, tone, np.zeros(ink.shape, np.bool_), colour), cheeks)
    screened = screen(tone, rng)
    page = print_and_scan(PageLayers(ink * screened.drawn, ink, screened.tone, screened.mask, colour), rng)
    return _page_of(page, cheeks)


def composed_pages(examples: Sequence[Example], found: Found, count: int) -> Iterator[ValidationPage]:
    """Yield pages composed of several pictures, with lettering and screentone; where their skin is is not known."""
    for page in scanned_pages(ColourArt(examples, found.layout), count):
        yield _page_of(page.layers, ())


def _layers(
    name: ValidationSet, art: NDArray[np.float32], cheeks: Sequence[SkinColour], rng: np.random.Generator
) -> Layers | None:
    if name not in FREE_SETS:
        return draw_layers(art, 1.0, LINE_ART if name == "line art" else TONED, rng)
    labels = skin_labels(art, cheeks)
    drawn = (draw_layers(art, 1.0, FREE, rng, labels) for _ in range(TRIES))
    return next((layers for layers in drawn if isinstance(layers, HandToned)), None)


def _skin(colour: NDArray[np.float32], cheeks: Sequence[SkinColour]) -> Mask | None:
    return np.asarray(skin_labels(colour, cheeks) == YES, np.bool_) if cheeks else None


def _page_of(layers: PageLayers, cheeks: Sequence[SkinColour]) -> ValidationPage:
    target = compose(layers.colour, deepen(Separation(layers.ink, layers.tone)).ink)
    return ValidationPage(_gray_page(layers.page), target, _skin(layers.colour, cheeks))


def _gray_page(gray: NDArray[np.float32]) -> Pixels:
    return np.repeat(pixels_from_float(gray)[..., None], 3, axis=2)
