"""Training runs: exact, resumable, and able to say no.

Oracles: a straight run for interrupted and resumed ones, bit for bit; formulas by hand for schedule and average; the
contract of errors for what is refused.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from pictures import draw_art
from PIL import Image
from torch import nn
from training_runs import DarkenByHalf, Gain, assert_same_state, interrupt_after, run_briefly, shorten

from mangacolor.config import PRESETS, LossConfig, Phase
from mangacolor.data.examples import find_examples
from mangacolor.data.pictures import Picture
from mangacolor.data.splits import file_digest, held_out_examples
from mangacolor.errors import MangacolorError, ModelFileError, UsageError
from mangacolor.models.nn import build_network
from mangacolor.models.nn.recall import describe_cells
from mangacolor.models.weight_files import WEIGHTS_VARIABLE
from mangacolor.models.weights import load_weights, save_weights
from mangacolor.training import Budget, RunOptions, likeness, loop, losses, players, run_training, snapshots
from mangacolor.training.checkpoint import KEPT, list_checkpoints, load_newest_checkpoint, save_checkpoint
from mangacolor.training.journal import write_sheet
from mangacolor.training.objectives import Game, Play
from mangacolor.training.schedule import learning_rate_factor, parameter_groups, update_average
from mangacolor.training.stop import StopRequest
from mangacolor.training.validation import TrainingData

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

BATCH, STEPS = 2, 20
TINY = dataclasses.replace(
    PRESETS["tiny"],
    generator=dataclasses.replace(PRESETS["tiny"].generator, channels=(4, 8, 8), blocks=(1, 1)),
    discriminator=dataclasses.replace(PRESETS["tiny"].discriminator, channels=(4, 6, 8, 8)),
    loss=LossConfig(adversarial_start=0.25, rgb=1.0),
    phases=(Phase(0.6, 32, BATCH), Phase(1.0, 24, BATCH)),
    warmup_images=10,
    ema_half_life_images=4,
    snapshots=4,
)


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    shorten(monkeypatch, log_every=5)


def run(data, out, config=TINY, *, images=BATCH * STEPS, **options):
    return run_briefly(data, out, config, images=images, **options)


@pytest.fixture(scope="module")
def finished(art_folder, tmp_path_factory):
    """A run of 20 steps, straight through."""
    out = tmp_path_factory.mktemp("runs") / "straight"
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch, log_every=5)
        patch.setattr(sys, "argv", ["mangacolor", "train", "--data", "my art", "--images", "40"])
        report = run(art_folder, out, data_name="test art", data_licence="CC0-1.0")
    return out, report


# Exactness


def test_twenty_steps_are_ten_and_resume_and_ten(art_folder, tmp_path, finished):
    """Invariant: interrupted and resumed, a run ends bit for bit where the straight one ends."""
    _, straight = finished
    out = tmp_path / "halves"
    torch.manual_seed(999)  # whatever state the process is in
    first = run(art_folder, out, on_step=interrupt_after(BATCH * STEPS // 2))
    assert not first.outcome.finished
    assert first.weights is None
    assert first.outcome.images_seen == BATCH * STEPS // 2
    torch.manual_seed(123)
    second = run(art_folder, out, resume=True)
    assert second.outcome.finished
    assert second.outcome.images_seen == straight.outcome.images_seen == BATCH * STEPS
    assert_same_state(second.outcome.average, straight.outcome.average)
    assert second.outcome.validation_loss == straight.outcome.validation_loss
    assert_same_state(
        load_newest_checkpoint(out)["discriminator"], load_newest_checkpoint(finished[0])["discriminator"]
    )


def test_pictures_that_do_not_fit_the_memory_change_nothing(art_folder, tmp_path, finished):
    """Invariant: read again whenever they are drawn, and the run cut short in between, it ends bit for bit the same."""
    out = tmp_path / "on demand"
    run(art_folder, out, on_step=interrupt_after(BATCH * STEPS // 2), memory_bytes=0)
    resumed = run(art_folder, out, resume=True, memory_bytes=30_000)
    assert_same_state(resumed.outcome.average, finished[1].outcome.average)


def test_what_a_run_started_from_survives_a_resume(art_folder, tmp_path, finished):
    """Contract of the card: it names the weights a run began with, however often it was interrupted."""
    out = tmp_path / "continued"
    start = finished[1].weights
    run(art_folder, out, images=8, on_step=interrupt_after(4), init=start)
    report = run(art_folder, out, images=8, resume=True)
    assert load_weights(report.weights).facts["initialised_from"] == start.name
    assert load_weights(start).facts["initialised_from"] is None


def test_training_moves_the_weights_and_depends_on_the_seed(art_folder, tmp_path, finished):
    """Invariant: without this the comparison above would hold for a run that does nothing."""
    state = load_newest_checkpoint(finished[0])
    moved = [name for name, value in state["generator"].items() if not torch.equal(value, state["average"][name])]
    assert len(moved) > 0.9 * len(state["generator"])
    other = run(art_folder, tmp_path / "other", dataclasses.replace(TINY, seed=1), images=8)
    again = run(art_folder, tmp_path / "again", images=8)
    assert any(not torch.equal(value, again.outcome.average[name]) for name, value in other.outcome.average.items())


def test_run_started_from_weights_repeats_whatever_the_process_did_before(art_folder, tmp_path, finished):
    """Contract of `Budget`: a run measured in images repeats bit for bit, also from --init."""
    config = dataclasses.replace(TINY, loss=dataclasses.replace(TINY.loss, adversarial_start=0.0))
    states = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        report = run(art_folder, tmp_path / str(seed), config, images=6, init=finished[1].weights)
        states.append(report.outcome.average)
    assert_same_state(*states)


@pytest.mark.parametrize("bank", [0, 3])
def test_threads_do_not_change_the_result(art_folder, tmp_path, bank):
    """Invariant: --jobs decides how fast, not what, also where several want a place of a tiny bank at once."""
    synthesis = dataclasses.replace(TINY.synthesis, bank=bank, bank_uses=1, bank_px=32)
    config = dataclasses.replace(TINY, synthesis=synthesis)
    states = [run(art_folder, tmp_path / str(jobs), config, images=8, jobs=jobs).outcome.average for jobs in (1, 3)]
    assert_same_state(*states)


def contents(folder):
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.iterdir()}


def test_resume_refuses_another_recipe_and_a_folder_without_checkpoint(art_folder, tmp_path, finished):
    """Contract of `run_training`: the settings are named, and nothing is written."""
    before = contents(finished[0])
    with pytest.raises(UsageError, match=r"another config: `weight_decay` is 0.01 there and 0.5 here\."):
        run(art_folder, finished[0], dataclasses.replace(TINY, weight_decay=0.5), resume=True)
    with pytest.raises(UsageError, match=r"another config: `synthesis\.|`phases`, .*, and \d+ more"):
        run(art_folder, finished[0], PRESETS["separator"], resume=True)
    assert contents(finished[0]) == before
    with pytest.raises(ModelFileError, match="no checkpoint"):
        run(art_folder, tmp_path / "empty", resume=True)
    assert not (tmp_path / "empty").exists()


def test_resuming_a_finished_run_leaves_it_as_it_is(art_folder, finished):
    """Contract of `run_training`: weights, card and checkpoints are those of the run."""
    before = contents(finished[0])
    again = run(art_folder, finished[0], resume=True)
    assert contents(finished[0]) == before
    assert again.weights == finished[1].weights
    assert again.outcome.finished
    assert again.outcome.validation_loss == finished[1].outcome.validation_loss
    assert_same_state(again.outcome.average, finished[1].outcome.average)


PATIENT = dataclasses.replace(TINY, patience=2, snapshots=10)


@pytest.fixture
def told_losses(monkeypatch):
    """What is held out says 3, 1, and then ever more, whatever is learnt; returns at which images it was asked."""
    asked = []

    def validate(objective, average, data, crop_px, fabric, out, images_seen):
        asked.append(images_seen)
        return {"validation": {4: 3.0, 8: 1.0}.get(images_seen, float(images_seen))}

    monkeypatch.setattr(snapshots, "validate", validate)
    return asked


def test_patience_goes_on_where_it_was_and_the_loss_is_that_of_the_weights(art_folder, tmp_path, told_losses):
    """Oracle: the straight run, which ends two validations after the best; the card names the loss of the best."""
    straight = run(art_folder, tmp_path / "straight", PATIENT)
    assert told_losses == [4, 8, 12, 16]
    assert straight.outcome.finished
    assert straight.outcome.images_seen == 16
    assert straight.outcome.validation_loss == 1.0
    told_losses.clear()
    out = tmp_path / "halves"
    run(art_folder, out, PATIENT, on_step=interrupt_after(14))
    resumed = run(art_folder, out, PATIENT, resume=True)
    assert told_losses == [4, 8, 12, 16]
    assert_same_state(resumed.outcome.average, straight.outcome.average)
    assert load_weights(resumed.weights).facts["validation_loss"] == 1.0
    before = contents(out)
    again = run(art_folder, out, PATIENT, resume=True)
    assert again.outcome.validation_loss == 1.0
    assert contents(out) == before, "a run that patience has ended is finished"


def test_an_interrupt_at_a_snapshot_costs_no_validation(art_folder, tmp_path, told_losses):
    """Oracle: the straight run validates after 4, 8, 12, ... images; so does one that is stopped there."""
    out = tmp_path / "run"
    run(art_folder, out, PATIENT, on_step=interrupt_after(8))
    assert told_losses == [4], "Ctrl-C does not wait"
    report = run(art_folder, out, PATIENT, resume=True)
    assert told_losses == [4, 8, 12, 16]
    assert report.outcome.validation_loss == 1.0
    records = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["images_seen"] for record in records if "validation" in record] == [4, 8, 12, 16]


def test_other_pictures_are_told_of_and_named(art_folder, tmp_path):
    """Contract of --resume: the run goes on, says so, and the weights name both folders and what neither taught."""
    other = tmp_path / "more"
    shutil.copytree(art_folder, other)
    (other / "story3_0.png").write_bytes((art_folder / "story0_0.png").read_bytes())
    out, said = tmp_path / "run", []
    run(art_folder, out, images=8, on_step=interrupt_after(4))
    options = RunOptions(other, out, Budget(images=8), device="cpu", precision="fp32", resume=True)
    facts = load_weights(run_training(TINY, options, say=said.append).weights).facts
    assert any("Other pictures" in line and art_folder.name in line for line in said)
    assert facts["data"] == f"{art_folder.name}, then more"
    assert facts["held_out"] == [], "one part held out what the other learnt"


QUIET = dataclasses.replace(TINY, loss=dataclasses.replace(TINY.loss, adversarial=0.0))


def run_and_hear(data, out, config, **options):
    said = []
    options = RunOptions(data, out, Budget(images=4), device="cpu", precision="fp32", **options)
    return run_training(config, options, say=said.append), said


def test_what_the_first_weights_learnt_is_not_held_out_from_the_next_run(art_folder, tmp_path):
    """Invariant: nothing is scored as held out that a run before has learnt, however many runs lie between."""
    first = run(art_folder, tmp_path / "a", dataclasses.replace(QUIET, validation_percent=0), images=4).weights
    facts = load_weights(first).facts
    everything = [file_digest(path) for path in art_folder.iterdir()]
    assert sorted(facts["learnt"]) == sorted(everything)
    start, said = first, []
    for out in ("b", "c"):
        report, said = run_and_hear(art_folder, tmp_path / out, QUIET, init=start)
        start, facts = report.weights, load_weights(report.weights).facts
        assert facts["held_out"] == []
        assert held_out_examples(find_examples(art_folder), facts) == []
        assert report.outcome.validation_loss is None
        assert any("4 of 4 pictures held out are left out" in line for line in said)
        assert not any("does not list" in line for line in said)


def test_what_the_first_weights_held_out_stays_held_out(art_folder, tmp_path, finished):
    """Oracle: the list of the run before, by the same recipe on the same pictures."""
    report, said = run_and_hear(art_folder, tmp_path / "next", QUIET, init=finished[1].weights)
    before, after = (load_weights(weights).facts for weights in (finished[1].weights, report.weights))
    assert after["held_out"] == before["held_out"] != []
    assert after["learnt"] == before["learnt"]
    assert not set(after["learnt"]) & set(after["held_out"])
    assert not any("left out" in line or "does not list" in line for line in said)
    assert any("8 to learn from, 4 held out (33%, 4 % asked for)" in line for line in said)


def test_it_is_told_where_the_first_weights_do_not_list_what_they_learnt(art_folder, tmp_path, finished):
    """Contract: in one sentence of the log and on the card, and so it is for all weights made from them."""
    known = load_weights(finished[1].weights)
    start = tmp_path / "older.safetensors"
    facts = {name: value for name, value in known.facts.items() if not name.startswith("learnt")}
    save_weights(start, known.network.state_dict(), known.config, facts)
    for out in ("b", "c"):
        report, said = run_and_hear(art_folder, tmp_path / out, QUIET, init=start)
        assert [line for line in said if "does not list all that it learnt" in line and start.name in line]
        assert "does not list all that it learnt" in report.weights.with_suffix(".md").read_text(encoding="utf-8")
        start = report.weights
    assert "does not list" not in finished[1].weights.with_suffix(".md").read_text(encoding="utf-8")


def test_options_are_checked_before_any_picture_is_read(tmp_path, finished):
    """Contract of `run_training`: nothing is decoded, and no folder made, for a run that cannot be."""
    missing = tmp_path / "no such folder"
    keeping = dataclasses.replace(TINY, loss=dataclasses.replace(TINY.loss, kept_colours=1.0))
    with pytest.raises(UsageError, match="belong together"):
        run(missing, tmp_path / "run", keeping)
    with pytest.raises(UsageError, match="another shape"):
        run(missing, tmp_path / "run", PRESETS["tiny"], init=finished[1].weights)
    assert not (tmp_path / "run").exists()


def test_folder_that_holds_a_run_is_not_overwritten(art_folder, finished):
    """Contract of `run_training`: without --resume the earlier run stays as it is."""
    before = {path.name: path.stat().st_mtime_ns for path in finished[0].iterdir()}
    with pytest.raises(UsageError, match="already holds a run"):
        run(art_folder, finished[0])
    assert {path.name: path.stat().st_mtime_ns for path in finished[0].iterdir()} == before


def test_weights_of_another_shape_cannot_start_a_run(art_folder, tmp_path, finished):
    """Contract of --init."""
    config = dataclasses.replace(TINY, generator=dataclasses.replace(TINY.generator, dropout=0.3))
    with pytest.raises(UsageError, match="another shape"):
        run(art_folder, tmp_path / "x", config, init=finished[1].weights)


@pytest.fixture
def two_threads(one_thread):
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


def test_pix2pix_shares_the_loop(art_folder, tmp_path, two_threads):
    """Contract: the paper's networks and losses train in the same loop, batch norm statistics and all; also where
    several threads compute, a run that is resumed ends as the straight one, bit for bit."""
    paper = PRESETS["pix2pix"]
    config = dataclasses.replace(
        paper,
        generator=dataclasses.replace(paper.generator, channels=(4, 6, 8)),
        discriminator=dataclasses.replace(paper.discriminator, channels=(4, 6, 8, 8)),
        phases=(Phase(1.0, 32, 2),),
    )
    straight = run(art_folder, tmp_path / "a", config, images=8)
    run(art_folder, tmp_path / "b", config, images=8, on_step=interrupt_after(4))
    resumed = run(art_folder, tmp_path / "b", config, images=8, resume=True)
    assert_same_state(straight.outcome.average, resumed.outcome.average)
    counters = [v for name, v in straight.outcome.average.items() if name.endswith("num_batches_tracked")]
    assert all(value == 4 for value in counters)


def test_checkpoint_of_a_version_that_always_had_a_discriminator_goes_on(art_folder, tmp_path):
    """Oracle: the straight run. The checkpoint of earlier versions: settings that are gone, and a discriminator that
    nobody plays against."""
    quiet = dataclasses.replace(TINY, loss=dataclasses.replace(TINY.loss, adversarial=0.0), snapshots=20)
    straight = run(art_folder, tmp_path / "straight", quiet, images=8)
    out = tmp_path / "old"
    run(art_folder, out, quiet, images=8, on_step=interrupt_after(4))
    state = load_newest_checkpoint(out)
    assert "discriminator" not in state
    for name in ("snapshots", "accumulate"):  # all runs took twenty
        del state["config"][name]
    state["config"]["loss"] |= {"rarity": "saturation", "r1": 0.0, "separation": 0.0}
    state |= {"discriminator": {"layers.0.0.bias": torch.zeros(4)}, "discriminator_optimizer": {}}
    save_checkpoint(out, state, state["images_seen"])
    resumed = run(art_folder, out, quiet, images=8, resume=True)
    assert_same_state(resumed.outcome.average, straight.outcome.average)


def test_parts_of_a_batch_teach_what_it_teaches_whole(art_folder, tmp_path):
    """Oracle: the run with the whole batch; in parts of one image, whose losses are plain means, to rounding."""
    config = dataclasses.replace(
        TINY,
        generator=dataclasses.replace(TINY.generator, dropout=0.0),
        loss=LossConfig(adversarial=0.0, chroma_classes=0.0, rgb=1.0),
        phases=(Phase(1.0, 32, 3),),
    )
    whole = run(art_folder, tmp_path / "whole", config, images=8)
    parts = dataclasses.replace(config, phases=(Phase(1.0, 32, 1),), accumulate=3)
    apart = run(art_folder, tmp_path / "parts", parts, images=8)
    assert apart.outcome.images_seen == whole.outcome.images_seen == 8  # the last step has two
    alone = run(art_folder, tmp_path / "alone", dataclasses.replace(parts, accumulate=1), images=8).outcome.average
    moved = 0.0
    for name, value in whole.outcome.average.items():
        torch.testing.assert_close(apart.outcome.average[name], value, atol=1e-4, rtol=1e-3)
        moved = max(moved, float((alone[name] - value).abs().max()))
    assert moved > 3e-4, "steps of one image come out elsewhere"


def test_fp16_is_scaled_clipped_and_goes_on_after_an_overflow(tmp_path):
    """Exact: the least square error of a gain that halves is at one half; the first scales are too large."""
    config = dataclasses.replace(
        TINY, loss=LossConfig(adversarial=0.0), phases=(Phase(1.0, 32, BATCH),), generator_learning_rate=0.03,
        weight_decay=0.0, warmup_images=0,
    )  # fmt: skip
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**30)
    fabric = Fabric(accelerator="cpu", devices=1, plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
    data = TrainingData([Picture(draw_art(0))], np.ones(1), [])
    loop_options = {"fabric": fabric, "objective": DarkenByHalf()}
    outcome = loop.train(config, data, Gain(), tmp_path, Budget(images=160), **loop_options)
    assert float(outcome.average["gain"]) == pytest.approx(0.5, abs=0.03)
    assert scaler.get_scale() < 2.0**20, "it overflowed at first"


def test_fp16_goes_on_with_the_scale_it_had(tmp_path):
    """Oracle: the straight run, bit for bit. A fresh scale would overflow again and skip steps."""
    config = dataclasses.replace(TINY, phases=(Phase(1.0, 32, BATCH),), snapshots=1000)
    data = TrainingData([Picture(draw_art(0))], np.ones(1), [])

    def go_on(out, **options):
        out.mkdir(exist_ok=True)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**18, growth_interval=5)
        fabric = Fabric(accelerator="cpu", devices=1, plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
        loop_options = {"fabric": fabric, "objective": DarkenByHalf(), **options}
        return loop.train(config, data, Gain(), out, Budget(images=80), **loop_options), scaler

    straight, scaler = go_on(tmp_path / "straight")
    go_on(tmp_path / "halves", on_step=interrupt_after(40))
    checkpoint = load_newest_checkpoint(tmp_path / "halves")
    assert checkpoint["images_seen"] == 40
    assert checkpoint["scaler"]["scale"] < 2.0**18, "it overflowed at first"
    resumed, again = go_on(tmp_path / "halves", earlier=checkpoint)
    assert_same_state(resumed.average, straight.average)
    assert again.state_dict() == scaler.state_dict()
    del checkpoint["scaler"]  # as in those of earlier versions
    assert go_on(tmp_path / "halves", earlier=checkpoint)[0].finished


GAME = dataclasses.replace(TINY, loss=LossConfig(adversarial=0.2, adversarial_start=0.0), accumulate=2)


def play_a_step(those, page, real, parts):
    """Teach both players a step in parts: the generator to paint darker."""
    those.begin(1.0)
    for number in range(parts):
        with those.part(1 / parts, is_last=number == parts - 1):
            fake = those.generator(page).float()
            those.teach_discriminator(Game(torch.ones(1, 2, 32, 32), fake, real))
            those.teach_generator(Play({"mean": 4 * fake.mean()}), None)


def test_one_scale_holds_for_all_parts_of_a_step():
    """Hand-computed: the gradient of `4 * mean(gain * page)`, where the scale grows with every step."""
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=1)
    fabric = Fabric(accelerator="cpu", devices=1, plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
    fabric.launch()
    network, page = Gain(), torch.rand(1, 3, 32, 32)
    those = players.Players(dataclasses.replace(GAME, max_gradient_norm=math.inf), network, fabric)
    play_a_step(those, page, page, parts=2)
    assert float(network.gain.grad) == pytest.approx(4 * float(page.mean()), rel=1e-3)
    assert scaler.get_scale() == 16, "it grows once a step"


def test_a_discriminator_that_learns_nothing_is_told_and_ends_the_run(monkeypatch):
    """Contract: as for the generator; a painted page that is no number leaves its weights as they were."""
    monkeypatch.setattr(players, "MOST_SKIPPED_IN_A_ROW", 3)
    fabric = Fabric(accelerator="cpu", devices=1)
    fabric.launch()
    those, page = players.Players(GAME, Gain(), fabric), torch.rand(1, 3, 32, 32)
    before = copy.deepcopy(those.state()["discriminator"])
    for _ in range(3):
        play_a_step(those, page, page * math.nan, parts=1)
        assert those.told()["skipped"] == 1
    for name, value in those.state()["discriminator"].items():
        assert torch.equal(value, before[name]) or "parametrizations.weight.0." in name, "spectral norm looks on"
    with pytest.raises(MangacolorError, match="diverged"):
        play_a_step(those, page, page * math.nan, parts=1)
    play_a_step(those, page, page, parts=1)
    assert those.told()["skipped"] == 0


# What a run leaves behind


def test_metrics_are_json_lines(finished):
    """Contract: every line parses strictly, the clock only runs forward, all losses switched on are there."""
    lines = (finished[0] / "metrics.jsonl").read_text(encoding="utf-8").splitlines()

    def refuse(constant):
        raise AssertionError(constant)

    records = [json.loads(line, parse_constant=refuse) for line in lines]
    clock = [record["images_seen"] for record in records]
    assert clock == sorted(clock)
    steps = [record for record in records if "progress" in record]
    assert [record["images_seen"] for record in steps] == [10, 20, 30, 40]
    assert steps[-1]["progress"] == 1
    assert {"oklab", "rgb", "chroma_classes"} <= steps[0].keys()
    assert {"adversarial", "feature_matching", "discriminator", "real_logits", "fake_logits"} <= steps[-1].keys()
    assert [record["images_seen"] for record in records if "validation" in record] == [10, 20, 30, 40]
    assert any((finished[0] / "tensorboard").iterdir())
    outcome = finished[1].outcome
    assert outcome.told == records
    assert outcome.curve("validation") == [(n["images_seen"], n["validation"]) for n in records if "validation" in n]


def test_sample_sheets_show_grey_generated_and_target(finished):
    """Contract: a sheet at each snapshot, rows of three crops, in two columns."""
    sheets = sorted(finished[0].glob("samples-*.png"))
    assert [int(sheet.stem.removeprefix("samples-")) for sheet in sheets] == [10, 20, 30, 40]
    with Image.open(sheets[0]) as sheet:
        assert sheet.size == (2 * 3 * 32, 4 * 32)
        pixels = np.asarray(sheet).astype(int)
    grey, target = pixels[:, :32], pixels[:, 64:96]
    assert (grey.max(axis=2) - grey.min(axis=2)).max() == 0
    assert (target.max(axis=2) - target.min(axis=2)).max() > 40


def test_sheet_puts_samples_where_they_belong(tmp_path):
    """Hand-computed: pixels of three flat samples in a sheet of the first two columns."""
    grey = torch.full((4, 1, 2, 2), 0.5)
    page = torch.arange(4.0)[:, None, None, None].expand(4, 3, 2, 2) / 5
    write_sheet(tmp_path / "sheet.png", [grey, page, torch.ones(4, 3, 2, 2)])
    with Image.open(tmp_path / "sheet.png") as image:
        sheet = np.asarray(image)
    assert sheet.shape == (4, 12, 3)
    assert sheet[::2, ::2, 0].tolist() == [[128, 0, 255, 128, 102, 255], [128, 51, 255, 128, 153, 255]]


def test_run_writes_weights_and_a_card(finished):
    """Contract: weights are the averaged generator; the card names command, data and licence."""
    out, report = finished
    assert report.weights.parent == out
    weights = load_weights(report.weights)
    assert weights.config == TINY.generator
    for name, value in weights.generator.state_dict().items():
        assert torch.equal(value, report.outcome.average[name].half().float())
    assert weights.facts["images_seen"] == 40
    assert weights.facts["pictures"] == 8
    assert weights.facts["validation_loss"] == report.outcome.validation_loss > 0
    card = report.weights.with_suffix(".md").read_text(encoding="utf-8")
    for fact in ("mangacolor train --data 'my art' --images 40", "CC0-1.0", "test art", weights.digest, "| 40 |"):
        assert fact in card
    assert json.loads((out / "config.json").read_text())["phases"][0]["crop_px"] == 32


# Schedule and average


@pytest.mark.parametrize(
    ("schedule", "progress", "expected"),
    [
        ("cosine", 0.0, 1.0),
        ("cosine", 0.5, 0.1 + 0.9 * 0.5),
        ("cosine", 1 / 3, 0.1 + 0.9 * 0.75),
        ("cosine", 1.0, 0.1),
        ("linear_tail", 0.0, 1.0),
        ("linear_tail", 0.5, 1.0),
        ("linear_tail", 0.75, 0.1 + 0.9 * 0.5),
        ("linear_tail", 1.0, 0.1),
    ],
)
def test_learning_rate_schedule(schedule, progress, expected):
    """Hand-computed points of both schedules, ending at a tenth; warm-up over."""
    config = dataclasses.replace(TINY, schedule=schedule, final_learning_rate=0.1, warmup_images=10)
    assert learning_rate_factor(config, progress, 1000) == pytest.approx(expected)


def test_warmup_rises_linearly():
    """Hand-computed: (images + 1) / 100 of the peak, then the peak; none when switched off."""
    config = dataclasses.replace(TINY, warmup_images=100)
    assert [learning_rate_factor(config, 0.0, seen) for seen in (0, 49, 99, 500)] == pytest.approx([0.01, 0.5, 1, 1])
    assert learning_rate_factor(dataclasses.replace(TINY, warmup_images=0), 0.0, 0) == 1


@pytest.mark.parametrize(
    ("budget", "seen", "seconds", "share"),
    [
        (Budget(images=40), 10, 1e9, 0.25),
        (Budget(images=40), 99, 0, 1.0),
        (Budget(minutes=2), 10**9, 30, 0.25),
        (Budget(minutes=2), 0, 500, 1.0),
    ],
)
def test_budget(budget, seen, seconds, share):
    """Hand-computed: one clock counts, and never beyond 1."""
    assert budget.progress(seen, seconds) == share


def test_weights_are_sorted_by_the_beginning_of_their_names():
    """Contract of `parameter_groups`: the longest that fits counts; what does not learn, and empty groups, are out."""
    network = nn.ModuleDict({name: nn.Linear(1, 1, bias=False) for name in ("semantics", "stem", "semantic")})
    network["stem"].requires_grad_(False)
    rest, semantics = parameter_groups(network, {"": 0.1, "semantics.": 0.2})
    assert rest == {"params": [network["semantic"].weight], "peak": 0.1}
    assert semantics == {"params": [network["semantics"].weight], "peak": 0.2}
    assert len(parameter_groups(network, {"": 0.1, "other.": 0.2})) == 1


def test_average_of_constant_weights_is_constant():
    """Invariant: averaging equal weights changes nothing, not even the last bit."""
    generator, average = nn.Linear(3, 3), nn.Linear(3, 3)
    average.load_state_dict(generator.state_dict())
    for step in range(1, 30):
        update_average(average, generator, 8, 2 * step, 2)
    assert_same_state(average.state_dict(), generator.state_dict())


@pytest.mark.parametrize(("images_seen", "half_life"), [(1_000_000, 16), (80, 8)])
def test_average_halves_over_its_half_life(images_seen, half_life):
    """Hand-computed: after one half-life the old weights count half; early on it is a tenth of the run (EDM2)."""
    generator, average = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    nn.init.constant_(average.weight, 1.0)
    nn.init.constant_(generator.weight, 0.0)
    generator.running_mean.fill_(7.0)
    generator.num_batches_tracked.fill_(3)
    for _ in range(4):
        update_average(average, generator, 16, images_seen, half_life // 4)
    assert average.weight.item() == pytest.approx(0.5, rel=1e-5)
    assert average.running_mean.item() == 7
    assert average.num_batches_tracked == 3


# Checkpoints


def test_checkpoints_keep_the_last_and_load_in_order(tmp_path):
    """Contract: the newest `KEPT` stay; other files are left alone."""
    other = tmp_path / "checkpoint-best.pt"
    other.touch()
    for images in (5, 10, 200, 3000):
        save_checkpoint(tmp_path, {"images_seen": images, "tensor": torch.tensor([images])}, images)
    assert [path.name for path in list_checkpoints(tmp_path)] == [
        "checkpoint-0000000200.pt",
        "checkpoint-0000003000.pt",
    ]
    assert KEPT == 2
    assert other.exists()
    assert load_newest_checkpoint(tmp_path) == {"images_seen": 3000, "tensor": torch.tensor([3000])}


@pytest.mark.parametrize(
    "damage",
    [lambda b: b"", lambda b: b[: len(b) // 2], lambda b: b"rubbish", lambda b: b[100:]],
    ids=["empty", "half", "rubbish", "headless"],
)
def test_damaged_checkpoint_falls_back_to_the_one_before(tmp_path, damage):
    """Contract of `load_newest_checkpoint`; when none is whole, a `ModelFileError`."""
    for images in (5, 10):
        save_checkpoint(tmp_path, {"images_seen": images, "weights": torch.zeros(500)}, images)
    old, new = list_checkpoints(tmp_path)
    new.write_bytes(damage(new.read_bytes()))
    assert load_newest_checkpoint(tmp_path)["images_seen"] == 5
    old.write_bytes(damage(old.read_bytes()))
    with pytest.raises(ModelFileError, match="every checkpoint is damaged"):
        load_newest_checkpoint(tmp_path)


def test_checkpoint_with_a_flipped_byte_is_refused_or_harmless(tmp_path):
    """Invariant: damage never surfaces as another exception, nor as other numbers than were saved."""
    state = {"images_seen": 10, "weights": torch.arange(64.0), "name": {"a": [1, 2.5, "b"]}}
    save_checkpoint(tmp_path, {"images_seen": 5}, 5)
    path = save_checkpoint(tmp_path, state, 10)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for position in rng.choice(len(whole), 150, replace=False):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        loaded = load_newest_checkpoint(tmp_path)
        if loaded["images_seen"] == 5:
            continue
        assert loaded["images_seen"] == 10, position
        assert torch.equal(loaded["weights"], state["weights"]), position
        assert loaded["name"] == state["name"], position


def test_checkpoint_cannot_run_code(tmp_path):
    """Contract: loads with `weights_only`; a pickled call is refused, not made."""
    proof = tmp_path / "proof"

    class Bomb:
        def __reduce__(self):
            return Path.touch, (proof,)

    save_checkpoint(tmp_path, {"bomb": Bomb()}, 1)
    with pytest.raises(ModelFileError):
        load_newest_checkpoint(tmp_path)
    assert not proof.exists()


# Trouble


def losing_numbers_at(steps):
    """`losses.oklab_distance`, but not a number at the steps given."""
    real, calls = losses.oklab_distance, []

    def distance(page, target):
        if not page.requires_grad:
            return real(page, target)
        calls.append(1)
        return real(page, target) * (math.nan if len(calls) in steps else 1)

    return distance


def test_one_bad_step_is_skipped_and_counted(art_folder, tmp_path, monkeypatch):
    """Contract: not a number at step 3 leaves the weights as they were, and the run goes on to its end."""
    monkeypatch.setattr(losses, "oklab_distance", losing_numbers_at({3}))
    monkeypatch.setattr(loop, "LOG_EVERY_STEPS", 1)
    report = run(art_folder, tmp_path / "run", images=12)
    assert report.outcome.finished
    assert all(value.isfinite().all() for value in report.outcome.average.values())
    records = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [record["skipped"] for record in records if "skipped" in record] == [0, 0, 1, 0, 0, 0]


def test_skipped_step_leaves_the_weights_alone(art_folder, tmp_path, monkeypatch):
    """Oracle: the checkpoints before and after a bad step."""
    monkeypatch.setattr(losses, "oklab_distance", losing_numbers_at({2}))
    out = tmp_path / "run"
    often = dataclasses.replace(TINY, snapshots=1000)
    run(art_folder, out, often, images=BATCH * STEPS, on_step=interrupt_after(2 * BATCH))
    before, after = (torch.load(path, weights_only=True) for path in list_checkpoints(out))
    assert (before["images_seen"], after["images_seen"]) == (BATCH, 2 * BATCH)
    assert_same_state(after["generator"], before["generator"])


def test_divergence_ends_the_run(art_folder, tmp_path, monkeypatch):
    """Contract: more than so many bad steps in a row raise an error with advice; fewer do not."""
    monkeypatch.setattr(players, "MOST_SKIPPED_IN_A_ROW", 3)
    monkeypatch.setattr(losses, "oklab_distance", losing_numbers_at({2, 3, 4, 6, 7, 8}))
    assert run(art_folder, tmp_path / "shaky", images=20).outcome.finished
    monkeypatch.setattr(losses, "oklab_distance", losing_numbers_at(set(range(2, 100))))
    seen = []
    with pytest.raises(MangacolorError, match="diverged"):
        run(art_folder, tmp_path / "lost", on_step=lambda progress, images_seen, batch: seen.append(images_seen))
    assert seen[-1] == BATCH * 4  # one good step, three skipped ones; the fourth in a row ends it


def test_first_signal_asks_and_the_second_insists():
    """Contract of `StopRequest`: and afterwards the handlers are the ones from before."""
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as stop:
        assert not stop.requested
        signal.raise_signal(signal.SIGTERM)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


# What tells the pictures apart


SEEING = dataclasses.replace(
    TINY,
    generator=dataclasses.replace(
        TINY.generator, stem_stride=4, channels=(4, 8, 8, 8), blocks=(1, 1, 1), semantics=True
    ),
)


def test_likeness_is_seen_from_the_mean_of_the_pictures(monkeypatch):
    """Oracle: of pictures that are all one grey, however they are cut, the mean is what that grey looks like."""
    monkeypatch.setattr(likeness, "DRAWN", 3)
    generator = build_network(SEEING.generator)
    gray = Picture(np.full((400, 380, 3), 100, np.uint8))
    likeness.fit_likeness(generator, [gray, gray], np.array([0.5, 0.5]))
    side = likeness.CROP_PX
    with torch.no_grad():
        seen = describe_cells(generator.semantics(torch.full((1, 1, side, side), 100 / 255))).mean(dim=0)
    torch.testing.assert_close(generator.likeness.mean, seen, atol=1e-4, rtol=0)
    assert seen.norm() > 0.1


@pytest.mark.parametrize("fewest", [1, 10_000])
def test_a_run_on_many_pictures_ends_with_their_mean(art_folder, tmp_path, monkeypatch, seeing_weights, fewest):
    """Contract: weights carry it; of few pictures it is that of the weights the features came from."""
    monkeypatch.setattr(likeness, "DRAWN", 2)
    monkeypatch.setattr("mangacolor.training.run.FEWEST_PICTURES", fewest)
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(seeing_weights))
    report = run(art_folder, tmp_path / "run", SEEING, images=2)
    mean = load_weights(report.weights).network.likeness.mean
    assert bool(mean.any()) == (fewest == 1)


def test_a_checkpoint_that_another_program_has_open_does_not_end_the_run(tmp_path, monkeypatch):
    """Contract: Windows deletes no open file; the next checkpoint tries again."""
    paths = [save_checkpoint(tmp_path, {"images_seen": images}, images) for images in range(KEPT)]

    def refuse(self, **options):
        raise PermissionError(13, "used by another process", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        paths.append(save_checkpoint(tmp_path, {"images_seen": 8}, 8))
    assert list_checkpoints(tmp_path) == paths
    save_checkpoint(tmp_path, {"images_seen": 9}, 9)
    assert len(list_checkpoints(tmp_path)) == KEPT
