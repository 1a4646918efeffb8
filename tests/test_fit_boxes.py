"""Boxes at another size. Oracle: every pixel of a page, brought there as what it covers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.colorize.grids import fit_boxes

SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(SIDES, SIDES, st.data())
def test_a_box_covers_what_its_pixels_cover_and_no_more(before, after, data):
    box = []
    for side in before:
        first = data.draw(st.integers(0, side - 1))
        box.append((first, data.draw(st.integers(first + 1, side))))
    (top, bottom), (left, right) = box
    fitted = fit_boxes([(top, left, bottom, right)], before, after)
    assert fitted.shape == (1, 4)
    for axis, (first, last) in enumerate(box):
        # A pixel k of the copy lies between k and k + 1 times the length of a pixel.
        covered = [
            k
            for k in range(after[axis])
            if (k + 1) * before[axis] > first * after[axis] and k * before[axis] < last * after[axis]
        ]
        assert fitted[0, axis] == covered[0]
        assert fitted[0, axis + 2] == covered[-1] + 1


def test_boxes_of_any_number_keep_their_shape():
    assert fit_boxes((1, 2, 3, 4), (10, 10), (20, 20)).tolist() == [2, 4, 6, 8]
    assert fit_boxes(np.zeros((0, 4), np.int64), (10, 10), (5, 5)).shape == (0, 4)
