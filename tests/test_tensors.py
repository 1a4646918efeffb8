"""Arrays to tensors, padding, device and precision.

Oracles: numpy's own padding and round trips, and the contract of choices.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.errors import UsageError
from mangacolor.models import tensors
from mangacolor.models.backend import lack_of_memory_told
from mangacolor.models.padding import padded
from mangacolor.models.tensors import (
    autocast,
    choose_device,
    choose_precision,
    pad_to_multiple,
    to_array,
    to_tensor,
    unpad,
)

sides = st.integers(1, 40)


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.sampled_from([1, 2, 8, 32]))
def test_padding_round_trip(height, width, multiple):
    """Invariants: sides divide, the picture stays at the top left, less than one multiple is added, unpad undoes it."""
    picture = torch.arange(2 * height * width, dtype=torch.float32).reshape(1, 2, height, width)
    larger, size = pad_to_multiple(picture, multiple)
    assert larger.shape[2] % multiple == larger.shape[3] % multiple == 0
    assert larger.shape[2] - height < multiple
    assert larger.shape[3] - width < multiple
    assert torch.equal(unpad(larger, size), picture)


@pytest.mark.parametrize(("height", "width"), [(20, 25), (5, 25), (20, 3), (16, 16)])
def test_padding_mirrors_where_it_can_and_repeats_the_edge_elsewhere(height, width):
    """Oracle: numpy's pad with the mode that the docstring names."""
    array = np.random.default_rng(0).random((height, width), dtype=np.float32)
    bottom, right = -height % 16, -width % 16
    mode = "reflect" if bottom < height and right < width else "edge"
    wanted = np.pad(array, ((0, bottom), (0, right)), mode=mode)
    tensor, _ = pad_to_multiple(torch.from_numpy(array)[None, None], 16)
    np.testing.assert_array_equal(tensor[0, 0].numpy(), wanted)
    np.testing.assert_array_equal(padded(array, 16, (0, 1)), wanted)
    np.testing.assert_array_equal(padded(array[None, None], 16, (2, 3))[0, 0], wanted)


@given(sides, sides, st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_arrays_survive_the_way_to_tensors_and_back(height, width, channels):
    """Invariant: round trip; the value at row y, column x, channel c is found at [0, c, y, x]."""
    array = np.random.default_rng(1).random((height, width, channels), dtype=np.float32)
    tensor = to_tensor(array)
    assert tensor.shape == (1, channels, height, width)
    assert tensor[0, -1, -1, 0] == array[-1, 0, -1]
    back = to_array(tensor)
    assert back.flags.c_contiguous
    np.testing.assert_array_equal(back, array)
    np.testing.assert_array_equal(to_array(to_tensor(array[::-1, ::-1, 0]))[..., 0], array[::-1, ::-1, 0])


def test_to_array_takes_half_precision_with_gradients():
    """Contract: a float32 array, whatever the tensor's type or graph."""
    array = to_array(torch.full((1, 3, 2, 2), 0.5, dtype=torch.bfloat16, requires_grad=True))
    assert array.dtype == np.float32
    assert (array == 0.5).all()


@pytest.mark.parametrize("name", ["", "gpu", "cpu:0", "cpu:", "cuda:", "cuda:x", "cuda:-1", "mps:0", "CPU", "xla"])
def test_unknown_devices_are_usage_errors(name, monkeypatch):
    """Contract of `choose_device`: never torch's own exception, whether or not there is a GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(UsageError, match="Unknown device"):
        choose_device(name)


def test_devices_this_machine_lacks_are_usage_errors(monkeypatch):
    """Contract of `choose_device`: what is missing is said, with advice."""
    with pytest.raises(UsageError, match="cuda:99"):
        choose_device("cuda:99")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UsageError, match="no CUDA device"):
        choose_device("cuda")
    with pytest.raises(UsageError, match="mps"):
        choose_device("mps")
    assert choose_device("auto") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(UsageError, match="2 CUDA devices"):
        choose_device("cuda:2")


def test_precision_is_what_was_asked_for_or_the_fastest_in_hardware(monkeypatch):
    """Contract of `choose_precision`."""
    cpu = torch.device("cpu")
    assert choose_precision("auto", cpu) in ("fp32", "bf16")
    for asked in ("fp32", "bf16", "fp16"):
        assert choose_precision(asked, cpu) == asked
    monkeypatch.setattr(tensors, "_cpu_gains_by_bf16", lambda: True)
    assert choose_precision("auto", cpu) == "bf16"
    monkeypatch.setattr(tensors, "_cpu_gains_by_bf16", lambda: False)
    assert choose_precision("auto", cpu) == "fp32"
    assert choose_precision("auto", torch.device("mps")) == "fp32"


@pytest.mark.parametrize(
    ("knows", "seconds", "chosen"),
    [
        (True, {torch.float32: 2.0, torch.bfloat16: 1.0}, "bf16"),
        (True, {torch.float32: 1.0, torch.bfloat16: 2.0}, "fp32"),
        (True, {torch.float32: 1.0, torch.bfloat16: 0.95}, "fp32"),
        (False, {torch.float32: 2.0, torch.bfloat16: 1.0}, "fp32"),
    ],
)
def test_a_cpu_computes_in_bf16_if_it_knows_it_and_gains_by_it(monkeypatch, knows, seconds, chosen):
    """Contract of `choose_precision`; the trial's own times are made up."""
    for probe in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, probe, lambda: knows, raising=False)
    monkeypatch.setattr(tensors, "_trial_seconds", seconds.__getitem__)
    tensors._cpu_gains_by_bf16.cache_clear()
    try:
        assert choose_precision("auto", torch.device("cpu")) == chosen
    finally:
        tensors._cpu_gains_by_bf16.cache_clear()


def test_the_trial_computes_in_what_it_is_asked_for():
    """Contract: a time above nothing for each of the two."""
    assert all(tensors._trial_seconds(dtype) > 0 for dtype in (torch.float32, torch.bfloat16))


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_autocast_computes_at_the_precision(precision, dtype):
    """Contract: the dtype in which a matrix product comes out."""
    with autocast(torch.device("cpu"), precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."), MemoryError),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"), MemoryError),
        (RuntimeError("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer"), MemoryError),
        (RuntimeError("shapes differ"), RuntimeError),
    ],
)
def test_lack_of_memory_is_told_in_one_way(said, told):
    """Contract, with the words of torch, cuBLAS and ONNX Runtime."""
    with pytest.raises(told), lack_of_memory_told():
        raise said
