"""Folders that one holder at a time has, and what is kept by that: series, and the studio's projects.

Oracle: an invariant (what several writers add is all there), and the contract in docs/studio.md and docs/series.md.
Holders are real processes, which are killed.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading

import pytest
from studio_process import studio_server

from mangacolor.books import locks
from mangacolor.books.locks import LOCK_NAME, FolderLock, folder_alone
from mangacolor.cli import run
from mangacolor.errors import BadInputError, CannotWriteError, ExitCode, UsageError
from mangacolor.series import Part, make_series, open_series, remove_part, set_colours

HOLD = """
import sys, time
from pathlib import Path
from mangacolor.books.locks import FolderLock
lock = FolderLock(Path(sys.argv[1]))
assert lock.take()
lock.note(", at work")
print("held", flush=True)
time.sleep(60)
"""
COUNT = """
import sys
from pathlib import Path
from mangacolor.books import write_atomically
from mangacolor.books.locks import folder_alone
file = Path(sys.argv[1]) / "count"
for _ in range(int(sys.argv[2])):
    with folder_alone(file.parent):
        write_atomically(file, str(int(file.read_text()) + 1).encode())
"""


@contextlib.contextmanager
def holder(folder):
    """A process that has a folder; yields it."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_who_has_a_folder_is_told_and_one_that_was_killed_has_it_no_more(tmp_path):
    lock = FolderLock(tmp_path)
    with holder(tmp_path) as process:
        assert not lock.take()
        assert lock.holder().startswith(f"process {process.pid} on ")
        assert lock.holder().endswith(", at work")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (tmp_path / LOCK_NAME).is_file(), "its note is left, but not its lock"
        assert lock.take()
    assert lock.holder().startswith(f"process {os.getpid()} on ")
    assert not FolderLock(tmp_path).take(), "nor does a second one of this process get it"
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_processes_and_threads_that_count_in_one_file_lose_nothing(tmp_path):
    (tmp_path / "count").write_text("0")
    others = [subprocess.Popen([sys.executable, "-c", COUNT, tmp_path, "15"]) for _ in range(2)]

    def count():
        for _ in range(15):
            with folder_alone(tmp_path):
                (tmp_path / "count").write_text(str(int((tmp_path / "count").read_text()) + 1))

    threads = [threading.Thread(target=count) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.wait(60) for one in others] == [0, 0]
    assert (tmp_path / "count").read_text() == "60"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]


def test_a_folder_that_does_not_come_free_is_told_with_who_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE_SECONDS", 0.1)
    make_series(tmp_path, "Rin")
    with holder(tmp_path) as process, pytest.raises(CannotWriteError, match=f"process {process.pid} on .*, at work"):
        set_colours(tmp_path, {Part("character", "rin", "hair"): (1, 2, 3)})
    assert open_series(tmp_path).colours == {}


def test_a_change_that_fails_leaves_no_folder_behind(tmp_path):
    with pytest.raises(BadInputError):
        remove_part(tmp_path / "none", Part("character", "rin", "hair"))
    with contextlib.suppress(RuntimeError), folder_alone(tmp_path / "made" / "now"):
        raise RuntimeError
    assert not (tmp_path / "none").exists()
    assert not (tmp_path / "made" / "now").exists()


def test_the_studio_and_the_command_save_to_one_series_and_lose_nothing(tmp_path, seeing_colorizer):
    """Oracle: the union of what both were told."""
    pytest.importorskip("starlette", reason="needs the extra `serve`")
    from mangacolor.web.studio.palettes import Palettes

    palettes = Palettes(tmp_path)
    key = palettes.make("Rin")
    folder = tmp_path / "series" / key
    command = [sys.executable, "-m", "mangacolor", "palette", folder]
    asked = [subprocess.Popen([*command, "--set", f"mei.part{number}=#010203"], stdout=-3) for number in range(3)]
    saved = 0
    while any(one.poll() is None for one in asked):
        palettes.save(key, "Rin", f"part{saved}", (4, 5, 6), None)
        saved += 1
    assert [one.wait() for one in asked] == [0, 0, 0]
    found = {str(part) for part in open_series(folder).colours}
    assert found == {f"rin.part{number}" for number in range(saved)} | {f"mei.part{number}" for number in range(3)}
    assert saved > 3


def test_a_second_server_says_who_has_the_projects_and_what_to_do(tmp_path, capsys):
    pytest.importorskip("uvicorn", reason="needs the extra `serve`")
    with holder(tmp_path) as process:
        assert run(["serve", "--port", "0", "--studio", str(tmp_path)]) == ExitCode.USAGE
        said = capsys.readouterr().err
        assert f"{tmp_path} is in use by another mangacolor serve: process {process.pid} on " in said
        assert "--studio DIR" in said


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_projects_are_those_of_the_server_that_was_first_until_it_is_gone(tmp_path):
    """Real servers: the first is told of with its address, then killed, and the next one takes over."""
    pytest.importorskip("uvicorn", reason="needs the extra `serve`")
    folder = tmp_path / "projects"
    command = [sys.executable, "-m", "mangacolor", "serve", "--port", "0", "--studio", folder, "--cache-mb", "0"]
    with studio_server(folder) as url:
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == ExitCode.USAGE
        told = re.search(r"in use by another mangacolor serve: process (\d+) on \S+, at (\S+)/\.$", second.stderr, re.M)
        assert told[2] == url
        os.kill(int(told[1]), signal.SIGKILL)
    assert (folder / LOCK_NAME).is_file()
    with studio_server(folder):
        pass
    assert not (folder / LOCK_NAME).exists(), "one that ends by itself leaves no lock"


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    pytest.importorskip("starlette", reason="needs the extra `serve`")
    from mangacolor.web.studio.owner import studio_held

    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError, match="--studio"), studio_held(tmp_path / "file" / "studio"):
        pass
    with studio_held(tmp_path / "studio"), pytest.raises(UsageError), studio_held(tmp_path / "studio"):
        pass


def test_where_no_folder_was_named_a_second_server_goes_without_a_studio(tmp_path, monkeypatch, capsys):
    pytest.importorskip("uvicorn", reason="needs the extra `serve`")
    from mangacolor.cli.serve import _data_folder

    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path)
    with holder(tmp_path / "studio"):
        assert _data_folder() is None
        assert "There is no studio here" in capsys.readouterr().err
    assert _data_folder() == tmp_path / "studio"
