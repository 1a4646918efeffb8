"""How the surroundings on a page look, so that places of a series are known again: walls, floors, bare paper."""

from __future__ import annotations

import numpy as np

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings, drawn_tones
from mangacolor.colorize.looks import Look, group_areas

PLACE = "place"
"""The kind of such looks."""

LEAST_KNOWN = 0.5
"""How far an area is scenery whose colour is known, from which on it is surroundings."""

SMALLEST = 1e-3
"""Share of the page below which nothing is told of such a look: a gap between an arm and its body."""


def places_of(found: Findings, kinds: AreaKinds) -> list[Look]:
    """Tell the surroundings on a page apart: what touches in about one tone, and the bare paper of each panel."""
    sizes, tones = found.areas.sizes, drawn_tones(found.areas)
    is_toned = (kinds.is_plain | (kinds.is_known > LEAST_KNOWN)) & ~kinds.is_paper & ~found.areas.is_black
    toned, bare = np.flatnonzero(is_toned & ~kinds.is_backdrop), np.flatnonzero(kinds.is_backdrop)
    looks = []
    for areas, group in (
        (toned, group_areas(toned, found, joins_tones=False)[0]),
        (bare, found.panel_of[bare]),  # people cut it into pieces
    ):
        for number in np.unique(group):
            inside = areas[group == number]
            if sizes[inside].sum() > SMALLEST * found.areas.labels.size:
                looks.append(Look(PLACE, inside, float(np.average(tones[inside], weights=sizes[inside]))))
    return looks
