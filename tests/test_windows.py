"""Books, pipes and the studio under the rules of Windows for files that are open, and for long paths.

Oracles: those rules, emulated in windows_rules.py, and the contract that what works elsewhere works there.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from types import SimpleNamespace

import pytest
from book_files import contents, is_red, page_bytes, skip_without_libarchive, tarred, zipped
from PIL import Image
from stubs import Painter
from windows_rules import NEEDS_PROC, Nt, open_files_stay, short_paths  # noqa: F401

from mangacolor.books import files, list_library
from mangacolor.books.files import long_path
from mangacolor.books.scratch import scratch_folder, sweep_scratch
from mangacolor.cli import run
from mangacolor.errors import ExitCode

pytestmark = NEEDS_PROC
FILES = {"1.png": page_bytes(1), "2.png": page_bytes(2)}


@pytest.fixture(autouse=True)
def painter(monkeypatch):
    """In place of the networks."""
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Painter())


@pytest.mark.usefixtures("open_files_stay")
def test_a_book_inside_a_book_is_coloured(tmp_path):
    inner = zipped(tmp_path / "vol.cbz", FILES)
    pack = zipped(tmp_path / "pack.cbz", {"vol.cbz": inner.read_bytes()})
    inner.unlink()
    assert run(["colorize", str(pack)]) == ExitCode.DONE
    with zipfile.ZipFile(io.BytesIO(contents(tmp_path / "pack_color.cbz")["vol.cbz"])) as written:
        assert all(is_red(written.read(name)) for name in FILES)


@pytest.mark.usefixtures("open_files_stay")
def test_folders_of_unpacked_books_are_swept_once_nobody_has_them(tmp_path):
    owner = SimpleNamespace
    ours, drop = scratch_folder(owner, tmp_path)
    left = tmp_path / ".mangacolor-unpacked-left"
    left.mkdir()
    (left / "lock").touch()
    sweep_scratch.__wrapped__(tmp_path)
    assert list(tmp_path.iterdir()) == [ours]
    drop()
    assert not ours.exists()


@pytest.mark.parametrize("letters", [222, 232, 240, 247, 254, 300])
def test_books_under_long_paths(tmp_path, request, letters):
    """Wherever the 260 letters end: in the folder of its pages, their names, the coloured book's or the book's own."""
    folder, name = tmp_path / ("a" * 100), "v"
    folder /= "b" * (letters - len(str(folder)) - 1)
    folder.mkdir(parents=True)
    book = zipped(folder / f"{name}.cbz", FILES)
    request.getfixturevalue("short_paths")
    assert run(["colorize", str(book)]) == ExitCode.DONE
    done = long_path(folder / f"{name}_color.cbz")
    with done.open("rb") as file, zipfile.ZipFile(file) as written:
        assert all(is_red(written.read(name)) for name in FILES)
    assert sorted(one.name for one in long_path(folder).iterdir()) == sorted([book.name, done.name])
    assert run(["colorize", str(book)]) == ExitCode.DONE


def test_long_names_in_a_folder_are_listed_and_coloured(tmp_path, request):
    root = tmp_path / "in"
    deep = root / ("a" * 80)
    deep.mkdir(parents=True)
    names = [f"{letter * 140}.png" for letter in "bc"]
    for name in names:
        (deep / name).write_bytes(FILES["1.png"])
    zipped(deep / f"{'d' * 140}.cbz", FILES)
    request.getfixturevalue("short_paths")
    found = [f"{deep.name}/{name}" for name in (*names, f"{'d' * 140}.cbz")]
    assert list(list_library(root)) == found
    assert run(["colorize", str(root), "-o", str(tmp_path / "out")]) == ExitCode.DONE
    assert all(long_path(tmp_path / "out" / name).exists() for name in found)
    assert all(is_red(long_path(tmp_path / "out" / name).read_bytes()) for name in found[:2])


@pytest.mark.usefixtures("open_files_stay")
@pytest.mark.parametrize("kind", ["cbz", "cbt", "pdf", "tif", "cb7"])
def test_books_of_all_kinds_go_through_pipes(tmp_path, monkeypatch, capfdbinary, kind):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(_book(tmp_path / f"a.{kind}").read_bytes())))
    assert run(["colorize", "-"]) == ExitCode.DONE
    out, err = capfdbinary.readouterr()
    assert len(out) > 100
    assert b"bug" not in err
    assert list(scratch.glob("mangacolor-*")) == []


@pytest.mark.usefixtures("open_files_stay")
@pytest.mark.parametrize("kind", ["cbz", "cbt", "pdf", "tif"])
def test_a_project_of_the_studio_goes_with_its_book(tmp_path, kind):
    pytest.importorskip("starlette", reason="needs the extra `serve`")
    from mangacolor.web.studio.projects import Projects

    projects = Projects(tmp_path / "studio")
    key, place = projects.room()
    shutil.copy(_book(tmp_path / f"a.{kind}"), place)
    projects.add(key, "a").entries[0].load()
    projects.remove(key)
    assert list(projects.folder.iterdir()) == []


@pytest.mark.usefixtures("open_files_stay")
def test_an_output_that_another_program_has_open_is_told(tmp_path, capsys):
    (tmp_path / "1.png").write_bytes(FILES["1.png"])
    assert run(["colorize", str(tmp_path / "1.png")]) == ExitCode.DONE
    with (tmp_path / "1_color.png").open("rb"):
        assert run(["colorize", str(tmp_path / "1.png"), "--overwrite"]) == ExitCode.CANNOT_WRITE
    assert "Close the program that has it open" in capsys.readouterr().err


def test_dots_are_taken_out_of_long_paths(monkeypatch, tmp_path):
    """Contract: Windows takes the long form as it is, and finds nothing by the dots in it."""
    said = []
    monkeypatch.setattr(files, "os", Nt())
    monkeypatch.setattr(files, "extended", lambda path: said.append(path) or path)
    assert long_path(tmp_path / "a" / ".." / "b") == tmp_path / "b"
    assert said == [str(tmp_path / "b")]


def _book(path):
    if path.suffix in (".cbz", ".cbt"):
        return (zipped if path.suffix == ".cbz" else tarred)(path, FILES)
    if path.suffix == ".cb7":
        skip_without_libarchive()
        libarchive = pytest.importorskip("libarchive")
        with libarchive.file_writer(str(path), "7zip") as archive:
            for name, data in FILES.items():
                archive.add_file_from_memory(name, len(data), data)
        return path
    if path.suffix == ".pdf":
        pytest.importorskip("pikepdf")
    first, *others = [Image.open(io.BytesIO(data)) for data in FILES.values()]
    first.save(path, save_all=True, append_images=others)
    return path
