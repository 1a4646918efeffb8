"""What to do where something cannot be written: the advice names an option only where there is one.

Oracles: the options that the commands have; the contract of `CannotWriteError`.
"""

from __future__ import annotations

import ast
import errno
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer.main
from book_files import page_bytes, zipped

import mangacolor
from mangacolor.adapt.run import CURVE_NAME
from mangacolor.books import open_sinks, open_source, write_atomically
from mangacolor.books.files import cannot_write
from mangacolor.cli.app import app
from mangacolor.errors import CannotWriteError
from mangacolor.evaluate.sheets import write_sheets
from mangacolor.models.changes import write_changes
from mangacolor.series import make_series

PACKAGE = Path(mangacolor.__file__).parent
COMMAND_OF = {
    "adapt": "adapt", "books": "colorize", "evaluate": "evaluate", "farm": "farm", "models/changes.py": "adapt",
    "models/onnx_export.py": "export", "models/weights.py": "train", "training": "train", "web": "serve",
}  # fmt: skip
"""Which command writes what a room or a file writes."""

WRITERS = {"write_atomically", "file_atomically", "cannot_write", "make_series", "set_colours", "remove_part"}
NO_COMMAND = {"books/files.py", "cli/palette.py", "colorize", "data", "series/learnt.py"}
"""What is told of by nobody, by several commands whose options differ, or by one without such an option."""

FAULTS = [
    "EACCES",
    "EPERM",
    "EROFS",
    "ENOSPC",
    "EDQUOT",
    "EISDIR",
    "ENOTDIR",
    "EEXIST",
    "ENAMETOOLONG",
    "EINVAL",
    "EIO",
]


def calls():
    """Where something is written, and which option is said to lead elsewhere: None for none."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            said = next((word.value for word in node.keywords if word.arg == "elsewhere"), None)
            names = {getattr(one, "id", "") for one in (node.func, *node.args)}  # some are run by another thread
            if said is not None or names & WRITERS:
                place = path.relative_to(PACKAGE).as_posix()
                yield f"{place}:{node.lineno}", place, said


def options_of(command):
    known = typer.main.get_command(app).commands[command]
    return {option for parameter in known.params for option in parameter.opts}


def belongs_to(place, names):
    return next((name for name in names if place == name or place.startswith(f"{name}/")), None)


def test_every_option_that_is_named_is_one_of_the_command_that_writes_there():
    for where, place, said in calls():
        if said is None:
            assert belongs_to(place, NO_COMMAND), f"{where} names no option"
        elif isinstance(said, ast.Constant) and said.value != "$TMPDIR" and not place.startswith("data/"):
            assert said.value in options_of(COMMAND_OF[belongs_to(place, COMMAND_OF)]), f"{where}: {said.value}"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("option", ["", "--studio", "$TMPDIR"])
def test_every_fault_has_advice_and_names_the_option_at_hand_alone(tmp_path, fault, option):
    advice = cannot_write(tmp_path, OSError(getattr(errno, fault), "no"), elsewhere=option).advice
    assert re.findall(r"--\w+|\$\w+", advice) == [option] * bool(option)
    assert advice.endswith(f" with {option}." if option else ".")
    assert "{" not in advice


def begin_book(folder, **words):
    book = zipped(folder.parent.parent / "in.cbz", {"1.png": page_bytes(1)})
    (sink,) = open_sinks([open_source(book)], folder / "out.cbz")
    replace(sink, **words).begin("settings", overwrite=True)


def save_colour(folder):
    pytest.importorskip("starlette", reason="needs the extra `serve`")
    from mangacolor.web.studio.palettes import Palettes

    Palettes(folder).make("rin")


def save_project(folder):
    pytest.importorskip("starlette", reason="needs the extra `serve`")
    from mangacolor.web.studio.project import Project

    Project("0", folder, "name", []).save()


WRITTEN = {
    "a book": (begin_book, "--output"),
    "a book of a server": (lambda folder: begin_book(folder, elsewhere="--cache"), "--cache"),
    "a series of the studio": (save_colour, "--studio"),
    "a project": (save_project, "--studio"),
    "a sheet": (lambda folder: write_sheets(folder, {"a.png": np.zeros((4, 4, 3), np.uint8)}), "--sheets"),
    "what was learnt": (lambda folder: write_changes(folder / CURVE_NAME, {}, "digest", {}), "--series"),
    "a series": (lambda folder: make_series(folder, "name"), None),
    "something": (lambda folder: write_atomically(folder / "1.png", b"1"), None),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_a_file_in_the_way_of_a_folder_is_told_with_what_leads_elsewhere(tmp_path, what):
    write, option = WRITTEN[what]
    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError) as caught:
        write(tmp_path / "file" / "folder")
    assert "in the way" in caught.value.advice
    assert re.findall(r"--\w+", caught.value.advice) == ([option] if option else [])
