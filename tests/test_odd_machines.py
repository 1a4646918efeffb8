"""Machines that lack something: a home, a place for temporary files, room, locks, a locale, a newer card.

Oracles: contracts (what is told, and with which exit status), and what the same does where nothing is missing.
"""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from book_files import page_bytes, skip_without_libarchive
from stubs import Painter

import mangacolor
from mangacolor.books import locks, open_source, partials
from mangacolor.books.locks import FolderLock, folder_alone
from mangacolor.books.temporary import temporary_folder
from mangacolor.cli import run
from mangacolor.cli.settings import read_settings
from mangacolor.config import PRESETS
from mangacolor.data.drawing import fonts
from mangacolor.errors import BadInputError, CannotWriteError, ExitCode, UsageError
from mangacolor.evaluate.look_points import read_points
from mangacolor.models.tensors import choose_device
from mangacolor.recipes import read_recipe
from mangacolor.series import open_series
from mangacolor.text import text_of
from mangacolor.training import options
from mangacolor.training.journal import Journal, write_sheet

SAVED_AS = pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])


@SAVED_AS
def test_texts_are_read_as_editors_of_windows_save_them(tmp_path, encoding):
    def saved(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
        return path

    assert read_settings(saved("config.toml", 'format = "webp"\n'), {}).format == "webp"
    assert read_recipe(saved("recipe.toml", "seed = 7\n"), PRESETS["tiny"]).seed == 7
    assert open_series(saved("a.series/series.toml", 'format = 1\nname = "漫画"\n').parent).name == "漫画"
    (point,) = read_points(saved("points.tsv", "page\tx\ty\tkind\twhere\n1\t2\t3\thair\tA\n"))
    assert (point.page, point.where) == ("1", "A")


def test_what_is_no_text_is_told(tmp_path):
    with pytest.raises(UnicodeDecodeError):
        text_of(b"\xff")
    (tmp_path / "config.toml").write_bytes(b'format = "\xe9"')
    with pytest.raises(BadInputError, match="UTF-8"):
        read_settings(tmp_path / "config.toml", {})


@pytest.mark.parametrize(
    "line", [r'weights = "C:\Users\me.safetensors"', r'weights = "C:\new\tiny.st"', r'reference = ["C:\tiny.png"]']
)
def test_paths_of_windows_in_double_quotes_are_told(tmp_path, line):
    """Contract: TOML takes `\\n` there for a line break, and `\\U` for the number of a letter."""
    path = tmp_path / "config.toml"
    path.write_text(line)
    with pytest.raises(BadInputError, match="single quotes"):
        read_settings(path, {})
    path.write_text(line.replace('"', "'"))
    read_settings(path, {})


@pytest.fixture
def no_home(monkeypatch):
    """A user whom the system does not know, as in containers."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)


@pytest.mark.usefixtures("no_home")
def test_a_user_without_a_home_has_fonts_and_is_told_of_paths_there(tmp_path):
    assert all(folder.is_absolute() for folder in fonts._usual_folders())
    (tmp_path / "config.toml").write_text('weights = "~/w.safetensors"\n')
    with pytest.raises(BadInputError, match="whole path"):
        read_settings(tmp_path / "config.toml", {})


@pytest.fixture
def no_temporary_folder(monkeypatch):
    """Nowhere to write what is temporary, as on a read-only root."""

    def nowhere():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", nowhere)


@pytest.mark.usefixtures("no_temporary_folder")
def test_pipes_without_a_temporary_folder_are_told(monkeypatch, capsys):
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Painter())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(page_bytes(1))))
    assert run(["colorize", "-"]) == ExitCode.CANNOT_WRITE
    assert "$TMPDIR" in capsys.readouterr().err
    with pytest.raises(CannotWriteError):
        temporary_folder()


@pytest.mark.parametrize("is_there", [False, True])
def test_libraries_without_a_temporary_folder_are_told(monkeypatch, request, capsys, is_there):
    """Contract: torch asks for one as it is loaded. Where there is one, a file that is missing is a bug."""
    if not is_there:
        request.getfixturevalue("no_temporary_folder")

    def fail(*words, **options):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("mangacolor.cli.app.app", fail)
    assert run(["info"]) == (ExitCode.UNEXPECTED if is_there else ExitCode.CANNOT_WRITE)
    assert ("$TMPDIR" in capsys.readouterr().err) != is_there


def test_loops_are_compiled_where_nothing_can_be_kept(monkeypatch):
    """Oracle: numba's own refusal, where neither its folder nor the user's can be written to."""
    pytest.importorskip("numba", reason="needs the extra `figures`")
    from numba.core import caching

    from mangacolor.data.figures import raster

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    with pytest.raises(RuntimeError, match="cannot cache"):
        raster.njit(cache=True)(lambda value: value + 1)
    assert raster._compiled(lambda value: value + 1)(2) == 3


class Full(io.StringIO):
    def write(self, text):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_is_full_ends_training_as_such(tmp_path, monkeypatch):
    with Journal(tmp_path) as journal:
        lines, journal._lines = journal._lines, Full()
        with pytest.raises(CannotWriteError, match="disk is full"):
            journal.write(1, {"loss": 1.0})
        journal._lines = lines
    with pytest.raises(CannotWriteError, match="in the way"):
        Journal(tmp_path / "metrics.jsonl" / "deeper")


def test_a_sheet_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    columns = [torch.zeros(4, 3, 8, 8)]
    write_sheet(tmp_path / "1.png", columns)
    before = (tmp_path / "1.png").read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWriteError, match="disk is full"):
        write_sheet(tmp_path / "1.png", [torch.ones(4, 3, 8, 8)])
    assert (tmp_path / "1.png").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["1.png"]


class Numbered:
    """`os` where a file has another number each time it is asked for, as on some network shares."""

    def __getattr__(self, name):
        return getattr(os, name)

    def fstat(self, file):
        state = os.fstat(file)
        return SimpleNamespace(st_ino=state.st_ino + 1, st_dev=state.st_dev)


def test_a_lock_of_a_file_without_a_number_is_taken_in_the_end(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(locks, "os", Numbered())
        lock = FolderLock(tmp_path / "a")
        assert lock.take()
        assert not FolderLock(tmp_path / "a").take()
        lock.release()
    assert not (tmp_path / "a").exists()


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_lock_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / locks.LOCK_NAME).symlink_to(tmp_path / "nowhere" / "x")
    with pytest.raises(CannotWriteError), folder_alone(tmp_path):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="the locale decides what libarchive finds on Linux")
def test_archives_of_any_name_are_read_without_a_locale(tmp_path):
    skip_without_libarchive()
    libarchive = pytest.importorskip("libarchive")
    made = tmp_path / "made.cb7"
    with libarchive.file_writer(str(made), "7zip") as archive:
        archive.add_file_from_memory("1.png", len(page_bytes(1)), page_bytes(1))
    made.rename(tmp_path / "日本.cb7")
    code = (
        "import sys; from pathlib import Path; from mangacolor.books import open_source\n"
        "(page,) = open_source(Path(sys.argv[1])); print(page.name, page.load().image.rgb.shape)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "日本.cb7")]
    result = subprocess.run(command, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False)
    assert result.stdout == "1.png (30, 20, 3)\n", result.stderr


def test_without_libarchive_every_system_is_told_how_to_have_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "libarchive", None)
    (tmp_path / "a.cb7").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(64))
    with pytest.raises(UsageError) as caught:
        open_source(tmp_path / "a.cb7").pages[0].load()
    assert all(word in caught.value.advice for word in ("apt", "brew", "$LIBARCHIVE", "archive.dll"))


def test_what_is_to_be_installed_can_be_pasted_into_any_shell():
    """Contract of Windows' command prompt: single quotes are part of a word there."""
    package = Path(mangacolor.__file__).parent
    assert [path for path in package.rglob("*.py") if "'mangacolor[" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(
    ("system", "chip", "expected"), [("darwin", "x86_64", False), ("darwin", "arm64", True), ("linux", "x86_64", True)]
)
def test_torch_is_left_out_where_there_is_none(system, chip, expected):
    """Oracle: packaging, which reads the markers as pip does."""
    requirements = pytest.importorskip("packaging.requirements")
    text = text_of((Path(mangacolor.__file__).parent.parent / "pyproject.toml").read_bytes())
    lines = [line.split('"')[1] for line in text.splitlines() if line.strip().startswith(('"torch', '"lightning'))]
    assert len(lines) == 2
    for need in map(requirements.Requirement, lines):
        assert need.marker.evaluate({"sys_platform": system, "platform_machine": chip}) == expected


@pytest.mark.skipif(os.name != "posix", reason="asks for processes as POSIX does")
def test_what_an_earlier_container_was_writing_is_told_from_what_this_process_is(tmp_path, monkeypatch):
    """Contract: every container numbers its processes from 1, and several may have one name."""
    mine = partials.partial_name()
    earlier = mine.replace(f"-{partials._KEY}", f"-{'0' * 8}")
    for name in (mine, earlier):
        (tmp_path / name).touch()
    partials.sweep_partials(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [mine]
    partials._machine.cache_clear()
    numbering = tmp_path / "pid"
    numbering.symlink_to("pid:[1]")
    (tmp_path / "boot").write_text("a")
    monkeypatch.setattr(partials, "_BOOT", tmp_path / "boot")
    monkeypatch.setattr(partials, "_NUMBERING", numbering)
    try:
        other = partials.partial_name().replace(f"-{os.getpid()}-", "-999999999-")
        (tmp_path / other).touch()
        partials._machine.cache_clear()
        monkeypatch.undo()
        partials.sweep_partials(tmp_path)
        assert (tmp_path / other).exists()
        os.utime(tmp_path / other, (1, 1))
        partials.sweep_partials(tmp_path)
        assert not (tmp_path / other).exists()
    finally:
        partials._machine.cache_clear()


@pytest.mark.parametrize(
    ("card", "known", "chosen"),
    [
        ((6, 1), ["sm_75", "sm_80", "sm_120"], "cpu"),
        ((8, 9), ["sm_75", "sm_80"], "cuda"),
        ((7, 0), ["sm_75"], "cpu"),
        ((12, 0), ["sm_90", "compute_90"], "cuda"),
        ((9, 4), ["gfx942"], "cuda"),
        ((12, 1), ["sm_120a"], "cuda"),
    ],
)
def test_a_card_that_torch_has_no_programs_for_is_left(monkeypatch, caplog, card, known, chosen):
    """Oracle: NVIDIA's rules of compatibility; for other makers there are none to read."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda *device: card)
    monkeypatch.setattr("torch.cuda.get_arch_list", lambda: known)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert choose_device("auto").type == chosen
    assert ("does not know the graphics card" in caplog.text) == (chosen == "cpu")
    assert choose_device("cuda").type == "cuda"


@pytest.mark.parametrize(("memory", "limit", "expected"), [(64, None, 8), (8, None, 2), (64, 4, 1)])
def test_pictures_in_memory_take_a_share_of_it(monkeypatch, tmp_path, memory, limit, expected):
    sizes = {"SC_PHYS_PAGES": memory << 18, "SC_PAGE_SIZE": 4096}
    (tmp_path / "memory.max").write_text("max\n" if limit is None else f"{limit << 30}\n")
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__, raising=False)
    monkeypatch.setattr(options, "_CONTAINER", tmp_path / "memory.max")
    run_options = options.RunOptions(Path(), Path(), options.Budget(images=1))
    assert run_options.memory_bytes == expected << 30
