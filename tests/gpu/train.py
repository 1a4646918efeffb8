"""Trains on a GPU machine for so many minutes, all told, and leaves what came of it in small pieces.

`make gpu-train MINUTES=10`, or `python tests/gpu/train.py --minutes 10 --out DIR`, on a machine that has this tree and
the pack of `make gpu-pack`. The clock is that on the wall: looking the data over, waiting for samples and writing all
count.
"""

from __future__ import annotations

import argparse
import os
import sys
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from machine import MissingError, chosen_device, describe, prepare
from pieces import PiecesError, split

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20

FINISH_SECONDS = {"cuda": 75.0, "cpu": 20.0}
"""Kept for the last validation and checkpoint, what tells pictures apart, and the pieces. On a CPU that takes longer,
but nobody waits with a watch."""

SNAPSHOTS = 8
"""Checkpoints and validations of a run, instead of twenty: each takes seconds in which the GPU waits."""

LOG_SECONDS = 10.0
MOST_FILES = 8
MOST_MIB = 64


def budget_class() -> type:
    """Return a budget that ends at a time of day, made here so that a bare machine can load this file."""
    from mangacolor.training import Budget

    @dataclass(frozen=True)
    class WallClock(Budget):
        """Progress by the clock on the wall from the first step to `ends`, waiting for samples included."""

        ends: float = 0.0
        begun: list[float] = field(default_factory=list)

        def progress(self, images_seen: int, seconds: float) -> float:
            now = time.monotonic()
            if not self.begun:
                self.begun.append(now)
            return min(1.0, max(0.0, (now - self.begun[0]) / max(self.ends - self.begun[0], 1e-3)))

    return WallClock


class Log:
    """Lines with the seconds since the start, on stderr and in a file that is whole at any time.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, started: float) -> None:
        self.path = path
        self._started = started
        self._last = (started, 0)

    def say(self, line: str) -> None:
        """Write a line."""
        text = f"{time.monotonic() - self._started:7.1f} s  {line}\n"
        sys.stderr.write(text)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)

    def step(self, progress: float, images_seen: int, batch: int) -> None:
        """Tell the speed now and then."""
        now = time.monotonic()
        if self._last[1] == 0:  # the first step warms up
            self._last = (now, images_seen)
        since, before = self._last
        if now - since >= LOG_SECONDS:
            self.say(f"{progress:6.1%}  {images_seen} images  {(images_seen - before) / (now - since):.1f} images/s")
            self._last = (now, images_seen)


def main() -> int:
    """Train; 2 says that the machine lacks something, 0 that weights were written."""
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True, help="all told, from this moment on")
    parser.add_argument("--pack", type=Path, default=ROOT / "build" / "gpu")
    parser.add_argument("--out", type=Path, help="folder for the pieces [default: PACK/out]")
    parser.add_argument("--device", help="cuda unless said; cpu rehearses")
    parser.add_argument(
        "--recipe",
        type=Path,
        help="laid over weights/recipe.toml [default: recipe.toml beside this, rehearsal.toml on a CPU]",
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes that make samples; threads on a CPU"
    )
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    try:
        prepare(chosen.pack)
        device = chosen_device(chosen.device)
    except MissingError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    from mangacolor.errors import MangacolorError

    try:
        return run(chosen, device, started)
    except (MangacolorError, PiecesError) as error:
        sys.stderr.write(f"{error}\n")
        return getattr(error, "exit_code", 3)


def run(chosen: argparse.Namespace, device: str, started: float) -> int:
    """Train from the pack and split what came of it."""
    import dataclasses
    import shutil

    import cv2
    import torch

    from mangacolor.config import PRESETS
    from mangacolor.errors import UsageError
    from mangacolor.models.weight_files import find_weights
    from mangacolor.recipes import read_recipe
    from mangacolor.training import RunOptions, run_training

    out: Path = chosen.out or chosen.pack / "out"
    out.mkdir(parents=True, exist_ok=True)
    if (out / "manifest.json").exists():
        raise UsageError(f"{out}: already holds what came of a run.", advice="Choose another --out, or delete it.")
    cv2.setNumThreads(1)  # a thread for each core draws already
    torch.backends.cudnn.benchmark = True  # batches of a phase have one size
    config = read_recipe(ROOT / "weights" / "recipe.toml", PRESETS["default"])
    beside = "rehearsal.toml" if device == "cpu" else "recipe.toml"
    config = read_recipe(chosen.recipe or Path(__file__).with_name(beside), config)
    config = dataclasses.replace(config, snapshots=SNAPSHOTS)
    if chosen.seed is not None:
        config = dataclasses.replace(config, seed=chosen.seed)
    folder = next(path for path in (chosen.pack / f"run{n}" for n in range(1000)) if not path.exists())
    folder.mkdir(parents=True)
    if (chosen.pack / "cheeks.json").exists():
        shutil.copyfile(chosen.pack / "cheeks.json", folder / "cheeks.json")
    log = Log(folder / "train.log", started)
    log.say(describe())
    given = {"figures": chosen.pack / "figures"} if (chosen.pack / "figures").is_dir() else {}
    init = chosen.pack / "init.safetensors"
    start = init if init.exists() else find_weights()
    if config.loss.kept_colours:  # nothing is as near as the weights that the run starts from
        given["teacher"] = start
    ends = started + 60 * chosen.minutes - FINISH_SECONDS.get(device, FINISH_SECONDS["cuda"])
    report = run_training(
        config,
        RunOptions(
            chosen.pack / "data", folder, budget_class()(ends=ends), init=start,
            device=device, jobs=chosen.jobs, data_name="reduced pack", data_licence="CC BY-SA 4.0", **given,
        ),
        say=log.say, on_step=log.step,
    )  # fmt: skip
    if report.weights is None:
        log.say("Stopped before the end; the checkpoint stays here.")
        return 130
    outcome = report.outcome
    spent = time.monotonic() - started
    log.say(f"{outcome.images_seen} images; the networks worked {outcome.seconds:.0f} s of {spent:.0f} s in all.")
    if device.startswith("cuda"):
        log.say(f"Peak of GPU memory: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB.")
    left_out = split(came_of(folder, report.weights), out, most_bytes=MOST_MIB * MIB, most_files=MOST_FILES)
    for line in left_out:
        log.say(f"Left out, for {MOST_FILES} files of 16 MiB carry no more: {line}; it is in {folder}.")
    log.say(f"Pieces in {out}; there: make gpu-join FROM={out}")
    return 0


def came_of(folder: Path, weights: Path) -> list[Path]:
    """Return what of a run shall travel, the most important first; the small files go as one."""
    bundle = folder / "run.tar"
    sheets = sorted(folder.glob("samples-*.png"))[-2:]
    notes = [folder / name for name in ("train.log", "metrics.jsonl", "config.json")]
    small = [*notes, weights.with_suffix(".md"), *sheets]
    with tarfile.open(bundle, "w") as archive:
        for path in small:
            if path.exists():
                archive.add(path, path.name)
    return [bundle, weights, *sorted(folder.glob("checkpoint-*.pt"))[-1:]]


if __name__ == "__main__":
    sys.exit(main())
