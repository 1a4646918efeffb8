"""Colours of hair and garments that a whole book keeps: what is alike on its pages gets one colour, decided once.

The colours of a page alone follow from what the generator leans to there, so that the same hair is blond on one page
and red on the next. Here a few pages are looked at before any is coloured; what is of one kind and about one tone in
all of them is one thing, and all that was said of it decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.free_colours import (
    REPEATED,
    Drawn,
    drawn_together,
    free_colours,
    leanings,
    likeness_of_colours,
    palette_lab,
    scores,
)
from mangacolor.colorize.looks import KINDS, Sight

FloatArray = NDArray[np.float32]

TONE_GAPS = {"hair": 0.22, "garment": 0.12}
"""Mean difference of tones up to which things of a book are one; gloss and shadow change hair more than screens do."""

REACH = {"hair": 0.3, "garment": 0.15}
"""Difference from the mean tone of such a thing up to which what a page shows is it; else the page decides alone."""

SMALLEST = 2e-4
"""Share of a page below which a thing has no say: a tuft, a sleeve's end."""


class Thing(NamedTuple):
    """Hair or a garment on a page.

    Attributes:
        page: Which page.
        kind: One of `KINDS`.
        tone: How light it is drawn.
        size: Share of the page.
        leaning: (P,) how far it leans to each colour of its palette.
    """

    page: int
    kind: str
    tone: float
    size: float
    leaning: FloatArray


class Kept(NamedTuple):
    """What a book keeps the colour of, one entry each.

    Attributes:
        kind: One of `KINDS`.
        tone: Its mean tone.
        colour: (3,) OKLab.
    """

    kind: str
    tone: float
    colour: FloatArray


class Chosen(NamedTuple):
    """Colours (n, 3) of areas, OKLab, zeros for those without, and how far (n,) each at least has it."""

    colours: FloatArray
    share: FloatArray


SeeIn = Callable[[], Sight]
"""Returns what the generator sees on the page at hand; it takes a while, and not everybody asks."""


Settle = Callable[[Findings, AreaKinds, SeeIn], FloatArray]
"""Settles the colours (n, 3) of areas that are known, OKLab; zeros for others."""


class Choose(Protocol):
    """Chooses colours for the hair and the garments of a page."""

    def __call__(self, found: Findings, kinds: AreaKinds, colours: ClassColours, sight: SeeIn | None = None) -> Chosen:
        """Choose by what the page shows, what its areas are, the chances of colours, and what is seen in them."""
        ...


def of_page_alone(found: Findings, kinds: AreaKinds, colours: ClassColours, sight: SeeIn | None = None) -> Chosen:
    """Choose colours as a page by itself has them."""
    return Chosen(free_colours(found, kinds, colours), np.zeros(len(found.areas.sizes), np.float32))


class Survey:
    """Chooses colours as a page alone has them, and notes what it shows.

    Attributes:
        things: What the pages have shown so far.
    """

    def __init__(self) -> None:
        self.things: list[Thing] = []
        self._pages = 0

    def __call__(self, found: Findings, kinds: AreaKinds, colours: ClassColours, sight: SeeIn | None = None) -> Chosen:
        """Note a page."""
        total = found.areas.labels.size
        for name, (areas, tone) in _things_of(found, kinds):
            sizes = found.areas.sizes[areas]
            leaning = np.average(leanings(name, kinds.chances[areas], colours), axis=0, weights=sizes)
            if sizes.sum() > SMALLEST * total:
                self.things.append(Thing(self._pages, name, tone, float(sizes.sum() / total), leaning))
        self._pages += 1
        return of_page_alone(found, kinds, colours)


def _things_of(found: Findings, kinds: AreaKinds) -> list[tuple[str, Drawn]]:
    """Return the hair and the garments of a page, each head of hair whole, and its kind."""
    return [
        (name, thing)
        for name, which in zip(KINDS, (kinds.is_hair, kinds.is_dressed), strict=True)
        for thing in drawn_together(name, np.flatnonzero(which), found)
    ]


def keep(things: Sequence[Thing]) -> list[Kept]:
    """Decide on one colour for all that is alike in a book.

    What covers most is decided on first; what is seen on the same pages as it gets another colour where it can.
    """
    kept: list[Kept] = []
    for name in KINDS:
        lab = palette_lab(name)
        alike = likeness_of_colours(lab)
        decided: list[tuple[set[int], int]] = []
        for group in _clusters([one for one in things if one.kind == name], TONE_GAPS[name]):
            heavy = np.sqrt([one.size for one in group])
            tone = float(np.average([one.tone for one in group], weights=heavy))
            leaning = np.average([one.leaning for one in group], axis=0, weights=heavy)
            pages = {one.page for one in group}
            taken = sum(
                (alike[best] * len(pages & others) / min(len(pages), len(others)) for others, best in decided),
                np.zeros(len(lab), np.float32),
            )
            best = int((scores(name, leaning, tone) - REPEATED * taken).argmax())
            decided.append((pages, best))
            kept.append(Kept(name, tone, lab[best]))
    return kept


class KeptColours:
    """Chooses the colours that a book keeps, and those of a page alone for what none is kept for.

    Args:
        kept: From `keep`.
        share: How far areas have a colour that is kept.
        settle: Settles the colours (n, 3) of some areas before, which then have them altogether; zeros for others.
    """

    def __init__(
        self,
        kept: Sequence[Kept],
        share: float,
        settle: Settle | None = None,
    ) -> None:
        self._kept = tuple(kept)
        self._share = share
        self._settle = settle

    def __call__(self, found: Findings, kinds: AreaKinds, colours: ClassColours, sight: SeeIn | None = None) -> Chosen:
        """Choose the colours of a page."""
        settled = np.zeros((len(found.areas.sizes), 3), np.float32)
        if self._settle is not None and sight is not None:
            settled = self._settle(found, kinds, sight)
        share = (settled[:, 0] > 0).astype(np.float32)
        for name, (areas, tone) in _things_of(found, kinds):
            off = [(abs(one.tone - tone), number) for number, one in enumerate(self._kept) if one.kind == name]
            nearest = min(off, default=(np.inf, -1))
            if nearest[0] <= REACH[name] and not share[areas].any():
                settled[areas] = self._kept[nearest[1]].colour
                share[areas] = self._share
        return Chosen(free_colours(found, kinds, colours, settled), share)


def _clusters(things: Sequence[Thing], gap: float) -> list[list[Thing]]:
    """Group things of about one tone, those that cover most first."""
    groups = [[one] for one in sorted(things, key=lambda one: one.tone)]
    means = [one.tone for (one,) in groups]
    while len(groups) > 1:  # average linkage: of tones in order the nearest groups are neighbours
        gaps = np.diff(means)
        nearest = int(gaps.argmin())
        if gaps[nearest] > gap:
            break
        joined = groups[nearest] + groups[nearest + 1]
        groups[nearest : nearest + 2] = [joined]
        means[nearest : nearest + 2] = [float(np.mean([one.tone for one in joined]))]
    return sorted(groups, key=lambda group: -sum(one.size for one in group))
