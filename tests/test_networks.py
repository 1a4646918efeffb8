"""The networks as functions: sizes, ranges, what reaches what.

Oracles: contracts of shapes, gradients for what reaches what, sums by hand, and crops against whole pages.
"""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from mangacolor.config import PRESETS, DiscriminatorConfig, GeneratorConfig
from mangacolor.models.bands import ENCODER_REACH_PX
from mangacolor.models.nn import PatchDiscriminator, Pix2PixGenerator, UNetGenerator, build_network
from mangacolor.models.nn.blocks import PixelNorm, ResidualBlock, SelfAttention
from mangacolor.models.nn.generator import HEADROOM
from mangacolor.models.nn.recall import Likeness, describe_cells
from mangacolor.models.nn.semantics import FIRST_TRAINED, STAGES, WIDTHS, SemanticFeatures, fold_published

TINY = PRESETS["tiny"].generator
SMALL_PIX2PIX = dataclasses.replace(PRESETS["pix2pix"].generator, channels=(4, 6, 8, 8))


def awake(network, seed=0):
    """Draw every weight anew: layers that start at zero would hide what this network can do."""
    torch.manual_seed(seed)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.normal_(parameter, 0, parameter[0].numel() ** -0.5)
        else:
            nn.init.uniform_(parameter, 0.5, 1.0)
    return network


def inputs(n, h, w, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.rand(n, 6, h, w, generator=noise)


@pytest.fixture(scope="module")
def tiny():
    return awake(build_network(TINY)).eval()


@pytest.fixture(scope="module")
def small_pix2pix():
    return awake(build_network(SMALL_PIX2PIX)).eval()


# Any size


sides = st.integers(1, 70)


@settings(max_examples=12, deadline=None)
@given(sides, sides)
@torch.no_grad()
def test_generators_take_any_size(tiny, small_pix2pix, h, w):
    """Contract of `Generated`: shape of the condition, values within the headroom, chroma at a quarter, rounded up."""
    condition = inputs(1, h, w)
    colour, logits, labels = tiny(condition)
    assert labels is None
    assert colour.shape == (1, 3, h, w)
    assert colour.min() >= -HEADROOM
    assert colour.max() <= 1 + HEADROOM
    assert logits.shape == (1, len(tiny.bins), -(-h // 4), -(-w // 4))
    colour, logits, _ = small_pix2pix(condition)
    assert colour.shape == (1, 3, h, w)
    assert 0 <= colour.min() <= colour.max() <= 1
    assert logits is None


@torch.no_grad()
def test_colour_is_full_precision_under_autocast(tiny):
    """Contract: colours are float32, so that neighbouring shades do not become bands."""
    condition = inputs(1, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        colour = tiny(condition).colour
    assert colour.dtype == torch.float32
    torch.testing.assert_close(colour, tiny(condition).colour, atol=0.1, rtol=0)


# Page and crop, picture and batch


@pytest.mark.parametrize(
    ("config", "reach"),
    [
        # Cells of 1/2 and 1/4 in the encoder, two 3 x 3 convolutions each: 2·2 + 2·4; the same in the decoder; 2·8
        # at the bottom; stem and paint 2 each; the chroma's bilinear step 4; up to 7 more because cells are whole.
        (dataclasses.replace(TINY, channels=(8, 12, 16), blocks=(1, 1), attention_heads=0), 12 + 12 + 16 + 4 + 4 + 7),
        # 1/2 to 1/16: 2·(2 + 4 + 8 + 16) on either side, 2·32 at the bottom, and so on.
        (dataclasses.replace(TINY, attention_heads=0), 60 + 60 + 64 + 4 + 4 + 31),
    ],
    ids=["three levels", "tiny preset"],
)
@torch.no_grad()
def test_crop_gets_the_colours_of_its_page(config, reach):
    """Invariant: away from the border by more than the receptive field, a crop and its page agree.

    Attention sees the whole page and is exempt: it is left out here.
    """
    network = awake(UNetGenerator(config)).eval()
    multiple = network.multiple
    inner = 4 * multiple
    side = -(-(2 * reach + inner) // multiple) * multiple
    condition = inputs(1, side + 2 * multiple, side + 3 * multiple)
    crop = condition[..., multiple : multiple + side, 2 * multiple : 2 * multiple + side]
    page_colour = network(condition).colour[..., multiple : multiple + side, 2 * multiple : 2 * multiple + side]
    crop_colour = network(crop).colour
    centre = (..., slice(reach, side - reach), slice(reach, side - reach))
    torch.testing.assert_close(crop_colour[centre], page_colour[centre], atol=1e-5, rtol=0)
    assert page_colour[centre].std() > 0.01
    assert (crop_colour - page_colour).abs().max() > 1e-3  # at the border they may differ, so the margin is needed


@torch.no_grad()
def test_attention_reaches_across_the_picture():
    """Contract: the one block whose reach is the whole picture."""
    block = awake(SelfAttention(8, 2))
    x = torch.randn(1, 8, 5, 7, generator=torch.Generator().manual_seed(0))
    changed = x.clone()
    changed[..., 0, 0] += torch.arange(8.0)
    difference = (block(changed) - block(x)).abs().sum(dim=1)[0]
    assert (difference > 0).all()


@torch.no_grad()
def test_attention_is_softmax_of_scaled_products():
    """Oracle: Vaswani et al. (2017), equation 1, written out for each head."""
    block = awake(SelfAttention(6, 3))
    x = torch.randn(1, 6, 2, 3, generator=torch.Generator().manual_seed(1))
    query, key, value = block.query_key_value(block.norm(x))[0].flatten(1).chunk(3)
    heads = []
    for head in range(3):
        rows = slice(2 * head, 2 * head + 2)
        weights = torch.softmax(query[rows].T @ key[rows] / 2**0.5, dim=1)
        heads.append(value[rows] @ weights.T)
    expected = x + block.project(torch.cat(heads).reshape(1, 6, 2, 3))
    torch.testing.assert_close(block(x), expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_pixel_norm_is_layer_norm_of_each_pixel():
    """Oracle: mean and variance over the channels of one pixel, by hand."""
    norm = awake(PixelNorm(5))
    x = torch.randn(2, 5, 3, 4, generator=torch.Generator().manual_seed(2))
    pixel = x[1, :, 2, 3]
    by_hand = (pixel - pixel.mean()) / (pixel.var(unbiased=False) + norm.eps).sqrt() * norm.weight + norm.bias
    torch.testing.assert_close(norm(x)[1, :, 2, 3], by_hand)


@torch.no_grad()
def test_neighbours_in_the_batch_do_not_matter(tiny, small_pix2pix):
    """Invariant: a picture's result is that of the picture alone."""
    condition = inputs(3, 40, 33)
    for network in (tiny, small_pix2pix):
        alone = network(condition[1:2]).colour
        torch.testing.assert_close(network(condition).colour[1:2], alone, atol=1e-5, rtol=0)
    judge = PatchDiscriminator(PRESETS["tiny"].discriminator).eval()
    condition, page = condition.repeat(1, 1, 2, 2), condition[:, 2:5].repeat(1, 1, 2, 2)
    alone = judge(condition[1:2], page[1:2]).logits
    torch.testing.assert_close(judge(condition, page).logits[1:2], alone, atol=1e-5, rtol=0)


# Conditions


def test_residual_block_starts_as_the_identity_up_to_a_constant():
    """Contract: its last convolution starts at zero, so only that one's bias is added."""
    block = ResidualBlock(6)
    x = torch.randn(1, 6, 4, 4)
    torch.testing.assert_close(block(x), x + block.conv2.bias[:, None, None])


@pytest.mark.parametrize("channel", range(6))
@torch.no_grad()
def test_every_channel_of_the_condition_reaches_the_colour(tiny, channel):
    """Contract of the condition: ink, tone, each hint colour and the hint mask all count."""
    condition = inputs(1, 32, 32)
    changed = condition.clone()
    changed[:, channel] = 1 - changed[:, channel]
    assert (tiny(changed).colour - tiny(condition).colour).abs().max() > 1e-4


@torch.no_grad()
def test_chroma_is_the_annealed_mean_of_the_bins(tiny):
    """Hand-computed: certainty gives the bin's centre; two equal peaks give their middle; temperature sharpens."""
    count = len(tiny.bins)
    logits = torch.full((1, count, 1, 3), -1e4)
    logits[0, 7, 0, 0] = 0
    logits[0, [3, 9], 0, 1] = 0
    logits[0, 3, 0, 2], logits[0, 9, 0, 2] = 0.0, torch.log(torch.tensor(2.0))
    mean = tiny._annealed_mean(logits)[0, :, 0].T
    torch.testing.assert_close(mean[0], tiny.bins[7])
    torch.testing.assert_close(mean[1], (tiny.bins[3] + tiny.bins[9]) / 2)
    torch.testing.assert_close(mean[2], (tiny.bins[3] + 4 * tiny.bins[9]) / 5)  # odds 1 : 2 squared at T = 0.5


def test_colour_loss_does_not_train_the_chroma_classes():
    """Contract: the classes learn from their own loss alone."""
    network = awake(UNetGenerator(TINY)).train()
    network(inputs(1, 32, 32)).colour.sum().backward()
    assert network.classify.weight.grad is None
    assert network.join.weight.grad.abs().max() > 0


# Dropout


@pytest.mark.parametrize("config", [TINY, SMALL_PIX2PIX], ids=["ours", "pix2pix"])
@torch.no_grad()
def test_noise_follows_the_seed_and_is_off_in_evaluation(config):
    """Contract: training draws noise from torch's seed; evaluation is deterministic."""
    network = awake(build_network(config))
    condition = inputs(1, 64, 64)

    def colour(seed):
        torch.manual_seed(seed)
        return network(condition).colour

    network.train()
    assert torch.equal(colour(1), colour(1))
    assert any(not torch.equal(colour(1), colour(seed)) for seed in range(2, 12))
    network.eval()
    assert torch.equal(colour(1), colour(2))


# pix2pix


def test_pix2pix_has_the_parameters_of_the_paper():
    """Hand-counted: U-Net-256 with 3 channels in and out, as published, has 54,413,955 parameters.

    Ours adds three input channels, and biases beside the batch norms, which those networks leave out.
    """
    widths = PRESETS["pix2pix"].generator.channels
    assert widths == (64, 128, 256, 512, 512, 512, 512, 512)
    with torch.device("meta"):
        network = build_network(PRESETS["pix2pix"].generator)
    assert isinstance(network, Pix2PixGenerator)
    extra_inputs = 3 * 64 * 4 * 4
    encoder_biases = sum(widths)
    decoder_biases = 4 * 512 + 256 + 128 + 64
    wanted = 54_413_955 + extra_inputs + encoder_biases + decoder_biases
    assert sum(parameter.numel() for parameter in network.parameters()) == wanted


def test_pix2pix_has_dropout_in_the_first_three_decoder_layers():
    """Isola et al. (2017), section 6.1.1: decoder CD512-CD1024-CD1024-C1024-..."""
    with torch.device("meta"):
        network = build_network(PRESETS["pix2pix"].generator)
    rates = [[part.p for part in layer if isinstance(part, nn.Dropout)] for layer in network.decoder]
    assert rates == [[0.5]] * 3 + [[]] * 5


def test_pix2pix_weights_are_drawn_as_in_the_paper():
    """Section 6.1: N(0, 0.02) for convolutions; batch norm around 1."""
    torch.manual_seed(0)
    network = build_network(dataclasses.replace(SMALL_PIX2PIX, channels=(16, 32, 64, 64)))
    drawn = torch.cat([m.weight.flatten() for m in network.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))])
    assert drawn.mean().abs() < 5e-4
    assert drawn.std().item() == pytest.approx(0.02, rel=0.02)
    scales = torch.cat([m.weight for m in network.modules() if isinstance(m, nn.BatchNorm2d)])
    assert scales.mean().item() == pytest.approx(1, abs=0.01)


# Discriminator


@pytest.mark.parametrize("normalization", ["spectral", "batch"])
def test_each_logit_sees_70_by_70_pixels(normalization):
    """Isola et al. (2017): the gradient of one logit is nonzero on exactly that window."""
    torch.manual_seed(0)
    judge = PatchDiscriminator(DiscriminatorConfig(channels=(4, 6, 8, 8), normalization=normalization)).double().eval()
    if normalization == "batch":
        awake(judge).double()
    page = torch.rand(1, 3, 128, 144, dtype=torch.float64, requires_grad=True)
    condition = torch.rand(1, 6, 128, 144, dtype=torch.float64, requires_grad=True)
    logits = judge(condition, page).logits
    assert logits.shape == (1, 1, 128 // 8 - 2, 144 // 8 - 2)
    logits[0, 0, 7, 8].backward()
    # Strides multiply to 8; the paddings before it amount to 1 + 2 + 4 + 8 + 8 pixels.
    window = torch.zeros(128, 144, dtype=torch.bool)
    window[7 * 8 - 23 : 7 * 8 - 23 + 70, 8 * 8 - 23 : 8 * 8 - 23 + 70] = True
    assert torch.equal(page.grad[0].abs().sum(dim=0) > 0, window)
    assert torch.equal(condition.grad[0, :2].abs().sum(dim=0) > 0, window)
    assert not condition.grad[0, 2:].any()  # hints are none of the discriminator's business


def test_paper_size_gives_30_by_30_patches():
    """Isola et al. (2017): a 256 px page is judged in 30 x 30 patches."""
    judge = PatchDiscriminator(DiscriminatorConfig(channels=(2, 2, 2, 2)))
    verdict = judge(torch.rand(1, 6, 256, 256), torch.rand(1, 3, 256, 256))
    assert verdict.logits.shape == (1, 1, 30, 30)
    assert [feature.shape[-1] for feature in verdict.features] == [128, 64, 32, 31]


def test_spectral_norm_bounds_every_layer():
    """Oracle: the singular values of each layer's matrix, after power iteration has settled."""
    torch.manual_seed(0)
    judge = PatchDiscriminator(DiscriminatorConfig(channels=(4, 6, 8, 8))).train()
    with torch.no_grad():
        for _ in range(60):
            judge(torch.rand(1, 6, 32, 32), torch.rand(1, 3, 32, 32))
        for layer in judge.layers:
            largest = torch.linalg.matrix_norm(layer[0].weight.flatten(1), ord=2)
            assert largest.item() == pytest.approx(1, abs=0.02)


# Semantic features


def published_state():
    """A state with the names and shapes of the published EfficientNet-Lite0, its values drawn."""
    torch.manual_seed(0)
    state: dict[str, torch.Tensor] = {}

    def add(convolution, norm, width, channels, kernel_px):
        state[f"{convolution}.weight"] = torch.randn(width, channels, kernel_px, kernel_px) / (
            channels**0.5 * kernel_px
        )
        state[f"{norm}.weight"], state[f"{norm}.running_var"] = torch.rand(2, width) * 1.5 + 0.5
        state[f"{norm}.bias"], state[f"{norm}.running_mean"] = torch.rand(2, width) - 0.5

    add("_conv_stem", "_bn0", 32, 3, 3)
    width, number = 32, 0
    for kernel_px, _, expansion, out, blocks in STAGES:
        for _ in range(blocks):
            wide, block = width * expansion, f"_blocks.{number}"
            if expansion > 1:
                add(f"{block}._expand_conv", f"{block}._bn0", wide, width, 1)
            add(f"{block}._depthwise_conv", f"{block}._bn1", wide, 1, kernel_px)
            add(f"{block}._project_conv", f"{block}._bn2", out, wide, 1)
            width, number = out, number + 1
    add("_conv_head", "_bn1", 1280, width, 1)
    return state


def published_features(state, gray):
    """The network as published, layer by layer: three equal channels, TensorFlow's padding, batch norm."""

    def layer(x, convolution, norm, stride=1, groups=1, active=True):
        weight = state[f"{convolution}.weight"]
        side, kernel_px = x.shape[-1], weight.shape[-1]
        missing = max(0, (-(-side // stride) - 1) * stride + kernel_px - side)
        margins = (missing // 2, missing - missing // 2) * 2
        x = functional.conv2d(functional.pad(x, margins), weight, stride=stride, groups=groups)
        values = (state[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
        x = functional.batch_norm(x, *values, eps=1e-3)
        return x.clip(0, 6) if active else x

    x = layer((gray.repeat(1, 3, 1, 1) * 255 - 127) / 128, "_conv_stem", "_bn0", stride=2)
    taken, number = [], 0
    for at, (_, first_stride, expansion, _, blocks) in enumerate(STAGES):
        for repeated in range(blocks):
            block, before = f"_blocks.{number}", x
            if expansion > 1:
                x = layer(x, f"{block}._expand_conv", f"{block}._bn0")
            stride = 1 if repeated else first_stride
            x = layer(x, f"{block}._depthwise_conv", f"{block}._bn1", stride, x.shape[1])
            x = layer(x, f"{block}._project_conv", f"{block}._bn2", active=False)
            x, number = x + before if x.shape == before.shape else x, number + 1
        if at in (2, 4):
            taken.append(x)
    return [*taken, layer(x, "_conv_head", "_bn1")]


@pytest.mark.slow
def test_semantics_are_the_published_networks_features_at_three_strides():
    """Oracle: the network written out in functional torch, with its batch norm, on all three channels."""
    state = {name: value.double() for name, value in published_state().items()}
    network = SemanticFeatures().double()
    network.load_state_dict(fold_published(state))
    gray = torch.rand(2, 1, 96, 96, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        for feature, expected, stride, width in zip(
            network(gray), published_features(state, gray), (8, 16, 32), WIDTHS, strict=True
        ):
            assert feature.shape == (2, width, 96 // stride, 96 // stride)
            torch.testing.assert_close(feature, expected)


def test_semantic_features_reach_no_further_than_they_say():
    """Invariant: changing a pixel changes no feature beyond ENCODER_REACH_PX of it, and most within it may change."""
    network = SemanticFeatures()
    network.load_state_dict(fold_published(published_state()))
    gray = torch.rand(1, 1, 32, 1024, generator=torch.Generator().manual_seed(1)).requires_grad_()
    network(gray)[2][..., 16].abs().sum().backward()
    columns = gray.grad.abs().amax(dim=(0, 1, 2)).nonzero()
    middle = 16 * 32 + 16
    assert columns.min() >= middle - ENCODER_REACH_PX
    assert columns.max() <= middle + ENCODER_REACH_PX
    assert columns.max() - columns.min() > ENCODER_REACH_PX


def test_only_late_semantic_features_learn_and_only_if_they_may():
    """Contract of `trained_semantics`: blocks beyond stride 16."""
    network = awake(UNetGenerator(dataclasses.replace(TINY, semantics=True, trained_semantics=True))).train()
    network(inputs(1, 64, 64)).colour.sum().backward()
    for name, parameter in network.semantics.named_parameters():
        part, number, *_ = name.split(".")
        late = part == "head" or (part == "blocks" and int(number) >= FIRST_TRAINED)
        assert (parameter.grad is not None) == late, name


# What tells how alike places are


def test_likeness_is_seen_from_the_mean():
    """Hand-computed: of features all alike but for a little, cells with opposite deviations are opposites."""
    network = Likeness()
    shared = [torch.ones(1, width, side, side) for width, side in zip(WIDTHS, (8, 4, 2), strict=True)]
    network.mean.copy_(describe_cells(shared)[0])
    turn = [torch.randn(width, generator=torch.Generator().manual_seed(0))[:, None, None] for width in WIDTHS]
    one, other = (
        network([feature + sign * way for feature, way in zip(shared, turn, strict=True)])[0] for sign in (0.01, -0.01)
    )
    assert one @ other < -0.99


def test_semantics_stay_frozen_inside_a_training_generator():
    """Contract: never trains, and yet its features reach the colour."""
    config = dataclasses.replace(TINY, semantics=True, attention_heads=0)
    network = awake(UNetGenerator(config)).train()
    frozen = network.semantics
    assert network.dropout.training
    assert not any(parameter.requires_grad for parameter in frozen.parameters())
    before = {name: value.clone() for name, value in frozen.state_dict().items()}
    condition = inputs(1, 33, 40)
    network(condition).colour.sum().backward()
    assert all(parameter.grad is None for parameter in frozen.parameters())
    assert all(layer.weight.grad.abs().max() > 0 for layer in network.recognise)
    for name, value in frozen.state_dict().items():
        assert torch.equal(value, before[name]), name
    network.eval()
    with torch.no_grad():
        seeing = network(condition).colour
        for layer in network.recognise:
            layer.weight.zero_()
        assert (network(condition).colour - seeing).abs().max() > 1e-4


def test_build_network_follows_the_kind():
    """Contract of `build_network`."""
    assert isinstance(build_network(TINY), UNetGenerator)
    assert isinstance(build_network(SMALL_PIX2PIX), Pix2PixGenerator)
    assert isinstance(build_network(dataclasses.replace(GeneratorConfig(), semantics=False)), UNetGenerator)
