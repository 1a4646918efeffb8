"""Fuzz a target for some seconds: `python tests/fuzz/run.py picture|book --seconds 60`.

Needs atheris (`pip install atheris`, Linux). What it finds is kept as a file `crash-...` in the current folder, and the
exit status is not 0.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mangacolor"]):
    from targets import TARGETS, seeds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(seeds(chosen.target)):
            (Path(corpus) / str(number)).write_bytes(data)
        options = [f"-max_total_time={chosen.seconds}", "-timeout=60", "-rss_limit_mb=4096", "-verbosity=1"]
        atheris.Setup([sys.argv[0], corpus, *options], TARGETS[chosen.target])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
