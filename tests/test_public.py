"""The public surface. Oracle: docs/python.md, which promises these names and calls to those who import the package."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mangacolor

PROMISE = (Path(__file__).parent.parent / "docs" / "python.md").read_text(encoding="utf-8")
CALLS = dict(re.findall(r"^\| `([\w.]+)` \| `(\(.*\))` \|$", PROMISE, re.MULTILINE))
STATUSES = {name: int(status) for name, status in re.findall(r"^\| `(\w+)` \|.*\| (\d) \|$", PROMISE, re.MULTILINE)}


def found(name):
    thing = mangacolor
    for part in name.split("."):
        thing = getattr(thing, part)
    return thing


@pytest.mark.parametrize("name", CALLS)
def test_calls_are_as_promised(name):
    called = inspect.signature(found(name))
    plain = [
        one.replace(annotation=inspect.Parameter.empty) for one in called.parameters.values() if one.name != "self"
    ]
    assert str(inspect.Signature(plain)) == CALLS[name]


def test_the_package_offers_what_is_promised_and_no_more():
    promised = {name.partition(".")[0] for name in CALLS} | STATUSES.keys() | {"ExitCode", "__version__"}
    assert set(mangacolor.__all__) == promised
    assert len(CALLS) == 10
    assert len(STATUSES) == 5


@pytest.mark.parametrize("name", STATUSES)
def test_errors_are_of_one_family_and_carry_their_status(name):
    error = found(name)
    assert issubclass(error, mangacolor.MangacolorError)
    assert error.exit_code == STATUSES[name]
    assert str(error("It broke.", advice="Mend it.")) == "It broke.\nMend it."


def test_importing_the_package_loads_no_torch():
    code = "import sys, mangacolor; mangacolor.Hint; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
