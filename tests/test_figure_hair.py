"""Hair. Oracles: invariants of locks (they start on the head, stay out of it, end where they shall) and of the light on
them."""

from __future__ import annotations

import numpy as np
import pytest
from figure_pack import save_small_pack
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="mangacolor[figures] is not installed")

from mangacolor.data.figures.body import make_body
from mangacolor.data.figures.hair import choose_cut, skull_of
from mangacolor.data.figures.locks import LockShape, grow_lock, grow_tail
from mangacolor.data.figures.pack import Pack


@pytest.fixture(scope="module")
def skull(tmp_path_factory):
    pack = Pack(save_small_pack(tmp_path_factory.mktemp("pack") / "pack.npz"))
    body = make_body(pack, np.random.default_rng(0), feminine=1.0)
    return skull_of(pack, body, np.array([0, -1.0, 0]))


@settings(deadline=None, max_examples=40)
@given(
    angle=st.floats(-3.1, 3.1), end=st.floats(-4, 0.4), lift=st.floats(0.03, 0.2), flare=st.floats(-0.3, 2),
    spiky=st.floats(-4, 1),
)  # fmt: skip
def test_locks_start_on_the_head_and_end_where_they_shall(skull, angle, end, lift, flare, spiky):
    goal = skull.eye[1] + end * skull.unit
    lock = grow_lock(skull, LockShape(angle, goal, 0.2, lift, flare, 0.0, 0.0, spiky, 0))
    assert lock is not None
    rows = lock.vertices.reshape(22, 7, 3)
    middle = rows[:, 3]
    at = (middle - skull.centre) / skull.radii
    assert np.linalg.norm(at[0]) == pytest.approx(1, abs=0.2)
    is_upper = middle[:, 1] > skull.centre[1]
    assert (np.linalg.norm(at[is_upper], axis=1) > 0.9).all()
    tip = middle[-1, 1]
    assert tip == pytest.approx(goal, abs=0.35) or tip > goal  # a lock on the forehead may end before it
    t, across, _ = lock.coordinates.T
    assert (t.min(), t.max(), across.min(), across.max()) == (0, 1, -1, 1)
    widths = np.linalg.norm(rows[:, 0] - rows[:, -1], axis=1)
    assert widths[-1] < 0.1
    assert widths.max() < 0.5


def test_blunt_locks_keep_their_width(skull):
    def width_near_tip(spiky):
        lock = grow_lock(skull, LockShape(2.5, skull.eye[1] - 2 * skull.unit, 0.2, 0.1, 0, 0, 0, spiky, 0))
        rows = lock.vertices.reshape(22, 7, 3)
        return np.linalg.norm(rows[-3, 0] - rows[-3, -1])

    assert width_near_tip(-4.0) > 1.3 * width_near_tip(1.0)


def test_tails_hang(skull):
    locks = grow_tail(skull.centre, np.array([0, 0.3, -1.0]), skull.down, 4.0, 0.3, 0.0, np.random.default_rng(0))
    tips = np.array([lock.vertices[-1] for lock in locks])
    assert (tips[:, 1] < skull.centre[1] - 1).all()
    assert (tips[:, 2] < skull.centre[2]).all()


@pytest.mark.parametrize("is_female", [True, False])
def test_cuts_are_within_their_ranges(is_female):
    cuts = [choose_cut(is_female, np.random.default_rng(seed)) for seed in range(200)]
    assert all(cut.side <= cut.back or cut.kind != "locks" for cut in cuts)
    assert len({cut.kind for cut in cuts}) >= 3
    assert any(cut.fringe is None for cut in cuts)
    assert {cut.is_blunt for cut in cuts} == {True, False}
