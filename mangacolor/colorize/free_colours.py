"""Colours that nobody can know: hair and garments. Any that suits is right, if it is one, and the same again.

A mean over what might have been is tan. So one colour of a palette is chosen for everything on a page that looks alike:
by what the generator leans to, by how dark it is drawn, and such that different things differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.looks import black_share, group_areas
from mangacolor.image.color import oklab_from_srgb

FloatArray = NDArray[np.float32]


class _Palette(NamedTuple):
    """Colours that a thing may have.

    Attributes:
        colours: (N, 3) sRGB bytes.
        shares: (N,) how much likelier each is than the others, whatever a page shows.
        lightness: OKLab lightness that suits black and bare paper.
        joins_tones: Whether tones that touch are one.
        habit: Exponent of how far what the generator is in the habit of is taken off what it says of a thing.
    """

    colours: NDArray[np.float64]
    shares: NDArray[np.float64]
    lightness: tuple[float, float]
    joins_tones: bool
    habit: float


class Drawn(NamedTuple):
    """Areas that belong together, or look alike, and how light they are drawn."""

    areas: NDArray[np.intp]
    tone: float


PALETTES = {
    "hair": _Palette(
        np.array(
            [
                (44, 52, 72), (46, 54, 94), (92, 62, 48), (116, 50, 56), (140, 94, 62), (178, 96, 56), (168, 112, 96),
                (202, 156, 96), (238, 202, 116), (228, 142, 94),
            ]
        ),
        np.array([1, 1, 1, 0.45, 1, 0.6, 0.5, 1, 1, 0.25]),
        (0.32, 0.86),
        joins_tones=True,
        habit=0.0,
    ),
    "garment": _Palette(
        np.array(
            [
                (54, 66, 116), (84, 128, 196), (142, 190, 228), (64, 146, 150), (98, 150, 94), (142, 142, 84),
                (194, 66, 62), (138, 56, 76), (224, 140, 72), (214, 178, 88), (140, 100, 74), (214, 192, 162),
                (120, 92, 158), (228, 152, 172), (150, 152, 162),
            ]
        ),
        np.array([2, 2, 1.3, 1, 1, 0.8, 0.4, 0.7, 0.2, 0.6, 0.8, 1, 0.7, 0.6, 1]),
        (0.28, 0.74),
        joins_tones=False,
        habit=0.4,
    ),
    "fur": _Palette(
        np.array(
            [
                (74, 66, 66), (96, 72, 58), (142, 104, 74), (176, 124, 76), (206, 156, 104), (224, 168, 98),
                (132, 128, 126), (176, 172, 166), (226, 208, 174),
            ]
        ),
        np.array([1, 1, 1.2, 1, 1, 1, 0.8, 0.8, 0.8]),
        (0.3, 0.84),
        joins_tones=False,
        habit=0.4,
    ),
}  # fmt: skip
"""Hair as it grows, gloss and black of it being one thing, and blue, since violet looks dyed; and clothes as they are
worn: blue more than red, and orange least, though storybooks have more of it. Toned clothes are darker than their
screens: what is light is left white. Fur is brown, orange or grey."""

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

BLACK_SHARE, BLACK_TONE = 0.2, 0.1
"""Share of hair or of a garment that is solid black, or of its border that touches some, from which on it is black; and
how light that is drawn, its gloss included."""

TONE_STEP = 0.15
"""Things of one kind whose tones differ by less look alike."""


def free_colours(
    found: Findings, kinds: AreaKinds, colours: ClassColours, settled: FloatArray | None = None
) -> FloatArray:
    """Choose a colour for every area that is hair, a garment or fur.

    Args:
        found: What the page shows.
        kinds: What its areas are, and the chances of colours in each.
        colours: The classes, and how likely each is on the whole page.
        settled: (n, 3) OKLab of areas whose colour is settled, zeros for others; None settles none. Others get other
            colours where they can.

    Returns:
        (n, 3) OKLab; zeros for all other areas.
    """
    settled = np.zeros((len(found.areas.sizes), 3), np.float32) if settled is None else settled
    chosen: FloatArray = settled.copy()
    for name, which in (("hair", kinds.is_hair), ("garment", kinds.is_dressed), ("fur", kinds.is_fur)):
        lab = palette_lab(name)
        alike = likeness_of_colours(lab)
        there = np.unique(settled[which & (settled[:, 0] > 0)], axis=0)
        near = np.exp(-((lab[:, None, 1:] - there[:, 1:]) ** 2).sum(axis=-1) / (2 * NEAR**2))
        taken = near.sum(axis=1) if len(there) else np.zeros(len(lab))
        leaning = leanings(name, kinds.chances, colours)
        left = np.flatnonzero(which & (settled[:, 0] == 0))
        for thing in _alike(drawn_together(name, left, found), found):
            heavy = found.areas.sizes[thing.areas] / found.areas.sizes[thing.areas].sum()
            best = int((scores(name, heavy @ leaning[thing.areas], thing.tone) - REPEATED * taken).argmax())
            taken = taken + alike[best]
            chosen[thing.areas] = lab[best]
    return chosen


def palette_lab(name: str) -> FloatArray:
    """Return the colours (P, 3) of a palette in OKLab."""
    lab: FloatArray = oklab_from_srgb((PALETTES[name].colours / 255).astype(np.float32)[None])[0]
    return lab


def likeness_of_colours(lab: FloatArray) -> FloatArray:
    """Say how alike colours (P, 3) of a palette are, (P, P) from 0 to 1."""
    return np.asarray(np.exp(-((lab[:, None, 1:] - lab[:, 1:]) ** 2).sum(axis=-1) / (2 * NEAR**2)), np.float32)


def leanings(name: str, chances: FloatArray, colours: ClassColours) -> FloatArray:
    """Say how far areas with chances (n, B) lean to each colour of a palette, (n, P), in logarithms."""
    lab = palette_lab(name)
    near = np.exp(-((lab[:, None, 1:] - colours.bins) ** 2).sum(axis=-1) / (2 * NEAR**2))
    expected = USUAL * np.log(near @ colours.usual + LEAST)
    if colours.habits is not None:
        expected += PALETTES[name].habit * np.log(near @ colours.habits + LEAST)
    return np.asarray(np.log(chances @ near.T + LEAST) - expected, np.float32)


def scores(name: str, leaning: FloatArray, tone: float) -> FloatArray:
    """Say how well the colours of a palette, (P,), suit something that leans to them (P,) and is drawn in a tone."""
    palette = PALETTES[name]
    darkest, lightest = palette.lightness
    suits = darkest + (lightest - darkest) * tone
    off = (palette_lab(name)[:, 0] - suits) ** 2 / (2 * LIGHTNESS_SPREAD**2)
    return np.asarray(LEANING * leaning + np.log(palette.shares) - off, np.float32)


def drawn_together(name: str, areas: NDArray[np.intp], found: Findings) -> list[Drawn]:
    """Group areas (n,) of hair, garments or fur by whose they are: a head of hair, and the gloss of black hair with it.

    Not all black hair is taken for hair, so that whatever black surrounds some is.
    """
    if not len(areas):
        return []
    joins_tones = PALETTES[name].joins_tones
    group, tones = group_areas(areas, found, joins_tones=joins_tones)
    sizes = found.areas.sizes[areas]
    black = found.areas.is_black.copy()
    if not joins_tones:  # black beside a garment is another thing, unless it is a garment, too
        black &= np.isin(np.arange(len(black)), areas)
    within, around = (
        np.bincount(group, sizes * share) / np.bincount(group, sizes)
        for share in (black[areas], black_share(areas, found, black))
    )
    is_black = np.maximum(within, around) > BLACK_SHARE
    tones = np.where(is_black[group], np.minimum(tones, BLACK_TONE), tones)
    means = np.bincount(group, sizes * tones) / np.bincount(group, sizes)
    return [Drawn(areas[group == number], float(mean)) for number, mean in enumerate(means)]


def _alike(things: Sequence[Drawn], found: Findings) -> list[Drawn]:
    """Join what has about one tone, and return it with the largest first."""
    joined: list[list[Drawn]] = []
    for thing in sorted(things, key=lambda thing: thing.tone):
        if not joined or thing.tone - joined[-1][0].tone > TONE_STEP:
            joined.append([])
        joined[-1].append(thing)
    alike = []
    for parts in joined:
        sizes = [found.areas.sizes[part.areas].sum() for part in parts]
        tone = float(np.average([part.tone for part in parts], weights=sizes))
        alike.append(Drawn(np.sort(np.concatenate([part.areas for part in parts])), tone))
    return sorted(alike, key=lambda thing: -found.areas.sizes[thing.areas].sum())
