"""A folder that is watched: what is there, what arrives, what is not whole yet.

Oracle: the contract in the README. Times are those of a clock that the test moves, but for the last ones, in which a
thread plays the downloader and ends the run by a real Ctrl-C.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from book_files import contents, is_red, page_bytes
from pictures import save_image
from PIL import Image
from stubs import Painter

from mangacolor.cli import run
from mangacolor.cli.watch import PATIENCE_SECONDS, SETTLING_SECONDS, Arrivals
from mangacolor.errors import BadInputError, ExitCode
from mangacolor.series import Part, set_colours

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def book_bytes(tmp_path, pages=2):
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        for number in range(1, pages + 1):
            archive.writestr(f"{number}.png", page_bytes(number))
    data = (tmp_path / "made.zip").read_bytes()
    (tmp_path / "made.zip").unlink()
    return data


# When a file is whole


def test_a_file_is_taken_once_after_it_stopped_growing(folder):
    """Contract: not before it rested, and not again unless it changed."""
    arrivals = Arrivals(folder)
    page = folder / "1.png"
    page.write_bytes(b"a")
    assert arrivals.settled(0) == []
    page.write_bytes(b"ab")
    assert arrivals.settled(SETTLING_SECONDS) == []
    assert arrivals.is_waiting()
    assert arrivals.settled(2 * SETTLING_SECONDS) == ["1.png"]
    assert not arrivals.is_waiting()
    assert arrivals.settled(9 * SETTLING_SECONDS) == []
    page.write_bytes(b"abc")
    assert arrivals.settled(10 * SETTLING_SECONDS) == []
    assert arrivals.settled(11 * SETTLING_SECONDS) == ["1.png"]


@pytest.mark.parametrize(
    "name",
    [
        "1.png.part", "1.cbz.crdownload", ".1.png", ".hidden/1.png", "1.cbz.download/1.cbz", "~1.png", "1.png.!qB",
        "_UNPACK_vol1/1.png", "1.tmp", "notes.txt", "__MACOSX/1.png",
    ],
)  # fmt: skip
def test_what_is_unfinished_or_no_page_is_left_alone(folder, name):
    """Contract: the names that browsers, downloaders and systems give to what is not meant yet."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"data")
    arrivals = Arrivals(folder)
    assert arrivals.settled(0) + arrivals.settled(100) == []
    assert not arrivals.is_waiting()


@pytest.mark.parametrize("companion", ["1.cbz.part", "1.cbz.aria2"])
def test_a_place_kept_for_a_download_is_left_alone(folder, companion):
    """Contract: an empty file, and a full one whose companion says that it is unfinished."""
    (folder / "0.cbz").touch()
    (folder / "1.cbz").write_bytes(b"allocated")
    (folder / companion).write_bytes(b"state")
    arrivals = Arrivals(folder)
    assert arrivals.settled(0) + arrivals.settled(100) == []
    (folder / companion).unlink()
    assert arrivals.settled(101) + arrivals.settled(200) == ["1.cbz"]


def test_a_folder_that_arrives_is_looked_into_and_the_output_is_not(folder):
    """Contract: any depth, but never the run's own outputs."""
    save_image(folder / "chapter 2" / "1.png", np.zeros((4, 4), np.uint8))
    save_image(folder / "done" / "0.png", np.zeros((4, 4), np.uint8))
    arrivals = Arrivals(folder, skip=folder / "done")
    arrivals.settled(0)
    assert arrivals.settled(100) == ["chapter 2/1.png"]


# What cannot be watched


@pytest.mark.parametrize(
    "words",
    [
        ["{in}/1.png"],
        ["{in}", "{in}"],
        ["{in}", "-o", "{in}"],
        ["{in}", "-o", "{in}.cbz"],
        ["{in}", "--dry-run"],
        ["{in}", "--hints", "h.json"],
    ],
)
def test_wrong_usage_ends_with_2(folder, words, capsys):
    """Contract of the exit status."""
    save_image(folder / "1.png", np.zeros((4, 4), np.uint8))
    assert run(["colorize", "--watch", *(word.format(**{"in": folder}) for word in words)]) == ExitCode.USAGE
    assert capsys.readouterr().err


@pytest.mark.parametrize(("name", "told"), [("nosuch", "nosuch does not exist"), ("1.png", "1.png is no folder")])
def test_what_is_no_folder_to_watch_is_told_as_what_it_is(folder, name, told, capsys):
    """Contract of error messages: they name the input and what is wrong with it."""
    save_image(folder / "1.png", np.zeros((4, 4), np.uint8))
    assert run(["colorize", "--watch", str(folder / name), "-o", str(folder / "out")]) == ExitCode.USAGE
    assert told in capsys.readouterr().err


# What comes and goes


def test_a_folder_that_vanishes_and_comes_back_brings_only_what_is_new(folder):
    """Contract: what was taken is not taken again, as long as it is as it was."""
    arrivals = Arrivals(folder)
    (folder / "1.png").write_bytes(b"a")
    arrivals.settled(0)
    assert arrivals.settled(100) == ["1.png"]
    away = folder.rename(folder.with_name("away"))
    with pytest.raises(BadInputError):
        arrivals.settled(200)
    folder.mkdir()  # an empty place, as where a share is not mounted
    assert arrivals.settled(300) == []
    folder.rmdir()
    away.rename(folder)
    (folder / "2.png").write_bytes(b"b")
    assert arrivals.settled(400) == []
    assert arrivals.settled(500) == ["2.png"]


def test_what_is_renamed_or_moved_into_the_folder_arrives(tmp_path, folder):
    """Contract: under its new name, with its old time."""
    (folder / "1.png.part").write_bytes(b"a")
    (tmp_path / "2.png").write_bytes(b"b")
    os.utime(tmp_path / "2.png", (1, 1))
    arrivals = Arrivals(folder)
    assert arrivals.settled(0) == []
    (folder / "1.png.part").rename(folder / "1.png")
    (tmp_path / "2.png").rename(folder / "2.png")
    arrivals.settled(100)
    assert sorted(arrivals.settled(200)) == ["1.png", "2.png"]


def test_what_changes_after_it_was_taken_is_out_of_date(folder):
    """Contract: its output is to be made anew; that of a new file is not."""
    arrivals = Arrivals(folder)
    page = folder / "1.png"
    page.write_bytes(b"a")
    arrivals.settled(0)
    assert arrivals.settled(100) == ["1.png"]
    assert not arrivals.has_changed("1.png")
    page.write_bytes(b"longer")
    arrivals.settled(200)
    assert arrivals.settled(300) == ["1.png"]
    assert arrivals.has_changed("1.png")


def test_a_book_whose_download_pauses_is_held_back_before_it_is_called_broken(folder):
    """Contract: once, for longer than a file rests; and anew when it changes."""
    arrivals = Arrivals(folder)
    book = folder / "1.cbz"
    book.write_bytes(b"half")
    arrivals.settled(0)
    assert arrivals.settled(SETTLING_SECONDS) == ["1.cbz"]
    assert arrivals.hold_back("1.cbz")
    assert arrivals.is_waiting()
    assert arrivals.settled(PATIENCE_SECONDS - 1) == []
    book.write_bytes(b"more than half")
    assert arrivals.settled(PATIENCE_SECONDS) == []
    assert arrivals.settled(PATIENCE_SECONDS + SETTLING_SECONDS) == ["1.cbz"]
    assert arrivals.hold_back("1.cbz")
    assert arrivals.settled(2 * PATIENCE_SECONDS) == ["1.cbz"]
    assert not arrivals.hold_back("1.cbz")
    book.write_bytes(b"the whole")
    assert arrivals.settled(100) == []
    assert arrivals.settled(100 + SETTLING_SECONDS) == ["1.cbz"]


# For real


@pytest.fixture
def painter(monkeypatch):
    """In place of the networks, and a shorter rest."""
    painter = Painter()
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: painter)
    monkeypatch.setattr("mangacolor.cli.watch.SETTLING_SECONDS", 0.3)
    monkeypatch.setattr("mangacolor.cli.watch.PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("mangacolor.cli.watch.PATIENCE_SECONDS", 0.6)
    monkeypatch.setattr("mangacolor.cli.watch.PATROL_SECONDS", 1.0)
    return painter


@pytest.fixture
def idle(monkeypatch):
    """A step that waits until the watch has nothing to do; on a busy machine no number of seconds says that."""
    calm = threading.Event()
    settled, is_waiting = Arrivals.settled, Arrivals.is_waiting

    def look(self, now):
        calm.clear()
        return settled(self, now)

    def ask(self):
        waiting = is_waiting(self)
        if not waiting:
            calm.set()
        return waiting

    monkeypatch.setattr(Arrivals, "settled", look)
    monkeypatch.setattr(Arrivals, "is_waiting", ask)

    def wait():
        until(calm.is_set)()
        calm.clear()  # for the next watch of the test

    return wait


@contextlib.contextmanager
def downloader(*steps):
    """Do the steps one after the other in another thread, then press Ctrl-C; a step that fails is told at the end."""
    running, problems = threading.Event(), []
    running.set()

    def work():
        try:
            for step in steps:
                step()
        except BaseException as error:
            problems.append(error)
        if running.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    # What is started in the background inherits that Ctrl-C is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        running.clear()
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert not problems, problems


def until(condition, seconds=60):
    def wait():
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never happened"
            time.sleep(0.02)

    return wait


def test_a_download_is_coloured_when_it_is_whole_and_what_was_there_first(tmp_path, folder, painter, idle, capsys):
    """Contract: old files, then new ones in folders that are new, too; each output once, Ctrl-C between pages ends it
    with the summary and exit 0."""
    out = tmp_path / "out"
    save_image(folder / "old.png", np.zeros((20, 20), np.uint8))
    data = book_bytes(tmp_path)
    partial, book = folder / "new" / "vol1.cbz.part", folder / "new" / "vol1.cbz"

    def download():
        partial.parent.mkdir()
        with partial.open("wb") as file:
            for start in range(0, len(data), 200):
                file.write(data[start : start + 200])
                file.flush()
                time.sleep(0.02)
        partial.rename(book)

    done = out / "new" / "vol1.cbz"
    with downloader(until((out / "old.png").exists), download, until(done.exists), idle):
        status = run(["colorize", "--watch", str(folder), "-o", str(out)])
    assert status == ExitCode.DONE
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(out / "old.png"), str(done)]
    assert all(is_red(page) for page in contents(done).values())
    assert painter.painted == 3
    assert told.err.splitlines()[-1] == "Pages: 3 coloured."


def test_outputs_inside_the_folder_are_not_coloured_again(folder, painter, idle):
    """Contract: when all is quiet nothing more has been painted, and a second run skips."""
    save_image(folder / "1.png", np.zeros((20, 20), np.uint8))
    words = ["colorize", "--watch", str(folder), "-o", str(folder / "out"), "-q"]
    for _ in range(2):
        with downloader(until((folder / "out" / "1.png").exists), idle):
            assert run(words) == ExitCode.DONE
        assert painter.painted == 1
    assert [path.name for path in (folder / "out").iterdir()] == ["1.png"]


def test_what_cannot_be_coloured_does_not_end_the_watch(tmp_path, folder, painter, idle, monkeypatch, capsys):
    """Contract: a broken book, a second one of the same name, a missing library; then exit 6, and a book that is
    downloaded anew is tried again before it is called broken.

    Pages whose outputs would share a name keep apart, in whatever order they come."""
    monkeypatch.setitem(sys.modules, "libarchive", None)
    monkeypatch.setattr("mangacolor.cli.watch.PATIENCE_SECONDS", 600)
    out = tmp_path / "out"
    (folder / "a.cbz").write_bytes(b"PK\x03\x04 broken")
    (folder / "b.cbz").write_bytes(book_bytes(tmp_path))
    (folder / "c.cbr").write_bytes(b"Rar!\x1a\x07\x01\x00")
    save_image(folder / "1.jpg", np.zeros((20, 20), np.uint8))

    def second():
        (folder / "a.cbz").write_bytes(book_bytes(tmp_path))
        (folder / "b.cbr").write_bytes(book_bytes(tmp_path))
        save_image(folder / "1.png", np.zeros((20, 20), np.uint8))

    with downloader(
        until((out / "b.cbz").exists), until((out / "1.webp").exists), second,
        until((out / "a.cbz").exists), until((out / "1.png.webp").exists), idle,
    ):  # fmt: skip
        status = run(["colorize", "--watch", str(folder), "-o", str(out), "--format", "webp"])
    assert status == ExitCode.SOME_PAGES_FAILED
    told = capsys.readouterr().err
    assert "a.cbz" not in told
    assert "mangacolor[archives]" in told
    assert "b.cbr would be written to" in told
    assert "Pages: 6 coloured; 2 failed." in told


def test_ctrl_c_in_the_midst_of_a_book_interrupts(tmp_path, folder, painter, idle, capsys):
    """Contract: exit 130 with the summary; the finished pages wait, and the next watch completes the book."""
    painter.stop_after = 5
    (folder / "a.cbz").write_bytes(book_bytes(tmp_path, pages=8))
    assert run(["colorize", "--watch", str(folder)]) == ExitCode.INTERRUPTED
    assert "Pages: " in capsys.readouterr().err
    painter.stop_after = None
    done = tmp_path / "in_color" / "a.cbz"
    with downloader(until(done.exists), idle):
        assert run(["colorize", "--watch", str(folder)]) == ExitCode.DONE
    assert painter.painted == 8
    assert capsys.readouterr().out.splitlines() == [str(done)]


@pytest.mark.parametrize("silence", ["no library", "no events", "no watches left"])
def test_a_folder_without_notifications_is_looked_through(folder, tmp_path, painter, silence, monkeypatch, capsys):
    """Contract: as on a network share; and when it vanishes and comes back, the watch goes on."""
    if silence == "no library":
        monkeypatch.setitem(sys.modules, "watchdog.events", None)
    elif silence == "no events":
        monkeypatch.setattr("watchdog.observers.Observer.start", lambda self: None)
        monkeypatch.setattr("watchdog.observers.Observer.stop", lambda self: None)
        monkeypatch.setattr("watchdog.observers.Observer.join", lambda self: None)
    else:

        def refuse(self):
            raise OSError(28, "inotify watch limit reached")

        monkeypatch.setattr("watchdog.observers.Observer.start", refuse)
    out = tmp_path / "out"

    def vanish():
        folder.rename(tmp_path / "away")
        time.sleep(1.5)
        (tmp_path / "away").rename(folder)
        save_image(folder / "2.png", np.zeros((20, 20), np.uint8))

    with downloader(
        lambda: save_image(folder / "1.png", np.zeros((20, 20), np.uint8)),
        until((out / "1.png").exists), vanish, until((out / "2.png").exists),
    ):  # fmt: skip
        assert run(["colorize", "--watch", str(folder), "-o", str(out)]) in (ExitCode.DONE, ExitCode.INTERRUPTED)
    told = capsys.readouterr().err
    assert painter.painted == 2
    assert "is there again" in told


def test_a_page_that_is_changed_is_coloured_anew(folder, tmp_path, painter, idle):
    """Contract: a half-written page that was taken for a whole one does not stay so."""
    out = tmp_path / "out"
    save_image(folder / "1.png", np.zeros((20, 20), np.uint8))

    def is_large():
        with Image.open(out / "1.png") as image:
            return image.size == (40, 40)

    with downloader(
        until((out / "1.png").exists), lambda: save_image(folder / "1.png", np.zeros((40, 40), np.uint8)),
        until(is_large), idle,
    ):  # fmt: skip
        assert run(["colorize", "--watch", str(folder), "-o", str(out)]) == ExitCode.DONE
    assert painter.painted == 2


def test_a_series_is_followed_as_its_folder_has_it_when_a_page_arrives(tmp_path, folder, painter, idle, monkeypatch):
    """Contract of `--series` with `--watch`: a change counts from the next page on, a broken file changes nothing."""
    hair = Part("character", "rin", "hair")
    set_colours(tmp_path / "rin.series", {hair: (1, 2, 3)})
    followed = []

    def follow(colorizer, series):
        followed.append(series.colours[hair])
        return SimpleNamespace(digest=str(series.colours), settle=None, knows_nothing=False)

    monkeypatch.setattr("mangacolor.colorize.series_colours.following_series", follow)
    out = tmp_path / "out"

    def arrive(name):
        (folder / name).write_bytes(page_bytes(1))

    arrive("1.png")
    with downloader(
        until((out / "1.png").exists), lambda: set_colours(tmp_path / "rin.series", {hair: (4, 5, 6)}),
        lambda: arrive("2.png"), until((out / "2.png").exists),
        lambda: (tmp_path / "rin.series" / "series.toml").write_text("format = ["),
        lambda: arrive("3.png"), until((out / "3.png").exists), idle,
    ):  # fmt: skip
        words = ["colorize", "--watch", str(folder), "-o", str(out), "--series", str(tmp_path / "rin.series")]
        assert run(words) == ExitCode.DONE
    assert followed == [(1, 2, 3), (1, 2, 3), (4, 5, 6)]
