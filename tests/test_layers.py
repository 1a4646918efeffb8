"""Imports point down only, and nothing is too long to be read at once.

Oracle: the table of rooms in docs/architecture.md, against the syntax trees of the package; the limits of
length as written here.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import mangacolor

PACKAGE = Path(mangacolor.__file__).parent

NOTES = Path(__file__).parent.parent / "docs" / "architecture.md"
ROW = re.compile(r"^\| (\d) \| `(\w+)` \| [^|]+ \| ?([^|]*?) ?\|$", re.MULTILINE)
ROOMS = [(int(level), room, torch) for level, room, torch in ROW.findall(NOTES.read_text(encoding="utf-8"))]
LEVEL_OF = {room: level for level, room, _ in ROOMS}
MAY_IMPORT_TORCH = {room for _, room, torch in ROOMS if torch}
EXEMPT = {"__init__", "__main__"}
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 60
TORCH = {"torch", "torchvision", "lightning_fabric"}


@cache
def modules():
    """Paths and dotted names below `mangacolor`, without the exempt top-level files."""
    places = [(path, path.relative_to(PACKAGE).with_suffix("").parts) for path in sorted(PACKAGE.rglob("*.py"))]
    return [(path, parts) for path, parts in places if parts[0] not in EXEMPT]


@cache
def known_modules():
    return {".".join(("mangacolor", *(part for part in parts if part != "__init__"))) for _, parts in modules()}


@cache
def statements(path):
    """List the statements of a file, at any depth; of expressions, which are most of a syntax tree, none holds one."""
    found = [ast.parse(path.read_text(encoding="utf-8"))]
    for node in found:
        found += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]
    return found


@cache
def imports(path, parts):
    """List the dotted names of everything a module imports, at any depth, with their lines."""
    package = ("mangacolor", *parts[:-1])
    found = []
    for node in statements(path):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            full = [f"{module}.{alias.name}" for alias in node.names]
            found += [(name if name in known_modules() else module, node.lineno) for name in full]
    return found


def test_every_module_has_a_room():
    lost = [str(path) for path, parts in modules() if parts[0] not in LEVEL_OF]
    assert lost == [], "in no room: add it to the table in docs/architecture.md"


def test_imports_point_down():
    wrong = []
    for path, parts in modules():
        for name, line in imports(path, parts):
            root, _, rest = name.partition(".")
            target = rest.partition(".")[0]
            if root == "mangacolor" and target not in ("", parts[0]) and LEVEL_OF[target] >= LEVEL_OF[parts[0]]:
                wrong.append(f"{'.'.join(parts)}:{line} (level {LEVEL_OF[parts[0]]}) imports {name}")
    assert wrong == []


def test_only_the_rooms_that_may_name_torch():
    wrong = [
        f"{'.'.join(parts)}:{line} imports {name}"
        for path, parts in modules()
        if parts[0] not in MAY_IMPORT_TORCH
        for name, line in imports(path, parts)
        if name.partition(".")[0] in TORCH or name == "safetensors.torch"
    ]
    assert wrong == []


def test_the_table_names_every_room_once_and_no_other():
    there = {parts[0] for _, parts in modules()}
    assert sorted(room for _, room, _ in ROOMS) == sorted(there)


def test_the_walk_sees_imports_inside_functions_and_both_spellings(tmp_path):
    """Hand-written module, hand-listed imports: the checks above would be empty if the walk were blind."""
    file = tmp_path / "probe.py"
    file.write_text(
        "import torch.nn\nfrom mangacolor import errors, __version__\nfrom . import config\n"
        "def f():\n    from mangacolor.models.nn import blocks\n    from .page.ink import spread\n"
    )
    found = {name for name, _ in imports(file, ("probe",))}
    wanted = {
        "torch.nn",
        "mangacolor",
        "mangacolor.errors",
        "mangacolor.config",
        "mangacolor.models.nn.blocks",
        "mangacolor.page.ink",
    }
    assert found == wanted


def test_command_line_and_low_levels_start_without_torch():
    """Contract: `mangacolor --help` must not load torch, not even through a third package."""
    low = [
        ".".join(("mangacolor", *(part for part in parts if part != "__init__")))
        for _, parts in modules()
        if LEVEL_OF.get(parts[0], 9) <= 2
    ]
    names = ", ".join(["sys", "mangacolor.cli", "mangacolor.cli.app", *low])
    code = f"import {names}; assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_no_test_file_imports_another():
    """What tests share lies in files of its own: else a change to one test breaks those of something else."""
    tests = Path(__file__).parent
    words = re.compile(r"\b(?:import|from)\b.*\btest_")  # without them there is nothing to parse a file for
    for path in sorted(tests.rglob("*.py")):
        if not words.search(path.read_text(encoding="utf-8")):
            continue
        for node in statements(path):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith("test_")], f"{path.name}:{node.lineno}"


def lines_of_code(path):
    """Yield name, line and length of each function: what it takes, docstring, comments and blank lines do not count.

    A command declares all its options as parameters, and a docstring is no work to follow.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    code = [bool(line.strip()) and not line.strip().startswith("#") for line in lines]
    for node in statements(path):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield node.name, node.lineno, sum(code[body[0].lineno - 1 : node.end_lineno]) if body else 0


def test_no_file_and_no_function_is_too_long_to_be_read_at_once():
    long = []
    for path, parts in modules():
        name = ".".join(parts)
        if path.read_text(encoding="utf-8").count("\n") > MOST_LINES_OF_A_FILE:
            long.append(name)
        long += [f"{name}:{line} {f}" for f, line, lines in lines_of_code(path) if lines > MOST_LINES_OF_A_FUNCTION]
    assert long == []


def test_lines_are_counted_as_they_are_said_to_be(tmp_path):
    """Hand-written function, counted by hand."""
    file = tmp_path / "probe.py"
    file.write_text("""def f(
    a,
):
    '''Say.

    More.
    '''
    # why
    if a:

        return (
            a
        )
""")
    assert list(lines_of_code(file)) == [("f", 1, 4)]


def test_files_that_the_notes_name_are_there():
    """The map would lead astray. Names without a folder lie in the room that the line is about."""
    named = set(re.findall(r"`([\w/]+\.(?:py|md))`", NOTES.read_text(encoding="utf-8")))
    assert len(named) > 40
    roots = (PACKAGE, NOTES.parent.parent)
    lost = {name for name in named if not any(root.joinpath(name).is_file() for root in roots)}
    known = {path.name for path, _ in modules()}
    assert {name for name in lost if "/" in name or name not in known} == set()
