"""From folders to samples: layouts, splits, crops and drawn pages.

Oracles: the files that were written, invariants of splits and of samples by number, and the contract of errors.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draw_art, greyed, save_image

from mangacolor.config import SynthesisConfig
from mangacolor.data.batches import load_batches
from mangacolor.data.examples import Example, find_examples, split_side_by_side
from mangacolor.data.page_bank import PageBank
from mangacolor.data.pictures import (
    LARGEST_SHORT_SIDE_PX,
    Picture,
    PictureDraw,
    PictureShelf,
    load_picture,
    random_crop,
    read_example,
    sampling_weights,
)
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.data.separation_samples import SeparationSamples
from mangacolor.data.splits import file_digest, held_out_examples, split, split_by_series
from mangacolor.errors import BadInputError, UsageError
from mangacolor.page.ink import Separation

EVERYTHING = SynthesisConfig()


# Layouts


@pytest.mark.parametrize(
    "names",
    [
        *(("condition", "target"), ("A", "B"), ("a", "b"), ("bw", "color"), ("bw", "colour"), ("BW", "Color")),
        *(("gray", "color"), ("grey", "colour"), ("Gray", "Colour"), ("trainA", "trainB"), ("train/A", "train/B")),
    ],
)
def test_pairs_in_two_folders(tmp_path, names):
    """Contract of layout (a), in all its spellings; file types of the two sides may differ."""
    for number in (10, 2):
        art = draw_art(number)
        save_image(tmp_path / names[0] / "vol1" / f"{number}.png", greyed(art))
        save_image(tmp_path / names[1] / "vol1" / f"{number}.bmp", art)
    found = find_examples(tmp_path)
    assert found.layout == "folders"
    assert [example.name for example in found.examples] == ["vol1/2", "vol1/10"]
    rgb, gray = read_example(found.examples[1], found.layout)
    np.testing.assert_array_equal(rgb, draw_art(10))
    np.testing.assert_array_equal(gray, greyed(draw_art(10)))
    assert found.describe() == f"2 pairs in two folders: {names[0]}/ as drawn, {names[1]}/ in colour"
    assert found.notes == ()


def test_what_is_left_out_beside_pairs_is_told(tmp_path):
    """Contract of `Found.notes`: other parts of a set, pictures without a partner, and names that hide each other."""
    for name in ("trainA/1", "trainB/1", "testA/1", "testB/1", "valA/1", "valB/1"):
        save_image(tmp_path / "set" / f"{name}.png", draw_art(0))
    save_image(tmp_path / "set" / "trainA" / "1.jpg", draw_art(0))
    found = find_examples(tmp_path / "set")
    assert [example.condition.name for example in found.examples] == ["1.png"]
    assert found.notes == (
        "1 image is left out, named as another one but for the suffix: trainA/1.jpg.",
        "4 images are left out, in neither trainA/ nor trainB/: testA/, testB/, valA/ and 1 more.",
    )
    for name in ("1_bw", "1_color", "cover", "x/back"):
        save_image(tmp_path / "names" / f"{name}.png", draw_art(0))
    found = find_examples(tmp_path / "names")
    assert len(found.examples) == 1
    assert found.notes == ("2 images are left out, part of no pair: cover.png, x/back.png.",)
    assert found.describe() == "1 pairs told apart by name: NAME_bw as drawn, NAME_color in colour"


def test_folders_that_may_be_several_pairs_are_refused(tmp_path):
    """Contract of `find_examples`."""
    for folder in ("bw", "color", "A", "B"):
        save_image(tmp_path / folder / "1.png", draw_art(0))
    with pytest.raises(BadInputError, match=r"several pairs of folders: A/ and B/, bw/ and color/"):
        find_examples(tmp_path)


@pytest.mark.parametrize("odd", [0, 7, 15])
def test_one_odd_picture_does_not_change_the_layout(tmp_path, odd):
    """Contract of layout (b): most of them decide, and the odd one is refused by name when it is read."""
    for number in range(16):
        art = draw_art(number)
        grey = np.repeat(greyed(art)[..., None], 3, axis=2)
        save_image(tmp_path / f"{number}.png", np.concatenate([grey, grey if number == odd else art], axis=1))
    found = find_examples(tmp_path)
    assert found.layout == "side_by_side"
    with pytest.raises(BadInputError, match=rf"^{odd}\.png: not a side-by-side pair"):
        read_example(found.examples[odd], found.layout)


def test_few_pairs_among_pictures_are_told_of(tmp_path):
    """Contract of `Found.notes`."""
    for number in range(4):
        art = draw_art(number)
        grey = np.repeat(greyed(art)[..., None], 3, axis=2)
        save_image(tmp_path / f"{number}.png", np.concatenate([grey if number == 0 else art, art], axis=1))
    found = find_examples(tmp_path)
    assert found.layout == "colour"
    assert found.notes[0].startswith("1 of 4 images looked at are side-by-side pairs")


@pytest.mark.parametrize("grey_left", [True, False])
def test_side_by_side_pairs(tmp_path, grey_left):
    """Contract of layout (b): the grey half is the condition, whichever side it is on."""
    for number in range(3):
        art = draw_art(number)
        grey = np.repeat(greyed(art)[..., None], 3, axis=2)
        halves = (grey, art) if grey_left else (art, grey)
        save_image(tmp_path / f"{number}.png", np.concatenate(halves, axis=1))
    found = find_examples(tmp_path)
    assert found.layout == "side_by_side"
    assert len(found.examples) == 3
    rgb, gray = read_example(found.examples[2], found.layout)
    np.testing.assert_array_equal(rgb, draw_art(2))
    np.testing.assert_array_equal(gray, greyed(draw_art(2)))


@pytest.mark.parametrize("suffixes", [("_bw", "_color"), ("_bw", "_colour"), ("_condition", "_target")])
def test_pairs_told_apart_by_name(tmp_path, suffixes):
    """Contract of layout (c), in all the spellings that the module lists."""
    for number in range(2):
        save_image(tmp_path / "ch1" / f"p{number}{suffixes[0]}.png", greyed(draw_art(number)))
        save_image(tmp_path / "ch1" / f"p{number}{suffixes[1]}.png", draw_art(number))
    found = find_examples(tmp_path)
    assert found.layout == "suffixes"
    assert [example.name for example in found.examples] == ["ch1/p0", "ch1/p1"]
    rgb, gray = read_example(found.examples[0], found.layout)
    np.testing.assert_array_equal(rgb, draw_art(0))
    np.testing.assert_array_equal(gray, greyed(draw_art(0)))


def test_colour_images_alone(tmp_path):
    """Contract of layout (d): natural order, hidden files and other files left out."""
    junk = (".hidden/x.png", "__MACOSX/y.png", "b/@eaDir/9.png/SYNOPHOTO_THUMB_M.jpg", "#recycle/z.png")
    for name in ("b/10.png", "b/9.png", "a.jpg", *junk):
        save_image(tmp_path / name, draw_art(1))
    (tmp_path / "notes.txt").write_text("no picture")
    found = find_examples(tmp_path)
    assert found.layout == "colour"
    assert [example.name for example in found.examples] == ["a.jpg", "b/9.png", "b/10.png"]
    assert read_example(found.examples[0], found.layout)[1] is None
    assert load_picture(found.examples[0], found.layout).ink_and_tone is None


def test_the_grey_side_is_taken_apart_at_its_own_size(tmp_path):
    """Contract of `load_picture`: `separate` sees the whole page with white paper; both planes come down with it."""
    art = draw_art(0, 1000, 1500)
    target = save_image(tmp_path / "t.png", art)
    condition = save_image(tmp_path / "c.png", (greyed(art) * 0.8).astype(np.uint8))
    seen = []

    def separate(gray):
        seen.append(gray)
        return Separation(gray, np.full_like(gray, 0.5))

    picture = load_picture(Example("t", target, condition), "folders", separate)
    (page,) = seen
    assert page.shape == (1000, 1500)
    assert page.dtype == np.float32
    assert page.max() == 1
    ink, tone = picture.ink_and_tone
    assert ink.shape == tone.shape == picture.rgb.shape[:2] == (LARGEST_SHORT_SIDE_PX, 960)
    assert ink.dtype == tone.dtype == np.uint8
    assert (tone == 128).all()
    assert abs(ink.mean() / 255 - page.mean()) < 0.01


def test_missing_and_empty_folders_are_named(tmp_path):
    """Contract of `find_examples`."""
    with pytest.raises(BadInputError, match=r"nowhere: no such data folder"):
        find_examples(tmp_path / "nowhere")
    (tmp_path / "hollow").mkdir()
    (tmp_path / "hollow" / "readme.txt").write_text("")
    with pytest.raises(BadInputError, match=r"hollow: no images"):
        find_examples(tmp_path / "hollow")
    for side in ("A", "B"):
        (tmp_path / "pairs" / side).mkdir(parents=True)
    with pytest.raises(BadInputError, match=r"pairs: no images in A/"):
        find_examples(tmp_path / "pairs")


def test_unpaired_names_are_listed(tmp_path):
    """Contract: refused by name, whichever side is missing."""
    for path in ("a/A/1.png", "a/A/2.png", "a/B/1.png", "a/B/3.png"):
        save_image(tmp_path / path, draw_art(0))
    with pytest.raises(BadInputError, match=r"for: 2, 3\."):
        find_examples(tmp_path / "a")
    for path in ("b/1_bw.png", "b/1_color.png", "b/2_bw.png"):
        save_image(tmp_path / path, draw_art(0))
    with pytest.raises(BadInputError, match=r"for: 2\."):
        find_examples(tmp_path / "b")


def test_a_name_that_is_only_a_suffix_is_bad_input_at_most(tmp_path):
    """Contract: whatever the names, the folder is understood or refused with `BadInputError`."""
    save_image(tmp_path / "_bw.png", greyed(draw_art(0)))
    save_image(tmp_path / "_color.png", draw_art(0))
    try:
        assert len(find_examples(tmp_path).examples) == 1
    except BadInputError as error:
        assert "_bw" in str(error)  # noqa: PT017 - either outcome will do


def test_not_a_side_by_side_pair():
    """Contract: odd width, two grey halves and two coloured halves are refused by name."""
    grey = np.full((40, 40, 3), 128, np.uint8)
    for rgb in (np.concatenate([grey, grey], axis=1), np.full((40, 41, 3), 128, np.uint8)):
        with pytest.raises(BadInputError, match=r"page\.png"):
            split_side_by_side(rgb, "page.png")


def test_pairs_that_do_not_match_are_named(tmp_path):
    """Contract: size or content that does not match is refused with the file's name."""
    target = save_image(tmp_path / "t.png", draw_art(0))
    small = save_image(tmp_path / "small.png", greyed(draw_art(0))[:-1])
    other = save_image(tmp_path / "other.png", greyed(draw_art(7)))
    right = save_image(tmp_path / "right.png", greyed(draw_art(0)))
    load_picture(Example("t", target, right), "folders")
    with pytest.raises(BadInputError, match=r"small\.png: .*80 x 95 and 80 x 96"):
        load_picture(Example("t", target, small), "folders")
    with pytest.raises(BadInputError, match=r"other\.png: .*different pictures"):
        load_picture(Example("t", target, other), "folders")


# Shelf


@pytest.mark.parametrize("length", [0, 300])
def test_broken_picture_is_named_before_training(tmp_path, length):
    """Contract of `fill`: an empty or truncated file is refused by name although its folder looked fine."""
    paths = [save_image(tmp_path / f"{number}.png", draw_art(number)) for number in range(3)]
    examples = [Example(path.name, path) for path in paths]
    paths[1].write_bytes(paths[1].read_bytes()[:length])
    with pytest.raises(BadInputError, match=r"1\.png"):
        PictureShelf(examples, "colour").fill(1 << 30)


@pytest.mark.parametrize("room", [0, 96 * 80 * 3 * 2, 1 << 30])
def test_shelf_gives_the_same_pictures_whatever_fits(art_folder, room):
    """Invariant: memory decides what is decoded again, never what comes out; the bar counts every picture."""
    found = find_examples(art_folder)
    shelf = PictureShelf(found.examples[:4], found.layout)
    counted = []
    shelf.fill(room, lambda name, picture: counted.append(name))
    assert len(counted) == len(shelf) == 4
    for index in range(4):
        expected = load_picture(found.examples[index], found.layout)
        np.testing.assert_array_equal(shelf[index].rgb, expected.rgb)
    assert (shelf[0] is shelf[0]) == (room > 0)


def test_large_pictures_are_kept_reduced(tmp_path):
    """Hand-computed: 1000 x 1500 px come down to 640 x 960."""
    path = save_image(tmp_path / "big.png", draw_art(0, 1000, 1500))
    assert load_picture(Example("big", path), "colour").rgb.shape == (LARGEST_SHORT_SIDE_PX, 960, 3)


# Split


names = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "a/", "b/"]),
        st.sampled_from(["x", "x_1", "y", "y_z", "long_name_2"]),
        st.sampled_from(["", "_1", "_2", "_10", "_z", "_q_3", "7"]),
    ),
    unique=True,
    max_size=60,
).map(sorted)


def series_of(name):
    folder, _, stem = name.rpartition("/")
    return folder, stem.rpartition("_")[0] or stem


@settings(max_examples=150, deadline=None)
@given(names, st.integers(0, 60))
def test_split_is_a_partition_that_cuts_no_series(listed, percent):
    """Invariants: nothing lost or doubled, no series on both sides, small folders whole, same again next time."""
    examples = [Example(name, Path(name)) for name in listed]
    training, held_out = split_by_series(examples, percent)
    assert sorted(example.name for example in training + held_out) == sorted(listed)
    assert not {series_of(e.name) for e in training} & {series_of(e.name) for e in held_out}
    for folder in {series_of(name)[0] for name in listed}:
        members = [name for name in listed if series_of(name)[0] == folder]
        held = [example for example in held_out if series_of(example.name)[0] == folder]
        if len(members) < 10 or percent == 0:
            assert not held
    assert split_by_series(examples, percent) == (training, held_out)


def test_split_holds_out_the_share_asked_for(art_folder):
    """Hand-computed: 4 % of twelve pictures in three series of four are one whole series, the last."""
    training, held_out = split_by_series(find_examples(art_folder).examples, 4)
    assert [example.name for example in held_out] == [f"story2_{number}.png" for number in range(4)]
    assert len(training) == 8


def test_a_folder_of_one_series_leaves_something_to_learn_from():
    """Contract: page_001 to page_012 is the commonest folder there is, and it must train."""
    examples = [Example(f"page_{number:03}.png", Path("x")) for number in range(12)]
    training, held_out = split_by_series(examples, 4)
    assert training
    assert not held_out


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([f"img_{number:04}.png" for number in range(40)], ["img_0038.png", "img_0039.png"]),
        ([f"{number}.png" for number in range(40)], ["38.png", "39.png"]),
        ([f"{folder}/{number}.png" for folder in "abcd" for number in range(5)], ["d/4.png"]),
        ([f"ep{number // 10}-{number % 10:03}.png" for number in range(40)], [f"ep3-{n:03}.png" for n in range(10)]),
        ([f"Ep {number // 20} {number % 20}.png" for number in range(40)], [f"Ep 1 {n}.png" for n in range(20)]),
        ([f"{number}.png" for number in range(9)], []),
    ],
    ids=["one series", "numbers", "small folders", "hyphens", "spaces", "too few"],
)
def test_something_is_held_out_of_the_usual_names(names, expected):
    """Hand-computed: 5 % of forty are two, of twenty one; a series where there are several, else the last pictures."""
    training, held_out = split([Example(name, Path(name)) for name in names], 5)
    assert [example.name for example in held_out] == expected
    assert [example.name for example in training] == [name for name in names if name not in expected]
    assert split([Example(name, Path(name)) for name in names], 0)[1] == []


# Weights


def test_sampling_weights_follow_the_first_glob():
    """Hand-computed: 8, 0.5, 2 and 1 of 11.5."""
    examples = [Example(name, Path(name)) for name in ("pages/a.png", "art/pg-1.png", "art/b.png", "c.png")]
    weights = sampling_weights(examples, {"pages/*": 8.0, "art/pg-*": 0.5, "art/*": 2.0})
    np.testing.assert_allclose(weights, np.array([8, 0.5, 2, 1]) / 11.5)
    assert weights.sum() == pytest.approx(1)
    with pytest.raises(BadInputError, match="weight 0"):
        sampling_weights(examples, {"*": 0.0})


def test_pictures_are_drawn_as_often_as_their_weights_say():
    """Statistics: 400 draws at weights 0, 1/4 and 3/4; four standard deviations are 35."""
    pictures = [Picture(draw_art(n)) for n in range(3)]
    draw, rng = PictureDraw(pictures, np.array([0, 0.25, 0.75])), np.random.default_rng(0)
    drawn = [draw(rng) for _ in range(400)]
    counts = [sum(picture is one for picture in drawn) for one in pictures]
    assert counts[0] == 0
    assert counts[1] == pytest.approx(100, abs=35)
    assert counts[2] == 400 - counts[1]


def test_what_was_held_out_is_known_wherever_it_lies(art_folder, tmp_path):
    """Oracle: the files that the list was made of; names, folders and other pictures change nothing."""
    facts = {"held_out": [file_digest(art_folder / name) for name in ("story0_1.png", "story2_3.png")]}
    assert [example.name for example in held_out_examples(find_examples(art_folder), facts)] == [
        "story0_1.png", "story2_3.png"
    ]  # fmt: skip
    (tmp_path / "x.png").write_bytes((art_folder / "story2_3.png").read_bytes())
    save_image(tmp_path / "new.png", draw_art(77))
    assert [example.name for example in held_out_examples(find_examples(tmp_path), facts)] == ["x.png"]


def test_weights_without_a_list_hold_out_what_their_split_did(art_folder):
    """Oracle: the same split, from the recipe in the facts; weights without a recipe held nothing out."""
    found = find_examples(art_folder)
    facts = {"train_config": {"validation_percent": 4, "source_weights": {"story2_*": 0.0}}, "sources": {".": 12}}
    used = [example for example in found.examples if not example.name.startswith("story2")]
    assert [example.name for example in held_out_examples(found, {"train_config": {"validation_percent": 4}})] == [
        f"story2_{number}.png" for number in range(4)
    ]
    assert held_out_examples(found, facts) == split_by_series(used, 4)[1]
    assert held_out_examples(found, {}) == []
    with pytest.raises(UsageError, match="another folder"):
        held_out_examples(found, facts | {"sources": {".": 13}})


# Crops


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 40), st.integers(0, 1000))
def test_crop_cuts_both_sides_alike(height, width, side_px, seed):
    """Invariant: ink and tone of a crop show the same place as its colour side, at any size of picture and crop."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 1), np.uint8)
    picture = Picture(noise.repeat(3, axis=2), (noise[..., 0], 255 - noise[..., 0]))
    crop = random_crop(picture, side_px, (0.3, 1.0), np.random.default_rng(seed))
    assert crop.rgb.shape == (side_px, side_px, 3)
    # OpenCV rounds one channel and three channels differently, by one step at most.
    ink, tone = crop.ink_and_tone
    assert np.abs(crop.rgb[..., 1].astype(int) - ink).max() <= 1
    assert np.abs(255 - tone.astype(int) - ink).max() <= 1
    assert ink.min() >= noise.min()
    assert ink.max() <= noise.max()


def test_crop_shows_the_share_asked_for_and_mirrors_half():
    """Statistics: a ramp across the picture tells what a crop shows, and which way round it is."""
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8), (200, 200))
    picture = Picture(np.repeat(ramp[..., None], 3, axis=2))
    spans = []
    for seed in range(200):
        row = random_crop(picture, 50, (0.5, 0.8), np.random.default_rng(seed)).rgb[0, :, 0].astype(int)
        spans.append(row[-1] - row[0])
    assert all(0.5 * 200 - 6 <= abs(span) <= 0.8 * 200 for span in spans)
    assert 70 <= sum(span > 0 for span in spans) <= 130


# Samples


@pytest.fixture(scope="module")
def pictures():
    return [Picture(draw_art(number)) for number in range(4)]


def dataset_of(pictures, crop_px=32, seed=5, config=EVERYTHING, kind=ColourSamples):
    return kind(Stock(pictures, np.full(len(pictures), 1 / len(pictures))), crop_px, config, seed)


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("kind", [ColourSamples, SeparationSamples])
def test_sample_number_k_is_the_same_whatever_came_before(pictures, kind):
    """Invariant that makes resuming exact: a sample is a function of (seed, number) and of nothing else."""
    dataset = dataset_of(pictures, kind=kind)
    forwards = [dataset[number] for number in range(8)]
    again = dataset_of(pictures, kind=kind)
    for number in reversed(range(8)):
        assert same(again[number], forwards[number])
    assert not any(same(one, other) for one, other in itertools.combinations(forwards, 2))
    assert not same(dataset_of(pictures, seed=6, kind=kind)[3], forwards[3])


@pytest.mark.parametrize("kind", [ColourSamples, SeparationSamples])
def test_samples_are_the_same_in_every_thread(pictures, kind):
    """Invariant: to the last bit; it would not be the first filter whose rounding hangs on where its planes lie."""
    dataset = dataset_of(pictures, 24, seed=0, kind=kind)
    alone = [dataset[number] for number in range(8)]
    for _ in range(2):
        threaded = list(load_batches(dataset, range(8), 1, 3))
        for sample, batch in zip(alone, threaded, strict=True):
            assert same(sample, {name: part[0] for name, part in batch.items()})


@pytest.mark.parametrize("crop_px", [16, 48])
def test_separation_samples_are_a_page_and_what_it_is_made_of(pictures, crop_px):
    """Contract of `SeparationSamples`: shapes, float32, [0, 1], screentone or none. Both are found among twelve."""
    dataset = dataset_of(pictures, crop_px, kind=SeparationSamples)
    screened = []
    for number in range(12):
        sample = dataset[number]
        assert sample.keys() == {"page", "ink", "tone", "screened"}
        for part in sample.values():
            assert part.shape == (1, crop_px, crop_px)
            assert part.dtype == torch.float32
            assert part.min() >= -1e-6
            assert part.max() <= 1 + 1e-6
        assert set(sample["screened"].unique().tolist()) <= {0.0, 1.0}
        screened.append(sample["screened"].mean().item())
    assert min(screened) == 0
    assert max(screened) > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("panels", [0.0, 1.0], ids=["panel", "page"])
def test_an_unscanned_page_is_ink_times_tone_where_nothing_is_screened(pictures, panels):
    """Invariant, with `scan_strength` at 0; under screentone it is nowhere lighter than ink."""
    config = SynthesisConfig(scan_strength=0.0, panels=panels)
    dataset = dataset_of(pictures, 48, config=config, kind=SeparationSamples)
    for number in range(10):
        page, ink, tone, screened = (dataset[number][name] for name in ("page", "ink", "tone", "screened"))
        flat = screened == 0
        torch.testing.assert_close(page[flat], (ink * tone)[flat], atol=2e-3, rtol=0)
        assert (page <= ink + 1e-3).all()


@pytest.mark.parametrize("crop_px", [12, 31, 64])
def test_samples_are_in_range_at_any_crop_size(pictures, crop_px):
    """Contract of `ColourSamples`: shapes, float32, [0, 1]."""
    dataset = dataset_of(pictures, crop_px)
    for number in range(12):
        sample = dataset[number]
        assert sample["condition"].shape == (6, crop_px, crop_px)
        assert sample["colour"].shape == (3, crop_px, crop_px)
        for part in sample.values():
            assert part.dtype == torch.float32
            assert part.min() >= -1e-6
            assert part.max() <= 1 + 1e-6


@pytest.mark.slow
def test_hints_are_mostly_absent(pictures):
    """Contract: none is the common case. Statistics: 200 samples at 0.3, four standard deviations are 26."""
    dataset = dataset_of(pictures)
    samples = [dataset[number] for number in range(200)]
    assert sum(bool(sample["condition"][5].any()) for sample in samples) == pytest.approx(60, abs=26)
    for sample in samples:
        mask = sample["condition"][5]
        assert set(mask.unique().tolist()) <= {0.0, 1.0}
        assert not sample["condition"][2:5][:, mask == 0].any()
        assert mask.mean() < 0.9


@pytest.mark.parametrize("first", [0, 5])
def test_a_bank_gives_every_page_again_after_a_round(pictures, first):
    """Contract of `PageBank`: sample k shows page k modulo its size, whoever asked first, at any crop size."""
    config = dataclasses.replace(EVERYTHING, bank=5, bank_px=32, hints=0.0)
    bank, everyone = PageBank(5, 32), np.full(len(pictures), 1 / len(pictures))
    full, half = (ColourSamples(Stock(pictures, everyone, bank), side, config, 5) for side in (32, 16))
    alone = ColourSamples(Stock(pictures, everyone), 32, config, 5)
    full[first]
    mirrored = set()
    for number in range(15):
        again, drawn = full[number]["colour"], alone[number % 5]["colour"]
        turned = not torch.allclose(again, drawn, atol=1e-5)
        mirrored.add(turned)
        assert torch.allclose(again.flip(-1) if turned else again, drawn, atol=1e-5)
        assert half[number]["condition"].shape == (6, 16, 16)
    assert mirrored == {False, True}


def test_hints_tell_the_colour_below_them(pictures):
    """Invariant: a hint is the target's own colour there, up to a mean over its few pixels."""
    dataset = dataset_of(pictures, 48, config=SynthesisConfig(hints=1.0, panels=0.0))
    errors = []
    for number in range(20):
        condition, colour = dataset[number]["condition"], dataset[number]["colour"]
        mask = condition[5] > 0
        errors.append((condition[2:5][:, mask] - colour[:, mask]).abs().mean())
        shuffled = colour.flip(1)
        errors[-1] = errors[-1] - (condition[2:5][:, mask] - shuffled[:, mask]).abs().mean()
    assert sum(error < 0 for error in errors) >= 18  # nearer to its own place than to the mirrored one


def test_pairs_train_on_their_own_grey_side():
    """Contract: where the data has a condition, no page is drawn; ink and tone are those of the pair, deepened."""
    art = draw_art(0, 40, 40)
    ink, tone = greyed(art), np.full((40, 40), 204, np.uint8)
    dataset = dataset_of([Picture(art, (ink, tone))], 40, config=SynthesisConfig(crop_share=(1.0, 1.0), hints=0.0))
    for number in range(4):
        condition = dataset[number]["condition"].numpy() * 255
        expected = min((ink, ink[:, ::-1]), key=lambda plane: np.abs(condition[0] - plane).max())
        np.testing.assert_allclose(condition[0], expected, atol=1e-3)
        np.testing.assert_allclose(condition[1], 204, atol=1e-3)
        assert not condition[2:].any()


FORKS = pytest.param(2, True, marks=pytest.mark.skipif(sys.platform != "linux", reason="processes are forked"))


@pytest.mark.parametrize(("jobs", "by_processes"), [(1, False), (2, False), FORKS])
def test_batches_come_in_order(pictures, jobs, by_processes):
    """Oracle: the samples one by one; any sequence of numbers, a shorter last batch, any number of jobs."""
    dataset = dataset_of(pictures, 16)
    numbers = [7, 3, 11, 0, 5, 2, 9]
    batches = list(load_batches(dataset, numbers, 3, jobs, by_processes=by_processes))
    assert [len(batch["colour"]) for batch in batches] == [3, 3, 1]
    for key in ("condition", "colour"):
        joined = torch.cat([batch[key] for batch in batches])
        assert torch.equal(joined, torch.stack([dataset[number][key] for number in numbers]))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")
def test_processes_of_an_endless_run_can_be_left(pictures):
    """Contract: a loop over an endless range by processes starts and ends at once, too."""
    batches = load_batches(dataset_of(pictures, 16), range(1 << 40), 2, 2, by_processes=True)
    assert len(next(batches)["colour"]) == 2
    batches.close()


def test_batches_of_an_endless_run_can_be_left(pictures):
    """Contract: nothing is made far ahead, so that a loop over an endless range starts and ends at once."""
    made = []

    class Counting(ColourSamples):
        def __getitem__(self, number):
            made.append(number)
            return super().__getitem__(number)

    dataset = Counting(Stock(pictures, np.full(4, 0.25)), 16, EVERYTHING, 0)
    batches = load_batches(dataset, range(1 << 40), 2, 2)
    next(batches)
    batches.close()
    assert len(made) <= 2 * 6


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")
def test_where_little_memory_is_shared_batches_come_by_another_way(pictures, monkeypatch, caplog):
    """Contract: containers have 64 MB of it, and who waits for more waits for ever. Oracle: the samples one by one."""
    dataset = dataset_of(pictures, 16)
    shared = list(load_batches(dataset, range(4), 2, 2, by_processes=True))
    assert all(tensor.is_shared() for batch in shared for tensor in batch.values())
    monkeypatch.setattr("os.statvfs", lambda place: SimpleNamespace(f_bavail=16, f_frsize=4096))
    copied = list(load_batches(dataset, range(4), 2, 2, by_processes=True))
    assert not any(tensor.is_shared() for batch in copied for tensor in batch.values())
    assert caplog.text.count("--shm-size") == 1
    for one, other in zip(shared, copied, strict=True):
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)
