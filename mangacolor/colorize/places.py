"""How the surroundings on a page look, so that places of a series are known again: walls, floors, bare paper."""

from __future__ import annotations

import numpy as np

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings, drawn_tones
from mangacolor.colorize.looks import Look
from mangacolor.page.areas import groups_of

PLACE = "place"
"""The kind of such looks."""

LEAST_KNOWN = 0.5
"""How far an area is scenery whose colour is known, from which on it is surroundings."""

SAME_TONE = 0.04
"""Difference of tones up to which surroundings of one panel are one: people and lines cut a wall into pieces."""

SMALLEST = 1e-3
"""Share of the page below which nothing is told of such a look: a gap between an arm and its body."""


def places_of(found: Findings, kinds: AreaKinds) -> list[Look]:
    """Tell the surroundings on a page apart: what is nobody's, of one panel and in about one tone."""
    sizes, tones = found.areas.sizes, drawn_tones(found.areas)
    is_toned = (kinds.is_plain | (kinds.is_known > LEAST_KNOWN)) & ~kinds.is_paper & ~found.areas.is_black
    looks = []
    for which in (is_toned & ~kinds.is_backdrop, kinds.is_backdrop):
        areas = np.flatnonzero(which)
        areas = areas[np.lexsort((tones[areas], found.panel_of[areas]))]
        joins = (np.diff(tones[areas]) <= SAME_TONE) & (np.diff(found.panel_of[areas]) == 0)
        after = np.flatnonzero(joins)
        group = groups_of(after, after + 1, len(areas))
        for number in np.unique(group):
            inside = areas[group == number]
            if sizes[inside].sum() > SMALLEST * found.areas.labels.size:
                looks.append(Look(PLACE, inside, float(np.average(tones[inside], weights=sizes[inside]))))
    return looks
