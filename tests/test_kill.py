"""What a process leaves that is killed outright, at moments spread over its whole run.

Oracles are invariants: the input is untouched, an output is there whole or not at all, the next run completes the job
and leaves nothing behind. `make kills KILLS=50` repeats it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from book_files import colour, contents, digest, is_red, page_bytes

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KILLS", "3"))
MOST_KILLS = 5 * KILLS
COMMAND_KILLS = int(os.environ.get("KILLS", "1"))
"""Of the command line, which takes seconds to start."""

PAGES = 12
GOLDEN = 0.618034
"""Multiples of it, less their whole part, fall evenly over 0 to 1 however many are taken."""

# Importing torch takes longer than everything else together: it is done once, and every run is a fork.
SERVER = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from stubs import Painter
from mangacolor.colorize.run import colorize_pages
from mangacolor.books import open_sinks, open_source

class Slow(Painter):
    def colorize_page(self, page, hints=()):
        time.sleep(0.005)
        return super().colorize_page(page, hints)

print("ready", flush=True)
for line in sys.stdin:
    process = os.fork()
    if process == 0:
        sources = [open_source(Path(line.rstrip()))]
        list(colorize_pages(Slow(), sources, open_sinks(sources)))
        os._exit(0)
    print(process, flush=True)
    os.waitpid(process, 0)
    print("over", flush=True)
"""


@pytest.fixture(scope="module")
def server():
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    command = [sys.executable, "-c", SERVER, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


def run(server, path, seconds=None):
    """Colour a book or folder in another process, killed after so many seconds; return how long it took."""
    server.stdin.write(f"{path}\n")
    server.stdin.flush()
    process = int(server.stdout.readline())
    started = time.monotonic()
    if seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):  # it was done before
            os.kill(process, signal.SIGKILL)
    assert server.stdout.readline() == "over\n"
    return time.monotonic() - started


@pytest.mark.timeout(120 + 5 * KILLS)
def test_a_killed_book_is_completed_by_the_next_run(server, tmp_path):
    """Invariant: whenever the process dies, and without redoing what was finished."""
    book, target = tmp_path / "a.cbz", tmp_path / "a_color.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        for number in range(PAGES):
            archive.writestr(f"{number}.png", page_bytes(number))
    before = digest(book)
    whole = run(server, book)
    target.unlink()
    saved = finished = kill = 0
    while kill < KILLS or (not saved and kill < MOST_KILLS):  # a busy machine may be slower than when it was timed
        kill += 1
        run(server, book, whole * (kill * GOLDEN % 1))
        if target.exists():
            finished += 1
            assert len(contents(target)) == PAGES
        results, _ = colour(book)
        saved += sum(result.status == "skipped" for result in results)
        assert {result.status for result in results} <= {"skipped", "colored"}
        assert all(is_red(data) for data in contents(target).values())
        assert digest(book) == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.cbz", "a_color.cbz"]
        target.unlink()
    print(f"{kill} kills within {whole:.2f} s: {finished} after the book was whole, {saved} pages saved")
    assert saved > 0


@pytest.mark.timeout(120 + 5 * KILLS)
def test_a_killed_folder_is_completed_by_the_next_run(server, tmp_path):
    """Invariant: every page that is there is whole."""
    folder, target = tmp_path / "a", tmp_path / "a_color"
    folder.mkdir()
    for number in range(PAGES):
        (folder / f"{number}.png").write_bytes(page_bytes(number))
    whole = run(server, folder)
    for kill in range(KILLS):
        for page in target.iterdir():
            page.unlink()
        run(server, folder, whole * ((kill + 1) * GOLDEN % 1))
        assert all(is_red(page.read_bytes()) for page in target.glob("*.png"))
        results, _ = colour(folder, page="0.png")
        assert {result.status for result in results} <= {"skipped", "colored"}
        assert {page.name for page in target.glob("*.png")} == {page.name for page in folder.iterdir()}
        assert all(is_red(page.read_bytes()) for page in target.glob("*.png"))


@pytest.mark.timeout(240 + 30 * COMMAND_KILLS)
def test_a_killed_command_is_completed_by_the_next_one(tiny_weights, tiny_separator, tmp_path):
    """Invariant: the command line itself with torch and networks, killed from its first page on."""
    folder = tmp_path / "books"
    folder.mkdir()
    book, target = folder / "a.cbz", folder / "a_color.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("ComicInfo.xml", "<ComicInfo/>")
        for number in range(PAGES):
            archive.writestr(f"{number}.png", page_bytes(number))
    before = digest(book)
    words = ["colorize", str(book), "--force", "--weights", str(tiny_weights), "--separator", str(tiny_separator), "-q"]

    def command():
        """Start it, and wait for the first sign of its work."""
        process = subprocess.Popen([sys.executable, "-m", "mangacolor", *words], stdout=subprocess.DEVNULL)
        while process.poll() is None and len(list(folder.iterdir())) == 1:
            time.sleep(0.002)
        return process

    with command() as process:
        started = time.monotonic()
        assert process.wait() == 0
    whole = time.monotonic() - started
    expected = contents(target)
    target.unlink()
    for kill in range(COMMAND_KILLS):
        with command() as process:
            time.sleep(whole * ((kill + 1) * GOLDEN % 1))
            process.kill()
        assert digest(book) == before
        if target.exists():
            assert contents(target) == expected
        with command() as process:
            assert process.wait() == 0
        assert contents(target) == expected
        assert sorted(path.name for path in folder.iterdir()) == ["a.cbz", "a_color.cbz"]
        target.unlink()
