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
from mangacolor.web.studio.palettes import PagePlace, Palettes

PLACE = PagePlace("page.png", png(page()), (80, 100))


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


def examples(tmp_path):
    return [(str(one.part), one.points) for one in open_series(tmp_path / "series" / "rin").examples]


def left_of(x, y):
    """Two areas side by side, and none below them."""
    return -1 if y >= 200 else int(x >= 100)


def test_a_place_that_is_saved_again_shows_its_last_part_alone(palettes, tmp_path):
    """Contract of docs/studio.md: what was saved by mistake is made good by saving it once more."""
    palettes.save("rin", "Rin", "jacket", (200, 20, 20), PLACE._replace(point=(150, 100)))
    palettes.save("rin", "Mio", "skirt", (20, 20, 200), PLACE._replace(point=(85, 90), area_at=left_of))
    assert examples(tmp_path) == [("rin.jacket", ((150, 100),)), ("mio.skirt", ((85, 90),))]
    assert palettes.told("rin")["characters"] == {"rin": {"jacket": "#c81414"}, "mio": {"skirt": "#1414c8"}}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("another area", PLACE._replace(point=(120, 100), area_at=left_of)),
        ("another page", PLACE._replace(data=png(page(1)), area_at=left_of)),
        ("areas are not known", PLACE._replace(point=(81, 100))),
        ("no area", PLACE._replace(point=(80, 210), area_at=left_of)),
    ],
)
def test_other_places_stay(palettes, tmp_path, name, place):
    palettes.save("rin", "Mio", "skirt", (20, 20, 200), place)
    assert examples(tmp_path) == [("rin.jacket", ((80, 100),)), ("mio.skirt", (place.point,))], name


def test_places_of_the_same_part_stay(palettes, tmp_path):
    """Invariant: more examples of one part never take each other's place."""
    palettes.save("rin", "Rin", "jacket", (200, 20, 20), PLACE._replace(point=(85, 90), area_at=left_of))
    assert examples(tmp_path) == [("rin.jacket", ((80, 100),)), ("rin.jacket", ((85, 90),))]


def test_examples_of_several_places_stay_unless_all_are_there(palettes, tmp_path):
    """Contract: what people wrote by hand is not thrown away for a part of it."""
    file = tmp_path / "series" / "rin" / "series.toml"
    written = file.read_text().replace("at = [[80, 100]]", "at = [[80, 100], [150, 100]] # by hand")
    file.write_text(written)
    palettes.save("rin", "Mio", "skirt", (20, 20, 200), PLACE._replace(area_at=left_of))
    assert examples(tmp_path) == [("rin.jacket", ((80, 100), (150, 100))), ("mio.skirt", ((80, 100),))]
    assert "# by hand" in file.read_text()
