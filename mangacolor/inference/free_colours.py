"""Colours that nobody can know: hair and garments. Any that suits is right, if it is one, and the same again.

A mean over what might have been is tan. So one colour of a palette is chosen for everything on a page that looks alike:
by what the generator leans to, by how dark it is drawn, and such that different things differ.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from mangacolor.color import oklab_from_srgb
from mangacolor.inference.findings import Findings, drawn_tones

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Kind = Literal["hair", "garment"]

PALETTES: dict[Kind, FloatArray] = {
    "hair": np.array(
        [
            (52, 48, 60), (50, 56, 88), (92, 64, 52), (112, 52, 56), (140, 96, 66), (176, 98, 60), (150, 138, 132),
            (200, 156, 98), (236, 200, 118), (226, 142, 96), (206, 208, 222),
        ]
    ),
    "garment": np.array(
        [
            (54, 66, 116), (84, 128, 196), (142, 190, 228), (64, 146, 150), (98, 150, 94), (142, 142, 84),
            (194, 66, 62), (138, 56, 76), (224, 140, 72), (214, 178, 88), (140, 100, 74), (214, 192, 162),
            (120, 92, 158), (228, 152, 172), (150, 152, 162),
        ]
    ),
}  # fmt: skip
"""Colours, sRGB bytes: hair as it grows, and clothes as they are sold."""

NEAR = 0.05
"""OKLab distance of a and b within which the generator's classes speak for a colour of the palette."""

LEANING = 0.8
"""Exponent of what the generator says beyond what it says of the whole page."""

USUAL = 0.6
LIGHTNESS_SPREAD = 0.14
"""How far the lightness of a colour may be from that of its tone."""

BARE_LIGHTNESS, BLACK_LIGHTNESS = 0.86, 0.32
"""OKLab lightness that suits bare paper, and black; tones lie between."""

REPEATED = 0.8
"""How much less likely, in logarithms, a colour is that another thing on the page has, times how alike the two are."""

TONE_STEP = 0.09
"""Things of one kind whose tones differ by less look alike."""


def choose(
    kind: Kind,
    which: Mask,
    found: Findings,
    chances: FloatArray,
    usual: FloatArray,
    bins: FloatArray,
) -> FloatArray:
    """Choose a colour for every area of a kind.

    Args:
        kind: Which palette.
        which: (n,) the areas.
        found: What the page shows.
        chances: (n, B) what the generator says of each.
        usual: (B,) what it says of the whole page.
        bins: (B, 2) OKLab a and b of the classes.

    Returns:
        (n, 3) OKLab; zeros for other areas.
    """
    colours = np.zeros((len(which), 3), np.float32)
    areas = np.flatnonzero(which)
    if not len(areas):
        return colours
    palette = oklab_from_srgb((PALETTES[kind] / 255).astype(np.float32)[None])[0]
    near = np.exp(-((palette[:, None, 1:] - bins) ** 2).sum(axis=-1) / (2 * NEAR**2)).astype(np.float32)
    tone, sizes = drawn_tones(found.areas), found.areas.sizes
    things = _alike(kind, areas, found)
    used: list[int] = []
    weights = [float(sizes[thing].sum()) for thing in things]
    for thing in (things[number] for number in np.argsort(weights)[::-1]):
        heavy = sizes[thing] / sizes[thing].sum()
        said = np.log(near @ (heavy @ chances[thing]) + 1e-4) - USUAL * np.log(near @ usual + 1e-4)
        suits = BLACK_LIGHTNESS + (BARE_LIGHTNESS - BLACK_LIGHTNESS) * float(heavy @ tone[thing])
        score = LEANING * said - (palette[:, 0] - suits) ** 2 / (2 * LIGHTNESS_SPREAD**2)
        for other in used:
            score = score - REPEATED * np.exp(-((palette[:, 1:] - palette[other, 1:]) ** 2).sum(axis=1) / (2 * NEAR**2))
        used.append(int(score.argmax()))
        colours[thing] = palette[used[-1]]
    return colours


def _alike(kind: Kind, areas: NDArray[np.intp], found: Findings) -> list[NDArray[np.intp]]:
    """Group areas into things that look alike: first those that belong together, then those of about one tone.

    All hair that touches, or is that of one face, belongs together, gloss and black alike; of garments only what touches
    and has about one tone.
    """
    joined = (found.borders if kind == "hair" else found.kin)[areas][:, areas]
    faces = found.hair_of[areas]
    of_one_face = sparse.csr_matrix((faces[:, None] == faces) & (faces >= 0)[:, None])
    _, group = csgraph.connected_components(joined + of_one_face, directed=False)
    sizes = found.areas.sizes[areas]
    means = np.bincount(group, sizes * drawn_tones(found.areas)[areas]) / np.bincount(group, sizes)
    looks, look, first = np.zeros(len(means), np.intp), -1, -1.0
    for number in np.argsort(means):
        if look < 0 or means[number] - first > TONE_STEP:
            look, first = look + 1, float(means[number])
        looks[number] = look
    return [areas[looks[group] == look] for look in np.unique(looks)]
