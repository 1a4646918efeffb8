"""Rooms whose colour nobody can know are beige rather than mauve, all of a panel or none of it.

A doubt between red and blue looks mauve, and few walls are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings
from mangacolor.page.areas import runs_of

FloatArray = NDArray[np.float32]

MAUVE_HUE, MAUVE_REACH = 333.0, 50.0
FAINTEST, MOST_VIVID = 0.02, 0.06
"""OKLab hue in degrees around which a colour is mauve, and how far around; its chroma at least, and up to which it is
doubt: what is more vivid is a mood, or somebody's coat."""

MAY_BE_ROOM, SURE_ROOM, MOST_SCENERY = 0.3, 0.7, 0.5
LEAST_SURE = 0.5
"""Chance of ground from which on an area may be part of a room, and surely is; share of scenery up to which it has no
colour of its own; and share of what is mauve in a panel that must surely be room and doubt, or all of it stays: half a
floor is worse than a mauve one."""

BEIGE_HUE, MOST_CHROMA = 75.0, 0.05
"""OKLab hue in degrees that rooms get, and their chroma at most."""


def not_mauve(
    chroma: FloatArray, labels: NDArray[np.int32], found: Findings, kinds: AreaKinds, is_said: NDArray[np.bool_]
) -> FloatArray:
    """Give rooms that would be mauve another colour, all of a panel or nothing.

    Args:
        chroma: (h, w, 2) OKLab a and b that were decided on.
        labels: (h, w) number of the area of each pixel.
        found: Areas and panels of the page.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay.

    Returns:
        (h, w, 2) the same but for these.
    """
    known = kinds.is_skin | kinds.is_hair | kinds.is_dressed | kinds.is_fur | kinds.is_paper | kinds.is_bare_cloth
    may_be = ~(known | is_said | kinds.is_backdrop | found.areas.is_black)
    may_be &= (kinds.ground > MAY_BE_ROOM) & (kinds.is_known < MOST_SCENERY) & (found.panel_of > 0)
    runs, count = runs_of(labels), len(may_be)
    sizes = np.bincount(runs.labels, runs.lengths, count)
    mean_a, mean_b = (runs.sums(chroma[..., plane], count) / np.maximum(sizes, 1) for plane in (0, 1))
    length = np.hypot(mean_a, mean_b)
    off = np.abs((np.degrees(np.arctan2(mean_b, mean_a)) - MAUVE_HUE + 180) % 360 - 180)
    is_mauve = may_be & (off < MAUVE_REACH) & (length > FAINTEST)
    is_sure = is_mauve & (kinds.ground > SURE_ROOM) & (length < MOST_VIVID)
    mauve, sure = (np.bincount(found.panel_of, sizes * which) for which in (is_mauve, is_sure))
    changed = runs.places(is_mauve & (sure > LEAST_SURE * mauve)[found.panel_of])
    if not len(changed):
        return chroma
    beige = np.array([np.cos(np.radians(BEIGE_HUE)), np.sin(np.radians(BEIGE_HUE))], np.float32)
    told = chroma.reshape(-1, 2).copy()
    told[changed] = np.minimum(np.hypot(*told[changed].T), MOST_CHROMA)[:, None] * beige
    return np.asarray(told.reshape(chroma.shape), np.float32)
