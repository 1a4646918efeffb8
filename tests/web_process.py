"""The server as a process of its own, with a painter that takes so long a page; for tests and benchmarks.

`python tests/web_process.py --seconds 0.1 --cache DIR` prints its address and serves until it is told to stop.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import logging
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()


class Red:
    """Paints every page red, after so many seconds in which it computes nothing."""

    settings, pages_at_once = "red", 1

    def __init__(self, seconds):
        self.seconds = seconds

    def colorize_page(self, page, *, hints=()):
        time.sleep(self.seconds)
        return dataclasses.replace(page, rgb=np.broadcast_to(np.uint8((200, 40, 40)), page.rgb.shape).copy()), "colored"


@contextlib.contextmanager
def server(*words, seconds=0.0, **kwargs):
    """A server that listens: yields its process and its address, and stops it."""
    command = [sys.executable, str(HERE), "--seconds", str(seconds), *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=kwargs.get("stderr"), text=True)
    try:
        url = process.stdout.readline().strip()
        assert url, "the server did not start"
        yield process, url
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def main():
    from mangacolor.colorize.page_cache import PageCache
    from mangacolor.web.engine import Engine
    from mangacolor.web.run import serve
    from mangacolor.web.settings import ServeSettings

    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--queue", type=int, default=64)
    parser.add_argument("--upload-seconds", type=float, default=60)
    parser.add_argument("--proxy", default="")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    cache = PageCache(options.cache, 1 << 30) if options.cache else None
    engine = Engine(lambda: Red(options.seconds), cache=cache, queue_pages=options.queue)
    settings = ServeSettings(
        port=0, queue_pages=options.queue, upload_seconds=options.upload_seconds, proxy=options.proxy, ahead=0
    )
    serve(engine, settings, on_ready=lambda url: print(url, flush=True))  # noqa: T201


if __name__ == "__main__":
    main()
