"""Marks with dots.

Oracle: marks and screens drawn here, which are what they are drawn as.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.page.marks import is_mark


def ellipsis(dots, spacing=12, *, upright=True):
    """A strip with a row of round dots of five pixels."""
    part = np.ones((spacing * dots + 2, 19), np.float32)
    for dot in range(dots):
        cv2.circle(part, (9, 7 + spacing * dot), 2, 0.0, -1, cv2.LINE_AA)
    return part if upright else np.ascontiguousarray(part.T)


def paw():
    part = np.ones((24, 36), np.float32)
    for x, y in ((5, 12), (13, 5), (22, 5), (30, 12)):
        cv2.circle(part, (x, y), 3, 0.05, -1, cv2.LINE_AA)
    return part


def reference_mark():
    part = np.ones((31, 31), np.float32)
    cv2.line(part, (5, 5), (25, 25), 0.0, 1)
    cv2.line(part, (25, 5), (5, 25), 0.0, 1)
    for x, y in ((15, 5), (15, 25), (5, 15), (25, 15)):
        cv2.circle(part, (x, y), 3, 0.0, -1, cv2.LINE_AA)
    return part


def screen(period, radius, shape=(40, 30), dot=0.0, paper=1.0):
    """Dots at 45 degrees."""
    part = np.full(shape, paper, np.float32)
    for row, y in enumerate(range(0, shape[0] + period, period // 2)):
        for x in range(row % 2 * (period // 2), shape[1] + period, period):
            cv2.circle(part, (x, y), radius, dot, -1, cv2.LINE_AA)
    return part


def everywhere(part):
    return np.ones(part.shape, np.bool_)


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("dots", [2, 3, 6, 9])
def test_an_ellipsis_is_a_mark(dots, upright):
    part = ellipsis(dots, upright=upright)
    assert is_mark(part, everywhere(part))


def test_an_ellipsis_that_hair_crosses_is_a_mark():
    part = ellipsis(7)
    for y in (12, 36, 60):
        part[y, 14:] = 0
    assert is_mark(part, everywhere(part))


@pytest.mark.parametrize("part", [paw(), reference_mark()])
def test_few_dots_are_a_mark(part):
    assert is_mark(part, everywhere(part))


@pytest.mark.parametrize(
    "part",
    [
        screen(6, 1),
        screen(8, 2, (60, 18)),
        screen(8, 1, dot=1.0, paper=0.0),
        screen(6, 1, dot=0.6),
        screen(4, 1, (16, 24), dot=0.3, paper=0.85),
        np.full((30, 30), 0.7, np.float32),
        np.ones((30, 30), np.float32),
    ],
    ids=["light", "strip", "dark", "grey dots", "on grey", "flat", "bare"],
)
def test_screens_are_none(part):
    assert not is_mark(part, everywhere(part))


def test_only_what_belongs_to_the_part_is_asked():
    """An ellipsis beside a screen: each by its own mask."""
    both = np.concatenate([ellipsis(6), screen(6, 1, (74, 30))], axis=1)
    is_left = np.arange(both.shape[1])[None] < 19
    assert is_mark(both[:, :19], np.broadcast_to(is_left, both.shape)[:, :19])
    assert not is_mark(both, np.broadcast_to(~is_left, both.shape))
