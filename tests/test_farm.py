"""A farm: a library coloured by processes that Ray runs, some of which die.

Oracles: the run of one process; what was written into the library by hand; invariants over names (hypothesis).
"""

import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from book_files import page_bytes, zipped
from farm_painters import DEADLY, DEADLY_ONCE, deadly, refusing
from hypothesis import given
from hypothesis import strategies as st
from stubs import Painter

from mangacolor.books import list_library
from mangacolor.books.shards import small_parts
from mangacolor.cli import run
from mangacolor.colorize import jobs
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.order import Order
from mangacolor.errors import ExitCode
from mangacolor.farm.run import in_utf8
from mangacolor.farm.worker import Worker, packed, unpacked

BOOKS = 30


@given(
    names=st.lists(st.text("ab./", min_size=1, max_size=8).filter(lambda name: not name.endswith("/")), unique=True),
    most=st.integers(1, 5),
)
def test_every_name_is_in_one_part_with_those_that_begin_alike(names, most):
    names = [f"{name}{end}" for name in names for end in (".png", ".cbz")]
    parts = list(small_parts(names, most))
    assert sorted(name for part in parts for name in part) == sorted(names)
    of = {name: number for number, part in enumerate(parts) for name in part}
    for name in names:
        folder, slash, last = name.rpartition("/")
        begins = folder + slash + last.split(".")[0] + "."
        alike = [one for one in names if one.startswith(begins) and "/" not in one[len(begins) :]]
        assert len({of[one] for one in alike}) == 1


def test_loose_pages_of_a_folder_share_parts():
    names = [f"{folder}/{number:03}.png" for folder in "ab" for number in range(70)]
    assert [len(part) for part in small_parts(names, 32)] == [32, 32, 32, 32, 6, 6]


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "library"
    (folder / "loose").mkdir(parents=True)
    for number in range(BOOKS):
        zipped(folder / f"book {number}.cbz", {f"{page}.png": page_bytes(page) for page in range(1, 3)})
    for number in range(5):
        (folder / "loose" / f"{number}.png").write_bytes(page_bytes(number))
    zipped(folder / "once.cbz", {"1.png": page_bytes(1), "2.png": page_bytes(2, size=(DEADLY_ONCE, 20))})
    (folder / "broken.cbz").write_bytes(b"PK\3\4 and nothing else")
    return folder


def outputs(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.??[gz]")}


def by_path(answers):
    return {answer["path"]: answer for answer in answers}


def test_a_worker_says_what_became_of_each_book(library, tmp_path):
    """Oracle: the library as written; without Ray."""
    order = Order(ColorizeOptions(), tmp_path / "out")
    worker = Worker(library, order, lambda order: Painter())
    told = by_path(worker.answers(0, ["book 1.cbz", "broken.cbz", "loose/0.png", "loose/1.png"]))
    assert {path: (one["status"], one["pages"]) for path, one in told.items()} == {
        "book 1.cbz": ("done", 2), "broken.cbz": ("failed", 0), "loose": ("done", 2),
    }  # fmt: skip
    assert "broken.cbz" in told["broken.cbz"]["error"]
    again = Worker(library, order, refusing).answers(3, ["book 1.cbz", "loose/0.png"])
    assert {(one["status"], one["part"]) for one in again} == {("skipped", 3)}
    lost = Worker(library, order, refusing).answers(4, ["book 2.cbz"])
    assert [(one["path"], one["status"]) for one in lost] == [("book 2.cbz", "failed")]
    assert "a colouriser was opened" in lost[0]["error"]


@pytest.mark.parametrize("name", ["vol\n1", "vol\r\n1", 'vol "1", 2', os.fsdecode(b"caf\xe9")])
def test_names_of_any_letters_travel_to_workers_and_back(tmp_path, name):
    """Oracle: the name as written. Arrow takes what `str.encode` does; the table needs UTF-8, too."""
    library, order = tmp_path / "library", Order(ColorizeOptions(), tmp_path / "out")
    library.mkdir()
    try:
        (library / f"{name} loose.png").write_bytes(page_bytes(2))
    except OSError:
        pytest.skip("this disk takes no such name")
    zipped(library / f"{name}.cbz", {"1.png": page_bytes(1)})
    names = [name for part in small_parts(list_library(library), 32) for name in part]
    worker = Worker(library, order, lambda order: Painter())
    batch = {"part": np.array([0]), "names": np.array([packed(names).encode("utf-8").decode()], dtype=object)}
    (column,) = worker(batch).values()
    answers = [unpacked(answer.encode("utf-8")) for answer in column]
    assert {answer["path"]: answer["status"] for answer in answers} == {f"{name}.cbz": "done", ".": "done"}
    assert zipfile.is_zipfile(tmp_path / "out" / f"{name}.cbz")
    for answer in map(in_utf8, answers):
        assert answer["path"].encode("utf-8") in (b".", f"{name}.cbz".encode(errors="backslashreplace"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_library_is_coloured_though_workers_die(library, tmp_path, monkeypatch):
    """Oracle: the run of one process. One worker dies in the midst of a book, one book kills whoever opens it."""
    pytest.importorskip("ray.data", reason="the extra `farm` is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    tests = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]))  # of the workers
    from mangacolor.farm.run import Farm, colour_library

    monkeypatch.setattr(jobs, "open_colorizer", lambda order: Painter())
    assert run(["colorize", str(library), "-o", str(tmp_path / "alone"), "-q"]) == ExitCode.SOME_PAGES_FAILED
    zipped(library / "deadly.cbz", {"1.png": page_bytes(1, size=(DEADLY, 20))})

    order, farm = Order(ColorizeOptions(), tmp_path / "farmed"), Farm(2, cpus=0.5)
    table = tmp_path / "told.parquet"
    opening = deadly(tmp_path / "died once")
    told = list(colour_library(library, order, farm, table, open_colorizer=opening))
    assert (tmp_path / "died once").exists()
    assert outputs(tmp_path / "farmed") == outputs(tmp_path / "alone")
    states = {path: one["status"] for path, one in by_path(told).items()}
    assert states.pop("broken.cbz") == states.pop("deadly.cbz") == "failed"
    assert len(states) == BOOKS + 2
    assert set(states.values()) == {"done"}
    assert "died" in by_path(told)["deadly.cbz"]["error"]
    assert parquet.read_table(table).to_pylist() == told

    (library / "deadly.cbz").unlink()
    before = outputs(tmp_path / "farmed")
    again = by_path(colour_library(library, order, farm, table, open_colorizer=refusing))
    assert again.pop("broken.cbz")["status"] == "failed"
    assert {one["status"] for one in again.values()} == {"skipped"}
    assert outputs(tmp_path / "farmed") == before


def test_a_farm_without_ray_says_what_to_install(library, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert run(["farm", str(library), "-o", str(tmp_path / "out"), "-q"]) == ExitCode.USAGE
    assert "mangacolor[farm]" in capsys.readouterr().err
