"""The series of a studio as they lie on the disk: what was learnt of them, and what has changed.

Oracles: docs/series.md (what `adapt` has learnt counts wherever the series is named; a change counts at once), and the
colouriser that `serve` and `colorize` take for a series.
"""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from studio_stubs import page, png

from mangacolor.colorize.surveys import colorizer_following
from mangacolor.models.changes import write_changes
from mangacolor.models.weight_files import read_weight_file
from mangacolor.series import ADAPTED_NAME, digest_of, open_series
from mangacolor.web import known_series
from mangacolor.web.studio.palettes import Palettes

PLACE = ("page.png", png(page()), 80, 100)


@pytest.fixture
def palettes(tmp_path):
    """A studio's series, of which `rin` has a colour and a place that shows it."""
    palettes = Palettes(tmp_path)
    assert palettes.make("rin") == "rin"
    palettes.save("rin", "Rin", "jacket", (200, 20, 20), PLACE)
    return palettes


@pytest.mark.slow
def test_what_was_learnt_of_a_series_counts_in_the_studio(palettes, tmp_path, seeing_colorizer, seeing_weights):
    file = read_weight_file(seeing_weights)
    name, tensor = next((name, one) for name, one in file.tensors.items() if one.ndim == 4)
    plain = palettes.following("rin", seeing_colorizer)
    write_changes(tmp_path / "series" / "rin" / ADAPTED_NAME, {name: np.ones_like(tensor)}, file.digest, {})
    learnt = palettes.following("rin", seeing_colorizer)
    as_served = colorizer_following(seeing_colorizer, open_series(tmp_path / "series" / "rin"))
    assert learnt.settings == as_served.settings
    assert learnt.engine.backend is not seeing_colorizer.engine.backend
    assert plain.engine.backend is seeing_colorizer.engine.backend
    assert palettes.following("rin", seeing_colorizer) is learnt  # learning takes seconds


@pytest.mark.parametrize("change", ["what was learnt", "an example"])
def test_every_file_of_a_series_counts(palettes, tmp_path, change):
    folder = tmp_path / "series" / "rin"
    before, colours = palettes.digest("rin"), (folder / "series.toml").stat().st_mtime_ns
    if change == "an example":
        (example,) = open_series(folder).examples
        example.picture.write_bytes(png(page(1)) + b"\0")
    else:
        (folder / ADAPTED_NAME).write_bytes(b"what adapt writes")
    assert (folder / "series.toml").stat().st_mtime_ns == colours
    assert palettes.digest("rin") == digest_of(open_series(folder)) != before


def test_the_series_used_last_are_ready(tmp_path, monkeypatch):
    palettes, learnt = Palettes(tmp_path), []
    for number in range(3):
        palettes.make(f"s{number}")
        palettes.save(f"s{number}", "Rin", "jacket", (number, 0, 0), None)

    def follow(colorizer, series):
        learnt.append(series.name)
        return series.name

    monkeypatch.setattr(known_series, "KEPT", 2)
    monkeypatch.setattr(palettes, "_ready", known_series.ReadyColorizers(follow))
    for key in ("s0", "s1", "s0", "s2", "s0", "s1"):
        assert palettes.following(key, None) == key
    assert learnt == ["s0", "s1", "s2", "s1"]
