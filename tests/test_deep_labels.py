"""A label is learnt beside known ones by a head of its own, and all else stays as it is, to the bit.

Oracles: the contracts of `deep_labels`, of `learns` and of `people_sources`; weights compared by name.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from pictures import draw_art, save_image
from training_runs import run_briefly

from mangacolor.config import LABELS, PRESETS, GeneratorConfig, LossConfig, Phase
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.errors import UsageError
from mangacolor.models.nn import build_network
from mangacolor.models.weights import load_weights

pytestmark = pytest.mark.slow

TINY = dataclasses.replace(
    PRESETS["tiny"],
    generator=dataclasses.replace(
        PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1), labels=("hair", "skin")
    ),
    loss=LossConfig(adversarial=0.0, chroma_classes=1.0, labels=1.0),
    phases=(Phase(1.0, 32, 2),),
    warmup_images=2,
    ema_half_life_images=4,
    snapshots=1,
)
DEEP = dataclasses.replace(TINY.generator, labels=("hair", "skin", "animal"), deep_labels=("animal",), label_blocks=1)
MORE = dataclasses.replace(
    TINY,
    generator=DEEP,
    loss=LossConfig(adversarial=0.0, oklab=0.0, chroma_classes=0.0, labels=1.0),
    learns=("deep_label",),
    people_sources=("*",),
)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Weights of a few steps, and the folder that they learnt from."""
    folder = tmp_path_factory.mktemp("deep")
    art = folder / "art"
    art.mkdir()
    for number in range(3):
        save_image(art / f"{number}.png", draw_art(number))
    return art, run_briefly(art, folder / "start", TINY, images=6).weights


def test_nothing_else_changes_when_a_deep_label_is_learnt(start, tmp_path):
    """Contract: every other weight is the same to the bit, and so are colours, classes and known labels of a page."""
    art, weights = start
    after = run_briefly(art, tmp_path / "more", MORE, images=30, init=weights).weights
    old, new = load_weights(weights).network.eval(), load_weights(after).network.eval()
    known, state = old.state_dict(), new.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in known.items())
    assert {name.split(".")[0] for name in set(state) - set(known)} == {"deep_label"}
    first = build_network(DEEP)
    learnt = [name for name in state if name.startswith("deep_label")]
    assert any(not torch.equal(state[name], first.state_dict()[name].half().float()) for name in learnt)
    condition = torch.rand(2, 6, 40, 48)
    with torch.inference_mode():
        before, now = old(condition), new(condition)
    assert torch.equal(now.colour, before.colour)
    assert torch.equal(now.chroma_logits, before.chroma_logits)
    assert torch.equal(now.label_logits[:, :2], before.label_logits)
    assert now.label_logits.shape[1] == 3


def test_a_deep_label_learns(start, tmp_path):
    """Oracle: where every picture shows no animal, its chance falls, further with more images."""
    art, weights = start
    condition = torch.rand(2, 6, 32, 32, generator=torch.Generator().manual_seed(1))

    def logit(images: int) -> float:
        path = run_briefly(art, tmp_path / str(images), MORE, images=images, init=weights).weights
        with torch.no_grad():
            return float(load_weights(path).network.eval()(condition).label_logits[:, 2].mean())

    assert logit(120) < logit(4) - 0.01


def test_pictures_of_people_show_no_animal():
    """Contract of `shows_no_animal`: known to be none all over the picture; else nobody knows, but where skin is."""
    config = dataclasses.replace(TINY.synthesis, figures=0.0, panels=0.0)
    plane = LABELS.index("animal")
    for said, expected in ((True, 0.0), (False, 128 / 255)):
        stock = Stock([Picture(draw_art(0), shows_no_animal=said)], np.ones(1))
        sample = ColourSamples(stock, 32, config, 0)[0]
        assert np.allclose(sample["labels"][plane].numpy(), expected)


def test_what_cannot_be_is_refused(start, tmp_path):
    """Contract: `learns` names weights there are, and deep labels come last."""
    art, weights = start
    with pytest.raises(UsageError, match="names no weights"):
        run_briefly(art, tmp_path / "a", dataclasses.replace(MORE, learns=("labels",)), images=2, init=weights)
    with pytest.raises(UsageError, match="the last of its `labels`"):
        GeneratorConfig(labels=("animal", "skin"), deep_labels=("animal",))
    with pytest.raises(UsageError, match="the last of its `labels`"):
        GeneratorConfig(labels=("skin",), deep_labels=("animal",))
    with pytest.raises(UsageError, match="after others"):
        GeneratorConfig(labels=("animal",), deep_labels=("animal",))
