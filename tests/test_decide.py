"""Colours decided on by areas.

Oracle: the contract of `decide`, on pages drawn here whose areas are known, with paint and chances of the classes
written by hand. Thresholds are those of the module; inputs lie clearly on one side of them.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.special import logit

from mangacolor.colorize import light_colours, skin_areas, tinted_greys
from mangacolor.colorize.area_kinds import CLEAR_INK, FOLD_CHANCE, FUR_CHANCE, OTHER_FUR, SMALLEST_HATCHED_PX, SURE_FUR
from mangacolor.colorize.backdrops import CHROMA
from mangacolor.colorize.class_colours import AREA_SKIN_CHROMA, BARE_SKIN_HUES, SHADED_SKIN_HUES
from mangacolor.colorize.decide import (
    LIFT,
    LIFTED_TO,
    LIVELINESS,
    SHADING,
    SKIN_LIGHTNESS,
    THING_SHARE,
    THING_SIZES,
    TINT,
    decide,
    fit_labels,
)
from mangacolor.colorize.findings import find, in_panels
from mangacolor.colorize.free_colours import palette_lab
from mangacolor.colorize.kept_colours import Chosen
from mangacolor.colorize.pooled import SHADES_CHANCE, SKIN_CHANCE
from mangacolor.colorize.scenery import USUAL
from mangacolor.colorize.skin_areas import (
    BARE_RIVALRY,
    CHEEK_CHANCE,
    CHEEK_SIZE,
    CLOSE_RIVALRY,
    CLOTH_RIVALRY,
    EDGE_CHANCE,
    EDGE_SHARE,
    ENCLOSED_SIZE,
    FAR,
    FAR_SHARE,
    GROUND_SHARE,
    LARGEST_SKIN,
    LEAST_FAR,
    LEAST_PEAK,
    MAY_BE_FACE,
    MOST_HAIR_BESIDE,
    MOST_SKIN_BESIDE,
    NEAR_CHANCE,
    RATHER_SKIN,
    RIVALRY,
    SHADOW_TONE,
    SKIN_TONE,
    SURE_RIVALRY,
    TONED_RIVALRY,
)
from mangacolor.colorize.tidy import tidy
from mangacolor.colorize.usual_colours import MOST_WARM
from mangacolor.image.color import chroma_bins, srgb_from_oklab
from mangacolor.models import cores
from mangacolor.models.backend import Guess, Traits
from mangacolor.page.faces import Face
from mangacolor.page.ink import Separation

SIZE, CELL_PX = 320, 4
BINS = chroma_bins()
TRAITS = Traits(SIZE, CELL_PX, BINS, ("skin",))
RED, GREEN, BLUE = (0.105, 0.035), (-0.07, 0.07), (-0.035, -0.105)
PEACH, PINK, GREY = (0.035, 0.035), (0.07, 0.035), (0.0, 0.0)
SURE, LITTLE = 0.9, 0.3
DOUBTFUL = {RED: 0.55, GREY: 0.4}
TONE = 0.6
LEFT, RIGHT = (120, 64, 160, 104), (120, 200, 160, 240)


def side_of(share):
    """Side of a square that takes up this share of the page, in whole cells."""
    return int(np.sqrt(share) * SIZE) // CELL_PX * CELL_PX


def draw(*boxes):
    """A page with outlined boxes, each (top, left, bottom, right), and perhaps its tone."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for top, left, bottom, right, *shade in boxes:
        tone[max(top, 0) : bottom, max(left, 0) : right] = shade[0] if shade else 1
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
    return Separation(ink, tone)


def face(box, hair):
    """A face with its points in the middle of a box, and those of its hair in the middle of two others."""

    def middle(box):
        return (box[1] + box[3]) / 2, (box[0] + box[2]) / 2

    spot = middle(box)
    return Face(box, 0.9, spot, spot, spot, spot, spot, (spot, spot), spot, (middle(hair[0]), middle(hair[1])))


SOMEBODY = face((40, 128, 88, 176), ((40, 128, 88, 176), (40, 128, 88, 176)))
"""A face that lies near all boxes, in none of them."""


class Said:
    """What a generator says of a page: green or grey everywhere and no skin, until it is told otherwise."""

    def __init__(self, size=(SIZE, SIZE), paint=(0.55, 0.6, 0.55), *, has_labels=True):
        rows, columns = (-(-side // CELL_PX) for side in size)
        self.chances = np.zeros((rows, columns, len(BINS)), np.float32)
        self.chances[:] = self._of({GREEN: LITTLE, GREY: 0.5})
        self.labels = {"skin": np.full((rows, columns), 0.02, np.float32)}
        self.paint = np.empty((*size, 3), np.float32)
        self.paint[:] = paint
        self._has_labels = has_labels

    @staticmethod
    def _of(shares):
        chances = np.full(len(BINS), (1 - sum(shares.values())) / len(BINS), np.float32)
        for colour, share in shares.items():
            chances[np.linalg.norm(BINS - colour, axis=1).argmin()] += share
        return chances

    def tell(self, box, shares=None, **labels):
        """Say of a box how likely colours and labels are."""
        top, left, bottom, right = (max(side, 0) // CELL_PX for side in box[:4])
        if shares is not None:
            self.chances[top:bottom, left:right] = self._of(shares)
        for name, chance in labels.items():
            plane = self.labels.setdefault(name, np.full_like(self.labels["skin"], 0.02))
            plane[top:bottom, left:right] = chance
        return self

    @property
    def guess(self):
        labels = logit(np.stack(list(self.labels.values()), axis=2)) if self._has_labels else None
        return Guess(self.paint, np.log(self.chances), labels)


def decided(said, page, *faces, panels=None, has_learnt=False, screened=1.0):
    """Decided colours in OKLab."""
    found = find(page, lambda _: list(faces))
    found = found if panels is None else in_panels(found, panels)
    traits = Traits(SIZE, CELL_PX, BINS, tuple(said.labels), has_learnt=has_learnt)
    return decide(said.guess, page, found, traits, screened=screened)


def inside(box, margin=6):
    top, left, bottom, right = box[:4]
    assert min(bottom - max(top, 0), right - max(left, 0)) > 2 * margin
    return np.s_[max(top, 0) + margin : bottom - margin, max(left, 0) + margin : right - margin]


def mean_chroma(lab, box):
    return lab[inside(box)][..., 1:].mean(axis=(0, 1))


def assert_skin(lab, box):
    chroma = lab[inside(box)][..., 1:]
    hue, length = np.degrees(np.arctan2(chroma[..., 1], chroma[..., 0])), np.linalg.norm(chroma, axis=-1)
    assert 20 < hue.min() <= hue.max() < 90
    assert AREA_SKIN_CHROMA[0] - 0.004 < length.min() <= length.max() < light_colours.CHROMA + 0.004


def assert_white(lab, box):
    np.testing.assert_allclose(lab[inside(box)], np.broadcast_to([1, 0, 0], lab[inside(box)].shape), atol=4e-3)


# Skin


def test_what_the_label_says_is_skin_gets_one_shade_of_skin_all_over_the_page():
    """Contract: whatever the likeliest class, and though areas lean to other shades; the paint keeps its lightness."""
    said = Said(paint=(0.75, 0.65, 0.6))
    said.tell(LEFT, {GREEN: 0.5, PEACH: 0.2}, skin=0.97).tell(RIGHT, {BLUE: 0.5, PINK: 0.2}, skin=0.97)
    lab = decided(said, draw(LEFT, RIGHT))
    for box in (LEFT, RIGHT):
        assert_skin(lab, box)
    np.testing.assert_allclose(mean_chroma(lab, LEFT), mean_chroma(lab, RIGHT), atol=2e-3)
    assert_white(lab, (180, 40, 300, 280))


def test_skin_is_peach_where_it_is_bare_and_rosy_and_darker_in_shadow():
    """Contract: hues and chroma of `class_colours`, whatever shade of skin the page leans to."""
    for shade in (PEACH, PINK):
        said = Said(paint=(0.75, 0.65, 0.6)).tell(LEFT, {shade: 0.6}, skin=0.97).tell(RIGHT, {shade: 0.6}, skin=0.97)
        lab = decided(said, draw(LEFT, (*RIGHT, 0.7)))
        (bare, shaded), (lit, dark) = (
            (np.degrees(np.arctan2(*mean_chroma(lab, box)[::-1])) for box in (LEFT, RIGHT)),
            (lab[inside(box)][..., 0].mean() for box in (LEFT, RIGHT)),
        )
        assert BARE_SKIN_HUES[0] - 3 < bare < BARE_SKIN_HUES[1] + 3
        assert SHADED_SKIN_HUES[0] - 3 < shaded < SHADED_SKIN_HUES[1] + 3
        assert np.linalg.norm(mean_chroma(lab, RIGHT)) > 1.1 * np.linalg.norm(mean_chroma(lab, LEFT))
        assert dark < lit - 0.05


def test_several_cores_decide_what_one_decides(monkeypatch):
    """Oracle: one core, which does one thing after the other."""
    said = Said(paint=(0.75, 0.65, 0.6)).tell(LEFT, {PEACH: 0.5}, skin=0.97).tell(RIGHT, {BLUE: 0.6})
    said.paint += np.random.default_rng(0).normal(0, 0.05, said.paint.shape).astype(np.float32)
    labs = []
    for several in (1, 2):
        monkeypatch.setattr(cores, "cores", lambda several=several: several)
        labs.append(decided(said, draw(LEFT, (*RIGHT, TONE))))
    np.testing.assert_array_equal(*labs)
    assert np.linalg.norm(mean_chroma(labs[0], RIGHT)) > 0.05


@pytest.mark.parametrize("paint", [(1, 1, 1), (0.02, 0.02, 0.02)])
def test_skin_is_neither_white_nor_black(paint):
    lab = decided(Said(paint=paint).tell(LEFT, {PEACH: LITTLE}, skin=0.97), draw(LEFT))
    low, high = SKIN_LIGHTNESS
    assert low - 0.02 < lab[inside(LEFT)][..., 0].min() <= lab[inside(LEFT)][..., 0].max() < high + 0.02


def test_without_labels_all_shades_of_skin_speak_together():
    """Contract: none of four shades is as likely as green, all of them are."""
    shades = ((0.035, 0.035), (0.035, 0.07), (0.07, 0.035), (0.07, 0.07))
    share = (1 + SHADES_CHANCE) / 2 / len(shades)
    said = Said(paint=(0.75, 0.65, 0.6), has_labels=False)
    said.tell(LEFT, dict.fromkeys(shades, share)).tell(RIGHT, dict.fromkeys(shades, 0.2 * share) | {GREY: 0.5})
    lab = decided(said, draw(LEFT, RIGHT))
    assert_skin(lab, LEFT)
    assert_white(lab, RIGHT)


def test_a_face_is_skin_whatever_is_said_of_it():
    page = draw(LEFT)
    assert_skin(decided(Said(paint=(0.75, 0.65, 0.6)), page, face(LEFT, (LEFT, LEFT))), LEFT)
    assert_white(decided(Said(paint=(0.75, 0.65, 0.6)), page), LEFT)


def test_deep_tone_is_skin_only_on_a_face_or_below():
    """Contract: the shadow of a chin is skin at chances and tones that no other area is skin at."""
    (top, left, bottom, right), tone = LEFT, (SKIN_TONE + SHADOW_TONE) / 2
    neck = (bottom + 4, left + 4, bottom + 16, right - 4, tone)
    said = Said(paint=(0.6, 0.5, 0.45))
    for box in (neck, RIGHT):
        said.tell(box, {BLUE: 0.5, PEACH: LITTLE}, skin=(NEAR_CHANCE + 0.97) / 2)
    lab = decided(said, draw(LEFT, neck, (*RIGHT, tone)), face((top, left, bottom, right), (LEFT, LEFT)))
    chroma = lab[bottom + 9 : bottom + 12, left + 12 : right - 12, 1:].mean(axis=(0, 1))
    assert 20 < np.degrees(np.arctan2(chroma[1], chroma[0])) < 90
    assert mean_chroma(lab, RIGHT)[0] < 0


def test_without_labels_a_neck_that_has_the_shades_of_skin_is_skin():
    """Contract of `Pooled.skin_peak`: shades that stand for the label have the peak that the label would have."""
    _, left, bottom, right = LEFT
    neck = (bottom, left, bottom + 16, right)
    said = Said(paint=(0.75, 0.65, 0.6), has_labels=False)
    for box in (LEFT, neck):
        said.tell(box, {PEACH: SURE})
    lab = decided(said, draw(LEFT, neck), face(LEFT, (RIGHT, RIGHT)))
    chroma = lab[bottom + 6 : bottom + 10, left + 12 : right - 12, 1:].mean(axis=(0, 1))
    assert 20 < np.degrees(np.arctan2(chroma[1], chroma[0])) < 90


@pytest.mark.parametrize(
    ("peak", "gap", "is_skin"),
    [(0.8 * LEAST_PEAK, 0, True), (0.8 * LEAST_PEAK, 40, False), (1.5 * LEAST_PEAK, 40, True)],
    ids=["in skin", "a collar", "a neck"],
)
def test_what_lies_by_a_face_and_nowhere_looks_like_skin_is_skin_in_skin_alone(peak, gap, is_skin):
    """Contract of `MOSTLY_SKIN`: a box below a face, with skin or with a gap of ground beside it."""
    _, left, bottom, right = LEFT
    collar = (bottom, left, bottom + 16, right)
    around = [(bottom, left - 24, bottom + 16, left - gap // 2), (bottom, right + gap // 2, bottom + 16, right + 24)]
    around.append((bottom + 16 + gap // 4, left - 24, bottom + 48, right + 24))
    said = Said(paint=(0.75, 0.65, 0.6))
    said.tell(LEFT, {PEACH: SURE}, skin=0.95)
    for box in around:
        said.tell(box, {PEACH: SURE}, skin=0.95)
    said.tell(collar, {BLUE: 0.5, PEACH: LITTLE}, skin=peak)
    lab = decided(said, draw(LEFT, collar, *around), face(LEFT, (RIGHT, RIGHT)))
    chroma = lab[bottom + 6 : bottom + 10, left + 12 : right - 12, 1:].mean(axis=(0, 1))
    assert (20 < np.degrees(np.arctan2(chroma[1], chroma[0])) < 90) == is_skin


def test_large_areas_along_the_edge_must_be_surer_to_be_skin():
    """Contract: an area of the same size and chance is skin within the page and ground along its edge."""
    height = int(1.5 * EDGE_SHARE * SIZE) // CELL_PX * CELL_PX
    width = int(0.6 * LARGEST_SKIN * SIZE**2 / height) // CELL_PX * CELL_PX
    edge, middle = (20, -8, 20 + height, width - 8), (180, 80, 180 + height, 80 + width)
    said = Said(paint=(0.75, 0.65, 0.6))
    for box in (edge, middle):
        said.tell(box, {GREY: 0.5, PEACH: LITTLE}, skin=SKIN_CHANCE + EDGE_CHANCE / 2)
    lab = decided(said, draw(edge, middle))
    assert_skin(lab, middle)
    assert_white(lab, edge)
    assert_skin(decided(said.tell(edge, skin=0.99), draw(edge, middle)), edge)


# Weights that have learnt a series


def test_who_has_learnt_a_series_is_believed():
    """Contract: skin is as dark and as many shades as is said, and bare paper has a colour that is likelier than grey;
    weights that guess give all skin one light shade there, and leave the paper white."""
    said = Said(paint=(0.3, 0.2, 0.15)).tell((0, 0, SIZE, SIZE), {GREY: SURE})
    said.tell(LEFT, {PEACH: 0.6}, skin=0.97).tell(RIGHT, {BLUE: 0.6, GREY: 0.25})
    page = draw((*LEFT, TONE), RIGHT)
    learnt, guessed = decided(said, page, has_learnt=True), decided(said, page)
    assert learnt[inside(LEFT)][..., 0].max() < guessed[inside(LEFT)][..., 0].min() - 0.1
    assert_white(guessed, RIGHT)
    np.testing.assert_allclose(mean_chroma(learnt, RIGHT), BLUE, atol=0.03)
    assert_white(learnt, (180, 40, 300, 280))


# Paper, things and grounds


@pytest.mark.parametrize("paint", [(0.9, 0.2, 0.2), (0.1, 0.1, 0.4), (1, 1, 1)])
def test_bare_paper_stays_as_white_as_it_is(paint):
    """Contract: whatever the paint says and the likeliest class is, and the page around it as well."""
    said = Said(paint=paint).tell(LEFT, DOUBTFUL).tell(RIGHT, {GREEN: SURE})
    lab = decided(said, draw(LEFT, (*RIGHT, TONE)))
    assert_white(lab, LEFT)
    assert_white(lab, (180, 40, 300, 280))
    assert np.linalg.norm(mean_chroma(lab, RIGHT)) > 0.05


def test_bare_paper_gets_a_colour_that_is_surely_its_own():
    """Contract: where grey is as good as ruled out, as on the light hair of somebody the generator knows."""
    lab = decided(Said().tell(LEFT, {RED: SURE}), draw(LEFT))
    assert mean_chroma(lab, LEFT)[0] > 0.05


def test_balloons_that_the_label_knows_stay_white_whatever_colour_is_said():
    """Contract of `PAPER_CHANCE`: bare paper stays white, be it red, skin or hair by what else is said."""
    for others in ({}, {"skin": 0.9}, {"hair": 0.9}):
        said = Said().tell(LEFT, {RED: SURE}, paper=0.9, **others).tell(RIGHT, {RED: SURE}, paper=0.1)
        lab = decided(said, draw(LEFT, RIGHT))
        assert_white(lab, LEFT)
        assert mean_chroma(lab, RIGHT)[0] > 0.05
    toned = decided(Said().tell(LEFT, {RED: SURE}, paper=0.9), draw((*LEFT, TONE)))
    assert mean_chroma(toned, LEFT)[0] > 0.05


@pytest.mark.parametrize(
    ("label", "hues"),
    [
        ("sky", (200, 280)), ("water", (190, 280)), ("foliage", (110, 160)), ("wood", (30, 90)), ("wall", (40, 130)),
        ("floor", (30, 110)),
    ],
)  # fmt: skip
def test_scenery_has_the_colours_it_can_have(label, hues):
    """Oracle: hues that the names stand for, where the colours that are said are others, and the labels sure."""
    said = Said().tell(LEFT, {RED: 0.5, GREY: LITTLE}, **{label: 0.95}).tell(RIGHT, {RED: 0.5, GREY: LITTLE})
    lab = decided(said, draw((*LEFT, TONE), (*RIGHT, TONE)))
    there, elsewhere = mean_chroma(lab, LEFT), mean_chroma(lab, RIGHT)
    assert hues[0] < np.degrees(np.arctan2(there[1], there[0])) % 360 < hues[1]
    assert np.linalg.norm(there) > 0.04
    assert elsewhere[0] > 0.05


def test_hatched_paper_is_no_bare_paper():
    """Contract: of two areas of the same tone the one full of strokes, as hair and cloth are, gets the colour said."""
    side = 6 * int(np.sqrt(SMALLEST_HATCHED_PX))
    hatched, bare = (100, 40, 100 + side, 40 + side), (100, 180, 100 + side, 180 + side)
    page = draw(hatched, bare)
    found = find(page, lambda _: [])
    page.ink[100 : 100 + side, 40 : 40 + side] = CLEAR_INK / 2
    said = Said().tell(hatched, {BLUE: 0.55, GREY: 0.4}).tell(bare, {BLUE: 0.55, GREY: 0.4})
    lab = decide(said.guess, page, found, TRAITS)
    assert mean_chroma(lab, hatched)[1] < -0.05
    assert_white(lab, bare)


def of_two_minds(share):
    """What is decided in a square of this share of the page, red for five eighths of its width, then blue."""
    side = side_of(share)
    top = left = (SIZE - side) // 2 // CELL_PX * CELL_PX
    bottom, right, change = top + side, left + side, left + 5 * side // 8 // CELL_PX * CELL_PX
    one, other = (top, left, bottom, change), (top, change, bottom, right)
    lab = decided(Said().tell(one, {RED: SURE}).tell(other, {BLUE: SURE}), draw((top, left, bottom, right, TONE)))
    return mean_chroma(lab, one), mean_chroma(lab, other)


FAR_APART = np.linalg.norm(np.subtract(RED, BLUE))
ONE_COLOUR = (1 - THING_SHARE + 0.1) * FAR_APART


def test_a_thing_gets_about_one_colour_though_its_cells_disagree():
    """Contract: and the smaller part gives way rather than the larger."""
    one, other = of_two_minds(0.7 * THING_SIZES[0])
    assert np.linalg.norm(one - other) < ONE_COLOUR
    gave, stayed = (np.linalg.norm(found - said) for found, said in ((other, BLUE), (one, RED)))
    assert gave > stayed


def test_a_ground_keeps_the_two_colours_of_its_halves():
    one, other = of_two_minds(1.5 * THING_SIZES[1])
    assert np.linalg.norm(one - other) > 0.55 * FAR_APART
    assert np.linalg.norm(other - BLUE) < np.linalg.norm(other - RED)


def test_the_hair_of_a_face_has_one_colour_on_paper_too():
    """Contract: two tufts of which red and blue is said; without the face they are two colours, or white."""
    head = (180, 132, 220, 172)
    for tone in (TONE, 1.0):
        page = draw((*LEFT, tone), (*RIGHT, tone), head)
        said = Said().tell(LEFT, DOUBTFUL).tell(RIGHT, {BLUE: 0.55, GREY: 0.4})
        alike = decided(said, page, face(head, (LEFT, RIGHT)))
        apart = decided(said, page)
        assert np.linalg.norm(mean_chroma(alike, LEFT) - mean_chroma(alike, RIGHT)) < ONE_COLOUR
        assert min(np.linalg.norm(mean_chroma(alike, box)) for box in (LEFT, RIGHT)) > 0.02
        if tone == 1:
            assert_white(apart, LEFT)
        else:
            assert np.linalg.norm(mean_chroma(apart, LEFT) - mean_chroma(apart, RIGHT)) > 0.7 * FAR_APART


def test_hair_on_paper_that_only_the_label_knows_has_a_colour():
    """Contract: bare paper that is rather grey is white, unless the label says hair."""
    said = Said().tell(LEFT, DOUBTFUL, hair=0.9).tell(RIGHT, DOUBTFUL)
    lab = decided(said, draw(LEFT, RIGHT))
    assert np.linalg.norm(mean_chroma(lab, LEFT)) > 0.04
    assert_white(lab, RIGHT)


def settled_on_the_left(said, page, colour, share=1.0):
    """Decided colours in OKLab of a page on which somebody has settled one."""

    def choose(found, kinds, colours, sight=None):
        chosen = Chosen(np.zeros((len(found.areas.sizes), 3), np.float32), np.zeros(len(found.areas.sizes), np.float32))
        area = found.areas.labels[(LEFT[0] + LEFT[2]) // 2, (LEFT[1] + LEFT[3]) // 2]
        chosen.colours[area], chosen.share[area] = colour, share
        return chosen

    traits = Traits(SIZE, CELL_PX, BINS, tuple(said.labels))
    return decide(said.guess, page, find(page, lambda _: []), traits, choose)


def test_skin_whose_colour_is_settled_has_it_and_other_skin_the_usual():
    brown = (0.5, 0.05, 0.06)
    said = Said(paint=(0.75, 0.65, 0.6)).tell(LEFT, {PEACH: 0.5}, skin=0.97).tell(RIGHT, {PEACH: 0.5}, skin=0.97)
    lab = settled_on_the_left(said, draw(LEFT, RIGHT), brown)
    np.testing.assert_allclose(mean_chroma(lab, LEFT), brown[1:], atol=5e-3)
    assert abs(lab[inside(LEFT)][..., 0].mean() - brown[0]) < 0.1
    assert_skin(lab, RIGHT)
    assert lab[inside(RIGHT)][..., 0].min() > 0.8


@pytest.mark.parametrize(("share", "is_grey"), [(1.0, True), (0.99, False)])
def test_grey_that_somebody_has_settled_stays_on_bare_paper(share, is_grey):
    """Contract: a series' grey hair is grey where it is drawn white; grey that the page has chosen is a stain there."""

    page = draw(LEFT)
    lab = tidy(settled_on_the_left(Said().tell(LEFT, DOUBTFUL, hair=0.9), page, (0.5, 0, 0), share), page, 1.0)
    if is_grey:
        assert abs(lab[inside(LEFT)][..., 0] - 0.55).max() < 0.1
        assert np.linalg.norm(lab[inside(LEFT)][..., 1:], axis=-1).max() < 0.05
    else:
        assert_white(lab, LEFT)


def test_a_toned_garment_is_not_grey_but_a_bare_one_may_be_white():
    """Contract: the same chances, a garment or not: its tone stands for a colour. White shirts stay white."""
    mostly_grey = {BLUE: 0.1, GREY: 0.88}
    said = Said().tell(LEFT, mostly_grey, garment=0.9).tell(RIGHT, mostly_grey)
    lab = decided(said, draw((*LEFT, TONE), (*RIGHT, TONE)))
    assert np.linalg.norm(mean_chroma(lab, LEFT)) > np.linalg.norm(mean_chroma(lab, RIGHT)) + 0.02
    assert_white(decided(said, draw(LEFT, RIGHT)), LEFT)


def test_what_lies_in_skin_is_skin_unless_it_is_an_eye_or_large():
    """Contract of `ENCLOSED_SIZE`: a lip or a fold that the label says nothing of; hair, an eye and a shirt stay."""
    skin = (110, 80, 190, 180)

    def in_skin(share=0.83 * ENCLOSED_SIZE, **labels):
        side = int(np.sqrt(share) * SIZE)
        spot = (140, 120, 140 + side, 120 + side)
        said = Said(paint=(0.75, 0.65, 0.6)).tell(skin, {PEACH: SURE}, skin=0.97)
        said.tell(spot, {BLUE: SURE}, skin=0.02, **labels)
        lab = decided(said, draw(skin, spot))
        return lab[140 + side // 2, 120 + side // 2]

    assert in_skin(garment=0.9)[1:] @ PEACH > 0
    for other in (in_skin(hair=0.9), in_skin(share=6 * ENCLOSED_SIZE, garment=0.9)):
        assert other[1:] @ PEACH <= 0.0005
    assert in_skin(eye=0.9)[0] > SKIN_LIGHTNESS[1], "bare irises are nearly white"


def test_a_cheek_that_lines_part_from_its_face_is_skin():
    """Contract of `CHEEK_SIZE`: larger than a lip, if the label gives it a little chance; a shirt it does not."""
    skin = (100, 90, 206, 196)  # about as large as skin may be

    def is_skin(share, chance):
        side = int(np.sqrt(share) * SIZE)
        cheek = (130, 120, 130 + side, 120 + side)
        said = Said(paint=(0.75, 0.65, 0.6)).tell(skin, {PEACH: SURE}, skin=0.97)
        said.tell(cheek, {BLUE: SURE}, skin=chance, garment=0.9)
        return bool(mean_chroma(decided(said, draw(skin, cheek)), cheek) @ PEACH > 0.0005)

    assert is_skin(0.7 * CHEEK_SIZE, 1.3 * CHEEK_CHANCE)
    assert not is_skin(0.7 * CHEEK_SIZE, 0.5 * CHEEK_CHANCE)
    assert not is_skin(1.8 * CHEEK_SIZE, 1.3 * CHEEK_CHANCE)


def is_skin_at(box, shares, *faces, paint=(0.75, 0.65, 0.6), **labels):
    """Whether a box of bare paper is decided to be skin."""
    boxes = {box, *(one.box for one in faces)}
    chroma = mean_chroma(decided(Said(paint=paint).tell(box, shares, **labels), draw(*boxes), *faces), box)
    return bool(20 < np.degrees(np.arctan2(chroma[1], chroma[0])) < 60)


def test_fair_hair_has_the_shades_of_skin_and_is_none():
    """Contract of `RIVALRY`: what is said of it would be an arm, were it cloth that is as likely."""
    shares, skin = {BLUE: 0.4, PEACH: 0.45}, 0.9 * (CLOSE_RIVALRY + RIVALRY) / 2
    assert is_skin_at(LEFT, shares, SOMEBODY, garment=0.9, skin=skin)
    assert not is_skin_at(LEFT, shares, SOMEBODY, hair=0.9, skin=skin)


def test_a_fringe_is_no_forehead_and_a_forehead_no_hair():
    """Contract of `SURE_RIVALRY` and `RATHER_SKIN`: where a face and its hair are looked for, the label decides."""
    head = (180, 132, 220, 172)
    found = face(LEFT, (RIGHT, RIGHT))
    assert is_skin_at(LEFT, {BLUE: SURE}, found, hair=0.9, skin=1.1 * SURE_RIVALRY * 0.9)
    assert not is_skin_at(LEFT, {BLUE: SURE}, found, hair=0.9, skin=0.5 * SURE_RIVALRY * 0.9)
    found = face(head, (LEFT, LEFT))
    assert is_skin_at(LEFT, {BLUE: SURE}, found, skin=0.6, hair=0.95 * 0.6 / RATHER_SKIN)
    assert not is_skin_at(LEFT, {BLUE: SURE}, found, skin=0.6, hair=1.05 * 0.6 / RATHER_SKIN)


def test_animals_are_neither_skin_nor_clothes():
    """Contract: bare fur is white, toned fur has one of its own colours, whatever else is less likely."""
    said = Said()
    for box in (LEFT, RIGHT):
        said.tell(box, {BLUE: LITTLE, GREY: 0.5}, animal=0.9, skin=0.6, garment=0.6)
    lab = decided(said, draw(LEFT, (*RIGHT, TONE)))
    assert_white(lab, LEFT)
    off = np.linalg.norm(palette_lab("fur")[:, 1:] - mean_chroma(lab, RIGHT), axis=1)
    assert off.min() < 0.02
    assert not is_skin_at(LEFT, {PEACH: SURE}, face(LEFT, (RIGHT, RIGHT)), animal=0.9, skin=0.6)


def test_what_may_be_an_animal_is_one_beside_one_that_surely_is():
    """Contract of `SURE_FUR`: a doubtful box that touches a sure one is fur, else the skin that it may be."""
    body, head = (120, 64, 180, 124), (120, 124, 180, 184)

    def is_skin(surest):
        said = Said(paint=(0.75, 0.65, 0.6))
        said.tell(body, {PEACH: SURE}, animal=1.1 * FUR_CHANCE, skin=0.9 * FUR_CHANCE)
        said.tell(head, {PEACH: SURE}, animal=surest, skin=0.9 * FUR_CHANCE)
        chroma = mean_chroma(decided(said, draw(body, head)), body)
        return bool(20 < np.degrees(np.arctan2(chroma[1], chroma[0])) < 60) and np.linalg.norm(chroma) > 0.03

    assert is_skin(0.95 * SURE_FUR)
    assert not is_skin(1.1 * SURE_FUR)


def test_where_one_animal_is_seen_there_are_others():
    """Contract of `SEEN_SHARE`: a doubtful box far from a sure animal is white, as bare fur is; else it is blue."""

    def is_white(surest, size=60, animal=1.2 * OTHER_FUR):
        sure = (20, 20, 20 + size, 20 + size)
        said = Said().tell(sure, {BLUE: LITTLE, GREY: 0.5}, animal=surest, skin=0.02, garment=0.02)
        said.tell(RIGHT, {BLUE: SURE}, animal=animal, garment=OTHER_FUR, ground=0.1)
        return np.linalg.norm(mean_chroma(decided(said, draw(sure, RIGHT)), RIGHT)) < 0.01

    assert is_white(1.1 * SURE_FUR)
    assert not is_white(0.9 * SURE_FUR)
    assert not is_white(1.1 * SURE_FUR, size=16), "a spot is no animal"
    assert not is_white(1.1 * SURE_FUR, animal=0.9 * OTHER_FUR)


def test_ground_behind_a_head_is_no_hair():
    """Contract of `SURE_LABEL`: where a face has its hair and the label is sure of ground, there is ground."""

    def chroma(**labels):
        said = Said().tell(LEFT, {BLUE: LITTLE, GREY: 0.5}, **labels)
        head = (180, 132, 220, 172)
        return np.linalg.norm(mean_chroma(decided(said, draw(LEFT, head), face(head, (LEFT, LEFT))), LEFT))

    assert chroma(ground=0.8, hair=1.2 * SURE_RIVALRY * 0.8) > 0.03
    assert chroma(ground=0.8, hair=0.5 * SURE_RIVALRY * 0.8) < 0.01


def test_the_gloss_of_black_clothes_is_theirs_whatever_it_looks_like():
    """Contract of `FOLD_SHARE`: a toned patch in black clothes is dark with them; in other black it is not."""
    outer, patch = (80, 64, 200, 184), (120, 104, 160, 144)

    def lightness(of_black):
        page = draw(outer)
        page.ink[outer[0] : outer[2], outer[1] : outer[3]] = 0
        page.ink[patch[0] : patch[2], patch[1] : patch[3]] = 1
        page.tone[patch[0] : patch[2], patch[1] : patch[3]] = TONE
        said = Said().tell(outer, garment=of_black, ground=0.9 - of_black)
        said.tell(patch, {GREEN: LITTLE, GREY: 0.5}, garment=2 * FOLD_CHANCE, ground=0.6)
        return decided(said, page)[inside(patch)][..., 0].mean()

    assert lightness(0.85) < lightness(0.05) - 0.1


def test_the_other_half_of_a_coat_has_its_colour():
    """Contract of `SAME_SCREEN`: what is a garment about as likely as ground is one where clothes have its tone."""

    def colours(tone):
        said = Said().tell(LEFT, {BLUE: 0.4}, garment=0.8)
        said.tell(RIGHT, {RED: 0.3, GREY: 0.3}, garment=0.45, ground=0.45)
        lab = decided(said, draw((*LEFT, TONE), (*RIGHT, tone)), panels=np.ones((SIZE, SIZE), np.int32))
        return mean_chroma(lab, LEFT), mean_chroma(lab, RIGHT)

    coat, half = colours(TONE)
    assert np.linalg.norm(coat - half) < 0.05
    coat, other = colours(TONE - 0.25)
    assert np.linalg.norm(coat - other) > 0.1


@pytest.mark.parametrize("rival", ["hair", "garment", "ground", "paper"])
def test_what_is_rather_something_else_is_no_skin(rival):
    said = Said()
    for box, chance in ((LEFT, 0.97), (RIGHT, 0.1)):
        said.tell(box, {BLUE: 0.5, PEACH: LITTLE}, skin=0.3, **{rival: chance})
    lab = decided(said, draw(LEFT, RIGHT))
    assert_skin(lab, RIGHT)
    with pytest.raises(AssertionError):
        assert_skin(lab, LEFT)


def test_large_bare_areas_far_from_faces_must_be_rather_skin_than_ground(monkeypatch):
    """Contract of `FAR_SHARE`, `FAR`, `LEAST_FAR` and `MAY_BE_FACE`; near a face, small, or like an animal a lower
    share will do."""
    share, side = (GROUND_SHARE + FAR_SHARE) / 2, side_of(2 * LEAST_FAR)
    large = (120, 200, 120 + side, 200 + side)
    middle, high = 120 + side / 2, 20
    near, far = (
        (int(middle - down - high / 2), 190, int(middle - down + high / 2), 210 + side)
        for down in (0.9 * FAR * high, 1.2 * FAR * high)
    )

    def is_skin(box, beside=far, share=share, **labels):
        said = Said(paint=(0.75, 0.65, 0.6))
        said.tell(box, {GREY: 0.5, PEACH: LITTLE}, skin=share * 0.9, ground=0.9, **labels)
        lab = decided(said, draw(box), face(beside, (beside, beside)))
        return lab[(box[0] + box[2]) // 2, (box[1] + box[3]) // 2, 1] > 0.02

    assert not is_skin(large)
    assert is_skin(large, share=1.1 * FAR_SHARE)
    assert is_skin(large, beside=near)
    assert is_skin(large, animal=1.1 * MAY_BE_FACE)
    monkeypatch.setattr(skin_areas, "LEAST_FAR", 4 * LEAST_FAR)
    assert is_skin(large), "not large any more"


def test_what_is_rather_cloth_far_from_faces_is_no_skin():
    """Contract of `CLOTH_RIVALRY`, `LEAST_PEAK` and what may lie beside it, each on either side of its threshold."""
    coat, high = (160, 160, 216, 216), 20
    middle = (coat[0] + coat[2]) / 2
    near, far = (
        (int(middle - down - high / 2), 180, int(middle - down + high / 2), 200)
        for down in (0.9 * FAR * high, 1.2 * FAR * high)
    )
    beside = (coat[0], coat[3], coat[2], coat[3] + 24)  # shares a quarter of the coat's border
    assert max(MOST_SKIN_BESIDE, MOST_HAIR_BESIDE) < 0.25

    def is_skin(away=far, rivalry=1.1 * CLOTH_RIVALRY, peak=None, **neighbour):
        said = Said(paint=(0.75, 0.65, 0.6))
        said.tell(coat, {GREY: 0.4, PEACH: DOUBTFUL[RED]}, skin=0.2, garment=0.2 * rivalry)
        if peak is not None:
            said.tell((coat[0], coat[1], coat[0] + 20, coat[3]), skin=peak)
        said.tell(beside, **({"ground": 0.9} | neighbour))
        lab = decided(said, draw(coat, beside), *([face(away, (away, away))] if away else []))
        return lab[coat[2] - 12, 180, 1] > 0.02

    assert not is_skin()
    assert not is_skin(away=None), "without a face all is far"
    assert is_skin(rivalry=0.9 * CLOTH_RIVALRY)
    assert is_skin(away=near)
    assert is_skin(peak=1.2 * LEAST_PEAK)
    assert not is_skin(rivalry=1.5 * CLOTH_RIVALRY, peak=0.8 * LEAST_PEAK)
    assert is_skin(ground=0.02, skin=0.9), "a hand"
    assert is_skin(ground=0.02, hair=0.9), "a head"


@pytest.mark.parametrize(
    ("rivalries", "shades"),
    [((CLOSE_RIVALRY, RIVALRY), (0.45, LITTLE)), ((BARE_RIVALRY, CLOSE_RIVALRY), (0.55, 0.4))],
    ids=["close", "bare"],
)
def test_shades_of_skin_speak_for_skin_where_cloth_is_too_likely(rivalries, shades):
    """Contract of `CLOSE_RIVALRY`, a bare arm and a lapel of which the label says the same, and of `BARE_RIVALRY`, a
    forehead and a sleeve: the first is skin, the second is not."""
    said = Said()
    for box, share in zip((LEFT, RIGHT), shades, strict=True):
        said.tell(box, {BLUE: 0.4, PEACH: share}, skin=0.9 * sum(rivalries) / 2, garment=0.9)
    lab = decided(said, draw(LEFT, RIGHT), SOMEBODY)
    assert_skin(lab, LEFT)
    with pytest.raises(AssertionError):
        assert_skin(lab, RIGHT)


def test_toned_cloth_beside_clothes_is_no_shaded_skin():
    """Contract of `TONED_RIVALRY`: a collar between two shirts, unless it is bare, stands alone, or is surer skin."""
    collar, shirts = (120, 104, 160, 144), ((120, 64, 160, 104), (120, 144, 160, 184))
    garment = 0.45

    def is_skin(skin, tone=0.8, *, beside=True):
        said = Said(paint=(0.7, 0.6, 0.55)).tell(
            collar, {BLUE: 0.5, PEACH: LITTLE}, skin=skin * garment, garment=garment
        )
        for box in shirts if beside else ():
            said.tell(box, {BLUE: SURE}, skin=0.01, garment=0.97)
        around = [(*box, 0.8) for box in shirts] if beside else []
        chroma = mean_chroma(decided(said, draw((*collar, tone), *around), SOMEBODY), collar)
        return bool(20 < np.degrees(np.arctan2(chroma[1], chroma[0])) < 90)

    less, more = (RIVALRY + TONED_RIVALRY) / 2, (1 + TONED_RIVALRY) / 2
    assert not is_skin(less)
    assert is_skin(more)
    assert is_skin(less, tone=1.0)
    assert is_skin(less, beside=False)


def test_walls_of_one_panel_agree_on_a_colour():
    """Contract of `ROOM_SHARE`: two parts of the ground, as light as each other, of which red and blue are said; in two
    panels, or as light and dark, each has its own, and so have things that are no ground."""
    halves = np.repeat(np.array([[1, 2]], np.int16), SIZE // 2, axis=1).repeat(SIZE, axis=0)

    def apart(tones=(TONE, TONE), panels=None, label="ground"):
        said = Said().tell(LEFT, {RED: SURE}, **{label: 0.95}).tell(RIGHT, {BLUE: 0.6, RED: 0.3}, **{label: 0.95})
        lab = decided(said, draw((*LEFT, tones[0]), (*RIGHT, tones[1])), panels=panels)
        return np.linalg.norm(mean_chroma(lab, LEFT) - mean_chroma(lab, RIGHT))

    assert apart() < 0.3 * FAR_APART
    assert apart(panels=halves) > 0.7 * FAR_APART
    assert apart(tones=(0.85, 0.3)) > 0.7 * FAR_APART
    assert apart(label="paper") > 0.7 * FAR_APART


def test_clothes_of_bare_paper_are_white():
    """Contract of `is_bare_cloth`: whatever is likely. Toned ones have a colour, and bare ground, and the learnt."""
    said = Said().tell(LEFT, {RED: SURE}, garment=0.9).tell(RIGHT, {RED: SURE}, ground=0.9)
    lab = decided(said, draw(LEFT, RIGHT))
    assert_white(lab, LEFT)
    assert mean_chroma(lab, RIGHT)[0] > 0.03
    assert np.linalg.norm(mean_chroma(decided(said, draw((*LEFT, TONE))), LEFT)) > 0.03
    assert np.linalg.norm(mean_chroma(decided(said, draw(LEFT), has_learnt=True), LEFT)) > 0.03


def test_what_is_toned_and_likeliest_grey_has_a_tint_of_its_likeliest_other_colour():
    """Contract of `TINT`: toned areas that are nothing we know; bare paper stays white, livelier colours stay."""
    mostly_grey = {GREEN: 0.2, GREY: 0.75}
    lab = decided(Said().tell(LEFT, mostly_grey).tell(RIGHT, {RED: SURE}), draw((*LEFT, TONE), (*RIGHT, TONE)))
    tint = mean_chroma(lab, LEFT)
    assert 0.5 * TINT < np.linalg.norm(tint) < 1.05 * LIVELINESS * TINT
    assert tint @ GREEN > 0.8 * np.linalg.norm(tint) * np.linalg.norm(GREEN)
    assert np.linalg.norm(mean_chroma(lab, RIGHT)) > 1.5 * TINT
    assert_white(decided(Said().tell(LEFT, mostly_grey), draw(LEFT)), LEFT)


def test_a_floor_has_a_colour_of_its_own():
    """Contract of `ROOM_SHARE`: a wall listens to the walls of its panel, not to a floor as light as it."""

    def wall_beside(**other):
        said = Said().tell(LEFT, {BLUE: 0.6, RED: 0.3}, ground=0.95).tell(RIGHT, {RED: SURE}, **other)
        return mean_chroma(decided(said, draw((*LEFT, TONE), (*RIGHT, TONE))), LEFT)

    alone = wall_beside(eye=0.95)
    is_floor = 0.1 * USUAL["floor"].sure[0] + 0.9 * USUAL["floor"].sure[1]
    np.testing.assert_allclose(wall_beside(ground=0.95, floor=is_floor), alone, atol=0.01)
    assert np.linalg.norm(wall_beside(ground=0.95) - alone) > 0.03


@pytest.mark.parametrize("label", list(USUAL))
def test_scenery_whose_colour_is_known_has_it_on_bare_paper_too(label):
    """Contract of `is_known`: bare paper that is rather grey is white, unless it is surely something that is not."""
    mostly_grey = {BLUE: 0.02, GREY: 0.5}
    said = Said().tell(LEFT, mostly_grey, ground=0.97, **{label: 0.9}).tell(RIGHT, mostly_grey, ground=0.97)
    lab = decided(said, draw(LEFT, RIGHT))
    assert np.linalg.norm(mean_chroma(lab, LEFT)) > 0.015
    assert_white(lab, RIGHT)


@pytest.mark.parametrize(
    ("has_learnt", "has_backdrops"),
    [(False, True), (True, True), (False, False)],
    ids=["guesses", "learnt", "unwanted"],
)
def test_bare_paper_behind_people_has_a_pale_colour_unless_a_series_is_learnt(has_learnt, has_backdrops):
    panel, other = (20, 20, 140, 160), (180, 20, 300, 160)
    said, page = Said(), draw(panel, other)
    for box in (panel, other):
        said.tell(box, {GREY: 0.6, BLUE: 0.1}, ground=0.9)
    panels = np.zeros((SIZE, SIZE), np.int32)
    panels[panel[0] : panel[2], panel[1] : panel[3]] = 1
    found = in_panels(find(page, lambda _: []), panels)
    traits = Traits(SIZE, CELL_PX, BINS, tuple(said.labels), has_learnt=has_learnt)
    lab = tidy(decide(said.guess, page, found, traits, has_backdrops=has_backdrops), page, 1.0)
    if has_learnt or not has_backdrops:
        assert_white(lab, panel)
    else:
        assert np.linalg.norm(mean_chroma(lab, panel)) == pytest.approx(CHROMA, rel=0.15)
        assert lab[inside(panel)][..., 0].min() > 0.88
    assert_white(lab, other)


def test_colours_nobody_is_certain_of_are_made_livelier():
    """Contract of `LIVELINESS`: a colour that is sure stays as it is; of one that is not, less is left by the mean."""
    violet = (0.035, -0.07)
    sure = np.linalg.norm(mean_chroma(decided(Said().tell(LEFT, {violet: SURE}), draw((*LEFT, TONE))), LEFT))
    assert sure == pytest.approx(np.hypot(*violet), abs=0.012)
    unsure = Said().tell(LEFT, {violet: 0.3, (0.0, -0.07): 0.05})
    assert np.linalg.norm(mean_chroma(decided(unsure, draw((*LEFT, TONE))), LEFT)) > 1.1 * sure


def test_what_nobody_knows_is_not_vivid_orange():
    """Contract of `MOST_WARM`, however sure it is; blue may be vivid. The area is small, so that it may be."""
    vivid_red, vivid_blue = (0.175, 0.07), (-0.035, -0.175)
    small = (120, 64, 136, 80)

    def length(colour, chance):
        return np.linalg.norm(mean_chroma(decided(Said().tell(small, {colour: chance}), draw((*small, TONE))), small))

    for chance in (0.4, SURE):
        assert length(vivid_red, chance) < 1.1 * MOST_WARM
        assert length(vivid_blue, chance) > 1.5 * MOST_WARM


@pytest.mark.parametrize(("has_learnt", "screened", "lift"), [(False, 0.8, LIFT), (False, 0.1, 0), (True, 0.8, 0)])
def test_screens_are_shaded_like_the_paint_and_lifted_unless_a_series_was_learnt(has_learnt, screened, lift):
    said = Said()
    lights = np.zeros((SIZE, SIZE), np.float32)
    lights[:] = 0.55 + 0.2 * (np.arange(SIZE) - SIZE / 2) / SIZE
    lights[inside(RIGHT, -4)] = 0.7
    said.paint = srgb_from_oklab(np.stack([lights, 0 * lights, 0 * lights], axis=2))
    lab = decided(said, draw((*LEFT, TONE), (*RIGHT, TONE)), has_learnt=has_learnt, screened=screened)[..., 0]
    for box in (LEFT, RIGHT):
        paint = lights[inside(box)].mean()
        assert lab[inside(box)].mean() == pytest.approx(paint + lift * (LIFTED_TO - paint), abs=0.01)
    slope = np.polyfit(np.arange(28), lab[inside(LEFT)].mean(axis=0), 1)[0]
    kept = SHADING * (1 - lift)
    assert 0.4 * kept * 0.2 / SIZE < slope < 0.2 / SIZE


# Any page


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (7, 13), (33, 18)])
@pytest.mark.parametrize("page_size", [(1, 1), (40, 23)])
def test_pages_of_any_size(size, page_size):
    """Invariant: a colour in [0, 1] for each pixel; areas are found at another size than the canvas has."""
    rng = np.random.default_rng(0)
    found = find(Separation(*rng.random((2, *page_size), np.float32)), lambda _: [])
    page = Separation(*rng.random((2, *size), np.float32))
    colour = srgb_from_oklab(decide(Said(size).guess, page, found, TRAITS))
    assert colour.shape == (*size, 3)
    assert colour.dtype == np.float32
    assert np.isfinite(colour).all()
    assert 0 <= colour.min() <= colour.max() <= 1


def test_areas_found_on_a_larger_page_are_those_of_the_canvas():
    page = draw(LEFT, (*RIGHT, TONE))
    large = Separation(*(cv2.resize(plane, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_NEAREST) for plane in page))
    said = Said(paint=(0.75, 0.65, 0.6)).tell(LEFT, {PEACH: LITTLE}, skin=0.97).tell(RIGHT, {BLUE: SURE})
    lab = decide(said.guess, page, find(large, lambda _: []), TRAITS)
    assert_skin(lab, LEFT)
    assert np.linalg.norm(mean_chroma(lab, RIGHT) - BLUE) < 0.03


def test_areas_too_small_for_the_canvas_are_passed_over():
    """Invariant: of the areas found on a page the last one may have no pixel left at the working size."""
    large = Separation(np.ones((240, 240), np.float32), np.ones((240, 240), np.float32))
    large.ink[200:202], large.ink[:, 200:202] = 0, 0
    found = find(large, lambda _: [])
    labels = found.areas.labels
    size = (1, 6)
    assert 0 < fit_labels(labels, size).max() < labels.max()
    page = Separation(np.ones(size, np.float32), np.ones(size, np.float32))
    np.testing.assert_allclose(srgb_from_oklab(decide(Said(size).guess, page, found, TRAITS)), 1, atol=4e-3)


def test_a_page_of_ink_alone():
    """Invariant: nothing is seen, and no sum of weights is divided by."""
    page = Separation(np.zeros((50, 30), np.float32), np.ones((50, 30), np.float32))
    colour = srgb_from_oklab(decide(Said((50, 30)).guess, page, find(page, lambda _: []), TRAITS))
    assert np.isfinite(colour).all()
    assert 0 <= colour.min() <= colour.max() <= 1


def test_generators_without_chances_are_refused():
    page = draw(LEFT)
    guess = Said().guess._replace(chroma_logits=None)
    with pytest.raises(ValueError, match="chances"):
        decide(guess, page, find(page, lambda _: []), TRAITS)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (12, 4), (6, 7), (17, 29)])
def test_labels_are_fitted_from_the_nearest_pixel(size):
    """Oracle: the pixel under the middle of each, looked up with numpy."""
    labels = np.arange(6 * 7, dtype=np.int32).reshape(6, 7) * 70_000
    rows, columns = (
        ((2 * np.arange(here) + 1) * there // (2 * here)) for here, there in zip(size, labels.shape, strict=True)
    )
    np.testing.assert_array_equal(fit_labels(labels, size), labels[rows[:, None], columns])


def test_blue_ground_that_is_rather_a_floor_is_a_grey_street():
    """Contract of `STREET_FLOOR`, `STREET_GROUND` and `MOST_SKY`: what is no ground, or may be a sky, stays blue."""

    def is_blue(**labels):
        lab = decided(
            Said().tell(LEFT, {BLUE: SURE}, **({"ground": 0.95, "floor": 0.38} | labels)), draw((*LEFT, TONE))
        )
        return mean_chroma(lab, LEFT)[1] < -0.02

    assert not is_blue()
    assert is_blue(floor=0.02)
    assert is_blue(ground=0.5)
    assert is_blue(sky=0.5)


@pytest.mark.parametrize("has_backdrops", [True, False], ids=["wanted", "unwanted"])
def test_a_wall_runs_on_where_no_line_is_unless_bare_paper_stays_white(has_backdrops):
    """Contract of `run_on`: two boxes share a border that is told to be open; one is a blue wall, the other bare."""
    wall, bare = (60, 40, 200, 140), (60, 140, 200, 240)
    said = Said().tell(wall, {BLUE: SURE}, ground=0.95).tell(bare, {GREY: 0.6}, ground=0.45)
    found = in_panels(find(draw((*wall, TONE), bare), lambda _: []), np.ones((SIZE, SIZE), np.int32))
    contacts = found.areas.contacts
    one, other = (int(found.areas.labels[130, x]) for x in (90, 190))
    is_theirs = (contacts.pairs == sorted((one, other))).all(axis=1)
    contacts = contacts._replace(open_px=np.where(is_theirs, contacts.total_px, contacts.open_px))
    found = found._replace(areas=found.areas._replace(contacts=contacts))
    page, traits = draw((*wall, TONE), bare), Traits(SIZE, CELL_PX, BINS, tuple(said.labels))
    lab = tidy(decide(said.guess, page, found, traits, has_backdrops=has_backdrops), page, 1.0)
    if has_backdrops:
        assert np.linalg.norm(mean_chroma(lab, bare) - mean_chroma(lab, wall)) < 0.03
        assert np.linalg.norm(mean_chroma(lab, bare)) > 0.03
    else:
        assert_white(lab, bare)


@pytest.mark.parametrize("has_learnt", [False, True], ids=["guesses", "learnt"])
def test_grey_has_a_cool_tint_unless_a_series_is_learnt(has_learnt, monkeypatch):
    """Contract of `tint_greys`: a box with a light tone that is surely grey, and nothing known, with and without it."""
    page = draw((*LEFT, 0.935))
    said = Said(paint=(0.7, 0.7, 0.7)).tell((0, 0, SIZE, SIZE), {GREY: 0.99})
    tinted = mean_chroma(decided(said, page, has_learnt=has_learnt), LEFT)
    monkeypatch.setattr(tinted_greys, "TINT", 0.0)
    off = tinted - mean_chroma(decided(said, page, has_learnt=has_learnt), LEFT)
    if has_learnt:
        assert (off == 0).all()
    else:
        assert np.degrees(np.arctan2(off[1], off[0])) % 360 == pytest.approx(tinted_greys.COOL, abs=5)
        assert np.linalg.norm(off) > 0.003
