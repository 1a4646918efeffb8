"""What is found on a page before its colours are decided on, and the fast way that looks for nothing.

Oracle: contracts, on pages drawn here whose areas are known, with faces made by hand in place of the detector; for the
fast way, the steps of a page that is predicted whole, put together here.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor import Colorizer
from mangacolor.colorize import steps
from mangacolor.colorize.findings import FACE_TONE, LARGEST_FACE, LEAST_INSIDE, find, in_panels, with_parts
from mangacolor.colorize.finish import finish
from mangacolor.colorize.predict import Predicted
from mangacolor.colorize.tidy import tidy_cells
from mangacolor.image import resize, to_gray
from mangacolor.page.faces import Face
from mangacolor.page.ink import Separation, condition_array

SIZE = 320
DARK = FACE_TONE - 0.25

HEAD = (120, 120, 200, 200)
TUFTS = (72, 112, 112, 152), (72, 168, 112, 208)
NECK = (206, 140, 234, 180)


def draw(*boxes):
    """A page with outlined boxes, each (top, left, bottom, right), and perhaps its tone."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for top, left, bottom, right, *shade in boxes:
        tone[top:bottom, left:right] = shade[0] if shade else 1
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
    return Separation(ink, tone)


def face(box=HEAD, hair=TUFTS):
    """A face whose points lie in a box, but for those of its hair, which lie in the middle of other boxes."""
    top, left, bottom, right = box

    def at(down, across):
        return float(left + across * (right - left)), float(top + down * (bottom - top))

    left_hair, right_hair = ((float(one + other) / 2, float(high + low) / 2) for high, one, low, other in hair)
    return Face(
        box=box, likelihood=0.9, left_eye=at(0.4, 0.3), right_eye=at(0.4, 0.7), nose=at(0.6, 0.5), mouth=at(0.8, 0.5),
        chin=at(0.95, 0.5), cheeks=(at(0.65, 0.2), at(0.65, 0.8)), forehead=at(0.15, 0.5), hair=(left_hair, right_hair),
    )  # fmt: skip


def detector(*faces):
    return lambda gray: list(faces)


def area_at(found, box):
    top, left, bottom, right = box[:4]
    return found.areas.labels[(top + bottom) // 2, (left + right) // 2]


@pytest.mark.parametrize("size", [(SIZE, SIZE), (90, 150), (700, 500)])
def test_areas_are_in_the_panel_of_most_of_their_pixels(size):
    """Oracle: pixels of each area and box of each panel, counted one by one."""
    found = find(draw((20, 20, 150, 300, DARK), (170, 20, 300, 130)), detector())
    panels = np.kron(np.random.default_rng(1).integers(0, 5, (10, 10)), np.ones((70, 50), np.int16))
    panels = cv2.resize(panels.astype(np.int16), size[::-1], interpolation=cv2.INTER_NEAREST)
    shown = cv2.resize(panels, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST)
    placed = in_panels(found, panels)
    expected = [np.bincount(shown[found.areas.labels == area]).argmax() for area in range(len(found.areas.sizes))]
    assert placed.panel_of.tolist() == expected
    for panel, (top, left, bottom, right) in enumerate(placed.panel_boxes):
        rows, columns = np.nonzero(shown == panel)
        assert (top, left, bottom, right) == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)


def test_a_face_has_its_skin_and_its_hair_and_is_near_its_neck():
    found = find(draw(HEAD, *((*tuft, DARK) for tuft in TUFTS), NECK), detector(face()))
    head, neck, *tufts = (area_at(found, box) for box in (HEAD, NECK, *TUFTS))
    assert len({head, neck, *tufts}) == 4
    assert np.flatnonzero(found.is_face).tolist() == [head]
    assert sorted(np.flatnonzero(found.hair_of == 0)) == sorted(tufts)
    assert (found.hair_of >= 0).sum() == 2
    assert found.is_near[[head, neck]].all()
    assert not found.is_near[tufts].any()
    assert not found.is_near[found.areas.labels[10, 10]]


def test_a_page_without_faces_has_its_areas():
    page = draw(HEAD, NECK)
    found = find(page, detector())
    count = len(found.areas.sizes)
    assert found.faces == ()
    assert count == 3
    assert found.areas.labels.shape == page.ink.shape
    assert not found.is_face.any()
    assert not found.is_near.any()
    assert found.hair_of.tolist() == [-1] * count
    assert found.is_face.shape == found.is_near.shape == (count,)


def test_faces_are_looked_for_on_the_page_as_it_was_drawn():
    """Contract: ink times tone."""
    page, seen = draw((*HEAD, 0.5)), []
    find(page, lambda gray: seen.append(gray) or [])
    np.testing.assert_array_equal(seen[0], page.ink * page.tone)


def test_dark_areas_are_no_face():
    """Contract: a mask over all of a face leaves it without skin."""
    assert not find(draw((*HEAD, DARK), *TUFTS), detector(face())).is_face.any()
    assert find(draw((*HEAD, FACE_TONE + 0.15), *TUFTS), detector(face())).is_face.any()


def test_what_is_much_larger_than_a_face_is_neither_face_nor_hair():
    """Contract: no line between face, hair and ground; the ground is none of them, however light."""
    side = int(SIZE / np.sqrt(2 * LARGEST_FACE))
    small = (150, 150, 150 + side, 150 + side)
    found = find(draw((4, 4, 40, 40)), detector(face(small, (small, small))))
    assert not found.is_face.any()
    assert (found.hair_of == -1).all()


def test_what_lies_mostly_outside_of_a_face_is_not_its_skin():
    """Contract: a shape that only reaches into the box."""
    top, left, bottom, right = HEAD
    reach = int(0.5 * LEAST_INSIDE * (bottom - top))
    inside = find(draw(HEAD), detector(face(HEAD, (TUFTS[0], TUFTS[0]))))
    assert inside.is_face.any()
    aside = top + reach - (bottom - top), left, top + reach, right
    moved = face(HEAD, (TUFTS[0], TUFTS[0]))._replace(
        **dict.fromkeys(("nose", "chin", "forehead"), (160.0, top + reach / 2)),
        cheeks=((160.0, top + reach / 2),) * 2,
    )
    assert not find(draw(aside), detector(moved)).is_face.any()


def test_locks_around_a_head_are_hair_though_no_point_lies_in_them():
    """Contract: what lies in the box around a face and its hair; what lies beyond it is not."""
    lock, aside = (
        (HEAD[0], HEAD[3] + 2, HEAD[0] + 40, HEAD[3] + 18),
        (HEAD[0], HEAD[3] + 60, HEAD[0] + 40, HEAD[3] + 76),
    )
    found = find(draw(HEAD, *((*tuft, DARK) for tuft in TUFTS), (*lock, DARK), (*aside, DARK)), detector(face()))
    assert found.hair_of[area_at(found, lock)] == 0
    assert found.hair_of[area_at(found, aside)] == -1


def test_eyes_and_mouth_are_neither_skin_nor_hair():
    """Contract: the white of an eye is not in the shadow of the face it lies in."""
    drawn = face()
    boxes = [
        (round(y) - 7, round(x) - 7, round(y) + 7, round(x) + 7)
        for x, y in (drawn.left_eye, drawn.right_eye, drawn.mouth)
    ]
    found = find(draw(HEAD, *boxes), detector(drawn))
    parts = [area_at(found, box) for box in boxes]
    assert len({*parts, found.areas.labels[round(drawn.nose[1]), round(drawn.nose[0])]}) == 4
    assert not found.is_face[parts].any()
    assert not found.is_near[parts].any()
    assert (found.hair_of[parts] == -1).all()


def test_skin_is_never_hair():
    """Contract: where the points of the hair fall on the face, it is the face; of any face on the page."""
    found = find(draw(HEAD, NECK), detector(face(HEAD, (HEAD, HEAD)), face(NECK, (HEAD, HEAD))))
    assert found.is_face[area_at(found, HEAD)]
    assert (found.hair_of == -1).all()


def test_solid_black_is_no_part_of_a_face():
    """Contract: black has no colour to decide on."""
    page = draw(HEAD)
    for top, left, bottom, right in (*TUFTS, NECK):
        page.ink[top:bottom, left:right] = 0
    found = find(page, detector(face()))
    assert found.areas.is_black[area_at(found, TUFTS[0])]
    assert (found.hair_of == -1).all()
    assert not (found.is_near & found.areas.is_black).any()


def test_hair_knows_which_face_it_belongs_to():
    far = [(box[0], box[1] - 105, box[2], box[3] - 105) for box in (HEAD, *TUFTS)]
    tufts = [(*tuft, DARK) for tuft in (*TUFTS, *far[1:])]
    found = find(draw(HEAD, far[0], *tufts), detector(face(), face(far[0], tuple(far[1:]))))
    assert [found.hair_of[area_at(found, tuft)] for tuft in tufts] == [0, 0, 1, 1]
    assert found.is_face[[area_at(found, HEAD), area_at(found, far[0])]].all()


def test_faces_at_the_edge_of_a_page_are_looked_up_within_it():
    """Contract: boxes may reach beyond the page, as those of the detector do."""
    box = (SIZE - 60, SIZE - 60, SIZE + 20, SIZE + 20)
    corner = (SIZE - 1.0, SIZE - 1.0)
    cut = face(box)._replace(chin=corner, cheeks=(corner, corner), nose=corner)
    found = find(draw((SIZE - 60, SIZE - 60, SIZE + 9, SIZE + 9)), detector(cut))
    assert found.is_face[found.areas.labels[-1, -1]]


# The fast way


def gray_page(height=120, width=90):
    page = np.full((height, width), 255, np.uint8)
    cv2.rectangle(page, (20, 30), (70, 90), 0, 2)
    page[32:89, 22:69] = 150
    return page


def test_the_fast_way_needs_no_face_weights(tiny_weights, tiny_separator, monkeypatch):
    """Contract: the detector is not even built; without `fast` it is."""

    def fail(*_):
        raise AssertionError("the face detector was opened")

    for name in ("FaceDetector", "find_face_weights"):
        monkeypatch.setattr(f"mangacolor.colorize.colorizer.{name}", fail)
    page = Colorizer(tiny_weights, separator=tiny_separator, fast=True).colorize(gray_page())
    assert page.shape == (120, 90, 3)
    with pytest.raises(AssertionError, match="was opened"):
        Colorizer(tiny_weights, separator=tiny_separator)


@pytest.mark.parametrize("scale", [1, 2])
def test_areas_lie_in_the_panel_that_most_of_them_lies_in(scale):
    """Oracle: boxes drawn into two halves of a page, one of them a little over the border; labels at any size."""
    left, right, across = (40, 40, 90, 90), (40, 220, 90, 270), (200, 120, 260, 170)
    panels = np.repeat(np.array([[1, 2]], np.int16), SIZE // 2 // scale, axis=1).repeat(SIZE // scale, axis=0)
    found = find(draw(left, right, across), detector())
    assert not found.panel_of.any()
    placed = in_panels(found, panels)
    assert [int(placed.panel_of[area_at(found, box)]) for box in (left, right, across)] == [1, 2, 1]


def test_pages_are_searched_at_their_own_size_unless_it_must_be_fast(tiny_weights, tiny_separator):
    """Contract of `detector`: with one, areas and faces are looked for on the page; without, nowhere."""
    searched = []

    def search(gray):
        searched.append(gray.shape)
        return []

    colorizer = Colorizer(tiny_weights, separator=tiny_separator, size=64, fast=True)
    slow, fast = (colorizer.using(detector=one) for one in (search, None))
    assert not np.array_equal(slow.colorize(gray_page()), fast.colorize(gray_page()))
    assert searched == [(120, 90)]


def test_settings_tell_fast_runs_apart(tiny_weights, tiny_separator):
    """Contract of `Colorizer.settings`."""
    slow, same, fast = (Colorizer(tiny_weights, separator=tiny_separator, fast=fast) for fast in (False, False, True))
    assert slow.settings == same.settings != fast.settings


def test_the_fast_way_is_that_of_whole_pages_cell_by_cell(tiny_weights, tiny_separator):
    """Oracle: generator, decision by cells and finish of the whole page, one after the other."""
    colorizer = Colorizer(tiny_weights, separator=tiny_separator, size=60, fast=True)
    gray = to_gray(np.repeat(gray_page()[..., None], 3, axis=2))
    engine = colorizer.engine
    layers = steps.separate(gray, engine)
    seen = Separation(*(resize(plane, 80, 60).clip(0, 1) for plane in layers.page))
    (guess,) = engine.backend.generate(condition_array(seen)[None])
    predicted = Predicted(guess, seen)
    found = steps.find(layers, engine)
    assert found.areas is found.views is None
    expected = finish(layers, tidy_cells(steps.decide(predicted, found, engine), seen, 1.0), seen, found.paper)
    np.testing.assert_array_equal(colorizer.colorize(gray_page()), expected)


def test_parting_one_area_leaves_the_open_borders_of_others():
    """Three rooms in a row: what was open between the last two stays so when the first is parted, and nothing else."""
    ink = np.ones((120, 360), np.float32)
    ink[:, 118:122] = ink[:, 238:242] = 0
    page = Separation(ink, np.ones_like(ink))
    found = find(page, lambda _: [])
    left, middle, right = (int(found.areas.labels[60, x]) for x in (60, 180, 300))
    contacts = found.areas.contacts
    open_px = np.arange(7, 7 + len(contacts.pairs))
    found = found._replace(areas=found.areas._replace(contacts=contacts._replace(open_px=open_px)))
    upper = np.zeros(ink.shape, bool)
    upper[:60, :118] = True
    after = with_parts(found, [(left, upper)], page).areas

    def opened(areas, one, other):
        return areas.contacts.open_px[(areas.contacts.pairs == sorted((one, other))).all(axis=1)].tolist()

    assert opened(after, middle, right) == opened(found.areas, middle, right) != [0]
    assert opened(after, left, middle) == [0]
    assert opened(after, left, len(found.areas.sizes)) == [0]
