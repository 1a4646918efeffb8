"""The noise that pages are painted with.

Oracles: torch's own dropout, seeded alike; the same page painted while nobody else is at work; torch's random numbers,
which are the caller's.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from mangacolor import Colorizer
from mangacolor.models.noise import let_in_noise, noise

CPU = torch.device("cpu")
AT_ONCE = 4


@pytest.fixture(scope="module")
def backend(tiny_weights, tiny_separator):
    return Colorizer(tiny_weights, separator=tiny_separator, precision="fp32").engine.backend


def conditions(number=0):
    return np.random.default_rng(number).random((1, 160, 160, 6), dtype=np.float32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("layer", "drop"), [(nn.Dropout2d, functional.dropout2d), (nn.Dropout, functional.dropout)], ids=["2d", "plain"]
)
def test_noise_drops_what_torch_drops_with_the_same_seed(layer, drop, dtype):
    shown = torch.rand(2, 8, 6, 5, generator=torch.Generator().manual_seed(1)).to(dtype)
    network = nn.Sequential(layer(0.3), layer(0.5)).eval()
    let_in_noise(network)
    let_in_noise(network)  # once is enough
    with noise(7, CPU):
        noisy = network(shown)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        wanted = drop(drop(shown, 0.3), 0.5)
    assert torch.equal(noisy, wanted)
    assert torch.equal(network(shown), shown)


def test_networks_that_learn_drop_once_and_by_the_numbers_of_all():
    shown = torch.ones(2, 8, 6, 5)
    network = nn.Sequential(nn.Dropout2d(0.5)).train()
    let_in_noise(network)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        wanted = functional.dropout2d(shown, 0.5)
        torch.manual_seed(3)
        with noise(7, CPU):
            assert torch.equal(network(shown), wanted)


def test_pages_with_a_seed_are_the_same_in_several_threads(backend):
    seeds = [1, 2, 1, 3] * 5
    wanted = [backend.generate(conditions(), seed=seed)[0].colour for seed in seeds]
    assert not np.array_equal(wanted[0], wanted[1])
    meeting = threading.Barrier(AT_ONCE, timeout=20)

    def paint(seed):
        meeting.wait()
        return backend.generate(conditions(), seed=seed)[0].colour

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for page, alone in zip(pool.map(paint, seeds), wanted, strict=True):
            np.testing.assert_array_equal(page, alone)


def test_pages_with_and_without_a_seed_do_not_mix(backend):
    plain = backend.generate(conditions())[0].colour
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda seed: backend.generate(conditions(), seed=seed)[0].colour, [7, None] * 10))
    for page in pages[1::2]:
        np.testing.assert_array_equal(page, plain)


def test_random_numbers_of_the_application_stay_its_own(backend):
    torch.manual_seed(5)
    wanted = [torch.rand(1).item() for _ in range(3000)]
    is_painting, done = threading.Event(), threading.Event()

    def paint():
        while not done.is_set():
            backend.generate(conditions(), seed=7)
            is_painting.set()

    painter = threading.Thread(target=paint)
    painter.start()
    try:
        assert is_painting.wait(20)
        for _ in range(10):
            torch.manual_seed(5)
            assert [torch.rand(1).item() for _ in range(3000)] == wanted
    finally:
        done.set()
        painter.join()
