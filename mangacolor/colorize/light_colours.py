"""What shadows and gleams make of colours; `shading` says where they lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.paint import bring_to, fade, planes_of, polar

FloatArray = NDArray[np.float32]

LIGHTNESS = 0.825
"""OKLab lightness of skin in shadow; darker skin keeps its own."""

CHROMA = 0.078
"""OKLab chroma of skin in shadow."""

HUE = 45.0
"""OKLab hue of skin in shadow, in degrees."""

SOFTER = 0.85
"""How far skin that turns away from the light has the colour of skin in shadow."""

DARKER = 0.075
"""How much darker hair is in shadow."""

TURNED = -8.0
"""By how many degrees its hue is turned there."""

RICHER = 1.05
"""Factor on its chroma there."""

LIGHT_HAIR = 0.55
"""OKLab lightness from which on hair shows any shadow."""

LEAST_FAIR = 0.7
"""OKLab lightness from which on hair gleams: on dark hair a gleam looks like haze."""

GLEAM = 0.055
"""How much lighter it is where it does."""

MOST_GLEAM = 0.95
"""How light a gleam is at most."""

PALER = 0.2
"""Share of its chroma that it loses."""


def darken_skin(lightness: FloatArray, chroma: FloatArray, share: FloatArray) -> None:
    """Bring skin, lightness (h, w) and chroma (h, w, 2), to the colour of shadow by a share (h, w), in place."""
    lightness += share * (np.minimum(lightness, LIGHTNESS) - lightness)
    bring_to(chroma, polar(HUE, np.full(1, CHROMA))[0], share)


def darken_softly(lightness: FloatArray, chroma: FloatArray, share: FloatArray) -> None:
    """Do the same less far, to skin that turns away from the light."""
    darken_skin(lightness, chroma, np.float32(SOFTER) * share)


def darken_hair(lightness: FloatArray, chroma: FloatArray, share: FloatArray) -> None:
    """Make light hair darker and redder by a share (h, w), in place."""
    share = share * (lightness > LIGHT_HAIR)
    cosine, sine = RICHER * np.cos(np.radians(TURNED)), RICHER * np.sin(np.radians(TURNED))
    lightness -= DARKER * share
    turned = chroma @ np.array([[cosine, sine], [-sine, cosine]], np.float32)
    for plane, other in zip(planes_of(chroma), planes_of(turned), strict=True):
        plane += share * (other - plane)


def gleam(lightness: FloatArray, chroma: FloatArray, share: FloatArray) -> None:
    """Make fair hair lighter and paler by a share (h, w), in place."""
    share = share * (lightness > LEAST_FAIR)
    lightness += share * (np.minimum(lightness + GLEAM, MOST_GLEAM) - lightness)
    fade(chroma, 1 - PALER * share)
