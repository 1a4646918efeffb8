"""Colours that nobody can know: hair and garments. Any that suits is right, if it is one, and the same again.

A mean over what might have been is tan. So one colour of a palette is chosen for everything on a page that looks alike:
by what the generator leans to, by how dark it is drawn, and such that different things differ.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import Findings, drawn_tones
from mangacolor.image.color import oklab_from_srgb

FloatArray = NDArray[np.float32]


class _Palette(NamedTuple):
    """Colours (N, 3), sRGB bytes; OKLab lightness that suits black and bare paper; whether tones that touch are one."""

    colours: NDArray[np.float64]
    lightness: tuple[float, float]
    joins_tones: bool


class _Thing(NamedTuple):
    """Areas that look alike, and how light they are drawn."""

    areas: NDArray[np.intp]
    tone: float


PALETTES = {
    "hair": _Palette(
        np.array(
            [
                (58, 48, 72), (46, 54, 94), (92, 62, 48), (116, 50, 56), (140, 94, 62), (178, 96, 56), (168, 112, 96),
                (202, 156, 96), (238, 202, 116), (228, 142, 94),
            ]
        ),
        (0.32, 0.86),
        joins_tones=True,
    ),
    "garment": _Palette(
        np.array(
            [
                (54, 66, 116), (84, 128, 196), (142, 190, 228), (64, 146, 150), (98, 150, 94), (142, 142, 84),
                (194, 66, 62), (138, 56, 76), (224, 140, 72), (214, 178, 88), (140, 100, 74), (214, 192, 162),
                (120, 92, 158), (228, 152, 172), (150, 152, 162),
            ]
        ),
        (0.28, 0.74),
        joins_tones=False,
    ),
}  # fmt: skip
"""Hair as it grows, gloss and black of it being one thing, and clothes as they are sold. Toned clothes are darker than
their screens: what is light is left white."""

NEAR = 0.05
"""OKLab distance of a and b within which the generator's classes speak for a colour of the palette."""

LEAST = 1e-4
LEANING = 0.8
USUAL = 0.6
"""Exponents of what the generator says of a thing, and of how far what it says of the whole page is taken off that."""

LIGHTNESS_SPREAD = 0.14
"""How far the lightness of a colour may be from that of its tone."""

REPEATED = 1.2
"""How much less likely, in logarithms, a colour is that another thing on the page has, times how alike the two are."""

TONE_STEP = 0.15
"""Things of one kind whose tones differ by less look alike."""


def free_colours(found: Findings, kinds: AreaKinds, colours: ClassColours) -> FloatArray:
    """Choose a colour for every area that is hair or a garment.

    Args:
        found: What the page shows.
        kinds: What its areas are, and the chances of colours in each.
        colours: The classes, and how likely each is on the whole page.

    Returns:
        (n, 3) OKLab; zeros for other areas.
    """
    chosen = np.zeros((len(found.areas.sizes), 3), np.float32)
    for kind, which in (("hair", kinds.is_hair), ("garment", kinds.is_dressed)):
        palette = PALETTES[kind]
        lab = oklab_from_srgb((palette.colours / 255).astype(np.float32)[None])[0]
        near = np.exp(-((lab[:, None, 1:] - colours.bins) ** 2).sum(axis=-1) / (2 * NEAR**2))
        alike = np.exp(-((lab[:, None, 1:] - lab[:, 1:]) ** 2).sum(axis=-1) / (2 * NEAR**2))
        leaning = np.log(kinds.chances @ near.T + LEAST) - USUAL * np.log(near @ colours.usual + LEAST)
        taken = np.zeros(len(lab))
        for thing in _things(palette, np.flatnonzero(which), found):
            heavy = found.areas.sizes[thing.areas] / found.areas.sizes[thing.areas].sum()
            darkest, lightest = palette.lightness
            suits = darkest + (lightest - darkest) * thing.tone
            score = LEANING * (heavy @ leaning[thing.areas]) - (lab[:, 0] - suits) ** 2 / (2 * LIGHTNESS_SPREAD**2)
            best = int((score - REPEATED * taken).argmax())
            taken += alike[best]
            chosen[thing.areas] = lab[best]
    return chosen


def _things(palette: _Palette, areas: NDArray[np.intp], found: Findings) -> list[_Thing]:
    """Group areas into things, largest first: what belongs together, and then what has about one tone."""
    if not len(areas):
        return []
    joined = (found.borders if palette.joins_tones else found.kin)[areas][:, areas]
    faces = found.hair_of[areas]
    of_one_face = sparse.csr_matrix((faces[:, None] == faces) & (faces >= 0)[:, None])
    _, group = csgraph.connected_components(joined + of_one_face, directed=False)
    sizes = found.areas.sizes[areas]
    black = found.borders[areas] @ found.areas.is_black.astype(np.float32)
    gloss = 1 - black / np.maximum(np.asarray(found.borders[areas].sum(axis=1)).ravel(), 1)
    tones = drawn_tones(found.areas)[areas] * (gloss if palette.joins_tones else 1)
    means = np.bincount(group, sizes * tones) / np.bincount(group, sizes)
    looks, look, first = np.zeros(len(means), np.intp), -1, -1.0
    for number in np.argsort(means):
        if look < 0 or means[number] - first > TONE_STEP:
            look, first = look + 1, float(means[number])
        looks[number] = look
    things = []
    for look in np.unique(looks):
        inside = looks[group] == look
        things.append(_Thing(areas[inside], float(np.average(tones[inside], weights=sizes[inside]))))
    return sorted(things, key=lambda thing: -found.areas.sizes[thing.areas].sum())
