"""Several people and hands that touch. Oracles: invariants of a skeleton (bones keep their lengths, a wrist comes where
it was sent) and of a group (nobody stands inside another)."""

from __future__ import annotations

import numpy as np
import pytest
from figure_pack import save_small_pack

pytest.importorskip("numba", reason="mangacolor[figures] is not installed")

from scipy.spatial import cKDTree

from mangacolor.data.figures.groups import GAP, arrange, reach
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.people import make_person
from mangacolor.data.figures.scene import Scene


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return Pack(save_small_pack(tmp_path_factory.mktemp("pack") / "pack.npz"))


def lengths(pack, person):
    heads = person.posed.heads
    return np.linalg.norm(heads[1:] - heads[pack.parents[1:]], axis=1)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("side", ["L", "R"])
def test_a_hand_comes_where_it_was_sent(pack, seed, side):
    rng = np.random.default_rng(seed)
    person = make_person(Scene(), pack, 0, rng)
    shoulder = person.posed.heads[pack.bone[f"upperarm01.{side}"]]
    direction = rng.normal(0, 1, 3)
    goal = shoulder + direction / np.linalg.norm(direction) * rng.uniform(1.5, 4.0)  # the arm is 4.2 long
    moved = reach(pack, person, side, goal)
    np.testing.assert_allclose(moved.posed.heads[pack.bone[f"wrist.{side}"]], goal, atol=0.02)
    np.testing.assert_allclose(lengths(pack, moved), lengths(pack, person), atol=1e-9)
    other = "R" if side == "L" else "L"
    still = [index for index, name in enumerate(pack.bones) if name.endswith(f".{other}")]
    np.testing.assert_array_equal(moved.posed.heads[still], person.posed.heads[still])


def test_an_arm_too_short_stretches_out(pack):
    person = make_person(Scene(), pack, 0, np.random.default_rng(0))
    shoulder = person.posed.heads[pack.bone["upperarm01.L"]]
    moved = reach(pack, person, "L", shoulder + np.array([0, 20.0, 0]))
    wrist = moved.posed.heads[pack.bone["wrist.L"]]
    np.testing.assert_allclose((wrist - shoulder)[[0, 2]], 0, atol=0.05)
    assert 4.0 < (wrist - shoulder)[1] < 4.21


@pytest.mark.parametrize("seed", range(4))
def test_nobody_stands_inside_another(pack, seed):
    rng = np.random.default_rng(seed)
    scene = Scene()
    people = arrange(pack, [make_person(scene, pack, index, rng) for index in range(3)], rng)
    is_trunk = pack.arm_share[pack.body_vertices] < 0.2
    trunks = [person.vertices[pack.body_vertices[is_trunk]] for person in people]
    for index, trunk in enumerate(trunks):
        for other in trunks[index + 1 :]:
            assert cKDTree(trunk).query(other)[0].min() > GAP
    lowest = [person.vertices[:, 1].min() for person in people]
    np.testing.assert_allclose(lowest, 0, atol=2.5)  # an arm that was moved may reach below the floor
