"""Runs of one book: two at once, and those that are cut short while a book that is there is done anew.

Oracles: contracts in docs/guide.md, and invariants: a good book is never replaced by one with grey pages, and no page
that waits is painted twice. Another run is a real process, which is killed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from book_files import colour, contents, is_red, page_bytes, zipped
from stubs import Painter

from mangacolor.books import book_sink, locks, open_sinks, open_source
from mangacolor.books.files import cannot_write
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.order import Order
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import CannotWriteError
from mangacolor.farm.worker import Worker

NAMES = [f"{number}.png" for number in range(1, 5)]

WAITING_RUN = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from book_files import colour
from stubs import Painter

class Waiting(Painter):
    def colorize_page(self, page, hints=()):
        if self.painted == 2:
            print("at work", flush=True)
            time.sleep(60)
        return super().colorize_page(page, hints)

colour(Path(sys.argv[2]), Waiting(), page="1.png")
"""


@pytest.fixture
def book(tmp_path):
    return zipped(tmp_path / "a.cbz", {name: page_bytes(number) for number, name in enumerate(NAMES, 1)})


def hidden(book):
    return [path.name for path in book.parent.iterdir() if path.name.startswith(".")]


def run(book, painter, **words):
    """Colour a book; returns what became of its pages, and how many were painted."""
    results, _ = colour(book, painter, page="1.png", **words)
    return [result.status for result in results], painter.painted


def cut_short(book, *, settings, after=2, **words):
    with pytest.raises(KeyboardInterrupt):
        run(book, Painter(settings=settings, stop_after=after), **words)


def red_pages(book):
    found = contents(book.with_name("a_color.cbz"))
    return [name for name in NAMES if is_red(found[name])]


# Two at once


def test_a_second_run_of_a_book_fails_and_leaves_the_first_alone(book):
    """Contract: it says who has the book; its other books are coloured."""
    other = zipped(book.with_name("b.cbz"), {"1.png": page_bytes(1)})
    is_at_work, may_end = threading.Event(), threading.Event()

    class Held(Painter):
        def colorize_page(self, page, hints=()):
            if self.painted == 3:
                is_at_work.set()
                assert may_end.wait(30)
            return super().colorize_page(page, hints)

    first = []
    thread = threading.Thread(target=lambda: first.append(run(book, Held())))
    thread.start()
    assert is_at_work.wait(30)
    half = book.parent / hidden(book)[0] / ".mangacolor-half.part"
    half.touch()
    try:
        sources = [open_source(book), open_source(other)]
        results = list(colorize_pages(Painter(), sources, open_sinks(sources)))
        assert half.exists(), "what the first is writing is not cleared"
    finally:
        may_end.set()
        thread.join()
    assert [result.status for result in results] == ["failed", "colored"]
    assert "a_color.cbz is being coloured by another run: process " in results[0].error
    assert first == [(["colored"] * 4, 4)]
    assert red_pages(book) == NAMES
    assert hidden(book) == []
    assert run(book, Painter()) == (["skipped"] * 4, 0)


def test_where_a_disk_knows_no_locks_a_second_run_does_not_spoil_the_book(book, monkeypatch):
    """Invariant; it went on from pages that the first has built the book of and cleared away."""

    def knows_none(file):
        raise OSError

    monkeypatch.setattr(locks, "lock_file", knows_none)
    cut_short(book, settings="red", after=3)
    second = open_source(book)
    (sink,) = open_sinks([second])
    results = colorize_pages(Painter(), [second], [sink])
    assert next(results).status == "skipped"
    run(book, Painter())
    assert red_pages(book) == NAMES
    last = list(results)[-1]
    assert last.status == "failed"
    assert "another run has taken away its finished pages" in last.error
    assert red_pages(book) == NAMES


def test_a_run_that_is_killed_lets_go_of_its_book(book):
    command = [sys.executable, "-c", WAITING_RUN, str(Path(__file__).parent), str(book)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "at work\n"
            results, _ = colour(book, page="1.png")
            assert f"by another run: process {process.pid} on " in results[0].error
        finally:
            process.kill()
    statuses, painted = run(book, Painter())  # what was painted may have been on its way to the disk
    assert statuses == ["skipped"] * (4 - painted) + ["colored"] * painted
    assert red_pages(book) == NAMES
    assert hidden(book) == []


@pytest.mark.parametrize("trouble", ["interrupt", "disk", "given up"])
def test_a_run_that_ends_in_trouble_lets_go_of_its_book(book, monkeypatch, trouble):
    """Contract: in this process, too, where the lock would else stay until its end."""
    source = open_source(book)
    sinks = open_sinks([source])
    if trouble == "interrupt":
        with pytest.raises(KeyboardInterrupt):
            list(colorize_pages(Painter(stop_after=1), [source], sinks))
    elif trouble == "given up":
        results = colorize_pages(Painter(), [source], sinks)
        next(results)
        results.close()
    else:
        with monkeypatch.context() as patch:
            patch.setattr(book_sink, "file_atomically", full_disk)
            with pytest.raises(CannotWriteError):
                list(colorize_pages(Painter(), [source], sinks))
    statuses, _ = run(book, Painter())
    assert "failed" not in statuses
    assert red_pages(book) == NAMES
    assert hidden(book) == []


def full_disk(path, **rest):
    raise cannot_write(path, OSError(28, "No space left on device"))


# Done anew and cut short


def test_pages_that_failed_are_not_forgotten_by_a_run_that_was_cut_short(book):
    """Contract: a page that failed is tried again until it is done, whatever happens in between."""

    class Failing(Painter):
        def colorize_page(self, page, hints=()):
            if page.rgb[0, 0, 0] == 80:
                raise MemoryError
            return super().colorize_page(page, hints)

    assert run(book, Failing())[0] == ["colored", "failed", "colored", "colored"]
    cut_short(book, settings="other")
    (sink,) = open_sinks([open_source(book)])
    assert not sink.is_finished()
    assert run(book, Painter(settings="other")) == (["skipped", "skipped", "colored", "colored"], 2)
    assert red_pages(book) == NAMES
    assert hidden(book) == []

    book.with_name("a_color.cbz").unlink()
    run(book, Failing())
    cut_short(book, settings="other", after=0)
    assert run(book, Painter())[1] == 4, "nor are they by one with yet other settings"
    assert red_pages(book) == NAMES


@pytest.mark.parametrize("overwrite", [True, False])
def test_an_interrupted_overwrite_goes_on(book, overwrite):
    """Contract: so does the command without --overwrite, as what waits is of its input and settings."""
    run(book, Painter())
    cut_short(book, settings="red", overwrite=True)
    (sink,) = open_sinks([open_source(book)])
    assert not sink.is_finished()
    assert run(book, Painter(), overwrite=overwrite) == (["skipped", "skipped", "colored", "colored"], 2)
    assert hidden(book) == []
    assert run(book, Painter()) == (["skipped"] * 4, 0)
    assert run(book, Painter(), overwrite=True) == (["colored"] * 4, 4), "once it is done, it is done anew again"


def test_what_waits_for_a_finished_book_is_left_by_a_run_with_other_settings(book):
    """Contract: a finished book is left alone unless --overwrite is said, and so is what is to replace it."""
    run(book, Painter())
    cut_short(book, settings="new", overwrite=True)
    assert run(book, Painter(settings="red")) == (["skipped"] * 4, 0)
    assert len(hidden(book)) == 1
    assert run(book, Painter(settings="new"), overwrite=True)[1] == 2
    cut_short(book, settings="new", overwrite=True)
    assert run(book, Painter(settings="newer"), overwrite=True)[1] == 4, "pages of two settings are never in one book"
    assert hidden(book) == []


def test_pages_that_wait_are_not_told_as_older_than_their_input(book):
    """Contract of the note: it is about outputs that are left, and these are not there yet."""
    run(book, Painter())
    zipped(book, {name: page_bytes(number + 1) for number, name in enumerate(NAMES, 1)})
    cut_short(book, settings="red", overwrite=True)
    results, _ = colour(book, Painter(), overwrite=True, page="1.png")
    assert [result.status for result in results] == ["skipped", "skipped", "colored", "colored"]
    assert [note for result in results for note in result.notes] == []


# A farm


def test_a_book_whose_pages_wait_is_not_done_for_a_farm(tmp_path, book, monkeypatch):
    """Contract of `Answer`: skipped means that all was there."""
    order = Order(ColorizeOptions(), tmp_path / "out")
    worker = Worker(book.parent.resolve(), order, lambda order: Painter())
    with monkeypatch.context() as patch:
        patch.setattr(book_sink.BookSink, "finish", lambda self: full_disk(self.target))
        assert [answer["status"] for answer in worker.answers(0, ["a.cbz"])] == ["failed"]
    assert [answer["status"] for answer in worker.answers(0, ["a.cbz"])] == ["done"]
    assert all(map(is_red, contents(tmp_path / "out" / "a.cbz").values()))
    assert [answer["status"] for answer in worker.answers(0, ["a.cbz"])] == ["skipped"]
