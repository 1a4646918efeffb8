"""A label is learnt beside those of known weights, which stay, and with them all colours.

Oracles: torch's own loss, values worked out by hand, and the contracts of `learns` and of --teacher.
"""

import dataclasses

import pytest
import torch
from torch.nn import functional
from training_runs import run_briefly

from mangacolor.config import PRESETS, LossConfig, Phase
from mangacolor.errors import UsageError
from mangacolor.models.weights import load_weights
from mangacolor.training import losses

pytestmark = pytest.mark.slow

TINY = dataclasses.replace(
    PRESETS["tiny"],
    generator=dataclasses.replace(PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1), labels=("skin",)),
    loss=LossConfig(adversarial=0.0, chroma_classes=1.0, labels=1.0),
    phases=(Phase(1.0, 32, 2),),
    warmup_images=2,
    ema_half_life_images=4,
    snapshots=1,
)
MORE = dataclasses.replace(
    TINY,
    generator=dataclasses.replace(TINY.generator, labels=("animal", "skin"), label_blocks=1),
    loss=LossConfig(adversarial=0.0, oklab=0.0, chroma_classes=0.0, labels=1.0, kept_labels=20.0),
    learns=("recognised", "label"),
)
SECOND, UNKNOWN = 1, 128 / 255


def test_the_loss_is_the_cross_entropy_with_what_the_teacher_says():
    """Oracle: torch's loss, label by label; what the teacher does not know or what weighs nothing costs nothing."""
    torch.manual_seed(0)
    ours, theirs = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    theirs[:, SECOND] = torch.nan
    weight = (torch.rand(2, 1, 4, 5) > 0.4).float()
    told = functional.binary_cross_entropy_with_logits(ours, torch.sigmoid(theirs), reduction="none")[:, [0, 2]]
    expected = told[weight.expand_as(told) > 0].mean()
    torch.testing.assert_close(losses.kept_labels(ours, theirs, weight), expected)
    assert losses.kept_labels(ours, torch.full_like(ours, torch.nan), weight) == 0
    near = losses.kept_labels(theirs.nan_to_num(), theirs, weight)
    assert near < losses.kept_labels(ours, theirs, weight), "no other answer costs less than the teacher's own"


def painted(labels, known):
    """Return a batch of two cells, nothing hidden, of which labels and what a teacher says are given."""
    page, cells = torch.zeros(1, 3, 1, 2), torch.zeros(1, 2, 1, 2)
    return losses.Painted(page, page, torch.ones(1, 1, 1, 2), page, None, cells, labels, None, known)


def test_the_truth_teaches_what_the_teacher_cannot_know():
    """By hand: of two cells the left is an animal, the right an unknown; "skin" is told by a teacher.

    Logits of 0 cost log 2 wherever a label is taught. Left both labels are learnt from truth; right nothing is, and the
    teacher, who is sure of skin, costs log 2.
    """
    labels = torch.tensor([[[[1.0, UNKNOWN]], [[0.0, 0.0]]]])
    known = torch.tensor([[[[torch.nan, torch.nan]], [[-100.0, 100.0]]]])
    terms = losses.colour_terms(painted(labels, known), MORE.loss)
    assert float(terms["labels"]) == pytest.approx(0.6931, abs=1e-3)
    assert float(terms["kept_labels"]) == pytest.approx(20 * 0.6931, abs=1e-2)
    surer = painted(labels, known)
    surer.label_logits[0, :, 0, 0] = torch.tensor([9.0, -9.0])  # an animal, no skin: as true
    assert float(losses.colour_terms(surer, MORE.loss)["labels"]) < 1e-3, (
        "the right cell teaches nothing but the teacher's"
    )
    surer.label_logits[0, 1, 0, 1] = 9.0
    assert float(losses.colour_terms(surer, MORE.loss)["kept_labels"]) < 0.01, (
        "the left one is not the teacher's to tell"
    )


def test_only_what_is_named_learns(art_folder, tmp_path):
    """Contract of `learns`: all else is the same to the bit, so that pages have the colours they had."""
    start = run_briefly(art_folder, tmp_path / "start", TINY, images=4).weights
    after = run_briefly(art_folder, tmp_path / "more", MORE, images=40, init=start, teacher=start).weights
    old, new = (load_weights(path).network.state_dict() for path in (start, after))
    assert set(new) > set(old)
    for name, value in old.items():
        if not name.startswith("label."):
            assert torch.equal(value, new[name]), name
    assert not torch.equal(new["label.weight"][SECOND], old["label.weight"][0])


def test_the_labels_of_the_teacher_stay(art_folder, tmp_path):
    """Contract of `kept_labels`: the same run without a teacher goes further from what the label said."""
    start = run_briefly(art_folder, tmp_path / "start", TINY, images=8).weights
    free = dataclasses.replace(MORE, loss=dataclasses.replace(MORE.loss, kept_labels=0.0))
    condition = torch.rand(4, 6, 32, 32, generator=torch.Generator().manual_seed(1))

    def skin(path, row):
        with torch.no_grad():
            return load_weights(path).network.eval()(condition).label_logits[:, row].float()

    known = skin(start, 0)
    far = run_briefly(art_folder, tmp_path / "free", free, images=60, init=start).weights
    near = run_briefly(art_folder, tmp_path / "kept", MORE, images=60, init=start, teacher=start).weights
    assert (skin(near, SECOND) - known).abs().mean() < 0.5 * (skin(far, SECOND) - known).abs().mean()


def test_what_cannot_be_is_refused(art_folder, tmp_path):
    """Contract: labels are kept from a teacher that has some, and `learns` names something."""
    start = run_briefly(art_folder, tmp_path / "start", TINY, images=2).weights
    with pytest.raises(UsageError, match="belong together"):
        run_briefly(art_folder, tmp_path / "a", MORE, images=2, init=start)
    plain = dataclasses.replace(
        TINY, generator=dataclasses.replace(TINY.generator, labels=()), loss=dataclasses.replace(TINY.loss, labels=0.0)
    )
    without = run_briefly(art_folder, tmp_path / "plain", plain, images=2).weights
    with pytest.raises(UsageError, match="no labels to keep"):
        run_briefly(art_folder, tmp_path / "b", MORE, images=2, init=start, teacher=without)
    nothing = dataclasses.replace(MORE, learns=("labels",))
    with pytest.raises(UsageError, match="names no weights"):
        run_briefly(art_folder, tmp_path / "c", nothing, images=2, init=start, teacher=start)
