"""Deciding on colours by areas: skin first, then one colour for what is one thing; paper stays paper.

The generator says for every cell of a page how likely each colour is. That is pooled over the areas between the lines,
weighed against what is likely all over the page, so that a thing gets the colour that speaks for it rather than the one
that everything has, and areas of a size of things get one colour. Large ones, skies and grounds, keep the soft colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from mangacolor.color import oklab_from_srgb, srgb_from_oklab
from mangacolor.inference.findings import Findings
from mangacolor.inference.free_colours import choose
from mangacolor.inference.hues import enlarge_cells, skin_classes
from mangacolor.ink import Separation, even_out
from mangacolor.nn import Generated
from mangacolor.tensors import to_array

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

DECISIVENESS = 0.25
"""Temperature at which the mean of the classes is taken: towards 0 the likeliest wins, at 1 it is the plain mean."""

SURPRISE, SOFT_SURPRISE = 0.2, 0.1
"""How far the chance of a class all over the page is taken off its chance in an area, and in a cell of a ground, as an
exponent. Cell by cell, more would turn an empty sky into a rainbow."""

LEAST_CHANCE = 1e-6

SKIN_CHANCE = 0.12
SHADES_CHANCE = 0.6
EDGE_CHANCE = 0.2
"""Chance from which on an area is skin, by the label or by all shades of skin together, and how much more is asked of
one that runs along an edge of the page, as grounds do. Labels were learnt with far more of other things than skin."""

RIVALRY = 0.8
"""Share of the chance of hair and of garment that the chance of skin has at least."""

SKIN_TONE = 0.6
"""Darker areas are no skin, but skin in deep shadow."""

NEAR_CHANCE, SHADOW_TONE = 0.05, 0.4
"""The same on a face and just below it, where shadow and neck are."""

LARGEST_SKIN = 0.12
EDGE_SHARE = 0.12
"""Share of the page up to which an area may be skin, and of an edge of the page from which on it runs along it."""

SHADOW_EDGE = (0.82, 0.92)
"""Mean tones up to which skin is shaded, and from which on it is bare."""

SKIN_TEMPERATURE = 1.0
SKIN_CHROMA = (0.045, 0.062)
SKIN_LIGHTNESS = (0.84, 0.92)
SHADED_LIGHTNESS = (0.55, 0.82)
"""OKLab chroma that skin gets at least and at most, and its lightness where it is bare paper, and under tone. Lighter
skin could not be told from paper."""

THING_SIZES = (0.03, 0.1)
"""Share of the page up to which an area is one thing, and from which on it is a ground with colours of its own."""

THING_SHARE = 0.6
"""How far a thing has one colour; the hair of a face has altogether."""

KIN_SIZES = (0.002, 0.008)
KIN_SHARE = 0.6
"""Share of the page up to which an area listens to its neighbours, and from which on it does not, and how far."""

PAPER_TONES = (0.93, 0.97)
"""Mean tones of an area from which on it is bare paper, a little and altogether."""

CLEAR_INK = 0.8
CLEAR_SHARES = (0.5, 0.75)
SMALLEST_HATCHED_PX = 200
"""Ink above which a pixel shows paper; shares of such pixels up to which an area is hatched, and from which on it is
not; and the pixels off the border of the smallest area that can be told."""

SHADING = 0.6
"""How much of what the paint varies in lightness over an area is kept."""

LIVELINESS = 1.35
"""Factor on the chroma where no colour is certain: the mean over classes is paler than each of them."""

ALIKE = 0.06
CERTAIN_CHANCES = (0.4, 0.7)
"""OKLab distance up to which classes look alike, and the chance of such classes together up to which no colour is
certain, and from which on one is. Weights that have learnt one series are certain, and their colours need no help."""

GREY_CHROMA = 0.04
WHITE_CHANCES = (0.24, 0.34)
"""OKLab chroma up to which a class is about grey, and the chance of these together up to which bare paper has a colour,
light hair for one, and from which on it is white. Balloons have 0.3 to 0.7, hair on bare paper 0.1 to 0.3."""


HAIR_CHANCE, GARMENT_CHANCE = 0.35, 0.4
"""Chance of the labels from which on an area is hair or a garment, unless it is skin."""


GROUND_RIVALRY = 1.0
FREE_SHARE, FREE_LIGHTNESS = 0.9, 0.5


class _Pooled(NamedTuple):
    """Of each area: chances (n, B) of the classes, and of the labels (n,)."""

    chances: FloatArray
    skin: FloatArray
    hair: FloatArray
    garment: FloatArray
    ground: FloatArray


def decide(
    generated: Generated,
    page: Separation,
    found: Findings,
    bins: Tensor,
    cell_px: int,
    names: Sequence[str] = ("skin",),
) -> FloatArray:
    """Decide on the colours of a page.

    Args:
        generated: What the generator said of it, with chances of the classes: colour (1, 3, h, w).
        page: Deepened ink and tone (h, w).
        found: Its areas and faces.
        bins: (B, 2) OKLab a and b of the classes.
        cell_px: Side of the cells that have chances, in pixels.
        names: What the generator's labels are of.

    Returns:
        (h, w, 3) colour under the ink, sRGB in [0, 1].
    """
    if generated.chroma_logits is None:
        raise ValueError("areas are decided on by the chances of colours, which this generator does not tell")
    size = page.ink.shape
    labels = fit_labels(found.areas.labels, size)
    weights = page.ink * page.ink
    chances = to_array(torch.softmax(generated.chroma_logits.float(), dim=1))
    told = _told(generated, names, bins, chances)
    pooled = _pool(labels, weights, np.concatenate([chances, told], axis=2), found, cell_px)
    colours = _Colours(bins, chances)
    is_skin = _skin_areas(found, pooled)
    is_hair = (found.hair_of >= 0) | (~is_skin & (pooled.hair > HAIR_CHANCE) & (pooled.hair > pooled.garment))
    is_dressed = (
        ~is_skin
        & ~is_hair
        & (pooled.garment > GARMENT_CHANCE)
        & (pooled.garment > GROUND_RIVALRY * pooled.ground)
        & (found.areas.tone < PAPER_TONES[0])
    )

    pooled = pooled._replace(chances=_with_kin(pooled.chances, found, is_skin))
    own = colours.decided(colours.without_grey(pooled.chances, is_hair | is_dressed), SURPRISE)
    free = np.zeros((len(own), 3), np.float32)
    for kind, which in (("hair", is_hair), ("garment", is_dressed)):
        free += choose(
            kind, which, found, pooled.chances, chances.reshape(-1, chances.shape[-1]).mean(axis=0), colours._bins
        )
    is_free = free[:, 0] > 0
    own[is_free] = free[is_free, 1:]
    soft = enlarge_cells(colours.decided(chances, SOFT_SURPRISE), cell_px, size)
    thing = _ramp(found.areas.sizes / found.areas.labels.size, THING_SIZES[1], THING_SIZES[0]) * np.float32(THING_SHARE)
    thing[found.hair_of >= 0] = 1
    thing[is_free] = FREE_SHARE
    bareness = _bareness(labels, page.ink, len(found.areas.sizes))
    is_white = _ramp(colours.near_grey(pooled.chances), *WHITE_CHANCES) * ~is_hair * ~is_skin
    is_paper = _ramp(found.areas.tone, *PAPER_TONES) * bareness * is_white
    chroma = soft + (own[labels] - soft) * thing[labels][..., None]
    livelier = 1 + np.float32(LIVELINESS - 1) * (1 - _ramp(colours.largest(pooled.chances), *CERTAIN_CHANCES))
    chroma *= ((1 - is_paper) * livelier)[labels][..., None]
    chroma[is_skin[labels]] = colours.skin(pooled.chances, np.sqrt(found.areas.sizes) * is_skin)

    lightness = _lightness(to_array(generated.colour).clip(0, 1), labels, weights)
    wanted = lightness + (free[labels][..., 0] - lightness) * FREE_LIGHTNESS
    lightness = np.where(is_free[labels], wanted, lightness)
    paper = is_paper[labels]
    seen = oklab_from_srgb(np.repeat(page.tone[..., None], 3, axis=2))[..., 0]
    lightness = lightness + (seen - lightness) * paper
    bare = _ramp(found.areas.tone, *SHADOW_EDGE)[labels]
    skin = lightness.clip(*SHADED_LIGHTNESS) * (1 - bare) + lightness.clip(*SKIN_LIGHTNESS) * bare
    lightness = np.where(is_skin[labels], skin, lightness)
    colour = srgb_from_oklab(np.concatenate([lightness[..., None], chroma], axis=2).astype(np.float32))
    return np.asarray((colour + even_out(colour, *page)) / 2, np.float32)


def fit_labels(labels: NDArray[np.int32], size: tuple[int, ...]) -> NDArray[np.int32]:
    """Bring labels (H, W) to another size (h, w), each pixel from the nearest."""
    return np.asarray(cv2.resize(labels, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT), np.int32)


class _Colours:
    """Turns chances of the classes into OKLab a and b.

    Args:
        bins: (B, 2) OKLab a and b of the classes.
        chances: (r, c, B) of the page.
    """

    def __init__(self, bins: Tensor, chances: FloatArray) -> None:
        self._bins: FloatArray = bins.cpu().numpy()
        self._is_skin = skin_classes(bins).cpu().numpy()
        self._usual = np.log(np.maximum(chances.reshape(-1, chances.shape[-1]).mean(axis=0), LEAST_CHANCE))

    def decided(self, chances: FloatArray, surprise: float) -> FloatArray:
        """Return (..., 2) OKLab a and b for chances (..., B)."""
        return _annealed(self._evidence(chances, surprise), self._bins, DECISIVENESS)

    def without_grey(self, chances: FloatArray, where: Mask) -> FloatArray:
        """Take the classes without much chroma from the chances (n, B) of some areas: hair has a colour."""
        is_grey = np.linalg.norm(self._bins, axis=1) < GREY_CHROMA
        return np.where(where[:, None] & is_grey, np.float32(0), chances)

    def largest(self, chances: FloatArray) -> FloatArray:
        """Return (n,) the chance of the likeliest colour that is no grey, with those that look like it."""
        near = np.linalg.norm(self._bins[:, None] - self._bins, axis=2) < ALIKE
        is_colour = np.linalg.norm(self._bins, axis=1) > ALIKE
        return np.asarray((chances @ near)[:, is_colour].max(axis=1), np.float32)

    def near_grey(self, chances: FloatArray) -> FloatArray:
        """Return (n,) the chance of all colours without much chroma together."""
        return np.asarray(chances[:, np.linalg.norm(self._bins, axis=1) < GREY_CHROMA].sum(axis=1), np.float32)

    def skin(self, chances: FloatArray, weights: NDArray[np.float64]) -> FloatArray:
        """Return the (2,) shade of skin of a page, whose areas have chances (n, B) and weigh (n,)."""
        heavy = weights if weights.any() else np.ones(len(chances))
        mean = (chances * heavy[:, None]).sum(axis=0) / heavy.sum()
        shade = _annealed(
            self._evidence(mean.astype(np.float32))[self._is_skin], self._bins[self._is_skin], SKIN_TEMPERATURE
        )
        chroma = float(np.linalg.norm(shade))
        return np.asarray(shade * (np.clip(chroma, *SKIN_CHROMA) / max(chroma, 1e-6)), np.float32)

    def _evidence(self, chances: FloatArray, surprise: float = SURPRISE) -> FloatArray:
        return np.asarray(np.log(np.maximum(chances, LEAST_CHANCE)) - surprise * self._usual, np.float32)


def _annealed(evidence: FloatArray, bins: FloatArray, temperature: float) -> FloatArray:
    """Return the mean (..., 2) of the classes, sharpened (Zhang et al. 2016, equation 5)."""
    scaled = evidence / temperature
    shares = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray((shares / shares.sum(axis=-1, keepdims=True)) @ bins, np.float32)


def _told(generated: Generated, names: Sequence[str], bins: Tensor, chances: FloatArray) -> FloatArray:
    """Return how likely each cell (r, c, 4) is skin, hair, a garment and ground: what the generator's labels say.

    Without a label of skin all shades of it together stand for it. They are shared with walls and wood, so that they
    count as much less as more of them is asked for.
    """
    said = None if generated.label_logits is None else to_array(generated.label_logits.sigmoid())
    planes = [
        said[..., names.index(name)] if said is not None and name in names else np.zeros(chances.shape[:2], np.float32)
        for name in _Pooled._fields[1:]
    ]
    if said is None:
        shades = chances[..., skin_classes(bins).cpu().numpy()].sum(axis=-1)
        planes[0] = np.asarray(shades * (SKIN_CHANCE / SHADES_CHANCE), np.float32)
    return np.stack(planes, axis=-1)


def _pool(labels: NDArray[np.int32], weights: FloatArray, said: FloatArray, found: Findings, cell_px: int) -> _Pooled:
    """Average what cells (r, c, B + 4) say over areas, ink counting less, and over all hair of one face."""
    count, (height, width), (rows, columns) = len(found.areas.sizes), labels.shape, said.shape[:2]
    # Every other pixel tells as much as all.
    y, x = np.arange(0, height, 2), np.arange(0, width, 2)
    cells = (y // cell_px)[:, None] * columns + x // cell_px
    heavy = weights[::2, ::2].ravel() + np.float32(1e-3)
    share = sparse.csr_matrix((heavy, (labels[::2, ::2].ravel(), cells.ravel())), shape=(count, rows * columns))
    total = np.maximum(np.asarray(share.sum(axis=1)), 1e-6)
    means = np.asarray(share @ said.reshape(rows * columns, -1) / total, np.float32)
    missed = np.asarray(share.sum(axis=1)).ravel() == 0  # too small for the canvas: what the page says
    means[missed] = said.mean(axis=(0, 1))
    for face in range(len(found.faces)):
        hair = found.hair_of == face
        if hair.any():
            means[hair, :-4] = np.average(means[hair, :-4], axis=0, weights=found.areas.sizes[hair])
    return _Pooled(means[:, :-4], *means[:, -4:].T)


def _with_kin(chances: FloatArray, found: Findings, is_skin: Mask) -> FloatArray:
    """Let small areas (n, B) listen to neighbours of the same tone, but for skin: tufts of a head, folds of a coat."""
    kin = found.kin.multiply(~is_skin[None]).tocsr()
    heard = np.asarray(kin.sum(axis=1)).ravel()[:, None]
    small = _ramp(found.areas.sizes / found.areas.labels.size, *KIN_SIZES[::-1])[:, None]
    share = KIN_SHARE * small * (heard > 0) * ~is_skin[:, None]
    said = kin @ chances / np.maximum(heard, 1e-6)
    return np.asarray(chances + (said - chances) * share, np.float32)


def _skin_areas(found: Findings, pooled: _Pooled) -> Mask:
    """Say which areas (n,) are skin: faces, and what the generator takes for it."""
    areas = found.areas
    wanted = SKIN_CHANCE + EDGE_CHANCE * (areas.sides.max(axis=1) > EDGE_SHARE)
    wanted = np.where(found.is_near, NEAR_CHANCE, wanted)
    deepest = np.where(found.is_near, SHADOW_TONE, SKIN_TONE)
    may_be = (
        (areas.tone > deepest)
        & ~areas.is_black
        & (found.hair_of < 0)
        & (areas.sizes < LARGEST_SKIN * areas.labels.size)
    )
    is_likely = (pooled.skin > wanted) & (pooled.skin > RIVALRY * np.maximum(pooled.hair, pooled.garment))
    return np.asarray(found.is_face | (may_be & is_likely), np.bool_)


def _bareness(labels: NDArray[np.int32], ink: FloatArray, count: int) -> FloatArray:
    """Say how far areas (count,) are free of strokes, from 0 to 1: hatched hair is no bare paper, whatever its tone."""
    # Not along the border, where the outline is.
    spots, near = labels.astype(np.float32), np.ones((5, 5), np.uint8)
    inner = (cv2.dilate(spots, near) == labels) & (cv2.erode(spots, near) == labels)
    pixels = np.bincount(labels[inner], minlength=count)
    clear = np.bincount(labels[inner], ink[inner] > CLEAR_INK, count)
    bare = _ramp(clear / np.maximum(pixels, 1), *CLEAR_SHARES)
    return np.where(pixels < SMALLEST_HATCHED_PX, np.float32(1), bare)


def _lightness(painted: FloatArray, labels: NDArray[np.int32], weights: FloatArray) -> FloatArray:
    """Return the OKLab lightness (h, w) of the paint, evened out a little over each area."""
    lightness = oklab_from_srgb(painted)[..., 0]
    heavy = weights.ravel() + np.float32(1e-3)
    count = int(labels.max()) + 1
    total = np.bincount(labels.ravel(), heavy, count)
    mean = np.bincount(labels.ravel(), lightness.ravel() * heavy, count) / np.maximum(total, 1e-9)
    flat = mean[labels]
    return np.asarray(flat + SHADING * (lightness - flat), np.float32)


def _ramp(values: NDArray[np.floating], low: float, high: float) -> FloatArray:
    """Rise from 0 at `low` to 1 at `high`."""
    return np.asarray(((values - low) / (high - low)).clip(0, 1), np.float32)
