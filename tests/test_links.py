"""Links between areas, likelihoods, tones grouped, and colour that flows: what stands in for SciPy.

Oracle: SciPy.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, special
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from mangacolor.colorize.kept_colours import Thing, _clusters
from mangacolor.colorize.likelihoods import logistic, softmax
from mangacolor.colorize.spreading import PIN, REACH_SHARE, _conductance, diffuse
from mangacolor.page.areas import groups_of, links_of

COUNT = 30


def random_links(seed, most=80):
    rng = np.random.default_rng(seed)
    number = int(rng.integers(0, most))
    one, other = rng.integers(0, COUNT, (2, number))
    return one, other, rng.random(number).astype(np.float32)


@given(seed=st.integers(0, 10_000))
def test_links_sum_as_sparse_matrices_do(seed):
    one, other, weights = random_links(seed)
    links, matrix = links_of(one, other, weights, COUNT), sparse.csr_matrix((weights, (one, other)), (COUNT, COUNT))
    rng = np.random.default_rng(seed)
    vector, table = rng.random(COUNT), rng.random((COUNT, 3)).astype(np.float32)
    np.testing.assert_allclose(links.totals(), np.asarray(matrix.sum(axis=1)).ravel(), rtol=1e-5)
    np.testing.assert_allclose(links.sums(vector), matrix @ vector, rtol=1e-5)
    np.testing.assert_allclose(links.sums(table), matrix @ table, rtol=1e-5)
    some = rng.permutation(COUNT)[:10]
    np.testing.assert_allclose(links.among(some).sums(vector[:10]), matrix[some][:, some] @ vector[:10], rtol=1e-5)
    even = links.where(links.other % 2 == 0)
    np.testing.assert_allclose(even.sums(vector), matrix @ (vector * (np.arange(COUNT) % 2 == 0)), rtol=1e-5)


@given(seed=st.integers(0, 10_000), most=st.sampled_from([1, 10, 30, 80]))
def test_what_is_linked_is_one_group(seed, most):
    one, other, _ = random_links(seed, most)
    matrix = sparse.csr_matrix((np.ones(len(one)), (one, other)), (COUNT, COUNT))
    np.testing.assert_array_equal(groups_of(one, other, COUNT), connected_components(matrix, directed=False)[1])


def test_a_long_chain_is_one_group():
    """Invariant: in whatever order it is numbered."""
    order = np.random.default_rng(0).permutation(5000)
    assert not groups_of(order[:-1], order[1:], 5000).any()
    assert groups_of([], [], 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_likelihoods(dtype):
    logits = (np.random.default_rng(0).normal(size=(4, 5, 6)) * 300).astype(dtype)
    for axis in (-1, 1):
        found = softmax(logits, axis=axis)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, special.softmax(logits, axis=axis), rtol=1e-6)
    assert logistic(logits).dtype == dtype
    np.testing.assert_allclose(logistic(logits), special.expit(logits), rtol=1e-5, atol=1e-30)


@given(tones=st.lists(st.integers(0, 1000), min_size=2, max_size=30, unique=True), gap=st.floats(0.01, 0.4))
def test_tones_group_by_average_linkage(tones, gap):
    """Oracle: SciPy's linkage; as sets, for ties that rounding decides either way are left out by unlike tones."""
    things = [Thing(0, "hair", tone / 1000 + tone**2 * 1e-7, 0.1, np.zeros(3, np.float32)) for tone in tones]
    points = np.array([[one.tone] for one in things])
    number = fcluster(linkage(points, "average"), gap, "distance")
    wanted = {frozenset(points[number == k, 0]) for k in np.unique(number)}
    assert {frozenset(one.tone for one in group) for group in _clusters(things, gap)} == wanted


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), height=st.integers(2, 24), width=st.integers(2, 24))
def test_colour_flows_as_the_equations_have_it(seed, height, width):
    """Oracle: SciPy's sparse solver, given the equations of all cells at once."""
    rng = np.random.default_rng(seed)
    ink, tone = (rng.random((height, width)) < 0.8).astype(np.float32), rng.random((height, width), np.float32)
    asked = np.zeros((height, width, 4), np.float32)
    asked[rng.random((height, width)) < 0.2] = 1, 0.5, -0.1, 0.2
    cells = np.arange(height * width).reshape(height, width)
    one = np.concatenate([cells[:, :-1].ravel(), cells[:-1].ravel()])
    other = np.concatenate([cells[:, 1:].ravel(), cells[1:].ravel()])
    flow = np.concatenate([_conductance(ink, tone, 1).ravel(), _conductance(ink, tone, 0).ravel()])
    half = sparse.coo_matrix((flow, (one, other)), shape=(cells.size,) * 2)
    pinned = asked[..., 0].ravel() * PIN
    shared = half + half.T
    own = np.asarray(shared.sum(axis=1)).ravel() + pinned + 1 / (REACH_SHARE * min(height, width)) ** 2
    wanted = spsolve(sparse.csc_matrix(sparse.diags(own) - shared), asked.reshape(-1, 4) * pinned[:, None])
    np.testing.assert_allclose(diffuse(asked, ink, tone), wanted.reshape(asked.shape), atol=1e-5)
