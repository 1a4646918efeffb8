"""Areas between lines.

Oracles: drawings whose flats are known because they were drawn (polygons and discs, outlines and gaps of known width);
invariants (every pixel has an area, mirrored pictures have mirrored areas); loops in plain Python for `contacts_of`;
scipy for runs.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from mangacolor.page.areas import find_areas
from mangacolor.page.areas.contacts import contacts_of
from mangacolor.page.areas.cores import _corners
from mangacolor.page.areas.runs import pieces_of, runs_of
from mangacolor.page.areas.sight import _near

FEW = settings(max_examples=8, deadline=None)


def blank(height=240, width=240):
    return np.ones((height, width), np.float32), np.ones((height, width), np.float32)


def drawn(seed, line_px, gap_px=0):
    """Ink with four closed shapes, and their flats (0 is the ground); every outline has one gap."""
    rng = np.random.default_rng(seed)
    ink = np.full((300, 300), 255, np.uint8)
    flats = np.zeros((300, 300), np.int32)
    for index in range(4):
        centre = np.array([75 + 150 * (index % 2), 75 + 150 * (index // 2)]) + rng.integers(-10, 11, 2)
        if rng.random() < 0.5:
            corners = np.sort(rng.uniform(0, 2 * np.pi / 5, 5) + np.arange(5) * 2 * np.pi / 5)
            points = centre + 34 * np.stack([np.cos(corners), np.sin(corners)], axis=1)
            outline = np.rint(points).astype(np.int32)
        else:
            turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
            radii = 30 + 3 * np.sin(3 * turns + rng.uniform(0, 6))
            outline = np.rint(centre + radii[:, None] * np.stack([np.cos(turns), np.sin(turns)], axis=1)).astype(
                np.int32
            )
        cv2.fillPoly(flats, [outline], index + 1)
        cv2.polylines(ink, [outline], True, 0, line_px)
        if gap_px:
            middle = (outline[0] + outline[1]) / 2
            row, column = np.mgrid[:300, :300]
            along = (outline[1] - outline[0]) / np.linalg.norm(outline[1] - outline[0])
            away = np.abs((column - middle[0]) * along[0] + (row - middle[1]) * along[1])
            near = np.hypot(column - middle[0], row - middle[1]) < 2 * line_px + gap_px
            ink[(away <= (gap_px - 1) / 2) & near] = 255
    return ink.astype(np.float32) / 255, flats


def overlap(found, flats, flat):
    """Intersection over union of a flat and the area that covers most of it."""
    area = np.bincount(found[flats == flat]).argmax()
    return (
        np.count_nonzero((found == area) & (flats == flat)) / np.count_nonzero((found == area) | (flats == flat)),
        int(area),
    )


@FEW
@given(seed=st.integers(0, 999), line_px=st.integers(2, 5), share=st.floats(0, 0.99))
@example(seed=1, line_px=5, share=0.9)
def test_flats_are_found_and_nothing_leaks_through_a_gap_narrower_than_the_line(seed, line_px, share):
    ink, flats = drawn(seed, line_px, int(line_px * share))
    found = find_areas(ink, np.ones_like(ink))
    shares, areas = zip(*(overlap(found.labels, flats, flat) for flat in range(5)), strict=True)
    assert min(shares) > 0.85
    assert len(set(areas)) == 5
    assert len(found.sizes) == 5


@pytest.mark.parametrize("gap_px", [3, 8, 56])
def test_only_a_gap_as_wide_as_the_room_joins_it_to_the_ground(gap_px):
    """A room of 60 px with a doorway."""
    ink, tone = blank()
    cv2.rectangle(ink, (90, 90), (150, 150), 0.0, 3)
    ink[120 - gap_px // 2 : 120 + gap_px // 2, 145:156] = 1
    found = find_areas(ink, tone).labels
    assert (found[120, 120] == found[120, 220]) == (gap_px == 56)


@pytest.mark.parametrize(("step", "parts"), [(0.3, 2), (0.15, 2), (0.02, 1)])
def test_a_step_of_tone_parts_areas(step, parts):
    ink, tone = blank()
    tone[:, 120:] -= step
    found = find_areas(ink, tone)
    assert len(found.sizes) == parts
    if parts == 2:
        assert np.abs(found.sizes - ink.size / 2).max() < 0.02 * ink.size
        np.testing.assert_allclose(sorted(found.tone), [1 - step, 1], atol=0.01)


def test_a_smooth_gradient_is_one_area():
    ink, tone = blank()
    tone *= np.linspace(1, 0.4, 240, dtype=np.float32)
    found = find_areas(ink, tone)
    assert len(found.sizes) == 1


def test_solid_black_is_an_area_and_takes_its_glints():
    ink, tone = blank()
    cv2.circle(ink, (120, 120), 60, 0.0, -1)
    cv2.line(ink, (100, 100), (130, 95), 1.0, 3)
    found = find_areas(ink, tone)
    assert len(found.sizes) == 2
    black = found.labels[150, 120]
    assert found.is_black.tolist() == [label == black for label in range(2)]
    assert found.labels[100, 100] == black
    assert found.tone[black] < 0.5


def test_measures_of_a_frame_in_a_picture():
    """Hand-made: a line 3 px wide down the middle."""
    ink, tone = blank(100, 203)
    ink[:, 100:103] = 0
    found = find_areas(ink, tone)
    left, right = found.labels[50, 10], found.labels[50, 190]
    assert found.sizes.sum() == ink.size
    np.testing.assert_allclose(found.sides[left], [0.5, 0, 0.5, 1], atol=0.01)
    np.testing.assert_allclose(found.sides[right], [0.5, 1, 0.5, 0], atol=0.01)
    np.testing.assert_allclose(found.boxes[left], [0, 0, 100, 101], atol=1)
    assert found.radii[left] == pytest.approx(50, abs=1)
    assert found.closedness[left] == pytest.approx(1 / 4, abs=0.02)  # 100 of 100 + 100 + 2 × 101 pixels
    assert not found.is_black.any()


@FEW
@given(seed=st.integers(0, 999))
def test_noise_is_labelled_to_the_last_pixel_with_no_number_left_out(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 90, 2))
    ink, tone = rng.random((2, *shape), dtype=np.float32) ** rng.uniform(0.1, 3)
    found = find_areas(ink, tone)
    assert found.labels.dtype == np.int32
    assert found.labels.shape == shape
    np.testing.assert_array_equal(found.sizes, np.bincount(found.labels.ravel()))
    assert found.sizes.min() > 0
    for measure in found[2:-1]:
        assert len(measure) == len(found.sizes)
        assert np.isfinite(measure).all()
    again = contacts_of(found.labels, np.zeros(shape, np.bool_))
    assert np.array_equal(found.contacts.pairs, again.pairs)
    assert np.array_equal(found.contacts.total_px, again.total_px)


@FEW
@given(seed=st.integers(0, 999))
def test_a_mirrored_picture_has_mirrored_areas(seed):
    ink, _ = drawn(seed, 3, 2)
    one = find_areas(ink, np.ones_like(ink)).labels
    mirrored = np.ascontiguousarray(ink[:, ::-1])
    other = find_areas(mirrored, np.ones_like(ink)).labels[:, ::-1]
    assert one.max() == other.max()
    assert min(overlap(other, one, label)[0] for label in range(int(one.max()) + 1)) > 0.95


def test_planes_of_different_size_are_refused():
    ink, tone = blank()
    with pytest.raises(ValueError, match="one size"):
        find_areas(ink, tone[1:])


def test_contacts_count_every_pixel_of_border():
    """A loop over pixels for the whole border; by hand, the half of it that has a line is not open."""
    labels = np.zeros((60, 80), np.int32)
    labels[:, 40:] = 1
    labels[50:, :20] = 2
    ink = np.ones((60, 80), np.float32)
    ink[:30, 39:41] = 0
    counts = {}
    for row in range(60):
        for column in range(80):
            for other in (labels[row, column + 1 :][:1], labels[row + 1 :, column][:1]):
                pair = tuple(sorted((int(labels[row, column]), *map(int, other))))
                if len(set(pair)) == 2:
                    counts[pair] = counts.get(pair, 0) + 1
    found = contacts_of(labels, ink > 0.5)
    assert dict(zip(map(tuple, found.pairs.tolist()), found.total_px.tolist(), strict=True)) == counts
    assert found.pairs.tolist() == [[0, 1], [0, 2]]
    assert found.open_px[0] == pytest.approx(30, abs=3)


@given(hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 5)))
@settings(max_examples=30, deadline=None)
def test_runs_measure_what_pixels_do(labels):
    """Oracle: scipy.ndimage, pixel by pixel."""
    values = np.random.default_rng(labels.size).uniform(0, 1, labels.shape).astype(np.float32)
    runs = runs_of(labels)
    assert np.array_equal(np.repeat(runs.labels, runs.lengths).reshape(labels.shape), labels)
    np.testing.assert_allclose(runs.sums(values, 6), ndimage.sum_labels(values, labels, np.arange(6)), rtol=1e-6)
    np.testing.assert_array_equal(runs.maxima(values, 6), ndimage.maximum(values, labels, np.arange(6)))
    which = np.arange(6) % labels.size % 2 == 1
    np.testing.assert_array_equal(runs.mask(which), which[labels])
    np.testing.assert_array_equal(runs.places(which), np.flatnonzero(which[labels]))
    for box, place in zip(runs.boxes(6), ndimage.find_objects(labels + 1, 6), strict=True):
        if place is not None:
            assert tuple(box) == (place[0].start, place[1].start, place[0].stop, place[1].stop)


@given(
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=40),
    st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), min_size=1, max_size=5),
    st.sampled_from([1.0, 2.0, 3.5, 5.0]),
)
@settings(max_examples=200, deadline=None)
def test_what_is_near_is_so_by_its_distance(shape, spots, reach_px):
    """Oracle: `cv2.distanceTransform` of the whole picture."""
    core = np.zeros(shape, np.uint8)
    for row, column in spots:
        core[row % core.shape[0], column % core.shape[1]] = 1
    expected = cv2.distanceTransform(1 - core, cv2.DIST_L2, 5) <= reach_px
    assert np.array_equal(_near(core, reach_px), expected)


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)))
@settings(max_examples=100, deadline=None)
def test_the_first_pixel_of_every_piece_is_a_corner(which):
    """Oracle: scipy.ndimage's pieces, pixel by pixel."""
    corners = _corners(which)
    assert not (corners & ~which).any()
    labels, count = ndimage.label(which)
    for number in range(1, count + 1):
        assert corners.ravel()[np.flatnonzero(labels == number)[0]]


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)), st.sampled_from([4, 8]))
@settings(max_examples=100, deadline=None)
def test_pieces_are_measured_as_opencv_does(which, connectivity):
    """Oracle: `cv2.connectedComponentsWithStats`, but for a background that is nowhere."""
    count, expected, stats, _ = cv2.connectedComponentsWithStats(which.astype(np.uint8), connectivity=connectivity)
    labels, measured = pieces_of(which, connectivity)
    assert np.array_equal(labels, expected)
    assert len(measured) == count
    first = int(which.all())
    assert np.array_equal(measured[first:], stats[first:])


def test_opencv_numbers_pixels_in_reading_order():
    """Contract that the spreading of labels over lines rests on."""
    bare = np.random.default_rng(0).uniform(size=(40, 50)) < 0.7
    _, nearest = cv2.distanceTransformWithLabels(bare.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    assert np.array_equal(nearest[~bare], np.arange(1, np.count_nonzero(~bare) + 1))
