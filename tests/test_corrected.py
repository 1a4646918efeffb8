"""A page that is corrected step by step.

Oracles: invariants by hypothesis (the picture after any steps is that of the same steps done at once, and without any
it is that of `Colorizer.colorize`); the contract of fills and strokes in docs/studio.md, pixel by pixel.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor import BadInputError, Colorizer
from mangacolor.colorize import decide
from mangacolor.colorize.changed_tiles import changed_parts
from mangacolor.colorize.corrected import CorrectedPage
from mangacolor.colorize.corrections import Step
from mangacolor.colorize.findings import with_parts
from mangacolor.colorize.followers import FaceAreas, Followers, face_areas_of
from mangacolor.colorize.hints import Hint
from mangacolor.colorize.layers import color_in_layers, in_layers
from mangacolor.colorize.looks import Look
from mangacolor.image import float_from_pixels, to_gray
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.faces import Face

HEIGHT, WIDTH = 560, 420
RED = (200, 60, 40)
ROUNDING = 1
"""Steps of 255: a part of a page is spread with other sums than the whole."""


def panelled():
    """A page of two rows of framed panels, with a toned box in each."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for top, left, bottom, right in ((20, 20, 270, 200), (20, 220, 270, 400), (290, 20, 540, 400)):
        cv2.rectangle(page, (left, top), (right, bottom), 0, 3)
        cv2.rectangle(page, (left + 30, top + 40), (right - 40, bottom - 40), 150, -1)
        cv2.rectangle(page, (left + 30, top + 40), (right - 40, bottom - 40), 0, 2)
    return page


@pytest.fixture(scope="module")
def sitting(seeing_colorizer):
    return seeing_colorizer.open(panelled())


def fill(x, y, rgb=(200, 60, 40)):
    return Step("fill", ((x, y),), rgb=rgb)


points = st.tuples(st.integers(0, WIDTH - 1).map(float), st.integers(0, HEIGHT - 1).map(float))
colours = st.sampled_from([(200, 60, 40), (60, 90, 200), (250, 240, 230), (20, 20, 20)])
some_steps = st.lists(
    st.one_of(
        st.builds(lambda point, rgb: Step("fill", (point,), rgb=rgb), points, colours),
        st.builds(lambda ends, rgb: Step("brush", ends, 6.0, rgb), st.tuples(points, points), colours),
        st.builds(lambda ends: Step("erase", ends, 30.0), st.tuples(points, points)),
        st.builds(lambda point, locked: Step("lock", (point,), locked=locked), points, st.booleans()),
        st.just(Step("reset")),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(some_steps)
def test_step_by_step_or_at_once_and_there_and_back(sitting, some):
    page, at_once = CorrectedPage(sitting), CorrectedPage(sitting)
    plain = page.rgb
    for count in range(1, len(some) + 1):
        before = page.rgb
        box = page.correct(some[:count])
        differs = (before != page.rgb).any(axis=2)
        if box is None:
            assert not differs.any()
        else:
            rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
            assert (box.x, box.y) == (columns[0], rows[0])
            assert (box.x + box.width, box.y + box.height) == (columns[-1] + 1, rows[-1] + 1)
    at_once.correct(some)
    assert np.abs(page.rgb.astype(int) - at_once.rgb).max() <= ROUNDING
    page.correct([])
    assert np.abs(page.rgb.astype(int) - plain).max() <= ROUNDING


def areas_of(page):
    labels = page.labels
    rows, columns = np.arange(HEIGHT) * labels.shape[0] // HEIGHT, np.arange(WIDTH) * labels.shape[1] // WIDTH
    return labels[rows[:, None], columns]


def chroma_of(rgb):
    return oklab_from_srgb(float_from_pixels(rgb))[..., 1:]


def test_an_area_has_the_colour_that_it_is_filled_with_and_far_ones_stay(sitting):
    """Contract: hue up to the lines, shading kept, and no other area touched but those that are like it."""
    page = CorrectedPage(sitting)
    plain = page.rgb
    page.correct([Step("fill", ((100, 130),), rgb=RED, alone=True)])
    inside = np.s_[80:220, 70:140]
    asked = chroma_of(np.uint8([[RED]]))[0, 0]
    found = chroma_of(page.rgb[inside]).reshape(-1, 2)
    assert (found @ asked > 0.97 * np.linalg.norm(found, axis=1) * np.linalg.norm(asked)).all()
    others = areas_of(page) != page.area_at(100, 130)
    others = cv2.erode(others.astype(np.uint8), np.ones((25, 25))) > 0
    assert others.mean() > 0.3
    np.testing.assert_array_equal(page.rgb[others], plain[others])


def test_the_last_fill_of_an_area_counts_and_the_order_of_others_does_not(sitting):
    first, second = fill(100, 130), fill(250, 420, (60, 90, 200))
    pages = [CorrectedPage(sitting) for _ in range(3)]
    for page, some in zip(
        pages, ([fill(100, 130, (1, 99, 3)), first, second], [first, second], [second, first]), strict=False
    ):
        page.correct([Step(one.kind, one.points, rgb=one.rgb, alone=True) for one in some])
    for page in pages[1:]:
        assert np.abs(page.rgb.astype(int) - pages[0].rgb).max() <= ROUNDING


def test_a_brush_paints_up_to_the_lines_and_no_farther_than_it_reaches(sitting):
    page = CorrectedPage(sitting)
    plain = page.rgb
    # Along the line of a box: within it, and not on the other side.
    page.correct([Step("brush", ((54, 100), (54, 180)), 14.0, RED)])
    differs = (page.rgb != plain).any(axis=2)
    assert differs[110:170, 52:62].all()
    assert not differs[:, 54 + 32 :].any()
    assert not differs[:60].any()
    red, green, _ = page.rgb[110:170, 53:60].mean(axis=(0, 1))
    assert red > green + 40
    away = np.abs(page.rgb.astype(int) - plain)[110:170, 36:46]
    assert away.max() < 40


def test_balloons_and_gutters_take_colour_where_they_are_filled(sitting):
    page = CorrectedPage(sitting)
    assert sitting.seen.paper[10, 200]
    page.correct([Step("fill", ((200, 10),), rgb=RED)])
    red, green, _ = page.rgb[5:14, 100:300].mean(axis=(0, 1))
    assert red > green + 40


@pytest.mark.slow
def test_without_areas_a_fill_is_a_dab(seeing_weights, tiny_separator):
    page = CorrectedPage(Colorizer(seeing_weights, separator=tiny_separator, fast=True, force=True).open(panelled()))
    plain = page.rgb
    box = page.correct([fill(100, 130)])
    assert box is not None
    assert box.width < WIDTH / 4
    page.correct([])
    assert np.abs(page.rgb.astype(int) - plain).max() <= ROUNDING


def test_looks_follow_that_are_of_one_kind_tone_and_colour_and_seen_alike():
    """Contract of `Followers`, by hand: six looks, of which the second alone follows the first."""
    looks = [
        Look("hair", np.array([0, 1]), 0.8), Look("hair", np.array([2]), 0.75), Look("garment", np.array([3]), 0.8),
        Look("hair", np.array([4]), 0.4), Look("hair", np.array([5]), 0.8), Look("hair", np.array([6]), 0.8),
    ]  # fmt: skip
    seen = np.zeros((6, 3), np.float32)
    seen[:5, 0], seen[5, 1] = 1, 1
    colours = np.zeros((8, 2), np.float32)
    colours[5] = 0.2, 0
    sizes, faces, alone = np.full(50, 100), FaceAreas(*np.zeros((2, 50), np.bool_)), np.full(50, -1)
    colours = np.pad(colours, ((0, 42), (0, 0)))
    followers = Followers(looks, seen, colours, sizes, faces, alone)
    assert sorted(followers.of(0)) == sorted(followers.of(2)) == [0, 1, 2]
    assert list(followers.of(3)) == [3]
    assert list(followers.of(7)) == [7]
    assert sorted(Followers(looks, None, colours, sizes, faces, alone).of(1)) == [0, 1]
    sizes[1] = 1000  # a ground that was taken for hair
    assert sorted(Followers(looks, seen, colours, sizes, faces, alone).of(0)) == [0, 2]
    faces.hair[[0, 1]] = True  # and hair that faces say to be
    assert sorted(Followers(looks, seen, colours, sizes, faces, alone).of(0)) == [0, 1]


def test_a_head_and_skin_that_touches_follow_whole():
    """Contract of `Followers.of`, by hand: locks of a head in two tones, its brow, a face and its neck, a hand."""
    light, dark, brow, face, neck, hand, ground = range(7)
    looks = [Look("hair", np.array([light]), 0.9), Look("hair", np.array([dark, brow, ground]), 0.2)]
    faces, sizes = FaceAreas(*np.zeros((2, 60), np.bool_)), np.full(60, 100)
    faces.rest[[brow, face, neck]], sizes[ground] = True, 10_000
    wholes = np.full(60, -1)
    wholes[[face, neck]], wholes[hand], wholes[[light, dark, brow, ground]] = 0, 1, 2
    followers = Followers(looks, None, np.zeros((60, 2), np.float32), sizes, faces, wholes)
    assert list(followers.of(light)) == list(followers.of(dark)) == [light, dark]
    assert list(followers.of(face)) == list(followers.of(neck)) == [face, neck]
    assert list(followers.of(hand)) == [hand]


@pytest.mark.parametrize("is_of_face", [True, False])
def test_no_part_of_a_face_follows_hair_whatever_it_was_taken_for(is_of_face):
    """Contract of `Followers.of`, by hand: hair, a shaded neck and a shaded forehead, both taken for hair."""
    hair, neck, forehead, coat, collar = range(5)
    looks = [Look("hair", np.array([hair, neck, forehead]), 0.7), Look("garment", np.array([coat, collar]), 0.7)]
    faces = FaceAreas(*np.zeros((2, 60), np.bool_))
    faces.hair[[hair, forehead]], faces.rest[[neck, forehead, collar]] = is_of_face, True
    followers = Followers(looks, None, np.zeros((60, 2), np.float32), np.full(60, 100), faces, np.full(60, -1))
    assert list(followers.of(hair)) == [hair]
    assert sorted(followers.of(neck)) == [hair, neck], "what is clicked is filled"
    assert sorted(followers.of(coat)) == [coat, collar], "a collar lies where a neck may"


def test_what_lies_within_a_face_is_of_the_face_and_a_fringe_above_it_is_not(sitting):
    """Contract of `face_areas_of`: by boxes."""
    found = sitting.seen.areas
    area = int(found.areas.labels[130, 100])
    top, left, bottom, right = map(int, found.areas.boxes[area])
    nowhere = [(0.0, 0.0)] * 8
    face = Face((top - 40, left - 5, bottom + 5, right + 5), 1.0, *nowhere)
    lower = Face(((top + bottom) // 2, left - 5, bottom + 5, right + 5), 1.0, *nowhere)
    assert face_areas_of(found._replace(faces=(face,))).rest[area]
    assert not face_areas_of(found._replace(faces=(lower,))).rest[area]


@pytest.mark.slow
def test_without_steps_it_is_the_page_as_it_is_coloured(sitting, seeing_colorizer):
    expected = seeing_colorizer.colorize(panelled())
    assert np.abs(CorrectedPage(sitting).rgb.astype(int) - expected).max() <= ROUNDING


def test_a_locked_area_keeps_its_colours_whatever_comes(sitting):
    page = CorrectedPage(sitting)
    inside = np.s_[90:200, 60:140]
    page.correct([fill(70, 90)])
    kept = page.rgb[inside].copy()
    some = [fill(70, 90), Step("lock", ((80, 100),)), fill(72, 92, (20, 160, 40)), fill(250, 420, (60, 90, 200))]
    page.correct(some)
    assert np.abs(page.rgb[inside].astype(int) - kept).max() <= ROUNDING
    assert page.lock_points == [(80, 100)]
    page.correct([*some, Step("lock", ((80, 100),), locked=False)])
    red, green, _ = page.rgb[inside].mean(axis=(0, 1))
    assert green > red


def test_an_unknown_reference_is_told_and_changes_nothing(sitting):
    page = CorrectedPage(sitting)
    before = page.rgb
    with pytest.raises(BadInputError, match=r"cover\.png"):
        page.correct([Step("reference", name="cover.png")])
    assert page.rgb is before
    assert page.correct([]) is None


def test_a_reference_changes_the_page_and_leaves_it_with_its_step(sitting, seeing_colorizer):
    page = CorrectedPage(sitting)
    plain = page.rgb
    picture = np.broadcast_to(np.uint8((230, 120, 40)), (200, 200, 3))
    page.learn("cover", seeing_colorizer.following([picture]).engine.references)
    follow = Step("reference", name="cover")
    assert page.correct([follow]) is not None
    page.correct([follow, Step("reference", name=None)])
    assert np.abs(page.rgb.astype(int) - plain).max() <= ROUNDING


@settings(deadline=None)
@given(st.data())
def test_the_parts_cover_what_has_changed(data):
    size = data.draw(st.tuples(st.integers(40, 200), st.integers(40, 200)))
    page = data.draw(st.tuples(st.integers(40, 500), st.integers(40, 500)))
    changed, repapered = np.zeros(size, np.bool_), np.zeros(page, np.bool_)
    for mask in (changed, repapered):
        for _ in range(data.draw(st.integers(0, 3))):
            mask[data.draw(st.integers(0, mask.shape[0] - 1)), data.draw(st.integers(0, mask.shape[1] - 1))] = True
    covered = np.zeros(page, np.bool_)
    for part in changed_parts(changed, repapered, page, 2):
        covered[part] = True
    rows = np.arange(page[0]) * size[0] // page[0]
    columns = np.arange(page[1]) * size[1] // page[1]
    assert covered[changed[rows[:, None], columns] | repapered].all()


def test_hints_are_those_of_the_steps(sitting):
    page = CorrectedPage(sitting)
    page.correct([fill(70, 90), fill(75, 95, (60, 90, 200))])
    assert page.corrections.hints == [Hint(75, 95, (60, 90, 200))]


@pytest.mark.slow
def test_of_an_area_that_was_parted_when_colours_were_decided_each_part_is_filled_alone(seeing_colorizer, monkeypatch):
    """Contract: whoever corrects a page, or has it in layers, sees the areas that its colours are of."""

    def halved(found, labels, guess, page, traits):
        rows, columns = (
            np.arange(side) * full / side for side, full in zip(labels.shape, (HEIGHT, WIDTH), strict=True)
        )
        upper = (rows < 145)[:, None] & ((columns > 50) & (columns < 160))[None]
        area = int(labels[labels.shape[0] * 180 // HEIGHT, labels.shape[1] * 100 // WIDTH])
        return with_parts(found, [(area, upper & (labels == area))], page)

    monkeypatch.setattr(decide, "parted", halved)
    page = CorrectedPage(seeing_colorizer.open(panelled()))
    upper, lower = page.area_at(100, 90), page.area_at(100, 180)
    assert upper != lower
    assert page.labels.max() == upper == len(page.sitting.kinds.is_skin) - 1
    before = page.rgb
    page.correct([Step("fill", ((100.0, 90.0),), rgb=RED, alone=True)])
    changed = (page.rgb != before).any(axis=2)
    assert changed[80:130, 70:150].all()
    assert not changed[165:220, 70:150].any()
    at_once = color_in_layers(to_gray(np.dstack([panelled()] * 3)), seeing_colorizer.engine)
    of_open = in_layers(CorrectedPage(seeing_colorizer.open(panelled())))
    flats = [[layer.rgba for one in picture.stack[1:-3] for layer in one.layers] for picture in (at_once, of_open)]
    assert all(np.array_equal(one, other) for one, other in zip(*flats, strict=True))
