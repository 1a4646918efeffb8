"""Drawn series and their scores.

Oracles: the truth by construction, a point has its part's colour on the true page; the same seed gives the same page;
scores of colourings whose worth is known: the truth, grey, and hair swapped between two people.
"""

from __future__ import annotations

import numpy as np
import pytest
from figure_pack import save_small_pack

from mangacolor.data.drawn_series import SeriesPage, SeriesPoint
from mangacolor.evaluate import series_ways
from mangacolor.evaluate.series import score_series, series_table
from mangacolor.image import float_from_pixels
from mangacolor.image.color import oklab_from_srgb
from mangacolor.series import Part

PAGES, PAGE_PX = 3, (420, 300)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    pytest.importorskip("numba", reason="mangacolor[figures] is not installed")
    from mangacolor.data.drawn_series import DrawnSeries
    from mangacolor.data.figures.pack import Pack

    pack = Pack(save_small_pack(tmp_path_factory.mktemp("pack") / "pack.npz"))
    return DrawnSeries(pack, 1, characters=3, page_px=PAGE_PX)


@pytest.fixture(scope="module")
def pages(series):
    return list(series.pages(PAGES))


@pytest.mark.slow
def test_a_page_is_the_same_again(series, pages):
    again = series.page(PAGES - 1)
    assert again.points == pages[-1].points
    assert np.array_equal(again.gray, pages[-1].gray)
    assert not np.array_equal(pages[0].gray, pages[1].gray)


@pytest.mark.slow
def test_points_have_the_colour_of_their_part_on_the_true_page(pages):
    points = [(page, point) for page in pages for point in page.points if point.part in ("hair", "skin")]
    assert len(points) > 4
    for page, point in points:
        true = oklab_from_srgb(float_from_pixels(page.colour[point.y, point.x][None, None]))[0, 0]
        said = oklab_from_srgb(float_from_pixels(np.array(point.rgb, np.uint8)[None, None]))[0, 0]
        assert np.linalg.norm(true[1:] - said[1:]) < 0.05 + 0.2 * abs(true[0] - said[0]), point


@pytest.mark.slow
def test_no_point_lies_in_what_is_printed_black(pages):
    points = [(page, point) for page in pages for point in page.points]
    assert len(points) > 8
    for page, point in points:
        around = page.gray[max(0, point.y - 3) : point.y + 4, max(0, point.x - 3) : point.x + 4]
        assert around.mean() > 0.15 * 255, point


@pytest.mark.slow
def test_a_character_has_one_colour_of_hair_on_all_pages_and_others_have_another(pages):
    colours = {}
    for page in pages:
        for point in page.points:
            if point.part == "hair":
                colours.setdefault(point.character, set()).add(point.rgb)
    assert len(colours) > 1
    assert all(len(one) == 1 for one in colours.values())
    assert len(set.union(*colours.values())) == len(colours)


RED, BLUE, TAN = (200, 60, 50), (70, 90, 190), (240, 200, 170)


def made_page(red_is_left=True):
    """A page of two boxes of hair, a red and a blue one, above skin."""
    colour = np.full((200, 200, 3), 255, np.uint8)
    boxes = ((20, RED, "rin"), (120, BLUE, "aki")) if red_is_left else ((20, BLUE, "aki"), (120, RED, "rin"))
    points = []
    for left, rgb, name in boxes:
        colour[20:80, left : left + 60] = rgb
        colour[100:160, left : left + 60] = TAN
        points += [SeriesPoint(left + 30, 50, name, "hair", rgb, 0), SeriesPoint(left + 30, 130, name, "skin", TAN, 0)]
    return SeriesPage(np.full((200, 200), 220, np.uint8), colour, tuple(points))


def scored(coloured):
    pages = [made_page(), made_page(False)]
    given = iter(coloured)
    return score_series("so", pages, lambda _: next(given), ["rin", "aki"])


def test_the_truth_is_right_and_grey_is_not():
    truth = scored([made_page().colour, made_page(False).colour])
    assert (truth.hair_right, truth.hair_confused, truth.skin_right, truth.ciede2000) == (1, 0, 1, 0)
    assert truth.hair_over == pytest.approx(0, abs=1e-6)
    grey = scored([np.full((200, 200, 3), 128, np.uint8)] * 2)
    assert (grey.hair_right, grey.hair_confused, grey.skin_right) == (0, 0, 0)
    assert grey.ciede2000 > 10


def test_hair_of_one_on_the_other_is_told():
    swapped = scored([made_page(False).colour, made_page().colour])
    assert (swapped.hair_right, swapped.hair_confused) == (0, 1)
    half = scored([made_page().colour, made_page().colour])
    assert (half.hair_right, half.hair_confused) == (0.5, 0.5)
    assert half.hair_over > 0.1
    assert half.hair_apart > 0.1
    assert half.hair_within is None


def test_the_table_has_a_row_a_way_and_dashes_for_nothing():
    table = series_table([scored([made_page().colour] * 2)]).splitlines()
    assert len(table) == 3
    assert len({line.count("|") for line in table}) == 1
    assert "–" in table[2]


def test_a_page_that_is_given_tells_the_colours_that_it_shows(monkeypatch):
    """Contract: an example for every point but of skin, and the colour of a part is what the page shows, as a rule."""
    page, shown = made_page(), (96, 64, 48)
    page.colour[20:80, 20:80] = shown
    further = SeriesPoint(90, 180, "aki", "hair", BLUE, 0)
    page.colour[170:190, 80:100] = BLUE
    rin, aki = (Part("character", name, "hair") for name in ("rin", "aki"))

    def follow(colorizer, series):
        assert {part for part in series.colours if part.name == "hair"} == {rin, aki}
        skins = {point.character for point in page.points if point.part == "skin"}
        assert skins
        assert {part.owner for part in series.colours if part.name == "skin"} == skins
        np.testing.assert_allclose(series.colours[rin], shown, atol=1)
        np.testing.assert_allclose(series.colours[aki], BLUE, atol=1)
        assert [one.part for one in series.examples] == [rin, aki, aki]
        return colorizer

    monkeypatch.setattr(series_ways, "following_series", follow)
    given = page._replace(points=(*page.points, further))
    assert series_ways.series_of_page(given, "who follows") == "who follows"
