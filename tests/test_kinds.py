"""The labelled set that the first decision about a page is scored on.

Oracle: the labels that pages are drawn to, and the written contract of the scores.
"""

from __future__ import annotations

import dataclasses
import json

import cv2
import numpy as np
import pytest

from mangacolor.data.drawing.fonts import BUILT_IN, Fonts
from mangacolor.data.pictures import Picture
from mangacolor.evaluate import kinds

pytestmark = pytest.mark.slow

PAGES = 17  # one of each class that Pillow's own font can write


@pytest.fixture(scope="module", autouse=True)
def one_font():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "find_fonts", lambda: Fonts((BUILT_IN,), ()))
        yield


@pytest.fixture(scope="module")
def pictures():
    """Outlined discs in strong colours."""
    rng = np.random.default_rng(0)
    shelf = []
    for _ in range(4):
        rgb = np.full((200, 160, 3), rng.integers(120, 255, 3), np.uint8)
        for _ in range(9):
            place, radius = rng.integers(0, 160, 2).tolist(), int(rng.integers(15, 60))
            cv2.circle(rgb, place, radius, rng.integers(40, 255, 3).tolist(), -1)
            cv2.circle(rgb, place, radius, (20, 20, 20), 2)
        shelf.append(Picture(rgb))
    return shelf


@pytest.fixture(scope="module")
def scores(pictures):
    calls = []
    rows = kinds.score_kinds(pictures, PAGES, calls.append)
    assert calls == [PAGES] * PAGES
    return rows


def test_every_class_is_scored_and_mostly_right(scores):
    assert [row.pages for row in scores] == [1] * PAGES
    assert {row.expected for row in scores} == {"gray", "colored", "blank", "text_only"}
    assert "text, Japanese" not in {row.page_class for row in scores}  # no font for it
    assert sum(row.errors for row in scores) <= 1
    for row in scores:
        assert row.error_share == row.errors / row.pages
        assert bool(row.taken_for) == bool(row.errors)


def test_the_same_pictures_give_the_same_scores_and_a_table(pictures, scores):
    assert scores == kinds.score_kinds(pictures, PAGES)
    table = kinds.kinds_table(scores).splitlines()
    assert len(table) == 2 + len(scores)
    assert len({line.count("|") for line in table}) == 1
    json.dumps([dataclasses.asdict(row) for row in scores])


def test_wrong_decisions_are_counted(pictures, monkeypatch):
    monkeypatch.setattr(kinds, "page_kind", lambda rgb: "blank")
    for row in kinds.score_kinds(pictures, PAGES):
        assert row.errors == (0 if row.expected == "blank" else row.pages)
        assert row.taken_for == ("" if row.expected == "blank" else "blank")
