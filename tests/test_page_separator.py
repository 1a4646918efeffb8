"""The separator as a network, and pages of any size taken apart with it.

Oracles: the whole page for bands, drawn screentone whose grey is known, and contracts of files.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from mangacolor.config import PRESETS
from mangacolor.errors import ModelFileError
from mangacolor.models import page_separator as module
from mangacolor.models.nn import Separator, build_network
from mangacolor.models.nn.separator import HEADROOM, shuffled_planes
from mangacolor.models.page_separator import PageSeparator
from mangacolor.models.torch_backend import TorchSeparator
from mangacolor.models.weight_files import SEPARATOR_NAME, SEPARATOR_VARIABLE, find_separator
from mangacolor.models.weights import load_weights, save_weights

PRESET = PRESETS["separator"].separator
SMALL = dataclasses.replace(PRESET, channels=(8, 8, 8), blocks=(1, 1), bottom_blocks=1)


def awake(network, seed=0):
    """Draw every weight anew: layers that start at zero would hide what this network can do."""
    torch.manual_seed(seed)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, 0, parameter[0].numel() ** -0.5)
        else:
            nn.init.uniform_(parameter, -0.5, 0.5)
    return network.eval()


def blind(network):
    """Make a separator see screentone nowhere."""
    with torch.no_grad():
        network.paint.weight[8:] = 0
        network.paint.bias[8:] = -200
    return network


def random_page(height, width, seed=0):
    return np.random.default_rng(seed).random((height, width), dtype=np.float32)


@pytest.fixture(scope="module")
def small():
    return awake(build_network(SMALL))


@pytest.fixture
def separate(small):
    return PageSeparator(TorchSeparator(small, torch.device("cpu"), "fp32"))


# Network


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70))
@torch.no_grad()
def test_any_size_comes_back_in_range(small, height, width):
    """Contract of `Separated`: shapes of the page, ink and tone within the headroom."""
    page = torch.from_numpy(random_page(height, width))[None, None]
    for plane in (separated := small(page)):
        assert plane.shape == page.shape
        assert plane.dtype == torch.float32
    for plane in separated[:2]:
        assert plane.min() >= -HEADROOM - 1e-6
        assert plane.max() <= 1 + HEADROOM + 1e-6


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 100))
@torch.no_grad()
def test_without_screentone_ink_times_tone_is_the_page(height, width, seed):
    """Invariant: whatever else the weights are; below the divisor's floor even blacks stay as they are."""
    network = blind(awake(build_network(SMALL), seed))
    page = torch.from_numpy(random_page(height, width, seed))[None, None]
    page[..., 0, :] = 0
    page[..., -1, :] = 1
    ink, tone, screened, _ = network(page)
    assert (screened < -100).all()
    torch.testing.assert_close(ink * tone, page, atol=2e-6, rtol=0)


@torch.no_grad()
def test_crop_is_taken_apart_as_its_page_is(small):
    """Invariant: further than `reach_px` from a border, a crop and its page agree to rounding."""
    reach, multiple = small.reach_px, small.multiple
    assert reach % multiple == 0
    side = 2 * reach + 4 * multiple
    page = torch.from_numpy(random_page(side + 3 * multiple, side + 2 * multiple))[None, None]
    crop = page[..., 2 * multiple : 2 * multiple + side, multiple : multiple + side]
    inner = slice(reach, side - reach)
    for whole, part in zip(small(page), small(crop.contiguous()), strict=True):
        seen = whole[..., 2 * multiple : 2 * multiple + side, multiple : multiple + side]
        torch.testing.assert_close(part[..., inner, inner], seen[..., inner, inner], atol=1e-5, rtol=0)
        assert (part - seen).abs().max() > 1e-4  # at the border they may differ, so the margin is needed


@pytest.mark.parametrize("config", [SMALL, PRESET], ids=["small", "preset"])
def test_reach_covers_every_pixel_that_matters(config):
    """Oracle: the gradient of the middle pixel; it is nowhere but within the reach, and not far within either."""
    network = awake(build_network(config))
    reach = network.reach_px
    side = 2 * reach + 2 * network.multiple
    page = torch.from_numpy(random_page(side, side))[None, None].requires_grad_()
    middle = side // 2
    sum(plane[0, 0, middle, middle] for plane in network(page)).backward()
    rows, columns = (page.grad[0, 0] != 0).nonzero().T
    farthest = max((place - middle).abs().max().item() for place in (rows, columns))
    assert reach / 4 < farthest <= reach


@torch.no_grad()
def test_preset_is_cheap():
    """Contract: at page resolution every operation counts; at most 50 000 a pixel, as torch counts them."""
    network = build_network(PRESET).eval()
    counter = FlopCounterMode(display=False)
    with counter:
        network(torch.zeros(1, 1, 256, 256))
    assert 1_000 < counter.get_total_flops() / 256**2 <= 50_000


def test_untrained_separator_learns_from_every_weight():
    """Invariant: gradients are finite and, but for branches that start at zero, everywhere."""
    network = build_network(SMALL)
    ink, tone, screened, _ = network(torch.from_numpy(random_page(32, 32))[None, None])
    (ink.mean() + tone.square().mean() + screened.mean()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), name
        if ".first." not in name:  # behind a second convolution that is still zero
            assert parameter.grad.any(), name


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_planes_are_shuffled_as_torch_does(memory_format):
    """Oracle: `functional.pixel_shuffle`; the planes lie one by one whatever the input did."""
    x = torch.rand(2, 12, 5, 7).contiguous(memory_format=memory_format)
    shuffled = shuffled_planes(x)
    assert torch.equal(shuffled, functional.pixel_shuffle(x, 2))
    assert shuffled.is_contiguous()


# Weights


def test_weights_round_trip_and_kinds_are_not_mixed_up(small, tiny_weights, tmp_path):
    """Contract of `Weights`: a separator comes back in half precision; asked for as a generator it is refused."""
    path = tmp_path / "w.safetensors"
    save_weights(path, small.state_dict(), SMALL, {"images_seen": 3})
    loaded = load_weights(path)
    assert isinstance(loaded.separator, Separator)
    assert loaded.separator is loaded.network
    assert loaded.config == SMALL
    state = small.state_dict()
    for name, tensor in loaded.separator.state_dict().items():
        assert torch.equal(tensor, state[name].half().float()), name
    with pytest.raises(ModelFileError, match=r"w\.safetensors: a separator"):
        _ = loaded.generator
    with pytest.raises(ModelFileError, match=r"tiny\.safetensors: not the weights of a separator"):
        _ = load_weights(tiny_weights).separator


def test_find_separator_prefers_explicit_then_environment_then_installed_then_checkout(tmp_path, monkeypatch):
    """Contract of `find_separator`: the order, by taking away one place after the other."""
    package = tmp_path / "mangacolor"
    monkeypatch.setattr("mangacolor.models.weight_files._PACKAGE", package)
    asked, environment = tmp_path / "asked.safetensors", tmp_path / "environment.safetensors"
    installed, checkout = package / "_weights" / SEPARATOR_NAME, tmp_path / "weights" / SEPARATOR_NAME
    for place in (asked, environment, installed, checkout):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    monkeypatch.setenv(SEPARATOR_VARIABLE, str(environment))
    assert find_separator(asked) == asked
    with pytest.raises(ModelFileError, match=r"lost\.safetensors(.|\n)*`separator`"):
        find_separator(tmp_path / "lost.safetensors")
    assert find_separator() == environment
    environment.unlink()
    with pytest.raises(ModelFileError, match=rf"environment\.safetensors(.|\n)*{SEPARATOR_VARIABLE}"):
        find_separator()
    monkeypatch.delenv(SEPARATOR_VARIABLE)
    assert find_separator() == installed
    installed.unlink()
    assert find_separator() == checkout
    checkout.unlink()
    with pytest.raises(ModelFileError, match="No separator is installed"):
        find_separator()


# Pages


@pytest.mark.parametrize("size", [(150, 40), (97, 33), (5, 60), (1, 1)])
def test_bands_separate_as_the_whole_page(separate, monkeypatch, size):
    """Oracle: the page in one piece."""
    page = random_page(*size)
    whole = separate(page)
    monkeypatch.setattr(module, "BAND_PIXELS", 700)
    banded = separate(page)
    for one, other in zip(banded, whole, strict=True):
        assert one.shape == page.shape
        assert one.dtype == np.float32
        assert 0 <= one.min() <= one.max() <= 1
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_page_in_range_is_what_the_network_says(small, separate, monkeypatch):
    """Oracle: the network itself, cut to [0, 1], where all it sees is trusted."""
    monkeypatch.setattr(module, "_trusted", lambda share, gray: share)
    monkeypatch.setattr(module, "_evened", lambda tone, sheets: tone)
    page = random_page(40, 50)
    with torch.no_grad():
        ink, tone, *_ = small(torch.from_numpy(page)[None, None])
    separation = separate(page)
    np.testing.assert_allclose(separation.ink, ink[0, 0].clamp(0, 1), atol=1e-6)
    np.testing.assert_allclose(separation.tone, tone[0, 0].clamp(0, 1), atol=1e-6)


def test_where_nothing_is_screened_ink_times_tone_is_the_page():
    """Invariant of the network that the cut to [0, 1] must not break: lightest tones reach beyond 1."""
    network = blind(awake(build_network(SMALL)))
    page = random_page(80, 60)
    page[:20] = 1
    page[20:30] = 0
    for lightness in (-30.0, 0.0, 30.0):
        with torch.no_grad():
            network.paint.bias[4:8] = lightness
        ink, tone = PageSeparator(TorchSeparator(network, torch.device("cpu"), "fp32"))(page)
        np.testing.assert_allclose(ink * tone, page, atol=2e-6)


@pytest.mark.parametrize("size", [(200, 130), (65, 300)])
def test_huge_page_keeps_its_size_and_where_nothing_is_screened_itself(monkeypatch, size):
    """Contract of `LARGEST_SHORT_SIDE_PX`, here 64: separated smaller, as sharp as the page all the same."""
    monkeypatch.setattr(module, "LARGEST_SHORT_SIDE_PX", 64)
    separate = PageSeparator(TorchSeparator(blind(awake(build_network(SMALL))), torch.device("cpu"), "fp32"))
    page = random_page(*size)
    page[10:20] = 0
    ink, tone = separate(page)
    assert ink.shape == tone.shape == size
    for plane in (ink, tone):
        assert plane.dtype == np.float32
        assert 0 <= plane.min() <= plane.max() <= 1
    np.testing.assert_allclose(ink * tone, page, atol=1e-5)


def test_huge_page_is_soft_only_under_screentone(separate, monkeypatch):
    """Contract: with the network's own say on screentone, everything stays in range at page size."""
    monkeypatch.setattr(module, "LARGEST_SHORT_SIDE_PX", 48)
    ink, tone = separate(random_page(130, 100))
    assert ink.shape == tone.shape == (130, 100)
    for plane in (ink, tone):
        assert 0 <= plane.min() <= plane.max() <= 1 + 1e-6


@pytest.mark.parametrize("size", [(60, 80), (120, 160), (150, 200)], ids=["small", "twice as large", "larger"])
def test_no_pixel_is_screened_by_halves(monkeypatch, size):
    """Contract: tone is that of the network or that of the page, also in pages separated smaller."""
    monkeypatch.setattr(module, "LARGEST_SHORT_SIDE_PX", 60)

    class Doubting:
        multiple, reach_px = 8, 8

        def separate(self, gray):
            share = np.zeros_like(gray)
            share[20:50, 20:60] = np.random.default_rng(0).uniform(0.96, 0.99, (30, 40))
            return module.Planes(np.ones_like(gray), np.full_like(gray, 0.5), share)

    ink, tone = PageSeparator(Doubting())(np.full(size, 0.8, np.float32))
    screened = np.abs(tone - 0.5) < 1e-5
    assert 0.2 < screened.mean() < 0.3
    np.testing.assert_allclose(tone[~screened], 0.8, atol=1e-5)
    np.testing.assert_allclose(ink, 1, atol=1e-5)


def test_evening_takes_dots_out_of_the_tone_and_keeps_its_edges():
    """Oracle: the flat tones that the dots were laid over; outside of sheets nothing changes."""
    flat = np.full((60, 80), 0.9, np.float32)
    flat[:, 40:] = 0.5
    dots = flat + 0.03 * np.sin(np.indices(flat.shape).sum(axis=0)).astype(np.float32)
    sheets = np.zeros(flat.shape, bool)
    sheets[:, 20:] = True
    even = module._evened(dots, sheets)
    assert np.abs(even - flat)[:, 20:].max() < 0.015
    np.testing.assert_array_equal(even[:, :20], dots[:, :20])


def test_only_areas_the_network_is_certain_of_are_screentone():
    """Contract of `_trusted`: a certain sheet stays with its fringe, a patchy or a tiny one goes."""
    share = np.zeros((120, 200), np.float32)
    share[20:80, 10:70] = 1
    share[18:82, 8:72] = np.maximum(share[18:82, 8:72], 0.2)
    share[20:80, 100:160] = 0.6
    share[20:35, 100:130] = 1
    share[100:110, 10:20] = 1
    trusted = module._trusted(share, np.ones_like(share))
    np.testing.assert_array_equal(trusted[:90, :90], share[:90, :90])
    assert not trusted[:, 90:].any()
    assert not trusted[90:].any()


def test_dots_of_an_ellipsis_are_no_screentone():
    """The network is certain of it, and still the dots stay in the ink, while those of a sheet beside it go."""
    gray = np.ones((120, 200), np.float32)
    share = np.zeros_like(gray)
    for dot in range(6):
        cv2.circle(gray, (30, 20 + 13 * dot), 2, 0.0, -1)
    share[12:94, 22:39] = 1
    gray[20:100:6, 100:180:6] = gray[21:101:6, 100:180:6] = gray[20:100:6, 101:181:6] = 0
    share[15:105, 95:185] = 1
    trusted = module._trusted(share, gray)
    assert not trusted[:, :60].any()
    np.testing.assert_array_equal(trusted[:, 90:], share[:, 90:])
