"""Training on several processes, and batches in parts.

Oracles: one process that draws and learns the same; numbers of samples counted.
"""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning_fabric import Fabric
from training_runs import assert_same_state
from two_processes import CONFIG, IMAGES, gradients

from mangacolor.config import LossConfig
from mangacolor.training.share import own_numbers

SCRIPT = Path(__file__).parent / "two_processes.py"

NEAR = 1e-3
"""Gradients may differ by this share of the largest of their tensor: sums in another order, and rates of the
discriminator's first step that hang on the sign of what is nearly nothing."""


@given(st.integers(0, 50), st.integers(0, 60), st.integers(1, 5), st.integers(1, 4))
def test_processes_draw_what_one_would_and_end_together(first, images, processes, batch):
    """Contract of `own_numbers`: no number twice, in every step the next ones, and fewer too many than processes."""
    shares = [own_numbers(first, first + images, rank, processes) for rank in range(processes)]
    assert len({len(share) for share in shares}) == 1
    drawn = len(shares[0]) * processes
    assert images <= drawn < images + processes
    for start in range(0, len(shares[0]), batch):
        step = sorted(itertools.chain.from_iterable(share[start : start + batch] for share in shares))
        assert step == list(range(first + start * processes, first + start * processes + len(step)))


def test_without_an_end_there_are_always_more():
    assert own_numbers(7, None, 1, 2)[:3] == range(8, 14, 2)
    assert len(own_numbers(7, None, 0, 2)) > 1 << 30


def assert_near(found, expected):
    assert found.keys() == expected.keys()
    for name, tensors in expected.items():
        for one, other in zip(found[name], tensors, strict=True):
            assert (one - other).abs().max() <= NEAR * other.abs().max() + 1e-7, name
        assert max(float(tensor.abs().max()) for tensor in tensors) > 1e-3, name


def on_one_process(config, batch_size):
    fabric = Fabric(accelerator="cpu", devices=1)
    return gradients(fabric, config, batch_size)


@pytest.mark.slow
def test_gradients_of_parts_are_those_of_the_whole_batch():
    """Oracle: the batch of four at once. Without a game: in one, parts are judged by a discriminator that moves on."""
    alone = dataclasses.replace(CONFIG, loss=LossConfig(adversarial=0.0, rgb=1.0, chroma_classes=0.0))
    whole = on_one_process(alone, 4)
    assert_near(on_one_process(dataclasses.replace(alone, accumulate=2), 2), whole)
    assert_near(on_one_process(dataclasses.replace(alone, accumulate=3), 2), on_one_process(alone, 6))
    with pytest.raises(AssertionError):
        assert_near(on_one_process(alone, 2), whole)


@pytest.fixture(scope="module")
def two(art_folder, tmp_path_factory):
    """What two processes left: a folder, and the result of each."""
    out = tmp_path_factory.mktemp("two")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*torchrun, str(SCRIPT), str(art_folder), str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "deprecated" not in done.stderr, done.stderr
    return out, [torch.load(out / f"{rank}.pt") for rank in range(2)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_first_process_alone_writes_and_talks(two):
    """Contract of `run_training`: each was given a folder of its own, and one of them was never made."""
    out, (first, second) = two
    assert not (out / "run1").exists()
    there = {path.name for path in (out / "run0").iterdir()}
    assert {"config.json", "metrics.jsonl", "mangacolor.safetensors", "mangacolor.md"} <= there
    assert any("2 processes" in line for line in first["said"])
    assert second["said"] == []
    assert (first["has_weights"], second["has_weights"]) == (True, False)
    assert (first["validated"], second["validated"]) == (True, False)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_sample_is_drawn_twice(two):
    """Oracle: the numbers that one process would draw."""
    _, (first, second) = two
    assert first["images_seen"] == second["images_seen"] == IMAGES + 1
    assert sorted(first["numbers"] + second["numbers"]) == list(range(IMAGES + 1))
    assert len(first["numbers"]) == len(second["numbers"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_learn_what_one_learns_from_twice_the_batch(two):
    """Oracle: one process with a batch of four; and in the end both have the same network, bit for bit."""
    _, (first, second) = two
    assert_same_state(first["average"], second["average"])
    expected = on_one_process(CONFIG, 4)
    assert expected.keys() == {"generator_optimizer", "discriminator_optimizer"}
    for result in (first, second):
        assert_near(result["gradients"], expected)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_processes_stop_together_and_go_on_bit_for_bit(two):
    """Oracle: the straight run. Ctrl-C reaches the first process alone; both end after that step, and both resume."""
    _, results = two
    for result in results:
        assert result["halted"] == (8, False)
        assert_same_state(result["resumed"], result["straight"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_loss_that_is_no_number_in_one_process_costs_the_step_of_both(two):
    """Contract: neither waits for the other, and both keep the same finite network."""
    _, (first, second) = two
    assert first["shaken_finished"]
    assert_same_state(first["shaken"], second["shaken"])
    assert all(value.isfinite().all() for value in first["shaken"].values())
