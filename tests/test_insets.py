"""Panels that lie on others, and framed things that are none.

Oracle: pages drawn here, whose panels are known, and plans whose truth the drawing promises.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.data.drawing.fonts import find_fonts
from mangacolor.data.drawing.insets import with_framed_things, with_insets
from mangacolor.data.drawing.page_layout import plan_page
from mangacolor.evaluate.panels import panels_drawn, score_panels
from mangacolor.page.panels.boxes import framed_boxes
from mangacolor.page.panels.finder import find_panels, panel_map

HEIGHT, WIDTH, FRAME = 1200, 840, 5
HOST, BELOW = (40, 40, 760, 800), (790, 40, 1160, 800)
"""Top, left, bottom, right of the two panels of a page."""

INSIDE, OVER_CORNER, OVER_TWO = (300, 420, 560, 700), (560, 15, 775, 330), (640, 300, 900, 560)


def draw_page(seed=0):
    """Two framed panels full of strokes and blots."""
    rng = np.random.default_rng(seed)
    page = np.ones((HEIGHT, WIDTH), np.float32)
    for top, left, bottom, right in (HOST, BELOW):
        page[top:bottom, left:right] = art(bottom - top, right - left, rng)
        cv2.rectangle(page, (left + 2, top + 2), (right - 3, bottom - 3), 0.0, FRAME)
    return page


def art(height, width, rng):
    plane = np.full((height, width), 0.97, np.float32)
    for _ in range(height * width // 6000):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(plane, (x, y), int(rng.integers(10, 50)), float(rng.choice([0.3, 0.7, 1.0])), -1)
        cv2.line(plane, (x, y), (x + int(rng.integers(-90, 90)), y + int(rng.integers(-90, 90))), 0.0, 2)
    return plane


def lay(page, box, *, rim=8, frame=FRAME, tilt=0.0, holds="art", seed=1):
    """Lay a framed box on a page; returns its corners."""
    top, left, bottom, right = box
    rng = np.random.default_rng(seed)
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    centre = corners.mean(axis=0)
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]], np.float32)
    corners = (corners - centre) @ turn + centre
    fixed = [np.rint(corners).astype(np.int32)]
    if rim:
        cv2.polylines(page, fixed, True, 1.0, 2 * rim + frame)
    inside = np.zeros(page.shape, np.uint8)
    cv2.fillPoly(inside, fixed, 1)
    shown = np.ones(page.shape, np.float32)
    if holds == "art":
        shown[top:bottom, left:right] = art(bottom - top, right - left, rng)
    if holds == "lettering":
        letters = np.full(page.shape, 255, np.uint8)
        for row, y in enumerate(range(top + 50, bottom - 20, 40)):
            cv2.putText(letters, "WORDS ARE SET"[: 9 + row % 4], (left + 24, y), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
        shown = letters.astype(np.float32) / 255
    page[:] = np.where(inside > 0, shown, page)
    cv2.polylines(page, fixed, True, 0.0, frame)
    return corners


def found_share(page, corners):
    """Overlap of the found panel that a box overlaps most with the box."""
    truth = np.zeros(page.shape, np.uint8)
    cv2.fillPoly(truth, [np.rint(corners).astype(np.int32)], 1)
    labels = panel_map(find_panels(page), *page.shape)
    return max(
        (((labels == k) & (truth > 0)).sum() / ((labels == k) | (truth > 0)).sum() for k in range(1, labels.max() + 1)),
        default=0.0,
    )


def test_the_page_without_insets_has_two_panels():
    """What the other tests stand on."""
    assert len(find_panels(draw_page())) == 2


@pytest.mark.parametrize("tilt", [0.0, 0.05])
@pytest.mark.parametrize("box", [INSIDE, OVER_CORNER, OVER_TWO], ids=["inside", "over a corner", "over two"])
def test_a_panel_with_a_white_border_is_found_on_others(box, tilt):
    page = draw_page()
    corners = lay(page, box, tilt=tilt)
    panels = find_panels(page)
    assert len(panels) == 3
    assert found_share(page, corners) > 0.95


def test_an_inset_comes_after_what_it_lies_on():
    """Contract: the map shows the later one of two, and the one below keeps the rest of its place."""
    page = draw_page()
    lay(page, INSIDE)
    panels = find_panels(page)
    boxes = [panel.box for panel in panels]
    assert [box[0] // 100 for box in boxes] == [0, 2, 7]
    labels = panel_map(panels, *page.shape)
    assert labels[430, 560] == 2
    assert labels[100, 100] == labels[700, 700] == 1


def test_pages_of_another_size_have_the_same_insets():
    page = draw_page()
    corners = lay(page, INSIDE)
    for scale in (0.8, 2.0):
        scaled = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else 2)
        assert found_share(scaled, corners * scale) > 0.9


@pytest.mark.parametrize("box", [INSIDE, OVER_CORNER], ids=["inside", "over a corner"])
@pytest.mark.parametrize(
    "how",
    [
        {"holds": "lettering"},
        {"holds": "nothing"},
        {"holds": "nothing", "tilt": 0.2},
        {"holds": "lettering", "rim": 0},
        {"rim": 0},
        {"frame": 1},
        {"frame": 21},
    ],
    ids=["caption", "sheet", "held sheet", "caption on art", "window", "thin frame", "screen"],
)
def test_framed_things_are_no_panels(box, how):
    """Precision comes first: what one thing speaks against stays a part of the panel."""
    page = draw_page()
    lay(page, box, **how)
    assert len(find_panels(page)) == 2


@pytest.mark.parametrize("bar", [8, 14, 20])
def test_a_picture_in_its_frame_is_no_panel(bar):
    page = draw_page()
    top, left, bottom, right = INSIDE
    lay(page, (top - bar, left - bar, bottom + bar, right + bar), rim=0, holds="nothing")
    lay(page, INSIDE, rim=0)
    assert len(find_panels(page)) == 2


def test_a_box_around_known_panels_is_none():
    """A balloon over the gutter joins two frames to one outline; their panels are known already."""
    page = np.ones((HEIGHT, WIDTH), np.float32)
    rng = np.random.default_rng(0)
    for left, right in ((40, 410), (430, 800)):
        page[40:560, left:right] = art(520, right - left, rng)
        cv2.rectangle(page, (left + 2, 42), (right - 3, 557), 0.0, FRAME)
    page[600:1160, 40:800] = art(560, 760, rng)
    cv2.rectangle(page, (42, 602), (797, 1157), 0.0, FRAME)
    apart = [panel.box for panel in find_panels(page)]
    cv2.ellipse(page, (420, 300), (60, 40), 0, 0, 360, 1.0, -1)
    cv2.ellipse(page, (420, 300), (60, 40), 0, 0, 360, 0.0, 3)
    assert len(apart) == 3
    assert [panel.box for panel in find_panels(page)] == apart


def test_boxes_have_four_straight_sides():
    """Hand-made outlines: a box, a tilted one; a disc, a triangle and a box with a bite are none."""
    plane = np.zeros((700, 1000), np.uint8)
    cv2.rectangle(plane, (50, 50), (250, 200), 1, 3)
    tilted = cv2.boxPoints(((450, 150), (220, 130), 8))
    cv2.polylines(plane, [np.rint(tilted).astype(np.int32)], True, 1, 3)
    cv2.circle(plane, (760, 150), 100, 1, 3)
    cv2.fillPoly(plane, [np.array([(50, 300), (300, 300), (50, 500)], np.int32)], 1)
    cv2.rectangle(plane, (400, 300), (650, 500), 1, -1)
    cv2.circle(plane, (525, 300), 50, 0, -1)
    boxes = framed_boxes(plane > 0, 700)
    assert len(boxes) == 2
    for truth in (np.array([(49, 49), (251, 49), (251, 201), (49, 201)], np.float32), tilted):
        nearest = [min(np.hypot(*(box - corner).T).min() for box in boxes) for corner in truth]
        assert max(nearest) < 3.5  # the outside of a line of three pixels


@pytest.fixture(scope="module")
def plans():
    fonts = find_fonts()
    return [plan_page(HEIGHT, WIDTH, np.random.default_rng(seed), "manga", fonts) for seed in range(12)]


def test_insets_are_planned_on_their_hosts_and_within_the_page(plans):
    added = 0
    for seed, plan in enumerate(plans):
        with_them = with_insets(plan, np.random.default_rng(seed))
        insets = with_them.panels[len(plan.panels) :]
        assert with_them.panels[: len(plan.panels)] == plan.panels
        before, after = panels_drawn(plan), panels_drawn(with_them)
        for inset in insets:
            low, high = inset.polygon.min(axis=0), inset.polygon.max(axis=0)
            assert (low >= 0).all()
            assert (high <= (WIDTH, HEIGHT)).all()
            assert inset.frame_px > 0
        assert after.max() == len(with_them.panels) or not insets
        changed = before != after
        assert changed.any() == bool(insets)
        assert set(np.unique(after[changed])) <= {0, *range(len(plan.panels) + 1, len(with_them.panels) + 1)}
        added += len(insets)
    assert added >= 8


def test_lettering_touches_neither_insets_nor_things(plans):
    for add in (with_insets, with_framed_things):
        for seed, plan in enumerate(plans):
            laid = add(plan, np.random.default_rng(seed))
            for panel in laid.panels[len(plan.panels) :]:
                (left, top), (right, bottom) = panel.polygon.min(axis=0), panel.polygon.max(axis=0)
                for one in laid.lettering:
                    above, before, below, behind = one.box()
                    assert below < top or above > bottom or behind < left or before > right


def drawn_art(rng):
    picture = np.full((300, 300, 3), rng.integers(90, 200, 3), np.uint8)
    cv2.circle(picture, (150, 150), 90, rng.integers(40, 255, 3).tolist(), -1)
    return picture


@pytest.mark.slow
def test_insets_are_counted_for_whoever_knows_them_all(monkeypatch):
    """Hand-made: pages of insets alone, one finder that finds nothing, and one that invents a box on a panel."""
    from mangacolor.evaluate import panels as module

    monkeypatch.setattr(module, "CLASSES", [one for one in module.CLASSES if one.name == "manga, insets laid on"])
    blind = score_panels(drawn_art, 2, find=lambda gray: [])[0]
    assert blind.insets > 0
    assert blind.insets_found == blind.insets_false == 0
    whole = np.array([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], np.float32)
    corner = np.array([(3, 3), (60, 3), (60, 60), (3, 60)], np.float32)
    invented = [module.Panel((0, 0, HEIGHT, WIDTH), whole), module.Panel((3, 3, 60, 60), corner)]
    assert score_panels(drawn_art, 2, find=lambda gray: invented)[0].insets_false == 2
