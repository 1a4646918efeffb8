"""The studio's browser side as files: its own tests, its syntax, that it is whole, and that it needs no other machine.

Oracle: node's test runner for the tests in tests/studio; WCAG 2.2 for contrast; the files for what they name.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import mangacolor

HERE = Path(__file__).parent
STATIC = Path(mangacolor.__file__).parent / "web" / "studio" / "static"
MODULES = sorted(STATIC.glob("*.js"))
NODE = shutil.which("node")
NEEDS_NODE = pytest.mark.skipif(NODE is None, reason="needs node: apt install nodejs")

CONTRASTS = [
    *[(text, ground, 4.5) for text in ("text", "quiet") for ground in ("ground", "panel", "raised")],
    *[("text", "accent-soft", 4.5), ("on-accent", "accent", 4.5), ("good", "panel", 4.5), ("warn", "panel", 4.5)],
    *[("edge-strong", ground, 3.0) for ground in ("ground", "panel", "raised")],
    *[("accent", ground, 3.0) for ground in ("ground", "stage", "panel", "accent-soft")],
]


def run_node(*words):
    return subprocess.run([NODE, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
@NEEDS_NODE
def test_the_modules_own_tests_pass():
    done = run_node("--test", "--test-reporter=tap", *sorted((HERE / "studio").glob("*.test.mjs")))
    assert done.returncode == 0, done.stdout[-6000:]
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE).group(1)) >= 20


@NEEDS_NODE
@pytest.mark.slow
def test_every_module_can_be_read(tmp_path):
    """One process reads them all: node takes longer to begin than to read."""
    script = tmp_path / "read.mjs"
    script.write_text(
        'import { readFileSync } from "node:fs";\nimport { SourceTextModule } from "node:vm";\n'
        "for (const name of process.argv.slice(2))\n"
        '  new SourceTextModule(readFileSync(name, "utf8"), { identifier: name });\n'
        "console.log(process.argv.length - 2);\n"
    )
    done = run_node("--experimental-vm-modules", "--no-warnings", script, *MODULES)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(MODULES) > 5


@NEEDS_NODE
def test_what_the_browser_zips_python_unzips(tmp_path):
    """Oracle: zipfile, which compares sizes and sums."""
    import zipfile

    script = tmp_path / "zip.mjs"
    script.write_text(
        f'import {{ zip }} from "{(STATIC / "zip.js").as_uri()}";\nimport {{ writeFileSync }} from "node:fs";\n'
        'const files = [{ name: "ä/2.png", bytes: new Uint8Array(70000).fill(7) },\n'
        '  { name: "1", bytes: new Uint8Array() }];\n'
        f"writeFileSync({str(tmp_path / 'out.zip')!r}, Buffer.concat(zip(files)));\n"
    )
    done = run_node(script)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "out.zip") as book:
        assert book.testzip() is None
        assert book.namelist() == ["ä/2.png", "1"]
        assert book.read("ä/2.png") == bytes([7]) * 70000


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_what_a_module_takes_from_another_is_there(module):
    text = module.read_text(encoding="utf-8")
    for names, source in re.findall(r"^import (?:\{([^}]*)\}|\* as \w+) from \"\./([\w.]+)\";$", text, re.MULTILINE):
        other = (STATIC / source).read_text(encoding="utf-8")
        given = set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", other, re.MULTILINE))
        for name in filter(None, (one.strip() for one in names.split(","))):
            assert name in given, f"{source} exports no {name}"
            assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{name} is not used"
    assert not re.search(r"^import (?![{*])", text, re.MULTILINE)


def test_files_are_short_and_their_lines_fit():
    for path in sorted(STATIC.iterdir()):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 280, path.name
        assert path.name in ("icon.svg", "icons.js") or max(map(len, lines)) <= 120, path.name


def test_nothing_is_loaded_from_elsewhere_and_no_style_or_script_lies_in_the_page():
    """Contract: the studio works without network, and under a policy that allows no inline code."""
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://", text), path.name
        assert not re.search(r"\b(?:eval|innerHTML|outerHTML|insertAdjacentHTML)\b", text), path.name
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    for name in re.findall(r'(?:href|src)="studio/([^"]+)"', page):
        assert (STATIC / name).is_file()


def styles():
    return "".join(
        path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.css")) if path.name != "theme.css"
    )


def themes():
    """The colours of theme.css by name: in light, and in dark."""
    pairs = re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", (STATIC / "theme.css").read_text(encoding="utf-8")
    )
    assert len(pairs) >= 13
    return {name: light for name, light, _ in pairs}, {name: dark for name, _, dark in pairs}


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_and_edges_can_be_seen_on_every_ground_in_light_and_in_dark():
    """WCAG 2.2, 1.4.3 and 1.4.11: 4.5 for text, 3 for what tells a control or its state."""
    for theme in themes():
        for front, ground, least in CONTRASTS:
            bright, dark = sorted((luminance(theme[front]), luminance(theme[ground])), reverse=True)
            contrast = (bright + 0.05) / (dark + 0.05)
            assert contrast >= least, f"{front} on {ground}: {contrast:.2f}"


def test_every_colour_of_the_stylesheet_has_a_value_and_every_value_a_use():
    style = styles()
    theme = (STATIC / "theme.css").read_text(encoding="utf-8")
    given = set(re.findall(r"^\s*--([\w-]+):", theme, re.MULTILINE))
    set_by_code = {"color", "at", "from", "to"}
    used = set(re.findall(r"var\(--([\w-]+)", style))
    assert used <= given | set_by_code
    assert given <= used


def test_classes_of_the_code_are_those_of_the_stylesheet():
    """A class that nothing styles, and a style that nothing wears, are left over."""
    style = styles()
    code = "".join(path.read_text(encoding="utf-8") for path in MODULES)
    styled = set(
        re.findall(r"\.([a-z][\w-]*)(?=[^{}]*\{)", re.sub(r"/\*.*?\*/|url\([^)]*\)", "", style, flags=re.DOTALL))
    )
    missing = {name for name in styled if not re.search(rf"[\"'` ]{name}[\"'` ]", code)}
    assert not missing, sorted(missing)


def test_the_wheel_takes_the_files_along():
    """Contract of hatchling: everything below `packages` that git does not ignore."""
    done = subprocess.run(
        ["git", "check-ignore", *map(str, STATIC.iterdir())], capture_output=True, text=True, check=False, cwd=HERE
    )
    if done.returncode == 128:
        pytest.skip("needs the git repository")
    assert not done.stdout
