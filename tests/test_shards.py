"""Parts of a library: every book and page falls to exactly one of them, and outputs are those of one run.

Oracles: the run without parts; invariants over names (hypothesis).
"""

import shutil

import pytest
from book_files import page_bytes, zipped
from hypothesis import given
from hypothesis import strategies as st
from stubs import Painter

from mangacolor.books.shards import Shard, parse_shard
from mangacolor.cli import run
from mangacolor.colorize import jobs
from mangacolor.errors import ExitCode, UsageError


@given(name=st.text(max_size=30), count=st.integers(1, 50))
def test_a_name_falls_to_exactly_one_part(name, count):
    assert sum(Shard(number, count).has(name) for number in range(1, count + 1)) == 1


def test_parts_are_about_even():
    """Invariant: of 10,000 names each of 10 parts has 1,000, give or take five standard deviations."""
    names = [f"series {number // 50}/volume {number % 50}.cbz" for number in range(10_000)]
    for number in range(1, 11):
        assert abs(sum(Shard(number, 10).has(name) for name in names) - 1000) < 5 * 30


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "1/0", "-1/4", "1/4/2", "a/b", ""])
def test_nonsense_is_refused(text):
    with pytest.raises(UsageError, match="no part"):
        parse_shard(text)
    assert parse_shard("3/4") == Shard(3, 4)


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "library"
    (folder / "loose").mkdir(parents=True)
    for number in range(7):
        zipped(folder / f"book {number}.cbz", {f"{page}.png": page_bytes(page) for page in range(1, 3)})
        (folder / "loose" / f"{number}.png").write_bytes(page_bytes(number))
    (folder / "broken.cbz").write_bytes(b"PK\3\4 and nothing else")
    return folder


def outputs(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 3, 5])
def test_parts_together_are_the_whole(library, tmp_path, monkeypatch, count):
    """Oracle: the run without parts; the broken book is told by exactly one, and no part does another's work."""
    monkeypatch.setattr(jobs, "open_colorizer", lambda order: Painter())
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    assert run(["colorize", str(library), "-o", str(whole), "-q"]) == ExitCode.SOME_PAGES_FAILED
    statuses, seen = [], {}
    for number in range(1, count + 1):
        statuses.append(run(["colorize", str(library), "-o", str(parted), "-q", "--shard", f"{number}/{count}"]))
        now = outputs(parted) if parted.exists() else {}
        assert all(now[name] == data for name, data in seen.items())
        seen = now
    assert seen.keys() == outputs(whole).keys()
    assert sum(status == ExitCode.SOME_PAGES_FAILED or status == ExitCode.BAD_INPUT for status in statuses) == 1


def test_a_library_may_lie_elsewhere(library, tmp_path, monkeypatch):
    """Contract: what falls to a part hangs on names below the input alone."""
    monkeypatch.setattr(jobs, "open_colorizer", lambda order: Painter())
    run(["colorize", str(library), "-o", str(tmp_path / "here"), "-q", "--shard", "1/2"])
    moved = shutil.move(library, tmp_path / "moved")
    run(["colorize", str(moved), "-o", str(tmp_path / "there"), "-q", "--shard", "1/2"])
    assert outputs(tmp_path / "here").keys() == outputs(tmp_path / "there").keys()
