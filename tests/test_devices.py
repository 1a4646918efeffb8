"""The same answers on every device, with autocast off and on, one page or several at a time.

Oracle: the CPU's fp32. Every test runs on the CPU, where it holds the contract of the code that moves things; where
there is CUDA it runs there, too. `make gpu-check` runs them on such a machine.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from pictures import fill_with_art
from torch._subclasses.fake_tensor import FakeTensorMode

from mangacolor import Colorizer
from mangacolor.config import PRESETS, LossConfig, Phase
from mangacolor.image import DecodedImage
from mangacolor.models.nn import PatchDiscriminator, build_network
from mangacolor.models.tensors import autocast, choose_precision, to_array, to_tensor
from mangacolor.training import Budget, RunOptions, losses, run_training, validation
from mangacolor.training.checkpoint import load_newest_checkpoint
from mangacolor.training.objectives import build_objective
from mangacolor.training.validation import channels_last

cuda = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here: never run on it")]
DEVICES = ["cpu", pytest.param("cuda", marks=cuda)]
TINY = dataclasses.replace(
    PRESETS["tiny"],
    generator=dataclasses.replace(PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1)),
    discriminator=dataclasses.replace(PRESETS["tiny"].discriminator, channels=(4, 6, 8, 8)),
    loss=LossConfig(adversarial_start=0.25, rgb=1.0),
    phases=(Phase(1.0, 32, 2),),
    warmup_images=4,
    ema_half_life_images=4,
    snapshots=2,
)


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return build_network(PRESETS["tiny"].generator).eval()


@pytest.fixture
def condition():
    return torch.rand(3, 6, 64, 96, generator=torch.Generator().manual_seed(1))


def page(seed, height=120, width=90):
    """A grey page with panels, lines and greys."""
    rng = np.random.default_rng(seed)
    gray = np.full((height, width), 255, np.uint8)
    for _ in range(6):
        y, x = int(rng.integers(4, height - 40)), int(rng.integers(4, width - 40))
        gray[y : y + 30, x : x + 34] = rng.integers(60, 250)
        gray[y : y + 30, x : x + 2] = gray[y : y + 2, x : x + 34] = 0
    return DecodedImage(np.repeat(gray[..., None], 3, axis=2))


@pytest.mark.parametrize("device", DEVICES)
def test_arrays_come_back_from_a_device_as_they_went(device):
    array = np.random.default_rng(0).random((5, 7, 3)).astype(np.float32)[:, ::-1]
    assert np.array_equal(to_array(to_tensor(array).to(device)), array)


@pytest.mark.parametrize("device", DEVICES)
@torch.no_grad()
def test_a_generator_moved_there_predicts_as_on_the_cpu(generator, condition, device):
    wanted = generator(condition).colour
    moved = generator.to(device).to(memory_format=torch.channels_last)
    found = moved(condition.to(device)).colour
    assert found.device.type == device
    assert torch.allclose(found.cpu(), wanted, atol=2e-3)


@pytest.mark.parametrize("device", DEVICES)
@torch.no_grad()
def test_a_batch_is_its_pages(generator, condition, device):
    generator, condition = generator.to(device), condition.to(device)
    together = generator(condition).colour
    alone = torch.cat([generator(one[None]).colour for one in condition])
    assert torch.allclose(together, alone, atol=2e-3)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@torch.no_grad()
def test_autocast_computes_in_what_was_asked_and_stays_near(generator, condition, device, precision):
    if precision == "fp16" and device == "cpu":
        pytest.skip("no half precision of that kind on CPUs")
    layer = torch.nn.Conv2d(6, 4, 3).to(device)
    moved = generator.to(device)
    exact = moved(condition.to(device)).colour
    with autocast(torch.device(device), precision):
        assert (
            layer(condition.to(device)).dtype
            == {
                "fp32": torch.float32,
                "bf16": torch.bfloat16,
                "fp16": torch.float16,
            }[precision]
        )
        found = moved(condition.to(device)).colour
    assert found.isfinite().all()
    assert (found.float() - exact).abs().mean() < (1e-6 if precision == "fp32" else 0.02)


@pytest.mark.parametrize("device", DEVICES)
def test_batches_reach_the_device_channels_last(device):
    fabric = Fabric(accelerator=device, devices=1)
    batch = {"condition": torch.rand(2, 6, 8, 8), "number": torch.arange(2.0)}
    moved = channels_last(fabric.to_device(batch))
    assert all(tensor.device.type == device for tensor in moved.values())
    assert moved["condition"].is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(moved["condition"].cpu(), batch["condition"])


@pytest.mark.parametrize("device", DEVICES[1:])
def test_pinned_batches_arrive_whole(device):
    """Contract of CUDA: a copy from pinned memory that nobody waited for is complete before what is queued after it."""
    batch = torch.rand(16, 6, 128, 128)
    arrived = batch.pin_memory().to(device, non_blocking=True)
    assert float((arrived.double().sum() - batch.double().sum().to(device)).abs()) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("device", DEVICES)
def test_pages_are_coloured_as_on_the_cpu(tiny_weights, tiny_separator, device):
    """Contract of `make gpu-check`: 99.9 % of all channels within 2/255, one by one and together."""
    pages = [page(seed) for seed in range(3)]
    reference = Colorizer(tiny_weights, separator=tiny_separator, device="cpu", precision="fp32")
    other = Colorizer(tiny_weights, separator=tiny_separator, device=device, precision="fp32")
    wanted = [reference.colorize_page(one)[0].rgb for one in pages]
    for found in ([other.colorize_page(one)[0].rgb for one in pages],
                  [done.rgb for done, _ in other.colorize_together(pages)]):  # fmt: skip
        difference = np.abs(np.stack(found).astype(int) - np.stack(wanted))
        assert (difference <= 2).mean() >= 0.999
    assert any(one.std(axis=2).max() > 2 for one in wanted), "nothing was coloured"


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), [
    ("cpu", "cpu"), pytest.param("cpu", "cuda", marks=cuda), pytest.param("cuda", "cpu", marks=cuda),
])  # fmt: skip
def test_a_run_goes_on_on_the_other_device(tmp_path, monkeypatch, first, second):
    """Invariant: images seen go on from the checkpoint, its weights are those it had, and the loss stays finite."""
    monkeypatch.setattr(validation, "VALIDATION_SAMPLES", 8)
    data, out = fill_with_art(tmp_path / "art"), tmp_path / "run"

    def train(device, images, **options):
        return run_training(
            TINY, RunOptions(data, out, Budget(images=images), device=device, precision="fp32", **options)
        )

    begun = train(first, 8)
    kept = load_newest_checkpoint(out)
    assert {tensor.device.type for tensor in kept["generator"].values()} == {"cpu"}
    assert kept["images_seen"] == begun.outcome.images_seen == 8
    ended = train(second, 16, resume=True)
    assert ended.outcome.images_seen == 16
    assert ended.outcome.validation_loss is not None
    assert np.isfinite(ended.outcome.validation_loss)


def on_pretended_cuda(network):
    """Move what the constructor left on the CPU, as `.to` would; parameters were made there."""
    for module in network.modules():
        for name, buffer in module._buffers.items():
            module._buffers[name] = None if buffer is None else buffer.to("cuda")
    return network


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["labelled", "separator", "pix2pix"])
@pytest.mark.filterwarnings("ignore:CUDA is not available")
def test_no_constant_stays_behind_on_the_cpu(preset):
    """Oracle: torch's fake tensors, which have a device and no numbers, and refuse to meet one of another device.

    Networks, losses and scores of training run on CUDA that way on machines without any; the backward pass does not.
    """
    config = PRESETS["default" if preset == "labelled" else preset]
    if preset == "labelled":
        config = dataclasses.replace(config, generator=dataclasses.replace(config.generator, labels=("skin",)))
    if preset != "separator":
        config = dataclasses.replace(config, loss=dataclasses.replace(config.loss, oklab=1.0, rgb=1.0, labels=1.0))
    with FakeTensorMode(allow_non_fake_inputs=True), torch.device("cuda"):
        network = on_pretended_cuda(build_network(config.network))
        objective = build_objective(config)
        planes = {"condition": 6, "colour": 3, "labels": 1, "page": 1, "ink": 1, "tone": 1, "screened": 1}
        batch = {name: torch.rand(2, channels, 256, 256) for name, channels in planes.items()}
        play = objective.play(network, batch)
        assert {term.device.type for term in play.terms.values()} == {"cuda"}
        if preset != "separator":
            discriminator, (condition, *pages) = on_pretended_cuda(PatchDiscriminator(config.discriminator)), play.game
            assert {page.device.type for page in pages} == {"cuda"}
            fake, real = (discriminator(condition, page) for page in pages)
            assert losses.generator_loss(fake.logits, "hinge").device.type == "cuda"
            assert losses.discriminator_loss(real.logits, fake.logits, "hinge").device.type == "cuda"
            assert losses.feature_matching(real.features, fake.features).device.type == "cuda"


@pytest.mark.parametrize("learns", [False, True])
@pytest.mark.parametrize("device", DEVICES)
def test_auto_precision_is_one_that_the_device_computes(device, learns):
    chosen = choose_precision("auto", torch.device(device), learns=learns)
    assert chosen in ({"cuda": ("bf16", "fp16") if learns else ("fp16",)}.get(device, ("fp32", "bf16")))
