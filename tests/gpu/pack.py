"""A reduced data set that travels to a GPU machine together with this tree: `make gpu-pack DATA=../shared/data`.

Pictures are made smaller and taken by the recipe's `source_weights`, the heaviest first, until the tree and the pack
take what a channel carries. What the recipe holds out of the whole data for validation is never trained on: the pack
holds some of it, and is trimmed until its own split holds out all of that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path, PurePosixPath

from machine import CARRIED
from natsort import natsorted
from PIL import Image

from mangacolor.config import PRESETS, TrainConfig
from mangacolor.data.examples import Example, find_examples
from mangacolor.data.splits import MARKS, SMALLEST_SERIES_SPLIT, series_of, source_weight, split_by_series
from mangacolor.errors import MangacolorError, UsageError
from mangacolor.image import read_image, resize
from mangacolor.recipes import read_recipe

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
LIMIT_MIB = 60.0
SHORT_SIDE_PX = 360
QUALITY = 70
FIGURES_SHARE = 0.25
"""Share of the room that drawings of people get, where there are any: about what training draws of them."""

HELD_OUT_SHARE = 0.06
"""Share of the room that pictures held out may take: without any, a run says nothing of itself."""

SPARE_BYTES = MIB // 2
"""Kept free for names, headers and what the file system rounds up."""


def main() -> int:
    """Write the pack and say what is in it and what was left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=ROOT / "weights" / "recipe.toml")
    parser.add_argument("--figures", type=Path, help="drawings made by `mangacolor synthesize --figures`")
    parser.add_argument("--cheeks", type=Path, help="cheeks.json of an earlier run on this data")
    parser.add_argument("--init", type=Path, help="weights to start from [default: those of the tree]")
    parser.add_argument("--wheels", metavar="VERSION", help="also fetch small packages for this Python, such as 3.12")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gpu")
    parser.add_argument("--limit-mib", type=float, default=LIMIT_MIB, help="of the tree and the pack together")
    chosen = parser.parse_args()
    try:
        for line in pack(chosen):
            sys.stdout.write(line + "\n")
    except (MangacolorError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return getattr(error, "exit_code", 4)
    return 0


def pack(chosen: argparse.Namespace) -> list[str]:
    """Write the pack; returns what to tell about it.

    Raises:
        UsageError: There is no room, the data is not colour pictures, or the pack is there already.
    """
    config = read_recipe(chosen.recipe, PRESETS["default"])
    out: Path = chosen.out
    if (out / "data").exists():
        raise UsageError(f"{out}: already holds a pack.", advice="Delete it, or choose another folder.")
    tree = tree_bytes(ROOT)
    room = int(chosen.limit_mib * MIB) - tree - SPARE_BYTES
    said = [f"Tree (code, weights, examples): {tree / MIB:.1f} MiB of {chosen.limit_mib:g}."]
    if room <= 0:
        raise UsageError(f"The tree alone takes {tree / MIB:.1f} MiB.", advice="Raise LIMIT_MIB.")
    out.mkdir(parents=True, exist_ok=True)
    if chosen.wheels:
        said.append(_fetch_wheels(chosen.wheels, out / "wheels"))
    if chosen.init:
        shutil.copyfile(chosen.init, out / "init.safetensors")
    for carried in (out / "wheels", out / "init.safetensors"):
        room -= _bytes_below(carried)
    if chosen.figures:
        used, line = pack_figures(chosen.figures, out / "figures", int(room * FIGURES_SHARE))
        room -= used
        said.append(line)
    found = find_examples(chosen.data)
    if found.layout != "colour":
        raise UsageError(f"{chosen.data}: holds {found.describe()}.", advice="Only colour images are packed so far.")
    cheeks = json.loads(chosen.cheeks.read_text(encoding="utf-8")) if chosen.cheeks else {}
    room -= len(json.dumps(cheeks)) if cheeks else 0
    names, lines = pack_pictures(list(found.examples), config, out / "data", room)
    said += lines
    if cheeks:
        kept = {packed: cheeks[name] for name, packed in names.items() if name in cheeks}
        (out / "cheeks.json").write_text(json.dumps(kept), encoding="utf-8")
        said.append(f"Colours of skin known of {len(kept)} pictures, {sum(map(bool, kept.values()))} with faces.")
    else:
        said.append("No cheeks.json: training looks for faces first (CHEEKS=FILE of an earlier run saves that).")
    for name in ("SOURCES.tsv", "README.md"):  # where the pictures come from goes with them
        if (chosen.data / name).is_file():
            shutil.copyfile(chosen.data / name, out / "data" / name)
    said.append(
        f"Pack: {_bytes_below(out) / MIB:.1f} MiB in {out}; with the tree {(_bytes_below(out) + tree) / MIB:.1f}."
    )
    return said


def tree_bytes(root: Path) -> int:
    """Return the size of what git would send of a checkout: tracked files, and others that it does not ignore."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    paths = [root / name for name in set(listed) if name]
    return sum(path.lstat().st_size for path in paths if path.is_file())


def pack_pictures(
    examples: list[Example], config: TrainConfig, out: Path, room: int
) -> tuple[dict[str, str], list[str]]:
    """Write as many pictures as fit, the heaviest first, and trim what would break the split.

    Args:
        examples: All of the data.
        config: Its `source_weights` and `validation_percent` count.
        out: Folder to write.
        room: Bytes that there are.

    Returns:
        The packed names by the names of the examples, and lines to tell.
    """
    used = [example for example in examples if source_weight(example, config.source_weights) > 0]
    training, held_out = split_by_series(used, config.validation_percent)
    held = {example.name for example in held_out}
    packed: dict[str, Example] = {}
    spent = 0

    def take(example: Example, most: int) -> bool:
        nonlocal spent
        data = reduced(example.target)
        if spent + len(data) > most:
            return False
        name = packed_name(example.name)
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
        packed[name] = example
        spent += len(data)
        return True

    for example in in_order(training, config):
        if not take(example, round(room * (1 - HELD_OUT_SHARE))):
            break
    for example in few_of_each_folder(held_out, list(packed.values()), config.validation_percent):
        take(example, room)
    dropped = leaks(packed, held, config.validation_percent)
    for name in dropped:
        (out / name).unlink()
        del packed[name]
    counts: defaultdict[float, list[int]] = defaultdict(lambda: [0, 0])
    for part, column in (([one for one in packed.values() if one.name not in held], 0), (training, 1)):
        for example in part:
            counts[source_weight(example, config.source_weights)][column] += 1
    lines = [
        f"Weight {weight:g}: {there} of {whole} pictures{'' if there == whole else ', the rest left out'}."
        for weight, (there, whole) in sorted(counts.items(), reverse=True)
    ]
    kept = sum(example.name in held for example in packed.values())
    lines.append(f"{len(packed)} pictures in all, {kept} of the {len(held)} held out; none of those is trained on.")
    return {example.name: name for name, example in packed.items()}, lines


def in_order(examples: list[Example], config: TrainConfig) -> list[Example]:
    """Sort the heaviest first; among equals by a hash of their names, so that the first are of all folders."""

    def key(example: Example) -> tuple[float, str]:
        return -source_weight(example, config.source_weights), hashlib.sha256(example.name.encode()).hexdigest()

    return sorted(examples, key=key)


def few_of_each_folder(held_out: list[Example], packed: list[Example], validation_percent: int) -> list[Example]:
    """Choose of what is held out the last series of each folder, as many as the split of the packed part holds out."""
    sizes = Counter(str(PurePosixPath(example.name).parent) for example in packed)
    chosen: list[Example] = []
    taken: Counter[tuple[str, str]] = Counter()  # by folder, then by folder and series
    for example in reversed(held_out):
        folder, series = str(PurePosixPath(example.name).parent), series_of(example, MARKS)
        wanted = sizes[folder] * validation_percent / 100 if sizes[folder] >= SMALLEST_SERIES_SPLIT else 0
        if taken[folder, ""] < wanted or taken[folder, "/" + series]:  # a series goes whole
            taken[folder, ""] += 1
            taken[folder, "/" + series] += 1
            chosen.append(example)
    return chosen


def leaks(packed: dict[str, Example], held: set[str], validation_percent: int) -> list[str]:
    """Return the packed pictures, held out of the whole data, that the pack's own split would train on.

    Whatever is taken away changes the split, so it is looked at again until nothing is left to take.
    """
    there, dropped = dict(packed), []
    while True:
        # in natural order, as a data folder is listed: the split takes the last series
        examples = [Example(name, there[name].target) for name in natsorted(there)]
        training, _ = split_by_series(examples, validation_percent)
        bad = [example.name for example in training if there[example.name].name in held]
        if not bad:
            return dropped
        dropped += bad
        for name in bad:
            del there[name]


def packed_name(name: str) -> str:
    """Return the name that a picture has in the pack: its own where it was WebP, else with `.webp` behind it."""
    return name if name.endswith(".webp") else name + ".webp"


def reduced(path: Path, short_side_px: int = SHORT_SIDE_PX) -> bytes:
    """Return a picture as WebP, its short side at most this long."""
    rgb = read_image(path).rgb
    scale = min(1.0, short_side_px / min(rgb.shape[:2]))
    small = resize(rgb, *(max(1, round(side * scale)) for side in rgb.shape[:2]))
    buffer = BytesIO()
    Image.fromarray(small).save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()


def pack_figures(folder: Path, out: Path, room: int) -> tuple[int, str]:
    """Copy the first drawings of a folder that fit, as lossless WebP; returns the bytes taken and a line to tell."""
    index = [json.loads(line) for line in (folder / "figures.jsonl").read_text(encoding="utf-8").splitlines() if line]
    out.mkdir(parents=True, exist_ok=True)
    taken, lines = 0, []
    for entry in index:
        buffer = BytesIO()
        with Image.open(folder / entry["file"]) as picture:
            picture.convert("RGB").save(buffer, "WEBP", lossless=True, quality=90, method=4)
        name = str(PurePosixPath(entry["file"]).with_suffix(".webp"))
        line = json.dumps(entry | {"file": name})
        size = len(buffer.getvalue()) + len(line) + 1
        if taken + size > room:
            break
        (out / name).write_bytes(buffer.getvalue())
        lines.append(line)
        taken += size
    (out / "figures.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return taken, f"{len(lines)} of {len(index)} drawings of people, {taken / MIB:.1f} MiB."


def _fetch_wheels(python: str, out: Path) -> str:
    """Fetch the wheels of small packages, in the versions that are installed here."""
    wanted = []
    for package in CARRIED.values():
        try:
            wanted.append(f"{package}=={version(package)}")
        except PackageNotFoundError:
            wanted.append(package)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", python, "--implementation", "cp", "--dest", str(out)]
    for platform in ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"):
        command += ["--platform", platform]
    done = subprocess.run([*command, *wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"No wheels, the GPU machine must have the packages itself: {done.stderr.strip().splitlines()[-1]}"
    return f"Wheels of {len(wanted)} small packages for Python {python}, {_bytes_below(out) / MIB:.1f} MiB."


def _bytes_below(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


if __name__ == "__main__":
    sys.exit(main())
