"""Clothes. Oracles: the written contract of patterns, and invariants of what is sewn on and cut."""

from __future__ import annotations

import numpy as np
import pytest
from figure_pack import save_small_pack

pytest.importorskip("numba", reason="mangacolor[figures] is not installed")

from mangacolor.data.figures.body import make_body
from mangacolor.data.figures.details import FRONTS, sew
from mangacolor.data.figures.garments import ARM, ARMS_FROM, Wardrobe
from mangacolor.data.figures.outfits import dress
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.patterns import Pattern, lies_on, pleat_of
from mangacolor.data.figures.scene import Scene


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return Pack(save_small_pack(tmp_path_factory.mktemp("pack") / "pack.npz"))


@pytest.fixture
def wardrobe(pack):
    rng = np.random.default_rng(0)
    return Wardrobe(Scene(), pack, make_body(pack, rng, feminine=1.0), 0)


def grid():
    x, y = np.meshgrid(np.linspace(-4, 4, 81), np.linspace(-4, 4, 81))
    return np.stack([x.ravel(), y.ravel(), np.sign(x).ravel()], axis=1).astype(np.float32)


@pytest.mark.parametrize("kind", ["across", "along", "check"])
def test_stripes_come_back_after_a_period_and_take_their_share(kind):
    pattern = Pattern(kind, 1, 0.8, 0.25)
    points = grid() + np.float32(0.013)
    on = lies_on(pattern, points)
    moved = lies_on(pattern, points + np.array([1.6, 0.8, 0], np.float32))
    np.testing.assert_array_equal(on, moved)
    assert on.mean() == pytest.approx({"check": 1 - 0.75**2}.get(kind, 0.25), abs=0.03)
    if kind != "check":
        same_row = on.reshape(81, 81) if kind == "across" else on.reshape(81, 81).T
        assert (same_row == same_row[:, :1]).all()


def test_bands_sides_dots_and_pleats():
    points = grid()
    x, y, _ = points.T
    np.testing.assert_array_equal(lies_on(Pattern("band", 1, -1, 1), points), (y > -1) & (y < 1))
    np.testing.assert_array_equal(lies_on(Pattern("band", 1, -1, 1, 3), points), (y > -1) & (y < 1) & (np.abs(x) >= 3))
    assert not lies_on(Pattern("side", 1, 1.0, 0.3), points[x != 0]).any()  # they look to the front, or back
    dots = lies_on(Pattern("dots", 1, 1.0, 0.5), points)
    assert dots.mean() == pytest.approx(np.pi * 0.25**2, abs=0.04)
    pleats = pleat_of(Pattern("pleats", 1, 0.5, 1), points)
    assert len(np.unique(pleats)) == 17
    assert (np.diff(pleats.reshape(81, 81), axis=1) >= 0).all()


@pytest.mark.parametrize("front", list(FRONTS))
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_sewn_on_is_described(wardrobe, front, seed):
    part = wardrobe.cut("top", wardrobe.pack.tights, np.ones(len(wardrobe.body.vertices)), 0.1)
    sew(wardrobe, "top", part, front, np.random.default_rng(seed))
    for sketch in wardrobe.scene.sketches:
        decal = sketch(0.02)
        shown = set(np.unique(decal.part)) - {0}
        assert shown <= set(decal.numbers)
        assert decal.parts == (part,)
        for number in decal.numbers.values():
            described = wardrobe.scene.parts[number]
            assert (described.kind, described.person) == ("garment", 0)
            assert described.what.startswith("top ")
        if shown:
            assert decal.ink.max() > 200


def test_sleeves_have_coordinates_of_their_own(wardrobe):
    wardrobe.cut("top", wardrobe.pack.tights, np.ones(len(wardrobe.body.vertices)), 0.1)
    garment = wardrobe.garments[-1]
    on_sleeve = np.abs(garment.coordinates[:, 0]) > ARMS_FROM
    of_quad = on_sleeve[garment.piece.quads]
    assert of_quad.any()
    assert (of_quad.all(axis=1) | ~of_quad.any(axis=1)).all()
    assert len(garment.piece.quads) == len(wardrobe.pack.tights)
    shares = wardrobe.pack.arm_share[wardrobe.pack.tights]
    assert of_quad[:, 0].sum() == ((shares > ARM).mean(axis=1) > 0.5).sum()


@pytest.mark.parametrize("seed", range(12))
def test_the_body_is_left_out_only_beneath_garments(pack, seed):
    rng = np.random.default_rng(seed)
    wardrobe = Wardrobe(Scene(), pack, make_body(pack, rng), 0)
    dress(wardrobe, rng)
    assert (wardrobe.body_kept[pack.head_share > 0.5] > 0).all()
    assert (wardrobe.body_kept[pack.hand_share > 0.5] > 0).all()
    assert (wardrobe.body_kept < 0).any()
