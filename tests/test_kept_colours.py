"""Colours that a book keeps.

Oracles: the contract of `keep` and `KeptColours` on things and pages made here, whose tones are known; an invariant,
pages give the same in any order; and a run over a book that stops and goes on.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mangacolor.books import open_sinks, open_source
from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import find
from mangacolor.colorize.free_colours import PALETTES, palette_lab
from mangacolor.colorize.kept_colours import Kept, KeptColours, Survey, Thing, keep
from mangacolor.colorize.run import colorize_pages
from mangacolor.colorize.surveys import PAGES_LOOKED_AT
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation

SIZE = 320
BINS = chroma_bins()
FLAT = np.full(len(BINS), 1 / len(BINS), np.float32)
BLUE, RED = (-0.035, -0.07), (0.105, 0.07)
LEFT, RIGHT = (100, 20, 180, 90), (100, 220, 180, 290)


def thing(page, tone, colour, kind="hair", size=0.1):
    """A thing that leans to one colour of the palette, by number."""
    leaning = np.zeros(len(PALETTES[kind].colours), np.float32)
    leaning[colour] = 3.0
    return Thing(page, kind, tone, size, leaning)


def page_of(*boxes, kind="hair", leans=None):
    """What `choose` is called with for a page with outlined boxes, each (box, tone), of one kind."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for (top, left, bottom, right), shade in boxes:
        tone[top:bottom, left:right] = shade
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
    found = find(Separation(ink, tone), lambda _: [])
    count = len(found.areas.sizes)
    is_kind = np.zeros(count, bool)
    is_kind[[area_at(found, box) for box, _ in boxes]] = True
    chances = np.tile(FLAT, (count, 1))
    if leans is not None:
        chances[is_kind] *= 0.7
        chances[is_kind, int(np.linalg.norm(BINS - np.float32(leans), axis=1).argmin())] += 0.3
    nothing = np.zeros(count, bool)
    hair, dressed = (is_kind, nothing) if kind == "hair" else (nothing, is_kind)
    kinds = AreaKinds(chances, nothing, hair, dressed, np.ones(count, np.float32))
    return found, kinds, ClassColours(BINS, FLAT[None, None])


def area_at(found, box):
    top, left, bottom, right = box
    return int(found.areas.labels[(top + bottom) // 2, (left + right) // 2])


def test_what_is_alike_on_many_pages_is_decided_once_by_all_of_them():
    things = [thing(page, 0.9, 8) for page in range(5)] + [thing(5, 0.88, 2)]
    (kept,) = keep(things)
    assert np.allclose(kept.colour, palette_lab("hair")[8])
    assert kept.tone == pytest.approx(0.9, abs=0.01)


def test_tones_apart_are_things_apart_and_get_other_colours_where_they_meet():
    dark, light = sorted(
        keep([thing(page, tone, 4) for page in range(3) for tone in (0.4, 0.9)]), key=lambda one: one.tone
    )
    assert not np.allclose(dark.colour, light.colour)


def test_hair_and_garments_are_never_one():
    kept = keep([thing(0, 0.7, 3), thing(0, 0.7, 3, kind="garment")])
    assert {one.kind for one in kept} == {"hair", "garment"}


SEEN = [(0, 0.9, 1), (1, 0.85, 5), (1, 0.3, 2), (2, 0.35, 2), (3, 0.1, 0), (3, 0.92, 5)]


@settings(deadline=None, max_examples=30)
@given(st.permutations([thing(*one) for one in SEEN]))
def test_the_order_of_what_was_seen_does_not_matter(things):
    told = sorted((one.kind, round(one.tone, 4), *np.round(one.colour, 4)) for one in keep(things))
    first = sorted((one.kind, round(one.tone, 4), *np.round(one.colour, 4)) for one in keep(sorted_things(things)))
    assert told == first


def sorted_things(things):
    return sorted(things, key=lambda one: (one.page, one.tone))


def test_pages_that_lean_to_other_colours_get_the_colour_that_is_kept():
    """The page alone would choose what it leans to; without the survey this fails."""
    survey = Survey()
    pages = [page_of((LEFT, 0.7), leans=colour) for colour in (RED, RED, BLUE)]
    alone = [survey(*page).colours[area_at(page[0], LEFT)] for page in pages]
    assert not np.allclose(alone[0], alone[2])
    choose = KeptColours(keep(survey.things), 0.9)
    together = [choose(*page) for page in pages]
    colours = [chosen.colours[area_at(page[0], LEFT)] for chosen, page in zip(together, pages, strict=True)]
    assert np.allclose(colours[0], colours[2])
    assert np.allclose(colours[0], alone[0])  # two of three say so
    assert together[0].share[area_at(pages[0][0], LEFT)] == pytest.approx(0.9)


def test_what_nothing_is_kept_for_is_decided_by_the_page_in_another_colour():
    found, kinds, colours = page_of((LEFT, 0.9), (RIGHT, 0.3), leans=RED)
    kept = Kept("hair", 0.9, palette_lab("hair")[3])
    chosen = KeptColours([kept], 0.9)(found, kinds, colours)
    left, right = area_at(found, LEFT), area_at(found, RIGHT)
    assert np.allclose(chosen.colours[left], kept.colour)
    assert chosen.colours[right].any()
    assert not np.allclose(chosen.colours[right], kept.colour)
    assert (chosen.share[left], chosen.share[right]) == (pytest.approx(0.9), 0)


class Looker:
    """Stands in for the colorizer: paints pages in the number of things kept, and counts those it looked at."""

    settings, pages_at_once, decides_by_areas = "looker", 1, True

    def __init__(self, choose=None, counts=None):
        self.choose, self.counts = choose, counts if counts is not None else {"looked": 0, "painted": 0}

    def choosing(self, choose):
        return Looker(choose, self.counts)

    def outcome_of(self, rgb):
        return "blank" if rgb.min() == 255 else "colored"

    def look(self, rgb):
        self.counts["looked"] += 1
        self.choose(*page_of((LEFT, 0.7), leans=RED))

    def colorize_page(self, page, hints=()):
        self.counts["painted"] += 1
        assert isinstance(self.choose, KeptColours)
        return page, "colored"


def write_pages(folder, count):
    folder.mkdir()
    for number in range(count):
        Image.fromarray(np.full((40, 30), 100 + number, np.uint8)).save(folder / f"{number:02}.png")
    return [open_source(folder)]


def colour(looker, sources, out, **options):
    return list(colorize_pages(looker, sources, open_sinks(sources, out), consistent=lambda _: True, **options))


def test_a_run_looks_before_it_colours_and_not_again_when_all_is_done(tmp_path):
    sources, looker = write_pages(tmp_path / "in", 3), Looker()
    assert {result.status for result in colour(looker, sources, tmp_path / "out")} == {"colored"}
    assert looker.counts == {"looked": 3, "painted": 3}
    assert {result.status for result in colour(looker, sources, tmp_path / "out")} == {"skipped"}
    assert looker.counts == {"looked": 3, "painted": 3}


def test_of_a_long_book_some_pages_are_looked_at_and_broken_ones_are_passed_over(tmp_path):
    sources, looker = write_pages(tmp_path / "in", 2 * PAGES_LOOKED_AT), Looker()
    (tmp_path / "in" / "00.png").write_bytes(b"no picture")
    results = colour(looker, sources, tmp_path / "out")
    assert sum(result.status == "failed" for result in results) == 1
    assert looker.counts == {"looked": PAGES_LOOKED_AT - 1, "painted": 2 * PAGES_LOOKED_AT - 1}
