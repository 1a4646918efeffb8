"""How hair and garments of a page look, so that they are known again: on this page, and on others of the book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import Findings, border_shares, drawn_tones
from mangacolor.page.areas import Links, groups_of

FloatArray = NDArray[np.float32]

KINDS = ("hair", "garment")
"""What looks are of."""

HAIR_BORDER, TUFT = 0.2, 0.1
"""Share of the border of the smaller of two areas of hair from which on they are one head of hair: heads touch. What is
smaller than this share of a head that it touches is a tuft of it, however little they touch."""

HAIR_STEP = 0.2
"""Difference of tones up to which hair that touches is one person's, unless faces say otherwise."""

BLACK_SHARE = 0.3
"""Share of its border up to which hair may touch solid black and still be as light as it is drawn: beyond, it is the
gloss of black hair, not its neighbour."""


TONE_GAP = 0.2
"""Mean difference of tones from which on parts of one look are drawn as different things: two heads that touch."""


class Look(NamedTuple):
    """Hair or a garment on a page.

    Attributes:
        kind: One of `KINDS`.
        areas: Numbers of its areas.
        tone: How light it is drawn, from 0 to 1.
    """

    kind: str
    areas: NDArray[np.intp]
    tone: float


def looks_of(found: Findings, kinds: AreaKinds) -> list[Look]:
    """Tell the hair and the garments of a page apart: what belongs to somebody, in about one tone."""
    looks = []
    for name, which in zip(KINDS, (kinds.is_hair, kinds.is_dressed), strict=True):
        areas = np.flatnonzero(which)
        if not len(areas):
            continue
        group, tones = _hair_of_people(areas, found) if name == "hair" else group_areas(areas, found, joins_tones=False)
        sizes = found.areas.sizes[areas].astype(np.float64)
        means = np.bincount(group, sizes * tones) / np.maximum(np.bincount(group, sizes), 1)
        looks += [Look(name, areas[group == number], float(mean)) for number, mean in enumerate(means)]
    return looks


def _hair_of_people(areas: NDArray[np.intp], found: Findings) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
    """Group areas of hair (n,) as `group_areas` does, but not over two faces, nor what touches in other tones."""
    shared, face, tones = found.borders.among(areas), found.hair_of[areas], _hair_tones(areas, found)
    one, other = face[shared.one], face[shared.other]
    joins = (np.abs(tones[shared.one] - tones[shared.other]) < HAIR_STEP) & ((one < 0) | (other < 0) | (one == other))
    return _groups(shared.where(joins), face), tones


def _hair_tones(areas: NDArray[np.intp], found: Findings) -> NDArray[np.floating]:
    """Say how light areas of hair (n,) are drawn, gloss being as dark as the black that it lies in."""
    black = black_share(areas, found)
    return drawn_tones(found.areas)[areas] * (1 - (black - BLACK_SHARE).clip(0) / (1 - BLACK_SHARE))


def by_tones(look: Look, found: Findings) -> list[Look]:
    """Part hair that is drawn in more than one tone, which may be two heads that touch; the largest part first.

    Tufts of it, and all that is of one tone but for shadow and gloss, stay together.
    """
    if look.kind != "hair" or len(look.areas) < 2:
        return [look]
    tones, sizes = _hair_tones(look.areas, found), found.areas.sizes[look.areas].astype(np.float64)
    groups = [np.array([number]) for number in np.argsort(tones, kind="stable")]
    means = [float(tones[one[0]]) for one in groups]
    while len(groups) > 1 and (gaps := np.diff(means)).min() <= TONE_GAP:
        at = int(gaps.argmin())
        joined = np.concatenate(groups[at : at + 2])
        groups[at : at + 2] = [joined]
        means[at : at + 2] = [float(np.average(tones[joined], weights=sizes[joined]))]
    groups.sort(key=lambda group: -sizes[group].sum())
    tufts = [group for group in groups[1:] if sizes[group].sum() < TUFT * sizes.sum()]
    parts = [groups[0], *(group for group in groups[1:] if sizes[group].sum() >= TUFT * sizes.sum())]
    parts[0] = np.concatenate([parts[0], *tufts])
    return [
        Look("hair", look.areas[np.sort(part)], float(np.average(tones[part], weights=sizes[part]))) for part in parts
    ]


def black_share(areas: NDArray[np.intp], found: Findings, which: NDArray[np.bool_] | None = None) -> FloatArray:
    """Return the share of the border of each of some areas (n,) that touches solid black, or some areas `which`."""
    return border_shares(found, found.areas.is_black if which is None else which)[areas]


def _groups(links: Links, face: NDArray[np.intp]) -> NDArray[np.intp]:
    """Group areas (n,) that are linked, and those whose hair is that of one face; -1 is none."""
    of_face = np.flatnonzero(face >= 0)
    _, first, number = np.unique(face[of_face], return_index=True, return_inverse=True)
    return groups_of(np.r_[links.one, of_face], np.r_[links.other, of_face[first[number]]], len(face))


def group_areas(
    areas: NDArray[np.intp], found: Findings, *, joins_tones: bool
) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
    """Say which of some areas (n,) belong together, and how light each is drawn.

    Args:
        areas: Numbers of areas of one kind.
        found: The page.
        joins_tones: What touches along much of its border is one thing whatever its tones, but for two faces' hair, and
            solid black beside it is part of it.

    Returns:
        (n,) number of the group, from 0, and (n,) tone.
    """
    links, face = (found.borders if joins_tones else found.kin).among(areas), found.hair_of[areas]
    tones = drawn_tones(found.areas)[areas].astype(np.float64)
    if joins_tones:
        tones *= 1 - black_share(areas, found)
        border, (one, other) = found.borders.totals()[areas], (face[links.one], face[links.other])
        share = links.weights / np.maximum(np.minimum(border[links.one], border[links.other]), 1)
        joins = (share > HAIR_BORDER) & ((one < 0) | (other < 0) | (one == other))
        return _with_tufts(_groups(links.where(joins), face), links, found.areas.sizes[areas]), tones
    return _groups(links, face), tones


def _with_tufts(group: NDArray[np.intp], links: Links, sizes: NDArray[np.integer]) -> NDArray[np.intp]:
    """Let groups (n,) of areas that are tufts beside another, by the sizes (n,) of areas, join the largest such."""
    total = np.bincount(group, sizes)
    one, other = group[links.one], group[links.other]
    is_tuft = total[one] < TUFT * total[other]
    one, other = one[is_tuft], other[is_tuft]
    largest_last = np.argsort(total[other], kind="stable")
    head = np.arange(len(total))
    head[one[largest_last]] = other[largest_last]
    return groups_of(np.arange(len(total)), head, len(total))[group]


class Sight(NamedTuple):
    """What the generator sees on a whole page.

    Attributes:
        cells: (r, c, D) rows of length 1 whose dot product says how alike two cells are, of the page enlarged at the
            bottom and right to whole cells.
        shown: Share of the rows, and of the columns, that show the page and not what it was enlarged by.
    """

    cells: FloatArray
    shown: tuple[float, float]


def seen_in(looks: Sequence[Look], found: Findings, sight: Sight) -> FloatArray:
    """Describe what is seen in looks, (T, D) in rows of length 1, so that the dot product says how alike two are.

    Looks may share areas: an example is seen once for each of its points.
    """
    rows, columns = (max(1, round(n * share)) for n, share in zip(sight.cells.shape, sight.shown, strict=False))
    cells = sight.cells[:rows, :columns].reshape(rows * columns, -1)
    if not looks:
        return np.zeros((0, cells.shape[1]), np.float32)

    def share(look: Look) -> FloatArray:
        is_in = np.zeros(len(found.areas.sizes), np.float32)
        is_in[look.areas] = 1
        shown = cv2.resize(is_in[found.areas.labels], (columns, rows), interpolation=cv2.INTER_AREA)
        return np.asarray(shown, np.float32).ravel()

    seen = np.stack([share(look) for look in looks]) @ cells
    return np.asarray(seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-6), np.float32)
