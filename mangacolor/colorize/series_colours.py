"""Colours of a series: areas that look like one of its examples get the colour that the series has for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.bodies import Body, Head, bodies_coloured, heads_of, is_gloss
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.kept_colours import SeeIn
from mangacolor.colorize.looks import Look, by_tones, looks_of, seen_in
from mangacolor.colorize.places import PLACE, places_of
from mangacolor.colorize.series_examples import learn_examples
from mangacolor.colorize.series_parts import bodies_of, colours_of
from mangacolor.errors import CannotWriteError, UsageError
from mangacolor.series import HAIR, Learnt, Series, digest_of, part_of, read_learnt, write_learnt

FloatArray = NDArray[np.float32]

TONE_REACH = {"hair": 0.25, "garment": 0.12, PLACE: 0.12}
"""Difference of tones from which on something is no longer the same."""

UNKNOWN_OFF = 0.5
"""How far off, in shares of that, the tone of an example counts that is known in colour alone: light hair may be
printed dark, and dark hair left white."""

OTHER_KIND = 0.15
"""What it takes from a likeness that one is taken for hair and the other for a garment: hats and hair are mixed up."""

LIKENESS = 0.5
"""How alike an area and an example are at least, from 0 to 1, in tone and in what is seen."""

MORE_ALIKE = {PLACE: 0.2}
"""How much more alike it must be: walls of any two rooms have much in common."""

CLEAR_BY = 0.06
"""How much more alike the likeliest part is than every other, or the page decides alone."""


class SeriesColours:
    """Gives the hair and the garments of pages the colours of a series, where they are like one of its examples.

    Args:
        learnt: Its examples.
        colours: (E, 3) OKLab of each.
        least: How alike something must be; None for the usual.
        digest: That of the series, `digest_of`: weights are told of elsewhere.
        bodies: Skin and eyes of characters, who are known by their hair.
    """

    def __init__(
        self,
        learnt: Learnt,
        colours: FloatArray,
        least: float | None = None,
        digest: str = "",
        bodies: Mapping[str, Body] | None = None,
    ) -> None:
        self.digest = digest
        self._bodies = bodies or {}
        self._learnt = learnt
        self._colours = colours
        self._kinds = np.array(learnt.kinds)
        self._least = LIKENESS if least is None else least

    @property
    def knows_nothing(self) -> bool:
        """Whether nothing is recognised on any page, as no part has an example."""
        return not self._learnt.parts

    def settle(self, found: Findings, kinds: AreaKinds, sight: SeeIn) -> FloatArray:
        """Return the colours (n, 3) of areas that are known, OKLab; zeros for others."""
        settled = np.zeros((len(found.areas.sizes), 3), np.float32)
        like = np.full(len(settled), -1, np.intp)
        whole = looks_of(found, kinds)
        parted = [parts for look in whole if len(parts := by_tones(look, found)) > 1]
        # Parts come last: what they are like overrules the head, and a shadow that is like nobody stays with its head.
        looks = [*whole, *(part for parts in parted for part in parts)]
        if PLACE in self._learnt.kinds:
            looks += places_of(found, kinds)
        if not looks or not self._learnt.parts:
            return settled
        for look, likeness in zip(looks, self._likeness(looks, seen_in(looks, found, sight())), strict=True):
            best = int(likeness.argmax())
            others = [one for part, one in zip(self._learnt.parts, likeness, strict=True)
                      if part != self._learnt.parts[best]]  # fmt: skip
            least = self._least + MORE_ALIKE.get(look.kind, 0)
            if likeness[best] >= least and likeness[best] - max(others, default=-1.0) >= CLEAR_BY:
                settled[look.areas] = self._colours[best]
                like[look.areas] = best
        heads = heads_of(found, kinds) if self._bodies else []
        bodies = {
            number: body for number, head in enumerate(heads) if (body := self._body_of(head, like, found)) is not None
        }
        return bodies_coloured(bodies, heads, found, kinds, settled)

    def _body_of(self, head: Head, like: NDArray[np.intp], found: Findings) -> Body | None:
        """Return the colours of the one whose examples (n,) most of the hair of a head is like; -1 is like none."""
        if not len(head.hair) or is_gloss(head, found):
            return None
        best = int(np.bincount(like[head.hair] + 1, found.areas.sizes[head.hair]).argmax()) - 1
        if best < 0:
            return None
        part = part_of(self._learnt.parts[best], {})
        return self._bodies.get(part.owner) if part.kind == "character" and part.name in HAIR else None

    def _likeness(self, looks: Sequence[Look], seen: FloatArray) -> FloatArray:
        """Say how alike looks and examples are, (T, E), up to 1; -1 for those of other tones."""
        alike = (1 + seen @ self._learnt.seen.astype(np.float32).T) / 2
        reach = np.array([TONE_REACH[kind] for kind in self._learnt.kinds], np.float32)
        for row, look in zip(alike, looks, strict=True):
            off = np.abs(self._learnt.tones - look.tone) / reach
            off[np.isnan(off)] = UNKNOWN_OFF
            row *= 1 - 0.5 * off
            row -= OTHER_KIND * (self._kinds != look.kind)
            row[(off > 1) | ((self._kinds == PLACE) != (look.kind == PLACE))] = -1
        return np.asarray(alike, np.float32)


def check_follows(colorizer: Colorizer, options: str = "--series") -> None:
    """Refuse a colouriser that cannot follow any series.

    Args:
        colorizer: Would follow it.
        options: Those by which series were asked for, as whoever is told should leave them out.

    Raises:
        UsageError: These weights, or the fast way, do not decide by areas.
    """
    if not colorizer.decides_by_areas:
        raise UsageError(
            "A series is followed by areas, which --fast and weights without chances of colours do not look for.",
            advice=f"Leave out --fast or {options}, or take weights of the default preset.",
        )


def following_series(colorizer: Colorizer, series: Series) -> SeriesColours:
    """Learn the examples of a series, or read what was learnt of them, and return what chooses their colours.

    What is learnt is kept in the series folder, if that may be written to.

    Raises:
        UsageError: These weights, or the fast way, do not decide by areas.
        BadInputError: An example cannot be read, a point lies off it, or a part has no colour anywhere.
        ModelFileError: What was learnt is damaged or newer.
    """
    check_follows(colorizer)
    digest, weights = digest_of(series), colorizer.weights.digest
    made_of = hashlib.sha256(f"{weights} {digest}".encode()).hexdigest()
    learnt = read_learnt(series.folder, made_of)
    if learnt is None:
        learnt = learn_examples(colorizer, series, read_learnt(series.folder, made_of, weights=weights))
        with suppress(CannotWriteError):  # else it is learnt again next time
            write_learnt(series.folder, learnt, made_of, weights=weights)
    return SeriesColours(learnt, colours_of(learnt, series), series.likeness, digest, bodies_of(series))
