"""White paper that is open to a ground, or part of it, takes its colour; what is parted from it by a line does not.

Oracle: the contracts of `run_on` and `run_through` on pages of one panel written here: a painted wall, white paper
beside it and a border that is told to be open; and a ground of which a part is painted.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.bare_grounds import CHROMA as PALE_CHROMA
from mangacolor.colorize.bare_grounds import LIGHTNESS as PALE_LIGHTNESS
from mangacolor.colorize.findings import find, in_panels
from mangacolor.colorize.open_grounds import (
    FOLLOWING_GROUND,
    LEAST_OPEN_PX,
    LEAST_PAINTED,
    LEAST_UNPAINTED,
    OPEN_SHARE,
    run_on,
    run_through,
)
from mangacolor.colorize.paint import Paint, means_of, polar
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation

SIZE, MIDDLE = 400, 200
GREEN, CHROMA, LIGHTNESS = 130.0, 0.06, 0.85


class Page:
    """A wall and white paper beside it, both ground, in one panel."""

    def __init__(self, *, letters=False, panels=(1, 1)):
        self.ink = np.ones((SIZE, SIZE), np.float32)
        self.ink[:, MIDDLE - 2 : MIDDLE + 2] = 0
        if letters:
            for x in range(240, 380, 40):
                for y in range(60, 340, 40):
                    cv2.line(self.ink, (x - 6, y), (x + 6, y), 0.0, 2)
                    cv2.line(self.ink, (x, y - 6), (x, y + 6), 0.0, 2)
        found = find(Separation(self.ink, np.ones_like(self.ink)), lambda _: [])
        labels = found.areas.labels
        self.wall, self.white = int(labels[30, 30]), int(labels[30, SIZE - 30])
        numbers = np.repeat(panels, MIDDLE)[None] * np.ones((SIZE, 1), np.int32)
        self.found = in_panels(found, numbers.astype(np.int32))
        self.is_theirs = (found.areas.contacts.pairs == sorted((self.wall, self.white))).all(axis=1)
        assert self.is_theirs.sum() == 1
        count = len(found.areas.sizes)
        self.ground, self.said = np.full(count, 0.9, np.float32), np.zeros(count, bool)
        self.masks = {}
        self.open_share = 1.0
        self.lightness, self.chroma = np.ones((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE, 2), np.float32)
        self.paint(GREEN)

    def paint(self, hue):
        inside = self.found.areas.labels == self.wall
        self.lightness[inside], self.chroma[inside] = LIGHTNESS, polar(hue, np.full(1, CHROMA))
        return self

    def is_(self, kind, area):
        self.masks[kind] = np.arange(len(self.said)) == area
        return self

    def runs_on(self, *, times=1):
        """Whether the white paper has the wall's colour, and only it, on a canvas so many times as large."""
        contacts = self.found.areas.contacts
        open_px = np.where(self.is_theirs, np.ceil(self.open_share * contacts.total_px), 0)
        areas = self.found.areas._replace(contacts=contacts._replace(open_px=open_px))
        large = np.ones((times, times), np.int32)
        labels, ink = np.kron(areas.labels, large), np.kron(self.ink, large).astype(np.float32)
        lightness = np.kron(self.lightness, large).astype(np.float32)
        chroma = np.stack([np.kron(plane, large) for plane in np.moveaxis(self.chroma, 2, 0)], axis=2)
        chances = np.full((len(self.said), len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
        kinds = kinds_told(chances, ground=self.ground, **self.masks)
        chroma = np.ascontiguousarray(chroma, np.float32)
        paint = Paint(lightness, chroma.copy(), np.ones_like(ink), labels.astype(np.int32))
        means = means_of(paint, len(self.said))
        self.is_behind = run_on(paint, means, self.found._replace(areas=areas), kinds, ink, self.said)
        is_white = labels == self.white
        np.testing.assert_array_equal(paint.chroma[~is_white], chroma[~is_white])
        changed = np.linalg.norm(paint.chroma[is_white], axis=1) > 0
        assert changed.all() or not changed.any()
        if changed.all():
            np.testing.assert_allclose(paint.chroma[is_white], self.chroma[30, 30][None].repeat(is_white.sum(), 0))
            np.testing.assert_allclose(paint.lightness[is_white], LIGHTNESS)
        return bool(changed.all())


def test_white_paper_that_is_open_to_a_wall_has_its_colour():
    assert Page().runs_on()


def test_the_canvas_may_have_another_size_than_the_areas():
    assert Page().runs_on(times=2)
    assert not Page(panels=(1, 2)).runs_on(times=2)


def test_what_follows_a_backdrop_is_one_now():
    page = Page()
    assert page.runs_on()
    assert not page.is_behind.any()
    page = Page().is_("is_backdrop", page.wall)
    assert page.runs_on()
    assert np.flatnonzero(page.is_behind).tolist() == [page.white]


def test_a_line_along_half_of_the_border_parts_them():
    page = Page()
    assert page.found.areas.contacts.total_px[page.is_theirs][0] > 2 * LEAST_OPEN_PX
    for share in (0.0, 0.9 * OPEN_SHARE):
        page.open_share = share
        assert not page.runs_on()
    page.open_share = 1.1 * OPEN_SHARE
    assert page.runs_on()


def test_no_colour_goes_over_into_another_panel():
    assert not Page(panels=(1, 2)).runs_on()
    assert not Page(panels=(0, 0)).runs_on()


@pytest.mark.parametrize("kind", ["is_skin", "is_paper", "is_bare_cloth", "is_hair"])
def test_what_is_something_keeps_its_white_and_gives_no_colour(kind):
    page = Page()
    assert not page.is_(kind, page.white).runs_on()
    page = Page()
    assert not page.is_(kind, page.wall).runs_on()


def test_what_is_hardly_ground_or_was_said_stays_white():
    page = Page()
    page.ground[page.white] = 0.9 * FOLLOWING_GROUND
    assert not page.runs_on()
    page = Page()
    page.said[page.white] = True
    assert not page.runs_on()


def test_colours_of_skin_do_not_run_on():
    assert not Page().paint(40.0).runs_on()


def test_lettering_stays_on_white():
    assert not Page(letters=True).runs_on()


class Half:
    """A ground of which an upper part is painted and the rest is white; it fills its panel."""

    def __init__(self, painted=0.5, hue=GREEN, *, letters=False, frame=0, panel=None):
        self.ink = np.ones((SIZE, SIZE), np.float32)
        cv2.rectangle(self.ink, (frame, frame), (SIZE - 1 - frame, SIZE - 1 - frame), 0.0, 3)
        if letters:
            for x in range(60, 340, 40):
                for y in range(220, 340, 40):
                    cv2.line(self.ink, (x - 6, y), (x + 6, y), 0.0, 2)
                    cv2.line(self.ink, (x, y - 6), (x, y + 6), 0.0, 2)
        found = find(Separation(self.ink, np.full_like(self.ink, 0.95)), lambda _: [])
        self.area = int(found.areas.labels[MIDDLE, MIDDLE])
        numbers = np.zeros((SIZE, SIZE), np.int32)
        numbers[: panel or SIZE] = 1
        self.found = in_panels(found, numbers)
        self.inside = found.areas.labels == self.area
        self.painted = self.inside & (np.arange(SIZE)[:, None] < frame + painted * (SIZE - 2 * frame))
        count = len(found.areas.sizes)
        self.ground, self.said, self.masks = np.full(count, 0.9, np.float32), np.zeros(count, bool), {}
        self.lightness, self.chroma = np.ones((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE, 2), np.float32)
        self.lightness[self.painted], self.chroma[self.painted] = LIGHTNESS, polar(hue, np.full(1, CHROMA))

    def painted_after(self):
        """Where the ground has its colour; what was painted stays, and the rest is pale."""
        labels = self.found.areas.labels
        chances = np.full((len(self.said), len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
        kinds = kinds_told(chances, ground=self.ground, **self.masks)
        paint = Paint(self.lightness.copy(), self.chroma.copy(), np.ones_like(self.ink), labels)
        run_through(paint, self.found, kinds, self.ink, self.said)
        np.testing.assert_array_equal(paint.chroma[self.painted], self.chroma[self.painted])
        np.testing.assert_array_equal(paint.chroma[~self.inside], self.chroma[~self.inside])
        has = np.hypot(*np.moveaxis(paint.chroma, 2, 0)) > 0
        new = has & ~self.painted
        np.testing.assert_allclose(paint.lightness[new], PALE_LIGHTNESS, rtol=1e-6)
        np.testing.assert_allclose(paint.chroma[new], polar(GREEN, np.full(int(new.sum()), PALE_CHROMA)), atol=1e-5)
        return has

    def is_left(self):
        return bool((self.painted_after() == self.painted).all())


def test_a_ground_that_is_half_painted_has_its_colour_everywhere():
    page = Half()
    np.testing.assert_array_equal(page.painted_after(), page.inside)


def test_a_spot_of_colour_is_none_and_a_spot_of_white_is_light():
    assert Half(0.8 * LEAST_PAINTED).is_left()
    assert not Half(1.2 * LEAST_PAINTED).is_left()
    assert Half(1 - 0.8 * LEAST_UNPAINTED).is_left()
    assert not Half(1 - 1.3 * LEAST_UNPAINTED).is_left()


def test_what_is_lettered_inside_its_panel_of_skin_or_said_is_left():
    assert Half(letters=True).is_left()
    assert Half(frame=60).is_left()
    assert Half(hue=40.0).is_left()
    page = Half()
    page.said[page.area] = True
    assert page.is_left()
    page = Half()
    page.masks["is_bare_cloth"] = np.arange(len(page.said)) == page.area
    assert page.is_left()
    page = Half()
    page.ground[page.area] = 0.4
    assert page.is_left()


def test_the_colour_stays_in_the_panel():
    page = Half(panel=300)
    has = page.painted_after()
    np.testing.assert_array_equal(has[:300], page.inside[:300])
    assert not has[300:].any()
