"""Colours recalled by likeness.

Oracles: the contract of `recall`, with descriptions drawn by lot, which are next to orthogonal.
"""

import numpy as np
import pytest

from mangacolor.colorize import recollection
from mangacolor.colorize.grids import average_over, fit_linearly
from mangacolor.colorize.recollection import Recollection, chroma_kinship, join_recollections, recall

CELLS = 16


def shown(seed):
    """Descriptions (T, D) of length 1."""
    rows = np.random.default_rng(seed).standard_normal((CELLS, 5000)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def seen(rows, lightness, chroma):
    """Cells as `recall` takes them, all of one lightness."""
    light = np.full((len(rows), 1), lightness, np.float32)
    return Recollection(np.concatenate([rows, light], axis=1), np.asarray(chroma, np.float32))


def test_what_is_recalled_is_what_looked_the_same(monkeypatch):
    """Oracle: cells searched among themselves, shuffled and beside others, find their own chroma when sharp enough."""
    monkeypatch.setattr(recollection, "SHARPNESS", 1000.0)
    monkeypatch.setattr(recollection, "CELLS_AT_A_TIME", 5)
    rng = np.random.default_rng(0)
    page, strange = seen(shown(0), 0.5, np.zeros((CELLS, 2))), seen(shown(1), 0.5, rng.random((CELLS, 2)))
    chroma, order = rng.random((CELLS, 2)), rng.permutation(CELLS)
    own = Recollection(page.keys[order], chroma[order].astype(np.float32))
    for together in ([own, strange], [strange, own]):
        np.testing.assert_allclose(recall(page, join_recollections(together)), chroma, atol=1e-3)


def test_of_two_like_things_the_one_as_bright_is_recalled():
    """Contract of the lightness in the keys."""
    dark, bright = (seen(shown(0), light, [colour] * CELLS) for light, colour in ((0.2, (0.1, 0)), (0.8, (0, 0.1))))
    recalled = recall(seen(shown(0), 0.8, np.zeros((CELLS, 2))), join_recollections([dark, bright]))
    assert (recalled[:, 1] > 10 * recalled[:, 0]).all()


def test_where_nothing_is_like_the_paint_stays():
    """Contract: of a reference that shows the opposite nothing is taken, of the same page all that it has."""
    page = seen(shown(0), 0.5, np.full((CELLS, 2), 0.1))
    offered = np.full((CELLS, 2), -0.1)
    assert (recall(page, seen(-shown(0), 0.5, offered)) > 0.06).all()
    assert (recall(page, seen(shown(0), 0.5, offered)) < -0.08).all()


def test_of_two_alike_the_colour_that_is_possible_is_recalled():
    """Contract of `chances`: between two references that look the same."""
    bins = np.array([[0.1, 0], [-0.1, 0], [0, 0]], np.float32)
    one, other = (seen(shown(0), 0.5, [colour] * CELLS) for colour in bins[:2])
    page = seen(shown(0), 0.5, np.zeros((CELLS, 2)))
    told = [each._replace(classes=chroma_kinship(each.chroma, bins)) for each in (page, one, other)]
    chances = np.tile(np.array([0.05, 0.9, 0.05], np.float32), (CELLS, 1))
    references = join_recollections(told[1:])
    assert (recall(told[0], references, chances)[:, 0] < recall(told[0], references)[:, 0] - 0.03).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 7), (10, 4), (23, 31)])
def test_grids_are_brought_to_others_as_torch_does(size):
    """Oracle: torch's antialiased bilinear interpolation and its adaptive mean."""
    torch = pytest.importorskip("torch")
    plane = np.random.default_rng(0).random((10, 13, 5), dtype=np.float32)
    batch = torch.from_numpy(plane).permute(2, 0, 1)[None]
    fitted = torch.nn.functional.interpolate(batch, size, mode="bilinear", antialias=True)
    np.testing.assert_allclose(fit_linearly(plane, size), fitted[0].permute(1, 2, 0).numpy(), atol=1e-5)
    mean = torch.nn.functional.adaptive_avg_pool2d(batch, size)
    np.testing.assert_allclose(average_over(plane, size), mean[0].permute(1, 2, 0).numpy(), atol=1e-5)
