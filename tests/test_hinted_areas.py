"""Hints where colours are decided by areas.

Oracles: `CorrectedPage`, to which the same fills are done as steps; the contract of hints in docs/guide.md, pixel by
pixel.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mangacolor import BadInputError, Hint
from mangacolor.colorize.corrected import CorrectedPage
from mangacolor.colorize.corrections import Step
from mangacolor.colorize.layers import in_layers
from mangacolor.colorize.looks import Look
from mangacolor.image import as_decoded, float_from_pixels
from mangacolor.image.color import oklab_from_srgb
from mangacolor.image.decoded import Animation, Frame
from mangacolor.image.photoshop import layered_file

HEIGHT, WIDTH = 560, 420
RED, BLUE, GREEN = (200, 60, 40), (60, 90, 200), (60, 160, 90)
BOX, OTHER_BOX, BALLOON = (80, 210), (280, 210), (200, 345)
NEAR_PX = 25
"""Colour is spread to the page with what lies so near."""
DARK = 80
"""Lettering and lines are darker, and have no hue."""


def drawn():
    """A page of three panels, with a toned box in each, and a balloon with lettering in the last."""
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    pen = ImageDraw.Draw(image)
    for left, top, right, bottom in ((20, 20, 200, 270), (220, 20, 400, 270), (20, 290, 400, 540)):
        pen.rectangle((left, top, right, bottom), outline=0, width=3)
        pen.rectangle((left + 20, top + 160, left + 120, bottom - 30), fill=150, outline=0, width=2)
    pen.ellipse((150, 310, 380, 400), outline=0, width=3)
    for row, line in enumerate(("THE WIND TODAY", "SMELLS OF SALT")):
        pen.text((265, 340 + 30 * row), line, 0, ImageFont.load_default(20), anchor="mm")
    return np.asarray(image)


@pytest.fixture(scope="module")
def sitting(seeing_colorizer):
    """One open page for all tests that only look at it."""
    return seeing_colorizer.open(drawn())


def fills(hints):
    return [Step("fill", ((one.x, one.y),), rgb=one.rgb) for one in hints]


def corrected(sitting, hints):
    """The page to which the studio did what the hints say."""
    page = CorrectedPage(sitting)
    page.correct(fills(hints))
    return page


def within(sitting, *spots):
    """Where the areas at spots are; labels are as large as this page."""
    labels = sitting.seen.areas.areas.labels
    assert labels.shape == (HEIGHT, WIDTH)
    return np.isin(labels, [sitting.area_at(*spot) for spot in spots])


def far_from(areas):
    return cv2.dilate(areas.astype(np.uint8), np.ones((2 * NEAR_PX + 1,) * 2)) == 0


def has_hue(rgb, where, wanted):
    """Whether pixels away from lines have the hue of a colour."""
    inside = (cv2.erode(where.astype(np.uint8), np.ones((9, 9))) > 0) & (rgb.max(axis=2) > DARK)
    found = oklab_from_srgb(float_from_pixels(rgb))[inside][:, 1:]
    asked = oklab_from_srgb(np.divide(wanted, 255).astype(np.float32))[1:]
    assert len(found) > 1000
    return (found @ asked > 0.97 * np.linalg.norm(found, axis=1) * np.linalg.norm(asked)).mean() > 0.95


SETS = [[Hint(*BOX, RED)], [Hint(*BALLOON, BLUE), Hint(*OTHER_BOX, RED)], [Hint(210, 100, GREEN)]]


@pytest.mark.slow
@pytest.mark.parametrize("hints", SETS, ids=["box", "balloon and box", "gutter"])
def test_a_page_with_hints_is_one_that_was_filled(seeing_colorizer, sitting, hints):
    """Oracle: `CorrectedPage`, for `Colorizer.colorize` and for `Sitting.paint`, asking or not."""
    expected = corrected(sitting, hints).rgb
    np.testing.assert_array_equal(seeing_colorizer.colorize(drawn(), hints=hints), np.asarray(expected))
    np.testing.assert_array_equal(sitting.paint(hints), expected)
    np.testing.assert_array_equal(sitting.paint(hints, ask_generator=False), expected)


@pytest.mark.slow
def test_hints_are_filled_after_the_steps_of_a_correcting_colourizer(seeing_colorizer, sitting):
    """Oracle: `CorrectedPage`, with all of them as steps; of two in one area the hint counts."""
    steps, hints = fills([Hint(*BOX, RED), Hint(*OTHER_BOX, GREEN)]), [Hint(*OTHER_BOX, BLUE)]
    page = CorrectedPage(sitting)
    page.correct([*steps, *fills(hints)])
    hinted = seeing_colorizer.correcting(steps).colorize(drawn(), hints=hints)
    np.testing.assert_array_equal(hinted, page.rgb)
    assert has_hue(hinted, within(sitting, OTHER_BOX), BLUE)


@pytest.mark.slow
@pytest.mark.parametrize("spot", [BOX, BALLOON], ids=["box", "balloon"])
def test_a_hint_fills_its_area_and_all_else_stays_to_the_byte(sitting, spot):
    """Contract: the hue of the hint up to the lines; a balloon, which is paper, takes it like any other area."""
    plain, hinted = sitting.paint(), sitting.paint([Hint(*spot, RED)])
    area = within(sitting, spot)
    assert has_hue(hinted, area, RED)
    assert far_from(area).mean() > 0.5
    np.testing.assert_array_equal(hinted[far_from(area)], plain[far_from(area)])
    ground, (filled,) = sitting.ground(), corrected(sitting, [Hint(*spot, RED)]).corrections.fills
    differs = (ground.corrected([filled], ()) != ground.lab).any(axis=2)
    np.testing.assert_array_equal(differs, ground.labels == sitting.area_at(*spot))


@pytest.mark.slow
def test_what_looks_like_it_follows(seeing_colorizer):
    """Oracle: `CorrectedPage` of the same page, on which two boxes are told to be one garment; the third stays."""
    sitting = seeing_colorizer.open(drawn())
    plain = sitting.paint()
    areas = np.array([sitting.area_at(*BOX), sitting.area_at(*OTHER_BOX)])
    sitting._noted.looks, sitting._noted.seen = [Look("garment", areas, 0.6)], None
    hinted = sitting.paint([Hint(*BOX, RED)])
    np.testing.assert_array_equal(hinted, corrected(sitting, [Hint(*BOX, RED)]).rgb)
    assert has_hue(hinted, within(sitting, OTHER_BOX), RED)
    away = far_from(within(sitting, BOX, OTHER_BOX))
    np.testing.assert_array_equal(hinted[away], plain[away])
    both = sitting.paint([Hint(*BOX, RED), Hint(*OTHER_BOX, BLUE)])
    assert has_hue(both, within(sitting, BOX), RED)
    assert has_hue(both, within(sitting, OTHER_BOX), BLUE)


@pytest.mark.slow
def test_the_last_of_several_hints_in_one_area_decides(seeing_colorizer, sitting):
    """Contract: as if it had been the only one there."""
    first, last, other = Hint(*BOX, RED), Hint(BOX[0] + 10, BOX[1] + 5, BLUE), Hint(*BALLOON, GREEN)
    expected = sitting.paint([other, last])
    np.testing.assert_array_equal(sitting.paint([first, other, last]), expected)
    np.testing.assert_array_equal(seeing_colorizer.colorize(drawn(), hints=[first, other, last]), expected)
    assert (sitting.paint([other, last, first]) != expected).any()


@pytest.mark.slow
def test_pages_in_layers_have_the_same_pixels(seeing_colorizer, sitting):
    """Oracle: `Sitting.paint` for the page, `CorrectedPage` for the layers."""
    hints = SETS[1]
    done, outcome = seeing_colorizer.with_layers("ora").colorize_page(as_decoded(drawn()), hints=hints)
    assert outcome == "colored"
    np.testing.assert_array_equal(done.rgb, sitting.paint(hints))
    assert done.layers == layered_file(in_layers(corrected(sitting, hints)), "ora")


@pytest.mark.slow
def test_what_moves_has_no_layers(seeing_colorizer):
    """Contract of `DecodedImage.layers`: with hints as without."""
    page = as_decoded(drawn())
    moving = Animation((Frame(page.rgb),), (100, 100))
    still = seeing_colorizer.with_layers("ora")
    for hints in ([], SETS[0]):
        done, _ = still.colorize_page(dataclasses.replace(page, animation=moving), hints=hints)
        assert done.layers is None


@pytest.mark.parametrize("place", [(-1, 5), (5, -0.1), (WIDTH, 5), (5, HEIGHT)])
def test_hints_off_the_page_are_refused(seeing_colorizer, sitting, place):
    """Contract: a clear error rather than a hint that has no effect, in layers too."""
    hints = [Hint(*BOX, RED), Hint(*place, RED)]
    with pytest.raises(BadInputError, match="off the page"):
        seeing_colorizer.colorize(drawn(), hints=hints)
    with pytest.raises(BadInputError, match="off the page"):
        seeing_colorizer.with_layers("ora").colorize_page(as_decoded(drawn()), hints=hints)
    with pytest.raises(BadInputError, match="off the page"):
        sitting.paint(hints)


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ([BOX], ""),
        ([BALLOON], "a hint at 200, 345"),
        ([(210, 100), BOX, BALLOON], "hints at 210, 100 and 200, 345"),
        ([(5, 5)], "a hint at 5, 5"),
    ],
)
def test_a_hint_where_nothing_is_drawn_is_told(points, told, seeing_colorizer):
    """Contract: it is obeyed, and a note names it; a hint in the drawing needs none."""
    page, _ = seeing_colorizer.colorize_page(as_decoded(drawn()), hints=[Hint(*point, RED) for point in points])
    assert [note.kind for note in page.notes] == ["paper"] * bool(told)
    assert all(told in note.text for note in page.notes)
