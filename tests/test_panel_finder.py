"""Panels found on drawn layouts, and how they are scored.

Oracle: the layouts as they are drawn here, NumPy's histogram for the grey of paper, and invariants: scale, mirror,
agreement of map and polygons.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.evaluate.panels import score_panels
from mangacolor.image import resize
from mangacolor.page.panels.finder import LEAST_PAPER, _paper_level, find_panels, panel_map

HEIGHT, WIDTH = 1200, 840


def box(top, left, bottom, right):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


GRID = [box(40, 440, 400, 800), box(40, 40, 400, 420), box(430, 40, 780, 800), box(810, 40, 1160, 800)]
SLANTED = [
    [(470, 40), (800, 40), (800, 560), (400, 560)], [(40, 40), (445, 40), (375, 560), (40, 560)],
    [(40, 590), (800, 590), (800, 900), (40, 840)], [(40, 870), (800, 930), (800, 1160), (40, 1160)],
]  # fmt: skip
BLEEDS = [box(-9, -9, 500, 849), box(530, 440, 1209, 849), box(530, 40, 1160, 410)]
STRIP = [box(top, 60, top + 700, 740) for top in range(100, 5900, 960)]
LAYOUTS = {"rectangles": GRID, "slanted": SLANTED, "bleeds": BLEEDS}


def draw(layout, *, night=False, height=HEIGHT, width=WIDTH, frame=5, paper=1.0, tone=0.7):
    """Draw panels with discs and strokes for art; returns the page and its label map."""
    page = np.full((height, width), 0.0 if night else 1.0, np.float32)
    labels = np.zeros((height, width), np.int16)
    rng = np.random.default_rng(len(layout))
    for number, corners in enumerate(layout, 1):
        corners = np.array(corners, np.int32)
        inside = np.zeros((height, width), np.uint8)
        cv2.fillPoly(inside, [corners], 1)
        art = np.full((height, width), tone, np.float32)
        low, high = corners.min(axis=0), corners.max(axis=0)
        for _ in range(6):
            place = [int(rng.integers(a, b)) for a, b in zip(low, high, strict=True)]
            cv2.circle(art, place, int(rng.integers(20, 90)), float(rng.choice([0.2, 1.0])), -1)
            cv2.circle(art, place, 100, 0.0, 2)
        page = np.where(inside > 0, art, page)
        if frame:
            inner = cv2.erode(inside, np.ones((2 * frame + 1, 2 * frame + 1), np.uint8), borderValue=1)
            page[(inside > 0) & (inner == 0)] = 1.0 if night else 0.0
        labels[inside > 0] = number
    return np.asarray(page * paper, np.float32), labels


def overlaps(truth, panels):
    """Mean over the drawn panels of their overlap with the found panel they overlap most."""
    found = panel_map(panels, *truth.shape)
    best = []
    for number in range(1, truth.max() + 1):
        mine = truth == number
        best.append(max([np.mean((found == k)[mine | (found == k)] & mine[mine | (found == k)])
                         for k in range(1, len(panels) + 1)], default=0.0))  # fmt: skip
    return np.array(best)


@pytest.mark.parametrize("night", [False, True], ids=["white gutters", "black gutters"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_panels_are_those_drawn(layout, night):
    page, truth = draw(layout, night=night)
    panels = find_panels(page)
    assert len(panels) == len(layout)
    assert overlaps(truth, panels).min() > 0.96


def test_they_come_in_reading_order():
    """Contract: from right to left, from top to bottom; the layouts here are listed in that order."""
    for layout in LAYOUTS.values():
        page, truth = draw(layout)
        found = panel_map(find_panels(page), *truth.shape)
        for number in range(1, len(layout) + 1):
            assert np.bincount(found[truth == number]).argmax() == number


def test_frames_lie_within_their_panels():
    page, truth = draw(GRID)
    found = panel_map(find_panels(page), *truth.shape)
    assert (found[page < 0.02] > 0).mean() > 0.999


def test_yellowed_pages_and_panels_without_frames():
    page, truth = draw(GRID, paper=0.86)
    assert overlaps(truth, find_panels(page)).min() > 0.96
    page, truth = draw(GRID, frame=0, tone=0.5)
    assert overlaps(truth, find_panels(page)).min() > 0.9


@pytest.mark.parametrize("layout", [GRID, SLANTED], ids=["rectangles", "slanted"])
@pytest.mark.parametrize("gray", [0.5, 0.72])
def test_gutters_may_be_toned(layout, gray):
    """Pages that tell what is past: gutters of one grey, also where art beside them is white or as grey."""
    page, truth = draw(layout, tone=0.9)
    page[truth == 0] = gray
    panels = find_panels(page)
    assert len(panels) == len(layout)
    assert overlaps(truth, panels).min() > 0.95


def test_things_with_straight_sides_before_a_picture_are_no_panels():
    """Contract: gutters have one grey all over; a wall behind two posters that is lit from a side has not."""
    page, truth = draw(GRID, tone=0.9)
    page[truth == 0] = 0.6
    assert len(find_panels(page)) == len(GRID)
    lit = np.broadcast_to(np.linspace(0.45, 0.75, WIDTH, dtype=np.float32), page.shape)
    page[truth == 0] = lit[truth == 0]
    assert len(find_panels(page)) < 2


def test_a_figure_across_a_gutter_does_not_join_panels():
    page, truth = draw(GRID)
    for centre in ((300, 795), (600, 415)):
        cv2.circle(page, centre, 80, 0.9, -1)
        cv2.circle(page, centre, 80, 0.0, 3)
    panels = find_panels(page)
    assert len(panels) == len(GRID)
    assert overlaps(truth, panels).min() > 0.9


def test_white_stripes_in_a_picture_are_no_gutters():
    """Hand-made: bars of white between straight lines, which a frame closes at their ends."""
    page, _ = draw([box(40, 40, 1160, 800)])
    for y in (400, 600, 800):
        page[y : y + 30, 45:795] = 1
        page[y - 3 : y, 45:795] = page[y + 30 : y + 33, 45:795] = 0
    assert len(find_panels(page)) == 1


def test_an_inset_cuts_nothing():
    """Contract: a panel over another is part of it or a panel of its own, but cuts nothing."""
    page, truth = draw([box(40, 40, 1160, 800), box(80, 480, 380, 760)])
    assert len(find_panels(page)) in (1, 2)
    assert overlaps(np.minimum(truth, 1), find_panels(page)[:1]).min() > 0.85


@pytest.mark.slow
def test_strips_are_searched_as_pages_are():
    page, truth = draw(STRIP, height=6000, width=800)
    panels = find_panels(page)
    assert len(panels) == len(STRIP)
    assert overlaps(truth, panels).min() > 0.95


def test_gutters_as_narrow_as_their_frames():
    page, truth = draw([box(40, 421, 400, 800), box(40, 40, 400, 419), box(402, 40, 1160, 800)], frame=3)
    panels = find_panels(page)
    assert len(panels) == 3
    assert overlaps(truth, panels).min() > 0.96


@pytest.mark.parametrize("slope", [0.0, 0.05, 0.3])
def test_speed_lines_are_no_gutters(slope):
    """Hand-made: two panels of strokes in pairs that begin and end anywhere, white as narrow as a gutter between."""
    page = np.ones((HEIGHT, WIDTH), np.float32)
    strokes(page, slope, np.random.default_rng(1), 120)
    strokes(page[9:], slope, np.random.default_rng(1), 120)
    page[:45] = page[-45:] = page[570:600] = 1
    page[:, :45] = page[:, -45:] = 1
    for top, bottom in ((40, 570), (600, 1160)):
        cv2.rectangle(page, (42, top + 2), (WIDTH - 43, bottom - 3), 0.0, 5)
    assert len(find_panels(page)) == 2


def strokes(page, slope, rng, step):
    for y in range(-300, 1300, step):
        start, stop = int(rng.uniform(-200, 400)), int(rng.uniform(440, 1040))
        cv2.line(page, (start, round(y + slope * start)), (stop, round(y + slope * stop)), 0.0, 3)


@pytest.mark.slow
@pytest.mark.parametrize("slope", [0.0, 0.05, 0.3])
def test_a_page_of_strokes_is_no_error(slope):
    """Contract: nothing is raised whatever is cut; sides fitted to strokes have left nothing of a part."""
    page = np.ones((HEIGHT, WIDTH), np.float32)
    strokes(page, slope, np.random.default_rng(1), 9)
    for gray in (page, 1 - page):
        assert all(cv2.contourArea(panel.polygon) > 0 for panel in find_panels(gray))


def test_panels_of_strips_need_no_frames():
    """Hand-made: discs on bare paper, far apart; on a page that is no strip they are one picture."""
    page = np.ones((3000, 800), np.float32)
    for y in (400, 1400, 2500):
        cv2.circle(page, (400, y), 250, 0.4, -1)
    assert len(find_panels(page)) == 3
    assert len(find_panels(page[:1500])) <= 1


def test_pages_without_panels_have_none():
    """Contract: one picture up to the edges, or bare paper, whatever its shade and size."""
    picture = np.random.default_rng(0).uniform(0.2, 0.8, (600, 420)).astype(np.float32)
    assert find_panels(picture) == []
    for grey in (0.0, 0.5, 1.0):
        for size in ((600, 400), (1, 1), (3, 900)):
            assert find_panels(np.full(size, grey, np.float32)) == []


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_panels_do_not_hang_on_the_scan(scale):
    page, truth = draw(SLANTED)
    scaled = resize(page, round(HEIGHT * scale), round(WIDTH * scale))
    panels = [panel._replace(polygon=panel.polygon / np.float32(scale)) for panel in find_panels(scaled)]
    assert len(panels) == len(SLANTED)
    assert overlaps(truth, panels).min() > 0.95


def test_mirrored_pages_have_mirrored_panels():
    page, _ = draw(SLANTED)
    labels = panel_map(find_panels(page), HEIGHT, WIDTH)
    mirrored = find_panels(np.ascontiguousarray(page[:, ::-1]))
    assert overlaps(np.ascontiguousarray(labels[:, ::-1]), mirrored).min() > 0.97


def test_map_polygons_and_boxes_agree():
    page, _ = draw(BLEEDS)
    panels = find_panels(page)
    labels = panel_map(panels, HEIGHT, WIDTH)
    assert labels.dtype == np.int16
    for number, panel in enumerate(panels, 1):
        y, x = np.nonzero(labels == number)
        top, left, bottom, right = panel.box
        assert top <= y.min() <= top + 2
        assert left <= x.min() <= left + 2
        assert bottom - 3 <= y.max() < bottom
        assert right - 3 <= x.max() < right
        assert len(y) == pytest.approx(cv2.contourArea(panel.polygon), rel=0.01)


def art(rng):
    picture = np.full((300, 300, 3), rng.integers(90, 200, 3), np.uint8)
    cv2.circle(picture, (150, 150), 90, rng.integers(40, 255, 3).tolist(), -1)
    return picture


@pytest.mark.slow
def test_scores_count_what_is_joined():
    """Hand-made: whoever finds nothing takes every page whole, so that all panels but one a page are joined."""
    rows = score_panels(art, 4, find=lambda gray: [])
    assert [row.found for row in rows] == [1, 1, 1, 1]
    assert all(row.cut == 0 and row.joined == row.panels - 1 for row in rows)
    assert all(row.precision <= 1 and row.iou < 1 for row in rows)


@pytest.mark.parametrize("seed", range(40))
def test_the_grey_of_paper_is_that_of_the_lightest_bin_with_much_in_it(seed):
    """Greys on the edges of bins, beyond them, and few of each."""
    rng = np.random.default_rng(seed)
    edges = np.linspace(0.5, 1, 26, dtype=np.float32)
    greys = rng.choice(np.r_[edges, np.nextafter(edges, np.float32(2)), rng.random(9) * 1.2], rng.integers(1, 30))
    page = rng.choice(greys, (30, 20)).astype(np.float32)
    counts, borders = np.histogram(page, 25, (0.5, 1.0))
    many = np.flatnonzero(counts >= LEAST_PAPER * page.size)
    assert _paper_level(page) == (borders[many[-1] + 1] if len(many) else 1)
