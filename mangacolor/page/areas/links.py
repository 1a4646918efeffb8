"""What is between things two by two, areas above all: how much, summed over neighbours, and what hangs together."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float32]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

AT_A_TIME = 512
"""Links whose values are gathered at a time: they fit into the cache."""


class Links(NamedTuple):
    """Weighted links between things that are numbered from 0; from `links_of`, which sorts them.

    Attributes:
        one: (m,) number of the thing that a link is of, rising.
        other: (m,) number of the thing that it leads to, of the same ones, but for `among`, or of others.
        weights: (m,) how much it counts, float32.
        things: How many things there are.
    """

    one: Indices
    other: Indices
    weights: FloatArray
    things: int

    def where(self, kept: Mask) -> Links:
        """Return only the links (m,) that are kept."""
        return self._replace(one=self.one[kept], other=self.other[kept], weights=self.weights[kept])

    def among(self, chosen: Indices) -> Links:
        """Return the links between some of the things (k,), which are numbered as they are listed, each once."""
        number = np.full(self.things, -1, np.intp)
        number[chosen] = np.arange(len(chosen))
        one, other = number[self.one], number[self.other]
        kept = (one >= 0) & (other >= 0)
        return links_of(one[kept], other[kept], self.weights[kept], len(chosen))

    def totals(self) -> FloatArray:
        """Return the weight (things,) of all links of each thing."""
        return np.asarray(np.bincount(self.one, self.weights, self.things), np.float32)

    def sums(self, values: NDArray[Any]) -> FloatArray:
        """Return for each thing the weighted sum of the values (n,) or (n, C) that its links lead to."""
        if values.ndim == 1:
            return np.asarray(np.bincount(self.one, self.weights * values[self.other], self.things), np.float32)
        summed = np.zeros((self.things, values.shape[1]), np.float32)
        if len(self.one):
            starts = np.flatnonzero(np.r_[True, self.one[1:] != self.one[:-1]])
            ends = np.r_[starts, len(self.one)]
            cuts = np.unique(np.searchsorted(starts, np.arange(0, len(self.one), AT_A_TIME)))
            for first, last in pairwise(np.r_[cuts[cuts < len(starts)], len(starts)].tolist()):
                links = slice(ends[first], ends[last])
                said = values.take(self.other[links], axis=0) * self.weights[links, None]
                summed[self.one[starts[first:last]]] = np.add.reduceat(said, starts[first:last] - starts[first])
        return summed


def links_of(one: ArrayLike, other: ArrayLike, weights: ArrayLike, count: int) -> Links:
    """Sort links (m,) between `count` things; see `Links`."""
    one = np.asarray(one, np.intp)
    order = np.argsort(one, kind="stable")
    return Links(one[order], np.asarray(other, np.intp)[order], np.asarray(weights, np.float32)[order], count)


def groups_of(one: ArrayLike, other: ArrayLike, count: int) -> Indices:
    """Say which things hang together by links (m,), whichever way these lead, over however many others.

    Args:
        one: One end of each link.
        other: The other end.
        count: Things there are, numbered from 0.

    Returns:
        (count,) the number of each thing's group, from 0, in the order of the first thing of each.
    """
    first = np.arange(count)
    one, other = np.asarray(one, np.intp), np.asarray(other, np.intp)
    while True:  # every group takes the lowest number next to it, then that one's own: rounds are few
        nearest = np.minimum(first[one], first[other])
        before = first.copy()
        for ends in (one, other):
            np.minimum.at(first, before[ends], nearest)
        while (further := first[first] < first).any():
            first[further] = first[first[further]]
        if (first == before).all():
            return np.unique(first, return_inverse=True)[1].astype(np.intp)
