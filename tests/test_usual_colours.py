"""Usual colours for things with odd ones.

Oracle: the contract of `as_usual` on boxes drawn here, whose colours and kinds are written by hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import find
from mangacolor.colorize.paint import Paint
from mangacolor.colorize.usual_colours import (
    BARE_HUE,
    BARE_LIGHTNESS,
    CALM_GREEN,
    FAIR_HUE,
    FAIR_LIGHTNESS,
    MOST_VIVID,
    MOST_VIVID_GROUND,
    SHADED_FAIR_HUE,
    SKY_HUE,
    as_usual,
)
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation

SIZE = 400
SMALL, LARGE = (40, 40, 56, 56), (120, 40, 260, 180)
"""Boxes of 0.2 % and of 12 % of the page: top, left, bottom and right."""

GREEN, BLUE, RED, MUSTARD = (135, 0.13), (255, 0.14), (30, 0.12), (82, 0.1)
"""Hues in degrees, and chroma."""


def polar(hue, chroma):
    return chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))


def usual(box, colour, lightness=0.6, tone=0.75, *, black_around=False, said=False, ground=0.0, known=0.0, **kinds):
    """Lightness, hue and chroma of the middle of a box before and after; the box is what `kinds` says."""
    top, left, bottom, right = box
    ink, tones = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    if black_around:
        ink[top - 30 : bottom + 30, left - 30 : right + 30] = 0
        ink[top:bottom, left:right] = 1
    cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
    tones[top:bottom, left:right] = tone
    found = find(Separation(ink, tones), lambda _: [])
    labels, count = found.areas.labels, len(found.areas.sizes)
    middle = ((top + bottom) // 2, (left + right) // 2)
    area = labels[middle]
    masks = {name: np.zeros(count, bool) for name in AreaKinds._fields if name.startswith("is_")}
    for name in kinds:
        masks[name][area] = True
    values = {name: np.zeros(count, np.float32) for name in ("is_known", "ground")}
    values["is_known"][area], values["ground"][area] = known, ground
    chances = np.full((count, len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
    found_kinds = kinds_told(chances, **(masks | values))
    inside = labels == area
    lights, chroma = np.full((SIZE, SIZE), 0.98, np.float32), np.zeros((SIZE, SIZE, 2), np.float32)
    lights[inside], chroma[inside] = lightness, polar(*colour)
    before = np.dstack([lights, chroma])
    is_said = np.zeros(count, bool)
    is_said[area] = said
    as_usual(Paint(lights, chroma, tones, labels), found, found_kinds, is_said)
    after = np.dstack([lights, chroma])
    np.testing.assert_array_equal(after[~inside], before[~inside])
    return tuple(
        (lab[0], np.degrees(np.arctan2(lab[2], lab[1])) % 360, np.hypot(*lab[1:]))
        for lab in (before[middle], after[middle])
    )


def stays(*order, **kinds):
    before, after = usual(*order, **kinds)
    return before == pytest.approx(after, abs=1e-6)


def test_fair_hair_is_light_and_yellow_and_its_shadows_are_deeper_and_redder():
    looks = [usual(LARGE, MUSTARD, 0.8, tone, is_hair=True)[1] for tone in (1.0, 0.85, 0.7, 0.5)]
    lightness, hues, _ = zip(*looks, strict=True)
    assert list(lightness) == sorted(lightness, reverse=True)
    assert list(hues) == sorted(hues, reverse=True)
    assert 0.8 < lightness[0] < FAIR_LIGHTNESS
    assert hues[0] == pytest.approx(FAIR_HUE, abs=0.5)
    assert hues[-1] == pytest.approx(SHADED_FAIR_HUE, abs=0.5)


def test_gloss_of_black_hair_is_not_fair_and_brown_is_neither():
    assert stays(LARGE, MUSTARD, 0.8, is_hair=True, black_around=True)
    assert stays(LARGE, (60, 0.1), 0.8, is_hair=True)
    assert stays(LARGE, MUSTARD, 0.8, is_dressed=True)


def test_greens_are_calm_and_pale_ones_stay():
    before, after = usual(LARGE, GREEN, is_plain=True)
    assert CALM_GREEN < after[2] < before[2]
    assert 128 < after[1] < before[1]
    assert stays(LARGE, (135, 0.9 * CALM_GREEN), is_plain=True)
    assert stays(LARGE, GREEN, is_plain=True, said=True)


def test_grounds_between_green_and_blue_are_blue():
    before, after = usual(LARGE, (190, 0.05), 0.85, ground=0.9, is_plain=True)
    assert after[1] == pytest.approx(SKY_HUE, abs=0.5)
    assert after[0] == before[0]
    assert after[2] == pytest.approx(before[2], abs=0.01)
    assert usual(LARGE, (190, 0.05), 0.95, 1.0, is_backdrop=True)[1][1] == pytest.approx(SKY_HUE, abs=0.5)
    assert stays(LARGE, (190, 0.05), 0.85, ground=0.9, is_dressed=True)
    assert stays(LARGE, (190, 0.05), 0.5, ground=0.9, is_plain=True), "dark teal"
    assert stays(LARGE, (190, 0.05), 0.85, ground=0.3, is_plain=True)


def test_bare_paper_that_nobody_knows_is_peach_rather_than_red():
    _, after = usual(SMALL, RED, 0.7, 1.0)
    assert after[0] == pytest.approx(BARE_LIGHTNESS, abs=1e-4)
    assert after[1] == pytest.approx(BARE_HUE, abs=0.5)
    for kinds in ({"is_hair": True}, {"is_bare_cloth": True}, {"is_skin": True}, {"known": 0.9}, {"said": True}):
        assert stays(SMALL, RED, 0.7, 1.0, **kinds)
    assert stays(SMALL, RED, 0.7, 0.75, is_plain=True), "toned red is no doubt about paper"
    assert stays(SMALL, (80, 0.12), 0.8, 1.0), "gold is not red"


def test_no_large_area_is_vivid_and_no_ground_of_any_size():
    assert usual(LARGE, BLUE, is_dressed=True)[1][2] == pytest.approx(MOST_VIVID[1], abs=1e-4)
    assert stays(SMALL, BLUE, is_dressed=True)
    assert usual(SMALL, BLUE, ground=0.9)[1][2] == pytest.approx(MOST_VIVID_GROUND, abs=1e-4)
    before, after = usual(LARGE, BLUE, is_dressed=True)
    assert (after[0], after[1]) == pytest.approx((before[0], before[1]), abs=0.1), "only the chroma is less"
