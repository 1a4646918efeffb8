"""What a farm costs: its overhead beside one process, the memory of the driver, and a plan of large libraries.

python tests/benchmarks/farm.py overhead | memory | plan [--seconds 3 --cores 2]

`overhead` colours books whose pages take a fixed time in both; `memory` sends rows of books that are not there through
Ray, so that only the rows themselves are work. `plan` is arithmetic from the seconds a page takes on so many cores.
"""

import argparse
import io
import os
import resource
import sys
import tempfile
import time
import zipfile
from functools import partial
from pathlib import Path

from PIL import Image

from mangacolor.colorize import jobs
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.order import Order
from mangacolor.colorize.work import find_work
from mangacolor.farm import run as farming
from mangacolor.farm.run import Farm, colour_library
from mangacolor.farm.worker import Tally

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))
os.environ["PYTHONPATH"] = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])  # of the workers

from stubs import Painter  # noqa: E402

MIB = 1 << 20
BOOKS, PAGES, PAGE_SECONDS = 40, 4, 0.25
ROWS = (1_000, 100_000)
WORKERS = (1, 16, 64, 256)


class SlowPainter(Painter):
    """Takes as long for a page as it is told."""

    def colorize_page(self, page, hints=()):
        time.sleep(PAGE_SECONDS)
        return super().colorize_page(page, hints)


def slow(order):
    return SlowPainter()


def library(folder):
    page = io.BytesIO()
    Image.new("L", (400, 600), 90).save(page, "PNG")
    for number in range(BOOKS):
        with zipfile.ZipFile(folder / f"{number}.cbz", "w") as book:
            for page_number in range(PAGES):
                book.writestr(f"{page_number}.png", page.getvalue())
    return folder


def overhead():
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        (folder / "in").mkdir()
        books = library(folder / "in")
        order = Order(ColorizeOptions(), folder / "alone")
        work = find_work([books], order)
        started = time.monotonic()
        jobs.color(work, slow(order), order, Tally())
        alone = time.monotonic() - started
        order = Order(ColorizeOptions(), folder / "farmed")
        started, first = time.monotonic(), None
        for _ in colour_library(books, order, Farm(1, cpus=1), folder / "told.parquet", open_colorizer=slow):
            first = first or time.monotonic()
        farmed = time.monotonic() - started
        a_book = alone / BOOKS
        start = first - started - a_book
        print(f"{BOOKS} books of {PAGES} pages, {PAGE_SECONDS} s a page\n")
        print("| | seconds |\n|---|---|")
        print(f"| one process | {alone:.1f} |")
        print(
            f"| a farm of one worker, without its start | {farmed - start:.1f} ({(farmed - start) / alone - 1:+.0%}) |"
        )
        print(f"| its start, once | {start:.1f} |")


def memory():
    farming._require_ray()
    print("| rows | seconds | driver before | at its end, MiB |\n|---|---|---|---|")
    for rows in ROWS:
        parts = [{"part": number, "names": f"series {number // 50}/volume {number}.cbz"} for number in range(rows)]
        before, started = resident(), time.monotonic()
        order = Order(ColorizeOptions(), Path("/nowhere/out"))
        told = sum(1 for _ in farming._answers(parts, (Path("/nowhere"), order, slow), Farm(2, cpus=0.5)))
        assert told == rows
        print(f"| {rows} | {time.monotonic() - started:.0f} | {before:.0f} | {resident():.0f} |", flush=True)


def resident():
    """Return the memory of this process in MiB, and not its peak."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / MIB


def plan(seconds, cores):
    print(f"{seconds:g} s a page on {cores} cores\n")
    print("| pages | " + " | ".join(f"{workers} × {cores} cores" for workers in WORKERS) + " |")
    print("|---" * (1 + len(WORKERS)) + "|")
    for pages in (10**5, 10**6, 10**7):
        cells = [f"{hours / 24:.0f} days" if hours > 48 else f"{hours:.1f} hours"
                 for hours in (pages * seconds / workers / 3600 for workers in WORKERS)]  # fmt: skip
        print(f"| {pages:,} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["overhead", "memory", "plan"])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--cores", type=int, default=2)
    chosen = parser.parse_args()
    {"overhead": overhead, "memory": memory, "plan": partial(plan, chosen.seconds, chosen.cores)}[chosen.what]()


if __name__ == "__main__":
    main()
