"""Series folders.

Oracles: another reader, `tomllib`, of what is written; what a person wrote stays, line by line; invariants with
hypothesis: a colour that is set is read again, whatever the names; and the contract of every error.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mangacolor.errors import BadInputError, ModelFileError
from mangacolor.series import (
    SERIES_NAME,
    Example,
    Learnt,
    Part,
    digest_of,
    merge_series,
    open_series,
    part_of,
    read_learnt,
    remove_part,
    set_colours,
    write_learnt,
)
from mangacolor.series.document import parse
from mangacolor.series.folder import with_colour

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WRITTEN = """\
# Our heroine.
format = 1
name = "Rin"

[settings]
likeness = 0.3

[character.Rin]
hair = "#7a3b2e"  # as on the cover of volume 1
"School Jacket" = [36, 64, 142]

[place.classroom]
wall = "beige"

[[example]]
of = "rin.hair"
picture = "examples/cover.png"
at = [[4, 5], [6, 7]]
"""
RIN_HAIR = Part("character", "rin", "hair")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "rin.series"
    (folder / "examples").mkdir(parents=True)
    (folder / SERIES_NAME).write_text(WRITTEN)
    Image.new("RGB", (20, 20), (200, 120, 90)).save(folder / "examples" / "cover.png")
    return folder


def test_a_file_is_read_as_it_is_written(folder):
    series = open_series(folder)
    assert series.name == "Rin"
    assert series.likeness == 0.3
    assert series.colours == {
        RIN_HAIR: (122, 59, 46),
        Part("character", "rin", "school-jacket"): (36, 64, 142),
        Part("place", "classroom", "wall"): (245, 245, 220),
    }
    assert series.examples == (Example(RIN_HAIR, folder / "examples" / "cover.png", ((4, 5), (6, 7))),)


def test_setting_a_colour_leaves_all_other_lines(folder):
    set_colours(
        folder,
        {RIN_HAIR: (1, 2, 3), Part("character", "rin", "eyes"): (4, 5, 6), Part("character", "aki", "hair"): (7, 8, 9)},
    )
    lines = (folder / SERIES_NAME).read_text().splitlines()
    assert 'hair = "#010203"  # as on the cover of volume 1' in lines
    assert set(WRITTEN.splitlines()) - set(lines) == {'hair = "#7a3b2e"  # as on the cover of volume 1'}
    told = tomllib.loads("\n".join(lines))
    assert told["character"]["Rin"]["eyes"] == "#040506"
    assert told["character"]["aki"] == {"hair": "#070809"}
    assert len(told["example"]) == 1


def test_a_picture_as_it_was_drawn_comes_with_the_one_in_colour(folder, tmp_path):
    Image.new("RGB", (20, 20), (200, 120, 90)).save(tmp_path / "7_color.png")
    Image.new("L", (20, 20), 140).save(tmp_path / "7.png")
    before = digest_of(open_series(folder))
    series = set_colours(folder, {}, [Example(RIN_HAIR, tmp_path / "7_color.png", ((1, 2),))])
    (told,) = tomllib.loads((folder / SERIES_NAME).read_text())["example"][1:]
    assert set(told) == {"of", "picture", "at", "drawn"}
    example = series.examples[1]
    assert (folder / told["drawn"]) == example.drawn
    assert example.drawn.read_bytes() == (tmp_path / "7.png").read_bytes()
    with_it = digest_of(series)
    Image.new("L", (20, 20), 90).save(example.drawn)
    assert len({before, with_it, digest_of(series)}) == 3
    example.drawn.unlink()
    with pytest.raises(BadInputError, match=r"example 2 .* is missing"):
        open_series(folder)


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8).filter(
    lambda name: name.strip("._-'\"[]#=") == name and "." not in name and not set(name) & set("\"'\\[]")
)


@settings(deadline=None, max_examples=60)
@given(names, names, st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
def test_a_colour_that_is_set_is_read_again_whatever_the_names(tmp_path_factory, owner, name, first, second):
    from mangacolor.series.document import one_spelling

    part = Part("character", one_spelling(owner), one_spelling(name))
    text = with_colour(with_colour("format = 1\n", part, first), Part("place", "elsewhere", "sky"), first)
    series = parse(with_colour(text, part, second), tmp_path_factory.getbasetemp(), "here")
    assert series.colours[part] == second
    assert len(series.colours) == 2


values = st.tuples(*[st.integers(0, 255)] * 3)
comments = st.sampled_from(["", "  # as on the cover", " #", "# \"as\" 'on' #1, #2 ]", " # \\"])
WAYS = [
    '"#{:02x}{:02x}{:02x}"',
    "'#{:02x}{:02x}{:02x}'",
    "[{}, {}, {}]",
    '"""rgb({}, {}, {})"""',
    "'''#{:02x}{:02x}{:02x}'''",
]


@settings(deadline=None, max_examples=100)
@given(values, st.sampled_from(WAYS), comments, st.lists(values, min_size=1, max_size=4))
def test_a_colour_that_is_set_again_and_again_is_as_if_set_once(first, way, comment, others):
    text = f'format = 1\n\n[character.rin]\nhair = {way.format(*first)}{comment}\neyes = "teal"  # both\n'
    again = text
    for rgb in others:
        again = with_colour(again, RIN_HAIR, rgb)
    assert again == with_colour(text, RIN_HAIR, others[-1])
    assert again.splitlines()[3] == 'hair = "#{:02x}{:02x}{:02x}"'.format(*others[-1]) + comment
    assert tomllib.loads(again)["character"]["rin"] == {
        "hair": "#{:02x}{:02x}{:02x}".format(*others[-1]),
        "eyes": "teal",
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("format = 1", "format = 2"), "newer"),
        (("format = 1\n", ""), "format"),
        (('hair = "#7a3b2e"', 'hair = "#7a3b2e"\nhair = "#000000"'), "twice"),
        (('hair = "#7a3b2e"', 'hair = "#7a3b2e"\nHair = "#000000"'), "two colours for rin.hair"),
        (('"#7a3b2e"', '"brownish"'), "no colour"),
        (("[36, 64, 142]", "[36, 64, 342]"), "no colour"),
        (("[36, 64, 142]", "[true, false, true]"), "no colour"),
        (("[36, 64, 142]", "[36, 64, 142, 1]"), "no colour"),
        (('"#7a3b2e"', '"rgb(300, 0, 0)"'), "no colour"),
        (('"#7a3b2e"', '"rgb(200%, 0%, 0%)"'), "no colour"),
        (("likeness = 0.3", "likeness = 3"), "likeness"),
        (("likeness", "likenes"), "likenes"),
        (("[place.classroom]", "[place.rin]"), "a character and a place"),
        (("[place.classroom]", "[thing.classroom]"), "`thing` is unknown"),
        (('of = "rin.hair"', 'of = "hair"'), "names no part"),
        (("at = [[4, 5], [6, 7]]", "at = [[4]]"), "points"),
        (("\nat = ", "\nwhere = "), "unknown `where`"),
        (("cover.png", "back.png"), "missing"),
        (("[character.Rin]", "[character.Rin"), "not a series file"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_changed(folder, change, told):
    text = WRITTEN.replace(*change)
    assert text != WRITTEN
    (folder / SERIES_NAME).write_text(text)
    with pytest.raises(BadInputError, match=told):
        open_series(folder)
    if told != "missing":
        with pytest.raises(BadInputError, match=told):
            set_colours(folder, {RIN_HAIR: (0, 0, 0)})
    if told != "missing":
        assert (folder / SERIES_NAME).read_text() == text


def test_no_folder_and_what_is_no_text(tmp_path):
    with pytest.raises(BadInputError, match=r"no series\.toml"):
        open_series(tmp_path / "nowhere.series")
    (tmp_path / SERIES_NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="UTF-8"):
        open_series(tmp_path)


@given(names, names)
@settings(max_examples=30, deadline=None)
def test_a_part_that_is_removed_is_gone_and_all_else_stays(tmp_path_factory, owner, name):
    folder = tmp_path_factory.mktemp("series")
    picture = folder / "1.png"
    Image.new("RGB", (4, 4)).save(picture)
    gone, other = part_of(f"{owner}.{name}", {}), part_of("someone else.hat", {})
    examples = [Example(one, picture, ((1, 2),)) for one in (gone, other, gone)]
    set_colours(folder, {gone: (1, 2, 3), other: (4, 5, 6)}, examples)
    with (folder / SERIES_NAME).open("a", encoding="utf-8") as file:
        file.write("# a word of somebody\n")
    before = open_series(folder)
    after = remove_part(folder, gone)
    assert after.colours == {part: rgb for part, rgb in before.colours.items() if part != gone}
    assert after.examples == tuple(one for one in before.examples if one.part != gone)
    with pytest.raises(BadInputError, match="not in"):
        remove_part(folder, gone)


def test_merging_adds_what_is_new_and_refuses_two_colours(folder, tmp_path):
    other = tmp_path / "aki.series"
    picture = tmp_path / "aki.png"
    Image.new("RGB", (9, 9), (10, 20, 30)).save(picture)
    aki = Part("character", "aki", "hair")
    set_colours(other, {aki: (7, 8, 9), RIN_HAIR: (122, 59, 46)}, [Example(aki, picture, ((1, 2),))])
    merged = merge_series(folder, open_series(other))
    assert merged.colours[aki] == (7, 8, 9)
    assert [one.part for one in open_series(folder).examples] == [RIN_HAIR, aki]
    before = (folder / SERIES_NAME).read_text()
    merge_series(folder, open_series(other))
    assert (folder / SERIES_NAME).read_text() == before
    set_colours(other, {RIN_HAIR: (0, 0, 0)})
    with pytest.raises(BadInputError, match=r"Two colours for rin\.hair"):
        merge_series(folder, open_series(other))
    assert (folder / SERIES_NAME).read_text() == before


LEARNT = Learnt(
    ("character.rin.hair",), ("hair",), np.array([0.5], np.float32), np.ones((1, 4), np.float16),
    np.array([[1, 2, 3]], np.int16),
)  # fmt: skip


def test_what_was_learnt_is_read_again_and_only_for_what_it_was_made_of(tmp_path):
    assert read_learnt(tmp_path, "a") is None
    write_learnt(tmp_path, LEARNT, "a")
    again = read_learnt(tmp_path, "a")
    assert again.parts == LEARNT.parts
    assert np.array_equal(again.seen, LEARNT.seen)
    assert read_learnt(tmp_path, "b") is None


def test_what_an_older_version_learnt_is_learnt_anew(tmp_path):
    write_learnt(tmp_path, LEARNT, "a")
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes().replace(b'\\"format\\": 3', b'\\"format\\": 1'))
    assert read_learnt(tmp_path, "a") is None


def test_damaged_and_newer_files_of_what_was_learnt_are_told(tmp_path, monkeypatch):
    write_learnt(tmp_path, LEARNT, "a")
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelFileError, match="damaged"):
        read_learnt(tmp_path, "a")
    path.write_bytes(whole.replace(b'\\"format\\": 3', b'\\"format\\": 9'))
    with pytest.raises(ModelFileError, match="newer"):
        read_learnt(tmp_path, "a")
