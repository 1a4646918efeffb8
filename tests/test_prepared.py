"""Pages that were looked at are not predicted again. Oracle: the same colouriser, which goes through all of each."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mangacolor import Colorizer, Hint
from mangacolor.colorize import prepared, steps
from mangacolor.colorize.hints import Hints
from mangacolor.colorize.surveys import keeping_colours
from mangacolor.image import to_gray

HEIGHT, WIDTH = 160, 128


@pytest.fixture(scope="module")
def colorizer(seeing_weights, tiny_separator):
    return Colorizer(seeing_weights, separator=tiny_separator, force=True, precision="fp32")


@pytest.fixture
def separated(monkeypatch):
    """The pages that were taken apart."""
    seen = []
    separate = steps.separate
    monkeypatch.setattr(steps, "separate", lambda gray, engine: seen.append(gray) or separate(gray, engine))
    return seen


def page(number):
    """A grey page of toned boxes, others for each number."""
    rng = np.random.default_rng(number)
    gray = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for _ in range(6):
        top, left = rng.integers(0, HEIGHT - 40), rng.integers(0, WIDTH - 40)
        gray[top : top + 40, left : left + 40] = rng.integers(60, 250)
        gray[top : top + 40, [left, left + 39]] = gray[[top, top + 39], left : left + 40] = 0
    return np.repeat(gray[..., None], 3, axis=2)


def survey(colorizer, pages):
    """The colouriser of a book of these pages; a series that knows nothing makes it one whatever they show."""
    return keeping_colours(colorizer, pages, lambda found, kinds, sight: np.zeros((len(found.areas.sizes), 3)))


def test_pages_that_were_looked_at_get_the_same_colours_without_being_gone_through_again(colorizer, separated):
    pages = [page(number) for number in range(3)]
    kept = survey(colorizer, pages[:2])
    separated.clear()
    coloured = [kept.colorize(one) for one in pages]
    assert len(separated) == 1
    again = kept.using(prepared=None)
    for one, before in zip(pages, coloured, strict=True):
        np.testing.assert_array_equal(before, again.colorize(one))


def test_a_page_is_kept_for_one_time_and_not_for_a_generator_that_sees_hints(colorizer, separated):
    kept, hint = survey(colorizer, [page(0), page(1)]), Hint(4, 4, (200, 30, 30))
    separated.clear()
    steps.prepare([to_gray(page(0))], kept.engine, Hints((hint,), (HEIGHT, WIDTH)))
    assert len(separated) == 1, "what was predicted without hints is not what is asked for"
    hinted = kept.colorize(page(0), hints=[hint])
    assert len(separated) == 1, "where areas decide a hint is a fill"
    again = kept.colorize(page(0), hints=[hint])
    assert len(separated) == 2
    np.testing.assert_array_equal(hinted, again)


def test_pages_in_layers_and_in_a_batch_are_not_gone_through_again_either(colorizer, separated):
    pages = [page(number) for number in range(3)]
    kept = survey(colorizer, pages[:2])
    alone = [kept.using(prepared=None).colorize(one) for one in pages]
    separated.clear()
    coloured = steps.color_pages([one[..., 0] / np.float32(255) for one in pages[::2]], kept.engine)
    for one, before in zip(coloured, alone[::2], strict=True):
        np.testing.assert_array_equal(one, before)
    layered = dataclasses.replace(kept.options, layers="psd")
    kept.options = layered
    kept.colorize(pages[1])
    assert len(separated) == 1


def test_pages_are_kept_while_there_is_room(colorizer, separated, monkeypatch):
    monkeypatch.setattr(prepared, "MOST_PIXELS", HEIGHT * WIDTH)
    kept = survey(colorizer, [page(0), page(1)])
    separated.clear()
    kept.colorize(page(0))
    assert len(separated) == 0
    kept.colorize(page(1))
    assert len(separated) == 1


def test_what_is_taken_gives_its_room_to_the_next(monkeypatch):
    """Contract of `MOST_PIXELS`: so many at a time, not in all."""
    monkeypatch.setattr(prepared, "MOST_PIXELS", HEIGHT * WIDTH)
    pages, (one, other) = prepared.PreparedPages(), (to_gray(page(number)) for number in range(2))
    pages.keep(one, "the first")
    pages.keep(other, "the second")
    assert [pages.take(gray) for gray in (one, other)] == ["the first", None]
    pages.keep(other, "the second")
    pages.keep(one, "the first")
    assert [pages.take(gray) for gray in (one, other)] == [None, "the second"]
