"""Options of colouring, without a command line.

Oracle: the contract of `ColorizeOptions`: checked values, and a fingerprint that tells apart whatever differs.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from mangacolor import ColorizeOptions, UsageError
from mangacolor.colorize.options import checked_option

OTHER = {
    "size": 640, "saturation": 1.2, "seed": 3, "format": "webp", "quality": 80, "force": True, "fast": True,
    "white_paper": True, "flat": True, "consistent": True, "layers": "ora",
}  # fmt: skip
"""Another value of every option that decides what a page becomes."""

HARMLESS = {
    "runtime": "torch", "device": "cpu", "precision": "fp32", "mark": True, "verify": False, "max_pixels": 5,
    "max_entries": 5, "max_entry_mb": 5, "max_expansion": 5,
}  # fmt: skip
FILES = {"weights": Path("w"), "separator": Path("s"), "reference": (Path("a.png"),), "series": Path("a.series")}


def test_every_option_is_known_to_this_test():
    """Whoever adds one says whether it decides what a page becomes."""
    assert OTHER.keys() | HARMLESS.keys() | FILES.keys() == {
        field.name for field in dataclasses.fields(ColorizeOptions)
    }


def test_the_fingerprint_tells_apart_what_differs_and_only_that():
    plain = ColorizeOptions().fingerprint()
    prints = [ColorizeOptions(**{name: value}).fingerprint() for name, value in OTHER.items()]
    digests = [ColorizeOptions().fingerprint(**{name: "d1"}) for name in FILES]
    assert len({plain, *prints, *digests}) == 1 + len(OTHER) + len(FILES)
    for name, value in {**HARMLESS, **FILES}.items():
        assert ColorizeOptions(**{name: value}).fingerprint() == plain


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 31), ("size", 64.0), ("saturation", -0.1), ("saturation", float("inf")), ("quality", 0), ("fast", 1),
        ("format", "svg"), ("precision", "int8"), ("reference", "cover.png"), ("weights", 3), ("max_pixels", 0),
    ],
)  # fmt: skip
def test_values_out_of_place_are_refused_by_name(name, value):
    with pytest.raises(UsageError, match=rf"^{name} .*{value}"):
        ColorizeOptions(**{name: value})
    with pytest.raises(UsageError, match=rf"^--{name} "):
        checked_option(name, value, f"--{name}")


def test_values_have_the_types_of_the_defaults():
    options = ColorizeOptions(weights="w.safetensors", reference=["a.png"], saturation=1)
    assert options.weights == Path("w.safetensors")
    assert options.reference == (Path("a.png"),)
    assert hash(options) == hash(dataclasses.replace(options))


def test_options_and_jobs_need_neither_the_command_line_nor_torch():
    """Contract: a server has them without either."""
    code = (
        "import sys, mangacolor.colorize.jobs, mangacolor.colorize.options;"
        "assert not [name for name in sys.modules if name == 'torch' or name.startswith('mangacolor.cli')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
