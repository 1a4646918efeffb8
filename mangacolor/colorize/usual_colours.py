"""Colours that readers find odd become those that such things usually have: hair, greens, reds and grounds.

What is decided is what the generator holds for likely, and it learnt from more storybooks than manga. Each of these
was asked of readers by itself (docs/decisions/0043-colours-that-things-have.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings, border_shares
from mangacolor.colorize.paint import Means, Paint, is_something, means_of, planes_of, polar
from mangacolor.colorize.paper import AREA_PAPER_TONES

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

FAIR_HUES, LEAST_FAIR, MOST_GLOSS = (75.0, 100.0), (0.76, 0.06), 0.25
FAIR_HUE, SHADED_FAIR_HUE = 87.0, 72.0
FAIR_LIGHTNESS, SHADED_FAIR_LIGHTNESS = 0.875, 0.735
FAIR_CHROMA, FAIR_SHARE = (0.095, 0.11), 0.7
FAIR_SHADES, DEEP_SHADE = (0.97, 0.8, 0.55), 0.6
"""OKLab hues of hair in degrees, and its lightness and chroma at least, that make it fair, unless so much of its border
is black: then it is gloss. Its hue and lightness where it is bare and where it is deep in shadow; its chroma at least
and at most; how far its lightness is brought there; and the tones at which it is bare, shaded by the last and in deep
shadow. Without that it is mustard."""

GREEN_HUES, GREEN_HUE, GREEN_REACH = (108.0, 165.0), 128.0, 0.4
CALM_GREEN, GREEN_EXCESS = 0.07, 0.35
"""Hues of greens; the one that they are brought to, and how far they still are from it; the chroma up to which they
are calm, and how much of what they have beyond it is left: leaves are not neon."""

MINT_HUES, LEAST_MINT, LEAST_MINT_CHROMA = (160.0, 218.0), 0.62, 0.018
SKY_HUE, SKY_SHARE, SKY_CHROMA, SKY_GAIN = 232.0, 0.95, 0.06, 0.006
"""Hues of grounds between green and blue, and the lightness and chroma from which on they are mint; the hue that they
become; how much of their chroma is left, up to the third, and what comes on top. Skies of a page agree in a blue."""

RED_HUES, LEAST_RED = (-40.0, 62.0), 0.055
BARE_HUE, BARE_CHROMA, BARE_LIGHTNESS = 57.0, 0.05, 0.9
"""Hues and chroma from which on something of bare paper that nobody knows is red or orange; and what it becomes, a
peach that suits a small face as well as a coat or a floor. Its lightness is that at least."""

VIVID_SHARES, MOST_VIVID, MOST_VIVID_GROUND = (0.003, 0.02), (0.15, 0.105), 0.105
"""Shares of the page, and the chroma that areas so large have at most; and the same of grounds of any size, so that a
sky is one on both sides of a balloon. What they have is told before greens are calmed: vivid lawns are by both."""

SURE_GROUND, MOST_SCENERY = 0.5, 0.5
"""Chance of ground from which on an area is one; and share of scenery with a colour of its own from which on red paper
is what it looks like."""

LEAST_APART = 0.03
"""Distance of OKLab a and b from which on two pieces of one thing look as if they were two."""

WARM_HUES, MOST_WARM, WARM_GROUND = (-40.0, 80.0), 0.085, 0.6
"""Hues from red to orange, and the most chroma that toned things have in these which nobody knows, however certain it
is; and the chance of ground from which on they may have more."""

BLUE_HUES, LEAST_BLUE, STREET_HUE, STREET_CHROMA = (215.0, 275.0), 0.05, 75.0, 0.025
"""Hues and chroma from which on a floor is blue, which looks like a sky below people's feet; and the warm grey that it
becomes."""


def as_usual(paint: Paint, found: Findings, kinds: AreaKinds, is_said: Mask) -> None:
    """Give things with odd colours usual ones, in place.

    Args:
        paint: Colours as decided.
        found: Areas of the page.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    means, is_free = means_of(paint, len(is_said)), ~is_said
    is_fair = means.is_between(FAIR_HUES) & (means.lightness > LEAST_FAIR[0]) & (means.chroma > LEAST_FAIR[1])
    if (is_fair & kinds.is_hair).any():
        is_fair &= border_shares(found, found.areas.is_black) < MOST_GLOSS
        _make_fair(paint, kinds.is_hair & is_free & is_fair)
    _calm_greens(paint, is_free & means.is_between(GREEN_HUES) & (means.chroma > CALM_GREEN))
    is_ground = (kinds.ground > SURE_GROUND) | kinds.is_backdrop
    is_mint = means.is_between(MINT_HUES) & (means.lightness > LEAST_MINT) & (means.chroma > LEAST_MINT_CHROMA)
    _make_blue(paint, is_free & is_mint & is_ground & ~is_something(kinds))
    is_red = means.is_between(RED_HUES) & (means.chroma > LEAST_RED)
    is_unknown = is_free & ~(is_something(kinds) | kinds.is_plain | kinds.is_backdrop | found.areas.is_black)
    is_unknown &= kinds.is_known < MOST_SCENERY
    bare = is_red & is_unknown & (found.areas.tone >= AREA_PAPER_TONES[0])
    _make_peach(paint, bare)
    _calm_grounds(paint, means, kinds, is_free, found)


def paint_things(paint: Paint, kinds: AreaKinds, is_said: Mask) -> None:
    """Give pieces of one thing the hue and chroma of the largest, and calm red things and blue streets, in place.

    Args:
        paint: Colours as decided.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay, and give theirs to none.
    """
    means, thing_of = means_of(paint, len(is_said)), kinds.thing_of
    own = polar(means.hue, means.chroma)
    is_changed = (np.linalg.norm(own[thing_of] - own, axis=1) > LEAST_APART) & ~is_said[thing_of]
    shown = np.where(is_changed, thing_of, np.arange(len(is_said)))
    whole = Means(means.lightness, means.hue[shown], means.chroma[shown])
    is_warm = whole.is_between(WARM_HUES) & kinds.is_plain & (kinds.ground < WARM_GROUND)
    wanted = polar(whole.hue, np.where(is_warm, np.minimum(whole.chroma, MOST_WARM), whole.chroma))
    is_blue = whole.is_between(BLUE_HUES) & (whole.chroma > LEAST_BLUE)
    wanted[is_blue & kinds.is_street] = polar(STREET_HUE, np.full(1, STREET_CHROMA))
    change = np.where(is_said[:, None], np.float32(0), wanted - own)
    places = paint.places(np.abs(change).max(axis=1) > 0)
    paint.chroma.reshape(-1, 2)[places] += change[paint.labels.reshape(-1)[places]]


def _make_peach(paint: Paint, which: Mask) -> None:
    places, chroma, lightness = paint.places(which), paint.chroma.reshape(-1, 2), paint.lightness.reshape(-1)
    chroma[places] = polar(BARE_HUE, np.minimum(np.linalg.norm(chroma[places], axis=1), BARE_CHROMA))
    lightness[places] = np.maximum(lightness[places], BARE_LIGHTNESS)


def _make_fair(paint: Paint, which: Mask) -> None:
    places, chroma, lightness = paint.places(which), paint.chroma.reshape(-1, 2), paint.lightness.reshape(-1)
    shade = np.interp(paint.tone.reshape(-1)[places], FAIR_SHADES[::-1], (1, DEEP_SHADE, 0)).astype(np.float32)
    wanted = FAIR_LIGHTNESS + (SHADED_FAIR_LIGHTNESS - FAIR_LIGHTNESS) * shade
    lightness[places] += FAIR_SHARE * (wanted - lightness[places])
    length = np.linalg.norm(chroma[places], axis=1).clip(*FAIR_CHROMA)
    chroma[places] = polar(FAIR_HUE + (SHADED_FAIR_HUE - FAIR_HUE) * shade, length)


def _calm_greens(paint: Paint, which: Mask) -> None:
    places, chroma = paint.places(which), paint.chroma.reshape(-1, 2)
    length = np.linalg.norm(chroma[places], axis=1)
    hue = np.degrees(np.arctan2(chroma[places, 1], chroma[places, 0]))
    calm = np.minimum(length, CALM_GREEN) + GREEN_EXCESS * np.maximum(length - CALM_GREEN, 0)
    chroma[places] = polar(GREEN_HUE + GREEN_REACH * (hue - GREEN_HUE), calm)


def _make_blue(paint: Paint, which: Mask) -> None:
    places, chroma = paint.places(which), paint.chroma.reshape(-1, 2)
    length = np.minimum(SKY_SHARE * np.linalg.norm(chroma[places], axis=1), SKY_CHROMA) + SKY_GAIN
    chroma[places] = polar(SKY_HUE, length)


def _calm_grounds(paint: Paint, means: Means, kinds: AreaKinds, is_free: Mask, found: Findings) -> None:
    most = np.interp(found.areas.sizes / found.areas.labels.size, VIVID_SHARES, MOST_VIVID)
    most = np.where(kinds.ground > SURE_GROUND, MOST_VIVID_GROUND, most)
    places = paint.places(is_free & (means.chroma > most))
    share = np.minimum(1, most / np.maximum(means.chroma, 1e-6)).astype(np.float32)
    factor = share.take(paint.labels.reshape(-1).take(places))
    for plane in planes_of(paint.chroma.reshape(-1, 2)):
        plane[places] *= factor
