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
from mangacolor.colorize.scenery import MOST_SCENERY

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

FAIR_HUES = (75.0, 100.0)
"""OKLab hues of hair in degrees that make it fair. Left as it is decided it would be mustard."""

FAIR_HAIR_LIGHTNESS = 0.76
"""OKLab lightness of fair hair at least."""

FAIR_HAIR_CHROMA = 0.06
"""OKLab chroma of fair hair at least."""

MOST_GLOSS = 0.25
"""Share of its border that is black from which on what looks like fair hair is gloss on black."""

FAIR_HUE = 87.0
"""Hue of fair hair where it is bare."""

SHADED_FAIR_HUE = 72.0
"""The same where it is deep in shadow."""

FAIR_LIGHTNESS = 0.875
"""Lightness of fair hair where it is bare."""

SHADED_FAIR_LIGHTNESS = 0.735
"""The same where it is deep in shadow."""

FAIR_SHARE = 0.7
"""How far the lightness of fair hair is brought there."""

FAIR_CHROMA = (0.095, 0.11)
"""Chroma that fair hair gets at least and at most."""

FAIR_SHADES = (0.97, 0.8, 0.55)
"""Tones at which fair hair is bare, shaded, and deep in shadow."""

SHADED_DEPTH = 0.6
"""How far it is from bare to deep in shadow where it is shaded."""

GREEN_HUES = (108.0, 165.0)
"""Hues of greens."""

GREEN_HUE = 128.0
"""The green that they are brought to."""

GREEN_REACH = 0.4
"""How far they still are from it, as a share of what they were."""

CALM_GREEN = 0.07
"""Chroma up to which greens are calm."""

GREEN_EXCESS = 0.35
"""How much is left of the chroma that they have beyond it: leaves are not neon."""

MINT_HUES = (160.0, 218.0)
"""Hues of grounds between green and blue: these are mint, and become a blue, so that skies of a page agree."""

LEAST_MINT = 0.62
"""Lightness from which on such a ground is mint."""

LEAST_MINT_CHROMA = 0.018
"""The same of chroma."""

SKY_HUE = 232.0
"""The blue that mint becomes."""

SKY_SHARE = 0.95
"""How much of its chroma is left."""

SKY_CHROMA = 0.06
"""Chroma that is left of it at most."""

SKY_GAIN = 0.006
"""Chroma that comes on top."""

RED_HUES = (-40.0, 62.0)
"""Hues from red to orange of something of bare paper that nobody knows: it becomes a peach that suits a small face as
well as a coat or a floor."""

LEAST_RED = 0.055
"""Chroma from which on it is red."""

BARE_HUE = 57.0
"""Hue of that peach."""

BARE_CHROMA = 0.05
"""Its chroma at most."""

BARE_LIGHTNESS = 0.9
"""Its lightness at least."""

VIVID_SHARES = (0.003, 0.02)
"""Shares of the page from which on an area is small no more, and is large."""

MOST_VIVID = (0.15, 0.105)
"""Chroma that areas so large have at most. What they have is told before greens are calmed: vivid lawns are by both."""

MOST_VIVID_GROUND = 0.105
"""The same of grounds of any size, so that a sky is one on both sides of a balloon."""

SURE_GROUND = 0.5
"""Chance of ground from which on an area is one."""

LEAST_APART = 0.03
"""Distance of OKLab a and b from which on two pieces of one thing look as if they were two."""

WARM_HUES = (-40.0, 80.0)
"""Hues from red to yellow that toned things which nobody knows have little of, however certain they are."""

MOST_WARM = 0.085
"""The most chroma that they have in these."""

WARM_GROUND = 0.6
"""Chance of ground from which on they may have more."""

BLUE_HUES = (215.0, 275.0)
"""Hues in which a floor looks like a sky below people's feet."""

LEAST_BLUE = 0.05
"""Chroma from which on it does."""

STREET_HUE = 75.0
"""Hue of the warm grey that it becomes."""

STREET_CHROMA = 0.025
"""Chroma of that grey."""


def as_usual(paint: Paint, found: Findings, kinds: AreaKinds, is_said: Mask) -> None:
    """Give things with odd colours usual ones, in place.

    Args:
        paint: Colours as decided.
        found: Areas of the page.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    means, is_free = means_of(paint, len(is_said)), ~is_said
    is_fair = means.is_between(FAIR_HUES) & (means.lightness > FAIR_HAIR_LIGHTNESS) & (means.chroma > FAIR_HAIR_CHROMA)
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
    shade = np.interp(paint.tone.reshape(-1)[places], FAIR_SHADES[::-1], (1, SHADED_DEPTH, 0)).astype(np.float32)
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
