"""Oracle: the README's own words. Every command in it exists with the options it names; the short ones run."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import typer.main

from mangacolor.cli import run
from mangacolor.cli.app import app

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    path
    for folder in (".", "docs", "docs/decisions", "examples", "weights")
    for path in sorted((ROOT / folder).glob("*.md"))
]
"""Every page of prose: the first, the guides, measurements and decisions, the lessons, the cards."""


def commands(prefix):
    for document in DOCUMENTS:
        for line in document.read_text(encoding="utf-8").splitlines():
            if line.startswith("    " + prefix):
                yield line.strip().split("  #")[0]


@pytest.mark.parametrize("command", sorted(set(commands("mangacolor "))))
def test_every_command_and_option_exists(command):
    words = shlex.split(command)[1:]
    parser = typer.main.get_command(app)
    if words[0].startswith("-"):
        return
    known = {option for parameter in parser.commands[words[0]].params for option in parameter.opts}
    assert {word for word in words[1:] if word.startswith("-")} <= known


@pytest.mark.parametrize("target", sorted({line.split()[1] for line in commands("make ")}))
def test_every_make_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_file_linked_exists():
    for document in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (document.parent / link).exists(), f"{document.name} links {link}"


@pytest.mark.slow
def test_the_shipped_weights_colour_the_first_example_page(tmp_path, monkeypatch):
    """The README's first command, on our own page, with the weights of this checkout."""
    monkeypatch.delenv("MANGACOLOR_WEIGHTS", raising=False)
    page = ROOT / "examples" / "pages" / "page_01_sea.png"
    assert run(["colorize", str(page), "-o", str(tmp_path / "out.png"), "-q"]) == 0
    from mangacolor.image import read_image
    from mangacolor.page.kinds import is_colored

    before, after = read_image(page).rgb, read_image(tmp_path / "out.png").rgb
    assert after.shape == before.shape
    assert is_colored(after)
    lettering = np.s_[724:810, 85:222]
    assert before[lettering].min() == 0
    assert after[lettering][before[lettering] == 0].max() <= 8, "lettering was repainted"


@pytest.mark.parametrize(("name", "written"), [("README.md", "coloured.png"), ("docs/python.md", "brown.png")])
def test_python_lines_run(name, written, tmp_path, monkeypatch, tiny_weights, installed_separator):
    monkeypatch.setenv("MANGACOLOR_WEIGHTS", str(tiny_weights))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, name, "exec"), {})
    assert (tmp_path / written).exists()


def test_extras_have_one_spelling():
    """Contract: the name is on no index, so that a fresh environment installs extras from the checkout."""
    for document in DOCUMENTS:
        assert "pip install 'mangacolor[" not in document.read_text(encoding="utf-8"), document.name


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


HINTED = ("README.md", "docs/guide.md", "docs/serve.md", "docs/python.md")
EXAMPLE = re.compile(r'"x": (\d+), "y": (\d+)|Hint\((\d+), (\d+)')


@pytest.mark.slow
def test_hints_of_the_documents_lie_in_hair_of_the_page_that_they_name(monkeypatch):
    """Oracle: where the hair of the girl is drawn, and that nothing of it is kept white."""
    monkeypatch.delenv("MANGACOLOR_WEIGHTS", raising=False)
    from mangacolor import Colorizer
    from mangacolor.image import read_image

    rgb = read_image(ROOT / "examples" / "pages" / "page_01_sea.png").rgb
    page = Colorizer().open(rgb)
    hair = {page.area_at(x, y) for x, y in ((120, 1100), (122, 1090), (116, 1120))}
    assert len(hair) == 1
    for name in HINTED:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "examples/pages/page_01_sea.png" in text
        found = [tuple(int(number) for number in one if number) for one in EXAMPLE.findall(text)]
        assert found
        for x, y in found:
            assert page.area_at(x, y) in hair, f"{name}: {x}, {y}"
            assert not page.seen.paper[y, x]
