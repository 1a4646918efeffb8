"""What networks learn: a step of each objective, and the separator through the whole training loop.

Oracles: contracts of `Objective` and of its samples; sums by hand; the straight run for the resumed one.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from pictures import draw_art, greyed, save_image
from PIL import Image
from training_runs import DarkenByHalf, Gain, assert_same_state, interrupt_after, run_briefly, shorten

from mangacolor.config import PRESETS, Phase, SynthesisConfig
from mangacolor.data.batches import stack
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.data.separation_samples import SeparationSamples
from mangacolor.models.nn import build_network
from mangacolor.models.weight_files import SEPARATOR_NAME
from mangacolor.models.weights import load_weights
from mangacolor.training import Budget, loop, validation
from mangacolor.training.checkpoint import load_newest_checkpoint
from mangacolor.training.objectives import (
    VALIDATION,
    ColourObjective,
    SeparationObjective,
    build_objective,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

BATCH = 2
TINY = dataclasses.replace(
    PRESETS["tiny"],
    generator=dataclasses.replace(PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1)),
)
PIX2PIX = dataclasses.replace(
    PRESETS["pix2pix"], generator=dataclasses.replace(PRESETS["pix2pix"].generator, channels=(4, 6, 8))
)
SEPARATOR = dataclasses.replace(
    PRESETS["separator"],
    separator=dataclasses.replace(PRESETS["separator"].separator, channels=(4, 6, 8), blocks=(1, 1), bottom_blocks=1),
    synthesis=SynthesisConfig(page_short_px=(200, 400)),
    phases=(Phase(1.0, 32, BATCH),),
    warmup_images=4,
    ema_half_life_images=4,
    snapshots=2,
)
CONFIGS = {"tiny": TINY, "pix2pix": PIX2PIX, "separator": SEPARATOR}


@pytest.fixture(scope="module")
def pictures():
    return [Picture(draw_art(number)) for number in range(3)]


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    shorten(monkeypatch, log_every=2)


EVEN = np.full(3, 1 / 3)


def batch_of(objective, pictures, count=BATCH):
    samples = objective.samples(Stock(pictures, np.full(len(pictures), 1 / len(pictures))), 32, 0)
    return stack([samples[number] for number in range(count)])


@pytest.mark.parametrize(("name", "kind", "samples"), [
    ("tiny", ColourObjective, ColourSamples),
    ("pix2pix", ColourObjective, ColourSamples),
    ("separator", SeparationObjective, SeparationSamples),
])  # fmt: skip
def test_objective_follows_the_network(pictures, name, kind, samples):
    """Contract of `build_objective`, and which samples each learns from."""
    config = CONFIGS[name]
    objective = build_objective(config)
    assert isinstance(objective, kind)
    assert isinstance(objective.samples(Stock(pictures, np.full(3, 1 / 3)), 32, 0), samples)


@pytest.mark.parametrize(("name", "terms"), [
    ("tiny", {"oklab", "chroma_classes"}),
    ("pix2pix", {"rgb"}),
    ("separator", {"ink", "tone", "flatness", "screened"}),
])  # fmt: skip
def test_a_step_has_the_losses_switched_on_and_reaches_the_network(pictures, name, terms):
    """Contract of `play`: weighed terms by name, finite; gradients arrive at both ends of the network."""
    config = CONFIGS[name]
    torch.manual_seed(0)
    network = build_network(config.network)
    objective = build_objective(config)
    played = objective.play(network, batch_of(objective, pictures))
    assert played.terms.keys() == terms
    assert all(term.isfinite() and term.ndim == 0 for term in played.terms.values())
    if name == "separator":
        assert played.game is None
    else:
        assert played.game.fake_page.shape == played.game.real_page.shape == (BATCH, 3, 32, 32)
        assert played.game.condition.shape[0] == BATCH
    torch.stack(list(played.terms.values())).sum().backward()
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    assert len(gradients) > 0.8 * len(list(network.parameters()))
    assert all(gradient.isfinite().all() for gradient in gradients)
    convolutions = [gradient for gradient in gradients if gradient.ndim == 4]
    assert convolutions[0].any()
    assert convolutions[-1].any()


@pytest.mark.parametrize(("name", "columns"), [("tiny", 3), ("separator", 5)])
def test_score_is_a_number_and_the_sheet_has_its_columns(pictures, name, columns):
    """Contract of `score`: pictures of one size in [0, 1] up to headroom; for the truth itself it is nothing."""
    config = CONFIGS[name]
    network = build_network(config.network).eval()
    objective = build_objective(config)
    batch = batch_of(objective, pictures)
    with torch.no_grad():
        scores, shown = objective.score(network, batch)
    assert scores.keys() == {VALIDATION} | ({"validation_chroma_classes"} if name == "tiny" else set())
    assert all(0 < score < 100 for score in scores.values())
    assert len(shown) == columns
    for column in shown:
        assert column.shape in {(BATCH, 1, 32, 32), (BATCH, 3, 32, 32)}
        assert column.min() >= -0.03
        assert column.max() <= 1.03
    if name == "separator":
        truth = type("Truth", (), {key: batch[key] for key in ("ink", "tone", "screened")})
        assert objective.score(lambda page: truth, batch)[0] == {VALIDATION: 0}


# The separator in the loop


def run(data, out, config=SEPARATOR, *, images=8, **options):
    return run_briefly(data, out, config, images=images, **options)


def test_separator_trains_resumes_bit_for_bit_and_is_written_under_its_name(art_folder, tmp_path):
    """Oracle: the straight run. Contract: `separator.safetensors`, a card, a sheet of five columns."""
    straight = run(art_folder, tmp_path / "straight")
    run(art_folder, tmp_path / "halves", on_step=interrupt_after(4))
    resumed = run(art_folder, tmp_path / "halves", resume=True)
    state = straight.outcome.average
    assert_same_state(resumed.outcome.average, state)
    assert resumed.outcome.validation_loss == straight.outcome.validation_loss > 0
    torch.manual_seed(SEPARATOR.seed)
    untrained = build_network(SEPARATOR.separator).state_dict()
    assert sum(not torch.equal(state[name], tensor) for name, tensor in untrained.items()) > 0.8 * len(state)

    assert straight.weights == tmp_path / "straight" / SEPARATOR_NAME
    weights = load_weights(straight.weights)
    assert weights.config == SEPARATOR.separator
    recipe = weights.facts["train_config"]
    assert recipe["separator"]["channels"] == [4, 6, 8]
    assert not {"generator", "discriminator", "loss"} & recipe.keys()
    assert "discriminator" not in load_newest_checkpoint(tmp_path / "straight")
    assert weights.separator is weights.network
    assert weights.facts["images_seen"] == 8
    assert weights.digest in straight.weights.with_suffix(".md").read_text(encoding="utf-8")
    sheets = sorted((tmp_path / "straight").glob("samples-*.png"))
    with Image.open(sheets[-1]) as sheet:
        assert sheet.size == (2 * 5 * 32, 4 * 32)


def test_pairs_are_taken_apart_by_the_separator_that_colouring_uses(tmp_path, installed_separator):
    """Contract of `--separator`: None takes the installed one; a generator's weights in its place are refused."""
    from mangacolor.errors import ModelFileError

    for number in range(3):
        save_image(tmp_path / "pairs" / "A" / f"{number}.png", greyed(draw_art(number)))
        save_image(tmp_path / "pairs" / "B" / f"{number}.png", draw_art(number))
    config = dataclasses.replace(TINY, phases=(Phase(1.0, 32, BATCH),))
    assert run(tmp_path / "pairs", tmp_path / "run", config, images=2).outcome.finished
    asked = run(tmp_path / "pairs", tmp_path / "asked", config, images=2, separator=installed_separator)
    assert asked.outcome.finished
    with pytest.raises(ModelFileError, match="not the weights of a separator"):
        run(tmp_path / "pairs", tmp_path / "no", config, images=2, separator=asked.weights)


@pytest.mark.parametrize("adversarial", [0.0, 0.1])
def test_the_loop_trains_any_network_by_any_objective(pictures, tmp_path, adversarial):
    """Exact: the least square error of a gain that halves is at one half; with and without a discriminator."""
    config = dataclasses.replace(
        TINY,
        loss=dataclasses.replace(TINY.loss, adversarial=adversarial, feature_matching=0.0, adversarial_start=0.0),
        phases=(Phase(1.0, 32, BATCH),),
        generator_learning_rate=0.03,
        weight_decay=0.0,
        warmup_images=0,
        ema_half_life_images=4,
    )
    fabric = Fabric(accelerator="cpu", devices=1)
    outcome = loop.train(
        config, validation.TrainingData(pictures, EVEN, pictures), Gain(), tmp_path, Budget(images=160),
        fabric=fabric, objective=DarkenByHalf(),
    )  # fmt: skip
    assert float(outcome.average["gain"]) == pytest.approx(0.5, abs=0.02 if adversarial == 0 else 0.15)
    assert outcome.validation_loss < 0.1  # a quarter before training
