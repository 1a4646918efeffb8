"""Colours recalled for whole things.

Oracles: the contract of `recall_by_areas`, on a page drawn here whose areas are known, with descriptions of cells of
which no two are alike but those that are said to be.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.cells import PageCells
from mangacolor.colorize.findings import find
from mangacolor.colorize.recalled_areas import Shown, recall_by_areas
from mangacolor.colorize.recollection import CELL_PX, Recollection
from mangacolor.page.ink import Separation

SIZE, CELLS = 320, 320 // CELL_PX
BOXES = {"hair": (32, 32, 128, 144), "garment": (176, 32, 288, 144), "skin": (32, 176, 128, 288)}
WALL = (304, 8)
TONE, LIGHT = 0.6, 0.5
GREEN, BLUE, TAN, WHITE = (-0.1, 0.05), (0.0, -0.12), (0.03, 0.05), (0.0, 0.0)
PAINTED = (0.05, 0.03)


class Drawn:
    """A page of three boxes on a wall, painted in one colour, and what its cells show."""

    def __init__(self, tone=TONE):
        ink, tones = np.ones((SIZE, SIZE), np.float32), np.full((SIZE, SIZE), tone, np.float32)
        for top, left, bottom, right in BOXES.values():
            cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
        self.page = Separation(ink, tones)
        self.found = find(self.page, lambda _: [])
        self.area = {name: self._area_in(box) for name, box in BOXES.items()}
        self.area["wall"] = int(self.found.areas.labels[WALL])
        assert len(set(self.area.values())) == 4
        count = len(self.found.areas.sizes)
        told = {
            f"is_{kind}": np.isin(np.arange(count), [self.area[name]])
            for name, kind in (("hair", "hair"), ("garment", "dressed"), ("skin", "skin"))
        }
        kinds = kinds_told(np.full((count, 3), 1 / 3, np.float32), **told)
        self.shown = Shown(self.found, kinds, np.zeros(count, np.float32))
        self.lab = np.full((SIZE, SIZE, 3), (LIGHT, *PAINTED), np.float32)
        self.cell_area = self.found.areas.labels[CELL_PX // 2 :: CELL_PX, CELL_PX // 2 :: CELL_PX].ravel()

    def _area_in(self, box):
        return int(self.found.areas.labels[(box[0] + box[2]) // 2, (box[1] + box[3]) // 2])

    def keys(self, names):
        """Keys of cells (T, D + 1) that show the things of some names each."""
        rows = np.eye(len(KINDS_SEEN), dtype=np.float32)[[KINDS_SEEN.index(name) for name in names]]
        return np.c_[rows, np.full(len(rows), LIGHT, np.float32)].astype(np.float32)

    def recalled(self, reference, paper=None, share=None):
        """The page after a reference: pairs of what a cell shows and the colour that it has there."""
        names = {area: name for name, area in self.area.items()}
        cells = PageCells(None, self.lab, self.page, self.keys([names.get(area, "ink") for area in self.cell_area]))
        colours = np.array([colour for _, colour in reference], np.float32)
        recollection = Recollection(self.keys([name for name, _ in reference]), colours)
        shown = self.shown if share is None else self.shown._replace(share=share)
        paper = np.zeros((SIZE, SIZE), bool) if paper is None else paper
        return recall_by_areas(cells, recollection, shown, self.page, paper)

    def colours_in(self, lab, name):
        return lab[self.found.areas.labels == self.area[name]]


KINDS_SEEN = ("hair", "garment", "skin", "wall", "ink", "else")


@pytest.fixture(scope="module")
def drawn():
    return Drawn()


@pytest.mark.parametrize("name", ["hair", "garment", "wall"])
def test_a_thing_has_the_colour_of_what_is_like_it_and_everything_else_its_own(drawn, name):
    lab = drawn.recalled([(name, GREEN)] * 4 + [("else", BLUE)] * 4)
    np.testing.assert_allclose(
        drawn.colours_in(lab, name)[:, 1:], [GREEN] * len(drawn.colours_in(lab, name)), atol=0.01
    )
    for other in {*drawn.area} - {name}:
        np.testing.assert_array_equal(drawn.colours_in(lab, other), drawn.colours_in(drawn.lab, other))
    np.testing.assert_array_equal(lab[..., 0], drawn.lab[..., 0])


def test_most_of_what_a_thing_recalls_decides_for_all_of_it(drawn):
    lab = drawn.recalled([("hair", GREEN)] * 6 + [("hair", BLUE)] * 4)
    hair = drawn.colours_in(lab, "hair")
    assert np.ptp(hair, axis=0).max() < 1e-6
    assert np.linalg.norm(hair[0, 1:] - GREEN) < 0.02


def test_where_nothing_has_a_majority_the_page_decides(drawn):
    lab = drawn.recalled([("hair", GREEN), ("hair", BLUE), ("hair", (0.12, 0.08))])
    np.testing.assert_array_equal(lab, drawn.lab)


def test_skin_takes_shades_of_skin_alone(drawn):
    """Contract: faces lie beside skies and white cloth in references, and are neither blue nor white for that."""
    lab = drawn.recalled([("skin", TAN)] * 3 + [("skin", BLUE)] * 4 + [("skin", WHITE)] * 4)
    assert np.linalg.norm(drawn.colours_in(lab, "skin")[:, 1:] - TAN, axis=1).max() < 0.01
    np.testing.assert_array_equal(drawn.recalled([("skin", BLUE)] * 4), drawn.lab)


@pytest.mark.parametrize("name", ["garment", "wall", "skin"])
def test_nothing_but_hair_loses_its_colour(drawn, name):
    np.testing.assert_array_equal(drawn.recalled([(name, WHITE)] * 4), drawn.lab)


def test_toned_hair_may_be_grey(drawn):
    assert np.linalg.norm(drawn.colours_in(drawn.recalled([("hair", WHITE)] * 4), "hair")[:, 1:], axis=1).max() < 0.01


def test_paper_and_what_somebody_has_said_stay_as_they_are(drawn):
    reference = [("hair", GREEN)] * 4
    np.testing.assert_array_equal(drawn.recalled(reference, paper=np.ones((40, 40), bool)), drawn.lab)
    np.testing.assert_array_equal(drawn.recalled(reference, share=np.ones_like(drawn.shown.share)), drawn.lab)
    bare = Drawn(tone=1.0)
    bare.lab[..., 1:] = 0
    np.testing.assert_array_equal(bare.recalled([("wall", GREEN)] * 4), bare.lab)
