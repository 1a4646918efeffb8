"""Walls whose colour nobody can know are beige rather than mauve, all of a panel or none of it.

A doubt between red and blue looks mauve, and few walls are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.paint import Paint, means_of, polar
from mangacolor.colorize.scenery import MOST_SCENERY

MAUVE_HUES = (283.0, 383.0)
FAINTEST, MOST_VIVID = 0.02, 0.06
"""OKLab hues in degrees between which a colour is mauve; its chroma at least, and up to which it is
doubt: what is more vivid is a mood, or somebody's coat."""

MAY_BE_ROOM, SURE_ROOM = 0.3, 0.7
"""Chance of ground from which on an area may be part of a room, and surely is."""

LEAST_SURE = 0.5
"""Share of what is mauve in a panel that must surely be room and doubt, or all of it stays: half a floor is worse than
a mauve one."""

BEIGE_HUE, MOST_CHROMA = 75.0, 0.05
"""OKLab hue in degrees that rooms get, and their chroma at most."""


def make_beige(paint: Paint, found: Findings, kinds: AreaKinds, is_said: NDArray[np.bool_]) -> None:
    """Give walls and floors that would be mauve another colour, in place: all of a panel or nothing.

    Args:
        paint: Colours as decided.
        found: Areas and panels of the page.
        kinds: What its n areas are.
        is_said: (n,) those whose colour somebody has said; these stay.
    """
    # Irises need not be told apart here: they are painted later, whatever they have by then.
    known = kinds.is_skin | kinds.is_hair | kinds.is_dressed | kinds.is_fur | kinds.is_paper | kinds.is_bare_cloth
    may_be = ~(known | is_said | kinds.is_backdrop | found.areas.is_black)
    may_be &= (kinds.ground > MAY_BE_ROOM) & (kinds.is_known < MOST_SCENERY) & (found.panel_of > 0)
    means, sizes = means_of(paint, len(may_be)), paint.sizes(len(may_be))
    is_mauve = may_be & means.is_between(MAUVE_HUES) & (means.chroma > FAINTEST)
    is_sure = is_mauve & (kinds.ground > SURE_ROOM) & (means.chroma < MOST_VIVID)
    mauve, sure = (np.bincount(found.panel_of, sizes * which) for which in (is_mauve, is_sure))
    changed = paint.places(is_mauve & (sure > LEAST_SURE * mauve)[found.panel_of])
    chroma = paint.chroma.reshape(-1, 2)
    chroma[changed] = np.minimum(np.hypot(*chroma[changed].T), MOST_CHROMA)[:, None] * polar(BEIGE_HUE, np.ones(1))
