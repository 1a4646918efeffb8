"""Layers of a page.

Oracle: a grey that is printed in dots, painted, or both, by construction.
"""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.colorize.finish import Layers
from mangacolor.data.drawing.screentone import Screentone, lay_screentone
from mangacolor.page.ink import Separation

SIZE = (240, 240)


@pytest.mark.parametrize(("printed", "low", "high"), [(1.0, 0.85, 1.0), (0.5, 0.4, 0.5), (0.0, 0.0, 0.0)])
def test_the_share_of_grey_that_is_printed_in_screens_is_known(printed, low, high):
    tone = np.full(SIZE, 0.6, np.float32)
    tone[:40] = 1
    dots = lay_screentone(tone, Screentone(period_px=5.0), np.random.default_rng(0))
    rows = np.arange(SIZE[0]) < 40 + printed * (SIZE[0] - 40)
    ink = np.ones(SIZE, np.float32)
    ink[:, 100:104] = 0
    gray = np.where(rows[:, None], dots, tone) * ink
    assert low <= Layers(gray, 1.0, 0.0, Separation(ink, tone), lambda: ink).screened <= high


def test_a_page_without_grey_has_no_screens():
    white = np.ones(SIZE, np.float32)
    assert Layers(white, 1.0, 0.0, Separation(white, white), lambda: white).screened == 0
