"""Merging of areas that are one thing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.page.areas.contacts import Contacts, contacts_of, gathered
from mangacolor.page.areas.links import groups_of
from mangacolor.page.areas.runs import runs_of
from mangacolor.page.areas.sight import Sight

FloatArray = NDArray[np.float32]
Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]
Sums = NDArray[np.float64]

ALIKE_TONE = 0.12
MOST_TONE = 0.25
"""Small areas like neighbours whose tone is closer than the first best. Areas whose means differ by more than the
second do not merge, though nothing lies between: a gradient is one area, but not from paper to black."""

OPEN_DIAMETER = 0.5
OPEN_BORDER = 0.35
"""An area merges with its neighbour where the open border is this share of its diameter, or of its whole border."""

SMALL_PX = 80
SLIVER_PX = 600
SLIVER_RADIUS_PX = 2.6
"""Areas smaller than the first join what they hang on in any case; so do thin ones smaller than the second: strands
of hair, glints, what is left between strokes."""

OVER_A_LINE = 0.25
"""What a pixel of line between a small area and its neighbour counts beside an open one."""

GLINT_RADIUS_PX = 5.0
GLINT_BORDER = 0.6
"""Slivers up to this radius join the solid black that is this share of their border: glints of black hair."""

INTO_BLACK = 0.5
"""How well small areas fit solid blacks, whatever their tone."""

ROUNDS = 8


class State(NamedTuple):
    """What merging knows of areas, (n,) of each, and of their borders."""

    sizes: Sums
    weights: Sums
    tone: Sums
    radii: FloatArray
    blacks: Sums
    contacts: Contacts


def merged(labels: Labels, seen: Sight, tone: FloatArray, weights: FloatArray) -> tuple[Labels, State]:
    """Merge areas that are one thing, a few rounds over, number what is left from 0, and say what is known of it.

    Args:
        labels: (H, W), areas numbered from 0.
        seen: Lines and blacks of the picture.
        tone: (H, W) tone as it is compared.
        weights: (H, W) how far that tone can be trusted.
    """
    runs = runs_of(labels)
    count = int(runs.labels.max()) + 1
    radii = runs.maxima(np.maximum(seen.depth, seen.black_depth), count)
    weights = weights + np.float32(1e-6)  # a trace, for areas that have none
    sizes = np.bincount(runs.labels, runs.lengths, count).astype(np.float64)
    heavy, toned, blacks = (runs.sums(plane, count) for plane in (weights, weights * tone, seen.black))
    state = State(
        sizes=sizes, weights=heavy, tone=toned / heavy, radii=radii, blacks=blacks,
        contacts=contacts_of(labels, seen.is_open),
    )  # fmt: skip
    root = np.arange(count, dtype=np.int32)
    for turn in range(ROUNDS):
        # Slivers wait one round: what is open joins first, and they see where it belongs.
        small, large = _choices(state, with_small=turn > 0)
        if len(small) == 0:
            if turn == 0:
                continue
            break
        new = groups_of(small, large, len(state.sizes)).astype(np.int32)
        root = new[root]
        state = _joined(state, new, int(new.max()) + 1)
    merged_labels = np.repeat(root.astype(np.int32)[runs.labels], runs.lengths).reshape(labels.shape)
    return merged_labels, state


def _summed(numbers: Labels, values: NDArray[np.generic], count: int) -> Sums:
    """Return the (count,) sums of the values of each number."""
    return np.asarray(np.bincount(numbers, values, count), np.float64)


def _choices(state: State, with_small: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return areas that merge, and the neighbour that each chooses; none smaller than itself."""
    one, other = state.contacts.pairs.T
    swap = state.sizes[one] > state.sizes[other]
    small, large = np.where(swap, other, one), np.where(swap, one, other)
    open_px, total_px = state.contacts.open_px, state.contacts.total_px
    border = np.bincount(state.contacts.pairs.ravel(), np.repeat(total_px, 2), len(state.sizes))[small]
    sizes, is_black = state.sizes[small], 2 * state.blacks > state.sizes
    apart = np.abs(state.tone[small] - state.tone[large])
    is_wide = (open_px > OPEN_DIAMETER * 2 * np.sqrt(sizes / np.pi)) | (open_px > OPEN_BORDER * border)
    joins = is_wide & (apart < MOST_TONE)
    if with_small:
        thin = (state.radii[small] < SLIVER_RADIUS_PX) & (sizes < SLIVER_PX)
        is_glint = is_black[large] & (total_px > GLINT_BORDER * border)
        is_glint &= (state.radii[small] < GLINT_RADIUS_PX) & (sizes < SLIVER_PX)
        joins |= (sizes < SMALL_PX) | thin | is_glint
    like = np.maximum(np.exp(-((apart / ALIKE_TONE) ** 2)), INTO_BLACK * is_black[large])
    score = (open_px + OVER_A_LINE * (total_px - open_px)) / border * like
    small, large, score = small[joins], large[joins], score[joins]
    order = np.lexsort((score, small))
    best = order[np.r_[small[order][1:] != small[order][:-1], True]] if len(order) else order
    return small[best], large[best]


def _joined(state: State, new: NDArray[np.int32], count: int) -> State:
    """Return the state after areas have got new numbers."""

    def total(values: Sums) -> Sums:
        return _summed(new, values, count)

    weights = total(state.weights)
    radii = np.zeros(count, np.float32)
    np.maximum.at(radii, new, state.radii)
    pairs = np.sort(new[state.contacts.pairs], axis=1).astype(np.int64)
    apart = pairs[:, 0] != pairs[:, 1]
    contacts = gathered(
        pairs[apart, 0] * count + pairs[apart, 1], state.contacts.open_px[apart], state.contacts.total_px[apart], count
    )
    return State(
        sizes=total(state.sizes), weights=weights, tone=total(state.tone * state.weights) / weights, radii=radii,
        blacks=total(state.blacks), contacts=contacts,
    )  # fmt: skip
