"""`mangacolor serve` with a studio, as a process of its own."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 60
"""How long something may take that has to happen; the machine may be busy."""


@contextlib.contextmanager
def studio_server(folder, *words):
    """`mangacolor serve` as a process of its own, with projects in a folder; yields its address."""
    command = [
        sys.executable,
        "-m",
        "mangacolor",
        "serve",
        "--port",
        "0",
        "--studio",
        folder,
        "--cache-mb",
        "0",
        *words,
    ]
    log = (Path(folder).parent / "serve.log").open("a+", encoding="utf-8")
    begins = log.tell()  # behind what an earlier server has said
    process = subprocess.Popen(list(map(str, command)), stderr=log, stdout=subprocess.DEVNULL)
    try:

        def address():
            said = Path(log.name).read_text(encoding="utf-8")[begins:]
            assert process.poll() is None, said
            found = re.search(r"Serving at (http\S+)/ until", said)
            return found and found[1]

        yield until(address, what="the server")
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def until(condition, seconds=SECONDS, what="it", *, ignoring=()):
    """Wait for something and return it; errors that pass are ignored."""
    ends = time.monotonic() + seconds
    while True:
        with contextlib.suppress(*ignoring):
            if found := condition():
                return found
        assert time.monotonic() < ends, f"{what} did not happen"
        time.sleep(0.03)
