"""Figures of the server: many pages at once, and somebody who reads; the painter waits for so long instead of painting.

`python tests/benchmarks/serving.py load` sends 200 pages at concurrency 20 and prints how long they took, that none was
lost, who was refused by a short queue, and what memory did. `... read` reads a page every ten seconds for an hour with
the next ones foreseen, and prints for how many the reader did not wait. Both print tables for docs/measurements.md.

`read --minutes 2` reads for less. `read --faster 10` lets all times be a tenth: what waits for what is the same, and
what the server itself takes, some milliseconds a page, counts ten times as much; so it is never kinder than the hour.
`read --painter real` colours the pages of `examples/pages` with the shipped weights instead of waiting, `--faster` then
being 1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx
from web_process import Red, server
from web_stubs import is_red, page_bytes

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "pages"
PAGE = (1114, 1600)
"""Width and height of the pages, as scans have them."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["load", "read"])
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=20)
    parser.add_argument("--seconds", type=float, help="What a page takes. [load 0.05, read 6]")
    parser.add_argument("--minutes", type=float, default=60.0, help="How long is read, at a page every ten seconds.")
    parser.add_argument("--faster", type=float, default=1.0, help="All times are so many times shorter.")
    parser.add_argument("--painter", choices=["waits", "real"], default="waits", help="Who colours the pages read.")
    parser.add_argument("--every", type=float, default=10.0, help="Seconds a page is looked at.")
    parser.add_argument("--ahead", type=int, default=4, help="Pages foreseen.")
    options = parser.parse_args()
    run = load if options.what == "load" else read
    asyncio.run(run(options))


async def load(options):
    seconds = 0.05 if options.seconds is None else options.seconds
    quiet = {"stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as cache, server("--cache", cache, seconds=seconds, **quiet) as (process, url):
        async with httpx.AsyncClient(base_url=url, timeout=600) as client:
            pages = [page_bytes(number % 256, size=PAGE, format="JPEG") for number in range(64)]
            rows = []
            for _ in range(3):  # the first round fills what grows once
                pages = [page + b"\0" for page in pages]
                rows.append(await _round(client, pages, options, process.pid))
        print(_machine())
        print("| round | requests | at a time | all, s | median, s | longest, s | lost | memory after, MiB |")
        print("|---|---|---|---|---|---|---|---|")
        for number, row in enumerate(rows, 1):
            print(f"| {number} | " + " | ".join(row) + " |")
    with server("--queue", 5, seconds=0.2, **quiet) as (_, url):
        async with httpx.AsyncClient(base_url=url, timeout=600) as client:
            answers = await asyncio.gather(*(_send_api(client, page_bytes(number)) for number in range(20)))
            refused = [one for one in answers if one.status_code == 503]
            told = all(int(one.headers["retry-after"]) > 0 for one in refused)
            done = sum(is_red(one.content) for one in answers if one.status_code == 200)
            print(f"20 pages for a queue of 5: {done} coloured, {len(refused)} refused, all told when: {told}")


async def _round(client, pages, options, pid):
    places, took, lost = asyncio.Semaphore(options.concurrency), [], 0

    async def one(number):
        nonlocal lost
        async with places:
            started = time.monotonic()
            page = pages[number % len(pages)] + number.to_bytes(2, "big")  # other bytes, the same picture
            answer = await client.post("/suwayomi", files={"image": page})
            took.append(time.monotonic() - started)
            lost += answer.headers.get("mangacolor-outcome") not in ("colored", "colored cached")

    started = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(options.requests)))
    whole = time.monotonic() - started
    return [
        str(options.requests), str(options.concurrency), f"{whole:.1f}", f"{statistics.median(took):.2f}",
        f"{max(took):.2f}", str(lost), f"{_memory_mib(pid):.0f}",
    ]  # fmt: skip


def _memory_mib(pid):
    """Return the resident memory of a process, where Linux tells it."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def _send_api(client, data):
    return await client.post("/api/v1/colorize", files={"page": data})


async def read(options):
    """One reader in this process: pages are asked of the engine as a library's proxy does it."""
    from mangacolor.colorize.page_cache import PageCache
    from mangacolor.web.engine import Engine

    is_real, chance = options.painter == "real", random.Random(0)
    if is_real and options.faster != 1:
        sys.exit("--painter real takes the time that it takes: leave out --faster.")
    seconds = (6.0 if options.seconds is None else options.seconds) / options.faster
    every, count = options.every / options.faster, max(1, round(options.minutes * 60 / options.every))
    pictures = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.png"))] if is_real else []

    class Varied(Red):
        def colorize_page(self, page, *, hints=()):
            self.seconds = chance.uniform(0.5, 1.5) * seconds
            return super().colorize_page(page, hints=hints)

    def open_colorizer():
        from mangacolor import Colorizer

        return Colorizer() if is_real else Varied(seconds)

    def data(number):
        page = pictures[number % len(pictures)] if is_real else page_bytes(number % 256, size=(400, 600))
        return page + number.to_bytes(4, "big")  # other bytes, another page

    def loader(number):
        async def load():
            return data(number)

        return load

    with tempfile.TemporaryDirectory() as cache:
        engine = Engine(open_colorizer, cache=PageCache(Path(cache), 1 << 30))
        await engine.start()
        ready, waits = 0, []
        for number in range(count):
            started = time.monotonic()
            painted = await engine.color(data(number))
            waits.append(time.monotonic() - started)
            ready += painted.is_cached
            engine.foresee("reader", [loader(number + step) for step in range(1, options.ahead + 1)])
            await asyncio.sleep(every * chance.uniform(0.5, 1.5))
        await engine.stop()
        mean = engine.metrics.seconds / max(1, engine.metrics.pages.total())
    print(_machine())
    print("| pages | one every, s | to colour one, s | ahead | ready when asked for | longest wait, s |")
    print("|---|---|---|---|---|---|")
    cells = [
        count, f"{every:g} ± half", f"{mean:.2f}", options.ahead, f"{ready} ({ready / count:.1%})", f"{max(waits):.2f}"
    ]  # fmt: skip
    print("| " + " | ".join(map(str, cells)) + " |")


def _machine():
    return f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
