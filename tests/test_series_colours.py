"""Pages coloured after a series, and the command that makes one.

Oracles: the contract of `SeriesColours` on pages drawn here, with sights written by hand; what the command prints
against what the file says; and proposals for a picture whose colours are known.
"""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told
from PIL import Image
from stubs import Following

from mangacolor.cli import run
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import find
from mangacolor.colorize.looks import TONE_GAP, TUFT, Look, Sight, by_tones, looks_of, seen_in
from mangacolor.colorize.series_colours import SeriesColours, following_series
from mangacolor.colorize.series_examples import learn_examples
from mangacolor.errors import BadInputError, ExitCode, UsageError
from mangacolor.image.color import chroma_bins
from mangacolor.page.faces import Face
from mangacolor.page.ink import Separation
from mangacolor.series import ADAPTED_NAME, Example, Learnt, Part, open_series, remove_part, set_colours
from mangacolor.series.proposals import propose

SIZE = 320
LEFT, RIGHT = (100, 20, 180, 90), (100, 220, 180, 290)
RIN, AKI = Part("character", "rin", "hair"), Part("character", "aki", "hair")
RED, BLUE = (0.5, 0.15, 0.08), (0.5, -0.02, -0.12)
ONE, OTHER = np.array([1, 0, 0, 0], np.float32), np.array([0, 1, 0, 0], np.float32)


def page_of(tones, kind="hair"):
    """Findings and kinds of a page with a box on the left and one on the right."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    for (top, left, bottom, right), shade in zip((LEFT, RIGHT), tones, strict=True):
        tone[top:bottom, left:right] = shade
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
    found = find(Separation(ink, tone), lambda _: [])
    is_kind = np.zeros(len(found.areas.sizes), bool)
    is_kind[[area_at(found, box) for box in (LEFT, RIGHT)]] = True
    nothing = np.zeros_like(is_kind)
    hair, dressed = (is_kind, nothing) if kind == "hair" else (nothing, is_kind)
    chances = np.full((len(is_kind), len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
    return found, kinds_told(chances, is_hair=hair, is_dressed=dressed)


def area_at(found, box):
    top, left, bottom, right = box
    return int(found.areas.labels[(top + bottom) // 2, (left + right) // 2])


def sight(left, right):
    """What is seen is one thing in the left half of the page and another in the right one."""
    plane = np.zeros((4, 40, 40), np.float32)
    plane[:, :, :20], plane[:, :, 20:] = left[:, None, None], right[:, None, None]
    return lambda: Sight(plane.transpose(1, 2, 0), (1.0, 1.0))


def series_of(*entries):
    """A series with an example for each (part, kind, tone, what is seen, colour)."""
    parts, kinds, tones, seen, colours = zip(*entries, strict=True)
    learnt = Learnt(
        tuple(f"character.{part}" for part in parts), kinds, np.array(tones, np.float32), np.array(seen, np.float16),
        np.full((len(parts), 3), -1, np.int16),
    )  # fmt: skip
    return SeriesColours(learnt, np.array(colours, np.float32))


def as_one_head(found):
    """The same findings, but for the two boxes being hair of one face."""
    hair_of = found.hair_of.copy()
    hair_of[[area_at(found, box) for box in (LEFT, RIGHT)]] = 0
    return found._replace(hair_of=hair_of)


def settled(series, tones, looks, kind="hair", *, joined=False):
    found, kinds = page_of(tones, kind)
    found = as_one_head(found) if joined else found
    if joined:
        assert [len(look.areas) for look in looks_of(found, kinds)] == [2]
    colours = series.settle(found, kinds, looks)
    return tuple(tuple(np.round(colours[area_at(found, box)], 3).tolist()) for box in (LEFT, RIGHT))


BOTH = ((RIN, "hair", 0.7, ONE, RED), (AKI, "hair", 0.7, OTHER, BLUE))
NONE = (0.0, 0.0, 0.0)


def rounded(colour):
    return tuple(np.round(np.float32(colour), 3).tolist())


def test_a_series_without_examples_settles_nothing():
    nothing = Learnt((), (), np.zeros(0, np.float32), np.zeros((0, 0), np.float16), np.zeros((0, 3), np.int16))
    series = SeriesColours(nothing, np.zeros((0, 3), np.float32))
    assert settled(series, (0.7, 0.72), sight(ONE, OTHER)) == (NONE, NONE)


def test_areas_get_the_colour_of_the_example_that_they_are_like():
    told = settled(series_of(*BOTH), (0.7, 0.72), sight(OTHER, ONE))
    assert told == (rounded(BLUE), rounded(RED))


def test_tones_tell_apart_what_looks_the_same():
    series = series_of((RIN, "hair", 0.8, ONE, RED), (AKI, "hair", 0.4, ONE, BLUE))
    assert settled(series, (0.42, 0.78), sight(ONE, ONE)) == (rounded(BLUE), rounded(RED))


def test_what_is_between_two_is_left_to_the_page():
    between = (ONE + OTHER) / np.sqrt(2)
    assert settled(series_of(*BOTH), (0.7, 0.7), sight(between, ONE)) == (NONE, rounded(RED))


def test_other_tones_are_left_to_the_page():
    assert settled(series_of(*BOTH), (0.2, 0.2), sight(ONE, OTHER)) == (NONE, NONE)


def test_hair_that_is_taken_for_a_garment_is_known_but_garments_come_first():
    assert settled(series_of(*BOTH), (0.7, 0.7), sight(ONE, OTHER), "garment") == (rounded(RED), rounded(BLUE))
    series = series_of(BOTH[0], ("aki.scarf", "garment", 0.7, ONE, BLUE))
    assert settled(series, (0.7, 0.7), sight(ONE, ONE), "garment") == (rounded(BLUE), rounded(BLUE))


def test_heads_that_are_taken_for_one_are_known_by_their_tones():
    series = series_of((RIN, "hair", 0.8, ONE, RED), (AKI, "hair", 0.4, ONE, BLUE))
    assert settled(series, (0.42, 0.78), sight(ONE, ONE), joined=True) == (rounded(BLUE), rounded(RED))
    # Shadow and gloss of one head are no two tones.
    assert settled(series, (0.8, 0.7), sight(ONE, ONE), joined=True) == (rounded(RED), rounded(RED))


def test_a_shadow_that_is_like_nobody_stays_with_its_head():
    series = series_of((RIN, "hair", 0.72, ONE, RED))
    assert settled(series, (0.72, 0.45), sight(ONE, ONE)) == (rounded(RED), NONE)
    assert settled(series, (0.72, 0.45), sight(ONE, ONE), joined=True) == (rounded(RED), rounded(RED))


@pytest.mark.parametrize(("off", "parts"), [(TONE_GAP - 0.05, 1), (TONE_GAP + 0.05, 2)])
def test_hair_is_parted_where_its_tones_are_apart(off, parts):
    found, kinds = page_of((0.9 - off, 0.9))
    (whole,) = looks_of(as_one_head(found), kinds)
    told = by_tones(whole, found)
    assert len(told) == parts
    assert sorted(np.concatenate([look.areas for look in told])) == sorted(whole.areas)
    assert sum(look.tone for look in told) / parts == pytest.approx(0.9 - off / 2, abs=0.02)
    assert by_tones(whole._replace(kind="garment"), found) == [whole._replace(kind="garment")]


def test_tufts_stay_with_their_head_whatever_their_tone():
    found, kinds = page_of((0.4, 0.9))
    head, tuft = (area_at(found, box) for box in (LEFT, RIGHT))
    sizes = found.areas.sizes.copy()
    sizes[tuft] = 0.5 * TUFT * sizes[head]
    found = as_one_head(found._replace(areas=found.areas._replace(sizes=sizes)))
    (told,) = by_tones(*looks_of(found, kinds), found)
    assert set(told.areas) == {head, tuft}
    assert told.tone < 0.5


class Looker:
    """Stands in for the colorizer: shows the choosing the same page every time, and counts."""

    class weights:
        digest = "weights"

    decides_by_areas = True

    def __init__(self, tones=(0.7, 0.4), *, joined=False):
        self.looked, self.choose, self.pages = 0, None, []
        self.found, self.kinds = page_of(tones)
        self.found = as_one_head(self.found) if joined else self.found

    def choosing(self, choose, prepared=None):
        self.choose = choose
        return self

    def look(self, rgb):
        self.looked += 1
        self.pages.append(rgb)
        colours = ClassColours(chroma_bins(), self.kinds.chances[None])
        self.choose(self.found, self.kinds, colours, sight(ONE, OTHER))


@pytest.fixture
def folder(tmp_path):
    picture = tmp_path / "page.png"
    Image.new("RGB", (SIZE, SIZE), (230, 60, 40)).save(picture)
    set_colours(
        tmp_path / "rin.series",
        {RIN: (200, 40, 40)},
        [Example(RIN, picture, ((55, 140),)), Example(AKI, picture, ((255, 140),))],
    )
    return tmp_path / "rin.series"


def test_examples_are_learnt_once_and_anew_when_they_change(folder):
    colorizer = Looker()
    colours = following_series(colorizer, open_series(folder))
    assert colorizer.looked == 1
    assert settled(colours, (0.7, 0.4), sight(ONE, OTHER))[0][1] > 0.1  # red
    following_series(colorizer, open_series(folder))
    assert colorizer.looked == 1
    set_colours(folder, {AKI: (0, 0, 250)})
    assert settled(following_series(colorizer, open_series(folder)), (0.7, 0.4), sight(ONE, OTHER))[1][2] < -0.1
    assert following_series(colorizer, open_series(folder)).digest != colours.digest
    assert colorizer.looked == 1  # other colours of the same examples


def test_two_heads_in_one_tone_that_are_taken_for_one_are_learnt_apart(folder):
    """Contract: each point shows its own area then; alike, they would keep each other silent ever after."""
    colorizer = Looker((0.7, 0.7), joined=True)
    learnt = learn_examples(colorizer, open_series(folder))
    one, other = learnt.seen.astype(np.float32)
    assert learnt.parts == ("character.rin.hair", "character.aki.hair")
    assert one @ other < 0.1
    set_colours(folder, {AKI: (0, 0, 200)})
    told = settled(following_series(colorizer, open_series(folder)), (0.7, 0.7), sight(ONE, OTHER))
    assert told[0][1] > 0.1
    assert told[1][2] < -0.1


def test_an_example_in_colour_has_the_tone_that_it_is_drawn_in(folder, tmp_path):
    colorizer = Looker()
    coloured, drawn = tmp_path / "8_color.png", tmp_path / "8.png"
    rgb = np.full((SIZE, SIZE, 3), 255, np.uint8)
    rgb[100:180, 20:90] = (230, 60, 40)
    rgb[[100, 180], 20:90] = 0
    Image.fromarray(rgb).save(coloured)
    example = Example(AKI, coloured, ((55, 140),))
    set_colours(tmp_path / "alone.series", {}, [example])
    alone = learn_examples(colorizer, open_series(tmp_path / "alone.series"))
    assert np.isnan(alone.tones).all()  # light hair may be printed dark: nobody knows
    Image.fromarray(np.where(rgb.min(axis=2) < 60, rgb.min(axis=2), 200).astype(np.uint8)).save(drawn)
    set_colours(tmp_path / "both.series", {}, [example])
    both = learn_examples(colorizer, open_series(tmp_path / "both.series"))
    assert both.tones == pytest.approx([0.7], abs=0.02)
    assert both.colours.tolist() == [[230, 60, 40]]
    np.testing.assert_array_equal(colorizer.pages[-1][..., 0], colorizer.pages[-1][..., 1])  # it is the grey one


def test_a_tone_that_is_not_known_neither_fits_nor_excludes():
    series = series_of((RIN, "hair", np.nan, ONE, RED), (AKI, "hair", np.nan, OTHER, BLUE))
    assert settled(series, (0.1, 0.9), sight(ONE, OTHER)) == (rounded(RED), rounded(BLUE))
    series = series_of((RIN, "hair", np.nan, ONE, RED), (AKI, "hair", 0.7, ONE, BLUE))
    assert settled(series, (0.7, 0.7), sight(ONE, ONE)) == (rounded(BLUE), rounded(BLUE))


def test_only_what_is_new_is_looked_at_and_what_is_gone_is_forgotten(folder, tmp_path):
    colorizer = Looker()
    set_colours(folder, {AKI: (0, 0, 200)})
    following_series(colorizer, open_series(folder))
    other = tmp_path / "other.png"
    Image.new("RGB", (SIZE, SIZE), (20, 60, 40)).save(other)
    set_colours(folder, {AKI: (0, 0, 250)}, [Example(AKI, other, ((55, 140),))])
    following_series(colorizer, open_series(folder))
    assert colorizer.looked == 2
    remove_part(folder, RIN)
    following_series(colorizer, open_series(folder))
    assert colorizer.looked == 2
    assert learn_examples(Looker(), open_series(folder)).parts == ("character.aki.hair", "character.aki.hair")


def test_what_cannot_be_followed_is_told(folder, tmp_path):
    colorizer = Looker()
    set_colours(folder, {}, [Example(RIN, tmp_path / "page.png", ((5, 4000),))])
    with pytest.raises(BadInputError, match="lies off"):
        following_series(colorizer, open_series(folder))
    colorizer.decides_by_areas = False
    with pytest.raises(UsageError, match="--fast"):
        following_series(colorizer, open_series(folder))


def test_a_part_without_a_colour_needs_an_example_in_colour(tmp_path):
    Image.new("L", (SIZE, SIZE), 200).save(tmp_path / "gray.png")
    set_colours(tmp_path / "s.series", {}, [Example(RIN, tmp_path / "gray.png", ((55, 140),))])
    with pytest.raises(BadInputError, match=r"rin\.hair has no colour"):
        following_series(Looker(), open_series(tmp_path / "s.series"))


def test_the_command_sets_lists_and_merges(tmp_path, capsys):
    one, two = str(tmp_path / "one.series"), str(tmp_path / "two.series")
    assert run(["palette", one, "--set", "rin.hair=#7a3b2e", "--set", "Rin.School Jacket=navy"]) == ExitCode.DONE
    assert run(["palette", two, "--set", "aki.hair=#010203"]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["palette", one, "--merge", two, "--json"]) == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)["parts"]
    told = {f"{row['owner']}.{row['part']}": row["colour"] for row in rows}
    assert told == {"rin.hair": "#7a3b2e", "rin.school-jacket": "#000080", "aki.hair": "#010203"}


def test_the_command_prints_columns(tmp_path, capsys):
    """Contract: the colours stand below each other, whatever the names; the file has no empty lines in pairs."""
    words = ["--set", "rin.hair=#7a3b2e", "--set", "new-1.school-jacket-of-winter=navy", "--set", "aki.skin=#f2c9a8"]
    assert run(["palette", str(tmp_path / "one.series"), *words]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert len({line.index("#") for line in lines}) == 1
    assert len({line.index("  ", line.index("#")) for line in lines}) == 1
    assert "\n\n\n" not in (tmp_path / "one.series" / "series.toml").read_text()


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_proposed_gets_a_name(folder, kept):
    """Contract: colours that the name has already stay; examples go with it; nothing of the old name is left."""
    before = open_series(folder)
    set_colours(folder, {Part("character", "hana", "hair"): (1, 2, 3)} if kept else {})
    assert run(["palette", str(folder), "--rename", "rin=Hana"]) == ExitCode.DONE
    after = open_series(folder)
    assert {part.owner for part in (*after.colours, *(one.part for one in after.examples))} == {"hana", "aki"}
    assert after.colours[Part("character", "hana", "hair")] == ((1, 2, 3) if kept else before.colours[RIN])
    assert [(one.picture, one.points, one.drawn) for one in after.examples if one.part.owner == "hana"] == [
        (one.picture, one.points, one.drawn) for one in before.examples if one.part.owner == "rin"
    ]
    assert "rin]" not in (folder / "series.toml").read_text()
    assert run(["palette", str(folder), "--rename", "nobody=hana"]) == ExitCode.BAD_INPUT
    assert run(["palette", str(folder), "--rename", "hana"]) == ExitCode.USAGE


@pytest.mark.parametrize("colour", ["#7a3b2e", "[122,59,46]", "[122, 59, 46]"])
def test_the_command_takes_colours_as_the_file_has_them(tmp_path, colour):
    """Oracle: the series file, read by itself."""
    assert run(["palette", str(tmp_path / "one.series"), "--set", f"rin.hair={colour}"]) == ExitCode.DONE
    assert open_series(tmp_path / "one.series").colours == {RIN: (122, 59, 46)}


def test_a_series_that_nothing_is_recognised_by_is_told_at_the_start(folder, tmp_path, monkeypatch, capsys):
    """Oracle: what `palette` says of the same series. Nothing is said where an example is, or the weights learnt it."""
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Following())
    bare = tmp_path / "bare.series"
    set_colours(bare, {RIN: (200, 40, 40)})
    Image.new("L", (20, 20), 90).save(tmp_path / "1.png")
    following_series(Looker(), open_series(folder))  # so that its examples are looked at
    for path, is_told in ((bare, True), (folder, False)):
        run(["palette", str(path)])
        assert ("not recognised yet" in capsys.readouterr().out) == is_told
        assert run(["colorize", str(tmp_path / "1.png"), "--series", str(path), "--overwrite"]) == ExitCode.DONE
        lines = capsys.readouterr().err.splitlines()
        assert [f"palette {path} --from" in line for line in lines] == [True, False][not is_told :]
    cape, skin = (Part("character", "rin", name) for name in ("cape", "skin"))
    set_colours(folder, {cape: (9, 9, 9), skin: (250, 220, 200)})
    run(["colorize", str(tmp_path / "1.png"), "--series", str(folder), "--overwrite"])
    assert "no page gets the colour of rin.cape yet" in capsys.readouterr().err
    (bare / ADAPTED_NAME).write_bytes(b"")
    run(["colorize", str(tmp_path / "1.png"), "--series", str(bare), "--overwrite"])
    assert "palette" not in capsys.readouterr().err


def test_a_series_that_was_learnt_alone_is_listed_as_that(tmp_path, capsys):
    """Contract: stdout is the list, and what is no part of it goes to stderr."""
    folder = tmp_path / "ad.series"
    set_colours(folder, {})
    (folder / ADAPTED_NAME).write_bytes(b"what adapt writes")
    assert run(["palette", str(folder)]) == ExitCode.DONE
    listed, told = capsys.readouterr()
    assert listed == ""
    assert told == f"{folder}: no colours are set; adapt has learnt it from pages.\n"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--set", "hair=#fff"], ExitCode.USAGE),
        (["--set", "rin.hair"], ExitCode.USAGE),
        (["--set", "rin.hair=brownish"], ExitCode.USAGE),
        (["--set", "rin.hair=[1,2"], ExitCode.USAGE),
        (["--set", "rin.hair=#fff", "--set", "rin.hair=#000"], ExitCode.USAGE),
        (["--merge", "nowhere.series"], ExitCode.BAD_INPUT),
        ([], ExitCode.BAD_INPUT),
    ],
)
def test_the_command_refuses_what_says_nothing(tmp_path, words, status, capsys):
    assert run(["palette", str(tmp_path / "new.series"), *words]) == status
    assert not (tmp_path / "new.series").exists()
    assert "Traceback" not in capsys.readouterr().err


def face_at(top, left, side=60):
    """A face whose points lie where a front view has them."""

    def at(y, x):
        return left + x * side, top + y * side

    return Face(
        box=(top, left, top + side, left + side), likelihood=1.0, left_eye=at(0.45, 0.3), right_eye=at(0.45, 0.7),
        nose=at(0.6, 0.5), mouth=at(0.8, 0.5), chin=at(0.95, 0.5), cheeks=(at(0.65, 0.25), at(0.65, 0.75)),
        forehead=at(0.2, 0.5), hair=(at(-0.2, 0.3), at(-0.2, 0.7)),
    )  # fmt: skip


def test_a_coloured_picture_proposes_hair_and_skin_once_a_person(tmp_path):
    rgb = np.full((200, 300, 3), 255, np.uint8)
    faces = []
    for left, hair in ((10, (200, 60, 50)), (110, (60, 80, 190)), (210, (206, 64, 52))):
        rgb[20:60, left : left + 60], rgb[60:140, left : left + 60] = hair, (245, 205, 175)
        faces.append(face_at(60, left))
    colours, examples = propose(rgb, tmp_path / "cover.png", lambda _: faces, {"new-1"})
    assert colours == {
        Part("character", "new-2", "hair"): (200, 60, 50), Part("character", "new-2", "skin"): (245, 205, 175),
        Part("character", "new-3", "hair"): (60, 80, 190), Part("character", "new-3", "skin"): (245, 205, 175),
    }  # fmt: skip
    assert [one.part.owner for one in examples] == ["new-2", "new-3", "new-2"]


def test_grey_pictures_and_those_without_faces_propose_nothing(tmp_path):
    with pytest.raises(BadInputError, match="not coloured"):
        propose(np.full((50, 50, 3), 200, np.uint8), tmp_path / "a.png", lambda _: [])
    rgb = np.full((50, 50, 3), (200, 60, 50), np.uint8)
    with pytest.raises(BadInputError, match="no face"):
        propose(rgb, tmp_path / "a.png", lambda _: [])


def test_looks_that_share_areas_are_seen_alike():
    found, kinds = page_of((0.7, 0.4))
    left, right = looks_of(found, kinds)
    both = Look("hair", np.concatenate([left.areas, right.areas]), 0.5)
    seen = seen_in([left, both, left, right], found, sight(ONE, OTHER)())
    assert seen[0] @ seen[2] == pytest.approx(1)
    assert seen[0] @ seen[3] == pytest.approx(0, abs=0.05)
    assert seen[0] @ seen[1] == pytest.approx(np.sqrt(0.5), abs=0.05)
