"""Drawn figures. Oracles: another rasteriser on random triangles; ink and parts that must agree; the same seed gives
the same bytes; the contract of the command."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from figure_pack import save_small_pack

from mangacolor.cli import run
from mangacolor.data.figures import load_drawings
from mangacolor.data.figures.store import INDEX_NAME
from mangacolor.errors import BadInputError, ExitCode

pytest.importorskip("numba", reason="mangacolor[figures] is not installed")

from mangacolor.data.figures.draw import draw_figure
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.raster import interpolate, see

SIDE = 128


@pytest.fixture(scope="module")
def pack_file(tmp_path_factory):
    return save_small_pack(tmp_path_factory.mktemp("pack") / "pack.npz")


@pytest.fixture(scope="module")
def drawings(pack_file):
    pack = Pack(pack_file)
    return [draw_figure(pack, seed, SIDE)[0] for seed in range(6)]


def reference_raster(corners, nearness, height, width):
    """The same by half-planes and whole arrays: which triangle is nearest at each pixel centre."""
    rows, columns = np.mgrid[0:height, 0:width].astype(float)
    best, depth = np.full((height, width), -1), np.zeros((height, width))
    for index, (triangle, near) in enumerate(zip(corners, nearness, strict=True)):
        matrix = np.vstack([triangle.T, np.ones(3)])
        weights = np.linalg.inv(matrix) @ np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)])
        inside = (weights >= 0).all(axis=0).reshape(height, width)
        here = (near @ weights).reshape(height, width)
        wins = inside & (here > depth)
        best[wins], depth[wins] = index, here[wins]
    return best, depth


@pytest.mark.parametrize("seed", range(5))
def test_raster_agrees_with_another_one(seed):
    rng = np.random.default_rng(seed)
    corners, nearness = rng.uniform(-10, 50, (30, 3, 2)), rng.uniform(0.1, 1, (30, 3))
    x, y = corners.reshape(-1, 2).T
    triangles = np.arange(90).reshape(30, 3)
    seen = see(x, y, nearness.ravel(), np.ones(90), triangles, 41, 37)
    best, depth = reference_raster(corners, nearness, 41, 37)
    assert (seen.triangle == best).mean() > 0.999  # rounding may move a pixel on an edge
    np.testing.assert_allclose(seen.nearness[seen.triangle == best], depth[seen.triangle == best], atol=1e-9)
    # What is linear in space is interpolated right: one over the distance is linear on the screen.
    away = interpolate(seen, triangles, (1 / nearness.reshape(-1, 1)).astype(np.float32))[..., 0]
    shown = seen.triangle >= 0
    np.testing.assert_allclose(away[shown], 1 / seen.nearness[shown], rtol=1e-4)


def test_what_is_cut_away_is_not_seen():
    x, y = np.array([0.0, 40, 0]), np.array([0.0, 0, 40])
    kept = np.array([-1.0, 1, -1])  # zero in the middle between the second corner and the others
    seen = see(x, y, np.ones(3), kept, np.array([[0, 1, 2]]), 41, 41)
    columns = np.nonzero(seen.triangle[0] >= 0)[0]
    assert (columns.min(), columns.max()) == (20, 40)


@pytest.mark.slow
def test_borders_between_parts_lie_under_ink(drawings):
    """All but places of one person's skin, glints in irises and light brows, which colours part without ink."""
    near = borders = 0
    for drawing in drawings:
        group = np.array([-1 if part.kind == "skin" else index for index, part in enumerate(drawing.parts)])
        plain = [part.kind in ("ground", "skin", "garment", "hair") for part in drawing.parts]
        where, counted = group[drawing.part], np.array(plain)[drawing.part]
        border = np.zeros(where.shape, bool)
        for axis in (0, 1):
            first, second = (np.take(np.arange(SIDE), range(k, SIDE - 1 + k)) for k in (0, 1))
            a, b = np.take(where, first, axis), np.take(where, second, axis)
            both = np.take(counted, first, axis) & np.take(counted, second, axis)
            border[: a.shape[0], : a.shape[1]] |= (a != b) & both
        distance = cv2.distanceTransform((drawing.ink > 0.7).astype(np.uint8), cv2.DIST_L2, 5)
        near += (distance[border] <= 2).sum()
        borders += border.sum()
    assert borders > 500
    assert near / borders > 0.99


def test_drawings_are_whole(drawings):
    for drawing in drawings:
        assert drawing.part.shape == drawing.ink.shape == drawing.light.shape == (SIDE, SIDE)
        assert drawing.ink.min() < 0.3
        assert set(np.unique(drawing.part)) == set(range(len(drawing.parts)))
        assert (drawing.light[drawing.part == 0] == 1).all()
        assert 0.15 < drawing.light.min() <= drawing.light.max() < 2
    kinds = {part.kind for drawing in drawings for part in drawing.parts}
    assert {"ground", "skin", "hair", "garment"} <= kinds


@pytest.mark.slow
def test_seeds_decide_everything(pack_file, drawings):
    again = draw_figure(Pack(pack_file), 3, SIDE)[0]
    for plane, other in zip(drawings[3][:3], again[:3], strict=True):
        assert plane.tobytes() == other.tobytes()
    assert again.parts == drawings[3].parts
    assert drawings[3].ink.tobytes() != drawings[4].ink.tobytes()


def synthesize(pack, out, *more):
    return run(["synthesize", "--figures", str(pack), "--out", str(out), "--size", "96x96", "-q", *map(str, more)])


@pytest.mark.slow
def test_the_command_goes_on_where_it_stopped(pack_file, tmp_path, capsys):
    out, other = tmp_path / "a", tmp_path / "b"
    assert synthesize(pack_file, out, "-n", 2, "--seed", 5) == ExitCode.DONE
    assert capsys.readouterr().out.strip() == str(out)
    kept = (out / "000005.png").stat().st_mtime_ns
    (out / "000006.png").unlink()
    assert synthesize(pack_file, out, "-n", 3, "--seed", 5) == ExitCode.DONE
    assert (out / "000005.png").stat().st_mtime_ns == kept
    drawings = load_drawings(out)
    assert [entry["seed"] for entry in drawings.entries] == [5, 6, 7]
    assert drawings[1].part.shape == (96, 96)
    assert synthesize(pack_file, other, "-n", 3, "--seed", 5, "-j", 2) == ExitCode.DONE
    for name in ("000005.png", "000006.png", "000007.png"):
        assert (out / name).read_bytes() == (other / name).read_bytes()
    assert sorted(path.name for path in out.iterdir()) == ["000005.png", "000006.png", "000007.png", INDEX_NAME]
    lines = [json.loads(line) for line in (other / INDEX_NAME).read_text().splitlines()]
    assert [line["seed"] for line in lines] == [5, 6, 7]


@pytest.mark.parametrize("more", [["--layers"], ["--overwrite"], ["--size", "96x64"], ["--data", "art"]])
def test_options_that_say_nothing_are_refused(pack_file, tmp_path, more):
    assert synthesize(pack_file, tmp_path / "out", *more) == ExitCode.USAGE


def test_a_pack_that_is_none_is_named(tmp_path, pack_file):
    with pytest.raises(BadInputError, match="no such file"):
        Pack(tmp_path / "none.npz")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(pack_file.read_bytes()[:5000])
    with pytest.raises(BadInputError, match=r"broken\.npz: not a pack"):
        Pack(broken)
    np.savez(tmp_path / "other.npz", base_v=np.zeros((1, 3)))
    with pytest.raises(BadInputError, match="it lacks base_f"):
        Pack(tmp_path / "other.npz")
    assert synthesize(tmp_path / "none.npz", tmp_path / "out") == ExitCode.BAD_INPUT
