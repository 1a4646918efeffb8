"""Colour a book in a process of its own, and print seconds of all, seconds of its pages alone, and peak memory in MiB.

    python tests/benchmarks/chapter_time.py BOOK PAGES [SIZE]

Prints nothing and fails unless so many pages were coloured and timed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from page_memory import status

from mangacolor.books import open_sinks, open_source
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.run import colorize_pages


class TimedColorizer(Colorizer):
    """Remembers how long each page took."""

    seconds: list[float]

    def colorize_page(self, page, *, hints=()):
        started = time.monotonic()
        result = super().colorize_page(page, hints=hints)
        self.seconds.append(time.monotonic() - started)
        return result


def main(path, pages, size=0):
    colorizer = TimedColorizer(size=int(size) or None)
    colorizer.seconds = []
    sources = [open_source(Path(path))]
    started = time.monotonic()
    results = list(colorize_pages(colorizer, sources, open_sinks(sources), overwrite=True))
    whole = time.monotonic() - started
    coloured = sum(result.status == "colored" for result in results)
    if not coloured == len(colorizer.seconds) == int(pages):
        raise RuntimeError(f"{coloured} of {pages} pages were coloured, and {len(colorizer.seconds)} timed.")
    print([whole, sum(colorizer.seconds), status("VmHWM")])


if __name__ == "__main__":
    main(*sys.argv[1:])
