"""What training pays for pictures that do not fit its memory: they are decoded again whenever they are drawn.

python tests/benchmarks/pictures_on_demand.py DATA [--pictures 300] [--draws 400]
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from mangacolor.data.examples import find_examples
from mangacolor.data.pictures import PictureDraw, PictureShelf, random_crop

SIDE_PX = 272
SHARE = (0.4, 0.9)
ROOMS = {"all of them": 8 << 30, "64 MiB": 64 << 20, "none": 0}


def draw(folder, pictures, draws, room):
    """Print milliseconds a crop and the peak of memory above the empty shelf."""
    found = find_examples(folder)
    shelf = PictureShelf(found.examples[:pictures], found.layout)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shelf.fill(room, threads=1)
    next_one = PictureDraw(shelf, np.full(len(shelf), 1 / len(shelf)))
    rng = np.random.default_rng(0)
    started = time.process_time()
    for _ in range(draws):
        random_crop(next_one(rng), SIDE_PX, SHARE, rng)
    spent = (time.process_time() - started) / draws
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"{1000 * spent:.1f} ms | {(peak - before) / 1024:.0f} MiB |\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--room", type=int, help="bytes; one row, in this process")
    chosen = parser.parse_args()
    if chosen.room is not None:
        draw(chosen.data, chosen.pictures, chosen.draws, chosen.room)
        return
    print(f"{chosen.pictures} pictures, {chosen.draws} crops\n\n| kept | CPU a crop | memory |\n|---|---|---|")
    for name, room in ROOMS.items():
        words = [
            str(chosen.data),
            "--pictures",
            str(chosen.pictures),
            "--draws",
            str(chosen.draws),
            "--room",
            str(room),
        ]
        told = subprocess.run(
            [sys.executable, __file__, *words], check=True, stdout=subprocess.PIPE, text=True, env=os.environ
        ).stdout
        print(f"| {name} | {told}", end="", flush=True)


if __name__ == "__main__":
    main()
