"""An open page. Oracle: `Colorizer.colorize`, which finds and predicts everything anew."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from stubs import HearingBackend, with_backend

from mangacolor import BadInputError, Colorizer, Hint
from mangacolor.image import float_from_pixels
from mangacolor.image.color import oklab_from_srgb

HINTS = [Hint(70, 90, (200, 60, 40)), Hint(250, 420, (60, 90, 200))]
ROUNDING = 1
"""Steps of 255: a panel by itself is predicted in another batch than with all others."""


def panelled():
    """A page of two rows of framed panels, with a toned box in each."""
    page = np.full((560, 420), 255, np.uint8)
    for top, left, bottom, right in ((20, 20, 270, 200), (20, 220, 270, 400), (290, 20, 540, 400)):
        cv2.rectangle(page, (left, top), (right, bottom), 0, 3)
        cv2.rectangle(page, (left + 30, top + 40), (right - 40, bottom - 40), 150, -1)
        cv2.rectangle(page, (left + 30, top + 40), (right - 40, bottom - 40), 0, 2)
    return page


@pytest.fixture(scope="module")
def heard(seeing_weights, tiny_separator):
    """A colouriser that panels are large enough for, and its backend that counts."""
    colorizer, backend = with_backend(Colorizer(seeing_weights, separator=tiny_separator, force=True), HearingBackend)
    return colorizer, backend


@pytest.fixture(scope="module")
def sitting(heard):
    """One open page for all tests: nothing of one answer is left for the next."""
    return heard[0].open(panelled())


@pytest.mark.slow
@pytest.mark.parametrize("hints", [HINTS, []])
def test_it_paints_what_the_page_would_be_coloured_as(heard, sitting, hints):
    expected = heard[0].colorize(panelled(), hints=hints)
    assert np.abs(sitting.paint(hints).astype(int) - expected).max() <= ROUNDING


@pytest.mark.slow
@pytest.mark.parametrize("fast", [False, True])
def test_hints_ask_the_generator_again_only_where_no_areas_decide_and_not_unasked(seeing_weights, tiny_separator, fast):
    """Contract: counted in pictures that the generator saw."""
    plain = Colorizer(seeing_weights, separator=tiny_separator, fast=fast, force=True)
    colorizer, backend = with_backend(plain, HearingBackend)
    sitting = colorizer.open(panelled())
    for hints, asked, again in (([], True, 0), (HINTS[:1], True, fast), (HINTS, False, 0)):
        backend.asked.clear()
        sitting.paint(hints, ask_generator=asked)
        assert sum(map(len, backend.asked)) == again
    backend.described = 0
    sitting.paint(HINTS[:1], ask_generator=False)
    assert backend.described == 0


@pytest.mark.slow
def test_nothing_is_looked_for_again(heard):
    """Fault injection: separator and detector break once the page is open."""

    def fail(*_):
        raise AssertionError("looked again")

    sitting = heard[0].open(panelled())
    sitting._engine = heard[0].using(separate=fail, detector=fail).engine
    assert sitting.paint(HINTS).shape == (560, 420, 3)


@pytest.mark.slow
@pytest.mark.parametrize("fast", [False, True])
def test_hints_hold_without_asking(seeing_weights, tiny_separator, fast):
    """Contract: what lies around a hint has its hue, up to its lines."""
    sitting = Colorizer(seeing_weights, separator=tiny_separator, fast=fast, force=True).open(panelled())
    hinted = oklab_from_srgb(float_from_pixels(sitting.paint(HINTS[:1], ask_generator=False)[80:220, 70:140]))
    asked = oklab_from_srgb(np.divide(HINTS[0].rgb, 255).astype(np.float32))
    mean = hinted[..., 1:].mean(axis=(0, 1))
    assert np.linalg.norm(hinted[..., 1:] - mean, axis=-1).max() < 0.02
    assert mean @ asked[1:] > 0.99 * np.linalg.norm(mean) * np.linalg.norm(asked[1:])


def test_hints_off_the_page_are_refused(sitting):
    with pytest.raises(BadInputError, match="off the page"):
        sitting.paint([Hint(500, 5, (0, 0, 0))])


@pytest.mark.slow
def test_the_fast_way_sits_too(seeing_weights, tiny_separator):
    colorizer = Colorizer(seeing_weights, separator=tiny_separator, fast=True, force=True)
    sitting = colorizer.open(panelled())
    np.testing.assert_array_equal(sitting.paint(HINTS), colorizer.colorize(panelled(), hints=HINTS))
