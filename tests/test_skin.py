"""Labels of skin.

Oracles: pictures painted here, in which it is known what is skin; the contract of `skin_labels`, `cheek_colours`,
`Picture.cheeks` and of the sample's `labels`.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pictures import draw_art, save_image

from mangacolor.config import LABELS, SynthesisConfig
from mangacolor.data.examples import find_examples
from mangacolor.data.labels import NO, UNKNOWN, YES
from mangacolor.data.page_bank import PageBank
from mangacolor.data.pictures import Picture, PictureShelf, random_crop
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.data.skin import cheek_colours, find_ground, skin_labels
from mangacolor.image import float_from_pixels
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.faces.landmarks import Face

CHEEK, SHADE, WOOD, BLUE = (245, 205, 180), (225, 180, 155), (150, 90, 50), (60, 90, 200)
STRIPES = {"cheek": CHEEK, "shade": SHADE, "wood": WOOD, "blue": BLUE, "white": (255,) * 3, "gray": (150,) * 3}


def oklab(rgb):
    return tuple(oklab_from_srgb(np.float32(rgb) / 255).tolist())


def framed(art):
    """Put 10 px of blue around art: skin at the border is another matter."""
    canvas = np.full((art.shape[0] + 20, art.shape[1] + 20, 3), BLUE, np.uint8)
    canvas[10:-10, 10:-10] = art
    return canvas


def striped():
    """One stripe of each paint, 20 rows high, in a frame of 10 px."""
    return framed(np.concatenate([np.full((20, 30, 3), paint, np.uint8) for paint in STRIPES.values()]))


def labels_of_stripes(cheeks):
    labels = skin_labels(float_from_pixels(striped()), cheeks)
    found = {}
    for number, name in enumerate(STRIPES):
        (found[name],) = np.unique(labels[20 * number + 14 : 20 * number + 26, 14:36])
    return found


def face(left, right, box=(0, 0, 40, 40)):
    """A face of which only box and cheeks matter here."""
    return Face(box, 1.0, left, right, left, right, right, (left, right), left, (left, right))


# Labels


def test_without_cheeks_nothing_is_surely_skin_and_what_cannot_be_surely_is_none():
    assert labels_of_stripes(()) == {
        "cheek": UNKNOWN, "shade": UNKNOWN, "wood": UNKNOWN, "blue": NO, "white": NO, "gray": NO,
    }  # fmt: skip


def test_the_colour_of_a_cheek_is_skin_all_over_the_picture():
    """Contract: like a cheek is skin, far from every cheek is none, though it might be that of another picture."""
    assert labels_of_stripes([oklab(CHEEK)]) == {
        "cheek": YES, "shade": YES, "wood": NO, "blue": NO, "white": NO, "gray": NO,
    }  # fmt: skip


def test_people_of_two_colours_are_both_skin():
    found = labels_of_stripes([oklab(CHEEK), oklab(WOOD)])
    assert (found["cheek"], found["wood"], found["white"]) == (YES, YES, NO)


def test_what_lies_between_alike_and_different_is_unknown():
    """Hand-made: a colour 0.06 of a and b away from the cheek lies between 0.04 and 0.08."""
    cheek = np.array(oklab(CHEEK))
    wanted = cheek + np.float32([0, 0.06 * 0.8, 0.06 * 0.6])
    assert labels_of_stripes([tuple(wanted.tolist())])["cheek"] == UNKNOWN


def test_pale_cloth_is_not_surely_skin():
    """Contract of `LEAST_CHROMA_SHARE`: cream is near in OKLab to pale skin, but has a third of its chroma."""
    cheek = oklab((250, 225, 210))
    cream = (252, 245, 238)
    distance = np.linalg.norm((np.array(oklab(cream)) - cheek) * [0.4, 1, 1])
    assert distance < 0.04, "the distance alone would not tell"
    art = framed(np.full((20, 40, 3), cream, np.uint8))
    art[10:30, 30:50] = 250, 225, 210
    labels = skin_labels(float_from_pixels(art), [cheek])
    assert not (labels[14:26, 14:26] == YES).any()
    assert (labels[14:26, 34:46] == YES).all()


def test_a_ground_of_the_colour_of_cheeks_is_doubted():
    """Contract: skin that runs round the border may be a wall; a face that nothing joins to it stays skin."""
    art = np.full((80, 80, 3), CHEEK, np.uint8)
    art[20:60, 20:60] = BLUE
    art[30:50, 30:50] = CHEEK
    labels = skin_labels(float_from_pixels(art), [oklab(CHEEK)])
    assert (labels[:16] == UNKNOWN).all()
    assert (labels[34:46, 34:46] == YES).all()
    assert (labels[23:27, 23:57] == NO).all()


def walled():
    """(80, 80, 3): a wall of the colour of skin, a blue figure before it, a face in the figure; and what is what."""
    art = np.full((80, 80, 3), CHEEK, np.uint8)
    art[16:64, 16:64] = BLUE
    art[24:56, 24:56] = CHEEK
    truth = np.full((80, 80), UNKNOWN, np.uint8)
    truth[16:64, 16:64] = NO
    truth[24:56, 24:56] = YES
    return art, truth


def test_grounds_are_found_on_whole_pictures():
    """Contract: the wall is ground, the face is none; a face that leaves the border to others is none, nor without
    cheeks is anything."""
    art, truth = walled()
    ground = find_ground(float_from_pixels(art), [oklab(CHEEK)])
    assert ground.dtype == np.uint8
    assert ground[truth == UNKNOWN].mean() > 0.95
    assert not ground[truth != UNKNOWN].any()
    assert not find_ground(float_from_pixels(art), []).any()
    assert not find_ground(float_from_pixels(framed(art[24:56, 24:56])), [oklab(CHEEK)]).any()


@pytest.mark.parametrize("kept", [False, True])
def test_crops_keep_the_verdict_of_the_whole_picture(tmp_path, kept):
    """Oracle: the truth of the picture, cropped with it as if it were its tone. A crop that is all face is skin, one
    that is all wall is doubted."""
    art, truth = walled()
    save_image(tmp_path / "a.png", art)
    found = find_examples(tmp_path)
    shelf = PictureShelf(found.examples, found.layout)
    shelf.fill(10**9 if kept else 0)
    assert shelf[0].ground is None
    shelf.tell_cheeks({shelf.examples[0].name: [oklab(CHEEK)]})
    picture = dataclasses.replace(shelf[0], ink_and_tone=(truth, truth))
    seen = set()
    for seed in range(60):
        crop = random_crop(picture, 40, (0.12, 0.19), np.random.default_rng(seed))
        labels = skin_labels(float_from_pixels(crop.rgb), crop.cheeks, crop.ground)
        expected = crop.ink_and_tone[1]
        clear = np.isin(expected, (YES, UNKNOWN, NO))
        assert (labels == expected)[clear].mean() > 0.8
        if len(np.unique(expected)) == 1:
            seen.add(int(expected[0, 0]))
            assert (labels == expected).mean() > 0.9  # the border of the wall is a pixel off
    assert seen == {YES, UNKNOWN}


def test_new_cheeks_change_the_ground(tmp_path):
    """Contract of `tell_cheeks`: what was found with other cheeks is forgotten."""
    save_image(tmp_path / "a.png", walled()[0])
    found = find_examples(tmp_path)
    shelf = PictureShelf(found.examples, found.layout)
    for cheeks, is_ground in (([oklab(CHEEK)], True), ([], False), ([oklab(WOOD)], False)):
        shelf.tell_cheeks({shelf.examples[0].name: cheeks})
        assert shelf[0].ground.any() == is_ground
        assert shelf[0].ground.shape == (80, 80)


@settings(max_examples=25, deadline=None)
@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3))),
    st.lists(st.sampled_from([CHEEK, SHADE, WOOD]), max_size=2),
)
def test_labels_are_one_of_three_and_cheeks_only_make_them_surer(rgb, cheeks):
    """Invariant: with or without cheeks, what has no colour of skin is none; smoothing moves borders alone."""
    labels = skin_labels(float_from_pixels(rgb), [oklab(cheek) for cheek in cheeks])
    assert labels.shape == rgb.shape[:2]
    assert labels.dtype == np.uint8
    assert np.isin(labels, (YES, UNKNOWN, NO)).all()
    if not cheeks:
        assert not (labels == YES).any()


# Cheeks


def test_cheeks_are_looked_at_where_the_detector_says():
    """Oracle: the paint at each point; a cheek that is no skin, or that lies under a hand of blue, is left out."""
    art = np.full((80, 80, 3), BLUE, np.uint8)
    art[:, :40] = CHEEK
    seen = []

    def find(gray):
        seen.append(gray)
        return [face((20, 30), (60, 30))]

    (colour,) = cheek_colours(art, find)
    np.testing.assert_allclose(colour, oklab(CHEEK), atol=1e-3)
    assert seen[0].shape == (80, 80)
    assert 0 <= seen[0].min() <= seen[0].max() <= 1
    assert all(isinstance(value, float) for value in colour), "colours go into JSON"


def test_a_freckle_on_a_cheek_does_not_count():
    """Contract: the median of a spot, not one pixel."""
    art = np.full((80, 80, 3), CHEEK, np.uint8)
    art[30, 20] = (0, 0, 0)
    first, second = cheek_colours(art, lambda gray: [face((20, 30), (60, 30))])
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_no_faces_no_cheeks_and_points_at_the_border_are_no_harm():
    art = np.full((40, 40, 3), CHEEK, np.uint8)
    assert cheek_colours(art, lambda gray: []) == ()
    assert len(cheek_colours(art, lambda gray: [face((0, 0), (39.9, 39.9))])) == 2


# From pictures to samples


def test_shelves_tell_cheeks_by_name(tmp_path):
    """Contract of `tell_cheeks`: whether a picture is kept in memory or read again; unknown names are no harm."""
    for name in ("a.png", "b.png"):
        save_image(tmp_path / name, draw_art(0))
    found = find_examples(tmp_path)
    for memory_bytes in (0, 10**9):
        shelf = PictureShelf(found.examples, found.layout)
        shelf.fill(memory_bytes)
        name = shelf.examples[1].name
        shelf.tell_cheeks({name: [oklab(CHEEK)], "elsewhere": [oklab(WOOD)]})
        assert shelf[0].cheeks == ()
        assert shelf[1].cheeks == (oklab(CHEEK),)


def test_crops_keep_the_cheeks():
    picture = Picture(draw_art(0), cheeks=(oklab(CHEEK),))
    assert random_crop(picture, 24, (0.5, 0.9), np.random.default_rng(0)).cheeks == picture.cheeks


LEFT_SKIN = np.full((64, 64, 3), BLUE, np.uint8)
LEFT_SKIN[8:56, 4:36] = CHEEK
DRAWN = SynthesisConfig(
    panels=0, hints=0, saturation=(1, 1), crop_share=(1.0, 1.0), plain_gray=0, line_art=0, scan_strength=0.0
)


def sample_of(cheeks, config=DRAWN, bank=None, *, pair=False, number=0):
    planes = (np.full((64, 64), 255, np.uint8),) * 2 if pair else None
    stock = Stock([Picture(LEFT_SKIN, planes, tuple(cheeks))], np.ones(1), bank)
    return ColourSamples(stock, 64 if bank is None else 48, config, 0)[number]


@pytest.mark.parametrize("pair", [False, True], ids=["drawn", "pair"])
@pytest.mark.parametrize("known", [False, True])
def test_a_sample_says_where_its_colour_is_skin(known, pair):
    """Oracle: the colour of the sample itself, skin or blue, wherever crop and mirror brought them."""
    sample = sample_of([oklab(CHEEK)] if known else [], pair=pair)
    labels, colour = sample["labels"], sample["colour"]
    assert labels.shape == (len(LABELS), 64, 64)
    animal = LABELS.index("animal")
    others = np.delete(labels.numpy(), [0, animal], axis=0)
    assert (np.abs(others - 0.5) < 0.01).all()  # nothing else is known of colour art
    assert (labels[animal][labels[0] == 1] == 0).all()  # but that skin is no animal's
    assert ((labels[animal][labels[0] < 0.5] - 0.5).abs() < 0.01).all()
    red, blue = colour[0] > 0.85, colour[0] < 0.4
    assert red.float().mean() > 0.3
    assert blue.float().mean() > 0.5
    expected = 1.0 if known else UNKNOWN / 255
    assert (labels[0][red] - expected).abs().median() < 1e-6  # some are borders, and unknown
    assert ((labels[0][red] - expected).abs() < 0.1).float().mean() > 0.75
    assert (labels[0][blue] < 0.1).float().mean() > 0.95


def test_a_composed_page_says_where_its_paper_is():
    """Oracle: the colour of the sample, in which all that art shows is red or blue, and all that is paper is white."""
    config = dataclasses.replace(DRAWN, panels=1.0)
    told = []
    for number in range(16):
        sample = sample_of([], config, number=number)
        paper, colour = sample["labels"][LABELS.index("paper")], sample["colour"]
        assert (colour[:, paper > 0.99] > 0.9).all()
        told.append(float((paper > 0.99).float().mean()))
        assert (paper[(colour[0] - colour[2]).abs() > 0.3] < 0.5).all()
    assert max(told) > 0.05


def test_banked_pages_size_and_mirror_their_labels_with_them():
    """Invariant: at another size, mirrored or not, skin stays on the colour of skin."""
    config = dataclasses.replace(DRAWN, bank=1, bank_px=64)
    bank, turned = PageBank(1, 64), set()
    for number in range(6):
        sample = sample_of([oklab(CHEEK)], config, bank, number=number)
        labels, colour = sample["labels"], sample["colour"]
        assert labels.shape == (len(LABELS), 48, 48)
        agree = (labels[0] > 0.5) == (colour[0] > 0.6)
        assert agree.float().mean() > 0.9
        turned.add(bool(labels[0, 6:42, :24].mean() > 0.5))
    assert turned == {False, True}
