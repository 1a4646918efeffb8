"""Things drawn before people.

Oracle: a written contract: parts that are no person's, empty ground around them, the same for the same seed, and every
kind of thing is drawn at times.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.data.drawing.props import PROPS, draw_props
from mangacolor.data.drawing.sheet import SIZE_PX, Sheet
from mangacolor.data.figures_painted import LABELS_OF
from mangacolor.data.part_colours import SCENERY


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_props_are_nobodys_and_leave_ground(seed):
    drawing = draw_props(np.random.default_rng(seed))
    assert drawing.ink.shape == drawing.part.shape == drawing.light.shape == (SIZE_PX, SIZE_PX)
    assert drawing.part.any()
    assert (drawing.part == 0).any()
    assert drawing.part.max() < len(drawing.parts)
    for part in drawing.parts[1:]:
        assert part.person == -1
        assert part.kind in SCENERY
        assert LABELS_OF[part.kind][0] == "ground"
    again = draw_props(np.random.default_rng(seed))
    assert all(np.array_equal(one, other) for one, other in zip(drawing[:3], again[:3], strict=True))


@pytest.mark.parametrize("name", list(PROPS))
def test_everything_can_be_drawn(name):
    covered = []
    for seed in range(8):
        sheet = Sheet(np.random.default_rng(seed))
        PROPS[name][0](sheet)
        covered.append((sheet.part > 0).mean())
        assert sheet.ink.min() < 128
    assert max(covered) > 0.005
    assert min(covered) < 0.9
