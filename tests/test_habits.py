"""Colours that a generator is in the habit of, and how they are taken off.

Oracles: values worked out by hand, a generator whose answer is known, and invariants of the chances.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.colorize.class_colours import ClassColours, habit_of_hues
from mangacolor.config import PRESETS
from mangacolor.image.color import chroma_bins
from mangacolor.models.nn import build_network
from mangacolor.models.weight_files import habits_of
from mangacolor.training.habits import DRAWN, measure_habits

BINS = chroma_bins()
HUES = np.degrees(np.arctan2(BINS[:, 1], BINS[:, 0])) % 360
CHROMA = np.linalg.norm(BINS, axis=1)
EVEN = np.full(len(BINS), 1 / len(BINS), np.float32)


def leaning_to(hue, share=0.6):
    """Habits with one hue much likelier than all others."""
    near = (np.abs((HUES - hue + 180) % 360 - 180) < 25) & (CHROMA > 0.05)
    return ((1 - share) * EVEN + share * near / near.sum()).astype(np.float32)


def test_even_habits_change_nothing():
    assert habit_of_hues(BINS, EVEN) == pytest.approx(-np.log(0.78) * (CHROMA >= 0.04), abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 359))
def test_only_the_usual_hue_is_taken_off(hue):
    """Invariant: classes of the hue lose the most, the other side of the circle and grey lose nothing."""
    excess = habit_of_hues(BINS, leaning_to(hue))
    coloured = CHROMA >= 0.04
    away = np.abs((HUES - hue + 180) % 360 - 180)
    assert (excess >= 0).all()
    assert (excess[~coloured] == 0).all()
    assert away[coloured][excess[coloured].argmax()] < 40
    assert (excess[coloured & (away > 140)] == 0).all()


def test_a_doubt_goes_to_the_rarer_hue_and_certainty_stays():
    """Contract: of two colours about as likely, the one that is no habit wins; a colour that is certain wins anyway."""
    orange, blue = (int(np.linalg.norm(BINS - at, axis=1).argmin()) for at in ((0.07, 0.09), (-0.03, -0.1)))
    habits = leaning_to(HUES[orange])

    def colour(of_orange):
        chances = np.full(len(BINS), 1e-5, np.float32)
        chances[orange], chances[blue] = of_orange, 1 - of_orange
        both = [ClassColours(BINS, EVEN[None, None], known) for known in (None, habits)]
        return [one.decided(chances[None], 0.0)[0] for one in both]

    without, with_habits = colour(0.6)
    assert without[1] > 0 > with_habits[1]
    assert colour(0.97)[1] == pytest.approx(BINS[orange], abs=0.02)


def test_habits_are_the_mean_chances_where_no_ink_hides_them():
    """Oracle: a generator that says red on the left and blue on the right, where all is ink."""
    generator = build_network(PRESETS["tiny"].generator).eval()
    red, blue = 3, 7

    def forward(condition):
        logits = torch.full((1, len(BINS), 8, 8), -20.0)
        logits[:, red, :, :4] = logits[:, blue, :, 4:] = 20.0
        return type("Said", (), {"chroma_logits": logits})()

    generator.forward = forward
    side = 8 * generator.chroma_stride
    condition = torch.ones(6, side, side)
    condition[0, :, side // 2 :] = 0
    habits = measure_habits(generator, [{"condition": condition}] * DRAWN)
    assert habits[red] == pytest.approx(1, abs=1e-4)
    assert habits.sum() == pytest.approx(1)


def test_files_without_habits_have_none():
    """Contract: older weights work as before."""
    assert habits_of({}) is None
    assert habits_of({"habits": [0.25, 0.75]}).tolist() == [0.25, 0.75]
