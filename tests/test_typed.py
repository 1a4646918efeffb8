"""Types, for programs that use the package.

Oracle: mypy, strict, on such a program; it follows nothing else than what such a program imports.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import mangacolor
from mangacolor import ColorizeOptions

PACKAGE = Path(mangacolor.__file__).parent

PROGRAM = """
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from typing_extensions import assert_type

import mangacolor
from mangacolor import ColorizeOptions, Colorizer, ExitCode, Hint, MangacolorError, Sitting

page = Image.open("page.png")
pixels = np.asarray(page)
colorizer = Colorizer("mine.safetensors", separator=Path("other"), precision="bf16", references=page, seed=3)
assert_type(colorizer.colorize(page), Image.Image)
assert_type(colorizer.colorize(pixels, hints=[Hint(120, 1100, "#d03030")]), NDArray[np.uint8])
colorizer.colorize(page, hints=Hint(1.5, 2, (208, 48, 48)))
Hint(np.int64(3), np.float32(2), [1, 2, 3])
Hint(3, 2, pixels[0, 0])

other = colorizer.following(page).following(pixels).following([page, pixels]).following([])
sitting: Sitting = other.open(page)
assert_type(sitting.paint([Hint(1, 1, "navy")], ask_generator=False), NDArray[np.uint8])

options = ColorizeOptions(weights="a.safetensors", reference=["a.png", Path("b")], saturation=2, layers="ora")
assert_type(options.weights, Path | None)
assert_type(options.reference, tuple[Path, ...])
assert_type(Colorizer.from_options(options, page), Colorizer)
assert_type(options.fingerprint(weights="x"), str)
try:
    mangacolor.Colorizer()
except MangacolorError as error:
    code: ExitCode = error.exit_code
    print(error.advice, mangacolor.__version__)

mangacolor.Colorrizer  # wrong: attr-defined
ColorizeOptions(precision="fp64")  # wrong: arg-type
ColorizeOptions(colour=True)  # wrong: call-arg
colorizer.colorize("page.png")  # wrong: call-overload
Hint(1, 2, 0xD03030)  # wrong: arg-type
"""


def test_a_strict_program_is_told_its_mistakes_and_nothing_else(tmp_path):
    program, config = tmp_path / "program.py", tmp_path / "mypy.ini"
    program.write_text(PROGRAM, encoding="utf-8")
    config.write_text("[mypy]\nstrict = true\nfollow_imports = silent\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir", str(tmp_path / "cache")]
    environment = {**os.environ, "MYPYPATH": str(PACKAGE.parent)}
    said = subprocess.run(
        [*command, "--no-error-summary", "--hide-error-context", program.name],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=150,
    )  # fmt: skip
    assert not said.stderr
    told = [line for line in said.stdout.splitlines() if ": error: " in line]
    found = [(int(line.split(":")[1]), line.rsplit("[", 1)[1].rstrip("]")) for line in told]
    lines = PROGRAM.splitlines()
    wrong = [(number, line.split("# wrong: ")[1]) for number, line in enumerate(lines, 1) if "# wrong: " in line]
    assert found == wrong, said.stdout


def test_the_package_says_that_it_is_typed():
    """Contract of PEP 561."""
    assert (PACKAGE / "py.typed").is_file()


def test_options_take_for_a_checker_what_they_take():
    """Oracle: the fields, in their order."""
    tree = ast.parse((PACKAGE / "colorize" / "options.py").read_text(encoding="utf-8"))
    (told,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    assert [one.arg for one in told.args.args] == ["self", *(field.name for field in fields(ColorizeOptions))]
    assert len(told.args.defaults) == len(fields(ColorizeOptions))


def test_all_that_is_offered_is_listed():
    assert set(mangacolor.__all__) <= set(dir(mangacolor))
