"""What travels to a GPU machine and back.

Oracle: hashes and sizes of what was written, the training's own split, and written contracts; the networks themselves
are not run here (`make gpu-train DEVICE=cpu` does).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

FOLDER = Path(__file__).parent / "gpu"
sys.path.insert(0, str(FOLDER))
import machine  # noqa: E402
import pack as packing  # noqa: E402
import pieces  # noqa: E402
from check import EDGES, TESTED, bar_names, histogram, verdicts  # noqa: E402
from train import Log, budget_class, came_of  # noqa: E402

from mangacolor.config import PRESETS  # noqa: E402
from mangacolor.data.examples import Example, find_examples  # noqa: E402
from mangacolor.data.splits import split_by_series  # noqa: E402
from mangacolor.errors import UsageError  # noqa: E402
from mangacolor.image import read_image  # noqa: E402
from mangacolor.recipes import read_recipe  # noqa: E402

# Pieces


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 100)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200, 1234])
def test_what_is_split_is_joined(tmp_path, size):
    data = np.random.default_rng(size).bytes(size)
    (tmp_path / "weights.bin").write_bytes(data)
    (tmp_path / "note").write_text("hello")
    assert pieces.split([tmp_path / "weights.bin", tmp_path / "note"], tmp_path / "sent") == []
    assert all(piece.stat().st_size <= 100 for piece in (tmp_path / "sent").glob("*.0*"))
    joined = pieces.join(tmp_path / "sent", tmp_path / "back")
    assert [path.name for path in joined] == ["weights.bin", "note"]
    assert joined[0].read_bytes() == data
    assert pieces.join(tmp_path / "sent", tmp_path / "back") == joined, "a second time finds them there"


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("harm", ["lost", "damaged", "cut", "no manifest"])
def test_what_is_not_whole_is_not_joined(tmp_path, harm):
    (tmp_path / "weights.bin").write_bytes(bytes(range(250)))
    pieces.split([tmp_path / "weights.bin"], tmp_path / "sent")
    victim = tmp_path / "sent" / ("manifest.json" if harm == "no manifest" else "weights.bin.001")
    data = victim.read_bytes()
    victim.unlink()
    if harm in ("damaged", "cut"):
        victim.write_bytes(data[:-1] + (b"x" if harm == "damaged" else b""))
    with pytest.raises(pieces.PiecesError, match=victim.name):
        pieces.join(tmp_path / "sent", tmp_path / "back")
    assert list((tmp_path / "back").glob("*")) == []


@pytest.mark.usefixtures("small_pieces")
def test_what_has_no_room_is_left_out_and_named(tmp_path):
    for name, size in (("first", 150), ("large", 2000), ("last", 30)):
        (tmp_path / name).write_bytes(bytes(size))
    files = [tmp_path / name for name in ("first", "large", "last")]
    left_out = pieces.split(files, tmp_path / "sent", most_bytes=1000)
    assert len(left_out) == 1
    assert left_out[0].startswith("large ")
    assert [path.name for path in pieces.join(tmp_path / "sent", tmp_path / "back")] == ["first", "last"]
    (tmp_path / "few").mkdir()
    assert [line.split()[0] for line in pieces.split(files, tmp_path / "few", most_files=4)] == ["large"]
    assert len(list((tmp_path / "few").iterdir())) == 4
    with pytest.raises(pieces.PiecesError, match="already"):
        pieces.split(files, tmp_path / "few")


@pytest.mark.usefixtures("small_pieces")
def test_nothing_of_ones_own_is_written_over(tmp_path):
    (tmp_path / "weights.bin").write_bytes(bytes(250))
    pieces.split([tmp_path / "weights.bin"], tmp_path / "sent")
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "weights.bin").write_text("mine")
    with pytest.raises(pieces.PiecesError, match="in the way"):
        pieces.join(tmp_path / "sent", tmp_path / "back")
    assert (tmp_path / "back" / "weights.bin").read_text() == "mine"


# The pack


@pytest.fixture
def art(tmp_path):
    """Forty pictures of two weights in series of four, and one that no run may see."""
    rng = np.random.default_rng(0)
    for folder in ("pages", "clipart"):
        (tmp_path / "art" / folder).mkdir(parents=True)
        for number in range(20):
            pixels = np.repeat(np.repeat(rng.integers(0, 256, (6, 8, 3), np.uint8), 100, axis=0), 100, axis=1)
            Image.fromarray(pixels).save(tmp_path / "art" / folder / f"e{number // 4}_{number:02d}.png")
    (tmp_path / "art" / "clipart" / "empty.webp").write_bytes(b"")
    (tmp_path / "art" / "SOURCES.tsv").write_text("where from")
    (tmp_path / "recipe.toml").write_text(
        'validation_percent = 10\n[source_weights]\n"clipart/empty.webp" = 0\n"pages/*" = 9\n"*" = 0.5\n'
    )
    return tmp_path / "art"


def options(art, out, **changes):
    values = {
        "data": art, "recipe": art.parent / "recipe.toml", "figures": None, "cheeks": None, "init": None,
        "wheels": None, "out": out, "limit_mib": 60.0,
    }  # fmt: skip
    return argparse.Namespace(**values | changes)


@pytest.fixture(autouse=True)
def no_tree(monkeypatch):
    """The tree's own size would change these tests with every commit."""
    monkeypatch.setattr(packing, "tree_bytes", lambda root: 0)


@pytest.mark.slow
def test_a_pack_is_smaller_keeps_names_and_says_so(art, tmp_path):
    cheeks = {"pages/e0_00.png": [[0.8, 0.05, 0.05]], "clipart/e0_01.png": [], "elsewhere.png": []}
    (tmp_path / "cheeks.json").write_text(json.dumps(cheeks))
    out = tmp_path / "build"
    said = packing.pack(options(art, out, cheeks=tmp_path / "cheeks.json"))
    found = find_examples(out / "data")
    assert len(found.examples) <= 40
    assert "Weight 9: 16 of 16 pictures." in said
    assert min(read_image(found.examples[0].target).rgb.shape[:2]) == packing.SHORT_SIDE_PX
    kept = json.loads((out / "cheeks.json").read_text())
    assert kept == {"pages/e0_00.png.webp": [[0.8, 0.05, 0.05]], "clipart/e0_01.png.webp": []}
    assert (out / "data" / "SOURCES.tsv").read_text() == "where from"
    with pytest.raises(UsageError, match="already"):
        packing.pack(options(art, out))


@pytest.mark.slow
def test_the_heaviest_come_first_and_the_rest_is_told(art, tmp_path):
    size = sum(len(packing.reduced(path)) for path in (art / "pages").glob("*.png"))
    limit = (packing.SPARE_BYTES + 1.2 * size) / packing.MIB
    said = packing.pack(options(art, tmp_path / "build", limit_mib=limit))
    assert "Weight 9: 16 of 16 pictures." in said
    (line,) = [line for line in said if line.startswith("Weight 0.5")]
    assert line.endswith("of 16 pictures, the rest left out.")
    assert not line.startswith("Weight 0.5: 16")
    written = sum(path.stat().st_size for path in (tmp_path / "build").rglob("*") if path.is_file())
    assert written <= limit * packing.MIB


def test_no_room_is_an_error_that_says_so(art, tmp_path):
    with pytest.raises(UsageError, match="LIMIT_MIB"):
        packing.pack(options(art, tmp_path / "build", limit_mib=0.1))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=9), st.data())
def test_nothing_held_out_is_ever_trained_on(sizes, data):
    """Oracle: the split of the whole data. Whatever part of it is packed, the pack's own split agrees."""
    names = [f"a/s{series:02d}_{number}.webp" for series, size in enumerate(sizes) for number in range(size)]
    examples = [Example(name, Path(name)) for name in names]
    percent = data.draw(st.sampled_from([4, 10, 30]))
    held = {example.name for example in split_by_series(examples, percent)[1]}
    chosen = data.draw(st.sets(st.sampled_from(names), min_size=1))
    packed = {name: Example(name, Path(name)) for name in names if name in chosen}
    dropped = packing.leaks(packed, held, percent)
    left = [example for example in packed.values() if example.name not in dropped]
    training, _ = split_by_series(left, percent)
    assert not {example.name for example in training} & held
    assert set(dropped) <= held, "only what is held out is taken away"


def test_drawings_travel_whole_as_many_as_fit(tmp_path):
    source = tmp_path / "drawings"
    source.mkdir()
    rng, lines = np.random.default_rng(0), []
    for number in range(4):
        pixels = np.repeat(np.repeat(rng.integers(0, 256, (8, 8, 3), np.uint8), 9, axis=0), 9, axis=1)
        Image.fromarray(pixels).save(source / f"{number:06d}.png")
        lines.append(json.dumps({"file": f"{number:06d}.png", "parts": [{"kind": "ground"}]}))
    (source / "figures.jsonl").write_text("\n".join(lines) + "\n")
    used, line = packing.pack_figures(source, tmp_path / "all", 1 << 20)
    assert line.startswith("4 of 4 ")
    index = [json.loads(entry) for entry in (tmp_path / "all" / "figures.jsonl").read_text().splitlines()]
    for entry, name in zip(index, sorted(path.name for path in source.glob("*.png")), strict=True):
        assert np.array_equal(read_image(tmp_path / "all" / entry["file"]).rgb, read_image(source / name).rgb)
    assert used == sum(path.stat().st_size for path in (tmp_path / "all").iterdir())
    used, line = packing.pack_figures(source, tmp_path / "few", used // 2)
    assert line.startswith(("1 of 4 ", "2 of 4 "))


# Training there


@pytest.mark.parametrize("name", ["recipe.toml", "rehearsal.toml"])
def test_recipes_lie_over_that_of_the_weights(name):
    config = read_recipe(packing.ROOT / "weights" / "recipe.toml", PRESETS["default"])
    other = read_recipe(FOLDER / name, config)
    assert other.source_weights == config.source_weights
    assert other.loss == config.loss
    assert other.synthesis.bank_px == max(phase.crop_px for phase in other.phases)


def test_the_clock_on_the_wall_ends_a_run(monkeypatch):
    """Contract: progress is 0 at the first step and 1 at `ends`, whatever the networks' own seconds say."""
    now = [100.0]
    monkeypatch.setattr("train.time.monotonic", lambda: now[0])
    budget = budget_class()(ends=160.0)
    assert budget.progress(0, 0.0) == 0
    now[0] = 130.0
    assert budget.progress(999, 1.0) == pytest.approx(0.5)
    now[0] = 170.0
    assert budget.progress(999, 2.0) == 1
    late = budget_class()(ends=50.0)
    assert late.progress(0, 0.0) in (0.0, 1.0)
    now[0] = 171.0
    assert late.progress(0, 0.0) == 1, "a run that begins too late ends after a step"


def test_the_log_tells_images_a_second(tmp_path, monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("train.time.monotonic", lambda: now[0])
    log = Log(tmp_path / "train.log", 0.0)
    for step in range(1, 8):
        now[0] = 3.0 * step
        log.step(step / 10, 64 * step, 64)
    lines = (tmp_path / "train.log").read_text().splitlines()
    assert len(lines) == 1, "one line in ten seconds"
    assert lines[0].endswith("21.3 images/s")
    assert capsys.readouterr().err.splitlines() == lines


def test_the_small_files_and_the_weights_come_first(tmp_path):
    for name in ("train.log", "metrics.jsonl", "mangacolor.safetensors", "mangacolor.md", "samples-1.png",
                 "checkpoint-0000000001.pt", "checkpoint-0000000002.pt"):  # fmt: skip
        (tmp_path / name).write_bytes(b"1")
    files = came_of(tmp_path, tmp_path / "mangacolor.safetensors")
    assert [path.name for path in files] == ["run.tar", "mangacolor.safetensors", "checkpoint-0000000002.pt"]


def test_a_machine_that_lacks_something_says_what(tmp_path, monkeypatch):
    monkeypatch.setitem(machine.CARRIED, "no_such_module_here", "no-such-package")
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(machine.MissingError, match=r"lacks: no-such-package\.") as caught:
        machine.prepare(tmp_path)
    assert "WHEELS" in str(caught.value)


@pytest.mark.slow
def test_without_cuda_the_check_says_so(tmp_path):
    """Contract: exit status 2, and how to rehearse."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is CUDA")
    done = subprocess.run(
        [sys.executable, str(FOLDER / "check.py"), "--pack", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "DEVICE=cpu" in done.stderr
    assert done.stdout == ""


# Comparing


def test_the_histogram_counts_channels():
    """Oracle: counted by hand."""
    reference = np.full((2, 5, 3), 100, np.uint8)
    painted = reference.copy()
    painted[0, 0] = (101, 98, 100)
    painted[1, 4] = (111, 90, 255)
    shares = histogram([painted], [reference])
    assert [round(share * 30) for share in shares] == [25, 1, 1, 0, 1, 2]
    assert sum(shares) == pytest.approx(1)
    assert len(bar_names()) == len(EDGES)
    assert bar_names()[3] == "3–5"


def test_each_line_of_the_table_of_devices_gets_its_verdict():
    """Oracle: what pytest would have printed, written by hand; the tests named are there."""
    devices = (FOLDER.parent / "test_devices.py").read_text(encoding="utf-8")
    assert all(f"def {test}(" in devices for tests in TESTED.values() for test in tests)
    told = """
tests/test_devices.py::test_a_batch_is_its_pages[cpu] FAILED [ 10%]
tests/test_devices.py::test_a_batch_is_its_pages[cuda] PASSED [ 20%]
tests/test_devices.py::test_pinned_batches_arrive_whole[cuda] SKIPPED (no CUDA here) [ 30%]
tests/test_devices.py::test_no_constant_stays_behind_on_the_cpu[separator] FAILED [ 40%]
"""
    on_cuda, on_cpu = (list(verdicts(told, device).values()) for device in ("cuda", "cpu"))
    assert on_cuda == ["passed", "never run", "never run", "FAILED"]
    assert on_cpu == ["FAILED", "never run", "never run", "FAILED"]
