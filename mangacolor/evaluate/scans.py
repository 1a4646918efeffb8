"""Scoring colourings of pages as scanners, servers and readers leave them, by the points of a look set.

Each page of the set is made worse in known ways and coloured; the colouring is brought back to the frame of the page
and looked at as a colouring of the page itself. So every row of the table is about the same points and pixels.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mangacolor.colorize.colorizer import Colorizer
from mangacolor.evaluate.look import LookScores, LookSet, mean_look
from mangacolor.evaluate.look_points import look_at_page
from mangacolor.evaluate.look_table import Column, number, share_column, table_of
from mangacolor.image import float_from_pixels, pixels_from_float, read_image, resize, to_gray

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Worsen = Callable[[FloatArray, np.random.Generator], Pixels]
Back = Callable[[Pixels, tuple[int, int]], Pixels]

PAPER, BLACK, GRAIN = 0.9, 0.12, 0.016
"""Greys of the paper and of the black of a scan, and the deviation of its grain."""

YELLOWED, BROWNED = (0.93, 0.89, 0.78), (0.16, 0.14, 0.13)
"""Paper and black of an old book, in sRGB."""

SPINE_DEPTH, SPINE_REACH = 0.16, 0.15
"""How much darker it is at the spine of an open book, and how far that reaches, in widths of the page."""

FOLD_DEPTH, FOLD_REACH = 0.2, 0.08
"""The same in the middle of a double page, where it is deeper and steeper."""

MARGIN_PX, LID = 60, 0.08
"""Width and grey of what a scanner saw beside a page."""

SOFT_PX = 1.3
"""Sigma of a Gaussian, of a page out of focus."""

SMALL, TINY, THUMBNAIL = 0.6, 0.4, 0.27
"""Sizes of small copies, as shares of the page's."""

TILT, READER, READER_GREYS = 1.5, 0.75, 16
"""Degrees by which a page lies askew; size of a page on electronic paper, as a share, and the greys that it has."""

FADED, DIM = 0.5, 0.45
"""Grey of ink that faded, and of paper in little light."""

DESK, DIMMEST, LEAST_AROUND, MOST_AROUND = 0.25, 0.65, 0.02, 0.08
"""Grey of a desk; light at one side of a page photographed on it, of that at the other; and how far from the sides of
the photograph its corners are, as shares of the page's width."""

SCAN_QUALITY, STRONG = 75, 18
"""JPEG quality of scans, and of a page that was compressed more than it should be."""


@dataclass(frozen=True)
class Way:
    """A way in which pages get worse.

    Attributes:
        worsen: Turns a grey page (H, W) in [0, 1] into what is coloured, (h, w, 3).
        back: Brings the colouring of that to the frame (H, W) of the page.
    """

    worsen: Worsen
    back: Back = lambda coloured, shape: resize(coloured, *shape)


def worsened(gray: FloatArray, way: str) -> Pixels:
    """Return a grey page (H, W) in [0, 1] made worse in one of `WAYS`, (h, w, 3); always the same for a page."""
    return WAYS[way].worsen(gray, np.random.default_rng(gray.shape))


def in_frame(coloured: Pixels, way: str, shape: tuple[int, int]) -> Pixels:
    """Bring the colouring of a worsened page to the frame (H, W) of the page itself."""
    return WAYS[way].back(coloured, shape)


def score_scans(
    look_set: LookSet,
    colorizer: Colorizer,
    limit: int | None = None,
    on_page: Callable[[int], object] = lambda total: None,
) -> list[LookScores]:
    """Colour the pages of a look set in all ways, and look at their points.

    Args:
        look_set: Pages and points.
        colorizer: Made with `force=True`.
        limit: Score at most this many pages, the first ones.
        on_page: Called for each page and way, with the total.

    Returns:
        A row for each way, in the order of `WAYS`.
    """
    chosen = look_set.pages[:limit]
    scores = []
    for way in WAYS:
        looks = []
        for path in chosen:
            gray = to_gray(read_image(path).rgb)
            height, width = gray.shape
            coloured = in_frame(colorizer.colorize(worsened(gray, way)), way, (height, width))
            looks.append(look_at_page(path.stem, gray, coloured, look_set.points[path.stem]))
            on_page(len(chosen) * len(WAYS))
        scores.append(mean_look(way, "all", looks, [], None))
    return scores


def scans_table(scores: Sequence[LookScores]) -> str:
    """Return scores as a Markdown table, a row for each way."""
    shares = {"skin ↑": "skin", "face": "skin_face", "hand": "skin_hand", "white ↑": "white", "hair ↑": "hair"}
    columns: list[Column] = [share_column(title, share) for title, share in shares.items()]
    columns += [
        share_column("garments ↑", "cloth"),
        ("chroma ↑", lambda row: number(row.chroma, ".3f")),
        ("of paper", lambda row: number(row.coloured_paper, ".2f")),
    ]
    return table_of(scores, columns)


def _as_is(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    return _three(gray)


def _scanned(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    small = resize(gray, *_scaled(gray, 0.8))
    return _compressed(_grainy(BLACK + (PAPER - BLACK) * small, generator), SCAN_QUALITY)


def _yellowed(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    page = _grainy(gray, generator)[..., None]
    paper, black = (np.array(shade, np.float32) for shade in (YELLOWED, BROWNED))
    return pixels_from_float((black + (paper - black) * page).astype(np.float32))


def _in_shadow(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    across = np.exp(-np.linspace(0, 1, gray.shape[1]) / SPINE_REACH)
    light = (PAPER - SPINE_DEPTH * across).astype(np.float32)
    return _compressed(_grainy((BLACK + (1 - BLACK) * gray) * light, generator), SCAN_QUALITY)


def _on_a_lid(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    around = np.pad(gray, MARGIN_PX, constant_values=LID)
    return _compressed(_grainy(around, generator), SCAN_QUALITY)


def _off_the_lid(coloured: Pixels, shape: tuple[int, int]) -> Pixels:
    return np.ascontiguousarray(coloured[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX])


def _double(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    """Lay the page beside its own mirror image, with the shadow of a spine between them."""
    both, width = np.hstack([gray[:, ::-1], gray]), gray.shape[1]
    across = np.exp(-np.abs(np.arange(2 * width) - width) / (FOLD_REACH * width))
    light = (PAPER - FOLD_DEPTH * across).astype(np.float32)
    return _compressed(_grainy((BLACK + (1 - BLACK) * both) * light, generator), SCAN_QUALITY)


def _right_half(coloured: Pixels, shape: tuple[int, int]) -> Pixels:
    return np.ascontiguousarray(coloured[:, shape[1] :])


def _tilted(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    turn, (height, width) = _turn(gray.shape)
    turned = cv2.warpAffine(gray, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=1.0)
    return _compressed(_grainy(np.asarray(turned, np.float32), generator), SCAN_QUALITY)


def _turned_back(coloured: Pixels, shape: tuple[int, int]) -> Pixels:
    turn, _ = _turn(shape)
    return np.asarray(cv2.warpAffine(coloured, cv2.invertAffineTransform(turn), shape[::-1]), np.uint8)


def _turn(shape: tuple[int, ...]) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Return the turn (2, 3) of a page (H, W) by `TILT`, and the (h, w) that it then takes."""
    height, width = shape
    turn = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), TILT, 1.0), np.float64)
    sine = abs(float(turn[0, 1]))
    around = round(width + sine * height), round(height + sine * width)
    turn[:, 2] += np.array((around[0] - width, around[1] - height)) / 2
    return turn, around[::-1]


def _faded(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    return _compressed(_grainy(FADED + (1 - FADED) * gray, generator), SCAN_QUALITY)


def _dim(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    return _compressed(_grainy(gray, generator) * np.float32(DIM), SCAN_QUALITY)


def _photographed(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    turn, (height, width) = _view(gray.shape)
    seen = np.asarray(cv2.warpPerspective(gray, turn, (width, height), borderValue=DESK), np.float32)
    light = np.linspace(PAPER, PAPER * DIMMEST, width, dtype=np.float32)
    return _compressed(_grainy((BLACK + (1 - BLACK) * seen) * light, generator), SCAN_QUALITY)


def _seen_from_above(coloured: Pixels, shape: tuple[int, int]) -> Pixels:
    turn, _ = _view(shape)
    return np.asarray(cv2.warpPerspective(coloured, np.linalg.inv(turn), shape[::-1]), np.uint8)


def _view(shape: tuple[int, ...]) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Return how a page (H, W) lies in a photograph of it, (3, 3), and the (h, w) that this has."""
    height, width = shape
    around = 2 * MOST_AROUND * width
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = np.random.default_rng(shape).uniform(LEAST_AROUND * width, MOST_AROUND * width, (4, 2))
    inwards = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    larger = np.array((width + around, height + around))
    seen = (corners > 0) * larger + inwards * moved
    turn = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    return np.asarray(turn, np.float64), (round(larger[1]), round(larger[0]))


def _dithered(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    """Return a page in the few greys that electronic paper shows, by the dithering of Floyd and Steinberg."""
    small = Image.fromarray(pixels_from_float(resize(gray, *_scaled(gray, READER))))
    greys = Image.new("P", (1, 1))
    steps = np.linspace(0, 255, READER_GREYS).round().astype(np.uint8)
    greys.putpalette(np.repeat(steps, 3).tobytes())
    shown = small.convert("RGB").quantize(palette=greys, dither=Image.Dither.FLOYDSTEINBERG)
    return np.asarray(shown.convert("RGB"))


def _soft(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    return _three(np.asarray(cv2.GaussianBlur(gray, (0, 0), SOFT_PX), np.float32))


def _smaller(gray: FloatArray, generator: np.random.Generator, factor: float = SMALL) -> Pixels:
    return _compressed(resize(gray, *_scaled(gray, factor)), SCAN_QUALITY)


def _enlarged(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    small = _smaller(gray, generator)
    return np.asarray(cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR), np.uint8)


def _squeezed(gray: FloatArray, generator: np.random.Generator) -> Pixels:
    return _compressed(gray, STRONG)


def _scaled(gray: FloatArray, factor: float) -> tuple[int, int]:
    height, width = gray.shape
    return round(factor * height), round(factor * width)


def _grainy(gray: FloatArray, generator: np.random.Generator) -> FloatArray:
    return gray + generator.normal(0, GRAIN, gray.shape).astype(np.float32)


def _compressed(gray: FloatArray, quality: int) -> Pixels:
    stored = io.BytesIO()
    Image.fromarray(pixels_from_float(gray)).save(stored, "JPEG", quality=quality)
    return _three(float_from_pixels(np.asarray(Image.open(stored))))


def _three(gray: FloatArray) -> Pixels:
    return np.repeat(pixels_from_float(gray)[..., None], 3, axis=2)


WAYS = {
    "as it is": Way(_as_is),
    "scanned": Way(_scanned),
    "yellowed": Way(_yellowed),
    "in shadow": Way(_in_shadow),
    "on a lid": Way(_on_a_lid, _off_the_lid),
    "double page": Way(_double, _right_half),
    "tilted": Way(_tilted, _turned_back),
    "photographed": Way(_photographed, _seen_from_above),
    "in little light": Way(_dim),
    "faded": Way(_faded),
    "out of focus": Way(_soft),
    "small": Way(_smaller),
    "tiny": Way(partial(_smaller, factor=TINY)),
    "thumbnail": Way(partial(_smaller, factor=THUMBNAIL)),
    "small, enlarged": Way(_enlarged),
    "squeezed": Way(_squeezed),
    "on electronic paper": Way(_dithered),
}
"""What happens to pages, by the names in the table."""
