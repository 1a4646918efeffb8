"""Deciding on colours by areas: skin first, then one colour for what is one thing; paper stays paper.

The generator says for every cell of a page how likely each colour is. That is pooled over the areas between the lines,
weighed against what is likely all over the page, so that a thing gets the colour that speaks for it rather than the one
that everything has, and areas of a size of things get one colour. Large ones, skies and grounds, keep the soft colours.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mangacolor.colorize.area_kinds import PAPER_TONES, kinds_of, ramp
from mangacolor.colorize.class_colours import SOFT_SURPRISE, SURPRISE, ClassColours
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.free_colours import free_colours
from mangacolor.colorize.hues import enlarge_cells
from mangacolor.image.color import oklab_from_srgb, srgb_from_oklab
from mangacolor.models.nn import Generated
from mangacolor.models.tensors import to_array
from mangacolor.page.ink import Separation, even_out

FloatArray = NDArray[np.float32]

SHADOW_EDGE = (0.82, 0.92)
"""Mean tones up to which skin is shaded, and from which on it is bare."""

SKIN_LIGHTNESS = (0.84, 0.92)
SHADED_LIGHTNESS = (0.55, 0.82)
"""OKLab lightness of skin where it is bare paper, and under tone. Lighter skin could not be told from paper."""

THING_SIZES = (0.03, 0.1)
"""Share of the page up to which an area is one thing, and from which on it is a ground with colours of its own."""

THING_SHARE = 0.6
"""How far a thing has one colour; the hair of a face has altogether."""

SHADING = 0.6
"""How much of what the paint varies in lightness over an area is kept."""

LIVELINESS = 1.35
CERTAIN_CHANCES = (0.4, 0.7)
"""Factor on the chroma where no colour is certain, since the mean over classes is paler than each of them; and the
chance of a colour up to which none is certain, and from which on one is. Weights that have learnt one series are
certain, and their colours need no help."""

WHITE_CHANCES = (0.12, 0.2)
"""Chance of grey up to which bare paper has a colour, and from which on it is white. Balloons have 0.3 to 0.7, white
coats 0.2 to 0.3."""

FREE_SHARE, FREE_LIGHTNESS = 0.9, 0.5
"""How far hair and garments have the chroma and the lightness of the colour that is chosen for them."""


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
    colours = ClassColours(bins, chances)
    kinds = kinds_of(generated, chances, page, found, labels, names, bins, cell_px)
    is_certain = ramp(colours.largest(kinds.chances), *CERTAIN_CHANCES)

    own = colours.decided(colours.without_grey(kinds.chances, kinds.is_hair | kinds.is_dressed), SURPRISE)
    free = free_colours(found, kinds, colours)
    freedom = FREE_SHARE * (free[:, 0] > 0) * (1 - is_certain)
    soft = enlarge_cells(colours.decided(chances, SOFT_SURPRISE), cell_px, size)
    thing = ramp(found.areas.sizes / found.areas.labels.size, THING_SIZES[1], THING_SIZES[0]) * np.float32(THING_SHARE)
    thing[found.hair_of >= 0] = 1
    is_white = ramp(colours.near_grey(kinds.chances), *WHITE_CHANCES) * ~kinds.is_hair * ~kinds.is_skin
    is_paper = ramp(found.areas.tone, *PAPER_TONES) * kinds.bareness * is_white
    chroma = soft + (own[labels] - soft) * thing[labels][..., None]
    livelier = 1 + np.float32(LIVELINESS - 1) * (1 - is_certain)
    chroma *= ((1 - is_paper) * livelier)[labels][..., None]
    chroma += (free[labels][..., 1:] - chroma) * freedom[labels][..., None]
    is_skin = kinds.is_skin[labels]
    chroma[is_skin] = colours.skin(kinds.chances, np.sqrt(found.areas.sizes) * kinds.is_skin)

    lightness = _lightness(to_array(generated.colour).clip(0, 1), labels, weights)
    lightness += (free[labels][..., 0] - lightness) * (FREE_LIGHTNESS / FREE_SHARE * freedom)[labels]
    seen = oklab_from_srgb(np.repeat(page.tone[..., None], 3, axis=2))[..., 0]
    lightness = lightness + (seen - lightness) * is_paper[labels]
    bare = ramp(found.areas.tone, *SHADOW_EDGE)[labels]
    skin = lightness.clip(*SHADED_LIGHTNESS) * (1 - bare) + lightness.clip(*SKIN_LIGHTNESS) * bare
    lightness = np.where(is_skin, skin, lightness)
    colour = srgb_from_oklab(np.concatenate([lightness[..., None], chroma], axis=2).astype(np.float32))
    return np.asarray((colour + even_out(colour, *page)) / 2, np.float32)


def fit_labels(labels: NDArray[np.int32], size: tuple[int, ...]) -> NDArray[np.int32]:
    """Bring labels (H, W) to another size (h, w), each pixel from the nearest."""
    return np.asarray(cv2.resize(labels, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT), np.int32)


def _lightness(painted: FloatArray, labels: NDArray[np.int32], weights: FloatArray) -> FloatArray:
    """Return the OKLab lightness (h, w) of the paint, evened out a little over each area."""
    lightness = oklab_from_srgb(painted)[..., 0]
    heavy = weights.ravel() + np.float32(1e-3)
    count = int(labels.max()) + 1
    total = np.bincount(labels.ravel(), heavy, count)
    mean = np.bincount(labels.ravel(), lightness.ravel() * heavy, count) / np.maximum(total, 1e-9)
    flat = mean[labels]
    return np.asarray(flat + SHADING * (lightness - flat), np.float32)
