"""Colours of references, recalled for whole things: a head of hair, a garment, all skin, an area of anything else.

Cells recall by themselves, see `recollection`; what one alone recalls may be the sky behind a head, or the paper beside
it. So all cells of a thing vote on one colour of the references, and without much of a majority the page decides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.cells import PageCells, is_coloured
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.decide import fit_labels
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.kept_colours import Choose, Chosen, SeeIn
from mangacolor.colorize.looks import looks_of
from mangacolor.colorize.paper import AREA_PAPER_TONES
from mangacolor.colorize.recollection import Recollection, shares_of
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

STEP = 0.04
"""Of the OKLab chroma by which the colours of references are told apart."""

ALIKE = 0.04
"""Distance of colours in OKLab a, b at which one speaks for another by 1/√e of what it does for itself."""

LEAST_FOUND, LEAST_AGREED = 0.5, 0.35
"""Share of what its cells say that comes from references, and share of that which speaks for one colour, from which on
hair and garments have it. One that has three colours in the references agrees on a third."""

LEAST_FOUND_ELSEWHERE, LEAST_AGREED_ELSEWHERE = 0.65, 0.45
"""The same of everything else: any two walls have much in common."""

RECALLED_SKIN_HUES, RECALLED_SKIN_CHROMA = (29.0, 77.0), (0.02, 0.13)
"""Angles in degrees, from OKLab a towards b, and chroma between which colours of references may be skin."""

LEAST_SKIN = 0.2
"""Share of what the skin of a page says that recalls shades of skin, from which on all of it has theirs."""

GREY, SURELY_GREY = 0.02, 0.8
"""OKLab chroma below which a colour is grey, and share of what cells say from which on something loses its colour to
that: toned hair alone, for white paper is everywhere."""

BRIGHT, NEAR_SKIN = 0.72, 0.03
"""OKLab lightness from which on, and distance from the colour of skin up to which cells of a reference are its skin,
which hair does not recall: faces are where hair is, and as light as fair hair."""


class Shown(NamedTuple):
    """What a page was taken for when its colours were chosen.

    Attributes:
        found: Its areas.
        kinds: What they are.
        share: (n,) how far each has a colour that was chosen; 1 is said by somebody.
    """

    found: Findings
    kinds: AreaKinds
    share: FloatArray


class Noted:
    """Chooses colours as another does, and notes what the page was taken for: `shown`."""

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self.shown: Shown | None = None

    def __call__(self, found: Findings, kinds: AreaKinds, colours: ClassColours, sight: SeeIn | None = None) -> Chosen:
        """See `Choose`."""
        chosen = self._choose(found, kinds, colours, sight)
        self.shown = Shown(found, kinds, chosen.share)
        return chosen


class _Palette(NamedTuple):
    """Colours of references: (K, 2) OKLab a and b, whether each is bright, and which (T,) each cell has."""

    colours: FloatArray
    is_bright: Mask
    number: NDArray[np.intp]


def recall_by_areas(
    cells: PageCells, recollection: Recollection, shown: Shown, page: Separation, paper: Mask
) -> FloatArray:
    """Return the colours of a page (h, w, 3), OKLab, whose things have the chroma of what is like them in references.

    Lightness, what somebody has said, and what is to stay paper are as they were.

    Args:
        cells: The page as it was decided on.
        recollection: What is kept of the references.
        shown: What the page was taken for.
        page: Its ink and tone (h, w).
        paper: (H, W) what stays white, at any size.
    """
    found, kinds, share = shown
    labels = fit_labels(found.areas.labels, page.ink.shape)
    thing = _things(found, kinds)
    palette = _palette_of(recollection)
    votes = _votes(cells, recollection, palette, thing[labels], page.ink, len(thing))
    painted = _painted(cells.lab, thing[labels], page.ink, len(thing))
    is_hair, is_look, skin = _of_looks(kinds, thing)
    if len(skin):
        votes[skin] *= _is_shade_of_skin(palette.colours)
        if votes[skin].sum() > LEAST_SKIN:
            is_skin = np.linalg.norm(palette.colours - _elected(votes[skin], palette)[0], axis=1) < NEAR_SKIN
            votes[is_hair] *= ~(is_skin & palette.is_bright)
    recalled, agreed = _elected(votes, palette)
    total = votes.sum(axis=1)
    moves = (total > np.where(is_look, LEAST_FOUND, LEAST_FOUND_ELSEWHERE)) & (
        agreed > np.where(is_look, LEAST_AGREED, LEAST_AGREED_ELSEWHERE)
    )
    fades = (np.linalg.norm(recalled, axis=1) < GREY) & (np.linalg.norm(painted, axis=1) > GREY)
    moves &= ~fades | (is_hair & ~_is_bare(found, thing) & (total * agreed > SURELY_GREY))
    moves[skin] = total[skin] > LEAST_SKIN
    moved = moves[thing] & (share < 1) & ~found.areas.is_black
    change = np.where(moved[:, None], (recalled - painted)[thing], 0).astype(np.float32)[labels]
    change *= (is_coloured(cells.lab, page) & (fit_labels(paper.astype(np.int32), labels.shape) == 0))[..., None]
    lab: FloatArray = cells.lab.copy()
    lab[..., 1:] += change
    return lab


def _things(found: Findings, kinds: AreaKinds) -> NDArray[np.intp]:
    """Return for each area (n,) the number of the first area of its thing: a head of hair, a garment, all skin."""
    thing = np.arange(len(found.areas.sizes))
    for look in looks_of(found, kinds):
        thing[look.areas] = look.areas.min()
    skin = np.flatnonzero(kinds.is_skin)
    thing[skin] = skin.min(initial=len(thing))
    return thing


def _of_looks(kinds: AreaKinds, thing: NDArray[np.intp]) -> tuple[Mask, Mask, NDArray[np.intp]]:
    """Return which things (n,) are hair, which hair or a garment, and the number of the skin, if there is any."""
    is_hair, is_look = np.zeros(len(thing), np.bool_), np.zeros(len(thing), np.bool_)
    is_hair[thing[kinds.is_hair]] = True
    is_look[thing[kinds.is_hair | kinds.is_dressed]] = True
    return is_hair, is_look, np.unique(thing[kinds.is_skin])


def _is_shade_of_skin(colours: FloatArray) -> Mask:
    """Return which of some colours (K, 2) may be skin."""
    hue, chroma = np.degrees(np.arctan2(colours[:, 1], colours[:, 0])), np.linalg.norm(colours, axis=1)
    (first, last), (faint, vivid) = RECALLED_SKIN_HUES, RECALLED_SKIN_CHROMA
    return np.asarray((hue > first) & (hue < last) & (chroma > faint) & (chroma < vivid), np.bool_)


def _is_bare(found: Findings, thing: NDArray[np.intp]) -> Mask:
    """Say which things (n,) are bare paper, on the whole."""
    sizes = found.areas.sizes
    tone = np.bincount(thing, sizes * found.areas.tone, len(thing)) / np.maximum(
        np.bincount(thing, sizes, len(thing)), 1
    )
    return np.asarray(tone > AREA_PAPER_TONES[0], np.bool_)


def _palette_of(recollection: Recollection) -> _Palette:
    """Tell the colours of references apart."""
    bright = recollection.keys[:, -1] > BRIGHT
    chroma = recollection.chroma if recollection.flat is None else recollection.flat
    _, number = np.unique(np.c_[np.rint(chroma / STEP), bright], axis=0, return_inverse=True)
    number = number.ravel()
    count = np.bincount(number)
    means = np.stack([np.bincount(number, plane) / count for plane in chroma.T], axis=1)
    return _Palette(means.astype(np.float32), np.bincount(number, bright) > 0, number)


def _votes(
    cells: PageCells,
    recollection: Recollection,
    palette: _Palette,
    things: NDArray[np.intp],
    ink: FloatArray,
    count: int,
) -> FloatArray:
    """Return (n, K) how far each thing recalls each colour; what is left to 1 is for what was painted."""
    order = np.argsort(palette.number, kind="stable")
    starts = np.searchsorted(palette.number[order], np.arange(len(palette.colours)))
    said = np.concatenate(
        [np.add.reduceat(some[:, order], starts, axis=1) for some in shares_of(cells.keys, recollection)]
    )
    # Every other pixel tells as much as all.
    some = np.s_[::2, ::2]
    key = things[some].astype(np.int64) * len(said) + cells.numbers(ink.shape)[some]
    met, pair = np.unique(key, return_inverse=True)
    heavy = np.bincount(pair.ravel(), np.square(ink[some]).ravel() + 1e-3)
    one, cell = np.divmod(met, len(said))
    present, first = np.unique(one, return_index=True)
    votes = np.zeros((count, said.shape[1]), np.float32)
    votes[present] = np.add.reduceat(said[cell] * heavy[:, None], first, axis=0)
    return np.asarray(votes / np.maximum(np.bincount(one, heavy, count), 1e-9)[:, None], np.float32)


def _painted(lab: FloatArray, things: NDArray[np.intp], ink: FloatArray, count: int) -> FloatArray:
    """Return the mean chroma (n, 2) of what was painted, of each thing."""
    flat, heavy = things.ravel(), np.square(ink).ravel() + 1e-3
    total = np.maximum(np.bincount(flat, heavy, count), 1e-9)
    means = [np.bincount(flat, heavy * lab[..., channel].ravel(), count) / total for channel in (1, 2)]
    return np.stack(means, axis=1).astype(np.float32)


def _elected(votes: FloatArray, palette: _Palette) -> tuple[FloatArray, FloatArray]:
    """Return the colours (n, 2) that most speaks for, and the share (n,) of the votes that does."""
    away = np.square(palette.colours[:, None] - palette.colours).sum(axis=-1)
    alike = np.exp(-away / (2 * ALIKE**2))
    heard = votes @ alike
    best = heard.argmax(axis=1)
    speaks = votes * alike[best]
    total = np.maximum(speaks.sum(axis=1, keepdims=True), 1e-9)
    agreed = heard[np.arange(len(best)), best] / np.maximum(votes.sum(axis=1), 1e-9)
    return np.asarray(speaks @ palette.colours / total, np.float32), np.asarray(agreed, np.float32)
