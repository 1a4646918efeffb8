"""Learning something new while the colours of known weights are kept.

Oracles: torch's own distributions, values worked out by hand, and the contract of `--teacher`.
"""

import dataclasses

import pytest
import torch
from torch.distributions import Categorical, kl_divergence
from training_runs import run_briefly

from mangacolor.config import PRESETS, LossConfig, Phase
from mangacolor.errors import UsageError
from mangacolor.models.weights import load_weights
from mangacolor.training import losses

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

TINY = dataclasses.replace(
    PRESETS["tiny"],
    generator=dataclasses.replace(PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1)),
    loss=LossConfig(adversarial=0.0, chroma_classes=1.0),
    phases=(Phase(1.0, 32, 2),),
    warmup_images=2,
    ema_half_life_images=4,
    snapshots=1,
)
KEEPING = dataclasses.replace(TINY, loss=dataclasses.replace(TINY.loss, kept_colours=50.0))


def test_the_loss_is_the_divergence_where_nothing_is_hidden():
    """Oracle: `torch.distributions`; places under ink count for nothing."""
    torch.manual_seed(0)
    ours, theirs = torch.randn(2, 7, 3, 4), torch.randn(2, 7, 3, 4)
    visible = (torch.rand(2, 1, 3, 4) > 0.4).float()
    each = kl_divergence(*(Categorical(logits=logits.permute(0, 2, 3, 1)) for logits in (theirs, ours)))
    expected = each[visible[:, 0] > 0].mean()
    torch.testing.assert_close(losses.kept_colours(ours, theirs, visible), expected)
    assert losses.kept_colours(theirs, theirs, visible) == pytest.approx(0, abs=1e-6)
    assert losses.kept_colours(ours, theirs, torch.zeros_like(visible)) == 0


def chances(path, condition):
    with torch.no_grad():
        return load_weights(path).network.eval()(condition).chroma_logits.float()


def test_a_run_stays_nearer_to_its_teacher(art_folder, tmp_path):
    """Contract: with `kept_colours` the same run ends nearer to the chances of the teacher; the weights name it."""
    start = run_briefly(art_folder, tmp_path / "start", TINY, images=8).weights
    free = run_briefly(art_folder, tmp_path / "free", TINY, images=60, init=start).weights
    kept = run_briefly(art_folder, tmp_path / "kept", KEEPING, images=60, init=start, teacher=start).weights
    condition = torch.rand(4, 6, 32, 32, generator=torch.Generator().manual_seed(1))
    known, everywhere = chances(start, condition), torch.ones(4, 1, 8, 8)
    far, near = (losses.kept_colours(chances(path, condition), known, everywhere) for path in (free, kept))
    assert near < 0.5 * far
    assert load_weights(kept).facts["colours_kept_from"] == start.name
    assert start.name in kept.with_suffix(".md").read_text()
    assert load_weights(free).facts["colours_kept_from"] is None


def test_recipe_and_options_must_agree(art_folder, tmp_path):
    """Contract: a teacher without its loss, its loss without a teacher, and one without chances are refused."""
    start = run_briefly(art_folder, tmp_path / "start", TINY, images=2).weights
    with pytest.raises(UsageError, match="belong together"):
        run_briefly(art_folder, tmp_path / "a", KEEPING, images=2)
    with pytest.raises(UsageError, match="belong together"):
        run_briefly(art_folder, tmp_path / "b", TINY, images=2, teacher=start)
    blind = dataclasses.replace(TINY, generator=dataclasses.replace(TINY.generator, chroma_head=False))
    without = run_briefly(art_folder, tmp_path / "blind", blind, images=2).weights
    with pytest.raises(UsageError, match="no chances"):
        run_briefly(art_folder, tmp_path / "c", KEEPING, images=2, teacher=without)
