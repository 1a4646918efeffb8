"""What a run learns from.

Oracles: `is_colored` is false for a picture with three equal channels, whatever else it shows; what options promise.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from pictures import draw_art, greyed, save_image

from mangacolor.config import PRESETS, SynthesisConfig
from mangacolor.data.batches import load_batches
from mangacolor.data.examples import find_examples
from mangacolor.data.pictures import PictureShelf
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.data.splits import file_digest
from mangacolor.errors import BadInputError
from mangacolor.page.ink import Separation
from mangacolor.recipes import read_recipe
from mangacolor.training import Budget
from mangacolor.training.loading import load_data
from mangacolor.training.options import RunOptions
from mangacolor.training.workers import separate_in_workers_too


def loaded(folder, said):
    options = RunOptions(folder, folder / "out", Budget(images=1), device="cpu")
    fabric = Fabric(accelerator="cpu", devices=1)
    return load_data(find_examples(folder), PRESETS["tiny"], options, fabric, "fp32", said.append, lambda total: None)


def test_grey_pictures_are_passed_over_with_a_notice(tmp_path):
    for number in range(4):
        save_image(tmp_path / f"{number}.png", draw_art(number))
        save_image(tmp_path / f"{number}_page.png", greyed(draw_art(number)))
    said = []
    data = loaded(tmp_path, said)
    assert "4 grey pictures passed over." in said
    pictures = [*data.pictures, *data.held_out]
    assert len(pictures) == 4
    assert all(np.ptp(picture.rgb, axis=2).any() for picture in pictures)
    assert len(data.probabilities) == len(data.pictures)


def test_grey_pictures_alone_are_refused(tmp_path):
    save_image(tmp_path / "1.png", greyed(draw_art(1)))
    with pytest.raises(BadInputError, match="grey"):
        loaded(tmp_path, [])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([f"img_{number}.png" for number in range(12)], "1 of 1 pictures held out are of series that are learnt from"),
        ([f"{number:03}.png" for number in range(12)], "1 of 1 pictures held out are of series that are learnt from"),
        ([f"{book}/{number}.png" for book in "cd" for number in range(10)], "2 of 2 pictures held out are of series"),
        ([f"a_{number}.png" for number in range(6)], "Nothing is held out: there are fewer than 10 pictures."),
        ([f"{series}_{number}.png" for series in "ab" for number in range(6)], None),
    ],
    ids=["one series", "numbers", "numbers in folders", "few", "two series"],
)  # fmt: skip
def test_it_is_said_where_no_series_is_held_out(tmp_path, names, said):
    """Contract: a loss on the last pages of the only series flatters, and none is nothing to rely on."""
    for number, name in enumerate(names):
        save_image(tmp_path / name, draw_art(number))
    lines = []
    data = loaded(tmp_path, lines)
    assert [line for line in lines if "held out" in line] == (
        [] if said is None else [line for line in lines if said in line]
    )
    assert any(said in line for line in lines) or said is None
    listed = [*data.learnt_files, *data.held_out_files]
    assert sorted(listed) == sorted(file_digest(tmp_path / name) for name in names)
    assert file_digest(tmp_path / names[0]) in data.learnt_files
    assert (file_digest(tmp_path / names[-1]) in data.held_out_files) == bool(len(data.held_out))


def test_commands_of_the_guide_agree_with_their_recipes():
    """Contract of `find_teacher`: a recipe that keeps colours and --teacher belong together."""
    root = Path(__file__).parents[1]
    guide = (root / "docs" / "guide.md").read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [line.split() for line in guide.splitlines() if line.strip().startswith("mangacolor train ")]
    with_recipe = [words for words in commands if "--config" in words]
    assert with_recipe
    for words in with_recipe:
        recipe = read_recipe(root / words[words.index("--config") + 1], PRESETS["default"])
        assert (recipe.loss.kept_colours > 0) == ("--teacher" in words), words


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")
def test_pairs_are_taken_apart_on_the_gpu_by_the_run_alone(tmp_path):
    """Contract: CUDA is refused in a process that was forked after its start, so there the CPU takes pairs apart."""
    log = tmp_path / "log"

    def build(device, precision):
        def separate(gray):
            with log.open("a") as file:
                file.write(f"{device.type} {precision} {os.getpid() == here}\n")
            return Separation(gray, np.ones_like(gray))

        return separate

    here = os.getpid()
    for number in range(4):
        save_image(tmp_path / "A" / f"{number}.png", greyed(draw_art(number)))
        save_image(tmp_path / "B" / f"{number}.png", draw_art(number))
    found = find_examples(tmp_path)
    shelf = PictureShelf(found.examples, found.layout, separate_in_workers_too(build, torch.device("cuda"), "bf16", 2))
    shelf.fill(0)
    samples = ColourSamples(Stock(shelf, np.full(4, 0.25)), 16, SynthesisConfig(), 0)
    assert sum(len(batch["colour"]) for batch in load_batches(samples, range(8), 2, 2, by_processes=True)) == 8
    assert log.read_text().splitlines() == ["cuda bf16 True"] * 4 + ["cpu fp32 False"] * 8


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")
@pytest.mark.parametrize(("device", "kept"), [("cpu", 4), ("cuda", 2)])
def test_processes_that_draw_share_the_memory_for_pictures(tmp_path, device, kept):
    """Contract of `memory_bytes`: of all processes together. Two that draw for a GPU keep half of them each."""
    for number in range(8):
        save_image(tmp_path / f"{number}.png", draw_art(number))
    memory = 4 * draw_art(0).nbytes
    options = RunOptions(tmp_path, tmp_path / "out", Budget(images=1), jobs=2, memory_bytes=memory)
    second = SimpleNamespace(
        device=torch.device(device), is_global_zero=False, barrier=lambda: None, broadcast=lambda told: told
    )
    config = dataclasses.replace(PRESETS["tiny"], validation_percent=0)
    data = load_data(find_examples(tmp_path), config, options, second, "fp32", len, len)
    assert sum(data.pictures[number] is data.pictures[number] for number in range(8)) == kept


def test_what_is_learnt_and_what_is_held_out_share_the_memory_for_pictures(tmp_path):
    """Contract of `memory_bytes`: of both together; what is held out is kept first."""
    for number in range(12):
        save_image(tmp_path / f"{number}.png", draw_art(number))
    options = RunOptions(tmp_path, tmp_path / "out", Budget(images=1), memory_bytes=4 * draw_art(0).nbytes)
    alone = SimpleNamespace(
        device=torch.device("cpu"), is_global_zero=True, barrier=lambda: None, broadcast=lambda told: told
    )
    config = dataclasses.replace(PRESETS["tiny"], validation_percent=16)
    data = load_data(find_examples(tmp_path), config, options, alone, "fp32", len, lambda total: None)
    kept = [sum(part[number] is part[number] for number in range(len(part))) for part in (data.held_out, data.pictures)]
    assert kept == [2, 2]
    assert (len(data.held_out), len(data.pictures)) == (2, 10)
