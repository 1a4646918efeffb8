"""What the system refuses beside the files themselves: letters, streams, terminals, times, homes.

Oracle: the contract that the work is done and the status is that of the pages, whatever cannot be told.
"""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from book_files import page_bytes
from pictures import save_image
from stubs import Painter

from mangacolor.books import write_atomically
from mangacolor.cli import run
from mangacolor.cli.streams import as_json_line
from mangacolor.errors import CannotWriteError, ExitCode

JAPANESE = "ソ 表.png"


@pytest.fixture(autouse=True)
def _painter(monkeypatch):
    """In place of the networks."""
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Painter())


@pytest.fixture
def folder(tmp_path):
    for name in (JAPANESE, "2.png"):
        save_image(tmp_path / "in" / name, np.zeros((20, 20), np.uint8))
    return tmp_path / "in"


class Refusing(io.RawIOBase):
    """A file that takes nothing, as a full disk or a pipe whose reader has gone."""

    def __init__(self, number):
        self.number = number

    def writable(self):
        return True

    def write(self, data):
        raise OSError(self.number, os.strerror(self.number))


def stream(encoding="utf-8", raw=None):
    return io.TextIOWrapper(raw if raw is not None else io.BytesIO(), encoding=encoding, write_through=True)


def is_done(folder):
    return sorted(path.name for path in folder.with_name("in_color").iterdir()) == ["2.png", JAPANESE]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "latin-1", "shift_jis", "utf-8", "utf-16"])
@pytest.mark.parametrize("words", [[], ["--json"], ["-v"], ["--dry-run"]])
def test_letters_that_a_stream_lacks_cost_nothing(folder, monkeypatch, encoding, words):
    """Contract: escaped in text, exact in JSON."""
    out, err = stream(encoding), stream(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    status = run(["colorize", str(folder), *words])
    told = out.buffer.getvalue().decode(encoding)
    assert status == ExitCode.DONE, err.buffer.getvalue()
    assert "--dry-run" in words or is_done(folder)
    if words == ["--json"]:
        pages = [json.loads(line).get("page") for line in told.splitlines()]
        assert JAPANESE in pages
    elif encoding in ("shift_jis", "utf-8", "utf-16"):
        assert JAPANESE in told
    else:
        assert "\\u30bd" in told


def test_names_that_are_no_text_come_out_as_their_bytes(tmp_path, monkeypatch):
    """Contract: what the shell gave is what it gets back; JSON stays JSON."""
    name = os.fsdecode(b"\x83\x5c.png")
    try:
        (tmp_path / name).write_bytes(page_bytes(1))
    except OSError:
        pytest.skip("this file system takes only text for names")
    out = stream()
    monkeypatch.setattr(sys, "stdout", out)
    assert run(["colorize", str(tmp_path / name)]) == ExitCode.DONE
    assert out.buffer.getvalue().endswith(b"/\x83\x5c_color.png\n")
    assert json.loads(as_json_line({"page": name})) == {"page": name}


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("names", [["stdout"], ["stderr"], ["stdout", "stderr"]])
def test_a_stream_that_takes_nothing_costs_nothing(folder, monkeypatch, number, names):
    """Contract: `| head`, a full disk, a terminal that was closed."""
    for name in names:
        monkeypatch.setattr(sys, name, stream(raw=Refusing(number)))
    assert run(["colorize", str(folder), "-v"]) == ExitCode.DONE
    assert is_done(folder)


@pytest.mark.parametrize("how", ["none", "closed"])
def test_streams_that_are_not_there_cost_nothing(folder, monkeypatch, how):
    """Contract: no console, as under pythonw or `>&-`."""
    for name in ("stdout", "stderr"):
        there = stream()
        there.close()
        monkeypatch.setattr(sys, name, None if how == "none" else there)
    assert run(["colorize", str(folder)]) == ExitCode.DONE
    assert is_done(folder)


def test_errors_are_not_lost_in_a_traceback(monkeypatch):
    """Contract: a closed stderr changes no exit status."""
    monkeypatch.setattr(sys, "stderr", stream(raw=Refusing(errno.EPIPE)))
    assert run(["colorize", "/nowhere/1.png"]) == ExitCode.BAD_INPUT
    assert run(["colorize", "--no-such-option"]) == ExitCode.USAGE


def test_a_terminal_that_refuses_bars_gets_none(folder, monkeypatch, capsys):
    def refuse(*_, **__):
        raise ValueError("no columns")

    monkeypatch.setattr("mangacolor.cli.report.tqdm.__init__", refuse)
    assert run(["colorize", str(folder)]) == ExitCode.DONE
    assert is_done(folder)
    assert "Pages: 2 coloured." in capsys.readouterr().err


def refusing(number):
    def call(*_, **__):
        raise OSError(number, os.strerror(number))

    return call


@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.ENOSYS])
@pytest.mark.parametrize("name", ["fsync", "utime", "chmod"])
def test_what_a_file_system_does_not_know_is_done_without(tmp_path, monkeypatch, name, number, make_book):
    """Contract: network shares and sticks know neither times nor rights nor syncing."""
    monkeypatch.setattr(f"os.{name}", refusing(number))
    assert run(["colorize", str(make_book)]) == ExitCode.DONE
    assert sorted(path.name for path in make_book.parent.iterdir()) == ["a.cbz", "a_color.cbz"]


@pytest.fixture
def make_book(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.cbz", "w") as archive:
        archive.writestr("1.png", page_bytes(1))
    return tmp_path / "a.cbz"


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_is_no_nicety(tmp_path, monkeypatch, number):
    monkeypatch.setattr("os.fsync", refusing(number))
    with pytest.raises(CannotWriteError):
        write_atomically(tmp_path / "a", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_may_not_be_looked_into_costs_nothing(folder, monkeypatch):
    """Contract: without $MANGACOLOR_CONFIG, a config file that cannot be reached is none."""
    monkeypatch.delenv("MANGACOLOR_CONFIG")

    class Locked(type(Path())):
        def exists(self, **_):
            raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr("mangacolor.cli.settings.config_path", lambda: Locked("/home/other/config.toml"))
    assert run(["colorize", str(folder)]) == ExitCode.DONE


def test_who_has_no_home_needs_none(folder, monkeypatch, capsys):
    """Contract: as a container's user that its system does not know; `info` says so."""
    monkeypatch.delenv("MANGACOLOR_CONFIG")

    def refuse(*_, **__):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("mangacolor.cli.settings.platformdirs.user_config_path", refuse)
    assert run(["colorize", str(folder)]) == ExitCode.DONE
    assert is_done(folder)
    capsys.readouterr()
    assert run(["info", "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["config"] == {"file": "no home", "exists": False}


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from stubs import Painter
import mangacolor.colorize.jobs
mangacolor.colorize.jobs.open_colorizer = lambda order: Painter()
from mangacolor.cli import main
sys.argv[:] = ["mangacolor", "colorize", *sys.argv[2:]]
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="closes streams as only a POSIX shell does")
def test_a_bare_machine_does_the_work(folder):
    """Contract: no home, no terminal, no locale of that name, no folder for temporary files, all streams closed."""
    bare = {
        "PATH": os.environ["PATH"], "LC_ALL": "xx_XX.bogus", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
        "TMPDIR": "/nowhere", "COLUMNS": "wide", "XDG_CONFIG_HOME": "/nowhere", "HOME": "/nowhere",
        "PYTHONPATH": str(Path(sys.modules["mangacolor"].__file__).parents[1]),
    }  # fmt: skip
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(Path(__file__).parent), str(folder)]
    shell = ["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *command]
    done = subprocess.run(shell, env=bare, timeout=160, check=False)
    assert done.returncode == ExitCode.DONE
    assert is_done(folder)
