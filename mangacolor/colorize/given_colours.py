"""Colours that areas are given whatever their own chances: what was chosen or said, and grounds behind people."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.backdrops import backdrop_colours
from mangacolor.colorize.belief import Belief
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.kept_colours import Chosen
from mangacolor.colorize.paper import AREA_PAPER_TONES, STAIN_CHROMA

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

FREE_SHARE, FREE_LIGHTNESS = 0.9, 0.5
"""How far hair and garments have the chroma and the lightness of the colour that is chosen for them."""

GIVEN_LIGHTNESS = 0.85
"""The same of lightness where a person has said the colour."""

LEAST_SETTLED = 2.5 * STAIN_CHROMA
"""OKLab chroma that settled colours have at least on bare paper, greys a cool one: as stains they would be paper."""


class Given(NamedTuple):
    """Colours that areas are given, whatever their own chances of colours.

    Attributes:
        lab: (n, 3) OKLab; lightness 0 is none.
        share: (n,) how far areas have its chroma.
        lightness_share: (n,) how far they have its lightness.
        is_said: (n,) what somebody has said.
        is_backdrop: (n,) bare paper behind people that has a colour.
        is_sure: (n,) what has the given colour altogether.
        is_on_paper: (n,) what of that is a backdrop, and no paper any more.
    """

    lab: FloatArray
    share: FloatArray
    lightness_share: FloatArray
    is_said: Mask
    is_backdrop: Mask
    is_sure: Mask
    is_on_paper: Mask


def given_colours(
    chosen: Chosen, found: Findings, kinds: AreaKinds, colours: ClassColours, certainty: FloatArray, belief: Belief
) -> Given:
    """Return the colours that areas are given: chosen ones, and those of backdrops.

    Args:
        chosen: What was chosen for hair and garments, or said by somebody.
        found: Areas and panels of the page.
        kinds: What its n areas are.
        colours: The colours of the classes on this page.
        certainty: (n,) how certain the colour of each area is by itself.
        belief: How far the chances of colours are believed.
    """
    lab, share = chosen
    is_said = share >= 1
    is_backdrop = kinds.is_backdrop & (share == 0) & belief.fills_in
    lab = np.where(is_backdrop[:, None], backdrop_colours(is_backdrop, kinds.chances, found, colours), lab)
    share = np.where(is_backdrop, np.float32(1), share)
    is_sure = share >= 1
    lab = _kept_off_paper(lab, is_sure & (found.areas.tone >= AREA_PAPER_TONES[0]))
    chroma_share = np.maximum(FREE_SHARE * (lab[:, 0] > 0) * (1 - certainty), share)
    lightness_share = np.where(is_sure, np.float32(GIVEN_LIGHTNESS), FREE_LIGHTNESS / FREE_SHARE * chroma_share)
    return Given(lab, chroma_share, lightness_share, is_said, is_backdrop, is_sure, kinds.is_backdrop & is_sure)


def _kept_off_paper(free: FloatArray, which: Mask) -> FloatArray:
    """Give some of the colours (n, 3) at least the chroma of `LEAST_SETTLED`."""
    length = np.linalg.norm(free[:, 1:], axis=1, keepdims=True)
    hue = np.where(length > 1e-3, free[:, 1:] / np.maximum(length, 1e-3), np.array([0, -1], np.float32))
    faint = which[:, None] & (length < LEAST_SETTLED)
    return np.concatenate([free[:, :1], np.where(faint, hue * np.float32(LEAST_SETTLED), free[:, 1:])], axis=1)
