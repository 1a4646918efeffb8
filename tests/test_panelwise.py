"""Pages predicted panel by panel.

Oracle: drawn pages whose panels are known, and a stub in place of the backend that paints every view one colour, or
what it sees, so that the colours of the joined page are known; the contract of `predict` for batches and memory.
"""

from __future__ import annotations

import dataclasses
from functools import partial

import cv2
import numpy as np
import pytest
import torch
from scipy.special import expit
from stubs import BrokenBackend

from mangacolor.colorize import panelwise
from mangacolor.colorize.engine import Engine, Room
from mangacolor.colorize.grids import cell_averages
from mangacolor.colorize.panelwise import (
    LARGEST_CANVAS,
    LONGEST_SIDES,
    MOST_ENLARGED,
    SIDE_STEP_PX,
    cut_views,
    join_scales,
    join_views,
    map_panels,
)
from mangacolor.colorize.predict import Found, Seen, predict
from mangacolor.colorize.references import References
from mangacolor.colorize.sizes import chosen_short_side, working_size
from mangacolor.config import PRESETS
from mangacolor.image import resize
from mangacolor.models.backend import Guess, Traits
from mangacolor.models.nn import build_network
from mangacolor.models.torch_backend import TorchBackend
from mangacolor.models.weights import load_weights, save_weights
from mangacolor.page.ink import Separation
from mangacolor.page.panels.finder import Panel

HEIGHT, WIDTH, PANEL_PX, CELL_PX = 1200, 840, 160, 4


def box(top, left, bottom, right):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


GRID = [box(40, 440, 400, 800), box(40, 40, 400, 410), box(430, 40, 780, 800), box(810, 40, 1160, 800)]
EQUAL = [box(top, left, top + 540, left + 360) for top in (40, 620) for left in (440, 40)]
SLANTED = [
    [(470, 40), (800, 40), (800, 560), (400, 560)], [(40, 40), (445, 40), (375, 560), (40, 560)],
    [(40, 590), (800, 590), (800, 1160), (40, 1160)],
]  # fmt: skip
LAYOUTS = {"grid": GRID, "equal": EQUAL, "slanted": SLANTED}
TONES = (0.3, 0.45, 0.6, 0.75)


def draw(layout, *, ramp=False):
    """Framed panels, each of its own tone, or all of a tone that falls from left to right; which pixel is in which."""
    ink, tone = np.ones((HEIGHT, WIDTH), np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    labels = np.zeros((HEIGHT, WIDTH), np.int16)
    falling = np.tile(np.linspace(0.8, 0.3, WIDTH, dtype=np.float32), (HEIGHT, 1))
    for number, (corners, flat) in enumerate(zip(layout, TONES, strict=False), 1):
        inside = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillPoly(inside, [np.array(corners, np.int32)], 1)
        frame = (inside > 0) & (cv2.erode(inside, np.ones((9, 9), np.uint8)) == 0)
        tone = np.where(inside > 0, falling if ramp else np.float32(flat), tone)
        ink[frame] = 0
        labels[inside > 0] = number
    return Separation(ink, tone), labels


def shrunk(mask, size, margin):
    """Bring a mask to a size, and take a margin off it."""
    small = resize(mask.astype(np.float32), *size) > 0.999
    return cv2.erode(small.astype(np.uint8), np.ones((2 * margin + 1,) * 2, np.uint8), borderValue=1) > 0


class StubBackend:
    """Paints views in the tone most of them has, or place by place in the tone it sees; whole pages a dull red."""

    is_on_cuda = False
    traits = Traits(PANEL_PX, CELL_PX, np.array([[0.1, 0.1], [-0.1, 0.1]], np.float32), ("skin",))

    def __init__(self, *, by_place=False, most_views=99):
        self.by_place = by_place
        self.most_views = most_views
        self.batches, self.whole = [], []

    def generate(self, conditions, *, band_rows=None, seed=None):
        if is_whole(conditions):
            self.whole.append([one.shape[:2] for one in conditions])
            return [Guess(np.full((*one.shape[:2], 3), (0.4, 0.1, 0.1), np.float32)) for one in conditions]
        self.batches.append([one.shape[:2] for one in conditions])
        if len(conditions) > self.most_views:
            raise MemoryError("CUDA out of memory")
        return [self._paint(one[..., 1]) for one in conditions]

    def _paint(self, tone):
        plane = tone if self.by_place else np.full_like(tone, np.median(tone[tone < 0.95]))
        colour = np.stack([plane, plane / 2, 1 - plane], axis=2)
        cells = cell_averages(colour, CELL_PX)
        return Guess(colour, cells[..., :2], cells[..., 2:])


def is_whole(conditions):
    """Views have sides that are multiples of the step, the whole pages below have not."""
    return any(side % SIDE_STEP_PX for side in conditions.shape[1:3])


def engine(backend, size=None, smaller=(), **room):
    """Areas and faces are another matter, and so are smaller scales, but for the tests that name them."""
    return Engine(
        None, backend, References((), backend), lambda gray: [], size=size, smaller=smaller, room=Room(**room)
    )


def seen_by(engine, page):
    """What is found of a page, but for areas, faces and lettering."""
    size = working_size(page.ink.shape, engine.size or chosen_short_side(page, PANEL_PX))
    views = None if engine.size else cut_views(page, lambda: size, PANEL_PX, engine.smaller)
    return Seen(page, lambda: size, views, lambda: Found(None, np.zeros(page.ink.shape, bool)))


def together(backend, *pages, **options):
    """What is predicted of pages taken apart, at once: colour and what it was predicted from."""
    one = engine(backend, **options)
    return [(guess.colour, seen) for guess, seen in predict([seen_by(one, page) for page in pages], one)]


def alone(backend, page, **options):
    """The same of a page by itself."""
    (done,) = together(backend, page, **options)
    return done


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_each_panel_gets_the_colour_of_its_own_view_and_paper_between_is_white(layout):
    """Oracle: the drawing, but for two pixels of the canvas at the borders."""
    page, labels = draw(layout)
    backend = StubBackend()
    colour, seen = alone(backend, page)
    assert backend.whole == []
    assert colour.shape[:2] == seen.ink.shape
    for number, tone in zip(range(1, len(layout) + 1), TONES, strict=False):
        expected = (tone, tone / 2, 1 - tone)
        found = colour[shrunk(labels == number, seen.ink.shape, 2)]
        assert len(found) > 1000
        np.testing.assert_allclose(found, np.tile(expected, (len(found), 1)), atol=1e-5)
    np.testing.assert_array_equal(colour[shrunk(labels == 0, seen.ink.shape, 2)], 1)


def test_seams_lie_at_the_borders_of_the_panels_found():
    """Oracle: the box of each panel, brought to the canvas, but for a pixel; no colour of a neighbour reaches in."""
    page, _ = draw(GRID)
    backend = StubBackend()
    colour, seen = alone(backend, page)
    height, width = seen.ink.shape
    for panel, tone in zip(panelwise.find_panels(page.ink * page.tone), TONES, strict=True):
        top, left, bottom, right = panel.box
        rows = slice(round(top * height / HEIGHT) + 1, round(bottom * height / HEIGHT) - 1)
        columns = slice(round(left * width / WIDTH) + 1, round(right * width / WIDTH) - 1)
        np.testing.assert_allclose(colour[rows, columns, 0], tone, atol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_what_is_painted_by_place_comes_back_to_its_place(layout):
    """Oracle: the page's own tone, resized; a view one pixel of the canvas off would miss it by twice as much."""
    page, labels = draw(layout, ramp=True)
    colour, seen = alone(StubBackend(by_place=True), page)
    inside = shrunk(labels > 0, seen.ink.shape, 4)
    step = 0.5 / seen.ink.shape[1]
    assert np.abs(colour[..., 0] - seen.tone)[inside].mean() < 0.5 * step


def test_chances_and_labels_lie_where_the_colours_do():
    """Oracle: the colours of the same canvas, cell by cell; between the panels nothing is said."""
    page, labels = draw(GRID)
    backend = StubBackend()
    one = engine(backend)
    (done,) = predict([seen_by(one, page)], one)
    joined, cells = done.guess, cell_averages(done.guess.colour, CELL_PX)
    assert joined.chroma_logits.shape == (*cells.shape[:2], 2)
    assert joined.label_logits.shape == (*cells.shape[:2], 1)
    for number in range(1, 5):
        inside = shrunk(labels == number, cells.shape[:2], 1)
        for logits, expected in ((joined.chroma_logits, cells[..., :2]), (joined.label_logits, cells[..., 2:])):
            np.testing.assert_allclose(logits[inside], expected[inside], atol=1e-4)
    between = joined.chroma_logits[shrunk(labels == 0, cells.shape[:2], 1)]
    assert (np.sort(between, axis=1) == [0, panelwise.SURE]).all()


# Views


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("panel_px", [64, 160, 500])
def test_views_have_the_scale_that_suits_and_show_nothing_of_their_neighbours(layout, panel_px):
    """Contract: sides are multiples of the step; the short one is the panel's or smaller, the long one bounded."""
    page, labels = draw(layout)
    views = cut_views(page, lambda: (300, 210), panel_px)
    assert len(views.views) == len(layout)
    assert views.shape == (HEIGHT, WIDTH)
    assert np.prod(views.size) <= 1.01 * LARGEST_CANVAS
    assert views.labels.shape == views.size
    half = SIDE_STEP_PX / 2
    for view, tone in zip(views.views, TONES, strict=False):
        sides = np.array(view.seen.ink.shape)
        own = np.array([view.box[2] - view.box[0], view.box[3] - view.box[1]])
        assert not (sides % SIDE_STEP_PX).any()
        assert (sides <= own + half).all()
        assert sides.max() <= LONGEST_SIDES * panel_px + half
        assert sides.min() <= panel_px + half
        expected = min(1, panel_px / own.min(), LONGEST_SIDES * panel_px / own.max())
        assert np.abs(sides - own * expected).max() <= half
        top, left, bottom, right = view.box
        elsewhere = shrunk(labels[top:bottom, left:right] != view.label, view.seen.ink.shape, 4)
        assert elsewhere.any() == (layout is SLANTED and view.label < 3)
        for plane in view.seen:
            np.testing.assert_allclose(plane[elsewhere], 1, atol=1e-6)
        assert view.seen.tone[~elsewhere].min() == pytest.approx(tone, abs=0.02)


def test_panels_of_small_pages_are_predicted_larger_than_they_are():
    """Contract of SMALL_PAGE_PX: twice as large at most, no larger than suits, and put together at that scale."""
    page, _ = draw(GRID)
    for short, panel_px, larger in ((600, 400, True), (500, 10_000, True), (660, 400, False)):
        height = short * HEIGHT // WIDTH
        small = Separation(*(resize(plane, height, short).clip(0, 1) for plane in page))
        views = cut_views(small, partial(tuple, (height, short)), min(panel_px, short - 1), ())
        assert len(views.views) == len(GRID)
        for view in views.views:
            shown, own = min(view.seen.ink.shape), min(view.box[2] - view.box[0], view.box[3] - view.box[1])
            wanted = min(MOST_ENLARGED if larger else 1.0, min(panel_px, short - 1) / own) * own
            assert abs(shown - wanted) <= SIDE_STEP_PX / 2 + 1
        assert (views.size[1] > short) == larger


def plain_page(height, width):
    gray = np.full((height, width), 0.5, np.float32)
    return Separation(np.ones_like(gray), gray)


def test_a_page_of_one_picture_is_one_view_strips_and_tiny_pages_are_none():
    """Contract; long strips are predicted whole, in bands."""
    views = cut_views(plain_page(600, 400), lambda: (150, 100), PANEL_PX)
    assert [(view.label, view.box) for view in views.views] == [(1, (0, 0, 600, 400))]
    assert (views.labels == 1).all()
    assert cut_views(plain_page(1200, 400), lambda: (300, 100), PANEL_PX) is None
    assert cut_views(plain_page(600, 400), lambda: (600, 400), PANEL_PX) is None, "panels were seen, but not parted"
    page, _ = draw(GRID)
    assert cut_views(page, lambda: (300, 210), WIDTH) is None
    assert cut_views(page, lambda: (300, 210), WIDTH - 1) is not None


def listed(*corners):
    """Panels as if found."""
    panels = [np.array(points, np.float32) for points in corners]
    return [Panel((int(p[:, 1].min()), int(p[:, 0].min()), int(p[:, 1].max()), int(p[:, 0].max())), p) for p in panels]


@pytest.mark.parametrize("scale", [1, 0.3])
def test_rules_know_the_panels_of_pages_that_are_predicted_whole_too(scale):
    """Contract: small pages and those of an asked size have panels, one picture is one, and strips may have none."""
    whole, _ = draw(GRID)
    page = Separation(*(resize(plane, round(scale * HEIGHT), round(scale * WIDTH)) for plane in whole))
    numbers = map_panels(page)
    inside = [numbers[tuple(np.round(scale * np.mean(corners, axis=0)[::-1]).astype(int))] for corners in GRID]
    assert sorted(inside) == [1, 2, 3, 4]
    for size, number in (((300, 200), 1), ((900, 200), 0), ((2, 1), 1), ((640, 50), 1)):
        assert (map_panels(Separation(*np.ones((2, *size), np.float32))) == number).all()


def test_what_is_drawn_outside_the_panels_comes_from_the_page_as_a_whole(monkeypatch):
    """Contract of `LEAST_LEFT_OVER`: a drawing that no panel holds is painted in the view of the whole page.

    The size of that is asked of such a page alone.
    """
    page, labels = draw(GRID)
    asked = []
    cut_views(page, lambda: asked.append(page) or (300, 210), PANEL_PX)
    assert not asked
    monkeypatch.setattr(panelwise, "find_panels", lambda gray: listed(*GRID[:3]))
    views = cut_views(page, lambda: asked.append(page) or (300, 210), PANEL_PX)
    assert asked
    assert [view.label for view in views.views] == [0, 1, 2, 3]
    assert views.views[0].box == (0, 0, HEIGHT, WIDTH)
    assert views.views[0].seen.ink.shape == (300, 210)
    guesses = [Guess(np.full((*view.seen.ink.shape, 3), view.label / 8, np.float32)) for view in views.views]
    joined = join_views(views, guesses, Traits(PANEL_PX, CELL_PX))
    assert joined.chroma_logits is None
    assert joined.label_logits is None
    for number in range(4):
        inside = shrunk((labels == number) if number else (labels == 4), views.size, 2)
        np.testing.assert_allclose(joined.colour[inside, 0], number / 8, atol=1e-6)


def test_between_the_panels_grey_is_sure_and_nothing_is_there():
    """Contract of `Traits.grey_class` and `SURE`."""
    page, labels = draw(GRID)
    views = cut_views(page, lambda: (300, 210), PANEL_PX)
    cells = [tuple(-(-side // CELL_PX) for side in view.seen.ink.shape) for view in views.views]
    guesses = [
        Guess(*(np.zeros(shape, np.float32) for shape in ((*view.seen.ink.shape, 3), (*grid, 5), (*grid, 1))))
        for view, grid in zip(views.views, cells, strict=True)
    ]
    bins = np.array([[0.1, 0], [0, 0.1], [0.1, 0.1], [0, 0], [0.2, 0]], np.float32)
    joined = join_views(views, guesses, Traits(PANEL_PX, CELL_PX, bins, ("skin",)))
    outside = shrunk(labels == 0, joined.chroma_logits.shape[:2], 1)
    assert (joined.chroma_logits[outside] == [0, 0, 0, panelwise.SURE, 0]).all()
    assert (joined.label_logits[outside] == -panelwise.SURE).all()
    inside = shrunk(labels > 0, joined.chroma_logits.shape[:2], 1)
    assert (joined.chroma_logits[inside] == 0).all()


# Scales


def test_scales_of_a_view_are_joined_on_the_grid_of_the_largest():
    """Hand-computed: paint of the largest, the mean of the logits of colours, the mean of the chances of labels."""
    fine = Guess(
        np.full((8, 8, 3), 0.25, np.float32), np.full((4, 4, 2), 1.0, np.float32), np.full((4, 4, 1), -1.0, np.float32)
    )
    coarse = Guess(
        np.full((4, 4, 3), 0.75, np.float32), np.full((2, 2, 2), 3.0, np.float32), np.zeros((2, 2, 1), np.float32)
    )
    coarse.label_logits[0, 0] = 2.0
    coarse.label_logits[1, 1] = -5.0
    joined = join_scales([fine, coarse])
    np.testing.assert_array_equal(joined.colour, fine.colour)
    np.testing.assert_array_equal(joined.chroma_logits, np.full((4, 4, 2), 2.0))
    assert joined.label_logits.shape == (4, 4, 1)
    for corner, other in ((0, 2.0), (3, -5.0)):
        expected = (expit(-1.0) + expit(other)) / 2
        np.testing.assert_allclose(expit(joined.label_logits[corner, corner, 0]), expected, atol=1e-5)
    assert join_scales([fine]) is fine
    assert join_scales([Guess(fine.colour)] * 2).chroma_logits is None


@pytest.mark.slow
def test_panels_are_looked_at_at_smaller_scales_too():
    """Contract of `SMALLER`: four panels at three scales, each smaller in proportion, with the same colours."""
    page, _ = draw(GRID)
    once, _ = alone(StubBackend(), page)
    for view in cut_views(page, lambda: (300, 210), PANEL_PX, (0.5, 0.25)).views:
        areas = [seen.ink.size / view.seen.ink.size for seen in view.scales]
        assert len(areas) == 3
        assert areas == sorted(areas, reverse=True)
    backend = StubBackend()
    colour, _ = alone(backend, page, smaller=(0.5, 0.25))
    assert sum(map(len, backend.batches)) == 12
    np.testing.assert_array_equal(colour, once)


# Batches and memory


def test_equal_panels_share_a_batch():
    """Contract of `batch_pixels`: four alike at once, or as many as there is room for."""
    page, _ = draw(EQUAL)
    backend = StubBackend()
    alone(backend, page)
    assert [len(batch) for batch in backend.batches] == [4]
    room = int(2 * np.prod(backend.batches[0][0]))
    backend = StubBackend()
    alone(backend, page, batch_pixels=room)
    assert [len(batch) for batch in backend.batches] == [2, 2]


@pytest.mark.slow
def test_pages_together_are_as_each_alone():
    """Oracle: `predict`, page by page; panels of one size share batches across pages."""
    pages = [draw(EQUAL)[0], plain_page(1201, 401), draw(GRID)[0], draw(EQUAL[::-1])[0]]
    one_by_one = [alone(StubBackend(), page) for page in pages]
    backend = StubBackend()
    at_once = together(backend, *pages)
    assert max(len(batch) for batch in backend.batches) == 8
    assert len(backend.whole) == 1
    for (colour, seen), (expected, seen_alone) in zip(at_once, one_by_one, strict=True):
        np.testing.assert_array_equal(colour, expected)
        np.testing.assert_array_equal(seen.ink, seen_alone.ink)


@pytest.mark.slow
def test_panels_of_a_real_network_together_are_as_each_alone(tmp_path):
    """Oracle: each alone, with a small untrained network that has labels; rounding may move a colour a little."""
    torch.manual_seed(0)
    config = dataclasses.replace(PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1), labels=("skin",))
    save_weights(tmp_path / "w", build_network(config).state_dict(), config, {})
    backend = TorchBackend(load_weights(tmp_path / "w"), torch.device("cpu"), "fp32")
    pages = [draw(EQUAL)[0], draw(EQUAL[::-1], ramp=True)[0]]
    one_by_one = [alone(backend, page) for page in pages]
    for (colour, seen), (expected, _) in zip(together(backend, *pages), one_by_one, strict=True):
        assert colour.shape == (*seen.ink.shape, 3)
        np.testing.assert_allclose(colour, expected, atol=1 / 255)


def test_pages_without_panels_and_pages_of_an_asked_size_are_predicted_whole():
    backend = StubBackend()
    colour, _ = alone(backend, plain_page(1201, 401))
    np.testing.assert_allclose(colour, np.tile(np.float32([0.4, 0.1, 0.1]), (*colour.shape[:2], 1)))
    alone(backend, draw(GRID)[0], size=210)
    assert backend.whole[1] == [(300, 210)]
    assert backend.batches == []


@pytest.mark.slow
@pytest.mark.parametrize("way", [alone, together])
def test_out_of_memory_in_panels_goes_on_with_the_page_as_a_whole(caplog, way):
    """Fault injection: no view fits."""
    backend = StubBackend(most_views=0)
    done = way(backend, draw(GRID)[0])
    colour = done[0][0] if way is together else done[0]
    assert "as a whole" in caplog.text
    assert len(backend.whole) == 1
    np.testing.assert_allclose(colour[..., 0], 0.4)


@pytest.mark.slow
def test_out_of_memory_together_goes_on_page_by_page_with_the_same_colours(caplog):
    """Fault injection: the views of one page fit, those of two do not."""
    pages = [draw(EQUAL)[0], draw(EQUAL[::-1])[0]]
    one_by_one = [alone(StubBackend(), page)[0] for page in pages]
    backend = StubBackend(most_views=4)
    at_once = together(backend, *pages)
    assert "one page at a time" in caplog.text
    assert backend.whole == []
    for (colour, _), expected in zip(at_once, one_by_one, strict=True):
        np.testing.assert_array_equal(colour, expected)


def test_a_bug_in_panels_is_not_mistaken_for_lack_of_memory():
    """Fault injection: an error that does not speak of memory ends the run as it is."""
    with pytest.raises(RuntimeError, match="shapes differ"):
        alone(BrokenBackend(StubBackend()), draw(GRID)[0])


def test_noisy_pages_are_predicted_view_by_view():
    """Contract of the seed: noise is another in a batch than alone."""
    backend = StubBackend()
    one = dataclasses.replace(engine(backend), seed=3)
    predict([seen_by(one, draw(EQUAL)[0])], one)
    assert [len(batch) for batch in backend.batches] == [1, 1, 1, 1]
