"""Seconds of a page of 1.6 megapixels by this code and by that of an earlier commit, in turns, each with its weights.

The pages differ: what is drawn on them was found and coloured otherwise then. Beside the networks is the time in which
none is at work, however many are at once. Needs git, and its history.

python tests/benchmarks/earlier.py COMMIT [--page page.png] [--rounds 3] [--threads 2] [--precisions fp32 bf16]
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parents[2]
PIXELS = 1.6e6
TIMES = 4
"""Pages that each process colours after one that does not count."""

ONE = """
import json, sys, time, torch
from PIL import Image
path, pixels, times, threads, precision = sys.argv[1:]
torch.set_num_threads(int(threads))
from mangacolor import Colorizer
page = Image.open(path).convert("L").convert("RGB")
share = (float(pixels) / (page.width * page.height)) ** 0.5
page = page.resize((round(page.width * share), round(page.height * share)), Image.Resampling.LANCZOS)
colorizer = Colorizer(precision=precision)
spans = []
def timed(network):
    def call(*given, **named):
        begun = time.perf_counter()
        said = network(*given, **named)
        spans.append((begun, time.perf_counter()))
        return said
    return call
backend, separator = colorizer.engine.backend, colorizer.engine.separate.__self__._planes
backend.generate, separator.separate = timed(backend.generate), timed(separator.separate)
colorizer.colorize(page)
walls, works, besides = [], [], []
for _ in range(int(times)):
    spans.clear()
    wall, work = time.perf_counter(), time.process_time()
    colorizer.colorize(page)
    walls.append(time.perf_counter() - wall)
    works.append(time.process_time() - work)
    at_work, seen = 0.0, 0.0
    for begun, ended in sorted(spans):
        at_work += max(0.0, ended - max(begun, seen))
        seen = max(seen, ended)
    besides.append(walls[-1] - at_work)
print(json.dumps([walls, works, besides]))
"""


def measured(tree: Path, arguments: argparse.Namespace, precision: str) -> list[list[float]]:
    """Return the seconds of pages with the code of a tree, those of all cores, and those in which no network works."""
    numbers = [str(PIXELS), str(TIMES), str(arguments.threads)]
    command = [sys.executable, "-c", ONE, str(arguments.page.resolve()), *numbers, precision]
    said = subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout
    taken: list[list[float]] = json.loads(said.splitlines()[-1])
    return taken


def main() -> None:
    """Print a row for each precision and tree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit")
    parser.add_argument("--page", type=Path, default=HERE / "examples" / "pages" / "page_01_sea.png")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"])
    arguments = parser.parse_args()
    git = ["git", "-C", str(HERE), "worktree"]
    with TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), arguments.commit], check=True)
        try:
            taken = {(name, p): ([], [], []) for p in arguments.precisions for name in ("earlier", "now")}
            for _ in range(arguments.rounds):
                for name, precision in taken:
                    seconds = measured(tree if name == "earlier" else HERE, arguments, precision)
                    for kept, more in zip(taken[name, precision], seconds, strict=True):
                        kept.extend(more)
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)
    columns = ("code", "networks in", "median s", "best s", "s of all cores", "beside the networks, median s", "best s")
    print(f"| {' | '.join(columns)} |\n" + "|---" * len(columns) + "|")
    for (name, precision), (walls, works, besides) in taken.items():
        numbers = (*(f(walls) for f in (statistics.median, min)), statistics.median(works))
        numbers += (statistics.median(besides), min(besides))
        print(f"| {name} | {precision} | " + " | ".join(f"{number:.2f}" for number in numbers) + " |")


if __name__ == "__main__":
    main()
