"""The head that says how likely every cell shows skin: network, loss, bands, and a training run.

Oracles: values worked out by hand, torch's own cross-entropy, the network on the whole page, and the contract of
`run_training`.
"""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draw_art
from torch.nn import functional
from training_runs import interrupt_after, run_briefly, shorten

from mangacolor.config import LABELS, PRESETS, LossConfig, Phase, TrainConfig
from mangacolor.data.batches import stack
from mangacolor.data.labels import UNKNOWN
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import Stock
from mangacolor.errors import UsageError
from mangacolor.image.color import chroma_bins, oklab_from_srgb
from mangacolor.models.nn import build_network
from mangacolor.models.torch_backend import paint_in_bands
from mangacolor.models.weights import load_weights, save_weights
from mangacolor.page.faces.landmarks import Face
from mangacolor.recipes import from_dict, to_dict
from mangacolor.training import Budget, RunOptions, loading, losses, run_training, starting
from mangacolor.training.objectives import build_objective

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

PLAIN = dataclasses.replace(PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1))
LABELLED = dataclasses.replace(PLAIN, labels=("skin",))
CONFIG = dataclasses.replace(
    PRESETS["tiny"],
    generator=LABELLED,
    discriminator=dataclasses.replace(PRESETS["tiny"].discriminator, channels=(4, 6, 8, 8)),
    loss=LossConfig(adversarial_start=1.0, labels=0.5),
    phases=(Phase(1.0, 32, 2),),
    warmup_images=2,
    ema_half_life_images=4,
    snapshots=1,
)
EVEN = np.full(3, 1 / 3)


# The network


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 3))
def test_labels_have_the_cells_of_the_classes(height, width, count):
    """Contract of `Generated`: (N, L, h/s, w/s), rounded up, beside the classes and without them."""
    names = LABELS[:count]
    for chroma_head in (True, False):
        network = build_network(dataclasses.replace(PLAIN, labels=names, chroma_head=chroma_head)).eval()
        with torch.inference_mode():
            generated = network(torch.rand(2, 6, height, width))
        stride = network.chroma_stride
        assert generated.label_logits.shape == (2, count, -(-height // stride), -(-width // stride))
        assert (generated.chroma_logits is not None) == chroma_head
        one = generated.page(1)
        assert torch.equal(one.label_logits, generated.label_logits[1:])
        assert torch.equal(one.colour, generated.colour[1:])


def test_without_labels_there_is_no_head():
    network = build_network(PLAIN).eval()
    assert not [name for name in network.state_dict() if name.startswith("label")]
    generated = network(torch.rand(1, 6, 32, 32))
    assert generated.label_logits is None
    assert generated.page(0).label_logits is None


def test_the_head_leaves_the_colours_alone():
    """Invariant: with the same weights, colour and classes are the same to the last bit, labels or none."""
    torch.manual_seed(0)
    plain, labelled = build_network(PLAIN).eval(), build_network(LABELLED).eval()
    labelled.load_state_dict(plain.state_dict(), strict=False)
    condition = torch.rand(1, 6, 40, 56)
    with torch.inference_mode():
        expected, found = plain(condition), labelled(condition)
    assert torch.equal(found.colour, expected.colour)
    assert torch.equal(found.chroma_logits, expected.chroma_logits)


@pytest.mark.parametrize("rows", [64, 100, 5000])
@pytest.mark.parametrize("size", [(300, 40), (21, 33)])
def test_bands_say_what_the_whole_page_would_have(size, rows):
    """Oracle: `forward` on the whole page."""
    torch.manual_seed(0)
    config = dataclasses.replace(
        LABELLED, channels=(8, 8, 12), bottom_blocks=1, attention_heads=2, labels=("skin", "hair")
    )
    network = build_network(config).eval()
    for parameter in network.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0, (1.5 / parameter[0].numel()) ** 0.5)
    condition = torch.rand(1, 6, *size)
    with torch.inference_mode():
        whole, banded = network(condition), paint_in_bands(network, condition, rows)
    assert whole.label_logits.std() > 0.01
    torch.testing.assert_close(banded.label_logits, whole.label_logits, atol=1e-4, rtol=0)
    torch.testing.assert_close(banded.chroma_logits, whole.chroma_logits, atol=1e-4, rtol=0)
    torch.testing.assert_close(banded.colour, whole.colour, atol=1e-5, rtol=0)


# The loss


def plane(*values):
    return torch.tensor(values).reshape(1, 1, 1, len(values))


def test_the_loss_by_hand():
    """Logit log 3 says 3 : 1 for skin: -log(3/4) where it is, -log(1/4) where it is none; 0 says log 2 either way."""
    logit = math.log(3)
    loss = losses.label_cross_entropy(plane(logit, logit, 0.0), plane(1.0, 0.0, 1.0), plane(1.0, 1.0, 1.0))
    assert loss.item() == pytest.approx((math.log(4 / 3) + math.log(4) + math.log(2)) / 3)


def test_the_loss_weighs_by_what_is_known_and_seen_by_hand():
    """Labels of 1, 3/4 and 1/2 weigh 1, 1/4 and nothing; ink over a half of a cell halves it."""
    logits, labels, visible = plane(0.0, math.log(3), 5.0), plane(1.0, 0.75, 0.5), plane(0.5, 1.0, 1.0)
    expected = (0.5 * math.log(2) + 0.25 * math.log(4 / 3)) / 0.75
    assert losses.label_cross_entropy(logits, labels, visible).item() == pytest.approx(expected)


def test_the_loss_is_torchs_where_all_is_known():
    """Oracle: `binary_cross_entropy_with_logits`, for several labels at once."""
    noise = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, generator=noise)
    labels = torch.randint(0, 2, (2, 3, 4, 5), generator=noise).float()
    loss = losses.label_cross_entropy(logits, labels, torch.ones(2, 1, 4, 5))
    torch.testing.assert_close(loss, functional.binary_cross_entropy_with_logits(logits, labels))


@pytest.mark.parametrize("unknown", [0.5, UNKNOWN / 255])
def test_where_nothing_is_known_nothing_is_learnt(unknown):
    """Contract: also for the byte that stands for unknown, which is not quite a half."""
    logits = torch.zeros(1, 1, 64, 64, requires_grad=True)
    loss = losses.label_cross_entropy(logits, torch.full_like(logits, unknown), torch.ones(1, 1, 64, 64))
    loss.backward()
    assert loss.item() == 0
    assert not logits.grad.any()


# The objective


@pytest.fixture(scope="module")
def pictures():
    return [Picture(draw_art(number)) for number in range(3)]


def play(config, pictures):
    torch.manual_seed(0)
    network = build_network(config.generator)
    objective = build_objective(config)
    samples = objective.samples(Stock(pictures, EVEN), 32, 0)
    batch = stack([samples[number] for number in range(2)])
    return network, objective, batch, objective.play(network, batch)


def test_a_step_teaches_the_labels(pictures):
    """Contract: the weighed term is there, and its gradient arrives at the head."""
    network, objective, batch, played = play(CONFIG, pictures)
    assert batch["labels"].shape == (2, len(LABELS), 32, 32)
    played.terms["labels"].backward()
    assert network.label.weight.grad.abs().max() > 0
    with torch.no_grad():
        scores, _ = objective.score(network.eval(), batch)
    assert math.isfinite(scores["validation_labels"])
    double = dataclasses.replace(CONFIG, loss=dataclasses.replace(CONFIG.loss, labels=1.0))
    assert play(double, pictures)[-1].terms["labels"].item() == pytest.approx(2 * played.terms["labels"].item())


def test_each_row_of_the_head_learns_its_own_label(pictures):
    """Oracle: the planes of a batch by name. A row rises where its label is, falls where it is not, else rests."""
    names = ("skin", "ground", "hair")
    config = dataclasses.replace(CONFIG, generator=dataclasses.replace(PLAIN, labels=names))
    network, objective, batch, _ = play(config, pictures)
    told = torch.full_like(batch["labels"], 0.5)
    told[:, LABELS.index("ground")], told[:, LABELS.index("hair")] = 1.0, 0.0
    objective.play(network, {**batch, "labels": told}).terms["labels"].backward()
    skin, ground, hair = network.label.bias.grad
    assert skin == 0
    assert ground < 0 < hair


def test_an_unknown_label_is_refused():
    with pytest.raises(UsageError, match="tail"):
        dataclasses.replace(PLAIN, labels=("skin", "tail"))


def test_labels_of_weight_0_or_of_no_head_cost_nothing(pictures):
    off = dataclasses.replace(CONFIG, loss=dataclasses.replace(CONFIG.loss, labels=0.0))
    assert "labels" not in play(off, pictures)[-1].terms
    headless = dataclasses.replace(CONFIG, generator=PLAIN)
    network, objective, batch, played = play(headless, pictures)
    assert "labels" not in played.terms
    with torch.no_grad():
        assert "validation_labels" not in objective.score(network.eval(), batch)[0]


def test_settings_survive_the_file_of_a_recipe():
    """Oracle: the config itself, through the dictionaries that recipes and weights are written from."""
    config = dataclasses.replace(CONFIG, face_sources=("art/*", "more/*"))
    assert from_dict(TrainConfig, json.loads(json.dumps(to_dict(config)))) == config


# A run


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    shorten(monkeypatch, log_every=1)


@pytest.fixture
def searched(monkeypatch):
    """Greys that were searched for faces, by a detector that finds two cheeks wherever the picture is skin there."""
    seen = []

    class Detector:
        def __init__(self, path):
            self.path = path

        def __call__(self, gray):
            seen.append(gray.shape)
            height, width = gray.shape
            left, right = (width / 4, height / 2), (3 * width / 4, height / 2)
            box = (0, 0, height, width)
            return [Face(box, 1.0, left, right, left, right, right, (left, right), left, (left, right))]

    monkeypatch.setattr(loading, "FaceDetector", Detector)
    monkeypatch.setattr(loading, "find_face_weights", lambda: None)
    monkeypatch.setattr("mangacolor.data.skin._may_be_skin", lambda lab: np.ones(lab.shape[:-1], bool))
    return seen


def run(data, out, config=CONFIG, **options):
    return run_briefly(data, out, config, images=4, **options)


def test_a_run_learns_labels_and_its_weights_keep_them(art_folder, tmp_path, searched):
    """Contract: without sources of faces none are looked for; the loss is logged and validated, the head is saved."""
    report = run(art_folder, tmp_path / "run")
    assert searched == []
    assert not (tmp_path / "run" / loading.CHEEKS_NAME).exists()
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert any("labels" in line for line in lines)
    assert any("validation_labels" in line for line in lines)
    weights = load_weights(report.weights)
    assert weights.config.labels == ("skin",)
    trained = report.outcome.average["label.weight"]
    torch.testing.assert_close(weights.generator.label.weight.detach(), trained, atol=1e-3, rtol=0)  # half precision
    assert weights.generator(torch.rand(1, 6, 32, 32)).label_logits.shape == (1, 1, 8, 8)


def test_faces_are_looked_for_once_in_the_pictures_named(art_folder, tmp_path, searched):
    """Contract of `face_sources`: pictures that match are searched, the others not; what was found is kept on disk."""
    config = dataclasses.replace(CONFIG, face_sources=("*story0_*",))
    out = tmp_path / "run"
    said = []
    options = RunOptions(art_folder, out, Budget(images=2), device="cpu", precision="fp32")
    run_training(config, options, say=said.append)
    cheeks = json.loads((out / loading.CHEEKS_NAME).read_text())
    assert len(searched) == 4
    assert len(cheeks) == 4
    assert all("story0_" in name for name in cheeks)
    for name, colours in cheeks.items():
        art = next(path for path in art_folder.glob("story0_*") if path.stem in name)
        number = int(art.stem[-1])
        expected = oklab_from_srgb(draw_art(number).astype(np.float32) / 255)[48 - 4 : 53, 20 - 4 : 25]
        np.testing.assert_allclose(colours[0], np.median(expected.reshape(-1, 3), axis=0), atol=0.02)
    assert any("4 of 4" in line for line in said)
    run_training(config, dataclasses.replace(options, budget=Budget(images=2), resume=True))
    assert len(searched) == 4, "what is known is not looked for again"


def test_a_deeper_network_starts_as_the_one_it_is_made_of(art_folder, tmp_path):
    """Contract of --init: more blocks change nothing at first; fewer are refused."""
    start = run(art_folder, tmp_path / "labelled").weights
    options = RunOptions(art_folder, tmp_path / "x", Budget(images=4), init=start)
    deeper = dataclasses.replace(LABELLED, label_blocks=2, blocks=tuple(count + 1 for count in LABELLED.blocks))
    grown = starting.start_network(dataclasses.replace(CONFIG, generator=deeper), options)
    assert len(grown.state_dict()) > len(load_weights(start).network.state_dict())
    condition = torch.rand(1, 6, 40, 48)
    with torch.inference_mode():
        old, new = load_weights(start).network.eval()(condition), grown.eval()(condition)
    for before, after in zip(old, new, strict=True):
        torch.testing.assert_close(after, before)
    shallow = dataclasses.replace(CONFIG, generator=dataclasses.replace(LABELLED, blocks=(0, 0)))
    with pytest.raises(UsageError, match="another shape"):
        starting.start_network(shallow, options)


def test_weights_without_labels_start_a_network_with_them(art_folder, tmp_path):
    """Contract of --init: all else is taken over, the head is new and repeatable; another shape is still refused."""
    start = run(art_folder, tmp_path / "plain", dataclasses.replace(CONFIG, generator=PLAIN)).weights
    options = RunOptions(art_folder, tmp_path / "x", Budget(images=4), init=start)
    first, again = starting.start_network(CONFIG, options), starting.start_network(CONFIG, options)
    old = load_weights(start).network.state_dict()
    assert first.training
    for name, value in first.state_dict().items():
        if name.startswith("label."):
            assert torch.equal(value, again.state_dict()[name])
        else:
            assert torch.equal(value, old[name]), name
    report = run(art_folder, tmp_path / "labelled", init=start)
    assert load_weights(report.weights).facts["initialised_from"] == start.name
    other = dataclasses.replace(CONFIG, generator=dataclasses.replace(LABELLED, dropout=0.3))
    with pytest.raises(UsageError, match="another shape"):
        starting.start_network(other, options)
    more = dataclasses.replace(PLAIN, labels=("hair", "skin"))
    grown = starting.start_network(
        dataclasses.replace(CONFIG, generator=more), dataclasses.replace(options, init=report.weights)
    )
    known = load_weights(report.weights).network.label
    torch.testing.assert_close(grown.label.weight[1], known.weight[0])
    torch.testing.assert_close(grown.label.bias[1], known.bias[0])
    assert not torch.equal(grown.label.weight[0], known.weight[0])
    back = starting.start_network(
        dataclasses.replace(CONFIG, generator=PLAIN), dataclasses.replace(options, init=report.weights)
    )
    assert "label.weight" not in back.state_dict()


def test_a_run_keeps_the_labels_and_habits_of_the_weights_it_starts_from(art_folder, tmp_path):
    """Contract of --init: a recipe that names no labels takes none off, also after an interruption; habits stay."""
    start = run(art_folder, tmp_path / "labelled").weights
    known = load_weights(start)
    habits = [1.0, *(0.0 for _ in chroma_bins()[1:])]
    start = tmp_path / "start.safetensors"
    save_weights(start, known.network.state_dict(), known.config, known.facts | {"habits": habits})
    plain = dataclasses.replace(
        CONFIG, generator=PLAIN, loss=LossConfig(adversarial=0.0, chroma_classes=1.0), snapshots=4
    )
    out = tmp_path / "tuned"
    run(art_folder, out, plain, init=start, on_step=interrupt_after(2))
    tuned = load_weights(run(art_folder, out, plain, resume=True).weights)
    assert tuned.config == known.config
    assert tuned.facts["habits"] == habits
    for name, value in known.network.state_dict().items():
        if name.startswith("label"):
            assert torch.equal(tuned.network.state_dict()[name], value), "nothing taught them"
    assert json.loads((out / "config.json").read_text())["generator"]["labels"] == ["skin"]


def test_a_new_label_at_the_end_leaves_the_known_ones_and_all_colours(art_folder, tmp_path):
    """Contract of --init: weights that lack a label paint as before and tell what they told; only its row is new."""
    start = run(art_folder, tmp_path / "labelled").weights
    options = RunOptions(art_folder, tmp_path / "x", Budget(images=4), init=start)
    more = dataclasses.replace(LABELLED, labels=("skin", "animal"))
    grown = starting.start_network(dataclasses.replace(CONFIG, generator=more), options)
    condition = torch.rand(1, 6, 40, 48)
    with torch.inference_mode():
        old, new = load_weights(start).network.eval()(condition), grown.eval()(condition)
    assert new.label_logits.shape[1] == 2
    torch.testing.assert_close(new.colour, old.colour)
    torch.testing.assert_close(new.label_logits[:, :1], old.label_logits)
